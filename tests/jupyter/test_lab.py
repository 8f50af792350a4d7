"""JupyterLab's notebook, built from its npm packages, with each kernel in headless Chromium: what a reader would
see."""

import contextlib
import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import nbformat
from jupyter_client.kernelspec import KernelSpecManager

HERE = pathlib.Path(__file__).parent
BUNDLE = ["page.js", "--bundle", "--format=esm", "--outdir=static", "--log-level=error", "--loader:.svg=text",
          *(f"--loader:.{kind}=dataurl" for kind in ("png", "woff", "woff2", "ttf", "eot", "gif")),
          '--define:process.env.NODE_ENV="production"', "--define:global=window", '--define:__dirname="."']

SETUP = """#r "{library}"
using IResNet;
using IResNet.Notebooks;
using TorchSharp;

Cell.Begin();
var kept = 7;"""

CELLS = {
    "setup": SETUP,
    "table": 'new[] { new { A = 1.5, B = "x" }, new { A = 2.0, B = "y" } }',
    "images": 'Charts.Images((0, 1), ("noise", torch.rand(8, 3, 16, 16)))',
    "chart": 'Charts.Lines(("loss", [0, 1, 2], new[] { 3.0, 2, 1 })).WithTitle("a chart").WithX("step")',
    "live": 'var live = Charts.Live("loss");\n'
            "for (int i = 1; i <= 500; i++) { live.Add(i, 1.0 / i); await Task.Delay(10); }",
    "long": "await Task.Delay(30_000, Cell.CancellationToken);",
    "kept": "Console.Write(kept);",
}


def missing():
    """What cannot be had here; None if nothing."""
    if not importlib.util.find_spec("jupyter_server"):
        return "no python3-jupyter-server here"
    return next((f"no {program} here" for program in ("node", "npm", "chromium") if not shutil.which(program)), None)


@unittest.skipIf(missing(), missing())
class LabTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        lab = cls.folder / "lab"
        shutil.copytree(HERE / "lab", lab)
        install = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"],
                                 cwd=lab, timeout=300, capture_output=True, text=True)
        if install.returncode:
            raise unittest.SkipTest(f"the npm packages cannot be had: {install.stderr[-200:]}")
        subprocess.run(["npx", "esbuild", *BUNDLE], cwd=lab, check=True, timeout=120)
        shutil.copy(lab / "index.html", lab / "static")
        cls.server = f"http://127.0.0.1:{cls.start_server()}"

    @classmethod
    def start_server(cls):
        """A server of its own, and the port where it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        arguments = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--allow-root",
                     "--ServerApp.token=", "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True",
                     f"--ServerApp.root_dir={cls.folder}",
                     f"--ServerApp.extra_static_paths=['{cls.folder / 'lab' / 'static'}']"]
        with open(cls.folder / "server.log", "w", encoding="utf-8") as log:
            server = subprocess.Popen([sys.executable, "-m", "jupyter_server", "--debug", *arguments],
                                      stdout=log, stderr=log)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.terminate)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5):
                return port
            time.sleep(0.2)
        raise TimeoutError("the server does not start")

    @staticmethod
    def write_notebook(path):
        library = HERE.parents[1] / "lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Notebooks.dll"
        cells = [nbformat.v4.new_markdown_cell(
            "# A notebook\n\nFor $c < 1$ it inverts:\n\n"
            "$$\\ln \\det(I + J) = \\sum_k \\frac{(-1)^{k+1}}{k} \\mathrm{tr}(J^k)$$", id="title")]
        cells += [nbformat.v4.new_code_cell(source.replace("{library}", str(library)), id=name)
                  for name, source in CELLS.items()]
        nbformat.write(nbformat.v4.new_notebook(
            cells=cells, metadata={"language_info": {"name": "C#", "mimetype": "text/x-csharp"}}), path)

    def check(self, kernel):
        if kernel not in KernelSpecManager().find_kernel_specs():
            self.skipTest(f"no kernel {kernel} here")
        # A notebook for each: a kernel that a failed check leaves behind would serve the next one, too.
        self.write_notebook(self.folder / f"{kernel}.ipynb")
        screenshots = os.environ.get("LAB_SCREENSHOTS", str(self.folder))
        done = subprocess.run(["node", "check.mjs", self.server, f"{kernel}.ipynb", kernel, screenshots],
                              cwd=self.folder / "lab", timeout=240, capture_output=True, text=True,
                              env={**os.environ, "CHROMIUM": shutil.which("chromium")})
        print(done.stdout, done.stderr, flush=True)
        if done.returncode:
            print(*(self.folder / "server.log").read_text(encoding="utf-8").splitlines()[-60:], sep="\n", flush=True)
        failures = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
        self.assertEqual(0, done.returncode, "\n".join([*failures, done.stderr]))

    def test_with_our_kernel(self):
        self.check("iresnet")

    def test_with_dotnet_interactive(self):
        self.check("dotnet-interactive")


if __name__ == "__main__":
    unittest.main()
