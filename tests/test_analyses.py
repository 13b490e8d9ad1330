"""Which analyses a request holds: records by value, one analysis for each value, and every fault at once."""

from __future__ import annotations

import datetime as dt
import json
import re

import pandas as pd
import pytest
from registers import make_spec
from uploads_on_disk import HEADINGS, people_rows, person, write_xlsx

from jdl_toolkit.errors import JDLError
from jdl_toolkit.precheck import check_upload
from jdl_toolkit.precheck.page import check_page
from jdl_toolkit.precheck.terminal import check_values, terminal_words
from jdl_toolkit.render.lint import lint_html
from jdl_toolkit.spec import Analysis
from jdl_toolkit.submission import analyses_of, common_values, is_in_analysis, parts_of, plain_values


def people_of(**columns: list) -> pd.DataFrame:
    """Records of as many different people as there are values; `Fore0 Sur0`, `Fore1 Sur1`, …"""
    n = len(next(iter(columns.values())))
    letters = [chr(97 + i // 26) + chr(97 + i % 26) for i in range(n)]
    who = {"row": range(2, n + 2), "forename": [f"Fore{x}" for x in letters], "surname": [f"Sur{x}" for x in letters]}
    who["dob"] = pd.Timestamp(1980, 1, 1)
    empty = dict.fromkeys(("region", "establishment", "provider", "intervention_type"))
    return pd.DataFrame(who | empty | columns)


def spec_of(minimum: int = 2, **analyses: dict):
    return make_spec(intake={"minimum_people": minimum}, analyses=analyses)


def taken(spec, people) -> dict[str, list[int]]:
    """Id of each analysis -> positions of its records."""
    return {s.analysis.id: people.index[is_in_analysis(people, s.analysis)].tolist() for s in analyses_of(spec, people)}


def problems(spec, people) -> list[tuple[str, str, str]]:
    with pytest.raises(JDLError) as caught:
        analyses_of(spec, people)
    return [(p.where, p.what, p.fix) for p in caught.value.problems]


# Records by value


def test_a_request_without_analyses_is_its_own_only_one():
    spec, people = make_spec(), people_of(region=[None])
    assert analyses_of(spec, people) == [spec] and parts_of(spec, people) == []
    assert is_in_analysis(people, spec.analysis).all()


def test_records_belong_by_every_column_and_any_of_its_values_however_spelt():
    region = ["North East", "NORTH-EAST", " north  east ", "North West", "London", None]
    provider = ["A & B", "A and B", "a & b.", "A & B", "A & B", "A & B"]
    people = people_of(region=region, provider=provider)
    spec = spec_of(
        north={"records": {"region": ["north east", "North West"]}},
        both={"records": {"region": ["North East", "London"], "provider": ["A & B"]}},
        everybody={"title": "All of them"},
    )
    assert taken(spec, people) == {"north": [0, 1, 2, 3], "both": [0, 2, 4], "everybody": [0, 1, 2, 3, 4, 5]}
    assert [s.analysis.title for s in analyses_of(spec, people)] == ["North", "Both", "All of them"]


def test_every_analysis_has_what_it_sets_otherwise_and_no_other():
    people = people_of(region=["London"] * 3)
    spec = spec_of(one={"cohort": {"start_within_months": 3}, "records": {"region": ["London"]}}, two={})
    one, two = analyses_of(spec, people)
    assert (one.cohort.start_within_months, two.cohort.start_within_months) == (3, 6)
    assert one.analysis == Analysis(id="one", title="One", records={"region": ("London",)})


def test_values_in_other_scripts_are_told_apart():
    values = pd.Series(
        ["مؤسسة الأمل", "مؤسسة  الأمل!", "कि", "की", "Ynys Môn", "Ynys Mon", "ＡＢＣ", "abc", None, "***"]
    )
    plain = plain_values(values)
    assert plain[0] == plain[1] and plain[2] != plain[3] and plain[4] != plain[5] and plain[6] == plain[7] == "abc"
    assert pd.isna(plain[8]) and plain[9] == ""
    people = people_of(provider=values.tolist())
    assert not is_in_analysis(people, Analysis(records={"provider": ("...",)})).any()  # signs alone are no value


# One analysis for each value


def test_each_value_of_enough_people_is_an_analysis_the_most_frequent_first():
    provider = ["Beta"] * 3 + ["ALPHA", "Alpha", "alpha", "Alpha "] + ["Gamma"] * 3 + ["Delta"] * 2 + [None] * 5
    people = people_of(provider=provider)
    spec = spec_of(3, by={"each": "provider", "title": "Provider"}, all={})
    assert taken(spec, people) == {
        "by-alpha": [3, 4, 5, 6],
        "by-beta": [0, 1, 2],
        "by-gamma": [7, 8, 9],
        "all": list(range(17)),
    }
    assert [s.analysis.title for s in analyses_of(spec, people)][:2] == ["Provider: ALPHA", "Provider: Beta"]
    left = [part for part in parts_of(spec, people) if not part.is_held]
    assert [(p.analysis.title, p.entry, p.n_records, p.n_people) for p in left] == [("Provider: Delta", "by", 2, 2)]


def test_it_is_people_that_are_counted_not_records():
    people = people_of(provider=["Alpha"] * 4 + ["Beta"] * 3)
    people.loc[people.index[1:4], ["forename", "surname"]] = people.loc[0, ["forename", "surname"]].tolist()
    spec = spec_of(3, by={"each": "provider"})
    assert taken(spec, people) == {"by-beta": [4, 5, 6]}
    assert [(p.n_records, p.n_people, p.is_held) for p in parts_of(spec, people)] == [(4, 1, False), (3, 3, True)]


def test_each_counts_only_the_records_of_its_entry():
    people = people_of(provider=["A", "A", "A", "B", "B"], region=["London", "London", "Wales", "London", "Wales"])
    spec = spec_of(2, london={"each": "provider", "records": {"region": ["London"]}})
    assert taken(spec, people) == {"london-a": [0, 1]}


def test_ids_of_odd_values_are_plain_distinct_and_short_enough():
    names = [
        "HMP Wormwood Scrubs",
        "Coleg Gwent – Ynys Môn",
        "مؤسسة الأمل",
        "St. Giles’ Trust",
        "★★★ 2",
        "A&B",
        "A & B!",
    ]
    names += ["a-b c", "a b-c", "Köln", "Koln", "x" * 90, "x" * 91]
    people = people_of(provider=[name for name in names for _ in range(2)])
    specs = analyses_of(spec_of(2, by={"each": "provider"}), people)
    ids = {s.analysis.title: s.analysis.id for s in specs}
    assert len(set(ids.values())) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", one) and not one.endswith("-") for one in ids.values())
    assert ids["HMP Wormwood Scrubs"] == "by-hmp-wormwood-scrubs"
    assert ids["Coleg Gwent – Ynys Môn"] == "by-coleg-gwent-ynys-mon"
    assert ids["St. Giles’ Trust"] == "by-st-giles-trust" and ids["★★★ 2"].endswith("-2")
    assert re.fullmatch(r"by-[a-z0-9-]+", ids["مؤسسة الأمل"]) and ids["مؤسسة الأمل"] != "by-other"
    assert {ids["Köln"], ids["Koln"]} == {"by-koln", "by-koln-2"}  # accents tell values apart, and ids have none
    assert "A & B!" in ids and "A&B" not in ids  # one value, written twice as often in neither way: the first of two
    assert {len(ids["x" * 90]), len(ids["x" * 91])} == {60}
    assert sum(len(rows) for rows in taken(spec_of(2, by={"each": "provider"}), people).values()) == len(people)


def test_common_values_are_shown_as_most_often_written():
    column = pd.Series(
        ["North west", "North West", "north-west", "North West", "Wales", "?!", None, "Wales", "Wales", "B"]
    )
    assert common_values(column) == {"North West": 4, "Wales": 3, "B": 1}
    assert common_values(pd.Series([None, None], dtype=object)) == {}


# Faults


def test_all_that_an_upload_cannot_give_is_told_at_once():
    people = people_of(region=["North East"] * 6 + ["Wales", "Sussex"], provider=["A"] * 6 + ["B"] * 2)
    spec = spec_of(
        one={"records": {"region": ["North Eats", "Wales"]}},
        two={"records": {"region": ["Mercia"], "provider": ["C"]}},
        three={"each": "intervention_type", "records": {"establishment": ["HMP A"]}},
        four={"records": {"region": ["Wales"], "provider": ["A"]}},
        five={"records": {"region": ["wales"]}},
    )
    assert problems(spec, people) == [
        ("analyses.one.records.region.0", "nobody in the upload has this region",
         "did you mean “North East”?"),
        ("analyses.two.records.region.0", "nobody in the upload has this region",
         "use one that stands there: “North East”"),  # what one or two records say is not repeated
        ("analyses.two.records.provider.0", "nobody in the upload has this provider",
         "use one that stands there: “A”"),
        ("analyses.three", "the upload has no establishment and no intervention type",
         "ask the organisation to fill in that column, or take the analysis out"),
        ("analyses.four", "no record of the upload belongs to this analysis",
         "take one of its columns out, or use values that stand in the same record"),
    ]  # fmt: skip


def test_uploads_from_before_there_were_parts_of_a_service_have_none():
    people = people_of(region=["Wales"] * 3).drop(columns=["provider", "intervention_type"])
    assert problems(spec_of(by={"each": "provider"}), people)[0][1] == "the upload has no provider"


def test_where_no_value_has_enough_people_it_is_said():
    people = people_of(provider=["A", "A", "B"])
    assert problems(spec_of(3, by={"each": "provider"}), people) == [
        ("analyses", "no value has the 3 people that an analysis needs", "list analyses by name instead of by `each`")
    ]


def test_two_entries_cannot_give_one_id():
    people = people_of(provider=["A"] * 3)
    spec = spec_of(3, by={"each": "provider"}, **{"by-a": {}})
    assert problems(spec, people) == [
        ("analyses.by-a", "two analyses get the same id", "give one of them another name")
    ]


# What is told before anything is sent


PROVIDERS = ["Acorn"] * 170 + ["Beech"] * 90 + ["Cedar"] * 62 + ["Dogwood"] * 59


@pytest.fixture(scope="module")
def upload(tmp_path_factory):
    """381 people of four providers; the first three of Acorn have no usable date of birth."""
    records = [
        person(i, Provider=name) | ({"Date of birth": None} if i < 3 else {}) for i, name in enumerate(PROVIDERS)
    ]
    return write_xlsx(tmp_path_factory.mktemp("check") / "a.xlsx", people_rows(records, [*HEADINGS, "Provider"]))


def test_a_check_says_what_each_analysis_takes_and_whether_a_result_is_likely(upload, tmp_path):
    spec = make_spec(
        analyses={
            "acorn": {"title": "Acorn alone", "records": {"provider": ["acorn"]}},
            "few": {"records": {"provider": ["Dogwood"]}, "cohort": {"minimum_analysed": 20}},
            "by-provider": {"each": "provider"},
        }
    )
    check = check_upload(upload, spec)
    rows = check.planned.rows
    assert rows["analysis"].tolist() == [
        "acorn", "few", "by-provider-acorn", "by-provider-beech", "by-provider-cedar", "by-provider-dogwood",
    ]  # fmt: skip
    assert rows["n_records"].tolist() == [170, 59, 170, 90, 62, 59]
    assert rows["n_people"].tolist() == [167, 59, 167, 90, 62, 59]
    # by the median share, .19, of earlier requests; .47 is the highest, and 30 people are needed, or 20 where so set
    assert rows["n_expected"].tolist() == [32, 11, 32, 17, 12, 0]
    assert rows["outlook"].tolist() == [
        "likely", "not likely", "likely", "not likely", "not to be expected", "not made",
    ]  # fmt: skip
    assert check.planned.n_doubtful == 4 and any("without a likely result" in step for step in check.next_steps())
    text = " ".join(terminal_words(check, tmp_path / "m", tmp_path / "p").split())
    assert "Analyses of this request - Acorn alone: 167 people in 170 records; most likely about 32 in the" in text
    assert "- Beech: 90 people in 90 records; most likely about 17 in the analysis, and 30 are needed: a result" in text
    assert "- Dogwood: 59 people in 59 records; not made, as it takes 60 people." in text
    told = json.loads(json.dumps(check_values(check, tmp_path / "m", tmp_path / "p")))["analyses"]
    assert told[0] == {
        "analysis": "acorn", "title": "Acorn alone", "n_records": 170, "n_people": 167, "n_expected": 32,
        "outlook": "likely",
    }  # fmt: skip
    page = check_page(check, dt.date(2026, 11, 22))
    assert not lint_html(page)
    assert '<th scope="row">Dogwood</th><td class="r">59</td><td class="r">59</td><td class="r">–</td>' in page


def test_a_check_tells_what_the_request_asks_and_the_upload_cannot_give(upload, tmp_path):
    analyses = {"a": {"records": {"provider": ["Beach"]}}, "b": {"each": "region"}}
    check = check_upload(upload, make_spec(analyses=analyses))
    assert check.exit_status == 0 and check.planned.rows.empty
    told = [
        "Nobody in the upload has this provider (analyses.a.records.provider.0). Did you mean “Beech”?",
        "The upload has no region (analyses.b). Ask the organisation to fill in that column, or take the analysis out.",
    ]
    assert check_values(check, tmp_path, tmp_path)["analysis_faults"] == told
    text = " ".join(terminal_words(check, tmp_path, tmp_path).split())
    page = check_page(check, dt.date(2026, 11, 22))
    assert all(fault in text and fault in page for fault in told) and not lint_html(page)
    assert "Settle with the lab which analyses the request holds" in text


def test_a_check_of_a_request_without_analyses_says_nothing_of_them(upload, tmp_path):
    check = check_upload(upload, make_spec())
    assert "Analyses of this request" not in terminal_words(check, tmp_path, tmp_path)
    assert "Which analyses" not in check_page(check, dt.date(2026, 11, 22))
    assert check_values(check, tmp_path, tmp_path)["analyses"] == []


def test_values_from_outside_are_inert_on_the_page(tmp_path):
    name = "<script>alert(1)</script> \u202e[31m=cmd()"
    records = [person(i, Provider=name) for i in range(70)]
    path = write_xlsx(tmp_path / "a.xlsx", people_rows(records, [*HEADINGS, "Provider"]))
    check = check_upload(path, make_spec(analyses={"by": {"each": "provider"}}))
    assert check.planned.rows["n_people"].tolist() == [70]
    page = check_page(check, dt.date(2026, 11, 22))
    assert "<script>alert" not in page and not lint_html(page)
    assert "\u202e" not in page + terminal_words(check, tmp_path, tmp_path)
