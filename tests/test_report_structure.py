"""The order of a report's sections, what its part for everybody says, and what the organisation says of it."""

import datetime as dt
import io
import re
from functools import cache

import examples
import invented
import pypdf
import pytest
from pages import executed

from jdl_toolkit import narrative
from jdl_toolkit.findings import Draft
from jdl_toolkit.markup import clean
from jdl_toolkit.narrative import guide
from jdl_toolkit.render.content import Box, Figure, Glossary, Heading, Prose, Table, read_report
from jdl_toolkit.render.pdf import pdf_of

FOR_EVERYBODY = [
    "The finding",
    "What was done, and for whom",
    "The results, for every 100 people",
    "How sure can we be?",
    "What you can say, and what you cannot",
    "What could have been detected, and how many people would settle it?",
    "Who is in the analysis?",
]
FOR_REVIEWERS = [
    "For statisticians and reviewers",
    "How alike were the two groups?",
    "Every result in tables",
    "Would another analysis have said otherwise?",
    "Does the result differ between groups of people?",
    "How the analysis was made",
    "What to bear in mind",
    "The organisation's response",
    "Words used in this report",
    "Where these numbers come from",
]
NOT_ANSWERED = [
    "The finding",
    "When and how the request could be answered",
    "Who was sent, and who was lost?",
    "The organisation's response",
    "Words used in this report",
    "Where these numbers come from",
]
#: What only a statistician would say, and no glossary explains.
STATISTICIANS = (
    r"SMD|H[áa]jek|Welch|Student|t-test|AIPW|HC\d|logit|covariates?|estimators?|standard (deviation|error)|two-sided|"
    r"regression|Bonferroni|hazard|odds|bootstrap|null hypothesis|statistically|significan\w+|degrees of freedom|"
    r"doubly robust|outcome model|weighted means?|propensity|calipers?|E-values?|Rosenbaum|heterogeneity|variance|"
    r"psmatch\d?|g-computation|entropy|α|σ|λ|Γ"
)
WEIGHTED = examples.analysis().matching.model_copy(
    update={"method": "overlap", "caliper_sd": None, "caliper_raw": None, "calipers_tried": ()}
)
REPORTS = {
    "whole": invented.whole_findings(),
    "several": invented.several(),
    "reduction": examples.findings(examples.measure(examples.ranged(-0.38, -0.01))),
    "overlap weights": examples.findings(analysis_changes={"matching": WEIGHTED}),
    "withheld": examples.findings(examples.withheld(), examples.withheld(key="frequency", label="Frequency")),
}


@pytest.fixture(params=REPORTS)
def report(request):
    return request.param, read(request.param)


@cache
def read(name):
    return read_report(executed(REPORTS[name]), "A report")


def headings(parts, level=2):
    return [part.text for part in parts if isinstance(part, Heading) and part.level == level]


def for_everybody(report):
    """The parts before the divide."""
    texts = [part.text if isinstance(part, Heading) else "" for part in report.parts]
    return report.parts[: texts.index(FOR_REVIEWERS[0])]


def text_of(part):
    match part:
        case Heading():
            return part.text
        case Prose():
            return _words(part.blocks)
        case Box():
            return f"{part.title}\n{_words(part.blocks)}"
        case Table():
            block = part.block
            return "\n".join([block.caption, *block.columns, *(c for r in block.rows for c in r), block.note])
        case Figure():
            return f"{part.block.caption}\n{part.block.note}"
    return ""


def _words(nodes):
    if isinstance(nodes, dict):
        return str(nodes.get("text", "")) + _words([v for v in nodes.values() if isinstance(v, list)])
    return "\n".join(_words(node) for node in nodes)


def test_sections_stand_in_the_agreed_order(report):
    name, parts = report[0], report[1].parts
    expected = FOR_EVERYBODY + FOR_REVIEWERS
    lacking = {"Does the result differ between groups of people?", "Would another analysis have said otherwise?"}
    found = headings(parts)
    assert found == [h for h in expected if h in found or h not in lacking]
    assert name != "whole" or found == expected


def test_the_sections_that_are_pointed_to_are_there(report):
    found = headings(report[1].parts)
    for name in (guide.LAST_FOR_EVERYBODY, guide.CAVEATS, guide.RESPONSE, guide.GLOSSARY_HEADING):
        assert name in found
    assert found.index(guide.LAST_FOR_EVERYBODY) == len(FOR_EVERYBODY) - 1
    quoted = re.findall(r"“([^”]+)” (?:names|counts)", "\n".join(map(text_of, report[1].parts)))
    assert set(quoted) <= {*found, *headings(report[1].parts, 3)}


