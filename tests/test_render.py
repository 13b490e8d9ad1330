"""Reports: only what is allowed is shown, text stays text, pages are accessible, the same bytes each time."""

import io
import json
import re

import invented
import pypdf
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from jdl_toolkit import plots, tables
from jdl_toolkit.document import MIME, Figure, Inset, Table, Words
from jdl_toolkit.errors import JDLError
from jdl_toolkit.exploratory import MARK
from jdl_toolkit.markup import REPLACEMENT
from jdl_toolkit.render import content, lint_html, to_html, to_pdf, write_figures
from jdl_toolkit.render.content import INVENTED, Heading, Prose, read_report
from jdl_toolkit.render.drawing import parse
from jdl_toolkit.render.files import read_figures, to_csv
from jdl_toolkit.render.html import html_of
from jdl_toolkit.render.pdf import LANDSCAPE_WIDTH, TEXT_WIDTH, column_widths, pdf_of
from jdl_toolkit.render.report import titles
from jdl_toolkit.typeface import printable

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40">{}</svg>'
HOSTILE = (
    '</title></style><script>alert(1)</script><img src=x onerror="alert(2)"> #import "x" $a$ '
    "\\ *b* _c_ [d] @e {{7*7}} &amp;"
)


def markdown(source, tags=()):
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)}, "source": source}


def shown(*blocks, tags=()):
    outputs = [{"output_type": "display_data", "metadata": {}, "data": b._repr_mimebundle_()} for b in blocks]
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "execution_count": 1,
        "source": "SECRET = 1",
        "outputs": outputs,
    }


