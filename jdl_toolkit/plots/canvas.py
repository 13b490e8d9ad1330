"""The sheet that all figures are drawn on: size, style, palette, and the way from a drawing to a `document.Figure`.

Lengths are points and y runs down the sheet, so that measured text and drawn boxes share one ruler.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from .. import document
from ..markup import clean
from ..typeface import FAMILY, width, wrap
from .svg import to_svg

#: Analysis Function palette: each stands out from white by at least 3 to 1, as a mark must. Navy, plum and dark are
#: alike in grey, and so are teal, orange and lilac: marks that must be told apart are of different groups, or shapes.
NAVY, TEAL, PLUM, ORANGE, DARK, LILAC = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"
INK, RULE = "#0B0C0C", "#6F777B"  # text and rules: at least 4.5 to 1
PALE = "#E8EDF2"  # behind marks and text; means nothing by itself

WIDTH = 454.0  # the text column of an A4 report, in points
SIZE = 9.0  # of all text, in points; no smaller type is printed but in pictures that fill a page
DENSE = 8.5  # of those
TITLE = 10.0  # of what names a part of a picture
LEADING = 1.3  # line height in units of the type size
THIN, LINE, HEAVY = 0.8, 1.3, 2.0  # line widths: rules; intervals and outlines; what a picture is about
DOTTED, DASHED = (0, (1, 2)), (0, (4, 2))

STYLE = {
    "font.family": FAMILY,
    "font.size": SIZE,
    "axes.labelsize": SIZE,
    "xtick.labelsize": SIZE,
    "ytick.labelsize": SIZE,
    "legend.fontsize": SIZE,
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "text.parse_math": False,  # an organisation's "$" is a dollar
    "svg.fonttype": "none",  # text stays text: it can be selected, searched and read by the leak check
}


def styled(draw: Callable[..., document.Figure]) -> Callable[..., document.Figure]:
    """Run `draw` under the toolkit's own style, whatever style the notebook has set."""

    @functools.wraps(draw)
    def inner(*args: Any, **kwargs: Any) -> document.Figure:
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(STYLE)
            return draw(*args, **kwargs)

    return inner


