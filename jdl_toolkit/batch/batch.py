"""Run many requests: none stops another, what died is tried once more, what another process holds is waited for."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from .. import execution
from ..errors import JDLError, disk_full, is_disk_full
from ..lab import STAGES, Lab
from ..manifest import is_under_way, now
from .aside import Aside
from .board import Board
from .crew import Crew
from .plan import Plan, make_plan
from .progress import Steady, View, view_of
from .stop import Stop
from .summary import BATCHES, Summary
from .task import DIED, FAILED, INTERRUPTED, LOST, NOT_STARTED, RUN_AGAIN, UNDER_WAY, Ended, Said, Step
from .workers import Workers

#: A request whose process died is run this often in all; what was lost with its server, so often beside that.
ATTEMPTS, TIMES_LOST = 2, 3

#: Seconds in which a signal that killed a worker reaches the batch as well; and those that the index page is given
#: once the batch has been asked to stop.
SAME_SIGNAL, INDEX_AT_STOP = 0.5, 1.5

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
    with Stop() as stop:
        plan: Plan = make_plan(str(lab.root), str(outputs), tuple(names), workers.settings.until)
        board = Board(plan.tasks, plan.ended, plan.pace, workers.n)
        index = _Index(lab, outputs, workers.is_here)
        if plan.tasks:
            _run(board, workers, view_of, outputs, index, stop)
        stop.note_all()
        ended = tuple(sorted(board.ended, key=lambda one: one.request))
        seconds = round(time.monotonic() - since, 2)
        record = lab.short(outputs / BATCHES / f"{stamp}.json")
        summary = Summary(ended, started, now(), seconds, workers.n, workers.where, record)
        try:
            summary.write(outputs)
        except OSError:  # the disk is full: what came of it is still told
            summary = replace(summary, record="")
        index.is_old = True  # it links to this record
        index.finish(INDEX_AT_STOP if stop.is_asked else None)
    return summary


def _run(
    board: Board,
    workers: Workers,
    view_of: Callable[[Board], View],
    outputs: Path,
    index: _Index,
    stop: Stop,
) -> None:
    """Run what is planned, and leave nothing running."""
    crew = workers.crew()
    try:
        stop.note_the_first()
        with Steady(view_of(board)) as view:
            _Batch(board, crew, view, outputs, index, stop).run()
    finally:
        stop.note_all()
        crew.close()


def _require_folder(outputs: Path) -> None:
    try:
        (outputs / BATCHES).mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        if is_disk_full(fault):
            raise disk_full(outputs) from None
        raise JDLError("cannot write here", str(outputs), "name another folder with --outputs") from None


class _Batch:
    """One batch on its way."""

    def __init__(self, board: Board, crew: Crew, view: View, outputs: Path, index: _Index, stop: Stop) -> None:
        self.board, self.crew, self.view, self.outputs = board, crew, view, outputs
        self.index, self.stop = index, stop
        self._looked, self._n_lost = 0.0, 0

    def run(self) -> None:
        """Until every request has ended, or somebody asks to stop: what runs is broken off then, and said to be."""
        try:
            while self._is_left and not self.stop.is_asked:
                self._start()
                for told in self.crew.events(0.25):
                    self._take(told)
                self._look_elsewhere()
                if not self.stop.is_asked:
                    self.index.tick()
        except KeyboardInterrupt:
            self.stop.n_heard = max(self.stop.n_heard, 1)
        if self._is_left:
            self._break_off()

    @property
    def _is_left(self) -> bool:
        return bool(self.board.waiting or self.board.running or self.board.elsewhere)

    def _take(self, told: Step | Said | Ended) -> None:
        if isinstance(told, Ended):
            self._end(told)
        elif isinstance(told, Said):
            self.view.said(told.request, told.words)
        else:
            self.board.step(told)

    def _start(self) -> None:
        while self.board.waiting and self.crew.n_free > 0 and not self.stop.is_asked:
            task = self.board.waiting.pop(0)
            self.board.start(task)
            self.view.started(task)
            with self.stop.at_once():  # it waits until the server has imported everything
                self.crew.start(task)

    def _end(self, ended: Ended) -> None:
        row = self.board.running.get(ended.request)
        if row is None:
            return
        if ended.outcome == UNDER_WAY:
            self.board.wait_for_another(ended.request)
            self.view.said(ended.request, "under way elsewhere: its turn comes last")
        elif ended.outcome in (DIED, LOST):
            self._died(ended, row.task.attempt)
        else:
            self._ended(ended)

    def _died(self, ended: Ended, attempt: int) -> None:
        """Once more, unless it died of what asks the batch itself to stop."""
        if self.stop.wait(SAME_SIGNAL):
            self._ended(_broken_off(ended))
        elif ended.outcome == LOST and self._n_lost < TIMES_LOST * self.board.n_workers:
            self._n_lost += 1
            self.board.run_again(ended.request)
            self.view.said(ended.request, "lost with the process that it was forked from: run again")
        elif attempt < ATTEMPTS:
            self.board.try_again(ended.request)
            self.view.said(ended.request, f"{ended.fault}: tried once more")
        else:
            self._ended(replace(ended, outcome=FAILED))

    def _ended(self, ended: Ended) -> None:
        self.view.ended(self.board.end(ended))
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
                self._ended(_broken_off(ended) if ended.outcome in (DIED, LOST, UNDER_WAY) else ended)
        for name in list(self.board.running):  # about to be started
            self._ended(Ended(name, INTERRUPTED, fix=RUN_AGAIN))
        for task in (*self.board.waiting, *self.board.elsewhere):
            self.board.end(Ended(task.name, NOT_STARTED))
        self.board.waiting, self.board.elsewhere = [], []


def _broken_off(ended: Ended) -> Ended:
    """A request that did not come to an end of its own before the batch was asked to stop."""
    return Ended(ended.request, INTERRUPTED, ended.seconds, ended.stages, fix=RUN_AGAIN)


class _Index:
    """The index page, drawn every few seconds while requests end, and once at the end.

    By another process where requests run here; by this one where they run elsewhere or there was nothing to run, so
    that no server is started for it.
    """

    def __init__(self, lab: Lab, outputs: Path, is_here: bool) -> None:
        self._arguments, self._is_here = (str(lab.root), str(outputs)), is_here
        self._drawing: Aside | None = None
        self._drawn = time.monotonic()
        self.is_old = True

    def tick(self) -> None:
        """Begin a drawing if one is due and none is under way."""
        if self._drawing is not None and self._drawing.is_done:
            self._take()
        is_due = self.is_old and self._drawing is None and time.monotonic() - self._drawn > INDEX_EVERY
        if is_due and (execution.is_running() or not self._is_here):
            self.is_old = False
            self._draw(aside=self._is_here)
            self._drawn = time.monotonic()

    def finish(self, seconds: float | None = None) -> None:
        """Draw it as everything stands at the end; if it may take so long only, or would start a server, leave it."""
        aside = self._is_here and execution.is_running()
        if seconds is not None:
            self._finish_within(seconds, aside)
            return
        if self._drawing is not None:
            self._take()
        if self.is_old:
            self._draw(aside)
        if self._drawing is not None:
            self._take()

    def _finish_within(self, seconds: float, aside: bool) -> None:
        until = time.monotonic() + seconds
        if self._drawing is None and aside:
            self._draw(aside)
        while self._drawing is not None and time.monotonic() < until:
            if self._drawing.is_done:
                self._take()
            time.sleep(0.02)
        if self._drawing is not None:
            self._drawing.stop()

    def _draw(self, aside: bool) -> None:
        if aside:
            self._drawing = Aside(draw, *self._arguments)
        else:
            draw(*self._arguments)

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
