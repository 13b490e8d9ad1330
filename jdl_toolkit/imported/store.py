"""Imports on disk: ``outputs/imported/<name>.json``, whole or not at all, replaced only with a reason."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError
from scipy import stats

from .. import __version__
from ..errors import JDLError
from ..findings import Verdict
from ..portfolio import RESULT_COLUMNS
from ..result import write_atomically
from .consistency import BARS, RULES, check_rows
from .figures import degrees_of_freedom, usable_figures
from .reading import read_results
from .schema import Import, ResultRow, Usable
from .words import Kind

IMPORTED = "imported"
#: Versions that were replaced stay here, as <name>-<version>.json.
EARLIER = "earlier"
#: Columns of `read_imported` beside those of `portfolio.results`.
MORE_COLUMNS = ["source", "source_title", "published", "remarks", "derived", "outcome"]


def import_results(file: Path, outputs: Path | None, today: dt.date, reason: str = "") -> tuple[Import, bool]:
    """Read and check a file, without keeping it.

    Parameters
    ----------
    file : Path
    outputs : Path or None
        Folder of all outputs, whose other imports it is compared with; None: of no lab.
    today : date
    reason : str
        Why an earlier import of that name is replaced.

    Returns
    -------
    (Import, bool)
        The import, and whether it is new: False if the very file was imported before.

    Raises
    ------
    JDLError
        With all faults of the file; or if another file was imported under its name and no reason is given.
    """
    name = name_of(file)
    rows = read_results(file)
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    standing = {one.name: one for one in read_imports(outputs)} if outputs is not None else {}
    earlier = standing.pop(name, None)
    if earlier is not None and earlier.digest == digest and not reason:
        return earlier, False
    if earlier is not None and not reason:
        fix = "say why with --replace REASON (the earlier one is kept), or give the file another name"
        what = f"results were imported under the name `{name}` on {earlier.imported:%d/%m/%Y} already"
        raise JDLError(what, Path(file).name, fix)
    remarks = check_rows(rows, today, [_of(one, row) for one in standing.values() for row in one.rows])
    barred = {r.row: RULES[r.rule].meaning for r in reversed(remarks) if r.rule in BARS}
    usable = {row.id: _usable(row, barred.get(row.id)) for row in rows}
    made = Import(
        name=name,
        version=earlier.version + 1 if earlier else 1,
        reason=reason if earlier else "",
        imported=today,
        file=Path(file).name,
        digest=digest,
        toolkit_version=__version__,
        rows=tuple(rows),
        remarks=tuple(remarks),
        usable=usable,
    )
    return made, True


def _of(made: Import, row: ResultRow) -> ResultRow:
    """A row of another import, whose id names that, too."""
    return row.model_copy(update={"id": f"{made.name}:{row.id}"})


def _usable(row: ResultRow, barred: str | None) -> Usable:
    found = usable_figures(row)
    return Usable(why_not=f"listed only: {barred}") if barred and not found.why_not else found


def keep(made: Import, outputs: Path) -> Path:
    """Write an import; the version that it replaces is kept beside it."""
    path = place(outputs, made.name)
    if path.exists():
        earlier = _read(path)
        write_atomically(path.parent / EARLIER / f"{made.name}-{earlier.version}.json", path.read_bytes())
    write_atomically(path, made.model_dump_json(indent=1) + "\n")
    return path


def place(outputs: Path, name: str) -> Path:
    """Where an import is kept."""
    return Path(outputs) / IMPORTED / f"{name}.json"


def name_of(file: Path) -> str:
    """Name of an import: that of its file, in lower case, other signs than letters and digits as hyphens.

    Raises
    ------
    JDLError
        If nothing is left of it.
    """
    name = re.sub(r"[^a-z0-9]+", "-", Path(file).stem.lower()).strip("-")[:60]
    if not name:
        raise JDLError(
            "the file's name has no letter or digit", Path(file).name, "give it a short name, as released.csv"
        )
    return name


def read_imports(outputs: Path) -> list[Import]:
    """Every import that stands, by name.

    Raises
    ------
    JDLError
        If one cannot be read.
    """
    return [_read(path) for path in sorted((Path(outputs) / IMPORTED).glob("*.json"))]


def _read(path: Path) -> Import:
    try:
        return Import.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as fault:
        fix = "import the file again after moving this one away"
        raise JDLError(f"an import cannot be read ({type(fault).__name__})", f"imported/{path.name}", fix) from None


def read_imported(outputs: Path) -> pd.DataFrame:
    """Every result published elsewhere, a row each, as the portfolio's table of results has the lab's own.

    Returns
    -------
    DataFrame
        The columns of `portfolio.RESULT_COLUMNS`, and source ("imported"), source_title, published (date or None),
        remarks (tuple of str), derived (bool), outcome. A row without `why_not` may enter the portfolio's numbers; one
        with it is listed only. The same result in two imports counts once: the later one says so as its `why_not`.
    """
    rows, seen = [], {}
    for made in read_imports(outputs):
        for row in made.rows:
            found = made.usable[row.id]
            remarks = [remark.what for remark in made.remarks_on(row.id)]
            remarks += [f"Derived: {found.derived}."] if found.derived and not found.why_not else []
            remarks = [*([] if row.is_jdl else ["This is not an analysis of a Justice Data Lab."]), *remarks]
            key = _same(row, found)
            if not found.why_not and key in seen:
                found = Usable(why_not=f"listed only: it is in the import `{seen[key]}` already")
            seen.setdefault(key, made.name)
            rows.append(_names(made, row) | _numbers(row, found) | {"remarks": tuple(remarks)})
    return pd.DataFrame(rows, columns=[*RESULT_COLUMNS, *(c for c in MORE_COLUMNS if c not in RESULT_COLUMNS)])


def _same(row: ResultRow, found: Usable) -> tuple:
    words = (row.programme, row.publication, row.subgroup, row.outcome)
    return (*(" ".join(text.casefold().split()) for text in words), found.difference, found.low, found.high)


def _names(made: Import, row: ResultRow) -> dict[str, Any]:
    return {
        "request": f"{made.name}:{row.id}",
        "organisation": row.organisation or row.programme,
        "service": row.programme,
        "need": row.need.value if row.need else None,
        "sector": row.sector.value if row.sector else None,
        "setting": row.setting.value if row.setting else None,
        "received": None,
        "analysis": "main",
        "title": f"{row.programme}, {row.subgroup}" if row.subgroup else row.programme,
        "source": IMPORTED,
        "source_title": row.source_title,
        "published": row.published,
        "outcome": row.outcome,
    }


def _numbers(row: ResultRow, found: Usable) -> dict[str, Any]:
    is_rate = row.kind is Kind.rate
    values = {
        "n_treatment": int(row.n_treatment.value) if row.n_treatment else None,
        "n_control": int(row.n_control.value) if row.n_control else None,
        "treatment_value": row.treatment.value / 100 if is_rate and row.treatment else None,
        "control_value": row.control.value / 100 if is_rate and row.control else None,
        "derived": bool(found.derived),
        "invented": False,
        "why_not": found.why_not or None,
        "verdict": None,
    }
    if found.why_not:
        return values
    figures = {"difference_pp": found.difference, "ci_low_pp": found.low, "ci_high_pp": found.high}
    df = degrees_of_freedom(row)
    se = (found.high - found.low) / (2 * float(stats.t.ppf(0.975, df)))
    figures |= {"se_pp": se, "df": None if math.isinf(df) else df}
    return values | figures | {"p_value": found.p_value, "verdict": _verdict(row, found).value}


def _verdict(row: ResultRow, found: Usable) -> Verdict:
    """By whether the interval crosses zero; where a limit is printed as 0, by what was published."""
    edge = found.low == 0 or found.high == 0
    if found.high < 0 or (edge and row.significant and found.high == 0):
        return Verdict.reduction
    if found.low > 0 or (edge and row.significant and found.low == 0):
        return Verdict.increase
    return Verdict.inconclusive
