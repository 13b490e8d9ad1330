"""What figures of the match weights are drawn from: how the pairs are spread, and a few typical ones, masked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..register.comparisons import COMPARISONS
from .assignment import FLOOR
from .evidence import is_twin

#: Width of a bar of the histogram, in bits.
STEP = 2.0


def weight_needed(share: float, n_people: int, probability: float) -> float:
    """Match weight at which a record's only candidate has this posterior: log2(p / (1 − p) · N (1 − s) / s).

    NaN if nobody is on the register.
    """
    if not 0 < share < 1:
        return float("nan")
    return float(np.log2(probability / (1 - probability) * n_people * (1 - share) / share))


def with_outcomes(scored: pd.DataFrame, candidates: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """The pairs with posterior and outcome: ``matched`` (an entry of the person a record was linked to), ``ambiguous``
    (of such a record, and not quite improbable) or ``not linked``. Only a person's best entry has a posterior."""
    pairs = scored.merge(candidates[["row", "entry_id", "posterior"]], on=["row", "entry_id"], how="left")
    record = links.set_index("row").reindex(pairs["row"])
    person = record["person_id"].to_numpy(dtype="float64", na_value=np.nan)
    is_link = person == pairs["person_id"].to_numpy()
    is_open = (record["status"] == "ambiguous").to_numpy() & (pairs["posterior"] >= FLOOR).to_numpy()
    return pairs.assign(outcome=np.select([is_link, is_open], ["matched", "ambiguous"], "not linked"))


def weights_histogram(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs by weight and by what became of them.

    Returns
    -------
    DataFrame with weight (lower edge of a step of 2 bits), outcome (see `with_outcomes`), n_pairs
    """
    weight = np.floor(pairs["match_weight"].to_numpy(dtype=float) / STEP) * STEP
    counts = pd.DataFrame({"weight": weight, "outcome": pairs["outcome"]}).groupby(["weight", "outcome"]).size()
    return counts.rename("n_pairs").reset_index().astype({"weight": float, "outcome": "str", "n_pairs": "int64"})


def typical_pairs(pairs: pd.DataFrame, start: float) -> pd.DataFrame:
    """The evidence in four typical pairs: a sure link, the weakest accepted, an ambiguous one, a rejected twin.

    Masked: levels in words, weights in whole bits (a finer one would tell how rare a name is); no name, date or row.
    What there is no example of is left out.

    Parameters
    ----------
    start : float
        Weight at which a pair is as likely to be right as wrong; the first step of each pair is its negative.

    Returns
    -------
    DataFrame with pair, step, level, weight (bits); the steps of a pair add up to log2 of the odds that it is right
    """
    order = ["match_weight", "row", "entry_id"]
    ranked = pairs.assign(twin=is_twin(pairs)).sort_values(order, kind="stable")
    best = ranked[ranked["posterior"].notna()]
    matched, ambiguous = best[best["outcome"] == "matched"], best[best["outcome"] == "ambiguous"]
    twins = ranked[ranked["twin"] & ranked["posterior"].isna()]
    chosen = {
        "a sure link": matched.iloc[len(matched) // 2 :].head(1),
        "the weakest link": matched.head(1),
        "an ambiguous pair": ambiguous.tail(1),
        "a rejected twin": twins.tail(1),
    }
    if not np.isfinite(start):
        chosen = {}
    parts = [_steps(name, pair.iloc[0], start) for name, pair in chosen.items() if len(pair)]
    columns = {"pair": "str", "step": "str", "level": "str", "weight": float}
    return pd.DataFrame([step for steps in parts for step in steps], columns=list(columns)).astype(columns)


def _steps(name: str, pair: pd.Series, start: float) -> list[tuple[str, str, str, float]]:
    steps = [(name, "before looking", "one person among all on the register", -float(np.round(start)))]
    for comparison in COMPARISONS:
        words = {level.key: level.words for level in comparison.levels}
        if pair[comparison.key] in words:
            weight = float(np.round(pair[f"{comparison.key}_weight"]))
            steps.append((name, comparison.words, words[pair[comparison.key]], weight))
    # What the posterior's odds lack is the part of those who fit, too
    rivals = float(np.round(_log_odds(pair["posterior"]) - pair["match_weight"] + start))
    if rivals < 0:
        steps.append((name, "other people", "they fit, too", rivals))
    return steps


def _log_odds(p: float) -> float:
    return float(np.log2(p / (1 - p))) if 0 < p < 1 else np.inf
