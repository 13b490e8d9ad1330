"""Which column of the sheet is which: finds the row of headings and what each heading means."""

from __future__ import annotations

import difflib
import re

import pandas as pd
from openpyxl.utils import get_column_letter

from ..errors import Problem
from .faults import issues_of
from .fields import (
    ALIASES,
    BY_KEY,
    COLUMNS,
    CORRECTIONS,
    GUESSABLE,
    PARTS_OF_SERVICE,
    PEOPLE,
    REPEATS,
    TELLING,
    plain,
)
from .sheets import Grid, is_blank

COLUMN_FIELDS = ("sheet", "key", "heading", "found", "position", "recognised")
ROWS_SEARCHED = 30
HEADINGS_NEEDED = 3

#: How a column was recognised that holds surname and forename, parted by a comma.
SPLIT = "as surname, forename"
#: One that could stand for the same part of the service as another that was read.
SECOND = "not used, for another was"
WHOLE_NAMES = (
    "name",
    "names",
    "full name",
    "full names",
    "surname forename",
    "surname and forename",
    "surname first name",
)
#: Two spellings of one word: a letter or two exchanged, lost or doubled.
ALIKE = 0.8
#: A heading of no known meaning with as many digits may be a date or an identifier, and is not repeated to anybody.
DIGITS_HIDDEN = 4


def find_columns(grid: Grid, file: str) -> tuple[int, pd.DataFrame, list[Problem]]:
    """The row of headings and what its columns mean.

    Parameters
    ----------
    grid : list of rows
        The People sheet.
    file : str
        Its file's name, for messages.

    Returns
    -------
    row : int
        Index of the row of headings (0 is the first row of the sheet).
    columns : DataFrame
        One row per filled heading: ``sheet``, ``key`` (missing if not used), ``heading`` (the template's), ``found``
        (the organisation's), ``position`` (1 = column A), ``recognised`` (exactly, by another name, …).
    problems : list of Problem
        Missing and doubled columns, all of them.
    """
    where = f"{file}, sheet “{PEOPLE}”"
    row, n_known = _heading_row(grid)
    if n_known < HEADINGS_NEEDED:
        # nothing that was found is repeated here: without headings, the first row may be a person
        wanted = ", ".join(c.heading for c in COLUMNS if c.required)
        fix = f"give the columns the template's headings, in one row: {wanted}, Service start, …"
        return row, _no_columns(), [Problem("there is no row of headings", where, fix)]
    found = _without_people(_split_whole_names(_recognise(grid[row]), grid[row + 1 :]), grid[row + 1 :])
    return row, found, [*_doubled(found, where), *_missing(found, where)]


def heading_issues(columns: pd.DataFrame, row: int) -> list[pd.DataFrame]:
    """Remarks on columns that were guessed, split, or not used; `row` is the number of the row of headings."""
    found = {
        "heading_guessed": columns["recognised"] == "by likeness",
        "names_split": (columns["recognised"] == SPLIT) & (columns["key"] == "surname"),
        "column_second": columns["recognised"] == SECOND,
        "column_not_used": columns["key"].isna() & (columns["recognised"] != SECOND),
    }
    return [
        issues_of(code, PEOPLE, [row] * int(at.sum()), None, "“" + columns.loc[at, "found"] + "”")
        for code, at in found.items()
    ]


def other_lists(sheets: dict[str, Grid], used: str) -> list[pd.DataFrame]:
    """Remarks on sheets but the one `used` for People that have its headings; by number if named after people."""
    others = [
        (f"sheet {place}" if _names_somebody(name, _people_below(grid)) else f"“{name}”")
        for place, (name, grid) in enumerate(sheets.items(), 1)
        if name not in (used, CORRECTIONS, REPEATS) and _heading_row(grid)[1] >= HEADINGS_NEEDED
    ]
    return [issues_of("sheet_not_read", PEOPLE, [None], None, [name]) for name in others]


def _people_below(grid: Grid) -> list[tuple[str, str]]:
    row, _ = _heading_row(grid)
    columns = _split_whole_names(_recognise(grid[row]), grid[row + 1 :])
    return _people_of(columns, grid[row + 1 :])


