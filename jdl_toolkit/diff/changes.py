"""Two runs laid side by side: what differs in their settings, tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from .. import document
from ..findings import Findings, SmallDifference, small_differences
from ..render.parts import Report, Table
from ..tables import setting_rows
from .cells import ABSENT, changes_of, numbered
from .runs import Run
from .sentences import sentence_changes

#: Sections of the page, and the keys of the report's tables that belong to each; every other table holds results.
COUNTS = ("flow", "flow_parts", "pool_flow", "linkage")
#: Tables of results that come first; the others in the report's order.
FIRST = ("measures", "estimates", "follow_up")
#: Tables that are not compared, as what they hold is compared elsewhere.
_ELSEWHERE = ("settings", "provenance", "sign_offs")


@dataclass(frozen=True)
class Change:
    """One printed value that is not the same: where it stands, what it is, and how it reads in either run."""

    where: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class SentenceChange:
    """Words of a report that are not the same; `before` or `after` is empty for what was added or taken away."""

    where: str
    before: str
    after: str


@dataclass(frozen=True)
class Differences:
    """All that changed from one run to the other.

    Parameters
    ----------
    before, after : Run
    settings, made, counts, results : tuple of Change
        The specification; inputs, versions and status; the flow and the linkage; every other table.
    sentences : tuple of SentenceChange
    n_same : int
        Sentences that both reports have.
    n_values : int
        Single values of the analyses in `findings.json` that differ, printed or not.
    telling : tuple of SmallDifference
        Counts of both runs that, laid side by side, tell of fewer people than may be told of.
    """

    before: Run
    after: Run
    settings: tuple[Change, ...]
    made: tuple[Change, ...]
    counts: tuple[Change, ...]
    results: tuple[Change, ...]
    sentences: tuple[SentenceChange, ...]
    n_same: int
    n_values: int
    telling: tuple[SmallDifference, ...] = ()

    @property
    def n_changes(self) -> int:
        """How many printed things changed."""
        return sum(len(part) for part in (self.settings, self.made, self.counts, self.results, self.sentences))

    @property
    def is_empty(self) -> bool:
        return not self.n_changes and not self.n_values

    def to_json(self) -> dict[str, Any]:
        """Every change as plain values."""
        parts = {name: [vars(one) for one in getattr(self, name)] for name in _PARTS}
        counted = {"sentences_unchanged": self.n_same, "values_of_findings_changed": self.n_values}
        counted["together_they_tell"] = [one.words for one in self.telling]
        return {"before": self.before.name, "after": self.after.name, **parts, **counted}


_PARTS = ("settings", "made", "counts", "results", "sentences")


def differences_between(before: Run, after: Run) -> Differences:
    """Compare two runs of a request.

    Tables are compared row by row under their group and first cell, columns by their header; a table, row or column
    that one of the reports lacks is one change. Sentences are compared section by section, in order.
    """
    tables = list(_table_changes(before, after))
    sentences, n_same = _sentences(before, after)
    return Differences(
        before=before,
        after=after,
        settings=tuple(_setting_changes(before, after)),
        made=tuple(_changed(_made(before), _made(after))),
        counts=tuple(change for key, change in tables if key in COUNTS),
        results=tuple(change for key, change in tables if key not in COUNTS),
        sentences=tuple(sentences),
        n_same=n_same,
        n_values=_n_unlike(_values(before.findings), _values(after.findings)),
        telling=_telling(before.findings, after.findings),
    )


def _telling(before: Findings | None, after: Findings | None) -> tuple[SmallDifference, ...]:
    found = small_differences(before, after) if before is not None and after is not None else ()
    return tuple(dict.fromkeys(found))


# --- settings and inputs ---------------------------------------------------------------------------------------------


def _setting_changes(before: Run, after: Run) -> Iterator[Change]:
    """Settings in readers' words."""
    old, new = (dict(_settings(run.settings)) for run in (before, after))
    yield from _changed(old, new)


