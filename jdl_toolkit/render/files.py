"""The figures of a report as files of their own, and the data they were drawn from as CSV.

CSV is UTF-8 without a byte order mark, which programs would take for a part of the first heading; whoever opens figures
by hand has the spreadsheets.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..document import Figure
from ..exploratory import MARK
from ..publication import field_names, figure_cells, plain
from ..result import write_atomically
from . import content


def write_figures(notebook: Path | Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``figures/<key>.svg``; return the files."""
    files = {Path(folder) / "figures" / f"{figure.key}.svg": figure.svg for figure in read_figures(notebook)}
    for path, svg in files.items():
        write_atomically(path, svg + "\n")
    return sorted(files)


def read_figures(notebook: Path | Mapping[str, Any]) -> list[Figure]:
    """The figures of an executed report notebook, in order."""
    report = notebook if isinstance(notebook, content.Report) else content.read_report(notebook, "report")
    return [part.block for part in report.parts if isinstance(part, content.Figure)]


def to_csv(figure: Figure) -> str:
    """The records a figure was drawn from, as CSV: [c] for what is withheld, [z] where there is nothing to tell."""
    written = csv_of(field_names(figure.data), figure_cells(figure))
    return below_mark(written) if MARK in figure.svg else written


def below_mark(written: str) -> str:
    """CSV of what was made by hand: its first line says so."""
    return written if written.startswith(MARK) else f"{MARK}\n{written}"


def csv_of(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Headings and rows as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([_harmless(cell) for cell in row] for row in (names, *rows))
    return file.getvalue()


def _harmless(cell: Any) -> Any:
    """A text on one line, after an apostrophe where a spreadsheet would take it for a formula; a number as it is."""
    if not isinstance(cell, str):
        return cell
    return f"'{plain(cell)}" if plain(cell).startswith(("=", "+", "-", "@")) else plain(cell)
