"""`jdl release`: publish a request's report, all of it or nothing, and never touch what was published.

The final report is made anew from the findings, without the words of a draft, in a folder beside its place; it is
checked, sealed by the SHA-256 of every file, and moved into place by one rename. Whoever is killed before that has
published nothing; whoever is killed after it has published everything, and the next `jdl release` puts it on record.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from . import __version__, numbers
from .blinding import archived_folders
from .errors import GateClosed, JDLError, Problem
from .execution.notebooks import fault_shown
from .feedback import write_questionnaire
from .findings import SCHEMA_VERSION, Findings, Status, Version, small_differences
from .lab import STAGES, Lab
from .lifecycle import (
    RELEASED,
    differences_from_published,
    has_same_figures,
    unchanged_since,
    unmet_before_results,
    unmet_conditions,
)
from .lifecycle.conditions import faults_of_correction
from .lifecycle.days import faults_of_date
from .lifecycle.events import faults_of_words
from .manifest import Manifest, alone
from .markup import clean
from .releases import (
    RECORD,
    Release,
    check_releases,
    files_of,
    read_releases,
    released_findings,
    version_folder,
)
from .render import refresh_index
from .result import write_atomically
from .run import NOT_ANSWERED, findings_with_events, make_report, out_of_date, with_what_was_done
from .spec import RequestSpec
from .stage import MAIN, RequestFolder, open_folder

#: Of a folder in which a release is being made.
_MAKING = ".making."


@dataclass(frozen=True)
class _Asked:
    """What `release_request` is asked for; see there."""

    request: str
    by: str
    day: dt.date
    today: dt.date
    reason: str
    without_response: str


@dataclass(frozen=True)
class Published:
    """What came of `release_request`.

    Parameters
    ----------
    release : Release
    folder : Path
        Where it lies.
    replaced : Release or None
        The version before it, which is kept.
    was_there : bool
        Whether it had been put in place by a release that was killed before it was on record.
    """

    release: Release
    folder: Path
    replaced: Release | None = None
    was_there: bool = False

    @property
    def words(self) -> str:
        """What was done, for whoever asked for it."""
        what = f"version {self.release.version} of {self.release.request}"
        if self.was_there:
            day = numbers.date(self.release.released)
            return f"Released before: {what}, on {day}. That had been broken off; it is on record now.\n{self.folder}"
        kept = f" Version {self.replaced.version} is kept, and superseded." if self.replaced else ""
        return f"Released: {what}.{kept}\n{self.folder}"


def release_request(
    lab: Lab,
    request: str,
    outputs: Path,
    by: str,
    *,
    today: dt.date,
    reason: str = "",
    date: dt.date | None = None,
    without_response: str = "",
    engine: str = "",
    tell: Callable[[str], None] = lambda step: None,
) -> Published:
    """Publish the report of a request as its next version.

    Parameters
    ----------
    lab : Lab
    request : str
        Id or YAML path of the request.
    outputs : Path
        Folder of all outputs.
    by : str
        Who releases it.
    today : date
    reason : str
        Why a published version is replaced; a correction needs one, a first version has none.
    date : date, optional
        The day of publication. Default: `today`.
    without_response : str
        Why it is published before the organisation has answered and before its weeks are over.
    engine : str
        What executes notebooks, see `execution.chosen_engine`.
    tell : callable
        Told each step, as it is begun.

    Raises
    ------
    JDLError
        If the options alone are at fault, or the folder was made under other settings than the request's now.
    GateClosed
        With every condition that is not met and what mends it, and such faults, too; nothing is published then.
    """
    spec = lab.spec(request)
    folder, day = RequestFolder(outputs / spec.request), date or today
    by, reason, without_response = (" ".join(clean(text).split()) for text in (by, reason, without_response))
    Manifest.read(folder.manifest_file)
    with alone(outputs, spec.request, lab.short(folder.root)):
        place = version_folder(outputs, spec.request, 1).parent
        _sweep(place)
        manifest, releases = Manifest.read(folder.manifest_file), read_releases(outputs, spec.request)
        there = _put_on_record(manifest, releases, today)
        if there is not None:
            return Published(there, version_folder(outputs, spec.request, there.version), was_there=True)
        asked = _Asked(request, by, day, today, reason, without_response)
        tell("looking whether everything is there that it takes")
        _require_all(lab, asked, spec, folder, manifest, releases)
        version = Version(
            number=len(releases) + 1,
            released=day,
            replaced=releases[-1].released if releases else None,
            reason=reason,
        )
        place.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=place, prefix=_MAKING))
        try:
            made = _make(lab, request, spec, folder, version, without_response, making, engine, tell)
            answered = Findings.read(made / "findings.json").status is Status.reported
            release = Release(
                request=spec.request,
                version=version.number,
                released=day,
                by=by,
                reason=reason,
                files=files_of(made),
                toolkit_version=__version__,
                answered=answered,
                run=str(manifest.values["created"]),
            )
            tell("sealing it, and putting it in place")
            _seal(made, release)
            os.replace(made, version_folder(outputs, spec.request, version.number))
        finally:
            shutil.rmtree(making, ignore_errors=True)
        _record(manifest, release, today, without_response)
    refresh_index(lab, outputs)
    return Published(
        release, version_folder(outputs, spec.request, release.version), releases[-1] if releases else None
    )


def _require_all(
    lab: Lab, asked: _Asked, spec: RequestSpec, folder: RequestFolder, manifest: Manifest, releases: list[Release]
) -> None:
    """Options and conditions: all that is wrong with either is told at once.

    Raises
    ------
    JDLError
        If options alone are at fault.
    GateClosed
    """
    stages = manifest.values["stages"]
    faults = [
        *faults_of_words(RELEASED, asked.by, asked.without_response),
        *faults_of_date(RELEASED, asked.day, asked.today, spec, stages),
        *faults_of_correction(asked.reason, asked.day, releases),
    ]
    try:
        open_folder(lab, spec, folder.root.parent)
    except JDLError as fault:
        faults += fault.problems
    if (folder.report / "report.html").exists() and folder.findings_file.exists():
        problems = _unmet(lab, asked, spec, folder, manifest, releases)
    else:
        problems = _unmet_before_report(lab, asked, spec, folder, manifest)
    if problems:
        raise GateClosed([*faults, *problems])
    if faults:
        raise JDLError(faults)


def _unmet(
    lab: Lab,
    asked: _Asked,
    spec: RequestSpec,
    folder: RequestFolder,
    manifest: Manifest,
    releases: list[Release],
) -> list[Problem]:
    """Every condition that is not met, of a request with a report."""
    outputs = folder.root.parent
    problems = _stale(lab, asked.request, spec, folder)
    findings = Findings.read(folder.findings_file)
    warnings = [*_misplaced(manifest), *_beside_archived(folder, findings)]
    options = {"day": asked.day, "without_response": asked.without_response}
    problems += unmet_conditions(findings, manifest, warnings=warnings, **options)
    published = [(release, released_findings(outputs, release)) for release in releases]
    if published and releases[-1].toolkit_version == __version__ and _has_same_notebook(lab, outputs, releases[-1]):
        drawn = with_what_was_done(findings, spec, manifest, folder.restricted)
        problems += unchanged_since(drawn, *published[-1])
    problems += differences_from_published(findings, published)
    return problems + [problem for checked in check_releases(outputs, spec.request) for problem in checked.problems]


def _stale(lab: Lab, request: str, spec: RequestSpec, folder: RequestFolder) -> list[Problem]:
    """A stage that `jdl run` would execute, or the gates that are closed."""
    try:
        stage = out_of_date(lab, request, spec, folder)
    except GateClosed as closed:
        return list(closed.problems)
    what = f"stage {stage} is not up to date: its settings, its notebook or what was recorded has changed"
    return [Problem(what, f"request {spec.request}", f"jdl run {spec.request}")] if stage else []


def _unmet_before_report(
    lab: Lab, asked: _Asked, spec: RequestSpec, folder: RequestFolder, manifest: Manifest
) -> list[Problem]:
    """What is missing of a request without a report: above all, the fault at which its run stopped."""
    where, again = f"request {spec.request}", f"jdl run {spec.request}"
    problems = unmet_before_results(spec.request, manifest, day=asked.day, without_response=asked.without_response)
    failed = {name: said for name, said in manifest.values["stages"].items() if said.get("status") == "failed"}
    for name, said in failed.items():
        stage, _, analysis = name.partition("/")
        fault = fault_shown(folder.executed(stage, analysis or MAIN)) if said.get("error") == JDLError.__name__ else ""
        if fault:
            what = f"there is no report: something in its input is wrong (stage {name}):\n  {fault}"
            return [Problem(what, where, f"mend that, and run it then: {again}"), *problems]
    closed = [problem for problem in _stale(lab, asked.request, spec, folder) if problem.fix != again]
    return [*(closed or [Problem("there is no report yet", where, again)]), *problems]


def _has_same_notebook(lab: Lab, outputs: Path, release: Release) -> bool:
    """Whether a version was drawn by the notebook that would draw the next one: another one has other words."""
    drawn = version_folder(outputs, release.request, release.version) / "report.ipynb"
    if not drawn.exists():
        return True
    template = lab.notebook(STAGES["report"] if release.answered else NOT_ANSWERED)
    held, now = ({cell.source for cell in nbformat.read(path, as_version=4).cells} for path in (drawn, template))
    return now <= held


def _misplaced(manifest: Manifest) -> list[str]:
    return list(manifest.stage("report").get("misplaced", []))


def _beside_archived(folder: RequestFolder, findings: Findings) -> list[str]:
    """Counts that, beside those of an archived run, tell of a few people: whoever had its draft may know them."""
    found: dict[str, None] = {}
    for old in archived_folders(folder.root):
        try:
            earlier = Findings.read(RequestFolder(old).findings_file)
        except JDLError:  # it came to no findings, or they are of an older schema
            continue
        found |= {f"beside the archived run {old.name}: {d.words}": None for d in small_differences(earlier, findings)}
    return list(found)


def _make(
    lab: Lab,
    request: str,
    spec: RequestSpec,
    folder: RequestFolder,
    version: Version,
    without_response: str,
    making: Path,
    engine: str,
    tell: Callable[[str], None],
) -> Path:
    """Make the final report, with its findings and its questionnaire; its folder below `making`.

    Raises
    ------
    GateClosed
        If a file or a reason names somebody, or numbers stand in another order than in the draft that was looked at.
    """
    fix = "release it with another --reason"
    said = [("the reason of the correction", fix, version.reason)] if version.reason else []
    if without_response:
        said.append(("the reason not to wait", "release it with another --without-response", without_response))
    findings = findings_with_events(lab, spec, folder, said)
    if version.replaced is not None:
        before = Findings.read(version_folder(folder.root.parent, spec.request, version.number - 1) / "findings.json")
        version = version.model_copy(update={"same_figures": has_same_figures(findings, before)})
    findings = findings.model_copy(update={"draft": None, "version": version, "schema_version": SCHEMA_VERSION})
    made = RequestFolder(making / spec.request)
    made.report.mkdir(parents=True)
    write_questionnaire(findings, version.number, made.report)
    misplaced = make_report(lab, request, spec, folder, findings, making, engine=engine, tell=tell)
    known = set(_misplaced(Manifest.read(folder.manifest_file)))
    new = [words for words in misplaced if words not in known]
    if new:
        what = "\n  ".join(["the final report has warnings that its draft had not:", *new])
        raise GateClosed(
            what, f"request {spec.request}", "report them as a fault of the toolkit; nothing was published"
        )
    os.replace(made.findings_file, made.report / "findings.json")
    return made.report


def _seal(made: Path, release: Release) -> None:
    """Write the record, and let nobody write to any file of the version by mistake."""
    write_atomically(made / RECORD, release.model_dump_json(indent=1) + "\n")
    for path in made.rglob("*"):
        os.chmod(path, 0o755 if path.is_dir() else 0o444)
    os.chmod(made, 0o755)


def _put_on_record(manifest: Manifest, releases: list[Release], today: dt.date) -> Release | None:
    """Record the latest version, if it was made from this run and a killed release left it off the record."""
    if not releases or releases[-1].run != manifest.values["created"]:
        return None
    recorded = {e.get("version") for e in manifest.values["events"] if e["event"] == RELEASED}
    if str(releases[-1].version) in recorded:
        return None
    _record(manifest, releases[-1], today)
    return releases[-1]


def _record(manifest: Manifest, release: Release, today: dt.date, without_response: str = "") -> None:
    more = {"version": str(release.version), "recorded": today.isoformat()}
    more |= {"without_response": without_response} if without_response else {}
    manifest.record_event(RELEASED, release.by, release.reason, release.released.isoformat(), **more)


def _sweep(place: Path) -> None:
    """Remove what a killed release left half-made."""
    for left in place.glob(f"{_MAKING}*"):
        shutil.rmtree(left)
