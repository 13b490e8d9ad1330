"""The robustness panel: the first measure estimated in every other way that was declared, beside the headline.

One call runs everything. Variants are matched from covariates alone and estimated afterwards. What a variant cannot do
stands in its row in words; nothing that one of them meets can stop the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from ..balance.blocks import columns_of
from ..balance.measures import spread_of, standardised, weighted_means
from ..document import Figure, Table
from ..inference import Outcomes
from ..inference.estimation import Kind
from ..inference.measures import measures_asked
from ..inference.shown import shown_estimate
from ..matching import MatchedSample
from ..matching.design import expand_levels, ordered_units
from ..result import Result
from .estimating import ESTIMATE, NOTHING, SIZES, estimate_sample, start_of_headline
from .hiding import bound_hidden_bias
from .placebo import placebo_outcome
from .variants import declare, match_variants

if TYPE_CHECKING:
    from ..covariates import Covariates
    from ..spec import RequestSpec

MAIN, ESTIMATOR = "main", "estimator"
COLUMNS = ("group", "key", "label", "estimand", *SIZES, "worst", *ESTIMATE, "why_not")

#: Estimators of the main sample that reason otherwise than the headline, with readers' labels. The rest differ in their
#: standard error alone, or take in treated people who are not matched.
OTHER_ESTIMATORS = {
    "classic": "Plain difference (classic)",
    "check": "Doubly robust weighting (check)",
    "lm_adj_HC3": "Linear regression on the covariates",
    "lm_lin_HC3": "Linear regression with interactions",
    "gcomp": "Outcome model (g-computation)",
    "abadie_imbens": "Nearest person (Abadie and Imbens)",
}


@dataclass(frozen=True)
class Robustness(Result):
    """Estimates of the first measure by other analyses of the same question, and how much hidden bias would matter.

    Parameters
    ----------
    measure, label, unit : str
        Of the measure.
    rows : DataFrame
        A row per way of analysing, the main one (group "main") first:

        - group (main, caliper, nearest, weights, estimator, needs, left_out), key, label for readers;
        - estimand ("att", "ato": see `MatchedSample.estimand`);
        - n_treatment, n_control, ess_control: people compared, and what the controls are worth;
        - worst, the largest absolute standardised difference left on any covariate of the main analysis, among the
          people of the variant;
        - estimate, se, ci_low, ci_high, p_value, df; treatment − control;
        - why_not, why there is no estimate: the six are then missing.
    placebo : dict, optional
        See `placebo_outcome`.
    hidden : dict
        See `bound_hidden_bias`.
    why_not : str, optional
        Why there is no panel; it is then empty.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> robustness = examples.foundation().robustness
    >>> len(robustness.others)
    35
    >>> found = robustness.to_frame()
    >>> found[found["group"] == "caliper"][["key", "n_treatment", "estimate", "ci_low", "ci_high"]].round(3)
                 key  n_treatment  estimate  ci_low  ci_high
    7   caliper_0.01          251     0.016  -0.048    0.081
    8   caliper_0.05          255     0.009  -0.053    0.071
    9    caliper_0.1          256     0.013  -0.048    0.075
    10   caliper_0.5          257     0.018  -0.043    0.078
    >>> [row[0] for row in robustness.table("hidden_bias").rows]
    ['Shift of the difference, percentage points', 'Factor by which weights are wrong', 'E-value (risk ratio)']
    """

    measure: str
    label: str
    unit: str
    rows: pd.DataFrame
    placebo: dict[str, Any] | None
    hidden: dict[str, Any]
    why_not: str | None = None

    @property
    def others(self) -> pd.DataFrame:
        """The other ways that have an estimate."""
        return self.rows[(self.rows["group"] != MAIN) & self.rows["estimate"].notna()]

    def summary(self) -> str:
        if self.why_not:
            return f"No robustness panel: {self.why_not}"
        others, main = self.others, self.rows.iloc[0]
        n_same = int((np.sign(others["estimate"]) == np.sign(main["estimate"])).sum())
        n_clear = int(((others["ci_low"] > 0) | (others["ci_high"] < 0)).sum())
        factor, points = (100, " percentage points") if self.unit == "share" else (1, "")
        if not len(others):
            return "No other way of analysing has an estimate"
        low, high = factor * others["estimate"].min(), factor * others["estimate"].max()
        return (
            f"{len(others)} other ways of analysing: estimates from {low:+.1f} to {high:+.1f}{points}, {n_same} with "
            f"the sign of the headline ({factor * main['estimate']:+.1f}), {n_clear} with an interval that excludes 0"
        )

    def to_frame(self) -> pd.DataFrame:
        """Every way of analysing: the columns of `rows`."""
        return self.rows.copy()

    def table(self, of: str = "panel") -> Table | None:
        """Every way of analysing beside the main one; None where there is nothing to show.

        Parameters
        ----------
        of : {"panel", "hidden_bias", "bounds"}
            The panel; how strong hidden bias would have to be; or what the difference could be under hidden bias.
        """
        from ..tables import bounds_table, hidden_bias_table, robustness_table

        table = {"panel": robustness_table, "hidden_bias": hidden_bias_table, "bounds": bounds_table}[of](self._shown())
        failed = [f"{row.label}: {row.why_not}" for row in self.rows.itertuples() if row.why_not]
        more = f" Without an estimate: {'; '.join(failed)}." if failed and of == "panel" else ""
        return table and replace(table, note=table.note + more)

    def plot(self) -> Figure | None:
        """Every estimate with its interval, against the headline; None where there is no other."""
        from ..plots import robustness_plot

        return robustness_plot(self._shown())

    def _shown(self) -> SimpleNamespace:
        """What tables and figures ask an analysis of the findings for."""
        names = ("group", "key", "label", "worst", "n_treatment")
        rows = [
            SimpleNamespace(**{name: _known(row[name]) for name in names}, estimate=shown_estimate(row))
            for row in self.rows.to_dict("records")
        ]
        main, others = (rows[0].estimate if rows else None), [row for row in rows[1:] if row.estimate is not None]
        parts = {name: _nested(self.hidden.get(name)) for name in ("pairs", "weights", "confounder", "e_values")}
        panel = SimpleNamespace(rows=rows, main=main, others=others, hidden=SimpleNamespace(**parts))
        is_overlap = len(self.rows) and self.rows["estimand"].iloc[0] == "ato"
        return SimpleNamespace(
            robustness=panel if main is not None else None,
            headline_measure=SimpleNamespace(label=self.label, unit=self.unit),
            matching=SimpleNamespace(method="overlap" if is_overlap else ""),
        )


def _known(value: Any) -> Any:
    return None if pd.isna(value) else value


def _nested(value: Any) -> Any:
    """Dicts as objects with attributes, however deep they stand."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: _nested(part) for name, part in value.items()})
    return [_nested(part) for part in value] if isinstance(value, list | tuple) else value


