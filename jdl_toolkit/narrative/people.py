"""What was done, with whom, and who left on the way, in words."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings, FlowStep, Status
from ..plots.flow import step_label
from ..wording import Passage, capital, ended, listed, period, plain, quoted, within
from .another_way import OTHER_ANALYSIS, another_way
from .design import concerns_either_group, is_matched, was_blind
from .events import REPEAT_RECORD, disposals_in_words, event, is_delay_drawn, people_found
from .titles import is_named, records_in_words, title_in_words

#: What the organisation was asked about its service, beside what it is -> how its answer is introduced.
ANSWERS = {
    "where_received": "Where people received it",
    "referral_route": "How people came to it",
    "selection": "How people were chosen",
    "date_meaning": "What the dates mean",
}


def _pick(findings: Findings, analysis: Analysis | None) -> Analysis | None:
    return analysis if analysis is not None else next(iter(findings.analyses), None)


def what_was_done(findings: Findings, analysis: Analysis | None = None) -> Words:
    """The whole analysis in a few sentences, before any detail."""
    analysis, passage = _pick(findings, analysis), Passage()
    organisation, service = plain(findings.organisation.name), plain(findings.service.name)
    received = _received(analysis, findings)
    register_note(passage, findings)
    passage.say(
        "received",
        f"{capital(organisation)} sent the Justice Data Lab {received} of people who received {service}.",
        new=True,
    )
    _described(passage, findings)
    if analysis is None:
        return passage.words()
    if is_named(findings, analysis):
        records = records_in_words(analysis)
        takes = f" It takes {records}." if records else ""
        passage.say(
            "which_analysis", f"This report is about the analysis **{title_in_words(analysis)}**.{takes}", new=True
        )
    passage.say(
        "searched",
        "We looked for each person sent to us on the register, which holds people's convictions and sentences.",
        new="described" in passage.rules or "which_analysis" in passage.rules,
    )
    events, window = (
        disposals_in_words(analysis.index_disposals, analysis.release_types),
        period(analysis.start_within_months),
    )
    if findings.setting("cohort", "route") == "custody":
        passage.say(
            "kept_custody",
            f"We kept people who started the service while serving a sentence of custody, at any time in that sentence,"
            f" before {events}, so that what they did afterwards can be followed.",
        )
    else:
        passage.say("kept_community", f"We kept people who started the service less than {window} after {events}.")
    if analysis.index_from and analysis.index_to:
        begin, end = numbers.month(analysis.index_from), numbers.month(analysis.index_to)
        passage.say("index_period", f"These {event(analysis, plural=True)} were between {begin} and {end}.")
    if Status.could_not_be_answered in (findings.status, analysis.status) or analysis.matching is None:
        passage.say("stopped", "The analysis ended there, without a result.", new=True)
        return passage.words()
    _compared(passage, analysis)
    waiting = f"in the {period(analysis.proving_months)} after it" if analysis.proving_months else ""
    passage.say(
        "outcome",
        "Then we compared how many in each group committed a proven reoffence: an offence"
        f" {within(analysis.follow_up_months)} of the {event(analysis)}, proved by a conviction, caution, reprimand"
        f" or warning {listed([x for x in ('in that time', waiting) if x], 'or')}.",
    )
    _blind(passage, findings)
    return passage.words()


def _compared(passage: Passage, analysis: Analysis) -> None:
    """With whom people were compared: each with people like them, or all with a group that was weighted."""
    others = f"people who {_same_kind(analysis)} in the same period"
    if is_matched(analysis):
        passage.say(
            "compared",
            f"Each of those who remained in the end was compared with {others}, who did not receive the service, and"
            " who were similar in age, criminal history and everything else that was matched on.",
            new=True,
        )
        return
    weighted = "the people of both groups" if concerns_either_group(analysis) else "these"
    passage.say(
        "compared_by_weights",
        f"Those who remained in the end were compared, as a group, with {others} and who did not receive the service."
        f" Some of {weighted} count for more than others, so that the two groups are similar in age, criminal history"
        " and everything else that was taken into account.",
        new=True,
    )
    if concerns_either_group(analysis):
        passage.say(
            "compared_either_group",
            "Those count most who, by their record, might have been in either group, and the result concerns such"
            " people.",
        )


def register_note(passage: Passage, findings: Findings) -> None:
    """What a reader must know of this register first, if anything."""
    note = plain(findings.provenance.register_note)
    if note:
        passage.say("register_note", f"**About the records**: {ended(capital(note))}")


def _described(passage: Passage, findings: Findings) -> None:
    """The service in the organisation's own words, as far as it was asked and answered."""
    answers = {key: quoted(answer) for key, answer in findings.answers.items() if plain(answer)}
    if not answers.keys() & {"service_description", *ANSWERS}:
        return
    description = answers.get("service_description")
    words = f"describes the service so: {description}" if description else "says of the service:"
    passage.say("described", f"The organisation {words}", new=True)
    for key, introduction in ANSWERS.items():
        if key in answers:
            passage.item(f"described_{key}", f"{introduction}: {answers[key]}")
    passage.say("described_by_them", "These are the organisation's own words; we have not checked them.", new=True)


