"""A second request on a synthetic register: one service of several providers, inside and outside prison.

It shows what the first, `foundation`, does not: several analyses in one request, subgroups, intensity, analyses that
too few people are in, and an effect that is not the same for everybody: none on court orders, and after prison more for
those who received more. No flow is published for it, so people are taken as they come, whatever the method makes of
them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from .episodes import ask, measure_reoffending, open_tables
from .participation import plant_effect
from .provision import EFFECT_PP, HIGH_INTENSITY, add_parts, vary_spelling
from .rewriting import recount, rewrite, tables_of
from .routes import choose_on_orders, choose_others, choose_released, come_back
from .served import draw, recognisable_people
from .strangers import off_register_people
from .uploads import IDENTITY, apply_faults, format_cells, keep_identifiers
from .workbook import write_upload

#: People of each kind on a register that is large enough, and the most of those eligible who may be taken.
N_ON_ORDERS, N_RELEASED, N_OTHERS, N_BACK, N_NEVER_CONVICTED, N_NOT_FOUND = 640, 460, 70, 45, 20, 90
SHARE_OF_ORDERS, SHARE_OF_RELEASES = 0.15, 0.2
#: Those not on the register, and never convicted, are taken from people born before: grown up throughout.
BORN_BEFORE = 1980
UNUSABLE_DOBS = ("not known", None, "32/05/1979")

ANSWERS: dict[str, str] = {
    "organisation": "Bridges",
    "sector": "Voluntary and community",
    "service_name": "Resettlement service",
    "service_description": (
        "Seven providers under one contract: mentoring, help with work and housing for people on court orders, and "
        "preparation for release with people in prison."
    ),
    "need": "Several needs",
    "where_received": "In custody and in the community",
    "referral_route": "Probation (on a court order), prison staff, self-referral",
    "date_meaning": "The start date is the first meeting; the end date is the last one before the case was closed",
    "sentence_point": "During a community sentence or suspended sentence, or in the last weeks before release",
    "contact_length": "Three months on average; the column Intensity has the hours that each person received",
    "selection": "Everybody referred, in the order of referral",
    "repeats": "People who came back have a record for each time",
    "contact": "Head of evaluation, Bridges",
    "second_contact": "Director of operations, Bridges",
    "sign_off": "Yes, by the director of operations",
}


def write_bridges(
    register_folder: Path, upload_path: Path, links_path: Path, seed: int, apart_from: pd.Series, with_effect: bool
) -> dict[str, Any]:
    """Make the upload, and plant its effect in the register's tables.

    Its random numbers are its own: whatever was made from the same seed before stays as it is.

    Parameters
    ----------
    register_folder : Path
        Parquet tables of a synthetic register; those of the few people who were helped are rewritten in place.
    upload_path, links_path : Path
        The workbook to write; and, as Parquet, row (as Excel counts), person_id, verdict, route.
    seed : int
    apart_from : Series of int
        person_ids who must not be in it: those of another upload.
    with_effect : bool
        Whether to plant `provision.EFFECT_PP`.

    Returns
    -------
    dict
        Numbers of records; for each route the people who can be analysed, the reoffenders without and with the effect,
        and the effect realised, in percentage points; for the released by intensity, too.
    """
    rng = np.random.default_rng([seed, 4])
    folder = Path(register_folder)
    con = open_tables(folder)
    people = recognisable_people(con)
    served = add_parts(rng, _served(con, people, apart_from, rng))
    first = served[~served["is_repeat"] & served["verdict"].eq("analysable")].reset_index(drop=True)
    first["reoffended"] = measure_reoffending(con, first)
    touched = tables_of(con, first["person_id"])
    # of its own, too: the upload is the same with and without an effect
    changed = _with_effect(touched, first, np.random.default_rng([seed, 5])) if with_effect else touched
    con.close()
    rewrite(folder, touched, changed)
    recount(folder)
    con = open_tables(folder)
    first["reoffends"] = measure_reoffending(con, first)
    rows = _write_records(con, people, served, rng)
    con.close()
    write_upload(upload_path, rows, ANSWERS)
    links = rows[["row", "person_id", "verdict", "route"]].astype({"person_id": "Int64"})
    links.to_parquet(links_path, index=False)
    return {"organisation": "Bridges", "records": len(rows), "analyses": _truth(first)}


def _served(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, apart_from: pd.Series, rng: np.random.Generator
) -> pd.DataFrame:
    """All records of people on the register, with the route, the verdict and the index event of each."""
    free = people[people["is_distinct"] & ~people["person_id"].isin(apart_from)]
    on_orders = choose_on_orders(con, free, rng, N_ON_ORDERS, SHARE_OF_ORDERS)
    free = free[~free["person_id"].isin(on_orders["person_id"])]
    released = choose_released(con, free, rng, N_RELEASED, SHARE_OF_RELEASES)
    free = free[~free["person_id"].isin(released["person_id"])]
    others = choose_others(con, free, rng, N_OTHERS)
    chosen = pd.concat(
        [on_orders.assign(route="community"), released.assign(route="custody"), others.assign(route="community")],
        ignore_index=True,
    ).assign(is_repeat=False)
    again = come_back(chosen[chosen["route"].eq("community") & chosen["verdict"].eq("analysable")], rng, N_BACK)
    return pd.concat([chosen, again.assign(is_repeat=True)], ignore_index=True)


def _with_effect(
    tables: dict[str, pd.DataFrame], first: pd.DataFrame, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    for route, band, effect_pp in EFFECT_PP:
        of_band = first[first["route"].eq(route) & first["band"].eq(band)]
        tables, _ = plant_effect(tables, of_band, effect_pp, rng)
    return tables


def _truth(first: pd.DataFrame) -> dict[str, Any]:
    """What the effect did to those who can be analysed: by route, and by intensity after prison."""
    truth = {route: _effect(first[first["route"] == route]) for route in ("community", "custody")}
    released = first[first["route"] == "custody"]
    by_band = {band: _effect(released[released["band"] == band]) for band in ("high", "low")}
    truth["custody"] |= {"high_from": HIGH_INTENSITY, "by_intensity": by_band}
    return truth


def _effect(rows: pd.DataFrame) -> dict[str, float]:
    before, after = int(rows["reoffended"].sum()), int(rows["reoffends"].sum())
    return {
        "n_analysable": len(rows),
        "n_reoffenders_without_effect": before,
        "n_reoffenders": after,
        "realised_effect_pp": 100 * (after - before) / max(len(rows), 1),
    }


def _write_records(
    con: duckdb.DuckDBPyConnection, people: pd.DataFrame, served: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """All records in shuffled order, as the organisation wrote them down, with the truth."""
    grown = people["dob"] < pd.Timestamp(BORN_BEFORE, 1, 1)
    free = people[grown & people["is_distinct"] & ~people["person_id"].isin(served["person_id"])]
    convicted = ask(con, "SELECT person_id FROM disposal UNION SELECT person_id FROM offence")["person_id"]
    never = free[~free["person_id"].isin(convicted)]
    never = draw(never, min(N_NEVER_CONVICTED, len(never)), rng)
    aliases = ask(con, "SELECT forename, surname, dob FROM person_alias ORDER BY ALL").astype({"dob": "datetime64[s]"})
    strangers = off_register_people(rng, people, N_NOT_FOUND, free, aliases)
    known = pd.concat([served, _like(never, served, rng, "no conviction")], ignore_index=True)
    known = known.merge(people[["person_id", *IDENTITY, "maiden_surname"]], on="person_id")
    faulty = apply_faults(rng, known, "realistic")
    known = keep_identifiers(rng, faulty, always=faulty["faults"].ne(""))
    unknown = _like(strangers, served, rng, "not found")
    rows = pd.concat([known, unknown], ignore_index=True)
    rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    rows = vary_spelling(rng, format_cells(rng, rows, "realistic"))
    spoilt = rows.index[rows["verdict"].eq("no conviction")][: len(UNUSABLE_DOBS)]
    rows.loc[spoilt, "dob"] = pd.Series(UNUSABLE_DOBS, index=spoilt, dtype=object)
    return rows.assign(row=np.arange(2, len(rows) + 2), record=np.arange(1, len(rows) + 1))


def _like(people: pd.DataFrame, served: pd.DataFrame, rng: np.random.Generator, verdict: str) -> pd.DataFrame:
    """People who are served as somebody else was: same dates and parts of the service, no index event."""
    models = served.iloc[rng.integers(0, len(served), len(people))].reset_index(drop=True)
    parts = ["service_start", "service_end", "region", "establishment", "provider", "intervention_type", "intensity"]
    who = people[["person_id"] if "person_id" in people else list(IDENTITY)]
    return pd.concat([who.reset_index(drop=True), models[[*parts, "route"]]], axis=1).assign(verdict=verdict)
