"""What a report may say in figures, topic by topic: each fact with the words that name it and its figures in order.

A fact is made from the findings by itself, not from the sentences and tables that tell it, so that a checker can hold
these to it. Its figures stand in the order in which they are told: the treatment group before what is expected, a
difference before its range, the lower limit before the higher.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .. import numbers
from ..findings import Analysis, Estimate, Findings, FlowStep, Measure, OverlapBin, RobustnessRow, Status
from ..plots.effects import finer, level_words
from ..wording import plain
from .events import people_found, reoffended_first_shares
from .hidden_bias import ratio
from .many import chance_of_any, joint_p_in_words, n_answered
from .ranges import alpha, beyond, expected, sized, verdict_of
from .robustness import n_of_other_methods, n_unlike, size, tally
from .ways_of_matching import ends_of_trim

#: A number with its sign, as `numbers` prints it.
NUMBER = re.compile(rf"(?:(?<![\w)]){numbers.MINUS})?\d[\d,]*(?:\.\d+)*")
#: Unit of a measure -> the mark of a value, and of a difference, in it.
_VALUE = {"share": "%", "count": "", "days": "d", "mean": ""}
_DIFFERENCE = {"share": "pp", "count": "", "days": "d", "mean": ""}
#: Marks that a figure without a unit of its own may be read with; "-" and "+" are the words lower and higher.
_ANY = tuple(unit + side for unit in ("", "%", "pp", "d", "n", "m") for side in ("", "-", "+"))

#: How a sentence begins that tells the measure that decides for every 100 people.
OF_EVERY_100 = "of every 100 people who received the service"
_LOG = " (log of 1 + number)"
#: The most differences that a table lists.
_MOST = 15

#: The ways in which one figure may be printed: number and mark of the unit, as ``33%``, ``6pp``, ``257n`` (people).
Figure = frozenset[str]


@dataclass(frozen=True)
class Fact:
    """Figures that belong together.

    Parameters
    ----------
    labels : tuple of str
        Words by which a sentence or a row names it; empty: it has no name.
    figures : tuple of Figure
        In the order in which they are told.
    """

    labels: tuple[str, ...]
    figures: tuple[Figure, ...]


def figure(printed: Iterable[str | None], marks: tuple[str, ...] = _ANY) -> Figure:
    """A figure from the ways it may be printed; the mark of its unit may always be missing."""
    found = (n.rstrip(",") for text in printed if text for n in NUMBER.findall(text))
    return frozenset(n + mark for n in found for mark in {"", *marks})


def loose(*printed: str | None) -> Iterator[Fact]:
    """Each number by itself, without an order."""
    yield from (Fact((), (figure([n]),)) for text in printed if text for n in NUMBER.findall(text))


def counts(values: Iterable[int | None]) -> tuple[Figure, ...]:
    """Counts of people or records, as whole numbers; None is withheld, and has no figure."""
    return tuple(figure([numbers.count_(n)] if n is not None else [], ("n",)) for n in values)


def shares(values: Iterable[float | None]) -> tuple[Figure, ...]:
    """Shares of people, in per cent."""
    return tuple(value(x, "share") for x in values)


def value(x: float | None, unit: str) -> Figure:
    """A value of a measure in its unit, also as data of a figure, and for every 100 people."""
    if x is None:
        return frozenset()
    usual = _VALUE[unit]
    found = figure([numbers.value(x, unit), *_raw(x, unit)], (usual,))
    found |= figure([numbers.value(x, "share")], ("",)) if unit == "count" else frozenset()
    return found | figure([f"{numbers.value(x, unit)}"], ("n",) if unit == "share" else (usual,))


def _raw(x: float, unit: str) -> list[str]:
    """A value as the data of figures hold it: rounded by Python, with a real minus sign."""
    places = (round(x * numbers.UNITS[unit][0], decimals) + 0 for decimals in (None, 1, 2, 3))  # + 0: no "-0"
    return [f"{place:,}".replace("-", numbers.MINUS) for place in places]


def signed(x: float | None, unit: str, decimals: int) -> Figure:
    """A difference as tables and figures print it, with its sign."""
    if x is None:
        return frozenset()
    as_fine = {decimals, finer(unit)}
    return figure([*(numbers.difference(x, unit, d) for d in as_fine), *_raw(x, unit)], (_DIFFERENCE[unit],))


def unsigned(x: float, unit: str, decimals: int) -> Figure:
    """A difference as sentences print it: its sign is in the words."""
    if unit == "count":
        return _unsigned(x, unit, decimals) | _unsigned(x, "share", numbers.decimals_for("share", x))
    return _unsigned(x, unit, decimals)


def _unsigned(x: float, unit: str, decimals: int) -> Figure:
    as_fine = {decimals, finer(unit), numbers.decimals_for(unit, x)}
    printed = [sized(x, unit, d) for d in as_fine] + [numbers.difference(abs(x), unit, decimals)]
    side = "+" if x > 0 else "-"
    return figure(printed, (_DIFFERENCE[unit], _DIFFERENCE[unit] + side, side, *(["n"] if unit == "count" else [])))


def _sized(x: float, unit: str) -> Figure:
    side = "+" if x > 0 else "-"
    return figure([size(x, unit)], (_DIFFERENCE[unit], _DIFFERENCE[unit] + side, side))


def told(labels: tuple[str, ...], before: tuple[Figure, ...], estimate: Estimate, unit: str) -> Iterator[Fact]:
    """An estimate with its range, as sentences tell it and as tables print it; `before`: what is told first."""
    low, high = estimate.ci_low, estimate.ci_high
    decimals = numbers.decimals_for(unit, low, high)
    fine = max(decimals, numbers.decimals_for(unit, estimate.estimate))
    in_table = tuple(signed(x, unit, decimals) for x in (estimate.estimate, low, high))
    p = figure([numbers.p_value(estimate.p_value)], ("",))
    yield Fact(labels, (*before, *in_table, p))
    best = unsigned(estimate.estimate, unit, fine)
    near, far = sorted((low, high), key=abs) if verdict_of(estimate) != "inconclusive" else (low, high)
    ends = [unsigned(x, unit, decimals) for x in (near, far)]
    ruled_out = [figure([beyond(x, unit, decimals)], ("pp",)) for x in (low, high) if x] if low <= 0 <= high else []
    yield Fact(labels, (*before, best, *ends, *ruled_out))
    if unit == "count":
        rough = numbers.decimals_for("share", low, high)
        yield Fact(labels, (*before, best, *(_unsigned(x, "share", rough) for x in (near, far))))


# --- topics ----------------------------------------------------------------------------------------------------------


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
        yield Fact(labels, tuple(part for figures in three for part in figures))
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


def _flow(steps: tuple[FlowStep, ...]) -> Iterator[Fact]:
    for before, step in pairwise((None, *steps)):
        label = (step.label.partition(", not to ")[0] if step.code == 0 else step.label,)
        people = (before.people_after if before else None, step.people_excluded, step.people_after)
        if people[1] is None and None not in (people[0], people[2]):
            people = (people[0], people[0] - people[2], people[2])
        records = (before.records_after if before else None, step.records_excluded, step.records_after)
        yield Fact(label, counts((*records, *people)))
        yield from (Fact((d.label, d.label.removeprefix("of which ")), counts([d.records])) for d in step.details)


def flow(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Records and people, step by step; what remained of what was sent."""
    yield from _flow(analysis.flow)
    ends = [s.records_after for s in (analysis.flow[:1] + analysis.flow[-1:])]
    yield Fact((), counts(ends))
    if all(ends):
        found, (sent, left) = people_found(analysis), ends
        of_found = (numbers.per_cent(left / found), numbers.count_(found)) if found else ()
        parts = (figure([numbers.per_cent(left / sent)], ("%",)), *(figure([x], ("%", "n")) for x in of_found))
        yield Fact((), (*counts([left]), *parts))
    yield from loose(*(numbers.value(x, "share") for x in reoffended_first_shares(analysis) or ()))
    yield from loose(str(findings.setting("cohort", "minimum_analysed")))


