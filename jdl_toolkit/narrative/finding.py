"""The result in words: each sentence chosen by a rule, from the interval, the counts and the gates, never typed.

A result is a reduction, an increase or inconclusive by whether the headline interval crosses zero. An inconclusive
result is never called "no effect": the words say what it rules out and what the analysis could have found. Every number
is rounded from the unrounded value in the findings. Other passages are in the sister modules; all are offered
by the package.
"""

from __future__ import annotations

import re
from decimal import Decimal

from .. import numbers
from ..document import Inset
from ..findings import Analysis, Findings, Measure, Status, Verdict
from ..wording import Passage, capital, ended, listed, plain, small_number, within
from .alike import accepted_imbalance
from .another_way import in_another, most_frequent_reason
from .design import EITHER_GROUP, among_either_group, concerns_either_group, say_matched_again
from .explored import say_explored
from .hidden_bias import failed_placebo
from .power import power_sentence
from .ranges import (
    compared,
    conditional,
    confidence,
    difference_in_words,
    expected,
    holds,
    interval_in_words,
    named,
    names,
    printed_values,
    ruled_out,
    sized,
)
from .titles import is_named, title_in_words

#: How many other measures with a clear result the finding tells in full; the rest are named.
TOLD = 3


# --- the finding -----------------------------------------------------------------------------------------------------


def headline_sentence(analysis: Analysis) -> str:
    """The finding in one plain sentence."""
    measure = analysis.headline_measure
    if analysis.status is Status.could_not_be_answered:
        return f"This analysis could not be answered: {ended(plain(analysis.reason or NO_REASON))}"
    if measure is None:
        return "No outcome was measured."
    if measure.headline is None or measure.treatment_value is None:
        return ended(f"The result cannot be shown: {measure.why_not or 'it was withheld'}")
    rates = printed_values(measure)
    period = within(analysis.follow_up_months)
    spread = interval_in_words(measure.headline, measure.unit)
    if measure.verdict is Verdict.inconclusive:
        start = (
            f"It is not clear whether the service changed reoffending{among_either_group(analysis)}: {rates[0]} of the"
            " people who received it reoffended"
        )
        return f"{start} {period}, against {rates[1]} expected of similar people, and the true difference {spread}."
    often = "less often" if measure.verdict is Verdict.reduction else "more often"
    people = "Among {}, those" if concerns_either_group(analysis) else "People"
    start = f"{people.format(EITHER_GROUP)} who received the service reoffended {often} than similar people who did not"
    return f"{start}: {rates[0]} {period}, against {rates[1]} expected, and the true difference {spread}."


def finding(findings: Findings, analysis: Analysis | None = None) -> Inset:
    """The finding: what was seen, how sure it is, and, if inconclusive, what is ruled out and what could be found."""
    analysis = analysis if analysis is not None else next(iter(findings.analyses), None)
    if analysis is None or is_unanswered(findings, analysis):
        return _unanswered(findings, analysis)
    measure = analysis.headline_measure
    if measure is None or measure.headline is None or measure.treatment_value is None:
        why = (measure.why_not if measure else None) or "no outcome was measured"
        passage = _opening(findings, analysis).say("withheld", ended(f"The result cannot be shown: {why}"))
        return passage.inset("finding", "The result is not shown")
    passage = _opening(findings, analysis)
    _rates(passage, findings, analysis, measure)
    _rounding(passage, measure)
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
        f"This is evidence that{among_either_group(analysis)}{',' * concerns_either_group(analysis)}"
        f" {'those' if concerns_either_group(analysis) else 'people'} who received the service were {seldom} likely to"
        " reoffend than similar people who did not receive it.",
        new=True,
    )
    _placebo_failed(passage, analysis)
    say_matched_again(passage, findings)
    accepted_imbalance(passage, analysis.balance)
    _others(passage, findings, analysis)
    return passage.inset(
        "finding", f"Reoffending was {'lower' if lower else 'higher'} among people who received the service"
    )


NO_REASON = "the minimum criteria for an analysis were not met"


def is_unanswered(findings: Findings, analysis: Analysis) -> bool:
    """Whether an analysis, or the whole request, could not be answered."""
    return Status.could_not_be_answered in (findings.status, analysis.status)


def _opening(findings: Findings, analysis: Analysis) -> Passage:
    """A passage that says which analysis it is about, where there are several, and what was changed by hand."""
    passage = Passage()
    say_explored(passage, findings)
    if is_named(findings, analysis):
        passage.say("which_analysis", f"This is about the analysis **{title_in_words(analysis)}**.", new=True)
    return passage


def _unanswered(findings: Findings, analysis: Analysis | None) -> Inset:
    passage = Passage() if analysis is None else _opening(findings, analysis)
    given = (analysis.reason if analysis is not None else None) or findings.reason or NO_REASON
    what = "analysis" if len(findings.analyses) > 1 else "request"
    passage.say("could_not_be_answered", ended(capital(plain(given))))
    passage.say("no_outcome", "No result was computed, so nothing can be said about the service, good or bad.")
    most = most_frequent_reason(analysis, findings) if analysis is not None else None
    if most is not None and most.could:
        passage.say("most_left", f"Most often, people left for this reason: {ended(plain(most.label))}", new=True)
        passage.say("could_bring_back", in_another(most))
    else:
        passage.say(
            "send_more",
            "We recommend sending more people, for example those of further years, when they are available.",
            new=True,
        )
    return passage.inset("finding", f"This {what} could not be answered")


