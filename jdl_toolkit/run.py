"""Run a request: each stage's notebook is executed, the manifest records it, the report is drawn and checked."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from . import disclosure, render
from .blinding import archived_folders, note_match
from .document import MIME
from .errors import (
    CouldNotBeAnswered,
    GateClosed,
    JDLError,
    Problem,
    StageFailed,
    cut,
    disk_full,
    is_disk_full,
    refused_by_system,
)
from .execution import chosen_engine
from .execution.notebooks import execute
from .findings import Findings, Status, small_differences
from .jupyter import BroughtOver, bring_over, serving_of
from .lab import OF_ANALYSIS, STAGES, Lab
from .lifecycle import (
    ACCEPTED,
    REPORTED,
    UNANSWERABLE,
    WITHDRAWN,
    criterion_words,
    faults_of_findings,
    free_texts,
    is_unproved,
    kinds_named,
    record_results,
    report_key,
    results_digest,
    with_events,
)
from .manifest import WITHHELD, Manifest, alone, file_digest, now
from .narrative import check_blocks, headline_sentence
from .result import write_atomically
from .spec import RequestSpec, UploadColumn
from .stage import (
    CLOSED,
    MAIN,
    PASSED,
    UNANSWERED,
    RequestFolder,
    Stage,
    open_folder,
    read_closing,
    unanswered_findings,
    withhold,
)
from .submission import Submission
from .wording import listed

log = logging.getLogger("jdl_toolkit")

#: Status of a request that stopped at a gate, until it is opened or the settings are changed.
GATE_CLOSED = "a gate is closed"

#: Two publications of one request may differ in a few people only, whom their counts then tell of.
EARLIER = (
    "Findings of an earlier run of this request are archived and are not the same: if they have been published, do not"
    " publish these as well, as their counts together may tell of a few people."
)

#: Counts that are named in a terminal; of more, how many they are.
_NAMED = 3

#: Template of the report of a request that could not be answered.
NOT_ANSWERED = "05_not_answered"


@dataclass(frozen=True)
class RunOutcome:
    """What became of a request.

    Parameters
    ----------
    request, status : str
    headline : str
        The finding in one sentence; empty before the report stage.
    report : Path or None
    seconds : dict of str to float
        Time of each stage that ran now; a stage that was up to date is absent.
    warning : str
        What to think of before anything is published; empty if there is nothing.
    warning_in_short : str
        The same for a terminal, with a count and the file that holds them all in place of long lists.
    review : Path or None
        Contents of the pages for sign-off.
    explored : str
        What became of notebooks that somebody explored with, when the run before was archived; empty if there are none.
    """

    request: str
    status: str
    headline: str
    report: Path | None
    seconds: dict[str, float]
    warning: str = ""
    review: Path | None = None
    explored: str = ""
    warning_in_short: str = ""


def run_request(
    lab: Lab,
    request: str,
    outputs: Path,
    until: str = "report",
    fresh: bool = False,
    progress: Callable[[str, str, float], None] = lambda stage, state, share: None,
    with_code: bool = False,
    engine: str = "",
    with_index: bool = True,
    tell: Callable[[str], None] = lambda step: None,
) -> RunOutcome:
    """Run every stage of a request that is not yet up to date.

    Parameters
    ----------
    lab : Lab
    request : str
        Id or YAML path of the request.
    outputs : Path
        Folder of all outputs.
    until : str
        Last stage to run, a key of `lab.STAGES`.
    fresh : bool
        Archive the request's earlier folder first and start anew.
    progress : callable
        Told ``(stage, state, share)`` with state ``running``, ``done``, ``up to date`` or ``failed``; `share` is 1, or
        less where several analyses share a stage.
    with_code : bool
        Whether the HTML report carries the code of its notebook, folded.
    engine : str
        What executes notebooks, see `execution.chosen_engine`.
    with_index : bool
        Whether the index page is drawn afterwards; who runs many requests draws it once for all.
    tell : callable
        Told each step of making the report.

    Raises
    ------
    JDLError
        The request or its data are at fault, the request could not be answered, a gate is closed, or the disk is full.
    StageFailed
        A notebook failed.
    """
    try:
        return _run_request(lab, request, outputs, until, fresh, progress, with_code, engine, with_index, tell)
    except (JDLError, StageFailed):
        raise
    except Exception as fault:
        if is_disk_full(fault):
            raise disk_full(outputs) from None
        refused = refused_by_system(fault, lab.short) if isinstance(fault, OSError) else None
        if refused is None or os.environ.get("JDL_DEBUG"):
            raise
        raise refused from None


def _run_request(
    lab: Lab,
    request: str,
    outputs: Path,
    until: str,
    fresh: bool,
    progress: Callable[[str, str, float], None],
    with_code: bool,
    engine: str,
    with_index: bool,
    tell: Callable[[str], None],
) -> RunOutcome:
    if until not in STAGES:
        raise JDLError(f"there is no stage `{until}`", "--until", f"use one of: {', '.join(STAGES)}")
    _require_clock()
    spec = lab.spec(request)
    lab.source(spec)
    engine = chosen_engine(engine)
    _require_folder(lab, outputs)
    try:
        with alone(outputs, spec.request, lab.short(outputs / spec.request)):
            if fresh:
                archive(outputs, spec.request)
            folder = open_folder(lab, spec, outputs)
            _sweep(folder)
            explored = _explored(lab, folder)
            with _logging_to(folder.root / "run.log"):
                walk = _walk_of(lab, request, spec, folder, progress, with_code, engine)
                walk.tell = tell
                try:
                    return replace(_run_stages(walk, until), review=folder.review / "index.html", explored=explored)
                except (JDLError, StageFailed) as fault:
                    fault.add_note(f"For review: {lab.short(folder.review / 'index.html')}")
                    if explored:
                        fault.add_note(explored)
                    raise
                finally:
                    if walk.anew or _is_older(folder.review / "index.html", folder.manifest_file):
                        _draw_review(walk)
    finally:
        if with_index:
            render.refresh_index(lab, outputs)


def _require_clock() -> None:
    """Refuse to put times on record that cannot be; workbooks and archives hold none before 1980 either."""
    year = dt.datetime.now(dt.UTC).year
    if year < 2000:
        raise JDLError(f"the clock of this machine says that it is {year}", "", "set it and run the same again")


def _is_older(page: Path, record: Path) -> bool:
    """Whether a page is not there or was drawn before the record last changed: a run was killed in between."""
    return not page.exists() or page.stat().st_mtime_ns < record.stat().st_mtime_ns


def _require_folder(lab: Lab, outputs: Path) -> None:
    try:
        outputs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=outputs):
            pass
    except OSError as fault:
        if is_disk_full(fault):
            raise disk_full(outputs) from None
        what = (
            "there is a file of this name"
            if isinstance(fault, FileExistsError | NotADirectoryError)
            else "cannot write here"
        )
        raise JDLError(what, lab.short(outputs), "name another folder with --outputs") from None


def archive(outputs: Path, request: str) -> Path | None:
    """Move a request's folder into ``outputs/archive`` under the time of day; None if there was none."""
    folder = outputs / request
    if not folder.exists():
        return None
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    target = outputs / "archive" / f"{request}-{stamp}"
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(folder, target)
    return target


