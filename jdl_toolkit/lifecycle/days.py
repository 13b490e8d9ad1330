"""On which day something can have happened to a request: not before there was anything that it could happen to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from .. import numbers
from ..errors import Problem
from ..spec import RequestSpec
from .kinds import OF_RESULTS, RELEASED


def made_on(stages: Mapping[str, Mapping[str, Any]]) -> dt.date | None:
    """The day, as the clock of this machine has it, on which a request's results were made; None if that is not known.

    The last stage before the report: a report is drawn again after each event, from the same results.

    Parameters
    ----------
    stages : dict
        As the manifest holds them, with times in UTC.
    """
    ended = [str(said["ended"]) for name, said in stages.items() if name != "report" and said.get("ended")]
    return max(map(dt.datetime.fromisoformat, ended)).astimezone().date() if ended else None


def faults_of_date(
    event: str, day: dt.date, today: dt.date, spec: RequestSpec, stages: Mapping[str, Mapping[str, Any]]
) -> list[Problem]:
    """What is wrong with the day that an event is said to be of."""
    if day > today:
        return [Problem(f"{numbers.date(day)} is still to come", "--date", "record an event once it has happened")]
    if day < spec.received:
        what = f"{numbers.date(day)} is before the request was received, on {numbers.date(spec.received)}"
        return [Problem(what, "--date", "correct the day")]
    made = made_on(stages)
    if made is not None and event in (*OF_RESULTS, RELEASED) and day < min(made, today):
        what = f"{numbers.date(day)} is before these results were made, on {numbers.date(made)}"
        return [Problem(what, "--date", "correct the day")]
    return []