def _rates(passage: Passage, findings: Findings, analysis: Analysis, measure: Measure) -> None:
    """What was seen in both groups; of overlap weights first whom the figures concern."""
    service, organisation = names(findings)
    treated, others = printed_values(measure)
    group = numbers.plural(measure.n_treatment, "person", "people", findings.minimum_cell)
    reoffended = f"committed a proven reoffence {within(analysis.follow_up_months)}"
    if concerns_either_group(analysis):
        passage.say(
            "either_group",
            f"**This result concerns {EITHER_GROUP}, not everybody who received the service**: of the {group} who"
            f" received {service} from {organisation}, those count for more who by their record were less"
            " likely to receive it.",
        )
        passage.say("rates", f"Counted so, **{treated}** of them {reoffended}.")
        passage.say(
            "rates",
            f"Of similar people who did not receive it, counted in the same way, **{others}** would be expected to.",
        )
        return
    passage.say(
        "rates",
        f"Of {group} who received {service} from {organisation} and could be compared, **{treated}** {reoffended}.",
    )
    passage.say("rates", f"Of similar people who did not receive it, **{others}** would be expected to.")


def _rounding(passage: Passage, measure: Measure) -> None:
    """A note where the rates as printed do not differ by the difference as printed."""
    if expected(measure) is None:
        return
    rates = [Decimal(re.sub("[,%]", "", x).replace(numbers.MINUS, "-")) for x in printed_values(measure)]
    estimate = measure.headline
    decimals = numbers.decimals_for(measure.unit, estimate.ci_low, estimate.ci_high)
    fine = max(decimals, numbers.decimals_for(measure.unit, estimate.estimate))
    difference = Decimal(sized(estimate.estimate, measure.unit, fine).replace(",", ""))
    if abs(rates[0] - rates[1]) == difference:
        return
    if rates[0] == rates[1]:
        words = "Each figure is rounded by itself: the two are alike only once they are rounded."
    else:
        words = "Each figure is rounded by itself, so the difference below is not quite that of these two."
    passage.say("rounding", words)


def _placebo_failed(passage: Passage, analysis: Analysis) -> None:
    """Beside the finding: that the groups differ in what the service cannot have changed."""
    what = failed_placebo(analysis)
    if what:
        passage.say(
            "placebo_failed",
            f"**A test on the past failed**: a clear difference between the groups was found in “{what}”, left out of"
            " the comparison for this test, which the service cannot have changed. So part of what is reported here may"
            " come from differences between the groups that are not on record. “What if something is not on record?”"
            " has the figures.",
            new=True,
        )


def _inconclusive(findings: Findings, analysis: Analysis, measure: Measure, passage: Passage) -> Inset:
    difference = difference_in_words(measure.headline, measure.unit)
    passage.say(
        "inconclusive",
        f"The best estimate of the difference is {difference}, but chance alone could explain it."
        if measure.headline.estimate
        else "The best estimate is no difference, which does not mean that there is none.",
        new=True,
    )
    passage.say(
        "inconclusive",
        "This analysis cannot tell whether the service reduced reoffending, increased it, or left it as it"
        f" was{among_either_group(analysis)}.",
    )
    excluded = ruled_out(measure.headline, measure.unit)
    passage.say(
        "ruled_out",
        f"The true difference {interval_in_words(measure.headline, measure.unit)}.",
        f"With {confidence(findings)} confidence, this rules out {excluded}.",
        new=True,
    )
    _placebo_failed(passage, analysis)
    say_matched_again(passage, findings)
    accepted_imbalance(passage, analysis.balance)
    passage.say(*power_sentence(analysis.power, among_either_group(analysis)), new=True)
    _others(passage, findings, analysis)
    return passage.inset("finding", "The result is inconclusive")


def _others(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    """Other measures with a clear result ([S4]: some services changed the frequency of reoffending, not the rate).

    Those that are clear only as long as they are looked at one by one are named, without their figures.
    """
    shown = [m for m in analysis.measures if m.headline and m != analysis.headline_measure]
    others = [m for m in shown if m.verdict in (Verdict.reduction, Verdict.increase)]
    clear = sorted((m for m in others if holds(m, findings)), key=lambda m: m.base != "everyone")
    if clear:
        few = f"{small_number(len(clear))} other measure{'' if len(clear) == 1 else 's'}"
        many = (
            few
            if len(shown) <= TOLD
            else f"{small_number(len(clear))} of the {small_number(len(shown))} other measures"
        )
        show = "shows" if len(clear) == 1 else "show"
        passage.say(
            "others_clear",
            f"{capital(many)} {show} a clear difference, also when all measures are judged together.",
            new=True,
        )
    for measure in clear[:TOLD]:
        rule = "other_measure_reoffenders" if measure.base == "reoffenders" else "other_measure"
        passage.item(rule, " ".join(filter(None, [compared(measure), conditional(measure)])))
    if clear[TOLD:]:
        passage.item("others_clear_named", f"And: {_listed(clear[TOLD:])}.")
    lost = [m for m in others if m not in clear]
    if lost:
        itself, it = ("itself", "it") if len(lost) == 1 else ("themselves", "them")
        passage.say(
            "others_lost",
            f"Clear only by {itself}, and not when all measures are judged together, so that chance may explain {it}:"
            f" {_listed(lost)}.",
            new=True,
        )


def _listed(measures: list[Measure]) -> str:
    labels = [named(m) for m in measures]
    return listed([label[:1].lower() + label[1:] for label in labels])
