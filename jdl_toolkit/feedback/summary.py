"""How many questionnaires are due and came back, and what they say, as it may be published."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

from ..cohort.clock import add_months
from ..numbers import date, per_cent, plural
from ..portfolio import FeedbackQuestion, FeedbackSummary
from ..releases import read_releases
from .questions import QUESTIONS
from .store import read_answers, read_ledger

#: Fewer answers than these are not told of: they could be told apart.
MINIMUM = 5
#: Organisations have about a month to think over their report before they are asked.
MONTHS_TO_REFLECT = 1


def due_on(outputs: Path) -> dict[str, dt.date]:
    """By request, the day from which the questionnaire on its first report with results is due."""
    first: dict[str, dt.date] = {}
    for release in read_releases(outputs):
        if release.answered:
            first.setdefault(release.request, add_months(release.released, MONTHS_TO_REFLECT))
    return first


def outstanding(outputs: Path, today: dt.date) -> list[tuple[str, dt.date]]:
    """Requests whose questionnaire is due and has not come back, with the day since when, the longest first."""
    answered = read_ledger(outputs).received
    waiting = [(request, day) for request, day in due_on(outputs).items() if day <= today and request not in answered]
    return sorted(waiting, key=lambda pair: (pair[1], pair[0]))


def feedback_summary(outputs: Path, until: dt.date) -> FeedbackSummary:
    """What organisations answered up to the end of a day, without any name and without free text.

    Parameters
    ----------
    outputs : Path
    until : date

    Returns
    -------
    FeedbackSummary
        An answer that came before it was due counts as due, too. The counts of a question that fewer than `MINIMUM`
        answered are left out; all of them, if so few questionnaires came back.

    Raises
    ------
    JDLError
        If a record cannot be read.
    """
    due = due_on(outputs)
    months = {request: add_months(day, -MONTHS_TO_REFLECT) for request, day in due.items()}
    came = {r: e for r, e in read_ledger(outputs).received.items() if r in due and e.received <= until}
    n_due = len({request for request, day in due.items() if day <= until} | set(came))
    suppressed = len(came) < MINIMUM
    answers = [] if suppressed else [read_answers(outputs, entry.number) for entry in came.values()]
    return FeedbackSummary(
        until=until,
        n_published=sum(day <= until for day in months.values()),
        n_due=n_due,
        n_answered=len(came),
        response_rate=len(came) / n_due if n_due else None,
        n_outstanding=n_due - len(came),
        minimum=MINIMUM,
        suppressed=suppressed,
        questions=() if suppressed else tuple(_counted(answers)),
    )


def _counted(answers: list[dict[str, str]]) -> list[FeedbackQuestion]:
    found = []
    for question in QUESTIONS:
        given = Counter(one[question.key] for one in answers if question.key in one)
        n = sum(given.values())
        if question.choices and n >= MINIMUM:
            counts = {choice: given.get(choice, 0) for choice in question.choices}
            words = f"{question.part} {question.text}"
            found.append(FeedbackQuestion(key=question.key, question=words, n_answered=n, counts=counts))
    return found


def summary_words(found: FeedbackSummary) -> str:
    """The summary for a terminal."""
    if not found.n_due:
        return f"No questionnaire is due by {date(found.until)}."
    came = f"{plural(found.n_due, 'questionnaire is', 'questionnaires are')} due by {date(found.until)}; "
    came += f"{plural(found.n_answered, 'came', 'came')} back ({per_cent(found.response_rate)}), "
    came += f"{found.n_outstanding:,} {'is' if found.n_outstanding == 1 else 'are'} outstanding."
    if found.suppressed:
        return f"{came} Answers are shown from {found.minimum} questionnaires on."
    lines = []
    for question in found.questions:
        counts = "; ".join(f"{choice} {n}" for choice, n in question.counts.items() if n)
        lines.append(f"  {question.question}\n    {counts}")
    return "\n".join([came, *lines])
