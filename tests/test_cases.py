"""The tables in tests/cases: each row is a case a statistician can read, with the answer in it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import cases_page
import pandas as pd
import pytest
from registers import make_spec, submit, tiny_register

from jdl_toolkit.cohort import build_cohort
from jdl_toolkit.cohort.clock import add_months, months_after
from jdl_toolkit.covariates.history import gather_facts
from jdl_toolkit.outcomes import measure_outcomes

CASES = Path(__file__).parent / "cases"
NOTHING = "–"
SPELLS = ("remand", "recall", "sentenced")


def read_table(lines: list[str], where: str) -> list[dict[str, str]]:
    """The rows of a Markdown table as dicts."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:])]
    assert all(len(row) == len(cells[0]) for row in cells), f"{where}: a row has too many or too few cells"
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def read_cases(name: str) -> list:
    """The rows of a case file's table as dicts, by the letter of the case."""
    lines = [line for line in (CASES / f"{name}.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [pytest.param(case, id=f"{name}-{case['case']}") for case in read_table(lines, f"{name}.md")]


def read_lives() -> list:
    """The lives of ``lives.md``: what happened, and what becomes of it."""
    lives = []
    for part in (CASES / "lives.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        tables = [block.splitlines() for block in text.strip().split("\n\n") if block.startswith("|")]
        happened, became = (read_table(lines, f"lives.md, {title}") for lines in tables)
        lives.append(pytest.param(happened, became[0], id=f"life-{title.split('.')[0]}"))
    return lives


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


def read_spells(text: str, person_id: int = 1) -> list[dict]:
    """``sentenced 2009-06-01 to 2010-01-10 licence; remand …`` as rows of the register."""
    rows = []
    for part in text.split(";") if text != NOTHING else []:
        kind, start, _, end, *released = part.split()
        row = {"person_id": person_id, "kind": kind, "start": day(start), "end": day(end)}
        rows.append(row | {"release_type": released[0] if released else None})
    return rows


def text_of(value: object) -> str:
    return NOTHING if pd.isna(value) else f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


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
    assert (text_of(record["disposal"]), text_of(record["index_date"])) == (case["index disposal"], case["index date"])
    assert len(cohort.treated) == (case["reason"] == "0")


@pytest.mark.parametrize("case", read_cases("custody_route"))
def test_custody_route(case):
    tables = {"person": [{"person_id": 1}], "disposal": read_disposals(case["disposals"])}
    tables["custody_spell"] = read_spells(case["in custody"])
    record = {"person_id": 1, "service_start": case["service start"], "service_end": day(case["service end"])}
    spec = make_spec(cohort={"route": "custody", "index_disposals": ["custody"]})
    cohort = build_cohort(*submit(record), tiny_register(**tables), spec)
    record = cohort.records.iloc[0]
    assert outcome_of(record) == int(case["reason"])
    assert text_of(record["index_date"]) == case["index date"]
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
    person, offences, spells = {"person_id": 2}, [], []
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
        case _ if what in SPELLS:
            spells += read_spells(case["besides"], person_id=2)
        case _:
            disposals += read_disposals(case["besides"], person_id=2)
    register = tiny_register(person=[person], disposal=disposals, offence=offences, custody_spell=spells)
    spec = make_spec(cohort={"index_disposals": ["community_order"]})
    cohort = build_cohort(*submit({"person_id": 1, "service_start": "2010-03-12"}), register, spec)
    assert list(cohort.treated["person_id"]) == [1]
    assert list(cohort.pool["person_id"]) == ([2] if case["in the pool?"] == "yes" else [])
    assert list(cohort.pool["delay_days"]) == [30] * len(cohort.pool)


@pytest.mark.parametrize("case", read_cases("at_liberty"))
def test_at_liberty(case):
    register = tiny_register(disposal=read_disposals(case["disposals"]), custody_spell=read_spells(case["in custody"]))
    spec = make_spec(cohort={"index_disposals": ["community_order", "custody"]})
    cohort = build_cohort(*submit({"person_id": 1, "service_start": case["service start"]}), register, spec)
    record = cohort.records.iloc[0]
    assert outcome_of(record) == int(case["reason"])
    if case["reason"] in ("0", "6", "7", "8"):
        assert text_of(record["detail"]) == case["detail"]


@pytest.mark.parametrize("case", read_cases("release_types"))
def test_release_types(case):
    sentence = {"disposal": "custody", "disposal_date": dt.date(2009, 6, 1), "release_date": dt.date(2010, 1, 10)}
    spells = [spell for person in (1, 2) for spell in read_spells(case["in custody"], person)]
    # Somebody else keeps the period open where the person asked about leaves.
    always = {"person_id": 3, "kind": "sentenced", "start": dt.date(2009, 6, 1), "end": dt.date(2010, 1, 10)}
    wanted = [] if case["types asked for"] == NOTHING else case["types asked for"].split(", ")
    spells.append(always | {"release_type": wanted[0] if wanted else "licence"})
    register = tiny_register(disposal=[{"person_id": p} | sentence for p in (1, 2, 3)], custody_spell=spells)
    route = {"route": case["route"], "index_disposals": ["custody"], "release_types": wanted}
    start = "2010-03-01" if case["route"] == "community" else "2009-12-01"
    submitted = submit(*({"person_id": p, "service_start": start} for p in (1, 3)))
    cohort = build_cohort(*submitted, register, make_spec(cohort=route))
    record = cohort.records.iloc[0]
    assert (outcome_of(record), text_of(record["detail"])) == (int(case["reason"]), case["detail"])
    treated = cohort.treated.set_index("person_id")["release_type"]
    if case["reason"] == "0":
        assert text_of(treated[1]) == text_of(cohort.pool["release_type"][0]) == case["release type"]
    assert list(cohort.pool["person_id"]) == ([2] if case["reason"] == "0" else [])


@pytest.mark.parametrize("case", read_cases("cohort_dates"))
def test_cohort_dates(case):
    index = day(case["treated's index date"])
    disposals = [{"person_id": 1, "disposal_date": index}]
    disposals.append({"person_id": 2, "disposal_date": day(case["control's index date"])})
    bounds = {"index_from": day(case["first day"]), "index_to": day(case["last day"])}
    spec = make_spec(cohort={"period": case["period"]} | bounds)
    submitted = submit({"person_id": 1, "service_start": add_months(index, 1)})
    cohort = build_cohort(*submitted, tiny_register(disposal=disposals), spec)
    assert outcome_of(cohort.records.iloc[0]) == int(case["reason"])
    assert list(cohort.pool["person_id"]) == ([2] if case["in the pool?"] == "yes" else [])


@pytest.mark.parametrize("case", read_cases("observed"))
def test_observed(case):
    index = day(case["index date"])
    people = [{"person_id": p, "observed_until": day(case["last observed"])} for p in (1, 2)]
    disposals = [{"person_id": p, "disposal_date": index} for p in (1, 2, 3)]
    spec = make_spec(cohort={"observed_months": int(case["months"])})
    submitted = submit(*({"person_id": p, "service_start": add_months(index, 1)} for p in (1, 3)))
    cohort = build_cohort(*submitted, tiny_register(person=people, disposal=disposals), spec)
    assert outcome_of(cohort.records.iloc[0]) == int(case["reason"])
    assert list(cohort.pool["person_id"]) == ([2] if case["reason"] == "0" else [])


@pytest.mark.parametrize("case", read_cases("resubmission"))
def test_resubmission(case):
    end = day(case["data end"])
    disposals = [{"person_id": 1, "disposal": "custody", "disposal_date": add_months(end, -12)}]
    disposals.append({"person_id": 2, "disposal_date": add_months(end, -2)})
    submitted = submit(*({"person_id": p, "service_start": add_months(end, -1)} for p in (1, 2)))
    spec = make_spec(cohort={"index_disposals": ["community_order", "custody"]})
    cohort = build_cohort(*submitted, tiny_register(end, disposal=disposals), spec)
    assert [outcome_of(record) for _, record in cohort.records.iterrows()] == [7, 9]
    could = {step["code"]: step["could"] for step in cohort.ledger.steps}
    assert could[7].startswith(f"Their outcomes could be analysed from {case['reason 7']} at the earliest, ")
    assert could[9].startswith(f"Their outcomes could be analysed from {case['reason 9']}, ")


def tables_of(happened: list[dict[str, str]]) -> tuple[dict[str, list[dict]], dt.date]:
    """The register's rows of a life, and the day its service started."""
    person, tables = {"person_id": 1}, {"disposal": [], "offence": [], "custody_spell": []}
    for event in happened:
        what, on, until = event["what"], day(event["on"]), day(event["until"])
        if what == "service":
            start = on
        elif what == "last observed":
            person["observed_until"] = on
        elif what in SPELLS:
            tables["custody_spell"].append({"person_id": 1, "kind": what, "start": on, "end": until})
        elif what in ("offence", "sexual offence", "penalty notice", "breach"):
            kind = {"is_penalty_notice": what == "penalty notice", "is_breach": what == "breach"}
            kind["offence_group"] = "sexual_adult" if what == "sexual offence" else "theft"
            tables["offence"].append({"person_id": 1, "offence_date": on, "proven_date": until} | kind)
        else:
            row = {"person_id": 1, "disposal": what, "disposal_date": on, "release_date": until}
            tables["disposal"].append(row)
    return tables | {"person": [person]}, start


@pytest.mark.parametrize(("happened", "became"), read_lives())
def test_lives(happened, became):
    tables, start = tables_of(happened)
    register = tiny_register(**tables)
    spec = make_spec(cohort={"index_disposals": ["community_order", "suspended_sentence_order", "custody"]})
    cohort = build_cohort(*submit({"person_id": 1, "service_start": start}), register, spec)
    record = cohort.records.iloc[0]
    found = {"reason": str(outcome_of(record)), "index disposal": text_of(record["disposal"])}
    found |= {"index date": text_of(record["index_date"]), "reoffences": NOTHING, "days to first": NOTHING}
    if len(cohort.treated):
        outcome = measure_outcomes(cohort.treated, register, spec).iloc[0]
        days = outcome["days_to_first"]
        found |= {"reoffences": str(outcome["n_reoffences"])}
        found |= {"days to first": NOTHING if pd.isna(days) else f"{days:.0f}"}
        assert outcome["reoffended"] == (outcome["n_reoffences"] > 0)
    assert found == became


def test_the_page_of_cases_is_up_to_date():
    page = Path(__file__).parents[1] / "docs" / "cases.md"
    renew = "docs/cases.md is out of date: renew it with `python tests/cases_page.py`"
    assert page.is_file() and page.read_text(encoding="utf-8") == cases_page.page(), renew


def test_every_file_of_cases_stands_on_the_page_and_every_case_says_why():
    text = cases_page.page()
    for path in CASES.glob("*.md"):
        heading, *lines = path.read_text(encoding="utf-8").splitlines()
        assert heading.removeprefix("# ") in text
        tables = [line for line in lines if line.startswith("| case")]
        assert path.stem == "lives" or all("why" in line or "rule" in line for line in tables), path.name