def notebook(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


LINE = SVG.format('<g id="a"><path d="M0 0L9 9"/></g>')


def figure(key="drawn", svg=LINE, **changes):
    values = {"caption": "A caption", "alt": "A line that falls from left to right", "data": ({"x": 1, "y": None},)}
    return Figure(key, svg=svg, **(values | changes))


def table(key="counted", rows=(("one", "1"),), **changes):
    return Table(key, **({"caption": "A caption", "columns": ("What", "n"), "rows": rows, "align": "lr"} | changes))


def whole():
    """A notebook with everything that a report may hold."""
    findings = invented.findings()
    (analysis,) = findings.analyses
    rate = analysis.measures[0]
    return notebook(
        markdown("# The notebook's own title\n\nA remark for the lab."),
        markdown("## What was found"),
        shown(Inset("finding", "Reoffending was lower", "It was **33%**.\n\n- one\n- two")),
        shown(plots.people_picture(rate.treatment_value, rate.control_value_adjusted)),
        markdown("## What was measured\n\nIn *both* groups."),
        shown(tables.measures_table(analysis), plots.estimates_plot(rate), Words("As **said**.")),
        markdown("### How precisely"),
        shown(tables.power_table(analysis), plots.power_curve(analysis.power)),
        markdown("## Who is in it"),
        shown(plots.flow_chart(analysis.flow), tables.flow_table(analysis.flow), tables.settings_table(findings)),
        shown(plots.love_plot(analysis.balance.rows), plots.overlap(analysis.overlap)),
        jdl_toolkit={"synthetic": True},
    )


@pytest.fixture(scope="module")
def report():
    return read_report(whole(), "Supported housing", "A report")


@pytest.fixture(scope="module")
def html(report):
    return html_of(report)


@pytest.fixture(scope="module")
def pdf(report):
    return pypdf.PdfReader(io.BytesIO(pdf_of(report)))


def text_of(pdf):
    return "\n".join(page.extract_text() for page in pdf.pages)


# --- parts -----------------------------------------------------------------------------------------------------------


def test_nothing_but_markdown_and_bundles_becomes_a_part():
    leaky = shown(Words("Public words."))
    leaky["outputs"] += [
        {"output_type": "stream", "name": "stdout", "text": "SECRET print"},
        {
            "output_type": "execute_result",
            "metadata": {},
            "data": {"text/plain": "SECRET", "text/html": "<b>SECRET</b>"},
        },
        {"output_type": "error", "ename": "KeyError", "evalue": "SECRET", "traceback": ["SECRET"]},
        {"output_type": "update_display_data", "metadata": {}, "data": {MIME: {"kind": "words", "text": "SECRET"}}},
    ]
    raw = {"cell_type": "raw", "metadata": {}, "source": "SECRET"}
    report = read_report(notebook(leaky, raw), "T")
    assert [type(part) for part in report.parts] == [Prose]
    assert "Public words." in html_of(report) and "SECRET" not in html_of(report)
    extracted = text_of(pypdf.PdfReader(io.BytesIO(pdf_of(report))))
    assert "Public words." in extracted and "SECRET" not in extracted


def test_the_notebooks_title_and_cells_for_the_lab_are_left_out():
    report = read_report(
        notebook(
            markdown("# Own title\n\nfor the lab"),
            markdown("for the lab", tags=["not-in-report"]),
            shown(Words("for the lab"), tags=["not-in-report"]),
            markdown("## Kept\n\nfor all"),
        ),
        "T",
    )
    assert [type(part) for part in report.parts] == [Heading, Prose]


def test_headings_never_skip_a_level_and_have_ids_of_their_own():
    texts = ["#### Deep\n\nx", "## Same\n\nx", "## Same\n\nx", "##### Deeper\n\nx", "## ", "## Contents\n\nx"]
    parts = read_report(notebook(*map(markdown, texts)), "T").parts
    assert [(p.level, p.id) for p in parts if isinstance(p, Heading)] == [
        (2, "deep"),
        (2, "same"),
        (2, "same-2"),
        (3, "deeper"),
        (2, "contents-2"),
    ]


def test_a_heading_below_which_nothing_is_shown_is_left_out():
    nothing = {"cell_type": "code", "metadata": {}, "outputs": []}
    cells = [markdown("## A"), nothing, markdown("## B"), markdown("### C"), nothing, markdown("### D"), table_shown()]
    parts = read_report(notebook(*cells, markdown("## E"), markdown("### F"), nothing), "T").parts
    assert [p.text for p in parts if isinstance(p, Heading)] == ["B", "D"]


def table_shown():
    return shown(table())


def test_rows_of_a_table_stand_in_groups():
    """As a row header over the group in HTML, a bold line in the PDF."""
    grouped = table(rows=(("a", "1"), ("b", "2"), ("c", "3")), groups=("First", "First", "Second"))
    made = read_report(notebook(shown(grouped)), "T")
    page = html_of(made)
    assert page.count('<tr class="group"><th scope="rowgroup" colspan="2">') == 2 and page.count("<tbody>") == 2
    words = " ".join(text_of(pypdf.PdfReader(io.BytesIO(pdf_of(made)))).split())
    assert "First a 1 b 2 Second c 3" in words
    cell = shown(grouped)
    cell["outputs"][0]["data"][MIME]["groups"] = ["First"]
    with pytest.raises(JDLError, match="rows or headers amiss"):
        read_report(notebook(cell), "T")


@pytest.mark.parametrize("target", ["report.html", "../report.html", "women/report.html", "../women/report.html"])
def test_an_inset_may_link_to_other_reports_of_the_request(target):
    linked = notebook(shown(Inset("note", "N", "x", links=(("The report on women", target),))))
    made = read_report(linked, "T")
    assert f'<li><a href="{target}">The report on women</a></li>' in html_of(made)
    file = target.replace(".html", ".pdf")  # a PDF may be sent alone: it names the file, without a link
    made = pypdf.PdfReader(io.BytesIO(pdf_of(made)))
    assert f"The report on women: {file}" in text_of(made) and "/Annots" not in made.pages[0]


@pytest.mark.parametrize("target", ["https://x.y/report.html", "../../report.html", "javascript:x", "/etc/report.html"])
def test_an_inset_links_nowhere_else(target):
    with pytest.raises(JDLError, match="leads elsewhere"):
        read_report(notebook(shown(Inset("note", "N", "x", links=(("x", target),)))), "T")


def test_tables_and_figures_are_numbered_and_repeated_keys_told_apart():
    parts = read_report(notebook(shown(table(), figure(), table("other")), shown(table())), "T").parts
    assert [(type(p), p.number, p.block.key) for p in parts] == [
        (content.Table, 1, "counted"),
        (content.Figure, 1, "drawn"),
        (content.Table, 2, "other"),
        (content.Table, 3, "counted-2"),
    ]


def test_every_malformed_block_is_named_at_once():
    bundle = {"output_type": "display_data", "metadata": {}, "data": {MIME: {"kind": "table", "key": "k"}}}
    broken = {"cell_type": "code", "metadata": {}, "outputs": [bundle]}
    bad = [
        figure(alt="short"), figure(caption=" "), table(rows=(("one",),)), table(key="../up"),
        Inset("loud", "T", "x"), Inset("note", "", "x"),
    ]  # fmt: skip
    with pytest.raises(JDLError) as raised:
        read_report(notebook(broken, shown(*bad)), "T")
    assert [(p.where, p.what) for p in raised.value.problems] == [
        ("notebook, cell 1", "a block of the report is malformed (KeyError)"),
        ("notebook, cell 2", "the figure “drawn” has no alternative text of at least 20 characters"),
        ("notebook, cell 2", "the figure “drawn” has no caption"),
        ("notebook, cell 2", "the table “counted” has rows or headers amiss"),
        ("notebook, cell 2", "a table has a key that cannot name a file"),
        ("notebook, cell 2", "an inset has no title, or a tone that is none of the known ones"),
        ("notebook, cell 2", "an inset has no title, or a tone that is none of the known ones"),
    ]


def test_banners_come_from_the_metadata_or_the_caller():
    marked = notebook(jdl_toolkit={"exploratory": True, "synthetic": True})
    assert read_report(marked, "T").banners == (MARK, INVENTED)
    assert read_report(marked, "T", exploratory=False).banners == (INVENTED,)
    assert read_report(notebook(), "T", synthetic=True).banners == (INVENTED,)
    assert read_report(notebook(), "T").banners == ()


def test_the_contents_follow_the_finding_or_open_the_report():
    finding = shown(Inset("finding", "F", "x"))
    first = read_report(notebook(markdown("## A"), finding, markdown("## B\n\nx")), "T")
    assert first.opening == 2
    parts = notebook(shown(Words("x")), markdown("## A\n\nx"), markdown("## B"), finding)
    assert read_report(parts, "T").opening == 1
    assert read_report(notebook(finding), "T").opening == 1


def test_a_file_that_is_no_notebook_is_said_to_be_none(tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    with pytest.raises(JDLError, match="no executed notebook"):
        to_html(tmp_path / "a.ipynb", "T", "", tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()


# --- HTML ------------------------------------------------------------------------------------------------------------


def test_the_page_passes_the_lint_and_loads_nothing(html):
    assert lint_html(html) == []
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) == {"http://www.w3.org/2000/svg"}
    assert "<script" not in html and "@import" not in html


def test_the_page_is_the_same_each_time(html, report):
    assert html_of(read_report(whole(), "Supported housing", "A report")) == html


def test_the_page_has_captions_headers_contents_and_data(html):
    assert html.startswith('<!doctype html>\n<html lang="en-GB">')
    assert html.count("<h1") == 1 and '<a class="skip" href="#main">' in html
    assert '<a href="#what-was-found">What was found</a>' in html
    assert "<b>Table 1.</b> Both groups, measure by measure" in html
    assert '<th scope="row" class="l">One-year proven reoffending rate</th>' in html
    assert '<td class="r">−11.9 to −0.3</td>' in html
    assert "<b>Figure 1.</b> Of every 100 people" in html
    assert "<strong>33%</strong>" in html and "<li>two</li>" in html and "<em>both</em>" in html
    assert html.count('role="img"') == 6 and html.count("<summary>The data of figure") == 6
    assert re.findall(r"<summary>(\w+ \(\d+\))</summary>", html) == ["Figures (6)", "Tables (4)"]
    listed = html[html.index("<nav") : html.index("</nav>")]
    assert '<a href="#figure-1">Figure 1. Of every 100 people' in listed and '<a href="#table-4">Table 4.' in listed
    assert re.findall(r'<ul>\s*<li><a href="#([\w-]+)">How precisely', listed) == ["how-precisely"]  # below its section
    places = [
        html.index(text) for text in ('<div class="opening">', "33%", "<nav", '<div class="rest">', "<b>Table 1.")
    ]
    assert places == sorted(places)  # the finding comes before the contents
    assert f"<p>{INVENTED}</p>" in html and "A remark for the lab" not in html


def test_text_from_outside_stays_text():
    hostile = [
        Words(HOSTILE), Inset("note", HOSTILE, HOSTILE),
        table(caption=HOSTILE, rows=((HOSTILE, HOSTILE),), note=HOSTILE),
        figure(caption=HOSTILE, alt=f"Seen: {HOSTILE}", note=HOSTILE, data=({HOSTILE: HOSTILE},)),
    ]  # fmt: skip
    report = read_report(notebook(markdown(f"## {HOSTILE}\n\n{HOSTILE}"), shown(*hostile)), HOSTILE, HOSTILE)
    page = html_of(report)
    assert lint_html(page) == []
    assert "<script" not in page and "<img" not in page and "{{7*7}}" in page and "49" not in page
    extracted = " ".join(text_of(pypdf.PdfReader(io.BytesIO(pdf_of(report)))).split())
    assert extracted.count('<script>alert(1)</script><img src=x onerror="alert(2)"> #import "x" $a$') >= 8


def test_ids_of_drawings_are_told_apart():
    clip = '<defs><clipPath id="c"><path d="M0 0"/></clipPath></defs>'
    svg = SVG.format(clip + '<g clip-path="url(#c)"><use href="#c"/></g>')
    page = html_of(read_report(notebook(shown(figure(svg=svg), figure(svg=svg))), "T"))
    assert lint_html(page) == []
    for n in (1, 2):
        assert f'id="figure-{n}-c"' in page and f"url(#figure-{n}-c)" in page and f'href="#figure-{n}-c"' in page
    assert '<title id="figure-1-title">A caption</title>' in page
    assert '<desc id="figure-1-desc">A line that falls from left to right</desc>' in page


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>", '<image href="x.png"/>', '<g onload="alert(1)"/>', '<a href="#x"/>',
        '<use href="other.svg#x"/>', '<path style="fill:url(http://x.y/z)"/>', "<style>@import 'x';</style>",
        '<g style="background:url( javascript:x )"/>', "<foreignObject/>", "<!-- comment -->", "<g>",
    ],
)  # fmt: skip
def test_a_drawing_holds_shapes_and_text_only(inside):
    with pytest.raises(JDLError, match="more than shapes and text"):
        parse(SVG.format(inside), "drawn")


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, two):
    light, dark = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_have_the_contrast_of_wcag_aa(html):
    roots = re.findall(r":root \{(.*?)\}", html, re.S)
    schemes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", root)) for root in roots]
    light, dark = schemes[0], schemes[0] | schemes[1]
    for colours in (light, dark):
        for text, ground in (
            ("ink", "paper"),
            ("soft", "paper"),
            ("ink", "pale"),
            ("link", "paper"),
            ("on-navy", "navy"),
        ):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        assert contrast("#ffffff", colours["warn"]) >= 4.5
        for shape in ("focus", "can", "cannot", "caution", "grey", "link"):
            assert contrast(colours[shape], colours["paper"]) >= 3, shape


