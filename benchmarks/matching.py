"""How long radius matching takes, as a multiple of sorting the pool once, measured in the same run.

The floor is `np.sort` of the pool's scores: no method that looks at everybody can do with less. Ratios carry over from
machine to machine, seconds do not.

    python benchmarks/matching.py [--treated 10000] [--pool 1000000] [--repeats 3]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np

from jdl_toolkit.balance import measure_balance
from jdl_toolkit.matching import radius_weights
from jdl_toolkit.matching.regression import Link, fit_glm


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Processor seconds of the fastest of several runs: others on the machine can only slow a run down."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def measure(n_treatment: int, n_pool: int, repeats: int) -> list[tuple[str, float]]:
    """Steps and their processor seconds, the floor first."""
    rng = np.random.default_rng(20140313)
    is_treated = np.arange(n_treatment + n_pool) < n_treatment
    score = rng.normal(-4 + is_treated, 1.0)
    caliper = 0.2 * score.std(ddof=1)
    strata = rng.integers(0, 20, len(score))
    x = rng.normal(size=(len(score), 12)) + 0.1 * is_treated[:, None]
    weight, _ = radius_weights(score, is_treated, caliper)
    steps = {
        "np.sort of the pool (the floor)": lambda: np.sort(score[~is_treated]),
        "radius matching": lambda: radius_weights(score, is_treated, caliper),
        "radius matching in 20 exact strata": lambda: radius_weights(score, is_treated, caliper, strata),
        "propensity score, 12 covariates": lambda: fit_glm(x, is_treated.astype(float), Link.logit),
        "balance before and after, 12 covariates": lambda: measure_balance(x, is_treated, np.ones(len(x)), weight),
    }
    return [(name, best_of(repeats, work)) for name, work in steps.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--treated", type=int, default=10_000)
    parser.add_argument("--pool", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    steps = measure(asked.treated, asked.pool, asked.repeats)
    print(f"{asked.treated:,} treated, {asked.pool:,} in the pool; best of {asked.repeats}")
    print(f"{'step':<40} {'CPU seconds':>12} {'times the floor':>16}")
    for name, seconds in steps:
        print(f"{name:<40} {seconds:>12.3f} {seconds / steps[0][1]:>16.1f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
