"""The typeface of figures and PDF reports: how wide a text is, which characters it can print.

DejaVu Sans comes with matplotlib, so that nothing is fetched and nothing is installed. It is wider than the typefaces a
browser may put in its place, which is why a label that fits here fits there too.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font, LoadFlags

from .markup import REPLACEMENT, clean

FAMILY = "DejaVu Sans"
FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"

#: Upright faces alone: nothing from outside is ever slanted, and the slanted ones lack Arabic.
_FACES = ("DejaVuSans", "DejaVuSans-Bold")


def printable(text: str) -> str:
    """`clean` text in which every character that one of the two upright faces lacks is replaced by U+FFFD."""
    covered = _covered()
    return "".join(c if c == "\n" or ord(c) in covered else REPLACEMENT for c in clean(text))


def width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line in points, at `size` points, with 3 per cent to spare.

    The sum of the characters' advances; the spare is for screens that round each character to whole pixels.
    """
    return 1.03 * size * sum(_advance(c, bold) for c in printable(text))


def wrap(text: str, limit: float, size: float, bold: bool = False) -> list[str]:
    """Break `text` into lines no wider than `limit` points; a word that is wider by itself is broken as well."""
    lines: list[str] = []
    for paragraph in clean(text).split("\n"):
        line = ""
        for word in paragraph.split():
            whole = f"{line} {word}" if line else word
            if width(whole, size, bold) <= limit:
                line = whole
                continue
            if line:
                lines.append(line)
            *full, line = _pieces(word, limit, size, bold)
            lines += full
        lines.append(line)
    return lines


def _pieces(word: str, limit: float, size: float, bold: bool) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and width(pieces[-1] + character, size, bold) > limit:
            pieces.append("")
        pieces[-1] += character
    return pieces


@cache
def _face(name: str) -> FT2Font:
    return FT2Font(str(FOLDER / f"{name}.ttf"))


@cache
def _advance(character: str, bold: bool) -> float:
    """Advance in units of the type size, unhinted."""
    face = _face("DejaVuSans-Bold" if bold else "DejaVuSans")
    face.set_size(100, 72)
    return face.load_char(ord(character), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100


@cache
def _covered() -> frozenset[int]:
    return frozenset.intersection(*(frozenset(_face(name).get_charmap()) for name in _FACES))
