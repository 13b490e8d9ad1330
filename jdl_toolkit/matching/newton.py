"""Newton's method for generalised linear models, in passes over blocks of rows.

One pass adds up the gradient, and where it is needed the information, of everybody block by block, so that beside the
columns as they are given nothing of their size is held. The sums are taken in a fixed order: the number of threads
changes no digit. Near the maximum the information hardly changes, while it takes most of the time: the last steps are
taken with the one there is, mended by what the steps since then have shown (BFGS), until nothing is left to step.

References
----------
Nocedal & Wright (2006), Numerical Optimization, algorithm 7.4 (the two loops).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from scipy import linalg
from scipy.special import expit

#: Rows of a block: with 60 columns 2 MB, which stays in the processor's cache.
BLOCK = 4096
MAX_ITERATIONS = 200

#: Steps end when what is left to go is this, in standard deviations of each column. Coefficients then agree with R's
#: `glm(epsilon = 1e-14)` to 1e-9.
LEFT = 1e-13
#: Among the part that gives the start.
_LEFT_IN_PART = 1e-4

#: A longer step is followed by one with the information of where it led to.
_NEAR = 0.3
#: Steps with older information become shorter by a factor. Where it is above this, the information is worked out again.
_SLOW = 0.5

#: Rows of the part that gives the start; used from four times as many rows on.
PART = 16_000

#: Rows from whose middle value distances are taken: of a column that is the same for all nothing is left then. Sums of
#: squares within these bounds lose no digits.
_SAMPLED = 101
_SQUARES = 1e-200, 1e200

#: Columns further from nought than this many standard deviations, or with one beyond these sizes, are standardised
#: before any sums of squares: as they are, they would cost digits.
_FAR = 100.0
_SIZES = 1e-8, 1e8

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

    def of(self, columns: list[int]) -> Moments:
        """The same of some of the columns."""
        return Moments(self.centre[columns], self.spread[columns], self.correlation[np.ix_(columns, columns)])


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is largest, in terms of standardised columns, the intercept first.

    Parameters
    ----------
    beta : array, shape (1 + n_columns,)
    is_separated : bool
        There is no finite maximum: some combination of coefficients can grow without end.
    information : array, shape (1 + n_columns, 1 + n_columns), optional
        About what it is there.
    """

    beta: np.ndarray
    is_separated: bool
    information: np.ndarray | None = None


@dataclass(frozen=True)
class Start:
    """Where a fit of the same outcome to more columns, or with other weights, ended.

    Parameters
    ----------
    names : tuple of str
        Of its columns. Some may be combinations of others.
    spread : array, shape (n_columns,)
    beta : array, shape (1 + n_columns,)
        In terms of standardised columns, the intercept first.
    information : array, shape (1 + n_columns, 1 + n_columns)
    joined : dict of str to tuple of str
        Columns of the fit to start that are the sum of several of these.
    """

    names: tuple[str, ...]
    spread: np.ndarray
    beta: np.ndarray
    information: np.ndarray
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def among(self, names: tuple[str, ...], scale: Moments) -> tuple[np.ndarray, np.ndarray] | None:
        """Where a fit to some of the columns, or sums of them, should be, and the information there; None if untold.

        To second order the log-likelihood is a parabola: the coefficients that stay take over what the others told.
        """
        place = {name: i for i, name in enumerate(self.names)}
        parts = [self.joined.get(name, (name,)) for name in names]
        if not {part for several in parts for part in several} <= set(place):
            return None
        made_of = np.zeros((len(self.beta), 1 + len(names)))  # standardised columns here by those of the fit to start
        made_of[0, 0] = 1.0
        for j, several in enumerate(parts):
            own = [place[part] for part in several]
            made_of[1 + np.array(own), 1 + j] = self.spread[own] / scale.spread[j]
        information = made_of.T @ self.information @ made_of
        try:
            factor = linalg.cho_factor(information)
        except (linalg.LinAlgError, ValueError):  # the fit was no maximum
            return None
        return linalg.cho_solve(factor, made_of.T @ (self.information @ self.beta)), information


