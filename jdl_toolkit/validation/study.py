"""Running a study: many replications of named cells, in parallel, stopped and taken up again without a trace.

Each replication has a random stream of its own, made from the seed, the cell's name and its number. So results do not
depend on how many processes share the work, how it is cut into blocks, or how often it was stopped. A finished block is
one file, written whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from ..errors import JDLError
from ..result import write_atomically

BLOCK = 20  # replications in a file: a few seconds' work, lost at most when a run is stopped

_BLOCK_FILE = re.compile(r"(\d{6})-(\d{6})\.parquet")
#: What replications of a cell are drawn from: a frozen dataclass of values that JSON can hold.
World = TypeVar("World")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Study(Generic[World]):
    """What is repeated, where, and how often.

    Parameters
    ----------
    name : str
    cells : dict of str to dataclass
        What each replication of a cell is drawn from, by the cell's name; its fields decide the results.
    replications : dict of str to int
        Of each cell, unless asked otherwise.
    replicate : callable
        ``replicate(world, rng)`` gives the rows of one replication, a list of dict. A function of a module, so that
        other processes find it; what all replications of a process share, it may keep (`functools.lru_cache`).
    rests_on : tuple of str
        Files and folders of the package whose code decides the results.
    settings : callable
        What else decides them, as values JSON can hold.
    """

    name: str
    cells: dict[str, World]
    replications: dict[str, int]
    replicate: Callable[[World, np.random.Generator], list[dict]]
    rests_on: tuple[str, ...]
    settings: Callable[[], dict]


def run_study(
    study: Study,
    out: Path,
    cells: Iterable[str] | None = None,
    replications: int | None = None,
    workers: int = 2,
    seed: int = 1,
    block: int = BLOCK,
) -> None:
    """Run what is missing of the cells asked for; files go to ``out/<cell>/<first>-<last>.parquet``.

    Parameters
    ----------
    study : Study
    out : Path
    cells : iterable of str, optional
        Default: all.
    replications : int, optional
        Default: the study's own number for each cell.
    workers, seed, block : int
        Processes; seed; replications in a file. Only the seed changes results.

    Raises
    ------
    JDLError
        If a cell is not known, or `out` holds replications made under other settings.
    """
    chosen = list(study.cells if cells is None else cells)
    unknown = [name for name in chosen if name not in study.cells]
    if unknown:
        raise JDLError(f"there is no cell {', '.join(unknown)}", "--cells", f"choose among {', '.join(study.cells)}")
    _claim(study, out, chosen, seed)
    wanted = {name: study.replications[name] if replications is None else replications for name in chosen}
    tasks = [(numbers, name) for name in chosen for numbers in _missing(out / name, wanted[name], block)]
    tasks.sort(key=lambda task: task[0][0])  # all cells grow together: a fault shows early, in whichever it is
    total = sum(wanted.values())
    done = total - sum(len(numbers) for numbers, _ in tasks)
    blocks = [(study.replicate, study.cells[name], name, seed, numbers, out / name) for numbers, name in tasks]
    bar = tqdm(total=total, initial=done, unit="replication", desc=study.name, disable=None)
    with bar:
        for n_finished in _each_block(blocks, workers):
            bar.update(n_finished)


def _each_block(blocks: list[tuple], workers: int) -> Iterator[int]:
    """Run the blocks, in this process or in several, each with one thread; the number of replications of each done."""
    if workers == 1:
        with threadpool_limits(1):
            yield from (_run_block(*block) for block in blocks)
        return
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker) as pool:
        runs = [pool.submit(_run_block, *block) for block in blocks]
        try:
            yield from (run.result() for run in as_completed(runs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def random_stream(seed: int, cell: str, number: int) -> np.random.Generator:
    """The random numbers of one replication: they depend on nothing but these three."""
    key = int.from_bytes(hashlib.sha256(cell.encode()).digest()[:8], "big")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key, number)))


def read_replications(out: Path, cells: Iterable[str] | None = None) -> pd.DataFrame:
    """All finished replications: cell, replication, and the study's columns, in the order of cell and number.

    Raises
    ------
    JDLError
        If there are none, or the cells were made with different seeds, settings or code.
    """
    folders = sorted(path.parent for path in out.glob("*/settings.json") if cells is None or path.parent.name in cells)
    frames = [pd.read_parquet(path) for folder in folders for path in sorted(folder.glob("*.parquet"))]
    if not frames:
        raise JDLError("no replications are finished", str(out), "run the study first")
    about = [json.loads((folder / "settings.json").read_text("utf-8")) for folder in folders]
    if len({json.dumps(a | {"cell": "", "world": ""}, sort_keys=True) for a in about}) > 1:
        raise JDLError("the cells were made under different settings", str(out), "run each cell again in a new folder")
    return pd.concat(frames, ignore_index=True).sort_values(["cell", "replication"], kind="stable", ignore_index=True)


def code_digest(parts: Iterable[str]) -> str:
    """SHA-256 over the source files of these parts of the package, by path."""
    package, found = Path(__file__).resolve().parent.parent, hashlib.sha256()
    for part in sorted(parts):
        place = package / part
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place, place.with_suffix(".py")]
        for file in dict.fromkeys(f for f in files if f.is_file()):
            found.update(f"{file.relative_to(package).as_posix()}\n".encode() + file.read_bytes())
    return found.hexdigest()


def _claim(study: Study, out: Path, cells: list[str], seed: int) -> None:
    """Note beside each cell's files what they were made under; refuse to add to files made otherwise."""
    differs = []
    for name in cells:
        about = {"study": study.name, "cell": name, "world": asdict(study.cells[name]), "seed": seed}
        about |= {"settings": study.settings(), "code": code_digest(study.rests_on)}
        about = json.loads(json.dumps(about, default=str))  # as it will be read: a tuple is a list
        path = out / name / "settings.json"
        if not path.exists():
            write_atomically(path, json.dumps(about, indent=2, sort_keys=True) + "\n")
            continue
        before = json.loads(path.read_text("utf-8"))
        if before != about:
            parts = [key for key in about if before.get(key) != about[key]]
            differs.append(f"{name} ({', '.join(parts)})")
    if differs:
        what = f"holds replications made under other settings: {'; '.join(differs)}"
        raise JDLError(what, str(out), "give another folder to --out, or the same settings as before")


def _missing(folder: Path, n: int, block: int) -> list[list[int]]:
    """Numbers of the replications still to be run, in blocks of neighbours."""
    done = np.zeros(n, bool)
    for path in folder.glob("*.parquet"):
        if found := _BLOCK_FILE.fullmatch(path.name):
            done[int(found[1]) : int(found[2]) + 1] = True
    numbers = np.flatnonzero(~done)
    cuts = np.flatnonzero((np.diff(numbers) > 1) | (numbers[1:] % block == 0)) + 1
    return [part.tolist() for part in np.split(numbers, cuts) if len(part)]


def _run_block(replicate: Callable, world: Any, cell: str, seed: int, numbers: list[int], folder: Path) -> int:
    rows = [
        {"cell": cell, "replication": number} | row
        for number in numbers
        for row in replicate(world, random_stream(seed, cell, number))
    ]
    content = BytesIO()
    pd.DataFrame(rows).to_parquet(content, index=False)
    write_atomically(folder / f"{numbers[0]:06d}-{numbers[-1]:06d}.parquet", content.getvalue())
    return len(numbers)


def _start_worker() -> None:
    """One thread for each process; and none outlives the process that started it."""
    threadpool_limits(1)
    parent = multiprocessing.parent_process()

    def leave_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=leave_with_parent, daemon=True).start()
