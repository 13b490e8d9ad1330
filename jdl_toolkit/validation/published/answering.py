"""What the table of published numbers answers: counts by source, the table itself, and the checks that can fail."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pandas as pd

from ...document import Table
from ...errors import JDLError
from ...numbers import plural
from ..part import Answer, Check
from .documents import PILOT
from .line import Line, Verdict, from_frame
from .picture import digits_figure
from .reference import power_of_ten

KEY, QUESTION = "published", "Do the published numbers come out again?"
FIGURES, ABOUT = "figures.csv", "about.json"
#: Columns that are texts, though they may look like numbers, or like none: "null" is something that was published.
_TEXT = dict.fromkeys(("source", "figure", "published", "recomputed", "verdict", "by", "why"), str)
#: Contradictions among the published figures that were looked into. Another one fails the study until it is, too.
KNOWN = frozenset(
    {
        "worked example, most of the rest started after six months",
        "11,543 of 33,111",
        "rows 1 and 9 contradict each other if rounded down",
        "people for 1 point with it",
    }
)
_BY_THE_LINE = "worked example, invented upload"
_TABLE_1 = "Table 1:"
_COLUMNS = {
    Verdict.agrees: "Agree", Verdict.fits: "Fit", Verdict.given: "Taken as given", Verdict.differs: "Differ",
    Verdict.contradiction: "Contradicted", Verdict.caution: "Caution", Verdict.not_recomputable: "Not recomputable",
}  # fmt: skip


def answer(results: Path) -> Answer:
    """The part's answer from its folder of results.

    Raises
    ------
    JDLError
        If there are no results there.
    """
    try:
        about = json.loads((Path(results) / ABOUT).read_text(encoding="utf-8"))
        lines = from_frame(
            pd.read_csv(Path(results) / FIGURES, dtype=_TEXT, keep_default_na=False, na_values={"apart": [""]})
        )
    except (OSError, ValueError) as fault:
        what = f"the results of this part cannot be read ({type(fault).__name__})"
        raise JDLError(what, str(results), "run the part: jdl validate published") from None
    checks = tuple(_checks(lines, bool(about["short"])))
    tables = (_counts_table(lines), _figures_table(lines))
    return Answer(KEY, QUESTION, _words(lines, bool(about["short"])), checks, tables, digits_figure(lines))


def _is_of_people(line: Line) -> bool:
    """Files with a row per person: their values are many, and are not figures that anybody published singly."""
    return line.source.startswith("units_")


def _count(lines: list[Line], *verdicts: Verdict) -> int:
    """Figures of these verdicts; where some of a line's differ, those that agree are counted with the agreeing."""
    return sum(_by_verdict(line).get(verdict, 0) for line in lines for verdict in verdicts)


def _by_verdict(line: Line) -> dict[Verdict, int]:
    if line.verdict is Verdict.differs:
        return {Verdict.agrees: line.n_agree, Verdict.differs: line.n - line.n_agree}
    return {line.verdict: line.n}


def _words(lines: list[Line], short: bool) -> str:
    figures, of_people = [x for x in lines if not _is_of_people(x)], [x for x in lines if _is_of_people(x)]
    n, agree, differ = _count(figures, *Verdict), _count(figures, Verdict.agrees), _count(figures, Verdict.differs)
    contradicted, caution = _count(figures, Verdict.contradiction), _count(figures, Verdict.caution)
    rest, fits, given = (_count(figures, v) for v in (Verdict.not_recomputable, Verdict.fits, Verdict.given))
    documents = [x for x in figures if not x.source.startswith("ref_")]
    begun = "**A short run: R's results for one table in part, and no invented register.** " if short else ""
    n_documents, in_documents = _count(documents, *Verdict), _count(documents, Verdict.agrees)
    of_each = _count(of_people, Verdict.agrees), _count(of_people, Verdict.differs)
    others = plural(caution, "other calls", "others call", 1)
    return f"""{begun}{n:,} figures stand in the sources: two documents of the pilot, 52 results published since, and \
reference results from R. {agree:,} were recomputed and agree; {differ:,} differ. {fits:,} fit, which means that other \
published figures allow them without fixing them; {given:,} are what others are computed from. {rest:,} cannot be \
recomputed; each stands in the table with its reason, which for published results is that the records behind them \
were never published.

Most of these figures are R's. Without them there are {n_documents:,}, of which {in_documents:,} agree and \
{_count(documents, Verdict.not_recomputable):,} cannot be recomputed. Beside them, R's files hold \
{_count(of_people, *Verdict):,} values by person (scores, weights, numbers of controls): {of_each[0]:,} were compared \
and agree, {of_each[1]:,} differ; the rest belong to ways of matching that the toolkit does not offer or to \
choices among equal scores, or name matched sets.

Published figures contradict each other, or the formula that they are said to come from, in \
{plural(contradicted, "place", "places", 1)}; {others} for caution. These are faults of the sources, or of how they \
were quoted, and are shown as they stand.

**What this shows:** the toolkit gives the published power table in every row, with a standard deviation that is \
inferred and not published; its matching, balance and estimators compute what the established R packages compute. \
**What it cannot show:** that a published result is right. No result of the service can be recomputed without its \
records, and the worked example is followed on an invented upload that was made to hold as many records of each kind. \
Agreement with R shows that two programs compute the same, not that the method suits a question.

**How close is close:** to eight digits, unless the table says otherwise. For entropy balancing and for Rosenbaum \
bounds printed with four decimals the wider bound was there before this comparison. For the errors of the score's \
coefficients, for MatchIt's own score, for pwr's own answers and for the ends of the standard deviation it was set \
after the difference had been seen, with the reason beside it. The interval of Rossi's trial is compared with the \
normal one because, of two that were tried, that one prints as published; Welch's stands beside it."""


