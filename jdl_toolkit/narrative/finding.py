"""The result in words: each sentence chosen by a rule, from the interval, the counts and the gates, never typed.

A result is a reduction, an increase or inconclusive by whether the headline interval crosses zero. An inconclusive
result is never called "no effect": the words say what it rules out and what the analysis could have found. Every number
is rounded from the unrounded value in the findings. Other passages are in the sister modules; all are offered
by the package.
"""

from __future__ import annotations

from .. import numbers
from ..document import Inset, Words
from ..findings import Analysis, Estimate, Findings, Measure, Status, Unit, Verdict
from ..wording import Passage, capital, ended, plain, small_number, within
from .certainty import power_sentence
from .ranges import (
    chosen,
    compared,
    conditional,
    confidence,
    difference_in_words,
    expected,
    interval_in_words,
    judged,
    names,
    ruled_out,
    verdict_of,
)

ROUNDING = "Each figure is rounded by itself, so figures may not add up exactly."


# --- the finding -----------------------------------------------------------------------------------------------------


def headline_sentence(analysis: Analysis) -> str:
    """The finding in one plain sentence."""
    measure = analysis.headline_measure
    if measure is None:
        return "No outcome was measured."
    if measure.headline is None or measure.treatment_value is None:
        return ended(f"The result cannot be shown: {measure.why_not or 'it was withheld'}")
    rates = [numbers.value(x, measure.unit) for x in (measure.treatment_value, expected(measure))]
    period = within(analysis.follow_up_months)
    spread = interval_in_words(measure.headline, measure.unit)
    if measure.verdict is Verdict.inconclusive:
        start = (
            f"It is not clear whether the service changed reoffending: {rates[0]} of the people who received it"
            " reoffended"
        )
        return f"{start} {period}, against {rates[1]} expected of similar people, and the true difference {spread}."
    often = "less often" if measure.verdict is Verdict.reduction else "more often"
    start = f"People who received the service reoffended {often} than similar people who did not"
    return f"{start}: {rates[0]} {period}, against {rates[1]} expected, and the true difference {spread}."


def finding(findings: Findings, analysis: Analysis | None = None) -> Inset:
    """The finding: what was seen, how sure it is, and, if inconclusive, what is ruled out and what could be found."""
    if findings.status is Status.could_not_be_answered or not findings.analyses:
        return _unanswered(findings)
    analysis = chosen(findings, analysis)
    measure = analysis.headline_measure
    if measure is None or measure.headline is None or measure.treatment_value is None:
        why = (measure.why_not if measure else None) or "no outcome was measured"
        return (
            Passage()
            .say("withheld", ended(f"The result cannot be shown: {why}"))
            .inset("finding", "The result is not shown")
        )
    passage = Passage()
    service, organisation = names(findings)
    rates = [numbers.value(x, measure.unit) for x in (measure.treatment_value, expected(measure))]
    group = numbers.plural(measure.n_treatment, "person", "people", findings.minimum_cell)
    reoffended = f"**{rates[0]}** committed a proven reoffence {within(analysis.follow_up_months)}"
    passage.say("rates", f"Of {group} who received {service} from {organisation} and could be compared, {reoffended}.")
    passage.say("rates", f"Of similar people who did not receive it, **{rates[1]}** would be expected to.")
    if measure.verdict is Verdict.inconclusive:
        return _inconclusive(findings, analysis, measure, passage)
    lower = measure.verdict is Verdict.reduction
    passage.say(
        "conclusive_interval",
        f"The best estimate of the difference is {difference_in_words(measure.headline, measure.unit)}.",
        f"We can be {confidence(findings)} confident that the true difference"
        f" {interval_in_words(measure.headline, measure.unit)}.",
        new=True,
    )
    seldom = "less" if lower else "more"
    passage.say(
        "conclusive_reduction" if lower else "conclusive_increase",
        f"This is evidence that people who received the service were {seldom} likely to reoffend than they would"
        " otherwise have been.",
        new=True,
    )
    _others(passage, analysis)
    return passage.inset(
        "finding", f"Reoffending was {'lower' if lower else 'higher'} among people who received the service"
    )


def _unanswered(findings: Findings) -> Inset:
    passage = Passage()
    reason = ended(capital(plain(findings.reason or "the minimum criteria for an analysis were not met")))
    passage.say("could_not_be_answered", f"This request could not be answered. {reason}")
    passage.say("no_outcome", "No result was computed, so nothing can be said about the service, good or bad.")
    passage.say(
        "send_more",
        "We recommend sending more people, for example those of further years, when they are available.",
        new=True,
    )
    return passage.inset("finding", "This request could not be answered")


def _inconclusive(findings: Findings, analysis: Analysis, measure: Measure, passage: Passage) -> Inset:
    difference = difference_in_words(measure.headline, measure.unit)
    passage.say(
        "inconclusive",
        f"The best estimate of the difference is {difference}, but chance alone could explain it.",
        new=True,
    )
    passage.say(
        "inconclusive",
        "This analysis cannot tell whether the service reduced reoffending, increased it, or left it as it was.",
    )
    excluded = ruled_out(measure.headline, measure.unit)
    passage.say(
        "ruled_out",
        f"The true difference {interval_in_words(measure.headline, measure.unit)}.",
        f"So, with {confidence(findings)} confidence, {excluded} can be ruled out.",
        new=True,
    )
    passage.say(*power_sentence(analysis.power), new=True)
    _others(passage, analysis)
    return passage.inset("finding", "The result is inconclusive")


