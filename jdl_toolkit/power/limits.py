"""What a question about power may hold, so that it has an answer in double precision; all faults at once."""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any

from ..errors import JDLError, Problem
from ..numbers import UNITS

#: Levels below, and powers nearer to 1, cannot be told from 0 and 1 where the power is solved for.
LEAST_LEVEL = 1e-12
MOST_POWER = 1 - 1e-9
#: Standard deviations, differences and groups beyond these overflow, or are lost in a difference, on the way.
SMALLEST, LARGEST = 1e-60, 1e60
MOST_IN_GROUP = 1e15
MOST_ROWS = 1000

_PEOPLE = f"at least 2 people are needed, and at most {MOST_IN_GROUP:g} can be counted with"


def as_number(x: Any) -> float:
    """A plain number, which JSON can hold; not a number if it is none."""
    try:
        return int(x) if isinstance(x, Integral) and abs(x) < MOST_IN_GROUP else float(x)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return math.nan


def power_faults(asked: Any) -> list[Problem]:
    """What makes no sense in the question of a `PowerTable`; values that are not numbers, or infinite, included."""
    reductions, n_treatment = asked.reductions, asked.n_treatment
    faults = [
        (not 2 <= asked.n_control <= MOST_IN_GROUP, "n_control", _PEOPLE),
        (n_treatment is not None and not 2 <= n_treatment <= MOST_IN_GROUP, "n_treatment", _PEOPLE),
        _of_sd(asked.sd),
        *_of_levels(asked.alpha, asked.power),
        (
            not 0 < len(reductions) <= MOST_ROWS or not all(_is_size(r) for r in reductions),
            "reductions",
            f"reductions are given as numbers above 0 (from {SMALLEST:g} to {LARGEST:g}), at least one and at most "
            f"{MOST_ROWS:,}",
        ),
        (
            asked.unit == "share" and any(r >= 100 for r in reductions),
            "reductions",
            "a share cannot fall by 100 percentage points or more",
        ),
        (asked.unit not in UNITS, "unit", f"an outcome is one of {', '.join(UNITS)}"),
        *(
            (not _is_worth(ess, n), f"ess_{group}", f"must lie between 2 and the number of {people}")
            for group, people, ess, n in (
                ("control", "controls", asked.ess_control, asked.n_control),
                ("treatment", "treated", asked.ess_treatment, n_treatment),
            )
        ),
    ]
    return _problems(faults)


def refuse(
    alpha: float,
    power: float | None = None,
    *,
    sides: int = 2,
    sd: float | None = None,
    groups: tuple[float, ...] = (),
    numbers: dict[str, float] | None = None,
    shares: dict[str, float] | None = None,
) -> None:
    """Refuse what a single answer cannot be had for.

    Parameters
    ----------
    power : float, optional
        None where it is the answer.
    groups : tuple of float
        Sizes; need not be whole, and may be infinite, for the limit.
    numbers, shares : dict
        Name -> what must be finite, or from 0 to 1.

    Raises
    ------
    JDLError
        With every value that makes no sense.
    """
    counted = all(1 <= n <= MOST_IN_GROUP or n == math.inf for n in groups)
    faults = [] if sd is None else [_of_sd(sd)]
    faults += [
        (not counted, "groups", f"a group has from 1 to {MOST_IN_GROUP:g} people, or infinitely many"),
        (counted and len(groups) == 2 and sum(groups) <= 2, "groups", "more than 2 people are needed in all"),
        *((not math.isfinite(x), name, "must be a finite number") for name, x in (numbers or {}).items()),
        *((not 0 <= x <= 1, name, "a share lies between 0 and 1") for name, x in (shares or {}).items()),
        *_of_levels(alpha, power),
        (sides not in (1, 2), "sides", "a test has 1 or 2 sides"),
    ]
    if problems := _problems(faults):
        raise JDLError(problems)


def _of_sd(sd: float) -> tuple[bool, str, str]:
    what = "the standard deviation must be above 0: the outcome is the same for everybody"
    if sd > 0:
        what = f"the standard deviation must lie between {SMALLEST:g} and {LARGEST:g}"
    return not _is_size(sd), "sd", what


def _of_levels(alpha: float, power: float | None) -> list[tuple[bool, str, str]]:
    faults = [(not LEAST_LEVEL <= alpha < 1, "alpha", f"the level must lie between 0 and 1, {LEAST_LEVEL:g} at least")]
    if power is not None:
        what = f"the wanted power must lie between alpha and 1, at most 1 - {1 - MOST_POWER:.0e}"
        # a level that makes no sense is told of itself, and says nothing about the power
        least = alpha if LEAST_LEVEL <= alpha < 1 else 0.0
        faults.append((not least < power <= MOST_POWER, "power", what))
    return faults


def _is_size(x: float) -> bool:
    return SMALLEST <= x <= LARGEST


def _is_worth(ess: float | None, n: float | None) -> bool:
    # with equal weights the effective size is the number of people, but for the last digits
    return ess is None or (n is not None and 2 <= ess <= n * (1 + 1e-9))


def _problems(faults: list[tuple[bool, str, str]]) -> list[Problem]:
    return [Problem(what, f"power, {where}", "correct the value") for is_wrong, where, what in faults if is_wrong]
