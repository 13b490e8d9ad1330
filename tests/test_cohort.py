"""Who is analysed and why not: the ledger, the choice among records, the control pool and its clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registers import TinyRegister, make_spec, submit, tiny_register

from jdl_toolkit.attrition import REASONS, Ledger
from jdl_toolkit.cohort import Cohort, build_cohort
from jdl_toolkit.cohort.clock import add_months
from jdl_toolkit.cohort.contradictions import KINDS
from jdl_toolkit.cohort.index_disposal import SERIOUSNESS
from jdl_toolkit.errors import JDLError
from jdl_toolkit.register import Register, build_register
from jdl_toolkit.spec import Disposal

INDEX, START = dt.date(2010, 1, 10), dt.date(2010, 2, 10)


def step(ledger: Ledger, key: str) -> dict:
    return next(s for s in ledger.steps if s["key"] == key)


def order(person_id: int, day: dt.date = INDEX, kind: str = "community_order", **more) -> dict:
    return {"person_id": person_id, "disposal_date": day, "disposal": kind} | more


def offence(person_id: int, offended: dt.date, proven: dt.date, **more) -> dict:
    return {"person_id": person_id, "offence_date": offended, "proven_date": proven} | more


# --- the ledger -------------------------------------------------------------------------------------------------------


def foundation() -> tuple[tuple, TinyRegister]:
    """Invented records that leave by the reasons, and in the numbers, of Foundation's request ([S4])."""
    late, soon = dt.date(2010, 9, 1), START
    records = [
        {"usable": False, "why_unusable": "dob_implausible", "status": "unusable identifiers", "service_start": soon}
    ] * 6
    records += [{"status": "no match", "service_start": soon}] * 81
    people, disposals, offences = [], [], []

    def add(n: int, kind: str | None, start: dt.date = soon, **flags) -> None:
        for _ in range(n):
            people.append({"person_id": len(people) + 1})
            records.append({"person_id": len(people), "service_start": start})
            if kind:
                disposals.append(order(len(people), INDEX, kind, disposal_id=len(people)))
            if "reoffended" in flags:
                offences.append(offence(len(people), dt.date(2010, 1, 20), dt.date(2010, 6, 1)))
            if "sexual" in flags:
                sexual = {"offence_group": "sexual_adult", "disposal_id": len(people)}
                offences.append(offence(len(people), dt.date(2009, 6, 1), INDEX, **sexual))

    add(34, None)
    add(22, None)
    for person in range(35, 57):  # sentenced, but only after the service: no relevant sentence
        disposals.append(order(person, dt.date(2010, 12, 1)))
    for n, kind, start in (
        (120, "fine", soon),
        (131, "caution", soon),
        (140, "fine", late),
        (100, "youth_sentence", late),
    ):
        add(n, kind, start)
    add(69, "community_order", late)
    add(9, "suspended_sentence_order", sexual=True)
    add(90, "community_order", reoffended=True)
    add(257, "community_order")
    # 168 of those analysed have further records: 19 of them two, the others one.
    analysed = [r["person_id"] for r in records[-257:]]
    for place, person in enumerate(analysed[:168]):
        records += [{"person_id": person, "service_start": late}] * (2 if place < 19 else 1)
    return submit(*records), tiny_register(person=people, disposal=disposals, offence=offences)


def test_foundation_leaves_257_of_1246_by_the_published_reasons():
    submitted, register = foundation()
    cohort = build_cohort(*submitted, register, make_spec(cohort={"sexual_offence": "index"}))
    ledger = cohort.ledger
    assert (ledger.received, ledger.remaining, len(cohort.treated)) == (1246, 257, 257)
    assert step(ledger, "no_conviction")["records_after"] == 1125
    assert (ledger.excluded(4), step(ledger, "repeat_record")["records_after"]) == (187, 938)
    assert step(ledger, "repeat_record")["details"] == {
        "records of people who appear more than once": 355,
        "people who appear more than once": 168,
    }
    assert step(ledger, "no_sentence")["records_after"] == 916
    assert step(ledger, "other_disposal")["details"] == {
        "fine": 260,
        "caution": 131,
        "youth sentence": 100,
        "of which started within 6 months": 251,
    }
    assert [ledger.excluded(code) for code in range(1, 14)] == [6, 81, 34, 187, 22, 491, 0, 0, 0, 69, 9, 90, 0]
    assert step(ledger, "sexual_offence")["records_after"] == 347
    assert step(ledger, "repeat_record")["people_after"] == step(ledger, "no_conviction")["people_after"] == 938


def test_every_record_has_its_reason_and_the_records_add_up_to_the_ledger():
    submitted, register = foundation()
    cohort = build_cohort(*submitted, register, make_spec(cohort={"sexual_offence": "index"}))
    counts = cohort.records["reason"].value_counts()
    assert {code: counts.get(code, 0) for code in range(1, 14)} == {c: cohort.ledger.excluded(c) for c in range(1, 14)}
    assert cohort.records["row"].tolist() == list(range(2, 1248))
    assert cohort.records["reason"].isna().sum() == 257
    assert set(cohort.records.loc[cohort.records["reason"] == 1, "detail"]) == {"no usable date of birth"}


def test_nobody_received_is_a_ledger_of_noughts():
    cohort = build_cohort(*submit(), tiny_register(disposal=[order(1)]), make_spec())
    assert [s["records_after"] for s in cohort.ledger.steps] == [0] * 14
    assert (len(cohort.treated), len(cohort.pool), cohort.index_from, cohort.index_to) == (0, 0, None, None)
    assert cohort.pool_ledger.remaining == 0


def test_nobody_in_scope_leaves_an_empty_pool():
    submitted = submit({"person_id": 1, "service_start": START})
    cohort = build_cohort(*submitted, tiny_register(disposal=[order(1, kind="fine"), order(2)]), make_spec())
    assert cohort.ledger.excluded(6) == 1
    assert (len(cohort.pool), cohort.index_from) == (0, None)


