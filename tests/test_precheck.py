"""What an organisation is told of its upload before anything is sent: forecast, suitability, the words, the page."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from openpyxl import Workbook, load_workbook
from registers import make_spec
from uploads_on_disk import ANSWERS, people_rows, person, write_csv, write_xlsx

from jdl_toolkit.cli import main
from jdl_toolkit.errors import JDLError
from jdl_toolkit.power import power_of_t_test
from jdl_toolkit.precheck import Suitability, check_upload, forecast_analysis, judge_suitability
from jdl_toolkit.precheck.check import BLOCKED, READY, TOO_FEW, rows_in_words
from jdl_toolkit.precheck.contact import days_of_contact, median_days
from jdl_toolkit.precheck.page import check_page, write_page
from jdl_toolkit.precheck.rules import RULES
from jdl_toolkit.precheck.terminal import check_values, terminal_words
from jdl_toolkit.render.lint import lint_html
from jdl_toolkit.submission import marked_up_copy, read_submission
from jdl_toolkit.submission.marked_up import CORRECTIONS, REPEATS

SPEC = make_spec()
TODAY = dt.date(2026, 11, 22)
D = dt.date


def upload(folder: Path, *changes: dict, n: int = 80, answers=ANSWERS, name: str = "upload.xlsx") -> Path:
    records = [person(i, **(changes[i] if i < len(changes) else {})) for i in range(n)]
    return write_xlsx(folder / name, people_rows(records), answers)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A faultless upload, read; it does not say how long contact is."""
    found = read_submission(upload(tmp_path_factory.mktemp("sound")), SPEC)
    return replace(found, answers={key: text for key, text in found.answers.items() if key != "contact_length"})


# Forecast


def test_the_published_shares_give_the_range():
    found = forecast_analysis(1_125, SPEC)
    assert found.rows["share"].tolist() == pytest.approx([0.11, 0.19, 0.47])  # median of .11 .14 .17 .21 .37 .47
    assert found.rows["n_analysed"].tolist() == [124, 214, 529]
    assert "between 124 and 529 are likely to end in the analysis, most likely about 214" in found.words().text


@pytest.mark.parametrize("n", [300, 1_125, 10_000])
def test_what_is_called_detectable_has_the_wanted_power(n):
    """Power of the test at each detectable difference, from a function of its own: 95 per cent."""
    sd = (0.35 * 0.65 * 33_111 / 33_110) ** 0.5
    for row in forecast_analysis(n, SPEC).rows.itertuples():
        power = power_of_t_test(row.n_analysed, 33_111, row.detectable_pp / 100 / sd, 0.05)
        assert power == pytest.approx(0.95, abs=1e-9)


def test_the_words_follow_the_numbers():
    found = forecast_analysis(1_125, SPEC)
    points = found.case("median")["detectable_pp"]
    assert found.rows["detectable_pp"].is_monotonic_decreasing and points == pytest.approx(11.79, abs=0.01)
    text = found.words().text
    assert "11.8 percentage points: from 35 in every 100 people reoffending to about 23" in text
    assert "reduction of 5 points it takes about 1,200 people in the analysis, so about 6,500 in the upload" in text
    assert found.n_needed == pytest.approx(1_233, abs=15)


@pytest.mark.parametrize(
    ("n", "rule", "words"),
    [
        (0, "nobody", "nothing can be forecast yet"),
        (60, "never_enough", "Even the highest of these is below the minimum of 30 for an analysis: expect no result."),
        (80, "rarely_enough", "Most likely that is below the minimum of 30"),
        (200, "perhaps_not_enough", "The lowest of these is below the minimum of 30"),
        (1_125, "detectable", "With 214 people, the smallest reduction"),
        (80, "detectable", "Even with 38 people"),
    ],
)
def test_a_forecast_below_the_minimum_is_said_plainly(n, rule, words):
    said = forecast_analysis(n, SPEC).words()
    assert rule in said.rules and words in said.text
    assert ("detectable" in said.rules) == (n * 0.47 >= 29.5)


