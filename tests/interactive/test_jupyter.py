"""Jupyter's interrupt and input in .NET Interactive, which without the workbook's bridge ends the kernel."""

import importlib.util
import time
import unittest

from notebooks import FOLDER
from test_stdio import SETUP

if importlib.util.find_spec("jupyter_client"):
    from kernel import reply_to, run, running, started


@unittest.skipUnless(importlib.util.find_spec("jupyter_client"), "no jupyter-client here")
class JupyterTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.manager, cls.client = cls.enterClassContext(started(cwd=str(FOLDER)))
        run(cls.client, SETUP)

    def interrupted(self, code, within):
        """Interrupts a cell once it runs (not while it is compiled, however long that takes), and sees it end in
        time."""
        message = running(self.client, code)
        clock = time.monotonic()
        self.manager.interrupt_kernel()
        self.assertEqual("error", reply_to(self.client, message)["content"]["status"])
        self.assertLess(time.monotonic() - clock, within)

    def test_interrupts_stop_cells_and_leave_the_kernel_alive(self):
        for i in range(3):
            self.interrupted(f"var at{i} = {i}; await Task.Delay(30000, Cell.CancellationToken);", within=2)
            self.assertEqual(str(i), run(self.client, f"Console.Write(at{i});").text())

    def test_an_interrupt_between_cells_does_nothing(self):
        run(self.client, "var kept = 7;")
        self.manager.interrupt_kernel()
        time.sleep(0.5)
        self.assertEqual("7", run(self.client, "Console.Write(kept);").text())

    def test_a_training_is_stopped(self):
        run(self.client, "using IResNet.Experiments.Figures;")
        self.interrupted(
            "await LineDynamics.Train(new LineDynamicsOptions { Steps = 1_000_000 }, Cell.CancellationToken);",
            within=5)

    def test_a_live_chart_is_updated_where_it_stands(self):
        answer = run(
            self.client,
            'var live = Charts.Live(); for (int i = 0; i < 300; i++) { live.Add(i, i); await Task.Delay(5); }')
        shown, updates = answer.of("display_data"), answer.of("update_display_data")
        self.assertEqual(1, len(shown))
        self.assertGreaterEqual(len(updates), 2)
        self.assertEqual(
            {shown[0]["transient"]["display_id"]}, {update["transient"]["display_id"] for update in updates})


if __name__ == "__main__":
    unittest.main()
