"""The PDF of a report: what it says of itself, what a screen reader meets, where tables and figures stand, drafts."""

import io

import examples
import pypdf
import pytest
from pypdf.generic import ContentStream
from test_render import SVG, figure, markdown, notebook, shown, table

from jdl_toolkit.document import Inset, Words
from jdl_toolkit.markup import REPLACEMENT
from jdl_toolkit.narrative.check import Checker
from jdl_toolkit.render import printed
from jdl_toolkit.render.content import Heading, read_report
from jdl_toolkit.render.layout import BOTTOM, INSETS, TOP, settle
from jdl_toolkit.render.pdf import pdf_of
from jdl_toolkit.typeface import printable

DRAFT = "DRAFT for comments by 20 December 2026. Not for release."
LONG = " of a table that is too wide to stand in two halves, side by side, on a page"
WORDS = "It is said in many words, so that it fills a line or two of the page and the page fills up. " * 2


def drawn(*cells, title="Supported housing", **marks):
    return pypdf.PdfReader(io.BytesIO(pdf_of(read_report(notebook(*cells), title, "A report", **marks))))


def tall(high, key="tall"):
    return figure(key, SVG.replace("90 40", f"450 {high}").format('<path d="M0 0L9 9"/>'), caption=f"Drawing {key}")


def texts(pdf):
    return [" ".join(page.extract_text().split()) for page in pdf.pages]


def below(element):
    held = element.get("/K", [])
    held = held.get_object() if hasattr(held, "get_object") else held
    inner = [one.get_object() for one in (held if isinstance(held, list) else [held])]
    return [one for one in inner if isinstance(one, dict) and "/S" in one]


def of_kind(element, kind):
    for inner in below(element):
        if inner["/S"] == kind:
            yield inner
        yield from of_kind(inner, kind)


def outline(entries, level=2):
    for entry in entries:
        if isinstance(entry, list):
            yield from outline(entry, level + 1)
        else:
            yield level, entry["/Title"]


@pytest.fixture(scope="module")
def pdf():
    """Three kinds of headings, a table of two groups, many tables and figures."""
    counted = table(
        rows=(("men", "1", "2"), ("women", "3", "4"), ("young", "5", "6")),
        columns=("Who", "Before", "After"),
        align="lrr",
        groups=("Sex", "Sex", "Age"),
        note="A note.",
    )
    several = [figure(f"f{i}", caption=f"Drawing {i}") for i in range(3)] + [table(f"t{i}") for i in range(2)]
    return drawn(
        markdown("## What was found"),
        shown(Inset("finding", "The finding", "It was **33%**.")),
        markdown("## Who\n\nSome."),
        markdown("### By group"),
        shown(counted),
        markdown("## Pictures"),
        shown(*several),
        synthetic=True,
        draft=DRAFT,
    )


def test_the_pdf_says_what_it_is_and_nothing_of_where_it_was_made(pdf):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value and root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp and "Supported housing" in xmp
    assert set(pdf.metadata) == {"/Title", "/Creator"}
    for word in ("author", "creator>", "/tmp", "/work", "/home", "CreateDate", "ModifyDate", "202"):
        assert word not in xmp.replace("dc:creator", ""), word
    assert pdf.pdf_header == "%PDF-1.7"


def test_every_heading_has_its_bookmark(pdf):
    assert list(outline(pdf.outline)) == [
        (2, "What was found"),
        (2, "Who"),
        (3, "By group"),
        (2, "Pictures"),
    ]


