"""Dates to draw a service on that does nothing: invented ones, of several kinds, and real ones where they are there.

What the toolkit's own rules say of every person and every possible delay is asked once, so that thousands of services
can be drawn on the same dates.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from ...attrition import Ledger
from ...cohort import build_cohort
from ...cohort.pool import UNIT_COLUMNS, build_pool, require_drawn_start
from ...cohort.walk import Walk
from ...covariates import Covariates, build_covariates
from ...outcomes import measure_outcomes
from ...register import Register, build_register
from ...spec import RequestSpec, lab_resources, load_spec, merge, read_yaml, validate

#: Reoffending within a year, if nothing else happens; days of a year; the last day on which a service can start.
SHARE, YEAR, LONGEST = 0.35, 365, 180
HAZARD = -np.log(1 - SHARE) / YEAR

#: What the invented dates are of, for readers.
KINDS = {
    "constant": "one constant risk for everybody",
    "uneven": "soon for some, late for others",
    "courts": "uneven, with late convictions, fines and remand",
    "two sentences": "releases and orders of unlike risk and delay",
}
REAL = "real"

#: Covariates of the model with invented dates; the record is what can be hidden from it.
INVENTED_USE = ("age", "age_squared", "sex", "index_offence_group", "index_severity", "index_quarter")
INVENTED_RECORD = "offences_last_two_years"
REAL_RECORD = "extra_prior convictions (log of 1 + number)"


@dataclass(frozen=True)
class Dates:
    """People with one sentence each, and what the toolkit's rules say of them for every delay that can be drawn.

    Parameters
    ----------
    spec : RequestSpec
        With the rule as it is by default.
    events : DataFrame
        One row a person, by disposal_id: unit_id, person_id, disposal_id, disposal, index_date.
    delays : int array, shape (n_delays,)
        Days from the index date at which a service can start.
    reason : float array, shape (n_delays, n_people)
        Why a submitted person would leave who started then; NaN for who would be analysed.
    in_pool : bool array, shape (n_people,)
        May be a control, before any rule about time.
    removed : bool array, shape (n_delays, n_people)
        Would leave the pool with this start drawn.
    reoffended, offended_before : float array, shape (n_people,)
        0 or 1: within the follow-up; before the index date, as far as the record tells.
    covariates : Covariates
        Of everybody, with the record among them.
    record : str
        Its column, which models can be kept from.
    """

    spec: RequestSpec
    events: pd.DataFrame
    delays: np.ndarray
    reason: np.ndarray
    in_pool: np.ndarray
    removed: np.ndarray
    reoffended: np.ndarray
    offended_before: np.ndarray
    covariates: Covariates
    record: str

    def column(self, name: str) -> np.ndarray:
        """A covariate of everybody in standard units; 1 for men of `sex`."""
        values = self.covariates.units[name]
        values = (values == "Male").to_numpy(float) if name == "sex" else values.to_numpy(float)
        return (values - values.mean()) / values.std()


@lru_cache(maxsize=8)
def dates_of(kind: str, n_people: int, step: int, histories: str = "") -> Dates:
    """Dates of a kind, asked of the rules at every `step` days; kept, as all draws of a process share them."""
    with open_dates(kind, n_people, histories) as (register, spec, record):
        return _ask(register, spec, np.arange(step, LONGEST + 1, step), record)


@contextmanager
def open_dates(kind: str, n_people: int, histories: str = "") -> Iterator[tuple[Register, RequestSpec, str]]:
    """A register of the dates, the specification they are analysed by, and the covariate that is the record.

    Parameters
    ----------
    kind : str
        One of `KINDS`, or `REAL`.
    n_people : int
        Of invented dates.
    histories : str
        Folder of the real dates. They are read into a file of a temporary folder, which is removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="jdl-dates.") as folder:
        file = Path(folder) / "register.duckdb"
        if kind == REAL:
            parameters = lab_resources() / "parameters"
            build_register(Path(histories), file, parameters / "adapters" / "county_histories.sql", threads=1)
            spec, record = load_spec(parameters / "requests" / "county-placebo.yml"), REAL_RECORD
        else:
            write_dates(Path(folder), kind, n_people)
            build_register(Path(folder), file, threads=1)
            spec, record = _invented_spec(), INVENTED_RECORD
        with Register.open(file) as register:
            yield register, spec, record


