"""Results of many requests by what the services are for and who runs them, and their pooled effects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .. import document
from ..numbers import decimals_for, difference, number, plural
from ..typeface import width, wrap
from .canvas import (
    DARK,
    HEAVY,
    LEADING,
    NAVY,
    ORANGE,
    PALE,
    RULE,
    SIZE,
    THIN,
    WIDTH,
    few_ticks,
    finish,
    records,
    rows_sheet,
    sheet,
    styled,
    write,
)
from .effects import _name_sides, _sides

#: What a level of need, sector and setting (`spec`) is called for readers.
LEVELS: dict[str, dict[str, str]] = {
    "need": {
        "accommodation": "Accommodation",
        "employment": "Employment",
        "education": "Education and learning",
        "family": "Family and relationships",
        "mentoring": "Mentoring",
        "drugs_alcohol": "Drugs and alcohol",
        "attitudes": "Attitudes and thinking",
        "multiple": "Several needs",
        "other": "Other needs",
    },
    "sector": {
        "voluntary": "Voluntary and community",
        "private": "Private",
        "public": "Public",
        "education": "Educational institutions",
    },
    "setting": {"community": "In the community", "custody": "In custody", "both": "In custody and the community"},
    "all": {"all": "All results"},
}
#: Verdict -> its name above the column, and how its part of a bar is filled: solid, empty, striped.
VERDICTS = {"reduction": "Reduction", "inconclusive": "Inconclusive", "increase": "Increase"}
_PREDICTED = (
    " Dashed, between short strokes: the prediction interval, in which the effect of a further service of this kind"
    " would be expected to lie."
)
_ROW, _GAP, _BAR = SIZE * LEADING, 7.0, 14.0
_STRIPE = 3.2  # points from one stripe to the next


def level_name(by: str, level: str | None) -> str:
    """A level of ``need``, ``sector`` or ``setting`` in words."""
    if level is None:
        return "Not stated"
    return LEVELS.get(by, {}).get(level, level.replace("_", " ").capitalize())


@styled
def verdicts_plot(rows: Iterable[Any], by: str = "need", *, key: str = "", caption: str = "") -> document.Figure | None:
    """Published results by what became of them: a bar for each level, with its counts; None without any result.

    Parameters
    ----------
    rows : records
        ``verdict`` and the column that `by` names; rows without a verdict are left out.
    by : {"need", "sector", "setting"}
    """
    counted = verdict_counts(rows, by)
    if not counted:
        return None
    names = [level_name(by, level) for level, _ in counted]
    heads = [*VERDICTS.values(), "All"]
    columns = [width(head, SIZE, bold=True) + 8 for head in heads]
    widest = 0.3 * WIDTH
    labels = [wrap(name, widest, SIZE) for name in names]
    left = max(width(line, SIZE) for lines in labels for line in lines) + 12
    right = WIDTH - sum(columns) - 14
    highs = [max(_BAR, len(lines) * _ROW) + _GAP for lines in labels]
    top = _ROW + _BAR + 8
    drawing, paper = sheet(top + sum(highs) + 4)
    edges = [WIDTH - sum(columns[i + 1 :]) for i in range(len(columns))]
    _heads(paper, heads, columns, edges)
    scale = (right - left) / max(sum(count.values()) for _, count in counted)
    y = top
    for (_, count), lines, high in zip(counted, labels, highs, strict=True):
        write(paper, left - 8, y + (high - _GAP - len(lines) * _ROW) / 2, lines, ha="right")
        x, middle = left, y + (high - _GAP) / 2
        for verdict in VERDICTS:
            _part(paper, x, middle, scale * count[verdict], verdict)
            x += scale * count[verdict]
        for edge, n in zip(edges, (*(count[v] for v in VERDICTS), sum(count.values())), strict=True):
            write(paper, edge - 4, middle - _ROW / 2, [f"{n:,}"], ha="right")
        y += high
    paper.plot([left, left], [top - 4, y - 2], color=RULE, lw=THIN)
    what = {"need": "main need that the service addresses", "sector": "sector", "setting": "setting"}[by]
    return finish(
        drawing,
        key or f"results_by_{by}",
        caption or f"Published results by {what}",
        _verdict_words(counted, names),
        [
            {"Label": name, **{head: count[v] for v, head in VERDICTS.items()}, "All": sum(count.values())}
            for name, (_, count) in zip(names, counted, strict=True)
        ],
    )


def verdict_counts(rows: Iterable[Any], by: str) -> list[tuple[str, Counter[str]]]:
    """Each level with how many results there are of each verdict, most results first."""
    counts: dict[str, Counter[str]] = {}
    for row in records(rows):
        if row.get("verdict"):
            counts.setdefault(row[by], Counter())[row["verdict"]] += 1
    return sorted(counts.items(), key=lambda pair: (-sum(pair[1].values()), level_name(by, pair[0])))


def _heads(paper: Axes, heads: list[str], columns: list[float], edges: list[float]) -> None:
    """Names of the columns of counts, those of verdicts with a piece of bar above: the key."""
    for head, wide, edge in zip(heads, columns, edges, strict=True):
        write(paper, edge - 4, _BAR + 3, [head], ha="right", bold=True)
        verdict = next((v for v, name in VERDICTS.items() if name == head), None)
        if verdict:
            _part(paper, edge - wide + 4, _BAR / 2 + 1, wide - 8, verdict)


def _part(paper: Axes, x: float, middle: float, wide: float, verdict: str) -> None:
    """A piece of bar from x: solid for a reduction, striped for an increase, else empty."""
    if wide <= 0:
        return
    fill = {"reduction": NAVY, "inconclusive": PALE, "increase": ORANGE}[verdict]
    top = middle - _BAR / 2
    paper.add_patch(Rectangle((x, top), wide, _BAR, facecolor=fill, edgecolor=DARK, lw=THIN))
    if verdict == "increase":
        stripes = [x + k * _STRIPE for k in range(1, int(wide / _STRIPE) + 1) if k * _STRIPE < wide - 0.5]
        for at in stripes or [x + wide / 2]:
            paper.plot([at, at], [top, top + _BAR], color=DARK, lw=THIN)


def _verdict_words(counted: list[tuple[str, Counter[str]]], names: list[str]) -> str:
    each = []
    for name, (_, count) in zip(names, counted, strict=True):
        parts = [(count["reduction"], "reduction", "reductions")]
        parts.append((count["inconclusive"], "inconclusive", "inconclusive"))
        parts.append((count["increase"], "increase", "increases"))
        each.append(f"{name}: {', '.join(plural(n, one, many) for n, one, many in parts if n)}")
    total = sum(sum(count.values()) for _, count in counted)
    return f"Stacked bars of {plural(total, 'published result', 'published results')}. {'; '.join(each)}."


@styled
def pooled_plot(
    rows: Iterable[Any], *, key: str = "pooled_effects", caption: str = "", confidence: float = 0.95
) -> document.Figure | None:
    """Average effects with their intervals and, paler and wider, their prediction intervals; None without any.

    Parameters
    ----------
    rows : records
        ``by``, ``level``, ``k`` (results), ``estimate_pp``, ``ci_low_pp``, ``ci_high_pp``, ``prediction_low_pp``,
        ``prediction_high_pp`` (None where too few results are pooled for one), in percentage points.
    """
    shown = [r for r in records(rows) if r["estimate_pp"] is not None]
    if not shown:
        return None
    names = [f"{level_name(r['by'], r['level'])} ({plural(r['k'], 'result', 'results')})" for r in shown]
    above = {"need": "By main need", "setting": "By setting", "sector": "By sector", "all": "All together"}
    headings, before = [], None
    for row in shown:
        headings.append(above.get(row["by"], "") if row["by"] != before else "")
        before = row["by"]
    few = [r["prediction_low_pp"] is None for r in shown]
    texts = [_pooled_text(r) for r in shown]
    sides = _sides(("fewer reoffended than expected", "more"))
    level = f"{100 * confidence:g}"
    drawing, axes, middles = rows_sheet(
        names, texts, right_title=f"Average difference\n({level}% interval)", headings=headings, top=34, below=52
    )
    for row, y in zip(shown, middles, strict=True):
        low, high = row["prediction_low_pp"], row["prediction_high_pp"]
        if low is not None:
            axes.plot([low, high], [y, y], color=RULE, lw=THIN, ls=(0, (3, 2)))
            for end in (low, high):
                axes.plot([end, end], [y - 3, y + 3], color=RULE, lw=THIN)
        axes.plot([row["ci_low_pp"], row["ci_high_pp"]], [y, y], color=NAVY, lw=HEAVY, solid_capstyle="butt")
        axes.plot(row["estimate_pp"], y, "D", color=NAVY, mfc=NAVY, ms=6)
    axes.axvline(0, color=RULE, lw=1, zorder=0)
    axes.margins(x=0.06)
    few_ticks(axes)
    axes.set_xlabel("Average difference in percentage points")
    _name_sides(drawing, axes, sides)
    return finish(
        drawing,
        key,
        caption or "Average difference in the reoffending rate over several results",
        _pooled_words(shown, names, texts, level),
        [_pooled_record(row, name) for row, name in zip(shown, names, strict=True)],
        f"Thick: the average with its {level} per cent interval."
        + (_PREDICTED if any(r["prediction_low_pp"] is not None for r in shown) else "")
        + (" There are too few results for a prediction interval where none is drawn." if any(few) else ""),
    )


def pp(x: float, *limits: float) -> str:
    """A number of percentage points as finely as none of `limits` prints as zero."""
    decimals = pp_decimals(*(limits or (x,)))
    return difference(x / 100, "share", decimals)


def pp_decimals(*limits: float) -> int:
    """Decimals at which none of some percentage points prints as zero, unless it is zero."""
    return decimals_for("share", *(x / 100 for x in limits))


def pp_interval(low: float, high: float) -> str:
    """An interval in percentage points: ``−38 to −1``."""
    return f"{pp(low, low, high)} to {pp(high, low, high)}"


def _pooled_text(row: dict[str, Any]) -> str:
    low, high = row["ci_low_pp"], row["ci_high_pp"]
    return f"{number(row['estimate_pp'], 1)} ({number(low, 1)} to {number(high, 1)})"


def _pooled_words(shown: list[dict[str, Any]], names: list[str], texts: list[str], level: str) -> str:
    parts = []
    for row, name, text in zip(shown, names, texts, strict=True):
        low, high = row["prediction_low_pp"], row["prediction_high_pp"]
        further = "" if low is None else f", prediction interval {number(low, 1)} to {number(high, 1)}"
        parts.append(f"{name}: {text}{further}")
    return (
        f"{plural(len(shown), 'average difference', 'average differences')} in percentage points, with {level} per cent"
        f" intervals. {'; '.join(parts)}."
    )


def _pooled_record(row: dict[str, Any], name: str) -> dict[str, Any]:
    heads = {"Estimate (percentage points)": "estimate_pp", "Lower limit": "ci_low_pp", "Upper limit": "ci_high_pp"}
    heads |= {"Prediction interval, lower": "prediction_low_pp", "Prediction interval, upper": "prediction_high_pp"}
    return {"Label": name} | {head: _one(row[field]) for head, field in heads.items()}


def _one(x: float | None) -> float | None:
    return None if x is None else round(x, 1)
