"""What the protocol's own suite leaves out: interrupts, restarts, endings, streams, several clients, input, errors."""

import os
import pathlib
import queue
import signal
import subprocess
import sys
import time
import unittest

from jupyter_client import BlockingKernelClient

from kernel import LIMIT, published_under, reply_to, run, running, started


class KernelTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = started()
        cls.manager, cls.client = cls.context.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def run_cell(self, code, **options):
        return run(self.client, code, **options)

    def test_output_streams_while_the_cell_runs(self):
        answer = self.run_cell('for (var i = 0; i < 4; i++) { Console.WriteLine(i); await Task.Delay(200); }')
        times = [t for t, m in answer.published if m["msg_type"] == "stream"]
        self.assertEqual("0\n1\n2\n3\n", answer.text())
        self.assertEqual(4, len(times))
        for gap in (b - a for a, b in zip(times, times[1:])):
            self.assertAlmostEqual(0.2, gap, delta=0.12)

    def test_a_hundred_thousand_prints_come_in_few_messages(self):
        answer = self.run_cell("for (var i = 0; i < 100_000; i++) Console.WriteLine(i);")
        self.assertEqual("".join(f"{i}\n" for i in range(100_000)), answer.text())
        self.assertLess(len(answer.of("stream")), 200)

    def test_ten_megabytes_arrive(self):
        answer = self.run_cell('Console.Write(new string(\'x\', 10_000_000)); display(new string(\'y\', 10_000_000));')
        self.assertEqual(10_000_000, len(answer.text()))
        self.assertEqual("y" * 10_000_000, answer.of("display_data")[0]["data"]["text/plain"])

    def test_a_display_is_updated_from_a_later_cell(self):
        shown = self.run_cell('var shown = display("before");').of("display_data")[0]
        update = self.run_cell('shown.Update("after");').of("update_display_data")[0]
        self.assertEqual("after", update["data"]["text/plain"])
        self.assertEqual(shown["transient"]["display_id"], update["transient"]["display_id"])

    def test_what_a_background_task_prints_later_belongs_to_its_cell(self):
        first = self.client.execute('_ = Task.Run(async () => { await Task.Delay(500); Console.WriteLine("late"); });')
        published_under(self.client, first)
        second = self.client.execute("await Task.Delay(1000);")
        late = published_under(self.client, first, until=lambda m: m["msg_type"] == "stream")
        self.assertEqual("late\n", late[-1][1]["content"]["text"])
        reply_to(self.client, second)

    def test_an_error_names_its_line(self):
        answer = self.run_cell('var a = 1;\nthrow new InvalidOperationException("no");')
        self.assertEqual(
            ("error", "InvalidOperationException", "no"), tuple(answer.reply[k] for k in ("status", "ename", "evalue")))
        self.assertRegex("\n".join(answer.of("error")[0]["traceback"]), r"at cell\[\d+\], line 2")
        self.assertEqual("CompileError", self.run_cell("var b = ;").reply["ename"])

    def test_after_an_error_the_queued_cells_are_aborted_unless_told_otherwise(self):
        for stop, expected in ((True, "aborted"), (False, "ok")):
            failing = self.client.execute("await Task.Delay(500); throw new Exception();", stop_on_error=stop)
            queued = [self.client.execute("1 + 1") for _ in range(2)]
            self.assertEqual("error", reply_to(self.client, failing)["content"]["status"])
            for message in queued:
                self.assertEqual(expected, reply_to(self.client, message)["content"]["status"])
        self.assertEqual("2", self.run_cell("1 + 1").result())

    def test_silent_cells_leave_no_trace(self):
        before = self.run_cell("1").reply["execution_count"]
        answer = self.run_cell('Console.WriteLine("x"); 2', silent=True)
        self.assertEqual({"status"}, {m["msg_type"] for _, m in answer.published})
        self.assertEqual(before + 1, self.run_cell("1").reply["execution_count"])

    def test_user_expressions_are_evaluated(self):
        expressions = self.run_cell(
            "var five = 5;", user_expressions={"a": "five + 1", "b": "nothing"}).reply["user_expressions"]
        self.assertEqual("6", expressions["a"]["data"]["text/plain"])
        self.assertEqual("error", expressions["b"]["status"])

    def test_input_is_asked_of_the_client(self):
        message = self.client.execute('input("name? ") + Console.ReadLine() + password("key? ")', allow_stdin=True)
        asked = []
        for value in ("a", "b", "c"):
            request = self.client.get_stdin_msg(timeout=LIMIT)
            asked.append((request["content"]["prompt"], request["content"]["password"]))
            self.client.input(value)
        published = published_under(self.client, message)
        self.assertEqual([("name? ", False), ("", False), ("key? ", True)], asked)
        self.assertEqual(
            ["abc"],
            [m["content"]["data"]["text/plain"] for _, m in published if m["msg_type"] == "execute_result"])

    def test_without_a_client_to_ask_input_is_null(self):
        self.assertEqual("True", self.run_cell("input() is null", allow_stdin=False).result())

    def test_a_wait_for_input_can_be_interrupted(self):
        message = self.client.execute('input("never answered")', allow_stdin=True)
        self.client.get_stdin_msg(timeout=LIMIT)
        self.manager.interrupt_kernel()
        self.assertEqual("Interrupted", reply_to(self.client, message, limit=5)["content"]["ename"])

    def test_cursors_count_code_points(self):
        code = 'var s = "𝔸𝔹"; s.Len'
        content = reply_to(self.client, self.client.complete(code, len(code)))["content"]
        self.assertEqual(
            (["Length"], len(code) - 3, len(code)),
            (content["matches"], content["cursor_start"], content["cursor_end"]))

    def test_half_a_surrogate_pair_does_no_harm(self):
        answer = self.run_cell(r'Console.Write("a\ud83d"); display("b\ude00"); throw new Exception("\ud83d");')
        self.assertTrue(answer.text().startswith("a"))
        self.assertEqual("error", answer.reply["status"])

    def test_comms_are_refused_politely(self):
        message = self.client.session.msg("comm_open", {"comm_id": "c1", "target_name": "widgets", "data": {}})
        self.client.shell_channel.send(message)
        published = published_under(self.client, message["header"]["msg_id"])
        self.assertEqual(["c1"], [m["content"]["comm_id"] for _, m in published if m["msg_type"] == "comm_close"])
        self.assertEqual({}, reply_to(self.client, self.client.comm_info())["content"]["comms"])

    def test_two_clients_share_the_kernel(self):
        other = BlockingKernelClient(connection_file=self.manager.connection_file)
        other.load_connection_file()
        other.start_channels()
        try:
            other.wait_for_ready(timeout=LIMIT)
            self.run_cell("var shared = 41;")
            message = other.execute("shared + 1")
            self.assertEqual("ok", reply_to(other, message)["content"]["status"])
            for client in (other, self.client):
                published = published_under(client, message)
                self.assertIn("execute_result", [m["msg_type"] for _, m in published])
            with self.assertRaises(queue.Empty):
                self.client.get_shell_msg(timeout=0.3)
        finally:
            other.stop_channels()

    def test_sigint_while_idle_is_survived(self):
        os.kill(self.manager.provisioner.pid, signal.SIGINT)
        time.sleep(0.3)
        self.assertEqual("2", self.run_cell("1 + 1").result())

    def test_sigint_stops_the_running_cell(self):
        message = running(self.client, "Thread.Sleep(60000);")
        os.kill(self.manager.provisioner.pid, signal.SIGINT)
        self.assertEqual("Interrupted", reply_to(self.client, message, limit=5)["content"]["ename"])


