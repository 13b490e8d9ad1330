"""The first measure by other ways of analysing, and under hidden bias, as tidy tables."""

from __future__ import annotations

from collections.abc import Iterator

from .. import numbers
from ..findings import Analysis, Findings, HiddenBias, RobustnessRow
from ..plots.effects import finer
from ..plots.robustness import GROUPS
from ..tables.robustness import MAIN
from . import columns as of
from .results import ROUNDING, SIGN
from .table import Cell, DataTable, Symbol, count, number, or_none, printed, text

_LABEL = text("label", "Way of analysing", "What is done in this way of analysing")


def robustness_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("group", "Kind", "What is done otherwise than in the report"),
        _LABEL,
        of.MEASURE,
        of.N_TREATMENT,
        of.DIFFERENCE_UNIT,
        *of.estimate_columns(),
        of.WORST,
        of.WHY_NOT,
    )
    rows = tuple(_way(a, row) for a in _with_panel(findings) for row in a.robustness.rows)
    notes = (ROUNDING, SIGN, "People are told only where they are others than in the report by declaration.")
    return DataTable("robustness", "The difference by this and by other ways of analysing", columns, rows, notes)


def _with_panel(findings: Findings) -> Iterator[Analysis]:
    return (a for a in findings.analyses if a.robustness is not None and a.headline_measure is not None)


def _way(a: Analysis, row: RobustnessRow) -> tuple[Cell, ...]:
    measure = a.headline_measure
    return (
        *(a.id, GROUPS.get(row.group, MAIN), row.label, measure.label, count(row.n_treatment, Symbol.x)),
        *(
            of.difference_unit(measure.unit),
            *of.estimate_cells(row.estimate, measure.unit, is_fine=True, symbol=Symbol.x),
        ),
        of.standardised(None if row.worst is None else abs(row.worst), Symbol.x),
        or_none(row.why_not),
    )


def placebo_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("placebo", "Placebo", "What came before the index date and is compared as if it were a result"),
        text("left_out", "Left out of the model", "All that was left out of the model for it"),
        of.DIFFERENCE_UNIT,
        *of.estimate_columns(),
        text("holds", "Holds", "yes: the interval holds zero, as it should"),
        of.WHY_NOT,
    )
    rows = tuple(_placebo(a) for a in _with_panel(findings) if a.robustness.placebo is not None)
    return DataTable("placebo", "A test on the past", columns, rows)


def _placebo(a: Analysis) -> tuple[Cell, ...]:
    p = a.robustness.placebo
    unit = "mean" if p.unit is None else "count" if p.unit == "days" else str(p.unit)  # as narrative.placebo says it
    holds = Symbol.x if p.holds is None else "yes" if p.holds else "no"
    return (
        *(a.id, p.label, ", ".join(p.left_out), of.difference_unit(str(p.unit)) if p.unit else Symbol.x),
        *(*of.estimate_cells(p.estimate, unit, symbol=Symbol.x), holds, or_none(p.why_not)),
    )


def hidden_bias_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("kind", "Measure of hidden bias", "What something that is not on record would have to do"),
        text("unit", "Unit", "Unit of the figures in this row"),
        number(
            "explains_all", "Explains all of the difference", "Least size that takes the estimate to zero", "see unit"
        ),
        number(
            "makes_unclear",
            "Makes it unclear",
            "Least size that takes the nearer limit of the interval to zero; [x]: it holds zero already",
            "see unit",
        ),
    )
    rows = tuple(row for a in _with_panel(findings) for row in _hidden(a, a.robustness.hidden))
    return DataTable("hidden_bias", "How strong hidden bias would have to be", columns, rows)


def _hidden(a: Analysis, hidden: HiddenBias) -> Iterator[tuple[Cell, ...]]:
    unit = a.headline_measure.unit
    if hidden.confounder is not None:
        c = hidden.confounder
        yield (
            a.id,
            "Shift of the difference",
            of.difference_unit(unit),
            _size(c.to_zero, unit),
            _size(c.to_include_zero, unit),
        )
    if hidden.weights is not None:
        w = hidden.weights
        yield (
            a.id,
            "Factor by which weights are wrong",
            "factor",
            _ratio(w.tipping_estimate),
            _ratio(w.tipping_interval),
        )
    if hidden.pairs is not None:
        yield a.id, "Odds ratio within pairs (Rosenbaum)", "odds ratio", Symbol.z, _ratio(hidden.pairs.tipping_gamma)
    if hidden.e_values is not None:
        e = hidden.e_values
        yield a.id, "E-value", "risk ratio", _ratio(e.point), _ratio(e.limit)


