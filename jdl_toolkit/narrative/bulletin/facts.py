"""What a bulletin may say in figures, topic by topic, made from `bulletin.json` itself and not from its sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from ... import numbers
from ...plots.portfolio import level_name
from ...portfolio.bulletin import Bulletin
from ...portfolio.published import PublishedResult
from ...portfolio.together import PooledEffect
from ...tables.portfolio import result_name
from ..facts import Fact, Figure, figure, value
from .naming import result_name as name_in_words
from .pictures import FEWEST, LARGE, VERY_LARGE

#: Marks that percentage points are read with: of the unit, and the words lower and higher.
_PP = ("pp", "pp-", "pp+", "-", "+")


def points(x: float | None) -> Figure:
    """Percentage points, signed or with their side in words, whole or with the decimals that they are shown with."""
    if x is None:
        return frozenset()
    printed = [numbers.number(y, places) for y in (x, abs(x)) for places in range(5)]
    return figure([*printed, *(text.removesuffix(".0") for text in printed)], _PP)


def rate(x: float | None) -> Figure:
    return value(x, "share") if x is not None else frozenset()


def whole(n: int | None) -> Figure:
    """A count of anything, with or without its sign."""
    return frozenset() if n is None else figure([f"{n:,}", numbers.number(n), numbers.number(abs(n))], ("n", "-", "+"))


def frequency(x: float | None) -> Figure:
    if x is None:
        return frozenset()
    return figure([numbers.number(y, places) for y in (x, abs(x)) for places in range(2, 6)], ("-", "+", "n"))


def p_value(p: float | None) -> Figure:
    return frozenset() if p is None else figure([numbers.p_value(p)], ("",))


def bulletin_counts(bulletin: Bulletin) -> Iterator[Fact]:
    """The counts, those of the bulletin before, what has changed, and how many requests are in each state."""
    now, before = bulletin.counts.model_dump(), bulletin.earlier_counts.model_dump()
    for key, n in now.items():
        yield Fact((), (whole(n), whole(before[key]), whole(n - before[key])))
    yield Fact((), tuple(whole(n) for n in Counter((r.status, r.criterion) for r in bulletin.requests).values()))
    yield Fact((), (whole(bulletin.n_imported), whole(bulletin.version)))
    for criterion in bulletin.criteria:
        yield Fact((), (whole(criterion.n),))


def bulletin_new(bulletin: Bulletin) -> Iterator[Fact]:
    """How many reports are new or corrected, and the versions."""
    yield Fact((), (whole(len(bulletin.new_results)), whole(sum(r.is_new for r in bulletin.of_this_lab))))
    yield Fact((), (whole(sum(c.is_new for c in bulletin.corrections)),))
    for one in bulletin.corrections:
        yield Fact((one.organisation,), (whole(1), whole(one.version)))


def bulletin_results(bulletin: Bulletin) -> Iterator[Fact]:
    """Every result by its name."""
    versions: dict[str, set[int]] = {}
    for one in bulletin.corrections:
        versions.setdefault(one.request, set()).add(one.version)
    for r in bulletin.results:
        yield Fact(_labels(r), tuple(_figures(r, versions.get(r.request, set()))))


def _labels(r: PublishedResult) -> tuple[str, ...]:
    return tuple({result_name(r.model_dump()), name_in_words(r)})


def _figures(r: PublishedResult, versions: set[int]) -> Iterator[Figure]:
    yield whole(r.n_treatment)
    yield from (rate(x) for x in (r.treatment_value, r.control_value))
    yield from (points(x) for x in (r.difference_pp, r.ci_low_pp, r.ci_high_pp))
    yield from (frequency(x) for x in (r.frequency_difference, r.frequency_ci_low, r.frequency_ci_high))
    yield from (p_value(p) for p in (r.p_value, r.p_holm, r.p_fdr))
    yield from (whole(n) for n in sorted({1, r.version, *versions}))


def _by(bulletin: Bulletin, by: str) -> Iterator[Fact]:
    """How many results of each verdict there are by level."""
    shown = [r for r in bulletin.of_this_lab if r.verdict is not None]
    found = Counter((getattr(r, by), r.verdict) for r in shown)
    for level in {getattr(r, by) for r in shown}:
        each = [found[level, verdict] for verdict in ("reduction", "inconclusive", "increase")]
        yield Fact((level_name(by, level),), tuple(map(whole, (*each, sum(each)))))
    yield Fact((), (whole(len(shown)), whole(FEWEST)))


def bulletin_by_need(bulletin: Bulletin) -> Iterator[Fact]:
    yield from _by(bulletin, "need")


def bulletin_by_sector(bulletin: Bulletin) -> Iterator[Fact]:
    yield from _by(bulletin, "sector")


def bulletin_sizes(bulletin: Bulletin) -> Iterator[Fact]:
    """How many results there are, of which verdict, and how many of them are of large groups."""
    known = [r for r in bulletin.results if r.verdict is not None and r.n_treatment]
    conclusive = [r for r in known if r.is_conclusive]
    yield Fact((), tuple(whole(len(rows)) for rows in (known, conclusive)))
    yield Fact((), tuple(whole(n) for n in Counter(r.verdict for r in known).values()))
    yield Fact((), tuple(map(whole, (LARGE, VERY_LARGE))))
    for rows in (known, conclusive):
        yield Fact((), (whole(sum(r.n_treatment > LARGE for r in rows)),))
        yield Fact((), (whole(sum(r.n_treatment < VERY_LARGE for r in rows)),))
    yield Fact((), (whole(sum(r.source == "imported" for r in conclusive)),))


def bulletin_pooled(bulletin: Bulletin) -> Iterator[Fact]:
    """Each average by its level."""
    for p in bulletin.pooled:
        yield Fact((level_name(p.by, p.level), f"Across {p.k:,} result"), tuple(_pooled(p)))
    yield Fact((), tuple(whole(n) for n in bulletin.pooling.values()))
    yield Fact((), (whole(sum(p.estimate_pp is not None for p in bulletin.pooled)),))
    yield from (Fact((), tuple(_pooled(p))) for p in bulletin.pooled if p.by == "all")


def _pooled(p: PooledEffect) -> Iterator[Figure]:
    yield from (whole(p.k), whole(p.n_people), whole(p.n_left_out), whole(p.n_imported))
    yield from map(points, (p.estimate_pp, p.ci_low_pp, p.ci_high_pp, p.prediction_low_pp, p.prediction_high_pp))
    yield from (rate(p.i_squared), p_value(p.q_p_value), points(p.tau_pp))


def bulletin_chance(bulletin: Bulletin) -> Iterator[Fact]:
    m = bulletin.multiplicity
    counts = (m.n_tests, m.n_conclusive, m.n_reductions, m.n_increases, m.chance_low, m.chance_high)
    yield Fact((), tuple(map(whole, (*counts, m.n_after_holm, m.n_after_fdr))))
    expected = [numbers.number(m.expected_by_chance, places) for places in (0, 1)]
    yield Fact((), (figure([*expected, expected[1].removesuffix(".0")], ("",)), rate(m.alpha)))


def bulletin_feedback(bulletin: Bulletin) -> Iterator[Fact]:
    found = bulletin.feedback
    if found is None:
        return
    counts = (found.n_published, found.n_due, found.n_answered, found.n_outstanding, found.minimum)
    yield Fact((), (*map(whole, counts), rate(found.response_rate)))
    yield from (Fact((), (whole(n),)) for q in found.questions for n in (q.n_answered, *q.counts.values()))


def bulletin_release(bulletin: Bulletin) -> Iterator[Fact]:
    """Version of the bulletin, and hours of access before it is published."""
    yield Fact((), (whole(bulletin.version), figure([str(bulletin.pre_release.hours)], ("",))))


def bulletin_nothing(bulletin: Bulletin) -> Iterator[Fact]:
    """For sentences that are the same whatever was found."""
    return iter(())


_MADE: Iterable[Callable[[Bulletin], Iterator[Fact]]] = (
    bulletin_counts, bulletin_new, bulletin_results, bulletin_by_need, bulletin_by_sector, bulletin_sizes,
    bulletin_pooled, bulletin_chance, bulletin_feedback, bulletin_release, bulletin_nothing,
)  # fmt: skip
#: Topic -> its facts.
TOPICS: dict[str, Callable[[Bulletin], Iterator[Fact]]] = {made.__name__: made for made in _MADE}
