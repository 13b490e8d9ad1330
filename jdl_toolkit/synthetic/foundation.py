"""A request of Foundation's shape on a synthetic register: the published flow, to the record, with a known effect.

The numbers are those of the worked example in "Justice Data Lab: the pilot year" ([S4], first published in December 2013).
Nobody is written down by hand: proposals of who might have been served, and when, are drawn at random; the register
says what the method would make of each (`episodes`); and as many are taken from each kind as were published. Who takes
part among those who can be analysed depends on what they are like, so a crude comparison is wrong (`participation`).

The clock of the control pool (method, section 4) is kept in mind: the delays between sentence and service of everybody in
scope, reoffended first or not, are distributed as if they had been drawn before anything was known of what followed.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from ..errors import JDLError
from ..result import write_atomically
from .draws import truncated_exponential
from .episodes import ELIGIBLE, ask, assess_episodes, data_end, first_failure, measure_reoffending, open_tables
from .participation import plant_effect, select_participants
from .uploads import IDENTITY, apply_faults, format_cells, keep_identifiers, off_register_people
from .workbook import write_upload

#: Verdict on the episode kept -> people, as published.
PUBLISHED: dict[str, int] = {
    "reoffended first": 90,
    "sexual index offence": 9,
    "analysable": 257,
    "started late": 69,
    "other disposal": 491,
    "no sentence": 22,
}
OTHER_WITHIN_WINDOW = 251  # of the 491, within six months
N_BAD_DOB, N_NOT_FOUND, N_NEVER_CONVICTED = 6, 81, 34
#: Records of one person -> people. Published: 355 records of 168 people; how many sent two, three, four is assumed.
REPEATS: dict[int, int] = {2: 151, 3: 15, 4: 2}

#: Kinds the publication names. Where they are as rare as absolute discharges, a few at least.
OTHER_KINDS = (
    "caution", "fine", "absolute_discharge", "conditional_discharge", "positive_drug_test", "custody", "youth_sentence",
)  # fmt: skip
OTHER_KIND_AT_LEAST = 6

FIRST_START, LAST_START = dt.date(2004, 1, 1), dt.date(2010, 12, 31)
LEFT_FROM, LEFT_TO = dt.date(2009, 1, 1), dt.date(2010, 12, 31)
MEAN_DELAY_DAYS, LONGEST_DELAY_DAYS = 65.0, 178
YOUNGEST_TENANT = 16

ANSWERS: dict[str, str] = {
    "organisation": "Foundation",
    "sector": "Voluntary and community",
    "service_name": "Supported housing",
    "service_description": (
        "Housing with support: a tenancy, and a worker who helps to keep it, with money, benefits, health and work."
    ),
    "need": "Accommodation",
    "where_received": "In the community",
    "referral_route": "Probation (on a court order), the local authority, other agencies, self-referral",
    "date_meaning": "The start date is the first day of the tenancy; the end date is the day the person left it",
    "selection": "By need for housing and risk of losing it, in the order of referral; nobody was turned away for past offences",
    "repeats": "People who left and came back have a record for each stay",
    "contact": "Head of research, Foundation",
    "second_contact": "Director of services, Foundation",
    "sign_off": "Yes, by the director of services",
}


def write_foundation(
    register_folder: Path, upload_path: Path, truth_path: Path, seed: int, effect_pp: float = -2.0
) -> dict[str, Any]:
    """Make the upload, plant the effect in the register's tables, and write down the truth.

    Parameters
    ----------
    register_folder : Path
        Parquet tables of a synthetic register, of 20,000 persons or more. The offences, disposals, spells and assessments of
        the few people whom the service helped are rewritten in place.
    upload_path : Path
        The workbook to write, 1,246 records.
    truth_path : Path
        JSON to write; ``truth_links.parquet`` is written beside it: row (as Excel counts), person_id, verdict, is_kept.
    seed : int
    effect_pp : float
        True effect on the analysed in percentage points, zero or negative; realised to the nearest whole person.

    Returns
    -------
    dict
        What stands in ``truth.json``: the flow, the effect asked for and realised, reoffenders with and without it, crude
        differences without it.

    Raises
    ------
    JDLError
        If the register is too small, or the effect cannot be planted.
    """
    rng = np.random.default_rng(seed)
    folder = Path(register_folder)
    con = open_tables(folder)
    people = _recognisable_people(con)
    kept = _choose_people(con, people, rng)
    analysed = kept["verdict"].eq("analysable")
    participants = kept[analysed].assign(reoffended=measure_reoffending(con, kept[analysed]))
    truth = _crude_comparison(con, kept, participants, rng)
    touched = _tables_of(con, participants["person_id"])
    changed, helped = plant_effect(touched, participants, effect_pp, rng)
    con.close()
    _rewrite(folder, touched, changed)
    con = open_tables(folder)
    after = measure_reoffending(con, participants)
    records = _add_repeats(con, people, kept, rng)
    upload = _write_records(con, people, records, rng)
    con.close()
    write_upload(upload_path, upload, ANSWERS)
    truth = {"organisation": "Foundation", "seed": seed, "flow": _flow(upload), "effect_pp": effect_pp} | truth
    truth |= {
        "realised_effect_pp": 100 * float(after.mean() - participants["reoffended"].mean()),
        "n_helped": int(helped.sum()),
        "n_reoffenders_without_effect": int(participants["reoffended"].sum()),
        "n_reoffenders": int(after.sum()),
    }
    write_atomically(Path(truth_path), json.dumps(truth, indent=1) + "\n")
    links = upload[["row", "person_id", "verdict", "is_kept"]].astype({"person_id": "Int64"})
    links.to_parquet(Path(truth_path).with_name("truth_links.parquet"), index=False)
    return truth


def _recognisable_people(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Everybody, with what the choice depends on; ``is_distinct``: nobody else is on record under anything like their name
    and date of birth (no twin, same-name relative, or duplicate), so a record of theirs is theirs beyond doubt."""
    people = ask(
        con,
        """
        WITH named AS (
            SELECT person_id, forename, surname, dob FROM person UNION SELECT person_id, forename, surname, dob FROM person_alias
        ),
        crowd AS (
            SELECT *, count(DISTINCT person_id) OVER (PARTITION BY surname, dob) > 1
                OR count(DISTINCT person_id) OVER (PARTITION BY forename, dob) > 1
                OR count(DISTINCT person_id) OVER (PARTITION BY forename, surname, year(dob)) > 1
                OR count(DISTINCT person_id) OVER (PARTITION BY forename, surname, month(dob), day(dob)) > 1 AS is_crowded
            FROM named
        )
        SELECT p.* EXCLUDE (observed_until), NOT c.is_crowded AND p.sex IS NOT NULL AND p.pnc_id IS NOT NULL AS is_distinct,
            maiden.surname AS maiden_surname
        FROM person p
        JOIN (SELECT person_id, bool_or(is_crowded) AS is_crowded FROM crowd GROUP BY person_id) c USING (person_id)
        LEFT JOIN (SELECT person_id, any_value(surname) AS surname FROM person_alias WHERE kind = 'maiden' GROUP BY person_id)
            maiden USING (person_id)
        ORDER BY p.person_id""",
    )
    people["dob"] = people["dob"].astype("datetime64[s]")
    text = people.select_dtypes(["object", "str"]).columns
    people[text] = people[text].astype(object).where(people[text].notna(), None)
    return people


