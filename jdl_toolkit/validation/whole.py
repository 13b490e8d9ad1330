"""The whole study in one folder: its parts run one after the other, what became of each, and what they found.

    OUT/study.json          seed, and whether the study is short: a folder holds one study
    OUT/<part>/run.json     what became of the part: running, stopped, finished or failed
    OUT/<part>/results/     its small tables, from which its answer is read
    OUT/validation.html     the report, anew after each part (`page`)

A folder of results alone, ``<folder>/<part>/about.json`` and so on, is read in the same way: those of the real study
travel with the toolkit.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock
import pandas as pd

from ..document import Block, Shown
from ..errors import JDLError, Problem, UnderWay
from ..manifest import toolkit_commit
from ..result import Result, write_atomically
from ..spec import lab_resources
from .part import RESULTS, Answer, Check, Effort, Part

STUDY, RUN, ABOUT, LOCK = "study.json", "run.json", "about.json", ".lock"

NOT_RUN, RUNNING, STOPPED, FINISHED, FAILED = "not run", "running", "stopped", "finished", "failed"


@dataclass(frozen=True)
class PartRun(Shown):
    """What became of one part.

    Parameters
    ----------
    part : Part
    state : {"not run", "running", "stopped", "finished", "failed"}
    answer : Answer, optional
        Of a part that is finished; None otherwise.
    about : dict
        What the part says of how it was made: seed, short, toolkit_version, toolkit_commit, counts tried.
    why : str
        Why it failed.
    status : int
        Exit status of a failure: 2, the input; 1, the toolkit.
    seconds : float
        How long it took, all times that it was taken up together.
    """

    part: Part
    state: str
    answer: Answer | None = None
    about: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    status: int = 0
    seconds: float = 0.0

    @property
    def is_short(self) -> bool:
        return bool(self.about.get("short"))

    @property
    def light(self) -> str:
        """Red: a check does not hold, or the part failed. Amber: not all was tried, or it was short. Else green."""
        if self.state == FAILED or (self.answer and self.answer.failed):
            return "red"
        tried = self.answer is not None and self.answer.checks and not self.answer.not_tried
        return "green" if tried and not self.is_short else "amber"

    def blocks(self) -> tuple[Block, ...]:
        from .shown import of_part

        return of_part(self)


@dataclass(frozen=True)
class Validation(Result):
    """What the study found so far.

    Parameters
    ----------
    runs : tuple of PartRun
        One for each part, in the order of the study.

    Examples
    --------
    >>> from jdl_toolkit.validation.part import Answer, Check, Part
    >>> from jdl_toolkit.validation.whole import FINISHED, PartRun, Validation
    >>> coin = Check("Heads of 100 throws of a fair coin", "47", "37 to 63", holds=True)
    >>> answer = Answer("trials", "Is the coin fair?", "As far as 100 throws can tell, it is.", (coin,))
    >>> part = Part("trials", "Is the coin fair?", run=print, answer=lambda results: answer, takes="a second")
    >>> study = Validation((PartRun(part, FINISHED, answer),))
    >>> study
    The only check holds.
    """

    runs: tuple[PartRun, ...]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Of the parts that have one."""
        return tuple(run.answer for run in self.runs if run.answer is not None)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check, of all parts."""
        return tuple(check for answer in self.answers for check in answer.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold, of all parts."""
        return tuple(check for answer in self.answers for check in answer.failed)

    @property
    def not_tried(self) -> tuple[Check, ...]:
        """The checks that could not be tried, of all parts."""
        return tuple(check for answer in self.answers for check in answer.not_tried)

    @property
    def unfinished(self) -> tuple[PartRun, ...]:
        """Parts that have no answer."""
        return tuple(run for run in self.runs if run.answer is None)

    @property
    def is_running(self) -> bool:
        """Whether a part is at work."""
        return any(run.state == RUNNING for run in self.runs)

    @property
    def exit_status(self) -> int:
        """Of the command: 1 or 2 if a part failed, 4 if a check does not hold, 0 otherwise."""
        failures = [run.status for run in self.runs if run.state == FAILED]
        return min(failures) if failures else 4 if self.failed else 0

    def summary(self) -> str:
        n, n_tried = len(self.checks), len(self.checks) - len(self.not_tried)
        if not n_tried:
            return "No check has been tried yet."
        n_held = n_tried - len(self.failed)
        every = "The only check holds" if n == 1 else f"All {n:,} checks hold"
        said = every if n_held == n else f"{n_held:,} of {n_tried:,} checks hold"
        said += f"; {len(self.not_tried):,} could not be tried" if self.not_tried else ""
        waiting = [run.part.key for run in self.unfinished]
        return f"{said}; no answer yet of {', '.join(waiting)}." if waiting else f"{said}."

    def to_frame(self) -> pd.DataFrame:
        """Every check: part, claim, found, allowed, holds, why."""
        rows = [{"part": answer.key} | vars(check) for answer in self.answers for check in answer.checks]
        return pd.DataFrame(rows, columns=["part", "claim", "found", "allowed", "holds", "why"])

    def part(self, key: str) -> PartRun:
        """What became of one part, and its answer.

        Raises
        ------
        JDLError
            If there is none of that name.
        """
        found = {run.part.key: run for run in self.runs}
        if key not in found:
            raise JDLError(f"there is no part {key}", "the study", f"choose among {', '.join(found)}")
        return found[key]

    def blocks(self) -> tuple[Block, ...]:
        from .shown import in_short

        return in_short(self)

    @classmethod
    def read(cls, folder: Path, parts: Iterable[Part]) -> Validation:
        """What a folder holds: of a study under way or finished, or results alone.

        Raises
        ------
        JDLError
            If it holds nothing of any part.
        """
        folder, is_running = Path(folder), _is_held(folder)
        found = cls(tuple(_part_run(folder, part, is_running) for part in parts))
        if all(run.state == NOT_RUN for run in found.runs) and not (folder / STUDY).exists():
            raise JDLError("no study is kept there", str(folder), "make one: jdl validate --out FOLDER")
        return found


