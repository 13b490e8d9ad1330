"""Text as it is compared: small letters of the alphabet, without marks and invisible characters."""

from __future__ import annotations

import re
import unicodedata

_OWN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "þ": "th", "ł": "l", "đ": "d", "ð": "d", "ı": "i"})


def folded(text: str) -> str:
    """Small letters without accents, invisible characters left out."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold()).translate(_OWN)
    return "".join(c for c in text if c.isascii() or unicodedata.category(c) not in ("Mn", "Cf"))


def letters_of(text: str) -> str:
    """Its letters alone, small."""
    return re.sub(r"[^a-z]+", "", folded(text))


def signs_of(text: str) -> str:
    """Its letters and digits alone, small."""
    return re.sub(r"[^a-z0-9]+", "", folded(text))
