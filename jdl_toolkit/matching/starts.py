"""Fits as starts for others: on fewer covariates, or with fewer levels joined, as one covariate less may have it.

Every level has a column of its own here, so that whatever levels another fit joins are sums of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .design import expand_levels, joined_levels
from .newton import Start
from .propensity import Propensity
from .regression import Fit, Link, start_of
from .terms import as_matrix


def start_of_score(fitted: Propensity) -> Start:
    """The score as a start for scores on fewer covariates."""
    has_one, (intercept, *slopes) = np.isfinite(fitted.logit), fitted.coefficients["estimate"]
    fit, y = Fit(Link.logit, intercept, np.array(slopes)), fitted.units["is_treated"].to_numpy(float)
    return start_among(fitted, tuple(fitted.design.columns[1:]), fit, has_one, y[has_one])


def start_among(
    fitted: Propensity,
    names: tuple[str, ...],
    fit: Fit,
    within: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None = None,
) -> Start:
    """A fit to columns of the score's design as a start for others.

    Parameters
    ----------
    fitted : Propensity
    names : tuple of str
        The columns of the fit.
    fit : Fit
    within : bool array, shape (n_people,)
        Whom it was fitted to.
    y, weights : array, shape (n_within,)
    """
    levels, joined = expand_levels(fitted.units, {})[0], joined_levels(fitted.merged)
    curves = [name for name in names if name not in levels and name not in joined]
    columns = pd.concat([levels, fitted.design[curves]], axis=1)
    slopes = pd.Series(0.0, columns.columns)
    for name, slope in zip(names, fit.coefficients, strict=True):
        slopes[list(joined.get(name, (name,)))] = slope
    apart = Fit(fit.link, fit.intercept, slopes.to_numpy())
    return start_of(tuple(columns.columns), as_matrix(columns, within), y, apart, weights)
