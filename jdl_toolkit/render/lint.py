"""What accessibility checkers let pass: captions, alternative text, row headers, headings, ids, outside references.

They find what a machine can tell from a page drawn by a browser (tests/browser.py); these rules need none, so that no
page is ever written that breaks them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_FORBIDDEN = frozenset("script iframe object embed base form applet frame link audio video".split())
_LOADS = frozenset("src srcset poster data background action formaction ping manifest".split())
_LEAST_ALT = 20
#: Embeddings, overrides and marks, which reach beyond the text they stand in; isolates end with it.
_TURNS = re.compile("[\u202a-\u202e\u200e\u200f\u061c]")
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_NAMED = ("title", "desc", "caption", "th", "a", "button", "summary", "h1", "h2", "h3", "h4", "h5", "h6")


def lint_html(html: str, with_script: bool = False) -> list[str]:
    """Faults of a report's HTML, in plain words; empty when there are none.

    Checked: language and title; one main part and, first of all, a link to it; one h1, no skipped and no empty heading;
    unique ids, and targets for all that refer to one; a name and a description of at least 20 characters for each
    drawing, which are not the same; captions of figures and tables; text and scope of all header cells and a header for
    each row; names of links and buttons; order of the keyboard as that of the text; no character that turns the
    direction of writing for good; a policy that forbids scripts, nothing that loads from elsewhere and no script.

    Parameters
    ----------
    html : str
    with_script : bool
        The page may have scripts and data of its own; the policy must then name the hash of each script and style that
        stands in it, and let nothing else run.
    """
    page = _Page(_FORBIDDEN - {"script"} if with_script else _FORBIDDEN)
    page.feed(html)
    page.close()
    faults = page.faults + _headings(page.headings) + _ids(page)
    faults += [] if page.lang else ["the page does not say its language"]
    faults += [] if page.title.strip() else ["the page has no title"]
    faults += [] if page.n_main == 1 else [f"there are {page.n_main} main parts, not one"]
    faults += [] if page.first_link == "#main" else ["the first link does not lead past the masthead"]
    faults += [] if page.policy.startswith("default-src 'none'") else ["the page does not forbid scripts"]
    faults += _unnamed(html, page.policy) if with_script else []
    turns = _TURNS.search(html) or html.count(_ISOLATE) != html.count(_END_OF_ISOLATE)
    return faults + (["the direction of writing is turned and not turned back"] if turns else [])


def _unnamed(html: str, policy: str) -> list[str]:
    """Scripts and styles whose hash the policy does not name, and what it allows besides."""
    rules = dict((rule.split(" ", 1) + [""])[:2] for rule in policy.split("; "))
    faults = ["the policy allows more than the page's own script"] if "unsafe" in policy or "http" in policy else []
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        for attributes, text in re.findall(rf"<{tag}\b([^>]*)>(.*?)</{tag}>", html, re.DOTALL | re.IGNORECASE):
            name = b64encode(sha256(text.encode()).digest()).decode()
            if "application/json" not in attributes and f"'sha256-{name}'" not in rules.get(rule, "").split(" "):
                faults.append(f"the policy does not name a {tag} of the page")
    return faults


def _headings(headings: list[tuple[int, str]]) -> list[str]:
    faults = []
    n_first = sum(level == 1 for level, _ in headings)
    if n_first != 1:
        faults.append(f"there are {n_first} headings of level 1, not one")
    before = 0
    for level, text in headings:
        if level > before + 1:
            faults.append(f"the heading “{text}” skips a level")
        if not text.strip():
            faults.append(f"a heading of level {level} is empty")
        before = level
    return faults


def _ids(page: _Page) -> list[str]:
    repeated = sorted({i for i in page.ids if page.ids.count(i) > 1})
    faults = [f"the id “{i}” is used more than once" for i in repeated]
    return faults + [f"something refers to “{i}”, which is not there" for i in sorted(page.targets - set(page.ids))]


class _Page(HTMLParser):
    """Walks a page and notes what the rules need."""

    def __init__(self, forbidden: frozenset[str] = _FORBIDDEN) -> None:
        super().__init__()
        self.forbidden = forbidden
        self.faults: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.lang = self.title = self.policy = self.first_link = ""
        self.n_main = 0
        self._open: list[str] = []
        self._texts: dict[str, str] = {}  # what is gathered now: tag -> text
        self._figure = self._table = self._row = self._drawing = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        self._references(tag, values)
        match tag:
            case "html":
                self.lang = values.get("lang", "")
            case "main":
                self.n_main += 1
            case "meta" if values.get("http-equiv", "").lower() == "content-security-policy":
                self.policy = values.get("content", "")
            case "meta" if values.get("http-equiv", "").lower() == "refresh":
                self.faults.append("the page replaces itself")
            case "a" if not self.first_link:
                self.first_link = values.get("href", "none")
            case "button" if values.get("type") != "button":
                self.faults.append("a button is not of the type “button”")
            case "figure":
                self._figure = {"captions": 0}
            case "figcaption" if self._figure is not None:
                self._figure["captions"] += 1
            case "table":
                self._table = {"caption": "", "rows": 0}
            case "tr":
                self._row = {"header": False, "in": "tbody" in self._open}
            case "th":
                self._row["header"] |= values.get("scope") in ("row", "rowgroup")
                wanted = "row" if "tbody" in self._open else "col"
                if values.get("scope") not in (wanted, *(["rowgroup"] if wanted == "row" else [])):
                    self.faults.append(f"a header cell has no scope “{wanted}”")
            case "svg":
                self._drawing = {"title": "", "desc": "", "role": values.get("role"), "hidden": "aria-hidden" in values}
            case "img" if len(values.get("alt", "")) < _LEAST_ALT:
                self.faults.append(f"an image has no alternative text of {_LEAST_ALT} characters")
        if tag in _NAMED:
            self._texts[tag] = values.get("aria-label", "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        for tag in self._texts:
            self._texts[tag] += data
        if self._open and self._open[-1] == "style" and re.search(r"@import|url\((?!['\"]?(#|data:))", data):
            self.faults.append("the style sheet loads something")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        text = self._texts.pop(tag, "")
        match tag:
            case "title" if self._drawing is None:
                self.title = text
            case "title" | "desc":
                self._drawing[tag] = text
            case "svg":
                self._end_drawing()
            case "caption" if self._table is not None:
                self._table["caption"] = text
            case "table":
                if not self._table["caption"].strip():
                    self.faults.append("a table has no caption")
            case "tr":
                if self._row["in"] and not self._row["header"]:
                    self.faults.append("a row of a table has no header cell")
            case "figure":
                if self._figure["captions"] != 1:
                    self.faults.append("a figure does not have one caption")
            case "th" | "a" | "button" | "summary" if not text.strip():
                self.faults.append(f"an element “{tag}” has no text")
            case _ if re.fullmatch(r"h[1-6]", tag):
                self.headings.append((int(tag[1]), text))

    def _end_drawing(self) -> None:
        drawing, self._drawing = self._drawing, None
        if drawing["hidden"]:
            return
        if drawing["role"] != "img" or not drawing["title"].strip() or len(drawing["desc"].strip()) < _LEAST_ALT:
            self.faults.append(f"a drawing has no name, or no description of {_LEAST_ALT} characters")
        elif drawing["title"].split() == drawing["desc"].split():
            self.faults.append("the description of a drawing only repeats its name")

    def _references(self, tag: str, values: dict[str, str]) -> None:
        if tag in self.forbidden:
            self.faults.append(f"there is a {tag} element")
        if "id" in values:
            self.ids.append(values["id"])
        for name, value in values.items():
            if name.startswith("on"):
                self.faults.append(f"an element has an event handler ({name})")
            if name in ("href", "xlink:href"):
                if value.startswith("#"):
                    self.targets.add(value[1:])
                elif re.match(r"\s*([a-z][a-z0-9+.-]*:|//)", value, re.I) and not value.startswith("data:text/csv"):
                    self.faults.append("a link leads out of the page")
            elif name in _LOADS and not value.startswith(("#", "data:")):
                self.faults.append(f"something is loaded from elsewhere ({tag} {name})")
            elif name == "tabindex" and value not in ("0", "-1"):
                self.faults.append("the keyboard does not follow the order of the text (tabindex)")
            elif name in ("aria-labelledby", "aria-describedby", "aria-controls", "popovertarget", "for", "headers"):
                self.targets |= set(value.split())
            elif re.search(r"url\((?!['\"]?#)", value):
                self.faults.append("an attribute loads something")