def records(rows: pd.DataFrame | Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of a frame, mappings or parts of the findings as plain dicts, missing values as None."""
    if isinstance(rows, pd.DataFrame):
        rows = rows.to_dict("records")
    plain = [dict(r) if isinstance(r, Mapping) else r.model_dump(mode="json") for r in rows]
    return [{k: _plain(v) for k, v in row.items()} for row in plain]


def sheet(height: float, wide: float = WIDTH) -> tuple[Sheet, Axes]:
    """An empty sheet, in points, and axes over the whole of it on which a unit is a point and y runs down."""
    drawing = Sheet(figsize=(wide / 72, height / 72))
    paper = drawing.add_axes((0, 0, 1, 1), xlim=(0, wide), ylim=(height, 0), zorder=-1)
    paper.set_axis_off()
    return drawing, paper


def panel(drawing: Sheet, left: float, top: float, right: float, bottom: float) -> Axes:
    """Axes between the given edges, measured in points from the sheet's top left corner."""
    wide, high = drawing.get_size_inches() * 72
    axes = drawing.add_axes((left / wide, 1 - bottom / high, (right - left) / wide, (bottom - top) / high))
    axes.patch.set_visible(False)
    return axes


def write(
    paper: Axes, x: float, y: float, lines: list[str], size: float = SIZE, leading: float = LEADING, **style: Any
) -> float:
    """Write lines from (x, y), the top of the first, and return the y below the last."""
    bold = style.pop("bold", False)
    for line in lines:
        y += size * leading
        paper.text(x, y - size * 0.35, clean(line), fontsize=size, weight="bold" if bold else "normal", **style)
    return y


def block_height(lines: list[str], size: float = SIZE) -> float:
    return len(lines) * size * LEADING


def key_above(axes: Axes, gap: float = 0.0) -> None:
    """The key, on one line that ends where the axes end, `gap` points above them."""
    high = axes.bbox.height * 72 / axes.figure.dpi
    place = {"loc": "lower right", "bbox_to_anchor": (1, 1 + gap / high), "ncols": 4}
    axes.legend(**place, frameon=False, borderaxespad=0.2, handletextpad=0.5, columnspacing=1.6)


def name_axis(axes: Axes, text: str) -> None:
    """The name of the horizontal axis, in lines no longer than it."""
    axes.set_xlabel("\n".join(wrap(text, axes.bbox.width * 72 / axes.figure.dpi, SIZE)))


def few_ticks(axes: Axes, most: int = 6) -> None:
    """As many marks on the horizontal axis as leave room between their numbers."""
    wide = axes.bbox.width * 72 / axes.figure.dpi
    for n in range(most, 0, -1):
        axes.locator_params(axis="x", nbins=n)
        low, high = sorted(axes.get_xlim())
        ticks = [x for x in axes.get_xticks() if low <= x <= high]
        texts = axes.xaxis.get_major_formatter().format_ticks(ticks)
        at = [wide * (x - low) / (high - low) for x in ticks]
        apart = (
            right - left - (width(one, SIZE) + width(two, SIZE)) / 2
            for (left, one), (right, two) in pairwise(zip(at, texts, strict=True))
        )
        if all(room >= 0.6 * SIZE for room in apart):
            return


def rows_sheet(
    labels: list[str],
    right: list[str] | None = None,
    *,
    right_title: str = "",
    headings: list[str] | None = None,
    top: float = 28,
    below: float = 36,
    gap: float = 3,
    size: float = SIZE,
    leading: float = LEADING,
) -> tuple[Sheet, Axes, list[float]]:
    """A sheet with one row for each label, for dot and interval plots.

    Parameters
    ----------
    labels : list of str
        Row labels, wrapped so that at least a third of the sheet is left to draw on.
    right : list of str, optional
        What is printed at the right end of each row.
    right_title : str
        Heading of the right column.
    headings : list of str, optional
        For each row a sub-heading that stands above it, or an empty text.
    top, below : float
        Room above the rows (for the key) and below them (for the axis), in points.
    gap : float
        Between two rows, in points.
    size, leading : float
        Of the type of the rows; the height of a line in units of it.

    Returns
    -------
    sheet, axes, y : the rows' middles as y of the axes
    """
    column = max(width(text, size) for text in right or [""])
    title = wrap(right_title, max(column, 90), SIZE, bold=True) if right_title else []
    margin = max(column, *(width(line, SIZE, bold=True) for line in title or [""])) + 14
    top = max(top, block_height(title) + 5)
    widest = min(0.46 * WIDTH, 0.67 * WIDTH - margin - 10)
    wrapped = [wrap(label, widest, size) for label in labels]
    over = [wrap(text, widest + 5, size, bold=True) if text else [] for text in headings or [""] * len(labels)]
    left = max(width(line, size) for lines in wrapped for line in lines) + 10
    left = max(left, *(width(line, size, bold=True) + 5 for lines in over for line in lines or [""]))
    heights = [len(lines) * size * leading + gap for lines in wrapped]
    led = [len(lines) * size * leading + 2 * gap + 3 if lines else 0 for lines in over]
    bottom = top + sum(heights) + sum(led)
    drawing, paper = sheet(bottom + below)
    axes = panel(drawing, left, top, WIDTH - margin, bottom)
    axes.set(ylim=(bottom, top), yticks=[])
    axes.spines["left"].set_visible(False)
    middles, y = [], top
    for lines, height, text, above, lead in zip(wrapped, heights, right or [""] * len(wrapped), over, led, strict=True):
        write(paper, 3, y + gap + 2, above, size, leading, bold=True)
        y += lead
        write(paper, left - 8, y + gap / 2, lines, size, leading, ha="right")
        write(paper, WIDTH - margin + 10, y + (height - size * leading) / 2, [text] if text else [], size, leading)
        middles.append(y + height / 2)
        y += height
    write(paper, WIDTH - margin + 10, top - block_height(title) - 2, title, bold=True)
    return drawing, axes, middles


def finish(
    drawing: Sheet, key: str, caption: str, alt: str, data: Iterable[Mapping[str, Any]], note: str = ""
) -> document.Figure:
    """The drawing as a block for readers, with its data rounded to six significant digits."""
    rounded = tuple({k: _rounded(v) for k, v in row.items()} for row in data)
    return document.Figure(key, clean(caption), clean(alt), to_svg(drawing, key), rounded, clean(note))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is pd.NA or (isinstance(value, float) and math.isnan(value)) else value


def _rounded(value: Any) -> Any:
    value = _plain(value)
    return float(f"{value:.6g}") + 0.0 if isinstance(value, float) else value  # + 0.0: no -0
