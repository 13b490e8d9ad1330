"""Measure the stages after linkage against registers of any size.

    python -m benchmarks.cohort REGISTER.duckdb [REGISTER.duckdb …] [--records 1246] [--repeats 3]

Prints Markdown: seconds and memory by stage, how they grow from one register to the next, and whether the aims are
met. On the smallest register the same people are chosen by plain pandas, too, and must be the same. ``--json`` writes
the figures to a file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from jdl_toolkit.register import Register

from .agreement import disagreements
from .peer import export_tables
from .report import as_markdown
from .requests import make_spec, sample_records
from .timing import in_own_process


def measure_register(path: Path, n_records: int, seed: int, repeats: int, with_pandas: bool) -> dict[str, Any]:
    """All figures of one register."""
    with tempfile.TemporaryDirectory() as name, Register.open(path) as register:
        folder = Path(name)
        records, data_end = folder / "records.parquet", register.meta.data_end
        spec = make_spec()
        sample_records(register, spec, n_records, seed).to_parquet(records)
        count = "SELECT (SELECT count(*) FROM {}) AS n"
        n = {table: int(register.sql(count.format(table))["n"].iloc[0]) for table in ("person", "disposal", "offence")}
        figures = {"n_people": n["person"], "n_events": n["disposal"] + n["offence"], "n_records": n_records}
        if with_pandas:
            export_tables(register, folder)
            figures["differences"] = disagreements(path, folder, pd.read_parquet(records), data_end, spec)
        register.close()
        figures["toolkit"] = in_own_process(path, records, "toolkit", repeats)
        if with_pandas:
            figures["pandas"] = in_own_process(folder, records, "pandas", repeats, "--data-end", data_end.isoformat())
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("registers", type=Path, nargs="+", metavar="REGISTER.duckdb")
    parser.add_argument("--records", type=int, default=1246, help="people in an upload")
    parser.add_argument("--seed", type=int, default=1, help="of the records that are drawn")
    parser.add_argument("--repeats", type=int, default=3, help="processes per timing, of which the fastest counts")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    figures = []
    for path in sorted(asked.registers, key=lambda path: path.stat().st_size):
        figures.append(measure_register(path, asked.records, asked.seed, asked.repeats, not figures))
    print(as_markdown(figures))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
