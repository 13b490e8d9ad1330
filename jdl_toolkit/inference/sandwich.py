"""Robust standard errors: how far each person moves an estimate, and what the sum of their squares says.

Every estimate here has, to first order, a share that each person adds to it (its influence). The forms HC0 to HC3, the
clustered and the survey standard error all come from these shares and the people's leverages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import linalg

from ..matching.newton import blocks
from ..matching.regression import Link, sort_columns
from .interval import NotEstimable, effective_number
from .reweighted import Reweighted, fit_as_r
from .weighted_t import Group

#: A leverage nearer to 1 than this is 1 but for rounding.
FULL_LEVERAGE = 1e-8

_NO_HC = "one person alone decides a coefficient (a leverage of 1), so that {form} would divide by zero"


@dataclass(frozen=True)
class Linearised:
    """An estimate and the share that each person adds to it, to first order.

    Parameters
    ----------
    value : float
    influence : array, shape (n_people,)
        Sums to 0 at the estimate.
    leverage : array, shape (n_people,)
    n_parameters : int
        Of the regression behind it.
    """

    value: float
    influence: np.ndarray
    leverage: np.ndarray
    n_parameters: int

    @property
    def df(self) -> int:
        """Degrees of freedom: people less parameters."""
        return len(self.influence) - self.n_parameters

    def standard_error(self, form: str) -> float:
        """HC0 to HC3, or "survey" (HC0 with n/(n − 1), people as a sample with replacement).

        Raises
        ------
        NotEstimable
            HC2 and HC3 where a leverage is 1.

        References
        ----------
        White (1980), Econometrica 48, 817-838; MacKinnon & White (1985), Journal of Econometrics 29, 305-325.
        """
        squares, n = self.influence**2, len(self.influence)
        if form in ("HC2", "HC3"):
            rest = 1 - self.leverage
            if rest.min() < FULL_LEVERAGE:
                raise NotEstimable(_NO_HC.format(form=form))
            return math.sqrt((squares / (rest if form == "HC2" else rest**2)).sum())
        factor = {"HC0": 1.0, "HC1": n / self.df, "survey": n / (n - 1)}[form]
        return math.sqrt(factor * squares.sum())

    def clustered(self, sets: np.ndarray, *, adjust: bool = True) -> tuple[float, int]:
        """Standard error and number of clusters where people of one matched set go together.

        Parameters
        ----------
        sets : array, shape (n_people,)
        adjust : bool
            With the factors G/(G − 1) and (n − 1)/(n − k), as R's `vcovCL(type = "HC1")`.

        References
        ----------
        Liang & Zeger (1986), Biometrika 73, 13-22; Abadie & Spiess (2022), JASA 117, 983-995 (matched sets).
        """
        codes, labels = pd.factorize(sets)
        if (codes < 0).any():
            raise NotEstimable("not everybody compared belongs to a matched set")
        n, n_sets = len(codes), len(labels)
        if n_sets < 2:
            raise NotEstimable("there are fewer than two matched sets")
        sums = np.bincount(codes, self.influence, n_sets)
        factor = n_sets / (n_sets - 1) * (n - 1) / self.df if adjust else 1.0
        return math.sqrt(factor * (sums**2).sum()), n_sets


def difference_of_means(treated: Group, control: Group) -> Linearised:
    """Difference of weighted means, as a regression on treatment alone has it; people in the order treated, control."""
    return _of_means(treated, control, treated.mean - control.mean, 1.0, 1.0)


def ratio_of_means(treated: Group, control: Group) -> Linearised:
    """Logarithm of the ratio of weighted means, as a quasi-Poisson regression on treatment alone has it.

    Raises
    ------
    NotEstimable
        Where the outcome is 0 for everybody in a group.
    """
    m_t, m_c = treated.mean, control.mean
    if min(m_t, m_c) <= 0:
        raise NotEstimable("nobody in one of the groups had it, so that there is no ratio")
    return _of_means(treated, control, math.log(m_t / m_c), 1 / m_t, 1 / m_c)


def _of_means(treated: Group, control: Group, value: float, of_treated: float, of_control: float) -> Linearised:
    u, w = treated.weight / treated.weight.sum(), control.weight / control.weight.sum()
    influence = u * (treated.y - treated.mean) * of_treated, -w * (control.y - control.mean) * of_control
    return Linearised(value, np.concatenate(influence), np.concatenate([u, w]), 2)


@dataclass(frozen=True)
class Regression:
    """A weighted regression with its canonical link, fitted to people of both groups as R fits it; the first columns
    are 1 and treatment.

    Parameters
    ----------
    z : array, shape (n_people, n_parameters)
    y, weight : array, shape (n_people,)
    link : Link
    fit : Reweighted
    """

    z: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    link: Link
    fit: Reweighted

    @property
    def working_weight(self) -> np.ndarray:
        """Weight times the slope of the last step, as R's `weights(fit, "working")`."""
        return self.weight * self.fit.working_slope

    @cached_property
    def inverse(self) -> np.ndarray:
        """Inverse of the information Z' diag(working weight) Z."""
        information, root = np.zeros((self.z.shape[1],) * 2), np.sqrt(self.working_weight)
        for rows in blocks(len(self.z)):
            scaled = self.z[rows] * root[rows, None]
            information += scaled.T @ scaled
        try:
            return linalg.inv(information)
        except linalg.LinAlgError:
            raise NotEstimable("its equations have no unique solution") from None

    @cached_property
    def leverage(self) -> np.ndarray:
        """w z' (Z' W Z)⁻¹ z with the working weights w, shape (n_people,)."""
        found = np.empty(len(self.z))
        for rows in blocks(len(self.z)):
            found[rows] = np.einsum("ij,ij->i", self.z[rows] @ self.inverse, self.z[rows])
        return found * self.working_weight

    def linearise(self, value: float, gradient: np.ndarray) -> Linearised:
        """A function of the coefficients, from its value and gradient (the delta method)."""
        residual = (self.y - self.fit.expected) / self.fit.slope  # of the last fit, on the weights of the step before
        influence = self.working_weight * residual * (self.z @ (self.inverse @ gradient))
        return Linearised(value, influence, self.leverage, self.z.shape[1])

    @property
    def difference(self) -> Linearised:
        """The coefficient of treatment."""
        return self.linearise(float(self.fit.beta[1]), np.eye(self.z.shape[1])[1])

    def one_step_on(self) -> Regression:
        """The same, had the fit taken one more step."""
        return replace(self, fit=self.fit.one_step_on(self.z, self.link))


