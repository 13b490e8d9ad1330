"""The figures of a report as data: spreadsheets, CSV files and a data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..exploratory import MARK
from ..findings import Findings
from ..narrative import draft_words, version_words
from ..publication import figure_file
from ..publication.collect import data_tables
from ..publication.cover import request_cover
from ..publication.dictionary import data_dictionary
from ..result import write_atomically
from .content import INVENTED
from .files import below_mark, csv_of, read_figures, to_csv
from .ods import to_ods
from .xlsx import to_xlsx

#: Name of the spreadsheets, beside the report.
SPREADSHEET = "data-tables"


def write_data(notebook: Path | Mapping[str, Any], findings: Findings, folder: Path) -> list[Path]:
    """Write the figures of a report as data; return the files.

    In ``data/``: a CSV file of every table and of what every figure was drawn from, and ``data_dictionary.csv`` on all
    their columns. Beside the report: the tables as spreadsheets, ``data-tables.xlsx`` and ``data-tables.ods``. Tables
    hold all analyses of a request; so they are written with the report of the first one only.

    Parameters
    ----------
    notebook : Path or dict
        Executed report notebook.
    findings : Findings
        Of a request with several analyses, `Findings.about` the one of the notebook.
    folder : Path
    """
    folder, figures = Path(folder), read_figures(notebook)
    is_first = findings.listed[:1] == tuple(a.id for a in findings.analyses[:1])
    tables = data_tables(findings) if is_first else []
    dictionary = data_dictionary(tables, figures)
    files: dict[Path, str | bytes] = {
        folder / "data" / f"{table.name}.csv": csv_of([column.name for column in table.columns], table.rows)
        for table in (*tables, dictionary)
    }
    files |= {folder / "data" / figure_file(figure): to_csv(figure) for figure in figures}
    if is_first:
        cover = request_cover(findings, tables, _marks(findings))
        files[folder / f"{SPREADSHEET}.xlsx"] = to_xlsx(cover, tables)
        files[folder / f"{SPREADSHEET}.ods"] = to_ods(cover, tables)
    for path, written in files.items():
        is_plain = findings.exploratory and path.suffix == ".csv"
        write_atomically(path, below_mark(written) if is_plain else written)
    return sorted(files)


def _marks(findings: Findings) -> list[str]:
    """What stands on each page of the report, and on each sheet: exploratory, invented people, a draft, its version."""
    said = {MARK: findings.exploratory, INVENTED: findings.synthetic}
    said |= {draft_words(findings): True, version_words(findings): True}
    return [words for words, is_so in said.items() if words and is_so]
