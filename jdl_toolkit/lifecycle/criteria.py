"""Why a request could not be answered: a closed list, each with plain words.

The first three are the minimum criteria that a run checks by itself; the others are for people to record. Source of the
list: the minimum of 60 people and the reasons for which people are lost in "Justice Data Lab: the pilot year"
(Ministry of Justice, 2014); a minimum of 30 analysed is the lab's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Criterion(StrEnum):
    """Why a request could not be answered, as `jdl record --criterion` takes it."""

    few_submitted = "few-submitted"
    few_analysed = "few-analysed"
    few_matched = "few-matched"
    not_alike = "not-alike"
    no_outcomes = "no-outcomes"
    data_period = "data-period"
    upload = "upload"
    service = "service"


#: By stage, the criterion that its gate holds a request to.
OF_STAGE = {
    "intake": Criterion.few_submitted,
    "linkage": Criterion.few_analysed,
    "matching": Criterion.few_matched,
    "outcomes": Criterion.no_outcomes,
}

_WORDS = {
    Criterion.few_submitted: "fewer than {submitted} people were submitted",
    Criterion.few_analysed: "fewer than {analysed} people could be included in the analysis",
    Criterion.few_matched: "fewer than {analysed} people could be matched",
    Criterion.not_alike: "no comparison group was alike enough",
    Criterion.no_outcomes: "no outcome could be compared",
    Criterion.data_period: "its people lie outside the period of the data",
    Criterion.upload: "the upload lacks what the analysis needs",
    Criterion.service: "the service cannot be evaluated in this way",
}


def criterion_words(criterion: str, settings: Mapping[str, Any] | None = None) -> str:
    """A criterion in words, with the minimums of the request's settings (60 and 30 where they state none)."""
    settings = settings or {}
    submitted = settings.get("intake", {}).get("minimum_people", 60)
    analysed = settings.get("cohort", {}).get("minimum_analysed", 30)
    return _WORDS[Criterion(criterion)].format(submitted=submitted, analysed=analysed)
