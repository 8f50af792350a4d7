"""The whole suite of jupyter_kernel_test, whose schemas every message must meet. Only the pager is skipped: this kernel
has none."""

import unittest

import jupyter_kernel_test


class ProtocolTests(jupyter_kernel_test.KernelTests):
    kernel_name = "iresnet"
    language_name = "C#"
    file_extension = ".cs"
    code_hello_world = 'Console.WriteLine("hello, world");'
    code_stderr = 'Console.Error.WriteLine("error");'
    completion_samples = [
        {"text": "Console.Wri", "matches": {"Write", "WriteLine"}},
        {"text": "var 𝔁 = 1; Console.WriteL", "matches": {"WriteLine"}},
    ]
    complete_code_samples = ["1", 'Console.WriteLine("x");', "int Twice(int n) { return 2 * n; }"]
    incomplete_code_samples = ["for (var i = 0; i < 3; i++) {", 'Console.WriteLine("x"', 'var s = """']
    invalid_code_samples = ["var x = = 1;", "}"]
    code_generate_error = "throw new InvalidOperationException();"
    code_execute_result = [{"code": "6*7", "result": "42"}, {"code": "2+3", "result": "5"}]
    code_display_data = [
        {"code": 'display(HTML("<b>x</b>"));', "mime": "text/html"},
        {"code": "display(1);", "mime": "text/plain"},
    ]
    code_inspect_sample = "Console.WriteLine"
    code_clear_output = "clear_output();"
    code_history_pattern = "6?7*"
    supported_history_operations = ("tail", "range", "search")


if __name__ == "__main__":
    unittest.main()
