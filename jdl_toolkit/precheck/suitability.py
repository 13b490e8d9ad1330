"""Whether the method suits a service: `rules.RULES` held against what the organisation says. Advice, never a block."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from ..document import Words
from ..numbers import number
from ..result import Result
from ..spec import Need, RequestSpec
from ..submission import Submission
from ..submission.questions import QUESTION_BY_KEY
from ..wording import Passage
from .clauses import first_said
from .contact import days_of_contact, median_days
from .rules import LEFT_OUT, RULES


@dataclass(frozen=True)
class Suitability(Result):
    """What is advised about one service.

    Parameters
    ----------
    advice : DataFrame
        A row per rule that applies: ``rule`` (a key of `RULES`), ``what``, ``because`` (what it was noticed by),
        ``why``, ``do``. No rows: nothing speaks against the method.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.precheck import judge_suitability
    >>> example = examples.foundation()
    >>> judge_suitability(example.submission, example.spec)
    Nothing in the answers speaks against the method.
    >>> short = replace(example.submission, answers=example.submission.answers | {"contact_length": "one day"})
    >>> advised = judge_suitability(short, example.spec)
    >>> advised.to_frame()["rule"].tolist()
    ['short_contact']
    """

    advice: pd.DataFrame

    def summary(self) -> str:
        n = len(self.advice)
        return "Nothing in the answers speaks against the method." if not n else " ".join(self.advice["what"])

    def to_frame(self) -> pd.DataFrame:
        """The advice: rule, what, because, why, do, as in `advice`."""
        return self.advice.copy()

    def words(self) -> Words:
        """All advice as a list, for readers."""
        passage = Passage()
        if self.advice.empty:
            return passage.say("suits", self.summary()).words()
        for row in self.advice.itertuples():
            passage.item(row.rule, f"**{row.what}** {row.because} {row.why} What to do: {row.do}")
        return passage.words()


def judge_suitability(submission: Submission, spec: RequestSpec) -> Suitability:
    """Hold the answers about a service, and the dates of its records, against `RULES`.

    Parameters
    ----------
    submission : Submission
    spec : RequestSpec
        For the limit of a short contact, and the need the request states.

    Returns
    -------
    Suitability
    """
    reasons = {name: _said(name, submission.answers) for name in RULES}
    if reasons["drugs_alcohol"] is None and spec.service.need is Need.drugs_alcohol:
        reasons["drugs_alcohol"] = "The request names drugs and alcohol as the main need."
    reasons["short_contact"] = _short(submission, spec.suitability.short_contact_days)
    rows = [
        {"rule": name, "what": RULES[name].what, "because": why, "why": RULES[name].why, "do": RULES[name].do}
        for name, why in reasons.items()
        if why
    ]
    return Suitability(pd.DataFrame(rows, columns=["rule", "what", "because", "why", "do"], dtype="str"))


def _said(name: str, answers: dict[str, str]) -> str | None:
    """What the answers say that the rule is about, as a sentence; None if they say nothing of the kind."""
    rule = RULES[name]
    keywords, innocent = _pattern(rule.keywords), _pattern(rule.innocent)
    for key in rule.answers:
        answer = answers.get(key, "")
        left_out = LEFT_OUT.search(answer) if name == "chosen_afterwards" else None
        found = left_out[0] if left_out else first_said(answer, keywords, innocent) if rule.keywords else None
        if found:
            return f"The answer to “{QUESTION_BY_KEY[key].text}” says “{' '.join(found.split())}”."
    return None


def _pattern(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])", re.IGNORECASE) if parts else re.compile(r"(?!)")


def _short(submission: Submission, limit: float) -> str | None:
    answered = days_of_contact(submission.answers.get("contact_length", ""))
    if answered is not None and answered < limit:
        return f"The answer to “{QUESTION_BY_KEY['contact_length'].text}” comes to {_length(answered)}."
    median = median_days(submission.people)
    # what is said counts for more than dates, which may be those of the last of many meetings
    if answered is None and median is not None and median < limit:
        return f"By the dates of service start and end, half the records last {_length(median)} or less."
    return None


def _length(days: float) -> str:
    if days < 0.5:
        hours = 24 * days
        return "less than an hour" if hours < 1 else "an hour" if hours == 1 else f"{number(hours)} hours"
    whole = number(days, 0 if days == int(days) else 1)
    return "one day" if days == 1 else "half a day" if days == 0.5 else f"{whole} days"
