"""Part `matching`: are the estimates right, from matching onward? Twenty cells, see `cells`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ..part import RESULTS, Answer, Check, Effort, Part
from ..study import read_replications, run_study
from .cells import MATCHING, SHORT
from .checks import checks_of
from .figures import figures_of
from .flip import series_of
from .results import write_results
from .tables import tables_of
from .words import words_of

SHORT_REPLICATIONS = 60  # enough to see a standard error that is half of what it should be


def run(folder: Path, effort: Effort) -> None:
    """Draw and analyse what is missing of the cells, then sum up; as `Part.run`."""
    wanted = _wanted(effort)
    n = SHORT_REPLICATIONS if effort.short else None
    run_study(MATCHING, folder / "replications", wanted, n, effort.workers, effort.seed)
    sum_up(folder, effort)


def sum_up(folder: Path, effort: Effort) -> None:
    """Write the results of what is finished: all of it, or so far."""
    wanted = _wanted(effort)
    found = read_replications(folder / "replications", wanted)
    found = found[found["replication"] < found["cell"].map(wanted)]  # a folder may hold more than was asked for
    write_results(found, folder / RESULTS, effort, wanted)


def answer(results: Path) -> Answer:
    """What the small tables say; as `Part.answer`."""
    about = json.loads((results / "about.json").read_text("utf-8"))
    estimates, hidden = (pd.read_csv(results / f"{name}.csv") for name in ("estimates", "hidden"))
    series = {name: series_of(name, estimates, hidden) for name in ("none", "5")}
    checks = (_finished(about), *checks_of(estimates, hidden))
    text = words_of(about, estimates, hidden, series, checks)
    tables, figures = tables_of(estimates, hidden), figures_of(estimates, series)
    return Answer(PART.key, PART.question, text, checks, tables, figures)


def _finished(about: dict) -> Check:
    n, n_wanted = (sum(about[which].values()) for which in ("replications", "wanted"))
    why = (
        "" if n >= n_wanted else "The study was stopped; run it again, and it goes on. Its bounds are wider until then."
    )
    return Check("Every repetition asked for is in", f"{n:,}", f"{n_wanted:,}", True if not why else None, why)


def _wanted(effort: Effort) -> dict[str, int]:
    """Replications of each cell."""
    return dict.fromkeys(SHORT, SHORT_REPLICATIONS) if effort.short else MATCHING.replications


PART = Part(
    key="matching",
    question="Are the estimates, their intervals and the power table right, once people are found?",
    run=run,
    answer=answer,
    takes="25 minutes on one processor",
)
