"""The glossary of a report, with no other terms than are said in the rest of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..markup import Node
from .parts import Box, Figure, Glossary, Heading, Part, Prose, Table


def with_terms_that_occur(parts: list[Part], heads: tuple[str, ...]) -> list[Part]:
    """The parts with no other terms in the glossary than are said in the rest of the report."""
    from ..narrative import terms  # with it comes all that draws, which a page without a glossary does without

    said = terms.occurring([*heads, *(text for part in parts for text in _texts(part))])
    kept: list[Part] = []
    for part in parts:
        if isinstance(part, Glossary):
            part = Prose(tuple(_only(node, said) for node in part.blocks))
            if not any(node.get("items") for node in part.blocks):
                continue
        kept.append(part)
    return kept


def _only(node: Node, said: frozenset[str]) -> Node:
    """A list of terms with those items alone whose term is `said`."""
    if node["type"] != "list":
        return node
    return node | {"items": [item for item in node["items"] if _inner_text(item[0]["inline"][0]) in said]}


def _texts(part: Part) -> Iterator[str]:
    """What a reader reads of a part; nothing of a glossary."""
    match part:
        case Heading():
            yield part.text
        case Prose() | Box():
            yield getattr(part, "title", "")
            yield from (_inner_text(node) for node in part.blocks)
        case Table():
            yield from (part.block.caption, part.block.note, *part.block.columns, *part.block.groups)
            yield from (cell for row in part.block.rows for cell in row)
        case Figure():
            yield from (part.block.caption, part.block.note, re.sub(r"<[^>]*>", "\n", part.block.svg))


def _inner_text(node: Node) -> str:
    """All text within a node of Markdown, one paragraph or item on a line."""
    if "text" in node:
        return node["text"]
    if "items" in node:
        return "\n".join(_inner_text(block) for item in node["items"] for block in item)
    return "".join(_inner_text(inner) for inner in node.get("inline", ()))
