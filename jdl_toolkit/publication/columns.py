"""Columns that several tables have, and the cells of an estimate: one name and one meaning for one thing."""

from __future__ import annotations

from decimal import Decimal

from .. import numbers
from ..findings import Estimate
from ..plots.effects import UNIT_WORDS, finer
from .table import Column, Symbol, number, printed, text

ANALYSIS = text("analysis", "Analysis", "Short name of the analysis; the table analyses says what it is")
MEASURE = text("measure", "Measure", "Name of the outcome measure")
UNIT = text("unit", "Unit of the values", "Unit of the values of both groups in this row")
DIFFERENCE_UNIT = text("difference_unit", "Unit of the difference", "Unit of the difference and its interval")
SCALE = text("scale", "Scale", "difference: treatment less comparison group; ratio: treatment divided by it")
WHY_NOT = text("why_not", "Why it is not shown", "Reason for which the figures of this row are not shown")
VERDICT = text(
    "verdict", "Verdict", "reduction or increase where the 95 per cent interval does not hold zero, else inconclusive"
)

_SEE_UNIT, _SEE_DIFFERENCE = "see unit", "see difference_unit"
N_TREATMENT = number("n_treatment", "Treatment group", "People in the treatment group of this row", "people")
N_COMPARISON = number("n_comparison", "Comparison group", "People in the comparison group of this row", "people")
TREATMENT_VALUE = number("treatment_value", "Treatment group, value", "Value in the treatment group", _SEE_UNIT)
EXPECTED_VALUE = number(
    "expected_value",
    "Expected without the service",
    "What the headline estimate expects of the treatment group without the service",
    _SEE_UNIT,
)
COMPARISON_VALUE = number(
    "comparison_value",
    "Comparison group, unadjusted",
    "Value in the matched or weighted comparison group, before the outcome model adjusts it",
    _SEE_UNIT,
)
P_VALUE = number("p_value", "p-value", "Two-sided p-value of no difference", "probability")
HOLM_P = number("holm_p", "p-value (Holm)", "p-value adjusted for the number of tests", "probability")
STANDARD_ERROR = number(
    "standard_error", "Standard error", "Standard error of the estimate; of a ratio, that of its logarithm", _SEE_UNIT
)
WORST = number(
    "largest_difference_left",
    "Largest difference left",
    "Largest standardised difference between the groups after matching",
    "per cent of a standard deviation",
)


def estimate_columns(unit: str = _SEE_DIFFERENCE) -> tuple[Column, ...]:
    """Estimate, the limits of its interval and its p-value."""
    named = ("difference", "Difference", "Treatment group less comparison group")
    if unit != _SEE_DIFFERENCE:
        named = ("estimate", "Estimate", "Estimate on the scale of the row")
    return (
        number(*named, unit),
        number("ci_low", "Lower limit", "Lower limit of the 95 per cent interval", unit),
        number("ci_high", "Upper limit", "Upper limit of the 95 per cent interval", unit),
        P_VALUE,
    )


def value_unit(unit: str) -> str:
    return "per cent" if unit == "share" else UNIT_WORDS[unit]


def difference_unit(unit: str) -> str:
    return UNIT_WORDS[unit]


def estimate_cells(
    estimate: Estimate | None, unit: str, *, is_fine: bool = False, symbol: Symbol = Symbol.c
) -> tuple[int | Decimal | Symbol, ...]:
    """Estimate, limits and p-value with the report's digits; `is_fine`: those of estimates laid beside each other."""
    if estimate is None:
        return (symbol,) * 4
    low, high = estimate.ci_low, estimate.ci_high
    decimals = finer(unit) if is_fine else numbers.decimals_for(unit, low, high)
    figures = (numbers.difference(x, unit, decimals) for x in (estimate.estimate, low, high))
    return (*map(printed, figures), printed(numbers.p_value(estimate.p_value)))


def scaled_cells(estimate: Estimate | None, scale: str, unit: str) -> tuple[int | Decimal | Symbol, ...]:
    """As `estimate_cells`, of a difference or of a ratio, which has two decimals."""
    if estimate is None or scale == "difference":
        return estimate_cells(estimate, unit, is_fine=True, symbol=Symbol.x)
    figures = (numbers.number(x, 2) for x in (estimate.estimate, estimate.ci_low, estimate.ci_high))
    return (*map(printed, figures), printed(numbers.p_value(estimate.p_value)))


def standard_error(
    estimate: Estimate | None, scale: str, unit: str, symbol: Symbol = Symbol.x
) -> int | Decimal | Symbol:
    """With the digits of the table of estimators; a ratio's is of its logarithm."""
    if estimate is None:
        return symbol
    is_ratio = scale == "ratio"
    return printed(numbers.number(estimate.se, 2) if is_ratio else numbers.difference(estimate.se, unit, finer(unit)))


def scaled_unit(scale: str, unit: str) -> str:
    return "ratio" if scale == "ratio" else difference_unit(unit)


def per_cent(share: float | None, decimals: int = 0, symbol: Symbol = Symbol.c) -> int | Decimal | Symbol:
    """A share as per cent."""
    return symbol if share is None else printed(numbers.per_cent(share, decimals))


def standardised(difference: float | None, symbol: Symbol = Symbol.c) -> int | Decimal | Symbol:
    """A standardised difference in per cent, with one decimal."""
    return symbol if difference is None else printed(numbers.number(difference, 1, factor=100))


def value(x: float | None, unit: str) -> int | Decimal | Symbol:
    """The value of a measure in its unit."""
    return printed(numbers.value(x, unit))
