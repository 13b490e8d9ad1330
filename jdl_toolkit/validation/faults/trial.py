"""One trial: a fault that is done to a run, what the run said, and whether anything was lost, spoilt or leaked."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from ...errors import JDLError
from ...findings import Findings
from ...lab import Lab, RequestFolder
from ...lifecycle import REPORTED, results_digest
from ...stage import OF_ANALYSIS, STAGED, read_closing
from .bench import REQUEST, Bench, Told, findings_of

#: How a run may end by itself: done, the input is wrong, it could not be answered, a gate is closed, Ctrl-C.
SAID_SO = (0, 2, 3, 4, 130)

#: What a message begins with that blames the toolkit.
_BLAMED = "A fault of the toolkit"


@dataclass
class Case:
    """A trial under way: its lab, what its processes said, and what to mend afterwards.

    Parameters
    ----------
    bench : Bench
    lab : Lab
    luck : Random
    told : list of Told
        Of every process that was left to end by itself.
    mend : list of callable
        What undoes the fault (frees the disk, gives the file back); run in reverse order before the run afterwards.
    changed : bool
        Whether the fault leaves something that only `--fresh` can put right, as the message must then say.
    may_blame : bool
        Whether the fault is one that a process cannot tell of: it was killed.
    statuses : tuple of int
        How a run may end under this fault.
    """

    bench: Bench
    lab: Lab
    luck: random.Random
    told: list[Told] = field(default_factory=list)
    mend: list[Callable[[], Any]] = field(default_factory=list)
    may_blame: bool = False
    statuses: tuple[int, ...] = SAID_SO
    faults: list[str] = field(default_factory=list)
    until: str = "outcomes"
    must_fail: bool = False

    @property
    def root(self) -> Path:
        return self.lab.root

    @property
    def folder(self) -> RequestFolder:
        return RequestFolder(self.root / "outputs" / REQUEST)

    def run(self, *more: str, **options: Any) -> Told:
        """Run the request as far as this trial looks, and keep what it says."""
        told = self.bench.jdl(self.root, "run", REQUEST, "--until", self.until, *more, **options)
        self.told.append(told)
        return told

    def fault(self, words: str) -> None:
        self.faults.append(words)


@dataclass(frozen=True)
class Trial:
    """A fault to try.

    Parameters
    ----------
    kind, name : str
        Kind as the tables count it; name: what exactly, and where.
    act : callable
        ``act(case)``: do harm and run.
    after : str
        The stage of the undisturbed run whose outputs the trial begins with; "": none.
    until : str
        The last stage that it looks at: ``report`` costs most.
    """

    kind: str
    name: str
    act: Callable[[Case], None]
    after: str = ""
    until: str = "outcomes"


def carry_out(bench: Bench, trial: Trial, number: int, seed: int) -> dict[str, Any]:
    """Do one trial, and say in a row what came of it; `why` is empty if it was survived."""
    started, luck = time.perf_counter(), random.Random(f"{seed} {trial.kind} {trial.name}")
    case = Case(bench, bench.lab(f"{number:04d}", trial.after), luck, until=trial.until)
    found = contents(case.root)
    try:
        trial.act(case)
        judge_words(case)
        judge_whole(case)
        if any(told.status == 0 for told in case.told):
            judge_findings(case, "the run that was disturbed")
    except Exception as fault:  # what became of the lab is unknown: told as not survived, and the others go on
        case.fault(f"the trial itself failed ({type(fault).__name__})")
    finally:
        for mend in reversed(case.mend):
            mend()
    again = contents(case.root) != found or any(told.status == 0 for told in case.told)
    try:
        if again:  # else all is as it was, and a run would be that of any other lab
            judge_afterwards(case)
    except Exception as fault:
        case.fault(f"what it left cannot be looked at ({type(fault).__name__})")
    if not case.faults:
        shutil.rmtree(case.root)
    return {
        "kind": trial.kind,
        "name": trial.name,
        "statuses": " ".join(str(told.status) for told in case.told),
        "survived": not case.faults,
        "run_again": again,
        "why": "; ".join(dict.fromkeys(case.faults)),
        "message": _message(case.told, case.root),
        "seconds": round(time.perf_counter() - started, 1),
    }


def contents(root: Path) -> dict[str, str]:
    """Every file of a lab that a run can rest on, by its digest: all but logs, locks and pages that are drawn."""
    drawn = ("index.html", "run.log")
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
        and p.suffix != ".lock"
        and p.name not in drawn
        and "review" not in p.parts
        and not p.name.startswith(".register-")  # what is remembered of a file, by its place
    }


def _message(told: list[Told], root: Path) -> str:
    """The first message of the trial, cut, without the place where it was tried."""
    text = next((one.err.strip() or one.out.strip() for one in told if one.status), "")
    return re.sub(r"\s+", " ", text.replace(f"{root}/", "").replace(str(root.parent), "…"))[:300]


def judge_words(case: Case) -> None:
    """Every process ended in a stated way, said what is wrong and what to do, and named nobody."""
    for told in case.told:
        if told.hung:
            case.fault("it hung")
        if "Traceback" in told.said:
            case.fault("it showed a traceback")
        if told.status not in case.statuses:
            case.fault(f"exit status {told.status}")
        if told.status and not told.err.strip() and told.status > 0:
            case.fault("it ended without a word")
        if _BLAMED in told.said and not case.may_blame:
            case.fault("it blamed the toolkit")
        if told.status == 2 and "What to do" not in told.said:
            case.fault("it did not say what to do")
    shown = "\n".join(told.said for told in case.told)
    for file in (case.folder.root / "run.log", case.folder.manifest_file, case.root / "outputs" / "index.html"):
        try:
            shown += file.read_text("utf-8", "replace")
        except OSError:
            continue
    if any(needle in shown for needle in case.bench.needles):
        case.fault("it showed personal data")
    if case.must_fail and not any(told.status for told in case.told):
        case.fault("it was not noticed")


def judge_whole(case: Case) -> None:
    """What counts as finished is whole: a stage on record as done has left everything that it makes.

    A folder whose record cannot be read, or whose files the trial itself spoilt, is looked at by `judge_afterwards`.
    """
    if case.faults or not case.folder.manifest_file.is_file():
        return
    try:
        manifest = json.loads(case.folder.manifest_file.read_text("utf-8"))
    except (ValueError, OSError):
        return
    for name, stage in manifest["stages"].items():
        if stage["status"] == "done" and name == "report":
            try:
                findings = Findings.read(case.folder.findings_file)
            except JDLError:
                continue
            if results_digest(findings) != manifest[REPORTED]:
                case.fault("the report is of other findings")
            empty = [n for n in ("report.html", "report.pdf", "report.ipynb") if not _holds(case.folder.report / n)]
            if empty and not case.mend:
                case.fault(f"{', '.join(empty)} half-written")


def require_whole(folder: RequestFolder) -> list[str]:
    """What is half-written although its stage is on record as done; nothing was done to the files by hand."""
    manifest, found = json.loads(folder.manifest_file.read_text("utf-8")), []
    done = [name for name, stage in manifest["stages"].items() if stage["status"] == "done"]
    for name in done:
        if name == "report":
            continue
        if read_closing(folder, name)["gate"] != manifest["stages"][name]["gate"]:
            found.append(f"{name}: its record and what it said differ")
        cells = [c for c in nbformat.read(folder.executed(name), as_version=4).cells if c.cell_type == "code"]
        if not all(cell.execution_count for cell in cells if cell.source.strip()):
            found.append(f"{name}: its notebook did not end")
    if set(OF_ANALYSIS) <= set(done):
        for kind in STAGED:
            try:
                kind.load(folder.restricted / kind.__name__.lower())
            except JDLError:
                found.append(f"{kind.__name__} is half-written")
    return found


def _holds(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 1000


def judge_findings(case: Case, which: str) -> None:
    """What was found is what the undisturbed run found, to the byte."""
    expected = case.bench.findings
    try:
        found = findings_of(case.root / "outputs", case.until)
    except (OSError, ValueError) as fault:
        case.fault(f"{which} left no findings ({type(fault).__name__})")
        return
    if case.until != "report":
        if found["findings"] != expected["findings"]["analyses"]:
            case.fault(f"{which} found something else")
        return
    if found["findings"] != expected["findings"]:
        case.fault(f"{which} found something else")
    elif set(found["files"]) != set(expected["files"]):
        case.fault(f"{which} published other files")
    elif found["commit"] == expected["commit"] and found["files"] != expected["files"]:
        differing = sorted(n for n, content in found["files"].items() if content != expected["files"][n])
        case.fault(f"{which} published something else ({', '.join(differing[:3])})")


def judge_afterwards(case: Case) -> None:
    """With the fault mended, a run gives what the undisturbed one gave; with `--fresh` only where that was said."""
    arguments = ("run", REQUEST, "--until", case.until)
    told = case.bench.jdl(case.root, *arguments)
    if told.status and "--fresh" in told.said:
        told = case.bench.jdl(case.root, *arguments, "--fresh")
    if told.status:
        words = " ".join(told.err.split())[:200].replace(str(case.root), "LAB")
        case.fault(f"afterwards it could not be run (status {told.status}: {words})")
        return
    judge_findings(case, "the run afterwards")
    case.faults.extend(require_whole(case.folder))
    left = [p.name for p in case.folder.root.rglob(".*") if not p.is_relative_to(case.folder.exploratory)]
    if left:
        case.fault(f"it left {len(left)} temporary files")
