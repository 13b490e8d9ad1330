"""What chance allows a count of draws: bounds that are fixed before the draws are looked at."""

from __future__ import annotations

from scipy import stats

#: If everything is as it should be, this share of studies of a part flags anything at all (Bonferroni).
FALSE_ALARM = 0.01


def z_of(n_checks: int) -> float:
    """How many Monte-Carlo standard errors each of so many checks may be off."""
    return float(stats.norm.ppf(1 - FALSE_ALARM / n_checks / 2))


def share_bounds(n: int, share: float, n_checks: int) -> tuple[float, float]:
    """Between which shares chance leaves that of `n` draws which happen with probability `share`.

    Exact, from the binomial distribution; one of `n_checks` checks.
    """
    tail = FALSE_ALARM / n_checks / 2
    low, high = stats.binom.ppf([tail, 1 - tail], n, share)
    return float(low) / n, float(high) / n
