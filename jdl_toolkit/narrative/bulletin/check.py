"""Every number of a bulletin must come from `bulletin.json`, and from where its sentence or row says it comes.

The same check as of a report (`narrative.check`), over the facts of a bulletin: a row or sentence that names a service
is held to the figures of that service.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from ... import numbers
from ...markup import one_line
from ...portfolio.bulletin import Bulletin
from ...tables.portfolio import short_date
from ...wording import plain, quoted
from ..check import Checked, Checker, Passage, Scope, is_quoted, passages_of, said
from ..facts import Fact
from ..rules import BULLETIN_RULES, BULLETIN_SHOWN, EVERYTHING
from .facts import TOPICS

#: Behind a topic: its facts, whatever they are named.
_OF_ANY = "*"
_SPEECH = (
    r"\b95 of 100\b",
    r"95% confidence interval",
    r"\b95 per cent (?:prediction )?intervals?",
    r"about 5%",
    r"\bwith 95% confidence\b",
    r"\bAt 0%",
    r"\(95%",
)


def check_bulletin(blocks: Iterable[Mapping[str, Any]], bulletin: Bulletin) -> Checked:
    """Hold every number of a bulletin's blocks to what it was drawn from.

    Parameters
    ----------
    blocks : iterable of dict
        As a notebook holds them (`document.Block.to_json`).
    bulletin : Bulletin
    """
    passages = [p for block in blocks for p in _passages(block)]
    checker = BulletinChecker(bulletin, "\n".join(p.text for p in passages))
    found = [(passage, checker.foreign(passage)) for passage in passages]
    return Checked(tuple(said(passage, foreign) for passage, foreign in found if foreign), ())


def _passages(block: Mapping[str, Any]) -> Iterator[Passage]:
    """The passages of a block; those of a box with its title, which names the service that it is about.

    What a drawing shows stands beside no name, so that it may be of any result.
    """
    for passage in passages_of(block, BULLETIN_RULES, BULLETIN_SHOWN):
        if block["kind"] == "inset":
            passage = replace(passage, text=f"{one_line(block['title'])}: {passage.text}")
        elif passage.is_about or passage.is_cut:
            passage = replace(passage, topics=tuple(f"{topic}{_OF_ANY}" for topic in passage.topics))
        yield passage


class BulletinChecker(Checker):
    """The facts of a bulletin, each topic worked out once.

    Parameters
    ----------
    bulletin : Bulletin
    page : str
        All that is looked at.
    """

    def __init__(self, bulletin: Bulletin, page: str) -> None:
        super().__init__(None, page)
        self.bulletin = bulletin

    def misplaced(self, passage: Passage) -> list[str]:
        return []

    def _facts(self, topic: str) -> list[Fact]:
        if topic not in self._topics:
            found = [f for f in TOPICS[topic.removesuffix(_OF_ANY)](self.bulletin) if f.figures]
            self._topics[topic] = [replace(f, labels=()) for f in found] if topic.endswith(_OF_ANY) else found
        return self._topics[topic]

    def _scope(self, topics: tuple[str, ...]) -> Scope:
        """As of a report; but a sentence that names no result may not have the figures of one."""
        is_known = topics in self._scopes
        scope = super()._scope(topics)
        if topics != EVERYTHING and not is_known:
            scope.facts = [fact for fact in scope.facts if not fact.labels]
        return scope

    def _of_anything(self) -> list[Fact]:
        return [fact for topic in TOPICS for fact in self._facts(topic)]

    @cached_property
    def _free(self) -> frozenset[str]:
        return frozenset()

    @cached_property
    def _pieces(self) -> frozenset[str]:
        """What stands of a name's figures in a line that may end within it."""
        runs = {run for name in map(one_line, _names(self.bulletin)) for run in re.findall(r"\d[\d.,]*", name)}
        return frozenset(r[i:j].strip(",") for r in runs for i in range(len(r)) for j in range(i + 1, len(r) + 1))

    @cached_property
    def _quoted(self) -> list[str]:
        texts = {way for text in _quoted_texts(self.bulletin) for way in (text, one_line(text), plain(text))}
        texts |= {one_line(quoted(text)).strip("“”") for text in texts}
        return sorted({t for t in texts if t and t.lower() in self._page}, key=len, reverse=True)

    @cached_property
    def _speech(self) -> re.Pattern[str]:
        return re.compile("|".join(_SPEECH), re.IGNORECASE)


def _names(bulletin: Bulletin) -> Iterator[str]:
    """Names from outside, which may hold anything."""
    for r in bulletin.results:
        yield from filter(None, (r.request, r.organisation, r.service, r.title, r.source_title))
    for r in bulletin.requests:
        yield from filter(None, (r.request, r.organisation, r.service))


def _quoted_texts(bulletin: Bulletin) -> Iterator[str]:
    """Texts of the bulletin that hold a number or look like two clauses, and its days as they are written."""
    yield from (r.request.replace("-", " ") for r in bulletin.requests if r.organisation is None)
    for text in {*_texts(bulletin.model_dump())}:
        if isinstance(text, dt.date):
            yield from (numbers.date(text), numbers.month(text), text.isoformat(), one_line(short_date(text)))
        elif is_quoted(text):
            yield from (text, text.rstrip("."))


def _texts(held: Any) -> Iterator[str | dt.date]:
    if isinstance(held, str | dt.date):
        yield held
    elif isinstance(held, dict):
        yield from (text for part in held.values() for text in _texts(part))
    elif isinstance(held, list | tuple):
        yield from (text for part in held for text in _texts(part))
