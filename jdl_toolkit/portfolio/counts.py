"""All requests together: how many there are, what became of them, and which results are conclusive.

The counts must balance: received = published + could not be answered + withdrawn + in progress, and published =
reductions + increases + inconclusive.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Self

import pandas as pd

from .. import numbers
from ..errors import JDLError, Problem
from ..findings import Verdict
from ..result import Result
from ..wording import listed, small_number


class RequestStatus(StrEnum):
    """Where a request is, or what became of it; the last three are its end."""

    received = "received"
    in_progress = "in progress"
    with_organisation = "with the organisation"
    published = "published"
    could_not_be_answered = "could not be answered"
    withdrawn = "withdrawn"


#: The states in which a request has ended, and those that are counted together as "in progress".
ENDED = (RequestStatus.published, RequestStatus.could_not_be_answered, RequestStatus.withdrawn)
UNDER_WAY = (RequestStatus.received, RequestStatus.in_progress, RequestStatus.with_organisation)


@dataclass(frozen=True)
class RequestCounts(Result):
    """How many requests were received and what became of them.

    Parameters
    ----------
    received, published, could_not_be_answered, withdrawn, in_progress : int
    reductions, increases, inconclusive : int
        Of those published.

    Raises
    ------
    JDLError
        If the counts do not balance.
    """

    received: int
    published: int
    could_not_be_answered: int
    withdrawn: int
    in_progress: int
    reductions: int
    increases: int
    inconclusive: int

    def __post_init__(self) -> None:
        problems = [
            Problem(
                f"the counts do not balance: {total} {name} are not {' + '.join(str(n) for n in parts)}",
                "the portfolio",
                f"every request has one status and every published one a verdict ({what})",
            )
            for name, total, parts, what in self._sums()
            if total != sum(parts)
        ]
        if min(getattr(self, f.name) for f in fields(self)) < 0:
            problems.append(Problem("a count is negative", "the portfolio", "correct the table of requests"))
        if problems:
            raise JDLError(problems)

    def _sums(self) -> list[tuple[str, int, tuple[int, ...], str]]:
        ended = (self.published, self.could_not_be_answered, self.withdrawn, self.in_progress)
        verdicts = (self.reductions, self.increases, self.inconclusive)
        return [
            ("received", self.received, ended, ", ".join(RequestStatus)),
            ("published", self.published, verdicts, ", ".join(Verdict)),
        ]

    @classmethod
    def of(cls, requests: pd.DataFrame, until: dt.date | None = None) -> Self:
        """Count a table of requests.

        Parameters
        ----------
        requests : DataFrame
            As `check_requests` wants it.
        until : date, optional
            As things stood at the end of that day: requests received by then, in progress if they ended later.
        """
        requests = check_requests(requests) if until is None else as_of(requests, until)
        status, verdict = requests["status"].value_counts(), requests["verdict"].value_counts()
        return cls(
            len(requests),
            *(int(status.get(s.value, 0)) for s in ENDED),
            sum(int(status.get(s.value, 0)) for s in UNDER_WAY),
            *(int(verdict.get(v.value, 0)) for v in Verdict),
        )

    def summary(self) -> str:
        """The counts in two sentences, those of zero left out."""
        ended = [
            (self.published, "completed and published"),
            (self.could_not_be_answered, "could not be answered as the minimum criteria were not met"),
            (self.withdrawn, "was withdrawn" if self.withdrawn == 1 else "were withdrawn"),
            (self.in_progress, "is in progress" if self.in_progress == 1 else "are in progress"),
        ]
        verb = "was" if self.published == 1 else "were"
        parts = [f"{n:,} {verb + ' ' + words if i == 0 else words}" for i, (n, words) in enumerate(ended) if n]
        received = numbers.plural(self.received, "request was received", "requests were received")
        text = f"{received}: {listed(parts)}." if parts else f"{received}."
        found = [
            (self.reductions, "a reduction in reoffending"),
            (self.increases, "an increase"),
        ]
        shown = [f"{small_number(n)} showed {words}" for n, words in found if n]
        shown += [
            f"{small_number(self.inconclusive)} {'was' if self.inconclusive == 1 else 'were'} inconclusive"
        ] * bool(self.inconclusive)
        return f"{text} Of those published, {listed(shown)}." if shown else text

    def to_frame(self) -> pd.DataFrame:
        """A row per count: group, outcome, requests."""
        rows = [("received", "received", self.received)]
        rows += [("status", s.value, getattr(self, s.name)) for s in (*ENDED, RequestStatus.in_progress)]
        rows += [("verdict", name, getattr(self, name)) for name in ("reductions", "increases", "inconclusive")]
        return pd.DataFrame(rows, columns=["group", "outcome", "requests"])


def check_requests(requests: pd.DataFrame) -> pd.DataFrame:
    """A table of requests, if every row makes sense.

    Parameters
    ----------
    requests : DataFrame
        request (unique), status (`RequestStatus`), verdict (`findings.Verdict`, of published requests only); further
        columns are kept.

    Raises
    ------
    JDLError
        With every fault at once: missing columns, requests twice, unknown statuses or verdicts, a published request
        without a verdict, a verdict without publication.
    """
    missing = [c for c in ("request", "status", "verdict") if c not in requests]
    if missing:
        raise JDLError(f"columns are missing: {', '.join(missing)}", "the table of requests", "add them")
    requests = requests.assign(
        **{c: requests[c].astype(object).where(requests[c].notna(), None) for c in ("status", "verdict")}
    )
    is_published = requests["status"] == RequestStatus.published
    has_verdict = requests["verdict"].notna()
    faults = (
        (requests["request"].duplicated(), "the request is listed more than once", "keep one row for each request"),
        (~requests["status"].isin(list(RequestStatus)), "unknown status", f"use one of: {', '.join(RequestStatus)}"),
        (
            has_verdict & ~requests["verdict"].isin(list(Verdict)),
            "unknown verdict",
            f"use one of: {', '.join(Verdict)}",
        ),
        (is_published & ~has_verdict, "published without a verdict", "add its verdict"),
        (~is_published & has_verdict, "a verdict, but not published", "take the verdict out, or correct the status"),
    )
    problems = [
        Problem(what, f"request {request}", fix)
        for wrong, what, fix in faults
        for request in requests.loc[wrong, "request"]
    ]
    if problems:
        raise JDLError(problems)
    return requests


def as_of(requests: pd.DataFrame, until: dt.date) -> pd.DataFrame:
    """The table as it stood at the end of a day.

    Parameters
    ----------
    requests : DataFrame
        As for `check_requests`, with the dates received and ended (missing if in progress).
    until : date
    """
    requests = check_requests(requests)
    missing = [c for c in ("received", "ended") if c not in requests]
    if missing:
        raise JDLError(f"columns are missing: {', '.join(missing)}", "the table of requests", "add the dates")
    received, ended = (pd.to_datetime(requests[c]) for c in ("received", "ended"))
    known = requests[received <= pd.Timestamp(until)].copy()
    open_ = ~(ended[known.index] <= pd.Timestamp(until))
    known.loc[open_, "status"] = RequestStatus.in_progress.value
    known.loc[open_, "verdict"] = None
    return known


def read_requests(path: Path) -> pd.DataFrame:
    """A table of requests from a CSV file; lines that start with # are remarks.

    Raises
    ------
    JDLError
        If the file cannot be read, or a row makes no sense.
    """
    try:
        requests = pd.read_csv(path, comment="#", parse_dates=["received", "ended"])
    except (OSError, ValueError) as fault:
        raise JDLError(
            f"the table of requests cannot be read ({type(fault).__name__})", Path(path).name, "save it as CSV"
        ) from None
    return check_requests(requests)
