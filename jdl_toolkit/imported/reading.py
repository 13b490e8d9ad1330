"""A CSV file of published results to rows: all faults of the file at once, everything else kept as it was printed."""

from __future__ import annotations

import csv
import difflib
import io
from pathlib import Path
from typing import Any

from ..errors import JDLError, Problem
from ..markup import clean, one_line
from ..submission.sheets import decoded
from .printed import read_printed, shown
from .schema import CHOICES, COLUMNS, COUNTS, NUMBERS, OTHER_BODY, REQUIRED, ResultRow
from .words import Kind, read_direction, read_kind, read_period, read_significance

MOST_ROWS, MOST_BYTES, LONGEST_CELL = 10_000, 20_000_000, 2_000
_FIX = "save it as CSV, with one result a row; docs/imported-results.md has an example"
#: Column of the file -> field of the row.
_FIELDS = {
    "n_submitted": "n_submitted", "n_treatment": "n_treatment", "n_control": "n_control",
    "treatment_value": "treatment", "control_value": "control", "effect_t_minus_c": "effect",
    "ci95_low": "ci_low", "ci95_high": "ci_high", "p_value": "p_value", "relative_change_pct": "relative",
}  # fmt: skip


def read_results(path: Path) -> list[ResultRow]:
    """Read a CSV file of published results.

    Parameters
    ----------
    path : Path
        UTF-8 (with or without a byte order mark), UTF-16 or Windows-1252; commas, semicolons, tabs or bars. In a file
        with semicolons, figures may have decimal commas.

    Raises
    ------
    JDLError
        If the file cannot be read, or with all its faults by row: unknown columns (with the nearest name), columns or
        cells missing that every row needs, ids twice, unknown needs, sectors and settings, days that are none.
    """
    header, rows, decimal_comma = _table(Path(path))
    problems = _faults_of_header(header, Path(path).name)
    if problems:
        raise JDLError(problems)
    read, seen = [], {}
    for number, cells in rows:
        where = f"{Path(path).name}, row {number}"
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            problems.append(
                Problem(
                    "the row has more cells than the header has columns", where, "quote cells that hold a separator"
                )
            )
            continue
        given = {name: one_line(cell) for name, cell in zip(header, cells, strict=False) if name}
        faults = _faults_of_row(given, where)
        key = given.get("id", "")
        if key and key.casefold() in seen:
            faults.append(
                Problem(
                    f"the id `{shown(key)}` is that of row {seen[key.casefold()]}, too", where, "give each row its own"
                )
            )
        seen.setdefault(key.casefold(), number)
        problems += faults
        if not faults:
            read.append(read_row(given, decimal_comma=decimal_comma))
    if not rows:
        problems.append(Problem("the file has no results", Path(path).name, _FIX))
    if problems:
        raise JDLError(problems)
    return read


def read_row(given: dict[str, str], *, decimal_comma: bool = False) -> ResultRow:
    """One row from its cells by column; what cannot be read stays text."""
    figures = {name: read_printed(given.get(name, ""), decimal_comma=decimal_comma) for name in NUMBERS}
    figures |= {name: None for name in COUNTS if figures[name] is not None and figures[name].value < 1}
    kind = read_kind(given["outcome"], given["unit"])
    worded = [n for n in NUMBERS if given.get(n) and figures[n] is None and kind is not Kind.direction]
    period = read_period(given.get("published", "")) or read_period(given.get("publication", ""))
    programme = given["programme"]
    is_jdl = not programme.casefold().startswith(OTHER_BODY.casefold())
    significance = given.get("significant_as_published", "")
    several = kind is Kind.direction and (";" in given["outcome"] or "," in given["outcome"] or "/" in significance)
    values: dict[str, Any] = {_FIELDS[name]: figure for name, figure in figures.items()}
    values |= {name: given[name] for name in CHOICES if given.get(name)}
    return ResultRow.model_validate(
        values
        | {
            "id": given["id"],
            "programme": programme if is_jdl else programme[len(OTHER_BODY) :].strip(),
            "publication": given.get("publication", ""),
            "subgroup": given.get("setting_or_subgroup", ""),
            "outcome": given["outcome"],
            "unit": given["unit"],
            "kind": kind,
            "significant": read_significance(significance),
            "direction": None if several else _direction(given, significance),
            "first_day": period[0] if period else None,
            "last_day": period[1] if period else None,
            "notes": given.get("notes", ""),
            "is_jdl": is_jdl,
            "organisation": given.get("organisation", ""),
            "source_title": given["source_title"],
            "as_published": {name: given.get(name, "") for name in COLUMNS if given.get(name)},
            "unreadable": tuple(worded),
        },
        strict=False,
    )