POLICY = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'">"""
PAGE = f'<html lang="en"><head>{POLICY}<title>t</title></head><body><a href="#main">Skip</a><h1>t</h1>'
PAGE += '<main id="main">{}</main></body></html>'


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        ("<h3>x</h3>", "the heading “x” skips a level"),
        ("<h1>x</h1>", "there are 2 headings of level 1, not one"),
        ("<h2> </h2>", "a heading of level 2 is empty"),
        ('<p id="a"></p><p id="a"></p>', "the id “a” is used more than once"),
        ('<a href="#gone">x</a>', "something refers to “gone”, which is not there"),
        ('<p aria-labelledby="gone"></p>', "something refers to “gone”, which is not there"),
        ('<img alt="figure" src="data:,">', "an image has no alternative text of 20 characters"),
        ('<svg role="img"><title>x</title></svg>', "a drawing has no name, or no description of 20 characters"),
        ("<figure></figure>", "a figure does not have one caption"),
        ("<table><tr><th scope='col'>x</th></tr></table>", "a table has no caption"),
        ("<table><caption>c</caption><tr><th>x</th></tr></table>", "a header cell has no scope “col”"),
        (
            "<table><caption>c</caption><tbody><tr><td>x</td></tr></tbody></table>",
            "a row of a table has no header cell",
        ),
        ("<script>1</script>", "there is a script element"),
        ('<p onclick="x">x</p>', "an element has an event handler (onclick)"),
        ('<a href="https://x.y">x</a>', "a link leads out of the page"),
        ('<a href="javascript:x">x</a>', "a link leads out of the page"),
        ('<a href="//x.y">x</a>', "a link leads out of the page"),
        ('<img src="x.png" alt="a picture of something or other">', "something is loaded from elsewhere (img src)"),
        ('<p style="background:url(x.png)">x</p>', "an attribute loads something"),
        ("<style>@import 'x'</style>", "the style sheet loads something"),
        ("<link>", "there is a link element"),
        ("<main></main>", "there are 2 main parts, not one"),
        ('<meta http-equiv="refresh" content="1">', "the page replaces itself"),
        ("<button>x</button>", "a button is not of the type “button”"),
        ('<button type="button" popovertarget="gone">x</button>', "something refers to “gone”, which is not there"),
        ('<a href="#main"> </a>', "an element “a” has no text"),
        ('<p tabindex="2">x</p>', "the keyboard does not follow the order of the text (tabindex)"),
        ("<table><caption>c</caption><tr><th scope='col'></th></tr></table>", "an element “th” has no text"),
        (
            '<svg role="img"><title>A line that falls slowly</title><desc>A line  that falls slowly</desc></svg>',
            "the description of a drawing only repeats its name",
        ),
        ("<p>\u202ex</p>", "the direction of writing is turned and not turned back"),
        ("<p>\u2068x</p>", "the direction of writing is turned and not turned back"),
    ],
)
def test_the_lint_names_each_fault(inside, fault):
    assert lint_html(PAGE.format(inside)) == [fault]


