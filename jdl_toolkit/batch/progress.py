"""Progress of a batch on standard error: a live view for whoever watches, else one plain line for every event."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..errors import cut
from ..markup import one_line
from .board import Board
from .task import EXIT_STATUS, Ended, Task

#: Characters of a request's name that are shown.
LONGEST = 32

#: How often the live view is drawn, per second.
PER_SECOND = 4


class View(Protocol):
    """Shows what a batch does."""

    def __enter__(self) -> View: ...

    def __exit__(self, *exc: object) -> None: ...

    def started(self, task: Task) -> None:
        """A request was started."""

    def ended(self, ended: Ended) -> None:
        """A request ended."""

    def said(self, name: str, words: str) -> None:
        """Something happened to a request that is neither."""


def view_of(board: Board) -> View:
    """The live view where standard error is a terminal, else plain lines."""
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    return LiveView(board, console) if console.is_terminal and not console.is_dumb_terminal else PlainView(console)


class Steady:
    """A view that goes on when there is nothing left to show it on: a terminal that was closed, a full disk."""

    def __init__(self, view: View) -> None:
        self.view = view

    def __enter__(self) -> Steady:
        with suppress(OSError):
            self.view.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):
            self.view.__exit__(*exc)

    def started(self, task: Task) -> None:
        with suppress(OSError):
            self.view.started(task)

    def ended(self, ended: Ended) -> None:
        with suppress(OSError):
            self.view.ended(ended)

    def said(self, name: str, words: str) -> None:
        with suppress(OSError):
            self.view.said(name, words)


class PlainView:
    """A line for each event, for logs and schedulers."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def __enter__(self) -> PlainView:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def started(self, task: Task) -> None:
        self.said(task.name, "started")

    def ended(self, ended: Ended) -> None:
        self.said(ended.request, f"{outcome_words(ended)}, {ended.seconds:.1f} s")

    def said(self, name: str, words: str) -> None:
        self.console.print(f"{time.strftime('%H:%M:%S')} {shown(name)}: {words}", soft_wrap=True)


class LiveView:
    """A line for each running request and one for the whole; what went wrong scrolls by above."""

    def __init__(self, board: Board, console: Console) -> None:
        self.board = board
        self._live = Live(
            get_renderable=self.draw,
            console=console,
            refresh_per_second=PER_SECOND,
            transient=True,
            redirect_stdout=False,
        )

    def __enter__(self) -> LiveView:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def started(self, task: Task) -> None:
        pass

    def ended(self, ended: Ended) -> None:
        colour = {0: "green", 130: "yellow"}.get(ended.exit_status, "red")
        colour = colour if ended.outcome in EXIT_STATUS or not ended.was_up_to_date else "dim"
        line = Text.assemble((f"{shown(ended.request):<{LONGEST}}", "bold"), "  ", (outcome_words(ended), colour))
        self._live.console.print(line.append(f"  {duration(ended.seconds)}", "dim"))

    def said(self, name: str, words: str) -> None:
        self._live.console.print(Text.assemble((f"{shown(name):<{LONGEST}}", "bold"), "  ", (words, "yellow")))

    def draw(self) -> Group:
        """The lines as they are now."""
        return Group(self._running(), self._total())

    def _running(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="dim", expand=False)
        table.add_column("request", no_wrap=True, max_width=LONGEST, min_width=12)
        table.add_column("stage", no_wrap=True, min_width=9, max_width=28)
        table.add_column("", width=12)
        table.add_column("elapsed", justify="right", no_wrap=True)
        table.add_column("remaining", justify="right", no_wrap=True)
        now = time.monotonic()
        for row in self.board.running.values():
            name, stage = Text(shown(row.task.name), "bold"), Text(cut(one_line(row.stage), 28))
            seconds = self.board.remaining(row)
            left = Text("–" if seconds is None else about(seconds), "dim")
            table.add_row(
                name,
                stage,
                ProgressBar(1, row.share, width=12, complete_style="cyan", finished_style="cyan"),
                Text(duration(now - row.started)),
                left,
            )
        return table

    def _total(self) -> Text:
        """How many, and on a line of its own how long, so that both fit into 80 columns."""
        board, line = self.board, Text()
        n_failed = sum(one.outcome in EXIT_STATUS for one in board.ended)
        line.append(f"{len(board.ended)} of {board.n_requests} done", "bold")
        if n_failed:
            line.append(f" ({n_failed} need{'s' * (n_failed == 1)} attention)", "red")
        line.append(f", {len(board.running)} running, {len(board.waiting)} waiting")
        if board.elsewhere:
            line.append(f", {len(board.elsewhere)} under way elsewhere", "yellow")
        left = board.remaining_in_all()
        words = "time remaining not yet known" if left is None else f"{about(left)} remaining"
        return line.append(f"\n{duration(board.elapsed)} elapsed, {words}")


def outcome_words(ended: Ended) -> str:
    """How a request ended, in words."""
    words = f"{ended.outcome} (nothing to do)" if ended.was_up_to_date else ended.outcome
    if ended.outcome == "left alone":
        words = f"left alone: {ended.fault}"
    return f"{words}, second attempt" if ended.retried else words


def shown(name: str) -> str:
    """A name for one line of a terminal: no control characters, nothing that turns the writing round, not too long."""
    return cut(one_line(name), LONGEST)


def duration(seconds: float) -> str:
    """``12 s``, ``3:05``, ``1:02:03``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, hours = whole // 60 % 60, whole // 3600
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def about(seconds: float) -> str:
    """A duration that is only expected, rounded so that it does not flicker."""
    if seconds < 1:
        return "soon"
    step = 1 if seconds < 10 else 5 if seconds < 120 else 15
    return f"about {duration(round(seconds / step) * step)}"