def robustness_panel(
    covariates: Covariates, matched: MatchedSample, outcomes: pd.DataFrame, comparison: Outcomes, spec: RequestSpec
) -> Robustness:
    """Run every declared variant of the first measure.

    Parameters
    ----------
    covariates : Covariates
        The frame that was matched.
    matched : MatchedSample
        The main analysis; variants with the same covariates and people share its score.
    outcomes : DataFrame
        As `outcomes.measure_outcomes` gives it.
    comparison : Outcomes
        Of the main analysis.
    spec : RequestSpec
        robustness, and what matching and estimates use.

    Returns
    -------
    Robustness
        Also where nothing could be estimated: the reason stands in it.
    """
    row = comparison.measures.iloc[0].to_dict()
    about = {"measure": str(row["key"]), "label": str(row["label"]), "unit": str(row["unit"])}
    if pd.notna(row["why_not"]):
        return Robustness(**about, rows=_frame([]), placebo=None, hidden={}, why_not=str(row["why_not"]))
    covariates = replace(covariates, units=ordered_units(covariates.units))  # levels found once for all variants
    y = pd.Series(measures_asked(spec, outcomes)[0][0].values(outcomes), index=outcomes["unit_id"].to_numpy())
    with threadpool_limits(1):  # fits are small: on a busy machine threads would wait for each other
        alike = _Alike(covariates, matched, spec)
        rows = [_main(row, matched, alike), *_estimators(comparison)]
        rows += _variants(covariates, matched, y, alike, spec)
        placebo = placebo_outcome(covariates, matched, spec)
        hidden = bound_hidden_bias(covariates, matched, y, row, spec)
    return Robustness(**about, rows=_frame(rows), placebo=placebo, hidden=hidden)


