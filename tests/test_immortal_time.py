"""The equivalent time limit: immortal-time bias without it, none with it, where the service does nothing.

Whoever is treated was free of reoffending until the service started; people who were not treated had no such time to
pass. Left alone, that makes any service look good. Every register here has an effect of exactly nought: who is treated,
and when, is drawn apart from everything else. The method's own figures, on other data: -6.7 points without a rule,
-0.05 with delays drawn before the exclusion of those who reoffended first.

Tolerance: the difference of two means has a standard error of about half a point here, and seeds are fixed; a rule
without bias stays within three of them (three in a thousand would not), while immortal time is worth ten or more.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from registers import TinyRegister, make_spec, submit

from jdl_toolkit.cohort import build_cohort
from jdl_toolkit.outcomes import measure_outcomes

N, N_TREATED = 50_000, 10_000
YEAR, LONGEST = 365, 170
#: Reoffending within a year, if nothing else happens.
SHARE = 0.35
HAZARD = -np.log(1 - SHARE) / YEAR


def days_to_offence(rng: np.random.Generator, kind: str) -> np.ndarray:
    """Days from the index date to the first offence: at one rate for all, or soon for some and late for others."""
    each = np.ones(N) if kind == "constant" else rng.gamma(1.0, 1.0, N).clip(min=0.01)
    return np.ceil(rng.exponential(1 / (HAZARD * each)).clip(max=20_000)).astype(int)


@functools.lru_cache
def simulated(kind: str, seed: int = 5) -> tuple[tuple, TinyRegister]:
    """A register and records of some of its people: ``constant``, ``uneven``, or ``uneven, with courts and custody``.

    With courts and custody, the conviction follows the offence after one to 200 days and brings a fine, and three in
    ten of those who offended wait for it on remand.
    """
    rng = np.random.default_rng(seed)
    person = np.arange(1, N + 1)
    index = np.datetime64("2010-01-01") + rng.integers(0, YEAR, N)
    days = days_to_offence(rng, kind.split(",")[0])
    offended = index + days
    courts = kind.endswith("custody")
    proven = offended + (rng.integers(1, 200, N) if courts else 0)
    what = {"offence_group": "theft", "offence_class": "summary", "severity": 5}
    tables = {
        "person": pd.DataFrame({"person_id": person, "dob": np.datetime64("1980-01-01"), "sex": "M"}),
        "disposal": pd.DataFrame({"disposal_id": person, "person_id": person, "disposal_date": index}),
        "offence": pd.DataFrame(
            {"offence_id": person, "person_id": person, "offence_date": offended, "proven_date": proven} | what
        ),
    }
    tables["disposal"]["disposal"] = "community_order"
    if courts:
        fines = {"disposal_id": N + person, "person_id": person, "disposal_date": proven, "disposal": "fine"}
        tables["disposal"] = pd.concat([tables["disposal"], pd.DataFrame(fines)])
        held = rng.random(N) < 0.3
        spells = {"person_id": person, "start": offended, "end": proven, "kind": "remand"}
        tables["custody_spell"] = pd.DataFrame(spells)[held]
    starts = index[:N_TREATED] + rng.integers(1, LONGEST, N_TREATED)
    submitted = submit(*({"person_id": int(p), "service_start": s} for p, s in zip(person, starts, strict=False)))
    return submitted, TinyRegister(tables)


@functools.lru_cache
def difference(kind: str, rule: str, seed: int = 5) -> tuple[float, float]:
    """Reoffending of treated less controls, and its standard error, in percentage points."""
    submitted, register = simulated(kind, seed)
    spec = make_spec(seed=seed, cohort={"equivalent_time_limit": rule, "index_disposals": ["community_order"]})
    cohort = build_cohort(*submitted, register, spec)
    assert len(cohort.treated) > 0.8 * N_TREATED
    shares = [measure_outcomes(units, register, spec)["reoffended"] for units in (cohort.treated, cohort.pool)]
    se = np.sqrt(sum(share.var() / len(share) for share in shares))
    return 100 * (shares[0].mean() - shares[1].mean()), 100 * se


#: The other kinds are drawn thousands of times by the study of drawing rules (`validation/drawing_rules/__init__.py`).
HARDEST = "uneven, with courts and custody"


def test_without_a_rule_a_service_that_does_nothing_looks_good():
    bias, se = difference(HARDEST, "none")
    assert bias < -10 * se and se < 0.6


def test_with_the_rule_it_does_not():
    bias, se = difference(HARDEST, "drawn")
    assert abs(bias) < 3 * se and se < 0.6


def test_the_bias_is_that_of_immortal_time():
    """At a constant rate h, free until day s: of the treated, E[exp(-h s) - exp(-h 365)] / E[exp(-h s)] reoffend."""
    submitted, register = simulated("constant")
    index = register.sql(f"SELECT disposal_date AS day FROM disposal WHERE person_id <= {N_TREATED} ORDER BY person_id")
    # Free until the day before the start: an offence on the start day counts as after it.
    s = (submitted[0].people["service_start"] - index["day"]).dt.days - 1
    free = np.exp(-HAZARD * s)
    expected = 100 * ((free - np.exp(-HAZARD * YEAR)).mean() / free.mean() - SHARE)
    bias, se = difference("constant", "none")
    assert abs(bias - expected) < 3 * se
