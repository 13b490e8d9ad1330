"""All that is published about one request, from its executed notebook: HTML, PDF, figures and tables as files."""

from __future__ import annotations

from pathlib import Path

from .. import numbers
from ..findings import Findings
from .files import write_figures
from .html import to_html
from .pdf import to_pdf


def write_report(notebook: Path, findings: Findings, folder: Path) -> None:
    """Draw ``report.html``, ``report.pdf``, ``figures/`` and ``tables/`` into `folder`.

    Parameters
    ----------
    notebook : Path
        Executed report notebook.
    findings : Findings
        For the title and the banners; of a request with several analyses, `Findings.about` the one of the notebook.
    folder : Path

    Raises
    ------
    JDLError
        If a block is malformed or the page is not accessible.
    """
    title, subtitle = titles(findings)
    marks = {"exploratory": findings.exploratory, "synthetic": findings.synthetic}
    to_html(notebook, title, subtitle, folder / "report.html", **marks)
    to_pdf(notebook, title, subtitle, folder / "report.pdf", **marks)
    write_figures(notebook, folder)


def titles(findings: Findings) -> tuple[str, str]:
    """Title and subtitle of a report; with several analyses both say which of them it is about."""
    title, n = f"{findings.service.name}: did reoffending change?", len(findings.analyses)
    subtitle = f"Justice Data Lab report for {findings.organisation.name}. Received {numbers.date(findings.received)}."
    if n < 2:
        return title, subtitle
    place = findings.listed.index(findings.analyses[0].id) + 1
    return f"{title} {findings.analyses[0].title}", f"{subtitle} Analysis {place} of {n}."
