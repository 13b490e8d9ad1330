"""The flow of Foundation's request as published, and what had to be assumed where the publication says nothing.

Source: "Justice Data Lab: the pilot year" ([S4]), worked example; first published in December 2013.
"""

from __future__ import annotations

import datetime as dt

#: Verdict on the episode kept -> people, as published.
PUBLISHED: dict[str, int] = {
    "reoffended first": 90,
    "sexual index offence": 9,
    "analysable": 257,
    "started late": 69,
    "other disposal": 491,
    "no sentence": 22,
}
OTHER_WITHIN_WINDOW = 251  # of the 491, within six months
N_BAD_DOB, N_NOT_FOUND, N_NEVER_CONVICTED = 6, 81, 34
#: Records of one person -> people. Published: 355 records of 168 people; how many sent two, three, four is assumed.
REPEATS: dict[int, int] = {2: 151, 3: 15, 4: 2}

#: Kinds the publication names. Where they are as rare as absolute discharges, a few at least.
OTHER_KINDS = (
    "caution", "fine", "absolute_discharge", "conditional_discharge", "positive_drug_test", "custody", "youth_sentence",
)  # fmt: skip
OTHER_KIND_AT_LEAST = 6

FIRST_START, LAST_START = dt.date(2004, 1, 1), dt.date(2010, 12, 31)
LEFT_FROM, LEFT_TO = dt.date(2009, 1, 1), dt.date(2010, 12, 31)
MEAN_DELAY_DAYS, LONGEST_DELAY_DAYS = 65.0, 178
YOUNGEST_TENANT = 16
#: All of the published 257 could be matched, so nobody in scope has a history that hardly anybody shares. Assumed.
LONGEST_HISTORY = 50  # previous offences
