"""What was known at the index date, and nothing later; which offences are previous is in tests/cases/previous.md."""

import datetime as dt
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from registers import TinyRegister, make_spec, tiny_register
from test_cohort import crowd

from jdl_toolkit.cohort import build_cohort
from jdl_toolkit.covariates import Covariates, build_covariates
from jdl_toolkit.covariates.history import MERGED_GROUPS, copas_rate
from jdl_toolkit.covariates.profile import AGE_BANDS, NOT_RECORDED, banded
from jdl_toolkit.register import OFFENCE_GROUPS
from jdl_toolkit.spec import Covariate

INDEX = dt.date(2010, 2, 15)
EVERYTHING = [c.value for c in Covariate]


def cohort_of(*treated, pool=()):
    """A cohort of community orders with the given person ids; disposal_id = 100 + person_id."""

    def frame(people):
        ids = np.array(people, dtype="int64")
        units = pd.DataFrame({"unit_id": 100 + ids, "person_id": ids, "disposal_id": 100 + ids})
        return units.assign(disposal="community_order", index_date=pd.Timestamp(INDEX), delay_days=10)

    return SimpleNamespace(treated=frame(treated), pool=frame(pool))


def index_order(person_id, **more):
    return {"person_id": person_id, "disposal_id": 100 + person_id, "disposal_date": INDEX} | more


def offence(person_id, offended, proven, **more):
    return {
        "person_id": person_id,
        "offence_date": dt.date.fromisoformat(offended),
        "proven_date": dt.date.fromisoformat(proven),
    } | more


def use(*names):
    return make_spec(covariates={"use": list(names)})


def a_life():
    """One person, whose every covariate can be worked out by hand."""
    today = INDEX.isoformat()
    who = {"dob": dt.date(1985, 2, 15), "sex": "F", "ethnicity": "Asian", "nationality": "Irish"}
    inside = {"disposal": "custody", "release_date": dt.date(2005, 8, 1)}
    return dict(
        person=[{"person_id": 1} | who],
        disposal=[
            index_order(1, sentence_days=270, region="London"),
            {"person_id": 1, "disposal_id": 1, "disposal_date": dt.date(2003, 5, 1), "disposal": "caution"},
            {"person_id": 1, "disposal_id": 2, "disposal_date": dt.date(2005, 5, 1)} | inside,
            {"person_id": 1, "disposal_id": 3, "disposal_date": dt.date(2009, 5, 1), "disposal": "fine"},
        ],
        offence=[
            offence(1, "2000-03-01", "2003-05-01", disposal_id=1, offence_group="theft"),
            offence(1, "2005-02-01", "2005-05-01", disposal_id=2, offence_group="violence"),
            offence(1, "2005-02-02", "2005-05-01", disposal_id=2, offence_group="robbery"),
            offence(1, "2009-02-02", "2009-05-01", disposal_id=3, offence_group="drink_driving"),
            offence(1, "2009-12-01", today, disposal_id=101, offence_group="fraud", severity=4),
            offence(1, "2009-12-01", today, disposal_id=101, offence_group="handling", severity=6),
            offence(1, "2009-12-01", today, disposal_id=101, offence_group="other", severity=1, is_breach=True),
        ],
        employment_spell=[{"person_id": 1, "start": dt.date(2009, 1, 1), "end": INDEX}],
        benefit_spell=[{"person_id": 1, "start": dt.date(2009, 1, 1), "end": None, "kind": "other"}],
    )


def test_one_life_by_hand():
    unit = build_covariates(cohort_of(1), tiny_register(**a_life()), make_spec()).units.iloc[0]
    log = math.log
    expected = {
        "unit_id": 101,
        "is_treated": True,
        "age": 25,
        "age_squared": 0,
        "sex": "Female",
        "ethnicity": "Asian",
        "nationality": "Irish",
        "age_first_offence": 15,
        "copas_rate": log(4 / (10 + 25 - 18)),
        "previous_offences": log(5),
        "previous_convictions": log(3),
        "previous_custody": log(2),
        "previous_violence": log(3),
        "previous_sexual": 0,
        "previous_burglary": 0,
        "previous_theft_fraud": log(2),
        "previous_motoring": log(2),
        "previous_drugs": 0,
        "previous_disorder_damage": 0,
        "previous_other": 0,
        "offences_last_two_years": log(2),
        "index_offence_group": "fraud",
        "index_severity": 4,
        "index_disposal": "community order",
        "sentence_band": "6 to under 12 months",
        "index_year": "2010",
        "index_quarter": "January to March",
        "region": "London",
        "employed": 1,
        "on_benefit": 0,
    }
    assert unit.to_dict() == pytest.approx(expected)
    assert list(unit.index) == list(expected)


