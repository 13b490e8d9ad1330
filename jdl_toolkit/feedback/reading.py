"""Filled questionnaires: spreadsheets, or the plain text of an e-mail.

They come from outside. No message repeats what somebody wrote: an answer may name a person.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import JDLError, Problem
from ..markup import clean, one_line
from ..submission.sheets import decoded, read_sheets
from .questions import QUESTIONS, Question
from .workbook import ANSWER, REFERENCE

LONGEST = 5_000
MOST_BYTES = 5_000_000
_FIX = "read the questionnaire as it was sent out, filled in; `jdl feedback --write` writes it anew"
_REFERENCE = re.compile(r"([a-z0-9][a-z0-9-]*) / (\d{1,4})")
_BY_TEXT = {one_line(question.text).casefold(): question for question in QUESTIONS}


@dataclass(frozen=True)
class Answered:
    """One filled questionnaire: the report, and the answers by question; those left out are not there."""

    request: str
    version: int
    answers: dict[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of what was answered: the same answers in a file that was saved again have the same."""
        return hashlib.sha256(json.dumps([self.version, self.answers], sort_keys=True).encode()).hexdigest()

    @property
    def choices(self) -> dict[str, str]:
        """Answers from the lists, which alone are counted."""
        return {q.key: self.answers[q.key] for q in QUESTIONS if q.choices and q.key in self.answers}

    @property
    def words(self) -> dict[str, str]:
        """Answers in the organisation's own words, which stay restricted."""
        return {q.key: self.answers[q.key] for q in QUESTIONS if not q.choices and q.key in self.answers}


def read_questionnaire(path: Path) -> Answered:
    """Read a filled questionnaire, .xlsx, .ods, .csv or .txt.

    Raises
    ------
    JDLError
        If the file cannot be read, or with all its faults: no reference, answers that are none of those to choose from
        (with the row), nothing answered, text too long.
    """
    path = Path(path)
    found = _of_text(path) if path.suffix.lower() in (".txt", ".eml", "") and path.is_file() else _of_sheets(path)
    reference, given = found
    problems, answers = [], {}
    if reference is None:
        problems.append(Problem("there is no reference to a report", path.name, _FIX))
    for place, question, text in given:
        try:
            answers |= _answer(question, text)
        except ValueError as fault:
            problems.append(Problem(f"{fault} (`{question.text}`)", f"{path.name}, {place}", _fix_of(question)))
    if not given:
        problems.append(Problem("none of the questions is in it", path.name, _FIX))
    elif not answers and not problems:
        problems.append(Problem("nothing is answered", path.name, "leave it out, or ask the organisation again"))
    if problems or reference is None:
        raise JDLError(problems)
    return Answered(reference[0], reference[1], answers)


def _answer(question: Question, text: str) -> dict[str, str]:
    text = clean(text).strip()
    if not text:
        return {}
    if not question.choices:
        if len(text) > LONGEST:
            raise ValueError(f"the answer is longer than {LONGEST:,} characters")
        return {question.key: text}
    folded = one_line(text).casefold().rstrip(".")
    near = [c for c in question.choices if c == folded] or difflib.get_close_matches(folded, question.choices, 1, 0.9)
    if not near:
        raise ValueError("the answer is none of those to choose from")
    return {question.key: near[0]}


def _fix_of(question: Question) -> str:
    return f"use one of: {', '.join(question.choices)}; or leave it out" if question.choices else "shorten it"


Found = tuple[tuple[str, int] | None, list[tuple[str, Question, str]]]


def _of_sheets(path: Path) -> Found:
    reference, given = None, []
    for grid in read_sheets(path).values():
        for number, row in enumerate(grid, start=1):
            head, *rest = [clean(str(cell)) for cell in row] + [""]
            if one_line(head) == REFERENCE:
                reference = reference or _reference(rest[0])
            elif question := _BY_TEXT.get(one_line(head).casefold()):
                given.append((f"row {number}", question, rest[0]))
    return reference, given


def _of_text(path: Path) -> Found:
    if path.stat().st_size > MOST_BYTES:
        raise JDLError("the file is too large for a questionnaire", path.name, _FIX)
    text = re.sub(r"^(?:[>|] ?)+", "", clean(decoded(path)), flags=re.MULTILINE)  # as e-mail programs quote
    stated = re.search(rf"^{REFERENCE}: *(.*)$", text, re.MULTILINE)
    given = []
    for part in re.split(r"^(?=\d{1,2}\. )", text, flags=re.MULTILINE)[1:]:
        asked, mark, answer = part.partition(ANSWER)
        number = int(part.partition(".")[0])
        if mark and 1 <= number <= len(QUESTIONS) and one_line(QUESTIONS[number - 1].text) in one_line(asked):
            given.append((f"question {number}", QUESTIONS[number - 1], answer))
    return _reference(stated[1]) if stated else None, given


def _reference(text: str) -> tuple[str, int] | None:
    found = _REFERENCE.fullmatch(one_line(text))
    return (found[1], int(found[2])) if found else None
