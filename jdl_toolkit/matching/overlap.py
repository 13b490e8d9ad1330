"""How far the groups' propensity scores overlap, in aggregates: no lowest or highest score of a person is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from ..document import Figure, Table
from ..result import Result
from .sample import MatchedSample
from .score_bins import overlap_bins

#: Quantiles that stand for the range of a group.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Classes of equal share by which the overlap coefficient is worked out.
N_CLASSES = 10


@dataclass(frozen=True)
class Overlap(Result):
    """How alike the groups' scores are before matching.

    Parameters
    ----------
    rows : DataFrame
        A row per group (treatment, pool): n, share_set_aside (people without a counterpart on some covariate, who have
        no score), share_outside (of all of the group: those and people whose score lies beyond the other group's lowest
        or highest), then the quantiles of the probability of being treated among those with a score: q05, q25, q50,
        q75, q95.
    coefficient : float
        Share of the two distributions of scores that lies on each other: 1 where they are the same, 0 where they do not
        meet.
    concordance : float
        How often a treated person has a higher score than one of the pool, equal ones counting half: 0.5 where the
        covariates tell nothing, 1 where they tell the groups apart (the c-statistic, or area under the ROC curve).
    bins : DataFrame
        The histogram of the scores, see `overlap_bins`; empty before anybody is matched, or where a group is too small.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.matching.overlap import describe_overlap
    >>> overlap = describe_overlap(examples.foundation().matched)
    >>> round(overlap.coefficient, 2), round(overlap.concordance, 2)
    (0.6, 0.75)
    >>> overlap.to_frame()[["group", "n", "q25", "q50", "q75"]].round(3)
           group     n    q25    q50    q75
    0  treatment   257  0.092  0.152  0.233
    1       pool  2354  0.032  0.066  0.127
    """

    rows: pd.DataFrame
    coefficient: float
    concordance: float
    bins: pd.DataFrame = field(default_factory=pd.DataFrame)

    def summary(self) -> str:
        outside = dict(zip(self.rows["group"], self.rows["share_outside"], strict=True))
        return (
            f"{100 * outside['treatment']:.1f}% of treated people and {100 * outside['pool']:.1f}% of the pool lie "
            f"outside the other group's range of scores; the distributions overlap by {100 * self.coefficient:.0f}%, "
            f"and the score tells a treated person from one of the pool {100 * self.concordance:.0f} times in 100"
        )

    def to_frame(self) -> pd.DataFrame:
        """The spread of the score in each group: the columns of `rows`."""
        return self.rows.copy()

    def table(self) -> Table:
        """Quantiles of the score in each group."""
        from ..tables import scores_table

        return scores_table(self.rows)

    def plot(self) -> Figure | None:
        """The scores of both groups and of those compared; None where `bins` is empty."""
        from ..plots import overlap

        return overlap(self.bins) if len(self.bins) else None


def describe_overlap(scored) -> Overlap:
    """Describe the overlap of the propensity scores of treated people and pool, before any matching.

    Parameters
    ----------
    scored : Propensity or MatchedSample

    Returns
    -------
    Overlap
    """
    is_treated = scored.units["is_treated"].to_numpy(bool)
    logit = np.asarray(scored.logit if hasattr(scored, "logit") else scored.units["logit"], float)
    has_score = ~np.isnan(logit)
    groups = {"treatment": is_treated, "pool": ~is_treated}
    of = {name: logit[group & has_score] for name, group in groups.items()}
    others = {"treatment": of["pool"], "pool": of["treatment"]}
    rows = [{"group": name} | _row(of[name], others[name], int(groups[name].sum())) for name in groups]
    bins = overlap_bins(scored, scored.minimum_cell) if isinstance(scored, MatchedSample) else []
    coefficient = overlap_coefficient(of["treatment"], of["pool"])
    return Overlap(pd.DataFrame(rows), coefficient, concordance(*of.values()), pd.DataFrame(bins))


def _row(logit: np.ndarray, others: np.ndarray, n: int) -> dict:
    inside = ((logit >= others.min()) & (logit <= others.max())).sum()
    quantiles = {
        f"q{100 * q:02.0f}": float(v) for q, v in zip(QUANTILES, np.quantile(expit(logit), QUANTILES), strict=True)
    }
    return {"n": n, "share_set_aside": (n - len(logit)) / n, "share_outside": float(1 - inside / n)} | quantiles


def overlap_coefficient(a: np.ndarray, b: np.ndarray) -> float:
    """Sum over classes of the smaller of the two shares.

    The classes are tenths of the two distributions taken together, each group counting as one half, so that the result
    is the same on every scale of the score.

    References
    ----------
    Inman & Bradley (1989), Communications in Statistics - Theory and Methods 18, 3851-3874.
    """
    distinct, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    shares = [np.bincount(p, minlength=len(distinct)) / len(p) for p in (place[: len(a)], place[len(a) :])]
    middle = np.cumsum(shares[0] + shares[1]) / 2 - (shares[0] + shares[1]) / 4  # of each value within the two together
    class_of = np.minimum((middle * N_CLASSES).astype(int), N_CLASSES - 1)
    in_class = [np.bincount(class_of, share, N_CLASSES) for share in shares]
    return float(np.minimum(*in_class).sum())


def concordance(a: np.ndarray, b: np.ndarray) -> float:
    """Share of pairs, one of each, in which that of `a` is the larger; ties count half (the area under the ROC)."""
    return float(roc_auc_score(np.repeat([1, 0], [len(a), len(b)]), np.concatenate([a, b])))
