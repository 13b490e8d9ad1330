"""Every number that a report prints must come from the findings, and from where its sentence or row says it comes.

A number is held to the topics of its passage (`rules.RULES` for words, `rules.SHOWN` for tables and figures), with the
unit behind it, and where the passage names what it is about, to that measure, step or row alone. Numbers of one fact
that do not stand in its order are told apart: two may have changed places. Texts that the findings hold (labels, names,
what the organisation wrote) are quoted, and their numbers are not looked at.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Any

from .. import numbers
from ..findings import Findings
from ..markup import KEPT, one_line
from ..plots.effects import level_words
from ..wording import plain, quoted
from .facts import NUMBER, Fact
from .rules import EVERYTHING, RULES, SHOWN, THEIR_OWN_WORDS, topics_shown
from .topics import TOPICS

#: What a unit behind a number is marked by.
_UNITS = {"%": r"%|per cent\b", "pp": r"percentage points?\b", "d": r"days?\b", "m": r"months?\b"}
_UNITS |= {"n": r"(?:different )?(?:people|persons?|records?)\b"}
_UNIT = re.compile(r"\s*(?:" + "|".join(f"(?P<{'u' + str(i)}>{p})" for i, p in enumerate(_UNITS.values())) + ")")
#: Words for which side of zero a difference lies on.
_SIDE = re.compile(r"\s*(?:(?P<below>lower|fewer|sooner)|higher|more|later)\b")
_DIGEST = re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12,}\b")
_CLAUSE = re.compile(r"(?<=[;.])\s+|\n")
#: Numbers of ordinary speech and of the method, with the words around them: every number that stands in the source of a
#: sentence, which a test holds them to. A figure within a word, as in HC1, is part of its name.
_SPEECH = (
    r"\b(?:of|for|every) (?:every )?100\b(?![.,]\d|%| per cent)", r"100 similar people", r"\ball but 1 in( 20\b)?",
    r"\b1 in 20\b", r"SHA-256", r"\b[^\W\d_]+\d\w*", r"fewer than 1 of", r"fewer than 0\.1",
    r"\(log of 1 \+ number\)", r"\b1 is no difference", r"\b1 week\b",
)  # fmt: skip
#: Topics whose clauses tell one fact each, where they name one.
_SEVERAL = frozenset(("measures", "subgroups", "estimates", "follow_up", "power"))
#: Topics of results, whose numbers are looked at in their order.
_RESULTS = frozenset(("headline", "measures", "subgroups", "estimates"))
#: How far apart, in numbers, two may stand whose order is looked at.
_NEAR = 3


@dataclass(frozen=True)
class Passage:
    """A piece of a report by itself: a paragraph, a list item, a row, a caption.

    Parameters
    ----------
    where : str
        For the message: the heading, table or figure it stands under.
    text : str
    topics : tuple of str
        Names of `topics.TOPICS` that its numbers may come from.
    is_row : bool
        Whether it tells one fact and nothing else, as a row of a table does.
    is_about : bool
        Whether it speaks of a figure rather than of a result, as an alternative text does: in an order of its own.
    is_cut : bool
        Whether lines may end within a name, as those of a drawing and of a PDF do.
    """

    where: str
    text: str
    topics: tuple[str, ...] = EVERYTHING
    is_row: bool = False
    is_about: bool = False
    is_cut: bool = False


@dataclass(frozen=True)
class _Token:
    number: str
    unit: str

    @property
    def key(self) -> str:
        return self.number + self.unit


def check_numbers(text: str, findings: Findings, topics: tuple[str, ...] = EVERYTHING) -> list[str]:
    """The numbers in `text` that the findings do not hold for `topics`, as they stand there; empty when all are.

    Parameters
    ----------
    text : str
    findings : Findings
    topics : tuple of str
        Names of `topics.TOPICS`; without them, all.
    """
    checker = Checker(findings, text)
    lines = [line for line in text.split("\n") if line.strip()]
    return [n for line in lines for n in checker.foreign(Passage("", line, topics))]


def passages_of(
    block: Mapping[str, Any],
    by_rule: Mapping[str, tuple[str, ...]] = RULES,
    by_key: Mapping[str, tuple[str, ...]] = SHOWN,
) -> Iterator[Passage]:
    """The passages of a block as a notebook holds it (`document.Block.to_json`), each with its topics.

    `by_rule`, `by_key`: topics of words by their rules, and of tables and figures by their keys.

    Axis labels of a figure are no results: the ticks of an axis stand at round numbers that no finding has.
    """
    kind, rules = block["kind"], block.get("rules", ())
    if THEIR_OWN_WORDS in rules:
        return
    if kind in ("words", "inset"):
        topics = tuple(dict.fromkeys(t for rule in rules for t in by_rule.get(rule, ())))
        topics = topics if set(rules) <= by_rule.keys() else EVERYTHING
        where = f"“{block['title']}”" if block.get("title") else "the text"
        texts = [block.get("title") or "", *block["text"].split("\n"), *(text for text, _ in block.get("links", ()))]
        yield from (Passage(where, one_line(text.replace("**", "")), topics) for text in texts if text.strip())
        return
    topics, where = topics_shown(block["key"], by_key), f"the {kind} “{block['key']}”"
    texts = [block["caption"], block.get("note", "")]
    if kind == "table":
        groups = block.get("groups") or [""] * len(block["rows"])
        texts += [*block["columns"], *dict.fromkeys(groups)]
        one_each = topics != ("estimators",)  # estimators that agree stand in one row
        for group, row in zip(groups, block["rows"], strict=True):
            cells = (f"{group}: {row[0]}" if group else row[0], *row[1:])
            yield Passage(where, " | ".join(map(one_line, cells)), topics, one_each)
    else:
        figures, words = drawn_texts(block["svg"])
        texts += [block["alt"]]
        yield Passage(where, one_line(words), topics, is_about=True, is_cut=True)
        yield from (Passage(f"{where}, drawn", one_line(text), topics, is_row=True, is_cut=True) for text in figures)
        for row in block.get("data", ()):
            values = [row[name] for name in block.get("data_columns", row) if name in row]
            cells = (f"{x:,}".replace("-", numbers.MINUS) if _is_number(x) else one_line(str(x)) for x in values)
            yield Passage(f"{where}, data", " | ".join(cells), topics, is_row=True)
    yield from (Passage(where, one_line(text), topics, is_about=kind == "figure") for text in texts if text)


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool)


def drawn_texts(svg: str) -> tuple[list[str], str]:
    """The texts of a drawing, those of an axis's ticks left out: the figures, and all words as one text."""
    drawn = re.findall(r"<text\b([^>]*)>(.*?)</text>", svg, re.S)
    texts = [unescape(re.sub(r"<[^>]+>", " ", text)) for values, text in drawn if 'class="tick"' not in values]
    words = [text for text in texts if any(c.isalpha() for c in text.replace(" to ", ""))]
    return [text for text in texts if text not in words], " ".join(words)


