"""What people do with a request: accept a balance, sign its report off, send the draft, receive comments, end it.

Events stand in the request's manifest. Those of the report are laid over its findings when the report is made, so that
after one of them the report alone is made anew, and the same events give the same bytes. The organisation's response is
free text from outside: it is kept among the restricted files, and only the leak check lets it into the findings.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import numbers
from ..blinding import MatchingLog, record_name, saved_digest
from ..errors import GateClosed, JDLError, Problem
from ..findings import Findings
from ..lab import Lab
from ..manifest import Manifest, alone
from ..markup import clean
from ..releases import Release, read_releases
from ..result import write_atomically
from ..spec import RequestSpec
from ..stage import MAIN, PASSED, RequestFolder, open_folder, read_closing
from .criteria import Criterion, criterion_words
from .days import faults_of_date
from .held import faults_of_findings
from .kinds import (
    ACCEPTED,
    ENDS,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_RESPONSE,
    MOST_DIGITS,
    OF_ANALYSIS,
    OPENED,
    REMINDED,
    REPORTED,
    RESPONSE,
    SENT,
    SIGNED,
    UNANSWERABLE,
    WARNINGS,
    WITH_REASON,
    WITHDRAWN,
    folded,
    in_words,
)
from .naming import faults_of_reason
from .over_findings import results_digest


def record_event(
    lab: Lab,
    request: str | RequestSpec,
    outputs: Path,
    event: str,
    by: str,
    *,
    today: dt.date,
    analysis: str = MAIN,
    reason: str = "",
    date: dt.date | None = None,
    text_file: Path | None = None,
    criterion: str = "",
) -> dict[str, str]:
    """Put one event of a request on record.

    Parameters
    ----------
    lab : Lab
    request : str or RequestSpec
        Id or YAML path of the request, or what it asks for.
    outputs : Path
        Folder of all outputs.
    event : str
        One of `EVENTS`.
    by : str
        Who did it.
    today : date
    analysis : str
        Which analysis, of an accepted balance or opened outcomes.
    reason : str
    date : date, optional
        The day of the event. Default: `today`.
    text_file : Path, optional
        The organisation's response, as plain text in UTF-8.
    criterion : str
        Why it could not be answered: a `Criterion`.

    Returns
    -------
    dict
        The event as the manifest holds it, with the day on which it was ``recorded``: a draft that was sent has
        ``respond_by``.

    Raises
    ------
    JDLError
        If the event cannot be, as it stands or after those before it; all faults at once.
    GateClosed
        If outcomes are to be opened that must stay closed, or the results to be signed off or sent are not the run's.
    """
    spec = request if isinstance(request, RequestSpec) else lab.spec(request)
    folder = RequestFolder(outputs / spec.request)
    by, reason, date = " ".join(clean(by).split()), " ".join(clean(reason).split()), date or today
    if event not in ENDS:
        Manifest.read(folder.manifest_file)  # a request that was never run can be ended, and nothing else
    with alone(outputs, spec.request):
        open_folder(lab, spec, outputs)  # what a run would refuse is refused here
        manifest = Manifest.read(folder.manifest_file)
        problems = [
            *faults_of_words(event, by, reason),
            *_faults_of_options(event, analysis, text_file, criterion),
            *faults_of_date(event, date, today, spec, manifest.values["stages"]),
            *_faults_of_order(event, by, date, manifest, folder),
            *_faults_of_publication(event, read_releases(outputs, spec.request)),
            *faults_of_reason(lab, spec, folder, reason),
        ]
        if problems:
            raise JDLError(problems)
        more = {"recorded": today.isoformat()}  # beside the day that it is said to be of
        if event == ACCEPTED:
            _require_open_balance(folder, spec.request, analysis)
        elif event == OPENED:
            more |= _open_by_hand(folder, manifest, spec.request, analysis)
        elif event in (SIGNED, WARNINGS):
            more["of"] = _digest_to_sign(folder, manifest)
        elif event == SENT:
            _digest_to_sign(folder, manifest)
            more["respond_by"] = (date + dt.timedelta(weeks=spec.report.draft_weeks)).isoformat()
        elif event == RESPONSE:
            more["text"] = _keep_response(folder, text_file)
        elif event == UNANSWERABLE:
            more["criterion"] = criterion
        if event in ENDS:
            manifest.values["status"] = event
        manifest.record_event(event, by, reason, date.isoformat(), analysis, **more)
        return manifest.values["events"][-1]


def recorded_in_words(request: str, said: Mapping[str, str]) -> str:
    """What was recorded, and what to do next."""
    of = "" if said["analysis"] == MAIN else f" (analysis {said['analysis']})"
    words = f"Recorded for {request}{of}: {said['event']} on {in_words(said['date'])}, by {said['by']}."
    if said["event"] in (REMINDED, WARNINGS):
        return words
    if said["event"] == OPENED:
        was = " They were open before." if said["were_open"] == "yes" else ""
        return f"{words}{was} A match made after this is marked as such."
    if said["event"] == UNANSWERABLE:
        return f"{words} Criterion: {criterion_words(said['criterion'])}. Nothing more is to be done."
    if said["event"] == ACCEPTED:
        return f"{words} Run the request again to go on."
    due = f" Comments are due by {in_words(said['respond_by'])}." if "respond_by" in said else ""
    return f"{words}{due} Run the request again: only its report is made anew."


def faults_of_words(event: str, by: str, reason: str, places: tuple[str, str] = ("--by", "--reason")) -> list[Problem]:
    """What is wrong with who did it and why; `places`: where the two are said."""
    place, place_of_reason = places
    faults = [] if by else [Problem("nobody is named", place, "say who it was")]
    faults += [Problem("the name is too long", place, f"at most {LONGEST_NAME} characters")] * (len(by) > LONGEST_NAME)
    if sum(c.isdigit() for c in by) > MOST_DIGITS:  # the report prints it, and the leak check lets the whole name pass
        faults.append(Problem("the name holds a number", place, "give the name alone"))
    if event in WITH_REASON and not reason:
        fix = "say why; the report prints it" if event in (ACCEPTED, WITHDRAWN) else "say why"
        faults.append(Problem(f"{event} needs a reason", place_of_reason, fix))
    if len(reason) > LONGEST_REASON:
        faults.append(Problem("the reason is too long", place_of_reason, f"at most {LONGEST_REASON:,} characters"))
    return faults


def _faults_of_options(event: str, analysis: str, text_file: Path | None, criterion: str) -> list[Problem]:
    faults = []
    if event == UNANSWERABLE and criterion not in set(Criterion):
        what = f"there is no criterion `{criterion}`" if criterion else "the criterion is missing"
        faults.append(Problem(what, "--criterion", f"use one of: {', '.join(Criterion)}"))
    if event != UNANSWERABLE and criterion:
        faults.append(Problem(f"{event} has no criterion", "--criterion", f"give it with '{UNANSWERABLE}' alone"))
    if event == RESPONSE and text_file is None:
        faults.append(Problem("the response is missing", "--text-file", "name the file that holds its plain text"))
    if event != RESPONSE and text_file is not None:
        faults.append(Problem(f"{event} has no text", "--text-file", f"give it with '{RESPONSE}' alone"))
    if event not in OF_ANALYSIS and analysis != MAIN:
        fix = "leave the option out: the event is of the whole request"
        faults.append(Problem(f"{event} is of no single analysis", "--analysis", fix))
    return faults


def _faults_of_order(event: str, by: str, date: dt.date, manifest: Manifest, folder: RequestFolder) -> list[Problem]:
    where = f"request {manifest.values['request']}"
    sent = manifest.last_event(SENT)
    end = next((said for said in map(manifest.last_event, ENDS) if said is not None), None)
    again = end is not None and event == end["event"] and _same(by, {end["by"]})
    if end is not None and not again:
        what = f"the request {ENDS[end['event']]} on {in_words(end['date'])}; nothing more can be recorded"
        return [Problem(what, where, "start the request anew, with `jdl run --fresh`")]
    if event in (SIGNED, SENT, WARNINGS) and not folder.report.is_dir():
        return [Problem("there is no report yet", where, f"run it first: jdl run {manifest.values['request']}")]
    if event == SIGNED and _same(by, {e["by"] for e in manifest.values["events"] if e["event"] == ACCEPTED}):
        what = "who accepted its balance cannot sign it off"
        return [Problem(what, where, "let a second analyst look at it")]
    if event == ACCEPTED and _same(by, {e["by"] for e in manifest.values["events"] if e["event"] == SIGNED}):
        return [Problem("who signed it off cannot accept its balance", where, "let another analyst decide")]
    if event in (RESPONSE, REMINDED) and sent is None:
        return [Problem("no draft was sent yet", where, f"record first when it was, with '{SENT}'")]
    if event in (RESPONSE, REMINDED) and date.isoformat() < sent["date"]:
        name = "response came" if event == RESPONSE else "reminder went out"
        what = f"the {name} before the draft was sent, on {in_words(sent['date'])}"
        return [Problem(what, "--date", "correct one of the two days")]
    return []


def _faults_of_publication(event: str, releases: list[Release]) -> list[Problem]:
    """What is published stays: no request is ended in another way afterwards."""
    if event not in ENDS or not any(release.answered for release in releases):
        return []
    what = f"its report was published on {numbers.date(releases[-1].released)}"
    fix = "publish a correction, which is a further version: jdl release --reason TEXT"
    return [
        Problem(
            f"{what}; it cannot be {event.replace('could not be answered', 'left unanswered')}",
            f"request {releases[-1].request}",
            fix,
        )
    ]


def _same(name: str, others: set[str]) -> bool:
    return folded(name) in map(folded, others)


def _digest_to_sign(folder: RequestFolder, manifest: Manifest) -> str:
    """Digest of the results that the report in place shows, which a sign-off is of.

    Raises
    ------
    GateClosed
        If they are not those that the run made.
    JDLError
        If results were made since, which no report shows yet.
    """
    findings = Findings.read(folder.findings_file)
    digest, faults = results_digest(findings), faults_of_findings(findings, manifest, folder)
    if faults:
        raise GateClosed(faults)
    if manifest.values.get(REPORTED, digest) != digest:
        fix = f"run it first: jdl run {manifest.values['request']}"
        raise JDLError("the report is of earlier results", f"request {manifest.values['request']}", fix)
    return digest


def _require_analysis(folder: RequestFolder, request: str, analysis: str) -> None:
    known = list(read_closing(folder, "linkage").get("analyses", {}))
    if known and analysis not in known:
        fix = f"say which with --analysis: {', '.join(known)}"
        raise JDLError(f"there is no analysis `{analysis}`", f"request {request}", fix)


def _open_by_hand(folder: RequestFolder, manifest: Manifest, request: str, analysis: str) -> dict[str, str]:
    """Log that outcomes are opened by hand, and say with which sample, and whether they were open before.

    Raises
    ------
    GateClosed
        If the request's own match has not passed its gate, or is not the one that was recorded.
    """
    _require_analysis(folder, request, analysis)
    where, said = f"request {request}", read_closing(folder, "matching", analysis)
    if said["gate"] != PASSED:
        fix = f"run it until its match has passed: jdl run {request} --until matching"
        raise GateClosed(f"outcomes stay closed: its matching is {said['gate']}. {said['reason']}".strip(), where, fix)
    sample = manifest.stage(record_name("matching", analysis)).get("sample")
    if sample is None or sample != saved_digest(folder.of_analysis(analysis)):
        what = "outcomes stay closed: the matched sample is not the one that was recorded when it was matched"
        raise GateClosed(what, where, f"match anew from the start: jdl run {request} --fresh")
    log = MatchingLog(folder.restricted)
    were_open = "yes" if log.entries(OPENED, analysis) else "no"
    log.add(OPENED, analysis, "by hand", sample=sample)
    return {"sample": sample, "were_open": were_open}


def _require_open_balance(folder: RequestFolder, request: str, analysis: str) -> None:
    _require_analysis(folder, request, analysis)
    where = f"request {request}"
    said = read_closing(folder, "matching", analysis)
    if said["gate"] == PASSED and not said["reason"]:
        raise JDLError("its balance is within the limits, so there is nothing to accept", where, "run it as it is")


def _keep_response(folder: RequestFolder, file: Path) -> str:
    """Keep the text among the restricted files under the name of its digest, and return that name."""
    text = read_response(file)
    name = f"response-{hashlib.sha256(text.encode()).hexdigest()[:16]}.txt"
    write_atomically(folder.restricted / name, text + "\n")
    return name


def read_response(file: Path) -> str:
    """The plain text of an organisation's response.

    Raises
    ------
    JDLError
        If the file cannot be read, is no plain text in UTF-8, has no words or is longer than the report prints.
    """
    fix = "save the organisation's answer as plain text in UTF-8, without any name of a person"
    try:
        with open(file, "rb") as opened:
            held = opened.read(4 * LONGEST_RESPONSE + 1)
        text = held.decode("utf-8-sig") if len(held) <= 4 * LONGEST_RESPONSE else None
    except OSError:
        raise JDLError("the response cannot be read", str(file), fix) from None
    except UnicodeDecodeError:
        raise JDLError("the response is no plain text in UTF-8", str(file), fix) from None
    if text is not None and "\0" in text:
        raise JDLError("the response is no plain text in UTF-8", str(file), fix)
    text = None if text is None else clean(text).strip()
    if text is None or len(text) > LONGEST_RESPONSE:
        what = f"the response is longer than {LONGEST_RESPONSE:,} characters"
        raise JDLError(what, str(file), "ask the organisation for a shorter one")
    if not any(c.isalpha() for c in text):
        raise JDLError("the response has no text", str(file), fix)
    return text


def draft_standing(events: list[Mapping[str, str]], today: dt.date) -> dict[str, Any]:
    """Where the draft of a request is: when it was sent, until when comments are due, and in words how it stands."""
    last = {event["event"]: event for event in events}
    sent, response = last.get(SENT), last.get(RESPONSE)
    if sent is None or last.keys() & ENDS.keys():
        return {}
    standing = {"sent": sent["date"], "respond_by": sent["respond_by"], "response": None, "overdue": False}
    if response is not None and response["date"] >= sent["date"]:
        return standing | {"response": response["date"], "words": f"response received {in_words(response['date'])}"}
    overdue = today.isoformat() > sent["respond_by"]
    words = f"comments {'overdue since' if overdue else 'due by'} {in_words(sent['respond_by'])}"
    return standing | {"overdue": overdue, "words": words}
