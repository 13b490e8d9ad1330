"""Kinds of service that the method suits badly, as data: what gives them away, why it matters, what to do.

[S4] is "Justice Data Lab: the pilot year" (Ministry of Justice, 2014). Its panel of experts named services that target
drug and alcohol use as ones that the lab did not yet suit; it also warns that its calculations assume the same
motivation in both groups. All else is plain reasoning from one fact: people are compared with others who look alike
*on the records*, so what the records do not hold is not made alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


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
        why="The records do not say who is dependent on drugs or alcohol, unless a person's needs were assessed. "
        "People in the comparison group would look alike on paper and depend less often, so a good service can look "
        "bad. Treatment is also often a condition of the sentence itself.",
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
        why="A short contact rarely changes reoffending within a year by much, and a small change can only be shown "
        "with thousands of people.",
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
            r"suitab(?:le|ility)", r"(?:most|more) likely to \w+", r"(?:most|best) able to \w+", r"benefit(?:ed)? most",
            r"trust(?:ed (?:prisoners?|men|women|people|positions?|"
            r"status)|worthy|worthiness|ies)", r"(?:release[ds]? )?on temporary licen[cs]e", r"temporary release",
            r"rotl", r"good (?:behaviou?r|conduct|record)", r"well[- ]behaved", r"commit(?:ment|ted)(?: to \w+)?",
            r"engag(?:ed well|ing well)|(?:ready|able|prepared) to engage", r"(?:job|work)[- ]read(?:y|iness)",
            r"ready to (?:work|change)", r"hand[- ]?picked", r"the best", r"category d", r"open conditions",
            r"passed (?:\w+ ){0,3}(?:interview|assessment|test|screening)", r"volunteered", r"opted in",
            r"chose to \w+",
        ),
        innocent=(
            r"motivational \w+", r"motivated (?:and|or) (?:un|de)motivated",
            r"committed (?:\w+ ){0,3}(?:offen[cs]es?|crimes?|acts?|by)",
            r"(?:high|medium|very high)(?:[- ]risk)?,? (?:medium,? )?(?:and|or|to) low[- ]risk",
            r"low[- ,]+(?:medium[- ,]+)?(?:and|or|to) (?:medium|high)[- ]risk|low[- ]risk (?:and|or) (?:medium|high)",
            r"suitable (?:accommodation|housing|homes?|work|jobs?|employment|premises|place)", r"best practice",
            r"all (?:who )?volunteered places",
        ),
    ),
    "chosen_afterwards": Rule(
        what="People seem to have been chosen by how things turned out for them.",
        why="Those who completed a course or found a job are the ones who did well anyway; leaving out the others "
        "makes any service look good. Nothing in the analysis can put that right.",
        do="Send everybody who started the service, whether they finished or not.",
        answers=("selection",),
        keywords=(
            r"complet(?:ed|ers?|ion|ing)", r"finish(?:ed|ers)", r"graduat(?:ed|es?|ing)",
            r"found (?:an? |some )?(?:\w+ )?(?:jobs?|work|employment|housing|home|accommodation)",
            r"(?:got|went|moved|stayed) (?:an? |into |in )?(?:\w+ )?(?:jobs?|work|employment|training)",
            r"(?:gained|obtained|secured|achieved|sustained|kept|retained|held down) (?:an? |their |some )?(?:\w+ )?"
            r"(?:jobs?|work|employment|qualifications?|certificates?|tenanc(?:y|ies)|accommodation|housing|outcomes?)",
            r"successful(?:ly)? (?:outcomes?|clients?|participants?|cases?|finish\w*|leavers?)", r"success stories",
            r"positive outcomes?", r"still (?:in contact|engaged|attending|with us|in work)",
            r"stayed (?:out of trouble|to the end)", r"could still (?:be )?(?:contact|reach)\w*",
            r"passed (?:the |their |our |an? )?(?:\w+ )?(?:course|module|exam|programme|test)s?",
            r"achieved (?:an? |their )?level \w+", r"successfully (?:discharged|completed|left|moved|exited|resettled)",
            r"desist(?:ed|ers)", r"(?:attended|came to) (?:at least|more than|all|every)(?: \w+){0,3}",
        ),
        innocent=(
            r"complet\w+ (?:or not|and not|or otherwise)",
            r"(?:both )?complet\w+ and (?:drop[\w-]*|non\W?\w+|those who)",
            r"finished (?:at )?(?:school|prison|custody)",
            r"(?:applications?|forms?|assessments?|referrals?|inductions?) (?:was|were|is|are|ha[sd] been) completed",
            r"complet\w+ (?:an? |the |our |their )?(?:\w+ )?(?:application|form|forms|assessment|referral|consent|"
            r"induction|questionnaire|sentence|school)\b", r"non-?complet\w+", r"(?:even if|whether) [^,]*",
        ),
    ),
}  # fmt: skip

#: Said of those who are left out, these need no further word: taken as they stand, denials included.
LEFT_OUT = re.compile(
    r"\b(?:exclud\w+|without|leaving out|left out|removed|not (?:counting|including)|omitt\w+) (?:\w+ ){0,4}?"
    r"(?:drop(?:ped)?[- ]?outs?|non-?completers|early leavers"
    r"|(?:who|that) (?:left|dropped out|did not (?:finish|complete)))"
    r"|\b(?:drop(?:ped)?[- ]?outs?|non-?completers|early leavers)\b(?:\W+\w+){0,3}?\W+"
    r"(?:excluded|removed|omitted|left out|not (?:included|counted|sent))"
    r"|\b(?:did not|didn[’']t|have not|haven[’']t|has not|not) "
    r"(?:re-?offend(?:ed)?|go back to (?:prison|crime)|drop(?:ped)? out)"
    r"|\bno further (?:offen[cs]es?|convictions?)",
    re.IGNORECASE,
)
