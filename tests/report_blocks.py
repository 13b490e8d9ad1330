"""What the report's notebook shows for some findings, without a kernel: its cells, run one after the other."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from jdl_toolkit import document
from jdl_toolkit.findings import Findings, Status

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def report_blocks(findings: Findings) -> list[dict[str, Any]]:
    """The blocks of the notebook that the first analysis of `findings` is reported by, as its file holds them.

    Code that reads the findings is passed over; `findings` and `this` are given.
    """
    is_reported = findings.analyses[0].status is Status.reported and findings.status is Status.reported
    name = "05_report.ipynb" if is_reported else "05_not_answered.ipynb"
    shown: list[document.Block] = []
    names: dict[str, Any] = {"findings": findings, "this": findings.analyses[0]}
    for cell in json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code" or "parameters" in cell["metadata"].get("tags", ()):
            continue
        for statement in ast.parse("".join(cell["source"])).body:
            code = ast.unparse(statement)
            if "Findings.read" in code:
                continue
            if isinstance(statement, ast.Expr):
                shown.append(eval(code, names))
            else:
                exec(code, names)
                names["show"] = lambda *blocks: shown.extend(blocks)
    return [block.to_json() for block in shown if isinstance(block, document.Block)]