class InterruptTests(unittest.TestCase):
    """Each kind of running code, stopped within a second, and the kernel usable afterwards."""

    KINDS = {
        "a delay with the token": "await Task.Delay(60000, CancellationToken);",
        "a delay without": "await Task.Delay(60000);",
        "a sleep": "Thread.Sleep(60000);",
        "an endless loop": "var z = 0L; while (true) z++;",
        "endless tensors":
            "var m = TorchSharp.torch.randn(200, 200); while (true) { using var p = TorchSharp.torch.matmul(m, m); }",
        "an endless task": "await Task.Run(() => { while (AppContext.GetData(\"stop\") is null) { } });",
    }

    def test_each_kind_is_stopped_within_a_second(self):
        with started() as (manager, client):
            for kind, code in self.KINDS.items():
                with self.subTest(kind):
                    message = running(client, code)
                    time.sleep(0.5)
                    clock = time.monotonic()
                    manager.interrupt_kernel()
                    reply = reply_to(client, message, limit=20)["content"]
                    took = time.monotonic() - clock
                    print(f"  {kind}: {took:.2f} s", file=sys.stderr)
                    self.assertEqual("Interrupted", reply["ename"])
                    self.assertLess(took, 1.0)
                    self.assertEqual("2", run(client, "1 + 1").result())
            run(client, 'AppContext.SetData("stop", true);')

    def test_a_parallel_loop_gives_the_prompt_back(self):
        with started() as (manager, client):
            message = running(client, 'Parallel.For(0, 100, i => { while (AppContext.GetData("stop") is null) { } });')
            time.sleep(0.5)
            clock = time.monotonic()
            manager.interrupt_kernel()
            reply = reply_to(client, message, limit=20)["content"]
            print(f"  a parallel loop: {time.monotonic() - clock:.2f} s, {reply['evalue']}", file=sys.stderr)
            self.assertEqual("Interrupted", reply["ename"])
            self.assertEqual("2", run(client, 'AppContext.SetData("stop", true); 1 + 1').result())