def test_a_change_larger_than_the_base_rate_is_impossible():
    spec = make_spec(forecast={"reoffending_rate": 0.05})
    said = forecast_analysis(160, spec).words()  # 30 most likely
    assert "not_detectable" in said.rules and "detectable" not in said.rules
    assert "even if nobody reoffended, that would be 5 points" in said.text


def test_the_settings_of_the_forecast_are_followed():
    spec = make_spec(forecast={"analysed_shares": [0.5]}, power={"power": 0.8})
    found = forecast_analysis(100, spec)
    assert set(found.rows["n_analysed"]) == {50} and "about 50 are likely" in found.words().text
    assert (
        found.case("median")["detectable_pp"]
        < forecast_analysis(100, make_spec(forecast={"analysed_shares": [0.5]})).case("median")["detectable_pp"]
    )
    with pytest.raises(JDLError, match="analysed_shares"):
        make_spec(forecast={"analysed_shares": [1.5]})


def test_people_are_forecast_not_rows_and_not_the_blocked(tmp_path):
    blocked = {"Gender": None}
    records = [person(i % 100, **(blocked if i in (0, 60) else {})) for i in range(150)]
    found = check_upload(write_xlsx(tmp_path / "a.xlsx", people_rows(records)), SPEC)
    assert len(found.submission.people) == 150 and found.submission.n_people == 100
    assert found.forecast.n_people == 99  # of the two with a blocked record one has another that is sound


# Suitability

SAID = {
    "drugs_alcohol": {
        "service_description": [
            "We run groups for people with drug and alcohol problems", "Substance misuse service",
            "Recovery from addiction",
            "A twelve-step programme", "Detox and rehab beds", "Support for heavy drinkers", "Help with heroin use",
            "Not only housing but help with alcohol", "A not-for-profit working with drug users",
            "People no longer using drugs are helped to stay off them", "Family visits. Also alcohol counselling.",
        ],
        "need": ["Drugs or alcohol", "drugs_alcohol".replace("_", " and ")],
        "service_name": ["Community Detox"],
    },
    "selected_for_doing_well": {
        "selection": [
            "Motivated people were chosen", "Those who showed motivation to change", "Prisoners on enhanced status",
            "Low risk only", "Low-risk men", "Assessed as suitable by the chaplain", "Suitability interview",
            "Trusted prisoners", "People released on temporary licence", "ROTL eligible", "Good behaviour in custody",
            "Willing to engage", "Those ready to work", "People who were committed to change", "Volunteered",
            "Referred by probation; only the most motivated were taken", "Category D prisoners",
            "Motivated people who do not have a job", "We took those most likely to succeed",
        ],
        "referral_route": ["Prison officers named those who were well motivated"],
    },
    "chosen_afterwards": {
        "selection": [
            "Those who completed the course", "Everyone who finished", "All completers", "People who found a job",
            "Clients who got a job afterwards", "Those who sustained a tenancy", "People still in contact with us",
            "Excluding drop-outs", "Drop-outs were not included", "Those who did not reoffend", "Our success stories",
            "People who attended at least six sessions", "Only graduates of the programme were sent",
            "We removed those who left early and those who dropped out", "Those who gained a qualification",
        ],
    },
}  # fmt: skip