def start_from(
    names: tuple[str, ...], x, y, weights, family: Family, scale: Moments, intercept: float, slopes: np.ndarray
) -> Start:
    """A fit, on the scale of the columns as given, as a start for others; other parameters as for `maximise`.

    Here columns may be constant, or combinations of others.
    """
    scale = replace(scale, spread=np.where(scale.spread > 0, scale.spread, 1.0))
    beta = np.append(intercept + scale.centre @ slopes, slopes * scale.spread)
    information = _pass(x, y, weights, family, scale, beta, with_information=True)[2]
    return Start(names, scale.spread, beta, information)


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
    is_linear : bool
        The information is the same everywhere.
    """

    mean: Callable[[np.ndarray], np.ndarray]
    variance: Callable[[np.ndarray], np.ndarray]
    log_likelihood: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    null: Callable[[float], float]
    is_linear: bool = False


#: Beyond this an exponential is infinite in double precision; a linear predictor there has no maximum near it.
_MOST = 700.0


def _exp(eta: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(eta, _MOST))


FAMILIES = {
    "logit": Family(
        mean=expit,
        variance=lambda mu: mu * (1 - mu),
        log_likelihood=lambda y, eta, mu: y * eta - np.maximum(eta, 0) + np.log(np.maximum(mu, 1 - mu)),
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
        is_linear=True,
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
    if n:
        middle = np.sort(x[:_SAMPLED].astype(float), axis=0)[min(n, _SAMPLED) // 2]
        centre, cross = _about(x, weights, middle, np.ones(k))
        square = np.diag(cross)
        is_safe = (square == 0) | ((square > _SQUARES[0]) & (square < _SQUARES[1]))
        if is_safe.all() and ((centre - middle) ** 2 <= _FAR * square / total).all():
            return _moments(centre, cross / total - np.outer(centre - middle, centre - middle), np.ones(k))
    start = x[0].astype(float) if n else np.zeros(k)
    centre, size = np.zeros(k), np.zeros(k)
    apart_of = np.empty((min(BLOCK, n), k))
    for rows in blocks(n):
        apart = np.subtract(x[rows], start, out=apart_of[: rows.stop - rows.start])
        centre += apart.sum(axis=0) if weights is None else weights[rows] @ apart
        np.maximum(size, np.abs(apart, out=apart).max(axis=0), out=size)
    centre = start + centre / total
    size[size == 0] = 1.0  # squares of differences as they are may be too small, or too large, for a number
    return _moments(centre, _about(x, weights, centre, size)[1] / total, size)


def _about(
    x: np.ndarray, weights: np.ndarray | None, place: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means of the columns, and sums of the products of their distances from some place, in units of a size."""
    n, k = x.shape
    first, cross, is_plain = np.zeros(k), np.zeros((k, k)), (size == 1).all()
    apart_of = np.empty((min(BLOCK, n), k))  # rows lie one after another, however the columns are given
    for rows in blocks(n):
        apart = np.subtract(x[rows], place, out=apart_of[: rows.stop - rows.start])
        first += apart.sum(axis=0) if weights is None else weights[rows] @ apart
        if not is_plain:
            apart /= size
        if weights is not None:
            apart *= np.sqrt(weights[rows])[:, None]
        cross += apart.T @ apart
    return place + first / (n if weights is None else weights.sum()), cross


def _moments(centre: np.ndarray, covariance: np.ndarray, size: np.ndarray) -> Moments:
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = covariance / np.outer(spread, spread)
    return Moments(centre, spread * size, np.where(np.outer(spread, spread) > 0, correlation, 0.0))


def maximise(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    family: Family,
    scale: Moments,
    start: tuple[np.ndarray, np.ndarray] | None = None,
) -> Maximum:
    """Maximum likelihood by Newton's steps, halved where the likelihood would fall.

    Parameters
    ----------
    x : array, shape (n_rows, n_columns)
        Linearly independent columns, none of them constant.
    y, weights : array, shape (n_rows,)
    family : Family
    scale : Moments
        Columns are standardised by it, block by block, so that one tolerance fits all.
    start : tuple of array, optional
        Coefficients to start from, and about what the information is there (`Start.among`).

    Notes
    -----
    With many rows a part of them gives the start, and few passes over everybody are left: the maximum is the same,
    wherever Newton's method starts.
    """
    far = np.abs(scale.centre) > _FAR * scale.spread
    if (far | (scale.spread < _SIZES[0]) | (scale.spread > _SIZES[1])).any():
        x = (x - scale.centre) / scale.spread
        scale = Moments(np.zeros_like(scale.centre), np.ones_like(scale.spread), scale.correlation)
    weights = weights / weights.mean()
    beta = np.zeros(1 + x.shape[1])
    beta[0] = family.null(float(np.average(y, weights=weights)))
    if start is not None:
        return _newton(x, y, weights, family, scale, start[0], LEFT, start[1])
    information = _null_information(y, weights, family, scale)
    if len(y) >= 4 * PART and not family.is_linear:
        beta, information = _start(x, y, weights, family, scale, beta, information)
    return _newton(x, y, weights, family, scale, beta, LEFT, information)


def _null_information(y, weights, family: Family, scale: Moments) -> np.ndarray:
    """The information without covariates, where everybody's variance is the same."""
    return family.variance(np.average(y, weights=weights)) * linalg.block_diag(1.0, scale.correlation)


