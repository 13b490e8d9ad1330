"""Rosenbaum bounds: how far something not recorded may divide matched pairs before a finding rests on it alone.

Two people of a pair are alike in what is recorded. Γ is the factor by which something else may raise the odds of one of
them, rather than the other, having been the treated one. For each Γ the p-value lies between two bounds.

References
----------
Rosenbaum (2002), Observational Studies, 2nd edition, sections 4.3.2 and 4.3.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from ..errors import JDLError, Problem
from ..numbers import number

#: Up to so many pairs the signed-rank distribution is summed exactly, beyond it is near enough to normal.
EXACT_UP_TO = 25
_LARGEST_GAMMA = 1e6


@dataclass(frozen=True)
class RosenbaumBounds:
    """Bounds of one-sided p-values over Γ, and the Γ at which the finding is lost.

    Parameters
    ----------
    test : {"mcnemar", "signed_rank"}
    n_pairs : int
        Pairs that say something: those whose two outcomes differ.
    n_treated_higher : int
        Of them, pairs in which the treated person has the higher outcome.
    table : DataFrame
        gamma, p_upper_increase, p_lower_increase, p_upper_decrease, p_lower_decrease.
    direction : {"increase", "decrease", "none"}
        Where the pairs point.
    p_value : float
        Two-sided with no hidden bias: twice the one-sided one in that direction, at most 1.
    alpha : float
        Two-sided level that the finding is judged at.
    is_exact : bool
        Not by a normal approximation.
    tipping_gamma : float or None
        Largest Γ at which the upper bound in that direction does not exceed alpha / 2.
    why_not : str or None
        Why there is no tipping Γ.
    """

    test: str
    n_pairs: int
    n_treated_higher: int
    table: pd.DataFrame
    direction: str
    p_value: float
    alpha: float
    is_exact: bool
    tipping_gamma: float | None
    why_not: str | None

    def summary(self) -> str:
        if self.tipping_gamma is None:
            return f"Hidden bias in pairs has no tipping point: {self.why_not}."
        # rounded down: the finding stands at the figure that is printed
        gamma = number(math.floor(100 * self.tipping_gamma) / 100, 2)
        return (
            f"Something not recorded that changes the odds of being treated by a factor of up to {gamma} "
            f"could not by itself account for the {self.direction} in {self.n_pairs:,} pairs; a stronger one could."
        )


def discordant_pairs(treated, control) -> tuple[int, int]:
    """Pairs in which only the treated person, and only the control, has a 0/1 outcome.

    Parameters
    ----------
    treated, control : array of 0 and 1, shape (n_pairs,)
        In the order of the pairs.
    """
    treated, control = np.asarray(treated, float), np.asarray(control, float)
    if treated.shape != control.shape or not all(np.isin(side, (0, 1)).all() for side in (treated, control)):
        raise JDLError("the outcomes of pairs must be 0 or 1, one of each side", "hidden bias, pairs")
    return int((treated > control).sum()), int((treated < control).sum())


def rosenbaum_mcnemar(
    n_treated_only: int, n_control_only: int, gammas: Iterable[float], alpha: float = 0.05
) -> RosenbaumBounds:
    """Exact bounds for 1:1 pairs and a 0/1 outcome.

    P(X ≥ a) with X binomial over the pairs that differ, with Γ/(1 + Γ) above and 1/(1 + Γ) below. (The R package
    rbounds 2.2 gives P(X > a), which is too small.)

    Parameters
    ----------
    n_treated_only, n_control_only : int
        Pairs in which only that person has the outcome, see `discordant_pairs`.
    gammas : iterable of float
        At least 1.
    alpha : float
        Two-sided.

    Raises
    ------
    JDLError
        With everything that makes no sense.
    """
    counts = {"n_treated_only": n_treated_only, "n_control_only": n_control_only}
    gammas = _checked(gammas, alpha, [name for name, n in counts.items() if not (0 <= n < math.inf and n == int(n))])
    n, up, down = int(n_treated_only + n_control_only), int(n_treated_only), int(n_control_only)

    def p_value(a: int, share):
        return special.betainc(a, n - a + 1, share) if a else np.ones_like(share)

    most = max(up, down)
    p_at_one = float(p_value(most, np.array(0.5)))
    tipping = None
    if 2 * p_at_one <= alpha:
        share = float(special.betaincinv(most, n - most + 1, alpha / 2))
        tipping = share / (1 - share)
    return _bounds("mcnemar", n, up, up - down, _table(gammas, p_value, up, down), p_at_one, alpha, True, tipping)


def rosenbaum_signed_rank(differences, gammas: Iterable[float], alpha: float = 0.05) -> RosenbaumBounds:
    """Bounds of Wilcoxon's signed-rank test for 1:1 pairs and a count, or days.

    Differences of zero are left out, tied ones share their ranks; exact up to `EXACT_UP_TO` pairs, then normal.

    Parameters
    ----------
    differences : array, shape (n_pairs,)
        Treated minus control.
    gammas : iterable of float
        At least 1.
    alpha : float
        Two-sided.

    Raises
    ------
    JDLError
        With everything that makes no sense.
    """
    differences = np.asarray(differences, float)
    gammas = _checked(gammas, alpha, [] if np.isfinite(differences).all() else ["differences"])
    differences = differences[differences != 0]
    n, ranks = len(differences), stats.rankdata(np.abs(differences))
    up, down = (float(ranks[side].sum()) for side in (differences > 0, differences < 0))
    is_exact = n <= EXACT_UP_TO
    tail = _exact_tail if is_exact else _normal_tail

    def p_value(least: float, share):
        return np.array([tail(ranks, least, p) for p in np.atleast_1d(share)])

    most = max(up, down)
    p_at_one = float(p_value(most, 0.5)[0])
    tipping = None
    if n and 2 * p_at_one <= alpha:
        tipping = _tipping_exact(ranks, most, alpha) if is_exact else _tipping_normal(ranks, most, alpha)
    n_up = int((differences > 0).sum())
    table = _table(gammas, p_value, up, down)
    return _bounds("signed_rank", n, n_up, up - down, table, p_at_one, alpha, is_exact, tipping)


def _exact_tail(ranks: np.ndarray, least: float, share: float) -> float:
    """P(T ≥ least), T the sum of ranks that are each in with probability `share`. Mid-ranks are whole when doubled."""
    doubled = np.rint(2 * ranks).astype(int)
    chance = np.ones(1)
    for rank in doubled:
        with_it = np.zeros(len(chance) + rank)
        with_it[rank:] = share * chance
        with_it[: len(chance)] += (1 - share) * chance
        chance = with_it
    return min(float(chance[round(2 * least) :].sum()), 1.0)


def _normal_tail(ranks: np.ndarray, least: float, share: float) -> float:
    spread = math.sqrt(share * (1 - share) * (ranks**2).sum())
    return float(special.ndtr((share * ranks.sum() - least) / spread))


def _tipping_exact(ranks: np.ndarray, most: float, alpha: float) -> float:
    def above(log_gamma: float) -> float:
        return _exact_tail(ranks, most, special.expit(log_gamma)) - alpha / 2

    if above(0.0) >= 0:  # the level is met exactly
        return 1.0
    return math.exp(optimize.brentq(above, 0.0, math.log(_LARGEST_GAMMA), xtol=1e-14))


def _tipping_normal(ranks: np.ndarray, most: float, alpha: float) -> float:
    """The share p at which (T − p·Σr)² = z²·p(1 − p)·Σr², the smaller root, as odds."""
    total, squares = ranks.sum(), special.ndtri(alpha / 2) ** 2 * (ranks**2).sum()
    a, b, c = total**2 + squares, 2 * most * total + squares, most**2
    share = 2 * c / (b + math.sqrt(b**2 - 4 * a * c))
    return share / (1 - share)


def _table(gammas: np.ndarray, p_value, up: float, down: float) -> pd.DataFrame:
    high, low = gammas / (1 + gammas), 1 / (1 + gammas)
    columns = {"gamma": gammas}
    for direction, statistic in (("increase", up), ("decrease", down)):
        columns |= {f"p_upper_{direction}": p_value(statistic, high), f"p_lower_{direction}": p_value(statistic, low)}
    return pd.DataFrame(columns)


def _bounds(
    test: str,
    n: int,
    n_up: int,
    balance: float,
    table: pd.DataFrame,
    p_at_one: float,
    alpha: float,
    is_exact: bool,
    tipping: float | None,
) -> RosenbaumBounds:
    p_value = min(2 * p_at_one, 1.0)
    why_not = None
    if not n:
        why_not = "the two people of every pair have the same outcome"
    elif tipping is None:
        why_not = "even with no hidden bias the pairs show no difference that chance could not account for"
    direction = "increase" if balance > 0 else "decrease" if balance < 0 else "none"
    return RosenbaumBounds(test, n, n_up, table, direction, p_value, alpha, is_exact, tipping, why_not)


def _checked(gammas: Iterable[float], alpha: float, wrong: list[str]) -> np.ndarray:
    gammas = np.asarray(list(gammas), float)
    faults = [
        Problem("must be whole numbers from 0 up, or finite differences", f"hidden bias, {name}") for name in wrong
    ]
    if not gammas.size or not (np.isfinite(gammas) & (gammas >= 1)).all():
        faults.append(Problem("must be finite numbers from 1 up, at least one", "hidden bias, gammas"))
    if not 0 < alpha < 1:
        faults.append(Problem("the level must lie between 0 and 1", "hidden bias, alpha"))
    if faults:
        raise JDLError(faults)
    return gammas