def test_each_cell_names_the_headers_of_its_column_group_and_row(pdf):
    root = pdf.trailer["/Root"]["/StructTreeRoot"]
    first = next(of_kind(root, "/Table"))
    tree = root["/IDTree"]["/Names"]
    by_id = {str(tree[i]): tree[i + 1].get_object() for i in range(0, len(tree), 2)}
    assert list(by_id) == sorted(by_id)
    rows = [below(row) for row in of_kind(first, "/TR")]
    assert [[str(cell["/S"]) for cell in row] for row in rows] == [
        ["/TH"] * 3, ["/TH"], ["/TH", "/TD", "/TD"], ["/TH", "/TD", "/TD"], ["/TH"], ["/TH", "/TD", "/TD"]
    ]  # fmt: skip
    scopes = [[cell["/A"][0].get("/Scope") for cell in row] for row in rows]
    assert scopes[0] == ["/Column"] * 3 and scopes[2] == ["/Row", None, None]
    headers, sex, men = ([cell["/ID"] for cell in row if "/ID" in cell] for row in rows[:3])
    assert men[0] in by_id
    assert list(rows[2][1]["/A"][0]["/Headers"]) == [headers[1], sex[0], men[0]]
    assert list(rows[2][2]["/A"][0]["/Headers"]) == [headers[2], sex[0], men[0]]
    assert list(rows[2][0]["/A"][0]["/Headers"]) == [headers[0], sex[0]]
    assert list(rows[5][1]["/A"][0]["/Headers"])[1] == rows[4][0]["/ID"]


def test_a_table_without_rows_and_a_report_without_tables_are_left_as_they_are():
    for cells in ([shown(table(rows=()))], [shown(Words("Words."))]):
        root = drawn(*cells).trailer["/Root"]["/StructTreeRoot"]
        assert not list(of_kind(root, "/TD"))


def shown_text(page, pdf):
    """How often text is shown as part of the document, and how often as an artifact, which nothing reads aloud."""
    counts, inside = {"/Artifact": 0, "MCID": 0, "none": 0}, []
    for operands, operator in ContentStream(page.get_contents(), pdf).operations:
        if operator in (b"BDC", b"BMC"):
            inside.append("/Artifact" if operands[0] == "/Artifact" else "MCID")
        elif operator == b"EMC":
            inside.pop()
        elif operator in (b"Tj", b"TJ", b"'", b'"'):
            counts[next((kind for kind in inside), "none")] += 1
    return counts


def test_the_mark_of_a_draft_lies_behind_the_text_and_is_not_read_aloud():
    cell = markdown("## A\n\n" + WORDS)
    plain, draft = drawn(cell), drawn(cell, draft=DRAFT)
    before, after = shown_text(plain.pages[0], plain), shown_text(draft.pages[0], draft)
    assert before["none"] == after["none"] == 0
    assert after["/Artifact"] == before["/Artifact"] + 2, "the mark and the line at the top"
    text = draft.pages[0].extract_text()
    assert text.count("DRAFT for comments by 20 December 2026") == 2 and text.count("DRAFT") == 3
    assert "DRAFT" not in texts(plain)[0]


def test_each_page_of_a_draft_says_until_when_comments_are_due(pdf):
    for text in texts(pdf):
        assert "DRAFT for comments by 20 December 2026 · INVENTED DATA" in text
    assert "INVENTED DATA: no person in this report exists." in texts(pdf)[0]


def test_text_flows_on_while_a_drawing_waits_for_the_next_page():
    before, after = "\n\n".join([WORDS] * 10), "\n\n".join([WORDS] * 12) + "\n\nThe end."
    made = texts(drawn(markdown(f"## A\n\n{before}"), shown(tall(480, "one"), tall(90, "two")), markdown(after)))
    assert len(made) == 2
    assert "Drawing" not in made[0] and made[0].count("many words") > 2 * 10, "the text fills the page"
    assert made[1].index("Drawing one") < made[1].index("Drawing two") < made[1].index("The end.")


def test_a_drawing_that_fits_stays_where_it_is_named():
    made = texts(drawn(markdown(f"## A\n\n{WORDS}"), shown(tall(300)), markdown("After it.")))
    assert len(made) == 1 and made[0].index("many words") < made[0].index("Drawing tall") < made[0].index("After it.")