def _others(passage: Passage, analysis: Analysis) -> None:
    """Other measures with a clear result ([S4]: some services changed the frequency of reoffending, not the rate)."""
    clear = [m for m in analysis.measures if m.headline and m.verdict in (Verdict.reduction, Verdict.increase)]
    clear = [m for m in clear if m != analysis.headline_measure]
    if clear:
        many = (
            "One other measure shows" if len(clear) == 1 else f"{capital(small_number(len(clear)))} other measures show"
        )
        passage.say("others_clear", f"{many} a clear difference.", new=True)
    for measure in clear:
        rule = "other_measure_reoffenders" if measure.base == "reoffenders" else "other_measure"
        passage.say(rule, *filter(None, [compared(measure), conditional(measure)]))


# --- what was seen, for other readers --------------------------------------------------------------------------------


def for_every_100(findings: Findings, analysis: Analysis | None = None) -> Words:
    """The rate, and the frequency if it is shown, for every 100 people."""
    analysis = chosen(findings, analysis)
    passage, period = Passage(), within(analysis.follow_up_months)
    shown = [m for m in analysis.measures if m.headline and m.treatment_value is not None and m.base == "everyone"]
    rate = next((m for m in shown if m == analysis.headline_measure), None)
    if rate is not None:
        treated, control = (_per_100(x) for x in (rate.treatment_value, expected(rate)))
        seen = f"Of every 100 people who received the service, **{treated}** committed a proven reoffence {period}."
        change = _change_per_100(rate.headline)
        passage.item("rate_per_100", f"{seen} Of 100 similar people, **{control}** would be expected to. {change}")
    frequency = next((m for m in shown if m.unit is Unit.count), None)
    if frequency is not None:
        treated, control = (_per_100(x) for x in (frequency.treatment_value, expected(frequency)))
        noun = "proven reoffence" if treated == "1" else "proven reoffences"
        seen = f"Every 100 people who received the service committed **{treated}** {noun} {period}."
        change = _change_per_100(frequency.headline)
        similar = f"100 similar people would be expected to commit **{control}**."
        passage.item("frequency_per_100", f"{seen} {similar} {change}")
    if not passage.rules:
        return passage.say(
            "withheld", "These figures are not shown, because they would concern too few people."
        ).words()
    return passage.say("rounding", ROUNDING).words()


def _per_100(value: float) -> str:
    return numbers.value(value, Unit.share).rstrip("%")


def _change_per_100(estimate: Estimate) -> str:
    """The difference for every 100 people, with its range."""
    low, high = estimate.ci_low, estimate.ci_high
    decimals = numbers.decimals_for(Unit.share, low, high)
    fine = max(decimals, numbers.decimals_for(Unit.share, estimate.estimate))

    def fewer_or_more(x: float, places: int) -> str:
        return f"{numbers.points(abs(x), places)} {'more' if x > 0 else 'fewer'}"

    best = f"That is {fewer_or_more(estimate.estimate, fine)}" if estimate.estimate else "That is no difference"
    if verdict_of(estimate) is Verdict.inconclusive:
        parts = [f"as many as {fewer_or_more(x, decimals)}" for x in (low, high) if x]
        return f"{best}, but it could be {', or '.join(parts) or 'none'}: the result is not clear."
    near, far = sorted((low, high), key=abs)
    return f"{best}, and likely to be between {numbers.points(abs(near), decimals)} and {fewer_or_more(far, decimals)}."


def range_in_words(findings: Findings, analysis: Analysis | None = None) -> Words:
    """Every measure with its range; withheld ones with the reason; what is said about many measures at once."""
    analysis = chosen(findings, analysis)
    passage = Passage()
    for measure in analysis.measures:
        if measure.headline is None:
            passage.item(
                "measure_withheld",
                ended(f"{plain(measure.label)}: not shown, because {measure.why_not or 'it was withheld'}"),
            )
        else:
            rule = f"measure_{measure.verdict.value}"
            passage.item(rule, f"{compared(measure)} {judged(measure)}")
    if not analysis.measures:
        return passage.say("no_outcome", "No outcome was measured.").words()
    if any(m.base == "reoffenders" and m.headline for m in analysis.measures):
        passage.say(
            "conditional_measures",
            "Measures among people who reoffended compare only those who did so, and these may differ between the two"
            " groups.",
            "They are weaker evidence than measures over everyone.",
        )
    alpha = 1 - findings.setting("inference", "confidence")
    lost = [m for m in analysis.measures if m.holm_p is not None and m.holm_p >= alpha > m.headline.p_value]
    if lost:
        unclear = "; ".join(plain(m.label) for m in lost)
        passage.say(
            "many_measures",
            "The more measures are looked at, the more likely it is that one of them seems clear by chance.",
            f"When all of them are judged together (Holm's adjustment), these are no longer clear: {unclear}.",
            new=True,
        )
    return passage.say("rounding", ROUNDING, new=True).words()
