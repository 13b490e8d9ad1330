"""How long a service is in contact with each person: as its organisation puts it, and as the dates have it."""

from __future__ import annotations

import re

import pandas as pd

_DAYS = {
    "minute": 1 / 1440, "min": 1 / 1440, "hour": 1 / 24, "hr": 1 / 24, "day": 1.0, "night": 1.0, "morning": 0.5,
    "afternoon": 0.5, "evening": 0.5, "week": 7.0, "wk": 7.0, "fortnight": 14.0, "month": 30.0, "mth": 30.0,
    "term": 90.0, "year": 365.0, "yr": 365.0, "session": 1.0, "meeting": 1.0, "visit": 1.0, "appointment": 1.0,
    "workshop": 1.0, "class": 1.0, "lesson": 1.0, "call": 1.0, "interview": 1.0, "occasion": 1.0, "contact": 1.0,
}  # fmt: skip
_NUMBERS = {
    name: i + 1 for i, name in enumerate("one two three four five six seven eight nine ten eleven twelve".split())
}
_NUMBERS |= {"a": 1, "an": 1, "single": 1, "once": 1, "couple": 2, "few": 3, "several": 4, "half": 0.5, "quarter": 0.25}
_NUMBERS |= {"thirteen": 13, "fifteen": 15, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60}
_FRACTION = re.compile(r"(?P<whole>\d+)?\s*(?:(?P<half>½|\b1/2)|(?P<quarter>¼|\b1/4))")

_N = r"(?:\d+(?:\.\d+)?|" + "|".join(_NUMBERS) + r")"
_TO = rf"(?:\s*(?:-|–|to|or|and)\s*(?P<to>{_N}))?"
_UNIT = r"(?:" + "|".join(sorted(_DAYS, key=len, reverse=True)) + r")(?:e?s)?\b"
_BETWEEN = (
    r"(?:[-\s]*(?:x|of|an?|one|to|full|working|whole|group|individual|face|brief|short|weekly|daily|phone)\b)*[-\s]*"
)
_AMOUNT = re.compile(rf"\b(?P<n>{_N}){_TO}{_BETWEEN}(?P<unit>{_UNIT})")
#: "Two hours a week" says how often, not how long; "two-hour sessions" are sessions.
_RHYTHM = re.compile(
    rf"(?:\b{_N}{_TO}{_BETWEEN}{_UNIT}|\bonce|\btwice|\b{_N} times)\s*(?:a|an|per|each|every|/)\s*{_UNIT}"
    rf"|\b(?:half|{_N})[- ](?:hour|hr|minute|min|day)s?[- ]"
    r"(?=(?:session|meeting|visit|appointment|class|lesson|call)s\b)"
)
_ONCE = re.compile(r"\b(?:once only|only once|one[- ]off|single (?:contact|session|meeting)|just once)\b|^once\W*$")


def days_of_contact(answer: str) -> float | None:
    """The length of contact that an answer states, in days; None where it states none.

    The longest amount counts: "one session of two hours" is a day, "two hours a week for six weeks" six weeks. A
    session stands for a day, of ranges the upper end is taken, and a rhythm alone ("weekly") is no length.
    """
    text = _FRACTION.sub(_decimal, str(answer).casefold())
    once = 1.0 if _ONCE.search(text) else None
    found = [_value(m["to"] or m["n"]) * _unit(m["unit"]) for m in _AMOUNT.finditer(_RHYTHM.sub(" ", text))]
    return max(found, default=once)


def median_days(people: pd.DataFrame) -> float | None:
    """The median of service end − start + 1 in days, over records that give both; None if fewer than ten do."""
    lasted = (people["service_end"] - people["service_start"]).dt.days.dropna() + 1
    lasted = lasted[lasted > 0]
    return float(lasted.median()) if len(lasted) >= 10 else None


def _decimal(fraction: re.Match[str]) -> str:
    return f"{fraction['whole'] or 0}.{5 if fraction['half'] else 25} "


def _value(number: str) -> float:
    return float(_NUMBERS[number]) if number in _NUMBERS else float(number)


def _unit(unit: str) -> float:
    return next(_DAYS[name] for name in (unit, unit.removesuffix("s"), unit.removesuffix("es")) if name in _DAYS)
