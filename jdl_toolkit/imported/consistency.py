"""Does a published result contradict itself, or another row? A closed list of rules, each with a name.

A rule speaks up only where no values at all that print like the published figures could satisfy it: every tolerance is
the rounding of the printed digits (`printed.Printed`). So figures that are right are never accused, whatever they were
rounded to; a fault smaller than the rounding cannot be found.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..numbers import MINUS
from . import of_words, precision
from .across import across_rows
from .figures import difference_range
from .printed import Range, apart, magnitude
from .schema import Remark, ResultRow
from .words import Kind, is_one_year, per_person

CONTRADICTION, CAUTION = "contradiction", "caution"


@dataclass(frozen=True)
class RuleKind:
    """A rule: what it finds, as a clause for readers, how grave it is, and whether the row's numbers stay out."""

    meaning: str
    weight: Literal["contradiction", "caution"] = CONTRADICTION
    bars: bool = False


#: The closed list.
RULES: dict[str, RuleKind] = {
    "value_impossible": RuleKind("a value is outside what its unit allows", bars=True),
    "unit_mistaken": RuleKind("the unit cannot be right", bars=True),
    "difference_from_rates": RuleKind("the difference does not follow from the two values", bars=True),
    "relative_change": RuleKind("the relative change does not follow from the two values"),
    "interval_reversed": RuleKind("the lower limit lies above the upper one", bars=True),
    "estimate_outside_interval": RuleKind("the interval does not hold the difference", bars=True),
    "interval_asymmetric": RuleKind("the difference is not in the middle of an interval that should be symmetric"),
    "interval_v_significance": RuleKind("the interval contradicts what is said of significance", bars=True),
    "p_v_significance": RuleKind("the p-value contradicts what is said of significance"),
    "p_v_interval": RuleKind("the p-value contradicts the difference and its interval", bars=True),
    "interval_too_narrow": RuleKind("the interval is narrower than groups of that size allow", bars=True),
    "interval_too_wide": RuleKind("the interval is far wider than groups of that size explain", CAUTION),
    "significance_v_sizes": RuleKind("groups of that size cannot bear what is said of significance"),
    "more_analysed_than_submitted": RuleKind("more people were analysed than submitted"),
    "direction_v_figures": RuleKind("the direction in words contradicts the figures"),
    "words_v_figures": RuleKind("figures in the words beside it contradict the row's own"),
    "parts_v_sum": RuleKind("parts do not add up to their sum"),
    "published_differently": RuleKind("the same result is published with different figures", bars=True),
    "one_change_two_outcomes": RuleKind("nearly the same relative change is quoted of two different outcomes", CAUTION),
    "subgroups_v_whole": RuleKind("the whole cannot be the mixture of its two parts", CAUTION),
    "one_limit_only": RuleKind("one limit of an interval, an “up to”, is quoted as if it were the result", CAUTION),
    "date_in_future": RuleKind("it is dated in the future"),
}
#: Rules whose rows stay out of the portfolio's numbers: what would enter them is in doubt.
BARS = frozenset(name for name, rule in RULES.items() if rule.bars)


def check_rows(rows: Sequence[ResultRow], today: dt.date, others: Sequence[ResultRow] = ()) -> list[Remark]:
    """Check every row by itself and against the others.

    Parameters
    ----------
    rows : sequence of ResultRow
    today : date
    others : sequence of ResultRow
        Rows known before: compared with, but not remarked on.

    Returns
    -------
    list of Remark
        In the order of the rows; those of a row in the order of `RULES`.
    """
    found = [remark for row in rows for remark in check_row(row, today)]
    own = {row.id for row in rows}
    found += [remark for remark in across_rows(rows, others) if remark.row in own]
    found = [r.model_copy(update={"what": re.sub(r"(?<![\w-])-(?=\d)", MINUS, r.what)}) for r in found]
    order = {row.id: i for i, row in enumerate(rows)}
    return sorted(dict.fromkeys(found), key=lambda r: (order[r.row], list(RULES).index(r.rule)))