def test_the_lint_asks_for_language_and_title():
    assert lint_html(PAGE.format("")) == []
    assert lint_html("<html><h1>x</h1></html>") == [
        "the page does not say its language",
        "the page has no title",
        "there are 0 main parts, not one",
        "the first link does not lead past the masthead",
        "the page does not forbid scripts",
    ]


# --- PDF -------------------------------------------------------------------------------------------------------------


def _elements(node, found):
    """All structure elements below a node, as (type, alternative text)."""
    node = node.get_object()
    if not isinstance(node, dict):
        return found
    if "/S" in node:
        found.append((node["/S"], node.get("/Alt")))
    below = node.get("/K", [])
    below = below.get_object() if hasattr(below, "get_object") else below
    for child in below if isinstance(below, list) else [below]:
        if not isinstance(child, int):
            _elements(child, found)
    return found


def test_the_pdf_is_tagged_and_says_what_it_is(pdf):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en-GB"
    assert pdf.metadata.title == "Supported housing"
    assert "pdfuaid:part" in root["/Metadata"].get_data().decode()
    kinds = [kind for kind, _ in _elements(root["/StructTreeRoot"], [])]
    assert {"/Title", "/H1", "/H2", "/Table", "/TH", "/TD", "/L", "/LI", "/Figure", "/Caption", "/TOC"} <= set(kinds)


