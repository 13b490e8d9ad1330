"""A bulletin for tests: the pilot year, INVENTED but for its counts; see ``tests/golden/portfolio_pilot_year.csv``."""

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from jdl_toolkit.portfolio import (
    Bulletin,
    BulletinSettings,
    FeedbackQuestion,
    FeedbackSummary,
    Period,
    bulletin_settings,
    gather,
    read_requests,
)

PILOT = Path(__file__).parent / "golden" / "portfolio_pilot_year.csv"

#: Where no settings lie, so that those shipped with the toolkit are read.
NOWHERE = Path(__file__).parent / "golden" / "no-bulletins"

FEEDBACK = FeedbackSummary(
    until=dt.date(2014, 2, 28),
    n_published=57,
    n_due=50,
    n_answered=12,
    response_rate=0.24,
    n_outstanding=38,
    minimum=5,
    suppressed=False,
    questions=(
        FeedbackQuestion(
            key="clear", question="Was the report clear?", n_answered=12, counts={"Yes": 6, "In part": 6, "No": 0}
        ),
    ),
)


def pilot_requests() -> pd.DataFrame:
    """The invented requests, as `lifecycle.standing.all_requests` tells of requests."""
    requests = read_requests(PILOT)
    unanswered = requests["status"] == "could not be answered"
    few = "fewer than 60 people were submitted"
    return requests.assign(
        service=["Invented service " + request[-2:] for request in requests["request"]],
        criterion=pd.Series(few, index=requests.index).where(unanswered, ""),
        version=(requests["status"] == "published").astype(int),
        invented=True,
    )


def pilot_reports() -> pd.DataFrame:
    """One report for each published request, as `portfolio.results` tells of results, with its version."""
    requests = pilot_requests()
    published = requests[requests["status"] == "published"]
    frequency = pd.DataFrame(
        {
            "frequency_difference": -0.31,
            "frequency_ci_low": -0.55,
            "frequency_ci_high": -0.07,
            "frequency_verdict": "reduction",
        },
        index=published.index,
    )
    three = published["request"].isin(["pilot-02", "pilot-12", "pilot-58"])  # as many as were named in the pilot year
    kept = [
        "request",
        "organisation",
        "service",
        "need",
        "sector",
        "setting",
        "received",
        "verdict",
        "n_treatment",
        "difference_pp",
        "ci_low_pp",
        "ci_high_pp",
        "invented",
    ]
    reports = published[kept].assign(analysis="main", title="", version=1, released=published["ended"], reason="")
    return reports.join(frequency.where(three)).reset_index(drop=True)


def pilot_settings(period: str = "2014-02", **changes: Any) -> BulletinSettings:
    """The settings shipped with the toolkit, with changes."""
    return bulletin_settings(NOWHERE, Period.parse(period)).model_copy(update=changes)


def pilot_bulletin(
    period: str = "2014-02", earlier_until: dt.date | None = dt.date(2014, 1, 31), **changes: Any
) -> Bulletin:
    """The bulletin of the pilot year's end, or of another period.

    Parameters
    ----------
    period : str
    earlier_until : date, optional
        Last day of the bulletin before.
    **changes
        Arguments of `gather` in place of the pilot year's: requests, reports, imported, feedback, settings.
    """
    return _pilot_bulletin(period, earlier_until, **changes) if changes else _unchanged(period, earlier_until)


@cache
def _unchanged(period: str, earlier_until: dt.date | None) -> Bulletin:
    return _pilot_bulletin(period, earlier_until)


def _pilot_bulletin(period: str, earlier_until: dt.date | None, **changes: Any) -> Bulletin:
    given = {"settings": pilot_settings(period), "requests": pilot_requests(), "reports": pilot_reports()}
    given |= {"feedback": FEEDBACK, "earlier_until": earlier_until} | changes
    settings, requests, reports = (given.pop(name) for name in ("settings", "requests", "reports"))
    return gather(Period.parse(period), settings, requests, reports, **given)