INNOCENT = {
    "drugs_alcohol": {
        "service_description": [
            "Supported housing", "No drug testing", "We do not work with drug users",
            "Housing; drug and alcohol needs are not addressed",
            "An alcohol-free venue for young people", "People convicted of drug offences learn a trade",
            "Work for people sentenced for supply of drugs", "Mentoring, without any help for drug or alcohol use",
            "Rehabilitation of offenders by work", "Drug tests are done by the prison", "A recovery of confidence",
            "We do not address drugs, alcohol or gambling",
        ],
        "need": ["Accommodation"],
    },
    "selected_for_doing_well": {
        "selection": [
            "All who were referred", "First come, first served",
            "Everyone in the house was offered motivational interviewing",
            "Regardless of motivation", "Motivation was not considered", "Not selected for motivation or behaviour",
            "No selection", "People who had committed an offence", "All who committed three or more offences",
            "Those without suitable accommodation", "High, medium and low risk alike", "Low, medium and high risk",
            "Released on licence to the area", "At random, whether motivated or not",
            "Everybody sentenced by the court",
            "People were taken in the order of referral, irrespective of risk or suitability",
        ],
        "referral_route": ["Self-referral", "On licence", "In custody, by the resettlement team"],
    },
    "chosen_afterwards": {
        "selection": [
            "All who were referred", "Everyone who started, whether they completed or not",
            "All starters, completed or not",
            "All who completed a referral form", "Once the application form was completed, everybody was taken",
            "Both completers and drop-outs", "Everybody, including those who dropped out",
            "People who want to find a job",
            "Unemployed people looking for work", "Everyone, even if they never completed the course",
            "People who had finished school", "All people who attended",
        ],
    },
}  # fmt: skip


def cases(table):
    return [(rule, key, text) for rule, keys in table.items() for key, texts in keys.items() for text in texts]


def judged(sound, answers: dict) -> Suitability:
    kept = {key: text for key, text in sound.answers.items() if key not in ("service_description", "selection")}
    kept["referral_route"] = "On licence"
    return judge_suitability(replace(sound, answers=kept | answers), SPEC)


@pytest.mark.parametrize(("rule", "key", "text"), cases(SAID))
def test_what_speaks_against_the_method_is_noticed(sound, rule, key, text):
    found = judged(sound, {key: text}).advice
    assert rule in found["rule"].tolist()
    row = found[found["rule"] == rule].iloc[0]
    assert "says “" in row["because"] and row["why"] and row["do"]


@pytest.mark.parametrize(("rule", "key", "text"), cases(INNOCENT))
def test_what_is_denied_or_only_sounds_alike_is_not(sound, rule, key, text):
    assert judged(sound, {key: text}).advice["rule"].tolist() == []


def test_a_sound_service_gets_no_advice(sound):
    found = judge_suitability(sound, SPEC)
    assert found.advice.empty and found.words().text == "Nothing in the answers speaks against the method."


def test_the_need_of_the_request_counts_too(sound):
    spec = make_spec(service={"need": "drugs_alcohol"})
    assert judge_suitability(sound, spec).advice["rule"].tolist() == ["drugs_alcohol"]


def test_a_keyword_that_the_answer_denies_once_and_says_once_counts(sound):
    found = judged(sound, {"service_description": "We do no drug testing. We treat alcohol dependency."}).advice
    assert "“alcohol”" in found["because"].iloc[0]


def test_advice_never_blocks(tmp_path):
    answers = [["How participants were selected", "Only motivated people who completed the drug course"]]
    checked = check_upload(upload(tmp_path, answers=[*ANSWERS[:5], *answers, *ANSWERS[6:]]), SPEC)
    assert checked.verdict == READY and checked.exit_status == 0
    assert set(checked.suitability.advice["rule"]) == {"selected_for_doing_well", "chosen_afterwards"}
    assert set(RULES) > set(checked.suitability.advice["rule"])


@pytest.mark.parametrize(
    ("answer", "days"),
    [
        ("2 hours", 2 / 24), ("two hours", 2 / 24), ("2hrs", 2 / 24), ("30 mins", 0.5 / 24), ("an hour", 1 / 24),
        ("half an hour", 0.5 / 24), ("1½ hours", 1.5 / 24), ("2-3 hours", 3 / 24), ("a few hours", 3 / 24),
        ("one session", 1), ("One session of two hours", 1), ("a single session", 1), ("one-off", 1), ("Once", 1),
        ("half a day", 0.5), ("½ day", 0.5), ("one full day", 1), ("1-day workshop", 1), ("between 1 and 3 days", 3),
        ("five 2-hour sessions", 5), ("2 x 1 hour sessions", 2), ("6 weeks", 42), ("about a week", 7),
        ("6 months; nearly all between 3 and 9", 180), ("2 hours a week for 6 weeks", 42), ("up to two years", 730),
        ("weekly for 3 months", 90), ("one to one, weekly, 12 weeks", 84), ("24 hours a day for 3 months", 90),
        ("varies", None), ("ongoing", None), ("6", None), ("", None), ("an hour a week", None),
        ("<script>alert(1)</script>", None),
    ],
)  # fmt: skip
def test_the_length_of_contact_is_read_forgivingly(answer, days):
    found = days_of_contact(answer)
    assert (found is None and days is None) or found == pytest.approx(days, rel=0.02)


