"""The questions: what was asked of the users of the pilot, in a closed list.

Topics after "Justice Data Lab: the pilot year" (Ministry of Justice, 2014): expectations clear and met, kept up to
date, useful, clearly presented, further outcomes wanted, uses of the results within and outside the organisation.
"""

from __future__ import annotations

from dataclasses import dataclass

AGREE = ("strongly agree", "agree", "neither agree nor disagree", "disagree", "strongly disagree")
USE = ("have used them", "plan to use them", "do not plan to use them", "do not know yet")
WANTED = ("yes", "no", "do not know")


@dataclass(frozen=True)
class Question:
    """A question: its short name, its words, and its answers; without answers it is free text."""

    key: str
    text: str
    choices: tuple[str, ...] = ()
    part: str = ""


_SAY, _WANT, _HOW = "How far do you agree?", "Which further outcomes would help you?", "How do you use the results?"

QUESTIONS: tuple[Question, ...] = (
    Question("expectations_clear", "It was clear what the Justice Data Lab could tell us, and what not.", AGREE, _SAY),
    Question("expectations_met", "The Justice Data Lab did what we had expected of it.", AGREE, _SAY),
    Question("kept_up_to_date", "We were kept up to date while our request was worked on.", AGREE, _SAY),
    Question("useful", "What the report tells us is useful.", AGREE, _SAY),
    Question("clear_and_helpful", "The report presents its results clearly and helpfully.", AGREE, _SAY),
    Question("used_within", "Within your organisation, to understand what the service does", USE, _HOW),
    Question("used_outside", "Outside your organisation, to show what the service does", USE, _HOW),
    Question("want_severity", "How serious reoffences are", WANTED, _WANT),
    Question("want_return_to_custody", "Return to custody", WANTED, _WANT),
    Question("want_employment", "Employment and benefits", WANTED, _WANT),
    Question("want_longer", "Reoffending over longer than a year", WANTED, _WANT),
    Question("further", "Which other outcomes would help you?", (), "In your own words"),
    Question("comments", "What else should we know? Please name no person.", (), "In your own words"),
)
BY_KEY = {question.key: question for question in QUESTIONS}
