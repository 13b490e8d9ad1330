"""Invented people with a known effect: whom a service works with, and what would have happened without it.

Twelve covariates of the kinds a register holds: four bell-shaped, four 0/1, four skewed counts, all related through how
far a criminal career has gone. The probability of reoffending without the service, p0, is logistic in them; so is the
chance of being treated, which leans towards people of higher p0. Treated people reoffend with probability p0 + effect.
The effect is the same for everybody, and then the true effect on the treated is exactly that number, whoever of them is
matched; or it grows with p0, and then it is known person by person. People whose p0 is below the world's least risk do
not occur (they are drawn anew), so that p0 + effect is a probability.

Beside the twelve there may be a thirteenth, which nobody recorded: people have it or not, half of them each, whatever
their covariates are. It multiplies the odds of being treated, and those of reoffending, by what the world says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit
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
SELECTION_SD = {"weak": 0.5, "middle": 0.8, "strong": 1.1}

#: Share of people who have what nobody recorded.
HIDDEN_SHARE = 0.5

_REFERENCE_PEOPLE = 200_000


@dataclass(frozen=True)
class World:
    """What the people of a cell are drawn from.

    Parameters
    ----------
    n_treated, n_pool : int
    selection : {"weak", "middle", "strong"}
    effect : float
        Added to the probability of reoffending of the treated.
    prognosis : {"usual", "strong"}
        How much the covariates tell about reoffending.
    truth : {"logistic", "curved"}
        Curved: p0 rests on a square, a product and logarithms that no model fitted knows; selection stays logistic in
        the covariates as they are.
    grows : bool
        The effect is proportional to p0, and `effect` that of somebody at the base rate.
    hidden_selection, hidden_outcome : float
        Odds ratios, of being treated and of reoffending without the service, of what nobody recorded; 1: there is none.
    """

    n_treated: int
    n_pool: int
    selection: str
    effect: float
    prognosis: str = "usual"
    truth: str = "logistic"
    grows: bool = False
    hidden_selection: float = 1.0
    hidden_outcome: float = 1.0

    @property
    def least_risk(self) -> float:
        """The lowest p0 that occurs; no lower than an effect that is the same for everybody may take from it."""
        return LEAST_RISK if self.grows else max(LEAST_RISK, -self.effect)

    @property
    def is_confounded(self) -> bool:
        """Whether something that nobody recorded moves both who is treated and who reoffends."""
        return self.hidden_selection != 1 and self.hidden_outcome != 1


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
    hidden : array of 0.0 and 1.0, shape (n_people,)
        Who has what nobody recorded; 0 for all where there is none.
    """

    x: np.ndarray
    is_treated: np.ndarray
    p0: np.ndarray
    p: np.ndarray
    reoffended: np.ndarray
    hidden: np.ndarray

    @property
    def effect(self) -> np.ndarray:
        """What the service changed of each person's probability; 0 for the pool."""
        return self.p - self.p0

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
    got: dict[bool, list[tuple[np.ndarray, ...]]] = {True: [], False: []}
    while any(wanted.values()):
        x = _covariates(int(1.15 * max(n * one_in[group] for group, n in wanted.items())) + 1, rng)
        hidden = _hidden(len(x), rng) if world.is_confounded else np.zeros(len(x))
        p0, possible = rules.p0(x, hidden), rules.is_possible(x)
        is_treated = rng.random(len(x)) < rules.chance(x, hidden)
        for group in wanted:
            taken = np.flatnonzero(possible & (is_treated == group))[: wanted[group]]
            got[group].append((x[taken], p0[taken], hidden[taken]))
            wanted[group] -= len(taken)
    order = rng.permutation(n_people)
    drawn = [part for group in (True, False) for part in got[group]]
    x, p0, hidden = (np.concatenate(parts)[order] for parts in zip(*drawn, strict=True))
    is_treated = order < world.n_treated
    effect = world.effect * p0 / BASE_RATE if world.grows else world.effect
    p = p0 + np.where(is_treated, effect, 0.0)
    return People(x, is_treated, p0, p, (rng.random(len(p)) < p).astype(float), hidden)


