"""What a bulletin says of all results together: pooled effects, and how many could be chance."""

from __future__ import annotations

from typing import Literal

from ..spec import Model


class PooledEffect(Model):
    """The effects of several results taken together by a random-effects model; `why_not` says why there is none.

    Parameters
    ----------
    by, level : str
        What the results have in common: a `need`, `setting` or `sector`, or `all` (level `all`).
    k, n_people, n_imported : int
        Results pooled, people in their treatment groups (None if one is not known), and how many were imported.
    n_left_out : int
        Results with an effect that were left out, as their people may be those of another.
    estimate_pp, ci_low_pp, ci_high_pp, p_value
        Mean effect with its 95 per cent interval, Hartung and Knapp's.
    prediction_low_pp, prediction_high_pp
        Where the effect of a further service of the kind is expected, with 95 per cent (Higgins, Thompson and
        Spiegelhalter 2009); None where there are too few results for it.
    tau_pp, i_squared, q, q_df, q_p_value
        Standard deviation of the true effects (Paule and Mandel), share of the spread that is more than chance
        (fraction), and Cochran's test.
    """

    by: Literal["all", "need", "setting", "sector"]
    level: str
    k: int
    n_people: int | None = None
    n_imported: int = 0
    n_left_out: int = 0
    estimate_pp: float | None = None
    ci_low_pp: float | None = None
    ci_high_pp: float | None = None
    p_value: float | None = None
    prediction_low_pp: float | None = None
    prediction_high_pp: float | None = None
    tau_pp: float | None = None
    i_squared: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None
    why_not: str | None = None


class Multiplicity(Model):
    """How many conclusive results chance alone would give, and how many are left once that is allowed for.

    Parameters
    ----------
    n_tests, alpha
        Results with a test of the headline rate, and the level of each.
    n_conclusive, n_reductions, n_increases : int
        As published.
    expected_by_chance, expected_each_way : float
        How many of `n_tests` would be conclusive if no service did anything: n·alpha; half of it in either direction.
    chance_low, chance_high : int
        Central 95 per cent of the number that chance would give (binomial, which takes tests as independent).
    p_so_many : float or None
        Chance of as many conclusive ones or more if no service did anything; None without a test.
    n_after_holm, n_after_fdr : int
        Results still below alpha with p-values adjusted by Holm, and by Benjamini and Hochberg; of which reductions.
    n_from_interval : int
        Tests whose p-value was derived from the interval.
    n_imported : int
    """

    n_tests: int
    alpha: float
    n_conclusive: int
    n_reductions: int
    n_increases: int
    expected_by_chance: float
    expected_each_way: float
    chance_low: int
    chance_high: int
    p_so_many: float | None
    n_after_holm: int
    n_after_holm_reductions: int
    n_after_fdr: int
    n_after_fdr_reductions: int
    n_from_interval: int
    n_imported: int
