"""The picture of a study: coverage of each estimator in each cell, with the bounds that chance allows."""

from __future__ import annotations

from io import BytesIO

import matplotlib
import pandas as pd

from ..plots.canvas import INK, NAVY, ORANGE, PALE, RULE, STYLE, TEAL, key_above, rows_sheet
from .people import World

MARKS = (("D", NAVY), ("s", ORANGE), ("o", TEAL))


def coverage_picture(summary: pd.DataFrame) -> bytes:
    """Draw coverage, one row for each cell, as PNG.

    Parameters
    ----------
    summary : DataFrame
        As `summarise` gives it, one caliper rule; three estimators at most, the first drawn largest.
    """
    cells, estimators = summary["cell"].drop_duplicates().tolist(), summary["estimator"].drop_duplicates().tolist()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        firsts = summary.drop_duplicates("cell")
        labels = [
            describe(World(**world))
            for world in firsts[_WORLD].assign(effect=firsts["effect"] / 100).to_dict("records")
        ]
        drawing, axes, middles = rows_sheet(labels, top=24, below=34)
        at = dict(zip(cells, middles, strict=True))
        for row in firsts.itertuples():
            axes.barh(at[row.cell], row.coverage_high - row.coverage_low, 10, row.coverage_low, color=PALE, zorder=0)
        axes.axvline(95, color=RULE, lw=1, zorder=1)
        for i, (name, (shape, colour)) in enumerate(zip(estimators, MARKS, strict=False)):
            of = summary[summary["estimator"] == name]
            y = [at[cell] for cell in of["cell"]]
            style = {"mfc": colour if i == 0 else "white", "ms": 6 if i == 0 else 5, "zorder": 4 - i}
            axes.plot(of["coverage"], y, shape, color=colour, label=name, ls="none", **style)
        axes.set_xlabel("Coverage of 95% intervals (%). Shaded: what chance allows around 95", color=INK)
        axes.margins(x=0.05)
        key_above(axes)
        file = BytesIO()
        drawing.savefig(file, format="png", dpi=200, facecolor="white", metadata={"Software": None})
    return file.getvalue()


def describe(world: World) -> str:
    """A cell in few words."""
    effect = f"\N{MINUS SIGN}{abs(100 * world.effect):g} points" if world.effect else "no effect"
    words = [f"{world.n_treated:,} of {world.n_pool:,}", f"{world.selection} selection", effect]
    words += ["strong covariates"] if world.prognosis == "strong" else []
    return ", ".join(words + (["curved"] if world.truth == "curved" else []))


_WORLD = ["n_treated", "n_pool", "selection", "effect", "prognosis", "truth"]