def write_dates(folder: Path, kind: str, n_people: int) -> None:
    """Write a register of invented people, one sentence each, as the files that `register.build_register` reads.

    Reoffending follows the kind. Offences of the two years before the index date come at the same rate as those after
    it, so that people of a long record are those of a high risk.
    """
    rng, person = np.random.default_rng([20140313, list(KINDS).index(kind)]), np.arange(1, n_people + 1)
    index = np.datetime64("2010-01-01") + rng.integers(0, YEAR, n_people)
    age, is_male = rng.integers(18, 60, n_people), rng.random(n_people) < 0.8
    is_release = (rng.random(n_people) < 0.4) & (kind == "two sentences")
    risk = np.ones(n_people)
    if kind != "constant":
        risk = rng.gamma(1.5, 1 / 1.5, n_people).clip(min=0.02) * np.exp(0.2 * is_male - 0.02 * (age - 38))
    if kind == "two sentences":
        risk = risk * np.where(is_release, 1.8, 0.7)
    offended = index + np.ceil(rng.exponential(1 / (HAZARD * risk)).clip(max=3000)).astype(int)
    proven = offended + (rng.integers(1, 200, n_people) if kind == "courts" else 0)
    n_before = rng.poisson(2 * YEAR * HAZARD * risk)
    before = np.repeat(index, n_before) - rng.integers(60, 2 * YEAR, n_before.sum())
    kinds = {"offence_group": "theft", "offence_class": "summary", "severity": 5}
    who = {"forename": "No", "surname": "Body", "dob": index - (age * 365.25).astype(int), "ethnicity": "White"}
    people = pd.DataFrame({"person_id": person, "sex": np.where(is_male, "M", "F")} | who)
    sentence = np.where(is_release, index - 90, index)
    orders = {"disposal_id": person, "person_id": person, "disposal_date": sentence}
    orders |= {"disposal": np.where(is_release, "custody", "community_order")}
    orders |= {"release_date": pd.Series(index).where(is_release)}
    disposals = [pd.DataFrame(orders)]
    offences = [
        {"person_id": person, "disposal_id": person, "offence_date": sentence - 30, "proven_date": sentence},
        {"person_id": person, "offence_date": offended, "proven_date": proven},
        {"person_id": np.repeat(person, n_before), "offence_date": before, "proven_date": before},
    ]
    if kind == "courts":
        fines = {"disposal_id": n_people + person, "person_id": person, "disposal_date": proven, "disposal": "fine"}
        disposals.append(pd.DataFrame(fines))
        remand = pd.DataFrame({"person_id": person, "start": offended, "end": proven, "kind": "remand"})
        remand[rng.random(n_people) < 0.3].to_parquet(folder / "custody_spell.parquet", index=False)
    tables = {"person": people, "disposal": pd.concat(disposals)}
    tables["offence"] = pd.concat([pd.DataFrame(part | kinds) for part in offences])
    tables["offence"].insert(0, "offence_id", np.arange(1, len(tables["offence"]) + 1))
    tables["offence"]["disposal_id"] = tables["offence"]["disposal_id"].astype("Int64")
    about = {"data_start": "2000-01-01", "data_end": "2012-12-31", "extract": "invented dates", "synthetic": True}
    tables["meta"] = pd.DataFrame([about]).astype({"data_start": "datetime64[s]", "data_end": "datetime64[s]"})
    for name, frame in tables.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)


