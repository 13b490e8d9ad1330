"""Figures as tidy tables: the report's own digits, typed cells, a meaning for every column; nothing that computes."""

import csv
import datetime as dt
import io
import re
import zipfile
from dataclasses import replace
from decimal import Decimal

import examples
import invented
import openpyxl
import pytest
from odfdo import Document
from python_calamine import CalamineWorkbook

from jdl_toolkit import numbers, plots
from jdl_toolkit.disclosure.leaks import dates_in
from jdl_toolkit.disclosure.published_text import read_texts
from jdl_toolkit.document import MIME, Figure
from jdl_toolkit.findings import Findings
from jdl_toolkit.narrative import provenance
from jdl_toolkit.publication import MEANINGS, Symbol, plain, printed
from jdl_toolkit.publication.collect import MAKERS, data_tables
from jdl_toolkit.publication.cover import request_cover
from jdl_toolkit.publication.dictionary import data_dictionary
from jdl_toolkit.publication.figures import MEANINGS as FIGURE_MEANINGS
from jdl_toolkit.publication.table import LONGEST_TEXT, DataTable, number, text
from jdl_toolkit.render.files import csv_of, to_csv
from jdl_toolkit.render.ods import to_ods
from jdl_toolkit.render.sheets import sheets
from jdl_toolkit.render.workbook import SPREADSHEET, write_data
from jdl_toolkit.render.xlsx import to_xlsx
from jdl_toolkit.tables import measures_table, robustness_table

HOSTILE = '=HYPERLINK("http://x")\u202e\x00[a](http://x) $$1$$ <b>&amp;</b> _x0041_ \ufffe' + "l" * 40_000
MARKS = ("DRAFT for comments by 20 December 2026. Not for release.",)


@pytest.fixture(scope="module")
def findings():
    """Three analyses, one of them not answered, with texts that were made to do harm."""
    found = examples.several()
    service = found.service.model_copy(update={"name": HOSTILE[:60]})
    first = found.analyses[0]
    rows = [row.model_copy(update={"level": level}) for row, level in zip(first.profile, (HOSTILE, "-1"), strict=True)]
    panel = {"robustness": invented.robustness(), "estimators": invented.estimators()}
    more = {"profile": tuple(rows), "title": "=1+1", "time_to_event": invented.times()} | panel
    first = invented.with_subgroup_balance(first.model_copy(update=more))
    return found.model_copy(update={"service": service, "analyses": (first, *found.analyses[1:])})


@pytest.fixture(scope="module")
def tables(findings):
    return data_tables(findings)


@pytest.fixture(scope="module")
def cover(findings, tables):
    return request_cover(findings, tables, MARKS)


@pytest.fixture(scope="module")
def xlsx(cover, tables):
    return to_xlsx(cover, tables)


@pytest.fixture(scope="module")
def ods(cover, tables):
    return to_ods(cover, tables)


def named(tables, name):
    return next(table for table in tables if table.name == name)


def records(table):
    return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]


# --- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        ("33%", 33),
        ("0.3%", Decimal("0.3")),
        (f"{numbers.MINUS}12.10", Decimal("-12.10")),
        ("13,607", 13607),
        ("withheld", Symbol.c),
        ("fewer than 5", Symbol.c),
        ("fewer than 0.1", Symbol.low),
        ("<0.01", Symbol.low),
        ("not available", Symbol.x),
    ],
)
def test_a_number_has_the_digits_of_the_print(words, cell):
    assert printed(words) == cell and str(printed(words)) == str(cell)


def test_a_text_is_one_line_of_characters_that_a_file_may_hold():
    made = plain(HOSTILE)
    assert len(made) == LONGEST_TEXT and made.startswith('=HYPERLINK("http://x")[a](http://x) $$1$$ <b>')
    assert not re.search("[\u202e\x00\ufffe\n]", made)


def test_a_cell_is_of_its_columns_kind():
    columns = text("a", "A", "A"), number("b", "B", "B", "people")
    assert DataTable("t", "T", columns, (("", 1), ("x", Symbol.c))).rows == ((Symbol.z, 1), ("x", Symbol.c))
    for row in (("x", "1"), (1, 1), ("x", True), ("x", None)):
        with pytest.raises(TypeError):
            DataTable("t", "T", columns, (row,))
    with pytest.raises(ValueError, match="no name of a sheet"):
        DataTable("[t]", "T", columns, ())
    with pytest.raises(ValueError, match="longer"):
        DataTable("t", "T", columns, (("x",),))