def test_every_figure_of_the_pdf_has_its_alternative_text(pdf, report):
    alternatives = [
        alt for kind, alt in _elements(pdf.trailer["/Root"]["/StructTreeRoot"], []) if kind == "/Figure" and alt
    ]
    assert alternatives == [part.block.alt for part in report.parts if isinstance(part, content.Figure)]


def test_the_pdf_has_bookmarks_page_numbers_and_banners_on_every_page(pdf):
    assert [item["/Title"] for item in pdf.outline if not isinstance(item, list)] == [
        "What was found", "What was measured", "Who is in it"
    ]  # fmt: skip
    n = len(pdf.pages)
    for i, page in enumerate(pdf.pages, start=1):
        text = page.extract_text()
        assert f"Page {i} of {n}" in text and INVENTED.partition(":")[0] in text
    first = " ".join(pdf.pages[0].extract_text().split())
    assert "It was 33%." in first and INVENTED in first


def test_the_pdf_is_the_same_each_time(report):
    assert pdf_of(report) == pdf_of(read_report(whole(), "Supported housing", "A report"))


def test_a_long_table_repeats_its_header():
    rows = tuple(
        (f"row {i} of a table that is too wide to stand in two halves, side by side", str(i)) for i in range(120)
    )
    pages = pypdf.PdfReader(io.BytesIO(pdf_of(read_report(notebook(shown(table(rows=rows))), "T")))).pages
    assert len(pages) >= 3 and all("What" in page.extract_text() for page in pages)


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.text(max_size=80))
@example('#panic() \\u{41} $ $ ` ``` */ // <a> ] ) } "')
@example("漢字 \ud83d\ude00 \u202e \x00 \ufdd0 \ue000 \U0010ffff \u0301 \U0001f600")
@example("W" * 300)
@example("= x\n- y\n+ z\n/ t: u")
def test_any_text_makes_a_valid_pdf_with_that_text(words):
    blocks = [
        Words(words),
        Inset("note", "A " + words, words),
        table(caption="A " + words, rows=(("x" + words, words),)),
    ]
    drawing = figure(caption="A " + words, alt="x" * 20 + words, data=({"a": words},))
    report = read_report(notebook(markdown(f"## {words}\n\n{words}"), shown(*blocks, drawing)), words, words)
    extracted = text_of(pypdf.PdfReader(io.BytesIO(pdf_of(report))))
    expected = [w for w in printable(words).split() if re.fullmatch(r"[A-Za-z0-9]{1,20}", w)]
    assert all(word in extracted for word in expected)
    assert lint_html(html_of(report)) == []


