"""The two renderers as nbconvert exporters: ``jupyter nbconvert --to jdl_html notebook.ipynb``.

Kept apart from `to_html` and `to_pdf`, which import no nbconvert: that alone takes longer than drawing both files.
"""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import Exporter
from traitlets import Unicode

from . import content
from .html import html_of
from .pdf import pdf_of
from .review import notebook_page


class _ReportExporter(Exporter):
    title = Unicode("Report", help="Title of the report").tag(config=True)
    subtitle = Unicode("", help="Shown below the title").tag(config=True)
    export_from_notebook = None  # not in the Download menu: a report is built by `jdl run`

    def _report(self, nb: Any, resources: dict | None, **kw: Any) -> tuple[content.Report, dict]:
        nb, resources = Exporter.from_notebook_node(self, nb, resources, **kw)
        return content.read_report(nb, self.title, self.subtitle), resources


class HTMLReport(_ReportExporter):
    """A self-contained, accessible page from Markdown cells and the toolkit's bundles alone."""

    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: Any, resources: dict | None = None, **kw: Any) -> tuple[str, dict]:
        report, resources = self._report(nb, resources, **kw)
        return html_of(report), resources


class ReviewPage(Exporter):
    """A page for who works in the lab: as `HTMLReport`, with the code folded; marked RESTRICTED."""

    output_mimetype = "text/html"
    title = Unicode("Notebook", help="Title of the page").tag(config=True)
    export_from_notebook = None

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: Any, resources: dict | None = None, **kw: Any) -> tuple[str, dict]:
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        return notebook_page(nb, self.title), resources


class PDFReport(_ReportExporter):
    """A tagged PDF from the same parts."""

    output_mimetype = "application/pdf"

    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(self, nb: Any, resources: dict | None = None, **kw: Any) -> tuple[bytes, dict]:
        report, resources = self._report(nb, resources, **kw)
        return pdf_of(report), resources