# --- tables ----------------------------------------------------------------------------------------------------------


def test_measures_say_what_the_report_prints(findings, tables):
    """Cell by cell against the printed table; withheld measures have their reason in place of figures."""
    analysis = findings.analyses[0]
    values, told = (
        {row["measure"]: row for row in records(named(tables, name)) if row["analysis"] == "national"}
        for name in ("measures", "differences")
    )
    rows = {name: row | told[name] for name, row in values.items()}
    assert {row["comparison_value"] for row in rows.values()} == {
        Symbol.c if m.control_value is None else printed(numbers.value(m.control_value, m.unit))
        for m in analysis.measures
    }
    shown = {row[0]: row for row in measures_table(analysis).rows}
    assert len(shown) == 12 and len(rows) == 14
    for label, cells in shown.items():
        row = rows[label]
        figures = (row["treatment_value"], row["expected_value"], row["difference"])
        assert figures == tuple(printed(cell) for cell in cells[1:4])
        assert (row["ci_low"], row["ci_high"]) == tuple(map(printed, cells[4].split(" to ")))
        assert (row["p_value"], row["holm_p"]) == tuple(map(printed, cells[5:7]))
    few = rows["People whose first reoffence was triable either way"]
    assert few["difference"] is Symbol.c and few["why_not"].startswith("fewer than 10 people")


def test_the_panel_says_what_the_report_prints(findings, tables):
    analysis = findings.analyses[0]
    ways = {row["label"]: row for row in records(named(tables, "robustness"))}
    for label, words, p, left in robustness_table(analysis).rows:
        row = ways[label.removesuffix(" (257)")]
        estimate, low, high = re.fullmatch(r"(\S+) \((\S+) to (\S+)\)", words).groups()
        figures = (row["difference"], row["ci_low"], row["ci_high"], row["p_value"])
        assert figures == tuple(map(printed, (estimate, low, high, p)))
        assert row["largest_difference_left"] == (Symbol.x if left == "–" else printed(left))
    assert len(ways) == len(analysis.robustness.rows)
    refused = ways["Within 0.01 standard deviations"]
    assert refused["difference"] is Symbol.x and refused["why_not"].startswith("fewer than 30 people")
    (placebo,) = records(named(tables, "placebo"))
    assert (str(placebo["difference"]), placebo["difference_unit"], placebo["holds"]) == (
        "0.05",
        "number per person",
        "yes",
    )
    ratio = next(row for row in records(named(tables, "estimators")) if row["scale"] == "ratio")
    assert (str(ratio["estimate"]), ratio["unit"]) == ("0.84", "ratio")
    errors = {row["standard_error"] for row in records(named(tables, "estimators"))}
    assert errors >= {
        printed(numbers.number(row.estimate.se, 2)) for row in analysis.estimators if row.scale == "ratio"
    }
    hidden = {row["kind"]: row for row in records(named(tables, "hidden_bias"))}
    assert str(hidden["Shift of the difference"]["explains_all"]) == "6.1"
    assert hidden["Odds ratio within pairs (Rosenbaum)"]["explains_all"] is Symbol.z
    assert [row["p_value_in_pairs"] for row in records(named(tables, "hidden_bias_bounds"))][1] == Decimal("0.19")


def test_there_is_a_table_of_every_kind(tables):
    told_elsewhere = {"flow_parts"}
    names = {make.__name__.removesuffix("_table").replace("bounds", "hidden_bias_bounds") for make in MAKERS}
    assert {table.name for table in tables} | told_elsewhere == names and len(MAKERS) == len(names) == 26


def test_withheld_unknown_and_not_applicable_are_told_apart(tables):
    subgroups = {row["level"]: row for row in records(named(tables, "subgroups")) if row["analysis"] == "national"}
    assert subgroups["Female"]["difference"] is Symbol.c and subgroups["Male"]["why_not"] is Symbol.z
    assert subgroups["25 and over"]["n_treatment"] is Symbol.c and subgroups["25 and over"]["difference"] == 2
    first = next(row for row in records(named(tables, "flow")) if row["step"] == 0)
    assert (first["records_before"], first["records_after"], first["people_after"]) == (Symbol.z, 1246, Symbol.x)


