"""All that is published of a bulletin, from its executed notebook: HTML, PDF, figures, spreadsheets and CSV."""

from __future__ import annotations

from pathlib import Path

from .. import numbers
from ..document import Figure
from ..narrative.bulletin.new import OUTPUTS, report_of
from ..portfolio.bulletin import Bulletin
from ..publication import figure_file
from ..publication.bulletin import bulletin_cover, bulletin_tables
from ..publication.dictionary import data_dictionary
from ..result import write_atomically
from ..wording import plain
from .content import INVENTED
from .files import csv_of, read_figures, to_csv, write_figures
from .html import to_html
from .ods import to_ods
from .pdf import to_pdf
from .workbook import SPREADSHEET
from .xlsx import to_xlsx


def write_bulletin(notebook: Path, bulletin: Bulletin, folder: Path) -> list[Path]:
    """Draw ``bulletin.html``, ``bulletin.pdf``, ``figures/``, ``data-tables.xlsx``, ``.ods`` and ``data/``.

    Parameters
    ----------
    notebook : Path
        Executed notebook of the bulletin.
    bulletin : Bulletin
        What it was drawn from.
    folder : Path

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    JDLError
        If a block is malformed or the page is not accessible.
    """
    folder = Path(folder)
    title, subtitle = bulletin_titles(bulletin)
    marks = {"synthetic": bulletin.synthetic}
    page = to_html(notebook, title, subtitle, folder / "bulletin.html", names=bulletin_names(bulletin), **marks)
    paper = to_pdf(notebook, title, subtitle, folder / "bulletin.pdf", named=report_names(bulletin), **marks)
    return sorted(
        [page, paper, *write_figures(notebook, folder), *_write_data(read_figures(notebook), bulletin, folder)]
    )


def bulletin_titles(bulletin: Bulletin) -> tuple[str, str]:
    """Title and subtitle of a bulletin: the month of its publication, by which it goes, and the end of its period."""
    title = f"{plain(bulletin.title)}: {numbers.month(bulletin.published)}"
    published = f"Published {numbers.date(bulletin.published)}. Findings up to {numbers.date(bulletin.until)}."
    return title, f"{published} Next publication {numbers.date(bulletin.next_publication)}."


def report_names(bulletin: Bulletin) -> dict[str, str]:
    """Where each report lies, seen from the bulletin -> what the PDF prints: which it is, and its address if known."""
    base, named = bulletin.base_address.rstrip("/"), {}
    for result in bulletin.of_this_lab:
        place = report_of(result, bulletin)
        analysis = f", {plain(result.title)}" if result.title else ""
        address = f", {base}/{place.removeprefix(OUTPUTS)}" if base else ""
        named[place] = f"Report: {result.request}, version {result.version}{analysis}{address}"
    return named


def bulletin_names(bulletin: Bulletin) -> tuple[str, ...]:
    """Names from outside, in which no term of the glossary is looked for."""
    names = [text for r in bulletin.results for text in (r.organisation, r.service, r.title, r.source_title)]
    names += [text or "" for r in bulletin.requests for text in (r.organisation, r.service)]
    return tuple(dict.fromkeys(plain(name) for name in (*names, *bulletin.pre_release.people) if name))


def _write_data(figures: list[Figure], bulletin: Bulletin, folder: Path) -> list[Path]:
    tables = bulletin_tables(bulletin)
    cover = bulletin_cover(bulletin, tables, [INVENTED] if bulletin.synthetic else [])
    files: dict[Path, str | bytes] = {
        folder / "data" / f"{table.name}.csv": csv_of([column.name for column in table.columns], table.rows)
        for table in (*tables, data_dictionary(tables, figures))
    }
    files |= {folder / "data" / figure_file(figure): to_csv(figure) for figure in figures}
    files[folder / f"{SPREADSHEET}.xlsx"] = to_xlsx(cover, tables)
    files[folder / f"{SPREADSHEET}.ods"] = to_ods(cover, tables)
    for path, written in files.items():
        write_atomically(path, written)
    return list(files)
