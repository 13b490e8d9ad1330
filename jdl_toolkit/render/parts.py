"""What a report is made of: headings, prose, boxes, tables and figures, in order."""

from __future__ import annotations

from dataclasses import dataclass

from .. import document
from ..markup import Node


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    id: str


@dataclass(frozen=True)
class Prose:
    blocks: tuple[Node, ...]


@dataclass(frozen=True)
class Box:
    tone: str
    title: str
    blocks: tuple[Node, ...]
    id: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Table:
    number: int
    block: document.Table


@dataclass(frozen=True)
class Figure:
    number: int
    block: document.Figure


@dataclass(frozen=True)
class Glossary:
    """The terms of a report, until it is known which of them occur in it."""

    blocks: tuple[Node, ...]


Part = Heading | Prose | Box | Table | Figure | Glossary


@dataclass(frozen=True)
class Report:
    """A report, ready to be drawn.

    Parameters
    ----------
    title, subtitle : str
    banners : tuple of str
        Warnings shown at the top of every page.
    parts : tuple of Part
    """

    title: str
    subtitle: str
    banners: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def opening(self) -> int:
        """How many parts stand before the list of contents: those up to the finding, if the report opens with it."""
        sections = [i for i, part in enumerate(self.parts) if isinstance(part, Heading) and part.level == 2]
        first, second = (*sections, len(self.parts), len(self.parts))[:2]
        opens = any(isinstance(part, Box) and part.tone == "finding" for part in self.parts[first:second])
        return second if opens and len(sections) > 1 else first
