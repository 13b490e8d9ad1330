"""The robustness panel as tables: every way of analysing, bounds on hidden bias, and all estimators of one sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..document import Table
from ..numbers import count_, difference, number, p_value
from ..plots.effects import UNIT_WORDS, estimate_words, finer
from ..plots.robustness import GROUPS

if TYPE_CHECKING:  # findings stands above this module in the order of imports
    from collections.abc import Sequence

    from ..findings import Analysis, Estimate, Measure, PairBounds, Robustness, RobustnessRow, WeightBound

NONE = "–"
MAIN = "This report"


def robustness_table(analysis: Analysis, *, key: str = "robustness", caption: str = "") -> Table | None:
    """Every way of analysing with its estimate; None where there is no other way than the main one."""
    found, measure = analysis.robustness, analysis.headline_measure
    if found is None or measure is None or not found.others:
        return None
    order = ["main", *GROUPS]
    shown = sorted((r for r in found.rows if r.estimate is not None), key=lambda r: order.index(r.group))
    rows = tuple((_name(row), *_figures(row.estimate, measure.unit), _per_cent(row.worst)) for row in shown)
    groups = tuple(GROUPS.get(row.group, MAIN) for row in shown)
    note = (
        f"{measure.label}. Difference: treatment less comparison group, in {UNIT_WORDS[measure.unit]}. Largest "
        "difference left: standardised, of all that this report took into account; the larger it is, the less an "
        f"estimate counts.{_of_calculations(shown)}{_whom(analysis, shown)}"
    )
    caption = caption or "The difference by this and by other ways of analysing"
    columns = ("Way of analysing", "Difference (95% interval)", "p-value", "Largest difference left, %")
    return Table(key, caption, columns, rows, "lrrr", note, groups)


#: Calculations that do not compare the people of this report with its weights -> what they do otherwise.
_ANEW = {
    "check": "the check weights the whole control pool",
    "abadie_imbens": "the estimate from the nearest person (Abadie and Imbens) matches anew",
}


def _of_calculations(shown: Sequence[RobustnessRow]) -> str:
    """What the dash of other calculations stands for, and which of them have other people or weights."""
    keys = [row.key for row in shown if row.group == "estimator"]
    if not keys:
        return ""
    anew = [words for key, words in _ANEW.items() if key in keys]
    if len(anew) == len(keys):
        return f" {NONE}: not worked out; {' and '.join(anew)}."
    but = f", but {' and '.join(anew)}" if anew else ""
    return f" {NONE}: other calculations use the people and weights of this report and leave its differences{but}."


def _whom(analysis: Analysis, shown: Sequence[RobustnessRow]) -> str:
    """Whom the estimates concern, where some concern other people than others."""
    if analysis.matching is not None and analysis.matching.method == "overlap":
        if any(row.group in ("caliper", "nearest", "weights") for row in shown):
            return (
                " This report, by overlap weights, concerns people who might have been in either group; so do all other"
                " ways but matching, inverse-odds weights and entropy balancing, which concern the treatment group."
            )
        return " All of them concern people who might have been in either group."
    if any(row.key == "overlap" for row in shown):
        return " Overlap weights concern people who might have been in either group; all others, the treatment group."
    return ""


def hidden_bias_table(analysis: Analysis, *, key: str = "hidden_bias", caption: str = "") -> Table | None:
    """How strong hidden bias would have to be; None where that was not worked out."""
    found, measure = analysis.robustness, analysis.headline_measure
    if found is None or measure is None:
        return None
    hidden, rows = found.hidden, []
    if hidden.confounder is not None and hidden.confounder.to_zero is not None:
        c, words = hidden.confounder, UNIT_WORDS[measure.unit]
        sizes = (_size(c.to_zero, measure.unit), _size(c.to_include_zero, measure.unit))
        rows.append((f"Shift of the difference, {words}", *sizes))
    if hidden.weights is not None:
        w = hidden.weights
        rows.append(("Factor by which weights are wrong", _ratio(w.tipping_estimate), _ratio(w.tipping_interval)))
    if hidden.pairs is not None:
        rows.append(("Odds ratio within pairs (Rosenbaum)", NONE, _ratio(hidden.pairs.tipping_gamma)))
    if hidden.e_values is not None:
        rows.append(("E-value (risk ratio)", _ratio(hidden.e_values.point), _ratio(hidden.e_values.limit)))
    if not rows:
        return None
    note = (
        "What something that is not on record would have to do at least. A shift: its effect on the outcome times the "
        "gap between the groups in how many have it. A factor: the odds of taking part differ from what is known by up "
        "to this factor. E-value: the ratio by which it goes with taking part and with the outcome. "
        f"{NONE}: the interval holds no difference already, or it was not worked out."
    )
    columns = ("Measure of hidden bias", "Explains all of the difference", "Makes it unclear")
    return Table(key, caption or "How strong hidden bias would have to be", columns, tuple(rows), "lrr", note)


def bounds_table(analysis: Analysis, *, key: str = "hidden_bias_bounds", caption: str = "") -> Table | None:
    """What the result could be under hidden bias of several strengths; None where that was not worked out."""
    found, measure = analysis.robustness, analysis.headline_measure
    if found is None or measure is None:
        return None
    weights = {row.lambda_: row for row in (found.hidden.weights.rows if found.hidden.weights else ())}
    pairs = {row.gamma: row.p_value for row in (found.hidden.pairs.rows if found.hidden.pairs else ())}
    if not (weights or pairs):
        return None
    rows = tuple(
        (f"{factor:g}", *_range(weights.get(factor), measure.unit), NONE if p is None else p_value(p))
        for factor, p in ((factor, pairs.get(factor)) for factor in sorted({*weights, *pairs}))
    )
    note = (
        "Estimates: the lowest and the highest difference if the odds of taking part of every member of the comparison "
        "group may be wrong by the factor (Zhao, Small and Bhattacharya); limits: with the interval."
        f"{_of_pairs(found, measure)}"
    )
    columns = ("Factor", "Estimates", "Limits", "p-value in pairs")
    return Table(key, caption or "What the difference could be under hidden bias", columns, rows, "lrrr", note)


#: Direction of the bounds for pairs -> the sign of the differences that it stands for.
_SIGNS = {"increase": 1, "decrease": -1}


def points_against(pairs: PairBounds, estimate: float) -> bool:
    """Whether matched pairs differ in the other direction than the estimate of the report."""
    return _SIGNS.get(pairs.direction or "", 0) * estimate < 0


def _of_pairs(found: Robustness, measure: Measure) -> str:
    """What the p-value in pairs is for: in which direction, and if that is not the direction of the estimate."""
    pairs = found.hidden.pairs
    if pairs is None or not pairs.rows:
        return ""
    words = " p-value: the largest one-sided one in pairs of one person each (Rosenbaum)"
    if pairs.direction not in _SIGNS:
        return f"{words}; the pairs point neither way."
    toward = f"{words}, for {'an' if pairs.direction == 'increase' else 'a'} {pairs.direction}"
    if points_against(pairs, found.main.estimate):
        against = "a decrease" if found.main.estimate < 0 else "an increase"
        return f"{toward}, as which these pairs differ; the estimate of this report is {against}."
    return f"{toward}."


def estimators_table(analysis: Analysis, *, key: str = "estimators", caption: str = "") -> Table | None:
    """Every estimator of the first measure in the main sample; None without any."""
    measure = analysis.headline_measure
    if not analysis.estimators or measure is None:
        return None
    shown = sorted(analysis.estimators, key=lambda row: list(_SCALES).index(row.scale))
    rows = tuple((row.label, *_scaled(row.estimate, row.scale, measure.unit)) for row in shown)
    groups = tuple(_SCALES[row.scale] for row in shown)
    note = (
        f"{measure.label}, in {UNIT_WORDS[measure.unit]}; a ratio is treatment divided by comparison group, and 1 is "
        f"no difference.{_of_whole_pool(analysis)}"
    )
    note += _failed(analysis)
    caption = caption or "All estimators of the first measure"
    columns = ("Estimator", "Estimate (95% interval)", "p-value")
    return Table(key, caption, columns, rows, "lrr", note, groups if len(set(groups)) > 1 else ())


#: Starts of the names of estimators that go back to the control pool -> how they are called.
_OF_POOL = {"check": "the check", "aipw": "the doubly robust estimates", "abadie_imbens": "nearest neighbours"}


def _failed(analysis: Analysis) -> str:
    """Estimators without an estimate, each reason once."""
    reasons: dict[str, list[str]] = {}
    for row in analysis.estimators:
        if row.estimate is None and row.why_not:
            reasons.setdefault(row.why_not.rstrip("."), []).append(row.label)
    said = " ".join(f"{'; '.join(labels)}: {reason}." for reason, labels in reasons.items())
    return f" {NONE}: not estimated. {said}" if said else ""


def _of_whole_pool(analysis: Analysis) -> str:
    """Which estimators do not rest on this report's comparison group and its weights."""
    names = [row.name for row in analysis.estimators if row.estimate is not None]
    others = [words for start, words in _OF_POOL.items() if any(name.startswith(start) for name in names)]
    if not others:
        return " All rest on the people and weights of this report."
    said = others[0] if len(others) == 1 else f"{', '.join(others[:-1])} and {others[-1]}"
    compare = "compares" if others == [_OF_POOL["check"]] else "compare"
    return (
        f" All rest on the people and weights of this report, but for {said}, which {compare} with the whole control"
        " pool, weighted or matched anew."
    )


