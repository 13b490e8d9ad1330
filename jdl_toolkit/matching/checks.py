"""Faults of a covariate frame, and of settings that name its columns: found before anything is worked out, all at once.

Columns that tell an outcome are refused here.
"""

from __future__ import annotations

import difflib
import re

import numpy as np
import pandas as pd

from ..errors import Problem

KEYS = ("unit_id", "is_treated")

#: Numbers beyond this have squares that are infinite in double precision.
LARGEST = 1e100
#: The square of a difference smaller than this may be nought.
SMALLEST = 1e-100

#: A category with more levels than this is no group of people any more, and a column for each would fill the memory.
MOST_LEVELS = 1000

#: Columns that say what happened after the index date.
_OUTCOME = re.compile(
    r"reoff|reconv|rearrest|reincarc|recidiv|outcome|days_to_first|^(offence|proven|conviction)_date$", re.I
)


def covariate_columns(units: pd.DataFrame) -> list[str]:
    """Names of the covariates, in their order."""
    return [c for c in units.columns if c not in KEYS]


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers; yes and no count as 1 and 0."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)


def is_category(column: pd.Series) -> bool:
    """Whether a column holds text or categories; one without any value is a category of nobody known."""
    if column.dtype == object:
        return pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty")
    return isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype)


def as_float(column: pd.Series) -> np.ndarray:
    """The numbers of a column, NaN where missing; of float64 the column's own memory, not a copy."""
    return column.to_numpy() if column.dtype == np.float64 else column.to_numpy(float, na_value=np.nan)


def problems_of_units(units: pd.DataFrame) -> list[Problem]:
    """What is wrong with a covariate frame: keys, names of columns, their types and values."""
    names = list(units.columns)
    problems = [Problem(f"there is no column {k}", "covariates", "build them again") for k in KEYS if k not in names]
    twice = {str(c) for c in names if names.count(c) > 1}
    fix = "give each its own name"
    problems += [Problem("there is more than one column of this name", f"covariates, {c}", fix) for c in sorted(twice)]
    unnamed = [c for c in names if not isinstance(c, str)]
    problems += [Problem("the name of a column must be text", f"covariates, {c}", fix) for c in unnamed]
    for column in covariate_columns(units):
        if isinstance(column, str) and column not in twice:
            problems += _problems_of_covariate(units[column], column)
    return problems + [p for k in KEYS if k in names and k not in twice for p in _problems_of_key(units[k])]


def _problems_of_covariate(values: pd.Series, name: str) -> list[Problem]:
    where = f"covariates, {name}"
    if _OUTCOME.search(name):
        fix = "matching must not see outcomes; take the column out"
        return [Problem("this column tells what happened after the index date", where, fix)]
    if not (is_number(values) or is_category(values)):
        fix = "give it as a number (age, days before the index date) or as a category"
        return [Problem("a covariate must be a number or a category", where, fix)]
    if is_category(values) or not len(values):
        return []
    numbers = as_float(values)
    ends = np.fmax.reduce(numbers), np.fmin.reduce(numbers)  # NaN only where nothing is known
    if np.isinf(ends).any():
        return [Problem("holds infinite values", where, "correct them or leave it out")]
    if max(abs(ends[0]), abs(ends[1])) > LARGEST:
        return [Problem("holds numbers too large to calculate with", where, "give it in a larger unit")]
    if 0 < ends[0] - ends[1] < SMALLEST:
        return [Problem("holds numbers too close together to calculate with", where, "give it in a smaller unit")]
    return []


def _problems_of_key(values: pd.Series) -> list[Problem]:
    where = f"covariates, {values.name}"
    if values.isna().any():
        return [Problem("is not known for everybody", where, "give it for each row")]
    if values.name == "unit_id":
        if values.dtype == object and pd.api.types.infer_dtype(values) not in ("string", "integer"):
            return [Problem("must be whole numbers, or text, throughout", where, "use one kind of identifier")]
        fix = "keep one row for each"
        return [Problem("the same unit occurs more than once", where, fix)] if values.duplicated().any() else []
    if not pd.api.types.is_bool_dtype(values) and not values.isin([0, 1]).all():
        return [Problem("must be true or false", where, "say of everybody whether they were treated")]
    return []


def problems_of_settings(units: pd.DataFrame, spec) -> list[Problem]:
    """Settings of the propensity model that name what is no covariate, or not one of the kind they need."""
    chosen, names = spec.covariates, covariate_columns(units)
    problems = []
    for name in dict.fromkeys(chosen.splines):
        if name not in names:
            problems.append(_unknown(name, names, "covariates.splines"))
        elif not is_number(units[name]):
            fix = "name numbers only; a category has a column for each level already"
            problems.append(Problem(f"{name} is a category and has no curve", "covariates.splines", fix))
    for setting, named in (
        ("covariates.interactions", [name for pair in chosen.interactions for name in pair]),
        ("matching.exact", list(spec.matching.exact)),
    ):
        problems += [_unknown(name, names, setting) for name in dict.fromkeys(named) if name not in names]
    for a, b in chosen.interactions:
        if a == b and a in names and not is_number(units[a]):
            fix = "name two covariates, or a number twice for its square"
            problems.append(Problem(f"{a} is a category and has no square", "covariates.interactions", fix))
    return problems


def _unknown(name: str, names: list[str], setting: str) -> Problem:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    fix = f"did you mean {near[0]}? " if near else ""
    return Problem(f"there is no covariate {name}", setting, f"{fix}There are: {', '.join(map(str, names))}")
