"""How hostile texts are tried: followed to what is published, and each by itself; taken up again where it stopped."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from ... import __version__
from ...errors import JDLError
from ...manifest import toolkit_commit
from ...result import write_atomically
from ..claim import claim
from ..part import RESULTS, Effort
from .answer import ENDS
from .texts import TEXTS

RESTS_ON = ("submission", "precheck", "spec.py", "errors.py", "markup.py", "document.py", "render", "publication")
#: In a short study every so many-th text of a field is tried by itself.
SHORT_STEP = 200
#: Of the texts of each kind so many are tried in a field of an upload by itself, which takes the longest.
_OF_UPLOAD = 1


def run(folder: Path, effort: Effort) -> None:
    """The whole line; reports of which every field is hostile; each field of an upload and of a request by itself.

    Parameters
    ----------
    folder : Path
    effort : Effort
        Short: no whole line, one report, every so many-th text by itself. The seed chooses which text stands where.

    Raises
    ------
    JDLError
        If the folder holds what was made by other settings or code.
    """
    claim(folder, effort, RESTS_ON)
    asked, done = _asked(effort), folder / "tried.jsonl"
    before = [json.loads(line) for line in done.read_text("utf-8").splitlines()] if done.is_file() else []
    seen = {one["step"] for one in before}
    bar = tqdm(total=len(asked), initial=len(seen), desc="hostile text", unit="step", disable=None)
    try:
        with bar, done.open("a", encoding="utf-8") as kept:
            for step in [step for step in asked if step not in seen]:
                rows, files = _tried(asked[step])
                before.append({"step": step, "rows": rows, "files": files})
                kept.write(json.dumps(before[-1]) + "\n")
                kept.flush()
                bar.update()
    finally:  # a study that is stopped has its answer, too
        _gather(folder, before, effort, len(asked))


#: Rows of what became of each text, and of each file that was read.
Tried = tuple[list[dict], list[dict]]


def _asked(effort: Effort) -> dict[str, Callable[[Path], Tried]]:
    """What is to be tried, by a name that stays the same when the study is taken up again."""
    from . import line, published

    asked: dict[str, Callable[[Path], Tried]] = {}
    rounds = [effort.seed % published.n_rounds()] if effort.short else range(published.n_rounds())
    for number in rounds:
        asked[f"round {number}"] = lambda place, number=number: published.play(number, place)
    if not effort.short:
        asked["whole line"] = lambda place: line.play(place, effort.seed)
    return asked | _alone(effort)


def _alone(effort: Effort) -> dict[str, Callable[[Path], Tried]]:
    from .fields import fields

    tried = []
    for place, (field, _) in enumerate(fields().items()):
        for kind, texts in TEXTS.items():
            n = _OF_UPLOAD if field.startswith("upload") else len(texts)
            tried += [(field, kind, (effort.seed + place + i) % len(texts)) for i in range(n)]
    random.Random(effort.seed).shuffle(tried)  # of all kinds and fields, should the study be stopped
    tried = tried[effort.seed % SHORT_STEP :: SHORT_STEP] if effort.short else tried
    return {f"{field} | {kind} | {i}": _one(field, kind, i) for field, kind, i in tried}


def _one(field: str, kind: str, i: int) -> Callable[[Path], Tried]:
    def try_it(place: Path) -> Tried:
        from .fields import fields

        end, faults = fields()[field](TEXTS[kind][i], place)
        return [{"field": field, "kind": kind, "end": end, "faults": faults}], []

    return try_it


def _tried(step: Callable[[Path], Tried]) -> Tried:
    place = Path(tempfile.mkdtemp(prefix="jdl-hostile."))
    try:
        return step(place)
    except Exception as fault:  # what is no `JDLError` would have been a fault of the toolkit
        row = {"field": "a step that failed", "kind": "all at once", "end": "failed"}
        said = f": {str(fault)[:200]}" if isinstance(fault, JDLError) else ""
        return [row | {"faults": [f"a fault of the toolkit ({type(fault).__name__}{said})"]}], []
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _gather(folder: Path, tried: list[dict], effort: Effort, n_asked: int) -> None:
    rows = [row for step in tried for row in step["rows"]]
    if not rows:
        return
    found = []
    for (field, kind), of in pd.DataFrame(rows).groupby(["field", "kind"], sort=True):
        faults = sorted({fault[:300] for faults in of["faults"] for fault in faults})
        counts = {"tried": len(of), "survived": int((of["faults"].str.len() == 0).sum())}
        counts |= {end: int((of["end"] == end).sum()) for end in ENDS}
        found.append({"field": field, "kind": kind} | counts | {"faults": "; ".join(faults[:5])})
    write_atomically(folder / RESULTS / "fields.csv", pd.DataFrame(found).to_csv(index=False))
    files = pd.DataFrame([file for step in tried for file in step["files"]], columns=["place", "file", "faults"])
    files["sound"] = files["faults"] == ""
    read = files.groupby("file")["sound"].agg(["size", "sum"]).rename(columns={"size": "read", "sum": "survived"})
    write_atomically(folder / RESULTS / "files.csv", read.to_csv())
    about = {"seed": effort.seed, "short": effort.short, "toolkit_version": __version__}
    about |= {"toolkit_commit": toolkit_commit(), "n_steps": len(tried), "n_asked": n_asked}
    about |= {"n_rounds": sum(one["step"].startswith("round") for one in tried)}
    about |= {"whole_line": any(one["step"] == "whole line" for one in tried), "n_texts": sum(map(len, TEXTS.values()))}
    write_atomically(folder / RESULTS / "about.json", json.dumps(about, indent=1) + "\n")
