"""The leak hunt: it finds whoever is planted, nobody by chance, and its answer fails when somebody gets out."""

import datetime as dt
import json
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from registers import DATA_END, DATA_START
from uploads_on_disk import people_rows, person, write_xlsx

from jdl_toolkit.errors import JDLError
from jdl_toolkit.spec import intake_spec, lab_resources
from jdl_toolkit.submission import read_submission
from jdl_toolkit.validation.leak_hunt import PART
from jdl_toolkit.validation.leak_hunt.hunt import own_words
from jdl_toolkit.validation.leak_hunt.people import BORN, FULL_NAME, IDENTIFIER, NAME, Needles, decoys, exchanged
from jdl_toolkit.validation.leak_hunt.places import LEFT, NOTEBOOKS, PUBLISHED, RECORDS, RESTRICTED, REVIEW, place_of
from jdl_toolkit.validation.leak_hunt.plants import WAYS, writings
from jdl_toolkit.validation.leak_hunt.running import run
from jdl_toolkit.validation.leak_hunt.seeking import Seeker, days_in
from jdl_toolkit.validation.leak_hunt.unwrapping import texts_in
from jdl_toolkit.validation.leak_hunt.uploads import damaged
from jdl_toolkit.validation.part import Effort

PEOPLE = pd.DataFrame(
    {
        "forename": ["Pimkenom", "Etmem"],
        "middle_name": ["Tebot", None],
        "surname": ["Veorjeui", "Elendhor"],
        "dob": ["1985-10-21", "1986-01-22"],
        "pnc_id": ["2001/6592589X", None],
        "prison_number": ["A1234BC", None],
    }
)
SEEKER = Seeker(Needles.of(PEOPLE))


def kinds(text: str) -> set[str]:
    return {hit.kind for hit in SEEKER.seek(texts_in(text.encode()))}


def test_names_keep_their_sound_class_and_are_no_words():
    assert "Brown Young Foundation".translate(exchanged(1)) == "Pruwm Yuamj Vuamtedoum"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pimkenom Veorjeui", {FULL_NAME, NAME}),
        ("VEORJEUI;pim-ke\nnom", {FULL_NAME, NAME}),
        ("Pimkenom Tebot Veorjeui", {FULL_NAME, NAME}),
        ("p.i.m.k.e.n.o.m v e o r j e u i", {FULL_NAME}),
        ("Mr Veorjeui", {NAME}),
        ("PIMKENOMVEORJEUI", {FULL_NAME}),
        ("21/10/1985", {BORN}),
        ("born 21st October 1985", {BORN}),
        ("1985-10-21T00:00:00", {BORN}),
        ("2001/6592589X", {IDENTIFIER}),
        ("01/6592589x", {IDENTIFIER}),
        ("A 1234 BC", {IDENTIFIER}),
        ("Elendhor, twice, and 1985 in 21 of 10 cases; 21.10,1985", {NAME}),
        ("Tebot", set()),  # short, and by itself
        ("figures 21,10,85 and 1985 10", set()),
    ],
)
def test_a_person_is_found_however_written(text, expected):
    assert kinds(text) == expected


def test_figures_of_a_row_and_the_letter_behind_them_are_no_identifier():
    seeker = Seeker(Needles(identifiers=frozenset({"10211611m"})))
    for text in ("30,10,21,16,11\nmain,previous", "310/211611M", "1.10/211611M", "10/211611Mx"):
        assert not seeker.seek([text]), text
    for text in ("pnc 10/211611M.", "10211611m", "PNC10/211611M", "10 / 211 611 m", "x,10/211611M,y"):
        assert [hit.found for hit in seeker.seek([text])] == ["10211611m"], text


