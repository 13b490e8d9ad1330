"""Who was analysed and whom they were compared with, in words."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, BalanceRow, Findings, FlowStep, Status
from ..wording import Passage, capital, ended, listed, period, plain, small_number, within

#: Reason code after which every person has one record.
REPEAT_RECORD = 4
#: How many of the least alike characteristics are named.
NAMED = 3


def disposals_in_words(codes: tuple[str, ...]) -> str:
    """Kinds of index disposal: ``a community order or a suspended sentence order``; custody is a release."""
    names = ["a release from custody" if code == "custody" else _a(code.replace("_", " ")) for code in codes]
    return listed(names, "or")


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _pick(findings: Findings, analysis: Analysis | None) -> Analysis | None:
    return analysis if analysis is not None else next(iter(findings.analyses), None)


def what_was_done(findings: Findings, analysis: Analysis | None = None) -> Words:
    """The whole analysis in a few sentences, before any detail."""
    analysis, passage = _pick(findings, analysis), Passage()
    organisation, service = plain(findings.organisation.name), plain(findings.service.name)
    received = _received(analysis, findings)
    passage.say(
        "received", f"{capital(organisation)} sent the Justice Data Lab {received} of people who received {service}."
    )
    if analysis is None:
        return passage.words()
    passage.say(
        "searched", "We looked for each of them on the register, which holds people's convictions and sentences."
    )
    events, window = disposals_in_words(analysis.index_disposals), period(analysis.start_within_months)
    if findings.setting("cohort", "route") == "custody":
        passage.say(
            "kept_custody",
            f"We kept people who received the service before {events}, so that what they did afterwards can be"
            " followed.",
        )
    else:
        passage.say("kept_community", f"We kept people who started the service less than {window} after {events}.")
    if analysis.index_from and analysis.index_to:
        begin, end = numbers.month(analysis.index_from), numbers.month(analysis.index_to)
        passage.say("index_period", f"These sentences or releases were between {begin} and {end}.")
    if findings.status is Status.could_not_be_answered or analysis.matching is None:
        passage.say("stopped", "The analysis ended there, without a result.", new=True)
        return passage.words()
    passage.say(
        "compared",
        "Each of them was compared with people who had the same kind of sentence or release in the same period, who did"
        " not receive the service, and who were similar in age, criminal history and everything else that the records"
        " tell.",
        new=True,
    )
    waiting = f"in the {period(analysis.proving_months)} after it" if analysis.proving_months else ""
    passage.say(
        "outcome",
        "Then we compared how many in each group committed a proven reoffence: an offence"
        f" {within(analysis.follow_up_months)} of the sentence or release, proved by a conviction, caution, reprimand"
        f" or warning {listed([x for x in ('in that time', waiting) if x], 'or')}.",
    )
    passage.say("blind", "Nobody looked at reoffending before the comparison group was settled.")
    return passage.words()


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
        passage.item("step", f"{_excluded(step, minimum)}: {plain(step.label)}{_details(step, minimum)}.")
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
    _another_way(passage, left)
    return passage.words()


def _remaining(analysis: Analysis, minimum: int) -> str:
    first, last = analysis.flow[0], analysis.flow[-1]
    people = numbers.plural(last.records_after, "person", "people", minimum)
    if last.records_after is None and "records_after" in last.secondary:
        people = "the other people"
    was = "" if analysis.matching is None else " and was analysed" if last.records_after == 1 else " and were analysed"
    share = ""
    if first.records_after and last.records_after:
        share = f": {numbers.per_cent(last.records_after / first.records_after)} of the records that were sent"
    return f"In the end, {people} remained{was}{share}."


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
    if len(shown) == 1 and shown[0].records == step.records_excluded:
        return ""
    parts = [f"{plain(d.label)}: {numbers.count_(d.records)}" for d in shown]
    for names, value in (
        ([plain(d.label) for d in told if d.records is None and not d.secondary], f"fewer than {minimum}"),
        ([plain(d.label) for d in told if d.records is None and d.secondary], numbers.WITHHELD),
    ):
        if names:
            parts.append(f"{listed(names)}: {value}{' each' if len(names) > 1 and value != numbers.WITHHELD else ''}")
    return f" ({'; '.join(parts)})" if parts else ""


def _another_way(passage: Passage, left: list[FlowStep]) -> None:
    """What would bring people back; repeat records lose nobody."""
    could = [s for s in left if s.could and s.code != REPEAT_RECORD]
    if not could:
        return
    passage.say("another_way", "Some of these people could be analysed another way, or later:", new=True)
    for step in could:
        passage.item("another_way", f"{capital(plain(step.label))}. {capital(ended(plain(step.could)))}")


# --- balance ---------------------------------------------------------------------------------------------------------


def how_alike(findings: Findings, analysis: Analysis | None = None) -> Words:
    """How alike the two groups are in what the records tell, before and after matching; the least alike named."""
    analysis, passage = _pick(findings, analysis), Passage()
    balance = analysis.balance if analysis else None
    if balance is None:
        return passage.say(
            "no_balance", "No comparison group was made, so there is nothing to compare it with."
        ).words()
    green, amber = (numbers.number(findings.setting("balance", k), factor=100) for k in ("green_up_to", "amber_up_to"))
    n_rows = len(balance.rows) + balance.n_withheld
    passage.say(
        "ruler",
        f"The two groups were compared on {numbers.plural(n_rows, 'characteristic', 'characteristics')} before any"
        " outcome was known.",
        "Each difference is measured in per cent of a standard deviation, which is the usual spread among people.",
        f"Up to {green} is close (green), up to {amber} is acceptable (amber), and more is too far apart (red).",
    )
    before = max((abs(r.smd_before) for r in balance.rows), default=None)
    if before is not None:
        passage.say(
            "before",
            f"Before matching, the largest difference was {_smd(before)}. After matching, it is"
            f" {_smd(abs(balance.worst))}.",
            new=True,
        )
    passage.say(*_lights(n_rows, balance.n_amber, balance.n_red))
    worst = sorted(balance.rows, key=lambda r: (-abs(r.smd_after), r.covariate, r.level))[:NAMED]
    if worst:
        names = [f"{_name(r)} ({_smd(abs(r.smd_after))})" for r in worst]
        passage.say("least_alike", f"The least alike {'is' if len(names) == 1 else 'are'} {listed(names)}.")
    if balance.accepted_reason:
        by = f" by {plain(balance.accepted_by)}" if balance.accepted_by else ""
        passage.say(
            "accepted",
            f"**The balance is outside the limit and was accepted{by}**, for this reason:"
            f" {ended(plain(balance.accepted_reason))}",
            new=True,
        )
    elif not balance.passed:
        passage.say("not_accepted", "**The groups are not alike enough for a fair comparison.**", new=True)
    passage.say(
        "only_recorded", "Being alike in what is on record does not make two groups alike in everything.", new=True
    )
    return passage.words()


def _lights(n_rows: int, n_amber: int, n_red: int) -> tuple[str, str]:
    if n_amber == n_red == 0:
        return "all_green", f"All {n_rows} are green." if n_rows != 1 else "It is green."
    verb = {n: "is" if n == 1 else "are" for n in (n_amber, n_red)}
    amber = f"{small_number(n_amber)} {verb[n_amber]} amber" if n_amber else ""
    red = f"{small_number(n_red)} {verb[n_red]} red" if n_red else ""
    rule = "some_red" if n_red else "some_amber"
    return rule, f"Of the {n_rows}, {listed([x for x in (amber, red) if x])}; the rest are green."


def _name(row: BalanceRow) -> str:
    name = plain(row.covariate).removesuffix(" (log of 1 + number)").removesuffix(" (years)")
    return f"{name}: {plain(row.level)}" if row.level else name


def _smd(value: float) -> str:
    return f"{numbers.number(value, 1, factor=100)}%"
