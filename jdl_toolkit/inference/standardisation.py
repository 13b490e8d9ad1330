"""The effect standardised over the treated people (g-computation), from a regression on treatment and covariates.

The model says what each treated person would be expected to have with and without the service; the means of the two
are compared. Unlike the headline, the model is fitted to both groups, with one set of slopes, and as R's `glm` fits.

Where a model is separated (everybody at some level of a covariate has the outcome, or nobody) its coefficients grow
without end, but the expected outcomes do not: they go to 0 or 1 there, and to those of the model among the others
elsewhere. So the mean over people has a limit, and so has its robust error. What has not come to rest is withheld.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .interval import NotEstimable
from .reweighted import NO_ANSWER, mean_and_slope
from .sandwich import Linearised, Regression

#: What one more step of a fit without an end may change, in standard errors.
AT_REST = 0.01


def standardised_difference(model: Regression, is_treated: np.ndarray) -> Linearised:
    """Expected outcomes of the treated with treatment, less those without.

    Parameters
    ----------
    model : Regression
        Column 1 is treatment.
    is_treated : bool array, shape (n_people,)

    Returns
    -------
    Linearised
        By the delta method over the coefficients; the treated people themselves are taken as given.

    Raises
    ------
    NotEstimable
        Where the model is separated and the answer would depend on when its fit is stopped.

    References
    ----------
    Robins (1986), Mathematical Modelling 7, 1393-1512; Snowden, Rose & Mortimer (2011), American Journal of
    Epidemiology 173, 731-738. Limits of separated models: Albert & Anderson (1984), Biometrika 71, 1-10.
    """
    return _at_rest(model, is_treated, _difference)


def standardised_ratio(model: Regression, is_treated: np.ndarray) -> Linearised:
    """Logarithm of the ratio of the same two means; parameters and errors as for `standardised_difference`.

    Raises
    ------
    NotEstimable
        Also where an expected outcome is not positive, as a linear model may have it.
    """
    return _at_rest(model, is_treated, _log_ratio)


def _at_rest(model: Regression, is_treated: np.ndarray, of: Callable[..., Linearised]) -> Linearised:
    found = of(model, is_treated)
    if model.fit.runs_off:
        later, se = of(model.one_step_on(), is_treated), found.standard_error("HC0")
        moved = abs(later.value - found.value), abs(later.standard_error("HC0") - se)
        if not max(moved) <= AT_REST * se:
            raise NotEstimable(NO_ANSWER.format(link=model.link))
    return found


def _difference(model: Regression, is_treated: np.ndarray) -> Linearised:
    (with_it, slope_with), (without, slope_without) = _means(model, is_treated)
    return model.linearise(with_it - without, slope_with - slope_without)


def _log_ratio(model: Regression, is_treated: np.ndarray) -> Linearised:
    (with_it, slope_with), (without, slope_without) = _means(model, is_treated)
    if min(with_it, without) <= 0:
        raise NotEstimable("an expected outcome is not positive, so that there is no ratio")
    return model.linearise(math.log(with_it / without), slope_with / with_it - slope_without / without)


def _means(model: Regression, is_treated: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Mean expected outcome of the treated with and without treatment, and its gradient over the coefficients."""
    share = model.weight[is_treated] / model.weight[is_treated].sum()
    z, found = model.z[is_treated].copy(), []
    for value in (1.0, 0.0):
        z[:, 1] = value
        expected, slope = mean_and_slope(z @ model.fit.beta, model.link)
        found.append((float(share @ expected), (share * slope) @ z))
    return found
