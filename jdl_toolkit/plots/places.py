"""Where a label finds room among what is drawn; lengths in points, y runs down."""

from __future__ import annotations

import numpy as np

from ..typeface import width
from .canvas import LEADING, SIZE


def free_place(
    taken: list[tuple[float, float, float, float]],
    places: list[tuple[float, float]],
    words: list[str],
    blocked: np.ndarray,
    within: tuple[float, float, float, float],
) -> tuple[float, float] | None:
    """The first place where the words have room and touch no label and no line; it is then taken.

    Parameters
    ----------
    taken : list of (float, float, float, float)
        Left, upper, right and lower edge of the labels that are there.
    places : list of (float, float)
        Left and upper edge, in points.
    words : list of str
        Lines.
    blocked : array, shape (k, 2)
        Points of what is drawn.
    within : (float, float, float, float)
        Likewise: where labels may lie.
    """
    for x, y in places:
        box = (x - 3, y - 1, x + max(width(line, SIZE) for line in words) + 2, y + SIZE * LEADING * len(words) + 1)
        inside = (blocked > box[:2]).all(axis=1) & (blocked < box[2:]).all(axis=1)
        has_room = min(box[0] - within[0], box[1] - within[1], within[2] - box[2], within[3] - box[3]) > 0
        if has_room and not inside.any() and not any(_touch(box, other) for other in taken):
            taken.append(box)
            return x, y
    return None


def _touch(one: tuple[float, float, float, float], two: tuple[float, float, float, float]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
