"""What people do with a request: accept a balance, sign its report off, send the draft, receive comments, end it.

Events stand in the request's manifest. Those of the report are laid over its findings when the report is made, so that
after one of them the report alone is made anew, and the same events give the same bytes. The organisation's response is
free text from outside: it is kept among the restricted files, and only the leak check lets it into the findings.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .. import numbers
from ..errors import JDLError, Problem
from ..findings import Analysis, Draft, Findings
from ..lab import Lab
from ..manifest import Manifest, alone
from ..markup import clean
from ..releases import Release, read_releases
from ..result import write_atomically
from ..spec import RequestSpec, of_results
from ..stage import MAIN, PASSED, RequestFolder, open_folder, read_closing
from .criteria import Criterion, criterion_words

ACCEPTED, SIGNED, SENT, REMINDED, RESPONSE, WARNINGS, WITHDRAWN, UNANSWERABLE = (
    "balance accepted",
    "sign-off",
    "draft sent",
    "reminder sent",
    "response received",
    "warnings looked at",
    "withdrawn",
    "could not be answered",
)
EVENTS = (ACCEPTED, SIGNED, SENT, REMINDED, RESPONSE, WARNINGS, WITHDRAWN, UNANSWERABLE)
#: What `jdl release` puts on record by itself.
RELEASED = "released"

#: Events that a report lists.
OF_REPORT = (SIGNED, SENT, RESPONSE, WITHDRAWN)
#: Events that nobody may record without saying why.
WITH_REASON = (ACCEPTED, WARNINGS, WITHDRAWN, UNANSWERABLE)
#: Events that end a request, each in words; nothing can be recorded after them.
ENDS = {WITHDRAWN: "was withdrawn", UNANSWERABLE: "could not be answered, as was recorded"}
#: In the manifest, the digest of the results that the report in place shows.
REPORTED = "reported"

#: Characters of a name and a reason, and of a response: six pages.
LONGEST_NAME, LONGEST_REASON, LONGEST_RESPONSE = 120, 2_000, 20_000
#: Digits in a name: fewer than any date or identifier has.
MOST_DIGITS = 3


def record_event(
    lab: Lab,
    request: str,
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
    request : str
        Id or YAML path of the request.
    outputs : Path
        Folder of all outputs.
    event : str
        One of `EVENTS`.
    by : str
        Who did it.
    today : date
    analysis : str
        Which analysis, of an accepted balance.
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
        The event as the manifest holds it: a draft that was sent has ``respond_by``.

    Raises
    ------
    JDLError
        If the event cannot be, as it stands or after those before it; all faults at once.
    """
    spec = lab.spec(request)
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
            *faults_of_date(date, today, spec),
            *_faults_of_order(event, by, date, manifest, folder),
            *_faults_of_publication(event, read_releases(outputs, spec.request)),
        ]
        if problems:
            raise JDLError(problems)
        more: dict[str, str] = {}
        if event == ACCEPTED:
            _require_open_balance(folder, request, analysis)
        elif event in (SIGNED, WARNINGS):
            more["of"] = _digest_to_sign(folder, manifest)
        elif event == SENT:
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
    words = f"Recorded for {request}{of}: {said['event']} on {_in_words(said['date'])}, by {said['by']}."
    if said["event"] in (REMINDED, WARNINGS):
        return words
    if said["event"] == UNANSWERABLE:
        return f"{words} Criterion: {criterion_words(said['criterion'])}. Nothing more is to be done."
    if said["event"] == ACCEPTED:
        return f"{words} Run the request again to go on."
    due = f" Comments are due by {_in_words(said['respond_by'])}." if "respond_by" in said else ""
    return f"{words}{due} Run the request again: only its report is made anew."