@pytest.mark.parametrize("n_rows", range(36, 44))
def test_no_row_or_note_stands_alone_on_the_last_page_of_a_table(n_rows):
    rows = tuple((f"row{i}x{LONG}", str(i)) for i in range(n_rows))
    made = texts(drawn(markdown("## A\n\nSome."), shown(table(rows=rows, note="The note."))))
    on_last = sum(f"row{i}x" in made[-1] for i in range(n_rows))
    assert "The note." in made[-1] and on_last >= 3


def test_a_long_table_does_not_begin_at_the_foot_of_a_page():
    rows = tuple((f"row{i}x{LONG}", str(i)) for i in range(60))
    made = texts(drawn(markdown("## A\n\n" + "\n\n".join([WORDS] * 19)), shown(table(rows=rows))))
    begins = next(text for text in made if "A caption" in text)
    assert begins.count("many words") == 0 or all(f"row{i}x" in begins for i in range(3))


def test_a_layout_that_never_settles_ends_all_the_same():
    asked = []

    def ask(layout):
        asked.append(layout)
        high = 100 if layout else BOTTOM - TOP
        noted = {"part": 0, "page": 1, "y": 400, "led": False, "whole": high}
        return f'[{{"label": "<begins>", "value": {str(noted).replace("False", "false").replace(chr(39), chr(34))}}}]'

    settle([{"kind": "figure", "height": 0}], ask)
    assert len(asked) == 12 and INSETS[0] == 3.0


@pytest.mark.parametrize("name", ["אנחנו עוזרים", "منظمة", "Ελπίδα", "Надежда", "Łódź Ünïted", "Zoë 😀"])
def test_names_in_many_scripts_are_printed(name):
    assert printable(name) == name
    text = texts(drawn(shown(Words(f"A service of \u2068{name}\u2069 in Leeds.")), title=f"\u2067{name}\u2069: x"))[0]
    assert REPLACEMENT not in text and "A service of" in text
    assert all(letter in text for letter in name if letter.isalpha() and letter.isascii())


def test_a_name_without_glyphs_shows_what_is_missing():
    assert REPLACEMENT in texts(drawn(shown(Words("A service of 漢字."))))[0]


def test_a_very_long_word_stays_on_the_page():
    pdf = drawn(shown(Words("W" * 300), Inset("note", "W" * 200, "W" * 200), table(caption="W" * 200)))
    for page in pdf.pages:
        places = []
        page.extract_text(visitor_text=lambda text, _, m, font, size, p=places: p.append((m[4], text)))
        assert all(x < page.mediabox.width - 60 for x, text in places if "W" in text)


def test_headings_of_a_report_are_those_of_the_page():
    report = read_report(notebook(markdown("## A\n\nx\n\n### B\n\ny")), "T")
    made = pypdf.PdfReader(io.BytesIO(pdf_of(report)))
    assert [title for _, title in outline(made.outline)] == [
        part.text for part in report.parts if isinstance(part, Heading)
    ]


def test_a_drawing_never_overtakes_the_table_before_it():
    rows = tuple((f"row{i}x{LONG}", str(i)) for i in range(70))
    made = texts(drawn(markdown("## A\n\nSome."), shown(table(rows=rows)), shown(tall(300)), markdown("The end.")))
    (page,) = (text for text in made if "Drawing tall" in text)
    assert page.index("row49x") < page.index("Drawing tall") < page.index("The end.")


