"""What was seen, measure by measure: for every 100 people, and with the range of each difference."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Estimate, Findings, Measure, Unit, Verdict
from ..plots.families import CLASSES, HEADINGS, arranged, heading, not_shown
from ..wording import Passage, capital, ended, listed, plain, small_number, within
from .design import EITHER_GROUP, concerns_either_group
from .ranges import chosen, compared, expected, holds, judged, named, sized, value_in_words, verdict_of

ROUNDING = "Each figure is rounded by itself, so figures may not add up exactly."
#: Measures that are always told in full, if they are shown; of further ones the clear ones.
IN_FULL = ("", "rate", "frequency", "days")


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
        treated, control = (_per_100(x) for x in (rate.treatment_value, expected(rate)))
        seen = f"Of every 100 people who received the service, **{treated}** committed a proven reoffence {period}."
        change = _change_per_100(rate.headline)
        passage.item("rate_per_100", f"{seen} Of 100 similar people, **{control}** would be expected to. {change}")
    frequency = next((m for m in shown if m.unit is Unit.count and m.family in ("", "frequency")), None)
    if frequency is not None:
        treated, control = (_per_100(x) for x in (frequency.treatment_value, expected(frequency)))
        noun = "proven reoffence" if treated == "1" else "proven reoffences"
        seen = f"Every 100 people who received the service committed **{treated}** {noun} {period}."
        change = _change_per_100(frequency.headline)
        similar = f"100 similar people would be expected to commit **{control}**."
        passage.item("frequency_per_100", f"{seen} {similar} {change}")
    if rate is None and frequency is None:
        return (
            Passage().say("withheld", "These figures are not shown, because they would concern too few people.").words()
        )
    _by_family(passage, [m for m in shown if m not in (rate, frequency)])
    if {m.family for m in shown} & {"first_class", "count_by_class"}:
        passage.say("classes", CLASSES, new=True)
    return passage.say("rounding", ROUNDING, new="further_per_100" in passage.rules).words()


def _by_family(passage: Passage, measures: list[Measure]) -> None:
    """One item for each family: what was seen and, in brackets, what would be expected of similar people."""
    families: dict[str, list[Measure]] = {}
    for placed in arranged(measures):
        families.setdefault(placed.heading, []).append(placed.measure)
    if families:
        passage.say(
            "further_per_100",
            "Further results for every 100 people who received the service, with what would be expected of 100 similar"
            " people in brackets:",
            new=True,
        )
    for name, of_family in families.items():
        told = "; ".join(f"{_of_100(m)}: {_seen_per_100(m)}" for m in of_family)
        clear = [m for m in of_family if m.verdict is not Verdict.inconclusive]
        said = "Each of these differences is clear by itself." if len(of_family) > 1 else "This difference is clear."
        if not clear:
            said = "None of these differences is clear." if len(of_family) > 1 else "This difference is not clear."
        elif len(clear) < len(of_family):
            said = f"Clear by itself: {listed([_of_100(m) for m in clear])}."
        passage.item("family_per_100", f"**{name}**: {told}. {said}")


def _seen_per_100(measure: Measure) -> str:
    """Seen and expected: of shares and counts for every 100 people, of days for one person on average."""
    values = (measure.treatment_value, expected(measure))
    if measure.unit is Unit.days:
        return f"{value_in_words(values[0], measure)} each on average ({value_in_words(values[1], measure)})"
    return "{} ({})".format(*(_per_100(x) for x in values))


def _of_100(measure: Measure) -> str:
    """A measure's label in a list for every 100 people: what it is a figure of is said by the list."""
    return _lower_first(plain(measure.label)).removesuffix(" per person").removesuffix(",")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _per_100(value: float) -> str:
    return numbers.value(value, Unit.share).rstrip("%")


def _change_per_100(estimate: Estimate) -> str:
    """The difference for every 100 people, with its range."""
    low, high = estimate.ci_low, estimate.ci_high
    decimals = numbers.decimals_for(Unit.share, low, high)
    fine = max(decimals, numbers.decimals_for(Unit.share, estimate.estimate))

    def fewer_or_more(x: float, places: int) -> str:
        return f"{sized(x, Unit.share, places)} {'more' if x > 0 else 'fewer'}"

    best = f"That is {fewer_or_more(estimate.estimate, fine)}" if estimate.estimate else "That is no difference"
    if verdict_of(estimate) is Verdict.inconclusive:
        parts = [f"as many as {fewer_or_more(x, decimals)}" for x in (low, high) if x]
        return f"{best}, but it could be {', or '.join(parts) or 'none'}: the result is not clear."
    near, far = sorted((low, high), key=abs)
    return f"{best}, and likely to be between {sized(near, Unit.share, decimals)} and {fewer_or_more(far, decimals)}."


def range_in_words(findings: Findings, analysis: Analysis | None = None) -> Words:
    """Reoffending with its range, and every other clear difference; the rest by family; what is not shown, and why."""
    analysis = chosen(findings, analysis)
    passage = Passage()
    if not analysis.measures:
        return passage.say("no_outcome", "No outcome was measured.").words()
    shown = [placed.measure for placed in arranged(analysis.measures) if placed.measure.headline is not None]
    full = [m for m in shown if m.family in IN_FULL or m.verdict is not Verdict.inconclusive]
    for measure in full:
        is_clear = measure == analysis.headline_measure or holds(measure, findings)
        passage.item(f"measure_{measure.verdict.value}", f"{compared(measure)} {judged(measure, is_clear)}")
    rest = [m for m in shown if m not in full]
    if rest:
        families = listed(list(dict.fromkeys(_lower_first(heading(m)) for m in rest)))
        is_all = len(shown) == len(analysis.measures)
        others = "The other measures are" if is_all else "Of the other measures, all that can be shown are"
        passage.say(
            "rest_inconclusive",
            f"{others} inconclusive ({families}). They stand with their ranges in the table of all measures.",
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
    _many(passage, findings, shown)
    return passage.say("rounding", ROUNDING, new=True).words() if shown else passage.words()


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
    these, names = "this is" if len(lost) == 1 else "these are", "; ".join(_lower_first(named(m)) for m in lost)
    passage.say(
        "many_measures",
        "The more measures are looked at, the more likely it is that one of them seems clear by chance.",
        f"When all of them are judged together (Holm's adjustment), {these} no longer clear: {names}.",
        new=True,
    )
