"""The little Markdown that readers' words may use: paragraphs, lists, **strong**, *emphasis*; headings in notebooks.

Anything else (HTML, links, images, code, quotes) is not markup here and is shown as it was typed. Text from outside is
put into a sentence by `literal`, so that an organisation called ``*A*`` keeps its stars.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import mistune

from .typeface import clean

Node = dict[str, Any]

_HOLDERS = ("strong", "emphasis")


def literal(text: str) -> str:
    """`text` written so that `parse` gives back exactly these words, on one line, whatever they contain."""
    text = " ".join(clean(text).split())
    text = re.sub(r"([\\*_])", r"\\\1", text)
    return re.sub(r"^([#+-]|\d+(?=[.)]))", lambda m: f"\\{m[0]}" if not m[0].isdigit() else f"{m[0]}\\", text)


def parse(text: str, headings: bool = False) -> list[Node]:
    """Markdown as a tree of plain values, the same for every renderer.

    Parameters
    ----------
    text : str
    headings : bool
        Read ``## …`` as a heading. Off for words and insets, whose place in the report is not theirs to choose.

    Returns
    -------
    list of dict
        ``{"type": "heading", "level", "text"}``, ``{"type": "paragraph", "inline"}``,
        ``{"type": "list", "ordered", "start", "items"}`` (each item a list of blocks). Inline nodes are
        ``{"type": "text", "text"}``, ``{"type": "strong" | "emphasis", "inline"}`` and ``{"type": "break"}``.
    """
    reader = mistune.Markdown(renderer=None)
    reader.block.rules = ["atx_heading", "list", "blank_line"] if headings else ["list", "blank_line"]
    reader.block.list_rules = ["list", "blank_line"]
    reader.inline.rules = ["escape", "emphasis", "linebreak", "softbreak"]
    return [node for token in reader(clean(text)) for node in _block(token)]


def words(inline: list[Node]) -> str:
    """The text of inline nodes, without their emphasis."""
    return "".join(words(n["inline"]) if "inline" in n else n.get("text", " ") for n in inline)


def to_html(nodes: list[Node]) -> str:
    """The tree as HTML; all text is escaped. Headings are left to the renderer, which numbers and nests them."""
    return "".join(_html(node) for node in nodes)


def _block(token: Node) -> list[Node]:
    kind = token["type"]
    if kind == "heading":
        return [
            {"type": "heading", "level": token["attrs"]["level"], "text": words(_inline(token["children"])).strip()}
        ]
    if kind in ("paragraph", "block_text"):
        return [{"type": "paragraph", "inline": _inline(token["children"])}]
    if kind == "list":
        items = [[n for child in item["children"] for n in _block(child)] for item in token["children"]]
        attrs = token["attrs"]
        return [{"type": "list", "ordered": attrs["ordered"], "start": attrs.get("start", 1), "items": items}]
    return []


def _inline(tokens: list[Node]) -> list[Node]:
    nodes: list[Node] = []
    for token in tokens:
        if token["type"] in _HOLDERS:
            nodes.append({"type": token["type"], "inline": _inline(token["children"])})
        elif token["type"] == "linebreak":
            nodes.append({"type": "break"})
        else:
            text = " " if token["type"] == "softbreak" else token["raw"]
            if nodes and nodes[-1]["type"] == "text":
                nodes[-1] = {"type": "text", "text": nodes[-1]["text"] + text}
            else:
                nodes.append({"type": "text", "text": text})
    return nodes


def _html(node: Node) -> str:
    match node["type"]:
        case "text":
            return escape(node["text"])
        case "break":
            return "<br>"
        case "strong":
            return f"<strong>{to_html(node['inline'])}</strong>"
        case "emphasis":
            return f"<em>{to_html(node['inline'])}</em>"
        case "paragraph":
            return f"<p>{to_html(node['inline'])}</p>"
        case "list":
            tag, start = (
                ("ol", f' start="{node["start"]}"' if node["start"] != 1 else "") if node["ordered"] else ("ul", "")
            )
            return f"<{tag}{start}>{''.join(f'<li>{_item(item)}</li>' for item in node['items'])}</{tag}>"
    return ""


def _item(blocks: list[Node]) -> str:
    """A list item; one of a single paragraph stands without paragraph tags."""
    first, *rest = blocks or [{"type": "paragraph", "inline": []}]
    tight = first["type"] == "paragraph" and all(b["type"] == "list" for b in rest)
    return (to_html(first["inline"]) if tight else _html(first)) + to_html(rest)
