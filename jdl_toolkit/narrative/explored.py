"""What an exploratory result was made with otherwise than the request asks for, in readers' words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..findings import Findings
from ..tables.choices import setting_rows
from ..wording import Passage, plain


def say_explored(passage: Passage, findings: Findings) -> None:
    """Say which settings somebody changed by hand; nothing of findings that a run made, or that do not know it."""
    settings = findings.provenance.settings
    if not findings.exploratory or "requested" not in settings:
        return
    changed = [_changed(settings, place, asked) for place, asked in settings["requested"].items()]
    if not changed:
        passage.say("explored", "This was made by hand, with the settings of the request.", new=True)
        return
    passage.say("explored", "This was made by hand, and with other settings than the request's:", new=True)
    for words in changed:
        passage.item("explored", words)


def _changed(settings: Mapping[str, Any], place: str, asked: Any) -> str:
    """``Calipers that may be tried, standard deviations of the score: 0.05 (the request: 0.2, 0.1)``."""
    *sections, name = place.split(".")
    now: Any = settings
    for part in (*sections, name):
        now = now.get(part) if isinstance(now, Mapping) else None
    (label, value), *_ = _rows(sections, name, now)
    (_, before), *_ = _rows(sections, name, asked)
    return f"{plain(label)}: {plain(value)} (the request: {plain(before)})."


def _rows(sections: list[str], name: str, value: Any) -> list[tuple[str, str]]:
    held: Any = {name: str(value) if isinstance(value, Mapping) else value}
    for section in reversed(sections):
        held = {section: held}
    return setting_rows(held)
