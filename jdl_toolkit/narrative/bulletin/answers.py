"""What organisations said of their reports, as counts."""

from __future__ import annotations

from ... import numbers
from ...document import Words
from ...portfolio.answers import FeedbackSummary
from ...portfolio.bulletin import Bulletin
from ...wording import Passage, small_number


def feedback(bulletin: Bulletin) -> Words:
    """How many answered of those who were due to; what they answered is in the table."""
    found, passage = bulletin.feedback, Passage()
    if found is None or not found.n_published:
        return passage.say("not_asked", "No organisation has been asked for feedback yet.").words()
    passage.say(
        "asked",
        "With its published report every organisation gets a questionnaire, which asks whether the report was clear"
        " and of use.",
    )
    if not found.n_due and not found.n_answered:
        return passage.say("none_due", "No answer is due yet.").words()
    passage.say("answered", _answered(found))
    if found.n_answered and (found.suppressed or not found.questions):
        passage.say(
            "answers_withheld",
            f"What was answered is shown from {small_number(found.minimum)} answers on, so that nobody is known by it.",
        )
    elif any(n is None for question in found.questions for n in question.counts.values()):
        passage.say("some_withheld", "A number that is small, or would give away a small one, is withheld.")
    return passage.words()


def _answered(found: FeedbackSummary) -> str:
    n, due = found.n_answered, max(found.n_due, found.n_answered)
    day = numbers.date(found.until)
    if due == 1:
        return f"One questionnaire was due back by {day}, and {'was' if n else 'has not been'} returned."
    rate = "" if found.response_rate is None or not n else f" ({numbers.per_cent(found.response_rate)})"
    came = "none was" if n == 0 else f"{n:,} {'was' if n == 1 else 'were'}"
    return f"{due:,} questionnaires were due back by {day}; {came} returned{rate}."