def with_ends(sound, days: int, n: int = 80):
    people = sound.people.copy()
    people.loc[: n - 1, "service_end"] = people.loc[: n - 1, "service_start"] + pd.Timedelta(days=days)
    return replace(sound, people=people)


def test_short_contact_by_answer_or_by_dates(sound):
    def rules(submission, **answers):
        return (
            judge_suitability(replace(submission, answers=submission.answers | answers), SPEC).advice["rule"].tolist()
        )

    assert rules(sound, contact_length="one session of two hours") == ["short_contact"]
    assert rules(sound, contact_length="6 weeks") == rules(sound, contact_length="it varies") == []
    assert rules(with_ends(sound, 1)) == ["short_contact"] and rules(with_ends(sound, 30)) == []
    assert rules(with_ends(sound, 1, n=9)) == []  # too few dates to say
    assert rules(with_ends(sound, 0), contact_length="6 weeks") == []  # what is said counts
    assert median_days(with_ends(sound, 3).people) == 4


def test_the_limit_of_short_contact_is_a_setting(sound):
    said = replace(sound, answers=sound.answers | {"contact_length": "6 weeks"})
    assert judge_suitability(said, make_spec(suitability={"short_contact_days": 60})).advice["rule"].tolist() == [
        "short_contact"
    ]


# Verdict and words


def test_the_verdict_and_its_status(tmp_path):
    asked = [row for row in ANSWERS if row[0] != "How participants were selected"]
    uploads = {
        READY: upload(tmp_path, name="ready.xlsx"),
        BLOCKED: upload(tmp_path, answers=asked, name="blocked.xlsx"),
        TOO_FEW: upload(tmp_path, n=59, name="few.xlsx"),
    }
    found = {verdict: check_upload(path, SPEC) for verdict, path in uploads.items()}
    assert {name: check.verdict for name, check in found.items()} == {name: name for name in uploads}
    assert [check.exit_status for check in found.values()] == [0, 2, 3]
    both = check_upload(upload(tmp_path, answers=asked, n=59), SPEC)
    assert (
        both.exit_status == 2 and "59 people have a record without a blocking fault; at least 60" in both.explanation()
    )


def test_it_is_said_when_corrections_would_be_enough(tmp_path):
    found = check_upload(upload(tmp_path, {"Gender": None}, {"Gender": None}, n=61), SPEC)
    assert found.verdict == TOO_FEW and "With them there would be enough." in found.explanation()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "the whole column"), ([5], "row 5"), ([5, 19], "rows 5 and 19"),
        (list(range(2, 8)), "rows 2, 3, 4, 5, 6 and 7"),
        (list(range(2, 1_246)), "rows 2, 3, 4, 5, 6, 7 and 1,238 more"),
    ],
)  # fmt: skip
def test_rows_in_words(rows, words):
    assert rows_in_words(rows) == words


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    """1,246 records with some 1,500 faults of many kinds, headings of its own and repeated people; and its copy."""
    folder = tmp_path_factory.mktemp("messy")
    faults = {5: {"Date_of_birth": None}, 7: {"Forename": "J."}, 11: {"Gender": "X"}, 3: {"PNC_id": "1985/0012345Q"}}
    faults |= {13: {"Service_start": "11/11/10"}, 4: {"Prison_number": "1234"}}
    records = []
    for i in range(1_200):
        changes = [fault for step, fault in faults.items() if i % step == 1]
        records.append(person(i, **{key: value for change in changes for key, value in change.items()}))
    clean = [i for i in range(1_200) if not any(i % step == 1 for step in faults)]
    records += [person(i, Service_start=D(2012, 5, 5)) for i in clean[:20]]
    records += [person(i, Surname=person(i)["Surname"] + "x") for i in clean[20:46]]
    rows = people_rows(records)
    rows[0] = ["Client ref", "First name", "Middle", "Surnmae", "DOB", "Sex", "PNC", "NOMS", "Start date", "End date"]
    rows[0] += ["Area", "Prison"]
    path = write_xlsx(folder / "messy.xlsx", rows, ANSWERS[:4])
    found = check_upload(path, SPEC, (D(2000, 1, 1), D(2012, 12, 31)))
    return found, path, marked_up_copy(path, found.submission, folder / "marked.xlsx")


