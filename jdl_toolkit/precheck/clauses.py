"""Whether an answer says something, rather than denies it: keywords, sentence by sentence, and what denies them."""

from __future__ import annotations

import re

from ..wording import plain

_SENTENCE = re.compile(r"[.;:!?\n•]+(?:\s|$)|\b(?:but|however|although|though|whereas)\b", re.IGNORECASE)
#: "Not only" denies nothing.
_NO_DENIAL = re.compile(r"\bnot(?:[- ]for[- ]profit| only| just| simply| merely)|\bno (?:longer|charge|cost)\b", re.I)
_DENIAL = (
    r"\b(?:no|not|never|nor|neither|none|nobody|without|regardless of|irrespective of|whatever|whether|excluding|except"
    r"(?: for)?|other than|rather than|instead of|cannot|\w+n[’']t)\b"
)
#: A denial holds for what follows within six words, or for what stands up to three words before it.
_BEFORE = re.compile(rf"{_DENIAL}(?:\W+[\w’'-]+){{0,6}}\W*$", re.IGNORECASE)
_AFTER = re.compile(
    r"^\W*(?:(?!who\b|that\b|which\b|whom\b)[\w’'-]+\W+){0,3}?"
    r"(?:(?:is|was|are|were|has|have|had|does|did|do|plays?|played|makes?|made|need)(?:\W+(?:be|been))?\W+"
    r"(?:no|not|never|irrelevant|immaterial|ignored)\b|\w+n[’']t\b|or not\b)",
    re.IGNORECASE,
)


def first_said(text: str, keywords: re.Pattern[str], innocent: re.Pattern[str] | None = None) -> str | None:
    """The first words of `text` that match a keyword and are not denied; None if there are none.

    Parameters
    ----------
    text : str
        An answer of the organisation.
    keywords : pattern
    innocent : pattern, optional
        What only looks like a keyword ("motivational interviewing"); it is taken out first.
    """
    for sentence in _SENTENCE.split(plain_lines(text)):
        rest = _NO_DENIAL.sub(" ", sentence)
        rest = innocent.sub(" … ", rest) if innocent else rest
        for match in keywords.finditer(rest):
            if not _BEFORE.search(rest[: match.start()]) and not _AFTER.search(rest[match.end() :]):
                return plain(match[0])
    return None


def plain_lines(text: str) -> str:
    """Text from outside, line by line in one line; ends of lines end sentences."""
    return ". ".join(filter(None, map(plain, str(text).splitlines())))
