"""What a second analyst looks at before signing a request off, stage by stage."""

from __future__ import annotations

#: Stage -> questions that a page answers and only a person can judge.
CHECKLIST: dict[str, tuple[str, ...]] = {
    "intake": (
        "Was every heading taken for the right column, and is none missing that could have been sent?",
        "Are the records that are blocked few, and do those who are there more than once have a reason?",
        "Do the answers say how people were selected, and does anything in them make people unlike any control?",
    ),
    "linkage": (
        "Are few links expected to be wrong, and do the two hills stand apart?",
        "Is no group missed much more than others? If one is, does the report say so?",
        "Do the steps add up, and does the largest loss have a reason that fits this service?",
        "Do the index dates and the rule for them fit what the service says its dates mean?",
    ),
    "matching": (
        "Was everything tried before outcomes were opened, and nothing by hand that the request does not state?",
        "Do the covariates hold what decides who receives this service? What is known to be missing?",
        "Do the groups overlap, and who has no part in the comparison?",
        "Is the worst difference small enough? If the balance was accepted, does the reason convince you?",
    ),
    "outcomes": (
        "Do the estimates agree in direction and size, and the other ways of analysing with them?",
        "Could an effect of a plausible size have been detected?",
        "How strong would hidden bias have to be, and is that likely here?",
    ),
    "report": (
        "Does the finding say what its interval says, and no more?",
        "Are the things that can and cannot be said true of this service?",
        "Would the organisation recognise its service, and is nobody named?",
    ),
}