def _checks(lines: list[Line], short: bool) -> Iterator[Check]:
    for source, of in groupby(sorted(lines, key=lambda x: x.source), key=lambda x: x.source):
        yield _agreement(source, list(of))
    table = [x for x in lines if x.source == PILOT and x.figure.startswith(_TABLE_1)]
    n = _count(table, Verdict.agrees)
    yield Check("The published power table comes out in all its rows", f"{n} of 10", "10 of 10", n == 10)
    of_line = [x for x in lines if x.figure.startswith(_BY_THE_LINE)]
    claim = "The whole line counts the worked example as published"
    if short or not of_line:
        yield Check(
            claim, "not tried", "every count", None, "it takes an invented register, which a short run does not make"
        )
    else:
        n = _count(of_line, Verdict.agrees)
        yield Check(claim, f"{n} of {len(of_line)}", f"{len(of_line)} of {len(of_line)}", n == len(of_line))
    unknown = [x for x in lines if x.verdict is Verdict.not_recomputable and not x.why.strip()]
    n = sum(x.n for x in unknown)
    yield Check("Every figure that is not recomputed has a reason", f"{n:,} without", "0 without", n == 0)
    found = {x.figure for x in lines if x.verdict is Verdict.contradiction}
    new = sorted(found - KNOWN)
    why = f"look into: {'; '.join(new)}" if new else ""
    yield Check(
        "Published figures contradict each other only where it is known", f"{len(new)} new", "0 new", not new, why
    )


def _agreement(source: str, lines: list[Line]) -> Check:
    agree, differ = _count(lines, Verdict.agrees), _count(lines, Verdict.differs)
    claim = f"Everything recomputed agrees: {source}"
    if not agree + differ:
        return Check(claim, "nothing recomputed", "all", None, "no figure of it can be recomputed")
    wrong = [x for x in lines if x.verdict is Verdict.differs]
    why = "; ".join(f"{x.figure}: {x.published}, recomputed {x.recomputed}" for x in wrong[:3])
    total = agree + differ
    return Check(claim, f"{agree:,} of {total:,}", f"{total:,} of {total:,}", differ == 0, why)


def _counts_table(lines: list[Line]) -> Table:
    order = list(dict.fromkeys(line.source for line in lines))
    rows = []
    for source in order:
        of = [line for line in lines if line.source == source]
        rows.append((source, f"{_count(of, *Verdict):,}", *(f"{_count(of, v):,}" for v in _COLUMNS)))
    columns = ("Source", "Figures", *_COLUMNS.values())
    note = "Fit: other published figures allow it without fixing it. Taken as given: what others are computed from."
    caption = "Published figures and R's results: how many, and what became of them"
    return Table("published_counts", caption, columns, tuple(rows), "l" + "r" * (len(columns) - 1), note)


def _figures_table(lines: list[Line]) -> Table:
    order = list(dict.fromkeys(line.source for line in lines))
    ordered = sorted(lines, key=lambda line: order.index(line.source))
    rows = tuple((line.figure, line.published, line.recomputed or "–", _outcome(line)) for line in ordered)
    groups = tuple(line.source for line in ordered)
    columns = ("Figure", "Published", "Recomputed", "What became of it")
    caption = "Every published figure, what it was recomputed as, and whether the two agree or why not"
    note = "Values of R's files are taken together by kind; how many of how many agree, and to what, is said of each."
    return Table("published_figures", caption, columns, rows, "llll", note, groups)


def _outcome(line: Line) -> str:
    """The verdict; the largest difference of many values; the reason."""
    verdict = line.verdict.value
    if not math.isnan(line.apart) and math.isfinite(line.apart):
        verdict += f", {power_of_ten(float(f'{line.apart:.0e}'))} apart at most" if line.apart else ", exactly"
    return f"{verdict}: {line.why}" if line.why else verdict
