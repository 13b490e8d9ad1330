"""What may be published of the follow-up itself: days in custody and at risk, and the curves of time to reoffence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..disclosure import may_be_shown
from .outcome_rows import number
from .overlaps import Shown

#: Rows from which the days in custody follow: what is not spent there is the rest of the follow-up, and reoffences per
#: year at risk are reoffences per person over that rest.
OF_CUSTODY = ("days_in_custody", "returned_to_custody", "days_at_risk", "reoffences_per_year_at_risk")
#: Rows that count the people who were in custody at all; the key of the measure of the same people comes first.
IN_CUSTODY = ("days_in_custody", "returned_to_custody")


def follow_up_rows(
    outcomes: Any, minimum_cell: int, shown: Shown | None = None, analysis: int = 0
) -> list[dict[str, Any]]:
    """What is told of the follow-up of both groups; without figures where these tell of too few people.

    Days at liberty are the days of the follow-up less those in custody. So where few people of a group were in custody,
    or all but so few, nothing is told that the days in custody follow from.
    """
    rows = outcomes.follow_up.to_dict("records")
    in_custody = next((_counts(row) for key in IN_CUSTODY for row in rows if row["key"] == key), None)
    tells = in_custody is not None and all(may_be_shown(k, n, minimum_cell) for k, n in in_custody)
    if tells and shown is not None:  # the measure of days in custody, if shown, is of the same people
        tells = shown.allows(analysis, IN_CUSTODY[0], *in_custody[0])
    found = []
    for row in rows:
        counts = _counts(row)
        if row["key"] in OF_CUSTODY:
            fine = tells and all(k >= minimum_cell for k, _ in counts)
        else:
            fine = all(may_be_shown(k, n, minimum_cell) for k, n in counts)
            if tells:  # who was in custody, less who was recalled, was there for another reason
                fine &= all(may_be_shown(k, n, minimum_cell) for (k, _), (n, _) in zip(counts, in_custody, strict=True))
            if fine and shown is not None:
                fine = shown.allows(analysis, f"follow-up {row['key']}", *counts[0])
        values = {g: number(row[g]) if fine else None for g in GROUPS}
        found.append({k: row[k] for k in ("key", "label", "unit")} | values)
    return found


GROUPS = ("treatment", "control")


def _counts(row: dict[str, Any]) -> list[tuple[int, int]]:
    """People of both groups with any of it, and all."""
    return [(row[f"n_{g}_with"], row[f"n_{g}"]) for g in GROUPS]


def custody_is_told(follow_up: Iterable[Mapping[str, Any]]) -> bool:
    """Whether all is shown that the days in custody follow from; False where there is no such row."""
    custody = [row for row in follow_up if row["key"] in OF_CUSTODY]
    return bool(custody) and all(row[g] is not None for row in custody for g in GROUPS)


def survival_rows(
    outcomes: Any,
    minimum_cell: int,
    follow_up: Iterable[Mapping[str, Any]] | None = None,
    shown: Shown | None = None,
    analysis: int = 0,
    n_treatment: int = 0,
) -> list[dict[str, Any]]:
    """The curves of time to the first reoffence, in whole per cent, no step below the minimum in either group.

    Neighbouring steps are joined until each holds enough people; the last is joined to the one before it. A day is left
    out if up to then few of those reoffended who remain beside earlier analyses (`shown`): whole per cents of small
    groups (`n_treatment`) are numbers of people. The two clocks differ by days in custody alone, so that the curves by
    days at risk are withheld where `follow_up` (as `follow_up_rows` gives it) withholds those.
    """
    withheld = set() if follow_up is None or custody_is_told(follow_up) else {"at_risk"}
    columns = [f"{g}{end}" for g in ("treatment", "control") for end in ("", "_low", "_high")]
    curves = []
    told = outcomes.survival[~outcomes.survival["clock"].isin(withheld)]
    for clock, curve in told.groupby("clock", sort=False):
        points, held, rows = [], np.zeros(2), curve.sort_values("day").to_dict("records")
        n_with = np.cumsum([int(row["n_treatment_step"]) for row in rows])
        for row, n in zip(rows, n_with, strict=True):
            held += (row["n_treatment_step"], row["n_control_step"])
            is_fine = shown is None or shown.allows(analysis, f"survival {clock} {row['day']}", int(n), n_treatment)
            if is_fine and (held >= minimum_cell).all():
                points.append(row)
                held = np.zeros(2)
        if points and held.any() and is_fine:
            points[-1] = rows[-1]
        rounded = [{"day": int(p["day"])} | {c: round(float(p[c]), 2) for c in columns} for p in points]
        if rounded and not any(math.isnan(value) for point in rounded for value in point.values()):
            curves.append({"clock": clock, "points": rounded})
    return curves
