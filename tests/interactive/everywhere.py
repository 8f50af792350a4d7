"""Every notebook in every host, to its last cell, with its own parameters in one host and with others in the next.

    run.sh everywhere                        all: some two hours on two cores
    run.sh everywhere 04 --host jupyter      chosen ones
    run.sh everywhere --others 0             with other parameters, the first, in all: half the time

Prints a line for each, keeps what was executed where EVERYWHERE names a folder, and ends with "N passed, N failed".
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

from notebooks import FOLDER, NOTEBOOKS, code_cells, prepared
from stdio import Interactive

LIMIT = 1500
HELD = "All claims hold."
WORKBOOK = NOTEBOOKS.parent / "lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Workbook.dll"

# For each parameter that a notebook invites to change two other values: the first for our kernel, the second for the
# real one over its standard streams.
OTHERS = {
    "00-start-here": {
        "seconds": ("30.0", "50.0"), "batch": ("16", "48"), "hidden": ("8", "24"), "coefficient": ("0.7", "0.95"),
        "learningRate": ("0.006", "0.009"), "seed": ("2", "3")},
    "01-dynamics-1d": {
        "blocks": ("8", "14"), "hidden": ("new[] { 24 }", "new[] { 48, 48 }"), "coefficient": ("0.8", "0.95"),
        "steps": ("500", "1200"), "learningRate": ("0.005", "0.008"), "seeds": ("new[] { 4, 5 }", "new[] { 2, 3, 6 }"),
        "count": ("15", "31")},
    "02-spectral-normalization": {
        "coefficients": ("new[] { 0.5, 0.9 }", "new[] { 0.4, 0.6, 0.8 }"), "steps": ("60", "140"),
        "batch": ("16", "48"), "seed": ("2", "3")},
    "03-inverse": {"images": ("6", "16"), "iterations": ("60", "140"), "steps": ("100", "200"), "seed": ("2", "3")},
    "04-logdet-estimators": {
        "images": ("2", "6"), "probes": ("30", "80"), "repeats": ("6", "14"), "steps": ("60", "140"),
        "seed": ("2", "3")},
    "05-densities-2d": {
        "densities": ('["8gaussians", "checkerboard"]', '["moons", "rings", "2spirals"]'),
        "seeds": ("[4, 5]", "[2, 3, 6]"), "shortSteps": ("120L", "260L")},
    "06-classification": {
        "coefficients": ("new[] { 0.9, 0.5 }", "new[] { 0.8, 0.6 }"), "mnistSteps": ("200", "350"),
        "cifarSteps": ("80", "140"), "batch": ("24", "48"), "testImages": ("500", "1500"),
        "seeds": ("[4, 5]", "[2, 3]")},
    "07-against-glow": {
        "steps": ("120L", "260L"), "blocks": ("1", "3"), "hidden": ("24", "40"), "testImages": ("1000", "3000"),
        "seed": ("2", "3")},
    "08-density-mnist": {
        "steps": ("300", "500"), "images": ("60", "140"), "error": ("0.01", "0.004"), "biasSteps": ("100", "180"),
        "seed": ("2", "3")},
    "09-density-cifar10": {"steps": ("150", "300"), "images": ("40", "80"), "error": ("0.01", "0.004"),
                           "seed": ("2", "3")},
    "10-cost": {"secondsEach": ("0.4", "0.8"), "batch": ("16", "48")},
    "11-residual-flows": {
        "repeats": ("12", "20"), "density": ('"pinwheel"', '"8gaussians"'), "coefficient": ("0.9", "0.95"),
        "trainingSteps": ("150L", "250L"), "trainingSeconds": ("1.0", "2.0"), "seeds": ("[4, 5, 6]", "[7, 8]")},
    "12-one-model": {
        "steps": ("1600", "3000"), "curveSteps": ("150", "300"), "images": ("300", "700"), "perClass": ("10", "30"),
        "seed": ("2", "3")},
}


def through_jupyter(name, kernel, parameters):
    target = FOLDER / f"{name}.{kernel}.ipynb"
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--output-dir",
         str(FOLDER), "--output", target.name, f"--ExecutePreprocessor.timeout={LIMIT}",
         f"--ExecutePreprocessor.kernel_name={kernel}", str(prepared(name, parameters))],
        check=True, timeout=LIMIT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return faults_of(target)


def by_the_runner(name, _, parameters):
    folder = FOLDER / "run"
    subprocess.run(["dotnet", str(WORKBOOK), "run", str(prepared(name, parameters)), "--output", str(folder)],
                   check=True, timeout=LIMIT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return faults_of(folder / f"{name}.ipynb")


def over_the_standard_streams(name, _, parameters):
    with Interactive(str(FOLDER)) as kernel:
        for i, cell in enumerate(code_cells(json.loads(prepared(name, parameters).read_text()))):
            answer = kernel.run("".join(cell["source"]), LIMIT)
            if answer.failure:
                return [f"code cell {i + 1}: {answer.failure}"]
        said = answer.result["text/plain"]
        return [] if said == HELD else [said]


def faults_of(executed):
    if "EVERYWHERE" in os.environ:
        kept = pathlib.Path(os.environ["EVERYWHERE"])
        kept.mkdir(parents=True, exist_ok=True)
        (kept / f"{executed.parent.name}-{executed.name}").write_bytes(executed.read_bytes())
    cells = code_cells(json.loads(executed.read_text()))
    outputs = [(i, output) for i, cell in enumerate(cells) for output in cell["outputs"]]
    faults = [f"code cell {i + 1}: {o['ename']}: {o['evalue']}" for i, o in outputs if o["output_type"] == "error"]
    faults += [f"code cell {i + 1} shows a tree" for i, o in outputs
               if 'dni-treeview">' in "".join(o.get("data", {}).get("text/html", ""))]
    if not faults and "".join(outputs[-1][1]["data"]["text/plain"]) != HELD:
        faults.append("its last cell does not say that all claims hold")
    return faults


# Each host with which of the other values, or None for the notebook as it is, it runs.
HOSTS = {
    "jupyter": (through_jupyter, ".net-csharp", None),
    "own": (through_jupyter, "iresnet", 0),
    "stdio": (over_the_standard_streams, None, 1),
    "run": (by_the_runner, None, None),
}


def main():
    names = argparse.ArgumentParser()
    names.add_argument("notebooks", nargs="*")
    names.add_argument("--host", choices=HOSTS, action="append")
    names.add_argument("--others", type=int, choices=(0, 1), help="which of the other values, in every host")
    chosen = names.parse_args()
    passed = failed = 0
    for host in chosen.host or HOSTS:
        run, kernel, others = HOSTS[host]
        others = others if chosen.others is None else chosen.others
        for name, values in OTHERS.items():
            if chosen.notebooks and not any(name.startswith(start) for start in chosen.notebooks):
                continue
            began = time.monotonic()
            try:
                faults = run(name, kernel, {} if others is None else {k: v[others] for k, v in values.items()})
            except subprocess.CalledProcessError as failure:
                # What the kernel said stands before Python's frames, which are indented.
                lines = (failure.stderr or str(failure)).strip().splitlines()
                faults = [line for line in lines if not line.startswith("  ")][-12:]
            except (subprocess.TimeoutExpired, AssertionError) as failure:
                faults = [str(failure)]
            passed, failed = passed + (not faults), failed + bool(faults)
            print(f"{'FAIL ' if faults else 'ok   '} {host:8} {name:28} {time.monotonic() - began:4.0f} s",
                  *faults, sep="\n        ", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
