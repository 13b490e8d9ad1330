"""What a bulletin says of requests: each of them, and how many there are."""

from __future__ import annotations

import datetime as dt

from ..spec import Model
from .counts import RequestCounts, RequestStatus


class RequestRow(Model):
    """One request received, as readers are told of it.

    `request`, `organisation` and `service` are of requests of which anything was released (`version` above 0); others
    are named only if the lab's settings say so (else `organisation` is None and `request` a running number). `ended`:
    when it was published first, found unanswerable, or withdrawn. `is_new`: it ended since the bulletin before.
    """

    request: str
    organisation: str | None
    service: str | None
    need: str | None
    sector: str | None
    setting: str | None
    received: dt.date
    status: RequestStatus
    criterion: str = ""
    ended: dt.date | None = None
    version: int = 0
    n_reports: int = 0
    invented: bool = False
    is_new: bool = False


#: In place of a criterion that is not on record.
NO_CRITERION = "not stated"


class Criterion(Model):
    """How many requests could not be answered by one of the minimum criteria."""

    criterion: str
    n: int


class Counts(Model):
    """`RequestCounts` as values; `published` requests hold `n_reports` reports, which have the verdicts."""

    received: int
    published: int
    could_not_be_answered: int
    withdrawn: int
    in_progress: int
    reductions: int
    increases: int
    inconclusive: int
    without_result: int
    n_reports: int

    def balanced(self) -> RequestCounts:
        """The counts, if they balance.

        Raises
        ------
        JDLError
        """
        return RequestCounts(**self.model_dump())
