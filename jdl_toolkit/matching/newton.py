"""Newton's method for generalised linear models, in passes over blocks of rows.

One pass adds up the gradient and the information of everybody block by block, so that beside the columns as they are
given nothing of their size is ever held. The sums are taken in a fixed order: the number of threads changes no digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.special import expit

#: Rows of a block: with 60 columns 2 MB, which stays in the processor's cache.
BLOCK = 4096
MAX_ITERATIONS = 200

#: A step this small, in standard deviations of each column, is the last: Newton's steps square the error, so that what
#: is left is of the order of rounding. Coefficients then agree with R's `glm(epsilon = 1e-14)` to 1e-9.
LAST_STEP = 1e-8

#: Rows of the part that gives the start; used from four times as many rows on.
PART = 40_000

#: Least information on any combination of coefficients, as a share of that in the model without covariates. Where no
#: maximum exists it falls by e with each step; honest fits keep above 1e-4 even with strong covariates, so the exact
#: place of the border does not matter.
SEPARATED = 1e-8
#: Steps before it is looked at: an early step may overshoot and come back.
_EARLY = 10


@dataclass(frozen=True)
class Moments:
    """Mean and spread (n, not n − 1) of columns, and their correlations; all weighted. Of a constant column 0."""

    centre: np.ndarray
    spread: np.ndarray
    correlation: np.ndarray


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is largest, in terms of standardised columns, the intercept first.

    Parameters
    ----------
    beta : array, shape (1 + n_columns,)
    is_separated : bool
        There is no finite maximum: some combination of coefficients can grow without end.
    """

    beta: np.ndarray
    is_separated: bool


@dataclass(frozen=True)
class Family:
    """A canonical link.

    Parameters
    ----------
    mean : callable
        Linear predictor -> expected outcome.
    variance : callable
        Expected outcome -> its variance, which is also its slope.
    log_likelihood : callable
        (y, linear predictor, expected outcome) -> log-likelihood of each person, but for a constant.
    null : callable
        Mean outcome -> linear predictor of a model without covariates.
    """

    mean: Callable[[np.ndarray], np.ndarray]
    variance: Callable[[np.ndarray], np.ndarray]
    log_likelihood: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    null: Callable[[float], float]


#: Beyond this an exponential is infinite in double precision; a linear predictor there has no maximum near it.
_MOST = 700.0


def _exp(eta: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(eta, _MOST))


FAMILIES = {
    "logit": Family(
        mean=expit,
        variance=lambda mu: mu * (1 - mu),
        log_likelihood=lambda y, eta, mu: y * eta - np.logaddexp(0, eta),
        null=lambda m: float(np.log(m) - np.log1p(-m)),
    ),
    "log": Family(
        mean=_exp,
        variance=lambda mu: mu,
        log_likelihood=lambda y, eta, mu: y * eta - mu,
        null=lambda m: float(np.log(m)),
    ),
    "identity": Family(
        mean=lambda eta: eta,
        variance=np.ones_like,
        log_likelihood=lambda y, eta, mu: -0.5 * (y - mu) ** 2,
        null=float,
    ),
}


def blocks(n_rows: int) -> Iterator[slice]:
    """Stretches of rows, in order."""
    return (slice(start, min(start + BLOCK, n_rows)) for start in range(0, n_rows, BLOCK))


def moments(x: np.ndarray, weights: np.ndarray | None = None) -> Moments:
    """Mean, spread and correlation of the columns, without a copy of them.

    Parameters
    ----------
    x : array, shape (n_rows, n_columns)
        Any numeric type.
    weights : array, shape (n_rows,), optional
        Not negative. Default: all 1.
    """
    n, k = x.shape
    total = float(n if weights is None else weights.sum())
    start = x[0].astype(float) if n else np.zeros(k)  # differences from some row are exact where all rows are the same
    centre, size = np.zeros(k), np.zeros(k)
    apart_of = np.empty((min(BLOCK, n), k))  # rows lie one after another, however the columns are given
    for rows in blocks(n):
        apart = np.subtract(x[rows], start, out=apart_of[: rows.stop - rows.start])
        centre += apart.sum(axis=0) if weights is None else weights[rows] @ apart
        np.maximum(size, np.abs(apart, out=apart).max(axis=0), out=size)
    centre = start + centre / total
    size[size == 0] = 1.0  # squares of differences as they are may be too small, or too large, for a number
    cross = np.zeros((k, k))
    for rows in blocks(n):
        apart = np.subtract(x[rows], centre, out=apart_of[: rows.stop - rows.start])
        apart /= size
        if weights is not None:
            apart *= np.sqrt(weights[rows])[:, None]
        cross += apart.T @ apart
    spread = np.sqrt(np.diag(cross) / total)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = cross / total / np.outer(spread, spread)
    return Moments(centre, spread * size, np.where(np.outer(spread, spread) > 0, correlation, 0.0))


