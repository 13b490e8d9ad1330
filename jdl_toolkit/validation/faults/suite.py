"""All trials in order, several at once, taken up again where they were stopped; and the small tables they leave."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd
from tqdm import tqdm

from ... import __version__
from ...execution import preload
from ...lab import STAGES
from ...manifest import toolkit_commit
from ...result import write_atomically
from ..claim import claim
from ..part import RESULTS, Effort
from . import changed, damaged, killed, storage
from .bench import REQUEST, Bench
from .trial import Trial, carry_out

#: People on the invented register: the fewest that it can have.
PERSONS = 20_000

#: How many of each kind are tried at most. All there are would be some 750, and take most of a day.
OF_A_KIND = 10

#: What could not be tried on a machine, and what it would take.
NEEDS = {
    "full disk": (storage.can_mount, "a disk in memory must be mounted, which the root user alone may do"),
    "clock": (changed.can_shift_clock, "a C compiler (cc) is needed to put another clock before that of the system"),
    "unreadable": (storage.can_obey_modes, "the root user must be able to give up the privilege of reading all files"),
}

#: What is tried where little is: one of most kinds, at the cheapest stage and with little to be run again.
SHORT = (
    ("killed", "SIGKILL in stage outcomes (1)"),
    ("full disk", "200 kB for outputs, from stage matching"),
    ("vanished", "the upload: gone"),
    ("replaced", "the upload: a pipe"),
    ("register changes", "written anew, with the old digest, before stage outcomes"),
    ("input changes", "the upload, a cell, before stage outcomes"),
    ("damaged input", f"parameters/requests/{REQUEST}.yml: zeroes"),
    ("damaged result", f"outputs/{REQUEST}/restricted/matching.closed.json after matching: cut in half"),
)

#: The stages after which a short suite begins; a report takes as long as all before it.
SHORT_STAGES = ("linkage", "matching", "outcomes")

RESTS_ON = ("validation/faults", "validation/cheap.py")


def all_trials(bench: Bench) -> Iterator[Trial]:
    """Every trial of the whole suite, by kind."""
    yield from killed.trials(2)
    yield from storage.full_disk()
    yield from storage.limits()
    yield from storage.places()
    yield from changed.registers()
    yield from changed.inputs()
    yield from changed.two_at_once()
    yield from changed.clocks()
    yield from changed.surroundings()
    yield from damaged.trials(bench)  # every file that an undisturbed run left


def chosen_trials(known: list[Trial], effort: Effort) -> list[Trial]:
    """Those to be tried: of what this machine lets one try, `OF_A_KIND` of each kind, drawn by the seed; few if short.

    One of each kind after the other, so that an unfinished run has tried something of every kind.
    """
    able = {kind: can() for kind, (can, _) in NEEDS.items()}
    found = [one for one in known if able.get(one.kind, True)]
    if effort.short:
        return [one for one in found if (one.kind, one.name) in SHORT]
    random.Random(effort.seed).shuffle(found)
    kinds: dict[str, list[Trial]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    chosen = [_unlike(ones) for ones in kinds.values()]
    return [one for turn in zip_longest(*chosen) for one in turn if one is not None]


def _unlike(trials: list[Trial]) -> list[Trial]:
    """`OF_A_KIND` of the trials of one kind: each the one whose stage, place and way were chosen least until then."""
    left, chosen, seen = list(trials), [], Counter()
    while left and len(chosen) < OF_A_KIND:
        best = min(left, key=lambda one: sum(seen[part] for part in _about(one)) / len(_about(one)))
        left.remove(best)
        chosen.append(best)
        seen.update(_about(best))
    return chosen


def _about(trial: Trial) -> list[str]:
    """The parts of a trial's name: stage, place, way; of a file its folders, its name and its ending."""
    name = re.sub(rf"outputs/({REQUEST}/)?(restricted/)?| \(\d\)$", "", trial.name)
    return re.split(r"/|: |, | after | stage |(?=\.\w+(?:$|:| after))", name)


def run(folder: Path, effort: Effort) -> None:
    """Try what has not been tried yet, and write the tables.

    Raises
    ------
    JDLError
        If the folder holds trials of another seed, another extent or other code.
    """
    folder = Path(folder).resolve()
    about = claim(folder, effort, RESTS_ON)
    preload()
    bench = Bench(folder)
    bench.prepare(PERSONS, effort.seed, SHORT_STAGES if effort.short else tuple(STAGES))
    bench.findings, bench.needles  # noqa: B018  (read once, before there are several threads)
    known, record = list(all_trials(bench)), folder / "trials.jsonl"
    trials = chosen_trials(known, effort)
    extent = {"n_known": len(known), "n_planned": len(trials)}
    done = {(row["kind"], row["name"]) for row in _rows(record)}
    left = [(i, one) for i, one in enumerate(trials) if (one.kind, one.name) not in done]
    lock, bar = Lock(), tqdm(total=len(trials), initial=len(trials) - len(left), unit="trial", disable=None)

    def try_one(numbered: tuple[int, Trial]) -> None:
        row = carry_out(bench, numbered[1], numbered[0], effort.seed)
        with lock:
            with open(record, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            write_results(folder, about | extent)
            bar.update()

    with bar, ThreadPoolExecutor(effort.workers) as pool:
        list(pool.map(try_one, left))
    write_results(folder, about | extent)


def write_results(folder: Path, about: dict[str, Any]) -> None:
    """Write ``results/trials.csv``, ``results/kinds.csv`` and ``results/about.json`` from the trials so far."""
    rows = pd.DataFrame(_rows(folder / "trials.jsonl"))
    if rows.empty:
        return
    rows = rows.drop_duplicates(["kind", "name"], keep="last")
    kinds = rows.groupby("kind", sort=False).agg(
        n_tried=("name", "size"), n_survived=("survived", "sum"), n_run_again=("run_again", "sum")
    )
    untried = {kind: why for kind, (can, why) in NEEDS.items() if kind not in kinds.index and not can()}
    said = about | {"n_tried": len(rows), "not_tried": untried}
    said |= {"toolkit_version": __version__, "toolkit_commit": toolkit_commit()}
    place = folder / RESULTS
    write_atomically(place / "trials.csv", rows.to_csv(index=False))
    write_atomically(place / "kinds.csv", kinds.reset_index().to_csv(index=False))
    write_atomically(place / "about.json", json.dumps(said, indent=1) + "\n")


def _rows(record: Path) -> list[dict[str, Any]]:
    """The trials on record; a line that was cut short is one that was not tried."""
    found = []
    for line in record.read_text("utf-8").splitlines() if record.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
