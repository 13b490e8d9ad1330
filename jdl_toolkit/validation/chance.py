"""What chance allows a count of draws: bounds that are fixed before the draws are looked at."""

from __future__ import annotations

from scipy import stats

#: The chance that a study of a faultless toolkit raises any flag at all; the checks of a part share it.
FALSE_ALARM = 0.01


def level_of(n_checks: int) -> float:
    """The chance of a false alarm of each of so many checks; one study in a hundred raises any (Bonferroni)."""
    return FALSE_ALARM / n_checks


def z_of(n_checks: int) -> float:
    """How many Monte-Carlo standard errors each of so many checks may be off."""
    return float(stats.norm.ppf(1 - level_of(n_checks) / 2))


def share_bounds(n: int, share: float, level: float) -> tuple[float, float]:
    """Where the share of n replications lies, if it is truly `share`, but for a chance of `level`."""
    low, high = stats.binom.ppf([level / 2, 1 - level / 2], n, share)
    return float(low) / n, float(high) / n
