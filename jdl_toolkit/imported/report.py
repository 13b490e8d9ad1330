"""What is told of an import: words for a terminal, a page of blocks, and the file back with its remarks."""

from __future__ import annotations

import re
from typing import Any

from ..document import Block, Inset, Table, Words
from ..errors import Problem
from ..numbers import date, number, plural
from ..wording import capital, plain
from .consistency import CAUTION, CONTRADICTION, RULES
from .schema import COLUMNS, Import, ResultRow, Usable

#: Remarks that are spelt out on a terminal; the page has all.
MOST_TOLD = 30


def remarks_of(made: Import, weight: str) -> list:
    """Remarks of one weight: contradictions, or cautions."""
    return [remark for remark in made.remarks if RULES[remark.rule].weight == weight]


def contradictions(made: Import) -> list[Problem]:
    """Every contradiction as a fault of the file."""
    fix = "correct the row after its source, or import without --strict"
    return [Problem(f"{r.what} [{r.rule}]", f"{made.file}, row {r.row}", fix) for r in remarks_of(made, CONTRADICTION)]


def summary(made: Import) -> str:
    """How many results there are, how many enter the numbers, and how many contradict themselves."""
    n_used = sum(not one.why_not for one in made.usable.values())
    n_derived = sum(bool(one.derived) and not one.why_not for one in made.usable.values())
    others = sum(not row.is_jdl for row in made.rows)
    used = plural(n_used, "enters", "enter") + " the portfolio’s numbers"
    used += f" ({n_derived} by an interval or a difference that follows from other figures)" * bool(n_derived)
    text = f"{plural(len(made.rows), 'result', 'results')}; {used}, {len(made.rows) - n_used} listed only."
    text += f" {capital(plural(others, 'is', 'are'))} not of a Justice Data Lab." * bool(others)
    rows = {w: len({r.row for r in remarks_of(made, w)}) for w in (CONTRADICTION, CAUTION)}
    found = [plural(rows[CONTRADICTION], "row contradicts", "rows contradict") + " itself or another"]
    found[0] = found[0] if rows[CONTRADICTION] == 1 else found[0].replace("itself or", "themselves or")
    found.append(plural(rows[CAUTION], "row calls", "rows call") + " for caution")
    return f"{text} {'; '.join(found)}."


def terminal_words(made: Import, files: list[str]) -> str:
    """The report for a terminal."""
    parts = [f"{made.name}, version {made.version}: {summary(made)}"]
    for weight, title in ((CONTRADICTION, "Contradictions"), (CAUTION, "Cautions")):
        told = [f"  row {r.row} ({_name(made, r.row)}): {r.what} [{r.rule}]" for r in remarks_of(made, weight)]
        more = [f"  … and {len(told) - MOST_TOLD:,} more, on the page"] * (len(told) > MOST_TOLD)
        parts += ["\n".join([f"{title}:", *told[:MOST_TOLD], *more])] if told else []
    odd = [f"  row {r.id}: {', '.join(r.unreadable)}" for r in made.rows if r.unreadable]
    parts += ["\n".join(["Kept as text, as no number could be read:", *odd[:MOST_TOLD]])] if odd else []
    return "\n\n".join([*parts, *(["\n".join(files)] if files else [])])


def page_sections(made: Import) -> list[tuple[str, list[Block]]]:
    """The page: what came of it, what does not fit, what enters the numbers, what is listed only."""
    tone = "warning" if made.remarks else "can"
    words = (
        f"{summary(made)}\n\nThese results were published elsewhere. They are shown beside the lab’s own and marked."
    )
    words += f"\n\nIt replaces an earlier import: {plain(made.reason)}" if made.reason else ""
    sections: list[tuple[str, list[Block]]] = [("What came of it", [Inset(tone, "Imported results", words)])]
    for weight, title in ((CONTRADICTION, "Contradictions"), (CAUTION, "Cautions")):
        found = [
            (f"Row {r.row}: {_name(made, r.row)}", capital(RULES[r.rule].meaning) + ".", r.what)
            for r in remarks_of(made, weight)
        ]
        if found:
            columns = ("Result", "What does not fit", "How")
            note = "Tolerances are the rounding of the printed figures." if weight == CONTRADICTION else ""
            sections.append((title, [Table(title.lower(), title, columns, tuple(found), "lll", note)]))
    used = [(row, made.usable[row.id]) for row in made.rows if not made.usable[row.id].why_not]
    listed = [(row, made.usable[row.id]) for row in made.rows if made.usable[row.id].why_not]
    if used:
        sections.append(("Results that enter the portfolio’s numbers", [_used(used)]))
    if listed:
        rows = tuple((_headed(row), one.why_not.removeprefix("listed only: ")) for row, one in listed)
        columns = ("Result", "Why it is listed only")
        sections.append(("Results that are listed only", [Table("listed", "Listed only", columns, rows, "ll")]))
    made_on = f"Imported on {date(made.imported)} from {plain(made.file)} (SHA-256 {made.digest[:16]}…)."
    return [*sections, ("How this was made", [Words(made_on)])]


def _used(rows: list[tuple[ResultRow, Usable]]) -> Table:
    cells = tuple(
        (_headed(row), number(row.n_treatment.value) if row.n_treatment else "not stated", _figures(one), _known(one))
        for row, one in rows
    )
    columns = ("Result", "People", "Difference (95% interval)", "How it is known")
    note = "Differences of one-year proven reoffending rates, in percentage points; negative is a reduction."
    return Table("used", "Results that enter the numbers", columns, cells, "lrrl", note)


def _figures(one: Usable) -> str:
    """Difference and interval, with a decimal only where a figure has one."""
    difference, low, high = (number(x, 0 if float(x).is_integer() else 1) for x in (one.difference, one.low, one.high))
    return f"{difference} ({low} to {high})"


def _known(one: Usable) -> str:
    return f"Derived: {one.derived}" if one.derived else "As published"


def _headed(row: ResultRow) -> str:
    """Head of a result's row: which it is, of whom, and when it was published."""
    return f"Row {row.id}: {_named(row)}" + (f", {row.publication}" if row.publication else "")


def _named(row: ResultRow) -> str:
    mark = "" if row.is_jdl else "Not of a Justice Data Lab: "
    who = f"{row.programme} ({row.subgroup})" if row.subgroup else row.programme
    return f"{mark}{who}"


def _name(made: Import, key: str) -> str:
    return _named(next(row for row in made.rows if row.id == key))


def checked_rows(made: Import) -> tuple[list[str], list[list[Any]]]:
    """The file back: its columns as published, then use, figures and remarks. Plain numbers are numbers, not text."""
    columns = [name for name in COLUMNS if any(name in row.as_published for row in made.rows)]
    names = [*columns, "used", "difference_pp", "ci_low_pp", "ci_high_pp", "how_known", "contradictions", "cautions"]
    rows = []
    for row in made.rows:
        one = made.usable[row.id]
        told = {w: [f"{r.rule}: {r.what}" for r in made.remarks_on(row.id) if RULES[r.rule].weight == w]
                for w in (CONTRADICTION, CAUTION)}  # fmt: skip
        figures = ["", "", ""] if one.why_not else [round(x, 4) for x in (one.difference, one.low, one.high)]
        rows.append(
            [
                *(_cell(row.as_published.get(name, "")) for name in columns),
                "no" if one.why_not else "yes", *figures, one.why_not or one.derived or "as published",
                " ".join(told[CONTRADICTION]), " ".join(told[CAUTION]),
            ]
        )  # fmt: skip
    return names, rows


def _cell(text: str) -> Any:
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d{1,12}\.\d{1,6}", text) else text
