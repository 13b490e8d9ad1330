"""What an organisation can say about its result, and what it cannot."""

from __future__ import annotations

from .. import numbers
from ..document import Inset
from ..findings import Analysis, Findings, Status, Verdict
from ..wording import Passage, plain, within
from .ranges import chosen, confidence, expected, interval_in_words, names, size_in_words


def can_say(findings: Findings, analysis: Analysis | None = None) -> Inset:
    """Sentences that an organisation may use."""
    analysis, passage = chosen(findings, analysis) if findings.analyses else None, Passage()
    measure = analysis.headline_measure if analysis else None
    service, organisation = names(findings)
    received = f"{service}, provided by {organisation},"
    if findings.status is not Status.reported or measure is None or measure.headline is None:
        passage.item("can_nothing", "“The Justice Data Lab could not publish a result for this request.”")
        return passage.inset("can", "What can be said")
    period = within(analysis.follow_up_months)
    spread = interval_in_words(measure.headline, measure.unit)
    confident = (
        f"“The true difference in the share of people who reoffend {period} {spread}, with {confidence(findings)}"
        " confidence.”"
    )
    if measure.verdict is Verdict.inconclusive:
        passage.item(
            "can_inconclusive",
            f"“This analysis gives no clear evidence on whether {received} reduced or increased the share of people who"
            f" commit a proven reoffence {period}.”",
        )
        passage.item("can_range", confident)
        passage.item("can_more", "“An analysis of more people may give a clear answer.”")
    else:
        likely = "less" if measure.verdict is Verdict.reduction else "more"
        passage.item(
            f"can_{measure.verdict.value}",
            f"“This analysis provides evidence that people who received {received} were {likely} likely to commit a"
            f" proven reoffence {period} than similar people who did not.”",
        )
        passage.item("can_range", confident)
    _others_can(passage, analysis)
    return passage.inset("can", "What can be said")


def _others_can(passage: Passage, analysis: Analysis) -> None:
    for measure in analysis.measures:
        if measure == analysis.headline_measure or measure.headline is None or measure.verdict is Verdict.inconclusive:
            continue
        values = [numbers.value(x, measure.unit) for x in (measure.treatment_value, expected(measure))]
        seen = f"{plain(measure.label)}: {values[0]} for people who received the service"
        text = f"“{seen}, against {values[1]} expected for similar people.”"
        if measure.base == "reoffenders":
            passage.item("can_reoffenders", f"{text} Add: “This concerns only people who reoffended.”")
        else:
            passage.item("can_other", text)


def cannot_say(findings: Findings, analysis: Analysis | None = None) -> Inset:
    """Sentences that the analysis does not support, each with the reason."""
    analysis, passage = chosen(findings, analysis) if findings.analyses else None, Passage()
    measure = analysis.headline_measure if analysis else None
    service = names(findings)[0]
    if findings.status is not Status.reported or measure is None or measure.headline is None:
        passage.item(
            "cannot_anything",
            f"“{service} reduces reoffending”, “{service} increases reoffending” or “{service} has no effect”.",
        )
        passage.item(
            "cannot_failure", "“The service failed”: no result was published, which says nothing about the service."
        )
        return passage.inset("cannot", "What cannot be said")
    points = size_in_words(measure.headline, measure.unit)
    if measure.verdict is Verdict.inconclusive:
        passage.item(
            "cannot_no_effect",
            f"“{service} has no effect on reoffending”: an effect may be there that this analysis was too small to"
            " show.",
        )
        passage.item(
            "cannot_claim",
            f"“{service} reduces reoffending” or “{service} increases reoffending”: chance alone could explain the"
            " difference.",
        )
        passage.item(
            "cannot_estimate",
            "“The rates differ, so the service made a difference”: quote the range as well, which includes no"
            " difference.",
        )
    else:
        opposite = "increases" if measure.verdict is Verdict.reduction else "reduces"
        change = "reduction" if measure.verdict is Verdict.reduction else "increase"
        passage.item(
            "cannot_opposite", f"“{service} {opposite} reoffending” or “{service} has no effect on reoffending”."
        )
        passage.item(
            "cannot_exact",
            f"“{service} changed reoffending by exactly {points}”: this is a best estimate, and the range belongs"
            " to it.",
        )
        passage.item(
            "cannot_cause",
            f"“The {change} is certainly due to {service}”: people may differ in ways that are on no record.",
        )
    passage.item(
        "cannot_everyone",
        "“Everybody who uses the service will see this result”: it concerns the people who could be analysed.",
    )
    if any(m.base == "reoffenders" and m.headline for m in analysis.measures):
        passage.item(
            "cannot_conditional",
            "“Those who reoffended did so later, or less seriously, because of the service”: measures among people who"
            " reoffended compare only part of each group.",
        )
    return passage.inset("cannot", "What cannot be said")
