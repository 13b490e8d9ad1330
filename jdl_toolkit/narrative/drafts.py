"""What a report says of itself: that it is a draft, until when comments are asked for; which publication it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from .. import numbers
from ..findings import Findings
from ..wording import capital, ended, plain, small_number

#: How an event of a request stands among the sign-offs of its findings.
WITHDRAWN = "withdrawn"


def draft_words(findings: Findings) -> str:
    """What stands on every page of a draft, as one line that begins with its mark in capitals; "" once published.

    Rules: ``withdrawn`` (the request is), ``draft_sent`` (with the last day for comments), ``draft_not_sent``.
    """
    if findings.draft is None:
        return ""
    withdrawn = next((entry for entry in findings.sign_offs if entry.get("event") == WITHDRAWN), None)
    if withdrawn is not None:
        return "WITHDRAWN: the request was withdrawn, and this report is not for use."
    if findings.draft.respond_by is not None:
        return f"DRAFT for comments by {numbers.date(findings.draft.respond_by)}. Not for release."
    weeks = findings.setting("report", "draft_weeks")
    time = "1 week" if weeks == 1 else f"{small_number(weeks)} weeks"
    return f"DRAFT: comments are due {time} after it is sent. Not for release."


def draft_mark(findings: Findings) -> str:
    """The mark by itself, as it lies behind the text: ``DRAFT``, ``WITHDRAWN``, or "" once published."""
    return draft_words(findings).split(" ")[0].rstrip(":")


def published_words(findings: Findings) -> str:
    """The day of publication, for the subtitle: ``Published 3 March 2014.``; "" before there is one."""
    return f"Published {numbers.date(findings.version.released)}." if findings.version is not None else ""


def version_words(findings: Findings) -> str:
    """What stands on a report that replaces another: which it is, of what day, which it replaces and why; else "".

    Rules: ``same_figures`` (words alone have changed).
    """
    version = findings.version
    if version is None or version.replaced is None:
        return ""
    said = f"Version {version.number}: published on {numbers.date(version.released)}, in place of version"
    said = f"{said} {version.number - 1} of {numbers.date(version.replaced)}."
    said += f" No figure of version {version.number - 1} has changed." if version.same_figures else ""
    return f"{said} Reason: {ended(plain(version.reason))}"


def event_words(entry: Mapping[str, str]) -> str:
    """What somebody did with a report, as a sentence: ``Draft sent on 3 February 2014, by A. Analyst.``"""
    day = numbers.date(dt.date.fromisoformat(entry["date"]))
    why = f": {entry['reason']}" if entry.get("reason") else ""
    return capital(ended(plain(f"{entry['event']} on {day}, by {entry['by']}{why}")))
