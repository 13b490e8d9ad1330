"""Outcome measures as tables and figures take them: an object for each estimate, what is of few people withheld.

The attributes are those of the findings (`findings.Measure`), so that a result in the lab is shown by the functions
that draw the report. Only what is small itself is withheld; what follows from other figures is disclosure control's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pandas as pd

from ..disclosure import counts_of, few, is_of_few
from .estimation import ESTIMATES

PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")
_FIGURES = ("treatment_value", "control_value", "control_value_adjusted", "holm_p")


def shown_estimate(row: Mapping[str, Any], prefix: str = "") -> SimpleNamespace | None:
    """The estimate whose parts stand under `prefix`; None where it is missing."""
    parts = {part: row[f"{prefix}{part}"] for part in PARTS}
    is_missing = pd.isna([parts[part] for part in ("estimate", "ci_low", "ci_high", "p_value")]).any()
    return None if is_missing else SimpleNamespace(**{part: float(x) for part, x in parts.items()})


def shown_measure(row: Mapping[str, Any], minimum_cell: int) -> SimpleNamespace:
    """A row of `Outcomes.measures`, each estimate as an object; without figures, but with the reason, if of few."""
    why_not = row["why_not"] if pd.notna(row["why_not"]) else None
    if why_not is None and counts_of(dict(row)) and is_of_few(dict(row), minimum_cell):
        why_not = few(minimum_cell)
    names = {name: row[name] for name in ("key", "family", "label", "unit", "base", "n_treatment", "n_control")}
    figures = {name: None if why_not or pd.isna(row[name]) else float(row[name]) for name in _FIGURES}
    estimates = {kind: None if why_not else shown_estimate(row, f"{kind}_") for kind in ESTIMATES}
    return SimpleNamespace(**names, **figures, **estimates, why_not=why_not)


def shown_analysis(outcomes: Any) -> SimpleNamespace:
    """What tables and figures ask an analysis of the findings for, as far as `Outcomes` have it."""
    measures = [shown_measure(row, outcomes.minimum_cell) for row in outcomes.measures.to_dict("records")]
    first = next((m for m in measures if m.unit == "share" and m.base == "everyone"), None)
    rows = outcomes.estimators.to_dict("records") if first is not None and first.headline is not None else []
    return SimpleNamespace(
        measures=measures,
        headline_measure=first,
        n_measures_tested=sum(m.headline is not None for m in measures),
        matching=SimpleNamespace(method=outcomes.method),
        estimators=[_shown_estimator(row) for row in rows],
    )


def _shown_estimator(row: Mapping[str, Any]) -> SimpleNamespace:
    names = {name: row[name] for name in ("name", "label", "scale")}
    return SimpleNamespace(**names, estimate=shown_estimate(row), why_not=row["why_not"] or None)
