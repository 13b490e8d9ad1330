"""Executed notebooks as pages for the second analyst: whole, honest about failures, and of nothing else than blocks."""

import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pypdf
import pytest
import yaml
from browser import assert_accessible, opened
from examples import findings
from IPython.core.formatters import DisplayFormatter
from pages import executed, output

from jdl_toolkit import render
from jdl_toolkit.blinding import MatchingLog
from jdl_toolkit.document import MIME, Inset, Table, Words
from jdl_toolkit.exploratory import MARK
from jdl_toolkit.lab import STAGES
from jdl_toolkit.manifest import Manifest
from jdl_toolkit.render import content, lint_html
from jdl_toolkit.render.code import highlighted
from jdl_toolkit.render.html import html_of
from jdl_toolkit.render.printed import _FRAME, _numbers, read_page
from jdl_toolkit.render.review import RESTRICTED, read_reviewed
from jdl_toolkit.render.standing import standing_of
from jdl_toolkit.result import Result
from jdl_toolkit.stage import RequestFolder
from jdl_toolkit.tables import plain_table, show_frames_as_tables

REQUEST = "made-up"
HOSTILE = "<script>alert(1)</script> \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe \\input{x} <img src=x onerror=y>"
COUNTS = Table("counts", "How many there were", ("Kind", "People"), (("found", "12"), (HOSTILE, "3")), "lr")


def markdown(source, **metadata):
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def code(source, *outputs):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": list(outputs), "execution_count": 1}


