"""Outcome measures compared between the matched groups: three estimates of each, always shown together, and a verdict.

Effect = treatment − control; a negative difference in reoffending is a reduction. Values are unrounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests
from threadpoolctl import threadpool_limits

from ..document import Figure, Table
from ..errors import JDLError
from ..matching import MatchedSample
from ..numbers import MINIMUM_CELL
from ..result import Result
from ..wording import listed
from .estimation import ESTIMATES, Comparison, Kind, estimate_among, prepare
from .estimators import COLUMNS as ESTIMATOR_COLUMNS
from .estimators import estimate_all
from .follow_up import describe_follow_up
from .interval import NotEstimable, effective_number, interval
from .measures import Measure, measures_asked
from .sandwich import ratio_of_means
from .shown import shown_analysis
from .survival import survival_curves
from .time_to_event import times_to_first
from .weighted_t import Group

RATIO_PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value")


@dataclass(frozen=True)
class Outcomes(Result):
    """Outcome measures of both groups and the differences between them.

    Parameters
    ----------
    measures : DataFrame
        One row per measure:

        - key, family, label, unit (share, count, days), base (everyone, reoffenders), better (lower, higher, neither);
        - n_treatment, n_control, people it is taken among; n_treatment_with, n_control_with, those of them with more
          than 0 of it;
        - treatment_value, mean of the matched treated (weighted where the method weights them); control_value, weighted
          mean of the matched controls;
        - control_value_adjusted, treatment_value − headline estimate: with the outcome model, the headline need not be
          the difference of the two means;
        - treatment_sd, control_sd, sample standard deviations, weighted as the values are; ess_treatment, ess_control,
          effective sizes (Σw)² / Σw² of the people it is taken among;
        - ratio_estimate, treatment_value / control_value, for shares and counts, with ratio_ci_low, _ci_high, _p_value
          (HC3, quasi-Poisson) and ratio_se, that of its logarithm; missing where one of the values is 0;
        - for headline, classic and check each ``_estimate``, ``_se``, ``_ci_low``, ``_ci_high``, ``_p_value``, ``_df``;
        - holm_p, the headline's p-value adjusted over the measures shown;
        - verdict, classic_verdict: reduction, increase or inconclusive, the interval being below, above or across zero;
          whether an increase is a worsening is said by `better`;
        - why_not, why a measure is withheld: its values, estimates and verdicts are then missing.
    estimators : DataFrame
        The first measure in every other way, see `estimators.estimate_all`; empty where the measure is withheld.
    time_to_event : DataFrame
        Time to the first reoffence in single numbers, see `time_to_event.times_to_first`.
    follow_up : DataFrame
        Custody and time at risk of both groups, see `describe_follow_up`.
    survival : DataFrame
        Time to the first reoffence, see `survival_curves`.
    n_treatment, n_control : int
        Matched people.
    ess_control : float
        Effective control size (Σw)² / Σw².
    ess_is_low : bool
        It is below twice the matched treated.
    messages : tuple of str
    method : Method
        By which people were matched or weighted.
    minimum_cell : int
        What is of fewer people is not shown.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> outcomes = examples.foundation().outcomes
    >>> outcomes
    One-year proven reoffending rate: +1.7 percentage points (-4.4 to +7.8), inconclusive
    >>> found = outcomes.to_frame()
    >>> found[found["measure"] == "rate"].set_index("estimator")[["difference", "ci_low", "ci_high"]].round(3)
               difference  ci_low  ci_high
    estimator
    headline        0.017  -0.044    0.078
    classic         0.016  -0.043    0.074
    check           0.017  -0.044    0.078

    As a table for readers, and another of every estimator of the first measure:

    >>> outcomes.table().columns
    ('Measure', 'Comparison group, unadjusted', 'Headline', 'Classic', 'Check')
    >>> len(outcomes.table("estimators").rows) > 5
    True
    """

    measures: pd.DataFrame
    estimators: pd.DataFrame
    time_to_event: pd.DataFrame
    follow_up: pd.DataFrame
    survival: pd.DataFrame
    n_treatment: int
    n_control: int
    ess_control: float
    ess_is_low: bool
    messages: tuple[str, ...]
    method: str = "radius"
    minimum_cell: int = MINIMUM_CELL

    def summary(self) -> str:
        found = self.measures.iloc[0]
        if pd.notna(found["why_not"]):
            return f"{found['label']}: not shown, {found['why_not']}"
        low, value, high = (100 * found[f"headline_{k}"] for k in ("ci_low", "estimate", "ci_high"))
        return f"{found['label']}: {value:+.1f} percentage points ({low:+.1f} to {high:+.1f}), {found['verdict']}"

    def to_frame(self) -> pd.DataFrame:
        """The three estimates of every measure, in rows.

        Returns
        -------
        DataFrame
            measure (its key), label, unit, estimator (headline, classic, check), n_treatment, n_control,
            treatment_value, control_value, difference (treatment − control, unrounded; shares as fractions), se,
            ci_low, ci_high, p_value; all missing for a measure that is withheld.
        """
        rename = {"key": "measure"}
        same = ["key", "label", "unit", "n_treatment", "n_control", "treatment_value", "control_value"]
        frames = []
        for kind in ESTIMATES:
            parts = {f"{kind}_{part}": part for part in ("estimate", "se", "ci_low", "ci_high", "p_value")}
            frame = self.measures[[*same, *parts]].rename(columns=rename | parts | {f"{kind}_estimate": "difference"})
            frame.insert(3, "estimator", kind)
            frames.append(frame)
        return pd.concat(frames).sort_index(kind="stable").reset_index(drop=True)

    def table(self, of: str = "estimates") -> Table | None:
        """The measures as a table; what is of few people has no row.

        Parameters
        ----------
        of : {"estimates", "measures", "estimators"}
            The three estimates of every measure; every measure with what is expected without the service, and p-values;
            or every estimator of the first measure.
        """
        from ..tables import estimates_table, estimators_table, measures_table

        draw = {"estimates": estimates_table, "measures": measures_table, "estimators": estimators_table}
        return draw[of](shown_analysis(self))

    def plot(self, unit: str = "share") -> Figure | None:
        """The headline differences with their intervals; None where no measure of that unit is shown.

        Parameters
        ----------
        unit : {"share", "count", "days"}
            Which measures: only those of one unit share an axis.
        """
        from ..plots import measures_plot

        return measures_plot(shown_analysis(self).measures, unit=unit)


def compare_measures(outcomes: pd.DataFrame, matched: MatchedSample, spec, covariates=None) -> Outcomes:
    """Compare the matched groups on every outcome measure.

    Parameters
    ----------
    outcomes : DataFrame
        As `outcomes.measure_outcomes` gives it; unit_id, reoffended, n_reoffences and days_to_first at least. Everybody
        in the comparison must be there; the rest of the pool serves the check estimate.
    matched : MatchedSample
    spec : RequestSpec
        outcomes, inference, cohort.follow_up_months, covariates.people_per_parameter, disclosure.minimum_cell.
    covariates : Covariates, optional
        What the sample was matched on, for the bootstrap (inference.bootstrap_draws).

    Raises
    ------
    JDLError
        If outcomes are missing for people in the comparison, a unit occurs twice, or outcomes contradict each other.
    """
    aligned, matched = _align(outcomes, matched)
    measures, missing = measures_asked(spec, aligned)
    is_reoffender = aligned["reoffended"].to_numpy() == 1
    everyone = np.ones(len(aligned), bool)
    among = {"everyone": _People(matched, everyone), "reoffenders": _People(matched, is_reoffender)}
    rows, said, made = [], {}, []
    with threadpool_limits(1):  # fits are small: on a busy machine threads would wait for each other
        for measure in measures:
            row, found = _measure_row(measure, measure.values(aligned), among[measure.base], spec)
            rows.append(row)
            made.append(found)
            for text in found["messages"] if found else ():
                said.setdefault(text, []).append(measure.label)
    table = pd.DataFrame(rows)
    table["holm_p"] = holm(table["headline_p_value"].to_numpy(float))
    survival, not_drawn = survival_curves(aligned, matched.units, spec)
    messages = [*(f"{listed(labels)}: {text}" for text, labels in said.items()), *missing, *not_drawn]
    if "days_in_custody" in aligned and "recalled" not in aligned:
        messages.append("The register has no spells in custody: custody is counted from sentence to release.")
    estimators = pd.DataFrame(columns=list(ESTIMATOR_COLUMNS))
    if table["why_not"].isna().iloc[0]:
        y, design = measures[0].values(aligned), matched.design
        known = {"covariates": covariates, "made": made[0]}
        estimators = estimate_all(y, design, matched, measures[0].kind, spec, **known)
    times = times_to_first(aligned, matched, spec)
    ess, n = matched.ess_control, matched.n_treatment_matched
    if ess < 2 * n:
        messages.append("The effective size of the control group is below twice the treatment group.")
    follow_up = describe_follow_up(aligned, matched.units)
    found = (table, estimators, times, follow_up, survival, n, matched.n_control, ess, bool(ess < 2 * n))
    return Outcomes(*found, tuple(messages), matched.method, spec.disclosure.minimum_cell)


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


class _People:
    """Those a measure is taken among, prepared for all measures among them when the first is estimated."""

    def __init__(self, matched: MatchedSample, subset: np.ndarray) -> None:
        self.matched, self.subset = matched, subset
        self.weight = matched.units["weight"].to_numpy(float)
        served, is_treated = subset & (self.weight > 0), matched.units["is_treated"].to_numpy(bool)
        self.treated, self.control = served & is_treated, served & ~is_treated

    @cached_property
    def comparison(self) -> Comparison:
        return prepare(self.matched.design, self.matched, self.subset)


def _measure_row(measure: Measure, y: np.ndarray, people: _People, spec) -> tuple[dict, dict | None]:
    """The row of a measure, and what `estimate_among` made of it."""
    treated, control, weight = y[people.treated], y[people.control], people.weight[people.control]
    of_treated = people.weight[people.treated]
    row = {name: str(getattr(measure, name)) for name in ("key", "family", "label", "base", "better")}
    row |= {"unit": str(measure.kind), "n_treatment": len(treated), "n_control": len(control)}
    row |= {"n_treatment_with": int((treated > 0).sum()), "n_control_with": int((control > 0).sum())}
    names = [f"{e}_{k}" for e in ESTIMATES for k in ("estimate", "se", "ci_low", "ci_high", "p_value", "df")]
    values = [f"{group}_{name}" for name in ("value", "sd") for group in ("treatment", "control")]
    values += ["ess_treatment", "ess_control", "control_value_adjusted", *(f"ratio_{k}" for k in RATIO_PARTS)]
    empty = dict.fromkeys([*values, *names], np.nan)
    groups = Group(treated, of_treated), Group(control, weight)
    why_not = why_withheld(measure, *groups, spec)
    if why_not:
        return row | empty | {"verdict": None, "classic_verdict": None, "why_not": why_not}, None
    found = estimate_among(people.comparison, y, measure.kind, spec)
    for name, group in zip(("treatment", "control"), groups, strict=True):
        row |= {f"{name}_value": group.mean, f"{name}_sd": group.variance(group.n) ** 0.5}
        row |= {f"ess_{name}": group.effective_n}
    row |= _ratio(measure, *groups, spec.inference.confidence)
    row |= {"control_value_adjusted": row["treatment_value"] - found["headline"]["estimate"]}
    row |= {f"{e}_{k}": value for e in ESTIMATES for k, value in found[e].items()}
    row |= {"verdict": verdict(found["headline"]["ci_low"], found["headline"]["ci_high"])}
    row |= {"classic_verdict": verdict(found["classic"]["ci_low"], found["classic"]["ci_high"]), "why_not": None}
    return row, found


def _ratio(measure: Measure, treated: Group, control: Group, confidence: float) -> dict:
    """The ratio of the two values with its interval; missing for days and where one of them is 0."""
    try:
        if measure.kind not in (Kind.share, Kind.count):
            raise NotEstimable("no ratio of days")
        found = ratio_of_means(treated, control)
        parts = interval(found.value, found.standard_error("HC3"), found.df, confidence, is_log=True)
    except NotEstimable:
        return {f"ratio_{k}": np.nan for k in RATIO_PARTS}
    return {f"ratio_{k}": parts[k] for k in RATIO_PARTS}


def why_withheld(measure: Measure, treated: Group, control: Group, spec) -> str | None:
    """Why a measure is not told of these two groups; None if it may be."""
    least = spec.inference.minimum_reoffenders
    if measure.base == "reoffenders" and treated.n < least:
        return f"fewer than {least} people in the treatment group reoffended"
    if min(treated.n, control.n) < 2:
        return "there are too few people to compare"
    if np.ptp(treated.y) == 0 and np.ptp(control.y) == 0:
        within = "" if treated.y[0] == control.y[0] else " within each group"
        return f"the outcome was the same for everybody{within}"
    least = spec.inference.minimum_events
    with_it, without = np.inf, np.inf
    if measure.needs_events:
        with_it, without = expected_people(treated.y > 0, control.y > 0, control.weight, treated.weight)
    if with_it < least:
        return f"it is too rare: fewer than {least} such people would be expected in one of the groups"
    if without < least and measure.kind == Kind.share:
        return f"it is too common: fewer than {least} other people would be expected in one of the groups"
    return None


def expected_people(
    treated: np.ndarray, control: np.ndarray, weight: np.ndarray, treated_weight: np.ndarray | None = None
) -> tuple[float, float]:
    """People with an event, and without it, expected in the smaller group if the groups did not differ.

    The share p is that of both groups together, each control counting by its weight and all as many as they are worth,
    (Σw)² / Σw². With a share of its own for each group, a measure would be withheld just where a service changed most.

    Parameters
    ----------
    treated, control : bool array, shape (n_treated,), (n_controls,)
        Who has it.
    weight : array, shape (n_controls,)
    treated_weight : array, shape (n_treated,), optional
        Default: 1 each.

    Returns
    -------
    with_it, without : float
        n·p and n·(1 − p), n the smaller of the effective numbers of treated and controls.
    """
    of_treated = np.ones(len(treated)) if treated_weight is None else treated_weight
    n_treated, n_control = effective_number(of_treated), effective_number(weight)
    shares = np.average(treated, weights=of_treated), np.average(control, weights=weight)
    p = (n_treated * shares[0] + n_control * shares[1]) / (n_treated + n_control)
    n = min(n_treated, n_control)
    return float(n * p), float(n * (1 - p))


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
