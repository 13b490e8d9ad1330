"""Slips: the ways in which a name or a date comes to be written otherwise than it is on record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

from . import name_lists as lists

_WIDTH = 40  # letters of the longest name that is handled


def has_nickname(forenames: pd.Series) -> np.ndarray:
    """Whether the table of nicknames knows a short form of each forename."""
    return forenames.isin(list(lists.NICKNAMES)).to_numpy()


def nicknames(rng: np.random.Generator, forenames: pd.Series) -> pd.Series:
    """A short form of each forename, at random among those in use; the forename itself where there is none."""
    other = _other_form(rng, forenames, lists.NICKNAMES)
    return other.where(other.notna(), forenames)


def respell(rng: np.random.Generator, names: pd.Series) -> pd.Series:
    """Each name in another spelling: another transliteration where one is known, else a slip of the pen."""
    other = _other_form(rng, names, other_spellings())
    return other.where(other.notna(), misspell(rng, names))


def misspell(rng: np.random.Generator, names: pd.Series) -> pd.Series:
    """One slip of the pen in each name: a letter left out, doubled, exchanged with the next, or replaced.

    The first letter stays, as it mostly does. Names of fewer than three letters are returned unchanged.
    """
    text = names.fillna("").astype(str).to_numpy(dtype=f"U{_WIDTH}")
    length = np.char.str_len(text)
    place = 1 + np.floor(rng.random(len(text)) * np.maximum(length - 2, 1)).astype(int)
    letter = np.array(list("aeioulnrst"))[rng.integers(0, 10, len(text))]
    slipped = _slip(text, place, rng.integers(0, 4, len(text)), letter)
    # two equal letters exchanged, or one replaced by itself, is no slip: then one is doubled
    slipped = np.where(slipped == text, _slip(text, place, np.ones(len(text), dtype=int), letter), slipped)
    result = pd.Series(slipped.astype(object), index=names.index)
    return result.where((length >= 3) & names.notna().to_numpy(), names)


def _slip(text: np.ndarray, place: np.ndarray, kind: np.ndarray, letter: np.ndarray) -> np.ndarray:
    """Names with the letter at `place` left out (kind 0), doubled (1), exchanged with the next (2), replaced (3)."""
    letters = text.view("U1").reshape(len(text), _WIDTH)
    column, at, kind = np.arange(_WIDTH)[None, :], place[:, None], kind[:, None]
    exchanged = np.where(column == at, at + 1, np.where(column == at + 1, at, column))
    shifted = [column + (column >= at), column - (column > at), exchanged]
    source = np.select([kind == 0, kind == 1, kind == 2], shifted, column)
    changed = np.take_along_axis(letters, source.clip(0, _WIDTH - 1), axis=1)
    changed = np.where((kind == 3) & (column == at), letter[:, None], changed)
    return np.ascontiguousarray(changed).view(f"U{_WIDTH}").ravel()


def misdate(rng: np.random.Generator, dates: pd.Series) -> pd.Series:
    """One wrong digit in the day, month or year of each date; what results is a day of the calendar."""
    moved = [_moved(dates, *step) for step in ((0, 0, 1), (0, 0, 10), (0, 1, 0), (1, 0, 0), (10, 0, 0))]
    moved += [_moved(dates, *step) for step in ((0, 0, -1), (0, 0, -10), (0, -1, 0), (-1, 0, 0), (-10, 0, 0))]
    one_digit = [(_digits(other) != _digits(dates)).sum(axis=1) == 1 for other in moved]
    return _one_of(rng, moved, one_digit, dates)


def misdate_year(rng: np.random.Generator, dates: pd.Series) -> pd.Series:
    """Each date one, two or ten years off (29 February moves by one or two days as well)."""
    moved = [dates + pd.DateOffset(years=years) for years in (-10, -2, -1, 1, 2, 10)]
    return _one_of(rng, moved, [other.notna() for other in moved], dates)


def first_of_january(dates: pd.Series) -> pd.Series:
    """What is written down where only the year is known."""
    return dates - pd.to_timedelta(dates.dt.dayofyear - 1, unit="D")


def another_day(rng: np.random.Generator, dates: pd.Series) -> pd.Series:
    """A date up to three years away: somebody else's, or a guess."""
    days = rng.integers(32, 1100, len(dates)) * rng.choice([-1, 1], len(dates))
    return (dates + pd.to_timedelta(days, unit="D")).astype(dates.dtype)


def swap_day_and_month(dates: pd.Series) -> pd.Series:
    """Day and month exchanged where that is a date; unchanged elsewhere."""
    parts = pd.DataFrame({"year": dates.dt.year, "month": dates.dt.day, "day": dates.dt.month})
    swapped = pd.to_datetime(parts.where(dates.dt.day <= 12), errors="coerce").astype(dates.dtype)
    return swapped.where(swapped.notna(), dates)


def _moved(dates: pd.Series, years: int, months: int, days: int) -> pd.Series:
    """Year, month and day each moved by themselves; missing where there is no such day."""
    parts = pd.DataFrame({"year": dates.dt.year + years, "month": dates.dt.month + months, "day": dates.dt.day + days})
    return pd.to_datetime(parts, errors="coerce").astype(dates.dtype)


def _digits(dates: pd.Series) -> np.ndarray:
    """The eight digits of each date, shape (n, 8); zeros where missing."""
    number = (dates.dt.year * 10_000 + dates.dt.month * 100 + dates.dt.day).fillna(0).to_numpy(dtype=np.int64)
    return number[:, None] // 10 ** np.arange(8) % 10


def _one_of(
    rng: np.random.Generator, options: list[pd.Series], allowed: list[pd.Series], otherwise: pd.Series
) -> pd.Series:
    """For each row one of the allowed options at random."""
    luck = np.column_stack(allowed) * (1 - rng.random((len(otherwise), len(options))))
    best, chosen = luck.argmax(axis=1), otherwise.copy()
    for k, option in enumerate(options):
        chosen = chosen.mask((best == k) & (luck.max(axis=1) > 0), option)
    return chosen


def _other_form(rng: np.random.Generator, names: pd.Series, forms: Mapping[str, tuple[str, ...]]) -> pd.Series:
    """One of the forms of each name at random; None where there is none."""
    count = names.map({name: len(known) for name, known in forms.items()}).fillna(0).to_numpy(dtype=float)
    which = np.floor(rng.random(len(names)) * count).astype(int)
    table = pd.Series({(name, k): form for name, known in forms.items() for k, form in enumerate(known)}, dtype=object)
    found = table.reindex(pd.MultiIndex.from_arrays([names.to_numpy(dtype=object), which])).to_numpy()
    return pd.Series(found, index=names.index, dtype=object).where(count > 0, None)


@cache
def other_spellings() -> dict[str, tuple[str, ...]]:
    """Name -> its other spellings."""
    forms: dict[str, list[str]] = {}
    for group in lists.TRANSLITERATIONS:
        for name in group:
            known = forms.setdefault(name, [])
            known.extend(other for other in group if other != name and other not in known)
    return {name: tuple(others) for name, others in forms.items()}
