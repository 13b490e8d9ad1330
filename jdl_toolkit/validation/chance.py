"""What chance allows a count of draws: bounds that are fixed before the draws are looked at."""

from __future__ import annotations

from scipy import stats

from .matching_checks import FALSE_ALARM


def level_of(n_checks: int) -> float:
    """The chance of a false alarm of each of so many checks; one study in a hundred raises any (Bonferroni)."""
    return FALSE_ALARM / n_checks


def z_of(n_checks: int) -> float:
    """How many Monte-Carlo standard errors each of so many checks may be off."""
    return float(stats.norm.ppf(1 - level_of(n_checks) / 2))
