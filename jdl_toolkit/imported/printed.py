"""Figures as they were printed: the number, and the range of values that print like it.

Every tolerance of the checker comes from here. "33" per cent stands for anything from 32.5 to 33.5, "-0.2" for −0.25 to
−0.15, "76500 (approx)" for 76,450 to 76,550: its last two digits are taken to be filled up with noughts.
"""

from __future__ import annotations

import re
from typing import Literal

from ..errors import cut
from ..markup import one_line
from ..spec import Model

#: A lower and an upper end.
Range = tuple[float, float]

_NUMBER = r"[-+]?(?:\d{1,3}(?:[, ]\d{3})+|\d+)?(?:\.\d+)?"
_PRINTED = re.compile(
    rf"(?P<about>about|approximately|approx\.?|around|circa|c\.|~)?\s*(?:p\s*)?(?P<relation><=|>=|<|>|=)?\s*"
    rf"(?P<number>{_NUMBER})\s*(?:%|per ?cent|percentage points?|points?|pp|days?|people)?\s*"
    rf"(?P<about_after>\(?\s*(?:about|approximately|approx\.?)\s*\)?)?",
    re.IGNORECASE,
)
_SIGNS = str.maketrans({"−": "-", "–": "-", "≤": "\0", "≥": "\1", "·": "."})


class Printed(Model):
    """A figure as it was printed.

    Parameters
    ----------
    value : float
    half : float
        Half of the last digit's unit: the true value is at most that far away. 0: not rounded.
    relation : {"=", "<", ">"}
        Whether the value itself is printed, or a bound ("<=0.05" is "<").
    is_about : bool
        Called approximate by the publisher.
    """

    value: float
    half: float = 0.0
    relation: Literal["=", "<", ">"] = "="
    is_about: bool = False

    @property
    def range(self) -> Range:
        """The values that print like this."""
        return self.value - self.half, self.value + self.half

    def scaled(self, factor: float) -> Printed:
        """The same figure in another unit."""
        return self.model_copy(update={"value": self.value * factor, "half": abs(self.half * factor)})


def read_printed(text: str, *, decimal_comma: bool = False) -> Printed | None:
    """A printed figure; None if the text is not one.

    Parameters
    ----------
    text : str
        ``33``, ``-0.2``, ``1,246``, ``<=0.05``, ``76500 (approx)``, ``26%`` …
    decimal_comma : bool
        Read ``-0,2`` as −0.2; ``1,246`` is still a thousand, as no figure of a report has three decimals.
    """
    text = one_line(text).translate(_SIGNS).replace("\0", "<=").replace("\1", ">=").strip()
    if decimal_comma:
        text = re.sub(r"(?<=\d),(?=\d{1,2}(?!\d))|(?<=\b0),(?=\d)", ".", text)
    found = _PRINTED.fullmatch(text)
    if not found or not any(map(str.isdigit, found["number"])) or len(text) > 60:
        return None
    digits = re.sub("[, ]", "", found["number"])
    is_about = bool(found["about"] or found["about_after"])
    decimals = len(digits.partition(".")[2])
    half = 0.5 * 10.0**-decimals
    if is_about and not decimals:
        half *= 10.0 ** (len(digits) - len(digits.rstrip("0")))
    relation = {"<": "<", ">": ">"}.get((found["relation"] or "=")[0], "=")
    return Printed(value=float(digits), half=half, relation=relation, is_about=is_about)


def difference_of(a: Range, b: Range) -> Range:
    return a[0] - b[1], a[1] - b[0]


def apart(a: Range, b: Range) -> bool:
    """Whether no value lies in both ranges. Touching ends are not apart: either may have been rounded there."""
    slack = 1e-9 * max(1.0, *map(abs, (*a, *b)))
    return a[1] < b[0] - slack or b[1] < a[0] - slack


def magnitude(a: Range) -> Range:
    """Range of the absolute value."""
    low, high = sorted(map(abs, a))
    return (0.0 if a[0] <= 0 <= a[1] else low), high


def shown(text: str, longest: int = 60) -> str:
    """Text of a cell for a message."""
    return cut(one_line(text), longest)
