"""Rules on how sure a result is: its interval, its p-value and its significance against each other and the group sizes.

The level is 5 per cent, two-sided, as in all publications of the service.
"""

from __future__ import annotations

import math

from scipy import stats

from .figures import Z, difference_range
from .printed import Printed, Range, magnitude
from .schema import ResultRow
from .words import Kind

LEVEL = 0.05
#: Degrees of freedom of the smallest group that is published, 30 people.
FEWEST_DF = 29
#: An outcome model explains less than 36 per cent of the variance of reoffending, so it cannot shorten an interval by
#: more than a fifth. Of other shares there is no such limit: earlier employment explains most of later employment.
SHORTEST_ADJUSTED = 0.8
#: Three times the groups' own interval: controls worth fewer than one person for every eight treated.
WIDEST = 3.0


def half_width(row: ResultRow) -> Range | None:
    """Half the interval's width; None without both limits or where they are reversed."""
    if row.ci_low is None or row.ci_high is None or row.ci_low.range[0] > row.ci_high.range[1]:
        return None
    (a, b), (c, d) = row.ci_low.range, row.ci_high.range
    return max(0.0, (c - b) / 2), max(0.0, (d - a) / 2)


def crosses_zero(row: ResultRow) -> bool | None:
    """Whether the interval crosses zero; None where that cannot be told from the printed limits."""
    low, high = row.ci_low, row.ci_high
    if (low is not None and low.range[0] > 0) or (high is not None and high.range[1] < 0):
        return False
    surely = low is not None and high is not None and low.range[1] < 0 < high.range[0]
    return True if surely else None


def p_range(row: ResultRow) -> Range | None:
    """P-values that print like the published one, or that its bound allows."""
    p = row.p_value
    if p is None:
        return None
    low, high = max(0.0, p.range[0]), min(1.0, p.range[1])
    return (0.0, p.value) if p.relation == "<" else (p.value, 1.0) if p.relation == ">" else (low, high)


def interval_v_significance(row: ResultRow) -> str:
    crosses = crosses_zero(row)
    if row.significant is None or crosses is None or crosses is not row.significant:
        return ""
    given = " to ".join(f"{f.value:g}" for f in (row.ci_low, row.ci_high) if f is not None)
    if crosses:
        return f"It is called significant, but its interval, {given}, holds zero."
    return f"It is called not significant, but its interval, {given}, does not hold zero."


def p_v_significance(row: ResultRow) -> str:
    p = p_range(row)
    if row.significant is None or p is None:
        return ""
    if row.significant and p[0] > LEVEL:
        return f"It is called significant, but its p-value is {_printed(row.p_value)}."
    if not row.significant and p[1] < LEVEL:
        return f"It is called not significant, but its p-value is {_printed(row.p_value)}."
    return ""


def p_v_interval(row: ResultRow) -> str:
    p, estimate, half = p_range(row), difference_range(row), half_width(row)
    if p is None or row.kind is Kind.relative:
        return ""
    crosses = crosses_zero(row)
    if crosses is True and p[1] < LEVEL:
        return f"Its p-value is {_printed(row.p_value)}, but its interval holds zero."
    if crosses is False and p[0] > LEVEL:
        return f"Its p-value is {_printed(row.p_value)}, but its interval does not hold zero."
    if estimate is None or half is None or half[1] == 0:
        return ""
    follows = _p_that_follows(magnitude(estimate), half, _fewest_df(row))
    if p[0] > follows[1] + 1e-3 or p[1] < follows[0] - 1e-3:
        given = f"{follows[0]:.3f} to {follows[1]:.3f}"
        return f"Its p-value is {_printed(row.p_value)}, but from its difference and interval it is {given}."
    return ""


def _p_that_follows(size: Range, half: Range, fewest_df: float) -> Range:
    found = []
    for df in (fewest_df, math.inf):
        quantile = stats.t.ppf(1 - LEVEL / 2, df)
        least = 2 * stats.t.sf(quantile * size[1] / half[0], df) if half[0] else 0.0
        found += [float(least), float(2 * stats.t.sf(quantile * size[0] / half[1], df))]
    return min(found), max(found)


def _fewest_df(row: ResultRow) -> float:
    known = [f.value - 1 for f in (row.n_treatment, row.n_control) if f is not None]
    return max(1.0, min(known)) if known else FEWEST_DF


