"""The figures as Markdown: seconds, ratios, memory, growth, peers, and the aims met or not."""

from __future__ import annotations

import math
from typing import Any

from .timing import FLOOR

#: Aims: radius matching over the floor; the stage at 10 thousand and 1 million, in seconds and MB.
MOST_TIMES_FLOOR, MOST_SECONDS, MOST_MB = 2.0, 10.0, 3 * 1024.0
_STAGE = ("score", "match", "differences")


def as_markdown(figures: list[dict[str, Any]]) -> str:
    """All tables, one below the other; `figures` from the smallest size to the largest."""
    parts = [
        "### The score alone: CPU seconds, and times the floor",
        _arrays(figures),
        "### The whole stage, 60 columns: wall seconds (CPU seconds)",
        _stages(figures),
        "### How the cost grows",
        _growth(figures),
        "### Others, on the same scores",
        _peers(figures),
        "### Aims",
        "\n".join(f"- {line}" for line in check_aims(figures)),
    ]
    return "\n\n".join(parts) + "\n"


def check_aims(figures: list[dict[str, Any]]) -> list[str]:
    """A line for each aim: what was measured, its share of the limit, and met or not met."""
    lines = []
    for one in figures:
        times = _times_floor(one["arrays"], "radius")
        aims = [("radius matching", "times the floor", times, MOST_TIMES_FLOOR)]
        if one["size"] == "large":
            aims.append(("the stage", "s", _seconds(one["stage"], "wall"), MOST_SECONDS))
            aims.append(("the stage", "MB", one["stage"]["peak_mb"], MOST_MB))
        for what, unit, value, most in aims:
            met = "met" if value <= most else "not met"
            lines.append(f"{_size(one)}, {what}: {figure(value)} {unit}, {value / most:.2f} of {most:,.0f}, {met}")
    return lines


def _times_floor(arrays: dict[str, Any], part: str) -> float:
    return arrays["parts"][part]["cpu"] / arrays["parts"][FLOOR]["cpu"]


def _seconds(stage: dict[str, Any], clock: str) -> float:
    return sum(stage["parts"][part][clock] for part in _STAGE)


def _arrays(figures: list[dict[str, Any]]) -> str:
    rows = []
    for part in figures[0]["arrays"]["parts"]:
        cells = []
        for one in figures:
            seconds = one["arrays"]["parts"][part]["cpu"]
            cells.append(f"{seconds:.4f}" if seconds < 0.1 else f"{seconds:.2f}")
            cells.append(f"{_times_floor(one['arrays'], part):.1f}")
        rows.append([part, *cells])
    head = ["part", *(name for one in figures for name in (f"{_size(one)}, s", "× floor"))]
    return table(head, rows)


def _stages(figures: list[dict[str, Any]]) -> str:
    rows = []
    for one in figures:
        stage = one["stage"]

        def both(seconds: dict[str, float]) -> str:
            return f"{figure(seconds['wall'])} ({figure(seconds['cpu'])})"

        parts = [both(stage["parts"][part]) for part in _STAGE]
        whole = {clock: _seconds(stage, clock) for clock in ("wall", "cpu")}
        memory = [figure(stage[key]) for key in ("loaded_mb", "peak_mb", "peak_with_distances_mb")]
        rows.append([_size(one), *parts, both(whole), both(stage["parts"]["with KS and eCDF"]), *memory])
    head = ["treated × pool", *_STAGE, "whole stage", "balance with KS and eCDF"]
    head += ["MB with the data", "peak MB", "with KS, MB"]
    return table(head, rows)


def _growth(figures: list[dict[str, Any]]) -> str:
    """Exponent b of cost = a · people^b between neighbouring sizes."""
    rows = []
    for small, large in zip(figures, figures[1:], strict=False):
        more = math.log(_people(large) / _people(small))

        def exponent(old: float, new: float, more: float = more) -> str:
            return f"{math.log(new / old) / more:.2f}"

        radius = (one["arrays"]["parts"]["radius"]["cpu"] for one in (small, large))
        stage = (_seconds(one["stage"], "cpu") for one in (small, large))
        memory = (one["stage"]["peak_mb"] for one in (small, large))
        rows.append([f"{_size(small)} to {_size(large)}", exponent(*radius), exponent(*stage), exponent(*memory)])
    return table(["from, to", "radius, CPU seconds", "stage, CPU seconds", "stage, peak memory"], rows)


def _peers(figures: list[dict[str, Any]]) -> str:
    rows = []
    for one in figures:
        for peer in one["peers"]:
            ours = one["arrays"]["parts"][peer["our_part"]]["cpu"]
            who = f"{peer['name']} {peer['version']}"
            if "seconds" not in peer:
                rows.append([_size(one), who, peer["method"], peer["why_not"], "", "", ""])
                continue
            times = figure(peer["seconds"]["cpu"] / ours)
            cells = [figure(peer["seconds"]["cpu"]), times, figure(peer["peak_mb"]), f"{peer['n_differing']:,}"]
            rows.append([_size(one), who, peer["method"], *cells])
    head = ["treated × pool", "peer", "method", "CPU s", "× toolkit", "peak MB", "people of another weight"]
    return table(head, rows)


def _people(one: dict[str, Any]) -> int:
    return one["n_treatment"] + one["n_pool"]


def _size(one: dict[str, Any]) -> str:
    return f"{one['n_treatment']:,} × {one['n_pool']:,}"


def figure(value: float) -> str:
    """Three digits, or whole where there are more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; columns of words to the left."""
    words = ("part", "treated × pool", "peer", "method", "from, to")
    rule = ["---" if name in words else "---:" for name in head]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])
