"""How damaged workbooks are tried: each by itself, round by round; taken up again where it stopped."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from ... import __version__
from ...manifest import toolkit_commit
from ...result import write_atomically
from ..claim import claim
from ..part import RESULTS, Effort
from .answer import ENDS
from .kinds import example, kinds

#: Files of each kind, one in each round: about 0.75 seconds of one processor each, below ten minutes in all.
N_ROUNDS = 4
#: In a short study one file of each tenth kind.
SHORT_STEP = 10
RESTS_ON = ("submission", "precheck", "errors.py", "validation/workbooks/sent.py")


def run(folder: Path, effort: Effort) -> None:
    """Check damaged workbooks, each in a process of its own, round by round; what became of each is one file.

    Parameters
    ----------
    folder : Path
    effort : Effort
        Short: one file of each tenth kind, bombs left out. Its workers are not used: each file is checked alone, so
        that its time and memory are its own.

    Raises
    ------
    JDLError
        If the folder holds what was made with another seed or other code, or hypothesis is not installed.
    """
    from .trial import Checker

    claim(folder, effort, RESTS_ON)
    every = kinds()
    chosen = [kind for kind in every if not kind.is_bomb][effort.seed % SHORT_STEP :: SHORT_STEP]
    chosen = chosen if effort.short else list(every)
    n_rounds = 1 if effort.short else N_ROUNDS
    random.Random(effort.seed).shuffle(chosen)  # of all groups, should the study be stopped
    tasks = [(n, kind) for n in range(n_rounds) for kind in chosen]
    files = {(n, kind): folder / "tried" / f"{n:02d}-{every.index(kind):03d}.json" for n, kind in tasks}
    left = [task for task in tasks if not files[task].is_file()]
    bar = tqdm(total=len(tasks), initial=len(tasks) - len(left), desc="workbooks", unit="file", disable=None)
    with bar, Checker() as checker, tempfile.TemporaryDirectory(prefix="jdl-workbooks.") as place:
        try:
            for n, kind in left:
                made, at = example(kind, effort.seed * 1_000 + n), Path(place) / files[n, kind].stem
                ended = checker.check(made, at, kind.undetectable)
                told = {"group": kind.group, "kind": kind.name, "end": ended.end, "faults": ended.faults}
                told |= {"seconds": ended.seconds, "memory_mb": ended.memory_mb}
                write_atomically(files[n, kind], json.dumps(told))
                shutil.rmtree(at)
                bar.update()
        finally:  # a study that is stopped has its answer, too
            _gather(folder, effort, len(every), len(tasks))


def _gather(folder: Path, effort: Effort, n_kinds: int, n_asked: int) -> None:
    """The tables of all that was tried so far."""
    if not any((folder / "tried").glob("*.json")):
        return
    tried = pd.DataFrame([json.loads(file.read_text("utf-8")) for file in sorted((folder / "tried").glob("*.json"))])
    rows = []
    for (group, kind), found in tried.groupby(["group", "kind"], sort=True):
        row = {
            "group": group,
            "kind": kind,
            "tried": len(found),
            "survived": int((found["faults"].str.len() == 0).sum()),
        }
        row |= {end: int((found["end"] == end).sum()) for end in ENDS}
        row["faults"] = "; ".join(sorted({fault for faults in found["faults"] for fault in faults}))
        rows.append(row | {"most_seconds": found["seconds"].max(), "most_memory_mb": found["memory_mb"].max()})
    results = folder / RESULTS
    write_atomically(results / "kinds.csv", pd.DataFrame(rows).to_csv(index=False))
    about = {
        "seed": effort.seed,
        "short": effort.short,
        "toolkit_version": __version__,
        "toolkit_commit": toolkit_commit(),
    }
    about |= {"n_kinds": len(rows), "n_kinds_there_are": n_kinds, "n_tried": len(tried), "n_asked": n_asked}
    write_atomically(results / "about.json", json.dumps(about, indent=1))