def test_reasons_one_and_two_say_why():
    submitted = submit(
        {"usable": False, "why_unusable": "forename_initial", "status": "unusable identifiers", "service_start": START},
        {"usable": False, "why_unusable": "dob_missing", "status": "unusable identifiers", "service_start": START},
        {"usable": False, "why_unusable": "dob_missing", "status": "unusable identifiers", "service_start": START},
        {"person_id": 1},
        {"status": "ambiguous", "service_start": START},
        {"status": "no match", "service_start": START},
        {"status": "no match", "service_start": START},
    )
    ledger = build_cohort(*submitted, tiny_register(disposal=[order(1)]), make_spec()).ledger
    assert step(ledger, "unusable_identifiers")["details"] == {
        "no usable date of birth": 2,
        "no full name": 1,
        "no usable date of the service": 1,
    }
    assert step(ledger, "not_found")["details"] == {"no match": 2, "ambiguous": 1}
    assert "a clerical review" in step(ledger, "not_found")["could"]
    nobody = submit({"status": "no match", "service_start": START})
    ledger_without = build_cohort(*nobody, tiny_register(disposal=[order(1)]), make_spec()).ledger
    assert step(ledger_without, "not_found")["could"] == (
        "Some of them may be found with fuller identifiers (PNC id, prison number, former names)."
    )
    assert step(ledger, "unusable_identifiers")["people_after"] is None
    assert step(ledger, "not_found")["people_after"] == 0


@pytest.mark.parametrize("release", [dt.date(2010, 2, 9), START, dt.date(2010, 6, 1)])
def test_custody_is_listed_by_whether_the_service_began_inside(release):
    register = tiny_register(disposal=[order(1, kind="custody", release_date=release)])
    cohort = build_cohort(*submit({"person_id": 1, "service_start": START}), register, make_spec())
    inside = "custody, not yet released when the service started"
    assert cohort.records["detail"].tolist() == ["custody" if release < START else inside]
    alone = make_spec(cohort={"minimum_analysed": 2})
    two = submit(*({"person_id": n, "service_start": START} for n in (1, 2)))
    disposals = [order(n, kind="custody", release_date=release) for n in (1, 2)]
    could = step(build_cohort(*two, tiny_register(disposal=disposals), alone).ledger, "other_disposal")["could"]
    whom = "releases from custody" if release < START else "custody (by the custody route)"
    assert could == f"Numerous enough for an analysis of their own are {whom}."


def test_a_record_without_a_start_is_dated_by_the_end_and_counted():
    submitted = submit({"person_id": 1, "service_end": START}, {"person_id": 2, "service_start": START})
    cohort = build_cohort(*submitted, tiny_register(disposal=[order(1), order(2)]), make_spec())
    assert cohort.records["service_start"].dt.date.tolist() == [START, START]
    details = step(cohort.ledger, "no_sentence")["details"]
    assert details == {"records dated by the end of the service, as its start was not given": 1}


def test_labels_are_made_of_the_settings():
    spec = make_spec(cohort={"start_within_months": 9, "index_disposals": ["custody"], "observed_months": 24})
    ledger = build_cohort(*submit(), tiny_register(), spec).ledger
    labels = {s["code"]: s["label"] for s in ledger.steps}
    assert labels[6] == "the most recent sentence before the service was not custody"
    default = build_cohort(*submit(), tiny_register(), make_spec())
    assert step(default.ledger, "other_disposal")["label"] == (
        "the most recent sentence before the service was not a community order or a suspended sentence order"
    )
    assert default.pool_ledger.steps[0]["label"] == "every community order or suspended sentence order in the period"
    assert labels[7] == "still in custody, or released after the data end (31 December 2012)"
    assert labels[9] == "release too late to be followed for 18 months (after 30 June 2011)"
    assert labels[10] == "the service started 9 months or more after the release"
    assert labels[13] == (
        "not followed for the whole 24 months from the release in these data (for example death or emigration)"
    )


def test_steps_say_what_would_bring_people_back_and_only_if_somebody_left():
    records = [{"person_id": n, "service_start": START} for n in (1, 2, 3)] + [
        {"person_id": 4, "service_start": "2011-09-01"}
    ]
    disposals = [order(1), order(2, kind="fine"), order(3, kind="custody"), order(4, dt.date(2011, 8, 1))]
    spec = make_spec(cohort={"index_disposals": ["community_order", "custody"]})
    ledger = build_cohort(*submit(*records), tiny_register(disposal=disposals), spec).ledger
    could = {s["code"]: s["could"] for s in ledger.steps}
    assert could[6] == "Their outcomes could be analysed separately, if more people with such sentences are submitted."
    assert could[7] == (  # the data end on 31 December 2012, so the earliest release there can be is 1 January 2013
        "Their outcomes could be analysed from summer 2014 at the earliest, once the register covers 18 months after"
        " their release."
    )
    assert could[9] == (
        "Their outcomes could be analysed from summer 2014, once the register covers 18 months after every sentence or"
        " release up to the data end."
    )
    assert could[10] == ""


