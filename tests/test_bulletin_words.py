"""The words of a bulletin: from what it is made of to rule and sentence, and every number held to it."""

from __future__ import annotations

import ast
import datetime as dt
import re
from functools import cache
from pathlib import Path

import bulletins
import examples
import pytest
from drawn_bulletin import blocks_of, bulletin_of
from test_cases import read_cases

from jdl_toolkit import run, tables, wording
from jdl_toolkit.narrative import bulletin as words
from jdl_toolkit.narrative.bulletin.naming import effect_of, limits
from jdl_toolkit.narrative.bulletin.new import report_of
from jdl_toolkit.narrative.rules import BULLETIN_RULES, BULLETIN_SHOWN
from jdl_toolkit.portfolio import Bulletin, Correction, PreRelease, PublishedResult, Source

NARRATIVE = Path(words.__file__).parent
PASSAGES = [
    getattr(words, name)
    for name in words.__all__
    if name not in ("check_bulletin", "counts", "figure_rows", "pooled_rows", "words_used")
]


def spoken(bulletin: Bulletin) -> dict[str, list[str]]:
    """Every sentence that any passage says of a bulletin, by its rule."""
    told: dict[str, list[str]] = {}
    say, item = wording.Passage.say, wording.Passage.item

    def said(self, rule, *sentences, new=False):
        told.setdefault(rule, []).append(" ".join(sentences))
        return say(self, rule, *sentences, new=new)

    def listed(self, rule, text):
        told.setdefault(rule, []).append(text)
        return item(self, rule, text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wording.Passage, "say", said)
        patch.setattr(wording.Passage, "item", listed)
        for passage in PASSAGES:
            passage(bulletin)
        words.words_used()
    return told


@cache
def spoken_of(text: str) -> dict[str, list[str]]:
    return spoken(bulletin_of(text))


CASES = read_cases("words-bulletin")


@pytest.mark.parametrize("case", CASES)
def test_words(case):
    assert case["words"] in spoken_of(case["bulletin"]).get(case["rule"], []), spoken_of(case["bulletin"]).get(
        case["rule"]
    )


def with_everything() -> list[Bulletin]:
    """The pilot year, and bulletins that reach the rules of seldom states."""
    pilot = bulletins.pilot_bulletin()
    row = pilot.results[0]
    correction = Correction(
        request=row.request, organisation=row.organisation, version=2, published=pilot.until, is_new=True,
        reason="A count was wrong.",
    )  # fmt: skip
    elsewhere = {"request": "lab-1", "source": Source.imported, "source_title": "Report 7", "is_new": False}
    rest = pilot.results[1:]
    again = row.model_copy(update={"version": 2, "is_correction": True, "is_new": True, "corrected_reason": "A count."})
    hidden = rest[0].model_copy(
        update={"verdict": None, "why_not": "fewer than 5 people reoffended", "is_new": True, "difference_pp": None}
    )
    imported = next(r for r in rest if r.is_conclusive).model_copy(update=elsewhere)
    changes = {"results": (again, hidden, *rest[1:], imported), "n_imported": 1, "corrections": (correction,)}
    changes |= {"version": 2, "reissue_reason": "A figure was wrong.", "pre_release": PreRelease(hours=24, people=())}
    assert rest[0].verdict == "reduction"
    fewer = {"reductions": pilot.counts.reductions - 1, "without_result": 1}
    changes |= {"counts": pilot.counts.model_copy(update=fewer)}
    changes |= {"pooling": pilot.pooling | {"n_left_out": 2}}
    feedback = bulletins.FEEDBACK
    few = feedback.model_copy(update={"n_answered": 2, "suppressed": True, "questions": ()})
    none_due = feedback.model_copy(update={"n_answered": 0, "n_due": 0})
    small = feedback.questions[0].model_copy(update={"counts": {"Yes": 8, "In part": None, "No": None}})
    withheld = feedback.model_copy(update={"questions": (small,)})
    found = [pilot.model_copy(update={"feedback": f}) for f in (few, none_due, withheld)]
    return [pilot, pilot.model_copy(update=changes), bulletins.pilot_bulletin("2013-10", None), *found]


@cache
def spoken_of_everything() -> list[dict[str, list[str]]]:
    return [spoken(bulletin) for bulletin in with_everything()]


def test_every_rule_is_registered_and_reached():
    named: set[str] = set()
    for path in NARRATIVE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("say", "item") and node.args:
                named |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    assert named <= BULLETIN_RULES.keys(), named - BULLETIN_RULES.keys()
    reached = {rule for told in spoken_of_everything() for rule in told}
    reached |= {rule for case in CASES for rule in spoken_of(case.values[0]["bulletin"])}
    assert reached == BULLETIN_RULES.keys(), reached ^ BULLETIN_RULES.keys()


