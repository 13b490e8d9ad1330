"""The same cohort and the same count of reoffences in plain pandas, as an analyst would write them for one request.

The rules are those of `docs/method.md`, written again from the method: community route, shipped defaults. Only the
seeded draws come from the toolkit, since a draw is defined by its algorithm.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from jdl_toolkit.cohort.clock import seeded_uniform
from jdl_toolkit.register import Register
from jdl_toolkit.spec import RequestSpec

#: What is read of each table.
COLUMNS = {
    "person": ("person_id", "observed_until"),
    "disposal": ("disposal_id", "person_id", "disposal_date", "disposal", "sentence_days", "release_date"),
    "custody_spell": ("person_id", "start", "end", "kind"),
    "offence": (
        "disposal_id", "person_id", "offence_date", "proven_date", "offence_group", "is_penalty_notice", "is_breach",
    ),
}  # fmt: skip
DATES = ("observed_until", "disposal_date", "release_date", "offence_date", "proven_date", "start", "end")
NEVER = pd.Timestamp("2262-01-01")
RANK = {
    kind: rank
    for rank, kind in enumerate(
        ("custody", "suspended_sentence_order", "community_order", "youth_sentence", "fine", "conditional_discharge",
         "absolute_discharge", "caution", "positive_drug_test", "other")
    )
}  # fmt: skip
SEXUAL = ("sexual_adult", "sexual_child")
UNITS = ["person_id", "disposal_id", "disposal", "index_date", "delay_days"]


def export_tables(register: Register, folder: Path) -> None:
    """Write the columns that are read here to ``folder/<table>.parquet``."""
    for table, columns in COLUMNS.items():
        target = str(folder / f"{table}.parquet").replace("'", "''")
        names = ", ".join(f'"{column}"' for column in columns)
        register.sql(f"COPY (SELECT {names} FROM {table}) TO '{target}'")


def months(days: pd.Series, n: int) -> pd.Series:
    """`n` calendar months later; the last day of a shorter month."""
    return days + pd.DateOffset(months=n)


def choose_people(
    people: pd.DataFrame, tables: dict[str, pd.DataFrame], data_end: dt.date, spec: RequestSpec
) -> dict[str, pd.DataFrame]:
    """The treated, the pool, and every record with the reason it left by.

    Parameters
    ----------
    people : DataFrame
        row, usable, service_start, service_end, status, person_id.
    tables : dict of DataFrame
        With `COLUMNS`.

    Returns
    -------
    dict of DataFrame
        ``records`` (row, reason, disposal_id), ``treated`` and ``pool`` (`UNITS` and unit_id).
    """
    person, disposal, offence = (as_dates(tables[name]) for name in ("person", "disposal", "offence"))
    end = pd.Timestamp(data_end)
    offence["counts"] = ~(offence["is_penalty_notice"].astype(bool) | offence["is_breach"].astype(bool))
    disposal["rank"] = disposal["disposal"].map(RANK)
    is_custody = disposal["disposal"] == "custody"
    disposal["event"] = disposal["disposal_date"].mask(is_custody, disposal["release_date"])
    disposal["term_end"] = disposal["disposal_date"] + pd.to_timedelta(disposal["sentence_days"], unit="D")
    disposal["days"] = -disposal["sentence_days"].fillna(0)
    inside = times_inside(disposal, as_dates(tables["custody_spell"]))
    rows = exclude(describe(people, person, disposal, offence, inside, end, spec), end, spec)
    in_scope = rows[rows["reason"].isna() | (rows["reason"] > 11)]
    chosen = rows[rows["reason"].isna()]
    pool = choose_pool(in_scope, people["person_id"].dropna(), person, disposal, offence, inside, end, spec)
    return {
        "records": rows[["row", "reason", "disposal_id"]].sort_values("row", ignore_index=True),
        "treated": as_units(chosen),
        "pool": as_units(pool),
    }


def as_dates(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: pd.to_datetime(table[name]) for name in DATES if name in table})


def as_units(rows: pd.DataFrame) -> pd.DataFrame:
    ids = {name: "int64" for name in ("person_id", "disposal_id", "delay_days")}
    units = rows[UNITS].astype(ids)
    return units.assign(unit_id=units["disposal_id"]).sort_values("unit_id", ignore_index=True)


def times_inside(disposal: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """Every time in custody on record: sentences to custody, with their disposal_id, and spells."""
    columns = ["person_id", "disposal_id", "disposal_date", "release_date", "term_end"]
    sentences = disposal.loc[disposal["disposal"] == "custody", columns]
    dates = sentences.loc[sentences["release_date"].notna(), ["person_id", "disposal_date"]]
    near = spells.assign(line=spells.index)[spells["kind"] == "sentenced"].merge(dates, on="person_id")
    near = near[(near["start"] - near["disposal_date"]).dt.days.abs() <= 1]
    spells = spells[~spells.index.isin(near["line"])]  # a sentence's own spell: the sentence says when it ended
    sentences = sentences.assign(end=sentences["release_date"].fillna(sentences["term_end"]), kind="sentenced")
    sentences = sentences.rename(columns={"disposal_date": "start", "disposal_id": "own"})
    times = pd.concat([sentences.drop(columns=["release_date", "term_end"]), spells], ignore_index=True)
    return times.assign(end=times["end"].fillna(NEVER))


def held(rows: pd.DataFrame, inside: pd.DataFrame, start: str) -> pd.DataFrame:
    """Whether each row's person is in custody, but for the row's own sentence, on the index date and at the start."""
    key = rows[["person_id", "disposal_id", "disposal", "disposal_date", "index_date"]]
    key = key.assign(line=rows.index, begin=rows[start]).dropna(subset=["person_id", "disposal_id"])
    pairs = key.merge(inside, on="person_id")
    same = (pairs["start"] - pairs["disposal_date"]).dt.days.abs() <= 1
    same &= (pairs["kind"] == "sentenced") & (pairs["disposal"] == "custody")
    pairs = pairs[~(pairs["own"] == pairs["disposal_id"]).where(pairs["own"].notna(), same)]
    at_index = (pairs["start"] <= pairs["index_date"]) & (pairs["end"] > pairs["index_date"])
    at_start = (pairs["start"] <= pairs["begin"]) & (pairs["end"] >= pairs["begin"])
    flags = {"held_at_index": at_index, "held_at_start": at_start}
    return pd.DataFrame({name: rows.index.isin(pairs.loc[flag, "line"]) for name, flag in flags.items()}, rows.index)


def describe(people, person, disposal, offence, inside, end, spec) -> pd.DataFrame:
    """A line per record: its index disposal and all that the exclusions need."""
    rows = people[["row", "usable", "status", "person_id"]].copy()
    rows["start"] = people["service_start"].fillna(people["service_end"])
    ids = rows["person_id"].dropna()
    own, crimes = disposal[disposal["person_id"].isin(ids)], offence[offence["person_id"].isin(ids)]
    proven = crimes.loc[crimes["counts"] & crimes["proven_date"].notna(), "person_id"]
    rows["is_convicted"] = rows["person_id"].isin(own["person_id"]) | rows["person_id"].isin(proven)
    rows = rows.merge(last_before(rows, own), on="row", how="left")
    rows = rows.merge(person, on="person_id", how="left")
    rows["index_date"] = rows["event"]
    rows["delay_days"] = (rows["start"] - rows["index_date"]).dt.days
    rows = rows.join(offended(rows, crimes, "start", spec)).join(held(rows, inside, "start"))
    was_inside = rows["release_date"].ge(rows["start"]) & rows["release_date"].le(end) & rows["disposal"].eq("custody")
    over_by = rows["release_date"].fillna(rows["term_end"]).fillna(NEVER)
    serving = rows["disposal"].eq("custody") & (over_by >= rows["start"])
    at_liberty = ~(rows["held_at_index"] | rows["held_at_start"]) | serving | rows["is_uncertain"].eq(True)
    rows["is_in_scope"] = rows["disposal"].isin(spec.cohort.index_disposals) & ~was_inside & at_liberty
    return rows


def last_before(rows: pd.DataFrame, disposal: pd.DataFrame) -> pd.DataFrame:
    """The most recent disposal before the start of each record; released, or still inside, custody counts by then."""
    before = rows[["row", "person_id", "start"]].dropna().merge(disposal, on="person_id")
    before = before[before["disposal_date"] < before["start"]]
    custody = before["disposal"] == "custody"
    over_by = before["release_date"].fillna(before["term_end"]).fillna(NEVER)
    inside = custody & (over_by >= before["start"])
    unreleased = inside & before["release_date"].isna()
    is_dated = custody & before["release_date"].notna()
    until = before["release_date"].fillna(NEVER).where(inside)
    release = before["release_date"].where(before["release_date"] < before["start"], before["start"])
    before = before.assign(since=before["disposal_date"].mask(is_dated, release), unreleased=unreleased)
    before["until"] = until.fillna(pd.Timestamp.min)
    some = before.groupby("row")["unreleased"].transform("any")
    before["is_uncertain"] = some & ~unreleased
    keys = ["row", "since", "until", "rank", "days", "disposal_id"]
    order = before.sort_values(keys, ascending=[True, False, False, True, True, True])
    return order.drop_duplicates("row").drop(columns=["person_id", "start", "since", "until", "unreleased", "rank"])


def offended(rows: pd.DataFrame, offence: pd.DataFrame, start: str, spec: RequestSpec) -> pd.DataFrame:
    """Sexual offences on record, and reoffending between the index date and `start`; aligned to `rows`."""
    key = rows[["person_id", "disposal_id", "disposal_date", "index_date"]].assign(line=rows.index, until=rows[start])
    pairs = key.dropna(subset=["person_id", "disposal_id"]).merge(offence, on="person_id", suffixes=("", "_of"))
    of_index = pairs["disposal_id"] == pairs["disposal_id_of"]
    same_day = pairs["proven_date"] == pairs["disposal_date"]
    sexual = pairs["offence_group"].isin(SEXUAL) & ~pairs["is_penalty_notice"].astype(bool)
    ever = sexual & (of_index | (pairs["proven_date"] <= pairs["index_date"]))
    first = (pairs["offence_date"] > pairs["index_date"]) & (pairs["offence_date"] < pairs["until"])
    first &= pairs["counts"] & (pairs["proven_date"] <= months(pairs["index_date"], proving(spec)))
    flags = {
        "is_sexual": sexual & (of_index | same_day) if spec.cohort.sexual_offence == "index" else ever,
        "is_first": first,
    }
    return pd.DataFrame({name: rows.index.isin(pairs.loc[flag, "line"]) for name, flag in flags.items()}, rows.index)


def proving(spec: RequestSpec) -> int:
    return spec.cohort.follow_up_months + spec.cohort.proving_months


def exclude(rows: pd.DataFrame, end: pd.Timestamp, spec: RequestSpec) -> pd.DataFrame:
    """The first reason that applies to each record; of several records of a person the best episode stays."""
    index = rows["index_date"]
    unreleased = rows["release_date"].isna() | (rows["release_date"] > end)
    too_late = (months(index, proving(spec)) > end) | (rows["start"] > end)
    reasons = {
        1: ~rows["usable"].astype(bool) | rows["start"].isna(),
        2: rows["status"].ne("matched") | rows["person_id"].isna(),
        3: ~rows["is_convicted"],
        4: pd.Series(False, index=rows.index),
        5: rows["disposal_id"].isna(),
        6: ~rows["is_in_scope"],
        7: rows["disposal"].eq("custody") & unreleased,
        8: rows["is_uncertain"].eq(True),
        9: too_late,
        10: rows["start"] >= months(index, spec.cohort.start_within_months),
        11: rows["is_sexual"] & (spec.cohort.sexual_offence != "keep"),
        12: rows["is_first"],
        13: rows["observed_until"] < months(index, spec.cohort.must_be_observed_months),
    }

    def first_of(codes: range) -> pd.Series:
        return pd.Series(np.select([reasons[c] for c in codes], list(codes), 99), index=rows.index)

    rows = rows.assign(best=first_of(range(5, 11)))
    candidates = rows[first_of(range(1, 4)) == 99].sort_values(["best", "start", "row"], ascending=[False, True, True])
    reasons[4] = rows.index.isin(candidates.index[candidates["person_id"].duplicated()])
    return rows.assign(reason=first_of(range(1, 14)).replace(99, pd.NA).astype("Int64"))


def choose_pool(in_scope, submitted, person, disposal, offence, inside, end, spec) -> pd.DataFrame:
    """One event of everybody else who passes the same rules, with a delay drawn from the submitted people's."""
    if in_scope.empty:
        return pd.DataFrame(columns=UNITS)
    quarter = in_scope["index_date"].dt.to_period("Q")
    first, last = quarter.min().start_time, quarter.max().end_time.normalize()
    events = disposal[disposal["disposal"].isin(spec.cohort.index_disposals) & disposal["event"].between(first, last)]
    events = events[~events["person_id"].isin(submitted)].rename(columns={"event": "index_date"})
    events = events[~events["disposal_id"].isin(outranked(events, disposal))].assign(start=pd.NaT)
    events = events[~held(events, inside, "start")["held_at_index"]]
    events = events[months(events["index_date"], proving(spec)) <= end].merge(person, on="person_id", how="left")
    observed = months(events["index_date"], spec.cohort.must_be_observed_months)
    events = events[~(events["observed_until"] < observed)].reset_index(drop=True)
    if spec.cohort.sexual_offence != "keep":
        events = events[~offended(events, offence, "start", spec)["is_sexual"]]
    events["lot"] = seeded_uniform(events["disposal_id"].to_numpy(), spec.seed, "pool event")
    events = events.sort_values(["lot", "disposal_id"]).drop_duplicates("person_id").reset_index(drop=True)
    events["delay_days"] = draw_delays(events, in_scope, spec)
    if spec.cohort.equivalent_time_limit == "none":
        return events.assign(delay_days=0)
    events["start"] = events["index_date"] + pd.to_timedelta(events["delay_days"], unit="D")
    later = events[["person_id", "disposal_id", "index_date", "start"]].merge(
        disposal[["person_id", "disposal_id", "disposal_date"]], on="person_id", suffixes=("", "_of")
    )
    between = (later["disposal_date"] > later["index_date"]) & (later["disposal_date"] < later["start"])
    other = later.loc[between & (later["disposal_id"] != later["disposal_id_of"]), "disposal_id"]
    inside_then = held(events, inside, "start")["held_at_start"] & (events["delay_days"] > 0)
    again = offended(events, offence, "start", spec)["is_first"]
    return events[~(events["disposal_id"].isin(other) | inside_then | again)]


