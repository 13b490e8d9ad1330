"""Whether the method suits a service: rules over what the organisation says of it. They advise and never block.

[S4] is "Justice Data Lab: the pilot year" (Ministry of Justice, 2014). Its panel of experts named services that target
drug and alcohol use as ones that the lab did not yet suit, and it warns that its calculations assume the same motivation
in both groups. All else is plain reasoning from one fact: people are compared with others who look alike *on the
records*, so what the records do not hold is not made alike.
"""

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


@dataclass(frozen=True)
class Rule:
    """A kind of service that the method suits badly.

    Parameters
    ----------
    what, why, do : str
        What was noticed, why it matters, what to do; sentences for the organisation.
    answers : tuple of str
        Keys of the answers it looks at.
    keywords : tuple of str
        Regular expressions, in small letters; each stands for whole words.
    innocent : tuple of str
        What only looks like a keyword.
    """

    what: str
    why: str
    do: str
    answers: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    innocent: tuple[str, ...] = ()


RULES: dict[str, Rule] = {
    "drugs_alcohol": Rule(
        what="The service seems to be aimed at drug or alcohol use.",
        why="The records do not say who is dependent on drugs or alcohol, unless a person's needs were assessed. People "
        "in the comparison group would look alike on paper and depend less often, so a good service can look bad. "
        "Treatment is also often a condition of the sentence itself.",
        do="Tell the lab before you submit, and say for how many people treatment was a condition of the sentence. Ask "
        "whether it holds needs assessments for them.",
        answers=("need", "service_name", "service_description"),
        keywords=(
            r"drugs?", r"alcohol\w*", r"substance[- ](?:mis)?(?:use|abuse)\w*", r"addict\w*", r"detox\w*", r"rehab",
            r"opi(?:ate|oid)s?", r"heroin", r"cocaine", r"cannabis", r"methadone", r"needle exchange", r"sobriety",
            r"(?:problem|binge|heavy|hazardous|harmful) drink(?:ing|ers?)", r"drinking (?:problems?|habits?)",
            r"(?:12|twelve)[- ]steps?", r"drr", r"atr", r"dependen(?:t on|c[ey] on) (?:drink|drugs|alcohol)",
        ),
        innocent=(
            r"(?:drugs?|alcohol|substance)[- ](?:and[- ]alcohol[- ])?free (?:\w+ )?(?:venues?|space|environment|house|"
            r"housing|hostels?|premises|site|cafe|activities|accommodation)",
            r"drugs? (?:testing|tests?)", r"(?:drugs?|alcohol)[- ](?:related )?(?:offen[cs]es?|offenders?|convictions?|"
            r"crimes?|dealing|dealers?|supply|trafficking|importation)", r"(?:supply|possession|importation) of drugs?",
        ),
    ),
    "short_contact": Rule(
        what="Contact with each person seems to be short.",
        why="A short contact rarely changes reoffending within a year by much, and a small change can only be shown with "
        "thousands of people.",
        do="Look at the forecast: is a change of that size plausible? If people came more than once, give the first "
        "and the last day as service start and end.",
    ),
    "selected_for_doing_well": Rule(
        what="People seem to have been selected because they were likely to do well.",
        why="The records do not hold motivation, conduct in prison or a worker's judgement. The comparison group "
        "would hold people who would not have been selected, so the service can look better than it is.",
        do="Say how many were refused, and by which criteria. Ask the lab whether it can compare with people who met "
        "the same criteria; otherwise the report must say that selection may explain the result.",
        answers=("selection", "referral_route"),
        keywords=(
            r"(?:well[- ]|highly |self[- ])?motivat\w+", r"willing(?:ness)?(?: to \w+)?", r"keen(?:ness)?(?: to \w+)?",
            r"enhanced (?:status|level|regime|prisoners?|incentives?|iep)", r"on enhanced", r"low(?:er)?[- ]risk",
            r"suitab(?:le|ility)", r"most likely to \w+", r"trust(?:ed (?:prisoners?|men|women|people|positions?|status)"
            r"|worthy|worthiness|ies)", r"(?:release[ds]? )?on temporary licen[cs]e", r"temporary release", r"rotl",
            r"good (?:behaviou?r|conduct|record)", r"well[- ]behaved", r"commit(?:ment|ted)(?: to \w+)?",
            r"engag(?:ed well|ing well)|(?:ready|able|prepared) to engage", r"(?:job|work)[- ]read(?:y|iness)",
            r"ready to (?:work|change)", r"hand[- ]?picked", r"the best", r"category d", r"open conditions",
            r"passed (?:\w+ ){0,3}(?:interview|assessment|test|screening)", r"volunteered", r"opted in", r"chose to \w+",
        ),
        innocent=(
            r"motivational \w+", r"committed (?:\w+ ){0,3}(?:offen[cs]es?|crimes?|acts?|by)",
            r"(?:high|medium|very high)(?:[- ]risk)?,? (?:medium,? )?(?:and|or|to) low[- ]risk",
            r"low[- ,]+(?:medium[- ,]+)?(?:and|or|to) (?:medium|high)[- ]risk|low[- ]risk (?:and|or) (?:medium|high)",
            r"suitable (?:accommodation|housing|homes?|work|jobs?|employment|premises|place)", r"best practice",
            r"all (?:who )?volunteered places",
        ),
    ),
    "chosen_afterwards": Rule(
        what="People seem to have been chosen by how things turned out for them.",
        why="Those who completed a course or found a job are the ones who did well anyway; leaving out the others makes "
        "any service look good. Nothing in the analysis can put that right.",
        do="Send everybody who started the service, whether they finished or not.",
        answers=("selection",),
        keywords=(
            r"complet(?:ed|ers?|ion|ing)", r"finish(?:ed|ers)", r"graduat(?:ed|es?|ing)",
            r"found (?:an? |some )?(?:\w+ )?(?:jobs?|work|employment|housing|home|accommodation)",
            r"(?:got|went|moved|stayed) (?:an? |into |in )?(?:\w+ )?(?:jobs?|work|employment|training)",
            r"(?:gained|obtained|secured|achieved|sustained|kept|retained|held down) (?:an? |their |some )?(?:\w+ )?"
            r"(?:jobs?|work|employment|qualifications?|certificates?|tenanc(?:y|ies)|accommodation|housing|outcomes?)",
            r"successful(?:ly)? (?:outcomes?|clients?|participants?|cases?|finish\w*|leavers?)", r"success stories",
            r"positive outcomes?", r"still (?:in contact|engaged|attending|with us|in work)", r"stayed (?:out of trouble|to the end)",
            r"desist(?:ed|ers)", r"(?:attended|came to) (?:at least|more than|all|every)(?: \w+){0,3}",
        ),
        innocent=(
            r"complet\w+ (?:or not|and not|or otherwise)", r"(?:both )?complet\w+ and (?:drop\w*|non\W?\w+|those who)\b",
            r"complet\w+ (?:an? |the |our |their )?(?:\w+ )?(?:application|form|forms|assessment|referral|consent|"
            r"induction|questionnaire|sentence|school)\b", r"non-?complet\w+", r"(?:even if|whether) [^,]*",
        ),
    ),
}  # fmt: skip

