"""What a hostile reader takes from `findings.json` alone: every count, and every share as a count of people.

People are split into kinds: region, reason to leave each analysis, sex, age, when and how they reoffended. What is
never published of two characteristics at once is held in blocks of its own, which have the number of people in common:
there are people who fit all blocks wherever the blocks agree, so that nothing is lost by it. Beside the findings the
reader knows the regions' names, the days of the curves, and, to the last digit, the share of each level in the pool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np
import pandas as pd
from reader import Reader

from jdl_toolkit.findings import Analysis, Findings, Measure

STAY, UNMATCHED = 99, 14
DETAILS = ("fine", "caution", "custody")
AGES = ((18, 24), (25, 34), (35, 999))
#: How somebody reoffended: part of the follow-up (0: did not), whether of the lesser class, whether given custody.
OUTCOMES = ((0, False, False), *product((1, 2, 3), (False, True), (False, True)))
DAYS = {182: 1, 365: 2, 730: 3}
CUSTODY = "returned_to_custody"


def kinds_of_people(found: Findings) -> pd.DataFrame:
    """A row per kind and block; `left 0`, … say why they leave each analysis, 0 where they are not of it."""
    named = [next(iter(a.records.values()))[0] if a.records else "" for a in found.analyses]
    codes = sorted({step.code for a in found.analyses for step in a.flow if step.code} - {UNMATCHED})
    rows: list[dict] = []
    for region in ("", *dict.fromkeys(filter(None, named))):
        is_of = [name in ("", region) for name in named]
        paths = [[c if of else 0 for of in is_of] for c in codes]
        paths += [list(path) for path in product(*((STAY, UNMATCHED) if of else (0,) for of in is_of))]
        for left in paths:
            of_all = {"region": region} | {f"left {i}": code for i, code in enumerate(left)}
            for detail in DETAILS if 6 in left else ("",):
                rows.append({"block": "path", "detail": detail} | of_all)
            if STAY in left:
                rows += _of_those_compared(left, of_all)
    rows += [{"block": "tier", "tier": i} for i in range(3)]
    return pd.DataFrame(rows).reset_index(drop=True)


def _of_those_compared(left: list[int], of_all: dict) -> Iterator[dict]:
    flags = [(False, True) if code == STAY else (False,) for code in left]
    for lost, female, time in product(product(*flags), (False, True), (0, 1, 3)):
        lost_of = {f"lost {i}": flag for i, flag in enumerate(lost)}
        yield {"block": "sex", "female": female, "late": time} | of_all | lost_of
    for time, is_summary, custody in OUTCOMES:
        yield {"block": "outcome", "time": time, "summary": is_summary, "custody": custody} | of_all
    yield from ({"block": "age", "age": i} | of_all for i in range(len(AGES)))
    yield from ({"block": "returned", "returned": flag} | of_all for flag in (False, True))


class ReaderOfFindings:
    """Everything published, as bounds on the numbers of people of each kind.

    Parameters
    ----------
    found : Findings
    pools : mapping
        Analysis -> (characteristic, level) -> share in the pool.
    """

    def __init__(self, found: Findings, pools: Mapping[str, Mapping[tuple[str, str], float]]) -> None:
        self.kinds, self.analyses = kinds_of_people(found), found.analyses
        self.reader = Reader(list(range(len(self.kinds))))
        self.minimum = found.minimum_cell
        self._join_blocks()
        self._read_linkage(found)
        for i, one in enumerate(found.analyses):
            self._read_flow(i, one)
            self._read_sizes(i, one)
            for measure in one.measures:
                self._read_measure(i, measure)
            self._read_follow_up(i, one)
            self._read_levels(i, one, pools[one.id])
            self._read_subgroups(i, one)

    # --- kinds ---

    def block(self, name: str) -> np.ndarray:
        return (self.kinds["block"] == name).to_numpy()

    def has(self, column: str, *values: object) -> np.ndarray:
        return self.kinds[column].isin(values).to_numpy()

    def compared(self, i: int) -> np.ndarray:
        return self.has(f"left {i}", STAY)

    def did(self, i: int) -> np.ndarray:
        """Whether they reoffended within the follow-up of an analysis."""
        times = (1, 2) if self.analyses[i].follow_up_months <= 12 else (1, 2, 3)
        return self.has("time", *times) | self.has("late", *times)

    def _join_blocks(self) -> None:
        of = [c for c in self.kinds if c.startswith("left")]
        for _, alike in self.kinds.groupby(["region", *of]):
            here = self.kinds.index.isin(alike.index)
            if self.compared_anywhere(alike):
                for name in ("sex", "outcome", "age", "returned"):
                    self._same(here & self.block("path"), here & self.block(name))
                late = here & (self.has("late", 3) | self.has("time", 3))
                never = here & (self.has("late", 0) | self.has("time", 0))
                for some in (late, never):
                    self._same(some & self.block("sex"), some & self.block("outcome"))

    def compared_anywhere(self, alike: pd.DataFrame) -> bool:
        return bool((alike.filter(like="left") == STAY).any(axis=None))

    def _same(self, one: np.ndarray, other: np.ndarray) -> None:
        self.reader.between(one.astype(float) - other, 0, 0)

    def _is(self, some: np.ndarray, value: float, off_by: float = 1e-6) -> None:
        self.reader.between(some.astype(float), np.ceil(value - off_by), np.floor(value + off_by))

    # --- what is published ---

    def told(self, name: str, some: np.ndarray, value: int | None, is_secondary: bool) -> None:
        """A count of the flow or the linkage, "fewer than 5" or withheld."""
        least, most = (self.minimum, np.inf) if is_secondary else (1, self.minimum - 1)
        if value is None:
            self.reader.withheld[name] = some.astype(float)
            self.reader.between(some.astype(float), least, most)
        else:
            self._is(some, value)

    def _read_linkage(self, found: Findings) -> None:
        path, linkage = self.block("path"), found.linkage
        codes = {"unusable identifiers": (1,), "no match": (2,)}
        matched = path & ~self.has("left 0", 1, 2)
        for word, value in linkage.by_status.items():
            some = path & self.has("left 0", *codes[word]) if word in codes else matched & (word == "matched")
            self.told(f"linkage {word}", some, value, word in linkage.secondary)
        self.told("linkage", path, linkage.records, "records" in linkage.secondary)
        self._same(matched, self.block("tier"))
        places = {"number": (0,), "name": (1,), "near name": (2,)}
        listed = [tier.label for tier in linkage.by_tier]
        places["other ways"] = tuple(p for name, (p,) in places.items() if name not in listed)
        for tier in linkage.by_tier:
            some = self.block("tier") & self.has("tier", *places[tier.label])
            self.told(f"tier {tier.label}", some, tier.records, tier.secondary)

    def _read_flow(self, i: int, one: Analysis) -> None:
        path, left = self.block("path"), self.kinds[f"left {i}"].fillna(-1)
        for step in one.flow:
            code = -1 if step.code is None else step.code
            counted = {"records_after": path & (left > code).to_numpy()}
            if step.code is not None:
                counted["records_excluded"] = path & (left == code).to_numpy()
            if step.people_after is not None or "people_after" in step.secondary:
                counted["people_after"] = counted["records_after"]
            for what, some in counted.items():
                self.told(f"{one.id} {code} {what}", some, getattr(step, what), what in step.secondary)
            for detail in step.details if code == 6 else ():
                some = counted["records_excluded"] & self.has("detail", detail.label)
                self.told(f"{one.id} {detail.label}", some, detail.records, detail.secondary)

    def _read_sizes(self, i: int, one: Analysis) -> None:
        path, matching = self.block("path"), one.matching
        if matching is not None:
            self._is(path & self.compared(i), matching.n_treatment_matched)
            if matching.n_treatment is not None:
                self._is(path & self.has(f"left {i}", STAY, UNMATCHED), matching.n_treatment)

    def _read_measure(self, i: int, measure: Measure) -> None:
        did = self.block("outcome") & self.compared(i) & self.did(i)
        holds = {
            "rate": did,
            "first_summary": did & self.has("summary", True),
            "first_either_way": did & self.has("summary", False),
            "first_custody": did & self.has("custody", True),
        }[measure.key.removesuffix("_reoffenders")]
        whole = did if measure.base == "reoffenders" else self.block("outcome") & self.compared(i)
        if measure.treatment_value is not None:
            self._is(whole, measure.n_treatment)
            self._is(holds, measure.treatment_value * measure.n_treatment)
        elif measure.why_not == "another class could be worked out from it":
            self.reader.between(holds.astype(float), self.minimum, np.inf)
            self.reader.between(whole.astype(float) - holds, self.minimum, np.inf)
        elif measure.why_not.endswith("people in the treatment group reoffended, or all but so few did"):
            self.reader.either(did.astype(float), (whole & ~did).astype(float), self.minimum - 1)

    def _read_follow_up(self, i: int, one: Analysis) -> None:
        n = one.matching.n_treatment_matched if one.matching else 0
        for row in one.follow_up:
            if row.treatment is not None and row.key == CUSTODY:
                self._is(self.block("returned") & self.compared(i) & self.has("returned", True), n * row.treatment)
        for curve in one.survival:
            for point in curve.points:
                by = self.compared(i) & self.has("time", *range(1, DAYS[point.day] + 1))
                self._is(by, n * (1 - point.treatment), 0.005 * n + 1e-6)

    def _read_levels(self, i: int, one: Analysis, pool: Mapping[tuple[str, str], float]) -> None:
        """Shares of the profile; differences before matching, solved for the number of people that they fit."""
        n = one.matching.n_treatment_matched if one.matching else 0
        for row in one.profile:
            if row.treatment is not None:
                self._is(self.at(i, row.characteristic, row.level), n * row.treatment)
        for row in one.balance.rows if one.balance else ():
            p, q = np.arange(n + 1) / n, pool[row.covariate, row.level]
            with np.errstate(invalid="ignore", divide="ignore"):
                smd = (p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
            fits = np.flatnonzero(np.abs(smd - row.smd_before) <= 0.00051)
            self.reader.between(self.at(i, row.covariate, row.level).astype(float), fits[0], fits[-1])

    def at(self, i: int, characteristic: str, level: str) -> np.ndarray:
        if characteristic == "Sex":
            return self.block("sex") & self.compared(i) & self.has("female", level == "Female")
        ages = list(map(int, re.findall(r"\d+", level)))
        low, high = ages[0], 999 if "over" in level else ages[-1]
        within = [place for place, (least, most) in enumerate(AGES) if low <= least and most <= high]
        return self.block("age") & self.compared(i) & self.has("age", *within)

    def _read_subgroups(self, i: int, one: Analysis) -> None:
        for row in one.subgroups.rows if one.subgroups else ():
            if row.n_treatment is None:
                continue
            kept = self.block("sex") & self.compared(i) & self.has(f"lost {i}", False)
            of = self.has("female", row.level == "Female") if row.by == "sex" else self.has("region", row.level)
            self._is(kept & of, row.n_treatment)
            self._is(kept & of & self.did(i), row.n_treatment * row.treatment_value)

    # --- what must not follow ---

    def protected(self, people: pd.DataFrame) -> dict[str, tuple[np.ndarray, int, int]]:
        """Counts that must not follow: what it is -> kinds, the true count, and of how many.

        Of every analysis, of every whole less regions that lie within it, and of one follow-up less another.
        """
        shown = [i for i, one in enumerate(self.analyses) if one.matching is not None]
        groups = {(i,): None for i in shown}
        wholes = [i for i in shown if not self.analyses[i].records]
        parts = [i for i in shown if self.analyses[i].records]
        groups |= {(w, *some): None for w in wholes for some in [(p,) for p in parts] + [tuple(parts)] if some}
        found = {}
        for whole, *others in groups:
            here = self._within(self.kinds, whole, others)
            true = self._within(people, whole, others, [a.id for a in self.analyses])
            n = int(true.sum())
            name = f"{self.analyses[whole].id} less {len(others)} {others}"
            found[f"{name}: size"] = (here & self.block("path"), n, 10**6)
            did = self.did(whole)
            later = 3 if self.analyses[whole].follow_up_months <= 12 else 4
            did_true = (people["time"] > 0) & (people["time"] < later)
            for what, some, truth in self._attributes(whole, did, did_true, people):
                found[f"{name}: {what}"] = (here & some, int((true & truth).sum()), n)
        return found

    def _within(self, frame, whole, others, ids=None):
        column = (lambda i: f"left {i}") if ids is None else (lambda i: f"reason {ids[i]}")
        inside = (frame[column(whole)] == STAY).to_numpy()
        for other in others:
            inside = inside & (frame[column(other)] != STAY).to_numpy()
        return inside

    def _attributes(self, i, did, did_true, people):
        outcome, sex = self.block("outcome"), self.block("sex")
        summary, custody = self.has("summary", True), self.has("custody", True)
        yield "rate", outcome & did, did_true
        yield "summary", outcome & did & summary, did_true & people["is_summary"]
        yield "either way", outcome & did & ~summary, did_true & ~people["is_summary"]
        yield "custody", outcome & did & custody, did_true & people["custody"]
        yield "no custody", outcome & did & ~custody, did_true & ~people["custody"]
        yield "soon", self.has("time", 1), people["time"] == 1
        yield "returned", self.has("returned", True), people["returned"]
        yield "women", sex & self.has("female", True), people["female"]
        lost, lost_true = self.has(f"lost {i}", True), people[f"lost {self.analyses[i].id}"]
        for name, some, truth in (("women", self.has("female", True), people["female"]), ("all", sex, True)):
            yield f"lost {name}", sex & some & lost, truth & lost_true
            yield f"{name} lost who reoffended", sex & some & lost & did, truth & lost_true & did_true
        for name, some, truth in (("women", True, people["female"]), ("men", False, ~people["female"])):
            yield f"{name} who reoffended", sex & self.has("female", some) & did, truth & did_true
        for place in range(len(AGES)):
            yield f"age {place}", self.has("age", place), people["age_band"] == place


def given_away(found: Findings, people: pd.DataFrame, pools: Mapping) -> dict[str, int]:
    """Counts of few people, of none, or of all but few, that can have one value only; withheld small counts too."""
    one = ReaderOfFindings(found, pools)
    targets, truth = dict(one.reader.withheld), {}
    for name, (some, count, n) in one.protected(people).items():
        is_size = name.endswith("size")
        if n and (0 < count < one.minimum if is_size else not one.minimum <= count <= n - one.minimum):
            if count or ": lost" not in name and "lost who" not in name:
                targets[name], truth[name] = some.astype(float), count
    certain = one.reader.certain_of(targets)
    wrong = {name: (value, truth[name]) for name, value in certain.items() if truth.get(name, value) != value}
    assert not wrong, f"the reader errs: {wrong}"
    return {name: n for name, n in certain.items() if name in truth or n < one.minimum}
