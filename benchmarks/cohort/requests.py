"""A request as it stands after linkage, invented from people of a register: who was sent, and whom each record is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd

from jdl_toolkit.attrition import Ledger
from jdl_toolkit.cohort.clock import last_index_date
from jdl_toolkit.register import Register
from jdl_toolkit.spec import RequestSpec, merge, read_yaml, validate

#: Years of index dates that the records spread over, up to the last that can be followed.
YEARS = 3
#: Records, as shares: sentenced within the window, people picked at random, records that nobody was found for.
SENTENCED, ANYBODY = 0.75, 0.15
#: Most days from the sentence to the start of the service; somewhat more than the window, so that a few are too late.
MOST_DELAY = 220

TEXTS = ("provider", "intervention_type", "region", "establishment", "why_unusable")


class Request(NamedTuple):
    """A request's submission and linkage: no more of either than the later stages ask for."""

    submission: SimpleNamespace
    linkage: SimpleNamespace


def make_spec(**changes: dict) -> RequestSpec:
    """The shipped defaults for an invented service; `changes` by section."""
    request = {
        "request": "benchmark",
        "organisation": {"name": "Benchmark", "sector": "voluntary"},
        "service": {"name": "Benchmark", "need": "mentoring", "setting": "community"},
        "received": "2013-01-01",
        "submission": "none.xlsx",
        "register": "main",
    }
    defaults = read_yaml(Path(__file__).parents[2] / "parameters" / "defaults.yml")
    return validate(merge(merge(defaults, request), changes), "benchmark")


def sample_records(register: Register, spec: RequestSpec, n_records: int, seed: int) -> pd.DataFrame:
    """Draw records of people on the register, most of them sentenced to what the request asks for.

    Returns
    -------
    DataFrame
        row, person_id (missing where nobody was found), status, service_start, service_end; some people twice.
    """
    last = pd.Timestamp(
        last_index_date(register.meta.data_end, spec.cohort.follow_up_months + spec.cohort.proving_months)
    )
    kinds = ", ".join(f"'{kind}'" for kind in spec.cohort.index_disposals)
    sentenced = register.sql(
        f"""
        SELECT person_id, CASE WHEN disposal = 'custody' THEN release_date ELSE disposal_date END AS day
        FROM disposal WHERE disposal IN ({kinds}) AND day BETWEEN $first AND $last ORDER BY disposal_id
        """,
        {"first": last - pd.DateOffset(years=YEARS), "last": last},
    )
    anybody = register.sql("SELECT person_id FROM person ORDER BY person_id")
    rng = np.random.default_rng(seed)
    n_sentenced, n_anybody = int(SENTENCED * n_records), int(ANYBODY * n_records)
    chosen = sentenced.iloc[rng.integers(0, len(sentenced), n_sentenced)]
    others = anybody.iloc[rng.integers(0, len(anybody), n_anybody)]
    found = pd.concat([chosen, others], ignore_index=True)
    records = found.reindex(range(n_records)).sample(frac=1, random_state=seed, ignore_index=True)
    days = pd.to_datetime(records["day"]).fillna(last - pd.DateOffset(months=6))
    records["service_start"] = days + pd.to_timedelta(rng.integers(1, MOST_DELAY, n_records), unit="D")
    records["service_end"] = records["service_start"] + pd.to_timedelta(rng.integers(7, 200, n_records), unit="D")
    records["status"] = np.where(records["person_id"].notna(), "matched", "no match")
    records.insert(0, "row", np.arange(2, n_records + 2))
    return records.drop(columns="day").astype({"person_id": "Int64"})


def as_request(records: pd.DataFrame) -> Request:
    """Records from `sample_records` as the stages after linkage take them."""
    people = records[["row", "service_start", "service_end"]].assign(usable=True, intensity=np.nan)
    people = people.assign(**{name: pd.Series(None, index=people.index, dtype="object") for name in TEXTS})
    ledger = Ledger.start("submission", "records received", len(people))
    candidates = pd.DataFrame(columns=["row", "person_id", "match_weight", "posterior"])
    links = records[["row", "status", "person_id"]]
    return Request(SimpleNamespace(people=people, ledger=ledger), SimpleNamespace(links=links, candidates=candidates))
