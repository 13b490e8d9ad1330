"""What the synthetic register assumes where no public figure exists: who enters, what they do, how they are sentenced.

The mixes below are assumptions, tuned so that the register reproduces the published figures that `figures` lists.
The chance to reoffend is never assumed: that is OGRS3's (`ogrs`), at every moment of every history.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from .ogrs import OFFENCE_GROUPS

DATA_START, DATA_END = dt.date(1995, 1, 1), dt.date(2012, 6, 30)

# ---------------------------------------------------------------- who enters
SHARE_FEMALE = 0.25
SHARE_NEVER_CONVICTED = 0.03
SHARE_LEAVING = 0.012  # who die or emigrate within the data period
#: When the register opens, many are already active: this share of those who began as children, and of those who began
#: as adults, is first recorded within its first years (exponential with this mean); the rest enters at a constant rate.
SHARE_ACTIVE_AT_START, MEAN_YEARS_TO_ENTRY = (0.83, 0.3), 2.5
AGE_BANDS = np.array([10, 12, 14, 16, 18, 21, 25, 30, 35, 40, 50, 70])  # of the first offence; the last edge is open
AGE_SHARES = {
    "M": np.array([2.2, 7.7, 14.3, 14.3, 11, 11, 11, 7, 5.5, 7, 5.5]),
    "F": np.array([0.9, 2.7, 4.5, 4.5, 7, 11, 14, 10, 9.5, 13.5, 9.5]),
}
ETHNICITIES = ("White", "Black", "Asian", "Mixed", "Other", None)
ETHNICITY_SHARES = np.array([0.84, 0.06, 0.05, 0.03, 0.01, 0.01])  # court orders, 2020
NATIONALITIES = {
    "British": 0.91, "Polish": 0.02, "Irish": 0.015, "Romanian": 0.01, "Jamaican": 0.01, "Somali": 0.01,
    "Pakistani": 0.01, "Other": 0.015,
}  # fmt: skip
REGIONS = {  # split assumed: proven offending follows population, cities more than proportionally
    "North East": 0.06, "North West": 0.15, "Yorkshire and the Humber": 0.11, "East Midlands": 0.08,
    "West Midlands": 0.11, "East of England": 0.09, "London": 0.17, "South East": 0.12, "South West": 0.06,
    "Wales": 0.05,
}  # fmt: skip

SHARE_IN_HOME_REGION = 0.93  # of disposals

# ---------------------------------------------------------------- what they do
#: Kind of career -> weight of each offence group in it.
CAREERS: dict[str, dict[str, float]] = {
    "acquisitive": {
        "theft": 42, "handling": 6, "domestic_burglary": 8, "other_burglary": 8, "theft_from_vehicle": 6, "robbery": 3,
        "drug_possession_supply": 10, "absconding_bail": 7, "taking_driving": 4, "soliciting": 1, "fraud": 3,
        "other": 2,
    },
    "violence and disorder": {
        "violence": 46, "public_order": 24, "criminal_damage": 16, "other": 6, "drug_possession_supply": 4,
        "robbery": 2, "drink_driving": 2,
    },
    "motoring": {"other_motoring": 52, "drink_driving": 38, "taking_driving": 6, "other": 4},
    "drugs": {
        "drug_possession_supply": 66, "drug_import_production": 10, "theft": 10, "violence": 6, "other_motoring": 8,
    },
    "fraud": {"fraud": 70, "theft": 16, "handling": 8, "other": 6},
    "sexual": {"sexual_adult": 34, "sexual_child": 46, "violence": 12, "other": 8},
}  # fmt: skip
#: Kind of career -> share of those who begin as boys, as men, as girls, as women.
CAREER_SHARES: dict[str, tuple[float, float, float, float]] = {
    "acquisitive": (0.59, 0.147, 0.56, 0.27),
    "violence and disorder": (0.27, 0.318, 0.33, 0.32),
    "motoring": (0.055, 0.30, 0.025, 0.205),
    "drugs": (0.065, 0.115, 0.055, 0.07),
    "fraud": (0.01, 0.08, 0.02, 0.134),
    "sexual": (0.01, 0.04, 0.01, 0.001),
}
STAY_WITH_CAREER = 0.85  # else a group from the mix of all careers but the sexual
FADING_HAZARD = 0.79  # yearly hazard after the second year, as a share of the year before

#: Offence group -> shares of classes (indictable, either way, summary), mean severity (1 most serious .. 8), gravity.
OFFENCE_NATURE: dict[str, tuple[float, float, float, float, float]] = {
    "violence": (0.03, 0.42, 0.55, 5.0, 1.2),
    "robbery": (1.0, 0.0, 0.0, 2.6, 3.0),
    "public_order": (0.02, 0.28, 0.70, 6.3, 0.4),
    "sexual_adult": (0.45, 0.55, 0.0, 2.4, 2.8),
    "sexual_child": (0.35, 0.65, 0.0, 2.4, 2.6),
    "soliciting": (0.0, 0.0, 1.0, 7.2, 0.0),
    "domestic_burglary": (0.25, 0.75, 0.0, 3.4, 2.5),
    "other_burglary": (0.0, 1.0, 0.0, 4.4, 1.6),
    "theft": (0.0, 1.0, 0.0, 6.0, 0.7),
    "handling": (0.0, 1.0, 0.0, 5.6, 0.9),
    "fraud": (0.04, 0.96, 0.0, 5.2, 0.9),
    "absconding_bail": (0.05, 0.15, 0.80, 6.3, 0.8),
    "taking_driving": (0.0, 0.25, 0.75, 5.6, 1.0),
    "theft_from_vehicle": (0.0, 1.0, 0.0, 5.6, 0.9),
    "other_motoring": (0.0, 0.08, 0.92, 7.0, 0.2),
    "drink_driving": (0.0, 0.0, 1.0, 6.2, 0.6),
    "criminal_damage": (0.05, 0.45, 0.50, 6.4, 0.4),
    "drug_import_production": (0.20, 0.80, 0.0, 3.4, 1.9),
    "drug_possession_supply": (0.02, 0.98, 0.0, 5.8, 0.6),
    "other": (0.05, 0.25, 0.70, 6.3, 0.5),
}
OFFENCE_CLASSES = ("indictable", "either_way", "summary")
SERIOUS_SHARES = {"violence": 0.07, "robbery": 0.27, "sexual_adult": 0.55, "sexual_child": 0.45}

#: Offences brought to one sanction: zero-truncated negative binomial, whose mean before truncation is
#: mean · exp(by risk · OGRS3 at the last event) · (1 + previous sanctions) ^ by record · appetite, the last being a
#: person's own: log-normal with this standard deviation, and at most this many times the median.
OFFENCES_APPETITE, OFFENCES_MOST = 1.45, 10.0
OFFENCES_SIZE = 0.7
OFFENCES_MEAN, OFFENCES_BY_RISK, OFFENCES_BY_RECORD = 0.135, 1.7, 0.5
#: Mean days to the first offence among those who reoffend within the year: after custody (published), after all else.
DAYS_TO_FIRST_CUSTODY, DAYS_TO_FIRST_OTHER = 122.0, 175.0

# ---------------------------------------------------------------- how they are sentenced
DISPOSALS = (
    "caution", "absolute_discharge", "conditional_discharge", "fine", "community_order", "suspended_sentence_order",
    "custody", "other", "youth_sentence", "positive_drug_test",
)  # fmt: skip
DISPOSAL_CODES = {name: code for code, name in enumerate(DISPOSALS)}
COURT_ORDERS = [DISPOSAL_CODES["community_order"], DISPOSAL_CODES["suspended_sentence_order"]]
#: Disposal -> constant, and what ln(1 + previous sanctions), the logit of OGRS3 at conviction, gravity, being a woman
#: and being a motorist add to its log odds. Courts see the record and, in a pre-sentence report, the risk.
SENTENCING: dict[str, tuple[float, float, float, float, float, float]] = {
    "caution": (1.5, -1.7, -0.1, -0.8, 0.0, -3.0),
    "absolute_discharge": (-2.6, -0.2, 0.0, -0.3, 0.0, 0.0),
    "conditional_discharge": (0.2, -0.2, 0.0, -0.3, 0.35, -0.8),
    "fine": (0.7, -0.1, -0.1, -0.5, 0.0, 1.3),
    "community_order": (-0.1, 0.2, 0.3, 0.35, -0.15, 0.0),
    "suspended_sentence_order": (-2.2, 0.35, 0.2, 0.65, -0.3, 0.0),
    "custody": (-5.2, 0.0, 4.0, 3.3, -1.3, -0.3),
    "other": (-2.3, 0.0, 0.0, 0.0, 0.0, 0.0),
    "youth_sentence": (0.4, 0.7, 0.5, 0.5, 0.0, 0.0),
}
SUSPENDED_SINCE = dt.date(2005, 4, 4)  # Criminal Justice Act 2003 in force
HDC_SINCE = dt.date(1999, 1, 28)
DRUG_TEST_SINCE = dt.date(2003, 4, 1)
#: Median length of a custodial sentence in days by offence group; the rest take `OTHER_SENTENCE_DAYS`.
SENTENCE_DAYS = {
    "violence": 200, "robbery": 900, "sexual_adult": 1300, "sexual_child": 900, "domestic_burglary": 640,
    "other_burglary": 180, "theft": 75, "handling": 110, "fraud": 180, "drug_import_production": 1200,
    "drug_possession_supply": 420, "taking_driving": 120, "theft_from_vehicle": 100,
}  # fmt: skip
OTHER_SENTENCE_DAYS = 90
#: Gravity varies within a group; worse offences go to custody more often, for longer, and are recorded as more severe.
GRAVITY_SPREAD, SENTENCE_BY_GRAVITY, SENTENCE_SPREAD = 0.8, 1.0, 0.3
SHARE_HDC = 0.2  # of those eligible for home detention curfew
SHARE_ADJOURNED = 0.25  # convictions adjourned for a pre-sentence report
#: Shares of court orders breached without and with a new offence, of sanctions followed by a penalty notice, of arrests
#: for trigger offences with a positive drug test, of licences recalled without a new offence.
SHARE_BREACH, SHARE_BREACH_WITH_OFFENCE, SHARE_PENALTY_NOTICE, SHARE_DRUG_TEST = 0.08, 0.15, 0.04, 0.10
SHARE_TECHNICAL_RECALL = 0.12
#: Cases open at the data end that are on the register, and sentences with a spell on remand for another matter in them.
SHARE_PENDING, SHARE_REMAND_INSIDE = 0.3, 0.02
DRUG_TEST_GROUPS = ("theft", "domestic_burglary", "other_burglary", "robbery", "drug_possession_supply")


def career_matrix() -> np.ndarray:
    """Offence-group shares, a row per career and a last row for the mix of all careers but the sexual."""
    rows = np.array([[mix.get(group, 0.0) for group in OFFENCE_GROUPS] for mix in CAREERS.values()])
    rows /= rows.sum(axis=1, keepdims=True)
    shares = np.array([0.0 if name == "sexual" else boys for name, (boys, *_) in CAREER_SHARES.items()])
    return np.vstack([rows, shares @ rows / shares.sum()])


def by_group(values: dict[str, float], otherwise: float) -> np.ndarray:
    """A value for every offence group, in the order of their codes."""
    return np.array([values.get(group, otherwise) for group in OFFENCE_GROUPS], dtype=float)
