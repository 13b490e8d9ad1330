"""Which published results may enter the portfolio's numbers, and with what difference and interval.

Those are one-year proven reoffending rates with a difference and a 95 per cent interval: as published, or as follows
from other published figures, which is then said. Anything else is listed only.
"""

from __future__ import annotations

import math

from scipy import stats

from .printed import Range, difference_of
from .schema import ResultRow, Usable
from .words import Kind

Z = float(stats.norm.ppf(0.975))


def usable_figures(row: ResultRow) -> Usable:
    """Difference and interval of a row, in percentage points, or why it has none.

    The order: as published; the middle of the interval, as the method's intervals are symmetric; the interval from an
    exact p-value; the interval from both rates and both group sizes, √(p(1−p)/(n−1)) each, which leaves the
    weights of the controls out of account. Student's t with n − 1 degrees of freedom of the treatment group.
    """
    if row.kind is not Kind.rate:
        return Usable(why_not=f"listed only: it is not a one-year proven reoffending rate in per cent ({_what(row)})")
    low, high, rates = row.ci_low, row.ci_high, None
    if row.treatment and row.control:
        rates = row.treatment.value - row.control.value
    difference = row.effect.value if row.effect else rates
    of_rates = "" if row.effect else "the difference follows from the two rates"
    p = row.p_value.value if row.p_value and row.p_value.relation == "=" else None
    if low and high:
        middle = (low.value + high.value) / 2
        derived = of_rates if difference is not None else "the difference is the middle of the interval"
        found = middle if difference is None else difference
        return Usable(difference=found, low=low.value, high=high.value, p_value=p, derived=derived)
    if difference is not None and p is not None and 0 < p < 1 and difference:
        se = abs(difference) / float(stats.t.isf(p / 2, degrees_of_freedom(row)))
        words = [*([of_rates] if of_rates else []), "the interval follows from the difference and the p-value"]
        return _with_interval(row, difference, se, p, "; ".join(words))
    if rates is not None and row.n_treatment and row.n_control:
        se = math.sqrt(sum(_variance(*pair) for pair in _groups(row)))
        words = [*([of_rates] if of_rates else []), "the interval follows from the rates and the group sizes"]
        return _with_interval(row, difference, se, None, "; ".join(words)) if se else Usable(why_not=_missing(row))
    return Usable(why_not=_missing(row))


def difference_range(row: ResultRow) -> Range | None:
    """Values that the difference may have, as printed, or as the rates let it have; None if neither is known."""
    if row.effect is not None:
        return row.effect.range
    if row.treatment is not None and row.control is not None:
        return difference_of(row.treatment.range, row.control.range)
    return None


def degrees_of_freedom(row: ResultRow) -> float:
    """Of the treatment group, whose variance is most of it; infinite where its size is not known."""
    return row.n_treatment.value - 1 if row.n_treatment and row.n_treatment.value > 1 else math.inf


def _with_interval(row: ResultRow, difference: float, se: float, p: float | None, derived: str) -> Usable:
    df = degrees_of_freedom(row)
    half = float(stats.t.ppf(0.975, df)) * se
    p = 2 * float(stats.t.sf(abs(difference) / se, df)) if p is None else p
    return Usable(difference=difference, low=difference - half, high=difference + half, p_value=p, derived=derived)


def _groups(row: ResultRow) -> list[tuple[float, float]]:
    return [(row.treatment.value, row.n_treatment.value), (row.control.value, row.n_control.value)]


def _variance(rate: float, n: float) -> float:
    """Of a rate in per cent, squared percentage points."""
    return rate * (100 - rate) / (n - 1) if n > 1 and 0 <= rate <= 100 else 0.0


def _missing(row: ResultRow) -> str:
    if row.ci_low or row.ci_high:
        return "listed only: one limit of the interval alone is published"
    if difference_range(row) is None:
        return "listed only: no difference is published, and not both rates"
    return "listed only: no interval is published, and none follows without an exact p-value or both group sizes"


def _what(row: ResultRow) -> str:
    return f"{row.outcome}, {row.unit}"
