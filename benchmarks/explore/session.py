"""A session at the workbench: people, outcomes, and the changes that are timed, each from settings to three figures."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.matching.people import SEED, make_people, make_spec
from jdl_toolkit.covariates import Covariates
from jdl_toolkit.explore import Workbench

#: Size -> treated, pool; and the seconds in which love plot, overlap and forest plot are to stand there.
SIZES = {"usual": (10_000, 100_000), "large": (10_000, 1_000_000)}
LIMITS = {"usual": 0.5, "large": 3.0}

SUBGROUP = "sex: Female"

#: What changes -> settings of matching, subgroup, measure, estimator. A caliper of its own makes each a new look.
CHANGES: dict[str, tuple[dict[str, Any], str | None, str, str]] = {
    "caliper": ({}, None, "rate", "headline"),
    "nearest neighbours": ({"method": "nearest"}, None, "rate", "headline"),
    "inverse-odds weights": ({"method": "ipw"}, None, "rate", "headline"),
    "overlap weights": ({"method": "overlap"}, None, "rate", "headline"),
    "entropy balancing": ({"method": "ebal"}, None, "rate", "headline"),
    "exact strata": ({"exact": ["flag_00", "category_0"]}, None, "rate", "headline"),
    "trimming": ({"trim": 0.002}, None, "rate", "headline"),
    "subgroup": ({}, SUBGROUP, "rate", "headline"),
    "classic estimate": ({}, None, "rate", "classic"),
    "check estimate": ({}, None, "rate", "check"),
    "frequency": ({}, None, "frequency", "headline"),
    "days": ({}, None, "days", "headline"),
}


def make_bench(n_treatment: int, n_pool: int) -> Workbench:
    """A workbench with 60 columns, two subgroups and three outcome measures."""
    units = make_people(n_treatment, n_pool)
    rng = np.random.default_rng(SEED + 1)
    sex = pd.Categorical(rng.choice(["Female", "Male"], len(units)), ["Female", "Male"], ordered=True)
    covariates = Covariates(units, pd.DataFrame({"unit_id": units["unit_id"], "sex": sex}), {})
    spec = make_spec().variant(subgroups=["sex"], balance={"squares": True})
    return Workbench(covariates, spec, measure=lambda: make_outcomes(units))


def make_outcomes(units: pd.DataFrame) -> pd.DataFrame:
    """Reoffending that hangs on some of the covariates, and a little on treatment."""
    rng = np.random.default_rng(SEED + 2)
    score = 0.3 * units["number_01"] - 0.2 * units["number_00"] + 0.5 * units["flag_00"] - 0.1 * units["is_treated"]
    n = rng.poisson(np.exp(score - 1.2))
    days = np.where(n > 0, rng.integers(1, 366, len(n)), np.nan)
    values = {"reoffended": (n > 0).astype(int), "n_reoffences": n, "days_to_first": days}
    return pd.DataFrame({"unit_id": units["unit_id"], **values})


def three_figures(bench: Workbench, caliper: float, change: str) -> int:
    """Look, compare and draw; how many figures there are."""
    matching, subgroup, measure, estimator = CHANGES[change]
    look = bench.look(bench.spec.with_(matching={"calipers": [caliper]} | matching), subgroup)
    effects = [bench.effect(look, measure, estimator)]
    drawn = look.plot(), look.overlap_plot(), bench.forest(effects)
    return sum(figure is not None for figure in drawn)


def answers(bench: Workbench, repeats: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Seconds of each change: the first time, the fastest of the times after it, and of processors at the least."""
    bench.look(bench.spec, SUBGROUP)  # its score stands from here on
    calipers = iter(np.linspace(0.1, 0.19, len(CHANGES) * (repeats + 1)).round(6).tolist())
    for change in CHANGES:
        seconds, of_cpu = [], []
        for _ in range(repeats + 1):
            wall, cpu = time.perf_counter(), time.process_time()
            n = three_figures(bench, next(calipers), change)
            seconds.append(time.perf_counter() - wall)
            of_cpu.append(time.process_time() - cpu)
            if n != 3:
                raise RuntimeError(f"{change}: {n} figures")
        yield change, {"first": seconds[0], "again": min(seconds[1:] or seconds), "cpu": min(of_cpu)}


def measure(n_treatment: int, n_pool: int, repeats: int) -> dict[str, Any]:
    """All figures of one size: seconds until the first look stands, then of each change, and memory."""
    bench = make_bench(n_treatment, n_pool)
    loaded = peak_mb()
    begun = time.perf_counter()
    look = bench.look(bench.spec)
    until = time.perf_counter() - begun
    bench.open_outcomes("A. Statistician", "to measure how long it takes")
    bench.effect(look)
    changes = dict(answers(bench, repeats))
    sizes = {"n_treatment": n_treatment, "n_pool": n_pool}
    return sizes | {"first_look": until, "changes": changes, "loaded_mb": loaded, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("n_treatment", "n_pool", "repeats"):
        parser.add_argument(name, type=int)
    print(json.dumps(measure(**vars(parser.parse_args()))))