def test_characters_without_a_glyph_are_replaced_in_the_pdf_only():
    report = read_report(notebook(shown(Words("Name: 漢."))), "T")
    assert f"Name: {REPLACEMENT}." in text_of(pypdf.PdfReader(io.BytesIO(pdf_of(report))))
    assert "Name: 漢." in html_of(report)


CELLS = st.text(st.characters(categories=("L", "N", "P", "Zs"), max_codepoint=0x17F), max_size=120)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=2, max_size=5)))
def test_no_table_is_wider_than_the_page(rows):
    size, widths, page_width = column_widths(rows, "l" + "r" * (len(rows[0]) - 1))
    assert 6 <= size <= 8.5 and all(w > 0 for w in widths)
    assert page_width in (TEXT_WIDTH, LANDSCAPE_WIDTH)
    assert sum(widths) + 8 * (len(widths) - 1) <= page_width + 1e-6


def test_a_table_of_many_columns_turns_the_page():
    columns = tuple(f"Intervention {i}" for i in range(11))
    many = table(columns=columns, rows=(tuple(f"organisation {i}" for i in range(11)),) * 40, align="l" + "r" * 10)
    made = read_report(notebook(markdown("## A"), shown(Words("Before.")), shown(many), shown(Words("After."))), "T")
    pages = pypdf.PdfReader(io.BytesIO(pdf_of(made))).pages
    turned = [page.mediabox.width > page.mediabox.height for page in pages]
    assert turned[0] is False and turned[-1] is False and turned[1:-1] and all(turned[1:-1])
    assert all("Intervention 10" in " ".join(page.extract_text().split()) for page in pages[1:-1])


# --- files -----------------------------------------------------------------------------------------------------------


def test_both_are_written_from_a_file(tmp_path):
    (tmp_path / "nb.ipynb").write_text(json.dumps(whole()))
    page = to_html(tmp_path / "nb.ipynb", "Title", "Sub", tmp_path / "out" / "a.html", exploratory=True)
    made = to_pdf(tmp_path / "nb.ipynb", "Title", "Sub", tmp_path / "out" / "a.pdf", exploratory=True)
    assert MARK in page.read_text(encoding="utf-8")
    assert made.read_bytes().startswith(b"%PDF-1.7")
    assert "EXPLORATORY · INVENTED DATA" in pypdf.PdfReader(made).pages[-1].extract_text()
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.html", "a.pdf"]


