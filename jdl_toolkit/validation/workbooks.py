"""Can a damaged workbook break the check, or mislead it? Part of the validation study."""

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
from .part import RESULTS, Answer, Check, Effort, Part
from .study import code_digest

#: Files of each kind, one in each round: about 0.75 seconds of one processor each, below ten minutes in all.
N_ROUNDS = 4
#: In a short study one file of each tenth kind.
SHORT_STEP = 10
_RESTS_ON = ("submission", "precheck", "errors.py", "validation/workbooks_sent.py")
ENDS = ("read", "remarked", "refused", "failed")


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
    from .workbooks_kinds import example, kinds
    from .workbooks_trial import Checker

    _claim(folder, effort)
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


def _claim(folder: Path, effort: Effort) -> None:
    about = {"seed": effort.seed, "short": effort.short, "code": code_digest(_RESTS_ON)}
    path = folder / "settings.json"
    if path.is_file() and (before := json.loads(path.read_text("utf-8"))) != about:
        differs = ", ".join(key for key in about if before.get(key) != about[key])
        raise JDLError(f"the folder holds a study made otherwise ({differs})", str(folder), "name another folder")
    write_atomically(path, json.dumps(about, indent=1))


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


def answer(results: Path) -> Answer:
    """What came of it, from the table of kinds alone."""
    from .workbooks_kinds import GROUPS
    from .workbooks_limits import FAULTS, MOST_MEMORY, MOST_SECONDS

    about = json.loads((results / "about.json").read_text("utf-8"))
    kinds = pd.read_csv(results / "kinds.csv", keep_default_na=False)
    n, n_survived = int(kinds["tried"].sum()), int(kinds["survived"].sum())
    sums = kinds[list(ENDS)].sum()
    text = (
        f"{n:,} damaged workbooks of {len(kinds):,} kinds were given to `jdl check`, each in a process of its own. "
        f"{n_survived:,} of {n:,} survived: the check came to its end in time, said in plain words what it found, "
        f"showed nobody's name, date of birth or identifier, left no half-written file, and took nobody for somebody "
        f"else without a remark. {sums['read']:,} were read as if nothing had happened, {sums['remarked']:,} with "
        f"remarks on what differs, {sums['refused']:,} were refused with what to do."
    )
    if about["short"]:
        text += f"\n\nThis was a short study: {len(kinds):,} of {about['n_kinds_there_are']:,} kinds, one file of each."
    elif about["n_tried"] < about["n_asked"]:
        text += f"\n\nThis study was stopped: {about['n_tried']:,} of {about['n_asked']:,} files were tried."
    text += (
        "\n\nThe files are drawn by hypothesis from an upload of 66 invented people whose every cell is one of a kind. "
        "What can't be seen in a file is no fault of whoever reads it: day and month exchanged throughout, or "
        "forenames under the heading Surname, make another workbook that is as good. Such kinds are tried for "
        "everything else."
    )
    checks = [
        Check("Damaged workbooks that the check survived", f"{n_survived:,} of {n:,}", "all", n > 0 and n_survived == n)
    ]
    for fault, words in FAULTS.items():
        at = kinds[[fault in told.split("; ") for told in kinds["faults"]]]
        named = "; ".join(at["kind"].head(5))
        checks.append(Check(f"Kinds of damage at which the check {words}", f"{len(at):,}", "0", at.empty, named))
    seconds, memory = float(kinds["most_seconds"].max()), float(kinds["most_memory_mb"].max())
    checks.append(
        Check("Longest check, of one processor", f"{seconds:.1f} s", f"up to {MOST_SECONDS} s", seconds <= MOST_SECONDS)
    )
    most = MOST_MEMORY / 1e6
    checks.append(Check("Most memory in use", f"{memory:,.0f} MB", f"up to {most:,.0f} MB", memory <= most))
    if not about["short"]:
        checks.append(Check("Kinds of damage", f"{len(kinds):,}", "at least 100", len(kinds) >= 100))
    tables = (_table_of_groups(kinds, GROUPS), _table_of_kinds(kinds, GROUPS))
    return Answer(PART.key, PART.question, text, tuple(checks), tables)


def _table_of_groups(kinds: pd.DataFrame, groups: dict[str, str]) -> Table:
    sums = kinds.assign(kinds=1).groupby("group")[["kinds", "tried", "survived", *ENDS]].sum()
    rows = [
        (words, *(f"{int(number):,}" for number in sums.loc[key])) for key, words in groups.items() if key in sums.index
    ]
    heads = ("What was damaged", "Kinds", "Tried", "Survived", "Read whole", "With remarks", "Refused", "Failed")
    return Table(
        "damaged_workbooks", "Damaged workbooks, and what the check made of them", heads, tuple(rows), "lrrrrrrr"
    )


def _table_of_kinds(kinds: pd.DataFrame, groups: dict[str, str]) -> Table:
    ordered = kinds.assign(order=kinds["group"].map(list(groups).index)).sort_values("order", kind="stable")
    rows = [
        (f"{row.kind[:1].upper()}{row.kind[1:]}", f"{row.tried:,}", f"{row.survived:,}", f"{row.most_seconds:.1f}")
        for row in ordered.itertuples()
    ]
    heads = ("Kind of damage", "Tried", "Survived", "Longest, seconds")
    caption = "Every kind of damage: how many files were tried, how many the check survived"
    groups_of = tuple(groups[group] for group in ordered["group"])
    return Table("kinds_of_damage", caption, heads, tuple(rows), "lrrr", groups=groups_of)


PART = Part(
    "workbooks",
    "Can a damaged workbook break the check, or mislead it?",
    run,
    answer,
    "10 minutes on 1 processor",
)
