"""Two runs laid side by side: what differs in their settings, tables and sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from .. import document
from ..findings import Findings, small_differences
from ..markup import Node, words
from ..render.parts import Box, Figure, Heading, Part, Prose, Report, Table
from ..tables import setting_rows
from .runs import Run

#: Sections of the page, and the keys of the report's tables that belong to each; every other table holds results.
COUNTS = ("flow", "flow_parts", "pool_flow", "linkage")
#: Tables that are not compared, as what they hold is compared elsewhere.
_ELSEWHERE = ("settings", "provenance", "sign_offs")
#: What stands for the value of something that one of the runs does not have.
ABSENT = "not there"
#: Share of words that two sentences have in common if one is taken for the other, changed.
ALIKE = 0.5
_SENTENCE_END = re.compile(r"(?<=[.!?:”])\s+(?=[“A-Z0-9])")


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
    telling : tuple of str
        What the counts of both runs, laid side by side, tell of fewer people than may be told of.
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
    telling: tuple[str, ...] = ()

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
        counted["together_they_tell"] = list(self.telling)
        return {"before": self.before.name, "after": self.after.name, **parts, **counted}


_PARTS = ("settings", "made", "counts", "results", "sentences")


def differences_between(before: Run, after: Run) -> Differences:
    """Compare two runs of a request.

    Tables are compared row by row under their group and first cell, columns by their header; sentences section by
    section, in order. A table or section that one of the reports lacks counts with all it holds.
    """
    tables = list(_table_changes(before, after))
    sentences, n_same = _sentence_changes(before, after)
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


def _telling(before: Findings | None, after: Findings | None) -> tuple[str, ...]:
    found = small_differences(before, after) if before is not None and after is not None else ()
    return tuple(dict.fromkeys(one.words for one in found))


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


# --- tables ----------------------------------------------------------------------------------------------------------


def _table_changes(before: Run, after: Run) -> Iterator[tuple[str, Change]]:
    several = len(before.reports.keys() | after.reports.keys()) > 1
    for analysis in dict.fromkeys((*before.reports, *after.reports)):
        old, new = (_tables(run.reports.get(analysis)) for run in (before, after))
        for key in dict.fromkeys((*old, *new)):
            caption = (new.get(key) or old.get(key)).caption
            where = f"{caption} ({_title(before, after, analysis)})" if several else caption
            for (row, column), cells in _both(_cells(old.get(key)), _cells(new.get(key))):
                yield key, Change(where, f"{row}: {column}" if column else row, *cells)


def _tables(report: Report | None) -> dict[str, document.Table]:
    parts = report.parts if report is not None else ()
    found = {part.block.key: part.block for part in parts if isinstance(part, Table)}
    return {key: table for key, table in found.items() if key not in _ELSEWHERE}


def _cells(table: document.Table | None) -> dict[tuple[str, str], str]:
    """Row and column -> cell, of all but the first column, which names the rows."""
    if table is None:
        return {}
    groups = table.groups or [""] * len(table.rows)
    names = [row[0] if re.search(r"[^\W\d]", row[0]) else f"{table.columns[0]}: {row[0]}" for row in table.rows]
    named = [f"{group}, {name}" if group else name for group, name in zip(groups, names, strict=True)]
    found = (
        ((name, column), cell)
        for name, row in zip(named, table.rows, strict=True)
        for column, cell in zip(table.columns[1:], row[1:], strict=True)
    )
    return dict(_unique(found))


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
    """The pairs, a key that comes again with its number, so that none takes the place of another."""
    seen: Counter[tuple[str, str]] = Counter()
    for (where, what), value in found:
        seen[where, what] += 1
        n = seen[where, what]
        yield ((where, what) if n == 1 else (where, f"{what} ({n})")), value


# --- sentences -------------------------------------------------------------------------------------------------------


def _sentence_changes(before: Run, after: Run) -> tuple[list[SentenceChange], int]:
    found, n_same = [], 0
    several = len(before.reports.keys() | after.reports.keys()) > 1
    for analysis in dict.fromkeys((*before.reports, *after.reports)):
        old, new = (_sections(run.reports.get(analysis)) for run in (before, after))
        for section in dict.fromkeys((*old, *new)):
            where = f"{section} ({_title(before, after, analysis)})" if several else section
            said, now = old.get(section, []), new.get(section, [])
            for kind, a, b, c, d in SequenceMatcher(None, said, now, autojunk=False).get_opcodes():
                if kind == "equal":
                    n_same += b - a
                else:
                    found += [SentenceChange(where, *pair) for pair in _paired(said[a:b], now[c:d])]
    return found, n_same


def _paired(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Sentences of both, in order: those that have much in common side by side, the others by themselves."""
    for sentence in old:
        alike = next((place for place, other in enumerate(new) if likeness(sentence, other) >= ALIKE), None)
        if alike is None:
            yield sentence, ""
            continue
        yield from (("", other) for other in new[:alike])
        yield sentence, new[alike]
        new = new[alike + 1 :]
    yield from (("", other) for other in new)


def likeness(old: str, new: str) -> float:
    """The share of words that two sentences have in common, in order: 0 to 1."""
    return SequenceMatcher(None, old.split(), new.split(), autojunk=False).ratio()


def _sections(report: Report | None) -> dict[str, list[str]]:
    """Heading -> the sentences below it, with those of captions and notes; what stands before any under the title."""
    if report is None:
        return {}
    found: dict[str, list[str]] = {}
    section = report.title
    for part in report.parts:
        if isinstance(part, Heading):
            section = part.text
        else:
            found.setdefault(section, []).extend(s for text in _texts(part) for s in _SENTENCE_END.split(text) if s)
    return found


def _texts(part: Part) -> Iterator[str]:
    match part:
        case Prose() | Box():
            yield from filter(None, [getattr(part, "title", "")])
            yield from (text for node in part.blocks for text in _paragraphs(node))
        case Table() | Figure():
            yield from filter(None, (part.block.caption, part.block.note))


def _paragraphs(node: Node) -> Iterator[str]:
    if "inline" in node:
        yield words(node["inline"])
    for item in node.get("items", ()):
        for block in item:
            yield from _paragraphs(block)


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
