"""Who is in a comparison and with what weight: the one result of every way of matching and weighting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..document import Figure, Table
from ..numbers import MINIMUM_CELL
from ..result import Result
from ..spec import Method
from .score_bins import overlap_bins

#: Why somebody has no weight, by the code in `units.why`; "" for those who have one.
DROPPED = {
    "no_counterpart": "nobody in the other group resembles them on some covariate",
    "off_support": "their score lies outside the common support",
    "outside_caliper": "nobody comparable within the caliper",
    "none_left": "every comparable control was taken by others",
    "not_chosen": "not needed as a control",
}

#: The same of treated people, as a message.
_NOT_ANALYSED = {
    "no_counterpart": "Some treated people resemble nobody in the pool on some covariate and are not analysed.",
    "off_support": "Some treated people have a score outside the common support and are not analysed.",
    "outside_caliper": "Some treated people have no comparable control within the caliper and are not analysed.",
    "none_left": "Some treated people found every comparable control taken by others and are not analysed.",
}

#: So few controls with more than half of all weight, among at least so many that have some, are worth a remark.
_FEW, _MANY = 10, 100


@dataclass(frozen=True)
class MatchedSample(Result):
    """Who is in the comparison, before any outcome is known. Rows are sorted by unit_id.

    Parameters
    ----------
    units : DataFrame
        unit_id, is_treated, score (probability of being treated), logit (NaN for people set aside), weight (treated:
        1 if matched, else 0, unless the method weights them, too, or equal people share too few controls; controls: the
        sum over the treated people they serve of 1/k, k that person's controls, or the method's weight; both groups
        have the same sum), n_matches (treated: their controls; controls: the treated people they serve), why (a key of
        `DROPPED` for those of weight 0, else "").
    design : DataFrame
        unit_id and the columns of the propensity model, for everybody; no intercept.
    method : Method
    scale : {"logit", "probability", "odds"}
        Of the score that was matched on.
    caliper_sd, caliper_raw : float or None
        The radius in standard deviations (n − 1) of that score over all who have one, and on its own scale; None where
        there is no caliper.
    coefficients : DataFrame
        term, estimate.
    merged : dict of str to list of str
        Covariate -> levels joined as "other levels".
    messages : tuple of str
    minimum_cell : int
        Smaller counts are not shown.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.matching import match
    >>> example = examples.foundation()
    >>> matched = example.matched
    >>> matched.n_treatment_matched, matched.n_control, round(matched.ess_control)
    (257, 2274, 1125)

    Whom a narrower caliper would keep:

    >>> narrow = example.spec.with_(matching={"calipers": [0.02]})
    >>> match(example.covariates, narrow).to_frame().round(1)
           group             part     n  n_effective
    0  treatment              all   257        257.0
    1  treatment         compared   253        253.0
    2       pool              all  2354       2354.0
    3       pool         compared  1709        855.5
    4       pool   no_counterpart    27          NaN
    5       pool       not_chosen   618          NaN
    6  treatment  outside_caliper     4          NaN
    """

    units: pd.DataFrame
    design: pd.DataFrame
    method: str
    scale: str
    caliper_sd: float | None
    caliper_raw: float | None
    coefficients: pd.DataFrame
    merged: dict[str, list[str]]
    messages: tuple[str, ...]
    minimum_cell: int = MINIMUM_CELL

    @property
    def n_treatment(self) -> int:
        """Treated people, matched or not."""
        return int(self.units["is_treated"].sum())

    @property
    def n_treatment_matched(self) -> int:
        """Treated people with a weight; those who share too few controls (nearest neighbours) count as one each."""
        return int((self.units["is_treated"] & (self.units["weight"] > 0)).sum())

    @property
    def n_pool(self) -> int:
        """People in the control pool, in the comparison or not."""
        return int((~self.units["is_treated"]).sum())

    @property
    def n_control(self) -> int:
        """People of the pool with a weight: they serve at least one treated person."""
        return int((~self.units["is_treated"] & (self.units["weight"] > 0)).sum())

    @property
    def ess_control(self) -> float:
        """Effective control size (Σw)² / Σw²: equally weighted people who would give the same precision."""
        weight = self.units.loc[~self.units["is_treated"], "weight"]
        return float(weight.sum() ** 2 / (weight**2).sum()) if (weight > 0).any() else 0.0

    @property
    def ess_treatment(self) -> float:
        """Effective size of the treated; their number, unless the method weights them, too."""
        weight = self.units.loc[self.units["is_treated"], "weight"]
        return float(weight.sum() ** 2 / (weight**2).sum()) if (weight > 0).any() else 0.0

    @property
    def estimand(self) -> str:
        """Whom an estimate concerns: "att", the treated who are matched; "ato", people who might be either."""
        return "ato" if self.method == Method.overlap else "att"

    @property
    def dropped(self) -> pd.DataFrame:
        """How many have no weight, and why: group (treatment, pool), reason (a key of `DROPPED`), n."""
        left_out = self.units[self.units["why"] != ""]
        group = np.where(left_out["is_treated"], "treatment", "pool")
        n = left_out.groupby([group, left_out["why"].astype(str)], sort=True).size()
        return n.rename_axis(["group", "reason"]).rename("n").reset_index()

    @property
    def unmatched_treated(self) -> list[int]:
        """unit_id of treated people with no comparable control (reason 14)."""
        return self.units.loc[self.units["is_treated"] & (self.units["weight"] == 0), "unit_id"].tolist()

    def summary(self) -> str:
        within = "" if self.caliper_sd is None else f", caliper {self.caliper_sd:g} SD of the {self.scale}"
        return (
            f"{self.n_treatment_matched:,} of {self.n_treatment:,} treated people compared with {self.n_control:,} of "
            f"{self.n_pool:,} in the pool (worth {self.ess_control:,.0f} equally weighted), by {self.method}{within}"
        )

    def to_frame(self) -> pd.DataFrame:
        """How many people are compared, and how many are left out.

        Returns
        -------
        DataFrame
            group (treatment, pool); part ("all", "compared" or why they are left out, a key of `DROPPED`); n (people);
            n_effective (equally weighted people whom those compared are worth; missing for those left out).
        """
        sizes = [
            ("treatment", "all", self.n_treatment, self.n_treatment),
            ("treatment", "compared", self.n_treatment_matched, self.ess_treatment),
            ("pool", "all", self.n_pool, self.n_pool),
            ("pool", "compared", self.n_control, self.ess_control),
        ]
        left_out = [(row.group, row.reason, row.n, np.nan) for row in self.dropped.itertuples()]
        return pd.DataFrame([*sizes, *left_out], columns=["group", "part", "n", "n_effective"])

    def table(self) -> Table:
        """Who is compared, and why the others are not."""
        from ..tables import compared_table

        return compared_table(self.to_frame(), DROPPED, minimum_cell=self.minimum_cell)

    def plot(self) -> Figure | None:
        """How far the groups' scores overlap; None where a group is too small to be drawn."""
        from ..plots import overlap

        bins = overlap_bins(self, self.minimum_cell)
        return overlap(bins) if bins else None