def hidden_strength(world: World, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What nobody recorded does to people with these covariates.

    Returns
    -------
    p0_with, p0_without : array, shape (n_people,)
        Probability of reoffending without the service, with and without the characteristic.
    odds_factor : array, shape (n_people,)
        How many times the odds of being treated of somebody who has it, or has it not, differ from those that the
        covariates alone tell; the larger of the two, at least 1.
    """
    rules, (with_it, without) = _rules(world), (np.full(len(x), value) for value in (1.0, 0.0))
    chances = rules.chance(x, with_it), rules.chance(x, without)
    told = HIDDEN_SHARE * chances[0] + (1 - HIDDEN_SHARE) * chances[1]
    factors = [np.abs(logit(chance) - logit(told)) for chance in chances]
    return rules.p0(x, with_it), rules.p0(x, without), np.exp(np.maximum(*factors))


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
    """How covariates, and what nobody recorded, become the two probabilities; the share of people who can occur.

    The log odds ratios of what nobody recorded count from its mean, so that half of it goes up and half of it down.
    """

    risk: _Index
    risk_intercept: float
    leaning: _Index
    leaning_intercept: float
    share_possible: float
    least_risk: float = LEAST_RISK
    hidden_risk: float = 0.0
    hidden_leaning: float = 0.0

    def p0(self, x: np.ndarray, hidden: np.ndarray) -> np.ndarray:
        return expit(self.risk_intercept + self.risk(x) + self.hidden_risk * (hidden - HIDDEN_SHARE))

    def is_possible(self, x: np.ndarray) -> np.ndarray:
        """Whether such people occur: by covariates alone, so that what nobody recorded has nothing to do with them."""
        return expit(self.risk_intercept + self.risk(x) - abs(self.hidden_risk) / 2) >= self.least_risk

    def chance(self, x: np.ndarray, hidden: np.ndarray) -> np.ndarray:
        return expit(self.leaning_intercept + self.leaning(x) + self.hidden_leaning * (hidden - HIDDEN_SHARE))


@lru_cache
def _rules(world: World) -> _Rules:
    """Intercepts at which the base rate is that stated, and the share treated that of the world."""
    rng = np.random.default_rng(20140401)
    x = _covariates(_REFERENCE_PEOPLE, rng)
    risk = _Index.over(x, PROGNOSIS, PROGNOSIS_SD[world.prognosis], world.truth == "curved")
    leaning = _Index.over(x, SELECTION, SELECTION_SD[world.selection])
    odds = (world.hidden_outcome, world.hidden_selection) if world.is_confounded else (1.0, 1.0)
    hidden_risk, hidden_leaning = (float(np.log(ratio)) for ratio in odds)
    aside = _hidden(len(x), rng) - HIDDEN_SHARE
    on_risk = risk(x)

    def is_possible(intercept: float) -> np.ndarray:
        return expit(intercept + on_risk - abs(hidden_risk) / 2) >= world.least_risk

    def excess(intercept: float) -> float:
        return expit(intercept + on_risk + hidden_risk * aside)[is_possible(intercept)].mean() - BASE_RATE

    of_risk = float(brentq(excess, -8, 4))
    possible = is_possible(of_risk)
    on_leaning = (leaning(x) + hidden_leaning * aside)[possible]
    wanted = world.n_treated / (world.n_treated + world.n_pool)
    of_leaning = float(brentq(lambda intercept: expit(intercept + on_leaning).mean() - wanted, -20, 10))
    share = float(possible.mean())
    return _Rules(risk, of_risk, leaning, of_leaning, share, world.least_risk, hidden_risk, hidden_leaning)


def _hidden(n: int, rng: np.random.Generator) -> np.ndarray:
    return (rng.random(n) < HIDDEN_SHARE).astype(float)


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
