"""What is wrong with a drawing: texts that overlap, leave the sheet or hide a mark, as the renderer measures them."""

import itertools

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from jdl_toolkit.plots import canvas


def layout_faults(drawing):
    """Texts that overlap, leave the sheet or hide what is drawn, by the renderer's own extents."""
    with matplotlib.rc_context(canvas.STYLE | {"text.hinting": "none"}):  # as SVG is drawn
        agg = FigureCanvasAgg(drawing)
        agg.draw()
        undrawn = set(_undrawn(drawing))
        texts = [t for t in drawing.findobj(Text) if t.get_visible() and t.get_text().strip() and t not in undrawn]
        boxes = [(t.get_text(), t.get_window_extent(agg.get_renderer())) for t in texts]
        marks = np.vstack([np.empty((0, 2)), *_drawn_points(drawing)])
    page = drawing.bbox
    faults = [
        f"{text!r} leaves the sheet"
        for text, b in boxes
        if min(b.x0, b.y0) < -0.5 or b.x1 > page.x1 + 0.5 or b.y1 > page.y1 + 0.5
    ]
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1.5:
            faults.append(f"{one!r} overlaps {two!r}")
    for text, b in boxes:
        inside = (marks > (b.x0 + 1.5, b.y0 + 2.5)) & (marks < (b.x1 - 1.5, b.y1 - 2.5))
        if inside.all(axis=1).any():
            faults.append(f"{text!r} lies on a mark")
    return faults


def _drawn_points(drawing):
    """Points of all lines and marks of the data, a point apart; not of ticks, grids and keys."""
    for axes in drawing.axes:
        for line in axes.lines:
            points = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
            points = points[np.isfinite(points).all(axis=1)]
            if line.get_linestyle() in ("None", "") or len(points) < 2:
                yield points
                continue
            for start, end in itertools.pairwise(points):
                n = int(min(np.abs(end - start).max(), 2000)) + 2
                yield np.linspace(start, end, n)


def _undrawn(drawing):
    """Texts of axes that are switched off, and tick labels beyond the limits: they exist, but nobody sees them."""
    for axis in (axis for axes in drawing.axes for axis in (axes.xaxis, axes.yaxis)):
        if not axis.axes.axison:
            yield from axis.findobj(Text)
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low <= tick.get_loc() <= high:
                yield from tick.findobj(Text)
