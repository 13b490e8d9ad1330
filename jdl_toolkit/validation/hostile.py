"""Does a hostile text, in any field, run, break or leak anything? Part of the validation study."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from .. import __version__
from ..document import Table
from ..errors import JDLError
from ..manifest import toolkit_commit
from ..result import write_atomically
from .hostile_texts import TEXTS
from .part import RESULTS, Answer, Check, Effort, Part
from .study import code_digest

_RESTS_ON = ("submission", "precheck", "spec.py", "errors.py", "markup.py", "render")
#: In a short study every so many-th pair of a text and a field is tried.
SHORT_STEP = 60


def run(folder: Path, effort: Effort) -> None:
    """Put every text into every field; what became of each field and kind of text is one row.

    Parameters
    ----------
    folder : Path
    effort : Effort
        Short: every sixtieth pair. The seed chooses with which of them a short study begins; nothing else is drawn.

    Raises
    ------
    JDLError
        If the folder holds what was made by other settings or code.
    """
    from .hostile_fields import fields

    about = {"seed": effort.seed, "short": effort.short, "code": code_digest(_RESTS_ON)}
    settings, done = folder / "settings.json", folder / "tried.jsonl"
    if settings.is_file() and json.loads(settings.read_text("utf-8")) != about:
        raise JDLError("the folder holds a study made otherwise", str(folder), "name another folder")
    write_atomically(settings, json.dumps(about, indent=1))
    pairs = [(field, kind, i) for kind, texts in TEXTS.items() for i in range(len(texts)) for field in fields()]
    random.Random(effort.seed).shuffle(pairs)  # of all kinds and fields, should the study be stopped
    pairs = pairs[effort.seed % SHORT_STEP :: SHORT_STEP] if effort.short else pairs
    before = [json.loads(line) for line in done.read_text("utf-8").splitlines()] if done.is_file() else []
    seen = {(one["field"], one["kind"], one["text"]) for one in before}
    left = [pair for pair in pairs if pair not in seen]
    bar = tqdm(total=len(pairs), initial=len(seen), desc="hostile text", unit="text", disable=None)
    try:
        with bar, done.open("a", encoding="utf-8") as kept:
            for field, kind, i in left:
                end, faults = _tried(fields()[field], TEXTS[kind][i])
                one = {"field": field, "kind": kind, "text": i, "end": end, "faults": faults}
                kept.write(json.dumps(one) + "\n")
                kept.flush()
                before.append(one)
                bar.update()
    finally:  # a study that is stopped has its answer, too
        _gather(folder, before, effort, len(pairs))


def _tried(field: object, text: str) -> tuple[str, list[str]]:
    place = Path(tempfile.mkdtemp(prefix="jdl-hostile."))
    try:
        return field(text, place)
    except Exception as fault:  # what is no `JDLError` would have been a fault of the toolkit
        return "failed", [f"a fault of the toolkit ({type(fault).__name__})"]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _gather(folder: Path, tried: list[dict], effort: Effort, n_asked: int) -> None:
    if not tried:
        return
    frame = pd.DataFrame(tried)
    rows = []
    for (field, kind), found in frame.groupby(["field", "kind"], sort=True):
        row = {
            "field": field,
            "kind": kind,
            "tried": len(found),
            "survived": int((found["faults"].str.len() == 0).sum()),
        }
        row |= {
            end: int((found["end"] == end).sum()) for end in ("taken as text", "refused", "cannot be stored", "failed")
        }
        rows.append(row | {"faults": "; ".join(sorted({fault for faults in found["faults"] for fault in faults}))})
    write_atomically(folder / RESULTS / "fields.csv", pd.DataFrame(rows).to_csv(index=False))
    about = {
        "seed": effort.seed,
        "short": effort.short,
        "toolkit_version": __version__,
        "toolkit_commit": toolkit_commit(),
    }
    about |= {"n_tried": len(tried), "n_asked": n_asked}
    write_atomically(folder / RESULTS / "about.json", json.dumps(about, indent=1))


def answer(results: Path) -> Answer:
    """What came of it, from the table of fields and kinds alone."""
    about = json.loads((results / "about.json").read_text("utf-8"))
    found = pd.read_csv(results / "fields.csv", keep_default_na=False)
    n, n_survived = int(found["tried"].sum()), int(found["survived"].sum())
    text = (
        f"{n:,} times a text that tries to be something else (a formula, a script, a command, a path …) stood in one field "  # noqa: E501
        f"of an upload or of a request. {n_survived:,} of {n:,} times nothing of it took effect: it was shown as text "
        f"({int(found['taken as text'].sum()):,}), refused in plain words ({int(found['refused'].sum()):,}), or could not be "  # noqa: E501
        f"stored in a workbook at all ({int(found['cannot be stored'].sum()):,})."
    )
    if about["n_tried"] < about["n_asked"]:
        text += f"\n\nThis study was stopped: {about['n_tried']:,} of {about['n_asked']:,} were tried."
    text += "\n\nThis was a short study." if about["short"] else ""
    text += (
        "\n\nWhat the check shows of an upload (page, words, marked copy) and a notebook of a request is read anew by rules "  # noqa: E501
        "that share nothing with what wrote it. Reports, their spreadsheets and PDF are held to the same by the tests; "
        "they are not made anew for each of these texts."
    )
    at = found[found["faults"] != ""]
    named = "; ".join(f"{row.field}: {row.faults}" for row in at.head(5).itertuples())
    claim = "Hostile texts of which nothing took effect"
    checks = [Check(claim, f"{n_survived:,} of {n:,}", "all", n > 0 and n_survived == n, named)]
    for kind in sorted(set(found["kind"])):
        of = found[found["kind"] == kind]
        n_of, survived = int(of["tried"].sum()), int(of["survived"].sum())
        checks.append(Check(f"Texts that try to be: {kind}", f"{survived:,} of {n_of:,}", "all", survived == n_of))
    sums = found.groupby("field")[["tried", "survived", "taken as text", "refused", "cannot be stored"]].sum()
    rows = tuple(
        (field, *(f"{int(number):,}" for number in row)) for field, row in zip(sums.index, sums.to_numpy(), strict=True)
    )
    heads = ("Field", "Tried", "Survived", "Shown as text", "Refused", "No workbook can hold it")
    table = Table("hostile_fields", "Hostile texts by the field they stood in", heads, rows, "lrrrrr")
    return Answer(PART.key, PART.question, text, tuple(checks), (table,))


PART = Part(
    "hostile-text",
    "Does a hostile text, in any field, run, break or leak anything?",
    run,
    answer,
    "15 minutes on 1 processor",
)