def test_a_pdf_s_list_of_objects_is_no_identifier_and_a_string_in_it_is():
    seeker = Seeker(Needles(identifiers=frozenset({"922040r", "922040x"})))
    content = b"%PDF-1.7\n[(Page 9) 2204 0 R 9) 2204 0 X]"
    whole = (
        next(way for way in WAYS if (way.kind, way.where) == (".pdf", "title"))
        .plant("x")
        .replace(b"%%EOF", content + b"%%EOF")
    )
    assert not seeker.seek(texts_in(whole))
    assert [hit.found for hit in seeker.seek(texts_in(whole.replace(b"(Page 9)", b"(9/2204 0 R)")))] == ["922040r"]


def test_a_name_that_is_a_word_of_the_toolkit_is_not_sought_by_itself():
    assert {"turned", "balance"} <= own_words() and "qurruy" not in own_words()


def test_days_are_read_as_they_are_written():
    assert {day for day, _ in days_in("3/4/1985")} == {dt.date(1985, 4, 3), dt.date(1985, 3, 4)}
    assert list(days_in("31/02/1985 and 12.75 and 229,85,81")) == []


@pytest.mark.parametrize("way", WAYS[::4], ids=lambda way: f"{way.kind}, {way.where}")
def test_a_planted_person_is_found_in_every_kind_of_file(way):
    for text in writings(PEOPLE.iloc[0].to_dict()).values():
        assert SEEKER.seek(texts_in(way.plant(text))), text
    assert SEEKER.seek(texts_in(way.plant("nobody at all"))) == []


def test_decoys_are_of_the_same_shape_and_nobody():
    mine = Needles.of(PEOPLE)
    others = decoys(PEOPLE, mine, seed=1)
    assert [others.counts()[kind] for kind in (FULL_NAME, NAME)] == [mine.counts()[kind] for kind in (FULL_NAME, NAME)]
    assert (
        others.counts()[IDENTIFIER] >= 2
        and others.counts()[BORN] == (dt.date(1994, 12, 31) - dt.date(1985, 10, 21)).days - 1
    )
    assert not (mine.together & others.together or mine.births & others.births or mine.identifiers & others.identifiers)


def test_births_are_read_from_cells_of_every_kind():
    cells = ["1985-10-11", "11/10/1985", dt.datetime(1985, 10, 11), pd.Timestamp("1985-10-11"), "11 October 1985"]
    assert Needles.of(pd.DataFrame({"dob": pd.Series([*cells, None, "unknown"], dtype=object)})).births == {
        dt.date(1985, 10, 11)
    }


def test_no_decoy_is_a_birth_with_day_and_month_exchanged():
    people = PEOPLE.assign(dob=["1985-10-11", "1986-01-22"])
    days = decoys(people, Needles.of(people), seed=1).births
    assert dt.date(1985, 10, 12) in days
    assert not days & {dt.date(1985, 10, 11), dt.date(1985, 11, 10), dt.date(1986, 1, 22)}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("lab/outputs/a/report/report.html", PUBLISHED),
        ("lab/outputs/a/findings.json", PUBLISHED),
        ("lab/outputs/a/run.log", RECORDS),
        ("lab/outputs/a/.report.x/a/report/report.ipynb", LEFT),
        ("lab/outputs/a/restricted/review/index.html", REVIEW),
        ("lab/outputs/archive/a-1/restricted/notebooks/01_intake.ipynb", NOTEBOOKS),
        ("lab/outputs/a/restricted/linkage/links.parquet", RESTRICTED),
        ("tmp/left.csv", LEFT),
        ("lab/data/upload.xlsx", ""),
    ],
)
def test_each_file_is_searched_as_what_it_is(path, place):
    assert place_of(Path(path)) == place


# --- what was found: headings and sheets that name somebody -----------------------------------------------------------


