"""Many tests at once: how many conclusive results chance alone would give, and which are left beyond that."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from ..findings import Verdict
from .pooling import ALPHA
from .published import Source
from .together import Multiplicity


def p_from_interval(difference: pd.Series, se: pd.Series, df: pd.Series | None = None) -> pd.Series:
    """Two-sided p-value of a difference where only that and its interval are known.

    By the normal distribution, or by t where the interval's degrees of freedom are known.
    """
    z = difference.astype(float).abs() / se.astype(float).where(se.astype(float) > 0)
    df = np.inf if df is None else df.astype(float).fillna(np.inf)
    return pd.Series(2 * stats.t.sf(z, df), index=difference.index).where(z.notna())


def with_adjusted(results: pd.DataFrame) -> pd.DataFrame:
    """The results with p_holm and p_fdr, adjusted over all that have a p-value (Holm; Benjamini and Hochberg)."""
    p = results["p_value"].astype(float)
    tested = p.notna()
    adjusted = results.assign(p_holm=np.nan, p_fdr=np.nan)
    if tested.any():
        adjusted.loc[tested, "p_holm"] = multipletests(p[tested], alpha=ALPHA, method="holm")[1]
        adjusted.loc[tested, "p_fdr"] = stats.false_discovery_control(p[tested].to_numpy(), method="bh")
    return adjusted


def multiplicity(results: pd.DataFrame, alpha: float = ALPHA) -> Multiplicity:
    """What chance would give over all tests, and what is left.

    Parameters
    ----------
    results : DataFrame
        As `with_adjusted` returns, with verdict, difference_pp, source and p_from_interval.
    alpha : float
        Level of each test.
    """
    tested = results[results["p_value"].notna()]
    n, verdicts = len(tested), tested["verdict"].value_counts()
    reductions, increases = (int(verdicts.get(v.value, 0)) for v in (Verdict.reduction, Verdict.increase))
    left = {name: tested[tested[f"p_{name}"] < alpha] for name in ("holm", "fdr")}
    counts = {f"n_after_{name}": len(found) for name, found in left.items()}
    counts |= {f"n_after_{name}_reductions": int((found["difference_pp"] < 0).sum()) for name, found in left.items()}
    chance = stats.binom(n, alpha)
    return Multiplicity(
        n_tests=n,
        alpha=alpha,
        n_conclusive=reductions + increases,
        n_reductions=reductions,
        n_increases=increases,
        expected_by_chance=n * alpha,
        expected_each_way=n * alpha / 2,
        chance_low=int(chance.ppf(0.025)) if n else 0,
        chance_high=int(chance.ppf(0.975)) if n else 0,
        p_so_many=float(chance.sf(reductions + increases - 1)) if n else None,
        n_from_interval=int(tested["p_from_interval"].sum()),
        n_imported=int((tested["source"] == Source.imported).sum()),
        **counts,
    )
