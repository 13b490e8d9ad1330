"""The hunt: every scene is played in a lab of its own, and everything that it leaves is searched."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...manifest import toolkit_commit
from ...result import write_atomically
from .people import Needles, decoys, on_register, uploaded
from .place import Place
from .places import RESTRICTED, files_of
from .scenes import SCENES
from .seeking import WORDS, Seeker
from .unwrapping import texts_of

#: Days that the toolkit gives as examples of how to write one; nobody's birth is sought by them.
EXAMPLES = frozenset({"1985-05-16"})


@dataclass(frozen=True)
class Sought:
    """Needles of invented people, as many decoys, and those of the first upload, which its run must hold."""

    needles: Needles
    decoys: Needles
    sent: Needles

    @classmethod
    def of(cls, invented: Path, seed: int) -> Sought:
        sent = [uploaded(invented / f"{name}-2013.xlsx") for name in ("foundation", "bridges")]
        everybody = pd.concat([on_register(invented), *sent], ignore_index=True)
        needles = Needles.of(everybody)
        births = frozenset(day for day in needles.births if day.isoformat() in EXAMPLES)
        needles, words = needles.without(Needles(births=births)), Needles(names=own_words())
        return cls(
            needles.without(words), decoys(everybody, needles, seed, EXAMPLES).without(words), Needles.of(sent[0])
        )


def own_words() -> frozenset[str]:
    """Words of the toolkit's own code: a name may be one by chance ("Turned"), and is not sought by itself."""
    kinds = (".py", ".typ", ".css", ".js", ".html")
    files = [p for p in Path(__file__).resolve().parents[2].rglob("*") if p.suffix in kinds]
    return frozenset(word for p in files for word in WORDS.findall(p.read_text("utf-8", errors="replace").lower()))


def slug(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def play(name: str, folder: Path, invented: Path, sought: Sought) -> Path:
    """Play a scene and search what it leaves; what was found goes to ``<folder>/<scene>.json``.

    The hits themselves, with the text around them, are kept in ``<folder>/<scene>.hits.json``: whoever looks into one
    needs them. The lab is deleted.
    """
    record = folder / f"{slug(name)}.json"
    if record.exists():
        return record
    root = folder / slug(name)
    shutil.rmtree(root, ignore_errors=True)
    at = Place(root, invented)
    SCENES[name](at)
    keep_published(root, folder.parent / "published" / slug(name))
    found, hits = search(root, sought)
    about = {
        "scene": name,
        "commit": toolkit_commit(),
        "commands": at.n_commands,
        "statuses": Counter(map(str, at.statuses)),
        "files": found,
    }
    write_atomically(folder / f"{slug(name)}.hits.json", json.dumps(hits, indent=1))
    write_atomically(record, json.dumps(about, indent=1))
    shutil.rmtree(root, ignore_errors=True)
    return record


def keep_published(root: Path, kept: Path) -> None:
    """Keep a copy of a request's report and findings, to hold against people who cannot be in them."""
    for findings in sorted((root / "lab" / "outputs").glob("*/findings.json"))[:1]:
        if (findings.parent / "report").is_dir():
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(findings.parent / "report", kept / "report")
            shutil.copy(findings, kept / "findings.json")


def search(root: Path, sought: Sought) -> tuple[list[dict], list[dict]]:
    """Files of a scene with what was found in each, as counts; and the hits."""
    seeker, chance, own = (Seeker(n) for n in (sought.needles, sought.decoys, sought.sent))
    rows, hits = [], []
    for path, place in files_of(root):
        row = {"place": place, "file": str(path.relative_to(root)), "kind": path.suffix, "bytes": path.stat().st_size}
        try:
            texts = list(dict.fromkeys(texts_of(path)))
        except Exception as fault:
            rows.append(row | {"unread": type(fault).__name__})
            continue
        if place == RESTRICTED:
            rows.append(row | {"held": sorted(hit.kind + " " + hit.found for hit in own.seek(texts))})
            continue
        mine, others = seeker.seek(texts), chance.seek(texts)
        rows.append(row | {"hits": Counter(hit.kind for hit in mine), "decoys": Counter(hit.kind for hit in others)})
        for of, found in (("people", mine), ("decoys", others)):
            hits += [{"file": row["file"], "place": place, "of": of} | vars(hit) for hit in found]
    return rows, hits
