"""Measure matching at three sizes, against the floor and against others, in one run.

    python -m benchmarks.matching [--sizes small large national] [--repeats 3] [--no-peers] [--write]

Prints Markdown; ``--write`` puts it, with the machine and the versions, into docs/benchmarks.md. A peer that is not
installed is left out: ``pip install pymatchit-causal``, R with MatchIt.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import re
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from jdl_toolkit.result import write_atomically

from .peers import LARGEST_SIZE, MOST_SECONDS, PEERS, peer_version
from .people import SIZES, make_people
from .report import as_markdown, check_aims
from .timing import in_own_process

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- matching: begin -->", "<!-- matching: end -->"
_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn")
#: Which of the toolkit's parts does what a peer does.
_OURS = {"radius": "radius", "nearest": "nearest, without replacement"}


def measure(size: str, repeats: int, with_peers: bool) -> dict[str, Any]:
    """All figures of one size; slow parts are measured once."""
    n_treatment, n_pool = SIZES[size]
    few = repeats if size != "national" else 1
    with tempfile.TemporaryDirectory() as folder:
        people = Path(folder) / "people.parquet"
        make_people(n_treatment, n_pool).to_parquet(people)
        stage = in_own_process("timing", "stage", people, repeats=few)
    arrays = in_own_process("timing", "arrays", n_treatment, n_pool, "--repeats", repeats)
    order = list(SIZES)
    with_peers = with_peers and order.index(size) <= order.index(LARGEST_SIZE)
    peers = [measure_peer(name, n_treatment, n_pool) for name in PEERS if with_peers and peer_version(name)]
    counts = {"size": size, "n_treatment": n_treatment, "n_pool": n_pool}
    return counts | {"stage": stage, "arrays": arrays, "peers": peers}


def measure_peer(name: str, n_treatment: int, n_pool: int) -> dict[str, Any]:
    """A peer's figures, or why there are none."""
    method, _ = PEERS[name]
    told = {"name": name, "version": peer_version(name), "method": method, "our_part": _OURS[method]}
    try:
        found = in_own_process("peers", name, n_treatment, n_pool, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        return told | {"why_not": f"not done after {MOST_SECONDS} s"}
    except subprocess.CalledProcessError as fault:
        said = fault.stderr.strip().splitlines()
        return told | {"why_not": f"failed: {said[-1][:60]}" if said else "failed: killed, presumably out of memory"}
    seconds = found["parts"][method]
    return told | {"seconds": seconds, "peak_mb": found["peak_mb"], "n_differing": found["n_differing"]}


def machine() -> str:
    """What it was measured on."""
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        model = found.group(1) if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{dt.date.today():%-d %B %Y}: {os.cpu_count()} cores ({model}), {memory:.0f} GiB; "
        f"Python {platform.python_version()}, {packages}."
    )


def write_page(text: str) -> None:
    """Put the text between the marks of docs/benchmarks.md."""
    page = _PAGE.read_text()
    before, rest = page.split(_BEGIN)
    write_atomically(_PAGE, f"{before}{_BEGIN}\n{text}{_END}{rest.split(_END)[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--repeats", type=int, default=3, help="runs per timing, of which the fastest counts")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    asked = parser.parse_args()
    sizes = [size for size in SIZES if size in asked.sizes]
    figures = [measure(size, asked.repeats, not asked.no_peers) for size in tqdm(sizes, desc="sizes")]
    text = f"{machine()}\n\n{as_markdown(figures)}"
    print(text)
    if asked.write:
        write_page(text)
    raise SystemExit(any(line.endswith("not met") for line in check_aims(figures)))


if __name__ == "__main__":
    main()
