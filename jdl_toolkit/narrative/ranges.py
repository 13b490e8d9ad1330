"""Differences, ranges and measures in words: which way, how much, and how far the truth may lie from it."""

from __future__ import annotations

from decimal import Decimal

from .. import numbers
from ..findings import Analysis, Estimate, Findings, Measure, Unit, Verdict
from ..wording import plain

#: Unit -> (words below zero, words above zero, the unit behind a number).
DIRECTIONS: dict[str, tuple[str, str]] = {
    Unit.share: ("lower", "higher"),
    Unit.count: ("fewer", "more"),
    Unit.days: ("sooner", "later"),
}
#: What stands for the family of a number that is no measure.
ANY_NUMBER = "any number"
#: Family of measures -> its own words: fewer days in custody are not sooner.
OF_FAMILY: dict[str, tuple[str, str]] = {"days_in_custody": ("fewer", "more"), ANY_NUMBER: ("lower", "higher")}


def unit_words(printed: str, unit: str) -> str:
    """The unit behind a printed difference; none for a count."""
    words = {Unit.share: "percentage points", Unit.count: "", Unit.days: "days"}[Unit(unit)]
    return numbers.with_unit(printed, words).removeprefix(printed).lstrip()


def sized(value: float, unit: str, decimals: int) -> str:
    """A difference without sign: further decimals than the unit's own are printed only as far as they are not zero."""
    printed, usual = numbers.difference(abs(value), unit, decimals), numbers.UNITS[unit][1]
    whole, dot, rest = printed.partition(".")
    rest = rest[:usual] + rest[usual:].rstrip("0")
    return f"{whole}{dot}{rest}" if rest else whole


def amount(value: float, unit: str, decimals: int, family: str = "") -> str:
    """A difference without its sign, with its unit and direction: ``2 percentage points lower``, ``0.11 fewer``."""
    printed = sized(value, unit, decimals)
    return " ".join(filter(None, [printed, unit_words(printed, unit), _directions(unit, family)[value > 0]]))


def _directions(unit: str, family: str) -> tuple[str, str]:
    """Words for below and above zero: by the measure's family, else by its unit."""
    return OF_FAMILY.get(family, DIRECTIONS[Unit(unit)])


def difference_in_words(estimate: Estimate, unit: str, family: str = "") -> str:
    """The best estimate: ``2 percentage points lower``; finer where it would print as zero."""
    return (
        f"{size_in_words(estimate, unit)} {_directions(unit, family)[estimate.estimate > 0]}"
        if estimate.estimate
        else "no different"
    )


def size_in_words(estimate: Estimate, unit: str) -> str:
    """The best estimate without its sign and direction: ``2 percentage points``; as fine as its interval."""
    limits = numbers.decimals_for(unit, estimate.ci_low, estimate.ci_high)
    printed = sized(estimate.estimate, unit, max(limits, numbers.decimals_for(unit, estimate.estimate)))
    return f"{printed} {unit_words(printed, unit)}".rstrip()


def interval_in_words(estimate: Estimate, unit: str, family: str = "") -> str:
    """The range of the true difference, as the end of the sentence "the true difference …".

    Below zero: ``is between 1 and 38 percentage points lower``. Across it: ``could be as many as 8 percentage points
    lower, or as many as 4 higher``. With a limit of zero: ``… as many as 10 percentage points lower, or nothing``.
    """
    low, high, unit = estimate.ci_low, estimate.ci_high, Unit(unit)
    decimals = numbers.decimals_for(unit, low, high)
    below, above = _directions(unit, family)
    as_much = "as much as" if unit is Unit.count else "as many as"
    if low < 0 < high:
        other = sized(high, unit, decimals)
        return f"could be {as_much} {amount(low, unit, decimals, family)}, or {as_much} {other} {above}"
    near, far = sorted((abs(low), abs(high)))
    if near == 0:
        return f"could be {as_much} {amount(low or high, unit, decimals, family)}, or nothing" if far else "is zero"
    first, last = (sized(x, unit, decimals) for x in (near, far))
    words = " ".join(filter(None, [unit_words(last, unit), below if high < 0 else above]))
    return f"is between {first} and {last} {words}" if first != last else f"is about {last} {words}"


def ruled_out(estimate: Estimate, unit: str) -> str:
    """What an inconclusive interval rules out, in words; only a rate has it (the one that decides the verdict).

    ``a reduction of 7 percentage points or more and an increase of 5 or more``: whole steps beyond the limits.
    """
    decimals = numbers.decimals_for(unit, estimate.ci_low, estimate.ci_high)
    parts = []
    for limit, kind in ((estimate.ci_low, "a reduction"), (estimate.ci_high, "an increase")):
        printed = beyond(limit, unit, decimals)
        words = "" if " or more" in "".join(parts) else unit_words(printed, unit)
        size = " ".join(filter(None, [printed, words, "or more"])) if limit else "any size"
        parts.append(f"{kind} of {size}")
    return f"{parts[0]} and {parts[1]}"


