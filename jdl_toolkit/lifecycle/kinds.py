"""The events of a request by name, which of them mean what, and how long their words may be."""

from __future__ import annotations

import datetime as dt

from .. import numbers
from ..blinding import OPENED

ACCEPTED, SIGNED, SENT, REMINDED, RESPONSE, WARNINGS, WITHDRAWN, UNANSWERABLE = (
    "balance accepted",
    "sign-off",
    "draft sent",
    "reminder sent",
    "response received",
    "warnings looked at",
    "withdrawn",
    "could not be answered",
)
EVENTS = (ACCEPTED, OPENED, SIGNED, SENT, REMINDED, RESPONSE, WARNINGS, WITHDRAWN, UNANSWERABLE)
#: Events of one analysis; all others are of the whole request.
OF_ANALYSIS = (ACCEPTED, OPENED)
#: What `jdl release` puts on record by itself.
RELEASED = "released"

#: Events that a report lists.
OF_REPORT = (SIGNED, SENT, RESPONSE, WITHDRAWN)
#: Events that cannot have been before there were results.
OF_RESULTS = (SIGNED, SENT, RESPONSE, WARNINGS)
#: Events that nobody may record without saying why.
WITH_REASON = (ACCEPTED, OPENED, WARNINGS, WITHDRAWN, UNANSWERABLE)
#: Events that end a request, each in words; nothing can be recorded after them.
ENDS = {WITHDRAWN: "was withdrawn", UNANSWERABLE: "could not be answered, as was recorded"}
#: In the manifest, the digest of the results that the report in place shows.
REPORTED = "reported"
#: In the manifest, the digest of the results that the outcomes stage made, and the schema of their findings.
RESULTS = "results"

#: Characters of a name and a reason, and of a response: six pages.
LONGEST_NAME, LONGEST_REASON, LONGEST_RESPONSE = 120, 2_000, 20_000
#: Digits in a name: fewer than any date or identifier has.
MOST_DIGITS = 3


def folded(name: str) -> str:
    """A name as it is compared with others: neither case nor gaps count."""
    return " ".join(name.split()).casefold()


def in_words(date: str) -> str:
    """A day as the manifest holds it, in words."""
    return numbers.date(dt.date.fromisoformat(date))
