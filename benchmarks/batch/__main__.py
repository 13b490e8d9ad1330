"""Many requests against one register: what a batch costs, and where its time goes.

    python -m benchmarks.batch REGISTER.duckdb --requests 57 --workers 1 2 --folder FOLDER [--json FILE]

lays out a lab with invented requests on the register, runs all of them once for each number of workers, every time into
an empty folder, and prints Markdown. `--shares N` runs N of the requests once more, each by itself, to tell the
analysis from what is around it (imports, opening, tables, figures, rendering, checks).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .measure import run_batch
from .report import as_markdown
from .requests import TOO_FEW, make_lab, sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("register", type=Path)
    parser.add_argument("--requests", type=int, default=57, help="as many as were published in the pilot year")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--folder", type=Path, required=True, help="where the lab goes; replaced if it is there")
    parser.add_argument("--shares", type=int, default=3, help="requests of which the analysis is timed by itself")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    lab = make_lab(folder, asked.register, asked.requests)
    batches = [asdict(run_batch(lab.root, folder / f"outputs-{n}", n)) for n in asked.workers]
    figures = {"batches": batches, "shares": _shares(folder, asked.requests, asked.shares)}
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(as_markdown(figures))


def _shares(folder: Path, n_requests: int, n: int) -> dict[str, Any]:
    """Processor seconds of some requests: of a batch of each alone, and of its analysis in a process that is warm."""
    chosen = [i for i, size in enumerate(sizes(n_requests)) if size != TOO_FEW][:n]
    found = {}
    for i in chosen:
        name = f"request-{i + 1:02d}"
        batch = run_batch(folder, folder / "outputs", 1, [name])
        command = [sys.executable, "-m", "benchmarks.batch.shares", str(folder), name]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        found[name] = {"n_records": sizes(n_requests)[i], "cpu": batch.cpu, "stages": json.loads(said.splitlines()[-1])}
    return found


if __name__ == "__main__":
    main()
