"""What must hold before a report is published, each condition that does not with the command that mends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from .. import numbers
from ..errors import Problem
from ..findings import Findings, small_differences
from ..lab import RequestFolder
from ..manifest import Manifest
from ..releases import Release
from .held import faults_of_findings
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
from .over_findings import as_printed, results_digest

#: Characters of the reason of a correction, which stands on its first page.
LONGEST_REASON = 400


def faults_of_correction(reason: str, day: dt.date, releases: Sequence[Release]) -> list[Problem]:
    """What is wrong with the reason and the day of a version, after those that are published."""
    faults = []
    if releases and not reason:
        what = f"version {releases[-1].version} is published; what replaces it needs a reason"
        faults.append(Problem(what, "--reason", "say what was corrected; the report prints it on its first page"))
    if reason and not releases:
        faults.append(Problem("a first version replaces nothing", "--reason", "leave it out"))
    if len(reason) > LONGEST_REASON:
        faults.append(Problem("the reason is too long", "--reason", f"at most {LONGEST_REASON} characters"))
    if releases and day < releases[-1].released:
        what = f"version {releases[-1].version} was published later, on {numbers.date(releases[-1].released)}"
        faults.append(Problem(what, "--date", "correct the day"))
    return faults


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
    found = _ended(request, manifest)
    found += faults_of_findings(findings, manifest, RequestFolder(manifest.path.parent))
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


def unmet_before_results(
    request: str, manifest: Manifest, *, day: dt.date, without_response: str = ""
) -> list[Problem]:
    """As `unmet_conditions`, of a request without a report: what is missing beside that."""
    events = manifest.values["events"]
    ended = _ended(request, manifest)
    return ended or [*_sign_off(request, "", events), *_review(request, events, day, without_response)]


def _ended(request: str, manifest: Manifest) -> list[Problem]:
    """A person ended it otherwise."""
    fix, problems = f"start it anew, if it is to be published: jdl run {request} --fresh", []
    for event in filter(None, map(manifest.last_event, ENDS)):
        said = f"the request {ENDS[event['event']]} on {numbers.date(_day(event))}"
        problems.append(Problem(said, f"request {request}", fix))
    return problems


def _sign_off(request: str, digest: str, events: Iterable[Mapping[str, str]]) -> list[Problem]:
    """A second analyst, who accepted no balance, signed these very results off."""
    accepted = {folded(e["by"]) for e in events if e["event"] == ACCEPTED}
    signed = [e for e in events if e["event"] == SIGNED and folded(e["by"]) not in accepted]
    if any(e.get("of") == digest for e in signed):
        return []
    what = "the sign-off is of earlier results" if signed else "no second analyst has signed it off"
    who = "another person than who ran it or accepted its balance" if accepted else "another person than who ran it"
    fix = f"let {who} look at it, and record that: jdl record {request} {SIGNED} --by NAME"
    return [Problem(what, f"request {request}", fix)]


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


def unchanged_since(findings: Findings, release: Release, published: Findings) -> list[Problem]:
    """A correction that corrects nothing is none.

    Parameters
    ----------
    findings : Findings
        As they would be published, or as the draft shows them.
    release, published : Release, Findings
        The version that stands.
    """
    if as_printed(findings) != as_printed(published):
        return []
    stands = f"version {release.version} of {numbers.date(release.released)} stands"
    request = findings.request
    fix = f"mend what is wrong with it, run it again (jdl run {request}), have it signed off, and release it then"
    what = f"nothing but the version's number would change: {stands}"
    return [Problem(what, f"request {request}", fix)]


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
