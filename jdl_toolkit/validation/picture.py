"""The pictures of a study: a row for each cell, a mark for each estimate, and the range that chance allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from ..plots.canvas import DARK, INK, NAVY, ORANGE, PALE, RULE, STYLE, TEAL, key_above, rows_sheet
from .people import World
from .summary import describe


@dataclass(frozen=True)
class Mark:
    """How one estimate is drawn: shape, colour, filled or not, and its place in the row, in points from the middle."""

    shape: str
    colour: str
    is_filled: bool
    aside: float


MARKS = {
    "headline": Mark("D", NAVY, True, 0.0),
    "classic": Mark("s", ORANGE, False, -4.0),
    "check": Mark("o", TEAL, False, 4.0),
    "crude": Mark("X", DARK, True, 0.0),
}
_IN_ORDER = tuple(MARKS.values())


def rows_of_cells(
    labels: Sequence[str],
    marks: Mapping[str, Sequence[float]],
    title: str,
    bands: Sequence[tuple[float, float]] = (),
    line: float | None = None,
    colour: str = PALE,
) -> tuple[Sheet, Axes]:
    """A sheet with a row for each cell.

    Parameters
    ----------
    labels : sequence of str
        Of the cells.
    marks : dict of str to sequence of float
        For each estimate its value in each cell; one that `MARKS` does not know is drawn as the one in its place there.
    title : str
        Of the horizontal axis.
    bands : sequence of (float, float)
        For each cell the range that is shaded.
    line : float, optional
        Where a vertical line is drawn.
    colour : str
        Of the bands.
    """
    drawing, axes, middles = rows_sheet(list(labels), top=24, below=24 + 13 * (1 + title.count("\n")))
    for y, (low, high) in zip(middles, bands, strict=False):
        axes.barh(y, high - low, 13, low, color=colour, zorder=0)
    if line is not None:
        axes.axvline(line, color=RULE, lw=1, zorder=1)
    for i, (name, values) in enumerate(marks.items()):
        mark = MARKS.get(name, _IN_ORDER[i])
        style = {"mfc": mark.colour if mark.is_filled else "white", "ms": 6 if mark.is_filled else 4.5}
        at = [y + mark.aside for y in middles]
        axes.plot(
            values, at, mark.shape, color=mark.colour, label=name, ls="none", zorder=6 - i, clip_on=False, **style
        )
    axes.set_xlabel(title, color=INK)
    axes.use_sticky_edges = False  # those of the bands
    axes.margins(x=0.05)
    key_above(axes)
    return drawing, axes


def coverage_picture(summary: pd.DataFrame, worlds: Mapping[str, World]) -> bytes:
    """Draw coverage, one row for each cell, as PNG.

    Parameters
    ----------
    summary : DataFrame
        As `summarise` gives it, one caliper rule; three estimators at most, the first drawn largest.
    worlds : dict of str to World
        The cells, by name.
    """
    firsts = summary.drop_duplicates("cell").set_index("cell")
    by_name = summary.pivot(index="cell", columns="estimator", values="coverage").reindex(firsts.index)
    marks = {name: by_name[name].to_numpy() for name in summary["estimator"].drop_duplicates()}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        drawing, _ = rows_of_cells(
            [describe(worlds[cell]) for cell in firsts.index],
            marks,
            "Coverage of 95% intervals, per cent\n(shaded: where chance may put a true 95)",
            list(np.column_stack([firsts["coverage_low"], firsts["coverage_high"]])),
            95,
        )
        file = BytesIO()
        drawing.savefig(file, format="png", dpi=200, facecolor="white", metadata={"Software": None})
    return file.getvalue()
