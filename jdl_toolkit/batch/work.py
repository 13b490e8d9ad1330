"""What a worker does: run one request to its end, whatever that is, and say how it ended."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..errors import CouldNotBeAnswered, GateClosed, JDLError, KernelDied, StageFailed, UnderWay
from ..lab import Lab
from .task import (
    CLOSED,
    DIED,
    FAILED,
    INTERRUPTED,
    REPORTED,
    RUN_AGAIN,
    UNANSWERED,
    UNDER_WAY,
    WRONG,
    Ended,
    Settings,
    Step,
    Task,
)

#: How messages begin that are told of as such already, and what stands before what to do.
_ENDED, _FIX = "the request could not be answered: ", "What to do: "


def serve(tell: Connection, settings: Settings, task: Task) -> None:
    """Run one request in a process of its own, and tell of it through a pipe. Ends with the process that started it."""
    from .. import execution

    execution.end_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the batch runs in the background
    be_quiet()
    try:
        ended = answer(settings, task, tell.send)
    except KeyboardInterrupt:  # before the run began, or after it had ended
        ended = Ended(task.name, INTERRUPTED)
    tell.send(ended)


def answer(settings: Settings, task: Task, tell: Callable[[Step], Any]) -> Ended:
    """Run one request.

    Parameters
    ----------
    settings : Settings
    task : Task
    tell : callable
        Told every step.

    Returns
    -------
    Ended
        Also of a request that failed: nothing is raised.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # as in `jdl run`
    from ..register.store import MEMORY, THREADS
    from ..run import run_request

    os.environ |= {THREADS: str(settings.threads), MEMORY: settings.memory}
    lab, started, stages = Lab(Path(settings.lab)), time.monotonic(), _Stages(task.name, tell)
    try:
        outcome = run_request(
            lab, task.request, Path(settings.outputs), settings.until, progress=stages, with_index=False
        )
        how = REPORTED if outcome.report else f"done up to stage {settings.until}"
        said = {"headline": outcome.headline, "warning": outcome.warning}
    except (Exception, KeyboardInterrupt) as fault:
        how, said = _how(fault), _in_words(fault, lab)
    folder = Path(settings.outputs) / task.name
    places = {"report": folder / "report/report.html", "review": folder / "restricted/review/index.html"}
    said |= {name: lab.short(page) for name, page in places.items() if page.exists()}
    return Ended(task.name, how, round(time.monotonic() - started, 2), stages.seconds, **said)


class _Stages:
    """Tells the batch of every stage, and keeps how long each took that ran."""

    def __init__(self, name: str, tell: Callable[[Step], Any]) -> None:
        self.name, self.tell = name, tell
        self.seconds: dict[str, float] = {}
        self._started: dict[str, float] = {}

    def __call__(self, stage: str, state: str, share: float) -> None:
        if state == "running":
            self._started[stage] = time.monotonic()
        elif stage in self._started:
            self.seconds[stage] = round(time.monotonic() - self._started.pop(stage), 2)
        self.tell(Step(self.name, stage, state))


def _how(fault: BaseException) -> str:
    """Which end a fault is."""
    kinds = {
        UnderWay: UNDER_WAY,
        CouldNotBeAnswered: UNANSWERED,
        GateClosed: CLOSED,
        JDLError: WRONG,
        KernelDied: DIED,
        KeyboardInterrupt: INTERRUPTED,
    }
    return next((end for kind, end in kinds.items() if isinstance(fault, kind)), FAILED)


def _in_words(fault: BaseException, lab: Lab) -> dict[str, str]:
    """What is wrong and what to do. The text of an unforeseen error may hold data: its class is all that is said."""
    if isinstance(fault, CouldNotBeAnswered):
        return {"fault": fault.problems[0].what.removeprefix(_ENDED), "fix": "", "message": str(fault)}
    if isinstance(fault, JDLError):
        return first_problem(fault, lab)
    if isinstance(fault, KeyboardInterrupt):
        return {"fault": "", "fix": RUN_AGAIN, "message": ""}
    if isinstance(fault, StageFailed) and fault.fix:
        return {"fault": str(fault), "fix": fault.fix, "message": str(fault)}
    if isinstance(fault, StageFailed):
        fix = "see the executed notebook in the request's restricted folder, and run.log"
        return {"fault": f"a fault of the toolkit: {fault}", "fix": fix, "message": str(fault)}
    fix = "run it alone with JDL_DEBUG=1, which shows where; that may hold data"
    return {"fault": f"a fault of the toolkit ({type(fault).__name__})", "fix": fix, "message": type(fault).__name__}


def first_problem(fault: JDLError, lab: Lab) -> dict[str, str]:
    """First line of the first problem, what to do about it, and all that is wrong.

    Read from the text, as a fault that a notebook raised comes as text alone.
    """
    message = str(fault).replace(f"{lab.root}/", "")
    first, *rest = message.splitlines()
    n = re.fullmatch(r"(\d+) problems:", first)
    more = f" (and {int(n[1]) - 1} more)" if n else ""
    if n and rest:
        first, *rest = rest
    fix = next((line.partition(_FIX)[2] for line in rest if _FIX in line), "")
    return {"fault": first.removeprefix("- ") + more, "fix": fix, "message": message}


def be_quiet() -> None:
    """Keep what libraries print off the screen, where the progress of the whole batch is shown.

    Ctrl-C at the terminal reaches the batch alone, which then tells its workers.
    """
    os.setpgid(0, 0)
    if "JDL_DEBUG" not in os.environ:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for screen in (1, 2):
            os.dup2(nowhere, screen)
        os.close(nowhere)
