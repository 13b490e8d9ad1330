"""What must hold before a report is published, each condition that does not with the command that mends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from .. import numbers
from ..errors import Problem
from ..findings import Findings, small_differences
from ..manifest import Manifest
from ..releases import Release
from .kinds import (
    ACCEPTED,
    ENDS,
    REPORTED,
    RESPONSE,
    SENT,
    SIGNED,
    WARNINGS,
    folded,
)
from .over_findings import results_digest


def unmet_conditions(
    findings: Findings,
    manifest: Manifest,
    *,
    day: dt.date,
    warnings: Sequence[str] = (),
    without_response: str = "",
) -> list[Problem]:
    """What stands in the way of publishing a report, but for its stages, its files and its earlier versions.

    Parameters
    ----------
    findings : Findings
        Those on disk.
    manifest : Manifest
    day : date
        Of publication.
    warnings : sequence of str
        What a person must have looked at.
    without_response : str
        Why it is published before the organisation has answered and before its weeks are over.
    """
    request, digest = findings.request, results_digest(findings)
    where, events = f"request {request}", manifest.values["events"]
    found = []
    if findings.exploratory:
        found.append(
            Problem("its results are exploratory", where, f"run it as it was asked for: jdl run {request} --fresh")
        )
    for event in filter(None, map(manifest.last_event, ENDS)):
        said = f"the request {ENDS[event['event']]} on {numbers.date(_day(event))}"
        found.append(Problem(said, where, f"start it anew, if it is to be published: jdl run {request} --fresh"))
    if manifest.values.get(REPORTED) != digest:
        found.append(Problem("the report does not show the results as they are", where, f"jdl run {request}"))
    found += _sign_off(request, digest, events)
    found += _review(request, events, day, without_response)
    looked = any(e["event"] == WARNINGS and e.get("of") == digest for e in events)
    if warnings and not looked:
        what = "\n  ".join(["nobody has recorded that these warnings were looked at:", *warnings])
        found.append(Problem(what, where, f"jdl record {request} '{WARNINGS}' --by NAME --reason TEXT"))
    last = max((e for e in events if e["event"] in (SIGNED, SENT, RESPONSE)), key=lambda e: e["date"], default=None)
    if last is not None and _day(last) > day:
        what = f"{numbers.date(day)} is before the event '{last['event']}', of {numbers.date(_day(last))}"
        found.append(Problem(what, "--date", "correct the day"))
    return found


def _sign_off(request: str, digest: str, events: Iterable[Mapping[str, str]]) -> list[Problem]:
    """A second analyst, who accepted no balance, signed these very results off."""
    accepted = {folded(e["by"]) for e in events if e["event"] == ACCEPTED}
    signed = [e for e in events if e["event"] == SIGNED and folded(e["by"]) not in accepted]
    if any(e.get("of") == digest for e in signed):
        return []
    what = "the sign-off is of earlier results" if signed else "no second analyst has signed it off"
    fix = f"jdl record {request} {SIGNED} --by NAME"
    return [Problem(what, f"request {request}", f"{fix} (not who accepted its balance)" if accepted else fix)]


def _review(request: str, events: Iterable[Mapping[str, str]], day: dt.date, without_response: str) -> list[Problem]:
    """The organisation had the draft, and has answered or has had its weeks."""
    last = {event["event"]: event for event in events}
    sent, response, where = last.get(SENT), last.get(RESPONSE), f"request {request}"
    if sent is None:
        fix = f"send it, and record that: jdl record {request} '{SENT}' --by NAME"
        return [Problem("its draft was not sent to the organisation", where, fix)]
    due = dt.date.fromisoformat(sent["respond_by"])
    if day > due or without_response or (response is not None and response["date"] >= sent["date"]):
        return []
    what = f"the organisation has not answered, and has until {numbers.date(due)}"
    fix = (
        f"jdl record {request} '{RESPONSE}' --by NAME --text-file FILE; or say why not to wait: --without-response TEXT"
    )
    return [Problem(what, where, fix)]


def differences_from_published(findings: Findings, earlier: Iterable[tuple[Release, Findings]]) -> list[Problem]:
    """Counts that, laid beside those of an earlier version, would tell of a few people; nobody can allow them."""
    problems = []
    for release, published in earlier:
        told = dict.fromkeys(difference.words for difference in small_differences(published, findings))
        if told:
            what = f"beside version {release.version}, which is published, it would tell of a few people:"
            fix = "correct it so that no count differs by so few, or leave the published version as it is"
            problems.append(Problem("\n  ".join([what, *told]), f"request {findings.request}", fix))
    return problems


def _day(event: Mapping[str, str]) -> dt.date:
    return dt.date.fromisoformat(event["date"])
