"""How long stages take: what a request is expected to need, and what is left of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Self

from ..lab import OF_ANALYSIS, STAGES
from .task import Task

#: Seconds of each stage before anything is known: a request of 257 people on a register of 100 thousand.
FIRST_GUESS = {"intake": 1.0, "linkage": 2.0, "matching": 3.0, "outcomes": 8.0, "report": 8.0}

#: Bytes of an upload that double the time of a request: some 6,000 people.
DOUBLING = 400_000


class Pace:
    """Times of stages, as requests took them."""

    def __init__(self, until: str = "report") -> None:
        wanted = list(STAGES)[: list(STAGES).index(until) + 1]
        self._seen: dict[str, list[float]] = {stage: [] for stage in wanted}

    @classmethod
    def of(cls, tasks: Iterable[Task], until: str = "report") -> Self:
        """From the times that earlier runs of these requests took; `until`: the last stage to run."""
        pace = cls(until)
        for task in tasks:
            for stage, seconds in task.earlier.items():
                pace.learn(task, stage, seconds)
        return pace

    @property
    def is_known(self) -> bool:
        """Whether a request has come to its end here, or in an earlier run: before that all would be guessed."""
        return bool(list(self._seen.values())[-1])

    def learn(self, task: Task, stage: str, seconds: float) -> None:
        """Take in how long a stage took: ``matching``, or ``matching/custody`` of one analysis."""
        kind = stage.partition("/")[0]
        if kind in self._seen:
            self._seen[kind].append(seconds / _size(task))

    def expected(self, task: Task, stage: str) -> float:
        """Seconds that a stage is expected to take, for one analysis: as it took before, else as others took."""
        if stage in task.earlier:
            return task.earlier[stage]
        kind = stage.partition("/")[0]
        own = [seconds for name, seconds in task.earlier.items() if name.partition("/")[0] == kind]
        if own:
            return median(own)
        seen = self._seen[kind]
        return (median(seen) if seen else FIRST_GUESS[kind]) * _size(task)

    def remaining(
        self, task: Task, ended: Mapping[str, float] | None = None, stage: str = "", since: float = 0
    ) -> float:
        """Seconds until a request is expected to end.

        Parameters
        ----------
        task : Task
        ended : mapping, optional
            Stages that have ended; default: those that an earlier run finished.
        stage : str
            The one that runs now.
        since : float
            For how many seconds it has run.
        """
        gone = set(ended if ended is not None else task.done)
        left = -min(since, self.expected(task, stage)) if stage else 0.0
        for kind in self._seen:
            n = task.n_analyses if kind in OF_ANALYSIS else 1
            n_left = max(n - sum(name.partition("/")[0] == kind for name in gone), 0)
            left += n_left * self.expected(task, kind)
        return max(left, 0.0)


def _size(task: Task) -> float:
    """How much longer a request takes for the size of its upload."""
    return 1 + task.n_bytes / DOUBLING
