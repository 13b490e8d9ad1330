"""Weighted regressions fitted as R's `glm` defines it: iteratively reweighted least squares, stopped where R stops.

So that published and own numbers can be laid side by side. The maximum of the likelihood itself differs by less than
1e-7 in an estimate standardised over people, and by up to 1e-5 in its robust error: R's `sandwich` takes the weights of
the last step, which belong to the fit before it. Headline, classic and check stay at the maximum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.special import expit, xlogy

from ..matching.newton import blocks
from ..matching.regression import Link
from .interval import NotEstimable

#: R's `glm.control`: the relative change of the deviance that ends the fit, and the most steps.
EPSILON, MAX_STEPS = 1e-8, 25

#: A step beyond the last adds less than this to the coefficients of standardised columns where there is a maximum
#: (at most 1e-7 in the reference results; 0.06 and more where there is none).
STILL = 1e-3

#: R's binomial family: beyond this linear predictor a share is 0 or 1 but for the machine's precision.
_FURTHEST, _LEAST = 30.0, np.finfo(float).eps

NO_ANSWER = "the {link} model has no answer: some covariate tells who has the outcome"


@dataclass(frozen=True)
class Reweighted:
    """Where R's fit stops, and what it leaves behind.

    Parameters
    ----------
    beta : array, shape (n_columns,)
    expected, slope : array, shape (n_people,)
        At `beta`; `slope` is the derivative of the expected outcome on the linear predictor.
    working_slope : array, shape (n_people,)
        Of the step that led to `beta`, that is at the coefficients before it.
    onward : array, shape (n_columns,)
        What one more step would add: next to nothing at a maximum, and still large where there is none.
    """

    beta: np.ndarray
    expected: np.ndarray
    slope: np.ndarray
    working_slope: np.ndarray
    onward: np.ndarray

    @property
    def runs_off(self) -> bool:
        """Some coefficient grows without end (columns of one size given, it moves by about 0.1 a step)."""
        return bool(np.abs(self.onward).max() > STILL)

    def one_step_on(self, z: np.ndarray, link: Link) -> Reweighted:
        """Where the fit would be, had it taken one more step."""
        beta = self.beta + self.onward
        expected, slope = mean_and_slope(z @ beta, link)
        return Reweighted(beta, expected, slope, self.slope, self.onward)


def fit_as_r(z: np.ndarray, y: np.ndarray, weight: np.ndarray, link: Link) -> Reweighted:
    """Fit as R's `glm` with its default settings.

    The first step starts from the outcomes, pulled a little towards the middle: (w y + ½) / (w + 1) for shares,
    y + 0.1 for counts, y itself for means. The fit ends where the deviance D changes by less than 1e-8 (|D| + 0.1), or
    after 25 steps. So the size of the weights matters a little, not only their ratios.

    Parameters
    ----------
    z : array, shape (n_people, n_columns)
        Linearly independent columns, the constant among them.
    y, weight : array, shape (n_people,)
        Weights are positive.
    link : Link
        Of the binomial, Poisson or Gaussian family.

    Raises
    ------
    NotEstimable
        Where the steps leave the numbers.

    Notes
    -----
    A step solves for what it adds to the coefficients, not for the coefficients: the same in exact arithmetic, with
    errors of rounding that the next step takes off again. People are passed in blocks; beside the columns only vectors
    are held.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.5; R's `stats::glm.fit`, `stats::binomial`.
    """
    start = {Link.logit: (weight * y + 0.5) / (weight + 1), Link.log: y + 0.1, Link.identity: y}[link]
    beta, last = np.zeros(z.shape[1]), _Pass(z, y, weight, link, start=start)
    for n_steps in range(1, MAX_STEPS + 1):
        new = beta + last.step(link)
        now = _Pass(z, y, weight, link, beta=new)
        for _ in range(MAX_STEPS):
            if n_steps == 1 or np.isfinite(now.deviance):
                break
            new = (new + beta) / 2
            now = _Pass(z, y, weight, link, beta=new)
        if not np.isfinite(now.deviance):
            raise NotEstimable(NO_ANSWER.format(link=link))
        if abs(now.deviance - last.deviance) < EPSILON * (abs(now.deviance) + 0.1):
            break
        if n_steps < MAX_STEPS:
            beta, last = new, now
    return Reweighted(new, now.expected, now.slope, last.slope, now.step(link))


def mean_and_slope(eta: np.ndarray, link: Link) -> tuple[np.ndarray, np.ndarray]:
    """Expected outcome and its derivative on the linear predictor, kept off their limits as R's families keep them."""
    if link == Link.identity:
        return eta, np.ones_like(eta)
    if link == Link.log:
        with np.errstate(over="ignore"):
            mean = np.maximum(np.exp(eta), _LEAST)
        return mean, mean
    mean = expit(eta)
    slope = mean * expit(-eta)
    far = np.abs(eta) > _FURTHEST
    if far.any():
        mean[far], slope[far] = np.where(eta[far] > 0, 1 - _LEAST, _LEAST), _LEAST
    return mean, slope


class _Pass:
    """One pass over the people: deviance, expected outcomes, and the sums for the next step."""

    def __init__(self, z, y, weight, link: Link, *, beta: np.ndarray | None = None, start: np.ndarray | None = None):
        n, k = z.shape
        self.deviance, self.gradient, self.information = 0.0, np.zeros(k), np.zeros((k, k))
        self.expected, self.slope = np.empty(n), np.empty(n)
        for rows in blocks(n):
            eta = z[rows] @ beta if start is None else _linear_predictor(start[rows], link)
            mean, slope = mean_and_slope(eta, link)
            self.expected[rows], self.slope[rows] = mean, slope
            self.deviance += _deviance(y[rows], mean, weight[rows], link)
            if not np.isfinite(self.deviance):
                return
            # what the step is to add: to the coefficients, or at the start, where there are none, to nothing
            response = y[rows] - mean if start is None else y[rows] - mean + slope * eta
            self.gradient += (weight[rows] * response) @ z[rows]
            scaled = z[rows] * np.sqrt(weight[rows] * slope)[:, None]
            self.information += scaled.T @ scaled

    def step(self, link: Link) -> np.ndarray:
        try:
            return linalg.cho_solve(linalg.cho_factor(self.information), self.gradient)
        except (linalg.LinAlgError, ValueError):
            raise NotEstimable(NO_ANSWER.format(link=link)) from None


def _linear_predictor(mean: np.ndarray, link: Link) -> np.ndarray:
    if link == Link.identity:
        return mean
    return np.log(mean) if link == Link.log else np.log(mean / (1 - mean))


def _deviance(y: np.ndarray, mean: np.ndarray, weight: np.ndarray, link: Link) -> float:
    if link == Link.identity:
        return float(weight @ (y - mean) ** 2)
    if link == Link.log:
        return float(2 * weight @ (xlogy(y, y / mean) - (y - mean)))
    return float(2 * weight @ (xlogy(y, y / mean) + xlogy(1 - y, (1 - y) / (1 - mean))))
