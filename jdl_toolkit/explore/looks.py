"""What the workbench shows: one way of matching and how alike it makes the groups, and one estimate of an effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import plots
from ..document import Figure, Table
from ..inference.registry import RATIO
from ..matching import MatchedSample
from ..numbers import difference, number, p_value, shown_count
from ..plots.effects import UNIT_WORDS, finer
from ..result import Result

if TYPE_CHECKING:
    from ..spec import RequestSpec

#: What is said beside the effect of a look that has not made the groups alike enough.
NOT_ALIKE = "groups not alike"


@dataclass(frozen=True)
class Look(Result):
    """One way of matching and how alike the groups are after it; no outcome is known.

    Parameters
    ----------
    matched : MatchedSample
    differences : DataFrame
        A row per number, per level of a category, and per square or product: kind, covariate, level, label,
        mean_treatment (weighted), mean_treatment_all, mean_pool, mean_control (weighted), smd_before, smd_after (in
        standard deviations), light, gates. The same as in `Balance.every`; ratios of variances and distances of
        distributions are not worked out.
    bins : list of dict
        For `plots.overlap`; empty where a group has too few people to be shown.
    worst : float
        Largest absolute standardised mean difference after matching among rows that decide.
    n_red : int
        How many of those are red.
    tried : DataFrame
        The rungs that were tried, as `choose_caliper` tells them; one where a single caliper was set.
    spec : RequestSpec
        What it was matched under.
    subgroup : str or None
        Name of the subgroup that was matched within itself.
    is_requested : bool
        It is what the request asks for.
    label : str
        In few words, what it does otherwise than the request.
    messages : tuple of str
        What could not be had, and what the score and the match had to leave out or join.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.explore import Workbench
    >>> found = examples.foundation()
    >>> bench = Workbench(found.covariates, found.spec)
    >>> look = bench.look(bench.spec.with_(matching={"calipers": [0.05]}))
    >>> look.matched.caliper_sd, look.n_red == 0
    (0.05, True)
    """

    matched: MatchedSample
    differences: pd.DataFrame
    bins: list[dict[str, float]]
    worst: float
    n_red: int
    tried: pd.DataFrame
    spec: RequestSpec
    subgroup: str | None = None
    is_requested: bool = False
    label: str = ""
    messages: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """No difference that decides is red."""
        return self.n_red == 0

    @property
    def fell_back(self) -> bool:
        """Another method took the place of what was asked for, as the request's fallback says."""
        return str(self.matched.method) != str(self.spec.matching.method)

    @property
    def counts(self) -> dict[str, float]:
        """n_treatment, n_treatment_matched, n_pool, n_control, ess_control."""
        names = ("n_treatment", "n_treatment_matched", "n_pool", "n_control", "ess_control")
        return {name: getattr(self.matched, name) for name in names}

    def summary(self) -> str:
        red = "no difference is red" if self.passed else f"{self.n_red} red"
        return f"{self.label}: {self.matched.summary()}; worst difference {100 * self.worst:.1f}%, {red}"

    def to_frame(self) -> pd.DataFrame:
        """Every difference, as `Balance.to_frame` has it."""
        return self.differences.copy()

    def table(self) -> Table:
        """How many are compared, and how alike they are; small counts are not shown."""
        least = self.spec.disclosure.minimum_cell
        found = self.counts

        def count(name: str) -> str:
            return shown_count(round(found[name]), least)

        rows = (
            ("Treated people", count("n_treatment")),
            ("Treated people with a comparable control", count("n_treatment_matched")),
            ("Control pool", count("n_pool")),
            ("Controls", count("n_control")),
            ("Controls, as many as their weights are worth", count("ess_control")),
            ("Worst difference (per cent of a standard deviation)", number(self.worst, 1, factor=100)),
            ("Differences that are red", str(self.n_red)),
        )
        return Table("look", self.label or "What it gives", ("What", "Result"), rows, "lr")

    def plot(self) -> Figure:
        """The love plot."""
        limits = self.spec.balance.model_dump(include={"green_up_to", "amber_up_to", "denominator"})
        step = plots.STEPS[self.matched.method]
        return plots.love_plot(self.differences, order="covariate", step=step, **limits)

    def overlap_plot(self) -> Figure | None:
        """The overlap of the scores; None where too few people could be shown."""
        return plots.overlap(self.bins) if self.bins else None