def test_a_long_table_of_short_columns_stands_in_two_halves():
    rows = tuple((f"row{i}x", str(i), str(-i)) for i in range(60))
    groups = tuple("Group ABCD"[: 6 + k] for k in (1,) * 20 + (2,) * 10 + (3,) * 30)
    shown_table = table(columns=("What", "One", "Two"), rows=rows, align="lrr", groups=groups, note="The note.")
    pdf = drawn(markdown("## A\n\nSome."), shown(shown_table))
    (text,) = texts(pdf)
    assert [text.count(f"{word} ") for word in ("What", "Group A", "Group AB", "Group ABC")] == [2, 1, 1, 1]
    assert all(text.count(f"row{i}x {i}") == 1 for i in range(60)) and text.index("row59x") < text.index("The note.")
    halves = list(of_kind(pdf.trailer["/Root"]["/StructTreeRoot"], "/Table"))
    n_rows = [len([row for row in of_kind(half, "/TR") if len(below(row)) == 3]) - 1 for half in halves]
    assert n_rows == [30, 30], "the second half begins with a group"


def test_a_table_with_a_digest_is_not_set_in_halves():
    rows = (*((f"row{i}x", str(i)) for i in range(20)), ("digest", "0123456789abcdef" * 4))
    pdf = drawn(markdown("## A\n\nSome."), shown(table(rows=rows)))
    assert len(list(of_kind(pdf.trailer["/Root"]["/StructTreeRoot"], "/Table"))) == 1
    assert "0123456789abcdef" * 4 in texts(pdf)[0]


def test_no_drawing_stands_in_the_next_section():
    before = "\n\n".join([WORDS] * 10)
    made = texts(drawn(markdown(f"## A\n\n{before}"), shown(tall(480)), markdown(f"## B\n\n{before}")))
    assert "Drawing" not in made[0] and "B It is said" not in made[0]
    assert made[1].index("Drawing tall") < made[1].index("B It is said")


def test_a_table_begins_while_a_drawing_waits_and_goes_on_below_it():
    rows = tuple((f"row{i}x{LONG}", str(i)) for i in range(40))
    before = "\n\n".join([WORDS] * 8)
    made = texts(drawn(markdown(f"## A\n\n{before}"), shown(tall(500), table(rows=rows))))
    assert len(made) == 2 and "row3x" in made[0] and "row39x" in made[1]
    assert made[1].index("Drawing tall") < made[1].index("row39x")


def test_numbers_that_run_together_as_seen_are_read_as_written(monkeypatch):
    """PDFium runs a turned 2.2 and the 25 of the next label together; what is printed wrong is wrong both ways."""
    findings, texts = examples.findings(), ["2.2", "25 to 34"]
    for seen, written, wrong in (
        ("2.225 to 34", "2.2\n25 to 34", []),
        ("2.325 to 34", "2.3\n25 to 34", ["2.3"]),
        ("2.3 and 25 to 34", "2.3\n25 to 34", ["2.3"]),
    ):
        monkeypatch.setattr(printed, "pdf_pages", lambda content, seen=seen: (seen,))
        monkeypatch.setattr(printed, "written_texts", lambda content, written=written: (written,))
        faults, _ = printed._in_both(texts, findings, Checker, b"", "")
        assert [fault.split(" in ")[0] for fault in faults] == wrong, seen


def test_a_word_that_a_narrow_column_breaks_into_many_lines_is_read_whole(monkeypatch):
    name = "=LINK(http://127.0.0.1:9/hope)"
    made = examples.findings()
    of_outside = made.model_copy(update={"organisation": made.organisation.model_copy(update={"name": name})})
    for broken, wrong in (
        ("=LIN\nK(\nhttp:/\n/127.0\n.0.1:9\n/hope)", []),
        ("=LIN\nK(\nhttp:/\n/128.0\n.0.1:9\n/hope)", ["128.0"]),
    ):
        monkeypatch.setattr(printed, "pdf_pages", lambda content, broken=broken: (broken,))
        monkeypatch.setattr(printed, "written_texts", lambda content, broken=broken: (broken,))
        faults, gone = printed._in_both([name], of_outside, Checker, b"", f"Reason: {name}.")
        assert [fault.split(" in ")[0] for fault in faults] == wrong, broken
        assert bool(gone) == bool(wrong)
