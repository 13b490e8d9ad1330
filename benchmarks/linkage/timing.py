"""Seconds and memory of one method on one upload, each in a process of its own.

    python -m benchmarks.linkage.timing REGISTER.duckdb UPLOAD.parquet METHOD

prints one JSON object: wall and processor seconds of the method, peak memory of the process in MB, and for the linkage
how its wall time divides. The preparation of a register is measured likewise:

    python -m benchmarks.linkage.timing REGISTER.duckdb --build SRC
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from jdl_toolkit.register import Register, build_register

from .baselines import match_by_tiers, match_exactly, normalise
from .measure import link_people

_ROOT = Path(__file__).parents[2]

#: One hash join of the normalised upload with the whole register: nothing that looks at everybody can do with less.
FLOOR = "SELECT count(*) AS n FROM asked AS a JOIN linkage_index AS e USING (forename, surname)"

WORK: dict[str, Callable[[pd.DataFrame, Register], Any]] = {
    "linkage": link_people,
    "exact matching": match_exactly,
    "tiers": match_by_tiers,
}

#: Part of the linkage -> the functions in which it is spent.
PARTS = {"candidates": ("find_candidates",), "scoring": ("_splink_scores",)}


def time_method(register: Path, upload: Path, method: str, repeats: int) -> dict[str, float]:
    """The fastest of several processes, by wall time; of that one the processor seconds and the memory."""
    command = [sys.executable, "-m", "benchmarks.linkage.timing", str(register.resolve()), str(upload), method]
    runs = []
    for _ in range(repeats):
        start = time.perf_counter()
        said = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True).stdout
        runs.append(json.loads(said) | {"process_wall": time.perf_counter() - start})
    return min(runs, key=lambda run: run["wall"])


def stopwatch(work: Callable[[], Any]) -> dict[str, float]:
    """Wall and processor seconds of one call."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - processor}


def peak_memory() -> float:
    """Most memory that this process has held, in MB.

    On Linux not from `getrusage`, which reports the parent's peak where that was higher.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def divide(people: pd.DataFrame, register: Register) -> dict[str, float]:
    """Shares of the linkage's time by `PARTS`; the rest is deciding."""
    profile = cProfile.Profile()
    profile.runcall(link_people, people, register)
    stats = pstats.Stats(profile)
    cumulative = {name: value[3] for (_, _, name), value in stats.stats.items() if name in sum(PARTS.values(), ())}
    shares = {part: sum(cumulative[name] for name in names) / stats.total_tt for part, names in PARTS.items()}
    return shares | {"deciding": 1 - sum(shares.values())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("register", type=Path)
    parser.add_argument("upload", type=Path, nargs="?")
    parser.add_argument("method", choices=[*WORK, "floor"], nargs="?")
    parser.add_argument("--build", type=Path, metavar="SRC")
    asked = parser.parse_args()
    if asked.build:
        print(json.dumps(stopwatch(lambda: build_register(asked.build, asked.register)) | {"peak_mb": peak_memory()}))
        return
    people = pd.read_parquet(asked.upload)
    with Register.open(asked.register) as register:
        if asked.method == "floor":
            table = normalise(people, register)
            measured = min((stopwatch(lambda: register.sql(FLOOR, asked=table)) for _ in range(3)), key=_wall)
        else:
            measured = stopwatch(lambda: WORK[asked.method](people, register))
        measured["peak_mb"] = peak_memory()
        if asked.method == "linkage":
            measured["shares"] = divide(people, register)
    print(json.dumps(measured))


def _wall(measured: dict[str, float]) -> float:
    return measured["wall"]


if __name__ == "__main__":
    main()
