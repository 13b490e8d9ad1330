"""Where one request stands, from its stages, what people did with it, and its releases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from .. import numbers
from ..lab import OF_ANALYSIS, STAGES
from ..portfolio import RequestStatus
from ..releases import Release
from ..spec import Reporting
from ..stage import CLOSED, MAIN, PASSED, UNANSWERED
from .criteria import OF_STAGE, criterion_words
from .kinds import REMINDED, RESPONSE, SENT, SIGNED, UNANSWERABLE, WITHDRAWN

Events = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Place:
    """Where a request stands on a day.

    Parameters
    ----------
    status : RequestStatus
    where : str
        Stage and gate, or what is waited for, in words.
    since, due, ended : date or None
    overdue, reminder_due : bool
    criterion : str
        Why it could not be answered, in words.
    version : int
        The latest release; 0 if there is none.
    """

    status: RequestStatus
    where: str
    since: dt.date | None = None
    due: dt.date | None = None
    overdue: bool = False
    reminder_due: bool = False
    criterion: str = ""
    ended: dt.date | None = None
    version: int = 0

    def values(self) -> dict[str, Any]:
        """By the names of the table's columns."""
        return {**vars(self), "status": self.status.value}


def place_of(
    *,
    stages: Mapping[str, Mapping[str, Any]],
    events: Events,
    releases: Sequence[Release],
    settings: Mapping[str, Any],
    received: dt.date | None,
    day: dt.date,
    running: bool,
    reported: str,
    status: str,
) -> Place:
    """Where a request stands, from all that had happened by `day`.

    Parameters
    ----------
    stages, events, reported, status
        As its manifest holds them.
    releases : sequence of Release
        By version.
    settings : dict
        Its specification.
    received : date or None
    day : date
    running : bool
        Whether a process has it under way.
    """
    ended = _ended(stages, events, releases, settings)
    if ended is not None:
        return ended
    by, sent = _latest(events), _latest(events).get(SENT)
    is_signed = any(e["event"] == SIGNED and e.get("of", reported) == reported for e in events)
    state, since = _state(stages, running, status)
    report = _reporting(settings)
    if sent is not None and not _answered(by):
        return _with_organisation(by, report, day, state)
    if sent is not None:
        todo = "to be released" if is_signed else "to be signed off and released"
        where, since = f"response received {numbers.date(_day(by[RESPONSE]))}; {todo}", _day(by[RESPONSE])
        where = f"{where}; {state}" if state and not state.startswith("report made") else where
    elif stages or running:
        where = "signed off; draft to be sent" if is_signed and state.startswith("report made") else state
    else:
        where, since = "not run", received
    of = RequestStatus.in_progress if stages or running else RequestStatus.received
    due = answer_due(settings, received)
    return Place(of, where, since or received, due, due is not None and day > due)


def answer_due(settings: Mapping[str, Any], received: dt.date | None) -> dt.date | None:
    """By when a request is to be answered; None if its settings name no weeks, or it is not known when it came."""
    weeks = _reporting(settings).answer_within_weeks
    return None if weeks is None or received is None else received + dt.timedelta(weeks=weeks)


def _ended(stages: Mapping, events: Events, releases: Sequence[Release], settings: Mapping) -> Place | None:
    """Its end, if it has come to one: published, withdrawn, or not to be answered."""
    version = releases[-1].version if releases else 0
    published = [release for release in releases if release.answered]
    if published:
        last = published[-1]
        words = f"version {last.version}, corrected" if len(published) > 1 else "version 1"
        where, since = words if last.version > 1 else "published", last.released
        return Place(RequestStatus.published, where, since, ended=published[0].released, version=version)
    by = _latest(events)
    if WITHDRAWN in by:
        day = _day(by[WITHDRAWN])
        return Place(RequestStatus.withdrawn, "withdrawn", day, ended=day, version=version)
    of, unanswered = RequestStatus.could_not_be_answered, _unanswered(stages, settings)
    if UNANSWERABLE in by:
        said, day = by[UNANSWERABLE], _day(by[UNANSWERABLE])
        why = criterion_words(said["criterion"], settings)
        return Place(of, "recorded by the lab", day, criterion=why, ended=day, version=version)
    if unanswered is not None:
        stage, why, day = unanswered
        return Place(of, f"ended at {stage}", day, criterion=why, ended=day, version=version)
    if releases:  # its folder was taken away
        day = releases[0].released
        return Place(of, "published", day, criterion="", ended=day, version=version)
    return None


