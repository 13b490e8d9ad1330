"""The trials compared in every way; and the trial of aid drawn again and again with a treatment that is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import expit

from ...errors import JDLError
from ...inference import estimate
from ...inference.estimation import ESTIMATES
from ...inference.weighted_t import Group, t_test
from ...matching import match
from ...prepared import PreparedTable, estimate_outcomes, match_table
from ..study import Study
from .data import LADDER, PRIMARY, TRIALS, WAYS, Trial, spec_of

_KEPT = ("estimate", "se", "ci_low", "ci_high", "p_value")


def compare(key: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A trial in every way.

    Returns
    -------
    ways : DataFrame
        trial, way, is_chosen (what the ladder would publish), n_treated, n_control (compared), worst_smd, passed, then
        ``<estimate>_estimate`` and the like of the headline, the classic and the check estimate; why_not.
    estimators : DataFrame
        Of the way chosen: trial, way, name, label, scale, estimate, se, ci_low, ci_high, p_value.
    """
    trial, table, rows, estimators = TRIALS[key], TRIALS[key].table(), [], {}
    for way, settings in WAYS.items():
        row = {"trial": key, "way": way}
        try:
            found, estimators[way] = _compared(trial, table, way) if settings is not None else _crude(table)
            rows.append(row | found | {"why_not": ""})
        except JDLError as fault:
            rows.append(row | {"passed": False, "why_not": fault.problems[0].what})
    passed = {row["way"] for row in rows if row["passed"]}
    chosen = next((way for way in LADDER if way in passed), LADDER[-1])
    ways = pd.DataFrame(rows).assign(is_chosen=lambda f: f["way"] == chosen)
    kept = estimators[chosen][["name", "label", "scale", *_KEPT]].assign(trial=key, way=chosen)
    return ways, kept


def _crude(table: PreparedTable) -> tuple[dict, pd.DataFrame]:
    """Everybody as they are: Welch's test, in the place of the classic estimate."""
    is_treated = table.covariates.units["is_treated"].to_numpy(bool)
    y = table.outcomes.iloc[:, 1].to_numpy(float)
    found = _welch(y, is_treated)
    row = {"n_treated": int(is_treated.sum()), "n_control": int((~is_treated).sum()), "passed": False}
    row |= {"mean_treated": float(y[is_treated].mean()), "mean_control": float(y[~is_treated].mean())}
    return row | {f"classic_{k}": found[k] for k in _KEPT}, pd.DataFrame()


def _welch(y: np.ndarray, is_treated: np.ndarray) -> dict:
    return t_test(*(Group(y[who], np.ones(int(who.sum()))) for who in (is_treated, ~is_treated)), 0.95)


def _compared(trial: Trial, table: PreparedTable, way: str) -> tuple[dict, pd.DataFrame]:
    """As `jdl match` compares them."""
    spec = spec_of(way)
    found = match_table(table, spec)
    estimates = estimate_outcomes(table, found, spec).of(trial.outcome)
    row = {"n_treated": found.matched.n_treatment_matched, "n_control": found.matched.n_control}
    row |= {"worst_smd": found.balance.worst, "passed": found.balance.passed}
    row |= {f"{name}_{k}": estimates.loc[name, k] for name in ESTIMATES for k in _KEPT}
    return row, estimates.reset_index()


@dataclass(frozen=True)
class NoTreatment:
    """The people of the trial of aid, the treated drawn by lot: nobody's arrest can have come of it.

    Parameters
    ----------
    n_treated : int
    chosen : bool
        Of the others half are kept, rather those who are older and have fewer convictions: a comparison group that is
        not randomised. The truth stays none.
    """

    n_treated: int
    chosen: bool


CELLS = {"by lot": NoTreatment(216, False), "controls chosen": NoTreatment(144, True)}
#: By how much the log odds of being kept grow, for a standard deviation of each.
KEPT_BY = {"age": 1.0, "prio": -1.0}


@lru_cache
def _aid() -> PreparedTable:
    return TRIALS["aid"].table()


def replicate(world: NoTreatment, rng: np.random.Generator) -> list[dict]:
    """One draw: the crude difference and the three estimates, by radius at the widest caliper, as rows."""
    table, spec = _aid(), spec_of(PRIMARY)
    units, y = table.covariates.units, table.outcomes.iloc[:, 1].to_numpy(float)
    is_treated = np.zeros(len(units), bool)
    is_treated[rng.permutation(len(units))[: world.n_treated]] = True
    kept = is_treated | (rng.random(len(units)) < _chances(table)) if world.chosen else np.ones(len(units), bool)
    drawn = replace(table.covariates, units=units[kept].assign(is_treated=is_treated[kept]).reset_index(drop=True))
    sample, y = match(drawn, spec.renamed(table.place_of)), y[kept]
    found = estimate(y, sample.design, sample, "share", spec)
    rows = {"crude": _welch(y, is_treated[kept])} | {name: found[name] for name in ESTIMATES}
    return [{"estimator": name} | {k: row[k] for k in _KEPT} for name, row in rows.items()]


def _chances(table: PreparedTable) -> np.ndarray:
    """The chance of each person to be kept, half on average."""
    leaning = np.zeros(len(table.covariates.units))
    for name, weight in KEPT_BY.items():
        values = table.covariates.units[table.place_of(name)].to_numpy(float)
        leaning += weight * (values - values.mean()) / values.std()
    return expit(leaning)


def summarise(draws: pd.DataFrame) -> pd.DataFrame:
    """cell, estimator, n_draws; bias, bias_mcse, sd, sd_from_crude (of its distance to the crude difference), mean_se
    (percentage points); rejected (per cent of draws with a p-value below 5 per cent)."""
    rows = []
    for cell, group in draws.groupby("cell", sort=False):
        wide = group.pivot(index="replication", columns="estimator", values="estimate")
        for name in ("crude", *ESTIMATES):
            one, of = group[group["estimator"] == name], wide[name]
            row = {"cell": cell, "estimator": name, "n_draws": len(of), "bias": 100 * of.mean()}
            row |= {"bias_mcse": 100 * of.std() / np.sqrt(len(of)), "sd": 100 * of.std()}
            row |= {"sd_from_crude": 100 * (of - wide["crude"]).std(), "mean_se": 100 * one["se"].mean()}
            rows.append(row | {"rejected": 100 * (one["p_value"] < 0.05).mean()})
    return pd.DataFrame(rows)


def study(short: bool) -> Study:
    """The draws of both cells: 2,000 each."""
    return Study(
        name="trials",
        cells=CELLS,
        replications=dict.fromkeys(CELLS, 25 if short else 2_000),
        replicate=replicate,
        rests_on=(
            "matching",
            "inference",
            "balance",
            "prepared",
            "validation/trials/data.py",
            "validation/trials/run.py",
        ),
        settings=lambda: {"kept_by": KEPT_BY, "spec": spec_of(PRIMARY).to_dict()},
    )