def test_the_title_names_the_analysis_where_there_are_several():
    found = invented.several()
    title = "Supported housing: did reoffending change?"
    assert titles(invented.findings())[0] == title
    assert titles(found) == (
        f"{title} Community sentences",
        "Justice Data Lab report for Foundation. Received 12 August 2013. Analysis 1 of 3.",
    )
    assert titles(found.about("custody"))[0] == f"{title} Custody: people released from prison"
    assert titles(found.about("custody"))[1].endswith("Analysis 3 of 3.")


def test_figures_are_written_as_files(tmp_path):
    files = write_figures(whole(), tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in files]
    assert [n for n in names if n.startswith("figures/")] == [
        f"figures/{key}.svg"
        for key in ("estimates", "flow_chart", "love_plot", "overlap", "people_picture", "power_curve")
    ]
    assert (tmp_path / "figures" / "flow_chart.svg").read_text().startswith("<svg")


def test_columns_of_a_figures_data_keep_their_order_in_a_notebook_that_sorts():
    """`nbformat` writes the names of a record in alphabetical order."""
    block = figure(data=({"Label": "a", "Before": 1, "After": 2},))
    saved = json.loads(json.dumps(notebook(shown(block)), sort_keys=True))
    (drawn,) = read_figures(saved)
    assert to_csv(drawn) == "Label,Before,After\na,1,2\n"
    assert '<th scope="col">Label</th>\n<th scope="col">Before</th>' in html_of(read_report(saved, "T"))


def test_a_tall_drawing_is_made_smaller_where_it_then_fits_on_the_page():
    tall = SVG.replace("0 0 90 40", "0 0 450 500").format('<path d="M0 0L9 9"/>')
    lines = "\n\n".join(f"Line {i}." for i in range(6))

    def n_pages(words):
        made = pdf_of(read_report(notebook(markdown(f"## A\n\n{words}"), shown(figure(svg=tall))), "T"))
        return len(pypdf.PdfReader(io.BytesIO(made)).pages)

    assert (n_pages(lines), n_pages("\n\n".join([lines] * 3))) == (1, 2)


def test_drawings_stay_readable_on_a_phone_and_say_that_they_scroll(html):
    """The type of a drawing is 8.5 of the 454 points of its width: 10 pixels at 34 rem."""
    rules = re.findall(r"\.drawing svg \{([^}]*)\}", html)
    assert [re.findall(r"min-width: (\w+)", rule) for rule in rules] == [["34rem"], ["0"]]  # on screen, in print
    assert 34 * 16 * 8.5 / 454 > 10
    n = html.count("Scroll sideways to see the whole figure.")
    assert n == html.count("<figure") > 0 and '<div class="scroll drawing" role="region" tabindex="0"' in html
    assert re.search(r"@media \(max-width: 36rem\) \{\s*\.sideways \{ display: block; \}", html)


def test_a_wide_table_says_that_it_scrolls():
    wide = table(columns=("a", "b", "c", "d"), rows=(("1", "2", "3", "4"),), align="lrrr")
    pages = [html_of(read_report(notebook(shown(block)), "T")) for block in (wide, table())]
    assert [page.count("Scroll sideways to see the whole table.") for page in pages] == [1, 0]


def test_the_glossary_holds_only_terms_that_occur_elsewhere():
    terms = Words("- **Caliper**: how far.\n- **P-value**: how often, and the caliper.", ("glossary",))
    cells = [markdown("## Results"), shown(table(columns=("What", "p-value"))), markdown("## Words"), shown(terms)]
    page = html_of(read_report(notebook(*cells), "T"))
    assert "how often" in page and "how far" not in page
    nothing = read_report(notebook(markdown("## Results"), shown(table()), markdown("## Words"), shown(terms)), "T")
    assert [part.text for part in nothing.parts if isinstance(part, Heading)] == ["Results"]


TERMS = Words("- **Caliper**: how far apart.\n- **P-value**: how often.\n- **Power**: the chance.", ("glossary",))


def marked(*cells, names=()):
    """The words that a page marks, in order, as (words, id of what they mean)."""
    page = html_of(read_report(notebook(*cells, markdown("## Words"), shown(TERMS)), "T", names=names))
    return re.findall(r'<button type="button" class="term" popovertarget="([^"]*)">([^<]*)</button>', page), page