def time_to_event_table(analysis: Analysis, *, key: str = "time_to_event", caption: str = "") -> Table | None:
    """Comparisons of the times to the first reoffence; None without any."""
    if not analysis.time_to_event:
        return None
    rows = tuple(
        (f"{row.label}{_CLOCKS[row.clock]}", *_scaled(row.estimate, row.scale, "days"))
        for row in analysis.time_to_event
    )
    note = "A difference is in days, treatment less comparison group; of a ratio, 1 is no difference."
    if {row.clock for row in analysis.time_to_event} == set(_CLOCKS):
        note += (
            " Means are taken over the days on which everybody can be followed, by the calendar, or, where days in"
            " custody do not count, to the last day on which enough people are still followed; so the number of days"
            " need not be the same."
        )
    caption = caption or "Time to the first reoffence, compared"
    return Table(key, caption, ("Comparison", "Estimate (95% interval)", "p-value"), rows, "lrr", note)


_SCALES = {"difference": "Differences", "ratio": "Ratios"}
_CLOCKS = {"calendar": "", "at_risk": "; days in custody do not count"}


def _name(row: Any) -> str:
    return row.label if row.n_treatment is None or row.group == "main" else f"{row.label} ({count_(row.n_treatment)})"


def _figures(estimate: Estimate, unit: str) -> tuple[str, str]:
    words = estimate_words(estimate.estimate, estimate.ci_low, estimate.ci_high, unit, finer(unit))
    return words, p_value(estimate.p_value)


def _scaled(estimate: Estimate | None, scale: str, unit: str) -> tuple[str, str]:
    if estimate is None:
        return NONE, NONE
    if scale == "difference":
        return _figures(estimate, unit)
    value, low, high = (number(x, 2) for x in (estimate.estimate, estimate.ci_low, estimate.ci_high))
    return f"{value} ({low} to {high})", p_value(estimate.p_value)


def _range(bound: WeightBound | None, unit: str) -> tuple[str, str]:
    if bound is None:
        return NONE, NONE
    both = [(bound.low, bound.high), (bound.ci_low, bound.ci_high)]
    texts = [NONE if None in pair else " to ".join(difference(x, unit, finer(unit)) for x in pair) for pair in both]
    return texts[0], texts[1]


def _size(value: float | None, unit: str) -> str:
    return NONE if value is None else difference(abs(value), unit, finer(unit))


def _ratio(value: float | None) -> str:
    return NONE if value is None else number(value, 2)


def _per_cent(value: float | None) -> str:
    return NONE if value is None else number(abs(value), 1, factor=100)
