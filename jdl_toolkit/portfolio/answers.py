"""What a bulletin says of the answers to the feedback questionnaire."""

from __future__ import annotations

import datetime as dt

from ..spec import Model


class FeedbackQuestion(Model):
    """How many chose each answer to a question of the feedback questionnaire."""

    key: str
    question: str
    n_answered: int
    counts: dict[str, int | None]


class FeedbackSummary(Model):
    """What organisations answered to the questionnaire on their published report, up to a day; never free text.

    `n_due`: reports whose questionnaire should have been answered by then. `suppressed`: fewer than `minimum` answered,
    so that no answers are told of.
    """

    until: dt.date
    n_published: int
    n_due: int
    n_answered: int
    response_rate: float | None
    n_outstanding: int
    minimum: int
    suppressed: bool
    questions: tuple[FeedbackQuestion, ...] = ()
