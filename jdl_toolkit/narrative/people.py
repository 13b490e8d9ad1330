"""What was done, and with whom, in words."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings, Status
from ..wording import Passage, capital, ended, listed, period, plain, quoted, within
from .alike import apart_in_profile, is_outside_the_limit, level_in_profile
from .design import concerns_either_group, is_matched, was_blind
from .events import disposals_in_words, event, is_delay_drawn
from .titles import is_named, records_in_words, title_in_words

#: What the organisation was asked about its service, beside what it is -> how its answer is introduced.
ANSWERS = {
    "where_received": "Where people received it",
    "referral_route": "How people came to it",
    "selection": "How people were chosen",
    "date_meaning": "What the dates mean",
}


def pick(findings: Findings, analysis: Analysis | None) -> Analysis | None:
    """The analysis asked for, else the first, if there is any."""
    return analysis if analysis is not None else next(iter(findings.analyses), None)


def what_was_done(findings: Findings, analysis: Analysis | None = None) -> Words:
    """The whole analysis in a few sentences, before any detail."""
    analysis, passage = pick(findings, analysis), Passage()
    organisation, service = plain(findings.organisation.name), plain(findings.service.name)
    received = received_in_words(analysis, findings)
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
    _alike(passage, findings, analysis)
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


def _alike(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    """Whether the two groups came out as alike as the limit asks."""
    balance = analysis.balance
    if balance is None:
        return
    if is_outside_the_limit(balance):
        passage.say(
            "alike_not", "**The two groups are less alike in what is on record than the limit asks.**", new=True
        )
        return
    n = numbers.plural(len(balance.rows) + balance.n_withheld, "point", "points")
    apart = apart_in_profile(findings, analysis)
    if apart:
        passage.say(
            "alike_but_for_detail",
            f"The two groups were compared on {n}, and on none of these are they further apart than this analysis"
            " allows.",
            f"But in detail that was not compared they are less alike: for example, {level_in_profile(apart[0])}.",
        )
        return
    passage.say(
        "alike",
        f"The two groups came out alike in what was compared: {n} from the records, and on none of them are they"
        " further apart than this analysis allows.",
    )


def received_in_words(analysis: Analysis | None, findings: Findings) -> str:
    """How many records the organisation sent: ``1,246 records``."""
    first = analysis.flow[0] if analysis and analysis.flow else None
    if first is None or first.records_after is None:
        return "records"
    return numbers.plural(first.records_after, "record", "records", findings.minimum_cell)
