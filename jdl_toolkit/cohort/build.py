"""From linked records to the people who are compared: index disposal, exclusions with their ledger, control pool."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from ..attrition import POOL_CAPTION, Ledger
from ..document import Block, Figure, Table
from ..errors import JDLError
from ..numbers import MINIMUM_CELL, shown_count
from ..register import Register
from ..result import Result
from ..spec import Disposal, RequestSpec, Route
from ..submission import analyses_of, is_in_analysis
from .contradictions import find_contradictions
from .exclusions import (
    REGISTER_STEPS,
    require_found,
    require_in_analysis,
    require_usable_identifiers,
)
from .index_disposal import find_index_disposals
from .pool import UNIT_COLUMNS, build_pool, index_period
from .terms import Terms
from .walk import Walk

if TYPE_CHECKING:
    from ..linkage import Linkage
    from ..submission import Submission

RECORD_COLUMNS = [
    "row", "person_id", "reason", "detail", "disposal_id", "disposal", "index_date", "service_start", "delay_days",
]  # fmt: skip


@dataclass(frozen=True)
class Cohort(Result):
    """The treatment group before matching, the control pool, and how both were reached.

    Parameters
    ----------
    records : DataFrame
        A row per submitted record: row, person_id, reason (code of `attrition.REASONS`; missing = still in), detail,
        disposal_id, disposal, index_date, service_start, delay_days.
    treated, pool : DataFrame
        One row per person: unit_id (the disposal_id), person_id, disposal_id, disposal, release_type (missing where the
        register does not say), index_date, delay_days (days from the index date to the service's start; for the pool as
        drawn).
    ledger, pool_ledger : Ledger
    index_from, index_to : str or None
        The period of index dates that the pool is taken from (ISO dates); None if nobody is in scope.
    contradictions : DataFrame
        What contradicts itself in the records of everybody linked and of the pool: kind, rule (that was applied),
        n_events, n_people; only kinds that occur.
    messages : tuple of str
    analysis, title : str
        Which analysis of the request this is; as readers see it.
    minimum_cell : int
        Smaller counts of people by a characteristic are not shown.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> cohort = examples.foundation().cohort
    >>> cohort
    1,246 records received; 257 people can be analysed, with 2,354 people in the control pool
    >>> cohort.ledger.excluded(4)  # records of people who are there by another record
    187
    >>> cohort.index_from, cohort.index_to
    ('2004-01-01', '2010-12-31')
    >>> cohort.by_period().tail(2)
        year  quarter  n_treated  n_pool
    26  2010        3         13      76
    27  2010        4          6      94
    """

    records: pd.DataFrame
    treated: pd.DataFrame
    pool: pd.DataFrame
    ledger: Ledger
    pool_ledger: Ledger
    index_from: str | None
    index_to: str | None
    contradictions: pd.DataFrame
    messages: tuple[str, ...] = ()
    analysis: str = "main"
    title: str = ""
    minimum_cell: int = MINIMUM_CELL

    def summary(self) -> str:
        return (
            f"{f'{self.title}: ' if self.title else ''}{self.ledger.received:,} records received;"
            f" {len(self.treated):,} people can be analysed, with {len(self.pool):,} people in the control pool"
        )

    def by_period(self) -> pd.DataFrame:
        """People by the calendar quarter of their index date.

        Returns
        -------
        DataFrame
            year, quarter (1 to 4), n_treated, n_pool: a row for every quarter with somebody of either, in order.
        """
        counts = {}
        for name, units in (("n_treated", self.treated), ("n_pool", self.pool)):
            day = pd.to_datetime(units["index_date"])
            counts[name] = units.groupby([day.dt.year.rename("year"), day.dt.quarter.rename("quarter")]).size()
        return pd.DataFrame(counts).fillna(0).astype("int64").sort_index().reset_index()

    def to_frame(self) -> pd.DataFrame:
        """The steps from the records received to the people who can be analysed, as `Ledger.to_frame` has them."""
        return self.ledger.to_frame()

    def table(self) -> Table:
        """Each step from the records received to the people who can be analysed."""
        return self.ledger.table(self._captioned("Each step from the records received to the people analysed"))

    def plot(self) -> Figure:
        """The flow chart, from the records received to the people who can be analysed."""
        return self.ledger.plot(self._captioned("Who was received, who left the analysis and why"))

    def pool_table(self) -> Table:
        """Each step from the register to the control pool."""
        return self.pool_ledger.table(self._captioned(POOL_CAPTION))

    def periods_table(self) -> Table:
        """People by the quarter of their index date; counts below `minimum_cell` are not shown."""
        from .. import tables

        frame = self.by_period()
        for column in ("n_treated", "n_pool"):
            frame[column] = [shown_count(n, self.minimum_cell) for n in frame[column]]
        heads = {"quarter": "Quarter", "n_treated": "Treated", "n_pool": "Control pool"}
        caption = self._captioned("People by the quarter of their index date")
        return replace(tables.plain_table(frame, caption, heads, key="periods", groups="year"), align="lrr")

    def contradictions_table(self) -> Table:
        """What cannot be true in the records of these people, with the rule that was applied to it."""
        from .. import tables

        heads = {"kind": "What cannot be true", "rule": "Rule", "n_events": "Events", "n_people": "People"}
        caption = self._captioned("What cannot be true in the records")
        return tables.plain_table(self.contradictions, caption, heads, key="contradictions")

    def _captioned(self, caption: str) -> str:
        """A caption under the title of the analysis, where there are several."""
        return f"{self.title}: {caption}" if self.title else caption


@dataclass(frozen=True)
class Cohorts(Result):
    """The cohort of every analysis of a request, in the order in which it lists them. Iterates over `Cohort`.

    Parameters
    ----------
    by_analysis : dict of str to Cohort
        By id of the analysis; `main` alone if the request lists none.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> cohorts = examples.foundation().cohorts
    >>> cohorts.to_frame()[["analysis", "n_records", "n_treated", "n_pool"]]
      analysis  n_records  n_treated  n_pool
    0     main       1246        257    2354
    >>> len(cohorts["main"].treated)
    257
    """

    by_analysis: dict[str, Cohort]

    def __iter__(self) -> Iterator[Cohort]:
        return iter(self.by_analysis.values())

    def __len__(self) -> int:
        return len(self.by_analysis)

    def __getitem__(self, analysis: str) -> Cohort:
        """The cohort of an analysis, by its id."""
        return self.by_analysis[analysis]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.by_analysis)

    def to_frame(self) -> pd.DataFrame:
        """One row per analysis.

        Returns
        -------
        DataFrame
            analysis (its id), title, n_records (received), n_treated, n_pool (people), index_from, index_to (of the
            index dates that controls are taken from; ISO dates, missing if nobody is in scope).
        """
        rows = [
            (c.analysis, c.title, c.ledger.received, len(c.treated), len(c.pool), c.index_from, c.index_to)
            for c in self
        ]
        columns = ["analysis", "title", "n_records", "n_treated", "n_pool", "index_from", "index_to"]
        return pd.DataFrame(rows, columns=columns)

    def table(self) -> Table:
        """Of each analysis, how many people can be analysed and how large its control pool is."""
        from .. import tables

        frame = self.to_frame()
        frame["name"] = frame["title"].where(frame["title"] != "", frame["analysis"])
        for column in ("index_from", "index_to"):
            frame[column] = [None if day is None else dt.date.fromisoformat(day) for day in frame[column]]
        heads = {"name": "Analysis", "n_records": "Records received", "n_treated": "People who can be analysed"}
        heads |= {"n_pool": "Control pool", "index_from": "Index dates from", "index_to": "to"}
        return tables.plain_table(frame, "Who can be analysed", heads, key="cohorts")

    def blocks(self) -> tuple[Block, ...]:
        """Summary and, of several analyses, the table of all; then the flow of each as table and picture."""
        every = (self.table(),) if len(self) > 1 else ()
        return (self.words(), *every, *(block for one in self for block in (one.table(), one.plot())))

    def summary(self) -> str:
        return "\n".join(cohort.summary() for cohort in self)


def build_cohorts(submission: Submission, linkage: Linkage, register: Register, spec: RequestSpec) -> Cohorts:
    """Build the cohort of every analysis that a request holds, each by its own specification (`build_cohort`)."""
    specs = analyses_of(spec, submission.people)
    return Cohorts({one.analysis.id: build_cohort(submission, linkage, register, one) for one in specs})


def build_cohort(submission: Submission, linkage: Linkage, register: Register, spec: RequestSpec) -> Cohort:
    """Decide who is analysed, and from whom controls may be chosen.

    Each record leaves at the first of reasons 1 to 13 that applies (method, section 4); the pool follows the same
    rules.

    Parameters
    ----------
    submission : Submission
        Its ``people`` and ``ledger`` are used. A record without a start of service is dated by the service's end.
    linkage : Linkage
        Its ``links`` and ``candidates`` are used.
    register : Register
    spec : RequestSpec

    Raises
    ------
    JDLError
        If the custody route is asked for with other index disposals than custody.
    """
    if spec.cohort.route is Route.custody and set(spec.cohort.index_disposals) != {Disposal.custody}:
        fix = "write index_disposals: [custody], and make another request for people sentenced in the community"
        raise JDLError("the custody route follows releases from custody alone", "cohort.index_disposals", fix)
    terms = Terms(spec, register.meta.data_end)
    walk = Walk(linked_records(submission, linkage), submission.ledger)
    belongs = is_in_analysis(submission.people, spec.analysis).set_axis(submission.people["row"])
    walk = require_in_analysis(walk, terms, walk.rows["row"].map(belongs))
    walk = require_found(require_usable_identifiers(walk, terms), terms)
    found = find_index_disposals(walk.rows.astype({"person_id": "int64"}), register, spec)
    walk = Walk(walk.rows.merge(found, on="row", how="left"), walk.ledger, walk.left)
    in_scope = None
    for step in REGISTER_STEPS:
        walk = step(walk, terms)
        if walk.ledger.steps[-1]["code"] == 11:
            in_scope = walk.rows.assign(delay_days=_delay_days(walk.rows, terms))
    period = index_period(in_scope["index_date"], spec)
    linked, ambiguous = _known_people(linkage)
    pool, pool_ledger, messages = build_pool(in_scope, linked, ambiguous, register, spec)
    records = _all_records(walk, terms)
    concerned = pd.concat([linked.astype("int64"), pool["person_id"]])
    return Cohort(
        records=records,
        treated=_units(walk.rows, terms),
        pool=pool,
        ledger=walk.ledger,
        pool_ledger=pool_ledger,
        index_from=period and period[0].isoformat(),
        index_to=period and period[1].isoformat(),
        contradictions=find_contradictions(concerned, records, register),
        messages=messages,
        analysis=spec.analysis.id,
        title=spec.analysis.title,
        minimum_cell=spec.disclosure.minimum_cell,
    )


def linked_records(submission: Submission, linkage: Linkage) -> pd.DataFrame:
    """The submitted records with what linkage made of each; the service is dated by its start, else by its end."""
    people = submission.people[["row", "usable", "why_unusable", "service_start", "service_end"]]
    records = people.merge(linkage.links[["row", "status", "person_id"]], on="row", how="left", validate="one_to_one")
    for column in ("service_start", "service_end"):
        records[column] = pd.to_datetime(records[column]).astype("datetime64[us]")
    records["person_id"] = records["person_id"].astype("Int64")
    records["is_dated_by_end"] = records["service_start"].isna() & records["service_end"].notna()
    records["service_start"] = records["service_start"].fillna(records["service_end"])
    return records.sort_values("row", ignore_index=True)


def _known_people(linkage: Linkage) -> tuple[pd.Series, pd.Series]:
    """person_id of everybody linked, and of everybody who may be one of the ambiguous records."""
    links, candidates = linkage.links, linkage.candidates
    ambiguous = links.loc[links["status"] == "ambiguous", "row"]
    return links["person_id"].dropna(), candidates.loc[candidates["row"].isin(ambiguous), "person_id"]


def _delay_days(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    """Days from the index date to the start of the service; zero by the custody route, where the release follows it."""
    days = (rows["service_start"] - rows["index_date"]).dt.days
    return (days * 0 if terms.is_custody_route else days).astype("Int64")


def _units(rows: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    rows = rows.assign(delay_days=_delay_days(rows, terms), unit_id=rows["disposal_id"])
    types = {"unit_id": "int64", "person_id": "int64", "disposal_id": "int64", "disposal": "str", "delay_days": "int64"}
    types |= {"release_type": "str"}
    return rows[UNIT_COLUMNS].astype(types).sort_values("unit_id", ignore_index=True)


def _all_records(walk: Walk, terms: Terms) -> pd.DataFrame:
    """Every record received, with the reason it left by, in the order of its row."""
    parts = [part for part in (*walk.left, walk.rows.assign(reason=None, detail=None)) if len(part)]
    records = pd.concat([part.astype({"reason": "Int64", "detail": object}) for part in parts] or [walk.rows])
    records = records.reindex(columns=[c for c in RECORD_COLUMNS if c != "delay_days"])
    for column in ("index_date", "service_start"):
        records[column] = pd.to_datetime(records[column])
    records["delay_days"] = _delay_days(records, terms)
    types = {
        "row": "int64",
        "person_id": "Int64",
        "reason": "Int64",
        "disposal_id": "Int64",
        "detail": "str",
        "disposal": "str",
    }
    return records.astype(types)[RECORD_COLUMNS].sort_values("row", ignore_index=True)
