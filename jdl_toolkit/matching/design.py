"""From covariates to columns: levels as codes, rare levels joined, a column for each level, and who is comparable.

Everything works column by column. A number stays where it is in the covariate frame, a level takes one byte for each
person, and no matrix of them all is made here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..errors import JDLError, Problem
from .checks import MOST_LEVELS, as_float, covariate_columns, is_category, is_number, problems_of_units

OTHER_LEVELS = "other levels"
NOT_KNOWN = "not known"


def ordered_units(units: pd.DataFrame, problems: Iterable[Problem] = ()) -> pd.DataFrame:
    """The covariate frame sorted by unit_id, so that no result depends on the order of rows.

    Categories come as pandas categories with their levels in alphabetical order, "not known" among them where one is
    missing. A frame that is in order already shares its memory with what is returned.

    Parameters
    ----------
    units : DataFrame
        unit_id, is_treated and one column per covariate.
    problems : iterable of Problem
        Faults found elsewhere, to be said together with those of the frame.

    Raises
    ------
    JDLError
        With every fault at once: outcome and date columns, repeated units, missing keys, columns that are not finite.
    """
    found = [*problems_of_units(units), *problems]
    if found:
        raise JDLError(found)
    categories = {c: as_levels(units[c]) for c in covariate_columns(units) if is_category(units[c])}
    many = [c for c, levels in categories.items() if len(levels.categories) > MOST_LEVELS]
    if many:
        what, fix = f"has more than {MOST_LEVELS:,} levels", "group them, or leave it out"
        raise JDLError(Problem(what, f"covariates, {c}", fix) for c in many)
    units = units.assign(is_treated=units["is_treated"].astype(bool), **categories)
    if not units["unit_id"].is_monotonic_increasing:
        units = units.sort_values("unit_id", kind="stable")
    return units.reset_index(drop=True)


def as_levels(column: pd.Series) -> pd.Categorical:
    """A category with the levels that occur, as text in alphabetical order; missing values are a level of their own."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, values = column.cat.codes.to_numpy(), column.cat.categories
    else:
        codes, values = pd.factorize(column)
    names = [*map(str, values), NOT_KNOWN]  # a code of -1, missing, counts from the end
    occurs = np.bincount(codes + 1, minlength=len(names)) > 0
    levels = sorted({name for name, has in zip(names, [*occurs[1:], occurs[0]], strict=True) if has})
    place = {name: i for i, name in enumerate(levels)}
    lookup = np.array([place.get(name, 0) for name in names], np.int16 if len(levels) < 2**15 else np.int64)
    return pd.Categorical.from_codes(lookup[codes], levels)


def merge_rare_levels(units: pd.DataFrame, fewest: int, people_per_parameter: float) -> dict[str, list[str]]:
    """Which levels of each category join its "other levels".

    1. Levels with fewer than `fewest` treated people join. While those together are still fewer, the next rarest
       level joins them. A category always keeps two levels, so that none disappears from the comparison.
    2. While there are fewer than `people_per_parameter` treated people per column, the rarest level of all joins.

    With `fewest` 0, no level joins, however few people there are per column.

    Levels that no treated person has stay apart: their people are not comparable (`comparable`), and joining them to
    others would let them in. Only counts of treated people decide, never balance or outcomes.

    Returns
    -------
    dict of str to list of str
        Only categories where something is joined; levels in alphabetical order.
    """
    treated = units[units["is_treated"].to_numpy(bool)]
    categories = [c for c in covariate_columns(units) if is_category(units[c])]
    counts = {c: _counts(as_levels(treated[c])) for c in sorted(categories)}
    joined = {c: _n_to_join(n.to_numpy(), fewest) for c, n in counts.items()}
    n_numbers = len(covariate_columns(units)) - len(categories)

    def n_columns() -> int:
        return n_numbers + sum(len(counts[c]) - 1 - max(joined[c] - 1, 0) for c in categories if len(counts[c]))

    def next_to_join() -> list[tuple[int, str]]:
        return [(int(n.iloc[max(joined[c], 1)]), c) for c, n in counts.items() if len(n) > max(joined[c], 1) + 1]

    while fewest and n_columns() * people_per_parameter > len(treated) and next_to_join():
        category = min(next_to_join())[1]
        joined[category] = max(joined[category] + 1, 2)
    return {c: sorted(counts[c].index[: joined[c]]) for c in categories if joined[c]}