def _explored(lab: Lab, folder: RequestFolder) -> str:
    """Bring notebooks that somebody explored with over from the latest archived run, and say so.

    At every run, so that those of one that was killed in between come over with the next.
    """
    latest = next(iter(archived_folders(folder.root)), None)
    brought = bring_over(RequestFolder(latest), folder) if latest else None
    return "" if brought is None else _brought_over(lab, folder.root.name, brought)


def _brought_over(lab: Lab, request: str, brought: BroughtOver) -> str:
    """In one line, where notebooks are that somebody explored with, and where JupyterLab is open at them."""
    edited = f", {listed(brought.edited)} as edited" if brought.edited else ""
    words = f"Notebooks to explore with stay in {lab.short(brought.folder)}{edited}; what they saved is archived."
    other = serving_of(brought.folder)
    words += f" JupyterLab is open there, at {other.address}: save, then" if other else " For those of this run:"
    return f"{words} jdl lab {request}."


def differs_from_archived(folder: RequestFolder) -> bool:
    """Whether an archived folder of the request holds findings of analyses that are not those of this one."""
    held = json.loads(folder.findings_file.read_text(encoding="utf-8"))["analyses"]
    for old in archived_folders(folder.root):
        try:
            earlier = json.loads(RequestFolder(old).findings_file.read_text(encoding="utf-8"))
            if earlier["status"] == Status.reported and earlier["analyses"] != held:
                return True
        except (OSError, ValueError, KeyError):  # it came to no findings, or they are spoilt
            continue
    return False


def _beside_archived(folder: RequestFolder, findings: Findings) -> list[str]:
    """What to think of before these findings are published beside archived ones, in lines; none if nothing."""
    if not differs_from_archived(folder):
        return []
    found: dict[str, None] = {}
    for old in archived_folders(folder.root):
        try:
            found |= dict.fromkeys(
                d.words for d in small_differences(Findings.read(RequestFolder(old).findings_file), findings)
            )
        except JDLError:  # it came to no findings, or they are of an older schema
            continue
    return [EARLIER, *(f"  {words}" for words in found)]


