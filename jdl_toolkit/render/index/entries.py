"""What the index lists: every request as it stands, with its results and links, and results published elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import JDLError
from ...lifecycle.held import NOT_OF_A_RUN
from ...markup import one_line
from ...portfolio import RequestStatus
from ...releases import Release, read_releases, version_folder
from ...spec import Need, Sector, Setting
from . import words
from .headlines import headlines
from .links import Links, Texts, address, of_draft, of_version, reports_of

PUBLISHED, DRAFT, IMPORTED = "published", "not yet published", "published elsewhere"


@dataclass(frozen=True)
class Shown(Texts):
    """One result.

    Parameters
    ----------
    title : str
        Of the analysis; empty where a request has one alone.
    standing : str
        `PUBLISHED`, `DRAFT` or `IMPORTED`.
    sentence : str
        The finding in words.
    treatment, control : float or None
        Shares (fractions) of people who reoffended.
    estimate, low, high : float or None
        Difference and its 95 per cent interval, in percentage points.
    report : str
        Address of the report, from the page; empty if there is none.
    """

    title: str
    standing: str
    verdict: str | None
    sentence: str = ""
    n: int | None = None
    treatment: float | None = None
    control: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    why_not: str = ""
    report: str = ""

    @property
    def is_drawn(self) -> bool:
        """Whether it has an interval to be drawn."""
        return None not in (self.verdict, self.estimate, self.low, self.high)

    @property
    def figures(self) -> tuple[str, str]:
        """Difference and interval as printed."""
        return words.difference(self.estimate, self.low, self.high) if self.is_drawn else ("", "")

    @property
    def size_in_words(self) -> str:
        """``28 v 28 per 100; −6 to +5``, or why there is no result."""
        if not self.is_drawn:
            return self.why_not or "no result"
        return f"{words.rates(self.treatment, self.control) or f'{self.figures[0]} points'}; {self.figures[1]}"


@dataclass(frozen=True)
class Entry(Texts):
    """One row: a request as it stands, or a result published elsewhere.

    Parameters
    ----------
    status : str
        `RequestStatus`, or `words.ELSEWHERE`.
    where : str
        Stage, gate, day for comments, or why it could not be answered.
    due : date or None
        Day by which the next step was to be taken.
    remarks : tuple of str
        Whatever else a reader should know of it.
    """

    request: str
    organisation: str
    service: str
    status: str
    need: str = ""
    setting: str = ""
    sector: str = ""
    received: dt.date | None = None
    where: str = ""
    due: dt.date | None = None
    is_overdue: bool = False
    is_reminder_due: bool = False
    is_invented: bool = False
    version: int = 0
    results: tuple[Shown, ...] = ()
    links: tuple[Links, ...] = ()
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "remarks", tuple(one_line(remark) for remark in self.remarks))

    @property
    def first(self) -> Shown | None:
        """The result that the request is sorted by."""
        return next((one for one in self.results if one.is_drawn), None)

    @property
    def verdicts(self) -> list[str]:
        return sorted({one.verdict or words.NO_RESULT for one in self.results}) or [words.NO_RESULT]


def entries(table: pd.DataFrame, outputs: Path) -> list[Entry]:
    """The requests of a lab, newest first, with results and links.

    Parameters
    ----------
    table : DataFrame
        As `lifecycle.standing.all_requests` gives it.
    outputs : Path
    """
    rows = [{name: _known(value) for name, value in row.items()} for row in table.to_dict("records")]
    released = {row["request"]: _released(outputs, row["request"]) for row in rows}
    files = {row["request"]: _findings_file(outputs, row, released[row["request"]][0]) for row in rows}
    found = headlines(outputs, sorted(set(files.values())))
    made = [_entry(outputs, row, *released[row["request"]], found.get(files[row["request"]])) for row in rows]
    return sorted(made, key=lambda e: (e.received is None, -(e.received or dt.date.min).toordinal(), e.request))


def characteristics(row: Mapping[str, Any]) -> dict[str, str]:
    """Need, setting and sector, as far as they are among those that there are: settings at fault may say anything."""
    known = {"need": Need, "setting": Setting, "sector": Sector}
    return {name: row[name] if row[name] in set(kind) else "" for name, kind in known.items()}


def _known(value: Any) -> Any:
    """A cell of a frame as a plain value: None where it is missing, a day without its hour."""
    if value is None or pd.isna(value):
        return None
    return value.date() if isinstance(value, dt.datetime) else value


def _released(outputs: Path, request: str) -> tuple[list[Release], str]:
    """The versions of a request, and what is wrong with their records."""
    try:
        return read_releases(outputs, request), ""
    except JDLError as fault:
        return [], fault.problems[0].what


def _findings_file(outputs: Path, row: Mapping[str, Any], versions: list[Release]) -> Path:
    """The findings that were published last, or else those of the draft."""
    if versions:
        return version_folder(outputs, row["request"], versions[-1].version) / "findings.json"
    return outputs / row["folder"] / "findings.json"


def _entry(
    outputs: Path, row: Mapping[str, Any], versions: list[Release], fault: str, found: Mapping[str, Any] | None
) -> Entry:
    held = found or {"analyses": [], "results": [], "synthetic": False, "exploratory": False}
    folder, titles = outputs / row["folder"], dict(held["analyses"])
    draft = of_draft(folder, titles, "Latest run" if versions else "Draft")
    published = [of_version(outputs, release, titles) for release in versions]
    reports = reports_of(published[-1] if published else draft, list(titles))
    review = folder / "restricted" / "review" / "index.html"
    at_review = [Links("For review (restricted)", (("pages", address(outputs, review)),))] if review.exists() else []
    at_fault = NOT_OF_A_RUN in (row["where"] or "")
    is_told = bool(versions) or (row["status"] != RequestStatus.withdrawn and not at_fault)
    remarks = [fault, "exploratory, not for publication" if held["exploratory"] else ""]
    remarks += [f"version {r.version}: {r.reason}" for r in versions if r.reason]
    return Entry(
        request=row["request"],
        organisation=row["organisation"] or "",
        service=row["service"] or "",
        status=row["status"],
        **characteristics(row),
        received=row["received"],
        where=(row["where"] if at_fault else row["criterion"] or row["where"]) or "",
        due=row["due"],
        is_overdue=bool(row["overdue"]),
        is_reminder_due=bool(row["reminder_due"]),
        is_invented=bool(row["invented"]) or held["synthetic"],
        version=int(row["version"] or 0),
        results=tuple(_shown(one, len(titles) > 1, bool(versions), reports) for one in held["results"] if is_told),
        links=(*(links for version in reversed(published) for links in version), *draft, *at_review),
        remarks=tuple(filter(None, remarks)),
    )


def _shown(one: Mapping[str, Any], is_one_of_many: bool, is_released: bool, reports: Mapping[str, str]) -> Shown:
    return Shown(
        title=one["title"] or "" if is_one_of_many else "",
        standing=PUBLISHED if is_released else DRAFT,
        verdict=one["verdict"],
        sentence=one["sentence"],
        n=None if one["n_treatment"] is None else int(one["n_treatment"]),
        treatment=one["treatment_value"],
        control=one["control_value"],
        estimate=one["difference_pp"],
        low=one["ci_low_pp"],
        high=one["ci_high_pp"],
        why_not=one["why_not"] or "",
        report=reports.get(one["analysis"] or "", ""),
    )


# --- counts --------------------------------------------------------------------------------------------------------


def counts(listed: Iterable[Entry]) -> tuple[list[tuple[str, int, str]], list[tuple[str, int]]]:
    """How many requests there are by what became of them, and how many published results by verdict.

    Every request and every result is in one row: the sums hold whatever the requests are.

    Returns
    -------
    list of (str, int, str)
        Words, count, and what it is made up of; the first is the sum of the others.
    list of (str, int)
        Words and count; the first is the sum of the others.
    """
    own = [e for e in listed if e.status != words.ELSEWHERE]
    by = {status.value: sum(e.status == status.value for e in own) for status in RequestStatus}
    under_way = [RequestStatus.received, RequestStatus.in_progress, RequestStatus.with_organisation]
    parts = ", ".join(f"{by[s.value]:,} {s.value}" for s in under_way if by[s.value])
    n_under_way, n_overdue = sum(by[s.value] for s in under_way), sum(e.is_overdue for e in own)
    overdue = f"{n_overdue:,} overdue" if n_overdue else ""
    rows = [("received", len(own), "")]
    rows += [(s.value, by[s.value], "") for s in (RequestStatus.published, RequestStatus.could_not_be_answered)]
    rows += [("withdrawn", by["withdrawn"], ""), ("under way", n_under_way, "; ".join(filter(None, (parts, overdue))))]
    published = [one for e in own if e.status == RequestStatus.published for one in e.results]
    by_verdict = {v: sum(one.verdict == v for one in published) for v in (*words.SIGNS, None)}
    results = [(words.of_verdict(v, n), n) for v, n in by_verdict.items() if n or v]
    return rows, [("published results", len(published)), *results]
