"""Natural cubic splines: a number that acts as a smooth curve instead of a line.

The basis is that of R's `splines::ns`: cubic B-splines whose second derivative is nought at both ends, so that beyond
the ends the curve goes on as a line. Any basis of the same curves gives the same scores; this one is well conditioned.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg
from scipy.interpolate import BSpline

#: People worked on at a time.
_BLOCK = 2**16


def knots_of(values: np.ndarray, df: int) -> np.ndarray:
    """The ends of the values, and df − 1 quantiles between them at equal shares of people.

    Counts have many people at one value: quantiles that fall on each other or on an end count once, and the curve has
    fewer columns.

    Parameters
    ----------
    values : array, shape (n_people,)
        Known ones, of both groups together.
    df : int
        Columns wanted.

    Returns
    -------
    array, shape (n_columns + 1,)
        Ascending. One value alone where nothing varies.
    """
    return np.unique(np.quantile(values, np.linspace(0, 1, df + 1)))


def natural_spline(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """The columns of a natural cubic spline, without an intercept, as `ns(x, knots, Boundary.knots)` of R gives them.

    Parameters
    ----------
    values : array, shape (n_people,)
    knots : array, shape (n_columns + 1,)
        From `knots_of`, at least two. With just two the curve is the line between them.

    Returns
    -------
    array, shape (n_columns, n_people)

    References
    ----------
    Hastie (1992), chapter 7 of Statistical Models in S; de Boor (1978), A Practical Guide to Splines.
    """
    low, high = knots[0], knots[-1]
    scaled = (knots - low) / (high - low)  # equal results whatever the unit
    padded = np.concatenate([[0.0] * 3, scaled, [1.0] * 3])
    basis = BSpline(padded, np.eye(len(padded) - 4), 3)
    curvature = basis.derivative(2)(np.array([0.0, 1.0]))[:, 1:]
    natural = linalg.qr(curvature.T)[0][:, 2:]  # combinations of B-splines without curvature at the ends
    slope = basis.derivative(1)
    out = np.empty((natural.shape[1], len(values)))
    for start in range(0, len(values), _BLOCK):
        x = (values[start : start + _BLOCK] - low) / (high - low)
        inside = np.clip(x, 0.0, 1.0)
        columns = basis(inside)
        beyond = np.flatnonzero(x != inside)
        columns[beyond] += slope(inside[beyond]) * (x - inside)[beyond, None]
        out[:, start : start + _BLOCK] = (columns[:, 1:] @ natural).T
    return out
