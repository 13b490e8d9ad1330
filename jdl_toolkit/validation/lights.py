"""Every check as one mark: which hold, which do not, which could not be tried."""

from __future__ import annotations

from collections.abc import Iterable

from .. import document
from ..numbers import plural
from ..plots.canvas import DARK, ORANGE, PLUM, SIZE, TEAL, THIN, WIDTH, block_height, finish, sheet, styled, write
from ..typeface import width, wrap
from .part import Answer, Check

_STEP, _ROW = 9.0, 10.0  # between marks, and between their lines, in points
_MARKS = {
    True: ("holds", {"marker": "o", "ms": 4.2, "mfc": TEAL, "mec": TEAL}),
    False: ("does not hold", {"marker": "s", "ms": 7, "mfc": PLUM, "mec": PLUM}),
    None: ("could not be tried", {"marker": "^", "ms": 6.2, "mfc": ORANGE, "mec": DARK, "mew": THIN}),
}
_ORDER = {False: 0, None: 1, True: 2}


@styled
def checks_picture(answers: Iterable[Answer]) -> document.Figure | None:
    """A block of marks for each part, those first that do not hold; None where nothing is checked."""
    answers = [answer for answer in answers if answer.checks]
    if not answers:
        return None
    per_line = int((WIDTH - 12) // _STEP)
    heads = [wrap(f"{answer.question} {_said(answer.checks)}", WIDTH - 6, SIZE) for answer in answers]
    n_lines = [-(-len(answer.checks) // per_line) for answer in answers]
    drawing, paper = sheet(22 + sum(block_height(h) + n * _ROW + 14 for h, n in zip(heads, n_lines, strict=True)))
    _key(paper)
    y = 22.0
    for answer, head, n in zip(answers, heads, n_lines, strict=True):
        y = write(paper, 3, y, head)
        found = sorted((check.holds for check in answer.checks), key=_ORDER.__getitem__)
        for holds, (_, mark) in _MARKS.items():
            at = [i for i, one in enumerate(found) if one is holds]
            xs, ys = [8 + _STEP * (i % per_line) for i in at], [y + 8 + _ROW * (i // per_line) for i in at]
            paper.plot(xs, ys, linestyle="none", **mark)
        y += n * _ROW + 14
    alt = "; ".join(f"{answer.question} {_said(answer.checks)}" for answer in answers)
    data = [{"part": answer.key, **_counts(answer.checks)} for answer in answers]
    return finish(drawing, "checks", "Every check of the study is one mark", f"Checks by part. {alt}", data)


def _key(paper) -> None:
    x = 8.0
    for words, mark in _MARKS.values():
        paper.plot([x], [8], linestyle="none", **mark)
        paper.text(x + 8, 11, words, fontsize=SIZE)
        x += width(words, SIZE) + 30


def _counts(checks: Iterable[Check]) -> dict[str, int]:
    held = [check.holds for check in checks]
    return {words.replace(" ", "_"): held.count(holds) for holds, (words, _) in _MARKS.items()}


def _said(checks: tuple[Check, ...]) -> str:
    """How many hold: ``47 of 48 checks hold.``"""
    n_held = sum(check.holds is True for check in checks)
    return f"{n_held:,} of {plural(len(checks), 'check holds', 'checks hold', 0)}."
