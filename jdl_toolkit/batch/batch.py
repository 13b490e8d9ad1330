"""Run many requests: none stops another, what died is tried once more, what another process holds is waited for."""

from __future__ import annotations

import datetime as dt
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import JDLError
from ..lab import STAGES, Lab
from ..manifest import is_under_way, now
from .aside import Aside
from .board import Board
from .crew import Crew
from .plan import Plan, make_plan
from .progress import View, view_of
from .summary import BATCHES, Summary
from .task import DIED, FAILED, NOT_STARTED, UNDER_WAY, Ended
from .workers import Workers

#: A request whose process died is run this often in all.
ATTEMPTS = 2

#: Seconds between two drawings of the index page, and between two looks at what another process holds.
INDEX_EVERY, LOOK_EVERY = 5.0, 0.5


def run_batch(
    lab: Lab,
    outputs: Path,
    names: Sequence[str],
    workers: Workers,
    view_of: Callable[[Board], View] = view_of,
) -> Summary:
    """Run every request that needs it.

    Parameters
    ----------
    lab : Lab
    outputs : Path
        Folder of all outputs.
    names : sequence of str
        Ids or YAML paths; without any, every request of the lab that is not released or withdrawn.
    workers : Workers
    view_of : callable
        Makes what shows the progress.

    Raises
    ------
    JDLError
        If there is no such stage, or the outputs cannot be written; no fault of a request raises anything.
    """
    if workers.settings.until not in STAGES:
        raise JDLError(f"there is no stage `{workers.settings.until}`", "--until", f"use one of: {', '.join(STAGES)}")
    started, since = now(), time.monotonic()
    _require_folder(outputs)
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    plan: Plan = Aside(make_plan, str(lab.root), str(outputs), tuple(names)).result()
    board = Board(plan.tasks, plan.ended, plan.pace, workers.n)
    index = _Index(lab, outputs)
    with _terminated_like_interrupted():
        crew = workers.crew() if plan.tasks else None
        try:
            if crew is not None:
                with view_of(board) as view:
                    _Batch(board, crew, view, outputs, index).run()
        finally:
            if crew is not None:
                crew.close()
    ended = tuple(sorted(board.ended, key=lambda one: one.request))
    seconds = round(time.monotonic() - since, 2)
    record = lab.short(outputs / BATCHES / f"{stamp}.json")
    summary = Summary(ended, started, now(), seconds, workers.n, workers.where, record)
    summary.write(outputs)
    index.is_old = True  # it links to this record
    index.finish()
    return summary


def _require_folder(outputs: Path) -> None:
    try:
        (outputs / BATCHES).mkdir(parents=True, exist_ok=True)
    except OSError:
        raise JDLError("cannot write here", str(outputs), "name another folder with --outputs") from None


class _Batch:
    """One batch on its way."""

    def __init__(self, board: Board, crew: Crew, view: View, outputs: Path, index: _Index) -> None:
        self.board, self.crew, self.view, self.outputs, self.index = board, crew, view, outputs, index
        self._looked = 0.0

    def run(self) -> None:
        """Until every request has ended; Ctrl-C breaks off what runs, and says so of it."""
        board = self.board
        try:
            while board.waiting or board.running or board.elsewhere:
                self._start()
                for told in self.crew.events(0.25):
                    if isinstance(told, Ended):
                        self._end(told)
                    else:
                        board.step(told)
                self._look_elsewhere()
                self.index.tick()
        except KeyboardInterrupt:
            self._break_off()

    def _start(self) -> None:
        while self.board.waiting and self.crew.n_free > 0:
            task = self.board.waiting.pop(0)
            self.board.start(task)
            self.view.started(task)
            self.crew.start(task)

    def _end(self, ended: Ended) -> None:
        row = self.board.running.get(ended.request)
        if row is None:
            return
        if ended.outcome == UNDER_WAY:
            self.board.wait_for_another(ended.request)
            self.view.said(ended.request, "under way elsewhere: its turn comes last")
        elif ended.outcome == DIED and row.task.attempt < ATTEMPTS:
            self.board.try_again(ended.request)
            self.view.said(ended.request, f"{ended.fault}: tried once more")
        else:
            self.view.ended(self.board.end(ended if ended.outcome != DIED else _given_up(ended)))
            self.index.is_old = True

    def _look_elsewhere(self) -> None:
        """When nothing else waits, take up what another process has let go."""
        board = self.board
        if board.waiting or not board.elsewhere or time.monotonic() - self._looked < LOOK_EVERY:
            return
        self._looked = time.monotonic()
        free = [task for task in board.elsewhere if not is_under_way(self.outputs, task.name)]
        board.waiting += free
        board.elsewhere = [task for task in board.elsewhere if task not in free]

    def _break_off(self) -> None:
        for ended in self.crew.stop():
            if ended.request in self.board.running:
                self.view.ended(self.board.end(ended))
        for task in (*self.board.waiting, *self.board.elsewhere):
            self.board.end(Ended(task.name, NOT_STARTED))
        self.board.waiting, self.board.elsewhere = [], []


def _given_up(ended: Ended) -> Ended:
    """A request whose process died each time failed."""
    return Ended(**(vars(ended) | {"outcome": FAILED}))


class _Index:
    """The index page, drawn by another process: every few seconds while requests end, and once at the end."""

    def __init__(self, lab: Lab, outputs: Path) -> None:
        self._arguments = (str(lab.root), str(outputs))
        self._drawing: Aside | None = None
        self._drawn = time.monotonic()
        self.is_old = True

    def tick(self) -> None:
        """Begin a drawing if one is due and none is under way."""
        if self._drawing is not None and self._drawing.is_done:
            self._take()
        if self.is_old and self._drawing is None and time.monotonic() - self._drawn > INDEX_EVERY:
            self.is_old, self._drawn = False, time.monotonic()
            self._drawing = Aside(draw, *self._arguments)

    def finish(self) -> None:
        """Draw it as everything stands at the end."""
        if self._drawing is not None:
            self._take()
        if self.is_old:
            self._drawing = Aside(draw, *self._arguments)
            self._take()

    def _take(self) -> None:
        drawing, self._drawing = self._drawing, None
        try:
            drawing.result()
        except (JDLError, ChildProcessError):  # no page of the index stops a batch; the next run draws it again
            pass


def draw(root: str, outputs: str) -> None:
    """Draw the index page of a lab."""
    from ..render import refresh_index

    refresh_index(Lab(Path(root)), Path(outputs))


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """A scheduler that ends a batch (SIGTERM) has it broken off as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