@dataclass(frozen=True)
class Checked:
    """What came of a check of a report's blocks, in words for whoever made it.

    Parameters
    ----------
    foreign : tuple of str
        Numbers that the findings do not hold where they stand: ``29 in the table “measures”: …``. The report is wrong.
    misplaced : tuple of str
        Numbers that a fact holds in another order. Two may have changed places, or two facts have a number in common
        by chance: somebody should look.
    """

    foreign: tuple[str, ...]
    misplaced: tuple[str, ...]


def check_blocks(blocks: Iterable[Mapping[str, Any]], findings: Findings) -> Checked:
    """Hold every number of a report's blocks to the findings."""
    passages = [passage for block in blocks for passage in passages_of(block)]
    checker = Checker(findings, "\n".join(p.text for p in passages))
    found = [(passage, checker.foreign(passage), checker.misplaced(passage)) for passage in passages]
    return Checked(
        tuple(said(passage, foreign) for passage, foreign, _ in found if foreign),
        tuple(said(passage, misplaced) for passage, _, misplaced in found if misplaced),
    )


def said(passage: Passage, found: list[str]) -> str:
    return f"{', '.join(found)} in {passage.where}: {passage.text[:160]}"


class Checker:
    """The facts of some findings, each topic worked out once.

    Parameters
    ----------
    findings : Findings
        The first analysis is the one the report is about; a text without a topic may tell of any.
    page : str
        All that is looked at: what is quoted nowhere on it need not be looked for.
    """

    def __init__(self, findings: Findings, page: str) -> None:
        self.findings, self._page = findings, page.lower().replace(KEPT, "")
        self._topics: dict[str, list[Fact]] = {}
        self._scopes: dict[tuple[str, ...], Scope] = {}
        self._clauses: dict[Passage, tuple[list[str], list[_Told]]] = {}

    def foreign(self, passage: Passage) -> list[str]:
        """Numbers of a passage that are not in its facts."""
        digests, clauses = self._read(passage)
        return digests + [number for told in clauses for number in told.foreign]

    def misplaced(self, passage: Passage) -> list[str]:
        """Numbers of a passage that stand in another order than in its facts."""
        if passage.is_about or passage.topics == EVERYTHING or _RESULTS.isdisjoint(passage.topics):
            return []
        is_result = not _SEVERAL.isdisjoint(passage.topics)
        _, clauses = self._read(passage)
        return [n for told in clauses if not told.foreign for n in told.disordered(passage.is_row, is_result)]

    def _read(self, passage: Passage) -> tuple[list[str], list[_Told]]:
        """Digests that are not the findings' own, and the clauses of a passage."""
        if not any(c.isdigit() for c in passage.text):
            return [], []
        if passage not in self._clauses:
            text = self._quotes.sub(lambda quote: _masked(quote[0]), passage.text.replace(KEPT, ""))
            plain_text = self._speech.sub(lambda words: _masked(words[0]), _DIGEST.sub(" ", text))
            self._clauses[passage] = _DIGEST.findall(text), self._told(plain_text, passage)
        return self._clauses[passage]

    def _told(self, text: str, passage: Passage) -> list[_Told]:
        """The clauses of a passage, each with the facts it names; one without a name goes on with the one before.

        Of the finding itself, what was seen stands in one sentence and what is expected in the next.
        """
        scope = self._scope(passage.topics)
        parts = [_Told(scope, scope.facts, 0, [])]
        of_anything = passage.topics == EVERYTHING  # words mean different things in different topics
        for clause in _CLAUSE.split(text):
            facts, n_names = (scope.facts, len(scope.facts)) if of_anything else scope.named(clause)
            goes_on = not n_names and (parts[-1].n_names or passage.is_row or "headline" in passage.topics)
            if not goes_on:
                parts.append(_Told(scope, facts if n_names else scope.facts, n_names, []))
            known = (self._free | self._pieces) if passage.is_cut else self._free
            parts[-1].tokens.extend(t for t in _tokens(clause) if known.isdisjoint((t.key, t.number)))
        return parts

    def _facts(self, topic: str) -> list[Fact]:
        if topic not in self._topics:
            analyses = self.findings.analyses[:1]
            self._topics[topic] = [f for a in analyses for f in TOPICS[topic](self.findings, a) if f.figures]
        return self._topics[topic]

    def _scope(self, topics: tuple[str, ...]) -> Scope:
        if topics not in self._scopes:
            is_any = topics == EVERYTHING
            facts = self._of_anything() if is_any else [fact for topic in topics for fact in self._facts(topic)]
            self._scopes[topics] = Scope(facts)
        return self._scopes[topics]

    def _of_anything(self) -> list[Fact]:
        """The facts of every topic, also of further analyses."""
        facts = [fact for topic in EVERYTHING for fact in self._facts(topic)]
        more = [self.findings.about(a.id) for a in self.findings.analyses[1:]]
        return facts + [f for o in more for topic in TOPICS for f in TOPICS[topic](o, o.analyses[0]) if f.figures]

    @cached_property
    def long_words(self) -> tuple[str, ...]:
        """Words with a digit in texts that are quoted, digests among them, which a drawing may break; longest first."""
        words = {word for text in self._quoted for word in text.split()}
        return tuple(sorted((w for w in words if len(w) > _LONG_WORD and re.search(r"\d", w)), key=len, reverse=True))

    @cached_property
    def _free(self) -> frozenset[str]:
        """What may be said anywhere: the level of the intervals, lengths of time in months."""
        confidence = self.findings.provenance.settings["inference"]["confidence"]
        months = {12}
        for a in self.findings.analyses:
            months |= {
                a.start_within_months,
                a.follow_up_months,
                a.proving_months,
                a.follow_up_months + a.proving_months,
            }
        return frozenset({numbers.per_cent(confidence), *(f"{n}m" for n in months)})

    @cached_property
    def _pieces(self) -> frozenset[str]:
        """What stands of a name's figures in a line that may end within it: any part of them."""
        runs = {run for name in map(one_line, _names(self.findings)) for run in re.findall(r"\d[\d.,]*", name)}
        return frozenset(r[i:j].strip(",") for r in runs for i in range(len(r)) for j in range(i + 1, len(r) + 1))

    @cached_property
    def _quoted(self) -> list[str]:
        """Texts of the findings that hold a number, the longest first."""
        return sorted({t for t in _quoted_texts(self.findings) if t.lower() in self._page}, key=len, reverse=True)

    @cached_property
    def _quotes(self) -> re.Pattern[str]:
        return re.compile("|".join(map(as_quote, self._quoted)) or r"(?!)", re.IGNORECASE)

    @cached_property
    def _speech(self) -> re.Pattern[str]:
        few = rf"fewer than {self.findings.minimum_cell}\b|below {self.findings.minimum_cell} are not shown"
        return re.compile("|".join((*_SPEECH, few)), re.IGNORECASE)


