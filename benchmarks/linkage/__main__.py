"""Measure linkage against registers of any size.

    python -m benchmarks.linkage REGISTER.duckdb [REGISTER.duckdb …] [--records 1246] [--uploads 8]

Prints Markdown: quality at each fault level, calibration, recall by kind of fault and by group, time and memory, and
whether the aims are met. ``--json`` writes the same figures to a file, ``--picture`` draws them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from jdl_toolkit.register import Register

from . import measure
from .picture import draw
from .report import as_markdown
from .timing import WORK, time_method
from .uploads import ALL_LEVELS, draw_upload


def measure_register(path: Path, n_records: int, seeds: range, levels: list[str], repeats: int) -> dict[str, Any]:
    """All figures of one register; tables as DataFrames."""
    with Register.open(path) as register:
        n_people = int(register.sql("SELECT count(*) AS n FROM person")["n"].iloc[0])
        measured = {level: measure.measure_level(register, level, n_records, seeds) for level in levels}
        timed = draw_upload(register, "realistic", seed=seeds.stop, n_records=n_records)
    pooled = measure.pool_levels(measured)
    return {
        "n_people": n_people,
        "n_records": n_records,
        "n_uploads": len(seeds),
        "quality": measure.quality_table(measured),
        "calibration": measure.calibration_table(pooled),
        "by_fault": measure.recall_by_fault(pooled),
        "by_group": measure.recall_by_characteristic(pooled),
        "by_likeness": measure.wrong_by_likeness(pooled),
        "by_tier": measure.by_tier(pooled),
        "time": time_methods(path, timed, repeats) if repeats else {},
    }


def time_methods(register: Path, people: pd.DataFrame, repeats: int) -> dict[str, dict[str, Any]]:
    """Seconds and memory of each method and of the floor."""
    with tempfile.TemporaryDirectory() as folder:
        upload = Path(folder) / "upload.parquet"
        people.to_parquet(upload)
        return {method: time_method(register, upload, method, repeats) for method in ("floor", *WORK)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("registers", type=Path, nargs="+", metavar="REGISTER.duckdb")
    parser.add_argument("--records", type=int, default=1246, help="people in an upload")
    parser.add_argument("--uploads", type=int, default=8, help="uploads of each level")
    parser.add_argument("--seed", type=int, default=0, help="of the first upload; others than you tune by")
    parser.add_argument("--levels", nargs="+", choices=ALL_LEVELS, default=list(ALL_LEVELS))
    parser.add_argument("--repeats", type=int, default=3, help="processes per timing, of which the fastest counts")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="of the last register")
    asked = parser.parse_args()
    results, seeds = [], range(asked.seed, asked.seed + asked.uploads)
    for path in asked.registers:
        figures = measure_register(path, asked.records, seeds, asked.levels, asked.repeats)
        print(as_markdown(figures), flush=True)
        results.append(figures)
    if asked.json:
        text = json.dumps(results, indent=1, default=lambda table: json.loads(table.to_json(orient="records")))
        asked.json.write_text(text + "\n")
    if asked.picture:
        draw(results[-1], asked.picture)


if __name__ == "__main__":
    main()