def _people_of(columns: pd.DataFrame, below: Grid) -> list[tuple[str, str]]:
    """Forename and surname of everybody below the headings, in small letters; none if a column of either is lacking."""
    known = columns.dropna(subset=["key"]).drop_duplicates("key").set_index("key")
    if not {"forename", "surname"} <= set(known.index) or (known["recognised"] == SPLIT).any():
        return []
    f, s = (int(known.at[key, "position"]) - 1 for key in ("forename", "surname"))
    return list({(plain(str(row[f])), plain(str(row[s]))) for row in below if len(row) > max(f, s) and row[s]})


def _names_somebody(text: str, people: list[tuple[str, str]]) -> bool:
    """Whether a text holds forename and surname of one of these people, or consists of their names alone."""
    said = f" {plain(text)} "
    words = set(said.split())
    if words and words <= {name for both in people for name in both}:
        return True
    return any(f and s and f" {f} " in said and f" {s} " in said for f, s in people if s in said)


def _without_people(columns: pd.DataFrame, below: Grid) -> pd.DataFrame:
    """Headings that are not used and name somebody who stands below them are called by their column, as "column K"."""
    unused = columns.index[columns["key"].isna()]
    people = _people_of(columns, below) if len(unused) else []
    named = [i for i in unused if _names_somebody(columns.at[i, "found"], people)]
    return columns.assign(
        found=columns["found"].where(
            ~columns.index.isin(named), [f"column {get_column_letter(position)}" for position in columns["position"]]
        )
    )


def is_heading_row(cells: pd.DataFrame) -> pd.Series:
    """Whether each row repeats the headings (pages pasted together). Bool, by row."""
    # columns that every sheet has decide which rows are worth a closer look
    suspects = cells[
        cells["surname"].map(lambda cell: isinstance(cell, str) and ALIASES.get(plain(cell)) == "surname").astype(bool)
    ]
    telling = [key for key in TELLING if key in cells]
    hits = sum(suspects[key].map(lambda cell, k=key: ALIASES.get(plain(cell)) == k).astype(int) for key in telling)
    return pd.Series(cells.index.isin(suspects.index[hits >= HEADINGS_NEEDED]), index=cells.index)


def _heading_row(grid: Grid) -> tuple[int, int]:
    known = [len({key for key in map(_key_of, row) if key}) for row in grid[:ROWS_SEARCHED]]
    best = max(range(len(known)), key=known.__getitem__, default=0)
    return best, known[best] if known else 0


def _recognise(headings: list[object]) -> pd.DataFrame:
    filled = [(i + 1, " ".join(str(h).split())) for i, h in enumerate(headings) if not is_blank(h)]
    records = []
    for position, found in filled:
        key = ALIASES.get(_bare(found))
        how = (
            "not used"
            if key is None
            else "exactly"
            if _bare(found) == plain(BY_KEY[key].heading)
            else "by another name"
        )
        shown = (
            found if key or len(re.findall(r"\d", found)) < DIGITS_HIDDEN else f"column {get_column_letter(position)}"
        )
        records.append((PEOPLE, key, None, shown, position, how))
    columns = pd.DataFrame(records, columns=list(COLUMN_FIELDS)).astype({"key": "object"})
    return _one_for_each_part(_guess(columns)).assign(
        heading=lambda c: c["key"].map(lambda k: BY_KEY[k].heading if isinstance(k, str) else None)
    )


def _guess(columns: pd.DataFrame) -> pd.DataFrame:
    """Give misspelt headings to columns that nothing else stands for."""
    for i in columns.index[columns["key"].isna()]:
        key = _key_of(columns.at[i, "found"])
        if key and key not in set(columns["key"]):
            columns.loc[i, ["key", "recognised"]] = [key, "by likeness"]
    return columns


def _one_for_each_part(columns: pd.DataFrame) -> pd.DataFrame:
    """Of columns that could be the same part of the service, the one with the template's heading, or else the first."""
    rank = columns["recognised"].ne("exactly")
    later = columns.assign(rank=rank).sort_values(["rank", "position"])["key"].duplicated().reindex(columns.index)
    columns.loc[later & columns["key"].isin(PARTS_OF_SERVICE), ["key", "recognised"]] = [None, SECOND]
    return columns


