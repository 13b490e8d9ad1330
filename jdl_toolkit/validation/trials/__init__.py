"""Do the estimates find what randomised trials found? Two trials whose answers are published."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ... import __version__
from ...manifest import toolkit_commit
from ...result import write_atomically
from ..part import RESULTS, Effort, Part
from ..study import read_replications, run_study
from .data import TRIALS
from .results import KEY, QUESTION, answer
from .run import compare, study, summarise


def run(folder: Path, effort: Effort) -> None:
    """Compare the trials' people in every way, and draw a treatment that is none on those of one trial."""
    asked = study(effort.short)
    run_study(asked, folder / "draws", workers=effort.workers, seed=effort.seed)
    draws = summarise(read_replications(folder / "draws", asked.cells))
    compared = [compare(key) for key in TRIALS]
    ways, estimators = (pd.concat(parts, ignore_index=True) for parts in zip(*compared, strict=True))
    about = {"seed": effort.seed, "short": effort.short, "toolkit": __version__, "commit": toolkit_commit()}
    about |= {"planned": asked.replications, "n_ways": len(ways), "n_estimates": len(estimators)}
    for name, frame in {"draws": draws, "ways": ways, "estimators": estimators}.items():
        write_atomically(folder / RESULTS / f"{name}.csv", frame.to_csv(index=False, float_format="%.8g"))
    write_atomically(folder / RESULTS / "about.json", json.dumps(about, indent=2) + "\n")


PART = Part(KEY, QUESTION, run, answer, "3 minutes on 2 processors")
