"""No number in a report that the findings do not hold, and none in another's place."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import examples
import invented
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from report_blocks import report_blocks

from jdl_toolkit import narrative, plots, render, tables
from jdl_toolkit.document import MIME, Words
from jdl_toolkit.findings import EstimatorRow
from jdl_toolkit.narrative.check import Checked, Checker, Passage, check_blocks, passages_of
from jdl_toolkit.render.printed import Misprints
from jdl_toolkit.render.report import titles

KINDS = {
    "whole": invented.whole_findings(),
    "rich": examples.several(),
    "increase": examples.findings(
        examples.measure(examples.ranged(0.002, 0.11)), examples.frequency(), examples.days()
    ),
    "not answered": invented.several().about("women"),
}


@pytest.fixture(scope="module")
def blocks():
    """What the notebook shows for each kind of findings."""
    return {kind: report_blocks(found) for kind, found in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_a_report_is_found(kind, blocks):
    assert len(blocks[kind]) > 5
    assert check_blocks(blocks[kind], KINDS[kind]) == Checked((), ())


PASSAGES = [narrative.finding, narrative.for_every_100, narrative.range_in_words, narrative.can_say]
PASSAGES += [narrative.what_could_be_detected, narrative.three_estimates]
POINTS = st.floats(-0.6, 0.6).map(lambda x: round(x, 5))


@settings(max_examples=30, deadline=None)
@given(POINTS, st.floats(0.0005, 0.2), POINTS, st.floats(0.001, 0.3), st.sampled_from([30, 257, 9_000]))
def test_no_true_number_is_called_foreign(best, se, of_frequency, se_of_frequency, n):
    rate = examples.measure(examples.estimate(best, se), n_treatment=n)
    found = examples.findings(rate, examples.frequency(examples.estimate(of_frequency, se_of_frequency)))
    said = [passage(found).to_json() for passage in PASSAGES]
    said += [tables.measures_table(found.analyses[0]).to_json(), tables.estimates_table(found.analyses[0]).to_json()]
    assert check_blocks(said, found).foreign == ()


@pytest.mark.parametrize(
    ("topics", "true", "planted"),
    [
        (("headline",), "Of 257 people, 33% reoffended. Of similar people, 35% would.", "35% reoffended, 33% would."),
        (("headline",), "Of 257 people, 33% reoffended.", "Of 258 people, 33% reoffended."),
        (("headline",), "Of every 100 people who received the service, 33 did; 35 would: 2 fewer.",
         "Of every 100 people who received the service, 33 did; 36 would: 2 fewer."),
        (("headline",), "could be 8 percentage points lower, or 4 higher", "4 percentage points lower, or 8 higher"),
        (("headline",), "33% of people", "33 percentage points"),
        (("measures",), "Proven reoffences per person: 0.91, against 1.02 expected, 0.11 fewer.",
         "Proven reoffences per person: 0.91, against 1.02 expected, 0.11 more."),
        (("flow",), "491 people: the most recent sentence", "492 people: the most recent sentence"),
        (("nothing",), "This is one.", "This is one of 257."),
    ],
)  # fmt: skip
def test_planted_faults(topics, true, planted):
    checker = Checker(examples.findings(), true + planted)
    said, wrong = Passage("", true, topics), Passage("", planted, topics)
    assert checker.foreign(said) == checker.misplaced(said) == []
    assert checker.foreign(wrong) or checker.misplaced(wrong)


def test_a_row_of_a_table_is_read_off_one_fact_in_its_order():
    found = KINDS["whole"]
    rows = [p for p in passages_of(tables.measures_table(found.analyses[0]).to_json()) if p.is_row]
    checker = Checker(found, "\n".join(p.text for p in rows))
    swapped = 0
    for row in rows:
        assert checker.foreign(row) == checker.misplaced(row) == []
        first, seen, expected, *rest = row.text.split(" | ")
        if seen != expected:
            swapped += 1
            assert checker.misplaced(replace(row, text=" | ".join((first, expected, seen, *rest))))
    assert swapped > 5


def test_ticks_of_an_axis_are_passed_over_and_other_figures_of_a_drawing_are_not(blocks):
    curve = next(b for b in blocks["whole"] if b["kind"] == "figure" and b["key"] == "power_curve")
    assert 'class="tick"' in curve["svg"]
    planted = curve | {"svg": curve["svg"].replace("</svg>", '<text x="1" y="1">77.7</text></svg>')}
    assert [fault for fault in check_blocks([planted], KINDS["whole"]).foreign if "77.7" in fault]


def drawn(shown, page, title="Title"):
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {MIME: b}} for b in shown]
    cell = {"cell_type": "code", "metadata": {}, "source": "", "execution_count": 1, "outputs": outputs}
    heading = {"cell_type": "markdown", "metadata": {}, "source": "## The finding"}
    notebook = {"cells": [heading, cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return render.to_html(json.loads(json.dumps(notebook)), title, "Received 12 August 2013.", page)


def test_the_drawn_page_is_read_back(blocks, tmp_path):
    found, shown, page = KINDS["whole"], blocks["whole"], tmp_path / "report.html"
    drawn(shown, page)
    assert render.misprints(shown, found, page) == Misprints((), ())
    text = page.read_text(encoding="utf-8")
    for true, planted in (("of the 257 people", "of the 258 people"), ("Of 257 people", "Of 527 people")):
        if true in text:
            page.write_text(text.replace(true, planted, 1), encoding="utf-8")
            assert render.misprints(shown, found, page).foreign
    page.write_text(text.replace("12 August 2013", "13 August 2013"), encoding="utf-8")
    assert any("13" in fault for fault in render.misprints(shown, found, page).foreign)


def test_a_title_is_no_misprint_of_a_text_that_differs_from_it_in_numbers_alone(tmp_path):
    """A bulletin's table names a source "Statistics: October 2024"; its own title is "Statistics: August 2013"."""
    found = KINDS["whole"]
    shown, page = [Words("Statistics: August 2024", ()).to_json()], tmp_path / "report.html"
    for title, foreign in (("Statistics: August 2013", ()), ("Statistics: August 2027", ("2027",))):
        drawn(shown, page, title)
        faults = render.misprints(shown, found, page).foreign
        assert {fault.split(" in ")[0].removeprefix("report.html: ") for fault in faults} == {*foreign}
    page.write_text(page.read_text(encoding="utf-8").replace("August 2024", "August 2013"), encoding="utf-8")
    assert any(
        "2013" in fault for fault in render.misprints(shown, found, page).foreign
    )  # a block's text is held to it