@pytest.mark.parametrize(
    ("rule", "person", "reason"),
    [
        ("ever", 1, 11), ("ever", 2, 11), ("ever", 3, 0), ("ever", 4, 0),
        ("index", 1, 11), ("index", 2, 0), ("index", 3, 0), ("index", 4, 0),
        ("keep", 1, 0), ("keep", 2, 0), ("keep", 3, 0), ("keep", 4, 0),
    ],
)  # fmt: skip
def test_sexual_offences(rule, person, reason):
    """1: the index offence. 2: proven before. 3: proven only afterwards, which never decides. 4: no sexual offence."""
    sexual = {"offence_group": "sexual_child"}
    offences = [
        offence(1, dt.date(2009, 1, 1), INDEX, disposal_id=1, **sexual),
        offence(2, dt.date(2004, 1, 1), dt.date(2004, 6, 1), **sexual),
        offence(3, dt.date(2010, 6, 1), dt.date(2010, 9, 1), **sexual),
        offence(4, dt.date(2004, 1, 1), dt.date(2004, 6, 1)),
    ]
    register = tiny_register(disposal=[order(n, disposal_id=n) for n in (1, 2, 3, 4)], offence=offences)
    spec = make_spec(cohort={"sexual_offence": rule})
    cohort = build_cohort(*submit({"person_id": person, "service_start": START}), register, spec)
    assert cohort.records["reason"].fillna(0).tolist() == [reason]
    others = {"ever": {3, 4}, "index": {2, 3, 4}, "keep": {1, 2, 3, 4}}[rule] - {person}
    assert set(cohort.pool["person_id"]) == (others if reason == 0 else set())


def test_not_observed_long_enough_for_treated_and_controls_alike():
    last = dt.date(2011, 7, 10)
    people = [{"person_id": n, "observed_until": last - dt.timedelta(days=n % 2)} for n in (1, 2, 3, 4)]
    register = tiny_register(person=people, disposal=[order(n) for n in (1, 2, 3, 4)])
    records = [{"person_id": n, "service_start": START} for n in (1, 2)]
    cohort = build_cohort(*submit(*records), register, make_spec())
    assert cohort.ledger.excluded(13) == 1
    assert (cohort.treated["person_id"].tolist(), cohort.pool["person_id"].tolist()) == ([2], [4])


def test_the_custody_route_follows_custody_alone():
    with pytest.raises(JDLError, match="custody route") as fault:
        build_cohort(*submit(), tiny_register(), make_spec(cohort={"route": "custody"}))
    assert fault.value.problems[0].where == "cohort.index_disposals"


def test_every_kind_of_disposal_has_its_place_in_the_order_of_seriousness():
    assert sorted(SERIOUSNESS) == sorted(Disposal)


# --- periods, further analyses, contradictions ------------------------------------------------------------------------


def test_people_are_counted_by_the_quarter_of_their_index_date():
    days = {1: dt.date(2009, 5, 20), 2: INDEX, 3: dt.date(2009, 6, 30), 4: dt.date(2009, 7, 1), 5: INDEX}
    records = [{"person_id": n, "service_start": days[n] + dt.timedelta(days=30)} for n in (1, 2)]
    register = tiny_register(disposal=[order(n, day) for n, day in days.items()])
    table = build_cohort(*submit(*records), register, make_spec()).by_period()
    assert table.to_dict("split")["data"] == [[2009, 2, 1, 1], [2009, 3, 0, 1], [2010, 1, 1, 1]]
    assert table.columns.tolist() == ["year", "quarter", "n_treated", "n_pool"]
    nobody = build_cohort(*submit(), register, make_spec()).by_period()
    assert nobody.empty and nobody.columns.tolist() == ["year", "quarter", "n_treated", "n_pool"]


def test_the_ledger_names_the_cohort_and_the_releases_that_are_asked_for():
    cohort = {"index_disposals": ["community_order", "custody"], "release_types": ["licence", "hdc"]}
    cohort |= {"index_from": "2010-02-01", "index_to": "2010-06-30"}
    submitted = submit({"person_id": 1, "service_start": START})
    built = build_cohort(*submitted, tiny_register(disposal=[order(1), order(2)]), make_spec(cohort=cohort))
    assert step(built.ledger, "other_disposal")["label"] == (
        "the most recent sentence before the service was not a community order or custody with release on licence or on"
        " home detention curfew, or lay outside the cohort (1 February 2010 to 30 June 2010)"
    )
    assert built.records["detail"].tolist() == [
        "sentence or release before the cohort (1 February 2010 to 30 June 2010)"
    ]
    assert (built.index_from, built.index_to) == (None, None)


@pytest.mark.parametrize(
    ("n_fines", "n_cautions", "n_late", "could"),
    [
        (30, 29, 0, "Numerous enough for an analysis of their own are fines."),
        (30, 31, 0, "Numerous enough for an analysis of their own are cautions and fines."),
        (15, 15, 0, "Together, the other kinds of sentence are numerous enough for an analysis of their own."),
        (29, 0, 30, "Their outcomes could be analysed separately, if more people with such sentences are submitted."),
    ],
)
def test_kinds_that_are_numerous_enough_are_offered(n_fines, n_cautions, n_late, could):
    """Thirty people who would start within the window make an analysis; those who start later do not count."""
    kinds = ["fine"] * n_fines + ["caution"] * n_cautions + ["fine"] * n_late
    disposals = [order(n, kind=kind) for n, kind in enumerate(kinds, start=1)]
    late = dt.date(2010, 8, 1)
    starts = [START] * (n_fines + n_cautions) + [late] * n_late
    submitted = submit(*({"person_id": n, "service_start": start} for n, start in enumerate(starts, start=1)))
    ledger = build_cohort(*submitted, tiny_register(disposal=disposals), make_spec()).ledger
    assert step(ledger, "other_disposal")["could"] == could


