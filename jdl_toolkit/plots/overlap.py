"""Is there anybody to compare with? How the score is spread in the groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .. import document
from ..numbers import number
from ..typeface import width
from .canvas import (
    DARK,
    DASHED,
    DOTTED,
    HEAVY,
    LINE,
    NAVY,
    ORANGE,
    SIZE,
    WIDTH,
    few_ticks,
    finish,
    key_above,
    panel,
    records,
    sheet,
    styled,
)


@styled
def overlap(
    bins: Iterable[Any],
    *,
    groups: Mapping[str, str] | None = None,
    receive: str = "receive the service",
    key: str = "overlap",
    caption: str = "",
) -> document.Figure:
    """How the propensity score is spread in the treatment group, the comparison group and the whole pool.

    Parameters
    ----------
    bins : records
        ``lower``, ``upper`` (logit of the score) and, as shares of each group, ``treatment``, ``pool``, ``control``;
        None where withheld: there the line breaks off. Drawn as whole per cent, as shares times a group's size are
        counts, and by the width of the bin: it is areas, not heights, that stand for people.
    groups : mapping, optional
        Names of treatment, control and pool, where a report's own do not fit.
    receive : str
        What the score is the probability of.
    """
    names = _GROUPS | dict(groups or {})
    rows = [{k: _whole(v) if k in _GROUPS else v for k, v in row.items()} for row in records(bins)]
    edges = [r["lower"] for r in rows] + [rows[-1]["upper"]]
    heights = {g: [None if r[g] is None else r[g] / (r["upper"] - r["lower"]) for r in rows] for g in _LOOKS}
    top = max([1.0, *(1.05 * h for of_group in heights.values() for h in of_group if h is not None)])
    drawing, _ = sheet(176)
    axes = panel(drawing, 42 + max(width(text, SIZE) for text in ("0.00", f"{top:.0f}")), 26, WIDTH - 16, 140)
    for group, look in _LOOKS.items():
        known = [np.nan if h is None else h for h in heights[group]]
        axes.stairs(known, edges, label=names[group], **({} if "fill" in look else {"baseline": None}) | look)
    axes.set(
        xlim=(edges[0], edges[-1]),
        xlabel=f"How likely to {receive} (propensity score, logit scale)",
        ylabel="Per cent of the group\nfor each unit of the score",
    )
    axes.set_ylim(0, top)
    few_ticks(axes, 9)
    key_above(axes)
    withheld = any(r[g] is None for r in rows for g in _GROUPS)
    data = [
        {"Score": f"{number(r['lower'], 2)} to {number(r['upper'], 2)}"}
        | {f"{name[0].upper()}{name[1:]} (per cent)": r[g] for g, name in names.items()}
        for r in rows
    ]
    return finish(
        drawing,
        key,
        caption or f"How likely people in each group were to {receive}",
        _overlap_words(rows, names),
        data,
        "People are areas: equal areas stand for equal shares of a group."
        + (" Where a line breaks off, too few people are counted to be shown." if withheld else ""),
    )


#: The groups of the overlap, in the order of a table; drawn from the back to the front.
_GROUPS = {
    "treatment": "treatment group",
    "control": "comparison group",
    "pool": "all in the control pool",
}
_WHOLE_POOL = "the whole control pool"
_LOOKS: dict[str, dict[str, Any]] = {
    "treatment": {"facecolor": "#12436D40", "edgecolor": NAVY, "fill": True, "lw": LINE},
    "pool": {"color": DARK, "ls": DOTTED, "lw": LINE},
    "control": {"color": ORANGE, "ls": DASHED, "lw": HEAVY},
}


def _whole(share: float | None) -> int | None:
    return None if share is None else int(number(share, factor=100))


def _overlap_words(rows: list[dict[str, Any]], names: Mapping[str, str]) -> str:
    def middle(group: str) -> str:
        shares = np.array([r[group] or 0.0 for r in rows])
        centres = np.array([(r["lower"] + r["upper"]) / 2 for r in rows])
        return number(float(shares @ centres / shares.sum()), 1) if shares.sum() else "withheld"

    return (
        "Histograms of the propensity score (logit). On average it is "
        f"{middle('treatment')} in the {names['treatment']}, {middle('control')} in the {names['control']} and "
        f"{middle('pool')} in {_WHOLE_POOL if names['pool'] == _GROUPS['pool'] else names['pool']}."
    )