def narrowest_se(row: ResultRow) -> float | None:
    """The smallest standard error that the rates and group sizes allow: √(Σ p(1−p)/n), in percentage points.

    A group that is not known counts for nothing. None if the treatment group is not known, or the result is no share.
    """
    if row.kind not in (Kind.rate, Kind.share) or row.n_treatment is None:
        return None
    treatment, control = _rate_ranges(row)
    is_adjusted = row.is_adjusted or not row.is_jdl
    if treatment is None or (is_adjusted and row.kind is not Kind.rate):
        return None
    squared = min(map(_variance, treatment)) / row.n_treatment.range[1]
    if control is not None and row.n_control is not None:
        squared += min(map(_variance, control)) / row.n_control.range[1]
    return math.sqrt(squared) * (SHORTEST_ADJUSTED if is_adjusted else 1.0)


def widest_se_of_groups(row: ResultRow) -> float | None:
    """The largest standard error of unweighted groups of these sizes; of the controls if their number is known."""
    if row.kind not in (Kind.rate, Kind.share) or row.n_treatment is None or row.n_treatment.range[0] <= 1:
        return None
    treatment, control = _rate_ranges(row)
    squared = _most_variance(treatment) / (row.n_treatment.range[0] - 1)
    if row.n_control is not None and row.n_control.range[0] > 1:
        squared += _most_variance(control) / (row.n_control.range[0] - 1)
    return math.sqrt(squared)


def too_narrow(row: ResultRow) -> str:
    half, se = half_width(row), narrowest_se(row)
    if half is None or se is None or half[1] >= Z * se - 1e-9:
        return ""
    return (
        f"With {_sizes(row)}, the interval must reach at least {Z * se:.1f} points to either side; it reaches "
        f"{sum(half) / 2:g}."
    )


def too_wide(row: ResultRow) -> str:
    half, se = half_width(row), widest_se_of_groups(row)
    if half is None or se is None:
        return ""
    most = WIDEST * float(stats.t.ppf(1 - LEVEL / 2, _fewest_df(row))) * se
    if half[0] <= most:
        return ""
    reach = f"With {_sizes(row)}, the interval would reach some {most / WIDEST:.1f} points to either side"
    return f"{reach}; it reaches {sum(half) / 2:g}."


def significance_v_sizes(row: ResultRow) -> str:
    estimate = difference_range(row)
    if row.significant is None or estimate is None or (row.ci_low and row.ci_high):
        return ""
    low, high = magnitude(estimate)
    se, most = narrowest_se(row), widest_se_of_groups(row)
    if row.significant and se is not None and high < Z * se:
        return (
            f"A difference of at most {high:g} points cannot be significant with {_sizes(row)}: it takes {Z * se:.1f}."
        )
    reach = None if most is None else WIDEST * float(stats.t.ppf(1 - LEVEL / 2, _fewest_df(row))) * most
    if not row.significant and reach is not None and low > reach:
        return f"A difference of at least {low:g} points cannot but be significant with {_sizes(row)}."
    return ""


def _rate_ranges(row: ResultRow) -> tuple[Range | None, Range | None]:
    """Ranges of both rates; one that is not printed follows from the other and the difference."""
    treatment = row.treatment.range if row.treatment else None
    control = row.control.range if row.control else None
    if row.effect is not None:
        (low, high) = row.effect.range
        if treatment is None and control is not None:
            treatment = control[0] + low, control[1] + high
        elif control is None and treatment is not None:
            control = treatment[0] - high, treatment[1] - low
    return treatment, control


def _variance(rate: float) -> float:
    rate = min(100.0, max(0.0, rate))
    return rate * (100 - rate)


def _most_variance(rates: Range | None) -> float:
    if rates is None or rates[0] <= 50 <= rates[1]:
        return 2500.0
    return max(map(_variance, rates))


def _sizes(row: ResultRow) -> str:
    words = f"{row.n_treatment.value:,.0f} people analysed"
    return f"{words} and {row.n_control.value:,.0f} controls" if row.n_control else words


def _printed(p: Printed) -> str:
    return f"{'' if p.relation == '=' else p.relation}{p.value:g}"