def maximise(x: np.ndarray, y: np.ndarray, weights: np.ndarray, family: Family, scale: Moments) -> Maximum:
    """Maximum likelihood by Newton's steps, halved where the likelihood would fall.

    Parameters
    ----------
    x : array, shape (n_rows, n_columns)
        Linearly independent columns, none of them constant.
    y, weights : array, shape (n_rows,)
    family : Family
    scale : Moments
        Columns are standardised by it, block by block, so that one tolerance fits all.

    Notes
    -----
    With many rows a part of them gives the start, and few passes over everybody are left: the maximum is the same,
    wherever Newton's method starts.
    """
    beta = np.zeros(1 + x.shape[1])
    beta[0] = family.null(float(np.average(y, weights=weights)))
    weights = weights / weights.mean()
    if len(y) >= 4 * PART:
        beta = _start(x, y, weights, family, scale, beta)
    return _newton(x, y, weights, family, scale, beta, LAST_STEP)


def _start(x, y, weights, family: Family, scale: Moments, beta: np.ndarray) -> np.ndarray:
    """The maximum among every so many-th of those with the rarer outcome and of the others, who stand for all."""
    rare = y > 0 if (y > 0).mean() < 0.5 else y <= 0
    kept, stands_for = [], np.ones(len(y))
    for group in (np.flatnonzero(rare), np.flatnonzero(~rare)):
        step = max(1, len(group) // (PART // 2))
        kept.append(group[::step])
        stands_for[kept[-1]] = step
    rows = np.sort(np.concatenate(kept))
    found = _newton(x[rows], y[rows], weights[rows] * stands_for[rows], family, scale, beta, 1e-3)
    return beta if found.is_separated else found.beta


def _newton(x, y, weights, family: Family, scale: Moments, beta: np.ndarray, last_step: float) -> Maximum:
    before = family.variance(np.average(y, weights=weights)) * linalg.block_diag(1.0, scale.correlation)
    value, gradient, information = _pass(x, y, weights, family, scale, beta)
    for i in range(MAX_ITERATIONS):
        if not np.isfinite(information).all() or (i > _EARLY and _least_share(information, before) < SEPARATED):
            return Maximum(beta, True)
        try:
            step = linalg.cho_solve(linalg.cho_factor(information), gradient)
        except linalg.LinAlgError:  # no information left on some combination
            return Maximum(beta, True)
        for _ in range(40):
            new = _pass(x, y, weights, family, scale, beta + step)
            if new[0] >= value - 1e-12 * (1 + abs(value)):
                break
            step = step / 2
        beta, (value, gradient, information) = beta + step, new
        if np.abs(step).max() < last_step * max(1.0, np.abs(beta).max()):
            break
    return Maximum(beta, _least_share(information, before) < SEPARATED)


def _least_share(information: np.ndarray, before: np.ndarray) -> float:
    """Least information on any combination of coefficients, over what there was of it without covariates.

    The comparison leaves collinearity and scale out of it.
    """
    return float(linalg.eigh(information, before, eigvals_only=True)[0])


def _pass(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, family: Family, scale: Moments, beta: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, gradient and information of everybody at `beta`, as means over the weights."""
    k, total = x.shape[1], weights.sum()
    z = np.ones((min(BLOCK, len(y)), 1 + k))
    value, gradient, information = 0.0, np.zeros(1 + k), np.zeros((1 + k, 1 + k))
    for rows in blocks(len(y)):
        block = z[: rows.stop - rows.start]
        np.subtract(x[rows], scale.centre, out=block[:, 1:])
        block[:, 1:] /= scale.spread
        eta = block @ beta
        mu = family.mean(eta)
        w = weights[rows]
        value += float(w @ family.log_likelihood(y[rows], eta, mu))
        gradient += (w * (y[rows] - mu)) @ block
        root = block * np.sqrt(w * family.variance(mu))[:, None]
        information += root.T @ root
    return value / total, gradient / total, information / total