def test_many_faults_fit_on_a_screen_or_two(messy):
    found, path, marked = messy
    words = terminal_words(found, marked, path.with_name("check.html"))
    lines = words.splitlines()
    assert len(found.submission.issues) > 900 and len(lines) < 100
    assert max(map(len, lines)) <= 100
    assert lines[0] == "[STOP] This upload cannot be submitted yet."
    order = [
        words.index(part) for part in ("What blocks the request", "left out until", "Please check", "What to expect")
    ]
    assert order == sorted(order)
    assert "240 records (rows 3, 8, 13, 18, 23, 28 and 234 more)" in words  # no date of birth
    assert "“Surnmae” was taken for Surname (by likeness): please check." in words
    assert "The same person, other dates: 20 groups, 40 records." in words
    assert "Nearly the same person: 26 groups, 52 records." in words


def test_json_holds_every_problem_and_every_group(messy):
    found, path, marked = messy
    values = json.loads(json.dumps(check_values(found, marked, path), default=str))
    assert len(values["issues"]) == len(found.submission.issues)
    assert values["exit_status"] == 2 and values["verdict"] == BLOCKED
    assert [row["case"] for row in values["forecast"]] == ["lowest", "median", "highest"]
    groups = {tuple(group["rows"]) for group in values["repeats"]}
    assert (2, 1202) in groups and len(groups) == found.submission.repeats["group"].nunique()
    assert values["data_period"] == ["2000-01-01", "2012-12-31"]


# The page


