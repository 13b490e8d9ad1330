"""Where a batch stands: what runs, what waits, what has ended, and what is expected to be left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from statistics import mean

from ..lab import STAGES
from .pace import Pace
from .task import CLOSED, FAILED, REPORTED, UNANSWERED, WRONG, Ended, Step, Task

#: Ends of requests that did not take all stages.
EARLY = (UNANSWERED, CLOSED, WRONG, FAILED)

#: What a request does before its first stage, and after its last.
STARTING, ENDING = "starting", "ending"


@dataclass
class Row:
    """A request that runs."""

    task: Task
    started: float
    stage: str = STARTING
    since: float = 0.0
    ended: dict[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """How much of it has been done, by stages."""
        n_stages = len(STAGES) + 2 * (self.task.n_analyses - 1)
        return min(len(self.ended) / n_stages, 1.0)


class Board:
    """Where a batch stands.

    Parameters
    ----------
    tasks : iterable of Task
    ended : iterable of Ended
        Requests that are not run.
    pace : Pace
    n_workers : int
    """

    def __init__(self, tasks: Iterable[Task], ended: Iterable[Ended], pace: Pace, n_workers: int) -> None:
        self.waiting = list(tasks)
        self.elsewhere: list[Task] = []
        self.running: dict[str, Row] = {}
        self.ended = list(ended)
        self.ran: list[Ended] = []
        self.pace, self.n_workers = pace, n_workers
        self.started = time.monotonic()
        self.retried: set[str] = set()

    @property
    def n_requests(self) -> int:
        return len(self.waiting) + len(self.elsewhere) + len(self.running) + len(self.ended)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def start(self, task: Task) -> None:
        now = time.monotonic()
        self.running[task.name] = Row(task, now, since=now)

    def step(self, step: Step) -> None:
        """Take in that a stage began or ended; what a request tells that has ended is passed over."""
        row, now = self.running.get(step.request), time.monotonic()
        if row is None:
            return
        if step.state == "running":
            row.stage, row.since = step.stage, now
            return
        if step.state == "done" and row.stage == step.stage:
            self.pace.learn(row.task, step.stage, now - row.since)
        row.ended[step.stage] = now - row.since
        row.stage, row.since = ENDING if step.stage == "report" else STARTING, now

    def end(self, ended: Ended) -> Ended:
        """Take in how a request ended."""
        self.running.pop(ended.request, None)
        ended = replace(ended, retried=ended.retried or ended.request in self.retried)
        self.ended.append(ended)
        if ended.outcome in (*EARLY, REPORTED) or ended.outcome.startswith("done"):
            self.ran.append(ended)
        return ended

    def wait_for_another(self, name: str) -> Task:
        """Another process holds a request: it comes last."""
        self.elsewhere.append(self.running.pop(name).task)
        return self.elsewhere[-1]

    def try_again(self, name: str) -> Task:
        """A request whose process died comes next, once."""
        task = self.running.pop(name).task
        self.retried.add(name)
        self.waiting.insert(0, replace(task, attempt=task.attempt + 1))
        return self.waiting[0]

    def run_again(self, name: str) -> Task:
        """A request that was lost through no fault of its own comes next; it does not count as an attempt."""
        self.waiting.insert(0, self.running.pop(name).task)
        return self.waiting[0]

    def remaining(self, row: Row) -> float | None:
        """Seconds until a request that runs is expected to end; None as long as nothing is known of such times."""
        if not self.pace.is_known:
            return None
        now, stage = time.monotonic(), row.stage if row.stage not in (STARTING, ENDING) else ""
        return 0.0 if row.stage == ENDING else self.pace.remaining(row.task, row.ended, stage, now - row.since)

    def remaining_in_all(self) -> float | None:
        """Seconds until the batch is expected to end: work shared by all workers, but for the longest request.

        Of those that wait, as large a share is expected to end early (rejected, wrong) as of those that have ended
        now, and to take as long as they did. None as long as nothing is known.
        """
        if not self.pace.is_known:
            return None
        early = [one.seconds for one in self.ran if one.outcome in EARLY]
        share = len(early) / len(self.ran) if self.ran else 0.0
        waiting = [
            (1 - share) * self.pace.remaining(task) + share * (mean(early) if early else 0.0)
            for task in (*self.waiting, *self.elsewhere)
        ]
        running = [self.remaining(row) or 0.0 for row in self.running.values()]
        return max([sum(running + waiting) / max(self.n_workers, 1), *running, *waiting], default=0.0)

    def counts(self) -> dict[str, int]:
        """How many requests ended in each way, the commonest first."""
        return dict(Counter(one.outcome for one in self.ended).most_common())
