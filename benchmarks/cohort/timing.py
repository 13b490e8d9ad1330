"""Seconds and memory of a request after linkage, in a process of its own.

    python -m benchmarks.cohort.timing REGISTER.duckdb RECORDS.parquet toolkit
    python -m benchmarks.cohort.timing TABLES_FOLDER RECORDS.parquet pandas --data-end 2012-06-30

prints one JSON object: wall and processor seconds by part and in all, peak memory of the process in MB, most bytes that
DuckDB had spilled to disk, and how many people are compared.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from jdl_toolkit.cohort import build_cohort
from jdl_toolkit.covariates import build_covariates
from jdl_toolkit.outcomes import measure_outcomes
from jdl_toolkit.register import Register
from jdl_toolkit.spec import RequestSpec

from ..linkage.timing import peak_memory
from .peer import COLUMNS, choose_people, count_reoffences
from .requests import as_request, make_spec

_ROOT = Path(__file__).parents[2]


class Stopwatch:
    """Wall and processor seconds by part."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, float]] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.parts[name] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def run_toolkit(
    register: Path, records: pd.DataFrame, spec: RequestSpec
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The three stages after linkage; returns what was measured, and what came out."""
    watch, request = Stopwatch(), as_request(records)
    with most_spilt() as spilt:
        with watch.part("open"):
            opened = Register.open(register)
        with opened:
            with watch.part("cohort"):
                cohort = build_cohort(request.submission, request.linkage, opened, spec)
            with watch.part("covariates"):
                build_covariates(cohort, opened, spec)
            with watch.part("outcomes"):
                units = pd.concat([cohort.treated, cohort.pool], ignore_index=True)
                outcomes = measure_outcomes(units, opened, spec)
    made = {"records": cohort.records, "treated": cohort.treated, "pool": cohort.pool, "outcomes": outcomes}
    return _measured(watch, made) | spilt, made


def run_pandas(
    tables: Path, records: pd.DataFrame, data_end: dt.date, spec: RequestSpec
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The same cohort and the outcomes it has in common, from Parquet files, in plain pandas; no covariates."""
    watch, request = Stopwatch(), as_request(records)
    with watch.part("open"):
        loaded = {name: pd.read_parquet(tables / f"{name}.parquet") for name in COLUMNS}
    with watch.part("cohort"):
        people = request.submission.people.merge(request.linkage.links, on="row")
        made = choose_people(people, loaded, data_end, spec)
    with watch.part("outcomes"):
        units = pd.concat([made["treated"], made["pool"]], ignore_index=True)
        made["outcomes"] = count_reoffences(units, loaded["offence"], spec)
    return _measured(watch, made), made


def _measured(watch: Stopwatch, made: dict[str, pd.DataFrame]) -> dict[str, Any]:
    totals = {clock: sum(part[clock] for part in watch.parts.values()) for clock in ("wall", "cpu")}
    counts = {"n_treated": len(made["treated"]), "n_pool": len(made["pool"])}
    return totals | {"parts": watch.parts, "peak_mb": peak_memory()} | counts


@contextmanager
def most_spilt() -> Iterator[dict[str, float]]:
    """The most MB that stood in folders for temporary files of registers opened meanwhile; looked at often."""
    with tempfile.TemporaryDirectory() as folder:
        usual, tempfile.tempdir = tempfile.tempdir, folder
        most, is_over = {"spilt_mb": 0.0}, threading.Event()

        def look() -> None:
            while not is_over.wait(0.05):
                with suppress(FileNotFoundError):
                    size = sum(path.stat().st_blocks * 512 for path in Path(folder).rglob("*"))
                    most["spilt_mb"] = max(most["spilt_mb"], size / 2**20)

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield most
        finally:
            is_over.set()
            watcher.join()
            tempfile.tempdir = usual


def in_own_process(source: Path, records: Path, method: str, repeats: int, *more: str) -> dict[str, Any]:
    """The fastest of several processes, by wall time."""
    command = [sys.executable, "-m", "benchmarks.cohort.timing", str(source.resolve()), str(records), method, *more]
    runs = [subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True) for _ in range(repeats)]
    return min((json.loads(run.stdout) for run in runs), key=lambda measured: measured["wall"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("records", type=Path)
    parser.add_argument("method", choices=["toolkit", "pandas"])
    parser.add_argument("--data-end", type=dt.date.fromisoformat)
    asked = parser.parse_args()
    records = pd.read_parquet(asked.records)
    if asked.method == "toolkit":
        measured, _ = run_toolkit(asked.source, records, make_spec())
    else:
        measured, _ = run_pandas(asked.source, records, asked.data_end, make_spec())
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