def check_row(row: ResultRow, today: dt.date) -> list[Remark]:
    """Remarks on one row by itself."""
    found = []
    for name, rule in _OF_A_ROW.items():
        if what := rule(row):
            found.append(Remark(rule=name, row=row.id, what=what))
    if row.first_day is not None and row.first_day > today:
        what = f"It is dated {row.publication or row.first_day}, which is still to come."
        found.append(Remark(rule="date_in_future", row=row.id, what=what))
    return found


def _value_impossible(row: ResultRow) -> str:
    limits = {
        Kind.rate: (0, 100),
        Kind.share: (0, 100),
        Kind.frequency: (0, float("inf")),
        Kind.days: (0, 366 if is_one_year(row.outcome) else float("inf")),
    }.get(row.kind)
    if limits is None:
        return ""
    for name, figure in (("treatment", row.treatment), ("control", row.control)):
        if figure is not None and apart(figure.range, limits):
            between = f"between 0 and {limits[1]}" if limits[1] < float("inf") else "0 or more"
            return f"The value of the {name} group is {figure.value:g}; it must be {between}."
    widest = (-limits[1], limits[1])
    if row.effect is not None and apart(row.effect.range, widest):
        return f"The difference is {row.effect.value:g}, more than values of this kind can differ."
    return ""


def _unit_mistaken(row: ResultRow) -> str:
    values = [figure for figure in (row.treatment, row.control) if figure is not None]
    if row.kind is Kind.frequency and values:
        factor = per_person(row.unit)
        if factor == 1.0 and max(f.value for f in values) > MOST_PER_PERSON:
            return f"{max(f.value for f in values):g} reoffences per person in a year: this must be per 100 people."
        if factor == 0.01 and max(f.range[1] for f in values) < FEWEST_PER_100:
            return f"{max(f.value for f in values):g} reoffences per 100 people in a year: this must be per person."
    if row.kind is Kind.rate and len(values) == 2 and all(0 < f.value <= 1 and f.half < 0.1 for f in values):
        return f"Rates of {values[0].value:g} and {values[1].value:g} per cent: these must be fractions, not per cent."
    return ""


#: Nobody's mean: the highest frequencies published are about 6 reoffences per person in a year.
MOST_PER_PERSON = 20
#: The lowest rates published are above 5 per cent, and nobody reoffends less than once.
FEWEST_PER_100 = 5


def _difference_from_rates(row: ResultRow) -> str:
    if row.effect is None or row.treatment is None or row.control is None or row.kind is Kind.relative:
        return ""
    follows = difference_range(row.model_copy(update={"effect": None}))
    if not apart(row.effect.range, follows):
        return ""
    return (
        f"{row.treatment.value:g} less {row.control.value:g} is {row.treatment.value - row.control.value:g}, not "
        f"{row.effect.value:g}; rounding allows {follows[0]:g} to {follows[1]:g}."
    )


def _relative_change(row: ResultRow) -> str:
    if row.treatment is None or row.control is None:
        return ""
    if row.control.range[0] <= 0 or row.kind is Kind.relative:
        return ""
    follows = relative_range(row)
    published = [(row.relative.range, row.relative.value)] if row.relative else []
    wrong = [value for printed, value in published if apart(printed, follows)]
    without_sign = [f for f in of_words.claims_of(row)["relative"] if apart(f.range, magnitude(follows))]
    wrong += [f.value for f in without_sign]
    if not wrong:
        return ""
    exact = 100 * (row.treatment.value / row.control.value - 1)
    return (
        f"From {row.control.value:g} to {row.treatment.value:g} is a change of {exact:.1f} per cent, not {wrong[0]:g}; "
        f"rounding allows {follows[0]:.1f} to {follows[1]:.1f}."
    )


