"""How to read a report: what is for everybody, where the part for statisticians and reviewers begins."""

from __future__ import annotations

from ..document import Inset, Words
from ..wording import Passage

#: Headings of the template that other sections point to.
LAST_FOR_EVERYBODY = "Who is in the analysis?"
CAVEATS = "What to bear in mind"
RESPONSE = "The organisation's response"
GLOSSARY_HEADING = "Words used in this report"


def how_to_read() -> Words:
    """Beside the finding: how far everybody should read."""
    return (
        Passage()
        .say(
            "how_to_read",
            f"The sections from here to “{LAST_FOR_EVERYBODY}” are for everybody. The rest is for statisticians and"
            f" reviewers, and to look things up. “{GLOSSARY_HEADING}”, near the end, says what the words mean.",
        )
        .words()
    )


def for_reviewers() -> Inset:
    """The divide between the part that everybody should read and the part for statisticians and reviewers."""
    return (
        Passage()
        .say(
            "for_reviewers",
            "From here on, this report is for statisticians and reviewers: how the result was worked out, how alike the"
            " groups are, every figure, and what other analyses would have said. It uses their words.",
        )
        .say(
            "you_can_stop",
            "Whoever only wants to know what was found needs no more than what came before, and two short sections"
            f" below: “{CAVEATS}” and “{RESPONSE}”.",
            new=True,
        )
        .inset("note", "You can stop here")
    )
