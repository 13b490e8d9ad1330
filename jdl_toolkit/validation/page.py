"""The study as one HTML file that needs nothing else, and its checks as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import __version__
from ..document import MIME
from ..render import to_html
from ..render.files import csv_of
from ..result import write_atomically
from .shown import TITLE, Section, sections
from .whole import Validation

PAGE, CHECKS = "validation.html", "checks.csv"


def write_report(study: Validation, folder: Path) -> Path:
    """Write ``validation.html`` and ``checks.csv`` into `folder`; return the page.

    Raises
    ------
    JDLError
        If a part shows something malformed, or the page would not be accessible; no page is written then.
    """
    write_atomically(folder / CHECKS, checks_csv(study))
    return write_page(study, folder / PAGE)


def write_page(study: Validation, out: Path) -> Path:
    """Write the study as one page."""
    return to_html(as_notebook(sections(study)), TITLE, f"Validation study of jdl_toolkit {__version__}.", out)


def checks_csv(study: Validation) -> str:
    """Every check: part, claim, found, allowed, holds (yes, no, or not tried), why."""
    holds = {True: "yes", False: "no", None: "not tried"}
    rows = [
        (answer.key, check.claim, check.found, check.allowed, holds[check.holds], check.why)
        for answer in study.answers
        for check in answer.checks
    ]
    return csv_of(("part", "claim", "found", "allowed", "holds", "why"), rows)


def as_notebook(found: list[Section]) -> dict[str, Any]:
    """Sections as the cells of an executed notebook, which `render` draws."""
    cells: list[dict[str, Any]] = []
    for section in found:
        cells.append({"cell_type": "markdown", "source": f"{'#' * section.level} {section.title}"})
        shown = [{"output_type": "display_data", "data": {MIME: block.to_json()}} for block in section.blocks]
        cells.append({"cell_type": "code", "outputs": shown})
    return {"cells": cells, "metadata": {}}
