"""The tables in tests/cases: each row is a case a statistician can read, with the answer in it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from registers import make_spec, submit, tiny_register

from jdl_toolkit.cohort import build_cohort
from jdl_toolkit.cohort.clock import add_months, months_after
from jdl_toolkit.covariates.history import gather_facts
from jdl_toolkit.outcomes import measure_outcomes

CASES = Path(__file__).parent / "cases"
NOTHING = "–"


def read_cases(name: str) -> list:
    """The rows of a case file's table as dicts, by the letter of the case."""
    lines = [line for line in (CASES / f"{name}.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:])]
    assert all(len(row) == len(cells[0]) for row in cells), f"{name}.md: a row has too many or too few cells"
    return [pytest.param(dict(zip(cells[0], row, strict=True)), id=f"{name}-{row[0]}") for row in cells[1:]]


def day(text: str) -> dt.date | None:
    return None if text == NOTHING else dt.date.fromisoformat(text)


def read_disposals(text: str, person_id: int = 1) -> list[dict]:
    """``community_order 2010-01-10; custody 2010-02-01 to 2010-05-01`` as rows of the register."""
    rows = []
    for part in text.split(";") if text != NOTHING else []:
        kind, start, *rest = part.split()
        row = {"person_id": person_id, "disposal": kind, "disposal_date": day(start)}
        rows.append(row | {"release_date": day(rest[1]) if rest else None})
    return rows


def read_offence(case: dict, **values) -> list[dict]:
    if case["offence"] == NOTHING:
        return []
    kind = {"is_penalty_notice": case["kind"] == "penalty notice", "is_breach": case["kind"] == "breach"}
    return [
        {"person_id": 1, "offence_date": day(case["offence"]), "proven_date": day(case["conviction"])} | kind | values
    ]


def outcome_of(record: pd.Series) -> int:
    return 0 if pd.isna(record["reason"]) else int(record["reason"])


@pytest.mark.parametrize("case", read_cases("calendar"))
def test_calendar(case):
    start, months, expected = day(case["from"]), int(case["months"]), day(case["to"])
    assert add_months(start, months) == expected
    in_sql = tiny_register().sql(f"SELECT {months_after('$day::DATE', months)} AS later", params={"day": start})
    assert in_sql["later"][0].date() == expected


@pytest.mark.parametrize("case", read_cases("follow_up"))
def test_follow_up(case):
    register = tiny_register(person=[{"person_id": 1}], offence=read_offence(case))
    units = pd.DataFrame({"unit_id": [7], "person_id": [1], "index_date": [pd.Timestamp(case["index date"])]})
    outcome = measure_outcomes(units, register, make_spec()).iloc[0]
    is_reoffence = case["proven reoffence?"] == "yes"
    assert (outcome["reoffended"], outcome["n_reoffences"]) == (is_reoffence, is_reoffence)
    if is_reoffence:
        assert outcome["days_to_first"] == (day(case["offence"]) - day(case["index date"])).days
    else:
        assert pd.isna(outcome["days_to_first"])


@pytest.mark.parametrize("case", read_cases("index_disposal"))
def test_index_disposal(case):
    register = tiny_register(person=[{"person_id": 1}], disposal=read_disposals(case["disposals"]))
    spec = make_spec(cohort={"index_disposals": ["community_order", "suspended_sentence_order", "custody"]})
    cohort = build_cohort(*submit({"person_id": 1, "service_start": case["service start"]}), register, spec)
    record = cohort.records.iloc[0]
    assert outcome_of(record) == int(case["reason"])
    assert (NOTHING if pd.isna(record["disposal"]) else record["disposal"]) == case["index disposal"]
    assert (NOTHING if pd.isna(record["index_date"]) else f"{record['index_date']:%Y-%m-%d}") == case["index date"]
    assert len(cohort.treated) == (case["reason"] == "0")


@pytest.mark.parametrize("case", read_cases("custody_route"))
def test_custody_route(case):
    tables = {"person": [{"person_id": 1}], "disposal": read_disposals(case["disposals"])}
    if case["remand"] != NOTHING:
        start, end = case["remand"].split(" to ")
        tables["custody_spell"] = [{"person_id": 1, "kind": "remand", "start": day(start), "end": day(end)}]
    record = {"person_id": 1, "service_start": case["service start"], "service_end": day(case["service end"])}
    spec = make_spec(cohort={"route": "custody", "index_disposals": ["custody"]})
    cohort = build_cohort(*submit(record), tiny_register(**tables), spec)
    record = cohort.records.iloc[0]
    assert outcome_of(record) == int(case["reason"])
    assert (NOTHING if pd.isna(record["index_date"]) else f"{record['index_date']:%Y-%m-%d}") == case["index date"]
    assert list(cohort.treated["delay_days"]) == ([0] if case["reason"] == "0" else [])


@pytest.mark.parametrize("case", read_cases("reoffended_first"))
def test_reoffended_first(case):
    disposal = [{"person_id": 1, "disposal_date": day(case["index date"])}]
    register = tiny_register(disposal=disposal, offence=read_offence(case))
    cohort = build_cohort(*submit({"person_id": 1, "service_start": case["service start"]}), register, make_spec())
    assert outcome_of(cohort.records.iloc[0]) == int(case["reason"])


@pytest.mark.parametrize("case", read_cases("episodes"))
def test_episodes(case):
    starts = case["service starts"].split("; ")
    register = tiny_register(disposal=read_disposals(case["disposals"]))
    submitted = submit(*({"person_id": 1, "service_start": start} for start in starts))
    cohort = build_cohort(*submitted, register, make_spec(cohort={"index_disposals": ["community_order"]}))
    reasons = [outcome_of(record) for _, record in cohort.records.iterrows()]
    expected = [4] * len(starts)
    expected[int(case["kept"]) - 1] = int(case["reason"])
    assert reasons == expected


@pytest.mark.parametrize("case", read_cases("previous"))
def test_previous(case):
    disposals = [
        {"person_id": 1, "disposal_id": 1, "disposal_date": dt.date(2010, 1, 10)},
        {"person_id": 1, "disposal_id": 2, "disposal_date": dt.date(2009, 3, 1)},
    ]
    belongs = {"index": 1, "another": 2, "none": None}[case["disposal"]]
    register = tiny_register(disposal=disposals, offence=read_offence(case, disposal_id=belongs))
    unit = {
        "unit_id": 1,
        "person_id": 1,
        "disposal_id": 1,
        "disposal": "community_order",
        "index_date": pd.Timestamp("2010-01-10"),
    }
    facts = gather_facts(pd.DataFrame([unit]), register).iloc[0]
    assert facts["n_offences"] == int(case["previous offences"])
    assert facts["n_two_years"] == int(case["in last two years"])


@pytest.mark.parametrize("case", read_cases("control_pool"))
def test_control_pool(case):
    person, offences = {"person_id": 2}, []
    disposals = [
        {"person_id": 1, "disposal_date": dt.date(2010, 2, 10)},
        {"person_id": 2, "disposal_date": day(case["index date"])},
    ]
    what, *rest = case["besides"].split()
    match what:
        case "offence" | "sexual":
            group = "sexual_adult" if what == "sexual" else "theft"
            row = {"person_id": 2, "offence_date": day(rest[0]), "proven_date": day(rest[2]), "offence_group": group}
            offences.append(row)
        case "died":
            person["observed_until"] = day(rest[0])
        case "–":
            pass
        case _:
            disposals += read_disposals(case["besides"], person_id=2)
    register = tiny_register(person=[person], disposal=disposals, offence=offences)
    spec = make_spec(cohort={"index_disposals": ["community_order"]})
    cohort = build_cohort(*submit({"person_id": 1, "service_start": "2010-03-12"}), register, spec)
    assert list(cohort.treated["person_id"]) == [1]
    assert list(cohort.pool["person_id"]) == ([2] if case["in the pool?"] == "yes" else [])
    assert list(cohort.pool["delay_days"]) == [30] * len(cohort.pool)
