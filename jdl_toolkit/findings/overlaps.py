"""Which groups of people lie within which: what tables of several analyses, taken together, tell of those in between.

A national result less that of a region is the result of everybody else; less those of all regions, of people without a
region. No such difference may concern fewer people than may be shown. The analysis that is listed later gives way.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    """

    within: npt.NDArray[np.bool_]
    apart: npt.NDArray[np.bool_]

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
        return cls(within, common == 0)

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


def left_over(values: Mapping[int, float], remainder: Remainder) -> float:
    """A count of the people that remain when the parts are taken from the whole."""
    whole, parts = remainder
    return values[whole] - sum(values[part] for part in parts)


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