# ---------------------------------------------------------------- who was served, and when


def _choose_people(con: duckdb.DuckDBPyConnection, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The 938 people found with convictions: person_id, service_start, verdict and what `assess_episodes` says."""
    distinct = people.loc[people["is_distinct"], ["person_id", "dob", "sex"]]
    proposals = _assess(con, _propose_after_disposals(con, rng, ELIGIBLE, late_share=0.12), distinct)
    in_period = proposals[proposals["index_date"] >= pd.Timestamp(FIRST_START)]
    in_scope = _one_each(rng, in_period).merge(_covariates(con, in_period), on="disposal_id")
    in_scope["weight"] = _weights_that_keep_the_clock(in_scope)
    chosen = [_take(in_scope, verdict, rng) for verdict in ("reoffended first", "sexual index offence", "analysable", "started late")]
    free = distinct[~distinct["person_id"].isin(pd.concat(chosen)["person_id"])]
    others = _assess(con, _propose_after_disposals(con, rng, OTHER_KINDS, late_share=0.5), free)
    chosen.append(_take_others(others, rng))
    free = free[~free["person_id"].isin(chosen[-1]["person_id"])]
    none = _one_each(rng, _assess(con, _propose_before_first_disposal(con, rng), free))
    chosen.append(_draw(none[none["verdict"] == "no sentence"], PUBLISHED["no sentence"], rng))
    return pd.concat(chosen, ignore_index=True)


def _assess(con: duckdb.DuckDBPyConnection, proposals: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Proposals within the period and of people old enough, with their verdicts; the doubtful ones are left out."""
    last = min(pd.Timestamp(LAST_START), pd.Timestamp(data_end(con)) - pd.DateOffset(months=18))
    inside = proposals["service_start"].between(pd.Timestamp(FIRST_START), last)
    known = proposals[inside].merge(people, on="person_id")
    age = (known["service_start"] - known["dob"]).dt.days / 365.2425
    known = known[age >= YOUNGEST_TENANT].drop(columns="dob").reset_index(drop=True)
    assessed = assess_episodes(con, known).assign(sex=known["sex"])
    return assessed[assessed["verdict"] != "doubtful"]


def _propose_after_disposals(
    con: duckdb.DuckDBPyConnection, rng: np.random.Generator, kinds: tuple[str, ...], late_share: float
) -> pd.DataFrame:
    """A start some days after every disposal of these kinds: soon, or (for `late_share`) half a year to two and a half years later."""
    query = f"""
        SELECT person_id, CASE WHEN disposal = 'custody' THEN release_date ELSE disposal_date END::TIMESTAMP_S AS event_date
        FROM disposal WHERE disposal IN {kinds} AND event_date IS NOT NULL ORDER BY disposal_id"""
    events = ask(con, query)
    soon = 1 + np.floor(truncated_exponential(rng, len(events), MEAN_DELAY_DAYS, LONGEST_DELAY_DAYS))
    late = 184 + np.floor(rng.exponential(240, len(events)))
    delay = np.where(rng.random(len(events)) < late_share, late, soon)
    return events.assign(service_start=(events["event_date"] + pd.to_timedelta(delay, unit="D")).astype("datetime64[s]"))


def _propose_before_first_disposal(con: duckdb.DuckDBPyConnection, rng: np.random.Generator) -> pd.DataFrame:
    first = ask(con, "SELECT person_id, min(disposal_date)::TIMESTAMP_S AS first FROM disposal GROUP BY 1 ORDER BY 1")
    before = pd.to_timedelta(rng.integers(20, 500, len(first)), unit="D")
    return first.assign(service_start=(first["first"] - before).astype("datetime64[s]"))


def _one_each(rng: np.random.Generator, episodes: pd.DataFrame) -> pd.DataFrame:
    """One episode of each person at random, as the control pool takes one event of each."""
    order = rng.permutation(len(episodes))
    return episodes.iloc[order].drop_duplicates("person_id").sort_index().reset_index(drop=True)


def _covariates(con: duckdb.DuckDBPyConnection, episodes: pd.DataFrame) -> pd.DataFrame:
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


def _weights_that_keep_the_clock(episodes: pd.DataFrame) -> pd.Series:
    """How much likelier than at random each person who reoffended first must be taken; 1 for all others.

    More of them are wanted than occur, and they occur after long delays rather than short ones. With share S(d) of the proposed
    with delay d analysable, and n of the N in scope analysed, their delays should be distributed as the proposed, times
    N − n·S(d)/S: then the delays of all N are distributed as the proposed are, which is what the pool draws from.
    """
    in_scope = episodes["verdict"].isin(["analysable", "reoffended first"]) | (~episodes["is_within"])
    window = pd.cut(episodes["delay_days"].astype(float), [0, 20, 40, 60, 85, 115, 150, np.inf], labels=False)
    analysable, first = (episodes["verdict"].eq(v).groupby(window).mean() for v in ("analysable", "reoffended first"))
    proposed = window[in_scope].value_counts(normalize=True)
    survival = analysable / (analysable * proposed).sum()
    n, total = PUBLISHED["analysable"], PUBLISHED["analysable"] + PUBLISHED["reoffended first"]
    wanted = (total - n * survival).clip(lower=0) / first.clip(lower=1e-6)
    return window.map(wanted).where(episodes["verdict"].eq("reoffended first"), 1.0)


def _take(episodes: pd.DataFrame, verdict: str, rng: np.random.Generator) -> pd.DataFrame:
    fitting = episodes[episodes["verdict"] == verdict]
    if verdict in ("analysable", "reoffended first"):
        return select_participants(fitting, rng, PUBLISHED[verdict])
    return _draw(fitting, PUBLISHED[verdict], rng)


def _draw(episodes: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    if len(episodes) < n:
        raise JDLError("the synthetic register has too few people for this request", fix="use one of 30,000 persons or more")
    return episodes.iloc[np.sort(rng.choice(len(episodes), n, replace=False))]


def _take_others(episodes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """People whose most recent disposal was of another kind: the published numbers within the window and beyond it."""
    named = episodes[episodes["disposal"].isin(OTHER_KINDS) & (episodes["verdict"] == "other disposal")]
    fitting = _one_each(rng, named)
    # rare kinds first: the first few of each kind in random order, then anybody
    fitting = fitting.iloc[rng.permutation(len(fitting))]
    beyond = fitting.groupby(["disposal", "is_within"]).cumcount() >= OTHER_KIND_AT_LEAST // 2
    fitting = fitting.assign(beyond=beyond).sort_values("beyond", kind="stable")
    wanted = {True: OTHER_WITHIN_WINDOW, False: PUBLISHED["other disposal"] - OTHER_WITHIN_WINDOW}
    taken = pd.concat([fitting[fitting["is_within"] == within].head(n) for within, n in wanted.items()])
    return _draw(taken, PUBLISHED["other disposal"], rng).drop(columns="beyond")


# ---------------------------------------------------------------- the truth


def _crude_comparison(
    con: duckdb.DuckDBPyConnection, kept: pd.DataFrame, participants: pd.DataFrame, rng: np.random.Generator
) -> dict[str, float]:
    """Reoffending of the analysed less that of everybody else with such a sentence, in points, before any effect.

    Once on the same clock (others, too, free of offending for as long as the service was delayed), so that all of it is
    selection; once as a naive reader would, over everybody else.
    """
    query = f"""
        SELECT person_id, disposal_id, disposal_date::TIMESTAMP_S AS index_date FROM disposal
        WHERE disposal IN {ELIGIBLE} AND disposal_date BETWEEN '{FIRST_START}' AND '{LAST_START}'
            AND person_id NOT IN (SELECT person_id FROM kept) ORDER BY disposal_id"""
    others = _one_each(rng, ask(con, query, kept=kept[["person_id"]]))
    delays = kept.loc[kept["verdict"].isin(["analysable", "reoffended first"]), "delay_days"].to_numpy(dtype=float)
    start = others["index_date"] + pd.to_timedelta(rng.choice(delays, len(others)), unit="D")
    assessed = assess_episodes(con, others.assign(service_start=start.astype("datetime64[s]")))
    same_clock = assessed["verdict"].eq("analysable") & (assessed["disposal_id"] == others["disposal_id"])
    reoffended = measure_reoffending(con, others)
    rate = participants["reoffended"].mean()
    return {
        "crude_difference_pp": 100 * float(rate - reoffended[same_clock].mean()),
        "naive_difference_pp": 100 * float(rate - reoffended.mean()),
        "n_others": int(same_clock.sum()),
    }


def _tables_of(con: duckdb.DuckDBPyConnection, person_ids: pd.Series) -> dict[str, pd.DataFrame]:
    """What the register holds of these people, in the tables an effect may change."""
    ids = pd.DataFrame({"person_id": person_ids.astype("int64")})
    names = ("offence", "disposal", "custody_spell", "needs_assessment")
    return {name: ask(con, f"SELECT t.* FROM {name} t SEMI JOIN ids USING (person_id)", ids=ids) for name in names}


def _rewrite(folder: Path, before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]) -> None:
    """Put the changed tables of some people in the place of what the register's files hold of them."""
    for name, was in before.items():
        now = after[name]
        if len(now) == len(was):
            continue
        path = folder / f"{name}.parquet"
        draft = path.with_name(f".{path.name}")
        con = duckdb.connect(":memory:", config={"threads": 2})
        con.register("ids", was[["person_id"]].drop_duplicates())
        con.register("rows_now", now)
        columns = ", ".join(
            f'"{c}"::{kind} AS "{c}"' for c, kind, *_ in con.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()
        )
        con.execute(
            f"""COPY (SELECT * FROM read_parquet($source) ANTI JOIN ids USING (person_id)
                UNION ALL SELECT {columns} FROM rows_now) TO '{str(draft).replace("'", "''")}' (FORMAT parquet)""",
            {"source": str(path)},
        )
        con.close()
        draft.replace(path)


# ---------------------------------------------------------------- the records


def _add_repeats(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, kept: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """The kept episodes and, for 168 people, further ones that the rule for repeat records sets aside.

    The rule keeps the episode that passes reasons 5 to 10, or fails at the latest of them; ties: the earliest start.
    """
    n_further = 24
    again = kept.loc[kept.index.repeat(n_further), ["person_id", "service_start", "verdict"]].reset_index(drop=True)
    first, last = pd.Timestamp(FIRST_START), pd.Timestamp(LAST_START)
    drawn = first + pd.to_timedelta(rng.integers(0, (last - first).days + 1, len(again)), unit="D")
    proposals = pd.DataFrame({"person_id": again["person_id"], "service_start": drawn.astype("datetime64[s]")})
    assessed = _assess(con, proposals.assign(kept_start=again["service_start"]), people[["person_id", "dob", "sex"]])
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


def _write_records(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """All 1,246 records in shuffled order: row (as Excel counts), what stands in the workbook, and the truth about each."""
    never = ask(
        con, "SELECT person_id FROM person ANTI JOIN disposal USING (person_id) ANTI JOIN offence USING (person_id) ORDER BY 1"
    )["person_id"]
    grown = people["is_distinct"] & (people["dob"] < pd.Timestamp(1988, 1, 1)) & ~people["person_id"].isin(records["person_id"])
    never = _draw(people[grown & people["person_id"].isin(never)], N_NEVER_CONVICTED, rng)
    rest = people[grown & ~people["person_id"].isin(never["person_id"])]
    bad = _draw(rest, N_BAD_DOB, rng)
    strangers = off_register_people(rng, people, N_NOT_FOUND, models=rest[~rest["person_id"].isin(bad["person_id"])])
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
    # nobody is missed for a slip: a record with a wrong value carries its PNC id
    written = keep_identifiers(rng, written, always=written["faults"].ne(""))
    rows = plain.merge(written.drop(columns="maiden_surname"), on="person_id")
    strangers = pd.concat([strangers, _served_any_time(strangers, rng)[["service_start"]]], axis=1)
    rows = pd.concat([rows, strangers.assign(verdict="not found")], ignore_index=True)
    rows["is_kept"] = rows["is_kept"].fillna(True).astype(bool)
    rows["service_end"] = _leaving(rows["service_start"], rng)
    rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    rows = format_cells(rng, rows, "realistic")
    return _spoil(rows).assign(row=np.arange(2, len(rows) + 2), record=np.arange(1, len(rows) + 1), region="Yorkshire and the Humber")


def _served_any_time(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    days = (LAST_START - FIRST_START).days
    start = pd.Timestamp(FIRST_START) + pd.to_timedelta(rng.integers(0, days + 1, len(people)), unit="D")
    ids = people["person_id"].to_numpy() if "person_id" in people else pd.NA
    return pd.DataFrame({"person_id": ids, "service_start": start.astype("datetime64[s]")})


def _leaving(start: pd.Series, rng: np.random.Generator) -> pd.Series:
    """A day in 2009 or 2010 on which each person left, not before they came."""
    earliest = start.clip(lower=pd.Timestamp(LEFT_FROM))
    room = (pd.Timestamp(LEFT_TO) - earliest).dt.days
    stay = np.floor(rng.random(len(start)) * (room + 1))
    return (earliest + pd.to_timedelta(stay, unit="D")).astype("datetime64[s]")


def _spoil(rows: pd.DataFrame) -> pd.DataFrame:
    """The six dates of birth that are none: missing, no date, a day that does not exist, and ages that are not possible."""
    nonsense = [None, "not known", "31/02/1980", dt.date(2090, 5, 5), "1899", dt.date(1870, 1, 1)]
    spoilt = rows.index[rows["verdict"] == "bad date of birth"]
    rows.loc[spoilt, "dob"] = pd.Series(nonsense, index=spoilt, dtype=object)
    rows.loc[spoilt, ["pnc_id", "prison_number"]] = None
    return rows


def _flow(rows: pd.DataFrame) -> dict[str, int]:
    """Records and people after each step of the worked example."""
    kept = rows.loc[rows["is_kept"], "verdict"].value_counts()
    found = rows["verdict"].isin(PUBLISHED)
    several = rows.loc[found, "person_id"].duplicated(keep=False)
    return {
        "records": len(rows),
        "bad_date_of_birth": int(kept["bad date of birth"]),
        "not_found": int(kept["not found"]),
        "no_conviction": int(kept["no conviction"]),
        "records_with_conviction": int(found.sum()),
        "records_of_people_with_several": int(several.sum()),
        "people_with_several": int(rows.loc[found, "person_id"][several].nunique()),
        "repeat_records": int((~rows["is_kept"]).sum()),
        "no_sentence": int(kept["no sentence"]),
        "other_disposal": int(kept["other disposal"]),
        "started_late": int(kept["started late"]),
        "sexual_index_offence": int(kept["sexual index offence"]),
        "reoffended_first": int(kept["reoffended first"]),
        "analysed": int(kept["analysable"]),
    }