def test_an_error_that_prints_like_the_other_end_of_an_interval_is_in_its_place():
    """As 2.6 in “2.6 | −2.6 (−7.8 to 2.6)”: the standard error stands first, and the limit last."""
    same = examples.estimate(-0.026, 0.026)
    row = EstimatorRow(name="headline", label="Headline", scale="difference", estimate=same, why_not=None)
    found = examples.findings(examples.measure(same), analysis_changes={"estimators": (row,)})
    assert check_blocks([tables.estimators_table(found.analyses[0]).to_json()], found) == Checked((), ())


def test_what_an_organisation_writes_is_its_own():
    assert (
        list(passages_of({"kind": "inset", "title": "A", "text": "We saw 99% do well.", "rules": ["response"]})) == []
    )


def test_groups_that_look_alike_are_said_to_do_so():
    found = examples.findings()
    picture = plots.people_picture(0.284, 0.276).to_json() | {"caption": "", "alt": "", "svg": "", "data": []}
    assert "less than one of 100" in picture["note"]
    assert check_blocks([picture], found) == Checked((), ())


def test_a_share_of_those_found_is_known_where_how_many_were_sent_is_not_shown():
    """It stopped a report: 3 of 626 records left first, so that how many were received was withheld."""
    flow = examples.foundation_flow()
    first = flow[0].model_copy(update={"records_after": None, "secondary": ("records_after",)})
    found = examples.findings(analyses=(examples.analysis(flow=(first, *flow[1:])),))
    said = [narrative.who_is_in(found).to_json()]
    assert "were analysed (27% of the 938 different people found" in str(said)
    assert check_blocks(said, found) == Checked((), ())


def fixed_texts(folder):
    """Pieces of sentences with a digit that stand in the source of a package, but for its own documentation."""
    for file in sorted(Path(folder.__file__).parent.glob("*.py")):
        if file.name in ("check.py", "rules.py", "linkage.py") or file.name.startswith("facts"):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        bare = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for n in ast.walk(tree):
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in bare:
                if re.search(r"[a-z)] | [a-z(]", n.value) and re.search(r"\d", n.value) and n.value != "about 1":
                    yield n.value


@pytest.mark.parametrize("folder", [narrative, tables, plots], ids=lambda folder: folder.__name__)
def test_numbers_in_the_source_of_a_sentence_stop_no_report(folder):
    texts = list(fixed_texts(folder))
    checker = Checker(KINDS["rich"], "\n".join(texts))
    assert texts
    assert [text for text in texts if checker.foreign(Passage("", text, ("nothing",)))] == []


def named(found, name):
    """Findings in which everything that is named from outside has the same name."""
    analyses = tuple(a.model_copy(update={"title": name, "records": {name: (name, name)}}) for a in found.analyses)
    service, organisation = (x.model_copy(update={"name": name}) for x in (found.service, found.organisation))
    return found.model_copy(update={"analyses": analyses, "service": service, "organisation": organisation})


NAMES = "18+ 24/7/365 100% 24*7 1. -5 5–10 =1+1 5 1 0.5 1,000 7*7 **33** *9*".split()
NAMES += ["“20 20”", "50 %", "2\u202e0", "5\n6", "Route 5*5", "- 7", "# 8", "1; 2. 3", "5 people", '5"6', "2013" * 40]


def with_examples(test):
    for name in NAMES:
        test = example(name)(test)
    return test


@settings(max_examples=20, deadline=None)
@given(st.text("0123456789.,;:%*-−–+=/“” \u200b\n()aé", min_size=1, max_size=12))
@with_examples
def test_no_name_stops_a_report(name):
    if not name.strip(" \u200b\n"):
        return
    found = named(KINDS["rich"], name)
    shown = [narrative.finding(found), narrative.other_analyses(found), narrative.can_say(found)]
    shown += [narrative.what_was_done(found), tables.measures_table(found.analyses[0])]
    assert check_blocks([block.to_json() for block in shown], found) == Checked((), ())
    checker = Checker(found, " ".join(titles(found)))
    assert [checker.foreign(Passage("", text)) for text in titles(found)] == [[], []]


def test_a_name_hides_no_number_but_its_own():
    found = named(examples.findings(), "5")
    text = "The service 5 was given to 257 people, and 0.5, 5,000 or 5.1 are other numbers."
    assert Checker(found, text).foreign(Passage("", text, ("headline",))) == ["0.5", "5,000", "5.1"]


def test_the_order_is_looked_at_in_results_and_not_in_what_tells_of_a_figure():
    figure = {"kind": "figure", "key": "people_picture", "caption": "35% and 33%", "alt": "35% and 33%", "svg": ""}
    words = {"kind": "words", "text": "35% reoffended, 33% would.", "rules": ["rates"]}
    assert check_blocks([figure], examples.findings()) == Checked((), ())
    assert len(check_blocks([words], examples.findings()).misplaced) == 1