#: Said of those who are left out, these need no further word: taken as they stand, denials included.
_LEFT_OUT = re.compile(
    r"\b(?:exclud\w+|without|leaving out|left out|removed|not (?:counting|including)|omitt\w+) (?:\w+ ){0,4}?"
    r"(?:drop(?:ped)?[- ]?outs?|non-?completers|early leavers|(?:who|that) (?:left|dropped out|did not (?:finish|complete)))"
    r"|\b(?:drop(?:ped)?[- ]?outs?|non-?completers|early leavers)\b(?:\W+\w+){0,3}?\W+"
    r"(?:excluded|removed|omitted|left out|not (?:included|counted|sent))"
    r"|\b(?:did not|didn[’']t|have not|haven[’']t|has not|not) (?:re-?offend(?:ed)?|go back to (?:prison|crime)|drop(?:ped)? out)"
    r"|\bno further (?:offen[cs]es?|convictions?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Suitability(Result):
    """What is advised about one service.

    Parameters
    ----------
    advice : DataFrame
        A row per rule that applies: ``rule`` (a key of `RULES`), ``what``, ``because`` (what it was noticed by), ``why``,
        ``do``. No rows: nothing speaks against the method.
    """

    advice: pd.DataFrame

    def summary(self) -> str:
        n = len(self.advice)
        return "Nothing in the answers speaks against the method." if not n else " ".join(self.advice["what"])

    def to_frame(self) -> pd.DataFrame:
        return self.advice

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
        left_out = _LEFT_OUT.search(answer) if name == "chosen_afterwards" else None
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