def _settings(settings: dict[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    analyses = settings.get("analyses") or {}
    rows = setting_rows({key: value for key, value in settings.items() if key not in ("analyses", "analysis")})
    yield from _unique((("Request", label), value) for label, value in rows)
    for name, own in analyses.items():
        rows = setting_rows(own if isinstance(own, dict) else {"value": own})
        yield from _unique(((f"Analysis {name}", label), value) for label, value in rows)


def _made(run: Run) -> dict[tuple[str, str], str]:
    """What a run was made from and with."""
    found = {("Run", "Status"): run.status}
    found |= {("Input", name): f"SHA-256 {digest[:12]}…" for name, digest in run.inputs.items()}
    if run.findings is not None:
        made = run.findings.provenance
        found |= {
            ("Register", "Extract"): made.extract,
            ("Toolkit", "Version"): made.toolkit_version,
            ("Toolkit", "Commit"): made.toolkit_commit or ABSENT,
        }
        found |= {("Package", name): version for name, version in made.packages.items()}
    return found


# --- the reports ------------------------------------------------------------------------------------------------------


def _analyses(before: Run, after: Run) -> Iterator[tuple[str, Report | None, Report | None]]:
    """What is written after a place in the report of each analysis, if there are several; and both its reports."""
    ids = tuple(dict.fromkeys((*after.reports, *before.reports)))
    for name in ids:
        ending = f" ({_title(before, after, name)})" if len(ids) > 1 else ""
        yield ending, before.reports.get(name), after.reports.get(name)


def _table_changes(before: Run, after: Run) -> Iterator[tuple[str, Change]]:
    for ending, *reports in _analyses(before, after):
        old, new = map(_tables, reports)
        for key in sorted(dict.fromkeys((*new, *old)), key=_place):
            where = (new.get(key) or old[key]).caption + ending
            yield from ((key, Change(where, *pair)) for pair in changes_of(old.get(key), new.get(key)))


def _place(key: str) -> int:
    return FIRST.index(key) if key in FIRST else len(FIRST)


def _tables(report: Report | None) -> dict[str, document.Table]:
    parts = report.parts if report is not None else ()
    found = {part.block.key: part.block for part in parts if isinstance(part, Table)}
    return {key: table for key, table in found.items() if key not in _ELSEWHERE}


def _sentences(before: Run, after: Run) -> tuple[list[SentenceChange], int]:
    found, n_same = [], 0
    for ending, *reports in _analyses(before, after):
        pairs, n = sentence_changes(*reports)
        found += [SentenceChange(section + ending, *pair) for section, *pair in pairs]
        n_same += n
    return found, n_same


def _title(before: Run, after: Run, analysis: str) -> str:
    found = [a.title for run in (after, before) if run.findings for a in run.findings.analyses if a.id == analysis]
    return found[0]


def _changed(old: dict[tuple[str, str], str], new: dict[tuple[str, str], str]) -> Iterator[Change]:
    for (where, what), cells in _both(old, new):
        yield Change(where, what, *cells)


def _both(
    old: dict[tuple[str, str], str], new: dict[tuple[str, str], str]
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        if before != after:
            yield key, (before, after)


def _unique(found: Iterable[tuple[tuple[str, str], str]]) -> Iterator[tuple[tuple[str, str], str]]:
    """The pairs, a name that comes again in a place with its number."""
    pairs = list(found)
    for where in dict.fromkeys(where for (where, _), _ in pairs):
        own = [(what, value) for (place, what), value in pairs if place == where]
        yield from (((where, what), own[n][1]) for n, what in enumerate(numbered(what for what, _ in own)))


# --- what was never printed ------------------------------------------------------------------------------------------


def _values(findings: Findings | None) -> Any:
    """All that the analyses hold."""
    return {} if findings is None else findings.model_dump(mode="json", include={"linkage", "analyses"})


def _n_unlike(old: Any, new: Any) -> int:
    """How many single values of two trees are not the same, or are in one of them alone."""
    if isinstance(old, dict) and isinstance(new, dict):
        return sum(_n_unlike(old.get(key), new.get(key)) for key in old.keys() | new.keys())
    if isinstance(old, list) and isinstance(new, list):
        return sum(_n_unlike(a, b) for a, b in zip_longest(old, new))
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        return _n_leaves(old) + _n_leaves(new)
    return int(old != new)


def _n_leaves(value: Any) -> int:
    if isinstance(value, dict | list):
        return sum(_n_leaves(part) for part in (value.values() if isinstance(value, dict) else value))
    return int(value is not None)
