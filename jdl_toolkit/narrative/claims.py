"""What an organisation can say about its result, and what it cannot."""

from __future__ import annotations

from .. import numbers
from ..document import Inset
from ..findings import Analysis, Findings, PowerSummary, Status, Verdict
from ..wording import Passage, plain, small_number, within
from .alike import is_outside_the_limit, least_alike
from .design import EITHER_GROUP, among_either_group, concerns_either_group, was_blind
from .hidden_bias import failed_placebo
from .many import judged_together
from .power import SMALL, in_hand, is_large, points
from .ranges import (
    chosen,
    confidence,
    holds,
    interval_in_words,
    names,
    printed_values,
    size_in_words,
    values_in_words,
)
from .seen import IN_FULL


def _is_nothing(findings: Findings, analysis: Analysis | None) -> bool:
    """Whether the request or the analysis has no result."""
    return analysis is None or Status.could_not_be_answered in (findings.status, analysis.status)


def can_say(findings: Findings, analysis: Analysis | None = None) -> Inset:
    """Sentences that an organisation may use."""
    analysis, passage = chosen(findings, analysis) if findings.analyses else None, Passage()
    measure = analysis.headline_measure if analysis else None
    service, organisation = names(findings)
    received = f"{service}, provided by {organisation},"
    if _is_nothing(findings, analysis) or measure is None or measure.headline is None:
        what = "analysis" if len(findings.analyses) > 1 else "request"
        passage.item("can_nothing", f"“The Justice Data Lab could not publish a result for this {what}.”")
        return passage.inset("can", "What can be said")
    period = within(analysis.follow_up_months)
    spread = interval_in_words(measure.headline, measure.unit)
    confident = (
        f"“With {confidence(findings)} confidence, the true difference in the share of people who reoffend {period}"
        f"{among_either_group(analysis, ', ')}{',' * concerns_either_group(analysis)} {spread}.”"
    )
    if measure.verdict is Verdict.inconclusive:
        passage.item(
            "can_inconclusive",
            f"“This analysis gives no clear evidence on whether {received} reduced or increased the share of people who"
            f" commit a proven reoffence {period}{among_either_group(analysis, ', ')}.”",
        )
        passage.item("can_range", confident)
        passage.item(*_of_more_people(analysis.power))
    else:
        likely = "less" if measure.verdict is Verdict.reduction else "more"
        passage.item(
            f"can_{measure.verdict.value}",
            f"“This analysis provides evidence that{among_either_group(analysis, ', ')}"
            f"{',' * concerns_either_group(analysis)} {'those' if concerns_either_group(analysis) else 'people'} who"
            f" received {received} were {likely} likely to commit a proven reoffence {period} than similar people who"
            " did not.”",
        )
        passage.item("can_range", confident)
        _one_of_several(passage, findings, analysis)
    _others_can(passage, findings, analysis)
    if failed_placebo(analysis):
        passage.item(
            "can_placebo",
            "Add to each: “A test on the past found a difference between the groups where there should be none.”",
        )
    if not was_blind(findings):
        passage.item(
            "can_matched_again",
            "Add to each: “The groups were made again after outcomes had been opened.”",
        )
    return passage.inset("can", "What can be said")


def _of_more_people(power: PowerSummary | None) -> tuple[str, str]:
    """What more people would do for an unclear result: help, change little, or do nothing."""
    if power is not None:
        if is_large(power):
            return (
                "can_large",
                f"“This analysis had {_a_chance(power)} of showing a reduction of {points(in_hand(power))}.”",
            )
        if power.smallest_detectable_pp > SMALL:
            return "can_floor", (
                f"“With this comparison group, no number of people would be enough for {_a_chance(power)} of showing a"
                f" reduction of less than {points(power.smallest_detectable_pp)}.”"
            )
    return "can_more", "“An analysis of more people may give a clear answer.”"


def _a_chance(power: PowerSummary) -> str:
    """The chance that numbers of people and sizes of a reduction are worked out for."""
    return f"a {numbers.per_cent(power.power)} chance"


