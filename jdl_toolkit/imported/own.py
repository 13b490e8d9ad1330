"""This lab's own results as rows of the checker: what is asked of others' publications is asked of its own, too."""

from __future__ import annotations

from collections.abc import Iterable

from ..findings import Findings, Measure, Verdict
from .printed import Printed
from .schema import ResultRow
from .words import Kind

#: Unit of a measure -> kind, unit of the row, factor.
_UNITS = {
    "share": (Kind.share, "percent", 100),
    "count": (Kind.other, "number per person", 1),
    "days": (Kind.days, "days", 1),
}
#: The measure that is the one-year proven reoffending rate.
RATE = "reoffending_rate"


def rows_of(findings: Iterable[Findings]) -> list[ResultRow]:
    """Headline and classic estimate of every measure that is shown, unrounded, a row each."""
    rows = []
    for found in findings:
        for analysis in found.analyses:
            for measure in analysis.measures:
                for which in ("headline", "classic"):
                    if getattr(measure, which) is not None and measure.unit in _UNITS:
                        key = f"{found.request}:{analysis.id}:{measure.key}:{which}"
                        rows.append(_row(key, found, measure, which))
    return rows


def _row(key: str, found: Findings, measure: Measure, which: str) -> ResultRow:
    kind, unit, factor = _UNITS[measure.unit]
    estimate, is_headline = getattr(measure, which), which == "headline"
    control = measure.control_value_adjusted if is_headline else measure.control_value
    verdict = measure.verdict if is_headline else measure.classic_verdict
    figures = {"treatment": measure.treatment_value, "control": control, "effect": estimate.estimate}
    figures |= {"ci_low": estimate.ci_low, "ci_high": estimate.ci_high}
    values = {name: Printed(value=x * factor) for name, x in figures.items() if x is not None}
    counts = {"n_treatment": measure.n_treatment, "n_control": measure.n_control}
    values |= {name: Printed(value=n) for name, n in counts.items() if n is not None}
    return ResultRow(
        id=key,
        programme=found.service.name,
        subgroup=key,
        outcome=f"{measure.label} ({which})",
        unit=unit,
        kind=Kind.rate if measure.key == RATE else kind,
        p_value=Printed(value=estimate.p_value),
        significant=None if verdict is None else verdict is not Verdict.inconclusive,
        is_adjusted=is_headline,
        **values,
    )
