"""Generalised linear models by maximum likelihood, for the propensity score and for the outcome model.

Columns that carry nothing new are found first, columns are standardised (the tolerance is then one of numbers of
comparable size), and a fit without a finite maximum (separation) is recognised instead of returned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import linalg
from scipy.special import expit, log_expit

from .newton import FAMILIES, MAX_ITERATIONS, Moments, Start, maximise, moments, start_from

#: A column is a combination of earlier ones when less than this share of its length is left. R's `lm` uses 1e-7;
#: inner products, in which it is squared, need some distance from rounding.
COLLINEAR = 1e-5


#: A column that varies by less than this share of its size is a constant to the digits a computer has (R's `glm` drops
#: it for the same reason, at the same share).
SAME = 1e-11


class Link(StrEnum):
    """Scale on which the covariates add up: shares, counts per person, and everything else."""

    logit = "logit"
    log = "log"
    identity = "identity"


@dataclass(frozen=True)
class Fit:
    """Coefficients of a generalised linear model, on the scale of the columns given.

    Parameters
    ----------
    link : Link
    intercept : float
    coefficients : array, shape (n_columns,)
    is_separated : bool
        The likelihood has no finite maximum; the coefficients mean nothing.
    information : array, shape (1 + n_columns, 1 + n_columns), optional
        About what it is at the maximum, in terms of standardised columns, the intercept first.
    """

    link: Link
    intercept: float
    coefficients: np.ndarray
    is_separated: bool = False
    information: np.ndarray | None = None

    def linear_predictor(self, x: np.ndarray) -> np.ndarray:
        return self.intercept + x @ self.coefficients

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Expected outcome: a share, a count per person or a mean."""
        eta = self.linear_predictor(x)
        return {Link.logit: expit, Link.log: np.exp, Link.identity: np.asarray}[self.link](eta)


@dataclass(frozen=True)
class Columns:
    """The columns of a matrix, sorted: those that carry something new, constants, and combinations of earlier ones.

    Parameters
    ----------
    kept, constant : list of int
    combined : dict of int to list of int
        Column -> the kept columns it can be worked out from.
    scale : Moments
        Of the kept columns.
    """

    kept: list[int]
    constant: list[int]
    combined: dict[int, list[int]]
    scale: Moments


def sort_columns(x: np.ndarray, weights: np.ndarray | None = None) -> Columns:
    """Sort columns into those that carry something new, constants, and exact combinations of earlier ones.

    Each column in turn is regressed on the ones kept before it, as R's `lm` does, so that of a collinear set the first
    stay. The inner products of the standardised columns hold all that takes.

    Parameters
    ----------
    x : array, shape (n_people, n_columns)
    weights : array, shape (n_people,), optional
        Positive.
    """
    if not len(x):
        return Columns([], list(range(x.shape[1])), {}, Moments(np.empty(0), np.empty(0), np.empty((0, 0))))
    scale = moments(x, weights)
    is_same = scale.spread <= SAME * np.abs(scale.centre)
    inner = scale.correlation
    kept: list[int] = []
    combined: dict[int, list[int]] = {}
    for j in map(int, np.flatnonzero(~is_same)):
        shares = np.linalg.solve(inner[np.ix_(kept, kept)], inner[kept, j])
        if 1 - inner[kept, j] @ shares > COLLINEAR**2:
            kept.append(j)
        else:
            combined[j] = [k for k, share in zip(kept, shares, strict=True) if abs(share) > COLLINEAR]
    return Columns(kept, list(map(int, np.flatnonzero(is_same))), combined, scale.of(kept))