def test_contradictions_are_counted_by_kind_with_the_rule_that_was_applied():
    """One of each kind, of persons 1 and 4 (submitted) and person 2 (a control); person 3 is neither."""
    day = dt.date
    people = [{"person_id": 1, "observed_until": day(2012, 1, 1), "dob": day(1980, 1, 1)}]
    disposals = [
        order(1), order(2), order(3, kind="fine"), order(3, kind="fine"),
        order(1, day(2012, 2, 1), "fine"), order(1, day(1979, 1, 1), "fine"),
        order(4), order(4, day(2005, 5, 1), "custody", release_date=day(2005, 4, 1)),
        order(1, day(2006, 5, 1), "custody", release_date=day(2006, 8, 1)),
        order(2, day(2012, 5, 1), "custody", release_date=day(2013, 4, 1)),
        order(2, day(2006, 6, 1), "fine"), order(2, day(2006, 6, 1), "fine"), order(2, day(2006, 6, 1), "caution"),
    ]  # fmt: skip
    offences = [
        offence(1, day(2012, 3, 1), day(2012, 4, 1), disposal_id=1),
        offence(1, day(1979, 3, 1), day(2006, 4, 1), disposal_id=1),
        offence(2, day(2006, 3, 2), day(2006, 3, 1), disposal_id=2),
        offence(2, day(2006, 3, 2), None, disposal_id=2),
        offence(2, day(2006, 3, 2), day(2006, 4, 1)),
        *[offence(2, day(2006, 7, 2), day(2006, 8, 1), disposal_id=2)] * 3,
        *[offence(3, day(2006, 7, 2), day(2006, 8, 1))] * 3,
    ]
    spells = [
        {"person_id": 1, "start": day(2006, 5, 1), "end": day(2006, 9, 1)},
        {"person_id": 2, "start": day(2004, 5, 1), "end": day(2004, 4, 1)},
        {"person_id": 2, "start": day(2003, 1, 1), "end": day(2003, 3, 1)},
        {"person_id": 2, "start": day(2003, 3, 1), "end": day(2003, 4, 1)},
        {"person_id": 2, "start": day(2003, 3, 31), "end": day(2003, 5, 1)},
        *[{"person_id": 2, "start": day(2002, 1, 1), "end": day(2002, 1, 1)}] * 2,
    ]
    submitted = submit(
        {"person_id": 1, "service_start": START},
        {"person_id": 1, "service_start": day(2012, 1, 2)},
        {"person_id": 4, "service_start": START},
        {"status": "no match"},
    )
    offences = [row | {} for row in offences]
    register = tiny_register(person=people, disposal=disposals, offence=offences, custody_spell=spells)
    cohort = build_cohort(*submitted, register, make_spec())
    assert (cohort.treated["person_id"].tolist(), cohort.pool["person_id"].tolist()) == ([1], [2])
    words = {kind: key for key, (kind, _) in KINDS.items()}
    found = {words[row.kind]: (row.n_events, row.n_people) for row in cohort.contradictions.itertuples()}
    assert found == dict.fromkeys(KINDS, (1, 1)) | {"double_offence": (2, 1)}
    rules = cohort.contradictions.set_index("kind")["rule"]
    assert rules["offence proven before it was committed"] == "never counted as a reoffence"
    clean = build_cohort(*submit(), tiny_register(disposal=[order(1)]), make_spec()).contradictions
    assert clean.empty and clean.columns.tolist() == ["kind", "rule", "n_events", "n_people"]


def test_doubled_rows_distort_nothing():
    submitted, register, tables = crowd(3, with_spells=True)
    cohort = build_cohort(*submitted, register, make_spec())
    twice = dict(tables)
    for name, key in (("disposal", "disposal_id"), ("offence", "offence_id"), ("custody_spell", None)):
        again = tables[name].copy()
        if key:
            again[key] += 1_000_000
        twice[name] = pd.concat([tables[name], again], ignore_index=True)
    doubled = build_cohort(*submitted, TinyRegister(twice), make_spec())
    for name in ("records", "treated", "pool"):
        pd.testing.assert_frame_equal(getattr(cohort, name), getattr(doubled, name))
    n_extra = {"disposal": "disposal again", "offence": "offence again", "custody_spell": "spell in custody again"}
    told = doubled.contradictions.set_index("kind")["n_events"]
    assert all(told[told.index.str.contains(words)].sum() > 100 for words in n_extra.values())


