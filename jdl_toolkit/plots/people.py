"""A rate as people: of every 100, how many, and how many more than in the other group."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path

from .. import document
from ..numbers import number
from ..typeface import wrap
from .canvas import (
    DARK,
    LEADING,
    NAVY,
    ORANGE,
    SIZE,
    THIN,
    TITLE,
    WIDTH,
    block_height,
    finish,
    panel,
    sheet,
    styled,
    write,
)

#: What a person stands for -> how he is drawn: filled, hollow, or framed and in another colour.
_LOOKS = {
    "both": {"mfc": NAVY, "mec": NAVY},
    "neither": {"mfc": "white", "mec": DARK},
    "more": {"mfc": ORANGE, "mec": DARK},
}
_TOP, _HIGH, _WIDE = 36.0, 146.0, 186.0  # of a group of 100: its upper edge, height and width
_KEY = 30.0  # where the key begins


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

    Of the group in which it happened to more, those whom it has more than the other stand in frames. None, so nothing
    is shown, where a share is withheld.

    Parameters
    ----------
    treatment_share, control_share : float
        Shares as fractions; drawn in whole people.
    happened : str
        What the filled people have in common: a verb phrase in the past tense.
    """
    if treatment_share is None or control_share is None:
        return None
    shares = {"treatment group": treatment_share, "comparison group": control_share}
    counts = {name: int(number(share, factor=100)) for name, share in shares.items()}
    fewest = min(counts.values()) or max(counts.values())  # where it happened to nobody in a group, nobody is framed
    lines = _key(happened, counts, fewest)
    below = _TOP + _HIGH + 8
    drawing, paper = sheet(below + sum(block_height(words) + 2 for _, words in lines) + 2)
    for i, (name, n) in enumerate(counts.items()):
        left = (WIDTH / 2 - _WIDE) / 2 + i * WIDTH / 2
        write(paper, left + _WIDE / 2, 2, [name.capitalize()], TITLE, bold=True, ha="center")
        write(paper, left + _WIDE / 2, 17, [_of_every_100(n, shares[name])], TITLE, ha="center")
        axes = panel(drawing, left, _TOP, left + _WIDE, _TOP + _HIGH)
        axes.set(xlim=(-0.6, 9.6), ylim=(9.6, -0.6))
        axes.set_axis_off()
        for look, first, last in (("both", 0, min(fewest, n)), ("more", fewest, n), ("neither", n, 100)):
            places = np.arange(first, last)
            _draw(axes, places % 10, places // 10, look)
    y = below
    for look, words in lines:
        _draw(paper, [_KEY], [y + SIZE * LEADING / 2], look)
        y = write(paper, _KEY + 14, y, words) + 2
    said = [_of_every_100(n, shares[name]).replace(" of every 100", "") for name, n in counts.items()]
    alt = (
        f"Of every 100 people in the treatment group {said[0]} {happened}; of every 100 in the comparison group "
        f"{said[1]}."
    )
    data = [{"Group": name, "Of every 100": n} for name, n in counts.items()]
    return finish(
        drawing, key, caption or f"Of every 100 people, how many {happened}", alt, data, _note(shares, counts)
    )


def _of_every_100(n: int, share: float) -> str:
    """``33 of every 100``; a share that is nearly nobody or nearly everybody is not called nobody or everybody."""
    if n == 0 < share:
        return "almost none of every 100"
    return "almost all of every 100" if share < 1 and n == 100 else f"{n} of every 100"


def _key(happened: str, counts: dict[str, int], fewest: int) -> list[tuple[str, list[str]]]:
    """Looks that are drawn, each with its meaning, in lines."""
    fewer = min(counts, key=lambda name: counts[name])
    meanings = {
        "both": happened if max(counts.values()) > 0 else "",
        "more": f"{happened}: so many more than in the {fewer}" if max(counts.values()) > fewest else "",
        "neither": "did not" if min(counts.values()) < 100 else "",
    }
    return [(look, wrap(text, WIDTH - _KEY - 20, SIZE)) for look, text in meanings.items() if text]


def _note(shares: dict[str, float], counts: dict[str, int]) -> str:
    """That whole people may differ by one more, or less, than the rates do, where it is so."""
    (t, c), (first, second) = shares.values(), counts.values()
    drawn, rounded = abs(first - second), int(number(abs(t - c), factor=100))
    if drawn == rounded:
        return ""
    if not drawn:
        return "Each group is rounded to whole people, so that a difference of less than one of 100 is not seen."
    return (
        "Each group is rounded to whole people, so that the number framed is one "
        f"{'more' if drawn > rounded else 'fewer'} than the difference between the rates, rounded once."
    )


def _draw(axes: Axes, across: Any, down: Any, look: str) -> None:
    """People at the places given; those in a frame have it around them."""
    if look == "more":
        axes.plot(across, down, ls="", marker="s", ms=12.5, mfc="white", mec=DARK, mew=THIN)
    axes.plot(across, down, ls="", marker=_PERSON, ms=10, mew=0.9, **_LOOKS[look])


def _person() -> Path:
    """A head above a round-shouldered body, centred on (0, 0)."""
    head = Path.circle((0, 0.62), 0.3)
    corners = [(-0.5, -0.9), (-0.5, -0.2), (-0.5, 0.2), (0, 0.2), (0.5, 0.2), (0.5, -0.2), (0.5, -0.9), (-0.5, -0.9)]
    line, curve = Path.LINETO, Path.CURVE3
    body = Path(corners, [Path.MOVETO, line, curve, curve, curve, curve, line, Path.CLOSEPOLY])
    return Path.make_compound_path(head, body)


_PERSON = _person()
