"""The ladder: calipers from the widest down, the first that balances, and entropy balancing where none does.

Every rung is judged on covariates alone. The score is fitted once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import CouldNotBeAnswered, JDLError
from ..matching import MatchedSample, match
from ..matching.design import expand_levels
from ..matching.match import WITH_CALIPER
from ..matching.propensity import Propensity, fit_propensity
from ..spec import CaliperUnit, Fallback, Method
from .assessment import Balance, assess_balance
from .blocks import columns_of
from .measures import spread_of, standardised, weighted_means

Judge = Callable[[MatchedSample], tuple[MatchedSample | None, float | None, int | None]]

#: Entropy balancing can take the place of methods that estimate for the same people: the treated who are compared.
REPLACEABLE = (Method.radius, Method.nearest, Method.ipw)

FELL_BACK = (
    "The declared way of matching did not make the groups alike enough, so entropy balancing was used in its place: "
    "everybody in the comparison group gets a weight, chosen so that the averages of the two groups agree."
)


@dataclass(frozen=True)
class Rung:
    """One try: a sample and how far its groups lie apart at worst.

    Parameters
    ----------
    method : str
    caliper : float or None
        In matching.caliper_unit.
    sample : MatchedSample or None
        None where nobody could be compared.
    worst : float or None
        Largest absolute standardised mean difference.
    n_red : int or None
    fault : str
        Why it cannot be used; empty if it can.
    """

    method: str
    caliper: float | None
    sample: MatchedSample | None = None
    worst: float | None = None
    n_red: int | None = None
    fault: str = ""

    @property
    def balances(self) -> bool:
        return self.n_red == 0 and not self.fault

    def row(self, is_chosen: bool, why: str) -> dict[str, object]:
        """The rung as a row of the `tried` table."""
        n_matched, ess = (self.sample.n_treatment_matched, self.sample.ess_control) if self.sample else (0, 0.0)
        found = {"method": self.method, "caliper": self.caliper, "n_matched": n_matched, "ess": ess}
        return found | {"worst_smd": self.worst, "n_red": self.n_red, "chosen": is_chosen, "why": why}


def choose_caliper(covariates, spec, *, distances: bool = True) -> tuple[MatchedSample, Balance, pd.DataFrame]:
    """Match with the widest caliper that balances; the score is fitted once and no outcome is known.

    A method without a caliper has one rung. Where no rung leaves every difference below red, entropy balancing takes
    their place if matching.fallback says so and it

    1. has a solution,
    2. leaves no difference red, and
    3. leaves an effective control size of at least disclosure.minimum_group: below that, the comparison rests on too
       few people to be told of.

    Else the rung with the smallest worst difference is returned, and its balance has not passed: the gate is closed.
    Nothing takes the place of overlap weights, which concern other people than the treated.

    Parameters
    ----------
    covariates : Covariates
    spec : RequestSpec
    distances : bool
        Whether the balance returned holds distances between distributions; see `assess_balance`.

    Returns
    -------
    matched : MatchedSample
    balance : Balance
    tried : DataFrame
        A row per rung, in the order tried: method, caliper (in matching.caliper_unit; missing where there is none),
        n_matched (treated), ess (of the controls), worst_smd, n_red (missing where nobody could be compared), chosen,
        why.

    Raises
    ------
    CouldNotBeAnswered
        If no treated person has a comparable control on any rung.
    """
    fitted = fit_propensity(covariates, spec)
    rungs, chosen = climb(covariates, spec, fitted)
    sample = rungs[chosen].sample
    return sample, assess_balance(covariates, sample, spec, distances=distances), tried_table(rungs, chosen)


def climb(covariates, spec, fitted: Propensity, judge: Judge | None = None) -> tuple[list[Rung], int]:
    """Every rung that was tried, and which one is used; see `choose_caliper`.

    `judge` tells the sample (None if nobody can be compared), its worst difference and how many are red; by default it
    is made of the score's covariates.
    """
    judge = judge or _judge(fitted, spec)
    method, rungs = spec.matching.method, []
    for caliper in _calipers(spec):
        sample = _match(covariates, spec, caliper, fitted)
        rungs.append(Rung(str(method), caliper, *judge(sample)))
        if rungs[-1].balances:
            return rungs, len(rungs) - 1
    matched = [i for i, rung in enumerate(rungs) if rung.sample is not None]
    if not matched:
        fix = "look at the overlap of the scores, and at which covariates set the group apart"
        raise CouldNotBeAnswered("no treated person has a comparable control", "matching.calipers", fix)
    if spec.matching.fallback is Fallback.ebal and method in REPLACEABLE:
        rungs.append(_entropy_balancing(covariates, spec, fitted, judge))
        if rungs[-1].balances:
            return rungs, len(rungs) - 1
    return rungs, min(matched, key=lambda i: rungs[i].worst)


def with_method(spec, method: Method):
    """The same choices with another method; nothing has to be validated anew."""
    return spec.model_copy(update={"matching": spec.matching.model_copy(update={"method": method})})


def tried_table(rungs: list[Rung], chosen: int) -> pd.DataFrame:
    """What was tried, what was chosen and why, as a table."""
    rows = [rung.row(i == chosen, _why(rung, i, chosen, rungs)) for i, rung in enumerate(rungs)]
    types = {"caliper": "Float64", "worst_smd": "Float64", "n_red": "Int64"}
    return pd.DataFrame(rows).astype(types)


def _calipers(spec) -> list[float | None]:
    if spec.matching.method in WITH_CALIPER and spec.matching.calipers:
        return sorted(spec.matching.calipers, reverse=True)
    return [None]


def _match(covariates, spec, caliper: float | None, fitted: Propensity) -> MatchedSample:
    if spec.matching.caliper_unit is CaliperUnit.raw and caliper is not None:
        return match(covariates, spec, caliper_raw=caliper, propensity=fitted)
    return match(covariates, spec, caliper, propensity=fitted)


def _judge(fitted: Propensity, spec):
    """A function from a sample to (sample, worst, n_red); what does not change from rung to rung is worked out once."""
    columns = columns_of(expand_levels(fitted.units, fitted.merged)[0])
    is_treated = fitted.units["is_treated"].to_numpy(bool)
    by = spread_of(columns, is_treated).of_gate(spec.balance.denominator)

    def judge(sample: MatchedSample) -> tuple[MatchedSample | None, float | None, int | None]:
        if not (sample.n_treatment_matched and sample.n_control):
            return None, None, None
        means = weighted_means(columns, is_treated, sample.units["weight"].to_numpy(float))
        size = np.abs(standardised(*means, by))
        return sample, float(size.max()), int((size > spec.balance.amber_up_to).sum())

    return judge


def _entropy_balancing(covariates, spec, fitted: Propensity, judge) -> Rung:
    """The fallback as a rung, with what stands against it."""
    method, least = Method.ebal, spec.disclosure.minimum_group
    try:
        sample, worst, n_red = judge(match(covariates, with_method(spec, method), propensity=fitted))
    except JDLError as fault:
        return Rung(str(method), None, fault=fault.problems[0].what)
    if sample is None:
        return Rung(str(method), None, fault="nobody could be compared")
    few = f"its effective control size is below {least}" if sample.ess_control < least else ""
    sample = dataclasses.replace(sample, messages=(FELL_BACK, *sample.messages))
    return Rung(str(method), None, sample, worst, n_red, fault=few)


def _why(rung: Rung, i: int, chosen: int, rungs: list[Rung]) -> str:
    """In words, what speaks for or against a rung."""
    if i == chosen and rung.balances:
        if rung.caliper is None:
            return "it balances" if i == 0 else "nothing before it balances, and it does"
        return "the widest that balances"
    if rung.fault or rung.sample is None:
        return rung.fault or "nobody has a comparable control"
    differences = f"{rung.n_red} {'difference is' if rung.n_red == 1 else 'differences are'} red"
    if i == chosen and len(rungs) > 1:
        return f"nothing balances; it comes nearest, and {differences}"
    return differences
