"""GLOSSARY.md as a page whose terms can be linked to."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

GLOSSARY = Path(__file__).resolve().parents[2] / "GLOSSARY.md"


def rows(text: str) -> list[tuple[list[str], str, str]]:
    """Words, meaning and others' words of each row of the table."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    return [(word.split(", "), meaning, others) for word, meaning, others in cells[2:]]


def slug(word: str) -> str:
    """As links name a term: `[caliper](../GLOSSARY.md#caliper)`."""
    return re.sub(r"[^\w-]", "", word.lower().replace(" ", "-"))


@cache
def _terms() -> dict[str, str]:
    return {slug(word): word for words, _, _ in rows(GLOSSARY.read_text("utf-8")) for word in words}


def term_of(anchor: str) -> str:
    """The term that a link means; a link that means none is told of by Sphinx."""
    return _terms().get(anchor.lower(), anchor)


def page(text: str) -> str:
    """The glossary in reStructuredText: one definition for each row."""
    lines = ["Glossary", "========", "", "One word per idea, with others' words for it.", "", ".. glossary::", ""]
    for words, meaning, others in rows(text):
        meaning = re.sub(r"docs/([\w/-]+)\.md", r":doc:`/\1`", meaning)
        also = f" *Also called {others}.*" if others else ""
        lines += [*(f"   {word}" for word in words), f"      {meaning[0].upper()}{meaning[1:]}.{also}", ""]
    return "\n".join(lines)