def _invented_spec() -> RequestSpec:
    """The defaults, with what the invented register holds."""
    request = {
        "request": "placebo",
        "organisation": {"name": "Nobody", "sector": "voluntary"},
        "service": {"name": "Nothing", "need": "other", "setting": "community"},
        "received": "2013-01-01",
        "submission": "none.xlsx",
        "register": "invented",
        "cohort": {"index_disposals": ["community_order", "custody"]},
        "covariates": {"use": [*INVENTED_USE, INVENTED_RECORD]},
    }
    return validate(merge(read_yaml(lab_resources() / "parameters" / "defaults.yml"), request), "invented dates")


def _ask(register: Register, spec: RequestSpec, delays: np.ndarray, record: str) -> Dates:
    """Ask the toolkit's rules about everybody, at every delay."""
    events = register.sql(
        """
        SELECT disposal_id AS unit_id, person_id, disposal_id, disposal, NULL::VARCHAR AS release_type, disposal_date,
            coalesce(release_date, disposal_date) AS index_date, 0::BIGINT AS delay_days
        FROM disposal WHERE disposal IN ('custody', 'community_order') ORDER BY disposal_id
        """
    ).astype({"release_type": "str"})
    reason, removed = np.empty((len(delays), len(events))), np.empty((len(delays), len(events)), bool)
    for i, delay in enumerate(delays):
        reason[i] = reasons(events, events["index_date"] + pd.Timedelta(days=int(delay)), register, spec)
        removed[i] = ~is_kept(events.assign(delay_days=delay), register, spec)
    without = spec.variant(cohort={"equivalent_time_limit": "none"})
    nobody = np.array([], dtype="int64")
    pool, _, _ = build_pool(events.assign(delay_days=1), nobody, nobody, register, without)
    everybody = SimpleNamespace(treated=events[UNIT_COLUMNS][:1], pool=events[UNIT_COLUMNS][1:])
    covariates = build_covariates(everybody, register, spec)
    outcomes = measure_outcomes(events, register, spec)
    before = (covariates.units[record] > 0).to_numpy(float)
    in_pool = events["unit_id"].isin(pool["unit_id"]).to_numpy()
    reoffended = outcomes["reoffended"].to_numpy(float)
    return Dates(spec, events, delays, reason, in_pool, removed, reoffended, before, covariates, record)


def submitted(events: pd.DataFrame, starts: pd.Series) -> tuple[SimpleNamespace, SimpleNamespace]:
    """A submission of these people with these starts, all of whom were found, as the cohort is built from it."""
    rows = {"row": np.arange(2, len(events) + 2), "usable": True, "why_unusable": None}
    people = pd.DataFrame(rows | {"service_start": starts.to_numpy("datetime64[us]"), "service_end": pd.NaT})
    links = pd.DataFrame({"row": rows["row"], "status": "matched", "person_id": events["person_id"].to_numpy()})
    nobody = pd.DataFrame(columns=["row", "person_id", "match_weight", "posterior"])
    sent = SimpleNamespace(people=people, ledger=Ledger.start("submission", "records received", len(people)))
    return sent, SimpleNamespace(links=links, candidates=nobody)


def reasons(events: pd.DataFrame, starts: pd.Series, register: Register, spec: RequestSpec) -> np.ndarray:
    """Why each of these people would leave who started then, by `cohort.build_cohort`; NaN for who would stay."""
    records = build_cohort(*submitted(events, starts), register, spec).records
    return records.sort_values("row")["reason"].to_numpy("float64", na_value=np.nan)


def is_kept(controls: pd.DataFrame, register: Register, spec: RequestSpec) -> np.ndarray:
    """Whether each control stays with its drawn start, by `cohort.pool.require_drawn_start`."""
    walk = Walk(controls, Ledger.start("pool", "events", len(controls), controls["person_id"].nunique()))
    stays = require_drawn_start(walk, register, spec).rows["disposal_id"]
    return controls["disposal_id"].isin(stays).to_numpy()
