"""What people did with a report, laid over its findings when it is made; and the digest of the results alone."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import JDLError
from ..findings import Analysis, Draft, Findings
from ..manifest import Manifest
from ..spec import of_results
from ..stage import MAIN
from .kinds import ACCEPTED, OF_REPORT, RESPONSE, SENT, folded, in_words


def results_digest(findings: Findings) -> str:
    """SHA-256 of all that was found, without what people did with it: a sign-off is of these results alone."""
    made = findings.provenance.model_copy(update={"settings": of_results(findings.provenance.settings)})
    bare = {"draft": None, "sign_offs": (), "organisation_response": None, "provenance": made}
    bare = _with_accepted(findings, lambda analysis: {"by": "", "reason": ""}).model_copy(update=bare)
    return hashlib.sha256(bare.model_dump_json(exclude={"version"}).encode()).hexdigest()


def as_printed(findings: Findings) -> str:
    """All that a published report is made from, but which version of it this is."""
    return findings.model_copy(update={"draft": None}).model_dump_json(exclude={"version", "schema_version"})


def has_same_figures(one: Findings, other: Findings) -> bool:
    """Whether two findings of a request differ in words at most: in what people did with the report, or say of it.

    Of what the organisation says of itself and its service, the numbers are compared; of the settings, all but those of
    the report and these words. Which release of the toolkit made them is no figure.
    """
    return _figures(one) == _figures(other)


def _figures(findings: Findings) -> tuple[str, list[str]]:
    words = {"organisation", "service", "answers"}
    settings = {k: v for k, v in of_results(findings.provenance.settings).items() if k not in words}
    made = {"settings": settings, "spec_digest": "", "toolkit_version": "", "toolkit_commit": None, "packages": {}}
    made |= {"inputs": (), "matched_again": ()}
    bare = _with_accepted(findings, lambda analysis: {"by": "", "reason": ""})
    bare = bare.model_copy(update={"provenance": findings.provenance.model_copy(update=made)})
    of_people = {"draft", "sign_offs", "organisation_response", "version", "schema_version"}
    held = bare.model_dump_json(exclude=words | of_people)
    return held, re.findall(r"\d+", findings.model_dump_json(include=words))


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
    return f"event '{event['event']}'{of} of {in_words(event['date'])}"


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