def test_the_divide_says_that_one_may_stop_and_stands_directly_below_its_heading(report):
    parts = report[1].parts
    divide = next(i for i, part in enumerate(parts) if isinstance(part, Heading) and part.text == FOR_REVIEWERS[0])
    box = parts[divide + 1]
    assert isinstance(box, Box) and box.title == "You can stop here"
    assert isinstance(parts[divide + 2], Heading)


def test_the_part_for_everybody_uses_no_statisticians_word(report):
    for part in for_everybody(report[1]):
        said = re.search(rf"\b({STATISTICIANS})\b", text_of(part), re.IGNORECASE)
        assert said is None, f"{said[0]!r} in: {text_of(part)[:300]}"


def test_the_part_for_everybody_has_few_tables_and_the_rest_has_every_result():
    parts = read("whole")
    first = [part.block.key for part in for_everybody(parts) if isinstance(part, Table | Figure)]
    assert first == ["people_picture", "measure_differences", "power", "power_curve", "flow_chart"]
    every = {part.block.key for part in parts.parts if isinstance(part, Table | Figure)}
    assert every >= {
        "profile", "love_plot", "balance", "overlap", "measures", "estimates", "survival", "time_to_event",
        "follow_up", "estimators", "robustness", "hidden_bias", "hidden_bias_bounds", "subgroups",
        "subgroup_differences", "flow", "flow_parts", "linkage", "provenance", "settings",
    }  # fmt: skip


def test_no_long_sentence_is_said_twice():
    parts = read("whole").parts
    texts = [text_of(part) for part in parts if not isinstance(part, Glossary)]
    sentences = [s for text in texts for s in re.split(r"(?<=[.:])\s", text) if len(s) > 150]
    assert len(sentences) > 20 and len(sentences) == len(set(sentences))


def test_a_report_without_a_result_says_first_what_would_help():
    parts = read_report(executed(examples.unanswered()), "A report").parts
    assert headings(parts) == NOT_ANSWERED
    help_ = text_of(parts[headings_at(parts, NOT_ANSWERED[1]) + 1])
    assert "at least 30 people" in help_ and "More people" in help_
    tables = [part.block.key for part in parts if isinstance(part, Table)]
    assert tables.count("provenance") == 1 and tables.count("settings") == 1


def headings_at(parts, text):
    return next(i for i, part in enumerate(parts) if isinstance(part, Heading) and part.text == text)


# --- the organisation's response -------------------------------------------------------------------------------------


def test_a_response_is_printed_as_the_organisations_own_words_in_paragraphs():
    words = "We are *glad*.\n\n# Not a heading <b>x</b>\nand on.\n\n- one\n- **two**\n\n-5 points is little.\r\n\r\nEnd"
    found = examples.findings(organisation_response=words)
    said = narrative.organisation_response(found)
    assert (said.tone, said.title) == ("note", "Foundation says of this report")
    assert clean(said.text).split("\n\n") == [
        "These are the words of Foundation, printed as plain text. We have not checked them.",
        "We are *glad*.",
        "# Not a heading <b>x</b> and on.",
        "• one",
        "• **two**",
        "−5 points is little.",
        "End",
    ]
    assert said.rules == ("response_unchecked", "response")
    assert "&lt;b&gt;x" in said.to_html() and "<b>" not in said.to_html() and "<strong>two" not in said.to_html()


@pytest.mark.parametrize(
    ("draft", "rules", "words"),
    [
        (None, ("no_response",), "No response by Foundation is part of this report."),
        (Draft(), ("response_not_asked", "response_printed"), "is yet to be asked to comment on. It will be printed"),
        (
            Draft(sent=dt.date(2013, 10, 1), respond_by=dt.date(2013, 10, 29)),
            ("response_awaited", "response_printed"),
            "a draft, sent to Foundation on 1 October 2013. What Foundation says of this report is awaited until"
            " 29 October 2013. It will be printed here",
        ),
        (Draft(respond_by=dt.date(2013, 10, 29)), ("response_awaited", "response_printed"), "a draft. What Foundation"),
    ],
)
@pytest.mark.parametrize("response", [None, "", " \n\n "])
def test_what_a_reader_should_know_where_there_is_no_response_yet(draft, rules, words, response):
    said = narrative.organisation_response(examples.findings(draft=draft, organisation_response=response))
    assert said.rules == rules and words in said.text


def test_the_report_with_everything_is_no_longer_than_its_readers_bear():
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_of(read("whole")))).pages]
    stop = next(number for number, text in enumerate(pages, start=1) if "You can stop here" in text)
    assert stop <= 8 and len(pages) <= 24
