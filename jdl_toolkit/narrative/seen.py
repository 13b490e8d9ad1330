"""What was seen, measure by measure: for every 100 people, and with the range of each difference."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings, Measure, Unit, Verdict
from ..plots.families import CLASSES, HEADINGS, arranged, heading, not_shown
from ..wording import Passage, capital, ended, listed, plain, small_number, within
from .design import EITHER_GROUP, concerns_either_group
from .ranges import (
    alpha,
    chosen,
    compared,
    confidence,
    expected,
    holds,
    judged,
    named,
    one_decimal_more,
    sized,
    values_in_words,
    verdict_of,
)

ROUNDING = "Each figure is rounded by itself, here and in what follows, so figures may not add up exactly."
#: Families that are always told in full, if they are shown; of further ones what stays clear when all are judged.
IN_FULL = ("", "rate", "frequency")


def for_every_100(findings: Findings, analysis: Analysis | None = None) -> Words:
    """The rate and the frequency for every 100 people; of other measures over everyone only the values, by family."""
    analysis = chosen(findings, analysis)
    passage, period = Passage(), within(analysis.follow_up_months)
    shown = [m for m in analysis.measures if m.headline and m.treatment_value is not None and m.base == "everyone"]
    rate = next((m for m in shown if m == analysis.headline_measure), None)
    if shown and concerns_either_group(analysis):
        passage.say(
            "either_group",
            f"These figures concern {EITHER_GROUP}: of each group, such people count most in them.",
        )
    if rate is not None:
        treated, control = _per_100(rate)
        seen = f"Of every 100 people who received the service, **{treated}** committed a proven reoffence {period}."
        change = _change_per_100(rate, findings, is_people=True)
        passage.item("rate_per_100", f"{seen} Of 100 similar people, **{control}** would be expected to. {change}")
    frequency = next((m for m in shown if m.unit is Unit.count and m.family in ("", "frequency")), None)
    if frequency is not None:
        treated, control = _per_100(frequency)
        noun = "proven reoffence" if treated == "1" else "proven reoffences"
        seen = f"Every 100 people who received the service committed **{treated}** {noun} {period}."
        change = _change_per_100(frequency, findings)
        similar = f"100 similar people would be expected to commit **{control}**."
        passage.item("frequency_per_100", f"{seen} {similar} {change}")
    if rate is None and frequency is None:
        return (
            Passage().say("withheld", "These figures are not shown, because they would concern too few people.").words()
        )
    if {m.family for m in shown} & {"first_class", "count_by_class"}:
        passage.say("classes", CLASSES, new=True)
    _by_family(passage, findings, [m for m in shown if m not in (rate, frequency)])
    return passage.say("rounding", ROUNDING, new="further_per_100" in passage.rules).words()


#: What a measure that is clear only as long as the others are not looked at is told to be, behind "clear only".
ALONE = "by itself, not when all measures are judged together"


def _by_family(passage: Passage, findings: Findings, measures: list[Measure]) -> None:
    """One item for each family: what was seen, and what would be expected of similar people."""
    families: dict[str, list[Measure]] = {}
    for placed in arranged(measures):
        families.setdefault(placed.heading, []).append(placed.measure)
    if families:
        passage.say(
            "further_per_100",
            "Further results for every 100 people who received the service, against what would be expected of 100"
            " similar people:",
            new=True,
        )
    for name, of_family in families.items():
        told = "; ".join(f"{_of_100(m)}: {_seen_per_100(m)}" for m in of_family)
        passage.item("family_per_100", f"**{name}**: {told}. {_clear_of(of_family, findings)}")


def _clear_of(measures: list[Measure], findings: Findings) -> str:
    """Which of a family's differences are clear, also when all measures are judged together, or only by themselves."""
    clear = [m for m in measures if holds(m, findings)]
    alone = [m for m in measures if m.verdict is not Verdict.inconclusive and m not in clear]
    n = len(measures)
    if n == 1:
        how = "clear" if clear else f"clear only {ALONE}"
        return f"This difference is {how if clear or alone else 'not clear'}."
    if not clear and not alone:
        return f"{'Neither' if n == 2 else 'None'} of these differences is clear."
    if len(clear) == n:
        return f"{'Both' if n == 2 else 'All'} of these differences are clear."
    parts = [f"Clear: {listed([_of_100(m) for m in clear])}."] if clear else []
    if alone:
        itself = "itself" if len(alone) == 1 else "themselves"
        which = listed([_of_100(m) for m in alone])
        parts.append(f"Clear only by {itself}, not when all measures are judged together: {which}.")
    return " ".join(parts)


def _seen_per_100(measure: Measure) -> str:
    """Seen and expected: of shares and counts for every 100 people, of days for one person on average."""
    if measure.unit is Unit.days:
        seen, other = values_in_words(measure)
        return f"{seen} each on average, against {other}"
    return "{}, against {}".format(*_per_100(measure))


def _of_100(measure: Measure) -> str:
    """A measure's label in a list for every 100 people: what it is a figure of is said by the list."""
    return _lower_first(plain(measure.label)).removesuffix(" per person").removesuffix(",")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _per_100(measure: Measure) -> tuple[str, str]:
    """Seen and expected for every 100 people; a clear difference is never hidden by rounding."""
    values = measure.treatment_value, expected(measure)
    printed = [numbers.value(x, Unit.share) for x in values]
    if printed[0] == printed[1] and measure.verdict is not Verdict.inconclusive:
        printed = [one_decimal_more(x, Unit.share) for x in values]
    return printed[0].rstrip("%"), printed[1].rstrip("%")