DAYS = st.dates(dt.date(2009, 6, 1), dt.date(2011, 12, 31))
PERSON = st.integers(1, 6)
DISPOSALS = st.builds(
    lambda person, day, kind, served: order(
        person, day, kind, release_date=day + dt.timedelta(days=served) if kind == "custody" and served else None
    ),
    PERSON, DAYS, st.sampled_from(["community_order", "custody", "fine", "caution"]), st.integers(0, 400),
)  # fmt: skip
OFFENCES = st.builds(
    lambda p, day, lag: offence(p, day, day + dt.timedelta(days=lag)), PERSON, DAYS, st.integers(0, 99)
)
SPELLS = st.builds(
    lambda p, day, length, kind: {"person_id": p, "start": day, "end": day + dt.timedelta(days=length), "kind": kind},
    PERSON, DAYS, st.integers(-9, 200), st.sampled_from(["remand", "recall", "sentenced"]),
)  # fmt: skip
RECORDS = st.lists(
    st.builds(
        lambda status, person, start: {
            "status": status,
            "person_id": person if status == "matched" else None,
            "usable": status != "unusable identifiers",
            "service_start": start,
        },
        st.sampled_from(["matched"] * 6 + ["no match", "ambiguous", "unusable identifiers"]), PERSON, st.none() | DAYS,
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(RECORDS, st.lists(DISPOSALS, max_size=8), st.lists(OFFENCES, max_size=5), st.lists(SPELLS, max_size=4))
@pytest.mark.parametrize("route", ["community", "custody"])
def test_the_ledger_adds_up_for_any_input(route, records, disposals, offences, spells):
    kinds = ["custody"] if route == "custody" else ["community_order", "custody"]
    bounds = {"index_from": "2009-09-01", "period": "year", "observed_months": 12}
    spec = make_spec(cohort={"route": route, "index_disposals": kinds} | bounds)
    people = [{"person_id": n} for n in range(1, 7)]
    register = tiny_register(
        person=people, disposal=disposals, offence=[o | {} for o in offences], custody_spell=[s | {} for s in spells]
    )
    cohort = build_cohort(*submit(*records), register, spec)
    assert cohort.ledger.received == len(records) == len(cohort.records)
    left = cohort.records["reason"].value_counts()
    assert {code: left.get(code, 0) for code in REASONS} == {code: cohort.ledger.excluded(code) for code in REASONS}
    assert cohort.ledger.remaining == len(cohort.treated) == cohort.records["reason"].isna().sum()
    assert cohort.pool_ledger.remaining == len(cohort.pool) == cohort.pool["person_id"].nunique()
    assert not set(cohort.pool["person_id"]) & set(cohort.records["person_id"].dropna())
    for ledger in (cohort.ledger, cohort.pool_ledger):
        ledger.check()
        for row in ledger.steps[1:]:
            assert not row["could"] or row["records_excluded"]
            assert not any(character.isdigit() for character in row["could"].split("from ")[0].replace("18", ""))
    counts = cohort.by_period()
    assert (counts["n_treated"].sum(), counts["n_pool"].sum()) == (len(cohort.treated), len(cohort.pool))


# --- the control pool -------------------------------------------------------------------------------------------------


def test_everybody_submitted_or_possibly_submitted_is_kept_out_of_the_pool():
    records = [
        {"person_id": 1, "service_start": START},
        {"person_id": 2, "service_start": "2010-12-01"},  # excluded, and still no control
        {"status": "ambiguous", "service_start": START},
        {"status": "no match", "service_start": START},
    ]
    unsure = [{"row": 4, "person_id": p, "match_weight": 5.0, "posterior": 0.4} for p in (3, 4)]
    unsure += [{"row": 5, "person_id": 5, "match_weight": 1.0, "posterior": 0.05}]
    register = tiny_register(disposal=[order(n) for n in range(1, 8)])
    cohort = build_cohort(*submit(*records, candidates=unsure), register, make_spec())
    assert set(cohort.pool["person_id"]) == {5, 6, 7}
    assert step(cohort.pool_ledger, "submitted")["records_excluded"] == 2
    assert step(cohort.pool_ledger, "ambiguous")["records_excluded"] == 2


def test_period_is_that_of_whole_quarters():
    records = [{"person_id": n, "service_start": day} for n, day in ((1, "2009-06-01"), (2, "2010-02-10"))]
    register = tiny_register(disposal=[order(1, dt.date(2009, 5, 20)), order(2)])
    cohort = build_cohort(*submit(*records), register, make_spec())
    assert (cohort.index_from, cohort.index_to) == ("2009-04-01", "2010-03-31")


def test_one_event_per_person_each_with_the_same_chance():
    days = [dt.date(2010, month, 1) for month in (1, 2, 3)]
    register = tiny_register(disposal=[order(1, days[0])] + [order(p, d) for p in range(2, 1502) for d in days])
    spec = make_spec(cohort={"equivalent_time_limit": "none"})
    cohort = build_cohort(*submit({"person_id": 1, "service_start": START}), register, spec)
    assert cohort.pool["person_id"].is_unique and len(cohort.pool) == 1500
    assert step(cohort.pool_ledger, "other_event")["records_excluded"] == 3000
    chosen = cohort.pool["index_date"].value_counts()
    assert ((chosen - 500) ** 2 / 500).sum() < 13.8  # chi-squared with 2 degrees of freedom, p = 0.001
    assert set(cohort.pool["delay_days"]) == {0}


def test_delays_are_those_of_everybody_in_scope_even_of_those_who_reoffended_first():
    records = [{"person_id": n, "service_start": INDEX + dt.timedelta(days=10 * n)} for n in (1, 2, 3)]
    reoffended = offence(3, dt.date(2010, 1, 20), dt.date(2010, 6, 1))
    register = tiny_register(disposal=[order(n) for n in range(1, 3004)], offence=[reoffended])
    cohort = build_cohort(*submit(*records), register, make_spec())
    assert cohort.ledger.excluded(12) == 1
    shares = cohort.pool["delay_days"].value_counts(normalize=True)
    assert sorted(shares.index) == [10, 20, 30]
    assert shares.to_numpy() == pytest.approx([1 / 3] * 3, abs=0.03)


def test_the_delay_is_drawn_apart_from_the_event():
    days = [dt.date(2010, month, 1) for month in (1, 4, 7, 10)]
    starts = {n: days[n - 1] + dt.timedelta(days=10 * n) for n in (1, 2, 3, 4)}
    records = [{"person_id": n, "service_start": start} for n, start in starts.items()]
    disposals = [order(n, days[n - 1]) for n in starts] + [order(p, d) for p in range(5, 2005) for d in days]
    cohort = build_cohort(*submit(*records), tiny_register(disposal=disposals), make_spec())
    shares = cohort.pool["delay_days"].value_counts(normalize=True).sort_index()
    assert shares.index.tolist() == [10, 20, 30, 40]
    assert shares.to_numpy() == pytest.approx([0.25] * 4, abs=0.04)


def test_two_sentences_that_end_in_one_release_are_one_event():
    def served(person_id, sentenced):
        return order(person_id, sentenced, "custody", release_date=dt.date(2010, 6, 1))

    sentenced = [dt.date(2010, 1, 10), dt.date(2010, 2, 10)]
    register = tiny_register(disposal=[served(1, sentenced[0]), *(served(2, day) for day in sentenced)])
    spec = make_spec(cohort={"route": "custody", "index_disposals": ["custody"]})
    cohort = build_cohort(*submit({"person_id": 1, "service_start": "2010-03-01"}), register, spec)
    assert cohort.pool[["person_id", "disposal_id", "delay_days"]].to_numpy().tolist() == [[2, 2, 0]]
    assert step(cohort.pool_ledger, "outranked")["records_excluded"] == 1


def test_delays_are_drawn_within_the_disposal_or_with_a_message_from_all():
    records = [{"person_id": 1, "service_start": INDEX + dt.timedelta(days=10)}]
    kinds = {1: "community_order", 2: "community_order", 3: "suspended_sentence_order"}
    disposals = [order(n, kind=k) for n, k in kinds.items()]
    cohort = build_cohort(*submit(*records), tiny_register(disposal=disposals), make_spec())
    assert cohort.messages == (
        "nobody in scope had suspended sentence order: its controls draw delays from those of all disposals",
    )
    records.append({"person_id": 4, "service_start": INDEX + dt.timedelta(days=20)})
    disposals.append(order(4, kind="suspended_sentence_order"))
    cohort = build_cohort(*submit(*records), tiny_register(disposal=disposals), make_spec())
    assert cohort.pool.set_index("person_id")["delay_days"].to_dict() == {2: 10, 3: 20}
    assert cohort.messages == ()


def test_the_order_of_rows_never_matters():
    submitted, register, tables = crowd(3, with_spells=True)
    cohort = build_cohort(*submitted, register, make_spec())
    assert len(cohort.treated) > 30 and len(cohort.pool) > 300
    rng = np.random.default_rng(0)

    def shuffled(frame):
        return frame.sample(frac=1, random_state=rng.integers(1 << 30), ignore_index=True)

    for frame in (submitted[0], submitted[1]):
        for name in ("people", "links", "candidates"):
            if hasattr(frame, name):
                setattr(frame, name, shuffled(getattr(frame, name)))
    again = build_cohort(*submitted, TinyRegister({n: shuffled(t) for n, t in tables.items()}), make_spec())
    for name in ("records", "treated", "pool"):
        pd.testing.assert_frame_equal(getattr(cohort, name), getattr(again, name))
    assert (cohort.ledger.steps, cohort.pool_ledger.steps) == (again.ledger.steps, again.pool_ledger.steps)


def test_another_seed_is_another_pool_and_the_same_seed_the_same():
    submitted, register, _ = crowd(3)
    one, same, other = (build_cohort(*submitted, register, make_spec(seed=s)) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one.pool, same.pool)
    assert not one.pool["delay_days"].equals(other.pool["delay_days"])
    pd.testing.assert_frame_equal(one.treated, other.treated)


def test_no_delay_is_drawn_without_the_rule():
    register = tiny_register(
        disposal=[order(n) for n in (1, 2)], offence=[offence(2, dt.date(2010, 1, 20), dt.date(2010, 3, 1))]
    )
    submitted = submit({"person_id": 1, "service_start": START})
    for rule, controls, delays in (("none", [2], [0]), ("drawn", [], [])):
        cohort = build_cohort(*submitted, register, make_spec(cohort={"equivalent_time_limit": rule}))
        assert (cohort.pool["person_id"].tolist(), cohort.pool["delay_days"].tolist()) == (controls, delays)


# --- against the rules read aloud, and the real register -------------------------------------------------------------


def crowd(seed: int, with_spells: bool = False) -> tuple[tuple, TinyRegister, dict[str, pd.DataFrame]]:
    """A random small register with everything in it, and records of some of its people; spells in custody if asked."""
    rng = np.random.default_rng(seed)
    n, n_disposals, n_offences = 1500, 4000, 6000
    days = pd.Timestamp("2009-01-01") + pd.to_timedelta(rng.integers(0, 900, n_disposals), unit="D")
    kinds = rng.choice(
        ["community_order", "suspended_sentence_order", "custody", "fine"], n_disposals, p=[0.5, 0.1, 0.2, 0.2]
    )
    served = pd.to_timedelta(rng.integers(0, 300, n_disposals), unit="D")
    is_released = (kinds == "custody") & (rng.random(n_disposals) < 0.9)
    disposals = pd.DataFrame(
        {
            "disposal_id": np.arange(n_disposals),
            "person_id": rng.integers(0, n, n_disposals),
            "disposal_date": days,
            "disposal": kinds,
            "release_date": (days + served).where(is_released),
            "sentence_days": rng.integers(30, 900, n_disposals),
        }
    )
    its = rng.integers(0, n_disposals, n_offences)
    proven = disposals["disposal_date"].to_numpy()[its]
    offences = pd.DataFrame(
        {
            "offence_id": np.arange(n_offences),
            "disposal_id": its,
            "person_id": disposals["person_id"].to_numpy()[its],
            "offence_date": proven - rng.integers(0, 400, n_offences).astype("timedelta64[D]"),
            "proven_date": proven,
            "offence_group": rng.choice(
                ["theft", "violence", "sexual_adult", "other"], n_offences, p=[0.5, 0.3, 0.02, 0.18]
            ),
            "offence_class": rng.choice(["indictable", "either_way", "summary"], n_offences),
            "severity": rng.integers(1, 9, n_offences),
            "is_penalty_notice": rng.random(n_offences) < 0.05,
            "is_breach": rng.random(n_offences) < 0.05,
        }
    )
    until = pd.Series(pd.Timestamp("2010-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"))
    people = pd.DataFrame(
        {
            "person_id": np.arange(n),
            "dob": pd.Timestamp("1970-01-01") + pd.to_timedelta(rng.integers(0, 7000, n), unit="D"),
            "sex": rng.choice(["M", "F"], n),
            "observed_until": until.where(rng.random(n) < 0.05),
            "forename": "A",
            "surname": "B",
        }
    )
    tables = {"person": people, "disposal": disposals, "offence": offences}
    if with_spells:
        tables["custody_spell"] = some_spells(np.random.default_rng(seed), disposals)
    some = rng.choice(n, 500)
    starts = pd.Timestamp("2009-06-01") + pd.to_timedelta(rng.integers(0, 900, 500), unit="D")
    submitted = submit(*({"person_id": int(p), "service_start": s} for p, s in zip(some, starts, strict=True)))
    return submitted, TinyRegister(tables), tables


def some_spells(rng: np.random.Generator, disposals: pd.DataFrame) -> pd.DataFrame:
    """The spells of some sentences to custody, and remands and recalls of anybody; a few that never end."""
    served = disposals[disposals["disposal"].eq("custody") & (rng.random(len(disposals)) < 0.8)]
    own = served.rename(columns={"disposal_date": "start", "release_date": "end"})[["person_id", "start", "end"]]
    types = ["licence", "hdc", "unconditional"]
    own = own.assign(kind="sentenced", release_type=rng.choice(types, len(own)))
    n = 2500
    start = pd.Timestamp("2009-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    end = pd.Series(start + pd.to_timedelta(rng.integers(0, 120, n), unit="D")).where(rng.random(n) < 0.97)
    kinds = rng.choice(["remand", "recall"], n)
    others = pd.DataFrame({"person_id": rng.integers(0, 1500, n), "start": start, "end": end, "kind": kinds})
    return pd.concat([own, others], ignore_index=True)


def ended(sentence: Any) -> dt.date:
    """The day by which a sentence to custody is over: the release, or the end of its term."""
    if not pd.isna(sentence.release_date):
        return sentence.release_date.date()
    return (sentence.disposal_date + pd.Timedelta(days=sentence.sentence_days)).date()


def is_of(spell: Any, sentence: Any) -> bool:
    """Whether a spell is that of a sentence: it starts within a day of it."""
    return spell.kind == "sentenced" and abs((spell.start - sentence.disposal_date).days) <= 1


def is_held(person: pd.DataFrame, spells: pd.DataFrame, own: Any, index: dt.date, start: dt.date) -> bool:
    """In custody for something else on the index date and after it, or on any part of the day the service starts."""
    sentences = list(person[person["disposal"].eq("custody")].itertuples())
    known = [d for d in sentences if not pd.isna(d.release_date) or d.disposal_id == own.disposal_id]
    times = [
        (s.start, dt.date.max if pd.isna(s.end) else s.end.date())
        for s in spells.itertuples()
        if not any(is_of(s, d) for d in known)
    ]
    times += [(d.disposal_date, ended(d)) for d in sentences if d.disposal_id != own.disposal_id]
    for since, last in times:
        if since.date() <= index < last or since.date() <= start <= last:
            return True
    return False


def by_hand(
    person: pd.DataFrame, spells: pd.DataFrame, start: dt.date, offences: pd.DataFrame, end: dt.date
) -> tuple[int, int | None]:
    """Reason 5 to 12 (0: none) and disposal of one record, by the rules as a person would apply them."""
    before = [d for d in person.itertuples() if d.disposal_date.date() < start]
    if not before:
        return 5, None

    def since(d):
        if d.disposal == "custody" and not pd.isna(d.release_date):
            return min(d.release_date.date(), start)
        return d.disposal_date.date()

    def order(d):
        inside = d.disposal == "custody" and ended(d) >= start
        until = -(dt.date.max if pd.isna(d.release_date) else d.release_date.date()).toordinal() if inside else 0
        return -since(d).toordinal(), until, SERIOUSNESS.index(d.disposal), -d.sentence_days, d.disposal_id

    latest = min(before, key=order)
    unreleased = [d for d in before if d.disposal == "custody" and pd.isna(d.release_date) and ended(d) >= start]
    is_custody = latest.disposal == "custody"
    found = latest.disposal_id
    if latest.disposal == "fine":
        return 6, found
    if is_custody and (pd.isna(latest.release_date) or latest.release_date.date() > end):
        return 7, found
    index = (latest.release_date if is_custody else latest.disposal_date).date()
    if index >= start:
        return 6, found
    if unreleased:
        return 8, found
    if is_held(person, spells, latest, index, start):
        return 6, found
    if add_months(index, 18) > end:
        return 9, found
    if start >= add_months(index, 6):
        return 10, found
    mine = [o for o in offences.itertuples() if not o.is_penalty_notice]
    if any(
        o.offence_group == "sexual_adult" and (o.proven_date.date() <= index or o.disposal_id == found) for o in mine
    ):
        return 11, found
    first = [o for o in mine if not o.is_breach and index < o.offence_date.date() < start]
    return (12 if any(o.proven_date.date() <= add_months(index, 18) for o in first) else 0), found


@pytest.mark.parametrize("seed", [1, 2])
def test_against_the_rules_applied_by_hand(seed):
    submitted, register, tables = crowd(seed, with_spells=True)
    kinds = ["community_order", "suspended_sentence_order", "custody"]
    cohort = build_cohort(*submitted, register, make_spec(cohort={"index_disposals": kinds}))

    def of(person_id, table):
        return tables[table][tables[table]["person_id"] == person_id]

    seen = set()
    for record in cohort.records[~cohort.records["reason"].isin([3, 4])].itertuples():
        mine, spells, did = (of(record.person_id, table) for table in ("disposal", "custody_spell", "offence"))
        reason, disposal_id = by_hand(mine, spells, record.service_start.date(), did, register.meta.data_end)
        actual = 0 if pd.isna(record.reason) or record.reason == 13 else record.reason
        assert (actual, None if pd.isna(record.disposal_id) else record.disposal_id) == (reason, disposal_id)
        seen.add(reason)
    assert cohort.records["detail"].str.startswith("custody, on").sum() > 10
    assert seen == {0, 5, 6, 7, 8, 9, 10, 11, 12}


def test_the_same_from_a_register_built_from_parquet_and_after_saving(tmp_path):
    submitted, tiny, tables = crowd(4, with_spells=True)
    source = tmp_path / "source"
    source.mkdir()
    meta = pd.DataFrame(
        {"data_start": [tiny.meta.data_start], "data_end": [tiny.meta.data_end], "extract": ["t"], "synthetic": [True]}
    )
    dates = ("disposal_date", "release_date", "offence_date", "proven_date", "dob", "observed_until", "start", "end")
    for name, table in (tables | {"meta": meta}).items():
        table = table.assign(
            **{c: table[c].dt.date.astype(object).where(table[c].notna(), None) for c in dates if c in table}
        )
        table.to_parquet(source / f"{name}.parquet", index=False)
    build_register(source, tmp_path / "register.duckdb")
    cohort = build_cohort(*submitted, tiny, make_spec())
    with Register.open(tmp_path / "register.duckdb") as register:
        again = build_cohort(*submitted, register, make_spec())
    again.save(tmp_path / "cohort")
    again = Cohort.load(tmp_path / "cohort")
    for name in ("records", "treated", "pool", "contradictions"):
        pd.testing.assert_frame_equal(getattr(cohort, name), getattr(again, name))
    assert again.ledger.steps == cohort.ledger.steps
    assert (again.index_from, again.messages) == (cohort.index_from, cohort.messages)
    treated, pool = len(cohort.treated), len(cohort.pool)
    words = f"500 records received; {treated} people can be analysed, with {pool} people in the control pool"
    assert repr(again) == words


# --- what happens after the service started decides nothing; of sentences of one day ---------------------------------


def custody(person_id: int, since: str, until: str | None, **more) -> dict:
    """A sentence to custody; `until` is its release."""
    days = {"disposal_date": pd.Timestamp(since).date(), "release_date": until and pd.Timestamp(until).date()}
    return {"person_id": person_id, "disposal": "custody"} | days | more


PRISON = {"route": "custody", "index_disposals": ["custody"]}


@pytest.mark.parametrize("start", ["2010-03-01", "2010-06-10", "2010-08-15"])
def test_when_a_service_in_custody_ended_decides_nothing(start):
    """Else those sent back to prison before its end would leave, and controls with the same lives would stay."""
    register = tiny_register(
        disposal=[custody(p, "2010-01-10", "2010-06-01") for p in (1, 2)] + [custody(2, "2010-08-01", "2010-12-01")],
        offence=[{"person_id": 2, "offence_date": "2010-07-01", "proven_date": "2010-08-01", "disposal_id": 3}],
    )
    found = []
    for end in (None, "2010-07-15", "2010-09-01", "2011-03-01"):
        service = {"service_start": start} | ({"service_end": end} if end else {})
        records = [{"person_id": person_id} | service for person_id in (1, 2)]
        cohort = build_cohort(*submit(*records), register, make_spec(cohort=PRISON))
        found.append(cohort.records[["person_id", "reason", "disposal_id", "index_date"]])
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other)


def test_of_sentences_of_one_day_the_longest_counts_in_both_groups():
    both = [("2010-01-10", 60), ("2010-02-10", 900), ("2010-03-10", None)]
    lives = [custody(p, since, "2010-06-01", sentence_days=days) for p in (1, 2) for since, days in both]
    register = tiny_register(disposal=lives)
    cohort = build_cohort(*submit({"person_id": 1, "service_start": "2010-04-01"}), register, make_spec(cohort=PRISON))
    assert (cohort.treated["disposal_id"].tolist(), cohort.pool["disposal_id"].tolist()) == ([2], [5])
    orders = [
        {"person_id": p, "disposal_date": dt.date(2010, 1, 10), "sentence_days": n} for p in (1, 2) for n in (90, 365)
    ]
    register = tiny_register(disposal=orders)
    cohort = build_cohort(*submit({"person_id": 1, "service_start": "2010-02-01"}), register, make_spec())
    assert (cohort.treated["disposal_id"].tolist(), cohort.pool["disposal_id"].tolist()) == ([2], [4])


@pytest.mark.parametrize(("days", "reason"), [(60, 0), (4_100, 8), (None, 8)])
def test_a_release_not_on_record_is_doubtful_only_while_the_term_may_last(days, reason):
    """A sentence of 1999 whose term ended long ago; one that may last; one of unknown length. Controls alike."""
    lives = [
        [custody(p, "1999-01-01", None, sentence_days=days), {"person_id": p, "disposal_date": dt.date(2010, 1, 10)}]
        for p in (1, 2)
    ]
    register = tiny_register(disposal=[event for life in lives for event in life])
    cohort = build_cohort(*submit({"person_id": 1, "service_start": "2010-02-01"}), register, make_spec())
    assert cohort.records["reason"].fillna(0).tolist() == [reason]
    pool = build_cohort(
        *submit({"person_id": 9, "service_start": "2010-02-01"}, {"person_id": 3, "service_start": "2010-02-01"}),
        tiny_register(
            disposal=[event for life in lives for event in life]
            + [{"person_id": 3, "disposal_date": dt.date(2010, 1, 10)}]
        ),
        make_spec(),
    ).pool
    assert pool["person_id"].tolist() == ([1, 2] if reason == 0 else [])


def test_a_sexual_offence_dealt_with_on_the_day_of_the_index_sentence_is_of_the_index():
    order = {"disposal_date": dt.date(2010, 1, 10)}
    sexual = {"offence_date": "2009-01-01", "proven_date": "2010-01-10", "offence_group": "sexual_adult"}
    register = tiny_register(
        disposal=[{"person_id": p} | order for p in (1, 1, 2, 2)],
        offence=[{"person_id": 1, "disposal_id": 2} | sexual, {"person_id": 2, "disposal_id": 4} | sexual],
    )
    spec = make_spec(cohort={"sexual_offence": "index"})
    cohort = build_cohort(*submit({"person_id": 1, "service_start": "2010-02-10"}), register, spec)
    assert cohort.records["reason"].tolist() == [11] and cohort.pool.empty
