"""The bulletin's files: HTML, PDF, spreadsheets and CSV of the pilot year, and of a bulletin with next to nothing."""

import csv
import re
from types import SimpleNamespace

import openpyxl
import pytest
from browser import COLOURS, LOOKS, assert_accessible
from bulletins import pilot_bulletin, pilot_settings
from drawn_bulletin import blocks_of, bulletin_of

from jdl_toolkit.disclosure.pdf_pages import pdf_pages
from jdl_toolkit.portfolio import BulletinSettings
from jdl_toolkit.render import lint_html, misprints
from jdl_toolkit.render.bulletin import report_names, write_bulletin
from jdl_toolkit.render.pdf import _file

BULLETINS = {"pilot": pilot_bulletin, "bare": lambda: bulletin_of("2 in progress", earlier_until=None)}


@pytest.fixture(scope="module", params=BULLETINS)
def drawn(request, tmp_path_factory):
    bulletin, folder = BULLETINS[request.param](), tmp_path_factory.mktemp(request.param)
    blocks, notebook = blocks_of(bulletin)
    files = write_bulletin(notebook, bulletin, folder)
    return SimpleNamespace(name=request.param, bulletin=bulletin, folder=folder, blocks=blocks, files=files)


def test_every_file_is_there_and_its_numbers_are_the_bulletins(drawn):
    names = {path.relative_to(drawn.folder).as_posix() for path in drawn.files}
    assert names >= {"bulletin.html", "bulletin.pdf", "data-tables.xlsx", "data-tables.ods", "data/counts.csv"}
    figures = {name for name in names if name.startswith("figures/")}
    assert len(figures) == (5 if drawn.name == "pilot" else 0)
    found = misprints(drawn.blocks, drawn.bulletin, drawn.folder / "bulletin.html", drawn.folder / "bulletin.pdf")
    assert (found.foreign, found.missing) == ((), ())


def test_a_changed_number_in_a_page_is_found(drawn, tmp_path):
    page = (drawn.folder / "bulletin.html").read_text(encoding="utf-8")
    right = "received 80 requests" if drawn.name == "pilot" else "received 2 requests"
    assert right in page
    (tmp_path / "bulletin.html").write_text(page.replace(right, "received 81 requests"), encoding="utf-8")
    assert misprints(drawn.blocks, drawn.bulletin, tmp_path / "bulletin.html").foreign


def test_the_page_is_accessible(drawn, browser):
    page = (drawn.folder / "bulletin.html").read_text(encoding="utf-8")
    assert lint_html(page) == []
    looks, without = (LOOKS[1:], COLOURS) if drawn.name == "pilot" else (LOOKS, ())  # of the same colours, and long
    assert_accessible(browser, page, looks, without)


def test_the_page_says_what_a_bulletin_says_and_in_this_order(drawn):
    page = (drawn.folder / "bulletin.html").read_text(encoding="utf-8")
    heads = [re.sub("<[^>]+>", "", head) for head in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    always = ["Summary of findings to date", "Contents", "New in this release", "Key findings"]
    rest = ["Every request to date", "What organisations say", "About this bulletin"]
    assert [head for head in heads if head in (*always, *rest)] == always + rest
    invented = "INVENTED DATA"
    assert (invented in page) == drawn.bulletin.synthetic
    assert page.count("<figure id=") == (5 if drawn.name == "pilot" else 0)
    if drawn.name == "pilot":
        assert "Justice Data Lab statistics: March 2014" in page and "10 April 2014" in page
        assert 'href="../../released/pilot-62/1/report.html"' in page
        assert all(name in page for name in ("Secretary of State", "Prediction interval", "False discovery rate"))


def test_the_pdf_is_tagged_and_marked_on_every_page(drawn):
    pdf = (drawn.folder / "bulletin.pdf").read_bytes()
    assert b"pdfuaid:part" in pdf or b"pdfuaid" in pdf
    pages = pdf_pages(pdf)
    assert all("INVENTED DATA" in page for page in pages) and len(pages) >= 3


def test_the_pdf_names_each_new_report_and_the_page_links_to_it(drawn):
    said = " ".join(" ".join(pdf_pages((drawn.folder / "bulletin.pdf").read_bytes())).split())
    assert "../" not in said and ("Report: pilot-62, version 1" in said) == (drawn.name == "pilot")


def test_an_address_is_printed_where_one_is_given():
    settings = pilot_settings(base_address="https://stats.example.org/lab/")
    named = report_names(pilot_bulletin(settings=settings))
    assert named["../../released/pilot-62/1/report.html"] == (
        "Report: pilot-62, version 1, https://stats.example.org/lab/released/pilot-62/1/report.html"
    )
    shown = _file("The report", "../../released/pilot-62/1/report.html", named)
    assert shown["name"] == "Report" and "".join(shown["path"]) == named["../../released/pilot-62/1/report.html"][8:]
    assert pilot_bulletin().base_address == ""
    with pytest.raises(ValueError, match="base_address"):
        BulletinSettings.model_validate(settings.model_dump() | {"base_address": "javascript:alert(1)"})


def test_the_spreadsheet_holds_every_request_and_result(drawn):
    book = openpyxl.load_workbook(drawn.folder / "data-tables.xlsx", read_only=True)
    rows = list(csv.DictReader((drawn.folder / "data" / "requests.csv").open(encoding="utf-8")))
    assert len(rows) == drawn.bulletin.counts.received
    if drawn.name == "bare":
        assert "results" not in book.sheetnames
        return
    assert {"counts", "requests", "results", "results_by_need", "average_effects", "tests"} <= set(book.sheetnames)
    results = list(csv.DictReader((drawn.folder / "data" / "results.csv").open(encoding="utf-8")))
    smallest = next(row for row in results if row["request"] == "pilot-62")
    assert [smallest[k] for k in ("difference", "ci_low", "ci_high", "n_treatment")] == ["-20", "-38", "-1", "30"]
    figure = list(csv.DictReader((drawn.folder / "data" / "figure_effects_conclusive.csv").open(encoding="utf-8")))
    assert len(figure) == 22
    assert not any("not-published" in row["request"] and row["organisation"] != "[c]" for row in rows)