def _bare(heading: object) -> str:
    """What a heading says, without its number in a list, and without "of" where "of client" stood."""
    return re.sub(r"^\d+ (?=\D)| of$", "", plain(heading))


def _key_of(heading: object) -> str | None:
    """The column that a heading stands for, though it be misspelt; None if it is none of ours."""
    said = "" if is_blank(heading) or not isinstance(heading, str) or len(heading) > 60 else _bare(heading)
    near = (key for known, key in GUESSABLE.items() if said and _is_misspelt(said, known))
    return ALIASES.get(said) or next(near, None)


def _is_misspelt(found: str, known: str) -> bool:
    """Whether one heading is the other with a slip in it. "End date of sentence" is not "end date of service"."""
    if found.replace(" ", "") == known.replace(" ", ""):
        return True
    pairs = list(zip(found.split(), known.split(), strict=False))
    if not len(pairs) == len(found.split()) == len(known.split()):
        return False
    return all(a == b or _is_slip(a, b) for a, b in pairs)


def _is_slip(word: str, other: str) -> bool:
    of_a_length = min(len(word), len(other)) > 3 and abs(len(word) - len(other)) <= 1
    return of_a_length and difflib.SequenceMatcher(None, word, other).ratio() >= ALIKE


def _split_whole_names(columns: pd.DataFrame, below: Grid) -> pd.DataFrame:
    """Where one column holds all names, each with one comma, let it stand for surname and forename."""
    whole = columns.index[columns["key"].isna() & columns["found"].map(plain).isin(WHOLE_NAMES)]
    if len(whole) != 1 or {"forename", "surname"} & set(columns["key"]):
        return columns
    at = columns.at[whole[0], "position"] - 1
    names = [str(row[at]) for row in below if not is_blank(row[at])]
    if not names or not all(re.fullmatch(r"[^,]*\w[^,]*,[^,]*\w[^,]*", name) for name in names):
        return columns
    both = columns.loc[[whole[0]] * 2].assign(
        key=["surname", "forename"], heading=["Surname", "Forename"], recognised=SPLIT
    )
    return pd.concat([columns.drop(whole), both]).sort_values("position", kind="stable").reset_index(drop=True)


def _doubled(columns: pd.DataFrame, where: str) -> list[Problem]:
    doubled = columns[columns["key"].notna() & columns["key"].duplicated(keep=False) & (columns["key"] != "record")]
    return [
        Problem(
            f"{len(group)} columns could be “{BY_KEY[key].heading}”: “{'”, “'.join(group['found'])}”",
            where,
            "keep one of them",
        )
        for key, group in doubled.groupby("key", sort=False)
    ]


def _missing(columns: pd.DataFrame, where: str) -> list[Problem]:
    have = set(columns["key"].dropna())
    lacking = [c.key for c in COLUMNS if c.required and c.key not in have]
    problems = [Problem(f"there is no column “{BY_KEY[k].heading}”", where, _suggestion(columns, k)) for k in lacking]
    if not have & {"service_start", "service_end"}:
        fix = _suggestion(columns, "service_start")
        problems.append(Problem("there is neither a column “Service start” nor “Service end”", where, fix))
    return problems


def _suggestion(columns: pd.DataFrame, key: str) -> str:
    heading = BY_KEY[key].heading
    unused = {plain(found): found for found in columns.loc[columns["key"].isna(), "found"]}
    if key in ("forename", "surname") and (whole := unused.keys() & set(WHOLE_NAMES)):
        if {"forename", "surname"} & set(columns["key"]):
            return f"if the column “{unused[min(whole)]}” holds it, rename that to “{heading}”"
        return f"split the column “{unused[min(whole)]}” into Forename and Surname"
    names = [plain(heading), *BY_KEY[key].aliases]
    near = [
        (difflib.SequenceMatcher(None, name, own).ratio(), found) for own, found in unused.items() for name in names
    ]
    score, nearest = max(near, default=(0.0, ""))
    return (
        f"rename the column “{nearest}” to “{heading}”"
        if score >= 0.6
        else f"add a column with the heading “{heading}”"
    )


def _no_columns() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in COLUMN_FIELDS})
