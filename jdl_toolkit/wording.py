"""Passages made of sentences, each chosen by a rule that has a name.

A sentence is added with the name of its rule; the finished passage carries the names, so that a reviewer can ask why a
report says what it says, and a test can hold the wording to its cases.
"""

from __future__ import annotations

import re

from .document import Inset, Words
from .markup import KEPT, one_line


class Passage:
    """Paragraphs and lists under construction."""

    def __init__(self) -> None:
        self._blocks: list[list[str]] = []
        self._rules: list[str] = []

    def say(self, rule: str, *sentences: str, new: bool = False) -> Passage:
        """Add sentences to the paragraph under way, or to a new one.

        Parameters
        ----------
        rule : str
            Name of the rule that chose them.
        *sentences : str
        new : bool
            Start a new paragraph.
        """
        if new or not self._blocks or self._blocks[-1][0].startswith("- "):
            self._blocks.append([" ".join(sentences)])
        else:
            self._blocks[-1][0] += " " + " ".join(sentences)
        self._rules.append(rule)
        return self

    def item(self, rule: str, text: str) -> Passage:
        """Add an item to the list under way, or open a list."""
        if self._blocks and self._blocks[-1][0].startswith("- "):
            self._blocks[-1].append(f"- {text}")
        else:
            self._blocks.append([f"- {text}"])
        self._rules.append(rule)
        return self

    @property
    def text(self) -> str:
        return "\n\n".join("\n".join(block) for block in self._blocks)

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._rules))

    def words(self) -> Words:
        return Words(self.text, self.rules)

    def inset(self, tone: str, title: str, links: tuple[tuple[str, str], ...] = ()) -> Inset:
        return Inset(tone, title, self.text, self.rules, links)


def plain(text: str) -> str:
    """Text from outside as part of a sentence: one line (`markup.one_line`) that stays as it is.

    What `markup.parse_words` would read as its marks is parted by U+2060, which nobody sees and `markup.clean` drops.
    """
    line = one_line(text)
    if "**" in line or line.startswith("*") or line.endswith("*"):
        line = line.replace("*", f"{KEPT}*{KEPT}")
    return f"{KEPT}{line}" if line.startswith("- ") or line == "-" else line


def quoted(text: str) -> str:
    """Text from outside in quotation marks, as a sentence by itself; marks inside become single ones."""
    inside = re.sub('["“”„«»]', "’", plain(text))
    return f"“{ended(inside)}”"


def ended(text: str) -> str:
    """Text with a full stop behind it, if it ends without one."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def capital(text: str) -> str:
    """Text with a capital first letter."""
    return text[:1].upper() + text[1:]


def listed(parts: list[str] | tuple[str, ...], last: str = "and") -> str:
    """Parts in a row: ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def small_number(n: int) -> str:
    """A whole number in words up to ten, in digits above."""
    return _WORDS[n] if 0 <= n < len(_WORDS) else f"{n:,}"


def within(months: int) -> str:
    """A follow-up period: ``within one year``, ``within 18 months``."""
    years, rest = divmod(months, 12)
    return f"within {months} months" if rest else f"within {small_number(years)} year{'s' if years > 1 else ''}"


def period(months: int) -> str:
    """A length of time: ``one year``, ``six months``, ``18 months``."""
    if months % 12 == 0:
        return within(months).removeprefix("within ")
    return f"{small_number(months)} month{'' if months == 1 else 's'}"
