"""What a batch is made of: one request to run, the settings all share, and how a request ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

#: How a request ends. The first three are stated ends: nothing is left to do about them in a batch.
REPORTED, UNANSWERED, LEFT = "reported", "could not be answered", "left alone"
CLOSED, WRONG, FAILED = "a gate is closed", "something in the input is wrong", "failed"
INTERRUPTED, NOT_STARTED = "interrupted", "not started"

#: What is no end yet: the process or kernel died; it was lost with the server that it was forked from, through no fault
#: of its own; another process holds the request.
DIED, LOST, UNDER_WAY = "died", "lost", "under way elsewhere"

#: What to do about a request that was broken off.
RUN_AGAIN = "run the same batch again: it goes on where it stopped"

#: Exit status of each end. A batch ends with the worst, in the order of `WORST_FIRST`.
EXIT_STATUS = {CLOSED: 4, WRONG: 2, FAILED: 1, DIED: 1, LOST: 1, INTERRUPTED: 130, NOT_STARTED: 130}

#: Broken off; a fault of the toolkit, whose results nobody should trust; a gate that a person must look at; an input
#: that the lab or the organisation can correct.
WORST_FIRST = (130, 1, 4, 2, 0)


@dataclass(frozen=True)
class Settings:
    """What all requests of a batch share.

    Parameters
    ----------
    lab, outputs : str
        Folders, absolute, as every worker sees them.
    until : str
        Last stage to run.
    threads : int
        Of the database, in each worker.
    memory : str
        What the database may use in each worker; the rest goes to disk.
    """

    lab: str
    outputs: str
    until: str = "report"
    threads: int = 1
    memory: str = "2GB"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Task:
    """One request to run.

    Parameters
    ----------
    request : str
        Id, or absolute path of its YAML file.
    name : str
        Its id: the name of its folder.
    n_bytes : int
        Size of its upload.
    n_analyses : int
        How many analyses it holds, as far as its file tells.
    earlier : dict of str to float
        Seconds of its stages in an earlier run.
    done : tuple of str
        Stages that an earlier run finished.
    attempt : int
        From 1; a request whose process died is tried a second time.
    """

    request: str
    name: str
    n_bytes: int = 0
    n_analyses: int = 1
    earlier: dict[str, float] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    attempt: int = 1


@dataclass(frozen=True)
class Ended:
    """How one request ended.

    Parameters
    ----------
    request : str
    outcome : str
        One of the ends above, or ``done up to stage ...``.
    seconds : float
        From its start to its end in this batch.
    stages : dict of str to float
        Seconds of each stage that ran now; empty if all were up to date.
    fault, fix : str
        First line of what is wrong, and what to do about it; empty if nothing is wrong.
    message : str
        All that is wrong.
    headline, report, review : str
        The finding in one sentence, and where report and pages for sign-off lie.
    warning : str
        What to think of before anything is published.
    retried : bool
        Whether its process died once and it was run again.
    """

    request: str
    outcome: str
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    fault: str = ""
    fix: str = ""
    message: str = ""
    headline: str = ""
    report: str = ""
    review: str = ""
    warning: str = ""
    retried: bool = False

    @property
    def exit_status(self) -> int:
        return EXIT_STATUS.get(self.outcome, 0)

    @property
    def was_up_to_date(self) -> bool:
        """Whether there was nothing to do."""
        return not self.stages and (self.outcome in (REPORTED, UNANSWERED) or self.outcome.startswith("done"))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"up_to_date": self.was_up_to_date, "exit_status": self.exit_status}


@dataclass(frozen=True)
class Step:
    """A stage of a request changed: what a worker tells while it runs.

    Parameters
    ----------
    request : str
        Name of the request's folder.
    stage : str
        As the manifest records it: ``matching``, or ``matching/custody`` of one analysis.
    state : {"running", "done", "up to date", "failed"}
    """

    request: str
    stage: str
    state: str


@dataclass(frozen=True)
class Said:
    """Something happened to a request that is neither a step nor its end."""

    request: str
    words: str
