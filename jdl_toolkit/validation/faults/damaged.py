"""Files that are spoilt where a run reads them: cut short, emptied, bits flipped, zeroes, another's content."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from .bench import REQUEST, Bench
from .trial import Case, Trial

#: What is done to the bytes of a file.
WAYS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut in half": lambda content, luck: content[: len(content) // 2],
    "emptied": lambda content, luck: b"",
    "a bit flipped": lambda content, luck: _flipped(content, luck, 1),
    "forty bits flipped": lambda content, luck: _flipped(content, luck, 40),
    "zeroes": lambda content, luck: bytes(len(content)),
    "its last kilobyte lost": lambda content, luck: content[:-1024],
}

#: What a run reads that is not in its own folder.
INPUTS = (
    "data/demo/foundation-2013.xlsx",
    "data/demo/register.duckdb",
    f"parameters/requests/{REQUEST}.yml",
    "parameters/defaults.yml",
    "parameters/data_sources.yml",
    "notebooks/01_intake.ipynb",
    "notebooks/04_outcomes.ipynb",
)


def _flipped(content: bytes, luck: random.Random, n: int) -> bytes:
    spoilt = bytearray(content)
    for _ in range(n if content else 0):
        spoilt[luck.randrange(len(spoilt))] ^= 1 << luck.randrange(8)
    return bytes(spoilt)


def trials(
    bench: Bench, ways: tuple[str, ...] = ("cut in half", "a bit flipped", "emptied", "zeroes"), only: str = ""
) -> Iterator[Trial]:
    """Every file that a stage left, before the next stage; every input; what is published, before a last run.

    `only`: a part of a file's name.
    """
    for name in INPUTS:
        for way in ways:
            if only in name:
                yield Trial("damaged input", f"{name}: {way}", partial(_spoil, name=name, way=way), "")
    for after in ("intake", "linkage", "matching"):
        for name in _left(bench, after):
            for way in ways:
                if only in name:
                    act = partial(_spoil, name=name, way=way)
                    yield Trial("damaged result", f"{name} after {after}: {way}", act, after)
    for name in _left(bench, "report"):
        if "report/" in name or name.endswith("findings.json"):
            for way in ways[:3]:
                if only in name:
                    act = partial(_spoil, name=name, way=way)
                    yield Trial("damaged publication", f"{name}: {way}", act, "report", "report")


def _left(bench: Bench, after: str) -> list[str]:
    """The files of the request's folder after a stage, but for pages that are drawn from them."""
    state = bench.states / after
    if not state.exists():  # a short run makes no report
        return []
    found = [p.relative_to(state) for p in sorted(state.rglob("*")) if p.is_file() and not p.name.endswith(".lock")]
    spare = ("review/", "report/figures/", "report/data/") if after == "report" else ("review/",)
    return [f"outputs/{place.as_posix()}" for place in found if not any(one in str(place) for one in spare)]


def _spoil(case: Case, name: str, way: str) -> None:
    place = case.root / name
    before, status = place.read_bytes(), place.stat()
    place.write_bytes(WAYS[way](before, case.luck))
    if not name.startswith("outputs/"):
        case.mend.append(lambda: _give_back(place, before, (status.st_atime_ns, status.st_mtime_ns)))
    case.run()


def _give_back(place: Path, content: bytes, times: tuple[int, int]) -> None:
    place.write_bytes(content)
    os.utime(place, ns=times)
