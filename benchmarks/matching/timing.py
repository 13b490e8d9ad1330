"""Seconds and memory of parts of matching, in a process of its own.

    python -m benchmarks.matching.timing arrays 10000 1000000
    python -m benchmarks.matching.timing stage PEOPLE.parquet

prints one JSON object: wall and processor seconds by part, and the peak memory of the process in MB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jdl_toolkit.balance import assess_balance
from jdl_toolkit.matching import match, nearest_weights, radius_weights
from jdl_toolkit.matching.propensity import fit_propensity

from ..linkage.timing import peak_memory
from .people import as_covariates, make_scores, make_spec

_ROOT = Path(__file__).parents[2]

#: What the ratios of the score's part refer to: no method that looks at everybody in order can do with less.
FLOOR = "argsort of the pool (the floor)"


def time_of(work: Callable[[], object], repeats: int = 1) -> dict[str, float]:
    """Wall and processor seconds of the fastest of several runs: others on the machine can only slow a run down."""
    runs = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        runs.append({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu})
    return min(runs, key=lambda run: run["cpu"])


def time_arrays(n_treatment: int, n_pool: int, repeats: int) -> dict[str, Any]:
    """The parts that look at the score alone."""
    score, is_treated, caliper, strata = make_scores(n_treatment, n_pool)
    pool = score[~is_treated]
    parts = {
        FLOOR: lambda: np.argsort(pool),
        "radius": lambda: radius_weights(score, is_treated, caliper),
        "radius, 20 exact strata": lambda: radius_weights(score, is_treated, caliper, strata),
        "nearest, with replacement": lambda: nearest_weights(score, is_treated, 1, True, caliper),
        "nearest, without replacement": lambda: nearest_weights(score, is_treated, 1, False, caliper),
    }
    return {"parts": {name: time_of(work, repeats) for name, work in parts.items()}, "peak_mb": peak_memory()}


def time_stage(path: Path) -> dict[str, Any]:
    """The matching stage on covariates as they come: score, match, differences of all columns; distances apart."""
    covariates, spec = as_covariates(pd.read_parquet(path)), make_spec()
    made: dict[str, Any] = {}
    loaded = peak_memory()
    parts = {"score": time_of(lambda: made.update(fitted=fit_propensity(covariates, spec)))}
    parts["match"] = time_of(lambda: made.update(sample=match(covariates, spec, propensity=made["fitted"])))
    parts["differences"] = time_of(lambda: assess_balance(covariates, made["sample"], spec, distances=False))
    peak = peak_memory()
    parts["with KS and eCDF"] = time_of(lambda: assess_balance(covariates, made["sample"], spec))
    sample = made["sample"]
    counts = {"n_treatment": sample.n_treatment, "n_pool": sample.n_pool, "n_columns": sample.design.shape[1] - 1}
    return {"parts": parts, "loaded_mb": loaded, "peak_mb": peak, "peak_with_distances_mb": peak_memory()} | counts


def in_own_process(module: str, *arguments: object, repeats: int = 1, timeout: float | None = None) -> dict[str, Any]:
    """The fastest of several processes by the processor seconds of all parts; they print JSON."""
    command = [sys.executable, "-m", f"benchmarks.matching.{module}", *map(str, arguments)]
    runs = []
    for _ in range(repeats):
        done = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True, timeout=timeout)
        runs.append(json.loads(done.stdout))
    return min(runs, key=lambda run: sum(part["cpu"] for part in run["parts"].values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    arrays = kinds.add_parser("arrays")
    arrays.add_argument("treated", type=int)
    arrays.add_argument("pool", type=int)
    arrays.add_argument("--repeats", type=int, default=3)
    kinds.add_parser("stage").add_argument("people", type=Path)
    asked = parser.parse_args()
    is_stage = asked.kind == "stage"
    print(json.dumps(time_stage(asked.people) if is_stage else time_arrays(asked.treated, asked.pool, asked.repeats)))


if __name__ == "__main__":
    main()