@dataclass
class _Told:
    """Numbers that are told together, and the facts that they may come from."""

    scope: Scope
    facts: list[Fact]
    n_names: int
    tokens: list[_Token]

    @cached_property
    def foreign(self) -> list[str]:
        """Numbers that none of the facts holds."""
        allowed = self.scope.keys(self.facts)
        return [t.number for t in self.tokens if t.key not in allowed]

    def disordered(self, is_row: bool, is_result: bool) -> list[str]:
        """The numbers, if they cannot be read off one fact in its order; elsewhere, pairs that are inverted."""
        keys = [t.key for t in self.tokens]
        if self.n_names > 1:
            return []
        if is_row or (is_result and self.n_names):
            return [] if any(_reads(keys, fact) for fact in self.facts) else [t.number for t in self.tokens]
        pairs = ((a, b) for i, a in enumerate(self.tokens) for b in self.tokens[i + 1 : i + _NEAR] if a.key != b.key)
        return [f"{a.number} before {b.number}" for a, b in pairs if _is_inverted(a.key, b.key, self.facts)]


class Scope:
    """Facts that a passage may draw on, by their labels."""

    def __init__(self, facts: list[Fact]) -> None:
        self.facts = facts
        self._by_label: dict[str, list[Fact]] = {}
        for fact in facts:
            for label in fact.labels:
                self._by_label.setdefault(_masked(plain(label).replace(KEPT, "")).lower(), []).append(fact)
        self._without = [fact for fact in facts if not fact.labels]
        self._narrow: dict[tuple[str, ...], list[Fact]] = {}
        self._known: dict[int, frozenset[str]] = {}

    def named(self, text: str) -> tuple[list[Fact], int]:
        """The facts whose labels a clause holds, of overlapping labels the longest; and how many labels."""
        text, found = text.lower(), []
        for label in self._labels:
            if label in text:
                found.append(label)
                text = text.replace(label, " ")
        key = tuple(found)
        if key not in self._narrow:
            self._narrow[key] = [fact for label in found for fact in self._by_label[label]] + self._without
        return self._narrow[key], len(found)

    @cached_property
    def _labels(self) -> list[str]:
        return sorted((label for label in self._by_label if len(label) > 1), key=len, reverse=True)

    def keys(self, facts: list[Fact]) -> frozenset[str]:
        if id(facts) not in self._known:
            self._known[id(facts)] = self._keys(facts)
        return self._known[id(facts)]

    @staticmethod
    def _keys(facts: list[Fact]) -> frozenset[str]:
        return frozenset().union(*(figure for fact in facts for figure in fact.figures))


