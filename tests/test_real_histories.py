"""A register of other shape, mapped by its adapter: on invented rows everywhere, on the real ones where they lie."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from jdl_toolkit.balance import choose_caliper
from jdl_toolkit.cohort import build_cohort
from jdl_toolkit.covariates import build_covariates
from jdl_toolkit.inference import compare_measures
from jdl_toolkit.linkage import link
from jdl_toolkit.outcomes import measure_outcomes
from jdl_toolkit.register import OFFENCE_GROUPS, TABLES, Register, build_register
from jdl_toolkit.spec import load_spec
from jdl_toolkit.submission import read_submission

ROOT = Path(__file__).resolve().parents[1]
HISTORIES = ROOT.parent / "shared" / "real-histories"
ADAPTER = ROOT / "parameters" / "adapters" / "county_histories.sql"
GUIDE = ROOT / "docs" / "bring-your-own-register.md"

needs_histories = pytest.mark.skipif(
    not (HISTORIES / "index_events.csv").is_file(),
    reason="the real histories are not beside this checkout (../shared/real-histories)",
)

PERSONS = """person_id,forename,surname,dob,sex,ethnicity
1,Ann,One,1980-01-01,F,White
2,Bob,Two,1981-01-01,M,Black
3,Cat,Three,1982-01-01,F,Other
4,Dan,Four,1983-01-01,M,Asian
"""
EVENT_COLUMNS = "person_id,screening_date,index_type,jail_days,index_date,data_end,history_found,prior_convictions"
EVENT_COLUMNS += ",juvenile_felonies,juvenile_misdemeanours,juvenile_other,risk_decile,violence_decile,two_year_recid"
EVENTS = f"""{EVENT_COLUMNS},charge_degree
1,2013-02-01,CUSTODY,20,2013-03-01,2016-03-01,true,3,0,1,0,5,5,1,F
2,2013-02-02,COMMUNITY,,2013-02-02,2016-04-01,true,0,0,0,0,1,1,0,M
3,2013-02-03,COMMUNITY,2,2013-02-03,2013-12-01,true,0,0,0,0,1,1,,O
4,2013-02-04,COMMUNITY,,2013-02-04,2016-05-01,false,0,0,0,0,1,1,,O
"""
# Person 1: an index charge dated after the release; two later charges on a day; one before the index date.
OFFENCES = """person_id,offence_date,proven_date,severity,offence_class,role
1,2013-03-05,2013-03-05,4,theft,index
1,2013-06-01,2013-06-01,6,drink_drive,reoffence
1,2013-06-01,2013-06-01,3,weapons,violent_reoffence
1,2013-02-20,2013-02-20,6,unknown,reoffence
2,2013-01-05,2013-01-05,6,drugs_possession,index
2,2013-07-01,2013-07-01,4,breach,reoffence
4,2013-07-01,2013-07-01,4,theft,reoffence
"""
SPELLS = """person_id,start,end,kind
1,2013-02-09,2013-03-01,index_jail
1,2013-08-01,2020-01-01,custody_period
2,2013-08-01,,later_jail
"""


@pytest.fixture(scope="module")
def invented(tmp_path_factory) -> Register:
    """A register of four invented people in the county's shape."""
    folder = tmp_path_factory.mktemp("invented")
    for name, text in (("persons", PERSONS), ("index_events", EVENTS), ("offences", OFFENCES), ("spells", SPELLS)):
        (folder / f"{name}.csv").write_text(text)
    build_register(folder, folder / "register.duckdb", ADAPTER)
    with Register.open(folder / "register.duckdb") as register:
        yield register


def rows(register: Register, query: str) -> list[tuple]:
    found = register.sql(query)
    return [tuple(None if pd.isna(v) else v for v in row) for row in found.astype("str").itertuples(index=False)]


def test_an_event_becomes_a_sentence(invented):
    assert rows(
        invented, "SELECT person_id, disposal, disposal_date, release_date FROM disposal ORDER BY person_id"
    ) == [
        ("1", "custody", "2013-02-09", "2013-03-01"),
        ("2", "community_order", "2013-02-02", None),
        ("3", "community_order", "2013-02-03", None),
    ]
    assert rows(invented, "SELECT person_id FROM person WHERE person_id NOT IN (SELECT person_id FROM offence)") == [
        ("3",),
        ("4",),
    ]


def test_charges_become_offences_that_cannot_be_miscounted(invented):
    columns = "person_id, disposal_id, offence_date, proven_date, offence_group, offence_class, severity, is_breach"
    assert rows(invented, f"SELECT {columns} FROM offence ORDER BY offence_id") == [
        ("1", "1", "2013-02-09", "2013-02-09", "theft", "either_way", "4", "False"),  # moved to the sentence
        ("1", None, "2013-02-20", "2013-02-20", "other", "summary", "6", "False"),  # kept before the index date
        ("1", None, "2013-06-01", "2013-06-01", "violence", "indictable", "3", "False"),  # the more serious of the day
        ("2", "2", "2013-01-05", "2013-02-02", "drug_possession_supply", "summary", "6", "False"),
        ("2", None, "2013-07-01", "2013-07-01", "other", "either_way", "4", "True"),
    ]