def faults_of_words(event: str, by: str, reason: str) -> list[Problem]:
    faults = [] if by else [Problem("nobody is named", "--by", "say who it was")]
    faults += [Problem("the name is too long", "--by", f"at most {LONGEST_NAME} characters")] * (len(by) > LONGEST_NAME)
    if sum(c.isdigit() for c in by) > MOST_DIGITS:  # the report prints it, and the leak check lets the whole name pass
        faults.append(Problem("the name holds a number", "--by", "give the name alone"))
    if event in WITH_REASON and not reason:
        fix = "say why; the report prints it" if event in (ACCEPTED, WITHDRAWN) else "say why"
        faults.append(Problem(f"{event} needs a reason", "--reason", fix))
    if len(reason) > LONGEST_REASON:
        faults.append(Problem("the reason is too long", "--reason", f"at most {LONGEST_REASON:,} characters"))
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
    if event != ACCEPTED and analysis != MAIN:
        fix = "leave the option out: the event is of the whole request"
        faults.append(Problem(f"{event} is of no single analysis", "--analysis", fix))
    return faults


def faults_of_date(date: dt.date, today: dt.date, spec: RequestSpec) -> list[Problem]:
    if date > today:
        return [Problem(f"{numbers.date(date)} is still to come", "--date", "record an event once it has happened")]
    if date < spec.received:
        what = f"{numbers.date(date)} is before the request was received, on {numbers.date(spec.received)}"
        return [Problem(what, "--date", "correct the day")]
    return []


def _faults_of_order(event: str, by: str, date: dt.date, manifest: Manifest, folder: RequestFolder) -> list[Problem]:
    where = f"request {manifest.values['request']}"
    sent = manifest.last_event(SENT)
    end = next((said for said in map(manifest.last_event, ENDS) if said is not None), None)
    again = end is not None and event == end["event"] and _same(by, {end["by"]})
    if end is not None and not again:
        what = f"the request {ENDS[end['event']]} on {_in_words(end['date'])}; nothing more can be recorded"
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
        what = f"the {name} before the draft was sent, on {_in_words(sent['date'])}"
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


def folded(name: str) -> str:
    """A name as it is compared with others: neither case nor gaps count."""
    return " ".join(name.split()).casefold()


def _digest_to_sign(folder: RequestFolder, manifest: Manifest) -> str:
    """Digest of the results that the report in place shows, which a sign-off is of.

    Raises
    ------
    JDLError
        If results were made since, which no report shows yet.
    """
    digest = results_digest(Findings.read(folder.findings_file))
    if manifest.values.get(REPORTED, digest) != digest:
        fix = f"run it first: jdl run {manifest.values['request']}"
        raise JDLError("the report is of earlier results", f"request {manifest.values['request']}", fix)
    return digest


def _in_words(date: str) -> str:
    return numbers.date(dt.date.fromisoformat(date))


def _require_open_balance(folder: RequestFolder, request: str, analysis: str) -> None:
    known = list(read_closing(folder, "linkage").get("analyses", {}))
    where, several = f"request {request}", f"say which with --analysis: {', '.join(known)}"
    if known and analysis not in known:
        raise JDLError(f"there is no analysis `{analysis}`", where, several)
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


def results_digest(findings: Findings) -> str:
    """SHA-256 of all that was found, without what people did with it: a sign-off is of these results alone."""
    made = findings.provenance.model_copy(update={"settings": of_results(findings.provenance.settings)})
    bare = {"draft": None, "sign_offs": (), "organisation_response": None, "provenance": made}
    bare = _with_accepted(findings, lambda analysis: {"by": "", "reason": ""}).model_copy(update=bare)
    return hashlib.sha256(bare.model_dump_json(exclude={"version"}).encode()).hexdigest()


def report_key(manifest: Manifest) -> str:
    """What the report is made from beside the findings: it is up to date while this stays the same."""
    said = [e for e in manifest.values["events"] if e["event"] in OF_REPORT]
    accepted = [e for e in manifest.values["events"] if e["event"] == ACCEPTED]
    return json.dumps([*said, *accepted], sort_keys=True)


def with_events(findings: Findings, manifest: Manifest, restricted: Path) -> Findings:
    """Findings with the draft's dates, the sign-offs of these very results, and the organisation's latest response.

    The latest words of whoever accepted a balance take the place of those that it was matched under.
    """
    sent, response = manifest.last_event(SENT), manifest.last_event(RESPONSE)
    shown = shown_events(findings, manifest)
    findings = _with_accepted(findings, lambda analysis: manifest.last_event(ACCEPTED, analysis))
    kept = ("event", "by", "date", "reason")
    changes: dict[str, Any] = {
        "sign_offs": tuple({key: event[key] for key in kept if event[key]} for event in shown),
        "draft": Draft.model_validate({"sent": sent["date"], "respond_by": sent["respond_by"]} if sent else {}),
        "organisation_response": _response(restricted / response["text"]) if response else None,
    }
    return findings.model_copy(update=changes)


