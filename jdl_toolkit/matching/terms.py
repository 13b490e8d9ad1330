"""The columns of the propensity model: levels without their reference, curves of numbers, products of covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .checks import as_float
from .design import NOT_KNOWN, Comparable
from .splines import knots_of, natural_spline

#: Rows of a matrix filled at a time: they stay in the processor's cache while every column writes to them.
_BLOCK = 1024


@dataclass(frozen=True)
class Model:
    """What may enter the propensity model, before collinear columns are left out.

    Parameters
    ----------
    columns : DataFrame
        For everybody, named ``age``, ``region=North``, ``age spline 1``, ``age × sex=M``.
    terms : DataFrame
        Per column: term (what enters or leaves as one: a covariate, or ``age × sex``), title (for readers).
    parents : dict of str to tuple of str
        Product -> its covariates.
    messages : tuple of str
    """

    columns: pd.DataFrame
    terms: pd.DataFrame
    parents: dict[str, tuple[str, str]]
    messages: tuple[str, ...]

    def title_of(self, term: str, labels: dict[str, str]) -> str:
        """A covariate or a product as readers know it."""
        return " × ".join(labels.get(c, c) for c in self.parents.get(term, (term,)))


def model_of(
    units: pd.DataFrame, columns: pd.DataFrame, terms: pd.DataFrame, seen: Comparable, is_treated: np.ndarray, spec
) -> Model:
    """Choose and make the columns that the propensity model may have.

    Parameters
    ----------
    units : DataFrame
        The covariates (knots are quantiles of values as known).
    columns, terms : DataFrame
        From `expand_levels`; `terms` with a column label.
    seen : Comparable
        References and knots go by the people within.
    is_treated : bool array, shape (n_people,)
    spec : RequestSpec
        covariates.splines, spline_df and interactions.
    """
    modelled = without_reference_levels(seen.varies, terms)
    about = terms.to_dict("records")
    curved = {j for j in modelled if _is_curved(about[j], seen.varies[j], spec)}
    arrays: dict[str, np.ndarray] = {}
    rows: list[tuple[str, str]] = []
    said: list[str] = []
    for j in modelled:
        name, covariate, title = columns.columns[j], about[j]["covariate"], _title(about[j])
        curve = []
        if j in curved:
            curve, message = _curve(units[name], columns[name], title, seen.within, spec.covariates.spline_df)
            said += message
        made = {f"{name} spline {i}": values for i, values in enumerate(curve, 1)} or {name: columns[name].to_numpy()}
        rows += [(covariate, f"{title}: curve {i}" if len(curve) else title) for i in range(1, len(made) + 1)]
        arrays |= made
    parents = {f"{a} × {b}": (a, b) for a, b in _distinct(spec.covariates.interactions)}
    for term, pair in parents.items():
        for i, j in _pairs_of_columns(pair, modelled, terms):
            left, right = (_centred(columns.iloc[:, k].to_numpy(), seen.within) for k in (i, j))
            product = left * right
            title = " × ".join(_title(about[k]) for k in (i, j))
            if _tells_apart(product, seen.within, is_treated):
                said.append(f"{title} is left out: it would tell the groups apart.")
                continue
            arrays[f"{columns.columns[i]} × {columns.columns[j]}"] = product
            rows.append((term, title))
    frame = pd.DataFrame(arrays, index=columns.index, copy=False)
    return Model(frame, pd.DataFrame(rows, columns=["term", "title"]), parents, tuple(said))


def _is_curved(term: dict, varies: bool, spec) -> bool:
    return bool(varies) and not term["level"] and term["covariate"] in spec.covariates.splines


def _curve(
    given: pd.Series, filled: pd.Series, label: str, within: np.ndarray, df: int
) -> tuple[np.ndarray | list, list[str]]:
    """The columns of a number's curve, none where a line is all it has values for, and what there is to say of it."""
    known = as_float(given)[within]
    knots = knots_of(known[~np.isnan(known)], df)
    if len(knots) < 3:
        return [], [f"{label} has too few different values for a curve and enters the score as a line."]
    said = f"{label}: so many people share a value that its curve has {len(knots) - 1} columns, not {df}."
    return natural_spline(filled.to_numpy(), knots), [said] if len(knots) <= df else []


def _pairs_of_columns(pair: tuple[str, str], modelled: list[int], terms: pd.DataFrame) -> list[tuple[int, int]]:
    """Positions of the columns that a product of two covariates multiplies; that a number is unknown has no product."""
    numbers = set(terms.loc[terms["level"] == "", "covariate"])
    is_gap = (terms["level"] == NOT_KNOWN) & terms["covariate"].isin(numbers)
    left, right = ([j for j in modelled if terms.loc[j, "covariate"] == c and not is_gap[j]] for c in pair)
    return [(i, j) for i in left for j in right]


def _centred(column: np.ndarray, within: np.ndarray) -> np.ndarray:
    """A number about its mean; 0/1 as it is. Far from nought, a product would say the same as its other covariate."""
    held = column[within]
    is_binary = ((held == 0) | (held == 1)).all()
    return column if is_binary else column - held.mean()


def _tells_apart(product: np.ndarray, within: np.ndarray, is_treated: np.ndarray) -> bool:
    """Whether a column varies, and the groups' values of it meet in one value at most: its slope would have no end."""
    treated, pool = product[within & is_treated], product[within & ~is_treated]
    varies = max(treated.max(), pool.max()) > min(treated.min(), pool.min())
    return bool(varies and (treated.max() <= pool.min() or treated.min() >= pool.max()))


def without_reference_levels(varies: np.ndarray, terms: pd.DataFrame) -> list[int]:
    """Positions of the columns to model: of each category's levels that occur, the first is the reference."""
    numbers = set(terms.loc[terms["level"] == "", "covariate"])
    levels = terms[varies & ~terms["covariate"].isin(numbers).to_numpy()]
    reference = set(levels.groupby("covariate", sort=False).head(1).index)
    return [j for j in range(len(terms)) if j not in reference]


def as_matrix(columns: pd.DataFrame, within: np.ndarray) -> np.ndarray:
    """The columns of some people as one float64 matrix, row after row: the only one that a fit needs.

    Parameters
    ----------
    columns : DataFrame, shape (n_people, n_columns)
    within : bool array, shape (n_people,)
    """
    values = [columns.iloc[:, j].to_numpy() for j in range(columns.shape[1])]
    rows = np.flatnonzero(within)
    x = np.empty((len(rows), len(values)))
    for start in range(0, len(rows), _BLOCK):
        some, block = rows[start : start + _BLOCK], x[start : start + _BLOCK]
        stretch = slice(some[0], some[-1] + 1) if some[-1] - some[0] == len(some) - 1 else some
        for j, column in enumerate(values):
            block[:, j] = column[stretch]
    return x


def linear_predictor(columns: pd.DataFrame, intercept: float, coefficients: np.ndarray) -> np.ndarray:
    """Intercept and columns times coefficients, added column by column: equal people get exactly equal scores."""
    eta = np.full(len(columns), intercept)
    for j, coefficient in enumerate(coefficients):
        eta += coefficient * columns.iloc[:, j].to_numpy()
    return eta


def _distinct(pairs) -> list[tuple[str, str]]:
    found: dict[frozenset[str], tuple[str, str]] = {}
    for a, b in pairs:
        found.setdefault(frozenset((a, b)), (str(a), str(b)))
    return list(found.values())


def _title(term: dict) -> str:
    return f"{term['label']}: {term['level']}" if term["level"] else term["label"]
