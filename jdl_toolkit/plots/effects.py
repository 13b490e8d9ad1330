"""Differences with their intervals: measures of one analysis, estimates of one measure, any panel of alternatives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import document
from ..numbers import UNITS, decimals_for, difference, interval, plural
from .canvas import DARK, NAVY, RULE, finish, records, rows_sheet, styled

UNIT_WORDS = {"share": "percentage points", "count": "reoffences per person", "days": "days"}
#: Decimals of the data below a figure: one more than are printed, as small differences are printed more finely.
_DATA_DECIMALS = {"share": 1, "count": 2, "days": 1}


@styled
def forest_plot(
    rows: Iterable[Any],
    *,
    unit: str = "share",
    reference: float | None = None,
    key: str = "forest_plot",
    caption: str = "",
    note: str = "",
    directions: tuple[str, str] = ("fewer in the treatment group", "more"),
) -> document.Figure:
    """One row for each estimate: a marker, its interval as a line, and both in figures.

    Parameters
    ----------
    rows : records
        ``label``, ``estimate``, ``ci_low``, ``ci_high`` (unrounded; treatment minus control) and, optionally,
        ``is_headline``: drawn larger and dark.
    unit : {"share", "count", "days"}
    reference : float, optional
        Estimate against which the others are laid; drawn as a dotted line.
    directions : tuple of str
        What an estimate left and right of zero means, in few words.
    """
    shown = [r for r in records(rows) if r["estimate"] is not None]
    factor, _ = UNITS[unit]
    texts = [estimate_words(r["estimate"], r["ci_low"], r["ci_high"], unit) for r in shown]
    drawing, axes, middles = rows_sheet(
        [r["label"] for r in shown], texts, right_title="Difference (95% interval)", top=20, below=48
    )
    for row, y in zip(shown, middles, strict=True):
        low, mid, high = (factor * row[k] for k in ("ci_low", "estimate", "ci_high"))
        head = row.get("is_headline", False)
        axes.plot([low, high], [y, y], color=NAVY if head else DARK, lw=2.2 if head else 1.3, solid_capstyle="butt")
        axes.plot(
            mid,
            y,
            "D" if head else "o",
            color=NAVY if head else DARK,
            mfc=NAVY if head else "white",
            ms=7 if head else 5.5,
        )
    axes.axvline(0, color=RULE, lw=1, zorder=0)
    if reference is not None:
        axes.axvline(factor * reference, color=NAVY, lw=1, ls=(0, (1, 2)), zorder=0)
    axes.margins(x=0.06)
    axes.locator_params(axis="x", nbins=5)
    left, right = directions
    axes.set_xlabel(
        f"Difference in {UNIT_WORDS[unit]}\n\N{LEFTWARDS ARROW} {left}   |   {right} \N{RIGHTWARDS ARROW}",
        linespacing=1.5,
    )
    alt = f"{plural(len(shown), 'difference', 'differences')} in {UNIT_WORDS[unit]}, with 95 per cent intervals. "
    if len(shown) == 1:
        alt = f"Difference in {UNIT_WORDS[unit]}, with its 95 per cent interval. "
    alt += "; ".join(f"{r['label']}: {text}" for r, text in zip(shown, texts, strict=True)) + "."
    heads = {f"Estimate ({UNIT_WORDS[unit]})": "estimate", "Lower limit": "ci_low", "Upper limit": "ci_high"}
    data = [
        {"Label": r["label"]} | {head: round(factor * r[k], _DATA_DECIMALS[unit]) for head, k in heads.items()}
        for r in shown
    ]
    return finish(drawing, key, caption or "Differences and their intervals", alt, data, note)


def estimates_plot(measure: Any, *, key: str = "estimates", caption: str = "") -> document.Figure | None:
    """The headline, classic and check estimates of one measure of the findings; None where it is withheld."""
    names = {"headline": "Headline: matching with an outcome model", "classic": "Classic: difference of weighted means"}
    names |= {"check": "Check: doubly robust weighting"}
    rows = [
        {"label": name, "is_headline": kind == "headline", **dict(getattr(measure, kind))}
        for kind, name in names.items()
        if getattr(measure, kind) is not None
    ]
    caption = caption or f"{measure.label}: the three estimates side by side"
    return forest_plot(rows, unit=measure.unit, key=key, caption=caption) if rows else None


def measures_plot(
    measures: Iterable[Any],
    *,
    unit: str = "share",
    base: str | None = "everyone",
    key: str = "measures",
    caption: str = "",
) -> document.Figure | None:
    """The headline estimates of all measures in one unit and over one base (None: every base); None without any."""
    rows = [
        {"label": m.label, "is_headline": i == 0, **dict(m.headline)}
        for i, m in enumerate(measures)
        if m.headline is not None and m.unit == unit and base in (None, m.base)
    ]
    if len(rows) == 1:
        label = rows[0]["label"]
        caption = caption or f"Difference in the {label[:1].lower()}{label[1:]}"
    caption = caption or "Differences between the groups, measure by measure"
    return forest_plot(rows, unit=unit, key=key, caption=caption) if rows else None


def estimate_words(estimate: float, low: float, high: float, unit: str) -> str:
    """``−6 (−12 to −1)``, the estimate as finely as its interval."""
    return f"{difference(estimate, unit, decimals_for(unit, low, high))} ({interval(low, high, unit)})"
