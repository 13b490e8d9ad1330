"""Which groups of people lie within which: what tables of several analyses, taken together, tell of those in between.

A national result less that of a region is the result of everybody else; less those of all regions, of people without a
region. No such difference may concern fewer people than may be shown. The analysis that is listed later gives way.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..disclosure import is_small, may_be_shown

#: A group less others that lie within it and apart from each other: its place, and theirs.
Remainder = tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Overlaps:
    """How groups of people lie to each other.

    Parameters
    ----------
    within : array of bool, groups x groups
        Whether the first lies within the second, and is not the same. A group all but a few of whom do counts as within
        a group that holds many others: the difference of the two results is all but theirs.
    apart : array of bool, groups x groups
        Whether two groups have nobody in common. A group without people is apart from all, and within none.
    same : array of bool, groups x groups
        Whether two groups are of the same people, some there are.
    """

    within: npt.NDArray[np.bool_]
    apart: npt.NDArray[np.bool_]
    same: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, members: npt.NDArray[np.bool_], minimum_cell: int) -> Overlaps:
        """From membership: a row per group, a column per person (or record)."""
        held = np.asarray(members, dtype=np.float32)
        common = np.rint(held @ held.T).astype(np.int64)
        sizes = np.diagonal(common)
        outside = sizes[:, None] - common  # of the first, not in the second
        further = outside.T
        nearly = (outside > 0) & (outside < minimum_cell) & (further >= minimum_cell)
        within = ((outside == 0) & (further > 0)) | nearly
        within &= (sizes > 0)[:, None]
        np.fill_diagonal(within, False)
        return cls(within, common == 0, (outside == 0) & (further == 0) & (sizes > 0))

    def families(self, whole: int, among: Sequence[int]) -> list[tuple[int, ...]]:
        """Sets of groups within `whole` that have nobody in common, none of which could take in a further one."""
        inside = [i for i in among if self.within[i, whole]]
        found = dict.fromkeys(self._family(first, inside) for first in inside)
        return [tuple(family) for family in found]

    def _family(self, first: int, inside: Sequence[int]) -> tuple[int, ...]:
        family = [first]
        for other in inside:
            if other != first and self.apart[other, family].all():
                family.append(other)
        return tuple(sorted(family))

    def remainders(self, new: int, shown: Collection[int]) -> list[Remainder]:
        """What a reader can take from what once `new` is shown beside the groups `shown`.

        Parameters
        ----------
        new : int
        shown : collection of int

        Returns
        -------
        list of (int, tuple of int)
            A whole, and the parts to take from it; `new` is the one or among the others.
        """
        everyone = sorted({*shown, new})
        found = [(new, (part,)) for part in everyone if self.within[part, new]]
        found += [(new, family) for family in self.families(new, everyone)]
        for whole in shown:
            if self.within[new, whole]:
                found += [(whole, (new,))]
                found += [(whole, family) for family in self.families(whole, everyone) if new in family]
        return list(dict.fromkeys(found))


def left_over(values: Mapping[int, Any], remainder: Remainder) -> Any:
    """Of counts by analysis, what remains when those of the parts are taken from that of the whole."""
    whole, parts = remainder
    return values[whole] - sum(values[part] for part in parts)


class Shown:
    """What earlier analyses of a request show, so that a later one can be seen beside them.

    Parameters
    ----------
    overlaps : Overlaps
        Of the people compared in each analysis.
    minimum_cell : int

    Attributes
    ----------
    counts : dict
        What is counted -> analysis -> people with it, and of how many.
    levels : dict
        Characteristic -> analysis -> people at each level.
    """

    def __init__(self, overlaps: Overlaps, minimum_cell: int) -> None:
        self.overlaps, self.minimum_cell = overlaps, minimum_cell
        self.counts: dict[str, dict[int, tuple[float, float]]] = {}
        self.levels: dict[str, dict[int, pd.Series]] = {}

    def allows(self, analysis: int, key: str, count: float, size: float) -> bool:
        """Whether a count of people can be shown, as far as earlier analyses are concerned; if so, it then is."""
        values = self.counts.get(key, {}) | {analysis: (count, size)}
        if any(is_small(abs(round(count - values[i][0])), self.minimum_cell) for i in self._same(analysis, values)):
            return False
        numerators, sizes = ({i: value[place] for i, value in values.items()} for place in (0, 1))
        for remainder in self.overlaps.remainders(analysis, self.counts.get(key, {})):
            n_left, k_left = left_over(sizes, remainder), round(left_over(numerators, remainder))
            if (n_left or k_left) and not may_be_shown(k_left, n_left, self.minimum_cell):
                return False
        self.counts[key] = values
        return True

    def _same(self, analysis: int, others: Collection[int]) -> list[int]:
        """Analyses of the very same people, by other rules: a longer follow-up, other reoffences."""
        alike = self.overlaps.same[analysis]
        return [i for i in others if i != analysis and alike[i]]

    def left_of_levels(self, analysis: int, characteristic: str, own: pd.Series) -> pd.DataFrame:
        """People at each level who remain when analyses are set off against each other; a column per remainder."""
        values = self.levels.get(characteristic, {}) | {analysis: own}
        values = {i: counts.reindex(own.index).fillna(0) for i, counts in values.items()}
        found = (
            left_over(values, one) for one in self.overlaps.remainders(analysis, self.levels.get(characteristic, {}))
        )
        return pd.DataFrame({f"left {i}": left for i, left in enumerate(found) if left.sum() > 0}, index=own.index)


def members(groups: Sequence[Collection[Hashable] | None]) -> npt.NDArray[np.bool_]:
    """Membership as `Overlaps.of` wants it; None is a group without people."""
    everyone = {person: i for i, person in enumerate(dict.fromkeys(p for group in groups for p in group or ()))}
    held = np.zeros((len(groups), len(everyone)), dtype=bool)
    for row, group in zip(held, groups, strict=True):
        row[[everyone[person] for person in group or ()]] = True
    return held


def too_alike(groups: Sequence[Collection[Hashable] | None], minimum_cell: int) -> dict[int, tuple[int, ...]]:
    """Groups that must not be shown beside those before them, as the sizes alone would tell of a few people.

    Parameters
    ----------
    groups : sequence of collection
        The people of each analysis, in the request's order; None where there is no result.
    minimum_cell : int

    Returns
    -------
    dict of int to tuple of int
        Place of such a group -> places of those that it must not stand beside.
    """
    held = members(groups)
    overlaps = Overlaps.of(held, minimum_cell)
    shown: list[int] = []
    found: dict[int, tuple[int, ...]] = {}
    for new in (i for i, group in enumerate(groups) if group):
        for whole, parts in overlaps.remainders(new, shown):
            n_left = int((held[whole] & ~held[list(parts)].any(axis=0)).sum())
            if 0 < n_left < minimum_cell:
                found[new] = tuple(sorted({whole, *parts} - {new}))
                break
        else:
            shown.append(new)
    return found
