"""Whom a service on several routes has served: on court orders, before release from prison, after other disposals."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from .episodes import assess_services_inside
from .participation import select_participants
from .published_flow import FIRST_START, LAST_START, OTHER_KINDS
from .served import (
    assess_proposals,
    covariates_of,
    draw,
    events_of,
    one_each,
    propose_after,
    propose_in_scope,
    sentences_in_period,
)

#: How far taking part depends on what people are like; see `participation.select_participants`.
STRENGTH = 0.6
#: Days before release in which a service in prison begins; it ends by the release.
FIRST_DAY_INSIDE, LAST_DAY_INSIDE = 90, 10
#: Days after the first start at which people who come back do, and days that a service in the community lasts.
BACK_AFTER, LASTS = (30, 200), (20, 200)
COLUMNS = ("person_id", "service_start", "service_end", "verdict", "index_date", "region", "establishment")


def choose_on_orders(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, rng: np.random.Generator, n: int, share: float
) -> pd.DataFrame:
    """`n` people on a court order (at most this share of those who could be), whatever became of them.

    Returns
    -------
    DataFrame
        `COLUMNS`.
    """
    known = people[["person_id", "dob", "sex"]]
    possible = propose_in_scope(con, one_each(rng, sentences_in_period(con)), known, rng)
    chosen = select_participants(possible, rng, min(n, int(share * len(possible))), STRENGTH)
    return _in_the_community(chosen, rng)


def choose_others(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, rng: np.random.Generator, n: int
) -> pd.DataFrame:
    """`n` people whose most recent disposal was of another kind."""
    proposals = propose_after(events_of(con, OTHER_KINDS), rng, late_share=0.2)
    assessed = one_each(rng, assess_proposals(con, proposals, people[["person_id", "dob", "sex"]]))
    assessed = assessed[assessed["verdict"].eq("other disposal")]
    regions = con.execute("SELECT disposal_id, region FROM disposal").df().astype({"disposal_id": "Int64"})
    return _in_the_community(draw(assessed, min(n, len(assessed)), rng).merge(regions, on="disposal_id"), rng)


def choose_released(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, rng: np.random.Generator, n: int, share: float
) -> pd.DataFrame:
    """`n` people served in the last weeks before a release (at most this share of those who could be)."""
    releases = con.execute(
        """SELECT person_id, disposal_id, disposal_date::TIMESTAMP_S AS sentenced, establishment,
            release_date::TIMESTAMP_S AS index_date FROM disposal
        WHERE disposal = 'custody' AND release_date BETWEEN ? AND ? ORDER BY disposal_id""",
        [FIRST_START, LAST_START],
    ).df()
    releases = one_each(rng, releases).merge(people[["person_id", "dob", "sex"]], on="person_id")
    before = pd.to_timedelta(rng.integers(LAST_DAY_INSIDE, FIRST_DAY_INSIDE, len(releases)), unit="D")
    ends = pd.to_timedelta(rng.integers(0, LAST_DAY_INSIDE, len(releases)), unit="D")
    releases = releases.assign(
        service_start=(releases["index_date"] - before).astype("datetime64[s]"),
        service_end=(releases["index_date"] - ends).astype("datetime64[s]"),
    )
    possible = releases[releases["service_start"] > releases["sentenced"]].reset_index(drop=True)
    possible["verdict"] = assess_services_inside(con, possible)
    possible = possible[possible["verdict"] != "doubtful"].astype({"disposal_id": "Int64"})
    possible = possible.merge(covariates_of(con, possible), on="disposal_id")
    chosen = select_participants(possible, rng, min(n, int(share * len(possible))), STRENGTH)
    return chosen[list(COLUMNS)].reset_index(drop=True)


def come_back(served: pd.DataFrame, rng: np.random.Generator, n: int) -> pd.DataFrame:
    """A further, later record of `n` of these people."""
    rows = draw(served, min(n, len(served)), rng)
    later = pd.to_timedelta(rng.integers(*BACK_AFTER, len(rows)), unit="D")
    start = (rows["service_start"] + later).clip(upper=pd.Timestamp(LAST_START))
    return rows.assign(service_start=start.astype("datetime64[s]"), service_end=_leaving(start, rng))


def _in_the_community(chosen: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    ends = _leaving(chosen["service_start"], rng)
    return chosen.assign(service_end=ends, establishment=None)[list(COLUMNS)].reset_index(drop=True)


def _leaving(start: pd.Series, rng: np.random.Generator) -> pd.Series:
    return (start + pd.to_timedelta(rng.integers(*LASTS, len(start)), unit="D")).astype("datetime64[s]")
