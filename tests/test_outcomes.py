"""What is measured in the follow-up; cases to read in tests/cases: follow_up.md (which offences count), measures.md."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registers import make_spec, tiny_register
from test_cohort import crowd

from jdl_toolkit.cohort.clock import add_months
from jdl_toolkit.outcomes import measure_outcomes

INDEX = pd.Timestamp("2010-01-10")
ALWAYS = [
    "unit_id", "reoffended", "n_reoffences", "days_to_first", "first_class", "n_indictable", "n_either_way",
    "n_summary", "first_custody", "n_custodial_sentences", "days_in_custody", "days_at_risk", "days_at_risk_to_first",
    "returned_to_custody",
]  # fmt: skip
WORK = ["employed_any", "employed_1_month", "employed_end"]
BENEFIT = ["benefit_any", "benefit_end"]
CASES = Path(__file__).parent / "cases" / "measures.md"
NOTHING = "–"


def units(*person_ids, index=INDEX):
    return pd.DataFrame({"unit_id": np.arange(len(person_ids)) + 100, "person_id": person_ids, "index_date": index})


def offence(person_id, offended, proven):
    return {
        "person_id": person_id,
        "offence_date": dt.date.fromisoformat(offended),
        "proven_date": dt.date.fromisoformat(proven),
    }


# -- the cases --------------------------------------------------------------------------------------------------------


def cases(heading: str) -> list:
    """The rows under a heading of the case file, as dicts."""
    section = CASES.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [[c.strip() for c in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]
    return [pytest.param(row, id=f"{heading}-{row['case']}") for row in rows]


def parts(text: str) -> list[str]:
    return [] if text == NOTHING else [part.strip() for part in text.split(";")]


def day(text: str) -> dt.date | None:
    return None if text == NOTHING else dt.date.fromisoformat(text)


def spells(text: str, kind: str = "") -> list[dict]:
    """``remand 2010-03-01 to 2010-04-01; sentenced 2010-06-01 to –``; without words before it, all of one kind."""
    rows = []
    for part in parts(text):
        *words, start, _, end = part.split()
        rows.append({"person_id": 1, "kind": words[0] if words else kind, "start": day(start), "end": day(end)})
    return rows


def offences(text: str) -> dict[str, list[dict]]:
    """``2010-03-01 summary 7, 2010-06-01 custody 2010-06-20`` as an offence and its disposal."""
    tables = {"offence": [], "disposal": []}
    for number, part in enumerate(parts(text), start=1):
        offended, proof = part.split(", ")
        offended, offence_class, severity = offended.split()
        proven, *disposal = proof.split()
        row = {"person_id": 1, "offence_date": day(offended), "proven_date": day(proven), "disposal_id": None}
        if disposal:
            on = day(disposal[1] if disposal[1:] else proven)
            given = {"person_id": 1, "disposal_id": 10 + number, "disposal": disposal[0], "disposal_date": on}
            tables["disposal"].append(given)
            row["disposal_id"] = 10 + number
        tables["offence"].append(row | {"offence_class": offence_class, "severity": int(severity)})
    return tables


def measured(case: dict, **tables: list[dict]) -> pd.Series:
    register = tiny_register(person=[{"person_id": 1}], **{name: rows for name, rows in tables.items() if rows})
    spec = make_spec(cohort={"follow_up_months": int(case.get("months", 12))})
    return measure_outcomes(units(1, index=pd.Timestamp(case["index date"])), register, spec).iloc[0]


def yes(value: int) -> str:
    return {1: "yes", 0: "no"}[value]


def whole(value: float) -> str:
    return NOTHING if pd.isna(value) else str(int(value))


@pytest.mark.parametrize("case", cases("Reoffences"))
def test_reoffences(case):
    found = measured(case, **offences(case["offences"]))
    assert whole(found["n_reoffences"]) == case["reoffences"]
    assert found["reoffended"] == (case["reoffences"] != "0")
    by_class = (found["n_indictable"], found["n_either_way"], found["n_summary"])
    assert "/".join(map(str, by_class)) == case["by class"]
    assert whole(found["days_to_first"]) == case["to first"]
    assert (NOTHING if pd.isna(found["first_class"]) else found["first_class"]) == case["first"]
    assert yes(found["first_custody"]) == case["custody for it"]
    assert str(found["n_custodial_sentences"]) == case["sentences"]


@pytest.mark.parametrize("case", cases("Custody and time at risk"))
def test_custody(case):
    found = measured(case, **offences(case["offences"]), custody_spell=spells(case["custody spells"]))
    assert whole(found["days_to_first"]) == case["to first"]
    assert str(found["days_in_custody"]) == case["in custody"]
    assert str(found["days_at_risk"]) == case["at risk"]
    assert str(found["days_at_risk_to_first"]) == case["at risk to first"]
    assert (yes(found["returned_to_custody"]), yes(found["recalled"])) == (case["returned"], case["recalled"])


@pytest.mark.parametrize("case", cases("Without spells in custody"))
def test_custody_without_spells(case):
    rows = [{"disposal": row.pop("kind"), "disposal_date": row.pop("start"), "release_date": row.pop("end")} | row
            for row in spells(case["disposals"])]  # fmt: skip
    found = measured(case, disposal=rows)
    assert str(found["days_in_custody"]) == case["in custody"]
    assert yes(found["returned_to_custody"]) == case["returned"]
    assert "recalled" not in found


@pytest.mark.parametrize("case", cases("Work and benefits"))
def test_work_and_benefits(case):
    elsewhere = {"person_id": 2, "start": dt.date(2000, 1, 1), "end": None}  # so that the register has such spells
    found = measured(
        case,
        employment_spell=[*spells(case["in work"], "employed"), elsewhere],
        benefit_spell=[*spells(case["on benefit"]), elsewhere],
    )
    expected = ("work ever", "work after 1 month", "work at end", "benefit ever", "benefit at end")
    assert [yes(found[name]) for name in WORK + BENEFIT] == [case[name] for name in expected]


# -- the frame --------------------------------------------------------------------------------------------------------


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
    register = tiny_register(
        offence=[offence(1, "2010-03-01", "2010-06-01"), offence(1, "2010-06-01", "2010-08-01")],
        custody_spell=[{"person_id": 1, "start": dt.date(2010, 3, 2), "end": dt.date(2010, 5, 11)}],
    )
    outcomes = measure_outcomes(both, register, make_spec())
    assert outcomes["n_reoffences"].tolist() == [2, 1]
    assert outcomes["days_in_custody"].tolist() == [70, 10]
    assert outcomes["days_at_risk_to_first"].tolist() == [50, 21]


def test_only_what_is_asked_for_and_on_record_is_measured():
    spell = {"person_id": 1, "start": dt.date(2010, 3, 1), "end": None}
    everything = tiny_register(custody_spell=[spell], employment_spell=[spell], benefit_spell=[spell])
    assert list(measure_outcomes(units(1), everything, make_spec())) == [*ALWAYS, "recalled", *WORK, *BENEFIT]
    asked = make_spec(outcomes={"measures": ["rate", "benefits"]})
    assert list(measure_outcomes(units(1), everything, asked)) == [*ALWAYS, "recalled", *BENEFIT]
    nothing = tiny_register(person=[{"person_id": 1}])
    assert list(measure_outcomes(units(1), nothing, make_spec())) == ALWAYS


def test_nobody():
    outcomes = measure_outcomes(units(), tiny_register(offence=[offence(1, "2010-03-01", "2010-06-01")]), make_spec())
    assert outcomes.empty and list(outcomes) == ALWAYS


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


# -- whatever the life ------------------------------------------------------------------------------------------------

START = INDEX.date()
LAST, PROVING_END = add_months(START, 12), add_months(START, 18)
#: Any day around the follow-up, often one at a border.
DAYS = st.one_of(
    st.sampled_from([d + dt.timedelta(k) for d in (START, LAST, PROVING_END) for k in (-1, 0, 1)]),
    st.integers(-400, 900).map(lambda k: START + dt.timedelta(k)),
)
PEOPLE = st.integers(1, 3)


@st.composite
def lives(draw) -> dict[str, list[dict]]:
    """Offences with and without a disposal, and spells, of three people."""
    disposals = [
        {"disposal_id": number, "person_id": draw(PEOPLE), "disposal_date": draw(DAYS),
         "disposal": draw(st.sampled_from(["custody", "fine"]))}
        for number in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    offences = []
    for number in range(draw(st.integers(0, 8))):
        of = draw(st.sampled_from([None, *disposals]))
        offended, proven = sorted([draw(DAYS), draw(DAYS)])
        offences.append(
            {"offence_id": number, "person_id": of["person_id"] if of else draw(PEOPLE),
             "disposal_id": of["disposal_id"] if of else None, "offence_date": offended, "proven_date": proven,
             "offence_class": draw(st.sampled_from(["indictable", "either_way", "summary"])),
             "severity": draw(st.integers(4, 5)), "is_breach": draw(st.sampled_from([False, False, True]))}
        )  # fmt: skip

    def drawn(*kinds: str) -> list[dict]:
        rows = []
        for _ in range(draw(st.integers(1, 6))):
            start, end = sorted([draw(DAYS), draw(DAYS)])
            end = draw(st.sampled_from([end, end, None]))
            rows.append({"person_id": draw(PEOPLE), "start": start, "end": end, "kind": draw(st.sampled_from(kinds))})
        return rows

    return {
        "person": [{"person_id": i} for i in (1, 2, 3)],
        "disposal": disposals,
        "offence": offences,
        "custody_spell": drawn("remand", "sentenced", "recall"),
        "employment_spell": drawn("employed"),
        "benefit_spell": drawn("out_of_work", "other"),
    }


def measure_lives(tables: dict[str, list[dict]], order: tuple[int, ...] = (1, 2, 3)) -> pd.DataFrame:
    register = tiny_register(**{name: rows for name, rows in tables.items() if rows})
    asked = pd.DataFrame({"unit_id": order, "person_id": order, "index_date": INDEX})
    return measure_outcomes(asked, register, make_spec()).sort_values("unit_id", ignore_index=True)


def nights_inside(spells: list[dict], until: dt.date) -> int:
    """Days after the index date and up to `until` that end a night inside, counted one by one."""
    days = [START + dt.timedelta(k) for k in range(1, (until - START).days + 1)]
    return sum(any(s["start"] < d <= (s["end"] or d) for s in spells) for d in days)


@settings(max_examples=40, deadline=None)
@given(lives())
def test_columns_agree_with_each_other_and_with_counting_days(tables):
    found = measure_lives(tables)
    assert (found["n_reoffences"] == found[["n_indictable", "n_either_way", "n_summary"]].sum(axis=1)).all()
    assert (found["reoffended"] == (found["n_reoffences"] > 0)).all()
    assert (found["first_class"].notna() == (found["reoffended"] == 1)).all()
    assert (found["days_to_first"].notna() == (found["reoffended"] == 1)).all()
    assert (found["days_in_custody"] + found["days_at_risk"] == (LAST - START).days).all()
    assert (found["returned_to_custody"] == (found["days_in_custody"] > 0)).all()
    assert (found["recalled"] <= found["returned_to_custody"]).all()
    assert (found["first_custody"] <= found["n_custodial_sentences"]).all()
    assert (found["n_custodial_sentences"] <= found["n_reoffences"]).all()
    assert (found[["employed_1_month", "employed_end"]].max(axis=1) <= found["employed_any"]).all()
    assert (found["benefit_end"] <= found["benefit_any"]).all()
    for unit in found.itertuples():
        own = [s for s in tables["custody_spell"] if s["person_id"] == unit.unit_id]
        first = START + dt.timedelta(int(unit.days_to_first)) if unit.reoffended else LAST
        assert unit.days_in_custody == nights_inside(own, LAST)
        assert unit.days_at_risk_to_first == (first - START).days - nights_inside(own, first)
        assert unit.recalled == (nights_inside([s for s in own if s["kind"] == "recall"], LAST) > 0)


@settings(max_examples=25, deadline=None)
@given(lives(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(tables, random):
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in tables.items()}
    pd.testing.assert_frame_equal(measure_lives(shuffled, (3, 1, 2)), measure_lives(tables))


@settings(max_examples=25, deadline=None)
@given(lives(), st.integers(1, 500))
def test_what_happens_later_changes_nothing(tables, days):
    """Offences and spells after the follow-up, proof and sentences after the waiting period, moved further away."""
    limits = {
        "offence_date": LAST,
        "proven_date": PROVING_END,
        "disposal_date": PROVING_END,
        "start": LAST,
        "end": LAST,
    }

    def later(row: dict) -> dict:
        moved = {k: row[k] + dt.timedelta(days) for k, limit in limits.items() if row.get(k) and row[k] > limit}
        if "offence_date" in moved:  # proven after it, whenever that is
            moved["proven_date"] = row["proven_date"] + dt.timedelta(days)
        return row | moved

    shifted = {name: [later(row) for row in rows] for name, rows in tables.items()}
    pd.testing.assert_frame_equal(measure_lives(shifted), measure_lives(tables))


# --- a sentence's own spell, and sentences that cannot be for a reoffence ---------------------------------------------


@pytest.mark.parametrize("end", [None, dt.date(2010, 1, 18), dt.date(2010, 1, 10)])
@pytest.mark.parametrize("start", [dt.date(2009, 6, 1), dt.date(2009, 6, 2)])
def test_the_spell_of_the_index_sentence_ends_with_its_release(start, end):
    """As in the cohort, which takes the person to be at liberty from that day."""
    sentence = {"person_id": 1, "disposal": "custody", "disposal_date": dt.date(2009, 6, 1)}
    register = tiny_register(
        person=[{"person_id": 1}],
        disposal=[sentence | {"release_date": dt.date(2010, 1, 10)}],
        custody_spell=[{"person_id": 1, "start": start, "end": end, "kind": "sentenced"}],
    )
    units = pd.DataFrame({"unit_id": [1], "person_id": [1], "index_date": [pd.Timestamp("2010-01-10")]})
    found = measure_outcomes(units, register, make_spec()).iloc[0]
    assert (found["days_in_custody"], found["days_at_risk"], found["returned_to_custody"]) == (0, 365, 0)


def test_custody_for_a_reoffence_is_not_given_before_it():
    sentence = {"person_id": 1, "disposal": "custody", "disposal_date": dt.date(2009, 6, 1)}
    offence = {
        "person_id": 1,
        "disposal_id": 1,
        "offence_date": dt.date(2010, 3, 1),
        "proven_date": dt.date(2010, 6, 1),
    }
    register = tiny_register(disposal=[sentence | {"release_date": dt.date(2010, 1, 10)}], offence=[offence])
    units = pd.DataFrame({"unit_id": [1], "person_id": [1], "index_date": [pd.Timestamp("2010-01-10")]})
    found = measure_outcomes(units, register, make_spec()).iloc[0]
    assert (found["reoffended"], found["first_custody"], found["n_custodial_sentences"]) == (1, 0, 0)
