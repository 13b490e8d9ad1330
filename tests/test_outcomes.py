"""Proven reoffences counted; which offences count is in tests/cases/follow_up.md."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from registers import make_spec, tiny_register
from test_cohort import crowd

from jdl_toolkit.cohort.clock import add_months
from jdl_toolkit.outcomes import measure_outcomes

INDEX = pd.Timestamp("2010-01-10")
COLUMNS = [
    "unit_id", "reoffended", "n_reoffences", "days_to_first", "first_class", "n_indictable", "n_either_way",
    "n_summary", "first_custody", "n_custodial_sentences", "days_in_custody", "days_at_risk", "days_at_risk_to_first",
    "returned_to_custody",
]  # fmt: skip


def units(*person_ids, index=INDEX):
    return pd.DataFrame({"unit_id": np.arange(len(person_ids)) + 100, "person_id": person_ids, "index_date": index})


def offence(person_id, offended, proven):
    return {
        "person_id": person_id,
        "offence_date": dt.date.fromisoformat(offended),
        "proven_date": dt.date.fromisoformat(proven),
    }


def test_counts_and_days_and_nobody_is_dropped():
    offences = [
        offence(1, "2010-03-01", "2010-06-01"),
        offence(1, "2010-02-01", "2010-06-01"),
        offence(1, "2010-02-01", "2011-06-01"),
        offence(2, "2009-02-01", "2010-06-01"),
    ]
    outcomes = measure_outcomes(units(3, 1, 2), tiny_register(person=[{"person_id": 3}], offence=offences), make_spec())
    assert outcomes["unit_id"].tolist() == [100, 101, 102]
    assert outcomes["reoffended"].tolist() == [0, 1, 0]
    assert outcomes["n_reoffences"].tolist() == [0, 3, 0]
    assert outcomes["days_to_first"].tolist()[1] == 22 and outcomes["days_to_first"].isna().tolist() == [
        True,
        False,
        True,
    ]
    assert outcomes.drop(columns=["days_to_first", "first_class"]).dtypes.eq("int64").all()
    assert outcomes["days_to_first"].dtype == "float64"
    assert outcomes["reoffended"].mean() == pytest.approx(1 / 3)


def test_follow_up_and_waiting_period_are_settings():
    register = tiny_register(offence=[offence(1, "2011-06-01", "2012-06-01")])
    longer = make_spec(cohort={"follow_up_months": 24, "proving_months": 6})
    assert measure_outcomes(units(1), register, make_spec())["n_reoffences"].tolist() == [0]
    assert measure_outcomes(units(1), register, longer)["n_reoffences"].tolist() == [1]
    shorter_wait = make_spec(cohort={"follow_up_months": 24, "proving_months": 3})
    assert measure_outcomes(units(1), register, shorter_wait)["n_reoffences"].tolist() == [0]


def test_two_units_of_one_person_have_their_own_clocks():
    both = pd.concat([units(1), units(1, index=pd.Timestamp("2010-05-01")).assign(unit_id=7)])
    register = tiny_register(offence=[offence(1, "2010-03-01", "2010-06-01"), offence(1, "2010-06-01", "2010-08-01")])
    assert measure_outcomes(both, register, make_spec())["n_reoffences"].tolist() == [2, 1]


def test_nobody():
    outcomes = measure_outcomes(units(), tiny_register(offence=[offence(1, "2010-03-01", "2010-06-01")]), make_spec())
    assert outcomes.empty and list(outcomes) == COLUMNS


def test_against_counting_by_hand():
    _, register, tables = crowd(8)
    rng = np.random.default_rng(8)
    index = pd.Timestamp("2009-03-01") + pd.to_timedelta(rng.integers(0, 600, 400), unit="D")
    asked = pd.DataFrame({"unit_id": np.arange(400), "person_id": rng.integers(0, 1500, 400), "index_date": index})
    outcomes = measure_outcomes(asked, register, make_spec()).set_index("unit_id")
    offences = dict(list(tables["offence"].groupby("person_id")))
    for unit in asked.itertuples():
        start = unit.index_date.date()
        days = [
            (o.offence_date.date() - start).days
            for o in (offences[unit.person_id].itertuples() if unit.person_id in offences else ())
            if not o.is_penalty_notice and not o.is_breach
            and start < o.offence_date.date() <= add_months(start, 12) and o.proven_date.date() <= add_months(start, 18)
        ]  # fmt: skip
        assert outcomes.loc[unit.unit_id, "n_reoffences"] == len(days)
        assert (
            outcomes.loc[unit.unit_id, "days_to_first"] == min(days)
            if days
            else np.isnan(outcomes.loc[unit.unit_id, "days_to_first"])
        )
    assert outcomes["reoffended"].sum() > 100
