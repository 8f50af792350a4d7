"""Copies of this workbook's notebooks with other parameters, in a folder from which they find their library."""

import json
import os
import pathlib
import re

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
FOLDER = pathlib.Path(os.environ["INTERACTIVE_SCRATCH"]) / "notebooks"

SMALL = {
    "00-start-here": {"seconds": "20.0"},
    "01-dynamics-1d": {"steps": "100", "seeds": "new[] { 1 }"},
}


def prepared(name, parameters=None):
    """The notebook's copy, without outputs; parameters replace those of its parameters cell, by default with
    SMALL's."""
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())
    for cell in code_cells(notebook):
        cell["outputs"], cell["execution_count"] = [], None
        if "parameters" in cell["metadata"].get("tags", []):
            text = "".join(cell["source"])
            for parameter, value in (SMALL[name] if parameters is None else parameters).items():
                text, found = re.subn(rf"(?m)^(.*\b{parameter} = )[^;]*;", lambda m: f"{m[1]}{value};", text)
                assert found == 1, f"{name} has no parameter {parameter}"
            cell["source"] = text
    target = FOLDER / f"{name}.ipynb"
    target.write_text(json.dumps(notebook))
    return target


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