class EndTests(unittest.TestCase):
    def assert_gone(self, pid, within=5.0):
        end = time.monotonic() + within
        while time.monotonic() < end:
            if (
                    not pathlib.Path(f"/proc/{pid}").exists()
                    or "State:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text()):
                return
            time.sleep(0.05)
        self.fail(f"process {pid} is still there after {within} s")

    def test_restart_loses_the_state(self):
        with started() as (manager, client):
            run(client, "var kept = 1;")
            manager.restart_kernel(now=False)
            client.wait_for_ready(timeout=LIMIT)
            self.assertEqual("CompileError", run(client, "kept").reply["ename"])

    def test_shutdown_leaves_no_process(self):
        stubborn = "try { throw new Exception(); } catch { while (true) { } }"
        for busy in ("", "Thread.Sleep(60000);", "while (true) Console.WriteLine(1);", stubborn):
            with self.subTest(busy), started() as (manager, client):
                pid = manager.provisioner.pid
                if busy:
                    running(client, busy)
                client.shutdown()
                self.assertEqual("ok", client.get_control_msg(timeout=LIMIT)["content"]["status"])
                self.assert_gone(pid)
                self.assertEqual(0, manager.provisioner.process.wait(5))

    def test_sigterm_ends_it(self):
        with started() as (manager, client):
            pid = manager.provisioner.pid
            os.kill(pid, signal.SIGTERM)
            self.assert_gone(pid)
            self.assertEqual(0, manager.provisioner.process.wait(5))

    def test_it_goes_when_the_process_that_started_it_is_gone(self):
        code = (
            "import sys; from kernel import started\n"
            "with started() as (manager, client):\n"
            "    print(manager.provisioner.pid, flush=True); sys.stdin.read()\n")
        frontend = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            pid = int(frontend.stdout.readline())
        finally:
            frontend.kill()
            frontend.wait(timeout=LIMIT)
            frontend.stdin.close()
            frontend.stdout.close()
        self.assert_gone(pid)

    def test_the_client_is_told_when_a_cell_kills_the_process(self):
        with started() as (manager, client):
            message = client.execute("Environment.FailFast(\"on purpose\");")
            end = time.monotonic() + 20
            while client.is_alive() and time.monotonic() < end:
                time.sleep(0.1)
            self.assertFalse(client.is_alive())
            self.assertFalse(manager.is_alive())
            with self.assertRaises((TimeoutError, RuntimeError)):
                reply_to(client, message, limit=1)
            manager.restart_kernel(now=True)
            client.wait_for_ready(timeout=LIMIT)
            self.assertEqual("2", run(client, "1 + 1").result())


if __name__ == "__main__":
    unittest.main()
