"""Workers of a batch on this machine: a process for each request, forked from one that has everything imported."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from .. import execution
from ..execution.server import preload  # in a child of the server the package has a module of this name
from .task import DIED, INTERRUPTED, LOST, RUN_AGAIN, Ended, Said, Settings, Step, Task
from .work import serve

#: Seconds that workers have to put down what they hold when a batch is broken off.
GRACE = 2.0


class Crew(Protocol):
    """Who runs the requests of a batch: processes here, or workers of a cluster."""

    @property
    def n_free(self) -> int:
        """How many further requests could be started now."""

    def start(self, task: Task) -> None:
        """Start a request; returns at once."""

    def events(self, seconds: float) -> list[Step | Said | Ended]:
        """What was told since the last time; waits for something so long."""

    def stop(self) -> list[Ended]:
        """Break off what runs, and say how each request ended."""

    def close(self) -> None:
        """Leave nothing running."""


@dataclass
class _Running:
    task: Task
    process: BaseProcess
    tells: Connection
    started: float


class LocalCrew:
    """Processes on this machine.

    Parameters
    ----------
    n_workers : int
        How many requests run at once.
    settings : Settings
    """

    def __init__(self, n_workers: int, settings: Settings) -> None:
        self.n_workers, self.settings = n_workers, settings
        self._running: dict[str, _Running] = {}
        preload()  # imports while the first requests are made ready

    @property
    def n_free(self) -> int:
        return self.n_workers - len(self._running)

    def start(self, task: Task) -> None:
        context = execution.context()
        tells, tell = context.Pipe(duplex=False)
        process = context.Process(target=serve, args=(tell, self.settings, task), name=f"jdl {task.name}")
        execution.start(process)  # also where this is a worker of a cluster, which is daemonic
        tell.close()  # the worker's end is the only one: when it dies, the pipe ends
        self._running[task.name] = _Running(task, process, tells, time.monotonic())

    def events(self, seconds: float) -> list[Step | Said | Ended]:
        by_pipe = {one.tells: one for one in self._running.values()}
        if not by_pipe:
            time.sleep(seconds)
            return []
        told: list[Step | Said | Ended] = []
        for pipe in wait(list(by_pipe), timeout=seconds):
            told += self._listen(by_pipe[pipe])
        return told

    def _listen(self, one: _Running) -> list[Step | Said | Ended]:
        """All that a worker has said; a pipe that ends without a last word is a worker that died."""
        told: list[Step | Said | Ended] = []
        try:
            while one.tells.poll():
                told.append(one.tells.recv())
                if isinstance(told[-1], Ended):
                    break
            else:
                return told
        except (EOFError, OSError):
            told.append(self._died(one))
        self._let_go(one)
        return told

    def _died(self, one: _Running) -> Ended:
        one.process.join(GRACE)
        code = one.process.exitcode
        outcome = LOST if code == execution.SERVER_DIED and not execution.is_running() else DIED
        return Ended(one.task.name, outcome, round(time.monotonic() - one.started, 2), **why_died(code))

    def _let_go(self, one: _Running) -> None:
        one.process.join(GRACE)
        if one.process.is_alive():
            one.process.kill()
            one.process.join()
        one.tells.close()
        del self._running[one.task.name]

    def stop(self) -> list[Ended]:
        for one in self._running.values():
            _interrupt(one.process)
        ended: list[Ended] = []
        until = time.monotonic() + GRACE
        try:
            while self._running and time.monotonic() < until:
                ended += [told for told in self.events(0.1) if isinstance(told, Ended)]
        except KeyboardInterrupt:  # asked a second time: at once
            pass
        ended += [Ended(name, INTERRUPTED, fix=RUN_AGAIN) for name in self._running]
        self.close()
        return ended

    def close(self) -> None:
        for one in list(self._running.values()):
            one.process.kill()
            self._let_go(one)


def why_died(exit_code: int | None) -> dict[str, Any]:
    """Fault and fix of a process that ended without a last word."""
    what, fix = execution.why_it_died(exit_code)
    return {"fault": f"its process {what}", "fix": fix, "message": f"its process {what}"}


def _interrupt(process: BaseProcess) -> None:
    try:
        os.kill(process.pid, signal.SIGINT)
    except (ProcessLookupError, TypeError):  # it has just ended
        pass
