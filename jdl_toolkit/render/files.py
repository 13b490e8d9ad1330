"""The figures and tables of a report as files of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .. import document
from ..result import write_atomically
from . import content


def write_figures(notebook: Path | Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``figures/<key>.svg`` and ``tables/<key>.csv`` (tables, and the data of each figure); return the files."""
    report = notebook if isinstance(notebook, content.Report) else content.read_report(notebook, "report")
    files: dict[Path, str] = {}
    for part in report.parts:
        if isinstance(part, content.Table | content.Figure):
            files[Path(folder) / "tables" / f"{part.block.key}.csv"] = to_csv(part.block)
        if isinstance(part, content.Figure):
            files[Path(folder) / "figures" / f"{part.block.key}.svg"] = part.block.svg + "\n"
    for path, text in files.items():
        write_atomically(path, text)
    return sorted(files)


def to_csv(block: document.Table | document.Figure) -> str:
    """The rows of a table as printed, or the records a figure was drawn from, as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    if isinstance(block, document.Table):
        groups = zip(("Group", *block.groups), strict=True) if block.groups else [()] * (len(block.rows) + 1)
        rows = zip(groups, (block.columns, *block.rows), strict=True)
        writer.writerows([_harmless(cell) for cell in (*group, *row)] for group, row in rows)
    else:
        names = field_names(block.data)
        writer.writerow(names)
        writer.writerows([_harmless(row.get(name)) for name in names] for row in block.data)
    return file.getvalue()


def field_names(data: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in data for name in row))


def _harmless(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula is preceded by an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t")) else cell