def joined_levels(merged: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Column of each category's joined levels -> the columns that these levels have by themselves."""
    return {f"{c}={OTHER_LEVELS}": tuple(f"{c}={level}" for level in levels) for c, levels in merged.items()}


def _counts(levels: pd.Categorical) -> pd.Series:
    """People of each level, the rarest first, by name where equal."""
    n = np.bincount(levels.codes, minlength=len(levels.categories))
    return pd.Series(n, levels.categories).sort_values(kind="stable")


def _n_to_join(counts: np.ndarray, fewest: int) -> int:
    """How many of the rarest levels join, given their ascending counts; 0 or at least 2."""
    n = int((counts < fewest).sum())
    while 0 < n < len(counts) and counts[:n].sum() < fewest:
        n += 1
    n = min(n, len(counts) - 1)
    return n if n >= 2 else 0


def expand_levels(units: pd.DataFrame, merged: dict[str, list[str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One column per number and one 0/1 column per level of a category, reference levels included.

    A number that is not known takes the mean of the known ones, and a column of its own says so.

    Returns
    -------
    columns : DataFrame
        Named ``age``, ``region=North``. Numbers are float64 and share the memory of `units` where they can; levels are
        uint8.
    terms : DataFrame
        Per column: covariate and level ("" for a number). Levels are in alphabetical order, "other levels" last.
    """
    columns: dict[str, np.ndarray] = {}
    terms: list[tuple[str, str]] = []
    for name in covariate_columns(units):
        expand = _number_columns if is_number(units[name]) else _level_columns
        for level, values in expand(units[name], merged.get(name, [])).items():
            columns[f"{name}={level}" if level else name] = values
            terms.append((name, level))
    return pd.DataFrame(columns, index=units.index, copy=False), pd.DataFrame(terms, columns=["covariate", "level"])


def _number_columns(column: pd.Series, _: list[str]) -> dict[str, np.ndarray]:
    values = as_float(column)
    missing = np.isnan(values)
    if not missing.any():
        return {"": values}
    known = values[~missing]
    filled = np.where(missing, known.mean() if len(known) else 0.0, values)
    return {"": filled, NOT_KNOWN: missing.view(np.uint8)}


def _level_columns(column: pd.Series, merged: list[str]) -> dict[str, np.ndarray]:
    levels = as_levels(column)
    names = [OTHER_LEVELS if level in set(merged) else level for level in levels.categories]
    shown = sorted(set(names), key=lambda name: (name == OTHER_LEVELS, name))
    codes = np.array([shown.index(name) for name in names], np.int16)[levels.codes]
    return {name: (codes == i).view(np.uint8) for i, name in enumerate(shown)}


class Comparable(NamedTuple):
    """Who has a counterpart on every single column.

    Parameters
    ----------
    within : bool array, shape (n_people,)
    apart : list of int
        Columns for which somebody was set aside; where nobody is left, those on which the groups do not meet at all.
    varies : bool array, shape (n_columns,)
        Columns of which the people within have more than one value.
    """

    within: np.ndarray
    apart: list[int]
    varies: np.ndarray


def comparable(columns: pd.DataFrame, is_treated: np.ndarray) -> Comparable:
    """Set aside who cannot be told from infinitely unlike the other group.

    Where the groups' values of a column meet in one value at most (one group has it or less, the other it or more),
    maximum likelihood gives everybody with another value a score of 0 or 1. They are set aside before the fit;
    repeated, as setting aside one can leave another without a counterpart. Where the groups do not meet at all, nobody
    is left.
    """
    values = [columns[c].to_numpy() for c in columns]
    within = np.ones(len(columns), bool)
    apart: set[int] = set()
    while True:
        groups = is_treated & within, ~is_treated & within
        if not groups[0].any() or not groups[1].any():
            return Comparable(within, sorted(apart), np.zeros(len(values), bool))
        (low, high), (least, most) = (_ranges(values, group) for group in groups)
        meet_below, meet_above = high <= least, low >= most
        differ = (low != most) | (high != least)
        found = np.flatnonzero((meet_below | meet_above) & differ)
        if not len(found):
            return Comparable(within, sorted(apart), np.maximum(high, most) > np.minimum(low, least))
        never = found[(high < least)[found] | (low > most)[found]]
        if len(never):
            return Comparable(np.zeros(len(columns), bool), never.tolist(), np.zeros(len(values), bool))
        for j in found:
            within &= values[j] == (high[j] if meet_below[j] else low[j])
            apart.add(int(j))


def _ranges(values: list[np.ndarray], group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value of each column in a group."""
    ends = np.empty((2, len(values)))
    rows = slice(None) if group.all() else np.flatnonzero(group)
    for j, column in enumerate(values):
        held = column[rows]
        ends[:, j] = held.min(), held.max()
    return ends[0], ends[1]