def fit_glm(
    x: np.ndarray,
    y: np.ndarray,
    link: Link,
    weights: np.ndarray | None = None,
    *,
    scale: Moments | None = None,
    start: tuple[np.ndarray, np.ndarray] | None = None,
) -> Fit:
    """Fit a generalised linear model with an intercept by (weighted) maximum likelihood, no penalty.

    Parameters
    ----------
    x : array, shape (n_people, n_columns)
        Linearly independent columns (see `sort_columns`).
    y : array, shape (n_people,)
        0/1 for the logit link, counts for the log link.
    weights : array, shape (n_people,), optional
        Not negative; only their ratios matter. Rows without weight play no part.
    scale : Moments, optional
        Of these columns with these weights, where they are known already.
    start : tuple of array, optional
        From `newton.Start.among`. The maximum is the same wherever a fit starts.

    Returns
    -------
    Fit
        `is_separated` is True where no finite maximum exists.
    """
    held = y if weights is None else y[weights > 0]
    weights = np.ones(len(y)) if weights is None else weights / weights.mean()
    if link != Link.identity and held.max() == held.min():
        return Fit(link, np.nan, np.full(x.shape[1], np.nan), is_separated=True)
    scale = scale or moments(x, weights)
    found = maximise(x, y, weights, FAMILIES[link], scale, start)
    fit = _unscaled(link, found.beta[0], found.beta[1:], scale.centre, scale.spread, found.is_separated)
    return replace(fit, information=found.information)


def start_at(names: tuple[str, ...], fit: Fit, scale: Moments) -> Start | None:
    """Where a fit ended as a start for others of the same outcome; None if it came to no end.

    Other than `start_of`, it costs nothing, and knows the columns of the fit alone.
    """
    if fit.is_separated or fit.information is None:
        return None
    beta = np.append(fit.intercept + scale.centre @ fit.coefficients, fit.coefficients * scale.spread)
    return Start(names, scale.spread, beta, fit.information)


def start_of(
    names: tuple[str, ...], x: np.ndarray, y: np.ndarray, fit: Fit, weights: np.ndarray | None = None
) -> Start:
    """A fit to these people as a start for fits to fewer columns, or with other weights."""
    scale, weights = moments(x, weights), np.ones(len(y)) if weights is None else weights
    return start_from(names, x, y, weights, FAMILIES[fit.link], scale, fit.intercept, fit.coefficients)


def fit_firth(x: np.ndarray, y: np.ndarray) -> Fit:
    """Fit a logistic regression with Firth's penalty, which is finite where maximum likelihood is not.

    Maximises log L + ½ log |information| by Newton steps on the modified score X'(y − p + h(½ − p)), h the leverages,
    halving a step that would lower the penalised likelihood.

    References
    ----------
    Firth (1993), Biometrika 80, 27-38; Heinze & Schemper (2002), Statistics in Medicine 21, 2409-2419.
    """
    scaled, centre, spread = _standardise(x)
    z = np.column_stack([np.ones(len(y)), scaled])
    beta = np.zeros(z.shape[1])
    beta[0] = np.log(y.mean() / (1 - y.mean()))

    def state(b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        eta = z @ b
        information = (z * (expit(eta) * expit(-eta))[:, None]).T @ z
        loglik = (y * log_expit(eta) + (1 - y) * log_expit(-eta)).sum() + 0.5 * np.linalg.slogdet(information)[1]
        return loglik, expit(eta), information

    loglik, p, information = state(beta)
    for _ in range(MAX_ITERATIONS):
        leverage = p * (1 - p) * np.einsum("ij,ij->i", z, linalg.solve(information, z.T, assume_a="pos").T)
        step = linalg.solve(information, z.T @ (y - p + leverage * (0.5 - p)), assume_a="pos")
        step *= min(1.0, 5 / np.abs(step).max())  # far from the maximum a Newton step overshoots
        for _ in range(30):
            new = state(beta + step)
            if new[0] >= loglik - 1e-12 * abs(loglik):
                break
            step /= 2
        beta, (loglik, p, information) = beta + step, new
        if np.abs(step).max() < 1e-10:
            break
    return _unscaled(Link.logit, beta[0], beta[1:], centre, spread, False)


def _standardise(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    centre, spread = x.mean(axis=0), x.std(axis=0)
    return (x - centre) / spread, centre, spread


def _unscaled(
    link: Link, intercept: float, slopes: np.ndarray, centre: np.ndarray, spread: np.ndarray, separated: bool
) -> Fit:
    slopes = slopes / spread
    return Fit(link, float(intercept - centre @ slopes), slopes, bool(separated))