class _OutOfDate(Exception):
    """A stage that a run would execute."""


@dataclass
class _Walk:
    """One run on its way through the stages: what is up to date stays, what is not is executed.

    Parameters
    ----------
    keys : dict of str to str
        By analysis: hash of everything that the stages so far were made from. A stage is up to date if it was made
        under the same.
    anew : set of str
        Analyses of which a stage was executed, so that every later one must be.
    with_code : bool
        Whether the report carries code.
    engine : str
        What executes notebooks.
    only_looking : bool
        Whether to stop at the first stage that is not up to date, and execute nothing.
    tell : callable
        Told each step of making the report.
    """

    lab: Lab
    request: str
    spec: RequestSpec
    folder: RequestFolder
    manifest: Manifest
    progress: Callable[[str, str, float], None]
    keys: dict[str, str]
    anew: set[str]
    seconds: dict[str, float]
    with_code: bool = False
    engine: str = ""

    only_looking: bool = False
    tell: Callable[[str], None] = lambda step: None

    def take(
        self, name: str, analysis: str = MAIN, of: int = 1, first: Callable[[], Any] = lambda: None
    ) -> dict[str, Any]:
        """Bring one stage up to date, and return its record.

        `of`: how many analyses share the stage; `first`: what to do before it is executed.
        """
        record = name if analysis == MAIN else f"{name}/{analysis}"
        key = self.keys.get(analysis, self.keys[MAIN]) + _sources(self.lab.notebook(STAGES[name])) + analysis
        self.keys[analysis] = hashlib.sha256(key.encode()).hexdigest()
        done = self.manifest.stage(record)
        if self.is_up_to_date(name, analysis, done):
            self.progress(record, "up to date", 1 / of)
            return done
        if self.only_looking:
            raise _OutOfDate(record)
        self.anew.add(analysis)
        first()
        try:
            self.seconds[record] = _run_stage(self, name, analysis, record, 1 / of)
        finally:
            _draw_review(self, name, analysis)
        return self.manifest.stage(record)

    def is_up_to_date(self, name: str, analysis: str, done: dict[str, Any]) -> bool:
        """Whether a stage need not be executed: it ended under the same key, and nothing before it was made anew.

        A closed gate stays closed until somebody accepts what closed it.
        """
        is_done = done.get("status") == "done" and done.get("key") == self.keys[analysis]
        if is_done and done["gate"] == CLOSED:
            is_done = self.manifest.last_event(ACCEPTED, analysis) is None
        if is_done and name == "report":
            is_done = self.folder.report.is_dir() and done.get("files") in (None, _published(self.folder))
        elif is_done:  # what a stage said when it closed is all in its record, and later stages go by it
            said = read_closing(self.folder, name, analysis)
            is_done = all(done.get(key) == value for key, value in said.items())
            is_done = is_done and _can_be_read(self.folder.executed(name, analysis))
        if is_done and name in ("outcomes", "report"):
            is_done = not is_unproved(self.manifest, self.folder)
        return is_done and not self.anew & {MAIN, analysis}


def _can_be_read(executed: Path) -> bool:
    """Whether an executed notebook is whole: a second analyst reads it, whatever the results say."""
    try:
        return "cells" in json.loads(executed.read_bytes())
    except (FileNotFoundError, ValueError, TypeError, RecursionError):
        return False


def _walk_of(
    lab: Lab,
    request: str,
    spec: RequestSpec,
    folder: RequestFolder,
    progress: Callable[[str, str, float], None] = lambda stage, state, share: None,
    with_code: bool = False,
    engine: str = "",
    only_looking: bool = False,
) -> _Walk:
    manifest = Manifest.read(folder.manifest_file)
    made_from = json.dumps(manifest.values["inputs"], sort_keys=True) + manifest.values["toolkit_version"]
    keys = {MAIN: spec.digest + made_from}
    return _Walk(lab, request, spec, folder, manifest, progress, keys, set(), {}, with_code, engine, only_looking)


def out_of_date(lab: Lab, request: str, spec: RequestSpec, folder: RequestFolder) -> str:
    """The first stage that `jdl run` would execute, by its name in the manifest; "" if all are up to date.

    Raises
    ------
    GateClosed
        If a gate is closed.
    """
    found = ""
    for with_code in (True, False):  # a report that was asked for with its code is as good
        try:
            _run_stages(_walk_of(lab, request, spec, folder, with_code=with_code, only_looking=True), "report")
        except _OutOfDate as stage:
            found = str(stage)
            continue
        except CouldNotBeAnswered:
            pass
        return ""
    return found


