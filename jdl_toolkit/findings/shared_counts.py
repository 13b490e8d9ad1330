"""What the flows of several analyses have to do with each other, by the records that are counted.

The records of a region are part of the nation's: what leaves there for a reason is part of what leaves here. Releases
from custody and sentences in the community, analysed apart, are of the same records as far as the exclusions agree. A
cell is a set of records, so that none of this need be known of the rules: it is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..attrition import Ledger
from ..disclosure import Suppressed
from ..errors import JDLError
from .overlaps import Overlaps

NO_COMPARABLE = 14
#: Stands for the reason of records that are still in.
STILL_IN = 99
#: Below this, what is left of a combination of counts is rounding.
EXACT = 1e-6

#: What a count is of: ("after", code), ("left", code), ("people", code), ("detail", code, label), …
Meaning = tuple[Any, ...]


class Counts:
    """Counts under construction, and the sums a reader can form from them."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.sums: list[tuple[str, tuple[str, ...]]] = []
        self.implied: set[str] = set()

    def rest(self, total: str, *parts: str) -> None:
        """`parts` have nothing in common and are some of `total`; the others are printed nowhere."""
        n_rest = self.counts[total] - sum(self.counts[part] for part in parts)
        if n_rest < 0:  # nobody can take them for parts
            return
        if n_rest == 0:
            self.sums.append((total, parts))
            return
        key = f"{total} without {', '.join(parts)}"
        if key not in self.counts:
            self.counts[key] = n_rest
            self.implied.add(key)
            self.sums.append((total, (*parts, key)))

    def equal(self, one: str, other: str) -> None:
        """Two counts that are the same number are taken to be known as such."""
        if one in self.counts and self.counts[one] == self.counts.get(other):
            self.sums.append((one, (other,)))


@dataclass(frozen=True)
class Flow:
    """The flow of one analysis.

    Parameters
    ----------
    ledger : Ledger
        Of the submission.
    pool_ledger : Ledger, optional
    n_matched : int, optional
        Treated people who could be matched. If given, the ledger gets the step for people without a comparable control.
    records : DataFrame, optional
        A row per submitted record: row, person_id, reason (missing = still in; 14 = not matched), detail. Needed where
        there are several analyses.
    """

    ledger: Ledger
    pool_ledger: Ledger | None = None
    n_matched: int | None = None
    records: pd.DataFrame | None = None

    @classmethod
    def of(cls, cohort: Any, matched: Any = None) -> Flow:
        """The flow of a cohort; that of the pool only if people were matched."""
        records = getattr(cohort, "records", None)
        if matched is None:
            return cls(cohort.ledger, records=records)
        if records is not None:
            units = matched.units
            in_comparison = units.loc[units["is_treated"] & (units["weight"] > 0), "unit_id"]
            is_unmatched = records["reason"].isna() & ~records["disposal_id"].isin(in_comparison)
            records = records.assign(reason=records["reason"].mask(is_unmatched, NO_COMPARABLE))
        return cls(cohort.ledger, cohort.pool_ledger, matched.n_treatment_matched, records)

    @property
    def is_answered(self) -> bool:
        return self.n_matched is not None

    @property
    def whole(self) -> Ledger:
        """The ledger to its end."""
        if self.n_matched is None or any(step["code"] == NO_COMPARABLE for step in self.ledger.steps):
            return self.ledger
        return self.ledger.exclude(NO_COMPARABLE, self.ledger.remaining - self.n_matched, self.n_matched)


@dataclass(frozen=True)
class Cell:
    """A count of a flow or of the linkage: whose it is, its key among the counts, and the records it counts."""

    owner: int
    key: str
    held: np.ndarray


def add_overlaps(table: Counts, flows: Sequence[Flow], linkage: Any, minimum_cell: int) -> list[Cell]:
    """Add the sums that a reader can form from the flows of several analyses, and from those and the linkage.

    Counts of the same meaning are compared with each other: those of the same records are one number; of records within
    others', a part; parts that have none in common add up. Of counts of different meanings only those are related that
    differ by a few records, one's being within the other's. Returns every cell, with its records.
    """
    known = [(i, one) for i, one in enumerate(flows) if one.records is not None]
    if len(known) < 2 and all(step["code"] != 0 for _, one in known for step in one.ledger.steps):
        return []
    cells: dict[Meaning, list[Cell]] = {}
    for i, one in known:
        for meaning, cell in _cells_of_flow(i, one):
            cells.setdefault(meaning, []).append(cell)
    if known and hasattr(linkage, "links"):
        for meaning, cell in _cells_of_linkage(len(flows), linkage, table):
            cells.setdefault(meaning, []).append(cell)
    counted = [cell for meaning, alike in cells.items() if meaning[0] != "remark" for cell in alike]
    for meaning, alike in cells.items():
        _add_parts(table, alike if meaning[0] == "remark" else _one_of_each(table, alike), minimum_cell)
    _add_close(table, counted, minimum_cell)
    return counted


