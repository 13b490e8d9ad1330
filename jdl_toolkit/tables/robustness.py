"""The robustness panel as tables: every way of analysing, and bounds on hidden bias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..document import Table
from ..numbers import count_, difference, number, p_value
from ..plots.effects import UNIT_WORDS, estimate_words, finer
from ..plots.robustness import GROUPS

if TYPE_CHECKING:  # findings stands above this module in the order of imports
    from collections.abc import Sequence

    from ..findings import Analysis, Estimate, HiddenBias, Measure, PairBounds, Robustness, RobustnessRow, WeightBound

NONE = "–"
MAIN = "This report"


def robustness_table(analysis: Analysis, *, key: str = "robustness", caption: str = "") -> Table | None:
    """Every way of analysing with its estimate; None where there is no other way than the main one."""
    found, measure = analysis.robustness, analysis.headline_measure
    if found is None or measure is None or not found.others:
        return None
    order = ["main", *GROUPS]
    shown = sorted((r for r in found.rows if r.estimate is not None), key=lambda r: order.index(r.group))
    rows = tuple((_name(row), *figures(row.estimate, measure.unit), _per_cent(row.worst)) for row in shown)
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
    is_unclear = found.main.ci_low <= 0 <= found.main.ci_high
    n_told = 2 if is_unclear else 3
    rows = tuple(row[:n_told] for row in _sizes(found.hidden, measure.unit) if set(row[1:n_told]) != {NONE})
    if not rows:
        return None
    note = (
        "What something that is not on record would have to do at least. A shift: its effect on the outcome times the "
        "gap between the groups in how many have it. A factor: the odds of taking part differ from what is known by up "
        "to this factor. E-value: the ratio by which it goes with taking part and with the outcome."
    )
    if is_unclear:
        note += " The result is unclear already, so nothing hidden is needed to make it so."
    elif any(NONE in row for row in rows):
        note += f" {NONE}: this measure does not speak of it, or it was not worked out."
    columns = ("Measure of hidden bias", "Explains all of the difference", "Makes it unclear")[:n_told]
    return Table(key, caption or "How strong hidden bias would have to be", columns, rows, "lrr"[:n_told], note)


def _sizes(hidden: HiddenBias, unit: str) -> list[tuple[str, str, str]]:
    """Each measure of hidden bias with what explains all of the difference, and what makes it unclear."""
    rows = []
    if hidden.confounder is not None and hidden.confounder.to_zero is not None:
        c = hidden.confounder
        sizes = (_size(c.to_zero, unit), _size(c.to_include_zero, unit))
        rows.append((f"Shift of the difference, {UNIT_WORDS[unit]}", *sizes))
    if hidden.weights is not None:
        w = hidden.weights
        rows.append(("Factor by which weights are wrong", _ratio(w.tipping_estimate), _ratio(w.tipping_interval)))
    if hidden.pairs is not None:
        rows.append(("Odds ratio within pairs (Rosenbaum)", NONE, _ratio(hidden.pairs.tipping_gamma)))
    if hidden.e_values is not None:
        rows.append(("E-value (risk ratio)", _ratio(hidden.e_values.point), _ratio(hidden.e_values.limit)))
    return rows


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
    kept = [i for i in range(len(columns)) if i == 0 or any(row[i] != NONE for row in rows)]
    if len(kept) == 1:
        return None
    columns, *rows = (tuple(row[i] for i in kept) for row in (columns, *rows))
    caption = caption or "What the difference could be under hidden bias"
    return Table(key, caption, columns, tuple(rows), "l" + "r" * (len(kept) - 1), note)


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
    words = " p-value in pairs: one-sided, the largest that the factor allows (Rosenbaum), where each person"
    words += " is compared with one other."
    if pairs.direction not in _SIGNS:
        return f"{words} The pairs point neither way."
    way = {"increase": "higher", "decrease": "lower"}[pairs.direction]
    if points_against(pairs, found.main.estimate):
        here = "lower" if found.main.estimate < 0 else "higher"
        return (
            f"{words} In these pairs the outcome is {way} in the treatment group, in this report it is {here}: so this"
            " p-value says nothing of how firm the result of this report is."
        )
    return f"{words} It is for an outcome that is {way} in the treatment group."


def _name(row: Any) -> str:
    return row.label if row.n_treatment is None or row.group == "main" else f"{row.label} ({count_(row.n_treatment)})"


def figures(estimate: Estimate, unit: str) -> tuple[str, str]:
    """An estimate with its interval, and its p-value, as printed beside others of the same difference."""
    words = estimate_words(estimate.estimate, estimate.ci_low, estimate.ci_high, unit, finer(unit))
    return words, p_value(estimate.p_value)


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
