"""Generalised linear models by maximum likelihood, for the propensity score and for the outcome model.

scikit-learn does the fitting; here stands what it leaves to its user: columns that carry nothing new are found first,
columns are standardised (the tolerance is then one of numbers of comparable size), the penalty is switched off, and a
fit without a finite maximum (separation) is recognised instead of returned.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import linalg
from scipy.special import expit, log_expit
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor

#: Gradient of the mean log-likelihood at which a fit counts as converged. Newton steps square the error, so that
#: coefficients then agree with R's `glm(epsilon = 1e-14)` to 1e-9; scikit-learn's own default leaves them 3.5e-3 off.
TOLERANCE = 1e-12
MAX_ITERATIONS = 200

#: A column is a combination of earlier ones when less than this share of its length is left. R's `lm` uses 1e-7;
#: inner products, in which it is squared, need some distance from rounding.
COLLINEAR = 1e-5

#: Least information on any combination of coefficients, as a share of that in the model without covariates. Where no
#: maximum exists it falls to about `TOLERANCE` before the fit stops; honest fits keep above 1e-4 even with strong
#: covariates, so the exact place of the border does not matter.
SEPARATED = 1e-8


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
    """

    link: Link
    intercept: float
    coefficients: np.ndarray
    is_separated: bool = False

    def linear_predictor(self, x: np.ndarray) -> np.ndarray:
        return self.intercept + x @ self.coefficients

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Expected outcome: a share, a count per person or a mean."""
        eta = self.linear_predictor(x)
        return {Link.logit: expit, Link.log: np.exp, Link.identity: np.asarray}[self.link](eta)


def independent_columns(x: np.ndarray) -> tuple[list[int], list[int], dict[int, list[int]]]:
    """Sort columns into those that carry something new, constants, and exact combinations of earlier ones.

    Each column in turn is regressed on the ones kept before it, as R's `lm` does, so that of a collinear set the first
    stay. The inner products of the standardised columns hold all that takes.

    Parameters
    ----------
    x : array, shape (n_people, n_columns)

    Returns
    -------
    kept, constant : list of int
    combined : dict of int to list of int
        Column -> the kept columns it can be worked out from.
    """
    constant = np.flatnonzero(x.max(axis=0) == x.min(axis=0)) if len(x) else np.arange(x.shape[1])
    varying = np.setdiff1d(np.arange(x.shape[1]), constant)
    if not len(varying):
        return [], list(map(int, constant)), {}
    scaled = _standardise(x[:, varying])[0]
    inner = scaled.T @ scaled / len(x)
    kept: list[int] = []
    combined: dict[int, list[int]] = {}
    for j in range(len(varying)):
        shares = np.linalg.solve(inner[np.ix_(kept, kept)], inner[kept, j])
        if 1 - inner[kept, j] @ shares > COLLINEAR**2:
            kept.append(j)
        else:
            sources = [k for k, share in zip(kept, shares, strict=True) if abs(share) > COLLINEAR]
            combined[int(varying[j])] = [int(varying[k]) for k in sources]
    return [int(varying[k]) for k in kept], list(map(int, constant)), combined


def fit_glm(x: np.ndarray, y: np.ndarray, link: Link, weights: np.ndarray | None = None) -> Fit:
    """Fit a generalised linear model with an intercept by (weighted) maximum likelihood, no penalty.

    Parameters
    ----------
    x : array, shape (n_people, n_columns)
        Linearly independent columns (see `independent_columns`).
    y : array, shape (n_people,)
        0/1 for the logit link, counts for the log link.
    weights : array, shape (n_people,), optional
        Positive; only their ratios matter.

    Returns
    -------
    Fit
        `is_separated` is True where no finite maximum exists.
    """
    weights = np.ones(len(y)) if weights is None else weights / weights.mean()
    if link != Link.identity and y.max() == y.min():
        return Fit(link, np.nan, np.full(x.shape[1], np.nan), is_separated=True)
    if not x.shape[1]:
        mean = np.average(y, weights=weights)
        intercept = {Link.logit: lambda m: np.log(m / (1 - m)), Link.log: np.log, Link.identity: float}[link](mean)
        return Fit(link, float(intercept), np.zeros(0))
    scaled, centre, spread = _standardise(x)
    model = {
        Link.logit: LogisticRegression(C=np.inf, solver="newton-cholesky", tol=TOLERANCE, max_iter=MAX_ITERATIONS),
        Link.log: PoissonRegressor(alpha=0, solver="newton-cholesky", tol=TOLERANCE, max_iter=MAX_ITERATIONS),
        Link.identity: LinearRegression(),
    }[link]
    with warnings.catch_warnings():  # they announce what `_is_separated` finds out and callers put in words
        warnings.simplefilter("ignore")
        model.fit(scaled, y, sample_weight=weights)
    slopes, intercept = np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])
    separated = link != Link.identity and _is_separated(scaled, y, weights, intercept + scaled @ slopes, link)
    return _unscaled(link, intercept, slopes, centre, spread, separated)


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


def _is_separated(z: np.ndarray, y: np.ndarray, weights: np.ndarray, eta: np.ndarray, link: Link) -> bool:
    """Whether some combination of coefficients has next to no information left at the fit.

    Where a combination can grow without end, the fitted values of those who have it run into 0 or 1 and their
    information vanishes; the comparison with the information before fitting leaves collinearity and scale out of it.
    """
    z = np.column_stack([np.ones(len(z)), z])
    mean = np.average(y, weights=weights)
    at_fit = expit(eta) * expit(-eta) if link == Link.logit else np.exp(np.minimum(eta, 700))
    before = mean * (1 - mean) if link == Link.logit else mean
    if not np.isfinite(at_fit).all():
        return True
    information = (z * (weights * at_fit)[:, None]).T @ z
    reference = (z * (weights * before)[:, None]).T @ z
    return bool(linalg.eigh(information, reference, eigvals_only=True)[0] < SEPARATED)
