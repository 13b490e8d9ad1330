"""The choices behind an analysis, where its figures come from, and who checked it, as tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..document import Table
from ..numbers import date
from .people import NOTHING
from .setting_words import CHOICE_WORDS, SECTIONS, SETTING_WORDS

if TYPE_CHECKING:  # findings stands above this module in the order of imports
    from ..findings import Findings

#: Settings that say who asked and for what: they stand in the provenance table, or open the report. And what only an
#: upload's check uses, before the analysis; and the list of analyses, of which each has a report.
_ELSEWHERE = frozenset(("request", "organisation", "service", "received", "submission", "register", "seed"))
_ELSEWHERE |= {"forecast", "suitability", "analyses", "analysis", "requested"}
#: The lab's own diary: no reader's concern.
_DIARY = frozenset(("report.reminder_days_before", "report.answer_within_weeks"))
#: Choices that only the control pool, only the matching, and only what follows it, makes use of.
_OF_POOL = frozenset(("cohort.period", "cohort.equivalent_time_limit"))
_OF_MATCHING = frozenset(("covariates", "matching", "balance"))
_OF_OUTCOMES = frozenset(("outcomes", "inference", "power", "robustness", "subgroups", "intensity_bands"))
_NONE = "none"
OTHER = "Other settings"


def settings_table(findings: Findings, *, is_brief: bool = False, key: str = "settings", caption: str = "") -> Table:
    """Every choice that the first analysis was made under, in readers' words, by the section of the request's file.

    Left out are choices that its route has no use for, and those of stages that it did not reach. Who asked and for
    what stands in the provenance table.

    Parameters
    ----------
    findings : Findings
    is_brief : bool
        Name the choices of nothing, and long lists, in the note, so that each row is short.
    """
    own = findings.analyses[0].settings if findings.analyses else {}
    chosen = {k: _with(v, own.get(k)) for k, v in findings.provenance.settings.items() if k not in _ELSEWHERE}
    unused = _not_reached(findings) | _not_applying(chosen)
    sections = {k: tuple(_settings({k: v}, unused=unused)) for k, v in chosen.items() if k not in unused}
    every = [(SECTIONS.get(name, OTHER), row) for name, rows in sections.items() for row in rows]
    every.sort(key=lambda pair: [*SECTIONS.values(), OTHER].index(pair[0]))
    told, note = _briefly(every) if is_brief else (every, "")
    rows, groups = tuple(row for _, row in told), tuple(group for group, _ in told)
    return Table(key, caption or "The settings of this analysis", ("Setting", "Value"), rows, "ll", note, groups)


#: Characters of a value that still has a row in a brief table.
_LONGEST = 60


def _briefly(every: list[tuple[str, tuple[str, str]]]) -> tuple[list[tuple[str, tuple[str, str]]], str]:
    """Settings with a short value, each with its heading; and a note of the others."""
    none = "; ".join(row[0] for _, row in every if row[1] == _NONE)
    notes = [f"{row[0]}: {row[1]}." for _, row in every if len(row[1]) > _LONGEST]
    notes += [f"Set to none: {none}."] if none else []
    return [(group, row) for group, row in every if row[1] != _NONE and len(row[1]) <= _LONGEST], " ".join(notes)


def choices_table(values: Mapping[str, Any], *, key: str = "choices", caption: str = "") -> Table:
    """Every choice of a specification (`RequestSpec.to_dict`), by the section of the request's file."""
    every = [(heading, row) for section, heading in _chosen(values) for row in _settings({section: values[section]})]
    none = "; ".join(label for _, (label, value) in every if value == _NONE)
    told = [(heading, row) for heading, row in every if row[1] != _NONE]
    rows, groups = tuple(row for _, row in told), tuple(heading for heading, _ in told)
    note = f"Set to none: {none}." if none else ""
    return Table(key, caption or "Every choice", ("Setting", "Value"), rows, "ll", note, groups)


def changed_choices_table(
    values: Mapping[str, Any], before: Mapping[str, Any], before_is: str, *, key: str = "changed_choices"
) -> Table | None:
    """The choices that are others than before, and what they were; None where all are the same.

    Parameters
    ----------
    values : mapping
        `RequestSpec.to_dict`.
    before : mapping
        The same as requested, or the defaults.
    before_is : str
        "as requested": heads the column of what they were.
    """
    rows = []
    for section, _ in _chosen(values):
        was = dict(_settings({section: before[section]})) if section in before else {}
        rows += [(*row, was[row[0]]) for row in _settings({section: values[section]}) if was.get(*row) != row[1]]
    columns = ("Setting", "Value", before_is[:1].upper() + before_is[1:])
    return Table(key, f"Not {before_is}", columns, tuple(rows), "lll") if rows else None


