"""Whether the findings that a report is made from are those that `jdl run` made, and not put there by hand.

When the outcomes are done, the manifest gets the digest of the results (`RESULTS`). What is published, signed off or
sent is held to it. A folder of an earlier release of the toolkit has no such digest, or one of findings of another
schema. There the digest of the report counts (`REPORTED`); where that is another, too, running the request makes its
outcomes anew from the restricted results, and nothing is refused.
"""

from __future__ import annotations

import json

from ..errors import JDLError, Problem
from ..exploratory import MARK
from ..findings import SCHEMA_VERSION, Findings
from ..lab import RequestFolder
from ..manifest import Manifest
from ..spec import differences, of_results, read_yaml
from .kinds import REPORTED, RESULTS
from .over_findings import results_digest

#: Where a request stands whose findings somebody put there by hand.
NOT_OF_A_RUN = "findings at fault: not those that jdl run made; run with --fresh"

#: Settings that are named in a message; of more, the number.
_NAMED = 3


def faults_of_findings(findings: Findings, manifest: Manifest, folder: RequestFolder) -> list[Problem]:
    """Why findings are not those that `jdl run` made of this request; empty if they are.

    Parameters
    ----------
    findings : Findings
        Those on disk, with or without what people did with the report.
    manifest : Manifest
    folder : RequestFolder
    """
    name, request = folder.findings_file.name, findings.request
    where = f"request {request}, {name}"
    fix = f"make it anew, as it was asked for: jdl run {request} --fresh (the earlier outputs are archived)"
    if findings.exploratory:
        return [Problem(f"its results are exploratory, and not those of a run. {MARK}", where, fix)]
    found = _other_settings(findings, manifest, folder)
    if found:
        more = f" (and {len(found) - _NAMED} more)" if len(found) > _NAMED else ""
        what = f"its results were made with other settings than the request's: {'; '.join(found[:_NAMED])}{more}"
        return [Problem(what, where, fix)]
    if _is_recorded(manifest) and results_digest(findings) != manifest.values[RESULTS]["digest"]:
        what = "its results are not those that jdl run made and put on record: the file was changed, or put there, by"
        return [Problem(f"{what} hand", where, fix)]
    return []


def record_results(manifest: Manifest, folder: RequestFolder) -> None:
    """Put the findings that lie there on record, as those that a run has just made. Whoever calls it writes it."""
    digest = results_digest(Findings.read(folder.findings_file))
    manifest.values[RESULTS] = {"digest": digest, "schema_version": SCHEMA_VERSION}


def is_unproved(manifest: Manifest, folder: RequestFolder) -> bool:
    """Whether findings must be made anew: those on record are gone or spoilt, or no record proves those that lie there.

    The latter: the record does not say what they should be, and no report showed them.
    """
    try:
        findings = Findings.read(folder.findings_file)
    except JDLError:
        return _is_recorded(manifest)
    return not _is_recorded(manifest) and results_digest(findings) != manifest.values.get(REPORTED)


def is_at_fault(manifest: Manifest, folder: RequestFolder) -> bool:
    """Whether there are findings that can be read and are not those of the run; for whoever lists all requests."""
    try:
        findings = Findings.read(folder.findings_file)
    except JDLError:
        return False
    is_other = _is_recorded(manifest) and results_digest(findings) != manifest.values[RESULTS]["digest"]
    return findings.exploratory or is_other  # other settings are part of the digest


def _is_recorded(manifest: Manifest) -> bool:
    """Whether the manifest says which results were made, by a digest that can be compared now."""
    return manifest.values.get(RESULTS, {}).get("schema_version") == SCHEMA_VERSION


def _other_settings(findings: Findings, manifest: Manifest, folder: RequestFolder) -> list[str]:
    """Settings that the findings were made with and the folder was not."""
    made, asked = findings.provenance, folder.root / "spec.yml"
    if not asked.exists():
        return []
    plain = (json.loads(json.dumps(of_results(one), default=str)) for one in (read_yaml(asked), made.settings))
    found = differences(*plain)
    if not found and made.spec_digest != manifest.values["spec_digest"]:
        return ["their digest is another"]
    return found
