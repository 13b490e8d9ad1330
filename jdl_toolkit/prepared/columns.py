"""What the columns of a prepared table hold: who was treated, covariates as numbers or categories, outcomes.

Each reader returns the values and adds what is wrong to a list of problems, so that all faults of a table come at once.
A fault is told by the number of cells, never by what stands in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import Problem
from ..wording import listed, plain

#: Numbers beyond this have no fourth power, which the degrees of freedom of Welch's interval need.
LARGEST = 1e60
#: More levels than this look like a name or a number of each person, unless the column is named as a category.
MOST_LEVELS = 100
#: Values are shown in a message only where at least so many rows have them, and there are few.
_COMMON, _FEW = 5, 5

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?$"
_COMMA = r"^[+-]?[0-9]+,[0-9]+$"
_NO, _YES = ("0", "false", "no"), ("1", "true", "yes")


class OutcomeType(StrEnum):
    """What an outcome is: a share (0/1), a count of events, or any other number, of which the mean is compared."""

    share = "share"
    count = "count"
    mean = "mean"


@dataclass(frozen=True)
class Cells:
    """A column as numbers, and as text where some cell is none.

    Parameters
    ----------
    numbers : float array, shape (n_rows,)
        NaN where the cell is empty or no number.
    text : pyarrow array of string, or None
        None where every cell that is not empty is a number.
    is_empty : bool array, shape (n_rows,)
    n_with_comma : int
        Cells that are numbers with a decimal comma.
    """

    numbers: np.ndarray
    text: pa.Array | None
    is_empty: np.ndarray
    n_with_comma: int = 0

    @property
    def n_not_numbers(self) -> int:
        return int((np.isnan(self.numbers) & ~self.is_empty).sum())

    @property
    def n_known(self) -> int:
        return int((~self.is_empty).sum())


def cells_of(column: pa.ChunkedArray, decimal: str = ".", is_category: bool = False) -> Cells | None:
    """The cells of a column, those of a category as text; None if they are neither numbers nor text (dates, lists)."""
    column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _of_text(pc.utf8_trim_whitespace(column), decimal, is_category)
    if pa.types.is_null(column.type):
        return Cells(np.full(len(column), np.nan), None, np.ones(len(column), bool))
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    is_number = (
        pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
    )
    if not is_number:
        return None
    numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(float)
    return Cells(numbers, None, np.isnan(numbers))


def _of_text(column: pa.Array, decimal: str, is_category: bool) -> Cells:
    column = pc.if_else(pc.equal(pc.utf8_length(column), 0), pa.scalar(None, column.type), column)
    is_empty = pc.is_null(column).to_numpy(zero_copy_only=False)
    if is_category:
        return Cells(np.full(len(column), np.nan), column, is_empty)
    written = pc.replace_substring(column, ",", ".") if decimal == "," else column
    try:
        return Cells(_as_floats(written), None, is_empty)
    except pa.ArrowInvalid:
        pass
    is_number = pc.match_substring_regex(written, _NUMBER)
    numbers = _as_floats(pc.if_else(is_number, written, pa.scalar(None, written.type)))
    n_with_comma = int(pc.sum(pc.match_substring_regex(column, _COMMA)).as_py() or 0)
    return Cells(numbers, column, is_empty, n_with_comma)


def _as_floats(text: pa.Array) -> np.ndarray:
    return text.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)


def read_treatment(cells: Cells | None, where: str, problems: list[Problem]) -> np.ndarray:
    """Who was treated, as bool array; 0/1, true/false or yes/no."""
    values = _two_values(cells)
    if values is None:
        fix = "write 1, true or yes for treated people and 0, false or no for all others"
        problems.append(Problem(_not_two_values(cells), where, fix))
        return np.zeros(0, bool)
    n_empty = int(np.isnan(values).sum())
    if n_empty:
        fix = "say of everybody whether they were treated, or take these rows out"
        problems.append(Problem(f"{_cells(n_empty)} empty", where, fix))
    n_treated = int((values == 1).sum())
    if not n_treated or not (values == 0).any():
        what = "nobody was treated" if not n_treated else "everybody was treated"
        problems.append(Problem(what, where, "matching needs treated people and others to compare them with"))
    return values == 1


def read_covariate(
    cells: Cells | None, is_category: bool, where: str, problems: list[Problem], *, name: str
) -> pd.Series | None:
    """A covariate as numbers (float, NaN where not known) or as a category (text, None where not known)."""
    if cells is None:
        fix = "give it as a number (days before the start, say) or as a category"
        problems.append(Problem("holds neither numbers nor text", where, fix))
        return None
    if not cells.n_known:
        problems.append(Problem("every cell is empty", where, "leave the covariate out"))
        return None
    if is_category:
        return _as_text(cells)
    if cells.text is not None:
        truths = _truths(cells)
        if truths is not None:
            return pd.Series(truths)
        if 2 * cells.n_not_numbers < cells.n_known or 2 * cells.n_with_comma > cells.n_known:
            problems.append(_not_numbers(cells, where, f"or say --categorical “{plain(name)}” if it is a category"))
            return None
        text = _as_text(cells)
        n_levels = text.nunique()
        if n_levels > MOST_LEVELS:
            fix = f"group them, leave it out, or say --categorical “{plain(name)}” if all are meant"
            problems.append(Problem(f"holds {n_levels:,} different texts", where, fix))
        return text
    _refuse_extremes(cells.numbers, where, problems)
    return pd.Series(cells.numbers)


def read_outcome(
    cells: Cells | None, asked: OutcomeType | None, where: str, problems: list[Problem], *, may_be_empty: bool
) -> tuple[np.ndarray, OutcomeType] | None:
    """An outcome and what it is: 0/1 is a share, whole numbers from 0 up are counts, other numbers have means."""
    truths = _two_values(cells)
    if truths is None and (cells is None or cells.text is not None):
        problems.append(_not_numbers(cells, where, "an outcome is a number, or yes and no"))
        return None
    values = cells.numbers if truths is None else truths
    n_faults = len(problems)
    n_empty = int(cells.is_empty.sum())
    if n_empty == len(values):
        problems.append(Problem("every cell is empty", where, "name a column that holds the outcome"))
    elif n_empty and not may_be_empty:
        fix = "complete them, or say --missing complete-cases to leave these rows out"
        problems.append(Problem(f"{_cells(n_empty)} empty", where, fix))
    _refuse_extremes(values, where, problems)
    known = values[np.isfinite(values)]
    if len(known) and 0 < np.ptp(known) < 1 / LARGEST:
        what = f"its values differ by less than {1 / LARGEST:g}, too little to calculate with"
        problems.append(Problem(what, where, "give the column in a smaller unit"))
    is_whole, is_share = bool((known == np.floor(known)).all()), bool(np.isin(known, (0, 1)).all())
    is_count = is_whole and bool((known >= 0).all())
    kind = asked or (OutcomeType.share if is_share else OutcomeType.count if is_count else OutcomeType.mean)
    fits = {OutcomeType.share: is_share, OutcomeType.count: bool((known >= 0).all()), OutcomeType.mean: True}
    if not fits[kind]:
        needs = "0 and 1" if kind == OutcomeType.share else "numbers from 0 up"
        problems.append(
            Problem(f"a {kind} needs {needs}, and there are others", where, "choose another --outcome-type")
        )
    return (values, kind) if len(problems) == n_faults else None


def _refuse_extremes(values: np.ndarray, where: str, problems: list[Problem]) -> None:
    n_infinite = int(np.isinf(values).sum())
    n_large = int((np.abs(values) > LARGEST).sum()) - n_infinite
    if n_infinite:
        problems.append(Problem(f"{_cells(n_infinite)} infinite", where, "correct them, or leave them empty"))
    if n_large:
        what = f"{_cells(n_large)} beyond {LARGEST:g}, too large to calculate with"
        problems.append(Problem(what, where, "correct them, or give the column in a larger unit"))


def _two_values(cells: Cells | None) -> np.ndarray | None:
    """1, 0 or NaN (empty) for each row of a column of two values; None if it is none."""
    if cells is None:
        return None
    if cells.text is None:
        return cells.numbers if np.isin(cells.numbers[~cells.is_empty], (0, 1)).all() else None
    words = pc.utf8_lower(cells.text)
    yes, no = (_is_in(words, of) | (cells.numbers == n) for of, n in ((_YES, 1), (_NO, 0)))
    return np.where(yes, 1.0, np.where(no, 0.0, np.nan)) if (yes | no | cells.is_empty).all() else None


def _truths(cells: Cells) -> np.ndarray | None:
    """A covariate of true and false is a 0/1 number, as in R; yes and no are two levels."""
    words = pc.utf8_lower(cells.text)
    yes, no = _is_in(words, ("true",)), _is_in(words, ("false",))
    return np.where(yes, 1.0, np.where(no, 0.0, np.nan)) if (yes | no | cells.is_empty).all() else None


def _is_in(words: pa.Array, of: tuple[str, ...]) -> np.ndarray:
    return pc.is_in(words, value_set=pa.array(of, words.type)).to_numpy(zero_copy_only=False)


def _as_text(cells: Cells) -> pd.Series:
    if cells.text is not None:
        found = cells.text.dictionary_encode()
        codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return pd.Series(pd.Categorical.from_codes(codes, found.dictionary.to_pylist()))
    codes, levels = pd.factorize(cells.numbers)
    return pd.Series(pd.Categorical.from_codes(codes, [f"{v:.15g}" for v in levels]))


def _not_two_values(cells: Cells | None) -> str:
    """What is wrong with a treatment column; its values are shown only where they are few and each stands for many."""
    if cells is None:
        return "holds neither numbers nor text"
    counts = _as_text(cells).value_counts()
    n = len(counts)
    said = f"holds {n:,} different values where {'0 and 1' if n == 2 else 'two'} are expected"
    if n <= _FEW and counts.min() >= _COMMON:
        said += f" ({listed([_as_shown(str(v)) for v in sorted(counts.index)])})"
    return said


def _as_shown(value: str) -> str:
    """A value in a message, cut short."""
    return plain(value)[:30]


def _not_numbers(cells: Cells | None, where: str, otherwise: str) -> Problem:
    if cells is None:
        return Problem("holds neither numbers nor text", where, otherwise)
    if 2 * cells.n_with_comma > cells.n_known:
        what = f"{cells.n_with_comma:,} numbers are written with a decimal comma"
        return Problem(what, where, "say --decimal ,")
    what = f"{_cells(cells.n_not_numbers)} no number"
    return Problem(what, where, f"correct them, leave them empty, {otherwise}")


def _cells(n: int) -> str:
    return f"{n:,} cell{' is' if n == 1 else 's are'}"
