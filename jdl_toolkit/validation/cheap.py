"""Requests that ask for as little as gives a report: seconds each, where it is not the figures that are tried."""

from __future__ import annotations

import datetime as dt
from typing import Any

#: Whose upload the invented register comes with, and when it came.
FOUNDATION: dict[str, Any] = {
    "organisation": {"name": "Foundation", "sector": "voluntary"},
    "service": {"name": "Supported housing", "need": "accommodation", "setting": "community"},
    "received": dt.date(2013, 8, 12),
    "register": "demo",
    "submission": "foundation-2013.xlsx",
}

#: As little as gives a report.
CHEAP: dict[str, Any] = {
    "cohort": {
        "index_disposals": ["community_order", "suspended_sentence_order"],
        "start_within_months": 6,
        "sexual_offence": "index",
    },
    "covariates": {"use": ["age", "sex", "copas_rate", "previous_offences", "index_disposal"]},
    "balance": {"green_up_to": 0.9, "amber_up_to": 1.0},
    "matching": {"calipers": [0.2]},
    "outcomes": {"measures": ["rate"], "survival_steps": 4},
    "robustness": {
        "calipers": [],
        "nearest_ratios": [],
        "methods": [],
        "leave_one_out": False,
        "placebo": None,
        "gammas": [],
    },
}
