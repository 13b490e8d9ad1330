"""Measure how quickly the workbench answers, at two sizes, against the limits that are stated for them, in one run.

    python -m benchmarks.explore [--sizes usual large] [--repeats 3] [--write]

Prints Markdown; ``--write`` puts it, with the machine and the versions, into docs/benchmarks.md. Each change is timed
from its settings to three figures drawn: love plot, overlap and forest plot, with the score standing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.matching.__main__ import machine
from jdl_toolkit.result import write_atomically

from .report import as_markdown, check_aims
from .session import SIZES

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- explore: begin -->", "<!-- explore: end -->"


def measure(size: str, repeats: int) -> dict[str, Any]:
    """All figures of one size, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.explore.session", *map(str, (*SIZES[size], repeats))]
    done = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True)
    return {"size": size} | json.loads(done.stdout)


def write_page(text: str) -> None:
    """Put the text between the marks of docs/benchmarks.md."""
    before, rest = _PAGE.read_text().split(_BEGIN)
    write_atomically(_PAGE, f"{before}{_BEGIN}\n{text}{_END}{rest.split(_END)[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--repeats", type=int, default=3, help="times that each change is made again")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    asked = parser.parse_args()
    sizes = [size for size in SIZES if size in asked.sizes]
    figures = [measure(size, asked.repeats) for size in tqdm(sizes, desc="sizes")]
    text = f"{machine()}\n\n{as_markdown(figures)}"
    print(text)
    if asked.write:
        write_page(text)
    raise SystemExit(any(line.endswith("not met") for line in check_aims(figures)))


if __name__ == "__main__":
    main()
