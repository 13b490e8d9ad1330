"""What must hold of the matching part, and what chance allows, fixed before anything was looked at.

There are many claims, and each may fail by chance. So each is given an equal part of one small chance (`FALSE_ALARM`):
were the toolkit all it should be, about one study in a hundred would raise any flag at all (Bonferroni). That makes the
bounds of single cells wide; those over all cells together stay narrow. Shares are held to the binomial distribution
itself, so that bounds are right in a short study, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from ...numbers import number
from ..chance import FALSE_ALARM, share_bounds
from ..part import Check
from ..people import World
from ..summary import describe
from .cells import HIDDEN, MEASURED
from .results import of_effect

#: Percentage points of bias that would pass beyond chance: a tenth of the last digit that a report prints.
NEGLIGIBLE = 0.1

#: With fewer treated people a crude comparison may be right by chance.
_LARGE = 257

Claim = Callable[[float], Check]


def checks_of(estimates: pd.DataFrame, hidden: pd.DataFrame) -> tuple[Check, ...]:
    """Every claim, held to its part of `FALSE_ALARM`; see `results` for the two frames."""
    claims = [*_claims_of_measured(estimates), *_claims_of_hidden(hidden)]
    return tuple(claim(FALSE_ALARM / len(claims)) for claim in claims)


def _claims_of_measured(estimates: pd.DataFrame) -> Iterator[Claim]:
    measured = estimates[estimates["cell"].isin(MEASURED)]
    headline = measured[measured["estimator"] == "headline"]
    rows = headline.to_dict("records")
    if not rows:
        return
    yield partial(_share_is, "Coverage of the headline, all cells together", *_sums(headline, "n_covered", "n"), 0.95)
    opened = _sums(headline, "n_open_covered", "n_open")
    yield partial(_share_is, "Coverage of the headline where the gates would open, all cells together", *opened, 0.95)
    without = of_effect(headline, False)
    if len(without):
        found = _sums(without, "n_conclusive", "n")
        yield partial(_share_is, "Type I error of the headline, all cells without an effect", *found, 0.05)
    for row in rows:
        world = MEASURED[row["cell"]]
        yield partial(_share_is, f"Coverage of the headline: {describe(world)}", row["n_covered"], row["n"], 0.95)
        yield partial(_no_bias, f"Bias of the headline: {describe(world)}", row["bias"], row["bias_mcse"], row["n"])
        if world.effect:
            yield partial(_as_promised, world, row)
    if effects := [row for row in rows if MEASURED[row["cell"]].effect]:
        yield partial(_signs, effects)
    crude = measured[measured["estimator"] == "crude"]
    yield partial(
        _sees_a_wrong_answer, [r for r in crude.to_dict("records") if MEASURED[r["cell"]].n_treated >= _LARGE]
    )


def _claims_of_hidden(hidden: pd.DataFrame) -> Iterator[Claim]:
    for row in hidden.to_dict("records"):
        world = HIDDEN[row["cell"]]
        said, n = describe(world), row["n"]
        what = "what nobody recorded taken off by the formula of the tipping point"
        yield partial(_no_bias, f"Bias of the headline, {what}: {said}", row["less_bias"], row["less_mcse"], n)
        yield partial(_share_is, f"Coverage of the headline, {what}: {said}", row["n_less_covered"], n, 0.95)
        if not world.effect:
            for name, bound in (("e", "The E-value"), ("lambda", "The factor Λ"), ("gamma", "The factor Γ")):
                yield partial(
                    _not_above,
                    f"{bound} of the interval claims too much at most one time in forty: {said}",
                    row[f"n_over_{name}"],
                    n,
                )


def _share_is(claim: str, k: int, n: int, share: float, level: float) -> Check:
    low, high = share_bounds(n, share, level)
    is_high = k > high * n
    why = "" if low <= k / n <= high else _why_share(share, is_high)
    return Check(claim, _per_cent(k / n), f"{number(low, 1, factor=100)} to {_per_cent(high)}", not why, why)


def _why_share(share: float, is_high: bool) -> str:
    if is_high == (share > 0.5):
        return "Intervals are longer than need be: the toolkit is too cautious, and misses what it might have found."
    return "Intervals are too short: more findings are called conclusive by chance than the 5 per cent allowed."


def _no_bias(claim: str, bias: float, mcse: float, n: int, level: float) -> Check:
    allowed = float(stats.t.isf(level / 2, n - 1)) * mcse + NEGLIGIBLE
    holds = abs(bias) <= allowed
    why = "" if holds else "The estimate is off the truth by more than chance, however many people there are."
    return Check(claim, f"{number(bias, 2)} points", f"within {number(allowed, 2)} points of 0", bool(holds), why)


def _as_promised(world: World, row: dict, level: float) -> Check:
    """Power may be more than the table promises, not less. The promise is that of the safer count."""
    promised, n = row["power_worth"] / 100, row["n"]
    least = float(stats.binom.ppf(level, n, promised))
    holds = row["n_conclusive"] >= least
    why = "" if holds else "The power table promises more than the headline keeps: requests are told too much."
    claim = f"Power of the headline reaches what the power table promised: {describe(world)}"
    allowed = f"{_per_cent(least / n)} or more (promised {_per_cent(promised)})"
    return Check(claim, _per_cent(row["n_conclusive"] / n), allowed, bool(holds), why)


def _signs(rows: list[dict], level: float) -> Check:
    """As many conclusive findings of the wrong sign as tests of such power must have, and no more."""
    n_wrong, n = sum(row["n_wrong"] for row in rows), sum(row["n_conclusive"] for row in rows)
    most = int(stats.poisson.isf(level, sum(row["n"] * wrong_sign(row["power_worth"] / 100) for row in rows)))
    why = "" if n_wrong <= most else "Conclusive findings point the wrong way more often than tests of such power do."
    claim = "Conclusive findings of the headline with the wrong sign, all cells with an effect"
    return Check(claim, f"{n_wrong:,.0f} of {n:,}", f"{most:,} or fewer", not why, why)


def wrong_sign(power: float, level: float = 0.05) -> float:
    """The chance that a two-sided test of this power finds an effect on the wrong side.

    References
    ----------
    Gelman and Carlin (2014), Perspectives on Psychological Science 9, 641-651 (type S error).
    """
    z = stats.norm.isf(level / 2)
    low, high = 0.0, 40.0
    for _ in range(60):  # power rises with the effect
        middle = (low + high) / 2
        low, high = (middle, high) if stats.norm.sf(z - middle) + stats.norm.sf(z + middle) < power else (low, middle)
    return float(stats.norm.sf(z + low))


def _sees_a_wrong_answer(rows: list[dict], level: float) -> Check:
    """The crude comparison is known to be wrong in every cell: a study that calls it right sees nothing."""
    claim = f"The study knows a wrong answer: coverage of the crude comparison, cells of {_LARGE} treated or more"
    if not rows:
        return Check(claim, "", "below what chance allows", None, "No such cell has been run.")
    most = max(row["n_covered"] / row["n"] for row in rows)
    least = min(share_bounds(row["n"], 0.95, level)[0] for row in rows)
    why = "" if most < least else "The crude comparison passes for right, so that the study would see no fault at all."
    return Check(claim, f"at most {_per_cent(most)}", f"below {_per_cent(least)}", not why, why)


def _not_above(claim: str, k: int, n: int, level: float) -> Check:
    """Without an effect the bound may say that nothing so strong could explain the finding: one time in forty."""
    most = int(stats.binom.isf(level, n, 0.025))
    why = "" if k <= most else "The bound tells readers that a finding is safer from hidden bias than it is."
    return Check(claim, f"{k:,.0f} of {n:,}", f"{most:,} or fewer", not why, why)


def _sums(frame: pd.DataFrame, *names: str) -> tuple[int, ...]:
    return tuple(int(np.sum(frame[name])) for name in names)


def _per_cent(share: float) -> str:
    return f"{number(share, 1, factor=100)}%"