def test_a_term_is_marked_where_a_section_first_says_it():
    cells = [markdown("## A"), shown(Words("The p-values and a p-value.\n\n- Calipers **and power** and calipers"))]
    cells += [markdown("### Within A"), shown(Inset("note", "Power", "Power.")), markdown("## B\n\nA *caliper*.")]
    found, page = marked(*cells)
    assert found == [
        ("term-p-value", "p-values"),
        ("term-caliper", "Calipers"),
        ("term-power", "power"),
        ("term-caliper", "caliper"),
    ]
    assert '<p id="term-caliper-text">how far apart.</p>' in page and page.count("popover role=") == 3
    assert "<dt>Caliper</dt>\n<dd>how far apart.</dd>" in page


def test_no_term_is_marked_in_headings_tables_names_and_quotations():
    cells = [
        markdown("## The caliper"),
        shown(Inset("note", "Power", "Recall Power Ltd asked: “**Power** and p-value?”")),
    ]
    cells += [shown(table(columns=("Caliper", "p-value"), note="The caliper."), figure(caption="A caliper"))]
    cells.append(shown(Inset("note", "A says of this report", "We asked for power.", ("response",))))
    assert marked(*cells, names=("Power Ltd", ""))[0] == []
    found, page = marked(*cells)
    assert found == [("term-power", "Power")] and page.count("popover role=") == 1  # nobody can open the others


def test_a_page_without_a_glossary_marks_nothing():
    page = html_of(read_report(notebook(markdown("## A\n\nThe caliper.")), "T"))
    assert "The caliper." in page and "<button" not in page and "popover role=" not in page


def test_a_name_written_from_right_to_left_is_kept_apart():
    """In a title, an attribute, a sentence, a cell, a caption and a drawing; one isolate for each run."""
    name, held = "בית חם", "\u2068בית חם\u2069"
    drawn = SVG.format(f'<text x="1" y="9">{name} 12</text>')
    blocks = [
        Words(f"Of {name} 12 people."),
        table(caption=name, rows=((f"{name} (UK)", "1"),)),
        figure(svg=drawn, alt=f"What {name} did, as a line"),
    ]
    page = html_of(read_report(notebook(markdown(f"## {name}: x"), shown(*blocks)), f"{name}: did it change?"))
    assert lint_html(page) == []
    rows = [
        f"<title>{held}: did it",
        f"Of {held} 12 people.",
        f"</b> {held}<",
        f">{held} (UK)</th>",
        f">{held} 12</text>",
    ]
    assert [row for row in rows if row not in page] == []
    assert page.count(name) == page.count(held)
    assert to_html_of_words("\u202eturned\u2067") == "turned"  # what comes from outside turns nothing


def to_html_of_words(text):
    return re.search(r"<p>(.*)</p>", html_of(read_report(notebook(shown(Words(text))), "T"))).group(1)


def test_the_heading_of_a_group_is_never_the_last_line_of_a_page():
    n_last = 0
    for n_above in range(30, 46):  # whichever of these leaves room for the heading alone
        groups = ("First",) * n_above + ("Second",) * 12
        rows = tuple((f"row {i}", "1") for i in range(len(groups)))
        made = pdf_of(read_report(notebook(shown(table(rows=rows, groups=groups))), "T"))
        for page in pypdf.PdfReader(io.BytesIO(made)).pages:
            lines = [line.strip() for line in page.extract_text().splitlines()]
            followers = [lines[i + 1] for i, line in enumerate(lines) if line == "Second"]
            assert all(line.startswith("row ") for line in followers)
            n_last += len(followers)
    assert n_last >= 16


def test_nbconvert_can_draw_both():
    import nbformat

    from jdl_toolkit.render.exporters import HTMLReport, PDFReport

    node = nbformat.from_dict(whole())
    page, resources = HTMLReport(title="Supported housing", subtitle="A report").from_notebook_node(node)
    assert page == html_of(read_report(whole(), "Supported housing", "A report"))
    assert resources["output_extension"] == ".html"
    made, _ = PDFReport(title="Supported housing").from_notebook_node(node)
    assert made.startswith(b"%PDF")
