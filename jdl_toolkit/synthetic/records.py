"""The records of the request: repeat episodes, people in vain looked for, slips of the pen, the order of the rows."""

from __future__ import annotations

import datetime as dt

import duckdb
import numpy as np
import pandas as pd

from ..errors import JDLError
from .episodes import ask, first_failure
from .published_flow import (
    FIRST_START,
    LAST_START,
    LEFT_FROM,
    LEFT_TO,
    N_BAD_DOB,
    N_NEVER_CONVICTED,
    N_NOT_FOUND,
    REPEATS,
)
from .served import assess_proposals, draw
from .strangers import off_register_people
from .uploads import IDENTITY, apply_faults, format_cells, keep_identifiers

#: Starts drawn for each person among which a further episode is looked for.
N_PROPOSED_REPEATS = 24
#: Those never convicted and those not on the register are taken from people born before this year: grown up throughout.
BORN_BEFORE = 1980
#: A surname is rare if no more people on the register bear it.
RARE_SURNAME = 5


def add_repeats(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, kept: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """The kept episodes and, for 168 people, further ones that the rule for repeat records sets aside.

    The rule keeps the episode that passes reasons 5 to 10, or fails at the latest of them; ties: the earliest start.
    """
    again = kept["person_id"].repeat(N_PROPOSED_REPEATS).to_numpy()
    first, last = pd.Timestamp(FIRST_START), pd.Timestamp(LAST_START)
    drawn = first + pd.to_timedelta(rng.integers(0, (last - first).days + 1, len(again)), unit="D")
    proposals = pd.DataFrame({"person_id": again, "service_start": drawn.astype("datetime64[s]")})
    assessed = assess_proposals(con, proposals, people[["person_id", "dob", "sex"]])
    assessed = assessed.drop_duplicates(["person_id", "service_start"])
    designed = kept.set_index("person_id")[["service_start", "verdict"]].loc[assessed["person_id"]]
    best, reached = first_failure(designed["verdict"]).to_numpy(), first_failure(assessed["verdict"]).to_numpy()
    later = assessed["service_start"].to_numpy() > designed["service_start"].to_numpy()
    set_aside = assessed[(reached < best) | ((reached == best) & later)]
    possible = set_aside.iloc[rng.permutation(len(set_aside))]
    n_possible = possible.groupby("person_id").size()
    further, free = [], rng.permutation(kept["person_id"].to_numpy())
    for n_records, n_people in sorted(REPEATS.items(), reverse=True):
        able = free[n_possible.reindex(free).fillna(0).to_numpy() >= n_records - 1][:n_people]
        if len(able) < n_people:
            raise JDLError("too few people could have come back to the service", fix="use a larger register")
        own = possible[possible["person_id"].isin(able)]
        further.append(own[own.groupby("person_id").cumcount() < n_records - 1])
        free = free[~np.isin(free, able)]
    both = [kept.assign(is_kept=True), pd.concat(further).assign(is_kept=False)]
    return pd.concat(both, ignore_index=True)[["person_id", "service_start", "verdict", "is_kept"]]


def write_records(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """All 1,246 records in shuffled order.

    Returns
    -------
    DataFrame
        ``row`` (as Excel counts), the columns of the workbook, and the truth: person_id, verdict, is_kept.
    """
    never = ask(
        con,
        """SELECT person_id FROM person ANTI JOIN disposal USING (person_id) ANTI JOIN offence USING (person_id)
        ORDER BY person_id""",
    )["person_id"]
    grown = (
        people["is_distinct"]
        & (people["dob"] < pd.Timestamp(BORN_BEFORE, 1, 1))
        & ~people["person_id"].isin(records["person_id"])
    )
    never = draw(people[grown & people["person_id"].isin(never)], N_NEVER_CONVICTED, rng)
    rest = people[grown & ~people["person_id"].isin(never["person_id"])]
    bad = draw(rest, N_BAD_DOB, rng)
    models = rest[~rest["person_id"].isin(bad["person_id"])]
    aliases = ask(con, "SELECT forename, surname, dob FROM person_alias ORDER BY ALL").astype({"dob": "datetime64[s]"})
    strangers = off_register_people(rng, people, N_NOT_FOUND, models, aliases)
    plain = pd.concat(
        [
            records,
            _served_any_time(never, rng).assign(verdict="no conviction"),
            _served_any_time(bad, rng).assign(verdict="bad date of birth", person_id=bad["person_id"].to_numpy()),
        ],
        ignore_index=True,
    )
    found = people[people["person_id"].isin(plain["person_id"])].reset_index(drop=True)
    written = apply_faults(rng, found[["person_id", *IDENTITY, "maiden_surname"]], "realistic")
    # with a wrong name as well as a wrong date of birth, an identifier alone might not convince
    right_name = (written[["forename", "surname"]] == found[["forename", "surname"]]).all(axis=1)
    written["dob"] = written["dob"].where(right_name & _has_plausible_age(written, plain), found["dob"])
    written = keep_identifiers(rng, written, always=_needs_identifier(written, found, people))
    rows = plain.merge(written.drop(columns="maiden_surname"), on="person_id")
    strangers = pd.concat([strangers, _served_any_time(strangers, rng)[["service_start"]]], axis=1)
    rows = pd.concat([rows, strangers.assign(verdict="not found")], ignore_index=True)
    rows["is_kept"] = rows["is_kept"].fillna(True).astype(bool)
    rows["service_end"] = _leaving(rows["service_start"], rng)
    rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    rows = format_cells(rng, rows, "realistic")
    return _spoil(rows).assign(
        row=np.arange(2, len(rows) + 2), record=np.arange(1, len(rows) + 1), region="Yorkshire and the Humber"
    )


def _served_any_time(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    days = (LAST_START - FIRST_START).days
    start = pd.Timestamp(FIRST_START) + pd.to_timedelta(rng.integers(0, days + 1, len(people)), unit="D")
    ids = people["person_id"].to_numpy() if "person_id" in people else pd.NA
    return pd.DataFrame({"person_id": ids, "service_start": start.astype("datetime64[s]")})


def _needs_identifier(written: pd.DataFrame, found: pd.DataFrame, people: pd.DataFrame) -> pd.Series:
    """Whether a record carries its PNC id, so that nobody is missed for a slip.

    All that have a wrong value do, unless only the gender is wrong, or only the forename, still alike, of somebody
    whose surname is rare.
    """
    n_bearers = written["surname"].map(people["surname"].value_counts()).fillna(0)
    alike = (written["forename"].str[:2] == found["forename"].str[:2]) & (found["forename"].str.len() >= 5)
    in_forename = written["faults"].eq("forename misspelt") & alike & (n_bearers <= RARE_SURNAME)
    return written["faults"].ne("") & written["faults"].ne("gender") & ~in_forename


def _has_plausible_age(written: pd.DataFrame, records: pd.DataFrame) -> pd.Series:
    """Whether the date of birth as written gives an age that intake takes at every service (10 to 100)."""
    starts = records.groupby("person_id")["service_start"].agg(["min", "max"]).loc[written["person_id"]]
    youngest = (starts["min"].to_numpy() - written["dob"]).dt.days / 365.2425
    oldest = (starts["max"].to_numpy() - written["dob"]).dt.days / 365.2425
    return (youngest >= 11) & (oldest <= 99)


def _leaving(start: pd.Series, rng: np.random.Generator) -> pd.Series:
    """A day in 2009 or 2010 on which each person left, not before they came."""
    earliest = start.clip(lower=pd.Timestamp(LEFT_FROM))
    room = (pd.Timestamp(LEFT_TO) - earliest).dt.days
    stay = np.floor(rng.random(len(start)) * (room + 1))
    return (earliest + pd.to_timedelta(stay, unit="D")).astype("datetime64[s]")


def _spoil(rows: pd.DataFrame) -> pd.DataFrame:
    """Six dates of birth that are none: missing, no date, a day that does not exist, an age that is not possible."""
    nonsense = [None, "not known", "31/02/1980", dt.date(2090, 5, 5), "1899", "01/01/1870"]
    spoilt = rows.index[rows["verdict"] == "bad date of birth"]
    rows.loc[spoilt, "dob"] = pd.Series(nonsense, index=spoilt, dtype=object)
    rows.loc[spoilt, ["pnc_id", "prison_number"]] = None
    return rows