class Text(HTMLParser):
    """The text that a reader sees, and the tags on the way."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_page_says_what_the_terminal_says(messy):
    found, _, _ = messy
    page = check_page(found, TODAY)
    text = " ".join(Text(page).text.split())
    assert lint_html(page) == []
    assert found.title in text and found.explanation() in text
    assert f"{found.submission.n_people_ready:,} people without a blocking fault" in text
    assert "There is no date of birth." in text and "Rows 3, 8, 13, 18, 23, 28 and 234 more" in text
    assert "“DOB” as Date of birth" in text and "“Surnmae” as Surname (by likeness: please check)" in text
    assert "from 1 January 2000 to 31 December 2012" in text
    assert all(step in text for step in found.next_steps())
    groups = {tuple(rows) for rows in found.submission.repeats.groupby("group")["row"].agg(list)}
    assert all(", ".join(map(str, rows)) in text for rows in groups)  # it is the organisation's own


def test_the_page_holds_no_name_birthday_or_identifier(messy):
    found, _, _ = messy
    page, people = check_page(found, TODAY), found.submission.people
    names = {*people["forename"].dropna(), *people["surname"].dropna()} - {"J."}
    assert not [name for name in names if name in page]
    assert not [
        day for day in people["dob"].dropna().unique() if f"{day:%d/%m/%Y}" in page or f"{day:%Y-%m-%d}" in page
    ]


@pytest.mark.parametrize("change", [{}, {"Gender": None}])
def test_a_page_without_faults_or_with_one(tmp_path, change):
    found = check_upload(upload(tmp_path, change, n=300), SPEC)
    page = check_page(found, TODAY)
    assert lint_html(page) == []
    assert ("Which records are left out" in page) == bool(change) and "What to look at again" not in page
    assert "Nothing in the answers speaks against the method." in page and "more than once" not in page
    assert ("Check the corrected file again." in page) == bool(change)


def test_a_page_for_an_upload_without_a_sound_record(tmp_path):
    found = check_upload(upload(tmp_path, *[{"Gender": None}] * 62, n=62), SPEC)
    page = check_page(found, TODAY)
    assert lint_html(page) == [] and "nothing can be forecast yet" in page and '<svg viewBox="-4' not in page


# Hostile content

SCRIPT, FORMULA, LONG = "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "x" * 300
IMAGE = '"><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Names, headings, answers and sheets that hold scripts, formulas and long texts; a cell with a true formula."""
    folder = tmp_path_factory.mktemp("hostile")
    records = [person(i, **({"Forename": SCRIPT, "Surname": FORMULA} if i == 3 else {})) for i in range(70)]
    records[5] |= {"Forename": records[4]["Forename"], "Surname": records[4]["Surname"], "Region": FORMULA}
    records[5]["Date of birth"] = records[4]["Date of birth"]
    rows = people_rows(records)
    rows = [[*rows[0], SCRIPT, FORMULA, LONG, IMAGE], *([*row, FORMULA, "+1+1", "@SUM(A1)", IMAGE] for row in rows[1:])]
    answers = [
        *ANSWERS,
        ["Organisation", IMAGE + LONG],
        [SCRIPT, FORMULA],
        ["Description of the service", IMAGE + " drugs"],
    ]
    book = Workbook()
    book.remove(book.active)
    for name, lines in (("People", rows), ("Service", answers), ("<b>&=cmd", [[FORMULA]])):
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append([None] * len(line))
            for cell, value in zip(sheet[sheet.max_row], line, strict=True):
                cell.value = value
                cell.data_type = "s" if isinstance(value, str) else cell.data_type
    book["People"]["A9"] = "=1+1"  # typed as formulas, not as text
    book["People"]["Q9"] = FORMULA
    book.save(folder / "hostile.xlsx")
    found = check_upload(folder / "hostile.xlsx", SPEC)
    return found, marked_up_copy(folder / "hostile.xlsx", found.submission, folder / "marked.xlsx")


