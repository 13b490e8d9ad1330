"""Docstrings of properties as they are written: napoleon would take what stands before a colon for the type."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

BEFORE_NAPOLEON, AFTER_NAPOLEON = 400, 600


def setup(app: Sphinx) -> dict[str, bool]:
    written: dict[str, list[str]] = {}

    def keep(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
        if what == "property" and not any(line.startswith("---") for line in lines):
            written[name] = list(lines)

    def put_back(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
        lines[:] = written.pop(name, lines)

    app.connect("autodoc-process-docstring", keep, BEFORE_NAPOLEON)
    app.connect("autodoc-process-docstring", put_back, AFTER_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