def test_each_person_has_an_own_end_and_own_covariates(invented):
    assert str(invented.meta.data_end) == "2016-05-01" and not invented.meta.synthetic
    observed = rows(invented, "SELECT observed_until FROM person ORDER BY person_id")
    assert observed == [("2016-03-01",), ("2016-04-01",), ("2013-12-01",), ("2016-05-01",)]
    extra = invented.sql("SELECT * FROM extra_covariates ORDER BY person_id")
    assert extra["prior convictions (log of 1 + number)"].round(4).tolist() == [1.3863, 0.0, 0.0]
    assert extra["degree of the charge"].tolist()[:2] == ["felony", "misdemeanour"]
    assert not [column for column in extra if "decile" in column or "recid" in column]


def test_an_end_that_cannot_be_known_is_none(invented):
    assert rows(invented, 'SELECT person_id, kind, "end" FROM custody_spell ORDER BY person_id, start') == [
        ("1", "remand", "2013-03-01"),
        ("1", "sentenced", None),
        ("2", "remand", None),
    ]


def test_the_guide_names_every_table_column_and_code():
    guide = GUIDE.read_text(encoding="utf-8")
    described = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", guide, re.MULTILINE))
    assert set(described) == set(TABLES)
    for name, table in TABLES.items():
        words = set(re.findall(r"\w+", described[name]))
        assert {c.name for c in table.columns} <= words, name
        assert {code for c in table.columns if c.name != "offence_group" for code in c.codes} <= words, name
        required = {c.name for c in table.columns if c.required and not c.may_be_null}
        assert set(re.findall(r"\*\*(\w+)\*\*", described[name])) == required, name
    assert all(group in guide for group in OFFENCE_GROUPS)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The real register, built where nobody keeps it, and the stages up to the cohort."""
    file = tmp_path_factory.mktemp("county") / "register.duckdb"
    build_register(HISTORIES, file, ADAPTER)
    spec = load_spec(ROOT / "parameters" / "requests" / "county-placebo.yml")
    with Register.open(file) as register:
        period = (register.meta.data_start, register.meta.data_end)
        submission = read_submission(HISTORIES / "upload.xlsx", spec, period)
        linkage = link(submission, register, spec)
        yield register, spec, submission, linkage, build_cohort(submission, linkage, register, spec)
    file.unlink()


@needs_histories
def test_what_the_adapter_changed_is_counted():
    with duckdb.connect(config={"file_search_path": str(HISTORIES)}) as con:
        con.execute(ADAPTER.read_text(encoding="utf-8"))
        notes = dict(con.execute("SELECT what, n FROM adapter_note").fetchall())
    guide = GUIDE.read_text(encoding="utf-8")
    told = [what for what in notes if f"| {what} | {notes[what]:,} |" in guide]
    assert len(told) == 7
    assert notes["later charges on a day with a more serious one, collapsed"] == 279
    assert notes["people without any case, no sentence made"] == 719


@needs_histories
def test_the_upload_is_read_without_a_blocker(county):
    submission = county[2]
    assert (len(submission.people), submission.n_people) == (681, 657)
    assert submission.request_blockers() == ()
    assert int(submission.people["usable"].sum()) == 673


@needs_histories
def test_the_flow_explains_all_records(county):
    _, _, submission, linkage, cohort = county
    ledger = cohort.ledger.check()
    left = {step["code"]: step["records_excluded"] for step in ledger.steps[1:]}
    assert list(left) == list(range(1, 14))
    assert ledger.received == len(submission.people) == len(cohort.records) == 681
    assert sum(left.values()) + len(cohort.treated) == 681
    assert cohort.records["reason"].isna().sum() == len(cohort.treated) == ledger.remaining
    assert cohort.records["reason"].value_counts().to_dict() == {code: n for code, n in left.items() if n}
    assert (left[1], left[3], left[4]) == (8, 11, 24)
    assert 30 <= left[2] <= 45 and linkage.expected_wrong_links < 1


@needs_histories
def test_a_placebo_on_real_histories_is_found_to_be_none(county):
    register, spec, _, _, cohort = county
    matched, balance, _ = choose_caliper(build_covariates(cohort, register, spec), spec)
    assert balance.passed and balance.worst < 0.1
    people = pd.concat([cohort.treated, cohort.pool])
    outcomes = measure_outcomes(people, register, spec)
    is_treated = outcomes["unit_id"].isin(cohort.treated["unit_id"])
    crude = outcomes.groupby(is_treated)["reoffended"].mean()
    assert crude[True] - crude[False] > 0.05  # what the comparison has to get rid of
    rate = compare_measures(outcomes, matched, spec).measures.set_index("key").loc["rate"]
    for estimate in ("headline", "classic", "check"):
        assert rate[f"{estimate}_ci_low"] < 0 < rate[f"{estimate}_ci_high"]
    assert rate["verdict"] == "inconclusive"
