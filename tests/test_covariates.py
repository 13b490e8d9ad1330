"""What was known at the index date, and nothing later; which offences are previous is in tests/cases/previous.md."""

import datetime as dt
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registers import TinyRegister, make_spec, tiny_register
from test_cohort import crowd

from jdl_toolkit.cohort import build_cohort
from jdl_toolkit.covariates import Covariates, build_covariates, read_codebook
from jdl_toolkit.covariates.history import MERGED_GROUPS, copas_rate, gather_facts
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
        "years_since_last_offence": math.log1p((INDEX - dt.date(2009, 2, 2)).days / 365.25),
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
        "last_offence_band": "1 to under 2 years",
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


SENTENCE = dt.date(2009, 9, 1)
DAY = dt.timedelta(days=1)


def released(person_id, **more):
    """A sentence of custody given on `SENTENCE`, with the release on `INDEX`."""
    return index_order(person_id, disposal="custody", disposal_date=SENTENCE, release_date=INDEX) | more


def releases_of(*people):
    cohort = cohort_of(*people)
    cohort.treated["disposal"] = "custody"
    return cohort


def spell(person_id, start, end, **more):
    """A spell by days from the sentence; the day of the sentence is 0."""
    last = None if end is None else SENTENCE + end * DAY
    return {"person_id": person_id, "start": SENTENCE + start * DAY, "end": last} | more


LONG_AGO = spell(99, -3000, -2990)


def test_employed_means_in_the_month_before_the_sentence_also_for_a_release():
    spells = [
        LONG_AGO,
        spell(1, -400, -31),  # to 1 August, the first day of that month
        spell(2, -400, -32),
        spell(3, -1, None),
        spell(4, 0, None),  # began on the day of the sentence
        spell(5, 100, 300),  # began inside, lasted beyond the release
    ]
    people = (1, 2, 3, 4, 5)
    register = tiny_register(disposal=[released(n) for n in people], employment_spell=spells, benefit_spell=spells)
    covariates = build_covariates(releases_of(*people), register, use("employed", "on_benefit"))
    units = covariates.units
    assert units["employed"].tolist() == units["on_benefit"].tolist() == [1, 0, 1, 0, 0]
    assert covariates.profile["employed"].tolist() == ["yes", "no", "yes", "no", "no"]
    assert covariates.labels["employed"] == "Employed in the month before the sentence"


def test_shares_of_the_year_before_the_sentence_count_each_day_once():
    spells = [
        LONG_AGO,
        *(spell(1, -10, -1), spell(1, -8, -6), spell(1, -10, -1)),  # ten days, however many spells hold them
        *(spell(2, -20, -16), spell(2, -18, -11), spell(2, -5, None)),  # ten days and five
        *(spell(3, -900, None), spell(3, -4, -2)),
        spell(4, -900, -366),  # until the day before the year begins
        *(spell(5, -900, -365), spell(5, 0, None)),  # its first day
        spell(6, -10, -1, kind="other"),
    ]
    people = (1, 2, 3, 4, 5, 6)
    register = tiny_register(disposal=[released(n) for n in people], benefit_spell=spells)
    units = build_covariates(releases_of(*people), register, use("benefit_share")).units
    assert units["benefit_share"].tolist() == pytest.approx([10 / 365, 15 / 365, 1, 0, 1 / 365, 0])


DRAWN_SPELLS = st.lists(st.tuples(st.integers(-500, 60), st.none() | st.integers(0, 300)), max_size=6)