def test_the_pilot_year_is_told_as_it_was_published():
    told = spoken_of_everything()[0]
    assert told["received"][0].endswith(
        "80 requests for an analysis. Of these, 57 have been published, 12 could not be answered, 1 was withdrawn by"
        " the organisation and 10 are in progress."
    )
    assert "**19** show a reduction" in told["verdicts"][0] and "**35** are inconclusive" in told["verdicts"][0]
    assert told["large_conclusive"] == ["15 of the 22 conclusive results are of more than 200 people."]
    assert (
        "of 30 people: Invented service 62 (Preventing Offender Accommodation Loss)" in told["smallest_conclusive"][0]
    )
    assert told["smallest_conclusive"][0].endswith(
        "with 95% confidence the true difference is between 1 and 38 percentage points lower."
    )
    assert "“Education and learning” has the largest share of reductions: 4 of 6." in told["largest_share_need"][0]
    assert told["expected_by_chance"][0].startswith("**57 results were tested at 5% each. About 3 of them")
    assert told["left_after_fdr"][0].endswith("**six are left**.")


def test_corrections_reissues_and_withheld_results_are_told():
    told = spoken_of_everything()[1]
    assert told["corrected"] == ["This is version 2: A count."]
    assert told["correction"][0].endswith("version 2, published 28 February 2014: A count was wrong.")
    assert told["result_withheld"] == ["The result cannot be shown: fewer than 5 people reoffended."]
    assert told["reissued"][0].startswith("This is version 2 of the bulletin")
    assert told["imported"][0].startswith("One result was published elsewhere and taken over as published. It is not")
    assert told["no_pre_release"] and "pre_release" not in told


def test_feedback_is_told_and_withheld():
    few, none_due, withheld = spoken_of_everything()[3:]
    assert few["answered"] == ["50 questionnaires were due back by 28 February 2014; 2 were returned (24%)."]
    assert "from five answers on" in few["answers_withheld"][0]
    assert none_due["none_due"] == ["No answer is due yet."]
    assert withheld["some_withheld"]


def test_a_prediction_interval_and_a_lack_of_spread_need_enough_results():
    """With three or four results a prediction interval is noise, and that they do not differ says little."""
    pilot = bulletins.pilot_bulletin()
    few = [p for p in pilot.pooled if p.estimate_pp is not None and p.k < 5]
    assert {p.level for p in few} == {"family", "multiple", "education"} and all(
        p.prediction_low_pp is None for p in few
    )
    enough = [p for p in pilot.pooled if p.k >= 5]
    assert all(p.prediction_low_pp < p.ci_low_pp and p.prediction_high_pp > p.ci_high_pp for p in enough)
    rows = {row[0]: row for row in tables.pooled_table(words.pooled_rows(pilot)).rows}
    assert rows["Family and relationships"][4:] == ("–", "too few to tell", "0.65")
    assert rows["Private"][4].startswith("−11.9") and rows["Private"][5] == "42%"
    settings = bulletins.pilot_settings(minimum_predicted=3)
    assert all(p.prediction_low_pp is not None for p in bulletins.pilot_bulletin(settings=settings).pooled if p.k > 2)
    assert tables.portfolio.too_few_to_tell(few[0]) and not tables.portfolio.too_few_to_tell(enough[0])
    clear = few[0].model_copy(update={"q_p_value": 0.01, "i_squared": 0.8})
    assert not tables.portfolio.too_few_to_tell(clear), "a spread that is clear is told, however few results there are"


def test_nothing_is_said_of_what_is_not_there():
    empty = bulletin_of("–", earlier_until=None)
    for passage in (words.by_need, words.by_sector, words.by_size, words.conclusive_by_size, words.frequency_only):
        assert passage(empty) is None
    assert words.pooled(empty) is None and words.by_chance(empty) is None and words.corrections(empty) is None
    assert words.new_results(empty) == [] and words.about_imported(empty) is None
    assert "first bulletin" in words.what_is_new(empty).text


def test_each_new_report_is_linked_in_the_version_that_stands():
    bulletin = bulletin_of("reduction; inconclusive")
    again = bulletin.results[1].model_copy(update={"version": 3, "analysis": "men", "title": "Men"})
    boxes = words.new_results(bulletin.model_copy(update={"results": (*bulletin.results, again)}))
    assert [box.links[0][1] for box in boxes] == [
        "../../released/case-1/1/report.html",
        "../../released/case-2/1/report.html",
        "../../released/case-2/3/men/report.html",
    ]
    assert len({box.title for box in boxes}) == 3