def test_a_count_follows_from_no_other_cell():
    """People that left are not worked out from withheld counts; a withheld count is never a number."""
    step = examples.foundation_flow()[1].model_copy(
        update={"records_excluded": None, "records_after": None, "people_after": None, "secondary": ("people_after",)}
    )
    flow = (examples.foundation_flow()[0], step)
    (table,) = (t for t in data_tables(examples.findings(analysis_changes={"flow": flow})) if t.name == "flow")
    row = records(table)[1]
    assert [row[f"records_{part}"] for part in ("before", "left", "after")] == [1246, Symbol.c, Symbol.c]
    assert row["people_left"] is Symbol.x and row["people_after"] is Symbol.c


def test_a_request_that_could_not_be_answered_has_its_tables_too():
    found = examples.unanswered()
    made = data_tables(found)
    assert [table.name for table in made] == ["analyses", "flow", "settings", "provenance"]
    assert records(made[0])[0]["why_not"].startswith("[") is True
    lines = request_cover(found, made).intro
    assert any(line.startswith("The request could not be answered: only 21 people") for line in lines)
    assert to_xlsx(request_cover(found, made), made) and to_ods(request_cover(found, made), made)


def test_headings_are_unique_and_symbols_explained(cover, tables):
    for table in (*tables, data_dictionary(tables)):
        headings = [column.heading for column in table.columns]
        assert len(set(headings)) == len(headings) and len({c.name for c in table.columns}) == len(headings)
        assert all(column.meaning for column in table.columns)
        by_row = {column.unit.removeprefix("see ") for column in table.columns if column.unit.startswith("see ")}
        assert by_row <= {column.name for column in table.columns}
    used = {symbol for table in tables for symbol in table.symbols()}
    assert used == {Symbol.c, Symbol.x, Symbol.z}
    assert [line[:3] for line in cover.about if line.startswith("[")] == ["[c]", "[x]", "[z]"]


# --- spreadsheets ----------------------------------------------------------------------------------------------------


def expected(cover, tables):
    """Name of each sheet -> its cells: lines above, headings, rows, as both formats must hold them."""
    for sheet in sheets(cover, tables):
        rows = [[str(c) if isinstance(c, str) else float(c) for c in row] for row in sheet.table.rows]
        yield sheet.name, [[sheet.table.title], *([line] for line in sheet.lines), list(sheet.headings), *rows]