def why_left_out(
    units: pd.DataFrame, supported: np.ndarray, strata: np.ndarray | None, was_near: np.ndarray
) -> pd.Categorical:
    """The `why` of everybody of weight 0.

    Parameters
    ----------
    units : DataFrame
        is_treated, logit, weight.
    supported : bool array, shape (n_people,)
        On common support.
    strata : int array, shape (n_people,), or None
    was_near : bool array, shape (n_people,)
        Treated people who had comparable controls before others took them.
    """
    is_treated, has_weight = units["is_treated"].to_numpy(bool), units["weight"].to_numpy() > 0
    codes = np.zeros(len(units), dtype=np.intp) if strata is None else strata
    n_treated, n_pool = (np.bincount(codes, supported & group)[codes] for group in (is_treated, ~is_treated))
    reasons = ["", *DROPPED]
    code = {reason: np.int8(i) for i, reason in enumerate(reasons)}
    why = np.where(is_treated, np.where(was_near, code["none_left"], code["outside_caliper"]), code["not_chosen"])
    why[np.where(is_treated, n_pool, n_treated) == 0] = code["no_counterpart"]
    why[~supported] = code["off_support"]
    why[units["logit"].isna()] = code["no_counterpart"]
    why[has_weight] = code[""]
    return pd.Categorical.from_codes(why, reasons)


def remarks(units: pd.DataFrame, method: str) -> list[str]:
    """What a reader has to know about the people left out, and about weights that rest on few."""
    weight, is_treated = units["weight"].to_numpy(), units["is_treated"].to_numpy(bool)
    why = set(units["why"][is_treated & (weight == 0)])
    said = [words for reason, words in _NOT_ANALYSED.items() if reason in why]
    if method == Method.nearest and ((weight > 0) & (weight < 1) & is_treated).any():
        said.append("Some treated people with equal scores share too few controls, and count in part.")
    heaviest = np.sort(weight[~is_treated & (weight > 0)])
    if len(heaviest) >= _MANY and heaviest[-_FEW:].sum() > heaviest.sum() / 2:
        said.append("A handful of controls carries more than half of all weight; the comparison rests on them.")
    return said
