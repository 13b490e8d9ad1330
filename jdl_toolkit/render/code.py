"""Code as it stands in a notebook's cell, coloured without any script."""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup


def highlighted(source: str) -> Markup:
    """Python as HTML: each word in a ``span`` of its kind's class, which ``code.css`` colours; all text escaped."""
    from pygments import highlight

    return Markup(highlight(source, *_tools()).rstrip("\n"))


@cache
def _tools() -> tuple[Any, Any]:
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer

    return PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)