def _what_may_be_there(power: PowerSummary | None) -> str:
    """Why an unclear result is not "no effect"; a large analysis was not too small."""
    if power is not None and is_large(power):
        return "a small one may be there, in either direction, as large as the range allows"
    return "an effect may be there that this analysis was too small to show"


def _one_of_several(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    """A clear result of one among several analyses carries their number wherever it is quoted."""
    n = len(findings.analyses)
    if n < 2:
        return
    passage.item("can_one_of_several", f"Add to either: “This is one of {small_number(n)} analyses of this request.”")
    judged_together(passage, findings, analysis, item=True)


def _others_can(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    """Other measures that stay clear when all are judged together; only the first decides the verdict."""
    either = f" And: “It concerns {EITHER_GROUP}.”" if concerns_either_group(analysis) else ""
    for measure in analysis.measures:
        if measure == analysis.headline_measure or not holds(measure, findings):
            continue
        values = values_in_words(measure)
        seen = f"{plain(measure.label)}: {values[0]} for people who received the service"
        text = f"“{seen}, against {values[1]} expected of similar people.”"
        if measure.base == "reoffenders":
            passage.item("can_reoffenders", f"{text} Add: “This concerns only people who reoffended.”{either}")
        else:
            passage.item("can_other", f"{text} Add: “This is one of several measures, and not the main one.”{either}")


def cannot_say(findings: Findings, analysis: Analysis | None = None) -> Inset:
    """Sentences that the analysis does not support, each with the reason."""
    analysis, passage = chosen(findings, analysis) if findings.analyses else None, Passage()
    measure = analysis.headline_measure if analysis else None
    service = names(findings)[0]
    if _is_nothing(findings, analysis) or measure is None or measure.headline is None:
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
            f"“{service} has no effect on reoffending”: {_what_may_be_there(analysis.power)}.",
        )
        passage.item(
            "cannot_claim",
            f"“{service} reduces reoffending” or “{service} increases reoffending”: chance alone could explain the"
            " difference.",
        )
        seen, other = printed_values(measure)
        passage.item(
            "cannot_estimate",
            "“The rates differ, so the service made a difference”: quote the range as well, which includes no"
            " difference."
            if seen != other
            else "“The rates are the same, so the service made no difference”: quote the range as well, which includes"
            " differences both ways.",
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
    if failed_placebo(analysis):
        passage.item(
            "cannot_placebo",
            f"“The two groups were alike before the service”: in “{failed_placebo(analysis)}”, left out for a test,"
            " they differed clearly, and they may differ in other things that are not on record.",
        )
    if is_outside_the_limit(analysis.balance):
        passage.item(
            "cannot_alike",
            f"“The two groups were alike”: they differ by more than the limit in {least_alike(analysis.balance)}, and"
            " the difference in reoffending may come from that.",
        )
    if not was_blind(findings):
        passage.item(
            "cannot_blind",
            "“The comparison was settled before anybody knew the result”: the groups were made again after outcomes had"
            " been opened.",
        )
    whom = "the people who could be analysed"
    if concerns_either_group(analysis):
        whom = f"{EITHER_GROUP}"
        passage.item(
            "cannot_all_treated",
            f"“This is the result for everybody who received the service”: it concerns {EITHER_GROUP}, and those who by"
            " their record were the likeliest to receive the service count for less.",
        )
    passage.item("cannot_everyone", f"“Everybody who uses the service will see this result”: it concerns {whom}.")
    if any(m.base == "reoffenders" and m.headline for m in analysis.measures):
        passage.item(
            "cannot_conditional",
            "“Those who reoffended did so later, or less seriously, because of the service”: measures among people who"
            " reoffended compare only part of each group.",
        )
    if len(analysis.measures) > len(IN_FULL):
        passage.item(
            "cannot_pick",
            "One measure by itself because it looks good: of many measures, some differ by chance. The reoffending rate"
            " is the one that decides.",
        )
    if analysis.subgroups is not None and any(row.headline is not None for row in analysis.subgroups.rows):
        passage.item(
            "cannot_subgroup",
            "“It works for one group and not for another”: one clear and one unclear result do not show a difference"
            " between them.",
        )
    return passage.inset("cannot", "What cannot be said")
