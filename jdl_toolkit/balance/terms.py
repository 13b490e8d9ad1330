"""What balance looks at beside the levels of every covariate: squares of numbers and products of chosen covariates.

They are shown and do not close the gate: nobody declared them as covariates. Both are of the values as they stand, as
in MatchIt's summary and cobalt's default, so that they can be laid beside R's.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from ..errors import JDLError, Problem
from .blocks import is_binary

LEVEL, SQUARE, PRODUCT = "level", "square", "product"

Term = tuple[str, str, str]  # kind, covariate, level


def squares(columns: pd.DataFrame, terms: pd.DataFrame) -> tuple[list[Term], list[np.ndarray]]:
    """The square of every number that is more than 0 or 1.

    A covariate whose square is a covariate itself (``age`` beside ``age_squared``) is passed over, and so is that one.
    """
    names = terms["covariate"].tolist()
    already = {f"{name}_squared" for name in names} & set(names)
    already |= {name.removesuffix("_squared") for name in already}
    found, values = [], []
    for j, (name, level) in enumerate(zip(names, terms["level"], strict=True)):
        column = columns.iloc[:, j].to_numpy()
        if not level and name not in already and not is_binary(column):
            found.append((SQUARE, name, ""))
            values.append(np.square(column, dtype=float))
    return found, values


def products(
    columns: pd.DataFrame, terms: pd.DataFrame, pairs: tuple[tuple[str, str], ...]
) -> tuple[list[Term], list[np.ndarray]]:
    """Products of pairs of covariates: of each level of a category, of numbers as they are.

    Raises
    ------
    JDLError
        If a pair names what is no covariate, or one covariate twice.
    """
    known = dict.fromkeys(terms["covariate"])
    problems = []
    for pair in pairs:
        where, absent = f"balance.interactions, [{', '.join(pair)}]", [name for name in pair if name not in known]
        if absent:
            fix = f"name covariates that are used: {', '.join(known)}"
            problems.append(Problem(f"there is no covariate {' and no '.join(absent)}", where, fix))
        elif pair[0] == pair[1]:
            problems.append(Problem("a covariate with itself is its square", where, "see balance.squares"))
    if problems:
        raise JDLError(problems)
    found, values = [], []
    for a, b in pairs:
        of_a, of_b = (np.flatnonzero(terms["covariate"] == name) for name in (a, b))
        for i, j in product(of_a, of_b):
            levels = [level for level in (terms["level"].iloc[i], terms["level"].iloc[j]) if level]
            found.append((PRODUCT, f"{a} × {b}", " × ".join(levels)))
            values.append(columns.iloc[:, i].to_numpy(float) * columns.iloc[:, j].to_numpy(float))
    return found, values


def label_of(kind: str, covariate: str, labels: dict[str, str]) -> str:
    """A reader's name of a term without its level: ``Age``, ``Age, squared``, ``Age × Sex``."""
    name = " × ".join(labels.get(part, part) for part in covariate.split(" × "))
    return f"{name}, squared" if kind == SQUARE else name
