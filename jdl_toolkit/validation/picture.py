"""The picture of a study: coverage of each estimator in each cell, with the bounds that chance allows."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import matplotlib
import pandas as pd

from ..plots.canvas import INK, NAVY, ORANGE, PALE, RULE, STYLE, TEAL, key_above, rows_sheet
from .people import World
from .summary import describe

#: Shape, colour and place in the row, in points from its middle.
MARKS = (("D", NAVY, 0.0), ("s", ORANGE, -4.0), ("o", TEAL, 4.0))


def coverage_picture(summary: pd.DataFrame, worlds: Mapping[str, World]) -> bytes:
    """Draw coverage, one row for each cell, as PNG.

    Parameters
    ----------
    summary : DataFrame
        As `summarise` gives it, one caliper rule; three estimators at most, the first drawn largest.
    worlds : dict of str to World
        The cells, by name.
    """
    cells, estimators = summary["cell"].drop_duplicates().tolist(), summary["estimator"].drop_duplicates().tolist()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        firsts = summary.drop_duplicates("cell")
        labels = [describe(worlds[cell]) for cell in cells]
        drawing, axes, middles = rows_sheet(labels, top=24, below=46)
        at = dict(zip(cells, middles, strict=True))
        for row in firsts.itertuples():
            axes.barh(at[row.cell], row.coverage_high - row.coverage_low, 13, row.coverage_low, color=PALE, zorder=0)
        axes.axvline(95, color=RULE, lw=1, zorder=1)
        for i, (name, (shape, colour, aside)) in enumerate(zip(estimators, MARKS, strict=False)):
            of = summary[summary["estimator"] == name]
            y = [at[cell] + aside for cell in of["cell"]]
            style = {"mfc": colour if i == 0 else "white", "ms": 6 if i == 0 else 4.5, "zorder": 4 - i}
            axes.plot(of["coverage"], y, shape, color=colour, label=name, ls="none", **style)
        axes.set_xlabel("Coverage of 95% intervals, per cent\n(shaded: where chance may put a true 95)", color=INK)
        axes.margins(x=0.05)
        key_above(axes)
        file = BytesIO()
        drawing.savefig(file, format="png", dpi=200, facecolor="white", metadata={"Software": None})
    return file.getvalue()
