"""What came of damaged workbooks, from the table of kinds alone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ...document import Table
from ..part import Answer, Check
from .kinds import GROUPS
from .limits import FAULTS, MOST_MEMORY, MOST_SECONDS

KEY, QUESTION = "workbooks", "Can a damaged workbook break the check, or mislead it?"
#: How a check ended.
ENDS = ("read", "remarked", "refused", "failed")


def answer(results: Path) -> Answer:
    """What came of it, from the table of kinds alone."""
    about = json.loads((results / "about.json").read_text("utf-8"))
    kinds = pd.read_csv(results / "kinds.csv", keep_default_na=False)
    n, n_survived = int(kinds["tried"].sum()), int(kinds["survived"].sum())
    sums = kinds[list(ENDS)].sum()
    text = (
        f"{n:,} damaged workbooks of {len(kinds):,} kinds were given to jdl check, each in a process of its own. "
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
    return Answer(KEY, QUESTION, text, tuple(checks), tables)


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
