"""How the leak hunt is run: invented people, scenes, planted people, strangers; taken up again where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from ... import __version__
from ...manifest import toolkit_commit
from ...result import write_atomically
from ..claim import claim
from ..part import RESULTS, Effort
from .hunt import Sought, play
from .people import invent
from .results import held_rows, hit_rows, place_rows, read_scenes, scene_rows
from .scenes import SCENES
from .sensitivity import by_chance, plant_all

#: People on the invented register; the effect planted, in percentage points, large enough for a conclusive finding.
PERSONS, EFFECT = 20_000, -12.0
#: Planted people of the upload; registers of strangers, and people on each.
PLANTED, STRANGERS, OF_STRANGERS = 5, 3, 100_000
#: Modules that decide what is found; how it is told is not among them.
DECIDING = (
    "folding",
    "ending_well",
    "failing",
    "hunt",
    "people",
    "place",
    "places",
    "plants",
    "refused",
    "scenes",
    "seeking",
    "sensitivity",
    "unwrapping",
    "uploads",
)
RESTS_ON = ("validation/cheap.py", *(f"validation/leak_hunt/{name}.py" for name in DECIDING))
SHORT_SCENES, SHORT_PLANTED = ("could not be answered",), 1


def run(folder: Path, effort: Effort) -> None:
    """Play every scene, search what each leaves, hold both searches to planted people; see `part.Part.run`."""
    claim(folder, effort, RESTS_ON)
    results, invented = folder / RESULTS, folder / "invented"
    results.mkdir(parents=True, exist_ok=True)
    if not invented.exists():
        invent(invented, PERSONS, effort.seed, EFFECT)
    sought = Sought.of(invented, effort.seed)
    names = SHORT_SCENES if effort.short else tuple(SCENES)
    about = {"seed": effort.seed, "short": effort.short, "version": __version__, "commit": toolkit_commit()}
    about |= {"n_persons": PERSONS, "sought": sought.needles.counts(), "decoys": sought.decoys.counts()}
    about |= {"scenes": list(names), "sent": sought.sent.counts()}
    if not (results / "planted.csv").exists():
        planted = plant_all(invented, SHORT_PLANTED if effort.short else PLANTED)
        write_atomically(results / "planted.csv", planted.to_csv(index=False))
    for _ in tqdm(
        _played(names, folder, sought, effort.workers), desc="leaks", unit="scene", total=len(names), disable=None
    ):
        _write(folder, results, about)
    _hold_against_strangers(folder, results, effort)
    _write(folder, results, about)


def _hold_against_strangers(folder: Path, results: Path, effort: Effort) -> None:
    """Hold the reports that were kept against registers of strangers, unless that was done with all of them."""
    path, kept = (
        results / "chance.csv",
        {findings.parent.name for findings in (folder / "published").glob("*/findings.json")},
    )
    if path.exists() and set(pd.read_csv(path)["report"]) == kept:
        return
    n = (1, 20_000) if effort.short else (STRANGERS, OF_STRANGERS)
    write_atomically(path, by_chance(folder / "published", effort.seed, *n).to_csv(index=False))


def _played(names: tuple[str, ...], folder: Path, sought: Sought, workers: int) -> Iterator[Path]:
    """Each scene's record, when it has been played and searched, in this process or in several."""
    asked = [(name, folder / "scenes", folder / "invented", sought) for name in names]
    if workers == 1:
        yield from (play(*one) for one in asked)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from (run.result() for run in as_completed([pool.submit(play, *one) for one in asked]))


def _write(folder: Path, results: Path, about: dict) -> None:
    scenes = read_scenes(folder / "scenes")
    tables = {"places": place_rows(scenes), "hits": hit_rows(scenes), "scenes": scene_rows(scenes)}
    tables["held"] = held_rows(scenes, about["sent"])
    for name, table in tables.items():
        write_atomically(results / f"{name}.csv", pd.DataFrame(table).to_csv(index=False))
    write_atomically(results / "about.json", json.dumps(about | {"n_played": len(scenes)}, indent=1) + "\n")