def notebook(*cells):
    title = markdown("# Matching\n\nWhat this stage is for.")
    return {"cells": [title, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


ERROR = {
    "output_type": "error",
    "ename": "KeyError",
    "evalue": "'Jane Doe, 1 May 1980'",
    "traceback": ["Jane Doe, 1 May 1980"],
}
PLAIN = notebook(
    markdown("## Who was found?"),
    code("counts  # shown", output(COUNTS)),
    markdown("## Is that enough?"),
    code("x = 1"),
)


@pytest.fixture
def folder(tmp_path):
    """A request that came to its outcomes; intake and linkage are of all, the rest of two analyses."""
    made = RequestFolder(tmp_path / REQUEST)
    made.root.mkdir()
    analyses = {"custody": {"title": "Released <b>from</b> custody"}, "community": {"title": ""}}
    (made.root / "spec.yml").write_text(yaml.safe_dump({"exploratory": False, "analyses": analyses}))
    inputs = [{"name": "upload.xlsx", "sha256": "ab" * 32}, {"name": "register", "sha256": "cd" * 32}]
    manifest = Manifest.new(made.manifest_file, REQUEST, "ef" * 32, inputs, 7)
    manifest.values |= {"synthetic": True, "status": "a gate is closed"}
    for minute, name in enumerate(("intake", "linkage", "matching/custody", "outcomes/custody")):
        done = {"status": "done", "gate": "passed", "reason": "", "seconds": 2.25}
        manifest.record_stage(name, **done, ended=f"2026-01-02T10:{minute:02}:00+00:00")
    closed = {"status": "done", "gate": "closed", "reason": "the worst is 4.7%", "ended": "2026-01-02T10:05:00+00:00"}
    manifest.record_stage("matching/community", **closed)
    manifest.record_event("balance accepted", "A. Statistician", "small <i>enough</i>", "2026-01-03", "custody")
    for stage in STAGES:
        for analysis in ("custody", "community") if stage in ("matching", "outcomes") else ("main",):
            if stage != "report" and (stage, analysis) != ("outcomes", "community"):
                write(made.executed(stage, analysis), PLAIN)
    passed = {"gate": "passed", "reason": ""}
    closing = passed | {"analyses": dict.fromkeys(analyses, passed)}
    made.closing("linkage").write_text(json.dumps(closing))
    rung = {"method": "radius", "caliper": 0.2, "n_matched": 257, "ess": 5785.2, "worst_smd": 0.047, "n_red": 3}
    log = MatchingLog(made.restricted)
    tries = [rung | {"chosen": True, "why": "3 are red"}, rung | {"what": "narrower calipers", "passes": False}]
    log.add("tried", "custody", "by hand", outcomes_were_open=True, changed=["matching.trim (none → 0.1)"], tries=tries)
    return made


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def drawn(folder):
    render.write_review(folder)
    return {path.name: path.read_text() for path in folder.review.iterdir()}


def test_every_stage_has_its_page_and_the_contents_lead_to_all(folder):
    pages = drawn(folder)
    names = ["01_intake", "02_linkage", "03_matching-custody", "03_matching-community", "04_outcomes-custody"]
    assert sorted(pages) == sorted([f"{name}.html" for name in names] + ["index.html"])
    for name, page in pages.items():
        assert lint_html(page) == [], name
        assert {link for link in re.findall(r'href="([^"#]+\.html)"', page)} >= set(pages) - {"index.html"}
        assert page.index(RESTRICTED) < page.index("<h1") and f'content: "{RESTRICTED}"' in page, "on screen, in print"
        assert content.INVENTED in page and MARK not in page
        assert "<span>community: not run</span>" in page
    first, second = pages["03_matching-custody.html"], pages["03_matching-community.html"]
    assert '<a rel="next" href="03_matching-community.html">' in first
    assert '<a rel="prev" href="03_matching-custody.html">' in second
    assert "Gate of this stage: closed" in second and "the worst is 4.7%" in second
    assert "Released &lt;b&gt;from&lt;/b&gt; custody" in first


def test_pages_are_accessible_in_a_browser(folder, browser):
    pages = drawn(folder)
    for name in ("index.html", "03_matching-community.html"):
        page = pages[name].replace("<details", "<details open")
        assert_accessible(browser, page)
    with opened(browser, page) as window:
        window.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        top = window.evaluate("document.querySelector('.banner').getBoundingClientRect().top")
        assert top == 0, "the mark stays on the screen"
        printed = window.pdf(prefer_css_page_size=True)
    texts = [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(printed)).pages]
    assert all(RESTRICTED in " ".join(text.split()) for text in texts), "and on every printed page"


def test_a_page_shows_questions_code_and_blocks(folder):
    page = drawn(folder)["01_intake.html"]
    assert "What this stage is for." in page and page.count("<h1") == 1
    assert re.findall(r"<h2 id=[^>]*>(.*?)</h2>", page)[-2:] == ["Who was found?", "Is that enough?"]
    assert page.count('<details class="code">') == 2 and "<summary>Code of cell 3</summary>" in page
    assert '<th scope="row" class="l">found</th>' in page and "<details open" not in page


def test_nothing_but_blocks_reaches_a_page(folder):
    bad = {"output_type": "display_data", "metadata": {}, "data": {MIME: {"kind": "figure", "svg": "<script/>"}}}
    drawing = {
        "kind": "figure",
        "key": "a",
        "caption": "b",
        "alt": "long enough to be a text",
        "svg": "<svg><script/></svg>",
    }
    write(
        folder.executed("intake"),
        notebook(
            markdown(f"## {HOSTILE}?"),
            code(
                f"print('{HOSTILE}')",
                {"output_type": "stream", "name": "stdout", "text": "Jane Doe in a stream"},
                {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>Jane Doe</b>"}},
                {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": "Jane Doe"}},
                {"output_type": "display_data"},
                output(Words(HOSTILE)),
                output(Inset("note", HOSTILE, HOSTILE)),
                output(Table("t", "", (HOSTILE,), ((HOSTILE,),))),
                bad,
            ),
        ),
    )
    write(folder.executed("linkage"), notebook(code("draw", output(COUNTS), bad | {"data": {MIME: drawing}})))
    pages = drawn(folder)
    for name in ("01_intake.html", "02_linkage.html"):
        assert lint_html(pages[name]) == []
        assert not re.search(r"Jane|<script|<img|\N{RIGHT-TO-LEFT OVERRIDE}", pages[name])
    page = pages["01_intake.html"]
    assert page.count("&lt;script&gt;alert(1)") >= 6, "as text"
    caption = re.search(r"<b>Table 1\.</b> (.*?)</span>", page)[1]
    assert "&lt;script&gt;" in caption, "a table without a caption has the question above it"
    assert "Something that cell 3 shows cannot be drawn" in page
    assert "This notebook cannot be drawn" in pages["02_linkage.html"], "a drawing that is none"


def test_a_failure_is_told_by_cell_and_class_never_by_its_text(folder):
    put_in = markdown('<span id="papermill-error-cell">An Exception</span>', tags=["papermill-error-cell-tag"])
    failed = notebook(markdown("## Who?"), put_in, code("people[0]", output(COUNTS), ERROR), code("never_run"))
    write(folder.executed("intake"), {**failed, "cells": [put_in, *failed["cells"]]})
    manifest = Manifest.read(folder.manifest_file)
    manifest.record_stage(
        "intake", status="failed", seconds=1.0, error="StageFailed", ended="2026-01-02T11:00:00+00:00"
    )
    page = drawn(folder)["01_intake.html"]
    assert "Cell 3 failed: KeyError" in page, "counted as the template counts"
    assert "How many there were" in page and "never_run" in page
    assert "Jane" not in page and "papermill" not in page and "An Exception" not in page
    assert "Gate of this stage: failed with StageFailed" in page


def test_a_stage_is_outdated_once_one_that_it_rests_on_ran_again(folder):
    before = {(run.stage, run.analysis): run.is_outdated for run in standing_of(folder).runs}
    assert not any(before.values())
    done = {"status": "done", "gate": "passed", "reason": "", "ended": "2026-01-02T10:04:00+00:00"}
    Manifest.read(folder.manifest_file).record_stage("matching/custody", **done)
    after = {(run.stage, run.analysis): run.is_outdated for run in standing_of(folder).runs}
    assert [key for key, outdated in after.items() if outdated] == [("outcomes", "custody")]
    pages = drawn(folder)
    assert "a stage that it rests on was run again since" in pages["04_outcomes-custody.html"]
    assert "passed, of an earlier run" in pages["index.html"]


def test_the_contents_say_what_was_run_decided_and_tried(folder):
    page = drawn(folder)["index.html"]
    shown = re.sub(r"<[^>]+>|\s+", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.S))
    shown = re.sub(r" +", " ", shown)
    assert "Matching: community closed the worst is 4.7% 2 January 2026, 10:05 UTC" in shown
    assert "Matching: Released &lt;b&gt;from&lt;/b&gt; custody passed" in shown
    assert "A. Statistician 2026-01-03 small &lt;i&gt;enough&lt;/i&gt;" in shown
    assert (
        "by hand, Released &lt;b&gt;from&lt;/b&gt; custody; outcomes were open already; otherwise than requested"
        in shown
    )
    assert "radius, caliper 0.2 257 5,785 4.7 3 used: 3 are red" in shown
    assert "narrower calipers 257 5,785 4.7 3 the gate would stay closed" in shown
    assert "jdl record made-up sign-off --by NAME" in shown and "ab" * 32 in shown
    assert "jdl record made-up &#39;balance accepted&#39; --analysis community --by NAME --reason TEXT" in shown
    assert all(
        f"<h3>{title}</h3>" in page for title in ("Intake", "Linkage and cohort", "Matching", "Outcomes", "Report")
    )


def test_a_spoilt_notebook_hides_no_other_and_pages_without_one_are_removed(folder):
    folder.executed("intake").write_text("{")
    folder.review.mkdir()
    (folder.review / "03_matching.html").write_text("of a run with one analysis")
    pages = drawn(folder)
    assert "This notebook cannot be drawn" in pages["01_intake.html"] and "03_matching.html" not in pages
    assert "How many there were" in pages["02_linkage.html"]


def test_before_anything_was_run_there_are_contents(tmp_path):
    made = RequestFolder(tmp_path / REQUEST)
    made.root.mkdir()
    (made.root / "spec.yml").write_text("analyses: {}\n")
    Manifest.new(made.manifest_file, REQUEST, "ef" * 32, [], 7).write()
    pages = drawn(made)
    assert list(pages) == ["index.html"] and lint_html(pages["index.html"]) == []
    assert pages["index.html"].count("not run") >= 5 and "Nothing was matched yet." in pages["index.html"]


def test_code_is_coloured_and_stays_what_it_was():
    source = 'x = f"{a}<b>"  # <script>\nfor i in range(3): pass & y'
    html = str(highlighted(source))
    assert "<script" not in html and '<span class="k">for</span>' in html
    text = re.sub(r"<[^>]+>", "", html)
    assert (
        text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&amp;", "&")
        .replace("&#39;", "'")
        == source
    )


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_of_code_can_be_read(scheme):
    css = "".join((render_templates() / name).read_text() for name in ("report.css", "code.css"))
    pale = re.findall(r"--pale: (#\w+)", css)[scheme]
    inks = [re.findall(rf"--{name}: (#\w+)", css)[scheme] for name in ("word", "text", "remark", "amount", "known")]
    assert all(contrast(ink, pale) >= 4.5 for ink in inks), {ink: round(contrast(ink, pale), 2) for ink in inks}


def render_templates():
    return Path(render.__file__).parent / "templates"


def contrast(one, other):
    """Of WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_report_carries_code_only_where_it_is_asked_for():
    notebook = executed(findings())
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    without, with_code = (html_of(content.read_report(notebook, "Title", with_code=asked)) for asked in (False, True))
    assert '<details class="code">' not in without and "narrative." not in without
    assert with_code.count('<details class="code">') == len(sources)
    labels = [text for text, _ in read_page(with_code) if text.startswith("Code of cell ")]
    assert len(labels) == len(sources)
    assert not any(_numbers(_FRAME.sub(" ", label)) for label in labels), (
        "numbers of cells are not held to the findings"
    )
    bare = re.sub(r'<details class="code">.*?</details>\n?', "", with_code, flags=re.S)
    assert re.findall(r"<h\d.*", bare) == re.findall(r"<h\d.*", without), "the same sections"
    assert lint_html(with_code) == []


def test_a_heading_with_nothing_but_code_below_is_left_out():
    parts = content.read_report(
        notebook(markdown("## Empty"), code("x"), markdown("## Full"), code("y", output(COUNTS))), "T", with_code=True
    ).parts
    assert [type(part).__name__ for part in parts] == ["Code", "Heading", "Code", "Table"]


def test_the_exporter_gives_the_same_parts():
    from jdl_toolkit.render.exporters import ReviewPage

    made = nbformat.from_dict(PLAIN)
    page, _ = ReviewPage(title="A notebook").from_notebook_node(made)
    assert '<h1 id="title">A notebook</h1>' in page and RESTRICTED in page and lint_html(page) == []
    assert page.count('<details class="code">') == sum(type(part).__name__ == "Code" for part in read_reviewed(PLAIN))


class Told(Result):
    def summary(self):
        return f"2 people <b>found</b>\n{HOSTILE}"


def test_frames_and_results_carry_blocks(monkeypatch):
    shell = SimpleNamespace(display_formatter=DisplayFormatter())
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    show_frames_as_tables()
    frame = pd.DataFrame({"n_records": [1200, 3], "share": [0.114, None]}, index=pd.Index(["a", HOSTILE], name="kind"))
    data, _ = shell.display_formatter.format(frame)
    assert data[MIME]["columns"] == ("Kind", "Number of records", "Share")
    assert data[MIME]["rows"][0] == ("a", "1,200", "0.11") and data[MIME]["rows"][1][1:] == ("3", "–")
    assert "<script" not in data["text/html"] and 'scope="row"' in data["text/html"]
    data, _ = shell.display_formatter.format(pd.Series([1, 2], name="n"))
    assert data[MIME]["rows"] == (("1",), ("2",))
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    shell.display_formatter.format(Told())
    data, _ = shell.display_formatter.format(*displayed)
    assert data[MIME]["kind"] == "words" and "<script" not in data["text/html"] and "<b>" not in data["text/html"]
    assert data["text/html"].count("<p>") == 2


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([1, 20_000], ["1", "20,000"]),
        ([0.012, 0.0011], ["0.012", "0.001"]),
        ([1.5, -22.26], ["1.5", "−22.3"]),
        ([1500.4, 2.0], ["1,500", "2"]),
        ([2.0, None], ["2", "–"]),
        ([True, False], ["yes", "no"]),
        (["", "a"], ["–", "a"]),
        (pd.to_datetime(["2020-01-02", None]), ["2 January 2020", "–"]),
        ([-0.001, 5.0], ["0.00", "5.00"]),
        ([float("inf"), 1.0], ["not available", "1"]),
    ],
)
def test_cells_are_printed_for_people(values, cells):
    table = plain_table(pd.DataFrame({"x": values}))
    assert [row[0] for row in table.rows] == cells


def test_a_plain_table_takes_columns_groups_and_says_what_it_leaves_out():
    frame = pd.DataFrame({"year": [2004, 2005], "n_people": [4, 7], "left_out": ["a", "b"]})
    table = plain_table(frame, "Index dates", {"n_people": "People"}, groups="year")
    assert (table.columns, table.rows, table.groups) == (("People",), (("4",), ("7",)), ("2004", "2005"))
    long = plain_table(pd.DataFrame({"a": range(1234)}))
    assert len(long.rows) == 100 and long.note == "The first 100 of 1,234 rows."
    assert plain_table(frame.head(0)).note == "There are none."
    twice = plain_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert twice.columns == ("A", "A") and twice.rows == (("1", "2"),)