def pool_flow(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    yield from _flow(analysis.pool_flow)


def linkage(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """How records were found."""
    found = findings.linkage
    if found is None:
        return
    yield Fact(("records received",), counts([found.records]))
    yield from (Fact((name,), counts([n])) for name, n in found.by_status.items())
    yield from (Fact((tier.label,), counts([tier.records])) for tier in found.by_tier)
    if found.expected_wrong_links is not None:
        wrong = found.expected_wrong_links
        yield from loose(numbers.number(wrong), numbers.number(wrong, 1), "0.1")


def profile(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Shares of each level in the treatment group, the comparison group and the pool."""
    for row in analysis.profile:
        yield Fact((f"{row.characteristic}: {row.level}",), shares((row.treatment, row.control, row.pool)))


def balance(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Standardised differences before and after, and how many are of which light."""
    found = analysis.balance
    if found is None:
        return
    per_cents = [(r, _standardised(r.smd_before), _standardised(r.smd_after)) for r in found.every]
    for row, before, after in per_cents:
        names = dict.fromkeys((row.covariate, row.covariate.replace(_LOG, "").replace(" (years)", "")))
        yield Fact(tuple(f"{name}: {row.level}" if row.level else name for name in names), (before, after))
    n, largest = len(found.rows), (max((abs(r.smd_before) for r in found.rows), default=0.0), found.worst)
    yield Fact((), tuple(map(_standardised, largest)))
    squares = [abs(r.smd_after) for r in found.squares]
    yield from (Fact((), (_standardised(x),)) for x in ([max(squares)] if squares else []))
    yield from loose(*map(str, (n, n + found.n_withheld, found.n_withheld, found.n_red, found.n_amber)))
    limits = [findings.setting("balance", key) for key in ("green_up_to", "amber_up_to")]
    yield Fact((), tuple(figure([numbers.number(x, factor=100)]) for x in limits))
    yield from loose(*map(str, (len(found.every), len(squares), _MOST)))


def _standardised(x: float) -> Figure:
    printed = [numbers.number(v, 1, factor=100) for v in (x, abs(x))]
    return figure([*printed, *(text.removesuffix(".0") for text in printed), *_raw(x, "share"), f"{x:g}"], ("%",))


def n_differences(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """How many characteristics a figure draws, and how many it leaves out."""
    n = len(analysis.balance.every) if analysis.balance is not None else 0
    yield from loose(*map(str, range(1, n + 1)))


def overlap(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Shares of each group by score."""
    for b in analysis.overlap:
        edges = (figure([numbers.number(x, 2)]) for x in (b.lower, b.upper))
        yield Fact((), (*edges, *shares((b.treatment, b.control, b.pool))))
    yield Fact((), tuple(_on_average(analysis.overlap, group) for group in ("treatment", "control", "pool")))


def _on_average(bins: Iterable[OverlapBin], group: str) -> Figure:
    """The mean of the score over the bins, by their middles and by the shares as printed."""
    told_ = [(round(100 * (getattr(b, group) or 0.0) + 1e-9), (b.lower + b.upper) / 2) for b in bins]
    total = sum(share for share, _ in told_)
    return figure([numbers.number(sum(s * x for s, x in told_) / total, 1)] if total else [])


def matching(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """How many were compared, and how they count."""
    m = analysis.matching
    if m is None:
        return
    left = None if m.n_treatment is None else m.n_treatment - m.n_treatment_matched
    yield Fact((), counts([m.n_treatment_matched, left]))
    yield Fact((), (*counts([m.n_control]), figure([numbers.number(m.ess_control)], ("n",))))
    yield from (Fact((), (f,)) for f in counts([m.n_treatment, m.n_pool]))
    yield from loose(*(f"{c:g}" for c in (*m.calipers_tried, m.caliper_sd) if c is not None))
    yield from loose(numbers.number(m.caliper_raw, 2) if m.caliper_raw is not None else None)


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
        size_of_row = _points(row.reduction_pp) | figure(_raw(row.reduction_pp, "count"), ("pp",))
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
        yield Fact((), (*counts([n]), _points(pp) | figure(_raw(pp, "count"), ("pp",))))


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
    yield from loose(numbers.count_(found.n_tests), *map(_printed_p, (t.p_value for t in found.heterogeneity)))
    for row in found.rows:
        labels, head = (level_words(row.by, row.level),), row.headline
        yield Fact(labels, counts([row.n_treatment, row.n_control]))
        if head is None:
            continue
        without = None if row.treatment_value is None else row.treatment_value - head.estimate
        before = (*counts([row.n_treatment]), *(value(x, unit) for x in (row.treatment_value, without)))
        yield from told(labels, before, head, unit)
        first, *_ = told(labels, before, head, unit)
        ends = (figure([_printed_p(row.holm_p)], ("",)), *([] if row.worst is None else [_standardised(row.worst)]))
        yield Fact(labels, (*first.figures, *ends))
    yield from loose(str(1 + sum(row.headline is not None for row in found.rows)))
    if measure.headline is not None:
        yield from told(("Everyone",), (), measure.headline, unit)
    for row in getattr(found, "balance", ()):
        after = getattr(row, "smd_after", None)
        yield from (Fact((), (_standardised(after),)) for _ in [0] if after is not None)


def _printed_p(p: float | None) -> str | None:
    return None if p is None else numbers.p_value(p)


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
        yield Fact((), tuple(_sized(x, unit) for x in (counted.lowest, counted.highest)))
        yield Fact((), tuple(_sized(x, unit) for x in (counted.highest, counted.lowest)))
        yield from loose(numbers.count_(counted.n + 1))


def _way(row: RobustnessRow, unit: str) -> Iterator[Fact]:
    labels = ("This report",) if row.group == "main" else (row.label,)
    yield Fact(labels, counts([row.n_treatment]))
    if row.estimate is not None:
        worst = () if row.worst is None else (_standardised(row.worst),)
        first, *more = told(labels, counts([row.n_treatment]), row.estimate, unit)
        yield Fact(labels, (*first.figures, *worst))
        yield from more
        yield Fact(labels if row.group == "main" else (), (_sized(row.estimate.estimate, unit),))


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
            yield Fact((), (_sized(shifts[2], unit),))
            yield from (Fact((), (_sized(x, unit),)) for x in shifts[:2] if x is not None)
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
        ends = (figure([_printed_p(p_values[factor])], ("",)),) if factor in p_values else ()
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
            yield Fact((), (signed(estimate.se, in_unit, finer(in_unit)),))
            yield from told((row.label,), (), estimate, in_unit)
        else:
            three = (estimate.estimate, estimate.ci_low, estimate.ci_high)
            p = figure([numbers.p_value(estimate.p_value)], ("",))
            yield Fact((), (figure([numbers.number(estimate.se, 2)], ("",)),))
            yield Fact((row.label,), (*(figure([numbers.number(x, 2)], ("",)) for x in three), p))


def settings(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Every number of the settings, as it was chosen and in per cent."""
    for values in (findings.provenance.settings, *(a.settings for a in findings.analyses)):
        yield from _chosen(values)
    confidence = findings.setting("inference", "confidence")
    yield from loose(numbers.number(1 / (1 - confidence)), str(findings.provenance.seed))
    yield from loose(*ends_of_trim(findings.setting("matching", "trim")))


def _chosen(chosen: Any) -> Iterator[Fact]:
    if isinstance(chosen, dict):
        yield from (fact for inner in chosen.values() for fact in _chosen(inner))
    elif isinstance(chosen, list | tuple):
        facts = [fact for inner in chosen for fact in _chosen(inner)]
        yield from (*facts, Fact((), tuple(frozenset().union(*(f.figures[0] for f in _chosen(x))) for x in chosen)))
    elif isinstance(chosen, int | float) and not isinstance(chosen, bool):
        yield from loose(f"{chosen:g}", f"{chosen}", numbers.number(chosen, factor=100))


def analyses(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """The other analyses of the request, by their titles, and what chance alone makes of several."""
    n = len(findings.analyses)
    yield from loose(*map(str, range(1, n + 1)), str(n_answered(findings)), numbers.per_cent(chance_of_any(findings)))
    level = alpha(findings)
    yield from loose(f"{level:g}", numbers.number(1 / level))
    for other in findings.analyses:
        yield from loose(joint_p_in_words(other, findings))
        measure = other.headline_measure
        if measure is not None and measure.headline is not None and other.status is Status.reported:
            values = tuple(value(x, measure.unit.value) for x in (measure.treatment_value, expected(measure)))
            yield from told((other.title,), values, measure.headline, measure.unit.value)


def nothing(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    return iter(())


#: Topic -> its facts.
TOPICS: dict[str, Callable[[Findings, Analysis], Iterator[Fact]]] = {
    made.__name__: made
    for made in (
        measures, headline, estimates, flow, pool_flow, linkage, profile, balance, n_differences, overlap, matching, power, survival,
        follow_up, subgroups, robustness, placebo, hidden, estimators, settings, analyses, nothing,
    )
}  # fmt: skip
