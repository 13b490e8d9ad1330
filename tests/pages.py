"""Pages as a run makes them, of any findings and within a second: no lab, no kernel."""

import ast
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jdl_toolkit.document import Block
from jdl_toolkit.findings import Findings
from jdl_toolkit.lab import lab_resources
from jdl_toolkit.narrative import draft_words
from jdl_toolkit.render import to_html
from jdl_toolkit.render.report import names_of, titles

PARAMETERS = "parameters"


def report_page(findings: Findings, **more: Any) -> str:
    """The HTML report of the first analysis of the findings."""
    with TemporaryDirectory() as folder:
        marks = {"exploratory": findings.exploratory, "synthetic": findings.synthetic}
        marks |= {"draft": draft_words(findings), "names": names_of(findings)}
        out = to_html(executed(findings, **more), *titles(findings), Path(folder) / "report.html", **marks)
        return out.read_text(encoding="utf-8")


def executed(findings: Findings, *, first: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """The report's template with what its cells show of these findings; `first` are cells put before all others."""
    template = "05_report" if findings.analyses[0].measures else "05_not_answered"
    notebook = json.loads((lab_resources() / "notebooks" / f"{template}.ipynb").read_text(encoding="utf-8"))
    with TemporaryDirectory() as folder:
        findings.write(Path(folder) / findings.request / "findings.json")
        names = {"request": findings.request, "outputs": folder, "analysis": findings.analyses[0].id}
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code" and PARAMETERS not in cell["metadata"].get("tags", ()):
                cell["outputs"] = [output(block) for block in _run("".join(cell["source"]), names)]
    return notebook | {"cells": [*first, *notebook["cells"]]}


def output(block: Block) -> dict[str, Any]:
    """What a cell holds that has shown the block."""
    return {"output_type": "display_data", "metadata": {}, "data": block._repr_mimebundle_()}


def _run(source: str, names: dict[str, Any]) -> list[Block]:
    """The blocks that a cell shows: those given to `show`, and the value of its last line."""
    shown: list[Block] = []
    names["show"] = lambda *blocks: shown.extend(block for block in blocks if block is not None)
    *lines, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        lines.append(last)
    exec(compile(ast.Module(lines, []), "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        shown += [value] if isinstance(value, Block) else []
    return shown
