"""The little Markdown of reports, as a tree that HTML and PDF are both drawn from.

Words made by rules (`document.Words`, `document.Inset`) have paragraphs, ``- `` items and ``**strong**``: no escapes,
no emphasis, no headings, so that a service called ``*A_b_*`` keeps its name. Markdown cells of a notebook may also have
headings, numbered and nested lists and *emphasis*. Anything else (HTML, links, images, code) is shown as typed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape
from typing import Any

import mistune

#: ``{"type": "heading", "level", "text"}``, ``{"type": "paragraph", "inline"}``, ``{"type": "list", "ordered", "start",
#: "items"}`` (each item a list of blocks); inline ``{"type": "text", "text"}``, ``{"type": "strong" | "emphasis",
#: "inline"}``, ``{"type": "break"}``, on pages with definitions ``{"type": "term", "text", "id"}`` and, on the lab's
#: own (`with_code_spans`), ``{"type": "code", "text"}``.
Node = dict[str, Any]

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
#: Stands beside a mark that belongs to a name (`wording.plain`), so that it is not read as one; dropped by `clean`.
KEPT = "\N{WORD JOINER}"

#: Characters that JSON may hold as they are, and that a terminal or an editor obeys.
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HOLDERS = ("strong", "emphasis")
_CODE = re.compile(r"`([^`\n]+)`")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
#: Letters of scripts that are written from right to left: Hebrew, Arabic, Syriac, Thaana, N'Ko and older ones.
_LEFTWARDS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff"
_LEFTWARDS_RUN = re.compile(rf"[{_LEFTWARDS}](?:(?:[{_LEFTWARDS}\xa0 0-9'’\"&/-]|\.(?! ))*[{_LEFTWARDS}])?")


def clean(text: str) -> str:
    """`text` in composed form without control, direction-changing and zero-width characters.

    Line ends become ``\\n`` and other spaces a plain or no-break space. Nothing that a reader could see is lost.
    """
    return _clean(text)


def _clean(text: str, keep: str = "") -> str:
    text = str(text)
    if text.isascii() and text.isprintable():  # most texts: each of these characters stays as it is
        return text
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join([c if c in keep else _clean_character(c) for c in text])


def escaped_json(text: str) -> str:
    """JSON in which no terminal finds a command and no line turns its direction: such characters as ``\\u009b``."""
    return _OBEYED.sub(lambda c: f"\\u{ord(c[0]):04x}", text)


def one_line(text: str) -> str:
    """`text` from outside as every page, sheet and sentence shows it: `clean`, in one line, with single spaces."""
    return " ".join(clean(text).split())


def isolated(text: str) -> str:
    """`text` for a page, with what is written from right to left between U+2068 and U+2069.

    A Hebrew or Arabic name then turns round neither the rest of its sentence nor the figures beside it. Characters, not
    ``<bdi>``: they also work in a page's title, in attributes and in drawings.
    """
    return _LEFTWARDS_RUN.sub("\N{FIRST STRONG ISOLATE}\\g<0>\N{POP DIRECTIONAL ISOLATE}", text)


def parse_words(text: str) -> list[Node]:
    """The text of words and insets: paragraphs, ``- `` items and ``**strong**``."""
    nodes: list[Node] = []
    for part in re.split(r"\n\s*\n", _clean(text, KEPT)):
        lines: list[str] = []
        for line in filter(None, (line.strip() for line in part.split("\n"))):
            if line.startswith("- ") or not lines or lines[-1].startswith("- "):
                lines.append(line)
            else:
                lines[-1] += f" {line}"
        for line in lines:
            if not line.startswith("- "):
                nodes.append({"type": "paragraph", "inline": _strong(line)})
                continue
            if not (nodes and nodes[-1]["type"] == "list"):
                nodes.append({"type": "list", "ordered": False, "start": 1, "items": []})
            nodes[-1]["items"].append([{"type": "paragraph", "inline": _strong(line[2:].strip())}])
    return nodes


def parse_markdown(text: str) -> list[Node]:
    """A notebook's Markdown cell."""
    reader = mistune.Markdown(renderer=None)
    reader.block.rules = ["atx_heading", "list", "blank_line"]
    reader.block.list_rules = ["list", "blank_line"]
    reader.inline.rules = ["escape", "emphasis", "linebreak", "softbreak"]
    return [node for token in reader(clean(text)) for node in _block(token)]


def with_code_spans(nodes: list[Node]) -> list[Node]:
    """The tree with what stands between two backticks as code."""
    found: list[Node] = []
    for node in nodes:
        if node["type"] == "text":
            parts = enumerate(_CODE.split(node["text"]))
            found += [{"type": "code" if i % 2 else "text", "text": part} for i, part in parts if part]
        elif "items" in node:
            found.append(node | {"items": [with_code_spans(item) for item in node["items"]]})
        else:
            found.append(node | {"inline": with_code_spans(node["inline"])} if "inline" in node else node)
    return found


def words(inline: list[Node]) -> str:
    """The text of inline nodes, without their emphasis."""
    return "".join(words(n["inline"]) if "inline" in n else n.get("text", " ") for n in inline)


def to_html(nodes: list[Node]) -> str:
    """The tree as HTML; all text is escaped. Headings are left to the renderer, which numbers and nests them."""
    return "".join(_html(node) for node in nodes)


@lru_cache(maxsize=4096)
def _clean_character(c: str) -> str:
    if c in "\n\N{NO-BREAK SPACE}":
        return c
    kind = unicodedata.category(c)
    if kind in ("Zl", "Zp") or c == "\r":
        return "\n"
    if kind == "Zs" or c == "\t":
        return " "
    if kind in ("Cs", "Co", "Cn"):
        return REPLACEMENT
    return "" if kind in ("Cc", "Cf") else c


def _strong(text: str) -> list[Node]:
    nodes: list[Node] = []
    for i, part in enumerate(_STRONG.split(text)):
        if part:
            node = {"type": "text", "text": part.replace(KEPT, "")}
            nodes.append({"type": "strong", "inline": [node]} if i % 2 else node)
    return nodes


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
            return escape(isolated(node["text"]))
        case "term":
            button = f'<button type="button" class="term" popovertarget="{escape(node["id"])}">'
            return f"{button}{escape(isolated(node['text']))}</button>"
        case "code":
            return f'<code dir="ltr">{escape(node["text"])}</code>'
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