def outranked(events: pd.DataFrame, disposal: pd.DataFrame) -> pd.Series:
    """Events of a day on which another disposal takes precedence."""
    pairs = events[["person_id", "disposal_id", "index_date", "rank", "days"]].merge(
        disposal, on="person_id", suffixes=("", "_of")
    )
    pairs = pairs[pairs["disposal_id"] != pairs["disposal_id_of"]]
    lower_number = (pairs["days_of"] == pairs["days"]) & (pairs["disposal_id_of"] < pairs["disposal_id"])
    before = (pairs["days_of"] < pairs["days"]) | lower_number  # the longest sentence first: days are negative
    above = (pairs["rank_of"] < pairs["rank"]) | ((pairs["rank_of"] == pairs["rank"]) & before)
    return pairs.loc[(pairs["event"] == pairs["index_date"]) & above, "disposal_id"]


def draw_delays(events: pd.DataFrame, in_scope: pd.DataFrame, spec: RequestSpec) -> np.ndarray:
    """A delay for each event from those of the submitted people with its disposal; of all where there are none."""
    lot = seeded_uniform(events["disposal_id"].to_numpy(), spec.seed, "pool delay")
    drawn = np.zeros(len(events), dtype="int64")
    for kind in events["disposal"].unique():
        own = in_scope.loc[in_scope["disposal"] == kind, "delay_days"]
        ordered = np.sort((own if len(own) else in_scope["delay_days"]).to_numpy(dtype="int64"))
        here = (events["disposal"] == kind).to_numpy()
        drawn[here] = ordered[(lot[here] * len(ordered)).astype("int64")]
    return drawn


