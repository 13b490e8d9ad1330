"""Run a request: papermill executes each stage's notebook, the manifest records it, the report is drawn and checked."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import nbformat
import papermill
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from . import disclosure, errors, render
from .cohort import Cohort
from .document import MIME
from .errors import CouldNotBeAnswered, GateClosed, JDLError, StageFailed
from .findings import Findings, Status, could_not_be_answered
from .lab import STAGES, Lab
from .linkage import Linkage
from .manifest import Manifest, now
from .narrative import check_numbers, headline_sentence
from .result import write_atomically
from .spec import RequestSpec
from .stage import CLOSED, PASSED, RUNNING, UNANSWERED, RequestFolder, Stage, open_folder, read_closing
from .submission import Submission

log = logging.getLogger("jdl_toolkit")

#: Seconds after which one cell of a notebook counts as hanging.
CELL_TIMEOUT = 3600

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
    """

    request: str
    status: str
    headline: str
    report: Path | None
    seconds: dict[str, float]


def run_request(
    lab: Lab,
    request: str,
    outputs: Path,
    until: str = "report",
    fresh: bool = False,
    progress: Callable[[str, str], None] = lambda stage, state: None,
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
        Told ``(stage, state)`` with state ``running``, ``done``, ``up to date`` or ``failed``.

    Raises
    ------
    JDLError
        The request or its data are at fault, the request could not be answered, or a gate is closed.
    StageFailed
        A notebook failed.
    """
    if until not in STAGES:
        raise JDLError(f"there is no stage `{until}`", "--until", f"use one of: {', '.join(STAGES)}")
    spec = lab.spec(request)
    lab.source(spec)
    _require_folder(lab, outputs)
    try:
        with filelock.FileLock(outputs / f".{spec.request}.lock", timeout=0):
            if fresh:
                archive(outputs, spec.request)
            folder = open_folder(lab, spec, outputs)
            _sweep(folder)
            with _logging_to(folder.root / "run.log"):
                return _run_stages(lab, request, spec, folder, until, progress)
    except filelock.Timeout:
        fix = "wait until it has ended, or choose another folder with --outputs"
        raise JDLError("another run of this request is under way", lab.short(outputs / spec.request), fix) from None
    finally:
        render.write_index(outputs)


def _require_folder(lab: Lab, outputs: Path) -> None:
    try:
        outputs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=outputs):
            pass
    except OSError as fault:
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


def _run_stages(lab, request, spec, folder, until, progress) -> RunOutcome:
    manifest = Manifest.read(folder.manifest_file)
    seconds: dict[str, float] = {}
    key = spec.digest + json.dumps(manifest.values["inputs"], sort_keys=True) + manifest.values["toolkit_version"]
    fresh_from_here = False
    for name in list(STAGES)[: list(STAGES).index(until) + 1]:
        template = lab.notebook(STAGES[name])
        key = hashlib.sha256((key + _sources(template)).encode()).hexdigest()
        done = manifest.stage(name)
        if (
            not fresh_from_here
            and done.get("status") == "done"
            and done.get("key") == key
            and done.get("gate") != CLOSED
        ):
            progress(name, "up to date")
        else:
            fresh_from_here = True
            seconds[name] = _run_stage(lab, request, spec, folder, manifest, name, key, progress)
        gate = manifest.stage(name).get("gate", PASSED)
        if gate == UNANSWERED:
            _end_unanswered(lab, request, spec, folder, manifest, name, progress)
        if gate == CLOSED:
            reason = manifest.stage(name)["reason"]
            accept = f"jdl record {spec.request} 'balance accepted' --by NAME --reason TEXT"
            fix = f"try other settings, or accept it: {accept}"
            raise GateClosed(f"stage {name} is closed: {reason}", f"request {spec.request}", fix)
    headline = ""
    if until == "report":
        findings = Findings.read(folder.findings_file)
        headline = headline_sentence(findings.analyses[0])
    report = folder.report if until == "report" else None
    return RunOutcome(spec.request, manifest.values["status"], headline, report, seconds)


def _failed_as(fault: BaseException) -> str:
    """Status of a request that stopped: the user's input at fault, a run broken off, or a fault of the toolkit."""
    if isinstance(fault, GateClosed):
        return "a gate is closed"
    if isinstance(fault, JDLError):
        return "something in the input is wrong"
    return "interrupted" if isinstance(fault, KeyboardInterrupt) else "failed"


def _sources(template: Path) -> str:
    """The cells of a template without outputs: opening one in JupyterLab and saving it changes nothing."""
    cells = nbformat.read(template, as_version=4).cells
    return json.dumps([[cell.cell_type, cell.source] for cell in cells if cell.source.strip()])


def _sweep(folder: RequestFolder) -> None:
    """Remove what a killed run left half-written: every temporary file or folder starts with a dot."""
    for place in (folder.root, folder.restricted, folder.restricted / "notebooks"):
        for path in place.glob(".*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _run_stage(lab, request, spec, folder, manifest, name, key, progress) -> float:
    """Execute one notebook, and for the report also draw and check what is published."""
    progress(name, "running")
    log.info("stage %s started", name)
    manifest.values["status"] = "in progress"
    manifest.record_stage(name, status="running", started=now())
    started = time.perf_counter()
    try:
        if name == "report":
            build_report(lab, request, spec, folder)
            said = {"gate": PASSED, "reason": ""}
        else:
            said = _execute_stage(lab, request, folder, name)
            if said["gate"] == "not run":
                raise StageFailed(f"notebook {STAGES[name]} ended without closing its stage")
    except BaseException as fault:
        elapsed = round(time.perf_counter() - started, 2)
        manifest.values["status"] = _failed_as(fault)
        manifest.record_stage(name, status="failed", seconds=elapsed, error=type(fault).__name__, ended=now())
        log.error("stage %s failed: %s", name, type(fault).__name__)
        progress(name, "failed")
        raise
    elapsed = round(time.perf_counter() - started, 2)
    if name == "report":
        manifest.values["status"] = "reported"
    manifest.record_stage(name, status="done", key=key, seconds=elapsed, ended=now(), **said)
    log.info("stage %s done in %.2f s, gate: %s", name, elapsed, said["gate"])
    progress(name, "done")
    return elapsed


def _execute_stage(lab: Lab, request: str, folder: RequestFolder, name: str) -> dict[str, str]:
    """Execute a stage's notebook and return what its gate says."""
    try:
        execute(lab, STAGES[name], request, folder.root.parent, folder.executed(name))
    except CouldNotBeAnswered as fault:
        return {"gate": UNANSWERED, "reason": fault.problems[0].what}
    return read_closing(folder, name)


def execute(lab: Lab, template: str, request: str, outputs: Path, target: Path) -> None:
    """Execute a template by papermill and keep the executed notebook, also when it fails.

    Papermill's own word is not taken for success: every code cell must have run, and none may hold an error.

    Raises
    ------
    JDLError
        The fault that a cell raised for the user.
    StageFailed
        Any other failure, named by error class and cell number only: its text may hold rows about people.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    place = outputs.relative_to(lab.root) if outputs.is_relative_to(lab.root) else outputs
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".executing.") as folder:
        executed = Path(folder) / "executed.ipynb"
        try:
            with _as_run():
                papermill.execute_notebook(
                    str(lab.notebook(template)),
                    str(executed),
                    parameters={"request": request, "outputs": str(place)},
                    cwd=str(lab.root),
                    kernel_name="python3",
                    progress_bar=False,
                    log_output=False,
                    autosave_cell_every=0,
                    execution_timeout=CELL_TIMEOUT,
                    config=Config({"KernelManager": {"transport": "ipc"}}),
                )
        except PapermillExecutionError as fault:
            raise _as_ours(fault, template) from None
        except (CellTimeoutError, DeadKernelError, CellExecutionError) as fault:
            raise StageFailed(f"notebook {template}: {type(fault).__name__}") from None
        finally:
            if executed.exists():
                write_atomically(target, _without_papermill_metadata(executed))
    notebook = nbformat.read(target, as_version=4)
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and cell.source.strip() and not cell.execution_count:
            raise StageFailed(f"notebook {template}: cell {number} did not run")


@contextmanager
def _as_run() -> Iterator[None]:
    """Tell notebooks that `jdl run` runs them, and keep what a kernel says while it ends off the user's screen."""
    before, screen = os.environ.get(RUNNING), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.environ[RUNNING] = "1"
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(screen, 2)
        os.close(screen)
        os.close(nowhere)
        os.environ.pop(RUNNING) if before is None else os.environ.update({RUNNING: before})


def _as_ours(fault: PapermillExecutionError, template: str) -> Exception:
    kind = getattr(errors, fault.ename, None)
    if isinstance(kind, type) and issubclass(kind, JDLError):
        return kind(fault.evalue)
    return StageFailed(f"notebook {template}, cell {fault.cell_index + 1}: {fault.ename}")


def _without_papermill_metadata(path: Path) -> str:
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
    return nbformat.writes(notebook)


def build_report(lab: Lab, request: str, spec: RequestSpec, folder: RequestFolder) -> None:
    """Execute the report's notebook, draw HTML and PDF, check them for leaks, and put them in place in one rename.

    Raises
    ------
    GateClosed
        If a published file holds a name, date of birth or identifier; nothing is put in place then.
    """
    temporary = Path(tempfile.mkdtemp(dir=folder.root, prefix=".report."))
    os.chmod(temporary, 0o755)
    try:
        notebook = temporary / "report.ipynb"
        findings = Findings.read(folder.findings_file)
        template = STAGES["report"] if findings.status is Status.reported else NOT_ANSWERED
        execute(lab, template, request, folder.root.parent, notebook)
        _without_machine_path(notebook, request)
        _check_numbers(notebook, findings)
        render.write_report(notebook, findings, temporary)
        _check_leaks(lab, spec, folder, temporary)
        if folder.report.exists():
            old = Path(tempfile.mkdtemp(dir=folder.root, prefix=".report.old."))
            os.replace(folder.report, old / "report")
            os.replace(temporary, folder.report)
            shutil.rmtree(old)
        else:
            os.replace(temporary, folder.report)
    except BaseException:
        if (temporary / "report.ipynb").exists():  # the notebook up to its failure is kept, among the lab's own records
            os.makedirs(folder.executed("report").parent, exist_ok=True)
            os.replace(temporary / "report.ipynb", folder.executed("report"))
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _without_machine_path(path: Path, request: str) -> None:
    """The published notebook says `outputs = "outputs"`, wherever the folder lies on this machine."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = f'# Parameters\nrequest = "{Path(request).stem}"\noutputs = "outputs"\n'
    write_atomically(path, nbformat.writes(notebook))


def _check_numbers(path: Path, findings: Findings) -> None:
    """Every number in the report's sentences must be one of the findings.

    Raises
    ------
    StageFailed
        If one is not: a sentence was made from something else than the findings.
    """
    shown = [o for c in nbformat.read(path, as_version=4).cells for o in c.get("outputs", [])]
    blocks = [o["data"][MIME] for o in shown if MIME in o.get("data", {})]
    texts = [block["text"] for block in blocks if block["kind"] in ("words", "inset")]
    foreign = sorted({n for text in texts for n in check_numbers(text, findings)})
    if foreign:
        raise StageFailed(f"the report says {', '.join(foreign[:5])}, which the findings do not hold")


def _check_leaks(lab: Lab, spec: RequestSpec, folder: RequestFolder, published: Path) -> None:
    stage = Stage("report", lab, spec, folder)
    people = Submission.load(folder.restricted / "submission").people
    files = [*sorted(p for p in published.rglob("*") if p.is_file()), folder.findings_file]
    leaks = disclosure.find_leaks(files, stage.register, people, Findings.read(folder.findings_file))
    if leaks:
        found = "; ".join(sorted({f"{Path(file).name}: {kind}" for file, kind in leaks}))
        raise GateClosed(
            f"the leak check found personal data ({found}); nothing was published", f"request {spec.request}"
        )


def _end_unanswered(lab, request, spec, folder, manifest, name, progress) -> None:
    """Write the findings and the short report of a request that could not be answered, and end it as such."""
    reason = manifest.stage(name)["reason"]
    stage = Stage(name, lab, spec, folder)

    def saved(kind: Any) -> Any:
        place = folder.restricted / kind.__name__.lower()
        return kind.load(place) if place.exists() else None

    parts = (saved(Submission), saved(Linkage), saved(Cohort))
    could_not_be_answered(spec, *parts, reason, stage.provenance()).write(folder.findings_file)
    _run_stage(lab, request, spec, folder, manifest, "report", "", progress)
    manifest.values["status"] = "could not be answered"
    manifest.write()
    where = f"request {spec.request}"
    raise CouldNotBeAnswered(
        f"the request could not be answered: {reason}", where, f"see {lab.short(folder.report)}/report.html"
    )


class _logging_to:
    """Log what happens to a file while the block runs. Messages name stages and counts, never people."""

    def __init__(self, path: Path) -> None:
        self.handler = logging.FileHandler(path, encoding="utf-8")
        self.handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def __enter__(self) -> None:
        log.setLevel(logging.INFO)
        log.addHandler(self.handler)

    def __exit__(self, *_: Any) -> None:
        log.removeHandler(self.handler)
        self.handler.close()
