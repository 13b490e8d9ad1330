"""Who left at which step, and what could bring them back, in words."""

import invented
import pytest
from examples import findings, steps, unanswered

from jdl_toolkit import narrative
from jdl_toolkit.findings import Detail


def test_the_published_flow_in_words():
    """Source: worked example of the pilot-year document, 1,246 records to 257 people."""
    text = narrative.who_is_in(findings()).text
    assert text.startswith("Foundation sent 1,246 records.")
    lines = [line.split(":")[0] for line in text.split("\n") if line.startswith("- ")]
    published = ["6 records", "81 records", "34 records", "187 records", "22 people", "491 people", "69 people"]
    assert lines[:9] == [f"- {words}" for words in (*published, "9 people", "90 people")]
    assert "(the service started within 6 months of that sentence: 251)" in text
    assert (
        "In the end, 257 people remained and were analysed (21% of the records sent, 27% of the 938 different people"
        " found with a conviction)." in text
    )
    assert "sentence: 251). **Another way**: An analysis of these kinds of sentence." in text
    assert "fewer than" not in text and "- 0 " not in text


@pytest.mark.parametrize(
    ("left", "secondary", "words"),
    [
        (1, (), "- 1 person: "),
        (7, (), "- 7 people: "),
        (None, (), "- Fewer than 5 people: "),
        (None, ("records_excluded",), "- A withheld number of people: "),
    ],
)
def test_one_several_few_or_withheld(left, secondary, words):
    flow = steps(100, (5, 7))
    flow = (flow[0], flow[1].model_copy(update={"records_excluded": left, "secondary": secondary}))
    found = narrative.who_is_in(findings(analysis_changes={"flow": flow}))
    assert words in found.text
    assert ("withheld_counts" in found.rules) == (left is None)


def test_withheld_details_and_remaining_people():
    details = (Detail(label="fine", records=None), Detail(label="caution", records=None, secondary=True))
    left, last = steps(100, (6, 60))[1], steps(100, (6, 60))[1]
    flow = (steps(100)[0], left.model_copy(update={"details": details}))
    assert (
        "(fine: fewer than 5; caution: withheld)" in narrative.who_is_in(findings(analysis_changes={"flow": flow})).text
    )
    flow = (steps(100)[0], last.model_copy(update={"records_after": None, "secondary": ("records_after",)}))
    assert (
        "How many people remained in the end is not shown"
        in narrative.who_is_in(findings(analysis_changes={"flow": flow})).text
    )


def test_nobody_left_nothing_to_list():
    found = narrative.who_is_in(findings(analysis_changes={"flow": steps(70)}))
    assert "In the end, 70 people remained and were analysed (100% of the records sent)." in found.text
    assert "left" not in found.rules and "why_strict" not in found.rules


def test_the_flow_of_an_analysis_begins_with_the_records_of_other_parts():
    text = narrative.who_is_in(invented.several().about("custody")).text
    takes = "this analysis takes records with the region Wales or London"
    line = next(line for line in text.split("\n") if line.startswith("- 600 records"))
    assert line.endswith(f": the record belongs to another part of this request ({takes}).")  # their own reports tell


def test_details_are_told_once_and_small_ones_together():
    def said(*details, left=50):
        step = steps(100, (6, 50))[1].model_copy(update={"details": details, "records_excluded": left})
        text = narrative.who_is_in(findings(analysis_changes={"flow": (steps(100)[0], step)})).text
        return text.split("outside this analysis")[1].split(".")[0]

    def detail(label, records, secondary=False):
        return Detail(label=label, records=records, secondary=secondary)

    assert said(detail("fine", 50)) == ""
    assert said(detail("fine", 30), detail("caution", 20), detail("fine: early", 9)) == " (fine: 30; caution: 20)"
    few = [detail("caution", None), detail("youth sentence", None)]
    assert said(detail("fine", 45), *few) == " (fine: 45; caution and youth sentence: fewer than 5 each)"
    assert said(detail("fine", None, True), few[0]) == " (caution: fewer than 5; fine: withheld)"
    assert said(detail("fine", 50), detail("caution", 0)) == ""
    assert said(detail("fine", None)) == ""
    assert (
        said(detail("fine", 45), few[0], detail("of which early", None, True)) == " (fine: 45; caution: fewer than 5)"
    )


@pytest.mark.parametrize(
    ("left", "counts", "is_offered"),
    [
        (30, ((None, True), (None, True), (None, False)), False),  # 28 of one kind at the most
        (34, ((None, True), (None, True), (None, False)), True),
        (40, ((29, False), (11, False)), False),
        (40, ((30, False), (10, False)), True),
        (4, ((None, False),), False),
    ],
)
def test_other_sentences_are_offered_only_if_they_could_be_enough(left, counts, is_offered):
    details = tuple(Detail(label=f"kind {'abc'[i]}", records=n, secondary=s) for i, (n, s) in enumerate(counts))
    step = steps(1000, (6, left))[1].model_copy(update={"details": details, "could": ""})
    found = narrative.who_is_in(findings(analysis_changes={"flow": (steps(1000)[0], step)}))
    assert ("A further analysis, with a comparison group of its own" in found.text) == is_offered
    assert ("another_way" in found.rules) == is_offered