def count_reoffences(units: pd.DataFrame, offence: pd.DataFrame, spec: RequestSpec) -> pd.DataFrame:
    """unit_id, reoffended, n_reoffences, days_to_first, in the order of `units`."""
    offence = as_dates(offence[offence["person_id"].isin(units["person_id"])])
    offence = offence[~(offence["is_penalty_notice"].astype(bool) | offence["is_breach"].astype(bool))]
    pairs = units[["unit_id", "person_id", "index_date"]].merge(
        offence[["person_id", "offence_date", "proven_date"]], on="person_id"
    )
    index = pairs["index_date"]
    within = (pairs["offence_date"] > index) & (pairs["offence_date"] <= months(index, spec.cohort.follow_up_months))
    within &= pairs["proven_date"] <= months(index, proving(spec))
    pairs = pairs[within].assign(days=(pairs["offence_date"] - index).dt.days)
    counted = pairs.groupby("unit_id")["days"].agg(n_reoffences="size", days_to_first="min").reset_index()
    outcomes = units[["unit_id"]].merge(counted, on="unit_id", how="left")
    outcomes["n_reoffences"] = outcomes["n_reoffences"].fillna(0).astype("int64")
    outcomes["reoffended"] = (outcomes["n_reoffences"] > 0).astype("int64")
    return outcomes[["unit_id", "reoffended", "n_reoffences", "days_to_first"]]
