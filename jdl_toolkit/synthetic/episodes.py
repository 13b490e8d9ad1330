"""What the method says of an episode of service: its index disposal, and the first reason that speaks against it.

Written from the method's text alone and apart from the stages that are tested with it: a fault shared by both would
show nothing. Community route, but for `assess_services_inside`. Where several readings are possible (in custody of any
kind when the service starts, two disposals on one day) an episode is called doubtful, and the synthetic requests do
without it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd

FOLLOW_UP_MONTHS, PROVING_MONTHS, WINDOW_MONTHS, OBSERVED_MONTHS = 12, 18, 6, 18
ELIGIBLE = ("community_order", "suspended_sentence_order")
#: Offences that count: neither penalty notices nor breaches.
COUNTED = "NOT coalesce(o.is_penalty_notice, false) AND NOT coalesce(o.is_breach, false)"

#: The day a disposal's follow-up starts: the release from custody, else its own date.
INDEX_DATE = "CASE WHEN disposal = 'custody' THEN release_date ELSE disposal_date END"

_TABLES = ("person", "person_alias", "disposal", "offence", "custody_spell", "needs_assessment", "meta")

#: What may be said of an episode -> the first of reasons 5 to 10 it fails at; 11 where it passes them all.
FIRST_FAILURE = {"no sentence": 5, "other disposal": 6, "started late": 10}
PASSED = 11


def open_tables(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection in which the Parquet tables of a synthetic register can be asked by their names."""
    con = duckdb.connect(":memory:", config={"threads": 2})
    con.execute("PRAGMA disable_progress_bar")
    for name in _TABLES:
        quoted = str(Path(folder) / f"{name}.parquet").replace("'", "''")
        con.execute(f"CREATE VIEW {name} AS FROM read_parquet('{quoted}')")
    return con


def data_end(con: duckdb.DuckDBPyConnection) -> dt.date:
    """Last day for which the register knows of offences."""
    return con.execute("SELECT max(data_end) FROM meta").fetchone()[0]


def ask(con: duckdb.DuckDBPyConnection, query: str, **frames: pd.DataFrame) -> pd.DataFrame:
    """Result of a query in which the frames stand as tables under their names."""
    for name, frame in frames.items():
        con.register(name, frame)
    try:
        return con.execute(query).df()
    finally:
        for name in frames:
            con.unregister(name)


def assess_episodes(
    con: duckdb.DuckDBPyConnection, episodes: pd.DataFrame, doubt_late_proof: bool = True
) -> pd.DataFrame:
    """Say of each episode what the exclusions 5 to 13 make of it.

    Parameters
    ----------
    con : DuckDBPyConnection
        From `open_tables`.
    episodes : DataFrame
        person_id, service_start (datetime64).
    doubt_late_proof : bool
        Call doubtful who offended before the service without proof in time; else they are as if they had not.

    Returns
    -------
    DataFrame
        Same rows, order and index, with disposal_id, disposal, index_date, delay_days, is_within (started within the
        window) and ``verdict``: no sentence, other disposal, started late, sexual index offence, reoffended first, not
        observed, analysable; or doubtful.
    """
    numbered = episodes[["person_id", "service_start"]].reset_index(drop=True).rename_axis("episode").reset_index()
    query = _ASSESS if doubt_late_proof else _ASSESS.replace(_LATE_PROOF, "")
    found = ask(con, query, episode=numbered).set_index(episodes.index)
    result = episodes[["person_id", "service_start"]].join(found.drop(columns="episode"))
    return result.assign(
        disposal_id=result["disposal_id"].astype("Int64"),
        delay_days=(result["service_start"] - result["index_date"]).dt.days.astype("Int64"),
    )


def assess_services_inside(con: duckdb.DuckDBPyConnection, services: pd.DataFrame) -> pd.Series:
    """Say of services received in prison what the exclusions 5 to 13 of the custody route make of them.

    Parameters
    ----------
    con : DuckDBPyConnection
        From `open_tables`.
    services : DataFrame
        person_id, disposal_id (of the sentence being served), service_start, service_end (datetime64).

    Returns
    -------
    Series of str, same index
        sexual index offence, not observed, analysable; or doubtful: another sentence is served at the start or the end,
        custody goes on after the release, or the release cannot be followed.
    """
    columns = ["person_id", "disposal_id", "service_start", "service_end"]
    numbered = services[columns].reset_index(drop=True).rename_axis("episode").reset_index()
    return ask(con, _ASSESS_INSIDE, episode=numbered)["verdict"].set_axis(services.index)


def first_failure(verdicts: pd.Series) -> pd.Series:
    """The first of reasons 5 to 10 at which episodes with these verdicts fail; 11 where they pass."""
    return verdicts.map(FIRST_FAILURE).fillna(PASSED).astype(int)


def measure_reoffending(con: duckdb.DuckDBPyConnection, events: pd.DataFrame) -> pd.Series:
    """Whether each person reoffended in the follow-up: the one-year proven reoffence.

    Parameters
    ----------
    events : DataFrame
        person_id, index_date.

    Returns
    -------
    Series of bool, same index
    """
    numbered = events[["person_id", "index_date"]].reset_index(drop=True).rename_axis("event").reset_index()
    query = f"""
        SELECT e.event, count(o.offence_id) > 0 AS reoffended
        FROM numbered e LEFT JOIN offence o ON o.person_id = e.person_id AND {COUNTED}
            AND o.offence_date > e.index_date AND o.offence_date <= e.index_date + INTERVAL {FOLLOW_UP_MONTHS} MONTH
            AND o.proven_date <= e.index_date + INTERVAL {PROVING_MONTHS} MONTH
        GROUP BY e.event ORDER BY e.event"""
    return ask(con, query, numbered=numbered)["reoffended"].astype(bool).set_axis(events.index)