def _direction(given: dict[str, str], significance: str):
    """The direction that a row's words name; those of its difference count before those of its significance."""
    words = given.get("effect_t_minus_c", "")
    return read_direction(words) if read_printed(words) is None and words else read_direction(significance)


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]], bool]:
    """Header, filled rows with their numbers (the header is row 1 or below remarks), whether decimals have a comma."""
    if not path.is_file():
        raise JDLError("there is no such file", path.name, "check the name and the folder")
    if path.stat().st_size > MOST_BYTES:
        raise JDLError(f"the file is larger than {MOST_BYTES // 1_000_000} MB", path.name, _FIX)
    try:
        text = decoded(path, "save it as CSV UTF-8")
        best = max(",;\t|", key=lambda sign: _n_known(text, sign))
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=best))
    except OSError as fault:
        raise JDLError(
            f"the file cannot be read ({type(fault).__name__})", path.name, "check its permissions"
        ) from None
    except csv.Error:
        raise JDLError("the file is not readable as CSV", path.name, _FIX) from None
    filled = [
        (i, [cell[:LONGEST_CELL] for cell in row]) for i, row in enumerate(rows, start=1) if any(map(str.strip, row))
    ]
    filled = [(i, row) for i, row in filled if not row[0].startswith("#")]
    if not filled:
        raise JDLError("the file is empty", path.name, _FIX)
    if len(filled) - 1 > MOST_ROWS:
        raise JDLError(f"the file has more than {MOST_ROWS:,} rows", path.name, "split it")
    header = [_plain(cell) for cell in filled[0][1]]
    return header, filled[1:], best == ";"


def _n_known(text: str, sign: str) -> int:
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign):
        if row and not row[0].startswith("#") and any(map(str.strip, row)):
            return sum(_plain(cell) in COLUMNS for cell in row)
    return 0


def _plain(heading: str) -> str:
    return "_".join(clean(heading).strip().lower().replace("-", "_").split())


def _faults_of_header(header: list[str], name: str) -> list[Problem]:
    where, faults = f"{name}, header", []
    missing = [column for column in REQUIRED if column not in header]
    for column in dict.fromkeys(header):
        if column and column not in COLUMNS:
            near = difflib.get_close_matches(column, [c for c in COLUMNS if c not in header], n=1, cutoff=0.5)
            missing = [c for c in missing if c not in near]
            fix = f"did you mean `{near[0]}`?" if near else "take it out, or put it into `notes`"
            faults.append(Problem(f"unknown column `{shown(column)}`", where, fix))
        elif column and header.count(column) > 1:
            faults.append(Problem(f"{header.count(column)} columns are called `{column}`", where, "keep one"))
    return faults + [Problem(f"the column `{c}` is missing", where, f"add it: {COLUMNS[c]}") for c in missing]


def _faults_of_row(given: dict[str, str], where: str) -> list[Problem]:
    faults = [
        Problem(f"`{name}` is empty", where, f"fill it in: {COLUMNS[name]}") for name in REQUIRED if not given.get(name)
    ]
    for name, kinds in CHOICES.items():
        value = given.get(name, "")
        if value and value not in list(kinds):
            near = difflib.get_close_matches(value.casefold(), list(kinds), n=1)
            fix = f"did you mean `{near[0]}`?" if near else f"use one of: {', '.join(kinds)}"
            faults.append(Problem(f"`{name}` is `{shown(value)}`, which is none of those known", where, fix))
    if given.get("published") and read_period(given["published"]) is None:
        fix = "write the day as 2013-12-12 or 12/12/2013"
        faults.append(Problem(f"`published` is `{shown(given['published'])}`, which is no date", where, fix))
    return faults
