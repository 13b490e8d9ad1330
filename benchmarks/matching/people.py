"""Invented people to be matched: 60 covariates of three kinds, of which the treated have other values."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from jdl_toolkit.spec import RequestSpec, intake_spec

#: Size -> treated, pool.
SIZES = {"small": (257, 33_000), "large": (10_000, 1_000_000), "national": (100_000, 5_000_000)}

N_NUMBERS, N_FLAGS = 30, 22
#: Categories by their numbers of levels; they make 8 columns of the model, so that there are 60.
LEVELS = (4, 6)
SEED = 20140313

_ROOT = Path(__file__).parents[2]


def make_people(n_treatment: int, n_pool: int, seed: int = SEED) -> pd.DataFrame:
    """A frame as `covariates.units`: unit_id, is_treated and 54 covariates, which make 60 columns of a model.

    The treated differ by up to half a standard deviation in some of them; nobody is beyond comparison.
    """
    rng = np.random.default_rng(seed)
    n = n_treatment + n_pool
    is_treated = np.zeros(n, bool)
    is_treated[rng.choice(n, n_treatment, replace=False)] = True
    columns: dict[str, object] = {"unit_id": np.arange(n), "is_treated": is_treated}
    for i in range(N_NUMBERS):
        values = rng.normal(size=n) if i % 2 else rng.exponential(size=n)
        columns[f"number_{i:02d}"] = values + 0.5 * (i % 5 == 0) * is_treated
    for i in range(N_FLAGS):
        columns[f"flag_{i:02d}"] = (rng.random(n) < 0.05 + 0.02 * i + 0.1 * (i % 6 == 0) * is_treated).astype("uint8")
    for i, n_levels in enumerate(LEVELS):
        columns[f"category_{i}"] = pd.Categorical.from_codes(
            rng.integers(0, n_levels, n), [f"level {j}" for j in range(n_levels)]
        )
    return pd.DataFrame(columns)


def as_covariates(units: pd.DataFrame) -> SimpleNamespace:
    """The frame as the covariates' stage hands it on."""
    return SimpleNamespace(units=units, labels={})


def make_spec() -> RequestSpec:
    """The defaults with one caliper, and with every level as it comes: the same columns at each size."""
    spec = intake_spec(_ROOT / "parameters" / "defaults.yml")
    as_it_comes = {"merge_levels_below": 0, "people_per_parameter": 0.01}
    return spec.variant(matching={"calipers": [0.2]}, covariates=as_it_comes, balance={"squares": False})


def make_scores(n_treatment: int, n_pool: int, seed: int = SEED) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    """Logits, who is treated, a caliper of 0.2 standard deviations, and 20 strata."""
    rng = np.random.default_rng(seed)
    is_treated = np.zeros(n_treatment + n_pool, bool)
    is_treated[rng.choice(len(is_treated), n_treatment, replace=False)] = True
    score = rng.normal(-4 + is_treated, 1.0)
    return score, is_treated, 0.2 * float(score.std(ddof=1)), rng.integers(0, 20, len(score))