def test_the_profile_of_that_life_in_plain_bands():
    profile = build_covariates(cohort_of(1), tiny_register(**a_life()), make_spec()).profile.iloc[0]
    assert profile.to_dict() == {
        "unit_id": 101,
        "sex": "Female",
        "age_band": "25 to 34",
        "ethnicity": "Asian",
        "nationality": "Other",
        "previous_offences_band": "3 to 6",
        "previous_custody_band": "1",
        "index_disposal": "community order",
        "sentence_band": "6 to under 12 months",
        "index_offence_group": "fraud",
        "region": "London",
        "index_year": "2010",
        "employed": "yes",
        "on_benefit": "no",
    }


def test_copas_rate_as_published():
    """The check value of OGRS 3: 25 years old, first sanction at 15, ten previous sanctions."""
    rate = copas_rate(pd.Series([10]), pd.Series([25]), pd.Series([15]))[0]
    assert rate == pytest.approx(math.log(11 / 20))
    # Male, theft, s > 0, aged 25 to 29: the published probability of 0.648.
    logit = 1.40256 + 1.25112 * rate + 0.46306 - 1.1667 + 0.661
    assert 1 / (1 + math.exp(-logit)) == pytest.approx(0.648, abs=0.0005)


def test_an_index_sentence_of_custody_is_no_previous_one():
    sentences = [
        index_order(1, disposal="custody", disposal_date=dt.date(2009, 9, 1), release_date=INDEX),
        {"person_id": 1, "disposal_id": 1, "disposal": "custody", "disposal_date": dt.date(2005, 1, 1)},
    ]
    cohort = cohort_of(1)
    cohort.treated["disposal"] = "custody"
    units = build_covariates(cohort, tiny_register(disposal=sentences), use("previous_custody", "index_disposal")).units
    assert units["previous_custody"].tolist() == [math.log(2)]
    assert units["index_disposal"].tolist() == ["custody"]


def test_a_first_offender_counts_from_the_index_sanction():
    register = tiny_register(
        disposal=[index_order(1)], offence=[offence(1, "2009-12-01", INDEX.isoformat(), disposal_id=101)]
    )
    unit = build_covariates(cohort_of(1), register, make_spec()).units.iloc[0]
    assert (unit["previous_offences"], unit["age_first_offence"]) == (0, 29)
    assert unit["copas_rate"] == pytest.approx(math.log(1 / 10))


@pytest.mark.parametrize(
    ("dob", "age"), [("1985-02-15", 25), ("1985-02-16", 24), ("1984-02-29", 25), ("1985-02-14", 25), ("2000-02-15", 10)]
)
def test_age_in_completed_years(dob, age):
    register = tiny_register(person=[{"person_id": 1, "dob": dt.date.fromisoformat(dob)}], disposal=[index_order(1)])
    assert build_covariates(cohort_of(1), register, use("age")).units["age"].tolist() == [age]


def test_age_squared_is_the_squared_distance_from_the_mean():
    people = [{"person_id": n, "dob": dt.date(1990 - 10 * n, 1, 1)} for n in (1, 2, 3)]
    register = tiny_register(person=people, disposal=[index_order(n) for n in (1, 2, 3)])
    units = build_covariates(cohort_of(1, pool=(2, 3)), register, use("age", "age_squared")).units
    assert list(units) == ["unit_id", "is_treated", "age", "age_squared"]
    assert (units["age"].tolist(), units["age_squared"].tolist()) == ([30, 40, 50], [100, 0, 100])
    assert units["is_treated"].tolist() == [True, False, False]


def test_spells_count_on_the_index_date_alone():
    day = dt.timedelta(days=1)
    spells = [
        {"person_id": 1, "start": INDEX, "end": None},
        {"person_id": 2, "start": INDEX - day, "end": INDEX},
        {"person_id": 3, "start": INDEX - 9 * day, "end": INDEX - day},
        {"person_id": 4, "start": INDEX + day, "end": None},
    ]
    people = (1, 2, 3, 4)
    register = tiny_register(disposal=[index_order(n) for n in people], employment_spell=spells, benefit_spell=spells)
    units = build_covariates(cohort_of(*people), register, use("employed", "on_benefit")).units
    assert units["employed"].tolist() == units["on_benefit"].tolist() == [1, 1, 0, 0]


