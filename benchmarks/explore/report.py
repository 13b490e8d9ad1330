"""The figures as Markdown: seconds of each change, as shares of the limit that is stated for the size."""

from __future__ import annotations

from typing import Any

from benchmarks.matching.report import figure, table

from .session import LIMITS

#: Aim: memory of a session at a million people, in MB.
MOST_MB = 6 * 1024.0


def as_markdown(figures: list[dict[str, Any]]) -> str:
    """Both tables, one below the other."""
    parts = [
        "### Love plot, overlap and forest plot after a change: seconds, and the share of the limit",
        _changes(figures),
        "### Until the first look stands, and memory",
        _sessions(figures),
        "### Aims",
        "\n".join(f"- {line}" for line in check_aims(figures)),
    ]
    return "\n\n".join(parts) + "\n"


def check_aims(figures: list[dict[str, Any]]) -> list[str]:
    """A line for each aim: what was measured, its share of the limit, and met or not met."""
    lines = []
    for one in figures:
        limit = LIMITS[one["size"]]
        slowest = max(one["changes"], key=lambda change: _seconds(one, change))
        aims = [(f"the slowest change ({slowest})", "s", _seconds(one, slowest), limit)]
        aims += [("a session", "MB", one["peak_mb"], MOST_MB)]
        for what, unit, value, most in aims:
            met = "met" if value <= most else "not met"
            lines.append(f"{_size(one)}, {what}: {figure(value)} {unit}, {value / most:.2f} of {most:,g}, {met}")
    return lines


def _seconds(one: dict[str, Any], change: str) -> float:
    """The first time or again, whichever took longer."""
    return max(one["changes"][change][time] for time in ("first", "again"))


def _changes(figures: list[dict[str, Any]]) -> str:
    rows = []
    for change in figures[0]["changes"]:
        cells = [change]
        for one in figures:
            seconds, limit = one["changes"][change], LIMITS[one["size"]]
            cells += [f"{seconds[time]:.2f}" for time in ("first", "again", "cpu")]
            cells.append(f"{_seconds(one, change) / limit:.2f}")
        rows.append(cells)
    heads = [(f"{_size(one)}, first", "again", "CPU", f"of {LIMITS[one['size']]:g} s") for one in figures]
    return table(["change", *(name for head in heads for name in head)], rows)


def _sessions(figures: list[dict[str, Any]]) -> str:
    rows = [[_size(one), *(figure(one[key]) for key in ("first_look", "loaded_mb", "peak_mb"))] for one in figures]
    return table(["treated × pool", "score and first look, s", "MB with the data", "peak MB"], rows)


def _size(one: dict[str, Any]) -> str:
    return f"{one['n_treatment']:,} × {one['n_pool']:,}"
