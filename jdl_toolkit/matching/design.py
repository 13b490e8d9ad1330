"""The design matrix: from covariates to the columns of a model.

A category with few treated people is joined to others by a rule of group size; people with whom nobody in the other
group can be compared on some covariate are found. Columns that tell an outcome are refused here.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from ..errors import JDLError, Problem

OTHER_LEVELS = "other levels"
NOT_KNOWN = "not known"
KEYS = ("unit_id", "is_treated")

#: Columns that say what happened after the index date.
_OUTCOME = re.compile(
    r"reoff|reconv|rearrest|reincarc|recidiv|outcome|days_to_first|^(offence|proven|conviction)_date$", re.I
)


def ordered_units(units: pd.DataFrame) -> pd.DataFrame:
    """The covariate frame sorted by unit_id, so that no result depends on the order of rows.

    Raises
    ------
    JDLError
        With every fault at once: outcome and date columns, repeated units, missing keys, columns that are not finite.
    """
    problems = [Problem(f"there is no column {k}", "covariates", "build them again") for k in KEYS if k not in units]
    for column in covariate_columns(units):
        if _OUTCOME.search(column):
            fix = "matching must not see outcomes; take the column out"
            problems.append(
                Problem("this column tells what happened after the index date", f"covariates, {column}", fix)
            )
        elif not (_is_number(units[column]) or _is_text(units[column])):
            fix = "give it as a number (age, days before the index date) or as a category"
            problems.append(Problem("a covariate must be a number or a category", f"covariates, {column}", fix))
        elif _is_number(units[column]) and np.isinf(units[column].to_numpy(float, na_value=np.nan)).any():
            problems.append(Problem("holds infinite values", f"covariates, {column}", "correct them or leave it out"))
    if not problems and units["unit_id"].duplicated().any():
        problems.append(Problem("the same unit occurs more than once", "covariates, unit_id", "keep one row for each"))
    if problems:
        raise JDLError(problems)
    return units.sort_values("unit_id", kind="stable").reset_index(drop=True)


def covariate_columns(units: pd.DataFrame) -> list[str]:
    """Names of the covariates, in their order."""
    return [c for c in units.columns if c not in KEYS]


def merge_rare_levels(units: pd.DataFrame, fewest: int, people_per_parameter: float) -> dict[str, list[str]]:
    """Which levels of each category join its "other levels".

    1. Levels with fewer than `fewest` treated people join. While those together are still fewer, the next rarest
       level joins them. A category always keeps two levels, so that none disappears from the comparison.
    2. While there are fewer than `people_per_parameter` treated people per column, the rarest level of all joins.

    Levels that no treated person has stay apart: their people are not comparable (`comparable`), and joining them to
    others would let them in. Only counts of treated people decide, never balance or outcomes.

    Returns
    -------
    dict of str to list of str
        Only categories where something is joined; levels in alphabetical order.
    """
    treated = units[units["is_treated"].to_numpy(bool)]
    categories = [c for c in covariate_columns(units) if _is_text(units[c])]
    counts = {c: _level(treated[c]).value_counts().sort_index().sort_values(kind="stable") for c in categories}
    joined = {c: _n_to_join(n.to_numpy(), fewest) for c, n in counts.items()}
    n_numbers = len(covariate_columns(units)) - len(categories)

    def n_columns() -> int:
        return n_numbers + sum(len(counts[c]) - 1 - max(joined[c] - 1, 0) for c in categories if len(counts[c]))

    def next_to_join() -> list[tuple[int, str]]:
        return [(int(n.iloc[max(joined[c], 1)]), c) for c, n in counts.items() if len(n) > max(joined[c], 1) + 1]

    while n_columns() * people_per_parameter > len(treated) and next_to_join():
        category = min(next_to_join())[1]
        joined[category] = max(joined[category] + 1, 2)
    return {c: sorted(counts[c].index[:k]) for c, k in joined.items() if k}


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
        Named ``age``, ``region=North``.
    terms : DataFrame
        Per column: covariate and level ("" for a number). Levels are in alphabetical order, "other levels" last.
    """
    columns: dict[str, np.ndarray] = {}
    terms: list[tuple[str, str]] = []
    for name in covariate_columns(units):
        if _is_number(units[name]):
            values = units[name].to_numpy(float, na_value=np.nan)
            missing = np.isnan(values)
            known = values[~missing]
            columns[name] = np.where(missing, known.mean() if len(known) else 0.0, values) if missing.any() else values
            terms.append((name, ""))
            if missing.any():
                columns[f"{name}={NOT_KNOWN}"] = missing.astype(float)
                terms.append((name, NOT_KNOWN))
            continue
        level = _level(units[name])
        level = level.mask(level.isin(merged.get(name, [])), OTHER_LEVELS)
        codes, levels = pd.factorize(level)
        for i in sorted(range(len(levels)), key=lambda i: (levels[i] == OTHER_LEVELS, levels[i])):
            columns[f"{name}={levels[i]}"] = (codes == i).astype(float)
            terms.append((name, str(levels[i])))
    return pd.DataFrame(columns, index=units.index), pd.DataFrame(terms, columns=["covariate", "level"])


def comparable(x: np.ndarray, is_treated: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Who has a counterpart on every single column.

    Where all of one group share one value, and it is the lowest or highest of the other group's, people of the other
    group with another value cannot be told from infinitely unlike: maximum likelihood gives them a score of 0 (or 1).
    They are set aside before the fit; repeated, as setting aside one can leave another without a counterpart.

    Returns
    -------
    within : bool array, shape (n_people,)
    columns : list of int
        Columns for which somebody was set aside.
    """
    within = np.ones(len(x), bool)
    columns: set[int] = set()
    while True:
        before = within.copy()
        for group in (is_treated, ~is_treated):
            if not (group & within).any() or not (~group & within).any():
                return within, sorted(columns)
            ours, theirs = x[group & within], x[~group & within]
            low, high, least, most = ours.min(axis=0), ours.max(axis=0), theirs.min(axis=0), theirs.max(axis=0)
            at_the_end = (low == high) & ((low <= least) | (low >= most))
            for j in np.flatnonzero(at_the_end & ((low != least) | (low != most))):
                within &= group | (x[:, j] == low[j])
                columns.add(int(j))
        if (within == before).all():
            return within, sorted(columns)


def without_reference_levels(x: np.ndarray, terms: pd.DataFrame) -> list[int]:
    """Positions of the columns to model: of each category's levels that occur, the first is the reference."""
    numbers = set(terms.loc[terms["level"] == "", "covariate"])
    levels = terms[(x.max(axis=0) != x.min(axis=0)) & ~terms["covariate"].isin(numbers)]
    reference = set(levels.groupby("covariate", sort=False).head(1).index)
    return [j for j in range(len(terms)) if j not in reference]


def _level(column: pd.Series) -> pd.Series:
    return column.astype("object").where(column.notna(), NOT_KNOWN).astype(str)


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def _is_text(column: pd.Series) -> bool:
    if column.dtype == object:
        return pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty")
    return isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype)