def test_a_labs_own_covariates_are_the_latest_by_the_index_date():
    day = dt.timedelta(days=1)
    rows = [
        {
            "person_id": 1,
            "as_of": INDEX - 9 * day,
            "risk_score": 1.5,
            "cohabiting": True,
            "tenure": "rented",
            "seen": INDEX,
        },
        {"person_id": 1, "as_of": INDEX, "risk_score": 2.5, "cohabiting": False, "tenure": "owned", "seen": INDEX},
        {"person_id": 1, "as_of": INDEX + day, "risk_score": 99.0, "cohabiting": True, "tenure": "none", "seen": INDEX},
        {"person_id": 2, "as_of": INDEX - day, "risk_score": 4.5, "cohabiting": None, "tenure": None, "seen": INDEX},
        {"person_id": 3, "as_of": INDEX + day, "risk_score": 99.0, "cohabiting": True, "tenure": "none", "seen": INDEX},
    ]
    register = tiny_register(disposal=[index_order(n) for n in (1, 2, 3)], extra_covariates=rows)
    register.sql("ALTER TABLE extra_covariates ALTER cohabiting TYPE BOOLEAN")
    covariates = build_covariates(cohort_of(1, 2, 3), register, use("extra"))
    units = covariates.units
    assert units["extra_risk_score"].tolist() == [2.5, 4.5, 3.5]  # the third is the median
    assert units["extra_risk_score_missing"].tolist() == [0, 0, 1]
    assert units["extra_tenure"].tolist() == ["owned", NOT_RECORDED, NOT_RECORDED]
    assert units["extra_cohabiting"].tolist() == [0, 0, 0]
    assert covariates.labels["extra_risk_score"] == "Risk score"
    assert covariates.messages == ("extra: column seen is neither a number nor text; left out",)


def test_needs_are_the_latest_assessment_by_the_index_date_and_only_if_asked_for():
    rows = [
        {"person_id": 1, "assessed_on": dt.date(2009, 1, 1), "drugs": 1, "ogrs3": 0.2},
        {"person_id": 1, "assessed_on": dt.date(2009, 9, 1), "drugs": 0, "ogrs3": 0.3},
        {"person_id": 1, "assessed_on": dt.date(2010, 9, 1), "drugs": 1, "ogrs3": 0.9},
        {"person_id": 2, "assessed_on": dt.date(2010, 1, 1), "drugs": 1, "ogrs3": 0.5},
    ]
    register = tiny_register(disposal=[index_order(n) for n in (1, 2, 3)], needs_assessment=rows)
    covariates = build_covariates(cohort_of(1, 2, 3), register, use("needs"))
    assert covariates.units["needs_drugs"].tolist() == [0, 1, 0.5]
    assert covariates.units["needs_ogrs3"].tolist() == [0.3, 0.5, 0.4]
    assert [c for c in covariates.units if c.endswith("_missing")] == [
        "needs_drugs_missing"
    ]  # the same people lack both
    assert covariates.labels["needs_drugs"] == "Need: drugs"
    assert "Need: alcohol: nobody has a value; left out" in covariates.messages
    assert not [c for c in build_covariates(cohort_of(1), register, make_spec()).units if c.startswith("needs_")]


def test_missing_values_have_a_level_or_the_median_and_a_column_that_says_so():
    people = [
        {"person_id": 1, "dob": None, "sex": None, "ethnicity": None, "nationality": None},
        {"person_id": 2, "dob": dt.date(1980, 1, 1)},
        {"person_id": 3, "dob": dt.date(1970, 1, 1)},
    ]
    register = tiny_register(person=people, disposal=[index_order(n) for n in (1, 2, 3)])
    covariates = build_covariates(
        cohort_of(1, 2, 3), register, use("age", "copas_rate", "sex", "ethnicity", "nationality", "region")
    )
    first = covariates.units.iloc[0]
    assert first[["sex", "ethnicity", "nationality", "region"]].tolist() == [NOT_RECORDED] * 4
    assert first["age"] == 35
    assert covariates.units["age_missing"].tolist() == [1, 0, 0]
    assert "copas_rate_missing" not in covariates.units  # the same people
    assert not covariates.units.isna().any().any()
    assert covariates.labels["age_missing"] == "Age at index date (years): not recorded"
    assert covariates.profile["age_band"].tolist() == [NOT_RECORDED, "25 to 34", "35 to 44"]


def test_what_the_register_lacks_is_said():
    covariates = build_covariates(
        cohort_of(1), tiny_register(disposal=[index_order(1)]), use("employed", "on_benefit", "needs", "extra", "age")
    )
    assert covariates.messages == (
        "employed: the register has no such records; left out",
        "on_benefit: the register has no such records; left out",
        "needs: the register has no such records; left out",
    )
    assert covariates.names == ["age"]


