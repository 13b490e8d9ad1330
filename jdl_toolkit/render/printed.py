"""What a reader finds in the files of a report, held to the findings and to what the report was drawn from.

The numbers of a report's blocks are held to the findings before anything is drawn (`narrative.check_blocks`). Here the
drawn HTML and PDF are read back: no number may differ from its block's, none may be missing, and what the frame adds
(titles, banners, contents) must come from the findings itself. A reader's code is no result and is passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ..disclosure.pdf_pages import pdf_pages, written_texts
from ..findings import Findings
from ..narrative.bulletin.check import BulletinChecker
from ..narrative.check import Checker, Passage
from ..narrative.facts import NUMBER
from ..numbers import MINUS
from ..portfolio.bulletin import Bulletin
from .html import data_cells

#: Elements within a line; every other begins and ends a text.
_INLINE = frozenset("a abbr b bdi br button cite dfn em i mark q s small span strong sub sup tspan u".split())
_SILENT = frozenset(("style", "script", "pre"))
#: Elements of the frame alone: no block draws them, so that theirs is no misprint of a block's text that is much alike.
_TITLES = frozenset(("title", "h1"))
#: Numbers of the frame: of tables, figures, pages and cells.
_FRAME = re.compile(
    r"\b(?:tables?|figures?)\s+(?:\d+(?:\.\d+)*\.?|\(\d+\)(?=\s*$))|\bpage\s+\d+\s+of\s+\d+\b"
    r"|\bcode\s+of\s+cell\s+\d+",
    re.IGNORECASE,
)
#: Part of a digest, which may be cut by the end of a line.
_DIGEST = re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12,}\b")
#: Marks that keep the direction of a text from outside to itself; nobody sees them.
_UNSEEN = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Misprints:
    """Numbers that files show otherwise than the blocks they were drawn from.

    Parameters
    ----------
    foreign : tuple of str
        Numbers that neither the blocks nor the findings hold, each with where it stands. The report is wrong.
    missing : tuple of str
        Numbers of the blocks that were not seen. Something was not drawn, or was drawn in pieces: somebody should look.
    """

    foreign: tuple[str, ...]
    missing: tuple[str, ...]


def misprints(
    blocks: Sequence[Mapping[str, Any]], findings: Findings | Bulletin, html: Path, pdf: Path | None = None
) -> Misprints:
    """Hold the numbers that the files show to the blocks and the findings, or what a bulletin is drawn from.

    Parameters
    ----------
    blocks : sequence of dict
        What the files were drawn from (`document.Block.to_json`); already held to the findings.
    findings : Findings or Bulletin
    html, pdf : Path
    """
    checker = BulletinChecker if isinstance(findings, Bulletin) else Checker
    texts = [_plain(text) for block in blocks for text in _texts(block)]
    page = html.read_text(encoding="utf-8")
    shown_text = _plain(unescape(page))  # a name from outside stands there as it is, not as `A &amp; B 24`
    read = {html.name: _in_html(texts, checker(findings, shown_text), page)}
    if pdf is not None:
        # The PDF of a bulletin says in its own words which report a link leads to.
        shown = [b | {"links": ()} for b in blocks] if isinstance(findings, Bulletin) else blocks
        drawn = [_plain(text) for block in shown for text in _texts(block, in_pdf=True)]
        read[pdf.name] = _in_both(drawn, findings, checker, pdf.read_bytes(), shown_text)
    foreign = tuple(f"{file}: {fault}" for file, (faults, _) in read.items() for fault in faults)
    return Misprints(foreign, tuple(f"{file}: {n} was not seen" for file, (_, gone) in read.items() for n in gone))


def _texts(block: Mapping[str, Any], in_pdf: bool = False) -> Iterator[str]:
    """Every text of a block, as one element of the page shows it; a PDF's pages lack what is read out, and the data."""
    if block["kind"] in ("words", "inset"):
        yield block.get("title") or ""
        yield from (line.replace("**", "").removeprefix("- ") for line in block["text"].split("\n"))
        yield from (text for text, _ in block.get("links", ()))
        return
    yield from (block["caption"], block.get("note") or "")
    if block["kind"] == "table":
        yield from (*block["columns"], *dict.fromkeys(block.get("groups") or ()))
        yield from (cell for row in block["rows"] for cell in row)
    else:
        yield from (unescape(t) for t in re.findall(r"<text\b[^>]*>([^<]*)</text>", block["svg"]))
        if in_pdf:
            return
        yield block["alt"]
        names, rows = data_cells(block.get("data", ()))
        yield from (*names, *(cell for row in rows for cell in row))