def _run_stages(walk: _Walk, until: str) -> RunOutcome:
    """Take every stage up to `until`: those of the request, those of each analysis, the report.

    Raises
    ------
    CouldNotBeAnswered
        If the minimum criteria are not met, or somebody recorded that the request could not be answered.
    """
    ended = walk.manifest.last_event(UNANSWERABLE)
    if ended is not None:
        why = criterion_words(ended["criterion"], walk.spec.to_dict())
        fix = "nothing more is to be done; --fresh starts it anew"
        raise CouldNotBeAnswered(f"the request could not be answered: {why}", f"request {walk.spec.request}", fix)
    wanted = list(STAGES)[: list(STAGES).index(until) + 1]
    for name in [n for n in wanted if n in ("intake", "linkage")]:
        try:
            said = walk.take(name)
        finally:  # an intake that was refused has read the people, too, and its settings are kept
            if name == "intake" and (walk.folder.restricted / "submission").is_dir():
                _require_names_of_nobody(walk)
        if said["gate"] == UNANSWERED:
            _end_unanswered(walk, name, said["reason"])
    analyses = [name for name, one in said.get("analyses", {}).items() if one["gate"] == PASSED]
    for name in [n for n in wanted if n in OF_ANALYSIS]:
        ended = {analysis: walk.take(name, analysis, len(analyses)) for analysis in analyses}
        _require_open(walk, name, ended)
        n_before, analyses = len(analyses), [one for one, said in ended.items() if said["gate"] == PASSED]
        if not analyses:
            _end_unanswered(walk, name, "; ".join(said["reason"] for said in ended.values()))
        if name == "outcomes" and len(analyses) < n_before and walk.anew:  # the last to end may have written nothing
            Stage(name, walk.lab, walk.spec, walk.folder, is_exploring=False).collect().write(walk.folder.findings_file)
            record_results(walk.manifest, walk.folder)
            walk.manifest.write()
    if until != "report":
        return RunOutcome(walk.spec.request, walk.manifest.values["status"], "", None, walk.seconds)
    _add_to_key_of_report(walk, analyses)
    walk.take("report")
    findings = _require_published(walk.folder)
    look = _look_again(walk.manifest.stage("report").get("misplaced", []))
    beside, place = _beside_archived(walk.folder, findings), walk.lab.short(walk.folder.root / "run.log")
    status, warning = walk.manifest.values["status"], "\n".join(filter(None, [look, *beside]))
    if warning:
        log.warning(warning)
    short = "\n".join(filter(None, [look, *_few_lines(beside, place)]))
    return RunOutcome(
        walk.spec.request,
        status,
        _headline(findings),
        walk.folder.report,
        walk.seconds,
        warning,
        warning_in_short=short,
    )


def _few_lines(beside: list[str], place: str) -> list[str]:
    """What `_beside_archived` says, with a count and where to read them in place of more than a few counts."""
    if len(beside) <= 1 + _NAMED:
        return beside
    return [beside[0], f"  {len(beside) - 1} figures would tell of a few people; each is named in {place}"]


def _add_to_key_of_report(walk: _Walk, analyses: Iterable[str], template: str = "") -> None:
    """Put into the report's key all that it is made from: analyses, what people recorded, settings of its own."""
    if len(walk.keys) > 1 or MAIN not in analyses:
        walk.anew |= {MAIN} if walk.anew else set()
        walk.keys[MAIN] = "".join(walk.keys[analysis] for analysis in analyses)
    walk.keys[MAIN] += report_key(walk.manifest) + (" with code" if walk.with_code else "")
    walk.keys[MAIN] += json.dumps(walk.spec.report.printed(), separators=(",", ":"))  # as it always was written
    walk.keys[MAIN] += _sources(walk.lab.notebook(template)) if template else ""


def _require_open(walk: _Walk, name: str, ended: dict[str, dict[str, Any]]) -> None:
    """Stop if a gate is closed; all closed gates at once.

    Raises
    ------
    GateClosed
    """
    request, problems = walk.spec.request, []
    for analysis, said in ended.items():
        if said["gate"] == CLOSED:
            of = "" if analysis == MAIN else f", analysis {analysis}"
            option = "" if analysis == MAIN else f" --analysis {analysis}"
            accept = f"jdl record {request} 'balance accepted'{option} --by NAME --reason TEXT"
            fix = f"try other settings, or accept it: {accept}"
            problems.append(Problem(f"stage {name} is closed: {said['reason']}", f"request {request}{of}", fix))
    if problems:
        walk.manifest.values["status"] = GATE_CLOSED
        walk.manifest.write()
        raise GateClosed(problems)