def relative_range(row: ResultRow) -> Range:
    """Relative changes in per cent that both printed values allow; the control value must be positive."""
    (t_low, t_high), (c_low, c_high) = row.treatment.range, row.control.range
    corners = [100 * (t / c - 1) for t in (t_low, t_high) for c in (c_low, c_high)]
    return min(corners), max(corners)


def _interval_reversed(row: ResultRow) -> str:
    if row.ci_low is None or row.ci_high is None or row.ci_low.range[0] <= row.ci_high.range[1]:
        return ""
    return f"The limits are {row.ci_low.value:g} and {row.ci_high.value:g}, in this order."


def _estimate_outside(row: ResultRow) -> str:
    estimate = difference_range(row)
    if estimate is None or _interval_reversed(row):
        return ""
    below = row.ci_low is not None and estimate[1] < row.ci_low.range[0] - 1e-9
    above = row.ci_high is not None and estimate[0] > row.ci_high.range[1] + 1e-9
    if not (below or above):
        return ""
    limit, side = (row.ci_low, "below") if below else (row.ci_high, "above")
    return f"The difference is {_told(row)}, {side} the limit of {limit.value:g}."


def _asymmetric(row: ResultRow) -> str:
    estimate = difference_range(row)
    if estimate is None or row.ci_low is None or row.ci_high is None or row.kind is Kind.relative:
        return ""
    if _interval_reversed(row) or _estimate_outside(row):
        return ""
    (a, b), (c, d) = row.ci_low.range, row.ci_high.range
    middle = ((a + c) / 2, (b + d) / 2)
    if not apart(middle, estimate):
        return ""
    shown = (row.ci_low.value + row.ci_high.value) / 2
    return f"The interval's middle is {shown:g} and the difference {_told(row)}; rounding does not explain it."


def _told(row: ResultRow) -> str:
    value = row.effect.value if row.effect else row.treatment.value - row.control.value
    return f"{value:g}"


def _more_analysed(row: ResultRow) -> str:
    if row.n_submitted is None or row.n_treatment is None:
        return ""
    if row.n_treatment.range[0] <= row.n_submitted.range[1]:
        return ""
    return f"{row.n_treatment.value:,.0f} people were analysed, of {row.n_submitted.value:,.0f} submitted."


def _one_limit_only(row: ResultRow) -> str:
    limits = [f for f in (row.ci_low, row.ci_high) if f is not None]
    says_up_to = bool(of_words.claims_of(row)["up_to"])
    if len(limits) == 1:
        which = "lower" if row.ci_low is not None else "upper"
        return (
            f"Only the {which} limit of the interval, {limits[0].value:g}, is given: “up to” is not the best estimate."
        )
    if says_up_to and not limits and row.effect is not None:
        return "An “up to” is quoted without the interval whose end it is: it is not the best estimate."
    return ""


_OF_A_ROW: dict[str, Callable[[ResultRow], str]] = {
    "value_impossible": _value_impossible,
    "unit_mistaken": lambda row: _unit_mistaken(row) or of_words.unit_of_words(row),
    "difference_from_rates": _difference_from_rates,
    "relative_change": _relative_change,
    "interval_reversed": _interval_reversed,
    "estimate_outside_interval": _estimate_outside,
    "interval_asymmetric": _asymmetric,
    "interval_v_significance": precision.interval_v_significance,
    "p_v_significance": precision.p_v_significance,
    "p_v_interval": precision.p_v_interval,
    "interval_too_narrow": precision.too_narrow,
    "interval_too_wide": precision.too_wide,
    "significance_v_sizes": precision.significance_v_sizes,
    "more_analysed_than_submitted": _more_analysed,
    "direction_v_figures": of_words.direction_v_figures,
    "words_v_figures": of_words.words_v_figures,
    "parts_v_sum": of_words.parts_v_sum,
    "one_limit_only": _one_limit_only,
}
