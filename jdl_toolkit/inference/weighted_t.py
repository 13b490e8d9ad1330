"""Two-sample t-tests on weighted means, as earlier publications, data labs and other packages have them.

They differ in the number of controls that the weights are taken to be worth, and in whether the groups share a
variance. None of them adjusts for covariates, nor knows that weights were estimated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .interval import NotEstimable, effective_number, interval


@dataclass(frozen=True)
class Group:
    """Outcomes and weights of one of the groups; weights are positive.

    Parameters
    ----------
    y, weight : array, shape (n_people,)
    """

    y: np.ndarray
    weight: np.ndarray

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def effective_n(self) -> float:
        return effective_number(self.weight)

    @property
    def mean(self) -> float:
        return float(np.average(self.y, weights=self.weight))

    def variance(self, n: float) -> float:
        """Σw(y − m)² / Σw · n/(n − 1), n being the number of people that the group counts as."""
        return float(np.average((self.y - self.mean) ** 2, weights=self.weight) * n / (n - 1))


def t_test(treated: Group, control: Group, confidence: float, *, effective: bool = False, pooled: bool = False) -> dict:
    """Difference of weighted means with a t interval.

    Parameters
    ----------
    treated, control : Group
    confidence : float
    effective : bool
        Each group counts as (Σw)² / Σw² people instead of as its number of people.
    pooled : bool
        Student's test (one variance for both groups) instead of Welch's (a variance of each).

    Raises
    ------
    NotEstimable
        If a group is worth no more than one person.

    References
    ----------
    Welch (1947), Biometrika 34, 28-35; Kish (1965), Survey Sampling, section 11.7 (the effective number).
    """
    n_t, n_c = (g.effective_n if effective else g.n for g in (treated, control))
    if min(n_t, n_c) <= 1:
        raise NotEstimable("one of the groups is worth no more than one person")
    v_t, v_c = treated.variance(n_t), control.variance(n_c)
    df = n_t + n_c - 2
    if pooled:
        total = ((n_t - 1) * v_t + (n_c - 1) * v_c) / df * (1 / n_t + 1 / n_c)
    else:
        parts = v_t / n_t, v_c / n_c
        total = sum(parts)
        if total:
            df = total**2 / (parts[0] ** 2 / (n_t - 1) + parts[1] ** 2 / (n_c - 1))
    return interval(treated.mean - control.mean, math.sqrt(total), df, confidence)


def psmatch2(treated: Group, control: Group, confidence: float) -> dict:
    """The standard error of Stata's psmatch2: SE² = s²_T Σu² + s²_C Σw², u and w scaled to sum to 1.

    s² are the plain variances of the matched people of each group.

    References
    ----------
    Leuven & Sianesi (2003), psmatch2, Statistical Software Components S432001; Lechner (2001).
    """
    if min(treated.n, control.n) < 2:
        raise NotEstimable("one of the groups has fewer than two people")
    variance = sum(g.y.var(ddof=1) / g.effective_n for g in (treated, control))
    return interval(treated.mean - control.mean, math.sqrt(variance), treated.n + control.n - 2, confidence)
