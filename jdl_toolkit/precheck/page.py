"""A checked upload as one page: it opens anywhere, loads nothing, and prints on a sheet of A4.

It stays with the organisation, and still holds no name, date of birth or identifier: row numbers are enough.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ..errors import JDLError, Problem
from ..markup import parse_words
from ..numbers import date
from ..render.html import page_of
from ..render.lint import lint_html
from ..result import write_atomically
from ..submission.faults import BLOCKS_ROW, WARNS
from ..submission.repeats import count_groups, list_groups
from ..wording import capital, plain
from .check import BLOCKED, PLAIN_HEADINGS, READY, Check, cut, faults_in_words, rows_in_words
from .forecast import CASES, Forecast

#: What is printed of long lists; the marked-up copy has them whole.
MOST_KINDS, MOST_GROUPS, MOST_HEADINGS, LONGEST = 8, 400, 40, 270


def write_page(check: Check, out: Path, today: dt.date) -> Path:
    """Write the page.

    Raises
    ------
    JDLError
        If the page would not pass `render.lint_html`; nothing is written then.
    """
    page = check_page(check, today)
    faults = lint_html(page)
    if faults:
        raise JDLError(Problem(fault, Path(out).name) for fault in faults)
    write_atomically(Path(out), page)
    return Path(out)


def check_page(check: Check, today: dt.date) -> str:
    """The page as HTML; all that came from the organisation is escaped, on one line and cut to a fit length."""
    known, unused = check.headings()
    sent = check.submission
    groups = list_groups(sent.repeats)
    return page_of(
        "check.html.j2",
        check=check,
        organisation=cut(plain(sent.answers.get("organisation", ""))),
        file=cut(check.name),
        day=date(today),
        tone={READY: "can", BLOCKED: "cannot"}.get(check.verdict, "warning"),
        counts=_counts(check),
        forecast=check.forecast.words().text,
        bar=_bar(check.forecast),
        analyses=[
            (cut(row.title), row.n_records, row.n_people, row.n_expected or "–", row.outlook)
            for row in check.planned.rows.itertuples()
        ],
        analysis_faults=[cut(fault, LONGEST) for fault in faults_in_words(check)],
        blockers=_cut(check.blockers()),
        remarks=_cut(check.remarks()),
        kinds={"blocked": _kinds(check, BLOCKS_ROW), "warned": _kinds(check, WARNS)},
        repeats=[
            (capital(k.kind), k.n_groups, k.n_records, k.largest) for k in count_groups(sent.repeats).itertuples()
        ],
        groups=[(g.group, g.kind, g.rows, g.n_episodes) for g in groups.head(MOST_GROUPS).itertuples()],
        n_groups=len(groups),
        known=[(cut(found), meaning, how) for found, meaning, how in known],
        unused=[cut(found) for found in unused[:MOST_HEADINGS]],
        n_unused=len(unused),
        period=None if check.data_period is None else tuple(map(_day, check.data_period)),
        plain_headings=PLAIN_HEADINGS,
        words=parse_words,
    )


def _counts(check: Check) -> list[tuple[str, str]]:
    sent = check.submission
    return [
        (f"{len(sent.people):,}", "records"),
        (f"{sent.n_people:,}", "distinct people"),
        (f"{sent.n_people_ready:,}", "people without a blocking fault"),
        (f"{check.n_blocked:,}", "records left out as they are"),
    ]


def _cut(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(place, cut(message, LONGEST)) for place, message in told]


def _kinds(check: Check, severity: str) -> dict[str, Any]:
    kinds = check.faults(severity)
    shown = kinds.head(MOST_KINDS)
    rows = [
        (
            k.column if isinstance(k.column, str) else "Whole row",
            capital(k.what),
            k.fix,
            k.n,
            capital(rows_in_words(k.rows)),
        )
        for k in shown.itertuples()
    ]
    return {"rows": rows, "more": len(kinds) - len(shown)}


def _bar(forecast: Forecast) -> dict[str, Any] | None:
    """Places on a bar 600 wide that stands for all people, and what it shows in words."""
    if not forecast.n_people:
        return None
    shares = {name: float(forecast.case(name)["share"]) for name in CASES}
    n = {name: int(forecast.case(name)["n_analysed"]) for name in CASES}
    says = f"A bar for all {forecast.n_people:,} people. The analysis is likely to hold at least {n['lowest']:,} of "
    says += f"them, about {n['median']:,} most likely, and at most {n['highest']:,}."
    return {"x": {name: round(600 * share, 1) for name, share in shares.items()}, "n": n, "says": says}


def _day(day: dt.date) -> str | None:
    """A date in words; None for the open side of a period."""
    return None if day.year in (dt.MINYEAR, dt.MAXYEAR) else date(day)
