"""The notebooks, unmodified but for smaller parameters, run to their last cell: its claims hold."""

import importlib.util
import json
import os
import subprocess
import sys
import unittest

from notebooks import FOLDER, SMALL, code_cells, prepared
from stdio import Interactive

LIMIT = 240
HELD = "All claims hold."
HTML, PNG, TEXT = "text/html", "image/png", "text/plain"


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell["outputs"]]


class NotebookTests(unittest.TestCase):
    def check(self, executed):
        """Of an executed file: no error, charts and tables as such, the last cell's claims."""
        notebook = json.loads(executed.read_text())
        self.assertEqual([], [o for o in outputs(notebook) if o["output_type"] == "error"])
        data = [o["data"] for o in outputs(notebook) if "data" in o]
        self.assertTrue(any({HTML, PNG, TEXT} <= d.keys() and "newPlot" in "".join(d[HTML]) for d in data), "no chart")
        self.assertFalse(
            any("dni-treeview\">" in "".join(d.get(HTML, "")) for d in data), "something is shown as a tree")
        last = code_cells(notebook)[-1]["outputs"][-1]["data"]
        self.assertEqual(HELD, "".join(last[TEXT]))

    @unittest.skipUnless(importlib.util.find_spec("nbconvert"), "no jupyter-nbconvert here")
    def test_through_jupyter(self):
        for name in SMALL:
            with self.subTest(name):
                source = prepared(name)
                subprocess.run([sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute",
                                "--output-dir", str(FOLDER), "--output", "out.ipynb",
                                f"--ExecutePreprocessor.timeout={LIMIT}", str(source)], check=True, timeout=LIMIT)
                self.check(FOLDER / "out.ipynb")

    def test_over_the_standard_streams(self):
        for name in SMALL:
            with self.subTest(name), Interactive(str(FOLDER)) as kernel:
                for cell in code_cells(json.loads(prepared(name).read_text())):
                    answer = kernel.run("".join(cell["source"]), LIMIT)
                    self.assertIsNone(answer.failure)
                self.assertEqual(HELD, answer.result[TEXT])

    def test_by_dotnet_repl(self):
        program = os.path.join(os.environ["INTERACTIVE_TOOLS"], "dotnet-repl")
        if not os.path.exists(program):
            self.skipTest("dotnet-repl cannot be had")
        for name in SMALL:
            with self.subTest(name):
                subprocess.run([program, "--run", str(prepared(name)), "--exit-after-run",
                                "--output-format", "ipynb", "--output-path", "out.ipynb"],
                               check=True, timeout=LIMIT, cwd=FOLDER,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                self.check(FOLDER / "out.ipynb")


if __name__ == "__main__":
    unittest.main()
