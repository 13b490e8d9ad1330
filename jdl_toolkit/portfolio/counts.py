"""All requests together: how many there are, what became of them, and which results are conclusive.

The counts must balance: received = published + could not be answered + withdrawn + in progress, and reports =
reductions + increases + inconclusive + without a result. A verdict belongs to a report, which is one analysis of a
published request; a request may have several.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Self

import pandas as pd

from .. import numbers
from ..document import Table
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
    reductions, increases, inconclusive, without_result : int
        Of the reports published.
    n_reports : int, optional
        Reports of the published requests. Default: one for each request.

    Raises
    ------
    JDLError
        If the counts do not balance.

    Examples
    --------
    The requests of the pilot:

    >>> from jdl_toolkit.portfolio import RequestCounts
    >>> counts = RequestCounts(80, 57, 12, 1, 10, reductions=19, increases=3, inconclusive=35)
    >>> counts
    80 requests were received: 57 were completed and published, 12 could not be answered as the minimum criteria
    were not met, 1 was withdrawn and 10 are in progress. Of those published, 19 showed a reduction in reoffending,
    three showed an increase and 35 were inconclusive.
    >>> counts.to_frame().tail(3)
         group       outcome  requests
    5  verdict    reductions        19
    6  verdict     increases         3
    7  verdict  inconclusive        35
    """

    received: int
    published: int
    could_not_be_answered: int
    withdrawn: int
    in_progress: int
    reductions: int
    increases: int
    inconclusive: int
    without_result: int = 0
    n_reports: int = -1

    def __post_init__(self) -> None:
        if self.n_reports == -1:
            object.__setattr__(self, "n_reports", self.published)
        problems = [
            Problem(
                f"the counts do not balance: {total} {name} are not {' + '.join(str(n) for n in parts)}",
                "the portfolio",
                f"every request has one status and every published report a verdict ({what})",
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
        verdicts = (self.reductions, self.increases, self.inconclusive, self.without_result)
        return [
            ("received", self.received, ended, ", ".join(RequestStatus)),
            (
                "published" if self.n_reports == self.published else "reports",
                self.n_reports,
                verdicts,
                ", ".join([*Verdict, "none"]),
            ),
        ]

    @classmethod
    def of(cls, requests: pd.DataFrame, until: dt.date | None = None, reports: pd.DataFrame | None = None) -> Self:
        """Count a table of requests.

        Parameters
        ----------
        requests : DataFrame
            As `check_requests` wants it.
        until : date, optional
            As things stood at the end of that day: requests received by then, in progress if they ended later.
        reports : DataFrame, optional
            A row for each report of the published requests: request, verdict (missing: without a result). Default:
            one for each published request, with the verdict that `requests` states.

        Raises
        ------
        JDLError
            If a published request has no report, or a report belongs to none.
        """
        requests = check_requests(requests, reports is None)
        requests = requests if until is None else as_of(requests, until, reports is None)
        published = requests[requests["status"] == RequestStatus.published]
        reports = published if reports is None else _check_reports(published, reports)
        status, verdict = requests["status"].value_counts(), reports["verdict"].value_counts()
        return cls(
            len(requests),
            *(int(status.get(s.value, 0)) for s in ENDED),
            sum(int(status.get(s.value, 0)) for s in UNDER_WAY),
            *(int(verdict.get(v.value, 0)) for v in Verdict),
            int(reports["verdict"].isna().sum()),
            len(reports),
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
        shown += [f"{small_number(self.without_result)} came without a result"] * bool(self.without_result)
        of = "those published" if self.n_reports == self.published else f"the {self.n_reports:,} reports published"
        return f"{text} Of {of}, {listed(shown)}." if shown else text

    def to_frame(self) -> pd.DataFrame:
        """A row per count: group, outcome, requests; those of reports where they say something further."""
        rows = [("received", "received", self.received)]
        rows += [("status", s.value, getattr(self, s.name)) for s in (*ENDED, RequestStatus.in_progress)]
        rows += [("reports", "reports", self.n_reports)] * (self.n_reports != self.published)
        rows += [("verdict", name, getattr(self, name)) for name in ("reductions", "increases", "inconclusive")]
        rows += [("verdict", "without a result", self.without_result)] * bool(self.without_result)
        return pd.DataFrame(rows, columns=["group", "outcome", "requests"])

    def table(self, until: str = "") -> Table:
        """What became of the requests, and what the reports say; `until` is the day of the counts, in words."""
        from .. import tables

        return tables.counts_table({f.name: getattr(self, f.name) for f in fields(self)}, until=until)


def _check_reports(published: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    without = sorted(set(published["request"]) - set(reports["request"]))
    unknown = sorted(set(reports["request"]) - set(published["request"]))
    problems = [Problem("published, but no report of it is there", f"request {r}", "release it again") for r in without]
    fix = "correct its status, or take the report out"
    problems += [Problem("a report of it is there, but it is not published", f"request {r}", fix) for r in unknown]
    if problems:
        raise JDLError(problems)
    return reports


def check_requests(requests: pd.DataFrame, with_verdict: bool = True) -> pd.DataFrame:
    """A table of requests, if every row makes sense.

    Parameters
    ----------
    requests : DataFrame
        request (unique), status (`RequestStatus`), verdict (`findings.Verdict`, of published requests only); further
        columns are kept.
    with_verdict : bool
        Whether the table states verdicts; else its reports do, and a column of that name is not looked at.

    Raises
    ------
    JDLError
        With every fault at once: missing columns, requests twice, unknown statuses or verdicts, a published request
        without a verdict, a verdict without publication.
    """
    requests = requests if with_verdict else requests.assign(verdict=None)
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
        (with_verdict & is_published & ~has_verdict, "published without a verdict", "add its verdict"),
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


def as_of(requests: pd.DataFrame, until: dt.date, with_verdict: bool = True) -> pd.DataFrame:
    """The table as it stood at the end of a day.

    Parameters
    ----------
    requests : DataFrame
        As for `check_requests`, with the dates received and ended (missing if in progress).
    until : date
    with_verdict : bool
        As for `check_requests`.
    """
    requests = check_requests(requests, with_verdict)
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
