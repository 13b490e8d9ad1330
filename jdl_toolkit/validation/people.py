"""Invented people with a known effect: whom a service works with, and what would have happened without it.

Twelve covariates of the kinds a register holds: four bell-shaped, four 0/1, four skewed counts, all related through how
far a criminal career has gone. The probability of reoffending without the service, p0, is logistic in them; so is the
chance of being treated, which leans towards people of higher p0. Treated people reoffend with probability p0 + effect:
the effect is the same for everybody, and so the true effect on the treated is exactly that number, whoever of them is
matched. People with p0 below `LEAST_RISK` do not occur (they are drawn anew), so that p0 + effect is a probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

BASE_RATE = 0.33
LEAST_RISK = 0.05

SHARES, COUNTS = (0.85, 0.5, 0.3, 0.15), (6.0, 3.0, 2.0, 0.8)
NAMES = tuple(f"{kind}_{i}" for kind in ("bell", "binary", "count") for i in range(4))

#: Directions in the standardised covariates. The second shares most of its covariates with the first.
PROGNOSIS = np.array([-0.5, 0.4, 0.2, 0.0, 0.4, 0.3, -0.3, 0.0, 0.5, 0.2, 0.3, 0.2])
SELECTION = np.array([-0.3, 0.0, 0.5, 0.4, 0.2, 0.0, -0.4, 0.4, 0.3, 0.0, 0.3, -0.3])

#: Standard deviation over the population of the logit of p0, and of the logit of the chance of being treated.
PROGNOSIS_SD = {"usual": 1.1, "strong": 2.2}
SELECTION_SD = {"weak": 0.5, "strong": 1.1}

_REFERENCE_PEOPLE = 200_000


@dataclass(frozen=True)
class World:
    """What the people of a cell are drawn from.

    Parameters
    ----------
    n_treated, n_pool : int
    selection : {"weak", "strong"}
    effect : float
        Added to the probability of reoffending of the treated.
    prognosis : {"usual", "strong"}
        How much the covariates tell about reoffending.
    truth : {"logistic", "curved"}
        Curved: p0 rests on a square, a product and logarithms that no model fitted knows; selection stays logistic in
        the covariates as they are.
    """

    n_treated: int
    n_pool: int
    selection: str
    effect: float
    prognosis: str = "usual"
    truth: str = "logistic"


@dataclass(frozen=True)
class People:
    """Invented people, the treated and the pool in random order.

    Parameters
    ----------
    x : array, shape (n_people, 12)
    is_treated : bool array, shape (n_people,)
    p0, p : array, shape (n_people,)
        Probability of reoffending without the service, and as it came about.
    reoffended : array of 0.0 and 1.0, shape (n_people,)
    """

    x: np.ndarray
    is_treated: np.ndarray
    p0: np.ndarray
    p: np.ndarray
    reoffended: np.ndarray

    def frame(self) -> pd.DataFrame:
        """unit_id, is_treated and the covariates: what matching sees."""
        keys = pd.DataFrame({"unit_id": np.arange(len(self.x)), "is_treated": self.is_treated})
        return pd.concat([keys, pd.DataFrame(self.x, columns=list(NAMES))], axis=1)


def draw_people(world: World, rng: np.random.Generator) -> People:
    """Draw exactly as many treated people and as many for the pool as the world asks for.

    People come one after another, each treated or not by chance, until both groups are full; who comes when his group
    is full is not taken. So each group is a random sample of its kind, and the odds of being treated stay logistic.
    """
    rules = _rules(world)
    n_people = world.n_treated + world.n_pool
    wanted = {True: world.n_treated, False: world.n_pool}
    one_in = {group: n_people / n / rules.share_possible for group, n in wanted.items()}
    got: dict[bool, list[tuple[np.ndarray, np.ndarray]]] = {True: [], False: []}
    while any(wanted.values()):
        x = _covariates(int(1.15 * max(n * one_in[group] for group, n in wanted.items())) + 1, rng)
        p0 = rules.p0(x)
        possible, is_treated = p0 >= LEAST_RISK, rng.random(len(x)) < rules.chance(x)
        for group in wanted:
            taken = np.flatnonzero(possible & (is_treated == group))[: wanted[group]]
            got[group].append((x[taken], p0[taken]))
            wanted[group] -= len(taken)
    order = rng.permutation(n_people)
    x, p0 = (np.concatenate([part[i] for group in (True, False) for part in got[group]])[order] for i in (0, 1))
    is_treated = order < world.n_treated
    p = p0 + np.where(is_treated, world.effect, 0.0)
    return People(x, is_treated, p0, p, (rng.random(len(p)) < p).astype(float))


@dataclass(frozen=True)
class _Index:
    """A sum over standardised covariates, itself brought to mean 0 and the standard deviation asked for.

    Its constants come from a fixed large sample.
    """

    direction: np.ndarray
    is_curved: bool
    centre: np.ndarray
    spread: np.ndarray
    mean: float = 0.0
    factor: float = 1.0

    @classmethod
    def over(cls, x: np.ndarray, direction: np.ndarray, sd: float, is_curved: bool = False) -> Self:
        seen = _logged(x) if is_curved else x
        raw = cls(direction, is_curved, seen.mean(axis=0), seen.std(axis=0))
        values = raw(x)
        return cls(direction, is_curved, raw.centre, raw.spread, float(values.mean()), float(sd / values.std()))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        z = ((_logged(x) if self.is_curved else x) - self.centre) / self.spread
        value = z @ self.direction
        if self.is_curved:
            value = value + 0.25 * z[:, 0] ** 2 + 0.25 * z[:, 1] * z[:, 8]
        return self.factor * (value - self.mean)


@dataclass(frozen=True)
class _Rules:
    """How covariates become the two probabilities, and the share of the population who can occur."""

    risk: _Index
    risk_intercept: float
    leaning: _Index
    leaning_intercept: float
    share_possible: float

    def p0(self, x: np.ndarray) -> np.ndarray:
        return expit(self.risk_intercept + self.risk(x))

    def chance(self, x: np.ndarray) -> np.ndarray:
        return expit(self.leaning_intercept + self.leaning(x))


@lru_cache
def _rules(world: World) -> _Rules:
    """Intercepts at which the base rate is that stated, and the share treated that of the world."""
    x = _covariates(_REFERENCE_PEOPLE, np.random.default_rng(20140401))
    risk = _Index.over(x, PROGNOSIS, PROGNOSIS_SD[world.prognosis], world.truth == "curved")
    leaning = _Index.over(x, SELECTION, SELECTION_SD[world.selection])
    on_risk = risk(x)

    def excess(intercept: float) -> float:
        p0 = expit(intercept + on_risk)
        return p0[p0 >= LEAST_RISK].mean() - BASE_RATE

    of_risk = float(brentq(excess, -8, 4))
    possible = expit(of_risk + on_risk) >= LEAST_RISK
    on_leaning, wanted = leaning(x[possible]), world.n_treated / (world.n_treated + world.n_pool)
    of_leaning = float(brentq(lambda intercept: expit(intercept + on_leaning).mean() - wanted, -20, 10))
    return _Rules(risk, of_risk, leaning, of_leaning, float(possible.mean()))


def _covariates(n: int, rng: np.random.Generator) -> np.ndarray:
    career = rng.standard_normal((n, 1))
    latent = 0.4 * career + np.sqrt(1 - 0.4**2) * rng.standard_normal((n, len(NAMES)))
    bells, binary, counts = latent[:, :4], latent[:, 4:8], latent[:, 8:]
    return np.hstack(
        [bells, binary < norm.ppf(SHARES), rng.poisson(np.array(COUNTS) * np.exp(0.7 * counts - 0.7**2 / 2))]
    ).astype(float)


def _logged(x: np.ndarray) -> np.ndarray:
    """Counts by their logarithm, as the curved truth takes them."""
    return np.hstack([x[:, :8], np.log1p(x[:, 8:])])
