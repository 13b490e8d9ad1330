"""What organisations think of the report on their service: a short questionnaire, its answers, their summary."""

from .questions import QUESTIONS, Question
from .reading import Answered, read_questionnaire
from .store import keep_answers, write_missing
from .summary import MINIMUM, due_on, feedback_summary, outstanding, summary_words
from .workbook import Asked, write_questionnaire

__all__ = [
    "Answered", "Asked", "MINIMUM", "QUESTIONS", "Question", "due_on", "feedback_summary", "keep_answers",
    "outstanding", "read_questionnaire", "summary_words", "write_missing", "write_questionnaire",
]  # fmt: skip
