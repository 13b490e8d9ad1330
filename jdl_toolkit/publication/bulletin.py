"""A bulletin's figures as tidy tables, and the cover of their spreadsheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from .. import numbers
from ..plots.portfolio import VERDICTS, level_name, pp, verdict_counts
from ..portfolio.bulletin import Bulletin
from ..portfolio.published import PublishedResult
from ..portfolio.together import PooledEffect
from ..tables.portfolio import COUNTS
from .cover import PUBLISHER, Cover, symbols_explained
from .results import ROUNDING, SIGN
from .table import Cell, DataTable, Symbol, count, number, or_none, plain, printed, text

_PP = "percentage points"
REQUEST = text("request", "Request", "Number or short name of the request")
ORGANISATION = text("organisation", "Organisation", "Organisation that sent the request")
SERVICE = text("service", "Service", "Name of the service")
ABOUT = (
    text("need", "Main need", "Main need that the service addresses"),
    text("sector", "Sector", "Sector of the organisation"),
    text("setting", "Setting", "Where the service is delivered"),
)
VERDICT = text("verdict", "Result", "reduction or increase where the 95 per cent interval does not hold zero")


def bulletin_tables(bulletin: Bulletin) -> list[DataTable]:
    """Every table that has any row, in the order of the bulletin."""
    made = (
        counts_table(bulletin),
        criteria_table(bulletin),
        requests_table(bulletin),
        results_table(bulletin),
        corrections_table(bulletin),
        verdicts_table(bulletin, "need"),
        verdicts_table(bulletin, "sector"),
        pooled_table(bulletin),
        tests_table(bulletin),
        feedback_table(bulletin),
    )
    return [table for table in made if table.rows]


def counts_table(bulletin: Bulletin) -> DataTable:
    columns = (
        text("of", "Counted", "Requests or reports"),
        text("count", "Count", "What became of them, or what they found"),
        number("to_date", "To date", "At the end of the period", "requests or reports"),
        number("earlier", "In the bulletin before", "At the end of the period of the bulletin before", "the same"),
    )
    now, before = bulletin.counts.model_dump(), bulletin.earlier_counts.model_dump()
    first = bulletin.earlier_until is None
    rows = tuple((group, name, now[key], Symbol.z if first else before[key]) for key, (group, name) in COUNTS.items())
    notes = (
        "Requests received are those published, that could not be answered, withdrawn and in progress. Reports"
        " published are those with a reduction, an increase, an inconclusive result and none that can be shown.",
    )
    return DataTable("counts", "Requests and reports to date", columns, rows, notes)


def criteria_table(bulletin: Bulletin) -> DataTable:
    columns = (
        text("criterion", "Criterion", "Minimum criterion of the lab that was not met"),
        number("requests", "Requests", "Requests that could not be answered by it", "requests"),
    )
    rows = tuple((c.criterion, c.n) for c in bulletin.criteria)
    return DataTable("could_not_be_answered", "Requests that could not be answered", columns, rows)


def requests_table(bulletin: Bulletin) -> DataTable:
    columns = (
        REQUEST,
        ORGANISATION,
        SERVICE,
        *ABOUT,
        text("received", "Received", "Day on which it was received (year-month-day)"),
        text("status", "Status", "What became of the request"),
        text("criterion", "Criterion", "Why it could not be answered"),
        text("ended", "Ended", "Day on which it was first published, or came to another end (year-month-day)"),
        number("reports", "Reports", "Reports published of it", "reports"),
        number("version", "Version", "Version of the report that stands", "number"),
    )
    rows = tuple(
        (
            *(r.request, or_none(r.organisation, Symbol.c), or_none(r.service), *_levels(r)),
            *(_day(r.received), r.status.value, or_none(r.criterion), _day(r.ended)),
            *(r.n_reports or Symbol.z, r.version or Symbol.z),
        )
        for r in bulletin.requests
    )
    return DataTable("requests", "Every request to date", columns, rows)


def results_table(bulletin: Bulletin) -> DataTable:
    columns = (
        REQUEST,
        text("analysis", "Analysis", "Short name of the analysis; main where a request has one"),
        ORGANISATION,
        SERVICE,
        text("title", "Title", "What the analysis is of, where a request has several"),
        *ABOUT,
        text("source", "Source", "this lab, or imported: published elsewhere"),
        text("source_title", "Published in", "Where an imported result was published"),
        text("published", "Published", "Day on which the version that stands was published (year-month-day)"),
        number("version", "Version", "Version of the report that stands", "number"),
        text("corrected", "Reason of the correction", "Why this version took the place of the one before"),
        VERDICT,
        number("n_treatment", "Treatment group", "People in the treatment group", "people"),
        number("treatment_value", "Treatment group, rate", "Share that reoffended", "per cent"),
        number("expected_value", "Expected rate", "Share expected without the service", "per cent"),
        number("difference", "Difference", "Treatment group less what is expected", _PP),
        number("ci_low", "Lower limit", "Lower limit of the 95 per cent interval", _PP),
        number("ci_high", "Upper limit", "Upper limit of the 95 per cent interval", _PP),
        number("p_value", "p-value", "Two-sided p-value of no difference", "probability"),
        number("p_holm", "p-value (Holm)", "Adjusted over all results of the bulletin", "probability"),
        number("p_fdr", "p-value (false discovery rate)", "Adjusted by Benjamini and Hochberg", "probability"),
        number("frequency_difference", "Difference in frequency", "Reoffences per person, as the rate", "per person"),
        number("frequency_low", "Frequency, lower limit", "Lower limit of the 95 per cent interval", "per person"),
        number("frequency_high", "Frequency, upper limit", "Upper limit of the 95 per cent interval", "per person"),
        text("why_not", "Why it is not shown", "Reason for which there is no result"),
        text("left_out", "Left out of averages", "Why it is no part of the average effects"),
        text("remark", "Remark", "What a reader of an imported result should know"),
    )
    rows = tuple(_result(r) for r in bulletin.results)
    return DataTable("results", "Every published result", columns, rows, (SIGN,))


def _result(r: PublishedResult) -> tuple[Cell, ...]:
    effect = (r.difference_pp, r.ci_low_pp, r.ci_high_pp)
    frequency = (r.frequency_difference, r.frequency_ci_low, r.frequency_ci_high)
    limits = [x for x in effect[1:] if x is not None]
    fine = numbers.decimals_for("count", *(x for x in frequency[1:] if x is not None))
    return (
        *(r.request, r.analysis, r.organisation, or_none(r.service), or_none(r.title), *_levels(r)),
        *(r.source.value, or_none(r.source_title), _day(r.published), r.version, or_none(r.corrected_reason)),
        r.verdict.value if r.verdict else Symbol.x,
        count(r.n_treatment, Symbol.x),
        *(Symbol.x if x is None else printed(numbers.value(x, "share")) for x in (r.treatment_value, r.control_value)),
        *(Symbol.x if x is None else printed(pp(x, *limits)) for x in effect),
        *(Symbol.x if p is None else printed(numbers.p_value(p)) for p in (r.p_value, r.p_holm, r.p_fdr)),
        *(Symbol.x if x is None else printed(numbers.difference(x, "count", fine)) for x in frequency),
        *(or_none(r.why_not), or_none(r.left_out), or_none(" ".join(r.remarks))),
    )


def corrections_table(bulletin: Bulletin) -> DataTable:
    columns = (
        REQUEST,
        ORGANISATION,
        number("version", "Version", "Version that took the place of the one before", "number"),
        text("published", "Published", "Day on which it was published (year-month-day)"),
        text("reason", "Reason", "Why it took the place of the one before"),
    )
    rows = tuple((c.request, c.organisation, c.version, _day(c.published), c.reason) for c in bulletin.corrections)
    return DataTable("corrections", "Reports that were corrected", columns, rows)


def verdicts_table(bulletin: Bulletin, by: str) -> DataTable:
    """What figures 1 and 2 are drawn from."""
    columns = (
        next(column for column in ABOUT if column.name == by),
        *(number(verdict, name, f"Reports with the result {verdict}", "reports") for verdict, name in VERDICTS.items()),
        number("all", "All", "Reports with a result", "reports"),
    )
    counted = verdict_counts((r for r in bulletin.of_this_lab if r.verdict), by)
    rows = tuple(
        (level_name(by, level), *(found[v] for v in VERDICTS), sum(found.values())) for level, found in counted
    )
    return DataTable(f"results_by_{by}", f"Results by {'main need' if by == 'need' else by}", columns, rows)


def pooled_table(bulletin: Bulletin) -> DataTable:
    columns = (
        text("by", "Grouped by", "What the results have in common: need, setting, sector; or all of them"),
        text("level", "Group", "Which need, setting or sector"),
        number("results", "Results", "Results that are averaged", "results"),
        number("people", "People", "People in their treatment groups", "people"),
        number("left_out", "Left out", "Results that are not averaged", "results"),
        number("average", "Average", "Average effect of a random-effects model", _PP),
        number("ci_low", "Lower limit", "Lower limit of the 95 per cent interval", _PP),
        number("ci_high", "Upper limit", "Upper limit of the 95 per cent interval", _PP),
        number("prediction_low", "Prediction, lower", "Lower end of the 95 per cent prediction interval", _PP),
        number("prediction_high", "Prediction, upper", "Upper end of the 95 per cent prediction interval", _PP),
        number("heterogeneity", "Heterogeneity", "Share of the spread put down to true differences (I²)", "per cent"),
        number("tau", "Tau", "Standard deviation of the true effects", _PP),
        number("q", "Q", "Cochran's Q", "number"),
        number("q_p_value", "p-value of Q", "p-value of no heterogeneity", "probability"),
        text("why_not", "Why there is none", "Reason for which there is no average"),
    )
    rows = tuple(map(_pooled, bulletin.pooled))
    return DataTable("average_effects", "Average effects over several results", columns, rows, (SIGN,))


def _pooled(p: PooledEffect) -> tuple[Cell, ...]:
    points = (p.estimate_pp, p.ci_low_pp, p.ci_high_pp, p.prediction_low_pp, p.prediction_high_pp)
    return (
        *(p.by, level_name(p.by, p.level), p.k, count(p.n_people, Symbol.x), p.n_left_out),
        *(_one_decimal(x) for x in points),
        Symbol.x if p.i_squared is None else printed(numbers.per_cent(p.i_squared)),
        *(_one_decimal(x) for x in (p.tau_pp, p.q)),
        Symbol.x if p.q_p_value is None else printed(numbers.p_value(p.q_p_value)),
        or_none(p.why_not),
    )


def tests_table(bulletin: Bulletin) -> DataTable:
    m = bulletin.multiplicity
    columns = (
        text("figure", "Figure", "What is counted"),
        number("value", "Number", "How many there are", "results"),
    )
    rows: tuple[tuple[Cell, ...], ...] = (
        ("Results with a test", m.n_tests),
        ("Conclusive", m.n_conclusive),
        ("Conclusive: reductions", m.n_reductions),
        ("Conclusive: increases", m.n_increases),
        ("Expected by chance if no service changed anything", _one_decimal(m.expected_by_chance)),
        ("Chance would give, lower end", m.chance_low),
        ("Chance would give, upper end", m.chance_high),
        ("Left after Holm's adjustment", m.n_after_holm),
        ("Left at a false discovery rate of 5 per cent", m.n_after_fdr),
    )
    return DataTable("tests", "Conclusive results and chance", columns, rows if m.n_tests else ())


def feedback_table(bulletin: Bulletin) -> DataTable:
    columns = (
        text("question", "Question", "Question of the feedback questionnaire"),
        text("answer", "Answer", "Answer given"),
        number("questionnaires", "Questionnaires", "How many answered so", "questionnaires"),
    )
    found, rows = bulletin.feedback, []
    if found is not None and found.n_published:
        rows = [("All questions", "Answers due", found.n_due), ("All questions", "Answers given", found.n_answered)]
        rows += [(q.question, answer, count(n)) for q in found.questions for answer, n in q.counts.items()]
    return DataTable("feedback", "What organisations said of their reports", columns, tuple(rows))


def bulletin_cover(bulletin: Bulletin, tables: Iterable[DataTable], marks: Iterable[str] = ()) -> Cover:
    """The cover of a bulletin's spreadsheet.

    Parameters
    ----------
    bulletin : Bulletin
    tables : iterable of DataTable
        Those in the spreadsheet; the symbols in them are explained.
    marks : iterable of str
        What stands on every page of the bulletin.
    """
    intro = (
        f"The tables of the bulletin, one on each sheet, up to {numbers.date(bulletin.until)}.",
        f"Official statistics, published by the {PUBLISHER} on {numbers.date(bulletin.published)}. Next publication:"
        f" {numbers.date(bulletin.next_publication)}.",
        "The bulletin says what the figures mean and what they cannot tell: read it first.",
        "The sheet Contents leads to every table, and the sheet data_dictionary says what every column means.",
    )
    about = (
        "From the published reports, in the version that stands.",
        SIGN,
        ROUNDING.replace("the report", "the bulletin"),
        *symbols_explained(tables),
        "The same tables are in the folder data as CSV files, with what each figure of the bulletin was drawn from.",
    )
    lines = (tuple(map(plain, part)) for part in (marks, intro, about, (bulletin.contact,)))
    return Cover(plain(f"{bulletin.title}: figures of the bulletin"), *lines, bulletin.published)


def _levels(row: object) -> tuple[str, ...]:
    return tuple(level_name(by, getattr(row, by)) for by in ("need", "sector", "setting"))


def _day(day: dt.date | None) -> Cell:
    return Symbol.z if day is None else day.isoformat()


def _one_decimal(x: float | None) -> int | Decimal | Symbol:
    return Symbol.x if x is None else printed(numbers.number(x, 1))