def _unanswered(stages: Mapping[str, Mapping[str, Any]], settings: Mapping) -> tuple[str, str, dt.date | None] | None:
    """The stage at which a run found that nothing can be answered, the criterion in words, and the day."""
    for name in ("intake", "linkage"):
        said = stages.get(name, {})
        if said.get("gate") == UNANSWERED and said.get("status") == "done":
            return name, criterion_words(OF_STAGE[name], settings), _ended_on(said)
    analyses = stages.get("linkage", {}).get("analyses", {})
    passed = [name for name, one in analyses.items() if one["gate"] == PASSED]
    ends = []
    for analysis in passed:
        records = [
            (stage, stages.get(stage if analysis == MAIN else f"{stage}/{analysis}", {})) for stage in OF_ANALYSIS
        ]
        ends += [(stage, said) for stage, said in records if said.get("gate") == UNANSWERED][:1]
    if not passed or len(ends) < len(passed):
        return None
    # analyses that ended at the linkage fell short of the first criterion, the others of that of their stage
    stage_names = [*(["linkage"] if len(passed) < len(analyses) else []), *(stage for stage, _ in ends)]
    words = dict.fromkeys(criterion_words(OF_STAGE[stage], settings) for stage in stage_names)
    days = [day for _, said in ends if (day := _ended_on(said)) is not None]
    return ends[-1][0], "; ".join(words), max(days, default=None)


def _with_organisation(by: Mapping[str, Mapping[str, str]], report: Reporting, day: dt.date, state: str) -> Place:
    """The draft is sent and no response has come: when comments are due, and whether to remind of them."""
    sent, reminded = by[SENT], by.get(REMINDED)
    due = dt.date.fromisoformat(sent["respond_by"])
    overdue, before = day > due, dt.timedelta(days=report.reminder_days_before)
    where = f"draft sent, comments {'overdue since' if overdue else 'due by'} {numbers.date(due)}"
    last = _day(reminded) if reminded is not None and reminded["date"] >= sent["date"] else None
    where += f"; reminded {numbers.date(last)}" if last is not None else ""
    where += f"; {state}" if state and not state.startswith("report made") else ""
    from_day = due - before if last is None else max(due - before, last + max(before, dt.timedelta(days=1)))
    return Place(RequestStatus.with_organisation, where, _day(sent), due, overdue, day >= from_day)


def _answered(by: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a response came to the draft that was sent last."""
    return RESPONSE in by and by[RESPONSE]["date"] >= by[SENT]["date"]


def _state(stages: Mapping[str, Mapping[str, Any]], running: bool, status: str) -> tuple[str, dt.date | None]:
    """How far the run came, in words, and since when."""
    if not stages:
        return "running" if running else "", None
    records = [name for stage in STAGES for name in stages if name.partition("/")[0] == stage]
    for name in records:
        said, words = stages[name], name.replace("/", " of ")
        if said["status"] == "running":
            return f"{words}: {'running' if running else 'interrupted'}", _ended_on(said)
        if said["status"] == "failed":
            why = status if name == records[-1] and status in _STOPPED else "failed"
            return f"{words}: {'running' if running else why}", _ended_on(said)
        if said.get("gate") == CLOSED:
            return f"{words}: a gate is closed", _ended_on(said)
    last = records[-1]
    words = "report made; to be signed off" if last == "report" else f"{last.replace('/', ' of ')}: done"
    return words, _ended_on(stages[last])


#: What a manifest's status says of a run that stopped, beside that it failed.
_STOPPED = ("something in the input is wrong", "interrupted", "a gate is closed")


def _reporting(settings: Mapping[str, Any]) -> Reporting:
    """The settings of its report; the defaults where they are not stated, or not rightly."""
    try:
        return Reporting.model_validate(settings.get("report") or {})
    except ValidationError:
        return Reporting()


def _latest(events: Events) -> dict[str, Mapping[str, str]]:
    """By event, the one recorded last."""
    return {event["event"]: event for event in events}


def _day(event: Mapping[str, str]) -> dt.date:
    return dt.date.fromisoformat(event["date"])


def _ended_on(said: Mapping[str, Any]) -> dt.date | None:
    at = str(said.get("ended") or said.get("started") or "")[:10]
    return dt.date.fromisoformat(at) if at else None