_LATE_PROOF = "WHEN f.offended_first THEN 'doubtful'"

_ASSESS = f"""
    WITH known AS (
        SELECT e.episode, e.person_id, e.service_start::DATE AS start, d.disposal_id, d.disposal, d.disposal_date,
            {INDEX_DATE} AS index_date,
            d.disposal = 'custody' AND (d.release_date IS NULL OR d.release_date >= start) AS inside
        FROM episode e JOIN disposal d ON d.person_id = e.person_id AND d.disposal_date <= e.service_start
    ),
    latest AS (
        SELECT *,
            bool_or(inside OR disposal_date = start) OVER (PARTITION BY episode)
                OR count(*) OVER (PARTITION BY episode, index_date) > 1 AS is_doubtful
        FROM known
        QUALIFY row_number() OVER (PARTITION BY episode ORDER BY index_date DESC NULLS FIRST, disposal_id) = 1
    ),
    held AS (
        SELECT DISTINCT e.episode FROM episode e JOIN custody_spell c ON c.person_id = e.person_id
            AND c.start <= e.service_start AND coalesce(c."end" >= e.service_start, true)
    ),
    offending AS (
        SELECT l.episode,
            bool_or(o.disposal_id = l.disposal_id AND o.offence_group IN ('sexual_adult', 'sexual_child')) AS is_sexual,
            bool_or({COUNTED} AND o.offence_date > l.index_date AND o.offence_date < l.start) AS offended_first,
            bool_or({COUNTED} AND o.offence_date > l.index_date AND o.offence_date < l.start
                AND o.proven_date <= l.index_date + INTERVAL {PROVING_MONTHS} MONTH) AS reoffended_first
        FROM latest l JOIN offence o ON o.person_id = l.person_id GROUP BY l.episode
    )
    SELECT e.episode, l.disposal_id, l.disposal, l.index_date::TIMESTAMP_S AS index_date,
        coalesce(l.start < l.index_date + INTERVAL {WINDOW_MONTHS} MONTH, false) AS is_within,
        CASE
            WHEN l.is_doubtful OR h.episode IS NOT NULL THEN 'doubtful'
            WHEN l.episode IS NULL THEN 'no sentence'
            WHEN l.disposal NOT IN {ELIGIBLE} THEN 'other disposal'
            WHEN l.index_date + INTERVAL {PROVING_MONTHS} MONTH > (SELECT max(data_end) FROM meta) THEN 'doubtful'
            WHEN NOT is_within THEN 'started late'
            WHEN f.is_sexual THEN 'sexual index offence'
            WHEN f.reoffended_first THEN 'reoffended first'
            {_LATE_PROOF}
            WHEN p.observed_until < l.index_date + INTERVAL {OBSERVED_MONTHS} MONTH THEN 'not observed'
            ELSE 'analysable'
        END AS verdict
    FROM episode e JOIN person p ON p.person_id = e.person_id
    LEFT JOIN latest l ON l.episode = e.episode LEFT JOIN offending f ON f.episode = e.episode
    LEFT JOIN held h ON h.episode = e.episode
    ORDER BY e.episode"""

_ASSESS_INSIDE = f"""
    WITH served AS (
        SELECT e.episode, e.person_id, e.service_start::DATE AS start, e.service_end::DATE AS finish, d.disposal_id,
            d.disposal_date, d.release_date AS index_date
        FROM episode e JOIN disposal d USING (disposal_id)
    ),
    other AS (
        SELECT DISTINCT s.episode FROM served s JOIN disposal d ON d.person_id = s.person_id
        WHERE d.disposal = 'custody' AND d.disposal_id <> s.disposal_id AND (
            (d.disposal_date <= s.start AND coalesce(d.release_date >= s.start, true))
            OR (d.disposal_date <= s.finish AND coalesce(d.release_date >= s.finish, true)))
    ),
    held AS (
        SELECT DISTINCT s.episode FROM served s JOIN custody_spell c ON c.person_id = s.person_id
        WHERE c.start <= s.index_date AND coalesce(c."end" > s.index_date, true)
    ),
    sexual AS (
        SELECT DISTINCT s.episode FROM served s JOIN offence o ON o.disposal_id = s.disposal_id
        WHERE o.offence_group IN ('sexual_adult', 'sexual_child')
    )
    SELECT s.episode,
        CASE
            WHEN x.episode IS NOT NULL OR h.episode IS NOT NULL THEN 'doubtful'
            WHEN s.index_date IS NULL OR s.index_date < s.finish THEN 'doubtful'
            WHEN s.index_date + INTERVAL {PROVING_MONTHS} MONTH > (SELECT max(data_end) FROM meta) THEN 'doubtful'
            WHEN y.episode IS NOT NULL THEN 'sexual index offence'
            WHEN p.observed_until < s.index_date + INTERVAL {OBSERVED_MONTHS} MONTH THEN 'not observed'
            ELSE 'analysable'
        END AS verdict
    FROM served s JOIN person p ON p.person_id = s.person_id
    LEFT JOIN other x ON x.episode = s.episode LEFT JOIN held h ON h.episode = s.episode
    LEFT JOIN sexual y ON y.episode = s.episode
    ORDER BY s.episode"""
