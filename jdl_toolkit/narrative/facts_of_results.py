"""Facts of the results: measures, estimates, power, curves, subgroups, other ways of analysing, hidden bias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .. import numbers
from ..findings import Analysis, Estimate, Findings, Measure, RobustnessRow
from ..plots.effects import finer, level_words
from ..wording import plain
from .facts import (
    Fact,
    Figure,
    as_data,
    counts,
    figure,
    loose,
    printed_p,
    shares,
    signed,
    sized_and_sided,
    standardised,
    told,
    unsigned,
    value,
)
from .hidden_bias import ratio
from .ranges import expected
from .robustness import n_of_other_methods, n_unlike, tally

#: How a sentence begins that tells the measure that decides for every 100 people.
OF_EVERY_100 = "of every 100 people who received the service"


def _measure(measure: Measure, n_tests: int) -> Iterator[Fact]:
    label, unit = plain(measure.label), measure.unit.value
    labels = tuple(dict.fromkeys((label, label.removesuffix(" per person").removesuffix(","))))
    values = tuple(value(x, unit) for x in (measure.treatment_value, expected(measure)))
    yield Fact(labels, counts([measure.n_treatment, measure.n_control]))
    for estimate in filter(None, (measure.headline, measure.classic, measure.check)):
        before = values if estimate == measure.headline else ()
        yield from told(labels, before, estimate, unit)
    if measure.headline is not None:
        holm = figure([numbers.p_value(measure.holm_p)], ("",))
        head, *_ = told(labels, values, measure.headline, unit)
        yield Fact(labels, (*head.figures, holm))
        three = [next(told((), (), e, unit)).figures[:3] for e in _three(measure)]
        own = value(measure.control_value, unit)  # of the comparison group, before any adjustment
        yield Fact(labels, (own, *(part for figures in three for part in figures)))
    yield from (Fact(labels, (f,)) for f in counts([n_tests]))


def _three(measure: Measure) -> list[Estimate]:
    return [e for e in (measure.headline, measure.classic, measure.check) if e is not None]


def measures(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Every outcome measure: both values, the difference, its range and p-values."""
    for measure in analysis.measures:
        yield from _measure(measure, analysis.n_measures_tested)
    shown = sum(m.headline is not None for m in analysis.measures)
    by_unit = Counter(m.unit for m in analysis.measures if m.headline)
    yield from loose(
        str(shown),
        *map(str, by_unit.values()),
        str(shown - 1),
        str(len(analysis.measures) - shown),
        *dict.fromkeys(m.why_not for m in analysis.measures),
    )


