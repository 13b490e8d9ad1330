"""R's results for two tables, as the tests of matching, balance and inference read them.

They travel with the toolkit, as `jdl validate` recomputes them, too; sources: README.md beside them.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from examples import spec

import jdl_toolkit
from jdl_toolkit.matching import MatchedSample

GOLDEN = Path(jdl_toolkit.__file__).parent / "validation" / "data"
TABLES = ("lalonde", "syn_small")

#: R modelled every level as it came; nothing is joined, however few people a level has.
AS_R = {"covariates": {"merge_levels_below": 0, "people_per_parameter": 0.01}}

#: run in the reference -> (scale, caliper in SD or None, caliper on the scale or None)
RADIUS_RUNS = {
    "radius_logit_02sd": ("logit", 0.2, None),
    "radius_logit_005sd": ("logit", 0.05, None),
    "radius_odds_01": ("odds", None, 0.01),
    "radius_ps_01": ("probability", None, 0.01),
    "radius_ps_001": ("probability", None, 0.001),
}


def spec_as_r(**changes):
    return spec(**(AS_R | changes))


def reference(table: str) -> dict:
    return json.loads((GOLDEN / f"ref_{table}.json").read_text())


def people(table: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / f"{table}.csv")


def r_units(table: str) -> pd.DataFrame:
    """R's score and weights, a row per person, in the order of `people`."""
    return pd.read_csv(GOLDEN / f"units_{table}.csv.gz")


def covariates(table: str) -> SimpleNamespace:
    frame = people(table)
    units = pd.DataFrame({"unit_id": frame["id"], "is_treated": frame["treat"] == 1})
    return SimpleNamespace(units=pd.concat([units, frame[reference(table)["info"]["covariates"]]], axis=1), labels={})


def made(units: pd.DataFrame, **labels: str) -> SimpleNamespace:
    """Covariates as their stage hands them on, from a frame of this test's own."""
    return SimpleNamespace(units=units, labels=labels)


def cohort(seed: int, n_treatment: int = 60, n_pool: int = 1500) -> pd.DataFrame:
    """A small invented cohort: two numbers, a 0/1 and a category, of which the treated have other shares."""
    rng = np.random.default_rng(seed)
    n = n_treatment + n_pool
    is_treated = np.arange(n) < n_treatment
    return pd.DataFrame(
        {
            "unit_id": rng.permutation(n) + 1000,
            "is_treated": is_treated,
            "age": rng.normal(30 - 2 * is_treated, 6).round(1),
            "copas_rate": rng.normal(0.4 * is_treated, 1),
            "employed": rng.binomial(1, np.where(is_treated, 0.25, 0.35)),
            "region": rng.choice(["North", "Mid", "South"], n, p=[0.5, 0.3, 0.2]),
        }
    )


def r_runs(table: str) -> list[str]:
    """The ways of matching and weighting for which R's estimates and weights are both there."""
    found = reference(table)
    return [run for run, value in found.items() if isinstance(value, dict) and "estimates" in value]


def r_design(table: str) -> pd.DataFrame:
    """unit_id and R's dummy-coded covariates, the alphabetically first level left out."""
    frame = people(table)
    columns = pd.get_dummies(frame[reference(table)["info"]["covariates"]], drop_first=True).astype(float)
    return columns.assign(unit_id=frame["id"])


def r_sample(table: str, run: str) -> MatchedSample:
    """R's own score and weights as a matched sample, so that no matching of ours plays a part."""
    r = r_units(table)
    units = pd.DataFrame({"unit_id": r["id"], "is_treated": people(table)["treat"] == 1})
    units = units.assign(score=r["ps"], logit=r["logit_ps"], weight=1.0 if run == "unadjusted" else r[run])
    sizes = {"caliper_sd": None, "caliper_raw": reference(table)[run].get("caliper")}
    if run not in ("radius_logit_02sd", "radius_logit_005sd"):
        sizes["caliper_raw"] = None
    return MatchedSample(units, r_design(table), "radius", "logit", **sizes, coefficients=None, merged={}, messages=())