def _chosen(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Sections that hold choices, with their headings, in the order of the stages."""
    return [(name, heading) for name, heading in SECTIONS.items() if name in values and name != "exploratory"]


def setting_rows(values: Mapping[str, Any], unused: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Settings and their values in readers' words, section by section, without the places in `unused`."""
    return list(_settings(values, unused=unused))


def provenance_table(findings: Findings, *, key: str = "provenance", caption: str = "") -> Table:
    """From what, with what and when this was computed."""
    made = findings.provenance
    rows = [
        ("Request", findings.request),
        ("Received", date(findings.received)),
        ("Register extract", made.extract),
        ("Register covers", f"{date(made.data_start)} to {date(made.data_end)}"),
        ("Toolkit", made.toolkit_version + (f", commit {made.toolkit_commit}" if made.toolkit_commit else "")),
        ("Seed of all random draws", str(made.seed)),
        ("Specification (SHA-256)", made.spec_digest),
        *((f"Input: {i.get('name', 'file')}", ", ".join(v for k, v in i.items() if k != "name")) for i in made.inputs),
        ("Packages", ", ".join(f"{name} {version}" for name, version in sorted(made.packages.items()))),
    ]
    return Table(key, caption or "Where these figures come from", ("Item", "Value"), tuple(rows), "ll")


def sign_offs_table(findings: Findings, *, key: str = "sign_offs", caption: str = "") -> Table:
    """Who checked what, and when."""
    columns = tuple(dict.fromkeys(k for entry in findings.sign_offs for k in entry))
    rows = tuple(tuple(_sentence(entry.get(c, "")) or NOTHING for c in columns) for entry in findings.sign_offs)
    headers = tuple(_sentence(c) for c in columns) or ("Sign-off",)
    return Table(key, caption or "Checks and sign-offs", headers, rows or (("none yet",),), "l" * len(headers))


def _with(values: Any, changes: Any) -> Any:
    """A section of the request's settings with what an analysis sets otherwise."""
    if isinstance(values, Mapping) and isinstance(changes, Mapping):
        return values | {name: _with(values.get(name), v) for name, v in changes.items()}
    return values if changes is None else changes


def _not_reached(findings: Findings) -> frozenset[str]:
    """Sections of the stages that an analysis did not come to."""
    first = findings.analyses[0] if findings.analyses else None
    if first is None or first.matching is None and first.status == "could_not_be_answered":
        of_pool = frozenset() if first is not None and first.pool_flow else _OF_POOL
        return _OF_MATCHING | _OF_OUTCOMES | of_pool
    return frozenset() if first.measures else _OF_OUTCOMES


def _not_applying(chosen: Mapping[str, Any]) -> frozenset[str]:
    """Choices without a use: of a start after the sentence, for a service in custody, and of releases, otherwise."""
    unused = set(_DIARY) if "intensity" in (chosen.get("subgroups") or ()) else {"intensity_bands", *_DIARY}
    cohort = chosen.get("cohort", {})
    if cohort.get("route") == "custody":
        unused |= {"cohort.start_within_months", "cohort.equivalent_time_limit"}
    elif "custody" not in cohort.get("index_disposals", ()):
        unused |= {"cohort.release_types"}
    return frozenset(unused)


def _settings(
    values: Mapping[str, Any], path: tuple[str, ...] = (), unused: frozenset[str] = frozenset()
) -> Iterable[tuple[str, str]]:
    for name, chosen in values.items():
        if isinstance(chosen, Mapping):
            yield from _settings(chosen, (*path, name), unused)
        elif ".".join((*path, name)) not in unused:
            place = (*path, name)
            label = SETTING_WORDS.get(".".join(place))
            yield label or ": ".join([_sentence(place[0]), *(_plain(part) for part in place[1:])]), _choice(chosen)


def choice_words(name: str) -> str:
    """A choice, such as a characteristic, in readers' words: ``age squared``, ``previous sentences of custody``."""
    return _choice(str(name))


def _choice(chosen: Any) -> str:
    if isinstance(chosen, bool):
        return "yes" if chosen else "no"
    if isinstance(chosen, list | tuple):
        return ", ".join(_choice(c) for c in chosen) or _NONE
    if isinstance(chosen, float):
        return f"{chosen:g}"
    return _NONE if chosen is None else CHOICE_WORDS.get(str(chosen), _plain(str(chosen)))


def _plain(name: str) -> str:
    """A code such as ``community_order`` in plain words; anything else (a file's or a person's name) as it is."""
    return name.replace("_", " ") if re.fullmatch(r"[a-z0-9_]+", name) else name


def _sentence(name: str) -> str:
    return _plain(name)[:1].upper() + _plain(name)[1:]
