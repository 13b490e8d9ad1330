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
    quoted: bool = False  # somebody else's words


@dataclass(frozen=True)
class Table:
    number: int
    block: document.Table


@dataclass(frozen=True)
class Figure:
    number: int
    block: document.Figure


@dataclass(frozen=True)
class Glossary(Prose):
    """Terms and their meanings, one list; those alone that the rest of the report mentions (`glossary`)."""


@dataclass(frozen=True)
class Code:
    """What a cell of the notebook did, for a reader who asked for it.

    Parameters
    ----------
    number : int
        Of the cell in its notebook, from 1.
    source : str
    """

    number: int
    source: str


Part = Heading | Prose | Box | Table | Figure | Code


@dataclass(frozen=True)
class Report:
    """A report, ready to be drawn.

    Parameters
    ----------
    title, subtitle : str
    banners : tuple of str
        Warnings shown at the top of every page.
    parts : tuple of Part
    names : tuple of str
        Names from outside, in which no term of the glossary is looked for.
    draft : str
        What a draft says of itself, its mark in capitals first; "" once it is published.
    """

    title: str
    subtitle: str
    banners: tuple[str, ...]
    parts: tuple[Part, ...]
    names: tuple[str, ...] = ()
    draft: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that a reader must know of the report before reading it."""
        return (self.draft, *self.banners) if self.draft else self.banners

    @property
    def running(self) -> str:
        """The warnings as one line, for the top of each page: a draft's first sentence, of others the mark alone."""
        marks = [banner.partition(":")[0] for banner in self.banners]
        return " · ".join([*([self.draft.partition(".")[0]] if self.draft else []), *marks])

    @property
    def mark(self) -> str:
        """What lies behind the text of a draft: ``DRAFT``, ``WITHDRAWN``, or nothing."""
        return self.draft.split(" ")[0].rstrip(":")

    @property
    def opening(self) -> int:
        """How many parts stand before the list of contents: those up to the finding, if the report opens with it."""
        sections = [i for i, part in enumerate(self.parts) if isinstance(part, Heading) and part.level == 2]
        first, second = (*sections, len(self.parts), len(self.parts))[:2]
        opens = any(isinstance(part, Box) and part.tone == "finding" for part in self.parts[first:second])
        return second if opens and len(sections) > 1 else first

    @property
    def sections(self) -> list[tuple[Heading, list[Heading]]]:
        """Each heading of the second level with those of the third level below it: the list of contents."""
        listed: list[tuple[Heading, list[Heading]]] = []
        for part in self.parts:
            if isinstance(part, Heading) and part.level == 2:
                listed.append((part, []))
            elif isinstance(part, Heading) and part.level == 3 and listed:
                listed[-1][1].append(part)
        return listed