def test_a_link_leads_to_where_each_analysis_of_a_request_is_published():
    """The first analysis lies in the version's folder, whatever it is called; one called `main` may come second."""
    found = examples.several()
    north = found.analyses[1].model_copy(update={"id": "main"})
    found = found.model_copy(update={"analyses": (found.analyses[0], north, found.analyses[2])})
    one = bulletin_of("reduction")
    shown = [one.results[0].model_copy(update={"analysis": a.id, "title": a.title}) for a in found.analyses]
    bulletin = one.model_copy(update={"results": tuple(shown)})
    places = run._places(found, Path("../../released/case-1/1"))
    links = [report_of(result, bulletin) for result in shown]
    assert links == [str(places[result.analysis] / "report.html") for result in shown]
    assert [Path(link).parent.name for link in links] == ["1", "main", "custody"]


def test_the_range_of_a_list_is_short():
    row = PublishedResult.model_validate(
        bulletin_of("reduction −1 −1.4 −0.6").results[0].model_dump() | {"published": dt.date(2013, 10, 1)}
    )
    assert limits(effect_of(row)) == "about 1"


# --- every number comes from bulletin.json ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pilot():
    bulletin = with_everything()[1]
    return bulletin, blocks_of(bulletin)[0]


def test_every_number_is_of_the_bulletin(pilot):
    bulletin, blocks = pilot
    assert words.check_bulletin(blocks, bulletin).foreign == ()
    assert {b["key"] for b in blocks if "key" in b} == BULLETIN_SHOWN.keys()


@pytest.mark.parametrize(
    ("rule", "wrong", "instead"),
    [
        ("received", "57 have", "56 have"),
        ("large_conclusive", "15 of", "16 of"),
        ("expected_by_chance", "About 3 ", "About 4 "),
        ("pooled_together", " 14,469 ", " 14,496 "),
        ("below_500", "54 of", "55 of"),
        ("answered", "50 quest", "51 quest"),
        ("left_when_judged_together", "all 57 tests", "all 58 tests"),
        ("left_when_judged_together", "22 concl", "23 concl"),
    ],
)
def test_a_count_from_elsewhere_is_found(rule, wrong, instead):
    bulletin = bulletins.pilot_bulletin()
    functions = (words.summary, words.conclusive_by_size, words.by_chance, words.pooled, words.by_size, words.feedback)
    (block,) = (b for b in (f(bulletin).to_json() for f in functions) if rule in b["rules"])
    assert wrong in block["text"] and words.check_bulletin([block], bulletin).foreign == ()
    (found,) = words.check_bulletin([block | {"text": block["text"].replace(wrong, instead)}], bulletin).foreign
    assert re.search(r"[\d,]*\d", instead)[0] in found.partition(" in ")[0].split(", ")


SEVERAL = "reduction −20 −38 −1 of 30; reduction −6 −11 −2 of 1,750; increase 9 1 16 of 173; 2 inconclusive"


@pytest.mark.parametrize(
    ("function", "wrong", "instead"),
    [
        (words.key_findings, "1,750 people: 6", "1,750 people: 20"),
        (words.conclusive_by_size, "between 1 and 38", "between 7 and 38"),
        (words.key_findings, "Trust C), 173", "Trust C), 30"),
    ],
)
def test_a_figure_of_another_service_is_found(function, wrong, instead):
    bulletin = bulletin_of(SEVERAL)
    block = function(bulletin).to_json()
    assert wrong in block["text"] and words.check_bulletin([block], bulletin).foreign == ()
    assert words.check_bulletin([block | {"text": block["text"].replace(wrong, instead)}], bulletin).foreign


def test_a_row_or_a_box_with_the_figures_of_another_service_is_found():
    bulletin = bulletin_of(SEVERAL)
    table = tables.requests_table(bulletin.requests, bulletin.of_this_lab).to_json()
    assert words.check_bulletin([table], bulletin).foreign == ()
    rows = [list(row) for row in table["rows"]]
    rows[0][4], rows[1][4] = rows[1][4], rows[0][4]
    found = words.check_bulletin([table | {"rows": rows}], bulletin).foreign
    assert [fault.split(" in ")[0] for fault in found] == ["1,750", "30"]
    box, other = (box.to_json() for box in words.new_results(bulletin)[:2])
    assert words.check_bulletin([box, other], bulletin).foreign == ()
    assert words.check_bulletin([box | {"text": other["text"]}], bulletin).foreign
