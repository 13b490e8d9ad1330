"""What came of hostile texts, from the tables of fields and of files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ...document import Table
from ..part import Answer, Check

KEY, QUESTION = "hostile-text", "Does a hostile text, in any field, run, break or leak anything?"
#: What became of a text.
ENDS = ("taken as text", "refused", "not printed", "cannot be stored", "failed")


def answer(results: Path) -> Answer:
    """What came of it, from the small tables alone."""
    about = json.loads((results / "about.json").read_text("utf-8"))
    found = pd.read_csv(results / "fields.csv", keep_default_na=False)
    files = pd.read_csv(results / "files.csv", keep_default_na=False)
    checks = (*_checks_of_texts(found), _check_of_files(files), _check_of_line(found, about))
    return Answer(KEY, QUESTION, _text(about, found, files), checks, (_by_field(found), _by_file(files)))


def _text(about: dict, found: pd.DataFrame, files: pd.DataFrame) -> str:
    texts = found[~_is_line(found)]
    n, n_survived = int(texts["tried"].sum()), int(texts["survived"].sum())
    ends = {end: f"{int(texts[end].sum()):,}" for end in ENDS}
    said = [
        f"{n:,} times a text that tries to be something else (a formula, a script, a command, a path …) stood in a "
        f"field of an upload, of a request, or of what a report is made of. {n_survived:,} of {n:,} times nothing of "
        f"it took effect: {ends['taken as text']} times it was shown as text, {ends['refused']} times refused in "
        f"plain words, {ends['not printed']} times it stood where reports print nothing, and "
        f"{ends['cannot be stored']} times no workbook could hold it.",
        f"{about['n_rounds']:,} reports, each with a bulletin and an index page, were made with another of "
        f"{about['n_texts']:,} texts in every field at once. {int(files['read'].sum()):,} files were read anew by "
        "rules that share nothing with what wrote them: pages, PDF, spreadsheets, CSV, drawings, notebooks and data. "
        "A fault in one of them counts against every text of its report.",
        _line_in_words(found, about),
    ]
    if about["n_steps"] < about["n_asked"]:
        said.append(f"This study was stopped: {about['n_steps']:,} of {about['n_asked']:,} steps were tried.")
    said += ["This was a short study."] if about["short"] else []
    said.append(
        "What this can't show: that no other text, no other program that opens these files, and no field that only a "
        "lab's own staff write (its SQL adapters are programs, and run as such) can ever do harm. Data files keep each "
        "text as it came."
    )
    return "\n\n".join(said)


def _is_line(found: pd.DataFrame) -> pd.Series:
    return found["field"].str.startswith("whole line")


def _line_in_words(found: pd.DataFrame, about: dict) -> str:
    if not about["whole_line"]:
        return "The whole line with such texts in every field at once was not tried here."
    line = found[_is_line(found)]
    n, n_well = int(line["tried"].sum()), int(line["survived"].sum())
    return (
        "Then the whole line was run once with such texts in the register, the lab's codebook, the upload, the "
        f"request, the records, the organisation's response and results published elsewhere: {n_well:,} of {n:,} "
        "commands, from the first run to release, bulletin and status, ended as they should, and nothing that they "
        "wrote took effect."
        if n_well == n
        else f"Of the whole line with such texts everywhere, {n_well:,} of {n:,} commands ended as they should."
    )


def _checks_of_texts(found: pd.DataFrame) -> list[Check]:
    texts = found[~_is_line(found)]
    n, n_survived = int(texts["tried"].sum()), int(texts["survived"].sum())
    at = texts[texts["faults"] != ""]
    named = "; ".join(f"{row.field}: {row.faults}" for row in at.head(3).itertuples())
    claim = "Hostile texts of which nothing took effect"
    checks = [Check(claim, f"{n_survived:,} of {n:,}", "all", n > 0 and n_survived == n, named)]
    for kind, of in texts.groupby("kind"):
        n_of, survived = int(of["tried"].sum()), int(of["survived"].sum())
        checks.append(Check(f"Texts that try to be: {kind}", f"{survived:,} of {n_of:,}", "all", survived == n_of))
    return checks


def _check_of_files(files: pd.DataFrame) -> Check:
    n, survived = int(files["read"].sum()), int(files["survived"].sum())
    why = "; ".join(files.loc[files["survived"] < files["read"], "file"])
    claim = "Files made of hostile texts in which nothing took effect"
    return Check(claim, f"{survived:,} of {n:,}", "all", survived == n if n else None, why or "" if n else "not tried")


def _check_of_line(found: pd.DataFrame, about: dict) -> Check:
    line = found[_is_line(found)]
    n, survived = int(line["tried"].sum()), int(line["survived"].sum())
    claim = "Commands of the whole line, with hostile texts in every field, that ended as they should"
    if not about["whole_line"]:
        return Check(claim, "not tried", "all", None, "a short study leaves it out" if about["short"] else "stopped")
    why = "; ".join(f"{row.field}: {row.faults}" for row in line[line["faults"] != ""].itertuples())
    return Check(claim, f"{survived:,} of {n:,}", "all", n > 0 and survived == n, why)


def _by_field(found: pd.DataFrame) -> Table:
    sums = found.groupby("field")[["tried", "survived", *ENDS[:-1]]].sum()
    rows = tuple(
        (field, *(f"{int(number):,}" for number in row)) for field, row in zip(sums.index, sums.to_numpy(), strict=True)
    )
    heads = ("Field", "Tried", "Survived", "Shown as text", "Refused", "Not printed", "No workbook can hold it")
    return Table("hostile_fields", "Hostile texts by the field they stood in", heads, rows, "lrrrrrr")


def _by_file(files: pd.DataFrame) -> Table:
    rows = tuple((row.file, f"{row.read:,}", f"{row.survived:,}") for row in files.itertuples())
    heads = ("Kind of file", "Read", "Nothing took effect")
    return Table("hostile_files", "Files made of hostile texts, read anew", heads, rows, "lrr")
