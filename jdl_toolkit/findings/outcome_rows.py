"""What outcomes may be published: measures, follow-up, survival curves and subgroups, with disclosure control applied.

Every figure here tells of a count of people: those who reoffended, who went to prison, who had any of it. Such a count
and its complement must reach the minimum; so must what remains when the counts that are shown are taken from each
other, within an analysis and between analyses of the same people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..disclosure import may_be_shown
from .overlaps import Shown

ESTIMATE_PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")
ESTIMATES = ("headline", "classic", "check")
VALUES = ("n_treatment", "n_control", "treatment_value", "control_value", "control_value_adjusted", "holm_p")
VERDICTS = ("verdict", "classic_verdict")

#: Families whose measures concern those who reoffended, the first being whether somebody did.
OF_REOFFENDING = (
    "", "rate", "frequency", "days", "first_class", "count_by_class", "first_custody", "custodial_sentences",
)  # fmt: skip
#: Families whose shares among everyone divide the reoffenders, or the reoffences, between them.
DIVIDED = {"first_class": "rate", "count_by_class": "frequency"}


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
    """
    rows = outcomes.measures.to_dict("records")
    reasons = {row["key"]: _text(row.get("why_not")) for row in rows}
    _withhold_few(rows, reasons, minimum_group, minimum_cell)
    _withhold_parts(rows, reasons, minimum_cell)
    if shown is not None:
        _withhold_between(rows, reasons, shown, analysis)
        _withhold_parts(rows, reasons, minimum_cell)
    return [_measure(row, reasons[row["key"]]) for row in rows]


def _withhold_few(rows: Sequence[dict], reasons: dict, minimum_group: int, minimum_cell: int) -> None:
    """Measures of too few people; all of reoffending, if so few, or all but so few, reoffended."""
    n_reoffenders, n_everyone = _n_reoffenders(rows), max((r["n_treatment"] for r in _of_everyone(rows)), default=0)
    too_few = n_reoffenders is not None and not may_be_shown(n_reoffenders, n_everyone, minimum_cell)
    for row in (row for row in rows if reasons[row["key"]] is None):
        if too_few and _is_of_reoffending(row):
            why = f"fewer than {minimum_cell} people in the treatment group reoffended, or all but so few did"
        elif row["n_treatment"] < minimum_group:
            why = f"it concerns fewer than {minimum_group} people"
        elif not all(may_be_shown(k, n, minimum_cell) for k, n in _counts(row)):
            why = few(minimum_cell)
        else:
            continue
        reasons[row["key"]] = why


def few(minimum_cell: int) -> str:
    """Why something is withheld for the sake of few people."""
    return f"it would tell something of fewer than {minimum_cell} people"


def _withhold_parts(rows: Sequence[dict], reasons: dict, minimum_cell: int) -> None:
    """Measures from which, with others of the same analysis, a small count follows.

    Who was given custody, less from those who reoffended, are those who were not. Classes add up: if one is withheld,
    or what they leave of the whole is small, a further one is withheld, the smallest.
    """
    by_key = {row["key"]: row for row in rows}
    n_reoffenders = _n_reoffenders(rows)
    for row in rows:
        if row["unit"] != "share" or row["base"] != "everyone":
            continue
        whole = n_reoffenders if str(row.get("family", "")) in ("first_class", "first_custody") else None
        any_of_it = by_key.get(f"{row['key'].split('_')[0]}_any")
        if any_of_it is not None and any_of_it is not row and reasons[any_of_it["key"]] is None:
            whole = _counts(any_of_it)[0][0]
        if whole is not None and reasons[row["key"]] is None:
            if not may_be_shown(_counts(row)[0][0], whole, minimum_cell):
                _withhold(row, by_key, reasons, minimum_cell)
    for family, of in DIVIDED.items():
        _withhold_division(family, by_key.get(of), by_key, reasons, minimum_cell)
    for row in rows:  # what is withheld among everyone must not be shown among reoffenders, from which it follows
        pair = by_key.get(f"{row['key']}_reoffenders")
        if pair is not None and reasons[row["key"]] == few(minimum_cell):
            reasons[pair["key"]] = few(minimum_cell)


def _withhold(row: dict, by_key: dict, reasons: dict, minimum_cell: int) -> None:
    for key in (row["key"], f"{row['key']}_reoffenders"):
        if key in by_key:
            reasons[key] = few(minimum_cell)


def _withhold_division(family: str, whole: dict | None, by_key: dict, reasons: dict, minimum_cell: int) -> None:
    """Withhold the smallest shown part until what the shown ones leave of the whole is not small."""
    parts = [r for r in by_key.values() if r.get("family") == family and r["base"] == "everyone"]
    if whole is None or not parts:
        return
    shown = [r for r in parts if _is_known(r, by_key, reasons)]
    while shown:
        left = _total(whole) - sum(_total(r) for r in shown)
        n_withheld = len(parts) - len(shown)
        if (left == 0 and not n_withheld) or (left >= minimum_cell and n_withheld != 1):
            return
        smallest = min(shown, key=_total)
        _withhold(smallest, by_key, reasons, minimum_cell)
        shown.remove(smallest)


