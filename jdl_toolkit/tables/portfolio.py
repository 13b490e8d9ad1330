"""Tables of a bulletin: counts, every request, published elsewhere, versions, pooled effects, feedback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from .. import numbers
from ..document import Table
from ..plots.canvas import records
from ..plots.portfolio import level_name, pp, pp_interval
from .balance import NOTHING

#: Counts in the order in which they add up: what each is called, and whether it is of requests or reports.
COUNTS = {
    "received": ("Requests", "Received"),
    "published": ("Requests", "Published"),
    "could_not_be_answered": ("Requests", "Could not be answered"),
    "withdrawn": ("Requests", "Withdrawn"),
    "in_progress": ("Requests", "In progress"),
    "n_reports": ("Reports", "Published"),
    "reductions": ("Reports", "Reduction"),
    "increases": ("Reports", "Increase"),
    "inconclusive": ("Reports", "Inconclusive"),
    "without_result": ("Reports", "Result cannot be shown"),
}
#: States of a request as the table has them, in order; those under way are one.
STATES = {
    "published": "Published",
    "could not be answered": "Could not be answered",
    "withdrawn": "Withdrawn",
    "in progress": "In progress",
}

#: In place of a share of heterogeneity that few results cannot give, and the p-value below which they can.
TOO_FEW = "too few to tell"
CLEAR = 0.05


def counts_table(
    counts: Mapping[str, int], earlier: Mapping[str, int] | None = None, *, until: str, earlier_until: str = ""
) -> Table:
    """What became of the requests, and what the reports say; beside it, how that stood in the bulletin before.

    Parameters
    ----------
    counts, earlier : mapping
        Keys of `COUNTS`.
    until, earlier_until : str
        The days in words; a column without a day is headed "Number".
    """
    kept = {key: names for key, names in COUNTS.items() if key != "without_result" or counts.get(key)}
    columns = (
        ("", f"To {until}" if until else "Number")
        if earlier is None
        else ("", f"To {until}", f"To {earlier_until}", "Change")
    )
    rows = []
    for key, (_, name) in kept.items():
        now = counts[key]
        row = (name, f"{now:,}")
        rows.append(row if earlier is None else (*row, f"{earlier[key]:,}", _change(now - earlier[key])))
    return Table(
        "counts",
        "Requests and reports to date",
        ("What", *columns[1:]),
        tuple(rows),
        "l" + "r" * (len(columns) - 1),
        "Received = published + could not be answered + withdrawn + in progress. Reports = reduction + increase +"
        " inconclusive" + (" + result cannot be shown." if counts.get("without_result") else "."),
        tuple(group for group, _ in kept.values()),
    )


def _change(n: int) -> str:
    return numbers.number(n, sign=True) if n else "0"


def requests_table(requests: pd.DataFrame | Iterable[Any], results: pd.DataFrame | Iterable[Any]) -> Table | None:
    """Every request to date by what became of it, the published ones with each of their results; None without any.

    Parameters
    ----------
    requests : records
        As `portfolio.Bulletin.requests_frame`.
    results : records
        As `portfolio.Bulletin.results_frame`, of this lab.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for result in records(results):
        found.setdefault(result["request"], []).append(result)
    rows: list[tuple[str, ...]] = []
    groups: list[str] = []
    listed = records(requests)
    for group, of_group in _grouped(listed).items():
        for request in of_group:
            new = _rows_of(request, found.get(request["request"], []))
            rows += new
            groups += [group] * len(new)
    if not rows:
        return None
    columns = ("Service (organisation)", "Main need", "Received", "Ended", "People", "Difference", "Result")
    note = "Difference: percentage points, with the 95 per cent interval; below zero, fewer people reoffended than"
    note += " expected. Ended: published, found that it could not be answered, or withdrawn. Sector and setting of each"
    note += " are in the spreadsheet."
    return Table("requests", "Every request to date", columns, tuple(rows), "llllrrl", note, tuple(groups))