def _require_names_of_nobody(walk: _Walk) -> None:
    """Stop if a text of the request holds the full name of somebody of the upload: pages and records would say so.

    Where it stands is kept on record, and what it says is taken out of the settings that the folder keeps.

    Raises
    ------
    GateClosed
    """
    settings = {k: v for k, v in walk.spec.on_record().items() if k != "request"}  # the folder bears its id
    texts = dict(_texts(settings))
    people = Submission.load(walk.folder.restricted / "submission").people
    of_somebody = frozenset(disclosure.names_of_people(texts.values(), people))
    withheld = [place for place, text in texts.items() if text in of_somebody]
    parts = _parts_named(walk.spec, people)
    if not withheld and not parts:
        return
    walk.manifest.values |= {"status": GATE_CLOSED, WITHHELD: withheld}
    walk.manifest.write()  # first: with it, a run that was killed before the next line can be taken up
    withhold(walk.folder, of_somebody)
    what = "this setting holds the full name of somebody of its upload; nothing was published"
    fix = "say it otherwise there, by initials or by what it is, and run again with --fresh; do so as well if the two"
    fix += " are called alike by chance"
    problems = [Problem(what, f"request {walk.spec.request}, {place}", fix) for place in withheld]
    what = "parts of the service hold the full name of somebody of the upload; nothing was published"
    fix = "ask the organisation to call them otherwise, or analyse by another column, and run again with --fresh"
    raise GateClosed([*problems, *(Problem(what, f"upload of {walk.spec.request}, {part}", fix) for part in parts)])


def _parts_named(spec: RequestSpec, people: Any) -> list[str]:
    """Columns of the upload that the request divides people by, and in which a part is called like somebody."""
    asked = {*spec.subgroups, *(c.each for c in spec.analyses.values())}
    asked |= {by for c in spec.analyses.values() for by in c.subgroups or ()}
    columns = [column for column in UploadColumn if column in asked and column in people]
    named = {column: people[column].dropna().astype(str).unique() for column in columns}
    return [column.replace("_", " ") for column in columns if disclosure.names_of_people(named[column], people)]


