"""The effect standardised over the treated people (g-computation), from a regression on treatment and covariates.

The model says what each treated person would be expected to have with and without the service; the means of the two
are compared. Unlike the headline, the model is fitted to both groups, with one set of slopes.
"""

from __future__ import annotations

import math

import numpy as np

from .sandwich import Linearised, Regression, slope_at


def standardise(model: Regression, is_treated: np.ndarray) -> tuple[Linearised, Linearised | None]:
    """Difference, and logarithm of the ratio, of the expected outcomes of the treated with and without treatment.

    Parameters
    ----------
    model : Regression
        Column 1 is treatment.
    is_treated : bool array, shape (n_people,)

    Returns
    -------
    difference, log_ratio : Linearised
        By the delta method over the coefficients; the treated people themselves are taken as given. No ratio (None)
        where an expected outcome is not positive, as a linear model may have it.

    References
    ----------
    Robins (1986), Mathematical Modelling 7, 1393-1512; Snowden, Rose & Mortimer (2011), American Journal of
    Epidemiology 173, 731-738.
    """
    share = model.weight[is_treated] / model.weight[is_treated].sum()
    (with_it, slope_with), (without, slope_without) = (_mean(model, is_treated, share, value) for value in (1.0, 0.0))
    difference = model.linearise(with_it - without, slope_with - slope_without)
    if min(with_it, without) <= 0:
        return difference, None
    gradient = slope_with / with_it - slope_without / without
    return difference, model.linearise(math.log(with_it / without), gradient)


def _mean(model: Regression, is_treated: np.ndarray, share: np.ndarray, value: float) -> tuple[float, np.ndarray]:
    """Mean expected outcome of the treated were treatment `value`, and its gradient over the coefficients."""
    z = model.z[is_treated].copy()
    z[:, 1] = value
    expected = model.fit.predict(z[:, 1:])
    return float(share @ expected), (share * slope_at(expected, model.fit.link)) @ z