def _grouped(requests: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Requests under what became of them, with how many there are; those not answered by the reason."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for state, name in STATES.items():
        of_state = [r for r in requests if (r["status"] if r["status"] in STATES else "in progress") == state]
        for reason in sorted({r.get("criterion") or "" for r in of_state}):
            found = [r for r in of_state if (r.get("criterion") or "") == reason]
            groups[f"{name}{': ' if reason else ''}{reason} ({len(found):,})"] = found
    return groups


def _rows_of(request: Mapping[str, Any], results: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    about = (level_name("need", request["need"]), _day(request["received"]))
    if not results:
        return [(_who(request), *about, _day(request.get("ended")), NOTHING, NOTHING, NOTHING)]
    return [(result_name(r), *about, _version(r), _people(r), effect_words(r), _result(r)) for r in results]


def result_name(row: Mapping[str, Any]) -> str:
    """``Service (Organisation)``, with the analysis where it has a title."""
    parts = (row.get("service"), row.get("title"))
    service = ", ".join(str(part) for part in parts if part and part != row["organisation"])
    return f"{service} ({row['organisation']})" if service else str(row["organisation"])


def _who(request: Mapping[str, Any]) -> str:
    if not request.get("organisation"):
        return str(request["request"]).replace("-", " ").capitalize()
    service = request.get("service")
    return f"{service} ({request['organisation']})" if service else request["organisation"]


def _day(day: Any) -> str:
    if day is None or pd.isna(day):
        return NOTHING
    return short_date(pd.Timestamp(day).date())


def short_date(day: dt.date) -> str:
    """A day in few letters that stay on one line: ``27 Sep 2013``."""
    return f"{day.day} {day:%b %Y}".replace(" ", "\N{NO-BREAK SPACE}")


def _version(row: Mapping[str, Any]) -> str:
    version = int(row.get("version") or 1)
    return f"{_day(row['published'])} (version {version})" if version > 1 else _day(row["published"])


def _people(row: Mapping[str, Any]) -> str:
    n = row.get("n_treatment")
    return NOTHING if n is None else f"{int(n):,}"


def effect_words(row: Mapping[str, Any]) -> str:
    """``−6 (−12 to −1)``, in percentage points, on one line."""
    if row.get("difference_pp") is None:
        return NOTHING
    low, high = row["ci_low_pp"], row["ci_high_pp"]
    if low is None:
        return pp(row["difference_pp"])
    return f"{pp(row['difference_pp'], low, high)} ({pp_interval(low, high)})".replace(" ", "\N{NO-BREAK SPACE}")


def _result(row: Mapping[str, Any]) -> str:
    return str(row["verdict"]).capitalize() if row.get("verdict") else row.get("why_not") or "Cannot be shown"


def imported_table(results: pd.DataFrame | Iterable[Any]) -> Table | None:
    """Results that were published elsewhere, with where; None where there are none."""
    shown = [r for r in records(results) if r["source"] == "imported"]
    if not shown:
        return None
    rows = tuple(
        (
            result_name(r),
            r["source_title"] or NOTHING,
            _people(r),
            effect_words(r),
            _result(r),
            " ".join(r["remarks"]) or NOTHING,
        )
        for r in shown
    )
    columns = ("Service (organisation)", "Published in", "People", "Difference", "Result", "Remark")
    note = "Not this lab's own: taken over as published. Difference: percentage points, with the 95 per cent interval."
    return Table("imported", "Results published elsewhere", columns, rows, "llrrll", note)


def versions_table(results: pd.DataFrame | Iterable[Any], corrections: Iterable[Any]) -> Table | None:
    """Every version of the reports that were corrected, with the reason; None where none was."""
    corrected = records(corrections)
    if not corrected:
        return None
    first = {r["request"]: r for r in reversed(records(results))}
    rows: list[tuple[str, ...]] = []
    groups: list[str] = []
    for request in dict.fromkeys(c["request"] for c in corrected):
        own = sorted((c for c in corrected if c["request"] == request), key=lambda c: c["version"])
        known = first.get(request)
        name = result_name(known | {"title": ""}) if known else str(own[0]["organisation"])
        lines = [("1", _day(known["first_published"]) if known else NOTHING, "First published")]
        lines += [(str(c["version"]), _day(c["published"]), c["reason"]) for c in own]
        rows += lines
        groups += [name] * len(lines)
    note = "The last version of each report stands; the others stay on record."
    columns = ("Version", "Published", "Reason")
    return Table("versions", "Reports that were corrected", columns, tuple(rows), "lll", note, tuple(groups))


def pooled_table(rows: pd.DataFrame | Iterable[Any]) -> Table | None:
    """Average effects over several results, with heterogeneity and prediction interval; None without any average."""
    shown = [r for r in records(rows) if r["k"]]
    if all(r["estimate_pp"] is None for r in shown):
        return None
    heads = {"all": "All together", "need": "By main need", "setting": "By setting", "sector": "By sector"}
    columns = (
        "Results of",
        "Results",
        "People",
        "Average",
        "Prediction interval",
        "Heterogeneity",
        "P-value of heterogeneity",
    )
    note = "Average: percentage points, with the 95 per cent interval. Heterogeneity (I², from Cochran's Q): the share"
    note += " of the spread put down to true differences. Its p-value: how often chance alone would spread the results"
    note += " this far if the true effect were the same in all; it does not test the average. –: too few results for an"
    note += " average or a prediction interval."
    cells = tuple(_pooled_cells(r) for r in shown)
    groups = tuple(heads.get(r["by"], r["by"]) for r in shown)
    return Table("pooled", "Average effects over several results", columns, cells, "lrrlllr", note, groups)


def too_few_to_tell(row: Mapping[str, Any] | Any) -> bool:
    """Whether an average is of too few results to say that they do not differ: too few to predict a further one.

    Parameters
    ----------
    row : mapping or PooledEffect
    """
    row = records([row])[0]
    is_clear = row["q_p_value"] is not None and row["q_p_value"] < CLEAR
    return row["i_squared"] is not None and row["prediction_low_pp"] is None and not is_clear


def _pooled_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    people = NOTHING if row["n_people"] is None else f"{int(row['n_people']):,}"
    start = (level_name(row["by"], row["level"]), f"{row['k']:,}", people)
    if row["estimate_pp"] is None:
        return (*start, *[NOTHING] * 4)
    average, low, high = (numbers.number(row[key], 1) for key in ("estimate_pp", "ci_low_pp", "ci_high_pp"))
    ends = [row["prediction_low_pp"], row["prediction_high_pp"]]
    predicted = NOTHING if None in ends else " to ".join(numbers.number(x, 1) for x in ends)
    share = NOTHING if row["i_squared"] is None else numbers.per_cent(row["i_squared"])
    share = TOO_FEW if too_few_to_tell(row) else share
    p = NOTHING if row["q_p_value"] is None else numbers.p_value(row["q_p_value"])
    average, predicted = (
        text.replace(" ", "\N{NO-BREAK SPACE}") for text in (f"{average} ({low} to {high})", predicted)
    )
    return (*start, average, predicted, share, p)


def feedback_table(questions: Iterable[Any]) -> Table | None:
    """Answers to each question of the questionnaire as counts; None where there are none to show.

    Parameters
    ----------
    questions : records
        ``question`` and ``counts``, by answer; None is withheld.
    """
    shown = [(q["question"], answer, n) for q in records(questions) for answer, n in q["counts"].items()]
    if not shown:
        return None
    cells = tuple((answer, numbers.WITHHELD if n is None else f"{n:,}") for _, answer, n in shown)
    caption, groups = "What organisations said of their reports", tuple(question for question, _, _ in shown)
    return Table("feedback", caption, ("Answer", "Questionnaires"), cells, "lr", "", groups)