def beyond(limit: float, unit: str, decimals: int) -> str:
    """The first printable size that lies beyond a limit as printed, without sign: 7 for −6.46, which is printed as 6.

    Both the limit and what is printed for it belong to the interval: 8 makes 9, and so does 7.7.
    """
    step = Decimal(1).scaleb(-decimals)
    size = abs(Decimal(repr(float(limit)))) * numbers.UNITS[unit][0]
    printed = Decimal(numbers.number(float(size), decimals).replace(",", ""))
    return numbers.number(float(printed + step), decimals)


def confidence(findings: Findings) -> str:
    """The level of the intervals: ``95%``."""
    return numbers.per_cent(findings.setting("inference", "confidence"))


def chosen(findings: Findings, analysis: Analysis | None) -> Analysis:
    """The analysis asked for, else the first."""
    return analysis if analysis is not None else findings.analyses[0]


def names(findings: Findings) -> tuple[str, str]:
    """Service and organisation, as parts of a sentence."""
    return plain(findings.service.name), plain(findings.organisation.name)


def expected(measure: Measure) -> float | None:
    """What would be expected without the service: the adjusted value, which differs by the headline estimate."""
    return measure.control_value if measure.control_value_adjusted is None else measure.control_value_adjusted


def verdict_of(estimate: Estimate) -> Verdict:
    """By whether the interval crosses (or touches) zero."""
    if estimate.ci_high < 0:
        return Verdict.reduction
    return Verdict.increase if estimate.ci_low > 0 else Verdict.inconclusive


def compared(measure: Measure) -> str:
    """One measure in two sentences: both values with the difference, and its range."""
    values = values_in_words(measure)
    difference = difference_in_words(measure.headline, measure.unit, measure.family)
    spread = interval_in_words(measure.headline, measure.unit, measure.family)
    seen = f"{named(measure)}: {values[0]}, against {values[1]} expected, {difference}."
    return f"{seen} The true difference {spread}."


def values_in_words(measure: Measure) -> tuple[str, str]:
    """What was seen and what is expected, with their unit; a clear difference is never hidden by rounding."""
    seen, other = printed_values(measure)
    if measure.unit is not Unit.days or None in (measure.treatment_value, expected(measure)):
        return seen, other
    return tuple(f"{printed} {'day' if printed == '1' else 'days'}" for printed in (seen, other))


def printed_values(measure: Measure) -> tuple[str, str]:
    """The same without the word "days": with one more decimal where both would print alike and do differ clearly."""
    values = measure.treatment_value, expected(measure)
    seen, other = (numbers.value(x, measure.unit) for x in values)
    if None in values or seen != other or measure.verdict in (None, Verdict.inconclusive):
        return seen, other
    return tuple(one_decimal_more(x, measure.unit) for x in values)


def one_decimal_more(value: float, unit: str) -> str:
    """A value with a decimal beyond those of its unit: ``28.3%``, ``0.034``."""
    factor, usual = numbers.UNITS[unit]
    decimals = max(usual + 1, numbers.decimals_for(unit, value))
    return f"{numbers.number(value, decimals, factor=factor)}{'%' if unit == 'share' else ''}"


def named(measure: Measure) -> str:
    """A measure's label that says so where only people who reoffended are counted."""
    name = plain(measure.label)
    if measure.base == "reoffenders" and "reoffen" not in name.lower().replace("reoffence", ""):
        name += " (among people who reoffended)"
    return name


def conditional(measure: Measure) -> str:
    """The caveat of a measure that concerns reoffenders only; empty for others."""
    if measure.base != "reoffenders":
        return ""
    return "This compares only people who reoffended, who may differ between the groups, so it is weaker evidence."


def judged(measure: Measure, is_clear: bool = True) -> str:
    """The verdict on a measure in a few words: ``Clearly lower, which is welcome.``

    `is_clear` is false of one that is so by itself only, and no longer when all measures are judged together.
    """
    if measure.verdict is Verdict.inconclusive:
        return "Not clear."
    lower, higher = _directions(measure.unit, measure.family) if measure.unit is Unit.days else ("lower", "higher")
    way = lower if measure.verdict is Verdict.reduction else higher
    if not is_clear:
        return f"{way.capitalize()}, but clear only by itself, not when all measures are judged together."
    return f"Clearly {way}{_welcome(measure)}."


def _welcome(measure: Measure) -> str:
    if measure.better == "neither":
        return ""
    is_welcome = (measure.verdict is Verdict.reduction) == (measure.better == "lower")
    return ", which is welcome" if is_welcome else ", which is not welcome"


def holds(measure: Measure, findings: Findings) -> bool:
    """Whether a measure is clear also when it is judged together with all others (Holm's adjustment)."""
    if measure.headline is None or measure.verdict not in (Verdict.reduction, Verdict.increase):
        return False
    p = measure.headline.p_value if measure.holm_p is None else measure.holm_p
    return p < alpha(findings)


def alpha(findings: Findings) -> float:
    """How often chance may look like a difference: 0.05 for 95 per cent intervals."""
    return round(1 - findings.setting("inference", "confidence"), 9)
