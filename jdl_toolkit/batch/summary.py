"""What a batch came to: a table in words, the same as JSON, a record on disk, and one exit status."""

from __future__ import annotations

import io
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import cut
from ..markup import one_line
from ..result import write_atomically
from .progress import duration, outcome_words, shown
from .task import INTERRUPTED, LEFT, NOT_STARTED, WORST_FIRST, Ended

#: Folder of the records of batches, below the outputs folder.
BATCHES = "batches"

#: Characters of what is wrong, and of what to do, in the table; the record holds all.
LONGEST_FAULT = 200


@dataclass(frozen=True)
class Summary:
    """What a batch came to.

    Parameters
    ----------
    ended : tuple of Ended
        Every request, by name.
    started, finished : str
        Time of day.
    seconds : float
    n_workers : int
    where : str
        ``this machine``, or the scheduler's address.
    record : str
        Where this is kept as JSON.
    """

    ended: tuple[Ended, ...]
    started: str
    finished: str
    seconds: float
    n_workers: int
    where: str
    record: str = ""

    @property
    def exit_status(self) -> int:
        """0 if every request ended in a stated way, else the worst of all, see `task.WORST_FIRST`."""
        held = {one.exit_status for one in self.ended}
        return next((status for status in WORST_FIRST if status in held), 0)

    @property
    def counts(self) -> dict[str, int]:
        return dict(sorted(Counter(one.outcome for one in self.ended).items()))

    def to_json(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in ("started", "finished", "seconds", "n_workers", "where")}
        requests = [one.to_json() for one in self.ended]
        named |= {"counts": self.counts, "n_requests": len(self.ended), "exit_status": self.exit_status}
        return {"requests": requests, **named, "record": self.record}

    def write(self, outputs: Path) -> None:
        """Keep it among the records of batches."""
        write_atomically(outputs / BATCHES / Path(self.record).name, json.dumps(self.to_json(), indent=1) + "\n")

    def in_words(self, width: int) -> str:
        """The table for a terminal of so many columns, and a line of totals."""
        if not self.ended:
            return "There is no request in parameters/requests."
        text = io.StringIO()
        console = Console(file=text, width=width, markup=False, highlight=False, emoji=False, no_color=True)
        console.print(_table(self.ended))
        table = "\n".join(line.rstrip() for line in text.getvalue().splitlines()).strip("\n")
        return "\n".join([table, "", *self._totals()])

    def _totals(self) -> list[str]:
        counted = ", ".join(f"{n} {outcome}" for outcome, n in self.counts.items())
        n = len(self.ended)
        said = [f"{n} request{'s' * (n != 1)} in {duration(self.seconds)}: {counted}."]
        n_again = sum(one.retried for one in self.ended)
        if n_again:
            said.append(f"The process of {n_again} died and was started again, once.")
        if {INTERRUPTED, NOT_STARTED} & set(self.counts):
            said.append("Interrupted. What was finished is kept; run the same command again to go on.")
        where = f"Record: {self.record}" if self.record else "No record was kept: it could not be written."
        return [*said, where]


def _table(ended: Sequence[Ended]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("request", no_wrap=True, min_width=10)
    table.add_column("outcome", min_width=12, max_width=36)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("what is wrong, and what to do", ratio=1, overflow="fold")
    for one in ended:
        seconds = f"{one.seconds:.1f}" if one.seconds else "–"
        table.add_row(Text(shown(one.request)), Text(outcome_words(one)), seconds, Text(_what(one)))
    return table


def _what(one: Ended) -> str:
    if one.outcome == LEFT:
        return ""
    first = one.warning.splitlines()[0].rstrip(":") if one.warning else ""
    said = (one.fault.removeprefix(f"request {one.request}: "), f"→ {one.fix}" if one.fix else "", first)
    return "\n".join(cut(one_line(part), LONGEST_FAULT) for part in said if part)


def terminal_width() -> int:
    """Columns of the terminal; where there is none, as a file or a log is read."""
    return max(shutil.get_terminal_size((120, 24)).columns, 80)