def _start(x, y, weights, family: Family, scale: Moments, beta: np.ndarray, information: np.ndarray) -> tuple:
    """The maximum among every so many-th of those with the rarer outcome and of the others, who stand for all.

    Where they have one, the information is left to be worked out from everybody; else what was given comes back.
    """
    rare = y > 0 if (y > 0).mean() < 0.5 else y <= 0
    kept, stands_for = [], np.ones(len(y))
    for group in (np.flatnonzero(rare), np.flatnonzero(~rare)):
        step = max(1, len(group) // (PART // 2))
        kept.append(group[::step])
        stands_for[kept[-1]] = step
    rows = np.sort(np.concatenate(kept))
    y, weights = y[rows], weights[rows] * stands_for[rows]
    of_part = _null_information(y, weights, family, scale)
    found = _newton(x[rows], y, weights, family, scale, beta, _LEFT_IN_PART, of_part)
    return (beta, information) if found.is_separated else (found.beta, None)


def _newton(
    x,
    y,
    weights,
    family: Family,
    scale: Moments,
    beta: np.ndarray,
    least_left: float,
    information: np.ndarray | None,
) -> Maximum:
    """Steps from `beta`, the first with the `information` given, or with that of everybody there."""
    before, is_given = _null_information(y, weights, family, scale), information is not None
    value, gradient, found = _pass(x, y, weights, family, scale, beta, with_information=not is_given)
    information, is_new, last_size = information if is_given else found, True, 0.0
    for i in range(MAX_ITERATIONS):
        if is_new:
            if not np.isfinite(information).all() or (i > _EARLY and _least_share(information, before) < SEPARATED):
                return Maximum(beta, True)
            try:
                solve, taken = partial(linalg.cho_solve, linalg.cho_factor(information)), []
            except linalg.LinAlgError:  # no information left on some combination
                return Maximum(beta, True)
        step = mended_step(gradient, solve, taken)
        size = np.abs(step).max() / max(1.0, np.abs(beta).max())
        if not is_new and size > _SLOW * last_size:
            value, gradient, information = _pass(x, y, weights, family, scale, beta, with_information=True)
            is_new = True
            continue
        is_far = size > _NEAR and not family.is_linear
        for _ in range(40):
            new = _pass(x, y, weights, family, scale, beta + step, with_information=is_far)
            if new[0] >= value - 1e-12 * (1 + abs(value)):
                break
            step = step / 2
        taken.append((step, gradient - new[1]))
        beta, value, gradient = beta + step, *new[:2]
        # with the information of where it began a step squares the error; else steps become shorter by a factor
        left = size**2 if is_new and not is_given else size * min(size / last_size, 1.0) if last_size else size
        if left < least_left:
            break
        is_new, is_given, last_size = is_far, False, size
        information = new[2] if is_far else information
    return Maximum(beta, _least_share(information, before) < SEPARATED, information)


def mended_step(
    gradient: np.ndarray,
    solve: Callable[[np.ndarray], np.ndarray],
    taken: list[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Newton's step, mended by the steps taken since the information was worked out.

    Parameters
    ----------
    gradient : array, shape (n_columns,)
        Of what is to become as large as it can.
    solve : callable
        The inverse of the information, times a vector.
    taken : list of (array, array)
        Steps, and what each took off the gradient.
    """
    pull, shares = gradient.copy(), []
    for step, fell in reversed(taken):
        shares.append(step @ pull / (step @ fell))
        pull -= shares[-1] * fell
    found = solve(pull)
    for (step, fell), share in zip(taken, reversed(shares), strict=True):
        found += step * (share - fell @ found / (step @ fell))
    return found


def _least_share(information: np.ndarray, before: np.ndarray) -> float:
    """Least information on any combination of coefficients, over what there was of it without covariates.

    The comparison leaves collinearity and scale out of it.
    """
    return float(linalg.eigh(information, before, eigvals_only=True)[0])


def _pass(x, y, weights, family: Family, scale: Moments, beta: np.ndarray, *, with_information: bool) -> tuple:
    """Log-likelihood, gradient and, if asked for, information of everybody at `beta`, as means over the weights.

    All are those of standardised columns, while the sums are of the columns as they are.
    """
    k, total = x.shape[1], weights.sum()
    slopes = beta[1:] / scale.spread
    intercept = beta[0] - scale.centre @ slopes
    value, of_one, of_columns = 0.0, 0.0, np.zeros(k)
    n_informed, mean, cross = 0.0, np.zeros(k), np.zeros((k, k))
    for rows in blocks(len(y)):
        block = np.ascontiguousarray(x[rows], dtype=float)  # row after row, however the columns are given
        eta, w = block @ slopes + intercept, weights[rows]
        mu = family.mean(eta)
        value += float(w @ family.log_likelihood(y[rows], eta, mu))
        pull = w * (y[rows] - mu)
        of_one += pull.sum()
        of_columns += pull @ block
        if with_information:
            informed = w * family.variance(mu)
            n_informed += informed.sum()
            mean += informed @ block
            root = block * np.sqrt(informed)[:, None]
            cross += root.T @ root
    gradient = np.append(of_one, (of_columns - of_one * scale.centre) / scale.spread) / total
    if not with_information:
        return value / total, gradient, None
    information = np.empty((1 + k, 1 + k))
    information[0, 0] = n_informed
    information[0, 1:] = information[1:, 0] = (mean - n_informed * scale.centre) / scale.spread
    both = np.outer(mean, scale.centre)
    cross += n_informed * np.outer(scale.centre, scale.centre) - both - both.T
    information[1:, 1:] = cross / np.outer(scale.spread, scale.spread)
    return value / total, gradient, information / total