@given(st.lists(DRAWN_SPELLS, min_size=10, max_size=20), st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_a_share_is_what_counting_day_by_day_gives(drawn, rng):
    people = range(1, len(drawn) + 1)
    spells = [
        spell(person, start, None if length is None else start + length)
        for person, rows in zip(people, drawn, strict=True)
        for start, length in rows
    ]
    rng.shuffle(spells)
    register = tiny_register(disposal=[released(n) for n in people], employment_spell=[*spells, LONG_AGO])
    units = build_covariates(releases_of(*people), register, use("employed", "employed_share")).units
    for rows, unit in zip(drawn, units.itertuples(), strict=True):
        days = {d for start, length in rows for d in range(start, 1 if length is None else start + length + 1)}
        assert unit.employed_share == pytest.approx(len(days & set(range(-365, 0))) / 365)
        assert unit.employed == bool(days & set(range(-31, 0)))


def test_records_that_begin_too_late_say_nothing_of_earlier_times():
    spells = [spell(1, -200, None), spell(3, -200, None)]  # nothing is older
    disposals = [released(1), released(2), index_order(3, disposal_date=SENTENCE - 190 * DAY)]
    cohort = releases_of(1, 2, 3)
    cohort.treated.loc[2, ["disposal", "index_date"]] = ["community_order", pd.Timestamp(SENTENCE - 190 * DAY)]
    covariates = build_covariates(
        cohort, tiny_register(disposal=disposals, employment_spell=spells), use("employed", "employed_share")
    )
    assert covariates.units["employed"].tolist() == [1, 0, 0.5]  # the third is the median
    assert covariates.units["employed_missing"].tolist() == [0, 0, 1]
    assert covariates.messages == ("Share of the year before the sentence employed: nobody has a value; left out",)
    assert covariates.profile["employed"].tolist() == ["yes", "no", NOT_RECORDED]


def test_the_type_of_release_is_that_of_the_stay_that_ended_on_the_index_date():
    stay = {"start": SENTENCE, "end": INDEX}
    stays = [
        {"person_id": 1, "release_type": "hdc"} | stay,
        {"person_id": 2, "release_type": "licence", "start": SENTENCE, "end": INDEX - DAY},
        {"person_id": 3, "release_type": "licence", "kind": "recall"} | stay,
        {"person_id": 3, "release_type": "unconditional"} | stay,
        {"person_id": 4, "release_type": None} | stay,
        {"person_id": 5, "release_type": "licence"} | stay,
    ]
    cohort = releases_of(1, 2, 3, 4, 5)
    cohort.treated.loc[4, "disposal"] = "community_order"
    register = tiny_register(disposal=[released(n) for n in (1, 2, 3, 4, 5)], custody_spell=stays)
    covariates = build_covariates(cohort, register, use("release_type"))
    expected = ["home detention curfew", NOT_RECORDED, "unconditional", NOT_RECORDED, "not a release"]
    assert covariates.units["release_type"].tolist() == expected == covariates.profile["release_type"].tolist()
    cohort.treated["release_type"] = ["licence", "approved_premises", None, "licence", None]
    as_given = build_covariates(cohort, register, use("release_type")).units["release_type"].tolist()
    assert as_given == ["licence", "approved premises", NOT_RECORDED, "licence", "not a release"]


def test_a_type_of_release_is_asked_for_only_of_releases():
    register = tiny_register(disposal=[released(1)])
    lacking = build_covariates(releases_of(1), register, use("release_type", "age"))
    assert lacking.messages == ("release_type: the register has no such records; left out",)
    community = build_covariates(cohort_of(1), register, use("release_type", "age"))
    assert (community.names, community.messages) == (["age"], ())
    assert "release_type" not in community.profile


def test_years_since_the_last_previous_offence():
    offences = [
        offence(1, "2008-02-15", "2008-06-01"),
        offence(1, "2007-02-15", "2009-06-01"),
        offence(2, "2010-02-14", INDEX.isoformat()),  # not previous
        offence(3, "2010-02-14", "2010-02-14"),
    ]
    register = tiny_register(disposal=[index_order(n) for n in (1, 2, 3)], offence=offences)
    covariates = build_covariates(cohort_of(1, 2, 3), register, use("years_since_last_offence"))
    two_years, a_day = math.log(1 + 731 / 365.25), math.log(1 + 1 / 365.25)
    years = covariates.units["years_since_last_offence"].tolist()
    assert years == pytest.approx([two_years, (two_years + a_day) / 2, a_day])
    assert covariates.units["years_since_last_offence_missing"].tolist() == [0, 1, 0]
    assert covariates.labels["years_since_last_offence_missing"].endswith(": no previous offence")
    assert covariates.profile["last_offence_band"].tolist() == [
        "2 to under 5 years", "no previous offence", "under 6 months",
    ]  # fmt: skip


def test_previous_offences_of_each_group_add_up_to_those_of_the_merged_groups():
    offences = [
        offence(1, "2008-01-01", "2008-02-01", offence_group=group)
        for n, group in enumerate(OFFENCE_GROUPS, start=1)
        for _ in range(n)
    ]
    register = tiny_register(disposal=[index_order(1)], offence=offences)
    unit = build_covariates(cohort_of(1), register, use("previous_by_group", "previous_by_each_group")).units.iloc[0]
    each = {group: math.expm1(unit[f"previous_each_{group}"]) for group in OFFENCE_GROUPS}
    assert each == pytest.approx({group: n for n, group in enumerate(OFFENCE_GROUPS, start=1)})
    for merged, groups in MERGED_GROUPS.items():
        assert math.expm1(unit[f"previous_{merged}"]) == pytest.approx(sum(each[group] for group in groups))


def test_what_was_proven_on_the_day_of_the_index_sentence_is_of_the_same_occasion():
    that_day, before = SENTENCE.isoformat(), "2009-08-31"
    concurrent = {"person_id": 1, "disposal_id": 2, "disposal": "custody", "disposal_date": SENTENCE}
    earlier = {"person_id": 1, "disposal_id": 3, "disposal": "custody", "disposal_date": SENTENCE - DAY}
    while_inside = {"person_id": 1, "disposal_id": 5, "disposal": "custody", "disposal_date": SENTENCE + DAY}
    sentences = [released(1), concurrent, earlier, earlier | {"disposal_id": 4}, while_inside]
    offences = [
        offence(1, "2009-05-01", that_day, disposal_id=101),
        offence(1, "2009-05-01", that_day, disposal_id=2),
        offence(1, "2009-05-01", that_day),
        offence(1, "2009-05-01", before, disposal_id=3),
        offence(1, "2009-05-02", before, disposal_id=4),
        offence(1, "2009-05-03", "2009-09-02", disposal_id=5),
    ]
    facts = gather_facts(releases_of(1).treated, tiny_register(disposal=sentences, offence=offences)).iloc[0]
    assert facts[["n_offences", "n_sanctions", "n_convictions", "n_custody"]].tolist() == [3, 2, 2, 2]


def test_the_index_offence_is_what_was_committed_and_proven_by_the_index_date():
    index, later = INDEX.isoformat(), (INDEX + DAY).isoformat()
    offences = [
        offence(1, "2009-12-01", index, disposal_id=101, offence_group="fraud", severity=6),
        offence(1, "2009-11-01", later, disposal_id=101, offence_group="robbery", severity=1),
        offence(1, later, later, disposal_id=101, offence_group="violence", severity=2),
        offence(2, "2009-12-01", later, disposal_id=102, offence_group="violence", severity=2),
    ]
    facts = gather_facts(
        cohort_of(1, 2).treated, tiny_register(disposal=[index_order(1), index_order(2)], offence=offences)
    )
    assert facts["index_offence_group"].iloc[0] == "fraud" and pd.isna(facts["index_offence_group"].iloc[1])
    assert facts["age_first_offence"].iloc[0] == 29 and pd.isna(facts["age_first_offence"].iloc[1])


def test_what_a_conviction_led_to_after_the_index_date_is_not_looked_at():
    later = {"person_id": 1, "disposal_id": 7, "disposal_date": INDEX + DAY}
    convicted = [offence(1, "2009-01-01", "2009-02-01", disposal_id=7)]
    for kind in ("caution", "custody"):
        register = tiny_register(disposal=[index_order(1), later | {"disposal": kind}], offence=convicted)
        facts = gather_facts(cohort_of(1).treated, register).iloc[0]
        assert facts[["n_convictions", "n_custody"]].tolist() == [1, 0]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_of_equally_serious_index_offences_the_class_decides_then_the_name(order):
    kinds = [("handling", "summary"), ("theft", "either_way"), ("fraud", "either_way"), ("drink_driving", "summary")]
    rows = [
        offence(
            1, "2009-12-01", INDEX.isoformat(), disposal_id=101, offence_id=n, offence_group=group, offence_class=kind
        )
        for n, (group, kind) in enumerate(kinds)
    ]
    register = tiny_register(disposal=[index_order(1)], offence=[rows[place] for place in order])
    assert gather_facts(cohort_of(1).treated, register)["index_offence_group"].tolist() == ["fraud"]


@pytest.mark.parametrize("born", ["2010-03-01", "2003-01-01", "1899-01-01"])
def test_an_age_that_cannot_be_is_missing(born):
    people = [{"person_id": 1, "dob": dt.date.fromisoformat(born)}, {"person_id": 2, "dob": dt.date(1970, 1, 1)}]
    offences = [offence(n, "2009-01-01", "2009-02-01") for n in (1, 2)]
    register = tiny_register(person=people, disposal=[index_order(1), index_order(2)], offence=offences)
    covariates = build_covariates(cohort_of(1, 2), register, use("age", "age_squared", "age_first_offence"))
    assert covariates.units["age"].tolist() == [40, 40] and covariates.units["age_missing"].tolist() == [1, 0]
    assert covariates.units["age_squared"].tolist() == [0, 0]
    assert covariates.profile["age_band"].tolist() == [NOT_RECORDED, "35 to 44"]


def test_nobody_is_older_at_the_first_offence_than_at_the_index_date():
    """Also where the age at first offence is not known and the median is put in its place."""
    people = [{"person_id": n, "dob": dt.date(y, 1, 1)} for n, y in ((1, 1992), (2, 1950), (3, 1951))]
    offences = [offence(n, "2009-01-01", "2009-02-01") for n in (2, 3)]
    register = tiny_register(person=people, disposal=[index_order(n) for n in (1, 2, 3)], offence=offences)
    units = build_covariates(cohort_of(1, 2, 3), register, use("age", "age_first_offence")).units
    assert units["age"].tolist() == [18, 60, 59]
    assert units["age_first_offence"].tolist() == [18, 59, 58]
    assert units["age_first_offence_missing"].tolist() == [1, 0, 0]


def test_nobody_with_an_age_leaves_no_square_of_it():
    register = tiny_register(person=[{"person_id": 1, "dob": None}], disposal=[index_order(1)])
    covariates = build_covariates(cohort_of(1), register, use("age", "age_squared", "sex"))
    assert (covariates.names, covariates.messages) == (
        ["sex"],
        ("Age at index date (years): nobody has a value; left out",),
    )


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


def test_needs_older_than_allowed_or_without_content_are_no_valid_assessment():
    recorded = {"drugs": 1, "ogrs3": 0.4}
    rows = [
        {"person_id": 1, "assessed_on": dt.date(2009, 8, 15)} | recorded,  # six months before to the day
        {"person_id": 1, "assessed_on": dt.date(2009, 12, 1)},  # nothing in it
        {"person_id": 2, "assessed_on": dt.date(2009, 8, 14)} | recorded,
        {"person_id": 3, "assessed_on": INDEX, "drugs": 0},
    ]
    register = tiny_register(disposal=[index_order(n) for n in (1, 2, 3)], needs_assessment=rows)
    for months, missing in ((6, [0, 1, 0]), (None, None)):
        spec = make_spec(covariates={"use": ["needs"], "needs_within_months": months})
        units = build_covariates(cohort_of(1, 2, 3), register, spec).units
        assert units["needs_drugs"].tolist() == [1, 0.5 if missing else 1, 0]
        assert ("needs_drugs_missing" in units) == bool(missing)
        assert not missing or units["needs_drugs_missing"].tolist() == missing


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


# --- one past, many futures -------------------------------------------------------------------------------------------

#: person_id -> kind of index disposal and its day of sentence. The index date of all of them is `INDEX`.
UNITS = {1: ("community_order", INDEX), 2: ("custody", SENTENCE), 3: ("suspended_sentence_order", INDEX)}
PEOPLE = st.sampled_from(list(UNITS))
BACK, AHEAD = st.integers(0, 900), st.integers(1, 900)
KINDS, SELDOM = st.sampled_from(["custody", "caution", "fine"]), st.sampled_from([False] * 5 + [True])
OLD, NEW = range(200, 205), range(300, 305)  # ids of disposals before and after the index date


def _offence(draw, is_past):
    """An offence that was committed and proven by the index date, or one of which that is not true."""
    person, back, gap, ahead = draw(PEOPLE), draw(BACK), draw(BACK), draw(AHEAD)
    proven = INDEX - back * DAY if is_past else INDEX + ahead * DAY
    committed = proven - gap * DAY
    own = st.sampled_from([None, 100 + person, *(n for n in (*OLD, *NEW) if n % 3 == person % 3)])
    return {
        "person_id": person,
        "offence_date": committed,
        "proven_date": proven,
        "disposal_id": draw(own),
        "offence_group": draw(st.sampled_from(OFFENCE_GROUPS)),
        "severity": draw(st.integers(1, 8)),
        "is_breach": draw(SELDOM),
        "is_penalty_notice": draw(SELDOM),
    }


def _dated(draw, is_past, **values):
    day = INDEX - draw(BACK) * DAY if is_past else INDEX + draw(AHEAD) * DAY
    return {"person_id": draw(PEOPLE), "day": day} | {name: draw(strategy) for name, strategy in values.items()}


def _named(row, name):
    return {name if key == "day" else key: value for key, value in row.items()}


SPELLS = {
    "employment_spell": {},
    "benefit_spell": {"kind": st.sampled_from(["out_of_work", "other"])},
    "custody_spell": {
        "kind": st.sampled_from(["sentenced", "recall", "remand"]),
        "release_type": st.sampled_from([None, "hdc", "licence"]),
    },
}
ROWS = {
    "needs_assessment": ("assessed_on", {"drugs": st.sampled_from([None, 0, 1]), "ogrs3": st.floats(0, 1)}),
    "extra_covariates": ("as_of", {"debts": st.sampled_from([None, 0.5, 7.0]), "tenure": st.sampled_from(["a", "b"])}),
}


@st.composite
def events(draw, is_past):
    """Rows of every table, all of them known by the index date or all of them not; spells have a start only."""
    n = st.integers(0, 6)
    rows = {"offence": [_offence(draw, is_past) for _ in range(draw(n))]}
    rows |= {t: [_named(_dated(draw, is_past, **v), "start") for _ in range(draw(n))] for t, v in SPELLS.items()}
    rows |= {t: [_named(_dated(draw, is_past, **v), day) for _ in range(draw(n))] for t, (day, v) in ROWS.items()}
    ids = OLD if is_past else draw(st.lists(st.sampled_from(NEW), min_size=3, unique=True))
    rows["disposal"] = [
        _named(_dated(draw, is_past, disposal=KINDS), "disposal_date")
        | {"disposal_id": n, "person_id": 1 + (n - 1) % 3, "release_date": INDEX + draw(AHEAD) * DAY}
        for n in ids
    ]
    return rows


@st.composite
def one_past_two_futures(draw):
    """Two registers that agree in all that was known by the index date, in another order of rows."""
    past = draw(events(is_past=True))
    for table in SPELLS:  # of spells that began before, some ended by the index date
        for row in past[table]:
            row["end"] = draw(st.none() | st.just(row["start"] + draw(BACK) * DAY))
    registers = []
    for _ in range(2):
        future, order = draw(events(is_past=False)), draw(st.randoms(use_true_random=False))
        tables = {table: [dict(row) for row in rows] for table, rows in past.items()}
        for table in SPELLS:
            for row in tables[table]:
                if row["end"] is None or row["end"] > INDEX:
                    row["end"] = draw(st.none() | st.just(INDEX + draw(AHEAD) * DAY))
        tables = {table: rows + future[table] for table, rows in tables.items()}
        for kind, rows in _somebody_else().items():
            tables[kind] += rows
        tables["disposal"] += [
            {"person_id": n, "disposal_id": 100 + n, "disposal": kind, "disposal_date": day}
            for n, (kind, day) in UNITS.items()
        ]
        seen = st.none() | st.just(INDEX + draw(AHEAD) * DAY)
        tables["person"] = [{"person_id": n, "observed_until": draw(seen)} for n in (*UNITS, 99)]
        for rows in tables.values():
            order.shuffle(rows)
        for number, row in enumerate(sorted(tables["offence"], key=repr)):
            row["offence_id"] = number
        registers.append(tiny_register(**tables))
    return registers


def _somebody_else():
    """Old records of a person who is not compared: every table has rows, and its columns their types."""
    start = dt.date(2001, 1, 1)
    spells = {table: [{"person_id": 99, "start": start, "end": start}] for table in SPELLS}
    return spells | {
        "needs_assessment": [{"person_id": 99, "assessed_on": start, "drugs": 1, "ogrs3": 0.5}],
        "extra_covariates": [{"person_id": 99, "as_of": start, "debts": 1.5, "tenure": "c"}],
    }


@given(one_past_two_futures(), st.permutations(list(UNITS)))
@settings(max_examples=15, deadline=None)
def test_what_comes_after_the_index_date_and_the_order_of_rows_change_nothing(registers, order):
    spec, book = make_spec(covariates={"use": EVERYTHING}), read_codebook()
    first, second = (
        build_covariates(SimpleNamespace(treated=_index_units(people), pool=_index_units([])), register, spec, book)
        for register, people in zip(registers, (list(UNITS), order), strict=True)
    )
    for one, other in ((first.units, second.units), (first.profile, second.profile)):
        other = other.sort_values("unit_id", ignore_index=True)
        pd.testing.assert_frame_equal(one, other)
    assert (first.messages, first.labels) == (second.messages, second.labels)
    age, at_first = first.units.get("age"), first.units.get("age_first_offence")
    assert at_first is None or (at_first <= age).all()
    assert (first.units.get("years_since_last_offence", pd.Series([0.0])) >= 0).all()


def _index_units(people):
    units = pd.DataFrame({"person_id": pd.Series(people, dtype="int64")})
    kinds = units["person_id"].map({n: kind for n, (kind, _) in UNITS.items()}).astype("str")
    ids = 100 + units["person_id"]
    return units.assign(unit_id=ids, disposal_id=ids, disposal=kinds, index_date=pd.Timestamp(INDEX), delay_days=10)


def test_two_units_of_one_person_each_know_their_own_past_only():
    """The earlier unit is as it was; to the later one, what came between is past."""
    register = tiny_register(
        disposal=[index_order(1), index_order(1, disposal_id=150, disposal_date=SENTENCE)],
        offence=[
            offence(1, "2008-01-01", "2008-03-01"),
            offence(1, "2009-06-01", SENTENCE.isoformat(), disposal_id=150, offence_group="fraud"),
            offence(1, "2009-10-01", "2009-11-01"),
        ],
        employment_spell=[LONG_AGO, spell(1, 50, None)],
        needs_assessment=[
            {"person_id": 1, "assessed_on": SENTENCE, "drugs": 1},
            {"person_id": 1, "assessed_on": SENTENCE + DAY, "drugs": 0},
        ],
    )
    cohort = cohort_of(1, 1)
    cohort.treated.loc[0, ["unit_id", "disposal_id", "index_date"]] = [150, 150, pd.Timestamp(SENTENCE)]
    units = build_covariates(cohort, register, use("previous_offences", "employed", "needs")).units
    assert units["unit_id"].tolist() == [150, 101]
    assert np.expm1(units["previous_offences"]).tolist() == pytest.approx([1, 3])
    assert units["employed"].tolist() == [0, 1] and units["needs_drugs"].tolist() == [1, 0]


def test_later_convictions_and_sentences_of_a_whole_cohort_change_nothing():
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