def bounds_table(findings: Findings) -> DataTable:
    unit = "see difference_unit"
    columns = (
        of.ANALYSIS,
        number("factor", "Factor", "Factor by which the odds of taking part may be wrong", "factor"),
        of.DIFFERENCE_UNIT,
        number("low", "Lowest estimate", "Lowest difference that is possible then", unit),
        number("high", "Highest estimate", "Highest difference that is possible then", unit),
        number("ci_low", "Lower limit", "Lower limit of the interval of the lowest", unit),
        number("ci_high", "Upper limit", "Upper limit of the interval of the highest", unit),
        number("p_value_in_pairs", "p-value in pairs", "Largest one-sided p-value in pairs of one each", "probability"),
    )
    rows = tuple(row for a in _with_panel(findings) for row in _bounds(a, a.robustness.hidden))
    return DataTable("hidden_bias_bounds", "What the difference could be under hidden bias", columns, rows, (SIGN,))


def _bounds(a: Analysis, hidden: HiddenBias) -> Iterator[tuple[Cell, ...]]:
    unit = a.headline_measure.unit
    weights = {row.lambda_: row for row in (hidden.weights.rows if hidden.weights else ())}
    pairs = {row.gamma: row.p_value for row in (hidden.pairs.rows if hidden.pairs else ())}
    for factor in sorted({*weights, *pairs}):
        w = weights.get(factor)
        range_ = (None,) * 4 if w is None else (w.low, w.high, w.ci_low, w.ci_high)
        p = Symbol.x if factor not in pairs else printed(numbers.p_value(pairs[factor]))
        yield a.id, printed(f"{factor:g}"), of.difference_unit(unit), *(_difference(x, unit) for x in range_), p


def estimators_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("estimator", "Estimator", "How the estimate is made"),
        of.MEASURE,
        of.SCALE,
        of.UNIT,
        *of.estimate_columns("see unit"),
        of.STANDARD_ERROR,
        of.WHY_NOT,
    )
    rows = tuple(
        (
            *(a.id, row.label, a.headline_measure.label, row.scale, of.scaled_unit(row.scale, a.headline_measure.unit)),
            *of.scaled_cells(row.estimate, row.scale, a.headline_measure.unit),
            *(of.standard_error(row.estimate, row.scale, a.headline_measure.unit), or_none(row.why_not)),
        )
        for a in findings.analyses
        if a.headline_measure is not None
        for row in a.estimators
    )
    return DataTable("estimators", "All estimators of the first measure", columns, rows, (ROUNDING,))


def time_to_event_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("comparison", "Comparison", "What of the times to the first reoffence is compared"),
        text("clock", "Clock", "all days count, or only days outside custody count"),
        of.SCALE,
        of.UNIT,
        *of.estimate_columns("see unit"),
        of.WHY_NOT,
    )
    rows = tuple(
        (
            *(a.id, row.label, "all days" if row.clock == "calendar" else "days outside custody"),
            *(row.scale, of.scaled_unit(row.scale, "days")),
            *(*of.scaled_cells(row.estimate, row.scale, "days"), or_none(row.why_not)),
        )
        for a in findings.analyses
        for row in a.time_to_event
    )
    return DataTable("time_to_event", "Time to the first reoffence, compared", columns, rows, (ROUNDING,))


def _difference(x: float | None, unit: str) -> Cell:
    return Symbol.x if x is None else printed(numbers.difference(x, unit, finer(unit)))


def _size(x: float | None, unit: str) -> Cell:
    return _difference(None if x is None else abs(x), unit)


def _ratio(x: float | None) -> Cell:
    return Symbol.x if x is None else printed(numbers.number(x, 2))
