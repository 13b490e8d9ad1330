"""The glossary of a report: no other terms than are said in the rest of it, and where a page offers their meanings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..markup import Node, words
from .parts import Box, Figure, Glossary, Heading, Part, Prose, Table

#: Words that are to be quoted as they stand.
_QUOTED = "“[^”]*”"


@dataclass(frozen=True)
class Meaning:
    """A term of the glossary and what it means."""

    term: str
    text: str

    @property
    def id(self) -> str:
        """Of the meaning on a page."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-")


def with_terms_that_occur(parts: list[Part], heads: tuple[str, ...]) -> list[Part]:
    """The parts with no other terms in the glossary than are said in the rest of the report."""
    from ..narrative import terms  # with it comes all that draws, which a page without a glossary does without

    said = terms.occurring([*heads, *(text for part in parts for text in _texts(part))])
    kept = [replace(part, blocks=_only(part.blocks, said)) if isinstance(part, Glossary) else part for part in parts]
    return [part for part in kept if not isinstance(part, Glossary) or meanings([part])]


def meanings(parts: Iterable[Part]) -> list[Meaning]:
    """The terms of the report's glossary, whose items are ``**Term**: meaning``."""
    items = [
        item for part in parts if isinstance(part, Glossary) for node in part.blocks for item in node.get("items", ())
    ]
    return [Meaning(_term(item), words(item[0]["inline"][1:]).removeprefix(": ")) for item in items]


def with_marks(parts: Iterable[Part], names: Iterable[str] = ()) -> tuple[list[Part], list[Meaning]]:
    """The parts with each term of the glossary marked where a section first says it, and what the marked ones mean.

    Marked are words of paragraphs, lists and boxes. Never marked are headings, tables, captions and notes; names from
    outside; somebody else's words; and what stands between quotation marks.

    Parameters
    ----------
    parts : iterable of Part
    names : iterable of str
        Names from outside: of an organisation, a service, a place.
    """
    parts = list(parts)
    known = meanings(parts)
    ids = {meaning.term: meaning.id for meaning in known}
    names = sorted(filter(None, names), key=len, reverse=True)
    unmarked = re.compile("|".join([_QUOTED, *map(re.escape, names)]), re.IGNORECASE)
    marked: list[Part] = []
    sections = [_Section(ids, unmarked)]
    for part in parts:
        if isinstance(part, Heading) and part.level == 2:
            sections.append(_Section(ids, unmarked))
        elif isinstance(part, Prose | Box) and not (isinstance(part, Glossary) or getattr(part, "quoted", False)):
            part = replace(part, blocks=tuple(map(sections[-1].block, part.blocks)))
        marked.append(part)
    return marked, [meaning for meaning in known if any(meaning.term not in section.ids for section in sections)]


class _Section:
    """Marks each term once; `ids` are those of the terms that it has not said yet."""

    def __init__(self, ids: dict[str, str], unmarked: re.Pattern[str]) -> None:
        self.ids = dict(ids)
        self.unmarked = unmarked

    def block(self, node: Node) -> Node:
        if node["type"] == "list":
            return node | {"items": [[self.block(inner) for inner in item] for item in node["items"]]}
        return node | {"inline": _split(node["inline"], 0, self.mentions(words(node["inline"])))}

    def mentions(self, text: str) -> list[tuple[int, int, str]]:
        """Places of a paragraph's text to mark, each with the id of its term's meaning."""
        from ..narrative import terms  # as above

        taken = [found.span() for found in self.unmarked.finditer(text)]
        return [
            (start, end, self.ids.pop(term))
            for start, end, term in (terms.mentions(text) if self.ids else ())
            if term in self.ids and not any(start < last and first < end for first, last in taken)
        ]


def _split(inline: list[Node], start: int, mentions: list[tuple[int, int, str]]) -> list[Node]:
    """Inline nodes, the first beginning at `start` of its paragraph's text, with the mentions as nodes of their own."""
    nodes: list[Node] = []
    for node in inline:
        end = start + len(words([node]))
        if "inline" in node:
            node = node | {"inline": _split(node["inline"], start, mentions)}
        inside = [m for m in mentions if start <= m[0] and m[1] <= end] if node["type"] == "text" else []
        for first, last, id in inside:
            text = node["text"]
            nodes.append({"type": "text", "text": text[: first - start]})
            nodes.append({"type": "term", "text": text[first - start : last - start], "id": id})
            node, start = {"type": "text", "text": text[last - start :]}, last
        nodes.append(node)
        start = end
    return [node for node in nodes if node.get("text", True)]


def _term(item: list[Node]) -> str:
    return words(item[0]["inline"][:1])


def _only(blocks: tuple[Node, ...], said: frozenset[str]) -> tuple[Node, ...]:
    """Lists of terms with those items alone whose term is `said`."""
    return tuple(
        node | {"items": [item for item in node["items"] if _term(item) in said]} if node["type"] == "list" else node
        for node in blocks
    )


def _texts(part: Part) -> Iterator[str]:
    """What a reader reads of a part; nothing of a glossary."""
    match part:
        case Heading():
            yield part.text
        case Glossary():
            return
        case Prose() | Box():
            yield getattr(part, "title", "")
            yield from (_inner_text(node) for node in part.blocks)
        case Table():
            yield from (part.block.caption, part.block.note, *part.block.columns, *part.block.groups)
            yield from (cell for row in part.block.rows for cell in row)
        case Figure():
            yield from (part.block.caption, part.block.note, re.sub(r"<[^>]*>", "\n", part.block.svg))


def _inner_text(node: Node) -> str:
    """All text within a block of Markdown, one paragraph or item on a line."""
    if "items" in node:
        return "\n".join(_inner_text(block) for item in node["items"] for block in item)
    return words(node["inline"])