def _in_html(texts: Iterable[str], frame: Checker, page: str) -> tuple[list[str], list[str]]:
    """Texts that are a block's but for their numbers, numbers that come from nowhere, and those that are gone."""
    known: dict[str, set[tuple[str, ...]]] = {}
    for text in texts:
        known.setdefault(_shape(text), set()).add(_numbers(text))
    faults, shown = [], Counter()
    for text, is_title in read_page(page):
        text, here = _FRAME.sub(" ", text), _numbers(_FRAME.sub(" ", text))
        shown.update(here)
        same = {()} if not here else None if is_title else known.get(_shape(text))
        if same is None:
            faults += [f"{n} in “{text[:120].strip()}”" for n in frame.foreign(Passage("", text))]
        elif here not in same and here:
            faults.append(f"{', '.join(here)} in “{text[:120].strip()}”")
    gone = Counter(n for text in texts for n in _numbers(_FRAME.sub(" ", text))) - shown
    return faults, list(gone)


def _in_both(
    texts: Sequence[str], findings: Findings | Bulletin, checker: type[Checker], content: bytes, unbroken: str
) -> tuple[list[str], list[str]]:
    """Numbers that are wrong, or gone, in a PDF as it is seen and as it was written.

    As seen, numbers that stand close by each other, turned ones above all, may run together; as written, long words
    are cut where a line ends. What is printed wrong is wrong in both. `unbroken`: the page of the same report, where no
    word is cut.
    """
    seen, written = ("\n".join(read(content)) for read in (pdf_pages, written_texts))
    (faults, gone), (others, also_gone) = (
        _in_pdf(texts, checker(findings, f"{_plain(text)}\n{unbroken}"), text) for text in (seen, written)
    )
    both = [said for n, said in others.items() if any(n in wrong or wrong in n for wrong in faults)]
    return both, [n for n in gone if n in also_gone]


def _in_pdf(texts: Iterable[str], frame: Checker, text: str) -> tuple[dict[str, str], list[str]]:
    """Numbers of the PDF that no block holds, each with where it stands, and those that are gone.

    Pages cut paragraphs and the ticks of an axis run into each other, so it is read as a whole and without signs.
    """
    text = _seen(text)
    for word in frame.long_words:  # a narrow column may break one over any number of lines
        text = re.sub(r"\s*".join(map(re.escape, word)), word.replace("\\", r"\\"), text)
    wanted = Counter(n for t in texts for n in _numbers(_DIGEST.sub(" ", _FRAME.sub(" ", t)).replace(MINUS, " ")))
    n_pages = max((int(n) for n in re.findall(r"Page \d+ of (\d+)", text)), default=0)
    shown, faults = Counter[str](), dict[str, str]()
    lines = _DIGEST.sub(" ", _FRAME.sub(" ", text)).replace(MINUS, " ").split("\n")
    for i, line in enumerate(lines):
        here = _numbers(line)
        shown.update(here)
        if any(n not in wanted and not (n.isdigit() and int(n) <= n_pages) for n in here):
            wrong = frame.foreign(Passage("", line, is_cut=True))
            around = _plain(" ".join(lines[max(i - 1, 0) : i + 2]))  # a date, or a name, may go on in the next line
            wrong = wrong and [n for n in frame.foreign(Passage("", around, is_cut=True)) if n in wrong]
            faults |= {n: f"{n} in “{line[:120]}”" for n in wrong if n in here and n not in faults}
    return faults, list(wanted - shown)


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(n.rstrip(",") for n in NUMBER.findall(text))


def _shape(text: str) -> str:
    """A text without its numbers and gaps: what two texts share that differ in numbers alone."""
    return re.sub(r"\s+", "", NUMBER.sub("#", text))


def _seen(text: str) -> str:
    return _UNSEEN.sub("", text)


def _plain(text: str) -> str:
    return " ".join(_seen(text).split())


def read_page(page: str) -> list[tuple[str, bool]]:
    """The texts that a page shows or reads out, one for each element not within a line; and whether it is a title."""
    reader = _Texts()
    reader.feed(page)
    reader.close()
    return reader.texts


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[str, bool]] = []
        self._silent = 0
        self._is_title = False
        self._under_way: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag not in _INLINE:
            self._end()
            self._is_title = tag in _TITLES
        self.texts += [(_seen(v), False) for k, v in attrs if v and k in ("alt", "aria-label", "title")]

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self._end()
            self._is_title = False
        self._silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._under_way.append(data)

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        text = _plain("".join(self._under_way))
        self._under_way = []
        if text:
            self.texts.append((text, self._is_title))
