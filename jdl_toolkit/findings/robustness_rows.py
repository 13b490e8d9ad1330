"""What may be published of the robustness panel, of further estimators and of the times to the first reoffence.

Two variants of one analysis seldom compare the very same people: a narrower caliper loses a few. Beside each other,
their sizes, or digits that fit one size only, would tell of those few. So estimates have three decimals and no degrees
of freedom, and sizes are not told; but for people who are others by declaration, where no few follow from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..disclosure import may_be_shown
from .digits import DECIMALS, coarse, rounded
from .follow_up_rows import custody_is_told
from .outcome_rows import few, text
from .overlaps import Shown

_PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value")

#: Variants whose people are others than in the main analysis, as was declared: their number is of interest.
OF_OTHER_PEOPLE = ("needs_assessed_without", "needs_assessed_with")


def robustness_summary(
    panel: Any, rate: Mapping[str, Any], minimum_cell: int, shown: Shown | None = None, analysis: int = 0
) -> dict[str, Any] | None:
    """The panel; None where there is none, or the first measure is withheld.

    Parameters
    ----------
    panel : Robustness
        Of the stage.
    rate : dict
        The first measure as `measure_rows` gives it.
    minimum_cell : int
    shown, analysis : optional
        As for `measure_rows`.
    """
    if panel.why_not or rate["headline"] is None or panel.measure != rate["key"]:
        return None
    rows = [_row(row, rate) for row in panel.rows.to_dict("records")]
    _count(rows, panel.rows, rate["n_treatment"], minimum_cell, shown, analysis)
    return {"rows": rows, "placebo": _placebo(panel.placebo), "hidden": _hidden(panel.hidden)}


def estimator_rows(outcomes: Any) -> list[dict[str, Any]]:
    """Every estimator of the first measure in the main sample."""
    frame = getattr(outcomes, "estimators", pd.DataFrame())
    return [_estimator(row, ("name", "label", "scale")) for row in frame.to_dict("records")]


def time_rows(
    outcomes: Any, follow_up: Iterable[Mapping[str, Any]], survival: Iterable[Mapping[str, Any]], minimum_cell: int
) -> list[dict[str, Any]]:
    """Comparisons of the times to the first reoffence; without figures where what they sum up is withheld.

    A figure of a curve that is withheld would tell what the curve may not. The two clocks differ by days in custody
    alone, so where the days in custody are withheld, so is what counts days out of it, its last day included.

    Parameters
    ----------
    outcomes : Outcomes
    follow_up, survival : sequence of dict
        As `follow_up_rows` and `survival_rows` give them.
    minimum_cell : int
    """
    told = {curve["clock"] for curve in survival}
    if not custody_is_told(follow_up):
        told.discard("at_risk")
    frame = getattr(outcomes, "time_to_event", pd.DataFrame())
    rows = [_estimator(row, ("measure", "clock", "label", "scale")) for row in frame.to_dict("records")]
    withheld = {"estimate": None, "why_not": few(minimum_cell)}
    return [
        row if row["clock"] in told else row | withheld | {"label": row["label"].partition(", of the first")[0]}
        for row in rows
    ]


def _estimator(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    estimate, why_not = _estimate(row), text(row.get("why_not"))
    missing = None if estimate is not None else why_not or "it could not be computed"
    return {name: row[name] for name in names} | {"estimate": estimate, "why_not": missing}


def _row(row: Mapping[str, Any], rate: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: row[name] for name in ("group", "key", "label")}
    found |= {"worst": _known(row["worst"]), "n_treatment": None, "why_not": text(row["why_not"])}
    if row["group"] == "main":
        return found | {"estimate": rate["headline"], "n_treatment": rate["n_treatment"]}
    return found | {"estimate": _estimate(row)}


def _count(
    rows: list[dict[str, Any]], frame: pd.DataFrame, n_main: int, minimum_cell: int, shown: Shown | None, analysis: int
) -> None:
    """Put in the sizes that may be told: no two that are told differ by few, nor does any from the main analysis."""
    told = [n_main]
    for row, n in zip(rows, frame["n_treatment"], strict=True):
        if row["key"] not in OF_OTHER_PEOPLE or row["estimate"] is None or pd.isna(n):
            continue
        apart = all(n == other or abs(n - other) >= minimum_cell for other in told)
        fine = apart and (n == n_main or may_be_shown(int(n), n_main, minimum_cell))
        if fine and (shown is None or shown.allows(analysis, f"robustness {row['key']}", int(n), n_main)):
            row["n_treatment"] = int(n)
            told.append(int(n))


def _placebo(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    names = ("covariate", "label", "left_out", "unit", "holds", "why_not")
    return {name: found[name] for name in names} | {"estimate": _estimate(found)}


def _hidden(hidden: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _coarse_parts({k: v for k, v in part.items() if k != "n_pairs"}) for name, part in hidden.items()}


def _coarse_parts(value: Any) -> Any:
    """Numbers of bounds with three decimals, however deep they stand."""
    if isinstance(value, Mapping):
        return {name: _coarse_parts(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_coarse_parts(part) for part in value]
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    return value


def _estimate(row: Mapping[str, Any]) -> dict[str, float | None] | None:
    parts = {part: row[part] for part in _PARTS}
    if any(value is None or pd.isna(value) or not math.isfinite(value) for value in parts.values()):
        return None
    return coarse(parts)


def _known(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else rounded(value)
