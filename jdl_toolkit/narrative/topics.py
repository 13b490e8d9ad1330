"""The topics that a passage of a report may draw its figures from."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..findings import Analysis, Findings
from . import facts_of_groups as groups
from . import facts_of_results as results
from .facts import Fact


def _nothing(findings: Findings, analysis: Analysis) -> Iterator[Fact]:
    """For sentences that are the same whatever was found."""
    return iter(())


_MADE = (
    results.measures,
    results.headline,
    results.estimates,
    results.power,
    results.survival,
    results.follow_up,
    results.subgroups,
    results.robustness,
    results.placebo,
    results.hidden,
    results.estimators,
    groups.flow,
    groups.pool_flow,
    groups.linkage,
    groups.profile,
    groups.balance,
    groups.n_differences,
    groups.subgroup_balance,
    groups.overlap,
    groups.matching,
    groups.settings,
    groups.analyses,
)
#: Topic -> its facts, of the findings and of one analysis.
TOPICS: dict[str, Callable[[Findings, Analysis], Iterator[Fact]]] = {made.__name__: made for made in _MADE}
TOPICS["nothing"] = _nothing
