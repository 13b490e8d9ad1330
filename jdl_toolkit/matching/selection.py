"""Stepwise choice of the covariates of a propensity score, by likelihood-ratio tests against the treatment.

A covariate comes or goes whole, with all its levels or the columns of its curve. A product can come when both its
covariates are in, and they cannot go before it. Where p-values are equal the name decides, never the order of columns.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import linalg, stats
from scipy.special import expit, gammaln
from tqdm import tqdm

from .newton import blocks, moments
from .regression import Fit, Link, fit_glm

#: Only models whose approximate test comes within this factor of the best, in log p, are fitted.
_NEAR = 1.5


def choose_stepwise(
    x: np.ndarray,
    y: np.ndarray,
    columns_of: dict[str, list[int]],
    spec,
    parents: dict[str, tuple[str, str]] | None = None,
    stay: Iterable[str] = (),
) -> list[str]:
    """Which terms enter, going forward and back from a model that has only those that must stay.

    Parameters
    ----------
    x : array, shape (n_people, n_columns)
        Linearly independent columns.
    y : array, shape (n_people,)
        1 for the treated.
    columns_of : dict of str to list of int
        Term -> its columns of x.
    spec : RequestSpec
        covariates.enter_below and leave_above.
    parents : dict of str to tuple of str, optional
        Product -> its covariates.
    stay : iterable of str
        Terms that are always in.

    Returns
    -------
    list of str
        In the order of `columns_of`.

    Notes
    -----
    Before each step the score test of every term outside, and the Wald test of every term inside, come from one pass
    over the people. Only models near the best by these are fitted, and the likelihood-ratio test alone decides.
    """
    steps = _Steps(x, y, columns_of, parents or {}, frozenset(stay) & set(columns_of))
    chosen, seen = steps.stay, set()
    with tqdm(desc="choosing covariates", unit=" models", disable=None, leave=False, delay=2) as steps.bar:
        while chosen not in seen:  # a choice met before would come round for ever
            seen.add(chosen)
            chosen = steps.forward(chosen, np.log(spec.covariates.enter_below))
            chosen = steps.backward(chosen, np.log(spec.covariates.leave_above))
    return [term for term in columns_of if term in chosen]


def log_p(statistic: float, df: int) -> float:
    """Logarithm of the upper tail of a chi-squared distribution, also where the tail is nought in double precision.

    Far out Q(a, x) ≈ xᵃ⁻¹ e⁻ˣ / Γ(a) · (1 + (a − 1)/x), with a = df/2 and x half the statistic (DLMF 8.11.2).
    """
    a, x = df / 2, max(statistic, 0.0) / 2
    tail = stats.chi2.sf(2 * x, df)
    return float(np.log(tail) if tail > 1e-280 else (a - 1) * np.log(x) - x - gammaln(a) + np.log1p((a - 1) / x))


class _Steps:
    """The people and columns, and the log-likelihoods of models fitted so far."""

    def __init__(self, x, y, columns_of: dict[str, list[int]], parents: dict, stay: frozenset[str]) -> None:
        self.x, self.y, self.columns_of, self.parents, self.stay = x, y, columns_of, parents, stay
        self.scale = moments(x)
        self.fitted: dict[frozenset[str], tuple[Fit, float]] = {}

    def forward(self, chosen: frozenset[str], least: float) -> frozenset[str]:
        """`chosen` and the term whose test is below `least` (log p) and lowest of all."""
        may = [t for t in self.columns_of if t not in chosen and set(self.parents.get(t, ())) <= chosen]
        about = self._approximate(chosen, may)
        found = (0.0, "")
        for term in sorted(may, key=lambda t: (about[t], t)):
            if about[term] * _NEAR > min(found[0], least):
                break
            found = min(found, (self._test(chosen | {term}, chosen), term))
        return chosen | {found[1]} if found[0] < least else chosen

    def backward(self, chosen: frozenset[str], most: float) -> frozenset[str]:
        """`chosen` without the terms whose tests are above `most` (log p), the highest first."""
        while True:
            needed = {c for t in chosen for c in self.parents.get(t, ())} | self.stay
            may = sorted(chosen - needed)
            about = self._approximate(chosen, may)
            found = (-np.inf, "")
            for term in sorted(may, key=lambda t: (-about[t], t)):
                if about[term] < _NEAR * max(found[0], most):
                    break
                tested = self._test(chosen, chosen - {term})
                found = (tested, term) if tested > found[0] or (tested == found[0] and term < found[1]) else found
            if found[0] <= most:
                return chosen
            chosen = chosen - {found[1]}

    def _columns(self, terms: Iterable[str]) -> list[int]:
        return sorted(j for t in terms for j in self.columns_of[t])

    def _fit(self, terms: frozenset[str]) -> tuple[Fit, float]:
        if terms not in self.fitted:
            x = self.x[:, self._columns(terms)]
            fit = fit_glm(x, self.y, Link.logit)
            eta = fit.linear_predictor(x)
            self.fitted[terms] = fit, float(-np.logaddexp(0, np.where(self.y > 0, -eta, eta)).sum())
            self.bar.update()
        return self.fitted[terms]

    def _test(self, larger: frozenset[str], smaller: frozenset[str]) -> float:
        """Log p of the likelihood-ratio test; rounded, so that equal covariates are equal whatever their order."""
        df = len(self._columns(larger)) - len(self._columns(smaller))
        return round(log_p(2 * (self._fit(larger)[1] - self._fit(smaller)[1]), df), 6)

    def _approximate(self, chosen: frozenset[str], terms: list[str]) -> dict[str, float]:
        """Log p of terms by the score test (those not in the model) or the Wald test (those in it)."""
        if not terms:
            return {}
        inside = self._columns(chosen)
        fit = self._fit(chosen)[0]
        gradient, information = self._derivatives(fit, inside)
        beta = np.concatenate([[0.0], fit.coefficients * self.scale.spread[inside]])
        at = [0, *(j + 1 for j in inside)]
        inverse = linalg.pinvh(information[np.ix_(at, at)])
        found = {}
        for term in terms:
            own = [j + 1 for j in self.columns_of[term]]
            if term in chosen:
                place = [at.index(j) for j in own]
                statistic = beta[place] @ linalg.pinvh(inverse[np.ix_(place, place)]) @ beta[place]
            else:
                cross = information[np.ix_(own, at)]
                spread = information[np.ix_(own, own)] - cross @ inverse @ cross.T
                statistic = gradient[own] @ linalg.pinvh(spread) @ gradient[own]
            found[term] = log_p(float(statistic), len(own))
        return found

    def _derivatives(self, fit: Fit, inside: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and information of all columns, standardised, at a fit to some of them; the intercept first."""
        k = self.x.shape[1]
        gradient, information = np.zeros(1 + k), np.zeros((1 + k, 1 + k))
        for rows in blocks(len(self.y)):
            x = self.x[rows]
            z = np.column_stack([np.ones(len(x)), (x - self.scale.centre) / self.scale.spread])
            p = expit(fit.linear_predictor(x[:, inside]))
            gradient += (self.y[rows] - p) @ z
            root = z * np.sqrt(p * (1 - p))[:, None]
            information += root.T @ root
        return gradient, information
