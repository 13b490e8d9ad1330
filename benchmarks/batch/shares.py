"""How much of a request is the analysis itself: its notebooks' cells, run once more in one process that is warm.

    python -m benchmarks.batch.shares LAB REQUEST

prints one JSON object: processor seconds of the cells that call a verb of the analysis, and of all others (opening,
tables, figures, saving), by stage. The notebooks run as if somebody explored, so that nothing of the request changes.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import time
from pathlib import Path
from typing import Any

import nbformat

from jdl_toolkit.lab import STAGES, Lab

#: Packages whose functions are the analysis; the others draw, tabulate, tell, open and save.
ANALYSIS = frozenset(
    "submission linkage cohort covariates matching balance outcomes inference power robustness subgroups".split()
)


def time_cells(lab: Lab, request: str) -> dict[str, dict[str, float]]:
    """Processor seconds by stage: ``analysis``, ``other`` and ``imports``."""
    os.chdir(lab.root)
    return {stage: _time_stage(lab, STAGES[stage], request) for stage in list(STAGES)[:-1]}


def _time_stage(lab: Lab, template: str, request: str) -> dict[str, float]:
    seconds = {"analysis": 0.0, "other": 0.0, "imports": 0.0}
    names: dict[str, Any] = {"display": lambda *shown: None}
    verbs: set[str] = set()
    for cell in nbformat.read(lab.notebook(template), as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        verbs |= _imported_verbs(tree)
        kind = "analysis" if _calls(tree) & verbs else "other"
        kind = "imports" if all(isinstance(line, ast.Import | ast.ImportFrom) for line in tree.body) else kind
        started = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(tree, template, "exec"), names)
        seconds[kind] += time.process_time() - started
        names["request"] = request  # what the cell of parameters sets
    return seconds


def _imported_verbs(tree: ast.Module) -> set[str]:
    """Names that a cell imports from the packages of the analysis."""
    found = [line for line in tree.body if isinstance(line, ast.ImportFrom) and line.module]
    of_analysis = [line for line in found if line.module.split(".")[1:2] and line.module.split(".")[1] in ANALYSIS]
    return {alias.asname or alias.name for line in of_analysis for alias in line.names}


def _calls(tree: ast.Module) -> set[str]:
    """First names of everything that a cell calls: `link_people(…)`, `Balance.assess(…)`."""
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    first = [next((n for n in ast.walk(one) if isinstance(n, ast.Name)), None) for one in called]
    return {name.id for name in first if name is not None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lab", type=Path)
    parser.add_argument("request")
    asked = parser.parse_args()
    time_cells(Lab(asked.lab.resolve()), asked.request)  # warm: libraries loaded, files in memory
    print(json.dumps(time_cells(Lab(asked.lab.resolve()), asked.request)))


if __name__ == "__main__":
    main()