def test_columns_come_in_the_order_asked_for_and_each_has_a_label():
    submitted, register, _ = crowd(3)
    cohort = build_cohort(*submitted, register, make_spec())
    covariates = build_covariates(cohort, register, use("region", "sex", "age"))
    assert covariates.names == ["region", "sex", "age"]
    full = build_covariates(cohort, register, make_spec(covariates={"use": EVERYTHING}))
    assert set(full.names) | set(full.profile.columns[1:]) <= set(full.labels)
    assert full.units["unit_id"].tolist() == [*cohort.treated["unit_id"], *cohort.pool["unit_id"]]
    assert full.profile["unit_id"].tolist() == full.units["unit_id"].tolist()
    assert not full.units.isna().any().any() and not full.profile.isna().any().any()
    kinds = {str(full.units[c].dtype) for c in full.names}
    assert kinds == {"float64", "str"}


def test_nothing_that_happens_after_the_index_date_changes_a_covariate():
    submitted, register, tables = crowd(6)
    cohort = build_cohort(*submitted, register, make_spec())
    people = pd.concat([cohort.treated, cohort.pool])
    before = build_covariates(cohort, register, make_spec())
    index = people.set_index("person_id")["index_date"]
    later = tables["offence"].merge(index, left_on="person_id", right_index=True)
    later["proven_date"], later["offence_date"] = later["index_date"] + pd.Timedelta(days=1), later["index_date"]
    later = later.drop(columns="index_date").assign(offence_id=lambda o: o["offence_id"] + 1_000_000, disposal_id=None)
    prison = tables["disposal"].merge(index, left_on="person_id", right_index=True)
    prison = prison.assign(
        disposal_id=lambda d: d["disposal_id"] + 1_000_000, disposal_date=prison["index_date"], disposal="custody"
    )
    changed = dict(tables)
    changed["offence"] = pd.concat([tables["offence"], later], ignore_index=True)
    changed["disposal"] = pd.concat([tables["disposal"], prison.drop(columns="index_date")], ignore_index=True)
    after = build_covariates(cohort, TinyRegister(changed), make_spec())
    pd.testing.assert_frame_equal(before.units, after.units)
    pd.testing.assert_frame_equal(before.profile, after.profile)


def test_no_outcome_is_among_the_covariates():
    submitted, register, _ = crowd(3)
    covariates = build_covariates(
        build_cohort(*submitted, register, make_spec()), register, make_spec(covariates={"use": EVERYTHING})
    )
    assert not [c for c in (*covariates.units, *covariates.profile) if "reoff" in c or "days_to" in c]


def test_every_offence_group_is_in_one_merged_group():
    assert sorted(g for groups in MERGED_GROUPS.values() for g in groups) == sorted(OFFENCE_GROUPS)


def test_bands_begin_at_their_lowest_value():
    ages = pd.Series([17, 18, 20, 21, 24, 25, 34, 35, 44, 45, 99, None])
    assert banded(ages, AGE_BANDS).tolist() == [
        "under 18", "18 to 20", "18 to 20", "21 to 24", "21 to 24", "25 to 34", "25 to 34", "35 to 44", "35 to 44",
        "45 and over", "45 and over", NOT_RECORDED,
    ]  # fmt: skip


def test_the_profile_shows_the_levels_there_are_and_nothing_that_is_not_recorded_of_anybody():
    submitted, register, _ = crowd(3)
    profile = build_covariates(build_cohort(*submitted, register, make_spec()), register, make_spec()).profile
    assert "region" not in profile and "nationality" not in profile
    assert profile["age_band"].cat.categories.tolist() == ["18 to 20", "21 to 24", "25 to 34", "35 to 44"]
    years = profile["index_year"].cat.categories.tolist()
    assert years == sorted(years)
    groups = profile["index_offence_group"].value_counts(sort=False)
    assert groups.index[-2:].tolist() == ["other", NOT_RECORDED] and groups.iloc[:-2].is_monotonic_decreasing


def test_saved_and_read_again(tmp_path):
    submitted, register, _ = crowd(3)
    covariates = build_covariates(build_cohort(*submitted, register, make_spec()), register, make_spec())
    covariates.save(tmp_path / "covariates")
    again = Covariates.load(tmp_path / "covariates")
    pd.testing.assert_frame_equal(again.units, covariates.units)
    assert again.profile["age_band"].cat.categories.tolist() == covariates.profile["age_band"].cat.categories.tolist()
    assert (again.labels, again.messages) == (covariates.labels, covariates.messages)
