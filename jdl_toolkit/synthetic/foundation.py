"""A request of Foundation's shape on a synthetic register: the published flow, to the record, with a known effect.

Nobody is written down by hand. `served` finds the people, `records` writes them down, `participation` plants the
effect.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from ..result import write_atomically
from .episodes import assess_episodes, measure_reoffending, open_tables
from .participation import plant_effect
from .published_flow import PUBLISHED
from .records import add_repeats, write_records
from .rewriting import recount, rewrite, tables_of
from .served import choose_people, one_each, recognisable_people, sentences_in_period
from .workbook import write_upload

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
    "sentence_point": "During a community sentence or suspended sentence, or after release",
    "contact_length": "A stay of some months; the end dates show how long",
    "selection": "By need for housing and risk of losing it, in the order of referral, whatever the past offences",
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
        Parquet tables of a synthetic register, of 20,000 persons or more. The offences, disposals, spells and
        assessments of the few people whom the service helped are rewritten in place.
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
        What stands in ``truth.json``: the flow, the effect asked for and realised, reoffenders with and without it,
        crude differences without it.

    Raises
    ------
    JDLError
        If the register is too small, or the effect cannot be planted.
    """
    rng = np.random.default_rng(seed)
    folder = Path(register_folder)
    con = open_tables(folder)
    people = recognisable_people(con)
    kept = choose_people(con, people, rng)
    analysed = kept["verdict"].eq("analysable")
    participants = kept[analysed].assign(reoffended=measure_reoffending(con, kept[analysed]))
    truth = _crude_comparison(con, kept, participants, rng)
    touched = tables_of(con, participants["person_id"])
    changed, helped = plant_effect(touched, participants, effect_pp, rng)
    con.close()
    rewrite(folder, touched, changed)
    recount(folder)
    con = open_tables(folder)
    after = measure_reoffending(con, participants)
    records = add_repeats(con, people, kept, rng)
    upload = write_records(con, people, records, rng)
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


def _crude_comparison(
    con: duckdb.DuckDBPyConnection, kept: pd.DataFrame, participants: pd.DataFrame, rng: np.random.Generator
) -> dict[str, float]:
    """Reoffending of the analysed less that of everybody else with such a sentence, in points, before any effect.

    Once on the same clock (others, too, free of offending for as long as the service was delayed), so that all of it is
    selection; once as a naive reader would, over everybody else.
    """
    others = sentences_in_period(con)
    others = one_each(rng, others[~others["person_id"].isin(kept["person_id"])])
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
