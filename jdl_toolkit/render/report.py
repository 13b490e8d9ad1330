"""All that is published about one request, from its executed notebook: HTML, PDF, figures, spreadsheets and CSV."""

from __future__ import annotations

from pathlib import Path

from .. import numbers
from ..findings import Findings
from ..narrative import draft_words, published_words, version_words
from ..wording import plain
from .files import write_figures
from .html import to_html
from .pdf import to_pdf
from .workbook import write_data


def write_report(notebook: Path, findings: Findings, folder: Path, with_code: bool = False) -> None:
    """Draw ``report.html``, ``report.pdf``, ``figures/``, ``data-tables.xlsx``, ``.ods`` and ``data/`` into `folder`.

    Parameters
    ----------
    notebook : Path
        Executed report notebook.
    findings : Findings
        For the title and the banners; of a request with several analyses, `Findings.about` the one of the notebook.
    folder : Path
    with_code : bool
        Whether the HTML carries the notebook's code, folded; the PDF never does.

    Raises
    ------
    JDLError
        If a block is malformed or the page is not accessible.
    """
    title, subtitle = titles(findings)
    marks = {"exploratory": findings.exploratory, "synthetic": findings.synthetic, "draft": draft_words(findings)}
    marks["version"] = version_words(findings)
    names = names_of(findings)
    to_html(notebook, title, subtitle, folder / "report.html", names=names, with_code=with_code, **marks)
    to_pdf(notebook, title, subtitle, folder / "report.pdf", **marks)
    write_figures(notebook, folder)
    write_data(notebook, findings, folder)


def names_of(findings: Findings) -> tuple[str, ...]:
    """Names from outside that a report's sentences may hold: of the organisation, the service, analyses and parts."""
    names = [findings.organisation.name, findings.service.name]
    for analysis in findings.analyses:
        names += [analysis.title, *(value for values in analysis.records.values() for value in values)]
        names += [row.level for row in analysis.subgroups.rows] if analysis.subgroups is not None else []
    return tuple(map(plain, names))


def titles(findings: Findings) -> tuple[str, str]:
    """Title and subtitle of a report; with several analyses both say which of them it is about."""
    title, n = f"{findings.service.name}: did reoffending change?", len(findings.analyses)
    subtitle = f"Justice Data Lab report for {findings.organisation.name}. Received {numbers.date(findings.received)}."
    subtitle = f"{subtitle} {published_words(findings)}".strip()
    if n < 2:
        return title, subtitle
    place = findings.listed.index(findings.analyses[0].id) + 1
    return f"{title} {findings.analyses[0].title}", f"{subtitle} Analysis {place} of {n}."
