"""An executed notebook to the reader's eye: one HTML file, one tagged PDF, the figures and tables as files.

Both are drawn from one list of parts (`content`), which knows Markdown cells and the toolkit's own bundles and nothing
else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .files import write_figures
    from .html import to_html
    from .index import refresh_index, write_index
    from .lint import lint_html
    from .pdf import to_pdf
    from .printed import misprints
    from .report import write_report
    from .review import write_review

__all__ = ["lint_html", "misprints", "to_html", "to_pdf"]
__all__ += ["refresh_index", "write_figures", "write_index", "write_report", "write_review"]

_HOMES = {"write_figures": "files", "to_html": "html", "write_index": "index", "lint_html": "lint"}
_HOMES |= {"misprints": "printed", "to_pdf": "pdf", "write_report": "report", "write_review": "review"}
_HOMES |= {"refresh_index": "index"}


def __getattr__(name: str) -> Any:
    """Each function is loaded when it is first asked for: a page needs nothing that PDF and figures need."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
