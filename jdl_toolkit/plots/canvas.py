"""The sheet that all figures are drawn on: size, style, palette, and the way from a drawing to a `document.Figure`.

Lengths are points and y runs down the sheet, so that measured text and drawn boxes share one ruler.
"""

from __future__ import annotations

import functools
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from .. import document
from ..markup import clean
from ..typeface import FAMILY, printable, width, wrap

#: Analysis Function palette.
NAVY, TEAL, PLUM, ORANGE, DARK, LILAC = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"
INK, RULE, PALE = "#0B0C0C", "#6F777B", "#E8EDF2"

WIDTH = 454.0  # the text column of an A4 report, in points
SIZE = 8.5
LEADING = 1.3  # line height in units of the type size

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

#: Verdana has the metrics of DejaVu Sans; all others are narrower.
_FONTS = f"'{FAMILY}', Verdana, Arial, sans-serif"


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


def write(paper: Axes, x: float, y: float, lines: list[str], size: float = SIZE, **style: Any) -> float:
    """Write lines from (x, y), the top of the first, and return the y below the last."""
    bold = style.pop("bold", False)
    for line in lines:
        y += size * LEADING
        paper.text(x, y - size * 0.35, printable(line), fontsize=size, weight="bold" if bold else "normal", **style)
    return y


def block_height(lines: list[str], size: float = SIZE) -> float:
    return len(lines) * size * LEADING


def key_above(axes: Axes) -> None:
    """The key, on one line above the axes."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, borderaxespad=0.2, handletextpad=0.5)


def rows_sheet(
    labels: list[str],
    right: list[str] | None = None,
    *,
    right_title: str = "",
    headings: list[str] | None = None,
    top: float = 26,
    below: float = 34,
    gap: float = 3,
) -> tuple[Sheet, Axes, list[float]]:
    """A sheet with one row for each label, for dot and interval plots.

    Parameters
    ----------
    labels : list of str
        Row labels, wrapped to at most 40 per cent of the sheet.
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

    Returns
    -------
    sheet, axes, y : the rows' middles as y of the axes
    """
    wrapped = [wrap(label, WIDTH * 0.4, SIZE) for label in labels]
    left = max(width(line, SIZE) for lines in wrapped for line in lines) + 10
    margin = max(width(right_title, SIZE, bold=True), *(width(text, SIZE) for text in right or [""])) + 14
    heights = [block_height(lines) + gap for lines in wrapped]
    over = [wrap(text, WIDTH - 6, SIZE, bold=True) if text else [] for text in headings or [""] * len(labels)]
    led = [block_height(lines) + 7 if lines else 0 for lines in over]
    bottom = top + sum(heights) + sum(led)
    drawing, paper = sheet(bottom + below)
    axes = panel(drawing, left, top, WIDTH - margin, bottom)
    axes.set(ylim=(bottom, top), yticks=[])
    axes.spines["left"].set_visible(False)
    middles, y = [], top
    for lines, height, text, above, lead in zip(wrapped, heights, right or [""] * len(wrapped), over, led, strict=True):
        write(paper, 3, y + 5, above, bold=True)
        y += lead
        write(paper, left - 8, y + gap / 2, lines, ha="right")
        write(paper, WIDTH - margin + 10, y + (height - SIZE * LEADING) / 2, [text] if text else [])
        middles.append(y + height / 2)
        y += height
    if right_title:
        write(paper, WIDTH - margin + 10, top - SIZE * LEADING - 2, [right_title], bold=True)
    return drawing, axes, middles


def finish(
    drawing: Sheet, key: str, caption: str, alt: str, data: Iterable[Mapping[str, Any]], note: str = ""
) -> document.Figure:
    """The drawing as a block for readers, with its data rounded to six significant digits."""
    rounded = tuple({k: _rounded(v) for k, v in row.items()} for row in data)
    return document.Figure(key, clean(caption), clean(alt), to_svg(drawing, key), rounded, clean(note))


def to_svg(drawing: Sheet, salt: str) -> str:
    """The drawing as SVG: the same bytes for the same drawing, no comment, date, style sheet or outside reference.

    Matplotlib writes label text into comments and a style rule that would reach out of an inlined drawing.
    """
    file = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.hashsalt": salt}):
        drawing.savefig(file, format="svg", metadata=nothing, transparent=False, facecolor="white")
    root = ElementTree.fromstring(file.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
        if "font" in element.get("style", ""):
            element.set("style", re.sub(r"'DejaVu Sans'(, [^;]*)?", _FONTS, element.get("style", "")))
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "stroke-linejoin": "round", "stroke-linecap": "butt"}
    return ElementTree.tostring(root, encoding="unicode")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is pd.NA or (isinstance(value, float) and math.isnan(value)) else value


def _rounded(value: Any) -> Any:
    value = _plain(value)
    return float(f"{value:.6g}") + 0.0 if isinstance(value, float) else value  # + 0.0: no -0
