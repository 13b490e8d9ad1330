"""The reoffending rate in each declared subgroup, and whether the subgroups of a characteristic differ.

The more subgroups are tested, the likelier is it that one looks conclusive by chance. So the p-values of all tests of
an analysis are adjusted together, and only the adjusted one makes a subgroup's result conclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special
from threadpoolctl import threadpool_limits

from ..disclosure import few, is_of_few
from ..document import Figure, Table
from ..errors import JDLError
from ..inference import estimate, holm, verdict
from ..inference.measures import rate_label
from ..inference.shown import shown_estimate
from ..matching import MatchedSample
from ..numbers import MINIMUM_CELL, p_value
from ..result import Result
from .characteristics import OF_PEOPLE
from .matching import SubgroupSamples, name_of

if TYPE_CHECKING:
    from ..spec import RequestSpec

_ESTIMATE = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")
_SHARED_CONTROLS = (
    "Subgroups by a characteristic of the service share controls, which makes the test of whether they differ slightly "
    "cautious."
)
_VALUES = ("treatment_value", "control_value", *(f"headline_{name}" for name in _ESTIMATE))


@dataclass(frozen=True)
class Subgroups(Result):
    """The one-year reoffending rate in each subgroup.

    Parameters
    ----------
    rows : DataFrame
        A row per level of each declared characteristic:

        - by, level; n_treatment (in the comparison; if it was not tested, treated people before matching), n_control;
        - treatment_value, plain mean of the matched treated; control_value, weighted mean of the matched controls;
        - headline_estimate, headline_se, headline_ci_low, headline_ci_high, headline_p_value, headline_df: of this
          subgroup alone, not adjusted for the number of subgroups;
        - holm_p: the p-value adjusted over all subgroups tested in the analysis;
        - verdict: reduction or increase only where holm_p is below 1 − inference.confidence, else inconclusive, even if
          the subgroup's own interval lies on one side of zero;
        - worst, largest absolute standardised mean difference after matching;
        - why_not, why it was not tested: values, estimates and verdict are then missing.
    heterogeneity : DataFrame
        by, q, df, p_value: Cochran's Q over the tested subgroups of each characteristic that has at least two.
    declared : tuple of str
    labels : dict of str to str
        Characteristic -> label for readers.
    n_tests : int
        Subgroups tested.
    messages : tuple of str
    balance : DataFrame
        As `SubgroupSamples.balance`.
    label : str
        Of the measure.
    minimum_cell : int
        What is of fewer people is not shown.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> subgroups = examples.foundation().subgroups
    >>> subgroups.n_tests
    2
    >>> found = subgroups.to_frame()
    >>> found.loc[found["holm_p"].notna(), ["level", "headline_estimate", "holm_p", "verdict"]].round(3)
          level  headline_estimate  holm_p       verdict
    3  21 to 24              0.030     1.0  inconclusive
    4  25 to 34             -0.021     1.0  inconclusive
    """

    rows: pd.DataFrame
    heterogeneity: pd.DataFrame
    declared: tuple[str, ...]
    labels: dict[str, str]
    n_tests: int
    messages: tuple[str, ...]
    balance: pd.DataFrame = field(default_factory=pd.DataFrame)
    label: str = "Proven reoffending rate"
    minimum_cell: int = MINIMUM_CELL

    def summary(self) -> str:
        if not self.declared:
            return "No subgroups were declared"
        declared = ", ".join(self.labels[by].lower() for by in self.declared)
        own = self.rows["headline_ci_low"] * self.rows["headline_ci_high"] > 0
        kept = own & (self.rows["verdict"] != "inconclusive")
        return (
            f"Subgroups declared by {declared}, before any outcome was known: {self.n_tests} of {len(self.rows)} were "
            f"tested. With p-values adjusted for that number (Holm), {int(kept.sum())} conclusive; without, "
            f"{int(own.sum())} would be"
        )

    def to_frame(self) -> pd.DataFrame:
        """The result of each subgroup: the columns of `rows`."""
        return self.rows.copy()

    def table(self) -> Table | None:
        """The difference in each subgroup, and which are not shown and why; None if none is."""
        from ..tables import subgroups_table

        table = subgroups_table(self._shown())
        hidden = [f"{row.level}: {row.why_not}" for row in self._shown().subgroups.rows if row.headline is None]
        tests = [f"{self.labels[t.by]}: p = {p_value(t.p_value)}" for t in self.heterogeneity.itertuples()]
        more = f" Whether the subgroups of a characteristic differ (Cochran's Q): {'; '.join(tests)}." if tests else ""
        more += f" Not shown: {'; '.join(hidden)}." if hidden else ""
        return table and replace(table, note=table.note + more)

    def plot(self) -> Figure | None:
        """The difference in each subgroup with its interval; None if none is shown."""
        from ..plots import subgroups_plot

        return subgroups_plot(self._shown())

    def _shown(self) -> SimpleNamespace:
        """What tables and figures ask an analysis of the findings for."""
        rows = [_shown(row, self.minimum_cell) for row in self.rows.to_dict("records")]
        measure = SimpleNamespace(label=self.label, unit="share", headline=None)
        return SimpleNamespace(subgroups=SimpleNamespace(rows=rows, n_tests=self.n_tests), headline_measure=measure)


def _shown(row: dict[str, Any], minimum_cell: int) -> SimpleNamespace:
    """A subgroup as the findings have it (`findings.SubgroupRow`); without figures, but with the reason, if of few."""
    why_not = row["why_not"]
    if why_not is None and is_of_few(row | {"unit": "share", "base": "everyone"}, minimum_cell):
        why_not = few(minimum_cell)
    headline = None if why_not else shown_estimate(row, "headline_")
    names = ("by", "level", "n_treatment", "treatment_value", "holm_p", "worst")
    return SimpleNamespace(**{name: row[name] for name in names}, headline=headline, why_not=why_not)


def compare_subgroups(samples: SubgroupSamples, outcomes: pd.DataFrame, spec: RequestSpec) -> Subgroups:
    """Compare the matched groups of each subgroup on the reoffending rate, by the headline estimate.

    Parameters
    ----------
    samples : SubgroupSamples
    outcomes : DataFrame
        unit_id, reoffended (0/1); everybody in a comparison must be there.
    spec : RequestSpec
        inference.confidence, covariates.people_per_parameter.

    Raises
    ------
    JDLError
        If outcomes are missing for people in a comparison, or a unit occurs twice.
    """
    if outcomes["unit_id"].duplicated().any():
        raise JDLError("the outcomes hold a unit more than once", "outcomes, unit_id", "measure them again")
    reoffended = outcomes.set_index("unit_id")["reoffended"]
    rows, said = [], []
    with threadpool_limits(1):  # fits are small: on a busy machine threads would wait for each other
        for group in samples.groups.to_dict("records"):
            matched = samples.samples.get(name_of(group["by"], group["level"]))
            row = {name: group[name] for name in ("by", "level", "n_treatment", "worst", "why_not")}
            if matched is not None:
                found, messages = _compare(matched, reoffended, spec)
                row |= found
                said += [f"{samples.labels[group['by']]}, {group['level']}: {text}" for text in messages]
            rows.append(row)
    compared = _frame(rows, spec)
    heterogeneity = _heterogeneity(compared)
    n_tests = int(compared["headline_p_value"].notna().sum())
    shared = () if heterogeneity["by"].isin(OF_PEOPLE).all() else (_SHARED_CONTROLS,)
    messages = (*samples.messages, *said, *shared)
    told = (compared, heterogeneity, samples.declared, samples.labels, n_tests, messages, samples.balance)
    return Subgroups(*told, rate_label(spec), spec.disclosure.minimum_cell)


def cochran_q(estimates: np.ndarray, se: np.ndarray) -> tuple[float, int, float]:
    """Cochran's test that several independent estimates share one true value.

    Q = Σ w (d − d̄)², w = 1/SE², d̄ the mean weighted by w; chi-squared with k − 1 degrees of freedom.

    Parameters
    ----------
    estimates, se : array, shape (k,)
        k at least 2; standard errors above 0.

    Returns
    -------
    q : float
    df : int
    p_value : float

    References
    ----------
    Cochran (1954), Biometrics 10, 101-129.
    """
    weight = 1 / np.square(se)
    q = float(weight @ np.square(estimates - np.average(estimates, weights=weight)))
    df = len(estimates) - 1
    return q, df, float(special.chdtrc(df, q))


def _compare(matched: MatchedSample, reoffended: pd.Series, spec: RequestSpec) -> tuple[dict, list[str]]:
    units = matched.units
    y = reoffended.reindex(units["unit_id"]).to_numpy(float)
    if np.isnan(y).any():
        n = int(np.isnan(y).sum())
        raise JDLError(f"{n} people in the comparison have no outcome", "outcomes", "measure them again for all")
    treated = units["is_treated"].to_numpy(bool)
    row = {"n_treatment": int(treated.sum()), "n_control": int((~treated).sum())}
    if y.max() == y.min():
        return row | {"why_not": "the outcome was the same for everybody"}, []
    found = estimate(y, matched.design, matched, "share", spec)
    row |= {"treatment_value": float(y[treated].mean())}
    row |= {"control_value": float(np.average(y[~treated], weights=units["weight"].to_numpy()[~treated]))}
    row |= {f"headline_{name}": found["headline"][name] for name in _ESTIMATE}
    return row, [text for text in found["messages"] if not text.startswith("in the check estimate")]


def _frame(rows: list[dict], spec: RequestSpec) -> pd.DataFrame:
    columns = ["by", "level", "n_treatment", "n_control", *_VALUES, "holm_p", "verdict", "worst", "why_not"]
    types = dict.fromkeys(["n_treatment", "n_control"], "Int64") | dict.fromkeys([*_VALUES, "worst"], "float64")
    types |= dict.fromkeys(["by", "level", "verdict", "why_not"], object)
    frame = pd.DataFrame(rows, columns=columns).astype(types)
    frame["holm_p"] = holm(frame["headline_p_value"].to_numpy(float))
    conclusive = frame["holm_p"] < 1 - spec.inference.confidence
    by_interval = [verdict(*limits) for limits in zip(frame["headline_ci_low"], frame["headline_ci_high"], strict=True)]
    said = pd.Series(by_interval, index=frame.index, dtype=object).where(conclusive, "inconclusive")
    frame["verdict"] = said.where(frame["holm_p"].notna(), None)
    return frame.assign(why_not=frame["why_not"].where(frame["why_not"].notna(), None))


def _heterogeneity(rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for by, group in rows[rows["headline_p_value"].notna()].groupby("by", sort=False):
        if len(group) > 1:
            found.append((by, *cochran_q(group["headline_estimate"].to_numpy(), group["headline_se"].to_numpy())))
    return pd.DataFrame(found, columns=["by", "q", "df", "p_value"]).astype({"by": object})