def _is_known(row: dict, by_key: dict, reasons: dict) -> bool:
    """Whether readers know a measure over everyone: it is shown, or its version among reoffenders is."""
    return any(key in by_key and reasons[key] is None for key in (row["key"], f"{row['key']}_reoffenders"))


def _withhold_between(rows: Sequence[dict], reasons: dict, shown: Shown, analysis: int) -> None:
    """Measures that, beside those of earlier analyses of the same people, tell of a few."""
    why = f"beside another analysis of this request {few(shown.minimum_cell)}"
    rate = next((r for r in _of_everyone(rows) if r["unit"] == "share"), None)
    for row in rows:
        if reasons[row["key"]] is not None:
            continue
        if rate is not None and reasons[rate["key"]] is not None and _is_of_reoffending(row):
            reasons[row["key"]] = reasons[rate["key"]]
            continue
        if row["unit"] == "days" and row["base"] == "reoffenders":
            continue  # its people are those of the rate
        count, size = _counts(row)[0] if _counts(row) else (None, None)
        if count is not None and not shown.allows(analysis, row["key"], count, size):
            reasons[row["key"]] = why


def _counts(row: dict[str, Any]) -> list[tuple[int, int]]:
    """People with any of it, and all it is taken among, in both groups; none for days to something, which all have."""
    if row["unit"] == "days" and row["base"] == "reoffenders":
        return []
    groups = ("treatment", "control")
    if row["unit"] == "share" and not pd.isna(row.get("treatment_value")):
        return [(round(row[f"{g}_value"] * row[f"n_{g}"]), row[f"n_{g}"]) for g in groups]
    return [(int(row[f"n_{g}_with"]), row[f"n_{g}"]) for g in groups if not pd.isna(row.get(f"n_{g}_with"))]


def _total(row: dict[str, Any]) -> int:
    """People with it, or how many of it there are in the treatment group; 0 if nothing is known."""
    value = row.get("treatment_value")
    return 0 if value is None or pd.isna(value) else round(value * row["n_treatment"])


def _of_everyone(rows: Sequence[dict]) -> list[dict]:
    return [row for row in rows if row["base"] == "everyone"]


def _is_of_reoffending(row: dict[str, Any]) -> bool:
    return str(row.get("family", "")) in OF_REOFFENDING


def _n_reoffenders(rows: Sequence[dict]) -> int | None:
    """People of the treatment group who reoffended: the base of a measure among them, or the rate's numerator."""
    among = [row["n_treatment"] for row in rows if row["base"] == "reoffenders"]
    if among:
        return int(among[0])
    rate = next((row for row in _of_everyone(rows) if row["unit"] == "share"), None)
    return _counts(rate)[0][0] if rate is not None and _counts(rate) else None


def _measure(row: dict[str, Any], why_not: str | None) -> dict[str, Any]:
    names = {k: row[k] for k in ("key", "label", "unit", "base")} | {"why_not": why_not}
    names |= {k: row[k] for k in ("family", "better") if k in row}
    if why_not is not None:
        return names | dict.fromkeys([*VALUES, *VERDICTS, *ESTIMATES])
    estimates = {e: {part: float(row[f"{e}_{part}"]) for part in ESTIMATE_PARTS} for e in ESTIMATES}
    return names | {k: _number(row[k]) for k in VALUES} | {k: _text(row[k]) for k in VERDICTS} | estimates


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and value else None


def _number(value: Any) -> float | int | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return int(value) if isinstance(value, int | np.integer) else float(value)


# --- follow-up and survival ------------------------------------------------------------------------------------------


def follow_up_rows(
    outcomes: Any, minimum_cell: int, shown: Shown | None = None, analysis: int = 0
) -> list[dict[str, Any]]:
    """What is told of the follow-up of both groups; without figures where these tell of too few people.

    A mean that nearly all have some of, such as days not in custody, tells of no few people.
    """
    rows = []
    for row in outcomes.follow_up.to_dict("records"):
        counts = [(row[f"n_{g}_with"], row[f"n_{g}"]) for g in ("treatment", "control")]
        if row["unit"] == "share":
            fine = all(may_be_shown(k, n, minimum_cell) for k, n in counts)
        else:
            fine = all(k >= minimum_cell for k, _ in counts)
        if fine and shown is not None and row["unit"] == "share":
            fine = shown.allows(analysis, f"follow-up {row['key']}", *counts[0])
        values = {g: _number(row[g]) if fine else None for g in ("treatment", "control")}
        rows.append({k: row[k] for k in ("key", "label", "unit")} | values)
    return rows


