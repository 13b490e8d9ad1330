"""A checked upload in words for a terminal: the verdict first, then what blocks, then the rest by kind."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd

from ..numbers import plural
from ..submission.faults import BLOCKS_ROW, WARNS
from ..submission.repeats import EPISODES, count_groups, list_groups
from ..wording import capital, listed
from .check import BLOCKED, PLAIN_HEADINGS, READY, Check, cut, faults_in_words, rows_in_words

WIDTH = 100
#: Kinds of warning, and groups of records, that are spelt out; the marked-up copy has them all.
MOST_KINDS, MOST_GROUPS = 12, 5


def terminal_words(check: Check, marked: Path, page: Path) -> str:
    """All that is told, on about one screen; at most some sixty lines, however many faults there are."""
    sign = {READY: "OK", BLOCKED: "STOP"}.get(check.verdict, "TOO FEW")
    sent = check.submission
    people = plural(sent.n_people, "distinct person", "distinct people")
    counts = f"{check.name}: {plural(len(sent.people), 'record', 'records')} of {people}."
    parts = [_filled(f"[{sign}] {check.title}"), _filled(f"{counts} {check.explanation()}"), _blockers(check)]
    parts += [_kinds(check, BLOCKS_ROW, "Records that are left out until they are corrected")]
    parts += [_kinds(check, WARNS, "Please check"), _repeats(check), _headings(check)]
    parts += [
        _section("What to expect", list(filter(None, [_flat(check.forecast.words().text), check.forecast.note()])))
    ]
    parts += [_planned(check)]
    advice = [f"- {a.what} {a.because} {a.why} What to do: {a.do}" for a in check.suitability.advice.itertuples()]
    parts += [_section("Does the method suit the service?", advice)] if advice else []
    parts += [_section("What next", [f"{i}. {step}" for i, step in enumerate(check.next_steps(), start=1)])]
    parts += [f"Summary for printing:  {page}\nYour file, marked up:  {marked}", _period(check)]
    return "\n\n".join(filter(None, parts))


def check_values(check: Check, marked: Path, page: Path) -> dict[str, Any]:
    """The same as values for `--json`: every problem, every group."""
    sent = check.submission
    issues = [
        {"place": _place(i.sheet, i.row, i.column), "problem": i.message, "severity": i.severity}
        for i in sent.issues.astype(object).itertuples()
    ]
    by_group = sent.repeats.groupby("group")
    groups = by_group.agg(kind=("kind", "first"), rows=("row", list), n_episodes=("episode", "max"))
    return {
        "verdict": check.verdict,
        "records": len(sent.people),
        "usable": int(sent.people["usable"].sum()),
        "people": sent.n_people,
        "people_ready": sent.n_people_ready,
        "records_blocked": check.n_blocked,
        "data_period": None if check.data_period is None else [str(day) for day in check.data_period],
        "issues": issues,
        "repeats": groups.reset_index().to_dict("records"),
        "forecast": json.loads(check.forecast.rows.to_json(orient="records")),
        "analyses": check.planned.rows.drop(columns="said").to_dict("records"),
        "analysis_faults": faults_in_words(check),
        "suitability": check.suitability.advice.to_dict("records"),
        "marked": str(marked),
        "page": str(page),
        "exit_status": check.exit_status,
    }


def _place(sheet: str, row: object, column: object) -> str:
    parts = (sheet, None if pd.isna(row) else f"row {row}", column if isinstance(column, str) else None)
    return ", ".join(filter(None, parts))


def _blockers(check: Check) -> str:
    return _section("What blocks the request", [f"- {place}: {message}" for place, message in check.blockers()])


def _kinds(check: Check, severity: str, title: str) -> str:
    kinds = check.faults(severity)
    shown = kinds.head(MOST_KINDS).itertuples()
    items = [f"- {capital(k.what)}{_column(k)}: {_where(k.n, k.rows)}. {k.fix}" for k in shown]
    if severity == WARNS:
        items += [f"- {place}: {message}" for place, message in check.remarks()]
    if len(kinds) > MOST_KINDS:
        items.append(f"- and {plural(len(kinds) - MOST_KINDS, 'more kind', 'more kinds')}, in the marked-up copy.")
    return _section(title, items)


def _where(n: int, rows: list[int]) -> str:
    return rows_in_words(rows) if n <= 2 else f"{n:,} records ({rows_in_words(rows)})"


def _column(kind: Any) -> str:
    """The column in brackets, unless its name stands in the fault already."""
    named = not isinstance(kind.column, str) or kind.column.casefold() in kind.what.casefold()
    return "" if named else f" ({kind.column})"


def _repeats(check: Check) -> str:
    counts = count_groups(check.submission.repeats)
    items = []
    for kind in counts.itertuples():
        groups = plural(kind.n_groups, "group", "groups")
        items.append(f"- {capital(kind.kind)}: {groups}, {kind.n_records:,} records.")
    groups = list_groups(check.submission.repeats)
    doubtful = groups[groups["kind"] != EPISODES]
    shown = [listed(rows.split(", ")) for rows in doubtful["rows"].head(MOST_GROUPS)]
    if shown:
        more = len(doubtful) - len(shown)
        also = f"; and {plural(more, 'more group', 'more groups')}" if more else ""
        items.append(f"- Look first at rows {'; '.join(shown)}{also}.")
    return _section("Records that may be of one person (all are kept)", items)


def _planned(check: Check) -> str:
    items = [f"- {cut(row.title)}: {row.said}." for row in check.planned.rows.itertuples()]
    items += [f"- Cannot be made: {fault}" for fault in faults_in_words(check)]
    return _section("Analyses of this request", items)


def _headings(check: Check) -> str:
    known, unused = check.headings()
    doubtful = [column for column in known if column[2] not in PLAIN_HEADINGS]
    items = [f"- “{cut(found)}” was taken for {meaning} ({how}): please check." for found, meaning, how in doubtful]
    items += [f"- “{cut(found)}” is not used, and was not kept." for found in unused]
    return _section("Headings", items)


def _period(check: Check) -> str:
    if check.data_period is None:
        said = "Optional: once the lab has told you for which years it holds reoffending data, give their first and "
        return _filled(said + "last day with --data-from and --data-to, and the dates are checked against them, too.")
    return ""


def _section(title: str, items: list[str]) -> str:
    lines = [_filled(item) for item in items]
    return "\n".join([title, *lines]) if lines else ""


def _filled(text: str) -> str:
    hang = "   " if text[:1].isdigit() else "  " if text.startswith("- ") else ""
    return textwrap.fill(text, WIDTH, subsequent_indent=hang, break_long_words=True, break_on_hyphens=False)


def _flat(text: str) -> str:
    return " ".join(text.replace("**", "").split())