def test_the_page_of_a_hostile_upload_is_inert(hostile):
    page = check_page(hostile[0], TODAY)
    seen = Text(page)
    assert lint_html(page) == []  # no script, no handler, nothing that loads
    assert SCRIPT in seen.text and IMAGE in seen.text and LONG not in page
    assert {tag for tag, _ in seen.tags} <= {
        "html", "head", "meta", "title", "style", "body", "a", "header", "div", "h1", "h2", "p", "main", "svg",
        "circle", "path", "ul", "ol", "li", "b", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td",
        "figure", "figcaption",
        "desc", "rect", "text", "details", "summary", "span",
    }  # fmt: skip
    assert (
        "meta",
        {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"},
    ) in seen.tags


def test_the_marked_copy_of_a_hostile_upload_is_inert(hostile):
    book = load_workbook(hostile[1])
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert [cell.data_type for cell in cells if cell.value == FORMULA].count("s") >= 70
    assert REPEATS in book.sheetnames and book["<b>&=cmd"]["A1"].value == FORMULA


def test_the_terminal_shows_no_control_characters(tmp_path):
    rows = people_rows([person(i) for i in range(70)])
    rows[0] = [*rows[0], "\x1b[31mred\u202e"]
    found = check_upload(write_csv(tmp_path / "a.csv", rows, encoding="utf-8"), SPEC)
    words = terminal_words(found, tmp_path / "m.xlsx", tmp_path / "p.html")
    assert "[31mred" in words and "\x1b" not in words and "\u202e" not in words
    marked_up_copy(tmp_path / "a.csv", found.submission, tmp_path / "m.xlsx")
    assert load_workbook(tmp_path / "m.xlsx").sheetnames == [CORRECTIONS, "People", "Service"]


# The marked-up copy


def test_possible_repeats_have_a_sheet_with_a_colour_for_each_group(messy):
    found, _, marked = messy
    book = load_workbook(marked)
    sheet = book[REPEATS]
    assert book.sheetnames[:2] == [CORRECTIONS, REPEATS] and book.active.title == CORRECTIONS
    rows = list(sheet.iter_rows(min_row=2))
    assert [row[1].value for row in rows] == _in_order(found.submission.repeats)
    colours = pd.Series([row[0].fill.fgColor.rgb for row in rows]).groupby([row[0].value for row in rows])
    assert set(colours.nunique()) == {1} and colours.first().nunique() > 1
    first = rows[0]
    own = book["People"][first[1].value]
    assert (first[3].value, first[4].value) == (own[1].value, own[3].value)
    assert first[1].hyperlink.location == f"'People'!A{first[1].value}"


def _in_order(repeats: pd.DataFrame) -> list[int]:
    certain = repeats["kind"] == "the same person, other dates"
    return [*repeats.loc[~certain, "row"], *repeats.loc[certain, "row"]]


def test_a_corrected_copy_is_checked_again_without_its_old_marks(tmp_path):
    path = upload(tmp_path, {"Gender": None}, {"Gender": "X"}, n=80)
    first = marked_up_copy(path, read_submission(path, SPEC), tmp_path / "first.xlsx")
    book = load_workbook(first)
    assert book["People"]["F2"].comment and book["People"]["F3"].comment
    book["People"]["F2"] = "M"  # one of two is corrected
    book.save(first)
    second = load_workbook(marked_up_copy(first, read_submission(first, SPEC), tmp_path / "second.xlsx"))
    assert second["People"]["F2"].comment is None and second["People"]["F2"].fill.fill_type is None
    assert second["People"]["F3"].comment.text.count("This record is left out") == 1
    assert second.sheetnames == [CORRECTIONS, "People", "Service"]


# The command


def run(*arguments: str, folder: Path):
    with CliRunner().isolated_filesystem(temp_dir=folder):
        return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_the_command_needs_no_lab_and_writes_beside_the_upload(tmp_path):
    path = upload(tmp_path, {"Gender": None})
    done = run(path, folder=tmp_path)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "upload-check.html").is_file() and (tmp_path / "upload-marked.xlsx").is_file()
    last = " ".join(done.output.rpartition("\n\n")[2].split())
    assert last.startswith("Optional: once the lab has told you") and "--data-from and --data-to" in last


@pytest.mark.parametrize(("n", "answers", "status"), [(80, ANSWERS, 0), (59, ANSWERS, 3), (80, ANSWERS[:3], 2)])
def test_the_commands_exit_status(tmp_path, n, answers, status):
    done = run(upload(tmp_path, n=n, answers=answers), "--json", folder=tmp_path)
    assert done.exit_code == status == json.loads(done.output)["exit_status"]


def test_the_period_is_held_against_the_dates_of_the_service(tmp_path):
    path = upload(tmp_path, {"Service_start": D(2009, 12, 31)}, {"Service_start": D(2012, 1, 2)})
    told = run(path, "--data-from", "2010-01-01", "--data-to", "01/01/2012", "--json", folder=tmp_path)
    outside = [i["place"] for i in json.loads(told.output)["issues"] if "outside the period" in i["problem"]]
    assert "People, row 2, Service start" in outside and "People, row 3, Service start" in outside
    assert not [
        i for i in json.loads(run(path, "--json", folder=tmp_path).output)["issues"] if "outside" in i["problem"]
    ]
    wrong = run(path, "--data-from", "2013-01-01", "--data-to", "2012-01-01", folder=tmp_path)
    assert wrong.exit_code == 2 and "data_from must not lie after data_to" in wrong.output