def survival_rows(outcomes: Any, minimum_cell: int) -> list[dict[str, Any]]:
    """The curves of time to the first reoffence, in whole per cent, no step below the minimum in either group.

    Neighbouring steps are joined until each holds enough people; the last is joined to the one before it.
    """
    columns = [f"{g}{end}" for g in ("treatment", "control") for end in ("", "_low", "_high")]
    curves = []
    for clock, curve in outcomes.survival.groupby("clock", sort=False):
        points, held = [], np.zeros(2)
        for row in curve.sort_values("day").to_dict("records"):
            held += (row["n_treatment_step"], row["n_control_step"])
            if (held >= minimum_cell).all():
                points.append(row)
                held = np.zeros(2)
        if points and held.any():
            points[-1] = curve.sort_values("day").iloc[-1].to_dict()
        rounded = [{"day": int(p["day"])} | {c: round(float(p[c]), 2) for c in columns} for p in points]
        if rounded and not any(math.isnan(value) for point in rounded for value in point.values()):
            curves.append({"clock": clock, "points": rounded})
    return curves


# --- subgroups -------------------------------------------------------------------------------------------------------

#: Characteristics whose levels an organisation wrote itself: named only where enough people have them.
IN_OWN_WORDS = ("region", "establishment", "provider", "intervention_type")
OTHERS = "all others"


def subgroup_summary(
    subgroups: Any,
    rate: dict[str, Any] | None,
    minimum_group: int,
    minimum_cell: int,
    shown: Shown | None = None,
    analysis: int = 0,
) -> dict[str, Any] | None:
    """The rate in each subgroup; None if none was declared.

    Parameters
    ----------
    subgroups : Subgroups
    rate : dict, optional
        The rate of the whole group as `measure_rows` gives it; None, or withheld: no subgroup is shown.
    minimum_group, minimum_cell : int
    shown, analysis : optional
        As for `measure_rows`.

    Notes
    -----
    Levels add up to the whole. Where what is shown of them leaves a few people over, as few had no comparable control
    within their subgroup or were of a small one, the smallest level keeps its estimate, but not its numbers.
    """
    if not subgroups.declared:
        return None
    rows, is_known = [], rate is not None and rate["why_not"] is None
    for _, levels in subgroups.rows.groupby("by", sort=False):
        found = [_subgroup(row, is_known, minimum_group, minimum_cell) for row in levels.to_dict("records")]
        if is_known:
            _hide_figures(found, rate, minimum_cell, shown, analysis)
        rows += _named(found, minimum_group)
    return {
        "declared": tuple(str(by) for by in subgroups.declared),
        "n_tests": int(subgroups.n_tests),
        "rows": rows,
        "heterogeneity": subgroups.heterogeneity.to_dict("records") if is_known else [],
        "messages": tuple(subgroups.messages),
    }


def _subgroup(row: dict[str, Any], is_known: bool, minimum_group: int, minimum_cell: int) -> dict[str, Any]:
    why_not = _text(row.get("why_not"))
    if why_not is None and not is_known:
        why_not = "the result of the whole group cannot be shown"
    if why_not is None and row["n_treatment"] < minimum_group:
        why_not = f"it concerns fewer than {minimum_group} people"
    if why_not is None and not all(
        may_be_shown(k, n, minimum_cell) for k, n in _counts(row | {"unit": "share", "base": ""})
    ):
        why_not = few(minimum_cell)
    names = {"by": row["by"], "level": str(row["level"]), "why_not": why_not, "n_before": row["n_treatment"]}
    if why_not is not None:
        return names | dict.fromkeys([*FIGURES, "headline", "holm_p", "verdict", "worst"])
    headline = {part: float(row[f"headline_{part}"]) for part in ESTIMATE_PARTS}
    values = {k: _number(row[k]) for k in (*FIGURES, "holm_p", "worst")}
    return names | values | {"verdict": _text(row["verdict"]), "headline": headline}


#: What is withheld of a subgroup whose estimate is shown.
FIGURES = ("n_treatment", "n_control", "treatment_value", "control_value")


def _hide_figures(
    rows: Sequence[dict], rate: dict[str, Any], minimum_cell: int, shown: Shown | None, analysis: int
) -> None:
    """Take out the figures of levels that, beside those of the others and of the whole, tell of a few people."""

    def reoffended(row: dict[str, Any]) -> int:
        return round(row["treatment_value"] * row["n_treatment"])

    for row in (row for row in rows if row["headline"] is not None):
        key = f"subgroup {row['by']} {row['level']}"
        if shown is not None and not shown.allows(analysis, key, reoffended(row), row["n_treatment"]):
            row |= dict.fromkeys(FIGURES)
    while known := [row for row in rows if row["n_treatment"] is not None]:
        n_left = rate["n_treatment"] - sum(row["n_treatment"] for row in known)
        k_left = reoffended(rate) - sum(map(reoffended, known))
        if n_left == 0 == k_left or may_be_shown(k_left, n_left, minimum_cell):
            return
        smallest = min(known, key=lambda row: row["n_treatment"])
        smallest.update(dict.fromkeys(FIGURES))


def _named(rows: Sequence[dict], minimum_group: int) -> list[dict]:
    """Rows without what is not published; levels in an organisation's own words that few people have, as one."""
    found: list[dict] = []
    for row in rows:
        n_before = row.pop("n_before")
        if row["by"] in IN_OWN_WORDS and row["headline"] is None and not n_before >= minimum_group:
            row["level"], row["why_not"] = OTHERS, f"none of these has {minimum_group} people"
            if any(other["level"] == OTHERS for other in found):
                continue
        found.append(row)
    return found
