"""What the index says of a request and of a result, in words."""

from __future__ import annotations

import datetime as dt

from ... import numbers
from ...findings import Verdict
from ...portfolio import ENDED, UNDER_WAY
from ...wording import capital

#: Status of a result that another lab published.
ELSEWHERE = "published elsewhere"
#: Rank of each status when a reader sorts by it: the way a request goes.
ORDER = {status: rank for rank, status in enumerate([*(s.value for s in (*UNDER_WAY, *ENDED)), ELSEWHERE])}

#: A sign before each verdict, so that it is not told by colour alone.
SIGNS = {Verdict.reduction.value: "▼", Verdict.increase.value: "▲", Verdict.inconclusive.value: "◇"}
#: Verdict of what has none, in the list to choose from.
NO_RESULT = "no result"
NOTHING = "–"
#: Decimals that are left of a difference in percentage points: what lies below comes of arithmetic.
_EXACT = 9


def named(value: str) -> str:
    """A need, setting or sector as a reader sees it: ``drugs and alcohol``."""
    return {"drugs_alcohol": "drugs and alcohol", "both": "community and custody"}.get(value, value.replace("_", " "))


def heading(value: str) -> str:
    return capital(named(value))


def of_verdict(verdict: str | None, n: int) -> str:
    """So many results, without the number: ``reductions``, ``inconclusive``, ``without a result``."""
    if verdict is None:
        return "without a result"
    return verdict if n == 1 or verdict == Verdict.inconclusive else f"{verdict}s"


def day(date: dt.date | None) -> str:
    """A date in few characters: ``12 Aug 2013``."""
    return f"{date.day} {date:%b %Y}" if date is not None else NOTHING


def rates(treatment: float | None, control: float | None) -> str:
    """Two shares (fractions): ``33 v 35 per 100``; empty if one is withheld."""
    if treatment is None or control is None:
        return ""
    decimals = numbers.decimals_for("share", treatment, control)
    shown = [numbers.number(share, decimals, factor=100) for share in (treatment, control)]
    return f"{shown[0]} v {shown[1]} per 100"


def difference(difference_pp: float, low: float, high: float) -> tuple[str, str]:
    """A difference in percentage points and its interval: ``−2`` and ``−8 to +4``, as finely as the reports print."""
    exact = [round(x, _EXACT) for x in (difference_pp, low, high)]
    decimals = numbers.decimals_for("share", exact[1] / 100, exact[2] / 100)
    middle, *limits = (numbers.number(x, decimals, sign=True) for x in exact)
    return middle, " to ".join(limits)
