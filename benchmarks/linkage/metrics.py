"""Precision, recall, F1 and calibration of links whose truth is known, with 95 per cent intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

#: Lower edges of the groups of posteriors in which expected and actual links are compared.
POSTERIOR_EDGES = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999)


@dataclass(frozen=True)
class Share:
    """A share and its Wilson interval (95 per cent); not a number if of nothing."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


@dataclass(frozen=True)
class Quality:
    """How right links are.

    Parameters
    ----------
    n_records, n_on_register : int
        Records asked for; those of them whose person is on the register.
    n_links, n_right : int
        Links made; those of them to the right person.
    """

    n_records: int
    n_on_register: int
    n_links: int
    n_right: int

    @property
    def n_wrong(self) -> int:
        return self.n_links - self.n_right

    @property
    def precision(self) -> Share:
        """Right links of all links."""
        return wilson(self.n_right, self.n_links)

    @property
    def recall(self) -> Share:
        """People found of those on the register."""
        return wilson(self.n_right, self.n_on_register)

    @property
    def f1(self) -> Share:
        """Harmonic mean of precision and recall.

        With J = right / (right + wrong + missed), F1 = 2 J / (1 + J), which rises with J; the interval is that of J,
        carried over. A wrong link of somebody who is on the register counts both as wrong and as missed.
        """
        missed = self.n_on_register - self.n_right
        jaccard = wilson(self.n_right, self.n_right + self.n_wrong + missed)
        return Share(*(2 * j / (1 + j) for j in (jaccard.value, jaccard.low, jaccard.high)))


def wilson(n_successes: int, n: int) -> Share:
    """Share with its Wilson interval.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if n == 0:
        return Share(np.nan, np.nan, np.nan)
    low, high = proportion_confint(n_successes, n, alpha=0.05, method="wilson")
    return Share(n_successes / n, float(low), float(high))


def is_right(truth: pd.Series, found: pd.Series) -> np.ndarray:
    """Links to the right person (bool array); a record without a link, or whose person is not there, is none."""
    truth, found = truth.astype("Int64").reset_index(drop=True), found.astype("Int64").reset_index(drop=True)
    return (truth == found).fillna(False).to_numpy(dtype=bool)


def assess(truth: pd.Series, found: pd.Series) -> Quality:
    """Quality of links.

    Parameters
    ----------
    truth, found : Series of person_id, shape (n,), in the same order
        Missing where the person is not on the register; where there is no link.
    """
    return Quality(len(truth), int(truth.notna().sum()), int(found.notna().sum()), int(is_right(truth, found).sum()))


def recall_by(records: pd.DataFrame, group: str, methods: list[str]) -> pd.DataFrame:
    """Recall of several methods within groups of the people on the register.

    Parameters
    ----------
    records : DataFrame
        With truth, `group`, and a column of person_id for each method.

    Returns
    -------
    DataFrame with `group`, n, and for each method its recall; low and high are those of the first
    """
    on = records[records["truth"].notna()]
    right = pd.DataFrame({method: is_right(on["truth"], on[method]) for method in methods})
    grouped = right.groupby(on[group].fillna("not recorded").to_numpy())
    found, n = grouped.sum(), grouped.size()
    shares = [wilson(k, m) for k, m in zip(found[methods[0]], n, strict=True)]
    table = found.div(n, axis=0).assign(low=[s.low for s in shares], high=[s.high for s in shares])
    table.insert(0, "n", n)
    return table.rename_axis(group).reset_index()


def calibration(candidates: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    """Whether of the candidates of posterior p a share p is right.

    Parameters
    ----------
    candidates : DataFrame with row, person_id, posterior
    truth : Series of person_id with the index row

    Returns
    -------
    DataFrame with posterior (lower edge of the group), n, expected_wrong and wrong (numbers), mean_posterior,
    share_right, low, high
    """
    right = is_right(truth.reindex(candidates["row"]), candidates["person_id"])
    group = np.searchsorted(POSTERIOR_EDGES, candidates["posterior"].to_numpy(), side="right") - 1
    frame = pd.DataFrame({"posterior": np.array(POSTERIOR_EDGES)[group], "p": candidates["posterior"], "right": right})
    table = frame.groupby("posterior").agg(n=("p", "size"), mean_posterior=("p", "mean"), n_right=("right", "sum"))
    shares = [wilson(k, n) for k, n in zip(table["n_right"], table["n"], strict=True)]
    table = table.assign(
        expected_wrong=table["n"] * (1 - table["mean_posterior"]),
        wrong=table["n"] - table["n_right"],
        share_right=[s.value for s in shares],
        low=[s.low for s in shares],
        high=[s.high for s in shares],
    )
    columns = ["posterior", "n", "expected_wrong", "wrong", "mean_posterior", "share_right", "low", "high"]
    return table.reset_index()[columns]
