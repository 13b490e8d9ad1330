"""Facts of the groups: who was sent, found, lost and compared, how alike they are, by which settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from .. import numbers
from ..findings import Analysis, Findings, FlowStep, OverlapBin, Status
from ..plots.effects import level_words, subgroup_words
from .alike import apart_in_profile, name_in_profile
from .events import people_found, reoffended_first_shares
from .facts import Fact, Figure, counts, figure, loose, shares, standardised, told, value
from .many import chance_of_any, joint_p_in_words, n_answered
from .ranges import alpha, expected
from .ways_of_matching import ends_of_trim

_LOG = " (log of 1 + number)"
#: The most differences that a table lists.
_MOST = 15


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
    sent, left, found = ends[0], ends[-1], people_found(analysis)
    if left:  # of each total that is shown
        of_sent = [figure([numbers.per_cent(left / sent)], ("%",))] if sent else []
        of_found = (numbers.per_cent(left / found), numbers.count_(found)) if found else ()
        yield Fact((), (*counts([left]), *of_sent, *(figure([x], ("%", "n")) for x in of_found)))
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
        labels = tuple(dict.fromkeys((f"{row.characteristic}: {row.level}", name_in_profile(row))))
        yield Fact(labels, shares((row.treatment, row.control, row.pool)))
    yield from loose(str(len(apart_in_profile(findings, analysis))))


def balance(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Standardised differences before and after, and how many are of which light."""
    found = analysis.balance
    if found is None:
        return
    per_cents = [(r, standardised(r.smd_before), standardised(r.smd_after)) for r in found.every]
    for row, before, after in per_cents:
        names = dict.fromkeys((row.covariate, row.covariate.replace(_LOG, "").replace(" (years)", "")))
        yield Fact(tuple(f"{name}: {row.level}" if row.level else name for name in names), (before, after))
    n, largest = len(found.rows), (max((abs(r.smd_before) for r in found.rows), default=0.0), found.worst)
    yield Fact((), tuple(map(standardised, largest)))
    squares = [abs(r.smd_after) for r in found.squares]
    yield from (Fact((), (standardised(x),)) for x in ([max(squares)] if squares else []))
    yield from loose(*map(str, (n, n + found.n_withheld, found.n_withheld, found.n_red, found.n_amber)))
    limits = [findings.setting("balance", key) for key in ("green_up_to", "amber_up_to")]
    yield Fact((), tuple(figure([numbers.number(x, factor=100)]) for x in limits))
    yield from loose(*map(str, (len(found.every), len(squares), _MOST)))


def n_differences(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """How many characteristics a figure draws, and how many it leaves out."""
    n = len(analysis.balance.every) if analysis.balance is not None else 0
    yield from loose(*map(str, range(1, n + 1)))


def subgroup_balance(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """Standardised differences within each subgroup, the worst of each, and how many are of which light."""
    found = analysis.subgroups
    if found is None or not found.balance:
        return
    for group in found.balance:
        level = level_words(group.by, group.level)
        labels = (f"{subgroup_words(group.by)}: {level}", level)
        yield from (Fact(labels, (standardised(row.smd_after),)) for row in group.rows)
    rows = [row for group in found.balance for row in group.rows]
    worst = {(row.by, row.level): row.worst for row in found.rows}
    within = [[worst.get((g.by, g.level)) or 0.0, *(abs(row.smd_after) for row in g.rows)] for g in found.balance]
    yield from (Fact((), (standardised(max(sizes)),)) for sizes in within)
    yield from (Fact((), (standardised(max(sizes[1:])),)) for sizes in within if len(sizes) > 1)
    lights = [sum(row.light == light for row in rows) for light in ("green", "amber", "red")]
    n_drawn = max(len(found.balance), len({(row.covariate, row.level) for row in rows}))
    yield from loose(*map(numbers.count_, (*lights, *range(1, n_drawn + 1))))
    limits = [findings.setting("balance", key) for key in ("green_up_to", "amber_up_to")]
    yield Fact((), tuple(figure([numbers.number(x, factor=100)]) for x in limits))


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