def test_a_step_of_other_analyses_is_told_in_plain_english():
    found = invented.several().about("custody")
    received, step = found.analyses[0].flow[:2]
    label = "the record belongs to another part of this request, not to Mentoring or Housing and Lantern House"
    flow = (received, step.model_copy(update={"code": 0, "label": label}))
    records = {"region": ("A", "B"), "provider": ("C",)}
    text = narrative.who_is_in(found, found.analyses[0].model_copy(update={"flow": flow, "records": records})).text
    takes = "(this analysis takes records with the region A or B, and with the provider C)"
    assert f"the record belongs to another part of this request {takes}." in text and "not to" not in text


@pytest.mark.parametrize(
    ("code", "left", "secondary", "could", "words"),
    [
        (7, 12, (), "Their outcomes could be analysed from spring 2015.", "12 people: "),
        (7, 1, (), "Their outcomes could be analysed later", "1 person: "),
        (7, None, (), "Their outcomes could be analysed later.", "Fewer than 5 people: "),
        (7, None, ("records_excluded",), "Some may.", "A withheld number of people: "),
        (1, 1, (), "PNC ids would help.", "1 record: "),
    ],
)
def test_who_could_be_analysed_another_way_stands_behind_the_reason(code, left, secondary, could, words):
    step = steps(1000, (code, 7))[1]
    step = step.model_copy(update={"records_excluded": left, "secondary": secondary, "could": could})
    found = findings(analysis_changes={"flow": (steps(1000)[0], step)})
    said = narrative.who_is_in(found)
    line = next(line for line in said.text.split("\n") if line.startswith("- "))
    assert line.startswith(f"- {words}") and line.endswith(f". **Another way**: {could.rstrip('.')}.")
    assert "another_way" in said.rules and narrative.check_numbers(said.text.replace("2015", ""), found) == []


@pytest.mark.parametrize(("code", "left"), [(0, 40), (4, 40), (6, 0)])
def test_repeats_other_analyses_and_steps_at_which_nobody_left_have_no_other_way(code, left):
    step = steps(1000, (code, left))[1].model_copy(update={"could": "They could be."})
    said = narrative.who_is_in(findings(analysis_changes={"flow": (steps(1000)[0], step)}))
    assert "Another way" not in said.text and "another_way" not in said.rules


def test_kinds_of_sentence_are_named_once_with_their_counts_and_what_to_ask_for():
    kinds = (("fine", 301, False), ("custody", 120, False), ("caution", None, False), ("youth sentence", None, True))
    details = tuple(Detail(label=label, records=n, secondary=secondary) for label, n, secondary in kinds)
    could = "Numerous enough for an analysis of their own are fines."
    step = steps(1000, (6, 491))[1].model_copy(update={"details": details, "could": could})
    found = findings(analysis_changes={"flow": (steps(1000)[0], step)})
    text = narrative.who_is_in(found).text
    assert (
        "(fine: 301; custody: 120; caution: fewer than 5; youth sentence: withheld). **Another way**: Numerous enough"
        " for an analysis of their own are fines. A further analysis, with a comparison group of its own, can be asked"
        " for by kind of sentence; it needs at least 30 people who can be compared."
    ) in text
    assert text.count("301") == 1 and narrative.check_numbers(text, found) == []


def test_a_request_without_a_result_says_first_what_would_help_the_most_first():
    flow = steps(80, (2, 20), (5, 39), (10, 0))
    could = {2: "Some may be found.", 5: "Exact dates would help.", 10: "A wider window."}
    flow = tuple(s.model_copy(update={"could": could.get(s.code, "")}) for s in flow)
    found = unanswered()
    first = found.analyses[0].model_copy(update={"flow": flow})
    found = found.model_copy(update={"analyses": (first,)})
    said = narrative.what_would_help(found)
    assert said.text.startswith(
        "An analysis needs at least 30 people who remain after every step and can be compared with others; this time,"
        " 21 did. A new request"
    )
    assert [line.split("**")[1] for line in said.text.split("\n") if line.startswith("- ")] == [
        "More people", "39 people", "20 records",
    ]  # fmt: skip
    assert "**39 people** (no relevant sentence was found before the service started): Exact dates would" in said.text
    assert said.rules == ("needed", "more_people", "could_help")
    assert narrative.check_numbers(said.text, found) == []
    assert "Another way" not in narrative.who_is_in(found).text, "it is said once"
    nobody = found.model_copy(update={"analyses": ()})
    assert "needed" in narrative.what_would_help(nobody).rules
