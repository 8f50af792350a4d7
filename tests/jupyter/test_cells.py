"""What a cell may do to its kernel: ask, end it, throw from anywhere, be in another language."""

import contextlib
import queue
import time
import unittest

from kernel import LIMIT, reply_to, run, started


def ask(client, code, answers):
    """Runs a cell and answers what it asks."""
    message = client.execute(code, allow_stdin=True)
    end, answers, printed = time.monotonic() + LIMIT, list(answers), ""
    while time.monotonic() < end:
        with contextlib.suppress(queue.Empty):
            client.get_stdin_msg(timeout=0.1)
            client.input(answers.pop(0))
        with contextlib.suppress(queue.Empty):
            published = client.get_iopub_msg(timeout=0.1)
            if published["parent_header"].get("msg_id") != message:
                continue
            if published["msg_type"] == "stream":
                printed += published["content"]["text"]
            if published["msg_type"] == "status" and published["content"]["execution_state"] == "idle":
                return printed, reply_to(client, message)["content"]
    raise TimeoutError(printed)


class CellTests(unittest.TestCase):
    def test_console_reads_ask(self):
        with started() as (_, client):
            self.assertEqual("113\n", ask(client, "Console.WriteLine(Console.Read());", ["q"])[0])
            self.assertEqual(
                "a|b|\n",
                ask(client, 'Console.WriteLine(Console.In.ReadToEnd().Replace("\\n", "|"));', ["a", "b", ""])[0])

    def test_exceptions_from_anywhere_are_printed(self):
        origins = ["new Timer(_ => Boom(), null, 1, -1);", "ThreadPool.UnsafeQueueUserWorkItem(_ => Boom(), null);",
                   "var s = new CancellationTokenSource(); s.Token.Register(Boom); s.CancelAfter(1);",
                   "[System.Runtime.CompilerServices.MethodImpl("
                   "System.Runtime.CompilerServices.MethodImplOptions.NoInlining)] "
                   "void Make() { new Final(Boom); } Make(); GC.Collect(); GC.WaitForPendingFinalizers();"]
        with started() as (_, client):
            run(client, "class Final(Action work) { ~Final() => work(); }")
            for number, origin in enumerate(origins):
                answer = run(
                    client, f'void Boom() => throw new FormatException("from {number}"); {origin} Thread.Sleep(400);')
                self.assertIn(f"from {number}", answer.text("stderr"), origin)
            self.assertEqual("2", run(client, "1 + 1").result())

    def test_what_holds_itself_is_shown(self):
        with started() as (_, client):
            self.assertIn("List<Object>", run(client, "var list = new List<object>(); list.Add(list); list").result())

    def test_what_was_printed_before_the_end_arrives(self):
        with started() as (manager, client):
            message = client.execute('Console.WriteLine("before the end"); Environment.Exit(0);')
            end, printed = time.monotonic() + LIMIT, ""
            while "before" not in printed and time.monotonic() < end:
                with contextlib.suppress(queue.Empty):
                    published = client.get_iopub_msg(timeout=1)
                    if published["parent_header"].get("msg_id") == message and published["msg_type"] == "stream":
                        printed += published["content"]["text"]
            self.assertEqual("before the end\n", printed)

    def test_the_language_of_a_cell_is_heeded(self):
        def execute(code, metadata):
            message = client.session.msg("execute_request", {"code": code, "silent": False}, metadata=metadata)
            client.shell_channel.send(message)
            return message["header"]["msg_id"]

        with started() as (_, client):
            shown = execute("<b>bold</b>", {"polyglot_notebook": {"kernelName": "html"}})
            self.assertEqual("ok", reply_to(client, shown)["content"]["status"])
            refused = execute("let x = 1", {"dotnet_interactive": {"language": "fsharp"}})
            self.assertIn("F# does not run here", reply_to(client, refused)["content"]["evalue"])


if __name__ == "__main__":
    unittest.main()
