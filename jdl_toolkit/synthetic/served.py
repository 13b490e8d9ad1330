"""Whom an invented service of Foundation's shape has served, and when: proposals, verdicts, and as many as were
published.

Proposals of who might have been served, and when, are drawn at random; the register says what the method would make of
each (`episodes`); and as many are taken from each kind as were published. Who takes part among those in scope depends
on what they are like, so that a crude comparison is wrong (`participation`).

The clock of the control pool (method, section 4) is kept in mind: the delays between sentence and service of everybody
in scope, reoffended first or not, are distributed as if they had been drawn before anything was known of what
followed.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from ..errors import JDLError
from .draws import truncated_exponential
from .episodes import ELIGIBLE, INDEX_DATE, ask, assess_episodes, data_end
from .participation import select_participants
from .published_flow import (
    FIRST_START,
    LAST_START,
    LONGEST_DELAY_DAYS,
    LONGEST_HISTORY,
    MEAN_DELAY_DAYS,
    OTHER_KIND_AT_LEAST,
    OTHER_KINDS,
    OTHER_WITHIN_WINDOW,
    PUBLISHED,
    YOUNGEST_TENANT,
)

#: Times that each sentence is tried for people who reoffended before the service started.
N_TRIES = 3
COLUMNS = (
    "person_id", "service_start", "verdict", "disposal_id", "disposal", "index_date", "delay_days", "is_within",
)  # fmt: skip
#: A kind with less than this share of the other disposals is taken first, so that each kind published occurs.
RARE_KIND = 0.03
#: Edges of the delays, in days, within which the share that stays free of offending is measured.
DELAY_BANDS = (0, 20, 40, 60, 85, 115, 150, LONGEST_DELAY_DAYS)


def recognisable_people(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The register's persons, with their maiden name where it has one, and whether each is distinct.

    ``is_distinct``: nobody else is on record under anything like their name and date of birth (no twin, same-name
    relative or duplicate), so that a record of theirs is theirs beyond doubt.
    """
    people = ask(
        con,
        """
        WITH named AS (
            SELECT person_id, forename, surname, dob FROM person
            UNION SELECT person_id, forename, surname, dob FROM person_alias
        ),
        crowd AS (
            SELECT *, count(DISTINCT person_id) OVER (PARTITION BY surname, dob) > 1
                OR count(DISTINCT person_id) OVER (PARTITION BY forename, dob) > 1
                OR count(DISTINCT person_id) OVER (PARTITION BY forename, surname, year(dob)) > 1
                OR count(DISTINCT person_id) OVER (PARTITION BY forename, surname, month(dob), day(dob)) > 1
                AS is_crowded
            FROM named
        ),
        known AS (SELECT person_id, bool_or(is_crowded) AS is_crowded FROM crowd GROUP BY person_id),
        maiden AS (
            SELECT person_id, min(surname) AS maiden_surname FROM person_alias WHERE kind = 'maiden' GROUP BY person_id
        )
        SELECT p.* EXCLUDE (observed_until), maiden_surname,
            NOT is_crowded AND p.forename <> p.surname AND p.sex IS NOT NULL AND p.pnc_id IS NOT NULL AS is_distinct
        FROM person p JOIN known USING (person_id) LEFT JOIN maiden USING (person_id)
        ORDER BY p.person_id""",
    )
    people["dob"] = people["dob"].astype("datetime64[s]")
    text = people.select_dtypes(["object", "str"]).columns
    people[text] = people[text].astype(object).where(people[text].notna(), None)
    return people


