"""Who is in the analysis: who left at which step, what could bring them back, what a request without a result needs."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings, FlowStep
from ..plots.flow import step_label
from ..wording import Passage, capital, listed, plain
from .another_way import OTHER_ANALYSIS, another_way
from .events import REOFFENDED_FIRST, REPEAT_RECORD, large_gap, people_found
from .guide import CAVEATS
from .people import pick, received_in_words
from .titles import records_in_words

#: Share of the records sent above which few were lost.
FEW_LEFT = 0.9


def who_is_in(findings: Findings, analysis: Analysis | None = None) -> Words:
    """Every step from the records received to the people analysed: `who_was_sent` and `who_left`."""
    first, then = who_was_sent(findings, analysis), who_left(findings, analysis)
    if then is None:
        return first
    return Words(f"{first.text}\n\n{then.text}", tuple(dict.fromkeys((*first.rules, *then.rules))))


def who_was_sent(findings: Findings, analysis: Analysis | None = None) -> Words:
    """What was received, and how those who left it are told of."""
    analysis, passage = pick(findings, analysis), Passage()
    if analysis is None or not analysis.flow:
        return passage.say("no_flow", "No record was looked at.").words()
    passage.say(
        "received", f"{capital(plain(findings.organisation.name))} sent {received_in_words(analysis, findings)}."
    )
    left = _left(analysis)
    if left:
        passage.say(
            "left", "Not all of them could be used. Each record is counted once, at the first reason that applies."
        )
    if analysis.matching is not None and any(_way(step, findings) for step in left):
        passage.say(
            "another_way", "Some of those who left could be analysed another way, or later. Where so, it says how."
        )
    return passage.words()


def who_left(findings: Findings, analysis: Analysis | None = None) -> Words | None:
    """Each step at which records left, with what could bring them back, and who remained; None where none was taken.

    Of a request without a result only the steps: `what_would_help` tells what could bring people back.
    """
    analysis, passage, minimum = pick(findings, analysis), Passage(), findings.minimum_cell
    if analysis is None or not analysis.flow:
        return None
    left = _left(analysis)
    for step in left:
        way = _way(step, findings) if analysis.matching is not None else ""
        beside = _beside_the_pool(step, findings, analysis)
        passage.item(
            "step", f"{_excluded(step, minimum)}: {_reason(step, analysis)}{_details(step, minimum)}.{beside}{way}"
        )
    passage.say("remaining", _remaining(analysis, minimum))
    if any(
        s.secondary or s.records_excluded is None or any(d.records is None for d in s.details) for s in analysis.flow
    ):
        passage.say(
            "withheld_counts",
            f"Counts below {minimum} are not shown, so that nobody can be recognised.",
            "Where a small count could be worked out from others, one of those is withheld too.",
        )
    if left and analysis.matching is not None:
        first, last = analysis.flow[0].records_after, analysis.flow[-1].records_after
        many = not (first and last and last > FEW_LEFT * first)
        words = "It is usual to lose many records: strict" if many else "Strict"
        passage.say("why_strict", f"{words} rules keep the two groups comparable.")
    return passage.words()


def _beside_the_pool(step: FlowStep, findings: Findings, analysis: Analysis) -> str:
    """Behind those who reoffended before the service: their share, and that of the pool, where these differ much."""
    shares = large_gap(findings, analysis) if step.code == REOFFENDED_FIRST else None
    if shares is None:
        return ""
    treated, pool = (numbers.value(share, "share") for share in shares)
    return (
        f" That is {treated} of those who were left until then, against {pool} of the people they could have been"
        f" compared with: “{CAVEATS}” says what this may mean."
    )


def _left(analysis: Analysis) -> list[FlowStep]:
    return [step for step in analysis.flow[1:] if step.records_excluded != 0]


def _way(step: FlowStep, findings: Findings) -> str:
    way = another_way(step, findings.setting("cohort", "minimum_analysed"))
    return way and f" **Another way**: {way}"


def _so_far(analysis: Analysis | None) -> str:
    """How many remained, where that may be shown."""
    n = analysis.flow[-1].records_after if analysis is not None and analysis.flow else None
    return "" if n is None else f"; this time, {numbers.count_(n)} did"


def what_would_help(findings: Findings, analysis: Analysis | None = None) -> Words:
    """When and how a request without a result could be answered: what is needed, and what could bring people back."""
    analysis, passage = pick(findings, analysis), Passage()
    needed = numbers.count_(findings.setting("cohort", "minimum_analysed"))
    passage.say(
        "needed",
        f"An analysis needs at least {needed} people who remain after every step and can be compared with others"
        f"{_so_far(analysis)}. A new request can be made once there are likely to be so many. These would help:",
    )
    passage.item(
        "more_people",
        "**More people**: send those of further years, areas or providers together with the ones sent now.",
    )
    minimum_analysed = findings.setting("cohort", "minimum_analysed")
    steps = analysis.flow[1:] if analysis is not None else ()
    left = [s for s in steps if another_way(s, minimum_analysed)]
    for step in sorted(left, key=lambda s: -(s.records_excluded or 0)):
        who = f"**{_excluded(step, findings.minimum_cell)}** ({plain(step_label(step.code, step.label))})"
        passage.item("could_help", f"{who}: {another_way(step, minimum_analysed)}")
    return passage.words()


def _remaining(analysis: Analysis, minimum: int) -> str:
    first, last = analysis.flow[0], analysis.flow[-1]
    people = numbers.plural(last.records_after, "person", "people", minimum)
    if last.records_after is None and "records_after" in last.secondary:
        return "How many people remained in the end is not shown, as a small count could be worked out from it."
    was = "" if analysis.matching is None else " and was analysed" if last.records_after == 1 else " and were analysed"
    shares = []
    if first.records_after and last.records_after:
        shares.append(f"{_part(last.records_after, first.records_after)} of the records sent")
    found = people_found(analysis)
    if found and last.records_after:
        of = f"{numbers.count_(found)} different people found with a conviction"
        shares.append(f"{_part(last.records_after, found)} of the {of}")
    share = f" ({', '.join(shares)})" if shares else ""
    return f"In the end, {people} remained{was}{share}."


def _part(n: int, total: int) -> str:
    """A share of people in per cent, never 100% of which some are missing."""
    printed = numbers.per_cent(n / total)
    return "almost all" if printed == "100%" and n < total else printed


def _reason(step: FlowStep, analysis: Analysis) -> str:
    """Why records left at a step; for those of other analyses, which records this one takes."""
    label = plain(step_label(step.code, step.label))
    takes = records_in_words(analysis) if step.code == OTHER_ANALYSIS else ""
    return f"{label} (this analysis takes {takes})" if takes else label


def _excluded(step: FlowStep, minimum: int) -> str:
    """Records up to the step that leaves one record of each person, people after it."""
    people = step.code is not None and step.code > REPEAT_RECORD
    if step.records_excluded is None and "records_excluded" in step.secondary:
        return f"A withheld number of {'people' if people else 'records'}"
    nouns = ("person", "people") if people else ("record", "records")
    return capital(numbers.plural(step.records_excluded, *nouns, minimum))


#: How the label of a remark on some of those who left begins.
_REMARK = "of which "


def _details(step: FlowStep, minimum: int) -> str:
    """The parts of those who left, and remarks on some of them; parts of parts are for the table.

    A single part that is all of them says nothing more than the reason, and small parts are named together.
    """
    labels = [d.label for d in step.details]
    told = [d for d in step.details if not any(d.label.startswith(f"{other}: ") for other in labels)]
    shown = [d for d in told if d.records]
    if len(shown) == 1 and shown[0].records == step.records_excluded or [d.records for d in told] == [None]:
        return ""
    remarks = [d for d in shown if d.label.startswith(_REMARK)]
    told = [d for d in told if not d.label.startswith(_REMARK)]
    parts = [f"{plain(d.label)}: {numbers.count_(d.records)}" for d in shown if d not in remarks]
    for names, value in (
        ([plain(d.label) for d in told if d.records is None and not d.secondary], f"fewer than {minimum}"),
        ([plain(d.label) for d in told if d.records is None and d.secondary], numbers.WITHHELD),
    ):
        if names:
            parts.append(f"{listed(names)}: {value}{' each' if len(names) > 1 and value != numbers.WITHHELD else ''}")
    parts += [f"{numbers.count_(d.records)} of these {plain(d.label).removeprefix(_REMARK)}" for d in remarks]
    return f" ({'; '.join(parts)})" if parts else ""