def what_gives_away(
    cells: Sequence[Cell], found: Suppressed, counts: Mapping[str, int], minimum_cell: int, keep: frozenset[str]
) -> set[str]:
    """Counts to withhold too, as small ones follow from them by whatever sums and differences.

    A small count follows if its records are a linear combination of the records of counts that are shown: of each such
    combination the smallest count, not to be kept, is named. Empty if nothing follows.
    """
    if not cells:
        return set()
    held = np.array([cell.held for cell in cells])
    size = held.sum(axis=1)
    is_shown = np.array([found.shown(counts, cell.key) is not None for cell in cells], dtype=bool)
    small = ~is_shown & (size > 0) & (size < minimum_cell)
    if not small.any():
        return set()
    _, first = np.unique(np.packbits(held, axis=0), axis=1, return_index=True)  # records alike in every count
    basis, targets = held[is_shown][:, first].T.astype(float), held[small][:, first].T.astype(float)
    share, *_ = np.linalg.lstsq(basis, targets, rcond=None)
    follows = np.abs(basis @ share - targets).max(axis=0) < EXACT
    shown, chosen = [cell for cell, is_one in zip(cells, is_shown, strict=True) if is_one], set()
    for weights in share[:, follows].T:
        used = [c.key for c, w in zip(shown, weights, strict=True) if abs(w) > EXACT and counts[c.key] >= minimum_cell]
        free = [key for key in used if key not in keep]
        chosen |= {min(free, key=lambda key: counts[key])} if free else set()
    return chosen


def _cells_of_flow(i: int, one: Flow) -> Iterator[tuple[Meaning, Cell]]:
    records = one.records.sort_values("row")
    reason = records["reason"].fillna(STILL_IN).to_numpy(int)
    is_first = ~records["person_id"].duplicated().to_numpy()
    name, steps = f"{i} flow", one.whole.steps
    yield ("received",), Cell(i, f"{name} 0 after", np.ones(len(records), bool))
    if all(step["code"] != 0 for step in steps):
        yield ("after", 0), Cell(i, f"{name} 0 after", np.ones(len(records), bool))
    for j, step in enumerate(steps):
        code, key = step["code"], f"{name} {j}"
        if code is None:
            continue
        left, after = reason == code, reason > code
        if (left.sum(), after.sum()) != (step["records_excluded"], step["records_after"]):
            fix = "build the cohort again"
            raise JDLError("the records of a cohort do not agree with its flow", f"step {step['key']}", fix)
        yield ("left", code), Cell(i, f"{key} left", left)
        yield ("after", code), Cell(i, f"{key} after", after)
        if step["people_after"] is not None:
            yield ("people", code), Cell(i, f"{key} people", _people(records["person_id"], after, is_first))
        for k, (label, n) in enumerate(step["details"].items()):
            held = left & (records["detail"] == label).to_numpy(bool)
            meaning = ("detail", code, label) if held.sum() == n else ("remark", code, label)
            yield meaning, Cell(i, f"{key} detail {k}", held if meaning[0] == "detail" else left)


def _people(person: pd.Series, after: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """The people of some records, each as the first record there is of them."""
    return is_first & person.isin(person[after].dropna()).to_numpy()


def _cells_of_linkage(owner: int, linkage: Any, table: Counts) -> Iterator[tuple[Meaning, Cell]]:
    """Counts of the linkage, by what they are called in a flow."""
    status = linkage.links.sort_values("row")["status"].to_numpy()
    yield ("after", 0), Cell(owner, "linkage records", np.ones(len(status), bool))
    meanings = {"unusable identifiers": ("left", 1), "matched": ("after", 2)}
    for word in linkage.by_status():
        key = f"status {word}"
        if (status == word).sum() == table.counts[key]:
            yield meanings.get(word, ("detail", 2, word)), Cell(owner, key, status == word)


def _one_of_each(table: Counts, cells: Sequence[Cell]) -> list[Cell]:
    """Cells of different records; those of the same records are said to be one number."""
    found: dict[bytes, Cell] = {}
    for cell in cells:
        first = found.setdefault(cell.held.tobytes(), cell)
        if first is not cell:
            table.equal(first.key, cell.key)
    return list(found.values())


def _add_parts(table: Counts, cells: Sequence[Cell], minimum_cell: int) -> None:
    """Each cell with those that lie within it, alone and together."""
    if len(cells) < 2:
        return
    overlaps = Overlaps.of(np.array([c.held for c in cells]), minimum_cell)
    for whole, cell in enumerate(cells):
        for family in overlaps.families(whole, range(len(cells))):
            table.rest(cell.key, *(cells[i].key for i in family))


def _add_close(table: Counts, cells: Sequence[Cell], minimum_cell: int) -> None:
    """Cells of different analyses that lie within each other and differ by a few records."""
    cells = list({c.held.tobytes(): c for c in cells if c.held.any()}.values())
    if len(cells) < 2:
        return
    held = np.array([c.held for c in cells], dtype=np.float32)
    common = np.rint(held @ held.T).astype(np.int64)
    sizes = np.diagonal(common)
    more = sizes[:, None] - sizes
    owner = np.array([c.owner for c in cells])
    is_close = (common == sizes) & (more > 0) & (more < minimum_cell) & (owner[:, None] != owner)
    for whole, part in np.argwhere(is_close):
        table.rest(cells[whole].key, cells[part].key)