def shown_events(findings: Findings, manifest: Manifest) -> list[dict[str, str]]:
    """Events that a report of these results lists: of the same event by the same person, the one recorded last."""
    digest, response = results_digest(findings), manifest.last_event(RESPONSE)
    shown = [e for e in manifest.values["events"] if e["event"] in OF_REPORT and e.get("of", digest) == digest]
    latest = {(e["event"], folded(e["by"])): e for e in shown}
    return [e for e in shown if latest[e["event"], folded(e["by"])] is e and (e["event"] != RESPONSE or e is response)]


def free_texts(findings: Findings, manifest: Manifest, restricted: Path) -> list[tuple[str, str, str]]:
    """Free text that people's events bring into the report, each with what it is and how to mend it.

    Returns
    -------
    list of (str, str, str)
        What it is, in words that name the event; what to do if it names somebody; the text.
    """
    events = shown_events(findings, manifest)
    accepted = [manifest.last_event(ACCEPTED, a.id) for a in findings.analyses if _is_accepted(a)]
    texts = []
    for event in [*filter(None, accepted), *(e for e in events if e["event"] != RESPONSE)]:
        if event["reason"]:
            fix = f"record it again with another --reason: jdl record {findings.request} '{event['event']}'"
            fix += "" if event["analysis"] == MAIN else f" --analysis {event['analysis']}"
            texts.append(
                (f"the reason of the {_named(event)}", f"{fix} --by {shlex.quote(event['by'])} …", event["reason"])
            )
    fix = f"ask the organisation for a text that names nobody, and record it with '{RESPONSE}' again"
    for event in (e for e in events if e["event"] == RESPONSE):
        texts.append(("the organisation's response", fix, _response(restricted / event["text"])))
        reason = f"record the same file again with another --reason, as '{RESPONSE}'"
        texts += [(f"the reason of the {_named(event)}", reason, event["reason"])] if event["reason"] else []
    return texts


def _named(event: Mapping[str, str]) -> str:
    of = "" if event["analysis"] == MAIN else f" of analysis {event['analysis']}"
    return f"event '{event['event']}'{of} of {_in_words(event['date'])}"


def _is_accepted(analysis: Analysis) -> bool:
    return analysis.balance is not None and analysis.balance.accepted_by is not None


def _with_accepted(findings: Findings, said_of: Callable[[str], Mapping[str, str] | None]) -> Findings:
    """Findings with who accepted each balance that was accepted, and why, as `said_of` tells of an analysis."""
    analyses = []
    for analysis in findings.analyses:
        said = said_of(analysis.id) if _is_accepted(analysis) else None
        if said is not None:
            words = {"accepted_by": said["by"], "accepted_reason": said["reason"]}
            analysis = analysis.model_copy(update={"balance": analysis.balance.model_copy(update=words)})
        analyses.append(analysis)
    return findings.model_copy(update={"analyses": tuple(analyses)})


def _response(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        fix = f"record it again, with '{RESPONSE}'"
        raise JDLError("the text of the organisation's response is gone", file.name, fix) from None


def draft_standing(events: list[Mapping[str, str]], today: dt.date) -> dict[str, Any]:
    """Where the draft of a request is: when it was sent, until when comments are due, and in words how it stands."""
    last = {event["event"]: event for event in events}
    sent, response = last.get(SENT), last.get(RESPONSE)
    if sent is None or last.keys() & ENDS.keys():
        return {}
    standing = {"sent": sent["date"], "respond_by": sent["respond_by"], "response": None, "overdue": False}
    if response is not None and response["date"] >= sent["date"]:
        return standing | {"response": response["date"], "words": f"response received {_in_words(response['date'])}"}
    overdue = today.isoformat() > sent["respond_by"]
    words = f"comments {'overdue since' if overdue else 'due by'} {_in_words(sent['respond_by'])}"
    return standing | {"overdue": overdue, "words": words}