def test_a_heading_or_a_sheet_named_after_somebody_below_is_called_by_its_place(tmp_path):
    file = tmp_path / "upload.xlsx"
    write_xlsx(file, people_rows([person(n) for n in range(1, 30)]))
    book = openpyxl.load_workbook(file)
    sheet = book["People"]
    heads = [cell.value for cell in sheet[1]]
    names = [sheet.cell(3, heads.index(h) + 1).value for h in ("Forename", "Surname")]
    for i, said in enumerate((" ".join(names), f"Notes on {names[0]} {names[1]}", names[1], "Favourite colour")):
        sheet.cell(1, len(heads) + 1 + i).value = said
    book.copy_worksheet(sheet).title = " ".join(names)
    book.save(file)
    spec = intake_spec(lab_resources() / "parameters" / "defaults.yml")
    found = read_submission(file, spec, (DATA_START, DATA_END))
    unused = found.columns[found.columns["key"].isna()]["found"].tolist()
    assert "Favourite colour" in unused and sum(one.startswith("column ") for one in unused) == 3
    said = found.columns.to_csv() + found.issues.to_csv()
    assert " ".join(names) not in said and f"“{names[1]}”" not in said


def test_an_upload_of_parts_called_like_people_can_be_read(tmp_path):
    write_xlsx(tmp_path / "a.xlsx", people_rows([person(n, Region="London") for n in range(1, 9)]))
    damaged(tmp_path / "a.xlsx", "people as parts of the service", tmp_path / "b.xlsx")
    spec = intake_spec(lab_resources() / "parameters" / "defaults.yml")
    people = read_submission(tmp_path / "b.xlsx", spec, (DATA_START, DATA_END)).people
    assert people["provider"].nunique() == people["region"].nunique() == 2


# --- the answer -------------------------------------------------------------------------------------------------------


@pytest.fixture
def results(short_part, tmp_path):
    return shutil.copytree(short_part(PART) / "results", tmp_path / "leaks")


def test_a_short_run_says_that_it_is_short_and_every_check_holds(results):
    answer = PART.answer(results)
    assert answer.failed == () and "The run was short" in answer.text
    assert {check.claim: check.found for check in answer.checks}[
        "Nobody invented for comparison is found by chance"
    ] == "0"


def one_hit(hits: pd.DataFrame, of: str) -> pd.DataFrame:
    return pd.DataFrame([["a", PUBLISHED, "report.html", NAME, of, 1, ""]], columns=hits.columns)


@pytest.mark.parametrize(
    ("table", "change", "claim"),
    [
        ("hits", lambda t: one_hit(t, "people"), "published"),
        ("hits", lambda t: one_hit(t, "decoys"), "by chance"),
        ("places", lambda t: t.assign(unread=1), "terminal"),
        ("planted", lambda t: t.assign(hunt=[0, *t["hunt"][1:]]), "The hunt finds"),
        ("planted", lambda t: t.assign(gate=0), "leak check stops every"),
        ("held", lambda t: t.assign(held=t["sent"] // 2, whole=True), "restricted rows"),
        ("chance", lambda t: t.assign(n_flagged=1, what="report.pdf: rare surname"), "people who cannot be in it"),
    ],
)  # fmt: skip
def test_its_answer_fails_when_somebody_gets_out_or_the_hunt_is_blind(results, table, change, claim):
    path = results / f"{table}.csv"
    change(pd.read_csv(path)).to_csv(path, index=False)
    assert any(claim in check.claim for check in PART.answer(results).failed)


def test_an_unfinished_run_says_so(results):
    about = json.loads((results / "about.json").read_text())
    (results / "about.json").write_text(json.dumps(about | {"scenes": [*about["scenes"], "batch"]}))
    (results / "planted.csv").unlink()
    answer = PART.answer(results)
    assert "It is not finished: 1 scenes" in answer.text and len(answer.not_tried) >= 2


def test_a_folder_made_otherwise_is_refused(tmp_path):
    (tmp_path / "settings.json").write_text('{"seed": 2, "short": true, "code": "x"}')
    with pytest.raises(JDLError, match="made otherwise"):
        run(tmp_path, Effort(short=True))