def headline(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """The measure that decides, and on how many people it rests."""
    measure = analysis.headline_measure
    if measure is None:
        return
    people = counts([measure.n_treatment])
    for fact in _measure(measure, analysis.n_measures_tested):
        yield Fact((), fact.figures)
        yield Fact((OF_EVERY_100,), fact.figures)
        if fact.figures and measure.treatment_value is not None:
            yield Fact((), (*people, *fact.figures))


def estimates(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """The three estimates of the measure that decides, by their names."""
    measure = analysis.headline_measure
    yield from loose(str(len(_three(measure))) if measure is not None else None)
    for name in ("headline", "classic", "check"):
        estimate = getattr(measure, name, None)
        if estimate is not None:
            yield from told((f"{name.capitalize()}:",), (), estimate, measure.unit.value)


def power(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """What could be found, and how many people it takes."""
    p = analysis.power
    if p is None:
        return
    worth = p.effective
    chance, points = figure([numbers.per_cent(p.power)], ("%",)), _points(p.detectable_in_hand_pp)
    yield Fact((), (*counts([p.n_treatment]), chance, points))
    by_worth = {row.reduction_pp: row.n_treatment for row in worth.rows} if worth is not None else {}
    for row in p.rows:
        needed = counts([row.n_treatment, by_worth.get(row.reduction_pp)])
        size_of_row = _points(row.reduction_pp) | figure(as_data(row.reduction_pp, "count"), ("pp",))
        yield from (Fact((), (n, size_of_row, size_of_row)) for n in needed)
        yield Fact(
            (f"reduction of {row.reduction_pp:g} percentage point",),
            (figure([f"{row.reduction_pp:g}"], ("pp",)), *needed),
        )
    observed = analysis.headline_measure and analysis.headline_measure.headline
    in_worth = worth.needed_for_observed if worth is not None else None
    if observed is not None:
        seen = unsigned(observed.estimate, "share", numbers.decimals_for("share", observed.estimate))
        yield Fact((), (seen, *counts([p.needed_for_observed, in_worth])))
    yield from (Fact((), (f,)) for f in counts([p.n_control, p.n_treatment]))
    ends = [p.smallest_detectable_pp, *([worth.smallest_detectable_pp] if worth is not None else [])]
    yield Fact((), tuple(map(_points, ends)))
    if worth is not None:
        yield Fact((), (_points(worth.detectable_in_hand_pp),))
        yield from loose(numbers.number(worth.n_control))
    yield from loose(f"{p.sd:.3f}", numbers.number(p.alpha, factor=100), numbers.number(p.power, factor=100))
    for n, pp in p.curve:
        yield Fact((), (*counts([n]), _points(pp) | figure(as_data(pp, "count"), ("pp",))))


def _points(pp: float) -> Figure:
    printed = numbers.number(pp, 1)
    return figure([printed, printed.removesuffix(".0")], ("pp",))


def survival(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Shares without a proven reoffence, day by day."""
    for curve in analysis.survival:
        for point in curve.points:
            day = figure([numbers.count_(point.day)], ("d",))
            groups = [
                (getattr(point, g), getattr(point, f"{g}_low"), getattr(point, f"{g}_high"))
                for g in ("treatment", "control")
            ]
            yield Fact((), (day, *shares((point.treatment, point.control))))
            yield Fact((), (day, *(f for group in groups for f in shares(group))))
            yield Fact((), tuple(f for group in groups for f in shares(group[1:])))
        whole = value(1.0, "share")
        yield Fact((), (figure(["0"], ("d",)), *[whole] * 6))
        lowest = min((min(p.treatment_low, p.control_low) for p in curve.points), default=1.0)
        yield from loose(numbers.number(int(lowest * 10) / 10, factor=100))


def follow_up(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """What is told of the follow-up of both groups."""
    for row in analysis.follow_up:
        labels = (row.label,)
        yield Fact(labels, tuple(value(x, row.unit.value) for x in (row.treatment, row.control)))


def subgroups(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """The first measure in each subgroup."""
    found, measure = analysis.subgroups, analysis.headline_measure
    if found is None or measure is None:
        return
    unit = measure.unit.value
    yield from loose(numbers.count_(found.n_tests), *map(printed_p, (t.p_value for t in found.heterogeneity)))
    for row in found.rows:
        labels, head = (level_words(row.by, row.level),), row.headline
        yield Fact(labels, counts([row.n_treatment, row.n_control]))
        if head is None:
            continue
        without = None if row.treatment_value is None else row.treatment_value - head.estimate
        before = (*counts([row.n_treatment]), *(value(x, unit) for x in (row.treatment_value, without)))
        yield from told(labels, before, head, unit)
        first, *_ = told(labels, before, head, unit)
        ends = (figure([printed_p(row.holm_p)], ("",)), *([] if row.worst is None else [standardised(row.worst)]))
        yield Fact(labels, (*first.figures, *ends))
    yield from loose(str(1 + sum(row.headline is not None for row in found.rows)))
    if measure.headline is not None:
        yield from told(("Everyone",), (), measure.headline, unit)


def robustness(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """The first measure by other ways, what they have in common, and the placebo outcome."""
    found, measure = analysis.robustness, analysis.headline_measure
    if found is None or measure is None:
        return
    unit, counted = measure.unit.value, tally(found)
    for row in found.rows:
        yield from _way(row, unit)
    if counted is not None:
        alike = (counted.n, counted.n_same, counted.n - counted.n_same, *counted.clear.values())
        yield from loose(*map(numbers.count_, (*alike, n_of_other_methods(found), n_unlike(found, findings))))
        yield Fact((), tuple(sized_and_sided(x, unit) for x in (counted.lowest, counted.highest)))
        yield Fact((), tuple(sized_and_sided(x, unit) for x in (counted.highest, counted.lowest)))
        yield from loose(numbers.count_(counted.n + 1))


def _way(row: RobustnessRow, unit: str) -> Iterator[Fact]:
    labels = ("This report",) if row.group == "main" else (row.label,)
    yield Fact(labels, counts([row.n_treatment]))
    if row.estimate is not None:
        worst = () if row.worst is None else (standardised(row.worst),)
        first, *more = told(labels, counts([row.n_treatment]), row.estimate, unit)
        yield Fact(labels, (*first.figures, *worst))
        yield from more
        yield Fact(labels if row.group == "main" else (), (sized_and_sided(row.estimate.estimate, unit),))


def placebo(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """What the service cannot have changed, compared."""
    found = analysis.robustness.placebo if analysis.robustness is not None else None
    if found is not None and found.estimate is not None and found.unit is not None:
        unit = "count" if str(found.unit) == "days" else str(found.unit)
        yield from told((), (), found.estimate, unit)
        yield from loose(numbers.p_value(found.estimate.p_value))


def hidden(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """How strong something hidden would have to be."""
    found, measure = analysis.robustness, analysis.headline_measure
    if found is None or measure is None:
        return
    unit, hidden = measure.unit.value, found.hidden
    if hidden.confounder is not None:
        shifts = (hidden.confounder.to_zero, hidden.confounder.to_include_zero, hidden.confounder.strongest_bias)
        told_ = [unsigned(x, unit, finer(unit)) for x in shifts[:2] if x is not None]
        yield from (Fact((), tuple(told_)), Fact((), tuple(told_[::-1])))
        if shifts[2] is not None:
            yield Fact((), (sized_and_sided(shifts[2], unit),))
            yield from (Fact((), (sized_and_sided(x, unit),)) for x in shifts[:2] if x is not None)
    pairs, weights, e = hidden.pairs, hidden.weights, hidden.e_values
    ratios = [pairs.tipping_gamma] if pairs is not None else []
    yield from loose(*(printed for x in ratios if x is not None for printed in (ratio(x), numbers.number(x, 2))))
    for two in (
        (weights.tipping_estimate, weights.tipping_interval) if weights else (),
        (e.point, e.limit) if e else (),
    ):
        both = tuple(figure([ratio(x), numbers.number(x, 2)]) for x in two if x is not None)
        yield from (Fact((), both), Fact((), both[::-1]))
    p_values = {row.gamma: row.p_value for row in (pairs.rows if pairs is not None else ())}
    bounds = {row.lambda_: row for row in (weights.rows if weights is not None else ())}
    for factor in {*p_values, *bounds}:
        row = bounds.get(factor)
        limits = (row.low, row.high, row.ci_low, row.ci_high) if row is not None else ()
        ends = (figure([printed_p(p_values[factor])], ("",)),) if factor in p_values else ()
        yield Fact((), (figure([f"{factor:g}"]), *(signed(x, unit, finer(unit)) for x in limits), *ends))
    yield from told((), (), found.main, unit)


def estimators(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Every estimator of the first measure, and the comparisons of times."""
    measure = analysis.headline_measure
    unit = measure.unit.value if measure is not None else "share"
    for row in (*analysis.estimators, *analysis.time_to_event):
        is_time, estimate = row in analysis.time_to_event, row.estimate
        if estimate is None:
            continue
        if row.scale == "difference":
            in_unit = "days" if is_time else unit
            error = signed(estimate.se, in_unit, finer(in_unit))
            yield from told((), (error,), estimate, in_unit)  # without a name: those that agree share a row
        else:
            three = (estimate.estimate, estimate.ci_low, estimate.ci_high)
            p = figure([numbers.p_value(estimate.p_value)], ("",))
            printed = (figure([numbers.number(x, 2)], ("",)) for x in (estimate.se, *three))
            yield Fact((), (*printed, p))