def _masked(text: str) -> str:
    """A quoted text without digits, and as one clause."""
    return re.sub(r"\d", "#", text).replace(";", ",").replace(". ", ", ")


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in NUMBER.finditer(text):
        unit = _UNIT.match(text, match.end())
        mark = list(_UNITS)[int(unit.lastgroup[1:])] if unit is not None else ""
        side = _SIDE.match(text, unit.end() if unit is not None else match.end())
        found.append(_Token(match[0].rstrip(","), mark + (("-" if side["below"] else "+") if side else "")))
    return found


def _reads(keys: list[str], fact: Fact) -> bool:
    """Whether numbers are figures of a fact, each of another figure, in its order; some may be left out."""
    figures = iter(fact.figures)
    return all(any(key in figure for figure in figures) for key in keys)


def _is_inverted(one: str, other: str, facts: list[Fact]) -> bool:
    """Whether some fact holds two numbers the other way round, and none this way."""
    inverted = False
    for fact in facts:
        places = [i for i, figure in enumerate(fact.figures) if one in figure]
        others = [i for i, figure in enumerate(fact.figures) if other in figure] if places else []
        if others:
            if places[0] < others[-1]:
                return False
            inverted |= places[0] > others[-1]
    return inverted


# --- what is quoted --------------------------------------------------------------------------------------------------


