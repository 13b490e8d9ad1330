"""The text of a PDF's pages, as a reader's program shows it and as it was written, for numbers and for leaks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import hypot

import pypdfium2
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT

#: PDFium writes this where a word is broken at the end of a line.
_BROKEN_WORD = "\ufffe"
#: How far a character begins behind the last one of its text at most, and how far beside its line, in sizes of type.
_FARTHEST, _ASIDE = 2.0, 0.3


def pdf_pages(content: bytes) -> tuple[str, ...]:
    """The text of each page of a PDF, in order, by lines as they are seen.

    Parameters
    ----------
    content : bytes
        The file.

    Raises
    ------
    ValueError
        If it is damaged or encrypted.
    """
    return tuple(shown for shown, _ in _pages(content))


def written_texts(content: bytes) -> tuple[str, ...]:
    """The texts of each page as they were written, one a line.

    PDFium tears words apart that are turned, or drawn wide: what was written with one stroke is whole here.
    """
    return tuple(written for _, written in _pages(content))


@lru_cache(maxsize=16)
def _pages(content: bytes) -> tuple[tuple[str, str], ...]:
    try:
        with pypdfium2.PdfDocument(content) as document:
            return tuple((_shown(page), "\n".join(_written(page))) for page in document)
    except pypdfium2.PdfiumError as fault:
        raise ValueError("the PDF cannot be read") from fault


def _shown(page: pypdfium2.PdfPage) -> str:
    text = page.get_textpage().get_text_bounded()
    return text.replace("\r\n", "\n").replace(_BROKEN_WORD, "-\n")


def _written(page: pypdfium2.PdfPage) -> Iterator[str]:
    """Texts in the order in which they were drawn; of what was drawn one character at a time, those of one line."""
    texts, run, last = page.get_textpage(), "", None
    for drawn in page.get_objects(filter=[FPDF_PAGEOBJ_TEXT], textpage=texts):
        text = drawn.extract()
        if len(text.strip()) > 2:
            yield text
            continue
        place = drawn.get_matrix()
        if last is not None and not _goes_on(last, place, drawn.get_font_size()):
            yield run
            run = ""
        run, last = run + text, place
    yield run


def _goes_on(last: pypdfium2.PdfMatrix, place: pypdfium2.PdfMatrix, size: float) -> bool:
    """Whether a character stands in the line of the last one, a little further on."""
    stretch = hypot(place.a, place.b)
    right, up = place.e - last.e, place.f - last.f
    along, aside = (right * place.a + up * place.b) / stretch, (up * place.a - right * place.b) / stretch
    em = size * hypot(place.c, place.d)
    return -_ASIDE * em < along < _FARTHEST * em and abs(aside) < _ASIDE * em
