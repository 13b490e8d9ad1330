"""The terms of a report, for readers who are no statisticians."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from ..document import Words
from ..findings import Findings
from ..wording import Passage
from .events import event_happened

INDEX_DATE = "The day {happened}. Follow-up starts on it."
#: Term -> what it means, alphabetically. Numbers are words here, so that none has to be traced to a result.
GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Attrition", "The loss of records between what was sent and what could be analysed."),
    ("Caliper", "How far apart two people's propensity scores may be for them still to count as comparable."),
    (
        "Class of an offence",
        "Indictable offences are the most serious and are tried by the Crown Court; summary offences are the least"
        " serious and are tried by magistrates; offences triable either way may be tried by either.",
    ),
    ("Community order", "A sentence served in the community, with requirements such as unpaid work or treatment."),
    (
        "Comparison group",
        (
            "People who did not receive the service and are like those who did in everything that was matched on. Also"
            " called control group."
        ),
    ),
    (
        "Conditional measure",
        "A measure among people who reoffended only. It compares part of each group, and the service may have changed"
        " who is in that part.",
    ),
    (
        "Confidence interval",
        "All the true values that fit with what was seen. It is made so that, over many analyses, nearly all such "
        "ranges hold the truth; which of them do is not known. It is wide when few people were analysed.",
    ),
    (
        "Control pool",
        "The people from whom the comparison group is made: the same kinds of sentence, period and rules, but without"
        " the service.",
    ),
    (
        "Copas rate",
        "How fast a person's convictions and cautions have followed each other, as one number; higher is faster.",
    ),
    (
        "Days at risk",
        "The days of the follow-up on which a person was not in custody, and so could reoffend in the community.",
    ),
    (
        "Delay before the start",
        "The time between the index date and the start of the service; one is drawn for each person of the control"
        " pool.",
    ),
    (
        "Doubly robust estimate",
        "An estimate that uses the propensity score and an outcome model together, and holds if either of them is"
        " right. Also called AIPW, or the check.",
    ),
    (
        "E-value",
        "How strongly something that is not on record would have to go with taking part, and with reoffending, to"
        " explain a result, as a ratio.",
    ),
    ("Effective size", "How many people of equal weight would tell as much as a group whose members count unequally."),
    (
        "Entropy balancing",
        "Weights for the people of the comparison group that make it exactly like the treatment group on average, in"
        " everything that was matched on.",
    ),
    (
        "False discovery rate",
        "The share of results called clear that are not; held down, where many are looked at, by stricter p-values.",
    ),
    ("Follow-up", "The time in which reoffending is counted, from the index date onwards."),
    ("Frequency", "The number of proven reoffences per person, counting people without any as zero."),
    (
        "G-computation",
        "An estimate that works out, person by person, what would be expected without the service, and takes the"
        " average. Also called standardisation.",
    ),
    (
        "Hazard ratio",
        "How many times as often, at any moment, people of one group reoffend for the first time as those of the other"
        " who have not reoffended either.",
    ),
    (
        "HC standard error",
        "A way of working out how uncertain an estimate is that holds where some people vary more than others. Its"
        " kinds are numbered, and differ only where few people were analysed.",
    ),
    (
        "Heterogeneity",
        "A difference between the effects in several subgroups, or of several services, that is larger than chance"
        " would produce.",
    ),
    (
        "Hidden bias",
        "A difference between the groups in something that is not on record, which makes a result look better or worse"
        " than it is.",
    ),
    (
        "Holm's adjustment",
        "A way of making p-values stricter where many results are looked at, as some would seem clear by chance.",
    ),
    ("Inconclusive", "The confidence interval includes no difference. This is not the same as no effect."),
    ("Index date", INDEX_DATE),
    ("Index disposal", "The sentence, or other outcome of a case, that a person's follow-up belongs to."),
    ("Index offence", "The offence for which a person was given the sentence that their follow-up belongs to."),
    (
        "Outcome model",
        "The calculation by which the headline estimate takes out what differences left after matching would explain.",
    ),
    (
        "Overlap weights",
        "Weights by which people count most who might have been in either group; the result then concerns such people.",
    ),
    (
        "P-value",
        "How often chance alone would produce a difference at least as large as the one seen, if there were none.",
    ),
    (
        "Percentage point",
        "The difference between two percentages: from thirty per cent to twenty per cent is ten percentage points.",
    ),
    (
        "Placebo outcome",
        "Something that the service cannot have changed, compared as if it were a result, to see whether a difference"
        " is found where there should be none.",
    ),
    ("Power", "The chance that an analysis gives a clear result if there is a true difference of a given size."),
    (
        "Prediction interval",
        "The range in which the effect of one further service of the same kind would be expected to lie.",
    ),
    (
        "Propensity logit",
        "The propensity score on a stretched scale, on which very small and very large likelihoods can be told apart.",
    ),
    (
        "Propensity score",
        "The likelihood that a person receives the service, estimated from what is on record about them.",
    ),
    (
        "Proven reoffence",
        (
            "An offence in the follow-up that led to a conviction, caution, reprimand or warning, then or in the"
            " waiting period."
        ),
    ),
    (
        "Proven reoffending rate",
        "The share of people who commit a proven reoffence in the follow-up.",
    ),
    (
        "Psmatch",
        "A program that others use for matching. The estimate of this name is as uncertain as that program would say.",
    ),
    (
        "Radius matching",
        "Comparing each person who received the service with everybody whose propensity score is close enough.",
    ),
    (
        "Random-effects model",
        "A way of averaging several results that allows for their true effects being different.",
    ),
    (
        "Re-incarceration",
        "A return to custody in the follow-up, by a sentence for a proven reoffence or by recall.",
    ),
    (
        "Recall",
        "A return to prison of somebody who served the rest of a sentence in the community and broke its terms; it need"
        " not follow an offence.",
    ),
    ("Register", "The administrative records of convictions and sentences in which people are looked up."),
    (
        "Rosenbaum's bound",
        "How far something hidden may move the odds of taking part within matched pairs before a result is no longer"
        " clear.",
    ),
    ("Standardised difference", "The difference between two groups, as a per cent of the usual spread among people."),
    (
        "Subgroup",
        "Part of the group that received the service, by a characteristic named in the request, and compared with"
        " people of its own kind.",
    ),
    (
        "Suspended sentence order",
        "A prison sentence that is not served unless the person offends again or breaks the requirements set.",
    ),
    ("Treatment group", "The people who received the service and could be analysed."),
    (
        "Unadjusted value",
        "What the comparison group itself did, before the adjustment for differences that are left after matching.",
    ),
    ("Waiting period", "The time after the follow-up in which an offence committed during it can still be proved."),
)


#: Other words that a term goes by in a report, as a regular expression; others go by their own, in the plural too.
_GOES_BY = {
    "Class of an offence": r"indictable|triable either way|summary (re)?offences?",
    "Comparison group": r"comparison groups?|control groups?",
    "Community order": r"community orders?",
    "Doubly robust estimate": r"doubly robust( estimates?)?|aipw",
    "G-computation": r"g-computation|standardi[sz]ed over|standardisation",
    "HC standard error": r"hc[0-3]",
    "Psmatch": r"psmatch2?",
    "Delay before the start": r"(delay|delays) before the start|delays?",
    "Effective size": r"effective (sample )?sizes?",
    "Frequency": r"frequency",
    "Holm's adjustment": r"holm",
    "Power": r"per cent power|power calculation|power",
    "Propensity logit": r"logit",
    "Hazard ratio": r"hazard ratios?|hazards?",
    "Unadjusted value": r"unadjusted( values?)?",
    "Recall": r"recall(s|ed)?",
    "Re-incarceration": r"re-?incarcerat\w+",
    "Standardised difference": r"standardised (mean )?differences?",
}


def occurring(texts: Iterable[str]) -> frozenset[str]:
    """The terms of the glossary that are said anywhere in `texts`."""
    text = "\n".join(texts)
    return frozenset(term for term, _ in GLOSSARY if _pattern(term).search(text))


def mentions(text: str) -> Iterator[tuple[int, int, str]]:
    """Where `text` says a term: first place, place after the last, and the term; of two that overlap the longer."""
    found = sorted((m.start(), -m.end(), term) for term, _ in GLOSSARY for m in _pattern(term).finditer(text))
    free = 0
    for start, end, term in found:
        if start >= free:
            free = -end
            yield start, free, term


@cache
def _pattern(term: str) -> re.Pattern[str]:
    words = _GOES_BY.get(term) or rf"{re.escape(term)}(s|es)?"
    return re.compile(rf"\b({words})\b", re.IGNORECASE)


def glossary(findings: Findings | None = None) -> Words:
    """All terms, one item each. A report is drawn with those only that occur in the rest of it (`render`)."""
    passage = Passage()
    analysis = next(iter(findings.analyses), None) if findings is not None else None
    for term, meaning in GLOSSARY:
        passage.item("glossary", f"**{term}**: {meaning.format(happened=event_happened(analysis))}")
    return passage.words()
