"""The part of the schema that holds other ways of analysing: variants, placebo, hidden bias, further estimators."""

from __future__ import annotations

from typing import Literal

from ..spec import Model
from .estimates import Estimate, Unit


class RobustnessRow(Model):
    """The first measure by one way of analysing (group "main": by this report's); `why_not`: why it has no estimate.

    `worst`: the largest standardised difference that is left. `n_treatment` is told only where the people are others
    than in the main analysis by declaration, and no few people follow from it.
    """

    group: Literal["main", "caliper", "nearest", "weights", "estimator", "needs", "left_out"]
    key: str
    label: str
    estimate: Estimate | None
    worst: float | None = None
    n_treatment: int | None = None
    why_not: str | None = None


class Placebo(Model):
    """Something from before the index date, left out of the model and compared as if it were an outcome.

    `left_out`: all that was left out of the model for it; `holds`: the interval holds zero, as it should.
    """

    covariate: str
    label: str
    left_out: tuple[str, ...]
    unit: Unit | None
    estimate: Estimate | None
    holds: bool | None
    why_not: str | None


class PairBound(Model):
    """`p_value`: the largest one-sided p-value where hidden bias may multiply the odds of taking part by `gamma`."""

    gamma: float
    p_value: float


class PairBounds(Model):
    """Rosenbaum's bounds for pairs of one person each; `tipping_gamma`: up to which the result stays significant."""

    direction: Literal["increase", "decrease", "none"] | None
    rows: tuple[PairBound, ...] = ()
    tipping_gamma: float | None
    why_not: str | None


class WeightBound(Model):
    """Range of the estimate where every control's weight may be wrong by a factor of up to `lambda_`."""

    lambda_: float
    low: float
    high: float
    ci_low: float | None = None
    ci_high: float | None = None


class WeightBounds(Model):
    """Marginal sensitivity bounds; the tipping factors are those at which estimate, or interval, reaches zero."""

    rows: tuple[WeightBound, ...] = ()
    tipping_estimate: float | None
    tipping_interval: float | None
    why_not: str | None


class Confounder(Model):
    """What a hidden yes-or-no characteristic would have to do; effects and biases as differences of the measure.

    `to_zero`, `to_include_zero`: the bias that takes the estimate, or the nearer limit of its interval, to zero (None
    where the interval holds zero). `strongest`: the measured characteristic whose bias before matching was largest, and
    `strongest_bias`, its size.
    """

    to_zero: float | None
    to_include_zero: float | None
    strongest: str | None = None
    strongest_bias: float | None = None
    why_not: str | None = None


class EValues(Model):
    """E-values on the scale of risk ratios: of the estimate, and of the limit of its interval nearer to no effect."""

    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    point: float | None
    limit: float | None
    why_not: str | None = None


class HiddenBias(Model):
    """How strong something that is not on record would have to be; a part is None where it was not worked out."""

    pairs: PairBounds | None = None
    weights: WeightBounds | None = None
    confounder: Confounder | None = None
    e_values: EValues | None = None


class Robustness(Model):
    """The first measure by every way of analysing that was declared, the main one first."""

    rows: tuple[RobustnessRow, ...]
    placebo: Placebo | None = None
    hidden: HiddenBias = HiddenBias()

    @property
    def main(self) -> Estimate:
        return next(row.estimate for row in self.rows if row.group == "main" and row.estimate is not None)

    @property
    def others(self) -> tuple[RobustnessRow, ...]:
        """The other ways of analysing that have an estimate."""
        return tuple(row for row in self.rows if row.group != "main" and row.estimate is not None)


class EstimatorRow(Model):
    """One estimator of the first measure in the main sample; "ratio": treatment / control, 1 is no effect."""

    name: str
    label: str
    scale: Literal["difference", "ratio"]
    estimate: Estimate | None
    why_not: str | None


class TimeRow(Model):
    """A comparison of the times to the first reoffence; "difference": in days."""

    measure: str
    clock: Literal["calendar", "at_risk"] = "calendar"
    label: str
    scale: Literal["difference", "ratio"]
    estimate: Estimate | None
    why_not: str | None
