"""Outcome measures compared between the matched groups: three estimates of each, always shown together, and a verdict.

Effect = treatment − control; a negative difference in reoffending is a reduction. Values are unrounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from ..errors import JDLError
from ..matching import MatchedSample
from ..result import Result
from .estimation import ESTIMATES, Kind, estimate


@dataclass(frozen=True)
class Measure:
    """One outcome measure of the method: its column in the outcomes, and among whom it is taken."""

    key: str
    label: str
    kind: Kind
    column: str
    base: str


MEASURES = (
    Measure("rate", "One-year proven reoffending rate", Kind.share, "reoffended", "everyone"),
    Measure("frequency", "Proven reoffences per person", Kind.count, "n_reoffences", "everyone"),
    Measure("days", "Days to first proven reoffence", Kind.days, "days_to_first", "reoffenders"),
)


@dataclass(frozen=True)
class Outcomes(Result):
    """Outcome measures of both groups and the differences between them.

    Parameters
    ----------
    measures : DataFrame
        One row per measure:

        - key, label, unit (share, count, days), base (everyone, reoffenders), n_treatment, n_control;
        - treatment_value, plain mean of the matched treated; control_value, weighted mean of the matched controls;
        - control_value_adjusted, treatment_value − headline estimate: with the outcome model, the headline need not be
          the difference of the two means;
        - for headline, classic and check each ``_estimate``, ``_se``, ``_ci_low``, ``_ci_high``, ``_p_value``, ``_df``;
        - holm_p, the headline's p-value adjusted over the measures shown;
        - verdict, classic_verdict: reduction, increase or inconclusive, the interval being below, above or across zero;
          for days "increase" means a longer time to the first reoffence, which is no worsening;
        - why_not, why a measure is withheld: its values, estimates and verdicts are then missing.
    n_treatment, n_control : int
        Matched people.
    ess_control : float
        Effective control size (Σw)² / Σw².
    ess_is_low : bool
        It is below twice the matched treated.
    messages : tuple of str
    """

    measures: pd.DataFrame
    n_treatment: int
    n_control: int
    ess_control: float
    ess_is_low: bool
    messages: tuple[str, ...]

    def summary(self) -> str:
        found = self.measures.iloc[0]
        if pd.notna(found["why_not"]):
            return f"{found['label']}: not shown, {found['why_not']}"
        low, value, high = (100 * found[f"headline_{k}"] for k in ("ci_low", "estimate", "ci_high"))
        return f"{found['label']}: {value:+.1f} percentage points ({low:+.1f} to {high:+.1f}), {found['verdict']}"


def compare_measures(outcomes: pd.DataFrame, matched: MatchedSample, spec) -> Outcomes:
    """Compare the matched groups on every outcome measure.

    Parameters
    ----------
    outcomes : DataFrame
        unit_id, reoffended (0/1), n_reoffences, days_to_first (NaN for those who did not reoffend). Everybody in the
        comparison must be there; the rest of the pool serves the check estimate.
    matched : MatchedSample
    spec : RequestSpec
        inference.confidence, inference.minimum_reoffenders, covariates.people_per_parameter.

    Raises
    ------
    JDLError
        If outcomes are missing for people in the comparison, a unit occurs twice, or outcomes contradict each other.
    """
    aligned, matched = _align(outcomes, matched)
    is_reoffender = aligned["reoffended"].to_numpy() == 1
    rows, messages = [], []
    for measure in MEASURES:
        subset = is_reoffender if measure.base == "reoffenders" else np.ones(len(aligned), bool)
        row, said = _measure_row(measure, aligned[measure.column].to_numpy(float), subset, matched, spec)
        rows.append(row)
        messages += [f"{measure.label}: {text}" for text in said]
    measures = pd.DataFrame(rows)
    measures["holm_p"] = holm(measures["headline_p_value"].to_numpy(float))
    ess, n = matched.ess_control, matched.n_treatment_matched
    if ess < 2 * n:
        messages.append("The effective size of the control group is below twice the treatment group.")
    return Outcomes(measures, n, matched.n_control, ess, bool(ess < 2 * n), tuple(dict.fromkeys(messages)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values; NaN (a measure not shown) stays NaN and does not count.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    adjusted = np.full(len(p_values), np.nan)
    shown = ~np.isnan(p_values)
    if shown.any():
        adjusted[shown] = multipletests(p_values[shown], method="holm")[1]
    return adjusted


def verdict(ci_low: float, ci_high: float) -> str:
    """reduction, increase or inconclusive, by whether the interval crosses zero."""
    return "reduction" if ci_high < 0 else "increase" if ci_low > 0 else "inconclusive"


def _measure_row(
    measure: Measure, y: np.ndarray, subset: np.ndarray, matched: MatchedSample, spec
) -> tuple[dict, tuple[str, ...]]:
    units = matched.units
    served = subset & (units["weight"] > 0).to_numpy()
    treated, control = (served & group for group in (units["is_treated"], ~units["is_treated"]))
    row = {"key": measure.key, "label": measure.label, "unit": str(measure.kind), "base": measure.base}
    row |= {"n_treatment": int(treated.sum()), "n_control": int(control.sum())}
    names = [f"{e}_{k}" for e in ESTIMATES for k in ("estimate", "se", "ci_low", "ci_high", "p_value", "df")]
    empty = dict.fromkeys(["treatment_value", "control_value", "control_value_adjusted", *names], np.nan)
    why_not = _why_not(measure, y, treated, control, spec)
    if why_not:
        return row | empty | {"verdict": None, "classic_verdict": None, "why_not": why_not}, ()
    found = estimate(y, matched.design, matched, measure.kind, spec, subset)
    row |= {"treatment_value": float(y[treated].mean())}
    row |= {"control_value": float(np.average(y[control], weights=units["weight"].to_numpy()[control]))}
    row |= {"control_value_adjusted": row["treatment_value"] - found["headline"]["estimate"]}
    row |= {f"{e}_{k}": value for e in ESTIMATES for k, value in found[e].items()}
    row |= {"verdict": verdict(found["headline"]["ci_low"], found["headline"]["ci_high"])}
    row |= {"classic_verdict": verdict(found["classic"]["ci_low"], found["classic"]["ci_high"]), "why_not": None}
    return row, found["messages"]


def _why_not(measure: Measure, y: np.ndarray, treated: np.ndarray, control: np.ndarray, spec) -> str | None:
    least = spec.inference.minimum_reoffenders
    if measure.base == "reoffenders" and treated.sum() < least:
        return f"fewer than {least} people in the treatment group reoffended"
    if min(treated.sum(), control.sum()) < 2:
        return "there are too few people to compare"
    both = y[treated | control]
    if both.max() == both.min():
        return "the outcome was the same for everybody"
    return None


def _align(outcomes: pd.DataFrame, matched: MatchedSample) -> tuple[pd.DataFrame, MatchedSample]:
    """Outcomes in the order of the matched sample, and the sample cut to those who have outcomes."""
    if outcomes["unit_id"].duplicated().any():
        raise JDLError("the outcomes hold a unit more than once", "outcomes, unit_id", "measure them again")
    if ((outcomes["reoffended"] == 1) != outcomes["days_to_first"].notna()).any():
        fix = "days_to_first belongs to those who reoffended, and to nobody else; measure the outcomes again"
        raise JDLError("reoffending and days to the first reoffence contradict each other", "outcomes", fix)
    has_outcome = matched.units["unit_id"].isin(outcomes["unit_id"]).to_numpy()
    n_missing = int((~has_outcome & (matched.units["weight"] > 0)).sum())
    if n_missing:
        raise JDLError(
            f"{n_missing} people in the comparison have no outcome", "outcomes", "measure them again for all"
        )
    if not has_outcome.all():
        cut = {k: getattr(matched, k)[has_outcome].reset_index(drop=True) for k in ("units", "design")}
        matched = MatchedSample(**(vars(matched) | cut))
    return matched.units[["unit_id"]].merge(outcomes, on="unit_id", how="left", validate="1:1"), matched
