"""Part `matching`: are the estimates right, from matching onward? Run, and what came of it."""

from __future__ import annotations

from pathlib import Path

from .matching_cells import MATCHING, SHORT
from .matching_results import write_results
from .part import RESULTS, Effort
from .study import read_replications, run_study

SHORT_REPLICATIONS = 60  # enough to see a standard error that is half of what it should be


def run(folder: Path, effort: Effort) -> None:
    """Draw and analyse what is missing of the cells, then sum up; as `Part.run`."""
    n = _wanted(effort)
    out = folder / "replications"
    run_study(MATCHING, out, n, SHORT_REPLICATIONS if effort.short else None, effort.workers, effort.seed)
    sum_up(folder, effort)


def sum_up(folder: Path, effort: Effort) -> None:
    """Write the results of what is finished: all of it, or so far."""
    n = _wanted(effort)
    found = read_replications(folder / "replications", n)
    found = found[found["replication"] < found["cell"].map(n)]  # a folder may hold more than was asked for
    write_results(found, folder / RESULTS, effort, n)


def _wanted(effort: Effort) -> dict[str, int]:
    """Replications of each cell."""
    return dict.fromkeys(SHORT, SHORT_REPLICATIONS) if effort.short else MATCHING.replications
