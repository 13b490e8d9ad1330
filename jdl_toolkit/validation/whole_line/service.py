"""An invented service on a drawn register: whom it works with, what it changes, and what it sends to the lab.

Who takes part depends on what people are like at their sentence (`participation.participation_score`), never on what
they do afterwards: people are chosen, with their delay, before anything of the follow-up is looked at, so that some
of them reoffend before the service starts. Only where a cell says so does it depend, too, on something that no register
holds and that goes with reoffending.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from ...synthetic.episodes import ELIGIBLE, ask, assess_episodes, measure_reoffending
from ...synthetic.participation import select_participants
from ...synthetic.published_flow import OTHER_KINDS
from ...synthetic.served import (
    assess_proposals,
    covariates_of,
    draw,
    events_of,
    one_each,
    propose_after,
    recognisable_people,
    sentences_in_period,
)
from ...synthetic.uploads import IDENTITY, corrupt

#: People in scope who take part; about six in seven of them can be analysed.
N_TAKING_PART = 360
#: Records of people who are out of scope, never convicted or not on the register; and people entered twice.
N_OTHER_DISPOSAL, N_NEVER_CONVICTED, N_NOT_ON_REGISTER, N_TWICE = 60, 15, 60, 30
#: From so many previous offences on, a person is one of many: the service may help them more often than others.
MANY = 8
MEAN_STAY_DAYS = 120.0


@dataclass(frozen=True)
class Line:
    """A cell: what the service is like, and how well its records are kept.

    Parameters
    ----------
    faults : {"clean", "realistic", "dirty"}
        How the upload is written (`synthetic.uploads.LEVELS`).
    selection : float
        How strongly taking part depends on measured covariates; 0: not at all, 1: as in the demonstration.
    kept_from_it, kept_from_it_many : float
        Share of those who would reoffend whom the service keeps from it: of people with fewer than `MANY` previous
        offences, and of the others.
    hidden_odds : float
        Odds ratio between a hidden trait and not reoffending, and between it and taking part; half of those who would
        not reoffend have it. 1: there is none.
    identifiers: bool
        Whether some records carry a PNC id or prison number, as in most uploads.
    """

    faults: str
    selection: float
    kept_from_it: float
    kept_from_it_many: float
    hidden_odds: float = 1.0
    identifiers: bool = True


@dataclass(frozen=True)
class Service:
    """Whom the service worked with, and what it did.

    Parameters
    ----------
    taking_part : DataFrame
        One row per person in scope: person_id, service_start, index_date, disposal_id, verdict (`episodes`),
        n_previous_offences, would_reoffend (one-year proven, without the service), is_helped (kept from it).
    rows : DataFrame
        What was sent, in the order of the workbook: row (as Excel counts), the columns of `IDENTITY` as written,
        service_start, service_end, faults; and the truth: person_id (missing: not on the register).
    known : DataFrame
        The register's persons, as `served.recognisable_people` has them.
    """

    taking_part: pd.DataFrame
    rows: pd.DataFrame
    known: pd.DataFrame


def draw_service(con: duckdb.DuckDBPyConnection, line: Line, absent: pd.DataFrame, rng: np.random.Generator) -> Service:
    """Choose the people, decide whom the service helps, and write down what it sends; the register is only read.

    Parameters
    ----------
    con : DuckDBPyConnection
        A drawn register, before any effect.
    absent : DataFrame
        People who are not on it, as `known` has persons; `N_NOT_ON_REGISTER` of them are served.
    """
    known = recognisable_people(con)
    born = known[["person_id", "dob", "sex"]]
    in_scope = in_scope_of(con, rng)
    in_scope = in_scope.assign(would_reoffend=measure_reoffending(con, in_scope))
    in_scope = in_scope.assign(weight=hidden_weight(in_scope["would_reoffend"].to_numpy(), line.hidden_odds, rng))
    chosen = select_participants(in_scope, rng, N_TAKING_PART, line.selection).reset_index(drop=True)
    chosen = chosen.assign(is_helped=is_helped(chosen, line, rng))
    others = propose_after(events_of(con, OTHER_KINDS), rng, late_share=0.2)
    others = one_each(rng, assess_proposals(con, others, born[~born["person_id"].isin(chosen["person_id"])]))
    others = draw(others[others["verdict"] == "other disposal"], N_OTHER_DISPOSAL, rng)
    taken = pd.concat([chosen, others])
    never = _any_time(draw(_never_convicted(con, born, taken), N_NEVER_CONVICTED, rng), taken, rng)
    strangers = _any_time(draw(absent, N_NOT_ON_REGISTER, rng), taken, rng)
    twice = chosen.iloc[rng.choice(len(chosen), N_TWICE, replace=False)]
    served = pd.concat([chosen, twice, others, never, strangers], ignore_index=True)[["person_id", "service_start"]]
    stay = np.ceil(rng.exponential(MEAN_STAY_DAYS, len(served)))
    served["service_end"] = (served["service_start"] + pd.to_timedelta(stay, unit="D")).astype("datetime64[s]")
    identity = pd.concat([known, absent], ignore_index=True)[["person_id", *IDENTITY, "maiden_surname"]]
    rows = served.merge(identity, on="person_id").sample(frac=1, random_state=rng).reset_index(drop=True)
    written = corrupt(rng, rows, line.faults)
    if not line.identifiers:
        written = written.assign(pnc_id=None, prison_number=None)
    written["person_id"] = rows["person_id"].astype("Int64").where(~rows["person_id"].isin(absent["person_id"]))
    return Service(chosen, written.assign(row=np.arange(2, len(written) + 2)), known)


def in_scope_of(con: duckdb.DuckDBPyConnection, rng: np.random.Generator) -> pd.DataFrame:
    """Everybody whom the service might work with: a start some days after a sentence of theirs, whatever follows.

    One sentence of each person, as the control pool takes one; who is sentenced again before the start is counted from
    that last sentence, as the toolkit counts. Left out is only who could not have come, as they were in custody on that
    day, and whose last disposal cannot be told. Every further choice (a long history, an offence not proven in time,
    nobody sentenced twice) would make the two groups differ in what they do afterwards, and that would be taken for the
    toolkit's error.

    Returns
    -------
    DataFrame
        As `episodes.assess_episodes`, with what `participation.participation_score` reads.
    """
    proposed = propose_after(one_each(rng, sentences_in_period(con)), rng, late_share=0.15)
    assessed = assess_episodes(con, proposed, doubt_late_proof=False)
    assessed = assessed[assessed["verdict"].ne("doubtful")]
    sexes = ask(con, "SELECT person_id, sex FROM person")
    return assessed.merge(covariates_of(con, assessed), on="disposal_id").merge(sexes, on="person_id")


def hidden_weight(would_reoffend: np.ndarray, odds: float, rng: np.random.Generator) -> np.ndarray:
    """How many times as likely as others each person takes part, by a hidden trait; ones without such a trait.

    Half of those who would not reoffend have the trait, and as many of the others as makes the odds ratio between the
    trait and not reoffending `odds`; who has it takes part `odds` times as often.
    """
    has_it = rng.random(len(would_reoffend)) < np.where(would_reoffend, 1 / (1 + odds), 0.5)
    return np.where(has_it, odds, 1.0)


def is_helped(chosen: pd.DataFrame, line: Line, rng: np.random.Generator) -> np.ndarray:
    """Who is kept from reoffending: each who would, by chance; but not who reoffends before the service starts."""
    share = np.where(chosen["n_previous_offences"] < MANY, line.kept_from_it, line.kept_from_it_many)
    can_be = chosen["would_reoffend"] & chosen["verdict"].ne("reoffended first")
    return can_be.to_numpy(bool) & (rng.random(len(chosen)) < share)


def outcomes_of(con: duckdb.DuckDBPyConnection, people: pd.Series) -> pd.Series:
    """Whether these people reoffended after each of their eligible sentences; by disposal_id."""
    events = events_of(con, ELIGIBLE)
    events = events[events["person_id"].isin(people)].reset_index(drop=True)
    return measure_reoffending(con, events).set_axis(events["disposal_id"])


def _never_convicted(con: duckdb.DuckDBPyConnection, born: pd.DataFrame, taken: pd.DataFrame) -> pd.DataFrame:
    query = """SELECT person_id FROM person ANTI JOIN disposal USING (person_id) ANTI JOIN offence USING (person_id)
        ORDER BY person_id"""
    never = born.merge(ask(con, query), on="person_id")
    return never[(never["dob"] < pd.Timestamp(1985, 1, 1)) & ~never["person_id"].isin(taken["person_id"])]


def _any_time(people: pd.DataFrame, taken: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The same people with starts as others of the service have them."""
    return people.assign(service_start=rng.choice(taken["service_start"].to_numpy(), len(people)))
