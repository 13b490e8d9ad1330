"""Where the tables and figures of a PDF stand, so that no page is left half empty and no note or row is left alone.

Typst is asked how high each is and where it begins, and told for each where to put it; as one choice moves all that
comes after, that is repeated until nothing changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

TOP, BOTTOM = 70.9, 773.8  # points from the upper edge of a page, between which its text stands
#: Points above and below the text of a row, best first.
INSETS = (3.6, 3.3, 3.0, 2.7, 3.9, 4.2, 4.5, 5.0, 5.5, 6.0)
_SMALLEST = 0.82  # of its size, that a drawing may be reduced to so that it fits on the page
_HIGH = 300.0  # points of a table that is broken rather than moved, with its heading, to the next page
_FEW = 70.0  # points of rows that may stand at the end or the beginning of a page: three rows
_GAP, _HEADING = 16.0, 48.0  # points above a table or figure, and of a heading that leads it
_PASSES = 12

#: By the part's place in the report: ``next`` (at the top of the next page, the text that follows it filling this
#: one), ``scale`` of a drawing, ``breaks`` of a high table that a heading leads; of a table that breaks ``after`` (all
#: that waits), ``fresh`` (on a new page) and ``inset`` of its rows.
Layout = dict[str, dict[str, Any]]


def settle(parts: list[dict[str, Any]], ask: Callable[[Layout], str]) -> Layout:
    """The layout of a report.

    Parameters
    ----------
    parts : list of dict
        As the template gets them.
    ask : callable
        Lays the report out and returns what the template noted, as JSON.
    """
    layout: Layout = {}
    for _ in range(_PASSES):
        noted = [one["value"] for one in json.loads(ask(layout)) if one.get("label") in ("<begins>", "<stands>")]
        chosen = _choose(parts, noted, layout)
        if chosen == layout:
            break
        layout = chosen
    return layout


def _choose(parts: list[dict[str, Any]], noted: list[dict[str, Any]], before: Layout) -> Layout:
    stands = {one["part"]: one["page"] for one in noted if "y" not in one}
    begins = sorted((one for one in noted if "y" in one), key=lambda one: one["part"])
    for one in begins:  # what was to wait and found room above: the page without it is what counts
        if before.get(str(one["part"]), {}).get("next") and stands.get(one["part"]) == one["page"]:
            one["y"] -= one["whole"] + _GAP
    layout: Layout = {}
    for last, one in zip([None, *begins], begins, strict=False):
        place = stands.get(last["part"], 0) if last is not None else 0
        # What waits fills the top of the page that follows; what must come after it has the rest of that page.
        above = [b["whole"] + _GAP for b in begins if stands.get(b["part"]) == place and str(b["part"]) in layout]
        part, waits = parts[one["part"]], sum(above) if place > one["page"] else 0.0
        choice = _of_long(part, one, waits) if part.get("breakable") else _of_whole(part, one, waits)
        if choice:
            layout[str(one["part"])] = choice
    return layout


def _room(one: Mapping[str, Any]) -> float:
    """Points left on the page where a part begins, below the heading that leads it."""
    return BOTTOM - one["y"] - (_HEADING if one["led"] else _GAP)


def _of_whole(part: Mapping[str, Any], one: Mapping[str, Any], waits: float) -> dict[str, Any]:
    """What stands on one page: here, a little smaller if it then fits; else on the next, if no heading leads it there.

    None overtakes another: while one waits for the next page, so does the following. `waits`: points of what does.
    """
    room, high = _room(one), part.get("height", 0.0)
    if not waits and one["whole"] <= room:
        return {}
    scale = (room - (one["whole"] - high)) / high if high else 0.0
    if not waits and _SMALLEST <= scale < 1:
        return {"scale": round(scale - 0.005, 3)}
    if not one["led"]:
        return {"next": True}
    if part["kind"] == "table" and one["whole"] > _HIGH:
        return {"breaks": True} | _of_long(part, one, waits)
    return {"after": True} if waits else {}


def _of_long(part: Mapping[str, Any], one: Mapping[str, Any], waits: float) -> dict[str, Any]:
    """A table that breaks where the page ends, after all that waits for the next page."""
    whole_page = BOTTOM - TOP - (_HEADING if one["led"] else 0.0)
    room = whole_page - waits if waits else _room(one)
    fresh = room < one["frame"] + _FEW
    room = whole_page if fresh else room
    n_rows = len(part["parts"]) + sum(bool(row["starts"]) for row in part["parts"])
    rows = one["rows"] - one["frame"]

    def fits(inset: float) -> bool:
        left = rows + 2 * (inset - INSETS[0]) * n_rows - (room - one["frame"])
        page = BOTTOM - TOP - one["head"]
        if left + one["note"] + _GAP <= 0:
            return True
        while left > page:
            left -= page
        return left >= _FEW and left + one["note"] + _FEW / 2 <= page

    inset = next(filter(fits, INSETS), INSETS[0])
    choice = {"after": bool(waits), "fresh": fresh, "inset": inset if inset != INSETS[0] else None}
    return {name: chosen for name, chosen in choice.items() if chosen}
