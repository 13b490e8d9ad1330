"""What outcome measures may be published, with disclosure control applied.

Every figure here tells of a count of people: those who reoffended, who went to prison, who had any of it. Such a count
and its complement must reach the minimum; so must what remains when the counts that are shown are taken from each
other, within an analysis and between analyses of the same people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..disclosure import counts_of, few, is_of_few, may_be_shown
from .counted import DIVIDED, RATE, Counted, counted
from .overlaps import Shown

ESTIMATE_PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")
ESTIMATES = ("headline", "classic", "check")
VALUES = ("n_treatment", "n_control", "treatment_value", "control_value", "control_value_adjusted", "holm_p")
VERDICTS = ("verdict", "classic_verdict")


# --- measures --------------------------------------------------------------------------------------------------------


def measure_rows(
    outcomes: Any, minimum_group: int, minimum_cell: int, shown: Shown | None = None, analysis: int = 0
) -> list[dict[str, Any]]:
    """Every measure with its three estimates, or with the reason why it is withheld.

    Parameters
    ----------
    outcomes : Outcomes
    minimum_group, minimum_cell : int
    shown : Shown, optional
        What the earlier analyses of the request show; gains what this one does.
    analysis : int
        Its place among them.

    Raises
    ------
    LookupError
        If it is not known of which people a family's measures tell.
    """
    rows = outcomes.measures.to_dict("records")
    reasons = {row["key"]: text(row.get("why_not")) for row in rows}
    _withhold_few(rows, reasons, minimum_group, minimum_cell)
    _withhold_parts(rows, reasons, minimum_cell)
    if shown is not None:
        protected = _withhold_between(rows, reasons, shown, analysis)
        _withhold_parts(rows, reasons, minimum_cell, protected)
    return [_measure(row, reasons[row["key"]]) for row in _adjusted(rows, reasons)]


def _adjusted(rows: Sequence[dict], reasons: dict) -> list[dict]:
    """Rows with p-values adjusted (Holm) over those that are shown, so that readers can do it again."""
    from ..inference import holm  # takes long to load, and those who only read findings do not need it

    p = np.array([row["headline_p_value"] if reasons[row["key"]] is None else np.nan for row in rows], dtype=float)
    return [row | {"holm_p": float(adjusted)} for row, adjusted in zip(rows, holm(p), strict=True)]


def _withhold_few(rows: Sequence[dict], reasons: dict, minimum_group: int, minimum_cell: int) -> None:
    """Measures of too few people; all of reoffending, if so few, or all but so few, reoffended."""
    n_reoffenders, n_everyone = _n_reoffenders(rows), max((r["n_treatment"] for r in _of_everyone(rows)), default=0)
    too_few = n_reoffenders is not None and not may_be_shown(n_reoffenders, n_everyone, minimum_cell)
    for row in (row for row in rows if reasons[row["key"]] is None):
        if too_few and _is_of_reoffending(row):
            why = f"fewer than {minimum_cell} people in the treatment group reoffended, or all but so few did"
        elif row["n_treatment"] < minimum_group:
            why = f"it concerns fewer than {minimum_group} people"
        elif counts_of(row) and is_of_few(row, minimum_cell):
            why = few(minimum_cell)
        else:
            continue
        reasons[row["key"]] = why


#: Why a class is withheld that is not small itself.
AS_PARTNER = "another class could be worked out from it"


def _withhold_parts(
    rows: Sequence[dict], reasons: dict, minimum_cell: int, protected: frozenset[str] = frozenset()
) -> None:
    """Measures from which, with others of the same analysis, a small count follows.

    Who was given custody, less from those who reoffended, are those who were not. Classes add up: if what they leave of
    the whole is small, or one that is must not be worked out (it is of few people, or among `protected`), a further one
    is withheld, the smallest. A class that is too rare to be compared, but not small, may be worked out.
    """
    by_key = {row["key"]: row for row in rows}
    for row in rows:
        whole = _n_whole(row, rows, by_key, reasons)
        if whole is not None and reasons[row["key"]] is None:
            if not may_be_shown(counts_of(row)[0][0], whole, minimum_cell):
                _withhold(row, reasons, few(minimum_cell))
    for family, of in DIVIDED.items():
        _withhold_division(family, by_key.get(of), by_key, reasons, minimum_cell, protected)
    for row in rows:  # what is withheld among everyone must not be shown among reoffenders, from which it follows
        if _is_for_few(reasons[row["key"]], minimum_cell):
            _withhold(row, reasons, reasons[row["key"]])


def _n_whole(row: dict, rows: Sequence[dict], by_key: dict, reasons: dict) -> int | None:
    """How many people there are of whom those of a share among everyone are part, if readers know it; else None."""
    within = _counted(row).within
    if row["unit"] != "share" or row["base"] != "everyone" or within is None:
        return None
    if within == RATE:
        return None if row is _rate(rows) else _n_reoffenders(rows)
    whole = by_key.get(within)
    return None if whole is None or whole is row or reasons[within] is not None else counts_of(whole)[0][0]


def _withhold(row: dict, reasons: dict, why: str) -> None:
    """Withhold a measure among everyone and among reoffenders, unless there is another reason already."""
    for key in (row["key"], f"{row['key']}_reoffenders"):
        if key in reasons:
            reasons[key] = reasons[key] or why


def _withhold_division(
    family: str, whole: dict | None, by_key: dict, reasons: dict, minimum_cell: int, protected: frozenset[str]
) -> None:
    """Withhold the smallest shown part until what the shown ones leave of the whole tells of no few people."""
    parts = _parts(by_key.values(), family)
    if whole is None or not parts:
        return
    shown = [r for r in parts if _is_known(r, by_key, reasons)]

    def must_not_follow(row: dict) -> bool:
        is_few = is_of_few(row, minimum_cell) or _is_for_few(reasons[row["key"]], minimum_cell)
        return is_few or row["key"] in protected

    while shown:
        left = _total(whole) - sum(_total(r) for r in shown)
        hidden = [r for r in parts if r not in shown]
        if left == 0 and not hidden:
            return
        if left >= minimum_cell and not (len(hidden) == 1 and must_not_follow(hidden[0])):
            return
        smallest = min(shown, key=_total)
        _withhold(smallest, reasons, AS_PARTNER)
        shown.remove(smallest)


def _parts(rows: Iterable[dict], family: str) -> list[dict]:
    return [r for r in rows if r.get("family") == family and r["base"] == "everyone"]


def _is_for_few(why_not: str | None, minimum_cell: int) -> bool:
    """Whether something is withheld as it would tell of few people, by itself or beside another analysis."""
    return why_not is not None and why_not.endswith(few(minimum_cell))


def _is_known(row: dict, by_key: dict, reasons: dict) -> bool:
    """Whether readers know a measure over everyone: it is shown, or its version among reoffenders is."""
    return any(key in by_key and reasons[key] is None for key in (row["key"], f"{row['key']}_reoffenders"))


def _withhold_between(rows: Sequence[dict], reasons: dict, shown: Shown, analysis: int) -> frozenset[str]:
    """Measures that, beside those of earlier analyses of the same people, tell of a few.

    Returns the keys of classes that are not shown and must not be worked out either, for the same reason.
    """
    why = f"beside another analysis of this request {few(shown.minimum_cell)}"
    rate = _rate(rows)
    for row in rows:
        if reasons[row["key"]] is not None:
            continue
        if rate is not None and reasons[rate["key"]] is not None and _is_of_reoffending(row):
            reasons[row["key"]] = reasons[rate["key"]]
            continue
        if row["unit"] == "days" and row["base"] == "reoffenders":
            continue  # its people are those of the rate
        count, size = counts_of(row)[0] if counts_of(row) else (None, None)
        if count is not None and not shown.allows(analysis, row["key"], count, size):
            reasons[row["key"]] = why
    by_key = {row["key"]: row for row in rows}
    hidden = [[r for r in _parts(rows, f) if not _is_known(r, by_key, reasons)] for f in DIVIDED]
    follow = [(one[0]["key"], counts_of(one[0])) for one in hidden if len(one) == 1]
    return frozenset(key for key, counts in follow if not counts or not shown.allows(analysis, key, *counts[0]))


def _total(row: dict[str, Any]) -> int:
    """People with it, or how many of it there are in the treatment group; 0 if nothing is known."""
    value = row.get("treatment_value")
    return 0 if value is None or pd.isna(value) else round(value * row["n_treatment"])


def _of_everyone(rows: Sequence[dict]) -> list[dict]:
    return [row for row in rows if row["base"] == "everyone"]


def _rate(rows: Sequence[dict]) -> dict | None:
    """Whether somebody reoffended: the first share among everyone."""
    return next((row for row in _of_everyone(rows) if row["unit"] == "share"), None)


def _counted(row: dict[str, Any]) -> Counted:
    return counted(str(row.get("family", "")))


def _is_of_reoffending(row: dict[str, Any]) -> bool:
    return _counted(row).of_reoffending


def _n_reoffenders(rows: Sequence[dict]) -> int | None:
    """People of the treatment group who reoffended: the base of a measure among them, or the rate's numerator."""
    among = [row["n_treatment"] for row in rows if row["base"] == "reoffenders"]
    if among:
        return int(among[0])
    rate = _rate(rows)
    return counts_of(rate)[0][0] if rate is not None and counts_of(rate) else None


def _measure(row: dict[str, Any], why_not: str | None) -> dict[str, Any]:
    names = {k: row[k] for k in ("key", "label", "unit", "base")} | {"why_not": why_not}
    names |= {k: row[k] for k in ("family", "better") if k in row}
    if why_not is not None:
        return names | dict.fromkeys([*VALUES, *VERDICTS, *ESTIMATES])
    estimates = {e: {part: float(row[f"{e}_{part}"]) for part in ESTIMATE_PARTS} for e in ESTIMATES}
    return names | {k: number(row[k]) for k in VALUES} | {k: text(row[k]) for k in VERDICTS} | estimates


def text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and value else None


def number(value: Any) -> float | int | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return int(value) if isinstance(value, int | np.integer) else float(value)
