"""Where the tables and figures of a PDF stand, so that no page is left half empty and no note or row is left alone.

Typst is asked how high each is and where it begins, and told for each where to put it; as one choice moves all that
comes after, that is repeated until nothing changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

TOP, BOTTOM = 59.5, 788.0  # points from the upper edge of a page, between which its text stands
#: Points above and below the text of a row, best first.
INSETS = (3.0, 2.8, 2.6, 3.2, 3.4, 3.7, 4.0, 4.5, 5.0, 5.5)
_SMALLEST = 0.82  # of its size, that a drawing may be reduced to so that it fits on the page
_FEW = 70.0  # points of rows that may stand at the end or the beginning of a page: three rows
_GAP, _HEADING = 16.0, 48.0  # points above a table or figure, and of a heading that leads it
_EMPTY = 300.0  # points of a page that are not left empty for the sake of halves that stand on the next
_PASSES = 12

#: By the part's place in the report: ``next`` (at the top of the next page, the text that follows it filling this
#: one), ``scale`` of a drawing, ``breaks`` of a table that would leave the page empty; of a table that breaks ``after``
#: (all that waits), ``fresh`` (on a new page) and ``inset`` of its rows; ``single``,
#: not in halves.
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
        above = [b for b in begins if stands.get(b["part"]) == place and str(b["part"]) in layout]
        waits = sum(b["whole"] + _GAP for b in above) if place > one["page"] else 0.0
        part = parts[one["part"]]
        follows = _follows(parts, one["part"])
        if part.get("breakable") and not _stands_in_halves(part, one, waits, follows):
            choice = _of_long(part, one, waits, all(parts[b["part"]]["kind"] == "figure" for b in above))
        else:
            choice = _of_whole(part, one, waits, follows)
        if choice:
            layout[str(one["part"])] = choice
    return layout


def _stands_in_halves(part: Mapping[str, Any], one: Mapping[str, Any], waits: float, follows: bool) -> bool:
    """Whether a table stands in halves: where these fit on a page, and do not leave much of the one before empty."""
    page = BOTTOM - TOP - (_HEADING if one["led"] else 0.0)
    room = page - waits if waits else _room(one)
    leaves_empty = not follows and _EMPTY < room < one["whole"]
    return bool(part["halves"]) and one["whole"] <= page and not leaves_empty


def _follows(parts: list[dict[str, Any]], i: int) -> bool:
    """Whether text follows a part, which may fill the page where that waits for the next."""
    return i + 1 < len(parts) and parts[i + 1]["kind"] in ("prose", "box")


def _room(one: Mapping[str, Any]) -> float:
    """Points left on the page where a part begins, below the heading that leads it."""
    return BOTTOM - one["y"] - (_HEADING if one["led"] else _GAP)


def _of_whole(part: Mapping[str, Any], one: Mapping[str, Any], waits: float, follows: bool) -> dict[str, Any]:
    """What stands on one page: here, a little smaller if it then fits; else on the next, if no heading leads it there.

    None overtakes another: while one waits for the next page, so does the following. `waits`: points of what does;
    `follows`: whether text of the same section comes after it. A table that would leave the page empty breaks.
    """
    room, high = _room(one), part.get("height", 0.0)
    if not waits and one["whole"] <= room:
        return {}
    scale = (room - (one["whole"] - high)) / high if high else 0.0
    if not waits and _SMALLEST <= scale < 1:
        return {"scale": round(scale - 0.005, 3)}
    may_break = part["kind"] == "table" and not part["halves"] and not waits and room >= one["frame"] + 2 * _FEW
    if may_break and (one["led"] or not follows):
        return {"breaks": True} | _of_long(part, one, waits, False)
    if not one["led"]:
        return {"next": True}
    return {"after": True} if waits else {}


def _of_long(part: Mapping[str, Any], one: Mapping[str, Any], waits: float, drawings: bool) -> dict[str, Any]:
    """A table that breaks where the page ends, after all that waits for the next page.

    Where only drawings wait it begins at once, if there is room, and goes on below them.
    """
    whole_page = BOTTOM - TOP - (_HEADING if one["led"] else 0.0)
    at_once = drawings and waits > 0 and _room(one) >= one["frame"] + 2 * _FEW
    room = whole_page - waits if waits and not at_once else _room(one)
    fresh = room < one["frame"] + _FEW
    room = whole_page if fresh else room
    n_rows = len(part["parts"]) + sum(bool(row["starts"]) for row in part["parts"])
    rows = one["rows"] - one["frame"]

    def fits(inset: float) -> bool:
        left = rows + 2 * (inset - INSETS[0]) * n_rows - (room - one["frame"])
        whole = BOTTOM - TOP - one["head"]
        if left + one["note"] + _GAP <= 0:
            return True
        page = whole - at_once * waits
        while left > page:
            left, page = left - page, whole
        return left >= _FEW and left + one["note"] + _FEW / 2 <= page

    inset = next(filter(fits, INSETS), INSETS[0])
    choice = {"after": bool(waits) and not at_once, "fresh": fresh, "inset": inset if inset != INSETS[0] else None}
    choice["single"] = bool(part["halves"])
    return {name: chosen for name, chosen in choice.items() if chosen}
