"""The Service sheet: what the organisation says of its service, and what it still has to say."""

from __future__ import annotations

import re

import pandas as pd

from .faults import BLOCKS_REQUEST, all_issues, issues_of
from .fields import PLACEHOLDERS, SERVICE, plain
from .questions import QUESTIONS, question_of
from .sheets import Grid, is_blank, text_alone

NO_ANSWER = PLACEHOLDERS | {"-", "?", "...", "…", "na", "none", "to follow", "pending"}
#: A sign-off that is none: by how it begins, or by words that put it off, unless it begins with yes.
REFUSAL = re.compile(
    r"(?i)(?:no(?! objection)|n|not|none|nobody|nothing|false|0|unsigned|awaiting|waiting)\b"
    r"|(?!yes\b).*\b(?:not (?:yet|been|signed|approved)|yet to|(?:will|to|should) be (?:signed|approved|agreed))\b"
    r"|(?!yes\b).*\b(?:awaiting|pending)\b"
)
#: Headings of columns that hold no answers; the first is the template's own.
BESIDE = ("for example", "example", "examples", "guidance", "help")


def read_answers(grid: Grid) -> tuple[dict[str, str], pd.DataFrame]:
    """Answers by question, and the questions without one.

    The question stands in the first filled cell of a row, its answer in the cells to the right of it, but for columns
    that a row of headings calls examples. Whoever wrote over the template's example has answered, too.

    Parameters
    ----------
    grid : list of rows

    Returns
    -------
    answers : dict of str to str
        By key of `questions.QUESTIONS`; questions that are not the template's by their own words. Only what is
        answered.
    issues : DataFrame
    """
    answers: dict[str, str] = {}
    asked: dict[str, int] = {}
    beside: set[int] = set()
    own_examples: set[int] = set()
    for number, row in enumerate(grid, start=1):
        filled = {i: str(cell).strip() for i, cell in enumerate(map(text_alone, row)) if not is_blank(cell)}
        said = [text for i, text in filled.items() if i not in beside]
        if not said:
            continue
        if plain(said[0]) in ("question", "questions"):
            beside = {i for i, text in filled.items() if plain(text) in BESIDE}
            own_examples = {i for i in beside if plain(filled[i]) == BESIDE[0]}
            continue
        question = question_of(said[0])
        key = question.key if question else said[0]
        overwritten = [
            filled[i] for i in sorted(own_examples & filled.keys()) if question and filled[i] != question.example
        ]
        answer = "; ".join(said[1:] or overwritten)
        if answer and answer.casefold() not in NO_ANSWER:
            answers.setdefault(key, answer)
        asked.setdefault(key, number)
    return answers, all_issues(_gaps(answers, asked))


def _gaps(answers: dict[str, str], asked: dict[str, int]) -> list[pd.DataFrame]:
    issues = []
    for question in QUESTIONS:
        if question.if_missing and question.key not in answers:
            blocking = "question_unanswered" if question.key in asked else "question_missing"
            code = blocking if question.if_missing == BLOCKS_REQUEST else "question_left_open"
            issues.append(issues_of(code, SERVICE, [asked.get(question.key)], None, [question.text]))
    # the template asks more than every upload must answer: whoever was asked and left it open is reminded
    open_ones = [
        q for q in QUESTIONS if not q.if_missing and q.key != "repeats" and q.key in asked.keys() - answers.keys()
    ]
    issues += [issues_of("question_left_open", SERVICE, [asked[q.key]], None, [q.text]) for q in open_ones]
    copied = [q for q in QUESTIONS if not q.choices and plain(answers.get(q.key, "")) == plain(q.example)]
    issues += [issues_of("answer_is_example", SERVICE, [asked[q.key]], None, [q.text]) for q in copied]
    if REFUSAL.match(answers.get("sign_off", "")):
        issues.append(issues_of("not_signed_off", SERVICE, [asked["sign_off"]], None))
    return issues
