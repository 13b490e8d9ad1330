"""An executed notebook to the reader's eye: one HTML file, one tagged PDF, the figures and tables as files.

Both are drawn from one list of parts (`content`), which knows Markdown cells and the toolkit's own bundles and nothing
else.
"""

from .files import write_figures
from .html import to_html
from .index import write_index
from .lint import lint_html
from .pdf import to_pdf
from .report import write_report

__all__ = ["lint_html", "to_html", "to_pdf", "write_figures", "write_index", "write_report"]