#: Characters of a word above which a drawing may have broken it.
_LONG_WORD = 15


def as_quote(text: str) -> str:
    """Pattern of a text by itself: not within a word, and not a part of a number such as 5 in 0.5 or 5,000.

    A drawing breaks a long word wherever its line ends.
    """
    before = r"(?<!\w)(?<!\d[.,])" if text[0].isalnum() else r"(?<!\d)"
    parts = (r"\s?".join(map(re.escape, p)) if len(p) > _LONG_WORD else re.escape(p) for p in re.split(r"(\S+)", text))
    return f"{before}{''.join(parts)}" + (r"(?!\w|[.,]\d)" if text[-1].isalnum() else r"(?!\d)")


def _names(findings: Findings) -> Iterator[str]:
    """Names from outside: they may hold anything, figures alone among it, and never stop a report."""
    yield from (findings.request, findings.organisation.name, findings.service.name)
    for analysis in findings.analyses:
        yield from (analysis.id, analysis.title)
        yield from (text for column, values in analysis.records.items() for text in (column, *values))
        rows = analysis.subgroups.rows if analysis.subgroups else ()
        yield from (text for row in rows for text in (row.by, row.level, level_words(row.by, row.level)))


def _ways(text: str) -> Iterator[str]:
    """The ways in which sentences, tables and titles take over a text."""
    line = one_line(text)
    for way in (line, one_line(plain(text)), one_line(quoted(text)).strip("“”")):
        yield from (way, way.rstrip(". "))
    yield from (text, line.removeprefix("of which "))


def is_quoted(text: str) -> bool:
    """Whether a text has a digit, or looks like two clauses, and a letter: a figure by itself is no text."""
    return any(c.isalpha() for c in text) and bool(re.search(r"\d|[;.] ", text))


def _quoted_texts(findings: Findings) -> Iterator[str]:
    """Texts that a report takes over as they are, dates, versions and digests among them."""
    source = findings.provenance
    digests = [source.spec_digest, *(entry.get("sha256", "") for entry in source.inputs), source.toolkit_commit or ""]
    yield from (digest[:n] for digest in digests for n in (12, 16, len(digest)) if digest)
    yield from (f"{name} {version}" for name, version in source.packages.items())
    yield source.toolkit_version
    if findings.version is not None:
        yield from (f"version {number}" for number in (findings.version.number, findings.version.number - 1))
    for analysis in findings.analyses:
        pairs = {(row.characteristic, row.level) for row in analysis.profile}
        pairs |= {(row.covariate, row.level) for row in (analysis.balance.every if analysis.balance else ())}
        within = analysis.subgroups.balance if analysis.subgroups else ()
        pairs |= {(row.covariate, row.level) for group in within for row in group.rows}
        named = {one_line(f"{name}: {level}") for name, level in pairs}
        yield from (text for text in named if any(c.isdigit() for c in text))
    held = set(_texts(findings.model_dump(mode="json")))
    for day in filter(None, map(_as_day, held)):
        yield from (numbers.date(day), numbers.month(day), day.isoformat())
    texts = {*filter(is_quoted, held), *(name for name in _names(findings) if any(c.isdigit() for c in name))}
    yield from (way for text in texts for way in _ways(text) if way)


def _as_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2013-08-12") else None
    except ValueError:
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for key, part in value.items() for text in (key, *_texts(part)))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))