def _change_per_100(measure: Measure, findings: Findings, is_people: bool = False) -> str:
    """The difference for every 100 people, with its range."""
    estimate = measure.headline
    low, high = estimate.ci_low, estimate.ci_high
    decimals = numbers.decimals_for(Unit.share, low, high)
    fine = max(decimals, numbers.decimals_for(Unit.share, estimate.estimate))

    def fewer_or_more(x: float, places: int) -> str:
        return f"{sized(x, Unit.share, places)} {'more' if x > 0 else 'fewer'}"

    best = f"That is {fewer_or_more(estimate.estimate, fine)}" if estimate.estimate else "That is no difference"
    if is_people and 0 < abs(estimate.estimate) < 1 / 100:
        best = f"That is less than one person {'more' if estimate.estimate > 0 else 'fewer'}"
    if verdict_of(estimate) is Verdict.inconclusive:
        parts = [f"as many as {fewer_or_more(x, decimals)}" for x in (low, high) if x]
        return f"{best}, but it could be {', or '.join(parts) or 'none'}: the result is not clear."
    near, far = sorted((low, high), key=abs)
    alone = "" if is_people or holds(measure, findings) else f": clear only {ALONE}"
    spread = f"between {sized(near, Unit.share, decimals)} and {fewer_or_more(far, decimals)}"
    return f"{best}, and likely to be {spread}{alone}."


def range_in_words(findings: Findings, analysis: Analysis | None = None) -> Words:
    """Reoffending with its range, and every other clear difference; the rest by family; what is not shown, and why."""
    analysis = chosen(findings, analysis)
    passage = Passage()
    if not analysis.measures:
        return passage.say("no_outcome", "No outcome was measured.").words()
    shown = [placed.measure for placed in arranged(analysis.measures) if placed.measure.headline is not None]
    full = [m for m in shown if m.family in IN_FULL or holds(m, findings)]
    if full:
        passage.say(
            "confidence_in_words",
            f"A range with {confidence(findings)} confidence is made so that, over many analyses, all but 1 in"
            f" {round(1 / alpha(findings))} hold the true difference.",
            "The reoffending rate decides: it is called clear if its range does not hold zero. Another measure is"
            " called clear if it stays so when all measures are judged together.",
        )
    for measure in full:
        is_clear = measure == analysis.headline_measure or holds(measure, findings)
        passage.item(f"measure_{measure.verdict.value}", f"{compared(measure)} {judged(measure, is_clear)}")
    _many(passage, findings, shown)
    rest = [m for m in shown if m not in full and m.verdict is Verdict.inconclusive]
    if rest:
        families = listed(
            list(dict.fromkeys(_lower_first(named(m) if m.family == "days" else heading(m)) for m in rest))
        )
        are = "is" if len(rest) == 1 else "are"
        shown_rest = "The rest" if len(shown) == len(analysis.measures) else "The rest of what can be shown"
        passage.say(
            "rest_inconclusive",
            f"{shown_rest} {'is' if shown_rest != 'The rest' else are} not clear ({families}). “Every result in tables”"
            " has the ranges.",
            new=True,
        )
    if any(m.base == "reoffenders" for m in shown):
        passage.say(
            "conditional_measures",
            "Measures among people who reoffended compare only those who did so, which is only part of each group, and"
            " these people may differ between the two groups.",
            "They are weaker evidence than measures over everyone.",
            new=bool(rest),
        )
    _missing(passage, analysis)
    return passage.words()


def _missing(passage: Passage, analysis: Analysis) -> None:
    """How many measures are withheld; which, and why, stands beside the table of all measures."""
    n = sum(m.headline is None for m in analysis.measures)
    further = "further " if n < len(analysis.measures) else ""
    if n:
        passage.say(
            "measures_withheld",
            f"{capital(small_number(n))} {further}{'measure is' if n == 1 else 'measures are'} not shown.",
            f"“Every result in tables” names {'it, and the reason' if n == 1 else 'them, and the reasons'}.",
            new=True,
        )


def not_shown_measures(findings: Findings, analysis: Analysis | None = None) -> Words | None:
    """What is withheld, each reason once, and what the register has no records of; None where all is shown."""
    analysis, passage = chosen(findings, analysis), Passage()
    for words in not_shown(analysis.measures):
        passage.item("measure_withheld", ended(f"Not shown, {plain(words)}"))
    lacking = [name for name in lacking_families(findings, analysis) if name]
    if lacking:
        passage.item("measure_lacking", f"Not measured, as the register holds no records of it: {listed(lacking)}.")
    return passage.words() if passage.rules else None


def lacking_families(findings: Findings, analysis: Analysis) -> list[str]:
    """Headings of the measures that were asked for and that the register has nothing to measure by."""
    there = {m.family for m in analysis.measures}
    asked = findings.setting("outcomes", "measures") if there - {""} else ()
    headings = dict.fromkeys(HEADINGS[f] for f in asked if f in HEADINGS and f not in there)
    of_others = {heading(m) for m in analysis.measures}
    return [_lower_first(name) for name in headings if name not in of_others]


def _many(passage: Passage, findings: Findings, shown: list[Measure]) -> None:
    """Further measures that are clear by themselves, but not when all are judged together.

    The one that decides was named beforehand, so that its verdict does not depend on how many others are looked at.
    """
    decides = findings.analyses[0].headline_measure
    lost = [m for m in shown if m.verdict is not Verdict.inconclusive and not holds(m, findings)]
    lost = [m for m in lost if decides is None or m.key != decides.key]
    if not lost:
        return
    itself, names = "itself" if len(lost) == 1 else "themselves", "; ".join(_lower_first(named(m)) for m in lost)
    passage.say(
        "many_measures",
        "The more measures are looked at, the more likely it is that one of them seems clear by chance.",
        f"Clear only by {itself}, and not when all measures are judged together (Holm's adjustment): {names}.",
        new=True,
    )