def test_a_request_brings_its_settings_and_its_registers_period(in_lab, tmp_path):
    path = upload(tmp_path, {"Service_start": D(1980, 1, 1)})
    done = CliRunner().invoke(main, ["check", str(path), "--request", "foundation-2013", "--json"])
    values = json.loads(done.output)
    assert done.exit_code == 0 and values["data_period"][0] > "1980-01-01"
    assert [i["place"] for i in values["issues"] if "outside the period" in i["problem"]] == [
        "People, row 2, Service start"
    ]


def test_files_of_their_own(tmp_path):
    path = upload(tmp_path)
    for arguments in (("--marked", path), ("--page", path), ("--page", tmp_path / "a", "--marked", tmp_path / "a")):
        done = run(path, *arguments, folder=tmp_path)
        assert done.exit_code == 2 and "named twice" in done.output
    done = run(path, "--marked", tmp_path / "m.xlsx", "--page", tmp_path / "p.html", folder=tmp_path)
    assert done.exit_code == 0 and sorted(p.name for p in tmp_path.glob("*.*")) == ["m.xlsx", "p.html", "upload.xlsx"]


def test_a_place_that_cannot_be_written_to_ends_in_words(tmp_path):
    path = upload(tmp_path)
    done = run(path, "--page", path / "below-a-file.html", folder=tmp_path)
    assert done.exit_code == 2 and "cannot be written" in done.output and "--page" in done.output


def test_an_upload_that_cannot_be_read_ends_in_words(tmp_path):
    (tmp_path / "upload.xlsx").write_bytes(b"no workbook")
    done = run(tmp_path / "upload.xlsx", folder=tmp_path)
    assert done.exit_code == 2 and "damaged" in done.output and not list(tmp_path.glob("*.html"))


def test_nothing_is_written_if_the_page_is_at_fault(tmp_path, sound, monkeypatch):
    found = check_upload(upload(tmp_path), SPEC)
    monkeypatch.setattr("jdl_toolkit.precheck.page.lint_html", lambda page: ["a fault"])
    with pytest.raises(JDLError, match="a fault"):
        write_page(found, tmp_path / "p.html", TODAY)
    assert not (tmp_path / "p.html").exists()


def test_a_check_loads_no_more_than_it_needs():
    """Drawing, PDF, Jupyter and machine learning would triple the time that an organisation waits."""
    code = "import sys, jdl_toolkit.cli, jdl_toolkit.precheck.page, jdl_toolkit.precheck.terminal; "
    code += "print([m for m in ('matplotlib', 'scipy.stats', 'sklearn', 'nbformat', 'typst') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ten_thousand_records_are_checked_in_seconds(tmp_path):
    names = [f"{a}{b}{c}{d}" for a in "bcdfg" for b in "aeiou" for c in "lmnrst" for d in "aeiouxyzkpqw"]
    rows = people_rows([person(i, Forename=names[i % 1800], Surname=names[i // 6 % 1800]) for i in range(10_000)])
    path = write_csv(tmp_path / "a.csv", rows)
    began = time.process_time()
    found = check_upload(path, SPEC)
    page = check_page(found, TODAY)
    assert time.process_time() - began < 12  # about 2 s where the machine is idle
    assert len(found.submission.people) == 10_000 and len(page) < 300_000


def test_with_too_few_people_the_first_step_is_more_of_them_and_not_a_hint(tmp_path):
    check = check_upload(upload(tmp_path, n=59), SPEC)
    assert check.verdict == TOO_FEW
    assert check.next_steps()[0].startswith("Bring the people without a blocking fault to at least 60")
    assert not any("if you can" in step for step in check.next_steps())


@pytest.mark.parametrize(("n", "explained"), [(59, False), (80, True), (1_125, True)])
def test_reliably_is_explained_only_where_it_is_said(tmp_path, n, explained):
    check = check_upload(upload(tmp_path, n=n), SPEC)
    words = terminal_words(check, tmp_path / "m.xlsx", tmp_path / "p.html")
    assert ("“Reliably”" in words) == explained == ("“Reliably”" in check_page(check, TODAY))