def _texts(values: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text among settings, with its place: ``organisation.name``, ``analyses.one.records.region.0``."""
    if isinstance(values, str):
        yield place, values
    entries = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in entries:
        yield from _texts(value, f"{place}.{key}".lstrip("."))


def _headline(findings: Findings) -> str:
    """The finding in one sentence; with several analyses, each one's under its title."""
    if len(findings.analyses) == 1:
        return headline_sentence(findings.analyses[0])
    return "\n".join(f"{cut(a.title)}: {a.reason or headline_sentence(a)}" for a in findings.analyses)


def _failed_as(fault: BaseException) -> str:
    """Status of a request that stopped: the user's input at fault, a run broken off, or a fault of the toolkit."""
    if isinstance(fault, GateClosed):
        return GATE_CLOSED
    if isinstance(fault, JDLError):
        return "something in the input is wrong"
    return "interrupted" if isinstance(fault, KeyboardInterrupt) else "failed"


def _sources(template: Path) -> str:
    """The cells of a template without outputs: opening one in JupyterLab and saving it changes nothing.

    Raises
    ------
    JDLError
        If it is no notebook any more.
    """
    try:
        cells = nbformat.read(template, as_version=4).cells
    except OSError:
        raise
    except Exception:  # nbformat meets a damaged file with errors of many kinds
        fix = "put a good copy there; or move it away, and that of the toolkit is executed"
        raise JDLError("the notebook is damaged", str(template), fix) from None
    return json.dumps([[cell.cell_type, cell.source] for cell in cells if cell.source.strip()])


def _sweep(folder: RequestFolder) -> None:
    """Remove what a killed run left half-written: every temporary file or folder starts with a dot.

    What somebody explores by hand, perhaps just now, is left alone.
    """
    for path in sorted(folder.root.rglob(".*")):
        if path.is_relative_to(folder.exploratory):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _run_stage(walk: _Walk, name: str, analysis: str, record: str, share: float) -> float:
    """Execute one notebook, and for the report also draw and check what is published."""
    manifest = walk.manifest
    walk.progress(record, "running", share)
    log.info("stage %s started", record)
    manifest.values["status"] = "in progress"
    manifest.record_stage(record, status="running", started=now())
    started = time.perf_counter()
    try:
        if name == "report":
            misplaced = build_report(
                walk.lab, walk.request, walk.spec, walk.folder, walk.with_code, walk.engine, walk.tell
            )
            said = {"gate": PASSED, "reason": ""} | ({"misplaced": misplaced} if misplaced else {})
            said |= {"files": _published(walk.folder)}
        else:
            before = _written(walk.folder.findings_file)
            said = _execute_stage(walk, name, analysis)
            open_folder(walk.lab, walk.lab.spec(walk.request), walk.folder.root.parent, is_under_way=True)
            if name == "outcomes" and _written(walk.folder.findings_file) != before:  # by the last analysis to end
                record_results(manifest, walk.folder)
            if said["gate"] == "not run":
                raise StageFailed(f"notebook {STAGES[name]} ended without closing its stage")
    except BaseException as fault:
        elapsed = round(time.perf_counter() - started, 2)
        manifest.values["status"] = _failed_as(fault)
        manifest.record_stage(record, status="failed", seconds=elapsed, error=type(fault).__name__, ended=now())
        log.error("stage %s failed: %s", record, type(fault).__name__)
        walk.progress(record, "failed", share)
        raise
    elapsed = round(time.perf_counter() - started, 2)
    if name == "report":
        manifest.values[REPORTED] = results_digest(Findings.read(walk.folder.findings_file))
        record_results(manifest, walk.folder)  # the same that it was held to, or those of a folder without a record
        manifest.values["status"] = WITHDRAWN if manifest.last_event(WITHDRAWN) else "reported"
    if said.get("sample") and name == "matching":  # first: a stage that is on record as done has left nothing to do
        note_match(walk.folder.root, manifest, analysis, said["sample"])
    manifest.record_stage(record, status="done", key=walk.keys.get(analysis, ""), seconds=elapsed, ended=now(), **said)
    log.info("stage %s done in %.2f s, gate: %s", record, elapsed, said["gate"])
    walk.progress(record, "done", share)
    return elapsed


def _published(folder: RequestFolder) -> dict[str, str]:
    """Digest of every file of the report, by name."""
    files = (path for path in sorted(folder.report.rglob("*")) if path.is_file())
    return {path.relative_to(folder.report).as_posix(): file_digest(path) for path in files}


def _written(file: Path) -> tuple[int, int] | None:
    """What changes whenever a file is written; None if there is none."""
    return (file.stat().st_mtime_ns, file.stat().st_ino) if file.exists() else None


def _execute_stage(walk: _Walk, name: str, analysis: str) -> dict[str, Any]:
    """Execute a stage's notebook and return what its gate says."""
    folder, parameters = walk.folder, {"analysis": analysis} if name in OF_ANALYSIS else {}
    try:
        executed = folder.executed(name, analysis)
        execute(walk.lab, STAGES[name], walk.request, folder.root.parent, executed, walk.engine, **parameters)
    except CouldNotBeAnswered as fault:
        said = {"gate": UNANSWERED, "reason": fault.problems[0].what}
        write_atomically(folder.closing(name, analysis), json.dumps(said))
    return read_closing(folder, name, analysis)


def build_report(
    lab: Lab,
    request: str,
    spec: RequestSpec,
    folder: RequestFolder,
    with_code: bool = False,
    engine: str = "",
    tell: Callable[[str], None] = lambda step: None,
) -> list[str]:
    """Execute the report's notebook, draw HTML and PDF, check them for leaks, and put them and the findings in place.

    What people did with the report (sign-offs, the draft, a response) is laid over the findings first. The first
    analysis's report lies in ``report/``, each further one's in a folder of its own below. Findings and report are
    made beside those that stand; a run that was killed between the two moves left its stage open, so that the next one
    makes the report anew.

    Returns
    -------
    list of str
        Numbers that may have changed places, or were not seen, for somebody to look at.

    Raises
    ------
    GateClosed
        If a published file holds a name, date of birth or identifier; nothing is put in place then.
    """
    _require_published(folder)
    findings = findings_with_events(lab, spec, folder)
    making = Path(tempfile.mkdtemp(dir=folder.root, prefix=".report."))
    try:
        misplaced = make_report(lab, request, spec, folder, findings, making, with_code, engine, tell)
        _put_in_place(RequestFolder(making / spec.request), folder, making)
        return misplaced
    except BaseException:
        for analysis, place in _places(findings, making / spec.request / "report").items():
            kept = folder.executed("report", analysis)  # up to a failure, among the lab's own records
            if (place / "report.ipynb").exists():
                os.makedirs(kept.parent, exist_ok=True)
                os.replace(place / "report.ipynb", kept)
        raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def make_report(
    lab: Lab,
    request: str,
    spec: RequestSpec,
    folder: RequestFolder,
    findings: Findings,
    making: Path,
    with_code: bool = False,
    engine: str = "",
    tell: Callable[[str], None] = lambda step: None,
) -> list[str]:
    """Make the findings' report below `making` (``<request>/findings.json``, ``<request>/report/``), and check it.

    Parameters
    ----------
    folder : RequestFolder
        The request's own, which holds whose names to look for.
    findings : Findings
        As they are to be printed: with what people did with the report, as a draft or as a version.
    making : Path
        What lies there in ``<request>/report/`` already is looked through for personal data, too.
    tell : callable
        Told each step, as it is begun.

    Returns
    -------
    list of str
        Numbers that may have changed places, or were not seen, for somebody to look at.

    Raises
    ------
    GateClosed
        If a file holds a name, date of birth or identifier.
    """
    made = RequestFolder(making / spec.request)  # what the notebook opens as the request's folder
    made.report.mkdir(parents=True, exist_ok=True)
    findings.write(made.findings_file)
    misplaced: list[str] = []
    for analysis, place in _places(findings, made.report).items():
        tell("making the report" if len(findings.analyses) == 1 else f"making the report of analysis {analysis}")
        misplaced += _draw_report(lab, spec.request, making, findings.about(analysis), place, with_code, engine)
    tell("looking for personal data in it")
    _check_leaks(lab, spec, folder, made, findings)
    return misplaced


def _places(findings: Findings, report: Path) -> dict[str, Path]:
    """By analysis, the folder of its report: the first one's is `report`, others' lie below."""
    return {a.id: report / a.id if i else report for i, a in enumerate(findings.analyses)}


def _require_published(folder: RequestFolder) -> Findings:
    """The request's findings, as `jdl run` made them.

    Raises
    ------
    GateClosed
        If somebody put others in their place, such as those that were made by hand.
    """
    findings = Findings.read(folder.findings_file)
    faults = faults_of_findings(findings, Manifest.read(folder.manifest_file), folder)
    if faults:
        raise GateClosed(faults)
    return findings


def _put_in_place(made: RequestFolder, folder: RequestFolder, making: Path) -> None:
    """Move findings and report to where they are published, one right after the other."""
    os.replace(made.findings_file, folder.findings_file)
    if folder.report.exists():
        os.replace(folder.report, making / "old")
    os.replace(made.report, folder.report)


def findings_with_events(
    lab: Lab, spec: RequestSpec, folder: RequestFolder, more: Sequence[tuple[str, str, str]] = ()
) -> Findings:
    """The findings on disk with what people did with the report, whose free text is known to name nobody.

    `more`: further free text that is to be printed, as `lifecycle.free_texts` gives it.

    Raises
    ------
    GateClosed
        If the organisation's response or the reason of an event names somebody; all that do at once.
    """
    found, manifest = Findings.read(folder.findings_file), Manifest.read(folder.manifest_file)
    findings = with_what_was_done(found, spec, manifest, folder.restricted)
    texts = [*free_texts(found, manifest, folder.restricted), *more]
    if not texts:
        return findings
    problems = []
    kinds = kinds_named(lab, spec, folder, [text for *_, text in texts], findings)
    for found, (name, fix, _) in zip(kinds, texts, strict=True):
        if found:
            what = f"{name} names somebody ({', '.join(found)}); nothing was published"
            problems.append(Problem(what, f"request {spec.request}", fix))
    if problems:
        raise GateClosed(problems)
    return findings


def with_what_was_done(findings: Findings, spec: RequestSpec, manifest: Manifest, restricted: Path) -> Findings:
    """Findings with what people did with the report, and the settings that it prints."""
    findings = with_events(findings, manifest, restricted)
    settings = findings.provenance.settings | {"report": spec.report.printed()}
    return findings.model_copy(update={"provenance": findings.provenance.model_copy(update={"settings": settings})})


def _draw_report(
    lab: Lab, request: str, outputs: Path, findings: Findings, place: Path, with_code: bool, engine: str
) -> list[str]:
    """Execute the report's notebook for the first analysis of `findings`, check its numbers, draw HTML and PDF.

    `outputs`: holds the request's folder, with these findings.

    Returns
    -------
    list of str
        Numbers that may have changed places, or were not seen.
    """
    place.mkdir(exist_ok=True)
    analysis, notebook = findings.analyses[0], place / "report.ipynb"
    template = STAGES["report"] if analysis.status is Status.reported else NOT_ANSWERED
    execute(lab, template, request, outputs, notebook, engine, analysis=analysis.id)
    _without_machine_path(notebook, request, analysis.id)
    blocks = shown_blocks(notebook)
    checked = check_blocks(blocks, findings)
    none_wrong(checked.foreign)
    render.write_report(notebook, findings, place, with_code)
    read = render.misprints(blocks, findings, place / "report.html", place / "report.pdf")
    none_wrong(read.foreign)
    return [*checked.misplaced, *read.missing]


def _draw_review(walk: _Walk, stage: str = "", analysis: str = MAIN) -> None:
    """Draw the pages for sign-off, of one stage or of all. A failure here stops no run; the log tells of it."""
    try:
        render.write_review(walk.folder, stage, analysis)
    except Exception as fault:
        log.error("the pages for review could not be drawn: %s", type(fault).__name__)


def _without_machine_path(path: Path, request: str, analysis: str) -> None:
    """The published notebook says `outputs = "outputs"`, wherever the folder lies on this machine."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            said = {"request": Path(request).stem, "outputs": "outputs", "analysis": analysis}
            cell.source = "# Parameters\n" + "".join(f'{name} = "{value}"\n' for name, value in said.items())
    write_atomically(path, nbformat.writes(notebook))


def shown_blocks(path: Path) -> list[dict[str, Any]]:
    """What an executed notebook shows a reader."""
    shown = [o for c in nbformat.read(path, as_version=4).cells for o in c.get("outputs", [])]
    return [o["data"][MIME] for o in shown if MIME in o.get("data", {})]


def _look_again(misplaced: Sequence[str]) -> str:
    """What to look at before anything is published, as numbers may have changed places; empty if there is nothing."""
    if not misplaced:
        return ""
    said = "Look at these numbers of the report, which stand in another order than usual or were not seen:"
    return "\n  ".join([said, *misplaced])


def none_wrong(faults: Sequence[str]) -> None:
    """Every number of a report must be one of the findings.

    Raises
    ------
    StageFailed
        If one does not: it was made from something else than the findings, or drawn otherwise.
    """
    if faults:
        more = f" (and {len(faults) - 5} more)" if len(faults) > 5 else ""
        raise StageFailed(f"the report says what the findings do not hold: {'; '.join(faults[:5])}{more}")


def _check_leaks(lab: Lab, spec: RequestSpec, folder: RequestFolder, made: RequestFolder, findings: Findings) -> None:
    files = [*sorted(p for p in made.report.rglob("*") if p.is_file()), made.findings_file]
    leaks = _leaks(lab, spec, folder, files, findings)
    if leaks:
        found = "; ".join(sorted({f"{Path(file).name}: {kind}" for file, kind in leaks}))
        what = f"the leak check found personal data ({found}); nothing was published"
        fix = (
            "look for it in what the organisation wrote (names and values of its upload's columns, its answers) and in"
            " the request's settings; correct it there, and run again with --fresh"
        )
        raise GateClosed(what, f"request {spec.request}", fix)


def _leaks(
    lab: Lab, spec: RequestSpec, folder: RequestFolder, files: list[Path], findings: Findings
) -> list[tuple[Path, str]]:
    stage = Stage("report", lab, spec, folder, is_exploring=False)
    people = Submission.load(folder.restricted / "submission").people
    return disclosure.find_leaks(files, stage.register, people, findings)


def _end_unanswered(walk: _Walk, name: str, reason: str) -> None:
    """Write the findings and the short report of a request that could not be answered, and end it as such.

    Raises
    ------
    CouldNotBeAnswered
    """

    def write_findings() -> None:
        unanswered_findings(walk.lab, walk.spec, walk.folder, name, reason).write(walk.folder.findings_file)
        record_results(walk.manifest, walk.folder)

    _add_to_key_of_report(walk, walk.keys, NOT_ANSWERED)
    walk.take("report", first=write_findings)
    _require_published(walk.folder)
    if walk.manifest.values["status"] != UNANSWERED:
        walk.manifest.values["status"] = UNANSWERED
        walk.manifest.write()
    where = f"request {walk.spec.request}"
    report = f"{walk.lab.short(walk.folder.report)}/report.html"
    raise CouldNotBeAnswered(f"the request could not be answered: {reason}", where, f"see {report}")


class _LogFile(logging.FileHandler):
    """A log that stays silent where it cannot be written, on a full disk; the run itself says so."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass

    def close(self) -> None:
        try:
            super().close()
        except OSError:
            pass


class _logging_to:
    """Log what happens to a file while the block runs. Messages name stages and counts, never people."""

    def __init__(self, path: Path) -> None:
        self.handler = _LogFile(path, encoding="utf-8")
        self.handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def __enter__(self) -> None:
        log.setLevel(logging.INFO)
        log.addHandler(self.handler)

    def __exit__(self, *_: Any) -> None:
        log.removeHandler(self.handler)
        self.handler.close()
