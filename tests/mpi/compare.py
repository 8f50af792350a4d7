"""Compares two runs: losses step by step, and the test figure. The tolerance is that of float32 sums in another order,
grown over the steps."""

import json
import pathlib
import sys

STEP, FIGURE = 2e-4, 1e-3


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}


one, other = (pathlib.Path(path) for path in sys.argv[1:])
expected, found = losses(one), losses(other)
assert len(expected) == 50 and expected.keys() == found.keys(), (len(expected), len(found))
first = min(expected)
assert abs(expected[first] - found[first]) <= 1e-5 * abs(expected[first]), "already the first step differs"
largest = max(abs(expected[step] - found[step]) / abs(expected[step]) for step in expected)
figures = [json.loads((run / "summary.json").read_text())["testFigure"]["value"] for run in (one, other)]
print(f"measured: {largest:.1e} relative, test {figures[0]:.5f} and {figures[1]:.5f}")
assert expected[50] < expected[1], "it did not learn"
assert largest <= STEP, "the losses differ"
assert abs(figures[0] - figures[1]) <= FIGURE, "the test figures differ"