def cells(content):
    """Sheets as calamine reads them, without the empty cells right of a shorter row."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for name in book.sheet_names:
        rows = [[c for c in row if c != ""] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
        yield name, rows


def test_both_spreadsheets_hold_the_same_cells(cover, tables, xlsx, ods):
    made = dict(expected(cover, tables))
    for content in (xlsx, ods):
        found = dict(cells(content))
        assert list(found) == ["Cover", "Contents", *made]
        assert {name: found[name] for name in made} == made
        lines = [cover.title, *(line for told in cover.sections.items() for line in (told[0], *told[1]))]
        assert [row[0] for row in found["Cover"]] == lines and MARKS[0] in lines
    assert list(made)[:2] == ["Notes", "analyses"] and list(made)[-1] == "data_dictionary"


def test_the_same_tables_make_the_same_bytes(cover, tables, xlsx, ods):
    assert to_xlsx(cover, tables) == xlsx and to_ods(cover, tables) == ods
    for content in (xlsx, ods):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert zipfile.ZipFile(io.BytesIO(ods)).infolist()[0].filename == "mimetype"
    assert zipfile.ZipFile(io.BytesIO(ods)).infolist()[0].compress_type == zipfile.ZIP_STORED


def test_the_workbook_follows_the_checklist(xlsx, tables):
    """Analysis Function, "Accessible spreadsheets: a checklist of the basics" (July 2021, as revised)."""
    book = openpyxl.load_workbook(io.BytesIO(xlsx), rich_text=True)
    assert book.active.title == "Cover" and book.properties.language == "en-GB"
    assert book.properties.title.endswith("figures of the Justice Data Lab report")
    assert book.properties.creator == book.properties.lastModifiedBy == "Justice Data Lab"
    for page in book:
        marked = list(page.tables.values())
        assert len(marked) == (page.title != "Cover")  # tables are marked up, one on a sheet
        assert not page.merged_cells.ranges and page.freeze_panes is None and page.auto_filter.ref is None
        assert page["A1"].value and page.sheet_state == "visible"
        assert not any(r.hidden for r in page.row_dimensions.values())
        assert not any(c.hidden for c in page.column_dimensions.values())
        assert all(page.cell(row, 1).value for row in range(1, page.max_row + 1))  # no blank rows
        for table in marked:
            cells = [cell for row in page[table.ref] for cell in row]
            assert all(cell.value is not None for cell in cells) and table.autoFilter is None
            assert all(cell.alignment.wrap_text for cell in cells) and {cell.data_type for cell in cells} <= {"s", "n"}
            heads = [cell.value for cell in page[table.ref][0]]
            assert heads == [column.name for column in table.tableColumns] and len(set(heads)) == len(heads)
            assert all(cell.font.name == "Arial" and cell.font.sz >= 12 for cell in cells)
            assert page.max_row == int(re.search(r"\d+$", table.ref)[0])  # nothing below the table
    links = [cell.hyperlink.location for cell in book["Contents"]["A"] if cell.hyperlink]
    assert links[1] == "'analyses'!A1" and len(links) == len(tables) + 2
    with zipfile.ZipFile(io.BytesIO(xlsx)) as archive:
        described = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/tables/")]
        assert all('altText="' in part for part in described)
        assert not [n for n in archive.namelist() if "externalLink" in n or "comments" in n or "media" in n]


def test_nothing_in_the_workbook_computes_or_leads_elsewhere(xlsx):
    with zipfile.ZipFile(io.BytesIO(xlsx)) as archive:
        pages = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
        assert not any("<f>" in page or "<f " in page for page in pages)
        assert not any(b"http://x" in archive.read(n) for n in archive.namelist() if n.endswith(".rels"))
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    levels = {cell.value[:11]: cell.data_type for cell in book["profile"]["C"] if cell.value}
    assert levels["=HYPERLINK("] == levels["-1"] == "s"


def test_the_open_document_is_marked_up(cover, tables, ods):
    made = Document(io.BytesIO(ods))
    assert (made.meta.title, made.meta.language) == (cover.title, "en-GB")
    content = made.get_part("content.xml").serialize().decode()
    assert content.count("table:contains-header") == content.count("<table:table-header-rows") == len(tables) + 3
    assert "of:=" not in content and "table:formula" not in content and "spanned" not in content
    assert set(re.findall('xlink:href="([^"]*)"', content)) == {
        f"#{name}.A1" for name in ("Notes", "data_dictionary", *(table.name for table in tables))
    }
    address = re.search(r'table:name="measures"[^>]*target-range-address="([^"]*)"', content)
    table = named(tables, "measures")
    top = len(next(s for s in sheets(cover, tables) if s.name == "measures").lines) + 2
    assert address[1] == f"measures.A{top}:measures.L{top + len(table.rows)}"
    assert all("MacOS" not in made.get_part(part).serialize().decode() for part in ("styles.xml", "meta.xml"))
    assert 'fo:language="en"' in made.get_part("styles.xml").serialize().decode()


# --- CSV -------------------------------------------------------------------------------------------------------------


def notebook(figures):
    outputs = [{"output_type": "display_data", "metadata": {}, "data": f._repr_mimebundle_()} for f in figures]
    cell = {"cell_type": "code", "metadata": {"tags": []}, "execution_count": 1, "source": "", "outputs": outputs}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def drawn(findings):
    """Every figure of a report."""
    analysis = findings.analyses[0]
    rate = analysis.headline_measure
    figures = [
        plots.people_picture(rate.treatment_value, rate.control_value_adjusted),
        *(plots.measures_plot(analysis.measures, unit=unit, key=f"m_{unit}") for unit in ("share", "count", "days")),
        plots.power_curve(analysis.power),
        *(plots.survival_plot(analysis, clock=clock) for clock in ("calendar", "at_risk")),
        plots.subgroups_plot(analysis),
        plots.robustness_plot(analysis),
        plots.flow_chart(analysis.flow),
        plots.love_plot(analysis.balance.every),
        plots.overlap(analysis.overlap),
        plots.estimates_plot(rate),
    ]
    assert all(figures)
    return figures


def read_csv(path):
    return list(csv.reader(path.open(encoding="utf-8", newline="")))


def test_every_column_of_every_file_is_in_the_dictionary(findings, tables, drawn, tmp_path):
    files = write_data(notebook(drawn), findings, tmp_path)
    assert {"data-tables.xlsx", "data-tables.ods"} < {path.name for path in files}
    data = sorted((tmp_path / "data").iterdir())
    assert len(data) == len(tables) + len(drawn) + 1
    head, *rows = read_csv(tmp_path / "data" / "data_dictionary.csv")
    assert head == ["file", "column", "label", "unit", "type", "symbols", "meaning"]
    told = [(row[0], row[1]) for row in rows]
    assert sorted(told) == sorted((path.name, name) for path in data for name in read_csv(path)[0])
    assert all(row[3] != "[z]" for row in rows if row[4] == "number")  # every number has a unit
    units = {(row[0], row[1]): row[3] for row in rows}
    assert units["figure_m_days.csv", "Lower limit"] == "days"
    kinds = {(row[0], row[1]): (row[4], row[5]) for row in rows}
    for path in data:
        names, *values = read_csv(path)
        assert values or path.name.startswith("figure_")
        for name, column in zip(names, zip(*values, strict=True), strict=True):
            kind, symbols = kinds[path.name, name]
            found = {cell for cell in column if cell in set(MEANINGS)}
            if path.name != "data_dictionary.csv":
                assert found == set(symbols.split()) - {"none"}
            if kind == "number":
                assert all(cell in found or float(cell) is not None for cell in column)
            assert "" not in column


def test_every_column_of_a_figure_has_a_meaning_of_its_own(drawn):
    headings = {name for figure in drawn for row in figure.data for name in row}
    names = {re.sub(r" ?\([^()]*\)", "", name).partition(", ")[0] for name in headings}
    assert names and names <= set(FIGURE_MEANINGS)


def test_further_analyses_have_the_data_of_their_figures_only(findings, tmp_path):
    files = write_data(
        notebook([plots.flow_chart(findings.analyses[1].flow)]), findings.about("region-north"), tmp_path
    )
    assert [path.name for path in files] == ["data_dictionary.csv", "figure_flow_chart.csv"]


def test_a_text_that_a_spreadsheet_would_compute_is_defused_and_a_number_is_not():
    rows = [("=1+1", "@x"), ("-6", "\t=x"), ("−6", "\r\n-x"), (-6, Decimal("-0.30"))]
    made = list(csv.reader(io.StringIO(csv_of(("a", "+b"), rows), newline="")))
    assert made == [["a", "'+b"], ["'=1+1", "'@x"], ["'-6", "'=x"], ["−6", "'-x"], ["-6", "-0.30"]]


def test_the_data_of_a_figure_say_what_is_withheld_and_what_is_not_there():
    drawn = Figure("f", "F", "A figure for a test", "<svg/>", ({"a": None, "b": -1.5}, {"a": "=x"}))
    assert to_csv(drawn) == "a,b\n[c],-1.5\n'=x,[z]\n"
    assert MIME in drawn._repr_mimebundle_()
    per_cent = Figure("f", "F", "A figure for a test", "<svg/>", ({"a": 98.0, "b": 97.5}, {"a": 100.0, "b": 99.0}))
    assert to_csv(per_cent) == "a,b\n98,97.5\n100,99.0\n"


def test_no_digit_is_more_than_the_report_prints():
    """Whatever the unrounded values: shares have no decimals unless they would print as zero, p-values two."""
    found = examples.findings(examples.measure(examples.ranged(-0.1234567, -0.0004)))
    (row, *_) = records(named(data_tables(found), "differences"))
    assert [str(row[name]) for name in ("difference", "ci_low", "ci_high")] == ["-6.19", "-12.35", "-0.04"]
    assert Findings.model_validate(found.model_dump()) == found


def test_the_report_names_the_files(findings):
    said = provenance(findings)
    assert "data_files" in said.rules
    assert f"“{SPREADSHEET}” (Excel and OpenDocument)" in said.text and "folder “data”" in said.text


def test_numbers_of_neighbouring_cells_are_no_date_for_the_leak_check(cover, tmp_path):
    columns = tuple(number(name, name, name, "people") for name in "abc")
    table = DataTable("t", "T", columns, ((5, 6, 1946), (5, 6, 46)))
    for ending, make in (("xlsx", to_xlsx), ("ods", to_ods)):
        (path := tmp_path / f"t.{ending}").write_bytes(make(replace(cover, intro=(), about=()), [table]))
        found = {day for told in read_texts(path) for day in dates_in(told)}
        assert found == {cover.dated, dt.date(2026, 12, 20)}  # of its properties, and of the mark
