"""What the organisation says of its report: in its own words, set apart from those of the lab, and unchecked."""

from __future__ import annotations

import re

from .. import numbers
from ..document import Inset, Words
from ..findings import Findings
from ..wording import Passage, capital, plain


def organisation_response(findings: Findings) -> Inset | Words:
    """The response as plain text in paragraphs, in a box of its own; without one, what a reader should know instead."""
    name, passage = capital(plain(findings.organisation.name)), Passage()
    paragraphs = _paragraphs(findings.organisation_response or "")
    if paragraphs:
        passage.say(
            "response_unchecked",
            f"These are the words of {name}, printed as plain text. We have not checked them.",
        )
        for paragraph in paragraphs:
            passage.say("response", paragraph, new=True)
        return passage.inset("note", f"{name} says of this report")
    if findings.draft is None:
        return passage.say("no_response", f"No response by {name} is part of this report.").words()
    if findings.draft.respond_by is None:
        passage.say("response_not_asked", f"This is a draft, which {name} is yet to be asked to comment on.")
    else:
        sent = f", sent to {name} on {numbers.date(findings.draft.sent)}" if findings.draft.sent is not None else ""
        until = numbers.date(findings.draft.respond_by)
        passage.say(
            "response_awaited", f"This is a draft{sent}. What {name} says of this report is awaited until {until}."
        )
    return passage.say("response_printed", "It will be printed here, in the organisation's own words.").words()


def _paragraphs(text: str) -> list[str]:
    """Paragraphs of a text from outside, which empty lines part, and its points; nothing in them reads as Markdown.

    A dash that opens a point becomes a bullet, and one before a figure a minus sign, so that neither is lost.
    """
    lines = "\n".join(text.splitlines())
    parts = re.split(r"\n\s*\n|\n(?=\s*[-*•–]\s)", lines)
    marked = (re.sub(r"^\s*[-*–]\s+", "• ", re.sub(r"^\s*-(?=\d)", "−", part)) for part in parts)
    return [said for said in map(plain, marked) if said]
