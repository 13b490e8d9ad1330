"""The judgement on a matched sample: every difference before and after, its light, and whether the gate opens.

The gate looks at the standardised mean difference of every level of every covariate, reference levels and joined levels
included. Squares, products, variance ratios and distances between distributions stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..document import Figure, Table
from ..matching import MatchedSample
from ..matching.design import expand_levels, ordered_units
from ..result import Result
from .measures import measure_balance, spread_of, standardised, weighted_means
from .terms import LEVEL, label_of, products, squares


@dataclass(frozen=True)
class Balance(Result):
    """How far the groups resemble each other before and after matching.

    Parameters
    ----------
    rows : DataFrame
        What the gate looks at, one row per number and per level of a category: kind ("level"), covariate, level ("" for
        a number), label, mean_treatment (weighted), mean_treatment_matched (of those with a weight, each counted once),
        mean_treatment_all, mean_pool, mean_control (weighted), smd_before, smd_after (by the gate's denominator; where
        the treated do not vary, by the pooled one), smd_treated_before, smd_treated, smd_pooled_before, smd_pooled,
        var_ratio_before, var_ratio, why_no_ratio ("" where there is one after matching), light (green, amber or red)
        and, where they were asked for, ecdf_max_before, ecdf_max (weighted Kolmogorov-Smirnov distance),
        ecdf_mean_before, ecdf_mean.
    worst : float
        The largest absolute standardised mean difference after matching among `rows`.
    passed : bool
        No light of `rows` is red.
    beside : DataFrame
        The same of squares and products (kind), which are shown and do not close the gate.
    denominator : {"pooled", "treated"}
        What differences are divided by: the standard deviation of the unweighted groups, or of the treated alone.
    green_up_to, amber_up_to : float
        Absolute differences up to which a light is green, or amber; in standard deviations.
    method : Method
        By which the groups were made alike.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> balance = examples.foundation().balance
    >>> balance
    Balance passed: 61 green, 0 amber, 0 red; worst difference 4.0%
    >>> of_sex = balance.to_frame().query("covariate == 'sex'")
    >>> of_sex[["level", "smd_before", "smd_after", "light"]].round(3)
        level  smd_before  smd_after  light
    2  Female      -0.211      0.003  green
    3    Male       0.211     -0.003  green

    The levels of each covariate together, with the direction of their differences:

    >>> balance.plot(order="covariate", signed=True).caption
    'How alike the groups are before and after matching'
    """

    rows: pd.DataFrame
    worst: float
    passed: bool
    beside: pd.DataFrame = field(default_factory=pd.DataFrame)
    denominator: str = "pooled"
    green_up_to: float = 0.05
    amber_up_to: float = 0.10
    method: str = "radius"

    @property
    def every(self) -> pd.DataFrame:
        """All rows in one frame, with a column `gates`: whether the row can close the gate."""
        both = [frame.assign(gates=gates) for frame, gates in ((self.rows, True), (self.beside, False)) if len(frame)]
        return pd.concat(both, ignore_index=True)

    @property
    def n_red(self) -> int:
        """Differences that close the gate."""
        return int((self.rows["light"] == "red").sum())

    @property
    def n_amber(self) -> int:
        """Differences near the limit."""
        return int((self.rows["light"] == "amber").sum())

    def summary(self) -> str:
        lights = f"{len(self.rows) - self.n_red - self.n_amber} green, {self.n_amber} amber, {self.n_red} red"
        n_beside = int((self.beside["light"] == "red").sum()) if len(self.beside) else 0
        beside = f"; {n_beside} red among squares and products, which do not decide" if n_beside else ""
        verdict = "passed" if self.passed else "not passed"
        return f"Balance {verdict}: {lights}; worst difference {100 * self.worst:.1f}%{beside}"

    def to_frame(self) -> pd.DataFrame:
        """Every difference, squares and products included: the columns of `rows`, and `gates`."""
        return self.every

    def table(self, *, top: int = 15) -> Table:
        """The differences before and after matching, the worst after it first.

        Parameters
        ----------
        top : int
            How many.
        """
        from ..tables import differences_table

        return differences_table(self.every, self.denominator, top=top)

    def plot(self, *, top: int = 15, order: str = "after", signed: bool = False) -> Figure:
        """The love plot: differences before and after matching, with the limits of the gate.

        Parameters
        ----------
        top : int
            How many levels have a row of their own.
        order : {"after", "before", "covariate"}
            By the difference after or before matching, or the levels of each covariate together.
        signed : bool
            Draw which group is higher, too.
        """
        from ..plots import STEPS, love_plot

        limits = {"green_up_to": self.green_up_to, "amber_up_to": self.amber_up_to, "denominator": self.denominator}
        return love_plot(self.every, top=top, order=order, signed=signed, step=STEPS[self.method], **limits)


def assess_balance(covariates, matched: MatchedSample, spec, *, distances: bool = True) -> Balance:
    """Compare the groups on every level of every covariate, before and after matching.

    Parameters
    ----------
    covariates : Covariates
        The frame that was matched.
    matched : MatchedSample
        Weights of the treated may be fractions, too.
    spec : RequestSpec
        The balance section: limits in standard deviations, denominator, squares, interactions.
    distances : bool
        Whether distances between distributions are worked out, for which numbers must be sorted.

    Returns
    -------
    Balance

    Raises
    ------
    JDLError
        If nobody is in the comparison, or balance.interactions names what is no covariate.
    """
    columns, terms = expand_levels(ordered_units(covariates.units), matched.merged)
    is_treated, weight = matched.units["is_treated"].to_numpy(bool), matched.units["weight"].to_numpy(float)

    def measured(values: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
        found = _measured(values, named, is_treated, weight, spec, distances)
        labels = [label_of(*term, covariates.labels) for term in zip(named["kind"], named["covariate"], strict=True)]
        found.insert(3, "label", [f"{a}: {b}" if b else a for a, b in zip(labels, named["level"], strict=True)])
        return found

    rows = measured(columns, terms.assign(kind=LEVEL))
    more = [squares(columns, terms)] if spec.balance.squares else []
    more += [products(columns, terms, spec.balance.interactions)]
    frames = [
        measured(pd.DataFrame(dict(enumerate(values))), pd.DataFrame(names, columns=["kind", "covariate", "level"]))
        for names, values in more
        if names
    ]
    size = rows["smd_after"].abs()
    passed = bool((size <= spec.balance.amber_up_to).all())
    beside = pd.concat(frames, ignore_index=True) if frames else rows.iloc[:0]
    limits = spec.balance.model_dump(include={"denominator", "green_up_to", "amber_up_to"}, mode="json")
    return Balance(rows, float(size.max()), passed, beside, **limits, method=str(matched.method))


def light_of(size: np.ndarray, spec) -> np.ndarray:
    """Traffic lights of absolute standardised mean differences."""
    return np.select([size <= spec.balance.green_up_to, size <= spec.balance.amber_up_to], ["green", "amber"], "red")


def _measured(
    columns: pd.DataFrame, terms: pd.DataFrame, is_treated: np.ndarray, weight: np.ndarray, spec, distances: bool
) -> pd.DataFrame:
    """Rows of the terms whose values stand in `columns`."""
    once, counted = np.ones(len(weight)), np.where(is_treated, weight > 0, 1.0)
    spread = spread_of(columns, is_treated)
    before, after = measure_balance(columns, is_treated, once, weight, distances=distances, spread=spread)
    by = spread.of_gate(spec.balance.denominator)
    by_gate = [standardised(f["mean_treatment"], f["mean_control"], by) for f in (before, after)]
    statistics = ("var_ratio", *(("ecdf_max", "ecdf_mean") if distances else ()))
    return pd.DataFrame(
        {
            "kind": terms["kind"],
            "covariate": terms["covariate"],
            "level": terms["level"],
            "mean_treatment": after["mean_treatment"],
            "mean_treatment_matched": weighted_means(columns, is_treated, counted)[0],
            "mean_treatment_all": before["mean_treatment"],
            "mean_pool": before["mean_control"],
            "mean_control": after["mean_control"],
            "smd_before": by_gate[0],
            "smd_after": by_gate[1],
            **{f"{k}_before": before[k] for k in ("smd_treated", "smd_pooled", *statistics)},
            **{k: after[k] for k in ("smd_treated", "smd_pooled", *statistics, "why_no_ratio")},
            "light": light_of(np.abs(by_gate[1]), spec),
        }
    )
