"""How strong is the evidence for links? The weights of all pairs compared, and what a few typical pairs add up to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from math import isfinite
from typing import Any

from matplotlib.axes import Axes

from .. import document
from ..numbers import number
from ..typeface import width
from .canvas import (
    DARK,
    LEADING,
    NAVY,
    ORANGE,
    RULE,
    SIZE,
    TEAL,
    WIDTH,
    finish,
    key_above,
    panel,
    records,
    sheet,
    styled,
    write,
)

#: What becomes of a pair -> colour and outline, in the order in which bars stand beside each other.
_OUTCOMES: dict[str, dict[str, str]] = {
    "not linked": {"facecolor": "white", "edgecolor": DARK},
    "ambiguous": {"facecolor": ORANGE, "edgecolor": ORANGE},
    "matched": {"facecolor": NAVY, "edgecolor": NAVY},
}


@styled
def weights_plot(
    bins: Iterable[Any],
    weight_needed: float,
    *,
    step: float = 2.0,
    key: str = "match_weights",
    caption: str = "",
) -> document.Figure:
    """Pairs by match weight and by what became of them, with the weight that a link needs.

    Parameters
    ----------
    bins : records
        ``weight`` (lower edge, bits), ``outcome`` (matched, ambiguous, not linked), ``n_pairs``.
    weight_needed : float
        Weight from which a record's only candidate is matched.
    step : float
        Width of a bin, bits.
    """
    rows = records(bins)
    drawing, _ = sheet(216)
    axes = panel(drawing, 52, 30, WIDTH - 10, 178)
    for place, (outcome, look) in enumerate(_OUTCOMES.items()):
        chosen = [r for r in rows if r["outcome"] == outcome]
        x = [r["weight"] + step * (0.5 + 0.3 * (place - 1)) for r in chosen]
        axes.bar(x, [r["n_pairs"] for r in chosen], step * 0.28, label=outcome, lw=0.6, **look)
    axes.set(yscale="log", xlabel="Match weight, bits (log2 of the Bayes factor)", ylabel="Pairs compared")
    axes.yaxis.set_major_formatter(lambda n, _: f"{n:,.0f}")
    if isfinite(weight_needed):
        axes.axvline(weight_needed, color=TEAL, ls=(0, (4, 2)), lw=1.2, label="weight that a link needs")
    key_above(axes)
    totals = {o: sum(r["n_pairs"] for r in rows if r["outcome"] == o) for o in _OUTCOMES}
    counted = ", ".join(f"{n:,} {outcome}" for outcome, n in totals.items())
    needed = f"A link needs {number(weight_needed, 1)} bits." if isfinite(weight_needed) else "Nobody was found."
    data = [
        {"Weight from (bits)": r["weight"], "What became of them": r["outcome"], "Pairs": r["n_pairs"]} for r in rows
    ]
    return finish(
        drawing,
        key,
        caption or "How strong the evidence is in the pairs that were compared",
        f"Histogram of match weights on a logarithmic scale: {counted}. {needed}",
        data,
        "Two hills apart from each other are a good sign. A pair of great weight that is not linked is a twin, a "
        "namesake, or somebody than whom another fits better.",
    )


@styled
def waterfall(steps: Iterable[Any], *, key: str = "weight_waterfall", caption: str = "") -> document.Figure | None:
    """What each comparison adds to the weight of a pair, from the odds before looking to the odds after it.

    None if there is no pair.

    Parameters
    ----------
    steps : records
        ``pair``, ``step``, ``level``, ``weight`` (bits), in their order. No personal value.
    """
    rows = records(steps)
    if not rows:
        return None
    pairs = {name: list(group) for name, group in groupby(rows, key=lambda r: r["pair"])}
    labels = [_label(r) for r in rows]
    left = max(width(label, SIZE) for label in labels) + 14
    row_height, title, top, gap = SIZE * LEADING + 1, 16.0, 8.0, 6.0
    bottom = top + sum(title + (len(group) + 1) * row_height + gap for group in pairs.values())
    drawing, paper = sheet(bottom + 34)
    axes = panel(drawing, left, top, WIDTH - 46, bottom)
    axes.set(ylim=(bottom, top), yticks=[], xlabel="Match weight, bits: each doubles the odds")
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=RULE, lw=0.8, zorder=0)
    y = top
    for name, group in pairs.items():
        write(paper, 8, y, [name[0].upper() + name[1:]], bold=True)
        y += title
        total = 0.0
        for row in group:
            _bar(axes, y + row_height / 2, total, row["weight"], TEAL if row["weight"] >= 0 else ORANGE)
            write(paper, left - 8, y, [_label(row)], ha="right")
            write(paper, WIDTH - 10, y, [number(row["weight"], sign=True)], ha="right")
            total += row["weight"]
            y += row_height
        _bar(axes, y + row_height / 2, 0.0, total, NAVY)
        write(paper, left - 8, y, ["together"], ha="right", bold=True)
        write(paper, WIDTH - 10, y, [number(total, sign=True)], ha="right", bold=True)
        y += row_height + gap
    sums = {name: sum(r["weight"] for r in group) for name, group in pairs.items()}
    said = "; ".join(f"{name}: {number(total, sign=True)} bits together, {odds(total)}" for name, total in sums.items())
    columns = {"Pair": "pair", "Compared": "step", "Level": "level", "Weight (bits)": "weight"}
    return finish(
        drawing,
        key,
        caption or "What the evidence adds up to in a few typical pairs",
        f"Waterfall of match weights for {len(pairs)} kinds of pairs. {said}.",
        [{heading: r[c] for heading, c in columns.items()} for r in rows],
        "Weights are rounded to whole bits. A twin is rejected whatever the weight.",
    )


def odds(bits: float) -> str:
    """Odds of so many bits in words: ``odds of 8 to 1``, ``odds of 1 to 4``; capped at a million."""
    size = min(2 ** abs(bits), 1_000_000.0)
    size = number(size if size < 10 else float(f"{size:.2g}"))
    return f"odds of {size} to 1" if bits >= 0 else f"odds of 1 to {size}"


def _label(row: dict[str, Any]) -> str:
    return f"{row['step']}: {row['level']}"


def _bar(axes: Axes, y: float, start: float, weight: float, colour: str) -> None:
    axes.barh(y, weight, left=start, height=8, color=colour, lw=0)
