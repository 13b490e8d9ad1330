"""Counts of two runs that together tell of a few people, by what they are counts of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..findings import SmallDifference

#: How the words for a count begin -> what it is one of; every other count is of an outcome measure. First match wins.
_KINDS = {
    "flow of the control pool": "Counts of the flow of the control pool",
    "flow": "Counts of the flow",
    "profile": "Counts of the profile",
    "follow-up": "Counts of the follow-up",
    "subgroup": "Counts of subgroups",
    "linkage": "Counts of the linkage",
    "records in the linkage": "Counts of the linkage",
    "found by": "Counts of the linkage",
    "treatment group": "Sizes of the groups",
    "control": "Sizes of the groups",
}
_MEASURES = "Counts of outcome measures"


@dataclass(frozen=True)
class SmallDifferences:
    """Counts of one kind that tell of a few for the same reason."""

    title: str
    kind: str
    why: str
    what: tuple[str, ...]

    @property
    def words(self) -> str:
        """In short: ``Supported housing: counts of the flow, 12: …``."""
        of = f"{self.title}: {self.kind[0].lower()}{self.kind[1:]}" if self.title else self.kind
        return f"{of}, {len(self.what):,}: {self.why}."


def kinds_of_small_differences(found: Iterable[SmallDifference]) -> list[SmallDifferences]:
    """Grouped by analysis, kind and reason, in the order in which each comes first."""
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in found:
        grouped[one.title, _kind(one.what), one.why].append(one.what)
    return [SmallDifferences(*key, tuple(what)) for key, what in grouped.items()]


def _kind(what: str) -> str:
    return next((kind for start, kind in _KINDS.items() if what.startswith(start)), _MEASURES)
