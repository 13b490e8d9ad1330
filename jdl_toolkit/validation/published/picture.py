"""How close the toolkit comes to R, kind by kind, on a scale of digits."""

from __future__ import annotations

import math

from ...document import Figure
from ...plots.canvas import DASHED, LINE, NAVY, RULE, finish, name_axis, rows_sheet, styled
from .line import Line, Verdict
from .reference import CLOSE, power_of_ten

#: Sums in double precision come no closer than this.
_CLOSEST = 1e-16


def digits_figure(lines: list[Line]) -> tuple[Figure, ...]:
    """The largest relative difference of each kind of value compared with R; none where nothing was compared."""
    worst: dict[str, float] = {}
    for line in lines:
        if line.verdict in (Verdict.agrees, Verdict.differs) and math.isfinite(line.apart) and not line.why:
            kind = line.figure.partition(" (")[0]
            worst[kind] = max(worst.get(kind, 0.0), line.apart)
    return (_draw(sorted(worst.items(), key=lambda pair: pair[1])),) if worst else ()


@styled
def _draw(rows: list[tuple[str, float]]) -> Figure:
    labels = [name for name, _ in rows]
    drawing, axes, middles = rows_sheet(labels, [power_of_ten(float(f"{x:.0e}")) for _, x in rows], top=16, below=40)
    axes.plot([max(apart, _CLOSEST) for _, apart in rows], middles, "o", color=NAVY, markersize=4, linestyle="none")
    axes.set_xscale("log")
    axes.set_xlim(_CLOSEST / 2, max(1e-7, 10 * rows[-1][1]))
    marks = [x for x in (1e-16, 1e-12, 1e-8) if x <= axes.get_xlim()[1]]
    axes.set_xticks(marks, [power_of_ten(x) for x in marks])
    axes.minorticks_off()
    axes.axvline(CLOSE, color=RULE, linestyle=DASHED, linewidth=LINE)
    name_axis(axes, "Share of the value; dashed: eight digits")
    furthest, apart = rows[-1]
    ends = [power_of_ten(float(f"{x:.0e}")) for x in (rows[0][1], apart)]
    alt = (
        f"Dots on a scale of powers of ten, one for each of {len(rows)} kinds of value compared with R. The closest, "
        f"{rows[0][0]}, differ by {ends[0]} of the value at most; the furthest apart, {furthest}, by {ends[1]}."
    )
    data = [{"kind": name, "largest_difference": value} for name, value in rows]
    caption = "Largest difference between the toolkit and R, by kind of value"
    note = "Kinds with a wider bound of their own are left out; the table names them and the reason."
    return finish(drawing, "digits_of_agreement", caption, alt, data, note)
