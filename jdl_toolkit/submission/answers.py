"""The Service sheet: what the organisation says of its service, and what it still has to say."""

from __future__ import annotations

import pandas as pd

from .faults import all_issues, issues_of
from .fields import PLACEHOLDERS, QUESTIONS, SERVICE, plain, question_of
from .sheets import Grid, is_blank

NO_ANSWER = PLACEHOLDERS | {"-", "?", "...", "…", "na", "none", "to follow", "pending"}
REFUSALS = frozenset({"no", "n", "not yet", "false", "0"})


def read_answers(grid: Grid) -> tuple[dict[str, str], pd.DataFrame]:
    """Answers by question, and what blocks the request.

    The question stands in the first filled cell of a row, its answer in the cells to the right of it.

    Parameters
    ----------
    grid : list of rows

    Returns
    -------
    answers : dict of str to str
        By key of `fields.QUESTIONS`; questions that are not the template's by their own words. Only what is answered.
    issues : DataFrame
    """
    answers: dict[str, str] = {}
    asked: dict[str, int] = {}
    for number, row in enumerate(grid, start=1):
        filled = [str(cell).strip() for cell in row if not is_blank(cell)]
        if not filled or plain(filled[0]) in ("question", "questions"):
            continue
        question = question_of(filled[0])
        key = question.key if question else filled[0]
        answer = "; ".join(filled[1:])
        if answer and answer.casefold() not in NO_ANSWER:
            answers.setdefault(key, answer)
        asked.setdefault(key, number)
    return answers, all_issues(_gaps(answers, asked))


def _gaps(answers: dict[str, str], asked: dict[str, int]) -> list[pd.DataFrame]:
    issues = []
    for question in QUESTIONS:
        if question.required and question.key not in answers:
            code = "question_unanswered" if question.key in asked else "question_missing"
            issues.append(issues_of(code, SERVICE, [asked.get(question.key)], None, [question.text]))
    if answers.get("sign_off", "").casefold().strip(" .!") in REFUSALS and "sign_off" in answers:
        issues.append(issues_of("not_signed_off", SERVICE, [asked["sign_off"]], None))
    return issues
