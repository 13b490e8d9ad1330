"""What somebody saved by hand: which stages, when and with what other settings, and what rests on what.

Exploring never mixes in silence: a stage that is opened by hand goes on from the last one saved by hand, with that
one's settings; and where a later one was not made anew since, it says which notebook to run first.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import exploratory
from .errors import JDLError, Problem
from .lab import MAIN, OF_ANALYSIS, RUNNING, STAGES, Lab, RequestFolder
from .result import write_atomically

#: By stage, the sections of the settings that it is the first to use. All others may be changed in any stage.
FIRST_USED = {
    "intake": ("intake", "forecast", "suitability"),
    "linkage": ("linkage", "cohort", "analyses"),
    "matching": ("covariates", "matching", "balance", "subgroups", "intensity_bands"),
}

#: What says which request it is, and of whom: never another in the same folder.
FIXED = ("request", "organisation", "service", "received", "submission", "register", "analysis", "exploratory")


@dataclass(frozen=True)
class Explored:
    """One stage as somebody saved it by hand.

    Parameters
    ----------
    stage : str
    saved : str
        Time of day, to the microsecond.
    changes : dict
        Sections and keys that were set otherwise than the request has them.
    results : tuple of str
        What was saved, by name.
    """

    stage: str
    saved: str
    changes: dict[str, Any]
    results: tuple[str, ...]


def record_explored(
    folder: RequestFolder, stage: str, analysis: str, changes: dict[str, Any], results: Iterable[str]
) -> None:
    """Put on record that a stage's results were saved by hand just now, and with what settings."""
    said = Explored(stage, dt.datetime.now(dt.UTC).isoformat(), changes, tuple(results))
    write_atomically(folder.explored(stage, analysis), json.dumps(asdict(said), default=str))


def explored_before(folder: RequestFolder, stage: str, analysis: str = MAIN) -> list[Explored]:
    """Stages before `stage` that were saved by hand, in order; what comes now rests on the last of them.

    Raises
    ------
    JDLError
        If one of them rests on an earlier one that was saved by hand after it, or was not made by hand at all.
    """
    found, last = [], None
    for name in list(STAGES)[: list(STAGES).index(stage)]:
        one = _read(folder, name, analysis)
        if last is not None and (one is None or one.saved < last.saved):
            what = f"{STAGES[last.stage]} was run by hand and {STAGES[name]} was not since: they would not fit together"
            fix = f"run {STAGES[name]} by hand first, or drop what was explored: `stage.forget()` in that notebook"
            raise JDLError(what, f"request {folder.root.name}", fix)
        found += [one] if one else []
        last = one or last
    return found


def faults_of_changes(stage: str, changes: dict[str, Any]) -> list[Problem]:
    """Changes that have no place in this stage: of what earlier ones were made with, or of which request it is."""
    earlier, problems = list(STAGES)[: list(STAGES).index(stage)], []
    for section in changes:
        where = f"explore(…), {section}"
        maker = next((name for name in earlier if section in FIRST_USED.get(name, ())), None)
        if section in FIXED:
            what, fix = "this says which request it is; exploring leaves it as it is", "write another request for it"
            problems.append(Problem(what, where, fix))
        elif maker:
            fix = f"change it in {STAGES[maker]}, and run by hand from there on"
            problems.append(Problem("an earlier stage was made with this setting already", where, fix))
    return problems


def findings_file(request: str, outputs: str = "outputs", analysis: str = MAIN) -> Path:
    """The findings that a report's notebook opens: those of `jdl run`; by hand, what was explored comes first.

    By hand, all that the notebook shows is marked EXPLORATORY.

    Raises
    ------
    JDLError
        If a stage was explored after the findings were, so that they do not show it.
    """
    folder = RequestFolder(Lab.find().root / outputs / request)
    if RUNNING in os.environ:
        return folder.findings_file
    exploratory.mark()
    place = folder.of_analysis(analysis, exploring=True) if explored_before(folder, "report", analysis) else folder.root
    return place / "findings.json"


def _read(folder: RequestFolder, stage: str, analysis: str) -> Explored | None:
    try:
        said = json.loads(folder.explored(stage, analysis if stage in OF_ANALYSIS else MAIN).read_text())
        return Explored(**said | {"results": tuple(said["results"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
