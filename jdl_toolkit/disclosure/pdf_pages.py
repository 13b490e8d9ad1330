"""The text of a PDF's pages, read once: for the numbers of a report and then for leaks, as reading takes seconds."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from pypdf import PdfReader


@lru_cache(maxsize=16)
def pdf_pages(content: bytes) -> tuple[str, ...]:
    """The text of each page of a PDF, in order.

    Parameters
    ----------
    content : bytes
        The file.
    """
    return tuple(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