@dataclass(frozen=True)
class Effect(Result):
    """One estimate of the effect on one outcome measure, for the people of one look.

    Parameters
    ----------
    label : str
        Whom and how: the look's label and the estimator's.
    measure, measure_label : str
        Key and label of the outcome measure.
    estimator : str
    unit : {"share", "count", "days"}
    scale : {"difference", "ratio"}
        Treatment minus control, or treatment over control.
    estimate, se, ci_low, ci_high, p_value : float
        Missing (NaN) where `why_not` says why.
    n_treatment, n_control : int
        People the measure is taken among.
    why_not : str or None
    confidence : float
    is_requested : bool
        It is the request's own result.
    are_alike : bool
        The groups are alike enough to be compared: no difference that decides is red.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.explore import Workbench
    >>> found = examples.foundation()
    >>> bench = Workbench(found.covariates, found.spec, cohort=found.cohort, register=found.register)
    >>> _ = bench.open_outcomes("A. Statistician", "to see how much hangs on the caliper")
    >>> effect = bench.effect(bench.look(bench.spec))
    >>> bool(abs(effect.estimate - found.outcomes.measures["headline_estimate"].iloc[0]) < 1e-9)
    True
    """

    label: str
    measure: str
    measure_label: str
    estimator: str
    unit: str
    scale: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    n_treatment: int
    n_control: int
    why_not: str | None = None
    confidence: float = 0.95
    is_requested: bool = False
    are_alike: bool = True

    @property
    def full_label(self) -> str:
        """The label, with the warning that goes with an effect of groups that are not alike."""
        return self.label if self.are_alike else f"{self.label} ({NOT_ALIKE})"

    def in_words(self) -> str:
        """The estimate with its interval, in the units of the measure, a decimal finer than a report has it."""
        if self.why_not:
            return f"not shown, {self.why_not}"
        if self.scale == RATIO:
            return f"ratio {number(self.estimate, 2)} ({number(self.ci_low, 2)} to {number(self.ci_high, 2)})"
        value, low, high = (
            difference(x, self.unit, finer(self.unit)) for x in (self.estimate, self.ci_low, self.ci_high)
        )
        return f"{value} {UNIT_WORDS[self.unit]} ({low} to {high})"

    def summary(self) -> str:
        return f"{self.measure_label}: {self.in_words()}. {self.full_label}"

    def to_frame(self) -> pd.DataFrame:
        """One row with all that it holds."""
        return pd.DataFrame([vars(self)])

    def table(self) -> Table:
        rows: tuple[tuple[Any, ...], ...] = (
            ("Estimate", self.in_words()),
            ("p-value", "–" if self.why_not else p_value(self.p_value)),
            ("Treatment group", f"{self.n_treatment:,}"),
            ("Controls", f"{self.n_control:,}"),
        )
        return Table("effect", self.measure_label, ("What", self.full_label), rows, "lr")

    def plot(self) -> Figure | None:
        """Forest plot of this one estimate; None where there is none."""
        return forest((self,))


def forest(effects: tuple[Effect, ...]) -> Figure | None:
    """Differences in one measure laid beside each other, the request's own first and as the reference.

    Parameters
    ----------
    effects : tuple of Effect
        Of one measure. Ratios and what could not be estimated are left out.
    """
    shown = [e for e in effects if e.why_not is None and e.scale != RATIO]
    if not shown:
        return None
    shown = sorted(shown, key=lambda e: not e.is_requested)
    own = shown[0] if shown[0].is_requested else None
    rows = [
        {
            "label": e.full_label,
            "estimate": e.estimate,
            "ci_low": e.ci_low,
            "ci_high": e.ci_high,
            "is_headline": e is own,
        }
        for e in shown
    ]
    beside = {"reference": own.estimate, "band": (own.ci_low, own.ci_high)} if own and len(shown) > 1 else {}
    caption = f"{shown[0].measure_label}: what was looked at"
    return plots.forest_plot(
        rows,
        unit=shown[0].unit,
        decimals=finer(shown[0].unit),
        confidence=shown[0].confidence,
        key="explored",
        caption=caption,
        **beside,
    )
