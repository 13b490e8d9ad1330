"""What the words of a published result say: significant or not, which way, when, of what kind, and in asides.

Words are read only where they leave no doubt; anything else is kept as text and taken for nothing.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from enum import StrEnum

from ..markup import one_line
from .printed import Printed, read_printed


class Kind(StrEnum):
    """What a result is of."""

    rate = "rate"
    share = "share"
    frequency = "frequency"
    days = "days"
    relative = "relative change"
    direction = "direction"
    other = "other"


class Direction(StrEnum):
    lower = "lower"
    higher = "higher"
    same = "the same"


_DIRECTIONS = {
    **dict.fromkeys(
        ("lower", "fewer", "less", "reduction", "reduced", "decrease", "decreased", "shorter", "sooner", "earlier"),
        Direction.lower,
    ),
    **dict.fromkeys(
        ("higher", "more", "greater", "increase", "increased", "longer", "later"), Direction.higher
    ),
    **dict.fromkeys(("same", "equal", "unchanged"), Direction.same),
}  # fmt: skip
_YES = re.compile(r"(yes|significant|statistically significant|conclusive|true|1)\b", re.IGNORECASE)
_NO = re.compile(
    r"(no|not significant|non-significant|inconclusive|not conclusive|false|0)\b(?! stated)", re.IGNORECASE
)
_MONTHS = {name.lower(): i for i in range(1, 13) for name in (calendar.month_name[i], calendar.month_abbr[i])}
_MONTHS["sept"] = 9
_DATED = re.compile(rf"(?:(\d{{1,2}})\s+)?({'|'.join(_MONTHS)})\.?\W{{0,3}}(\d{{4}})\b", re.IGNORECASE)
_ONE_YEAR = re.compile(r"\b(one|1|12)[ -]?(yr|year|month)s?\b", re.IGNORECASE)
_N = r"(\d[\d,]*(?:\.\d+)?)"


def read_significance(text: str) -> bool | None:
    """Whether it was published as significant; None where the words do not say, or speak of several results."""
    text = one_line(text)
    if "/" in text or ";" in text:
        return None
    return True if _YES.match(text) else False if _NO.match(text) else None


def read_direction(*texts: str) -> Direction | None:
    """The one direction that the words name; None if they name none, or several."""
    words = {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}
    found = {_DIRECTIONS[word] for word in words if word in _DIRECTIONS}
    return found.pop() if len(found) == 1 else None


def read_kind(outcome: str, unit: str) -> Kind:
    """What a result is of, as its outcome and unit say."""
    outcome, unit = one_line(outcome).lower(), one_line(unit).lower()
    if unit == "direction":
        return Kind.direction
    if "relative" in outcome:
        return Kind.relative
    if re.fullmatch(r"percent|per cent|%|percentage|percentage points", unit):
        is_rate = re.search(r"re-?offending rate", outcome) and _ONE_YEAR.search(outcome)
        return Kind.rate if is_rate else Kind.share
    if "frequency" in outcome or re.search(r"offences per (100|person)", unit):
        return Kind.frequency
    return Kind.days if unit == "days" else Kind.other


def per_person(unit: str) -> float | None:
    """What a frequency is multiplied by to be per person: 0.01 of "offences per 100 people"; None if it is not said."""
    unit = one_line(unit).lower()
    if re.search(r"per (100|hundred)\b", unit):
        return 0.01
    return 1.0 if re.search(r"per (person|head|offender)", unit) else None


def is_one_year(outcome: str) -> bool:
    """Whether an outcome is named as one of a year."""
    return bool(_ONE_YEAR.search(outcome))


def read_period(text: str) -> tuple[dt.date, dt.date] | None:
    """First and last day on which something may have been published; None if the text has no date.

    ``12/07/2018``, ``2018-07-12``, ``2 Jun 2015``, ``Dec 2013`` (the month), ``2014`` (the year), ``2013-14`` (both).
    """
    text = one_line(text)
    try:
        if found := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text):
            day = dt.date(*map(int, found.groups()))
            return day, day
        if found := re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", text):
            day = dt.date(*map(int, reversed(found.groups())))
            return day, day
        if found := _DATED.search(text):
            year, month = int(found[3]), _MONTHS[found[2].lower()]
            last = calendar.monthrange(year, month)[1]
            first = int(found[1] or 1)
            return dt.date(year, month, first), dt.date(year, month, first if found[1] else last)
        if found := re.fullmatch(r"(\d{4})(?:[-/](\d{2}|\d{4}))?", text):
            end = (found[2] or found[1])[-2:]
            return dt.date(int(found[1]), 1, 1), dt.date(int(found[1][:2] + end), 12, 31)
    except ValueError:  # no such day
        pass
    return None


def claims(notes: str) -> dict[str, list]:
    """Figures that the words beside a result repeat.

    Returns
    -------
    dict
        ``relative``: relative changes in per cent, without sign; ``people``: (people in 100, which way); ``between``:
        both limits in points; ``per_100``: (per 100 people, per person, whether "slightly" off); ``sum``: (total,
        parts); ``up_to``: whether an "up to" is among the words.
    """
    text = one_line(notes)
    number = lambda words: read_printed(words) or Printed(value=float("nan"))  # noqa: E731  (the pattern fits: never)
    relative = re.findall(
        rf"relative (?:reduction|decrease|increase|change|fall|rise)(?: of)? {_N} ?(?:%|per cent)", text
    )
    relative += re.findall(rf"{_N} ?(?:%|per cent) relative", text)
    people = re.findall(rf"(?<!up to )\b{_N} (?:people|men|women) (fewer|more)\b", text)
    between = re.findall(rf"between {_N} and {_N} (?:percentage )?points", text)
    per_100 = re.findall(
        rf"{_N} per 100 (?:people )?printed as (slightly|just|nearly|about)?\s*(?:over|under)?\s*{_N}", text
    )
    sums = re.findall(rf"{_N} = ({_N}[^+=;.]*(?:\+ {_N}[^+=;.]*)+)", text)
    return {
        "relative": [number(n) for n in relative],
        "people": [(number(n), _DIRECTIONS[word]) for n, word in people],
        "between": [(number(a), number(b)) for a, b in between],
        "per_100": [(number(n), number(x), bool(near)) for n, near, x in per_100],
        "sum": [(number(found[0]), [number(n) for n in re.findall(_N, found[1])]) for found in sums],
        "up_to": [True] * bool(re.search(r"\bup to\b", text, re.IGNORECASE)),
    }