def fit_regression(is_treated: np.ndarray, x: np.ndarray, y: np.ndarray, weight: np.ndarray, link: Link) -> Regression:
    """Fit a weighted regression of the outcome on treatment and columns that stand beside it.

    Columns that are constant, or combinations of treatment and earlier ones, are left out, as R's `lm` does. See
    `reweighted` for the definition of the fit.

    Parameters
    ----------
    is_treated, y, weight : array, shape (n_people,)
        Weights are positive.
    x : array, shape (n_people, n_columns)

    Raises
    ------
    NotEstimable
        Where there are no more people than columns, or the steps leave the numbers.
    """
    z = np.empty((len(y), 2 + x.shape[1]))
    z[:, 0], z[:, 1], z[:, 2:] = 1.0, is_treated, x
    columns = sort_columns(z[:, 1:])
    if len(columns.kept) < z.shape[1] - 1:
        z = np.take(z, [0, *(1 + j for j in columns.kept)], axis=1)
    if len(y) <= z.shape[1] or effective_number(weight) <= 2:
        raise NotEstimable("there are no more people than columns of the model")
    for rows in blocks(len(z)):  # numbers of one size: the inverse keeps its digits
        z[rows, 2:] -= columns.scale.centre[1:]
        z[rows, 2:] /= columns.scale.spread[1:]
    return Regression(z, y, weight, link, fit_as_r(z, y, weight, link))
