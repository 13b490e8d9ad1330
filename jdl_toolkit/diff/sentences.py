"""Two reports laid side by side, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from ..markup import Node, words
from ..render.parts import Box, Figure, Heading, Part, Prose, Report, Table

#: Share of words that two sentences have in common if one is taken for the other, changed.
ALIKE = 0.5
#: A full stop, question mark or exclamation mark, with what closes after it, before a capital or a number; what stands
#: before and after a colon is one sentence, so that an item of a list, ``name: 13 (15).``, is.
_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][”)]))\s+(?=[“A-Z0-9])")

#: Heading, and the words below it in either run; empty for what was added or taken away.
Pair = tuple[str, str, str]


def sentence_changes(before: Report | None, after: Report | None) -> tuple[list[Pair], int]:
    """Sentences that are not the same, section by section; and how many are."""
    old, new = sections(before), sections(after)
    found, n_same = [], 0
    for section in dict.fromkeys((*old, *new)):
        said, now = old.get(section, []), new.get(section, [])
        for kind, a, b, c, d in SequenceMatcher(None, said, now, autojunk=False).get_opcodes():
            if kind == "equal":
                n_same += b - a
            else:
                found += [(section, *pair) for pair in paired(said[a:b], now[c:d])]
    return found, n_same


def paired(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Sentences of both, in order: those that have most in common side by side, the others by themselves."""
    likely = [[_weight(a, b) for b in new] for a in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]  # of what is left from there on
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], likely[i][j] and likely[i][j] + best[i + 1][j + 1])
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and likely[i][j] and best[i][j] == likely[i][j] + best[i + 1][j + 1]:
            yield old[i], new[j]
            i, j = i + 1, j + 1
        elif j < len(new) and (i == len(old) or best[i][j] == best[i][j + 1]):
            yield "", new[j]
            j += 1
        else:
            yield old[i], ""
            i += 1


def likeness(old: str, new: str) -> float:
    """The share of words that two sentences have in common, in order: 0 to 1; numbers are no words."""
    one, other = ([word for word in text.split() if re.search(r"[^\W\d]", word)] for text in (old, new))
    return _ratio(one, other) if one and other else _ratio(old.split(), new.split())


def _ratio(one: list[str], other: list[str]) -> float:
    found = SequenceMatcher(None, one, other, autojunk=False)
    return found.ratio() if found.real_quick_ratio() >= ALIKE and found.quick_ratio() >= ALIKE else 0.0


def _weight(old: str, new: str) -> float:
    """Likeness of two that may be one changed, else 0; of two that are as alike, the one with more numbers too."""
    alike = likeness(old, new)
    return alike + 0.01 * _ratio(old.split(), new.split()) if alike >= ALIKE else 0.0


def sections(report: Report | None) -> dict[str, list[str]]:
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
