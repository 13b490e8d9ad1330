"""Slips of the pen, of the ear and of the eye by rule: one name in, another out."""

from __future__ import annotations

import re

import numpy as np

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BY_EAR = (
    ("ph", "f"), ("f", "ph"), ("ck", "k"), ("k", "ck"), ("ce", "se"), ("c", "k"), ("ee", "ea"), ("ea", "ee"),
    ("ai", "ay"), ("ay", "ai"), ("ou", "ow"), ("ow", "ou"), ("ie", "y"), ("y", "ie"), ("i", "y"), ("ll", "l"),
    ("tt", "t"), ("nn", "n"), ("ss", "s"), ("th", "t"), ("sh", "ch"), ("wh", "w"), ("w", "wh"), ("er", "a"),
    ("or", "er"), ("x", "cks"), ("qu", "kw"), ("j", "g"), ("z", "s"), ("v", "w"), ("gh", "g"), ("mb", "m"), ("kh", "k"),
    ("oo", "u"), ("u", "oo"), ("dh", "d"), ("aa", "a"), ("ew", "ue"), ("ey", "y"), ("e$", ""), ("s$", "ss"),
)  # fmt: skip
_MISREAD = (
    ("rn", "m"), ("m", "rn"), ("cl", "d"), ("d", "cl"), ("l", "i"), ("i", "l"), ("vv", "w"), ("w", "vv"), ("h", "b"),
    ("u", "v"), ("v", "u"), ("e", "c"), ("c", "e"), ("n", "ri"), ("o", "0"), ("l", "1"), ("s", "5"), ("a", "o"),
)  # fmt: skip
_ENDINGS = ("", "", "y", "ie", "o", "s", "z")


def neighbouring_key(rng: np.random.Generator, name: str) -> str:
    """One letter, the first included, replaced by its neighbour on the keyboard, or the neighbour typed beside it."""
    letters = [i for i, letter in enumerate(name) if any(letter.lower() in row for row in _KEYS)]
    if not letters:
        return name
    at = int(rng.choice(letters))
    row = next(row for row in _KEYS if name[at].lower() in row)
    place = row.index(name[at].lower())
    other = row[place + 1 if place == 0 or (place + 1 < len(row) and rng.random() < 0.5) else place - 1]
    other = other.upper() if name[at].isupper() else other
    return name[:at] + other + name[at + (rng.random() < 0.7) :]


def spelt_by_ear(rng: np.random.Generator, name: str) -> str:
    return _by_rule(rng, name, _BY_EAR)


def misread(rng: np.random.Generator, name: str) -> str:
    """As a scanner or a hurried eye reads it."""
    return _by_rule(rng, name, _MISREAD)


def cut_off(rng: np.random.Generator, name: str) -> str:
    """The first eight to ten letters, as in a field that is too narrow."""
    return name[: int(rng.integers(8, 11))] if len(name) > 8 else name


def short_form(rng: np.random.Generator, name: str) -> str:
    """First syllable and an ending: Darren -> Daro, Samuel -> Samie."""
    stem = re.match(r"[^aeiouy]*[aeiouy]+[^aeiouy]", name, re.IGNORECASE)
    return stem.group() + str(rng.choice(_ENDINGS)) if stem and len(stem.group()) < len(name) else name


def _by_rule(rng: np.random.Generator, name: str, rules: tuple[tuple[str, str], ...]) -> str:
    """One of the rules that apply, once."""
    possible = [(old, new) for old, new in rules if re.search(old, name, re.IGNORECASE)]
    if not possible:
        return name
    old, new = possible[int(rng.integers(len(possible)))]
    return re.sub(old, new, name, count=1, flags=re.IGNORECASE).capitalize()
