"""A rate as people: of every 100, how many."""

from __future__ import annotations

import numpy as np
from matplotlib.path import Path

from .. import document
from ..numbers import number
from .canvas import DARK, NAVY, SIZE, WIDTH, finish, panel, sheet, styled, write


@styled
def people_picture(
    treatment_share: float | None,
    control_share: float | None,
    *,
    happened: str = "reoffended within a year",
    key: str = "people_picture",
    caption: str = "",
) -> document.Figure | None:
    """Of every 100 people in each group, those to whom it happened drawn filled and the others hollow.

    None, so nothing is shown, where a share is withheld.

    Parameters
    ----------
    treatment_share, control_share : float
        Shares as fractions; drawn in whole people.
    happened : str
        What the filled people have in common: a verb phrase in the past tense.
    """
    if treatment_share is None or control_share is None:
        return None
    drawing, paper = sheet(190)
    groups = {"treatment group": treatment_share, "comparison group": control_share}
    counts = {name: int(number(share, factor=100)) for name, share in groups.items()}
    for i, (name, n) in enumerate(counts.items()):
        left = 14 + i * WIDTH / 2
        axes = panel(drawing, left + 14, 34, left + 182, 172)
        axes.set(xlim=(-0.6, 9.6), ylim=(9.6, -0.6))
        axes.set_axis_off()
        across, down = np.arange(100) % 10, np.arange(100) // 10
        look = {"marker": _PERSON, "s": 105, "lw": 0.9}
        axes.scatter(across[:n], down[:n], facecolor=NAVY, edgecolor=NAVY, **look)
        axes.scatter(across[n:], down[n:], facecolor="white", edgecolor=DARK, **look)
        write(paper, left + 98, 4, [name.capitalize()], 9.5, bold=True, ha="center")
        write(paper, left + 98, 18, [f"{n} of every 100"], 9.5, ha="center")
    write(paper, WIDTH / 2, 174, [f"Filled: {happened}. Hollow: did not."], SIZE, ha="center")
    first, second = counts.values()
    alt = (
        f"Of every 100 people in the treatment group {first} {happened}; of every 100 in the comparison group {second}."
    )
    data = [{"Group": name, "Of every 100": n} for name, n in counts.items()]
    return finish(drawing, key, caption or f"Of every 100 people, how many {happened}", alt, data)


def _person() -> Path:
    """A head above a round-shouldered body, centred on (0, 0)."""
    head = Path.circle((0, 0.62), 0.3)
    corners = [(-0.5, -0.9), (-0.5, -0.2), (-0.5, 0.2), (0, 0.2), (0.5, 0.2), (0.5, -0.2), (0.5, -0.9), (-0.5, -0.9)]
    line, curve = Path.LINETO, Path.CURVE3
    body = Path(corners, [Path.MOVETO, line, curve, curve, curve, curve, line, Path.CLOSEPOLY])
    return Path.make_compound_path(head, body)


_PERSON = _person()
