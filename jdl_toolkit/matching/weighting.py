"""Weights instead of matches: inverse odds, overlap, and entropy balancing.

In each, the weights of the controls have the sum of the treated people's, within every exact stratum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit

from ..errors import JDLError
from .newton import blocks, mended_step

#: Entropy balancing: the largest difference of means left, in standard deviations of the column among the controls.
BALANCED = 1e-10
MAX_ITERATIONS = 200
#: Differences of means below this are made up for with the Hessian there is, mended by the steps since (BFGS).
_NEAR = 1e-2


def odds_weights(logit: np.ndarray, is_treated: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Inverse odds: treated 1, controls e / (1 − e), so that the controls resemble the treated (ATT).

    Parameters
    ----------
    logit : float array, shape (n_people,)
        Of the propensity score e; NaN for people who take no part.
    is_treated : bool array, shape (n_people,)
    strata : int array, shape (n_people,)
        0, 1, 2 …; the sum of the controls' weights is that of the treated in each. A stratum without one of the groups
        has no weight.
    """
    known = ~np.isnan(logit)
    highest = logit[known].max(initial=-np.inf)  # the scale cancels; without this the odds could overflow
    return _evened_out(np.where(is_treated, 1.0, np.exp(logit - highest)), known, is_treated, strata)


def overlap_weights(logit: np.ndarray, is_treated: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Overlap: treated 1 − e, controls e: most weight to people who might have been in either group (ATO).

    Parameters as `odds_weights`. Source: Li, Morgan & Zaslavsky (2018), Journal of the American Statistical Association
    113, 390-400.
    """
    return _evened_out(expit(np.where(is_treated, -logit, logit)), ~np.isnan(logit), is_treated, strata)


def _evened_out(weight: np.ndarray, known: np.ndarray, is_treated: np.ndarray, strata: np.ndarray) -> np.ndarray:
    weight = np.where(known, weight, 0.0)
    n = int(strata.max(initial=-1)) + 1
    treated, controls = (np.bincount(strata, weight * group, n) for group in (is_treated, ~is_treated))
    both = (treated > 0) & (controls > 0)
    factor = np.where(both, treated / np.where(both, controls, 1.0), 0.0)[strata]
    return weight * np.where(is_treated, both[strata], factor)


@dataclass(frozen=True)
class _Dual:
    """Entropy balancing in its dual form, for controls of strata with both groups; columns standardised on the way.

    f(λ) = Σ_s π_s log mean_{i in s} exp(z_i'λ), π_s the share of the treated who are in stratum s, z the columns less
    the treated mean. Its gradient is the difference of the means, weighted controls less treated. Rows of `x` that are
    not `within` have no part in it.
    """

    x: np.ndarray
    within: np.ndarray | None
    centre: np.ndarray
    spread: np.ndarray
    share: np.ndarray  # of the treated, by stratum
    strata: np.ndarray  # of the rows
    n_controls: np.ndarray  # by stratum

    def predictor(self, step: np.ndarray) -> np.ndarray:
        slopes = step / self.spread
        found = self.x @ slopes - self.centre @ slopes
        if self.within is not None:
            found[~self.within] = 0.0
        return found

    def value(self, predictor: np.ndarray) -> tuple[float, np.ndarray]:
        """f, and the weights (their sum is 1) at this linear predictor."""
        if len(self.share) == 1:
            highest = np.array([predictor.max()])
            weight = np.exp(predictor - highest[0])
        else:
            highest = np.full(len(self.share), -np.inf)
            np.maximum.at(highest, self.strata, predictor)
            weight = np.exp(predictor - highest[self.strata])
        if self.within is not None:
            weight *= self.within
        total = np.bincount(self.strata, weight, len(self.share))
        with np.errstate(divide="ignore"):
            value = float(self.share @ (np.log(total / self.n_controls) + highest))
        return value, weight * (self.share / total)[self.strata]

    def derivatives(self, weight: np.ndarray, *, with_hessian: bool = True) -> tuple[np.ndarray, np.ndarray | None]:
        """Gradient and, if asked for, Hessian."""
        n_columns, n_strata = len(self.centre), len(self.share)
        hessian, by_stratum = np.zeros((n_columns, n_columns)), np.zeros((n_strata, n_columns))
        for rows in blocks(len(self.x)):
            z, w = self.x[rows] - self.centre, weight[rows]
            if n_strata == 1:
                by_stratum += w @ z
            else:
                where = (self.strata[rows], np.arange(len(w)))
                by_stratum += sparse.csr_array((w, where), shape=(n_strata, len(w))) @ z
            if with_hessian:
                z *= np.sqrt(w)[:, None]
                hessian += z.T @ z
        gradient = by_stratum.sum(axis=0) / self.spread
        if not with_hessian:
            return gradient, None
        hessian -= by_stratum.T @ (by_stratum / self.share[:, None])
        return gradient, hessian / np.outer(self.spread, self.spread)


def entropy_weights(
    x: np.ndarray, is_treated: np.ndarray, strata: np.ndarray, names: list[str], start: np.ndarray | None = None
) -> np.ndarray:
    """Entropy balancing: treated 1, controls as near to equal weights as equal means of every column allow.

    The weights minimise Σ w log w under: the weighted means of the controls are the treated means, and in every stratum
    the weights of both groups have the same sum. They are found from the dual by Newton steps with a line search.

    Parameters
    ----------
    x : float array, shape (n_people, n_columns)
        Those who take part; columns may be collinear.
    is_treated : bool array, shape (n_people,)
    strata : int array, shape (n_people,)
        0, 1, 2 …; people of a stratum without one of the groups get no weight.
    names : list of str
        Of the columns, for messages.
    start : array, shape (n_columns,), optional
        Coefficients from which the logarithms of the weights may not be far, as those of the propensity score are. The
        weights are the same wherever the steps start.

    Raises
    ------
    JDLError
        If no weights make the means equal: the treated means lie outside what the controls can be weighted to.

    References
    ----------
    Hainmueller (2012), Political Analysis 20, 25-46.
    """
    n = int(strata.max(initial=-1)) + 1
    n_treated, n_controls = (np.bincount(strata[group], minlength=n) for group in (is_treated, ~is_treated))
    both = (n_treated > 0) & (n_controls > 0)
    taking_part = both[strata]
    weight = np.where(is_treated & taking_part, 1.0, 0.0)
    if not both.any():
        return weight
    treated, is_control = np.flatnonzero(is_treated & taking_part), ~is_treated & taking_part
    code = (np.cumsum(both) - 1)[strata]
    # where most people are controls, their rows are left where they are: a copy takes longer than what is done with it
    within, columns = is_control, x
    if 2 * is_control.sum() < len(x):
        within, columns, code = None, x[is_control], code[is_control]
    centre = x[treated].mean(axis=0)
    middle, spread = _mean_and_spread(columns, within)
    varies = spread > 1e-12 * np.maximum(1.0, np.abs(centre))
    dual = _Dual(
        columns if varies.all() else columns[:, varies],
        within,
        centre[varies],
        spread[varies],
        n_treated[both] / n_treated[both].sum(),
        np.maximum(code, 0),
        n_controls[both],
    )
    try:
        rounding = 1e-9 * np.maximum(spread, 1e-3 * np.maximum(1.0, np.abs(centre)))
        if (np.abs(centre - middle) > rounding)[~varies].any():
            raise _no_such_weights([])
        found = _solve(
            dual,
            [name for name, use in zip(names, varies, strict=True) if use],
            None if start is None else start[varies],
        )
    except JDLError:  # a column in which it cannot be is a better reason than those in which it was not
        _require_within_range(columns if within is None else columns[within], centre, spread, names)
        raise
    weight[is_control] = len(treated) * (found if within is None else found[within])
    return weight


def _mean_and_spread(x: np.ndarray, within: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (n) of the columns, among the rows within."""
    place = x[0 if within is None else np.argmax(within)].copy()
    first, second, n = np.zeros(x.shape[1]), np.zeros(x.shape[1]), len(x) if within is None else int(within.sum())
    for rows in blocks(len(x)):
        apart = x[rows] - place
        if within is not None:
            apart *= within[rows, None]
        first += apart.sum(axis=0)
        second += np.einsum("ij,ij->j", apart, apart)
    first /= n
    return place + first, np.sqrt(np.maximum(second / n - first**2, 0.0))


def _solve(dual: _Dual, names: list[str], start: np.ndarray | None) -> np.ndarray:
    """The weights (sum 1) at which the gradient vanishes.

    Where such weights exist f is nowhere below −log n (the least entropy that n controls can have): a lower value
    proves that there are none.
    """
    predictor = np.zeros(len(dual.x))
    value, weight = dual.value(predictor)
    if start is not None:
        there = dual.predictor(start * dual.spread)
        at_start = dual.value(there)
        if at_start[0] < value:
            predictor, (value, weight) = there, at_start
    longest, gap, n = 4.0, np.inf, dual.n_controls.sum()
    gradient, hessian = dual.derivatives(weight)
    inverse, taken = _inverse(hessian), []
    for _ in range(MAX_ITERATIONS):
        gap = np.abs(gradient).max(initial=0.0)
        if gap <= BALANCED:
            return weight
        if value < -np.log(n) - 1e-6:
            break
        step = mended_step(-gradient, inverse, taken)
        if gradient @ step >= 0:  # rounding: the Hessian has nothing left in this direction
            step = -gradient
        change = dual.predictor(step)
        size = min(1.0, longest / max(np.abs(change).max(), 1e-300))
        moved = False
        while size > 1e-10:
            new, new_weight = dual.value(predictor + size * change)
            if new <= value + 1e-4 * size * (gradient @ step) + 1e-13 * (1 + abs(value)):
                moved = True
                break
            size /= 2
        if not moved and not taken:
            break
        if moved:
            longest *= 2
            predictor, value, weight = predictor + size * change, new, new_weight
        before = gradient
        # near the end the Hessian hardly changes, while it takes most of the time
        is_near = moved and gap < _NEAR and size == 1.0
        gradient, hessian = dual.derivatives(weight, with_hessian=not is_near)
        fell = before - gradient
        if is_near and np.abs(gradient).max() < gap / 2 and (size * step) @ -fell != 0:
            taken.append((size * step, -fell))
            continue
        if hessian is None:
            hessian = dual.derivatives(weight)[1]
        inverse, taken = _inverse(hessian), []
    if gap <= 100 * BALANCED:
        return weight
    worst = [names[j] for j in np.argsort(-np.abs(gradient))[:3] if abs(gradient[j]) > 100 * BALANCED]
    raise _no_such_weights(worst)


def _inverse(hessian: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """What a Newton step makes of a gradient; columns may be collinear."""
    inverse = np.linalg.pinv(hessian, rcond=1e-13, hermitian=True)
    return lambda pull: inverse @ pull


def _require_within_range(columns: np.ndarray, centre: np.ndarray, spread: np.ndarray, names: list[str]) -> None:
    rounding = 1e-9 * np.maximum(spread, 1e-3 * np.maximum(1.0, np.abs(centre)))
    outside = (centre > columns.max(axis=0) + rounding) | (centre < columns.min(axis=0) - rounding)
    if outside.any():
        raise _no_such_weights([name for name, is_out in zip(names, outside, strict=True) if is_out])


def _no_such_weights(names: list[str]) -> JDLError:
    return JDLError(
        f"no weights of the controls give them the means of the treated, above all in: {', '.join(names)}",
        "matching.method, ebal",
        "leave these covariates out of covariates.use, match exactly on fewer covariates, set "
        "matching.common_support: range, or use another method: radius, overlap",
    )
