"""How the treated people differ from the control pool before anything is matched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import document
from ..numbers import number, plural
from .balance import covariate_label
from .canvas import DARK, DOTTED, LINE, NAVY, RULE, THIN, few_ticks, finish, name_axis, records, rows_sheet, styled


@styled
def groups_plot(
    rows: Iterable[Any], *, top: int = 20, limit: float = 0.10, key: str = "groups_plot", caption: str = ""
) -> document.Figure | None:
    """Standardised differences between the treated and the pool, with their sign, the largest first; None without any.

    Parameters
    ----------
    rows : records
        ``label``, ``level`` ("" of a number) and ``smd`` (in standard deviations).
    top : int
        How many are drawn.
    limit : float
        From which a difference is called large; drawn as lines.
    """
    known = [row for row in records(rows) if row["smd"] is not None]
    ranked = sorted(known, key=lambda r: (-abs(r["smd"]), _label(r)))
    shown = ranked[:top]
    if not shown:
        return None
    drawing, axes, y = rows_sheet([_label(row) for row in shown], top=8, below=58)
    values = [100 * row["smd"] for row in shown]
    reach = max(1.2 * 100 * limit, 1.08 * max(abs(x) for x in values))
    axes.set_xlim(-reach, reach)
    axes.axvline(0, color=DARK, lw=THIN, zorder=0)
    for x in (-100 * limit, 100 * limit):
        axes.axvline(x, color=RULE, ls=DOTTED, lw=LINE, zorder=0)
    axes.hlines(y, 0, values, color=RULE, lw=LINE, zorder=1)
    axes.plot(values, y, marker="o", ls="", color=NAVY, ms=5, zorder=2)
    few_ticks(axes)
    name_axis(axes, "Difference, per cent of a standard deviation")
    gap = "\N{NO-BREAK SPACE}" * 5  # a browser makes several spaces one
    axes.set_xlabel(f"{axes.get_xlabel()}\n← less among the treated{gap}more →")
    largest = ranked[0]
    n_large = sum(abs(row["smd"]) > limit for row in ranked)
    size = number(largest["smd"], 1, factor=100, sign=True)
    words = (
        f"Dot plot of {plural(len(shown), 'difference', 'differences')} between the treated and the control pool "
        f"before matching. The largest is {size} per cent of a standard deviation ({_label(largest)}); {n_large:,} of "
        f"{len(ranked):,} are larger than {number(limit, factor=100)} per cent."
    )
    note = f"Dotted: {number(limit, factor=100)} per cent."
    if len(ranked) > top:
        note += f" The largest {top} of {len(ranked):,} are drawn."
    data = [{"Label": _label(r), "Difference (per cent)": round(100 * r["smd"], 1)} for r in ranked]
    return finish(drawing, key, caption or "How the groups differ before matching", words, data, note)


def _label(row: dict[str, Any]) -> str:
    """``Region: London``, without the scale that a number is matched on."""
    text = covariate_label({"label": f"{row['label']}: {row['level']}" if row["level"] else row["label"]})
    return text.replace(" (log of 1 + number)", "").replace(" (years)", "")
