"""nbconvert runs notebooks on this kernel, and what it writes is valid."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import jupyter_client
import nbformat

START = pathlib.Path(__file__).parents[2] / "notebooks" / "00-start-here.ipynb"


def convert(notebook, folder, *options):
    subprocess.run([sys.executable, "-m", "nbconvert", "--output-dir", str(folder), *options, str(notebook)],
                   check=True, timeout=300, capture_output=True, text=True)


class NotebookTests(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def test_a_notebook_of_dotnet_interactive_is_executed(self):
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_markdown_cell("# A title"),
                   nbformat.v4.new_code_cell("var shown = display(1); Console.WriteLine(\"printed\");"),
                   nbformat.v4.new_code_cell("shown.Update(2);\nnew[] { new { A = 1, B = \"x\" } }"),
                   nbformat.v4.new_code_cell("throw new Exception(\"on purpose\");",
                                             metadata={"tags": ["raises-exception"]})],
            metadata={"kernelspec": {"name": ".net-csharp", "display_name": ".NET (C#)", "language": "C#"}})
        nbformat.write(notebook, self.folder / "in.ipynb")
        convert(self.folder / "in.ipynb", self.folder, "--to", "notebook", "--execute", "--output", "out.ipynb")
        executed = nbformat.read(self.folder / "out.ipynb", as_version=4)
        nbformat.validate(executed)
        first, second, third = (c.outputs for c in executed.cells[1:])
        self.assertEqual({"text/plain": "2"}, next(o for o in first if o.output_type == "display_data").data)
        self.assertEqual("printed\n", next(o for o in first if o.output_type == "stream").text)
        self.assertIn("<table>", second[0].data["text/html"])
        self.assertEqual("on purpose", third[0].evalue)
        convert(self.folder / "out.ipynb", self.folder, "--to", "html", "--output", "out.html")
        self.assertIn("printed", (self.folder / "out.html").read_text())

    def test_the_runner_writes_the_file_that_nbconvert_writes(self):
        cells = ["var shown = display(\"old\");\nConsole.WriteLine(\"a\");\nConsole.Write(\"b\\n\");\n"
                 "Console.Error.WriteLine(\"π\");",
                 "shown.Update(\"new\");\nnew[] { new { A = 1, B = \"x\" } }", "  ",
                 "using IResNet.Notebooks;\nCharts.Points([1, 2, 3], [1e-7, 4, 9])",
                 "await Task.Delay(1);\n1.0 / 3", "int x = 1 / (shown is null ? 1 : 0);", "undefined"]
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source, metadata={"tags": ["raises-exception"]}) for source in cells],
            metadata={"kernelspec": {"name": ".net-csharp", "display_name": ".NET (C#)", "language": "C#"}})
        nbformat.write(notebook, self.folder / "in.ipynb")
        convert(self.folder / "in.ipynb", self.folder, "--to", "notebook", "--execute", "--output", "theirs.ipynb",
                "--ExecutePreprocessor.record_timing=False")
        workbook = jupyter_client.kernelspec.get_kernel_spec(".net-csharp").argv[:2]
        subprocess.run([*workbook, "run", str(self.folder / "in.ipynb"), "--output", str(self.folder / "ours")],
                       check=True, timeout=120, capture_output=True)
        theirs = (self.folder / "theirs.ipynb").read_text()
        self.assertIn("DivideByZeroException", theirs)
        self.assertEqual(theirs, (self.folder / "ours" / "in.ipynb").read_text())

    @unittest.skipUnless(START.exists(), "no such notebook in this checkout")
    def test_the_first_notebook_runs_unchanged(self):
        convert(START, self.folder, "--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=240",
                "--output", "start.ipynb")
        nbformat.validate(nbformat.read(self.folder / "start.ipynb", as_version=4))
        convert(self.folder / "start.ipynb", self.folder, "--to", "html", "--output", "start.html")


if __name__ == "__main__":
    unittest.main()