def _same_kind(analysis: Analysis) -> str:
    """Whom the pool holds: people with index events of the same kinds."""
    kinds = "kind" if len(analysis.index_disposals) == 1 else "kinds"
    return {
        "sentence": f"had the same {kinds} of sentence",
        "release": "were released from custody",
        "sentence or release": f"had the same {kinds} of sentence or release",
    }[event(analysis)]


def _blind(passage: Passage, findings: Findings) -> None:
    first = "" if was_blind(findings) else "first "
    looked = f"Reoffending in the follow-up was not looked at before the comparison group was {first}settled"
    if findings.setting("cohort", "route") == "custody":
        passage.say("blind", f"{looked}.")
    elif is_delay_drawn(findings):
        passage.say(
            "blind_but_for_delay",
            f"{looked}, except to leave out people of both groups who reoffended before the service started (for the"
            " comparison group: before a start drawn for them).",
        )
    else:
        passage.say("blind_but_for_start", f"{looked}, except to leave out those who reoffended before the service.")
    if first:
        passage.say("not_blind", "It was settled anew after outcomes had been opened.")


def _received(analysis: Analysis | None, findings: Findings) -> str:
    first = analysis.flow[0] if analysis and analysis.flow else None
    if first is None or first.records_after is None:
        return "records"
    return numbers.plural(first.records_after, "record", "records", findings.minimum_cell)


# --- the flow --------------------------------------------------------------------------------------------------------


def who_is_in(findings: Findings, analysis: Analysis | None = None) -> Words:
    """Every step from the records received to the people analysed, and who could be analysed another way or later."""
    analysis, passage, minimum = _pick(findings, analysis), Passage(), findings.minimum_cell
    if analysis is None or not analysis.flow:
        return passage.say("no_flow", "No record was looked at.").words()
    passage.say("received", f"{capital(plain(findings.organisation.name))} sent {_received(analysis, findings)}.")
    left = [s for s in analysis.flow[1:] if s.records_excluded != 0]
    if left:
        passage.say(
            "left", "Not all of them could be used. A record is counted once, at the first reason that applies:"
        )
    for step in left:
        passage.item("step", f"{_excluded(step, minimum)}: {_reason(step, analysis)}{_details(step, minimum)}.")
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
        passage.say("why_strict", "It is usual to lose many records: strict rules keep the two groups comparable.")
    another_way(passage, analysis, minimum, findings.setting("cohort", "minimum_analysed"))
    return passage.words()


def _remaining(analysis: Analysis, minimum: int) -> str:
    first, last = analysis.flow[0], analysis.flow[-1]
    people = numbers.plural(last.records_after, "person", "people", minimum)
    if last.records_after is None and "records_after" in last.secondary:
        return "How many people remained in the end is not shown, as a small count could be worked out from it."
    was = "" if analysis.matching is None else " and was analysed" if last.records_after == 1 else " and were analysed"
    shares = []
    if first.records_after and last.records_after:
        shares.append(f"{numbers.per_cent(last.records_after / first.records_after)} of the records sent")
    found = people_found(analysis)
    if found and last.records_after:
        of = f"{numbers.count_(found)} different people found with a conviction"
        shares.append(f"{numbers.per_cent(last.records_after / found)} of the {of}")
    share = f" ({', '.join(shares)})" if shares else ""
    return f"In the end, {people} remained{was}{share}."


def _reason(step: FlowStep, analysis: Analysis) -> str:
    """Why records left at a step; for those of other analyses, which records this one takes."""
    label = plain(step_label(step.code, step.label))
    takes = records_in_words(analysis) if step.code == OTHER_ANALYSIS else ""
    return f"{label} (this analysis takes {takes})" if takes else label


def _excluded(step: FlowStep, minimum: int) -> str:
    """Records up to the step that leaves one record of each person, people after it."""
    people = step.code is not None and step.code > REPEAT_RECORD
    if step.records_excluded is None and "records_excluded" in step.secondary:
        return f"A number of {'people' if people else 'records'} that is withheld"
    nouns = ("person", "people") if people else ("record", "records")
    return capital(numbers.plural(step.records_excluded, *nouns, minimum))


def _details(step: FlowStep, minimum: int) -> str:
    """The parts of those who left, and remarks on some of them; parts of parts are for the table.

    A single part that is all of them says nothing more than the reason, and small parts are named together.
    """
    labels = [d.label for d in step.details]
    told = [d for d in step.details if not any(d.label.startswith(f"{other}: ") for other in labels)]
    shown = [d for d in told if d.records]
    if len(shown) == 1 and shown[0].records == step.records_excluded or [d.records for d in told] == [None]:
        return ""
    told = [d for d in told if d.records is not None or not d.label.startswith("of which ")]
    parts = [f"{plain(d.label)}: {numbers.count_(d.records)}" for d in shown]
    for names, value in (
        ([plain(d.label) for d in told if d.records is None and not d.secondary], f"fewer than {minimum}"),
        ([plain(d.label) for d in told if d.records is None and d.secondary], numbers.WITHHELD),
    ):
        if names:
            parts.append(f"{listed(names)}: {value}{' each' if len(names) > 1 and value != numbers.WITHHELD else ''}")
    return f" ({'; '.join(parts)})" if parts else ""