def choose_people(con: duckdb.DuckDBPyConnection, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The 938 people found with convictions.

    Parameters
    ----------
    con : DuckDBPyConnection
    people : DataFrame
        From `recognisable_people`; only the distinct are taken.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        person_id, service_start and what `episodes.assess_episodes` says of it, as often as `PUBLISHED` states.

    Raises
    ------
    JDLError
        If the register has too few people of some kind.
    """
    distinct = people.loc[people["is_distinct"], ["person_id", "dob", "sex"]]
    sentences = sentences_in_period(con)
    in_scope = propose_in_scope(con, one_each(rng, sentences), distinct, rng)
    reoffenders = _reoffenders_first(con, sentences, in_scope, distinct, rng)
    chosen = [select_participants(reoffenders, rng, PUBLISHED["reoffended first"])]
    in_scope = in_scope[~in_scope["person_id"].isin(chosen[0]["person_id"])]
    chosen += [_take(in_scope, verdict, rng) for verdict in ("sexual index offence", "analysable", "started late")]
    free = distinct[~distinct["person_id"].isin(pd.concat(chosen)["person_id"])]
    others = assess_proposals(con, propose_after(events_of(con, OTHER_KINDS), rng, late_share=0.5), free)
    chosen.append(_take_others(others, rng))
    free = free[~free["person_id"].isin(chosen[-1]["person_id"])]
    none = one_each(rng, assess_proposals(con, _propose_before_first_disposal(con, rng), free))
    chosen.append(draw(none[none["verdict"] == "no sentence"], PUBLISHED["no sentence"], rng))
    return pd.concat(chosen, ignore_index=True)[list(COLUMNS)]


def sentences_in_period(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every sentence of an eligible kind within the period of the request: person_id, disposal_id, index_date."""
    events = events_of(con, ELIGIBLE)
    return events[events["index_date"].between(pd.Timestamp(FIRST_START), pd.Timestamp(LAST_START))]


def assess_proposals(con: duckdb.DuckDBPyConnection, proposals: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Proposals within the period and of people old enough, with their verdicts; the doubtful ones are left out.

    The disposal that a start was proposed for stands in ``proposed_id`` (missing where there was none), and is not
    always the index disposal.
    """
    last = min(pd.Timestamp(LAST_START), pd.Timestamp(data_end(con)) - pd.DateOffset(months=18))
    inside = proposals["service_start"].between(pd.Timestamp(FIRST_START), last)
    known = proposals[inside].merge(people, on="person_id")
    age = (known["service_start"] - known["dob"]).dt.days / 365.2425
    known = known[age >= YOUNGEST_TENANT].reset_index(drop=True)
    proposed_id = known["disposal_id"] if "disposal_id" in known else pd.Series(pd.NA, index=known.index)
    assessed = assess_episodes(con, known).assign(sex=known["sex"], proposed_id=proposed_id.astype("Int64"))
    return assessed[assessed["verdict"] != "doubtful"]


def one_each(rng: np.random.Generator, episodes: pd.DataFrame) -> pd.DataFrame:
    """One row of each person at random, as the control pool takes one event of each."""
    order = rng.permutation(len(episodes))
    return episodes.iloc[order].drop_duplicates("person_id").sort_index().reset_index(drop=True)


def draw(rows: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """`n` of the rows at random, in their order."""
    if len(rows) < n:
        raise JDLError(
            "the synthetic register has too few people for this request", fix="use one of 20,000 persons or more"
        )
    return rows.iloc[np.sort(rng.choice(len(rows), n, replace=False))]


def events_of(con: duckdb.DuckDBPyConnection, kinds: tuple[str, ...]) -> pd.DataFrame:
    query = f"""
        SELECT person_id, disposal_id, ({INDEX_DATE})::TIMESTAMP_S AS index_date FROM disposal
        WHERE disposal IN {kinds} AND index_date IS NOT NULL ORDER BY disposal_id"""
    return ask(con, query)


def propose_after(events: pd.DataFrame, rng: np.random.Generator, late_share: float) -> pd.DataFrame:
    """A start some days after each event: soon, or (for `late_share`) from half a year on."""
    soon = 1 + np.floor(truncated_exponential(rng, len(events), MEAN_DELAY_DAYS, LONGEST_DELAY_DAYS))
    late = 184 + np.floor(rng.exponential(240, len(events)))
    delay = np.where(rng.random(len(events)) < late_share, late, soon)
    start = events["index_date"] + pd.to_timedelta(delay, unit="D")
    return events.drop(columns="index_date").assign(service_start=start.astype("datetime64[s]"))


def _propose_before_first_disposal(con: duckdb.DuckDBPyConnection, rng: np.random.Generator) -> pd.DataFrame:
    first = ask(con, "SELECT person_id, min(disposal_date)::TIMESTAMP_S AS first FROM disposal GROUP BY 1 ORDER BY 1")
    before = pd.to_timedelta(rng.integers(20, 500, len(first)), unit="D")
    return first.assign(service_start=(first["first"] - before).astype("datetime64[s]"))


def covariates_of(con: duckdb.DuckDBPyConnection, episodes: pd.DataFrame) -> pd.DataFrame:
    """What taking part depends on, as at the index date."""
    events = episodes[["disposal_id"]].astype("int64").drop_duplicates()
    query = """
        SELECT d.disposal_id, d.region, date_diff('day', p.dob, d.disposal_date) / 365.2425 AS age,
            (SELECT count(*) FROM offence o WHERE o.person_id = d.person_id AND o.proven_date < d.disposal_date)
                AS n_previous_offences,
            (SELECT arg_max(n.accommodation, n.assessed_on) FROM needs_assessment n
             WHERE n.person_id = d.person_id AND n.assessed_on <= d.disposal_date) AS needs_accommodation
        FROM events e JOIN disposal d USING (disposal_id) JOIN person p USING (person_id) ORDER BY d.disposal_id"""
    return ask(con, query, events=events).astype({"disposal_id": "Int64"})


def propose_in_scope(
    con: duckdb.DuckDBPyConnection, sentences: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """A start after each of the sentences, with verdict and covariates, where the sentence is the index disposal."""
    assessed = assess_proposals(con, propose_after(sentences, rng, late_share=0.15), people)
    assessed = assessed[assessed["disposal_id"] == assessed["proposed_id"]]
    assessed = assessed.merge(covariates_of(con, assessed), on="disposal_id")
    return assessed[assessed["n_previous_offences"] <= LONGEST_HISTORY].reset_index(drop=True)


def _reoffenders_first(
    con: duckdb.DuckDBPyConnection,
    sentences: pd.DataFrame,
    in_scope: pd.DataFrame,
    people: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """People who could have reoffended before the service started, with the ``weight`` that keeps the clock.

    More of them are wanted than occur, so all sentences are tried, several times, and not one of each person; and they
    occur after long delays rather than short ones. With S(d) the share of those proposed with delay d who can be
    analysed, and n of the N in scope analysed, their delays should be distributed as the proposed ones, times
    N − n·S(d)/mean(S). Then the delays of all N are distributed as the proposed ones: as if drawn before anything was
    known of what followed, which is what the pool's clock takes for granted.
    """
    tried = [propose_in_scope(con, sentences, people, rng) for _ in range(N_TRIES)]
    reoffenders = pd.concat([in_scope, *tried], ignore_index=True)
    reoffenders = one_each(rng, reoffenders[reoffenders["verdict"] == "reoffended first"])
    in_time = in_scope[in_scope["is_within"]]
    band = _delay_band(in_time)
    survives, reoffends = (
        in_time["verdict"].eq(verdict).groupby(band).mean() for verdict in ("analysable", "reoffended first")
    )
    n, n_first = PUBLISHED["analysable"], PUBLISHED["reoffended first"]
    wanted = n + n_first - n * survives / in_time["verdict"].eq("analysable").mean()
    weight = wanted.clip(lower=0) / reoffends.clip(lower=1e-6)
    return reoffenders.assign(weight=_delay_band(reoffenders).map(weight).fillna(0.0))


def _delay_band(episodes: pd.DataFrame) -> pd.Series:
    return pd.cut(episodes["delay_days"].astype(float), DELAY_BANDS, labels=False)


def _take(episodes: pd.DataFrame, verdict: str, rng: np.random.Generator) -> pd.DataFrame:
    fitting = episodes[episodes["verdict"] == verdict]
    take = select_participants if verdict == "analysable" else draw
    return take(fitting, n=PUBLISHED[verdict], rng=rng)


def _take_others(episodes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """People whose most recent disposal was of another kind: the published numbers within the window and beyond it."""
    named = episodes[episodes["disposal"].isin(OTHER_KINDS) & (episodes["verdict"] == "other disposal")]
    # rare kinds first: the first few of each kind in random order, then anybody; and of one person's the rarest kind
    shuffled = named.iloc[rng.permutation(len(named))].reset_index(drop=True)
    is_common = shuffled["disposal"].map(named["disposal"].value_counts(normalize=True)) > RARE_KIND
    fitting = shuffled.loc[is_common.sort_values(kind="stable").index].drop_duplicates("person_id").sort_index()
    beyond = fitting.groupby(["disposal", "is_within"]).cumcount() >= OTHER_KIND_AT_LEAST // 2
    fitting = fitting.assign(beyond=beyond).sort_values("beyond", kind="stable")
    wanted = {True: OTHER_WITHIN_WINDOW, False: PUBLISHED["other disposal"] - OTHER_WITHIN_WINDOW}
    taken = pd.concat([fitting[fitting["is_within"] == within].head(n) for within, n in wanted.items()])
    return draw(taken, PUBLISHED["other disposal"], rng).drop(columns="beyond")
