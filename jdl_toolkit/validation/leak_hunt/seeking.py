"""Needles sought in a text: whatever stands between the letters of a name or the signs of an identifier."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .folding import folded, letters_of
from .people import (
    BORN,
    FULL_NAME,
    IDENTIFIER,
    NAME,
    SHORTEST_IDENTIFIER,
    SHORTEST_TOGETHER,
    SHORTEST_WORD,
    Needles,
)

WORDS = re.compile(rf"[a-z]{{{SHORTEST_WORD},}}")
#: A capital within a word begins another: "DaleBrown".
_HUMPS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_MONTHS = {name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
#: How a day may be written; between its numbers stands the same sign, so that figures in a row are no date.
_NOT, _END = r"(?<![a-z\d.,])", r"(?![a-z\d])"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_NOT}(?P<y>\d{{4}})(?P<sign>[-/._ ])(?P<m>\d{{1,2}})(?P=sign)(?P<d>\d{{1,2}})(?=[t\W_]|$)",
        rf"{_NOT}(?P<d>\d{{1,2}})(?P<sign> ?[-/.] ?| )(?P<m>\d{{1,2}})(?P=sign)(?P<y>\d{{4}}){_END}",
        rf"{_NOT}(?P<m>\d{{1,2}})(?P<sign>[-/])(?P<d>\d{{1,2}})(?P=sign)(?P<y>\d{{4}}){_END}",
        rf"{_NOT}(?P<d>\d\d?)/(?P<m>\d\d?)/(?P<y>\d\d){_END}",
        rf"{_NOT}(?P<d>\d\d?)(?:st|nd|rd|th)?(?: of)?[ -]?(?P<m>{_MONTH})[ ,.-]{{0,2}}(?P<y>\d{{4}}|[’']?\d\d){_END}",
        rf"(?<![a-z])(?P<m>{_MONTH}) ?(?P<d>\d\d?)(?:st|nd|rd|th)?,? ?(?P<y>\d{{4}}){_END}",
        rf"{_NOT}(?P<y>\d{{4}})(?P<m>\d\d)(?P<d>\d\d){_END}",
        rf"{_NOT}(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d{{4}}){_END}",
    )
)


@dataclass(frozen=True)
class Hit:
    """What was found, of which kind, and the text around it: kept beside the run, never among its results."""

    kind: str
    found: str
    around: str


class Seeker:
    """Looks for needles in texts.

    Parameters
    ----------
    needles : Needles
    """

    def __init__(self, needles: Needles) -> None:
        self.needles = needles
        self._together = _Starts(needles.together, "abcdefghijklmnopqrstuvwxyz", SHORTEST_TOGETHER - 1)
        self._identifiers = _Starts(needles.identifiers, "abcdefghijklmnopqrstuvwxyz0123456789", SHORTEST_IDENTIFIER)

    def seek(self, texts: Iterable[str]) -> list[Hit]:
        """Hits in all the texts, each needle once."""
        found: dict[tuple[str, str], Hit] = {}
        for text in texts:
            for hit in self._in(text):
                found.setdefault((hit.kind, hit.found), hit)
        return list(found.values())

    def _in(self, text: str) -> Iterable[Hit]:
        plain = folded(text)
        for kind, starts in ((FULL_NAME, self._together), (IDENTIFIER, self._identifiers)):
            for one in starts.within(plain):
                if kind == IDENTIFIER and not _stands_alone(plain, one):
                    continue  # figures of a row, or of a drawing, and the first letter of what comes next
                yield Hit(kind, one, _around(plain, one))
        words = set(WORDS.findall(plain))
        words |= (
            {part.lower() for part in _HUMPS.findall(text) if len(part) >= SHORTEST_WORD} if text.isascii() else set()
        )
        for word in words & self.needles.names:
            yield Hit(NAME, word, _around(plain, word))
        for day, place in days_in(plain):
            if day in self.needles.births:
                yield Hit(BORN, day.isoformat(), plain[max(0, place - 40) : place + 40])


class _Starts:
    """Needles by their first signs, found in the bare stream of a text's signs by one pass over it."""

    def __init__(self, needles: Iterable[str], signs: str, n_first: int) -> None:
        self.n_first, self.base = n_first, len(signs)
        self.value = np.full(256, -1, np.int64)
        self.value[np.frombuffer(signs.encode(), np.uint8)] = np.arange(len(signs))
        self.by_start: dict[str, list[str]] = {}
        for one in needles:
            self.by_start.setdefault(one[:n_first], []).append(one)
        self.codes = (
            np.sort(self._codes("".join(self.by_start))[::n_first]) if self.by_start else np.array([], np.int64)
        )

    def _codes(self, stream: str) -> np.ndarray:
        values = self.value[np.frombuffer(stream.encode("ascii", "ignore"), np.uint8)]
        n = len(values) - self.n_first + 1
        codes = np.zeros(max(n, 0), np.int64)
        for i in range(self.n_first if n > 0 else 0):
            codes = codes * self.base + values[i : i + n]
        return codes

    def within(self, plain: str) -> set[str]:
        raw = np.frombuffer(plain.encode("ascii", "ignore"), np.uint8)
        stream = raw[self.value[raw] >= 0].tobytes().decode()
        codes = self._codes(stream)
        if not len(codes) or not len(self.codes):
            return set()
        at = np.searchsorted(self.codes, codes).clip(max=len(self.codes) - 1)
        found = set()
        for place in np.flatnonzero(self.codes[at] == codes):
            for one in self.by_start[stream[place : place + self.n_first]]:
                if stream.startswith(one, place):
                    found.add(one)
        return found


def days_in(plain: str) -> Iterable[tuple[dt.date, int]]:
    """Every day that may be meant in a text of small letters, and where."""
    if not any(c.isdigit() for c in plain):
        return
    for form in _FORMS:
        for m in form.finditer(plain):
            month = _MONTHS[m["m"][:3]] if m["m"][:1].isalpha() else int(m["m"])
            year = int(m["y"].strip("’'"))
            for full in (year,) if year > 99 else (1900 + year, 2000 + year):
                yield from ((day, m.start()) for day in _day(int(m["d"]), month, full))


def _day(day: int, month: int, year: int) -> Iterable[dt.date]:
    try:
        yield dt.date(year, month, day)
    except ValueError:
        return


def _stands_alone(plain: str, found: str) -> bool:
    """Whether an identifier, whatever is between its signs, begins and ends where a number and a word do."""
    signs = r"[^a-z0-9]*".join(map(re.escape, found))
    return re.search(rf"(?<![0-9])(?<![0-9][.,]){signs}(?![a-z0-9])", plain) is not None


def _around(plain: str, found: str) -> str:
    place = plain.find(found)
    if place < 0:  # something stands between its letters: find where it begins
        sought = re.search(r"[^a-z0-9]{0,12}".join(map(re.escape, found)), plain)
        place = sought.start() if sought else -1
    return plain[max(0, place - 60) : place + 80] if place >= 0 else f"({len(letters_of(plain)):,} letters)"