def shipped_study() -> Path:
    """The results of the real study, which travel with the toolkit."""
    return lab_resources() / "docs" / "validation"


def claim_folder(out: Path, effort: Effort) -> None:
    """Make the folder one of a study of that seed and length, before any of it is run.

    Raises
    ------
    JDLError, UnderWay
        As `run_parts` does.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _holding(out):
        _claim(out, effort)


def run_parts(parts: Iterable[Part], out: Path, effort: Effort, then: Callable[[str], None] = lambda key: None) -> None:
    """Run the parts, one after the other; one that fails does not keep the others from being run.

    Parameters
    ----------
    parts : iterable of Part
    out : Path
        Run again with the same effort, the study goes on where it stopped.
    effort : Effort
    then : callable
        Called with the key of each part as it ends, finished or failed.

    Raises
    ------
    JDLError
        If the folder holds a study with another seed, or a short one where a long one is asked for; `UnderWay` if
        another process is at it.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _holding(out):
        _claim(out, effort)
        for part in parts:
            _run(part, out / part.key, effort)
            then(part.key)


def _run(part: Part, folder: Path, effort: Effort) -> None:
    before, started = _read_json(folder / RUN), time.time()

    def note(state: str, **more: Any) -> None:
        seconds = round(before.get("seconds", 0.0) + time.time() - started, 1)
        made = {"state": state, "seconds": seconds, "workers": effort.workers, "toolkit_commit": toolkit_commit()}
        write_atomically(folder / RUN, json.dumps(made | more, indent=1) + "\n")

    note(RUNNING)
    try:
        part.run(folder, effort)
        part.answer(folder / RESULTS)  # whether it can be read is known now, and not when it is shown
    except JDLError as fault:
        note(FAILED, why=str(fault), status=fault.exit_status)
    except Exception as fault:  # its text may hold data: its class is all that is kept
        note(FAILED, why=f"a fault of the toolkit ({type(fault).__name__})", status=1)
        if os.environ.get("JDL_DEBUG"):
            raise
    except BaseException:
        note(STOPPED)
        raise
    else:
        note(FINISHED)


def _part_run(folder: Path, part: Part, is_running: bool) -> PartRun:
    place = folder / part.key
    run, results = _read_json(place / RUN), place / RESULTS
    results = results if results.is_dir() else place
    about = _read_json(results / ABOUT)
    state = run.get("state", FINISHED if about else NOT_RUN)
    if state == RUNNING and not is_running:  # killed, or the machine went down
        state = STOPPED
    told = {"about": about, "seconds": float(run.get("seconds", 0.0))}
    if state == FAILED:
        return PartRun(part, state, why=str(run.get("why", "")), status=int(run.get("status", 1)), **told)
    if state != FINISHED:
        return PartRun(part, state, **told)
    try:
        return PartRun(part, state, part.answer(results), **told)
    except (JDLError, OSError, ValueError, LookupError, TypeError) as fault:
        why = str(fault) if isinstance(fault, JDLError) else f"its results cannot be read ({type(fault).__name__})"
        return PartRun(part, FAILED, why=why, status=2, **told)


def _claim(out: Path, effort: Effort) -> None:
    """Note what the folder's study is; refuse to mix two."""
    asked, path = {"seed": effort.seed, "short": effort.short}, out / STUDY
    if not path.exists():
        write_atomically(path, json.dumps(asked) + "\n")
        return
    held = _read_json(path)
    words = {"seed": "--seed {}".format, "short": lambda short: "--short" if short else "no --short"}
    if differs := [key for key in asked if held.get(key) != asked[key]]:
        was = ", ".join(words[key](held.get(key)) for key in differs)
        fix = "ask for the same again, or name another folder with --out"
        raise JDLError(Problem(f"the folder holds a study made with {was}", str(out), fix))


@contextmanager
def _holding(out: Path) -> Iterator[None]:
    try:
        with filelock.FileLock(out / LOCK, timeout=0.5):
            yield
    except filelock.Timeout:
        fix = "wait until it has ended, or name another folder; --status tells how far it is"
        raise UnderWay("a study is under way there", str(out), fix) from None


def _is_held(out: Path) -> bool:
    if not (out / LOCK).exists():
        return False
    try:
        with filelock.FileLock(out / LOCK, timeout=0):
            return False
    except (filelock.Timeout, OSError):
        return True


def _read_json(path: Path) -> dict[str, Any]:
    try:
        held = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}