def _variants(
    covariates: Covariates, matched: MatchedSample, y: pd.Series, alike: _Alike, spec: RequestSpec
) -> list[dict[str, Any]]:
    declared, rows = declare(covariates, matched, spec), []
    start = start_of_headline(covariates, matched, y, Kind.share, spec)
    bar = tqdm(match_variants(covariates, matched, declared), total=len(declared), desc="other ways", disable=None)
    for variant, sample in bar:
        row = {"group": variant.group, "key": variant.key, "label": variant.label}
        if isinstance(sample, str):
            rows.append(row | NOTHING | {"why_not": sample})
            continue
        found = estimate_sample(sample, y, Kind.share, spec, start)
        rows.append(row | found | {"estimand": sample.estimand, "worst": alike.worst(sample)})
    return rows


def _main(row: dict[str, Any], matched: MatchedSample, alike: _Alike) -> dict[str, Any]:
    sizes = {"n_treatment": row["n_treatment"], "n_control": row["n_control"], "ess_control": matched.ess_control}
    found = {"group": MAIN, "key": "headline", "label": "This report", "estimand": matched.estimand, "why_not": None}
    found |= {"worst": alike.worst(matched)}
    return found | sizes | {part: row[f"headline_{part}"] for part in ESTIMATE}


def _estimators(comparison: Outcomes) -> list[dict[str, Any]]:
    """Other estimators of the same matched people, as the comparison holds them."""
    frame = comparison.estimators
    by_name = {row["name"]: row for row in frame.to_dict("records")}
    rows = []
    for name, label in OTHER_ESTIMATORS.items():
        if name not in by_name:
            continue
        row, found = by_name[name], {"group": ESTIMATOR, "key": name, "label": label, "estimand": "att"}
        why_not = row["why_not"] if pd.notna(row["why_not"]) else None
        figures = {part: None if why_not else row[part] for part in ESTIMATE}
        rows.append(NOTHING | found | figures | {"why_not": why_not})
    return rows


class _Alike:
    """How alike the groups of a variant are, measured as in the main analysis: on its columns, by its denominators."""

    def __init__(self, covariates: Covariates, matched: MatchedSample, spec: RequestSpec) -> None:
        units = ordered_units(covariates.units)
        self.unit_id, self.is_treated = pd.Index(units["unit_id"]), units["is_treated"].to_numpy(bool)
        self.columns = columns_of(expand_levels(units, matched.merged)[0])
        self.spread = spread_of(self.columns, self.is_treated).of_gate(spec.balance.denominator)

    def worst(self, sample: MatchedSample) -> float | None:
        """The largest absolute standardised difference; None where nobody is compared, or it has no measure."""
        weight = np.zeros(len(self.unit_id))
        weight[self.unit_id.get_indexer(sample.units["unit_id"])] = sample.units["weight"]
        if not (weight[self.is_treated].any() and weight[~self.is_treated].any()):
            return None
        means = weighted_means(self.columns, self.is_treated, weight)
        worst = np.abs(standardised(*means, self.spread)).max(initial=0.0)
        return float(worst) if np.isfinite(worst) else None


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    types = dict.fromkeys(["n_treatment", "n_control"], "Int64")
    types |= dict.fromkeys(["ess_control", "worst", *ESTIMATE], "float64")
    types |= dict.fromkeys(["group", "key", "label", "estimand", "why_not"], object)
    frame = frame.astype(types)
    return frame.assign(**{c: frame[c].where(frame[c].notna(), None) for c in ("estimand", "why_not")})
