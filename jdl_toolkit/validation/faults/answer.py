"""What the trials answer, from the tables they left."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ... import numbers
from ...document import Table
from ..part import Answer, Check

KEY, QUESTION = "faults", "What happens when the machine fails, and when files are spoilt?"

#: Kinds of fault, in words.
KINDS = {
    "killed": "Processes killed (SIGKILL, SIGTERM, Ctrl-C, a closed terminal), at every stage and a random moment",
    "paused": "Put to sleep and woken; hundreds of signals that break system calls off",
    "full disk": "A disk with too little room, from none to nearly enough",
    "limits of the system": "Limits on the size of files and on how many may be open",
    "unreadable": "Files and folders that may not be read, or not be written",
    "vanished": "Files and folders that are gone",
    "replaced": "A folder, a file, a dangling link, a loop or a pipe in the place of something else",
    "register changes": "A register that changes between stages, or while one runs",
    "input changes": "Upload, request or defaults that change between stages, or while one runs",
    "two at once": "Several runs of one request at once, and other commands beside a run",
    "clock": "The clock set back or on, time zones, 29 February, beyond 2038, files from the future",
    "surroundings": "No home, another language, closed streams, a lock of a dead process, temporary files that go",
    "damaged input": "Upload, register, settings and notebooks cut short, emptied, zeroed, with bits flipped",
    "damaged result": "The same of every file that one stage leaves to the next",
    "damaged publication": "The same of findings and report",
}


def answer(results: Path) -> Answer:
    """The answer from ``trials.csv``, ``kinds.csv`` and ``about.json``."""
    trials = pd.read_csv(Path(results) / "trials.csv", keep_default_na=False)
    kinds = pd.read_csv(Path(results) / "kinds.csv")
    about = json.loads((Path(results) / "about.json").read_text("utf-8"))
    n_tried, n_survived = int(kinds["n_tried"].sum()), int(kinds["n_survived"].sum())
    return Answer(
        KEY,
        QUESTION,
        _text(about, n_tried, n_survived, int(kinds["n_run_again"].sum())),
        tuple([*_checks(kinds, trials), *_untried(about)]),
        tuple(table for table in (_table(kinds), _failures(trials)) if table is not None),
    )


def _text(about: dict, n_tried: int, n_survived: int, n_run_again: int) -> str:
    n = numbers.number
    unfinished = about["n_tried"] < about["n_planned"]
    so_far = f" It is unfinished: {n(about['n_planned'], 0)} faults are planned." if unfinished else ""
    so_far += " It was a short run." if about["short"] else ""
    drawn = (
        f" They were drawn from {n(about['n_known'], 0)} that the suite knows, some of each kind; another seed draws"
    )
    so_far += f"{drawn} others." if not about["short"] and about["n_planned"] < about["n_known"] else ""
    so_far += f"\n\n{about['remarks']}" if about.get("remarks") else ""
    held = "All were survived." if n_survived == n_tried else f"{n(n_survived, 0)} were survived; the rest is listed."
    return (
        f"{n(n_tried, 0)} faults were really done to runs of a request in a temporary lab. {held}{so_far}\n\n"
        "A fault counts as survived if all of this is true: the command ended by itself, with an exit status that says"
        " how; it said what was wrong and what to do, with no traceback and no name, date of birth or identifier of"
        " anybody in the upload; no file that counts as finished was half-written; no stage that had been finished was"
        " lost; and it never gave other findings than an undisturbed run. Where anything had been written, the fault"
        f" was then mended and the request run again ({n(n_run_again, 0)} times): findings, and after the report stage"
        " every published file, had to be the same. With --fresh only where the message had said so.\n\n"
        "What it can show is that these faults, at these moments, do no harm. It cannot show that no other fault does."
        " A disk that loses what it has confirmed as written, a machine that loses its power, and a network disk were"
        " not tried."
    )


def _checks(kinds: pd.DataFrame, trials: pd.DataFrame) -> list[Check]:
    found = []
    for row in kinds.itertuples():
        failed = trials[(trials["kind"] == row.kind) & (trials["survived"].astype(str) != "True")]
        why = "; ".join(f"{one.name} ({one.why})" for one in failed.head(3).itertuples())
        more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
        claim = f"{KINDS.get(row.kind, row.kind)}: survived"
        holds = bool(row.n_survived == row.n_tried) and row.n_tried > 0
        found.append(Check(claim, f"{row.n_survived} of {row.n_tried}", f"all of {row.n_tried}", holds, why + more))
    return found


def _untried(about: dict) -> list[Check]:
    return [
        Check(f"{KINDS[kind]}: survived", "not tried", "all", None, f"It could not be tried on this machine: {why}.")
        for kind, why in about["not_tried"].items()
    ]


def _table(kinds: pd.DataFrame) -> Table:
    rows = tuple(
        (KINDS.get(row.kind, row.kind), numbers.number(row.n_tried, 0), numbers.number(row.n_survived, 0))
        for row in kinds.itertuples()
    )
    total = ("All", numbers.number(kinds["n_tried"].sum(), 0), numbers.number(kinds["n_survived"].sum(), 0))
    columns = ("What was done", "Tried", "Survived")
    return Table("faults_by_kind", "Faults done to runs, and how many were survived", columns, (*rows, total), "lrr")


def _failures(trials: pd.DataFrame) -> Table | None:
    failed = trials[trials["survived"].astype(str) != "True"]
    rows = tuple((KINDS.get(one.kind, one.kind), one.name, one.why) for one in failed.itertuples())
    columns = ("Kind", "What was done", "What went wrong")
    return Table("faults_not_survived", "Faults that were not survived", columns, rows, "lll") if rows else None
