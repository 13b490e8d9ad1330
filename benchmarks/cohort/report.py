"""The figures of all registers as Markdown: time, memory, growth, ratios to plain pandas, and the aims met or not."""

from __future__ import annotations

import math
from typing import Any

#: Aims for a register of at most so many people: most wall seconds, most MB of the process.
AIM_PEOPLE, MOST_SECONDS, MOST_MB = 1_000_000, 20.0, 3 * 1024.0
#: Larger registers: most MB of the process, of which DuckDB may have 2 GB.
MOST_MB_LARGER = 4 * 1024.0
PARTS = ("open", "cohort", "covariates", "outcomes")


def as_markdown(figures: list[dict[str, Any]]) -> str:
    """All tables, one below the other; `figures` from the smallest register to the largest."""
    parts = ["## Time and memory of a request after linkage", _times(figures)]
    if len(figures) > 1:
        parts += ["## How the cost grows", _growth(figures)]
    parts += ["## Aims", "\n".join(f"- {line}" for line in check_aims(figures))]
    return "\n\n".join(parts) + "\n"


def check_aims(figures: list[dict[str, Any]]) -> list[str]:
    """A line for each aim: what was measured, its ratio to the limit, and met or not met."""
    lines = []
    for one in figures:
        measured, people = one["toolkit"], f"{one['n_people']:,} people"
        limits = [("MB", "peak_mb", MOST_MB if one["n_people"] <= AIM_PEOPLE else MOST_MB_LARGER)]
        if one["n_people"] <= AIM_PEOPLE:
            limits.insert(0, ("s", "wall", MOST_SECONDS))
        for unit, key, most in limits:
            ratio = measured[key] / most
            met = "met" if ratio < 1 else "not met"
            lines.append(f"{people}: {_figure(measured[key])} {unit}, {ratio:.2f} of {most:,.0f} {unit}, {met}")
        if "pandas" in one:
            lines.append(f"{people}: {_same(one)}")
    return lines


def ratios_to_pandas(one: dict[str, Any]) -> dict[str, float]:
    """Toolkit over pandas in the same run: wall and CPU seconds of reading, cohort and outcomes; peak memory."""
    ours, theirs = one["toolkit"], one["pandas"]
    shared = ("open", "cohort", "outcomes")

    def seconds(clock: str) -> float:
        our_own, their_own = (sum(m["parts"][part][clock] for part in shared) for m in (ours, theirs))
        return our_own / their_own

    return {"wall": seconds("wall"), "cpu": seconds("cpu"), "peak_mb": ours["peak_mb"] / theirs["peak_mb"]}


def _same(one: dict[str, Any]) -> str:
    ratio = ratios_to_pandas(one)
    agree = "the same people, reasons and outcomes as plain pandas"
    if one["differences"]:
        agree = f"NOT what plain pandas finds ({'; '.join(one['differences'])})"
    cost = f"{ratio['wall']:.2f} of its wall time, {ratio['cpu']:.2f} of its CPU time (without covariates)"
    return f"{agree}, in {cost} and {ratio['peak_mb']:.2f} of its memory"


def _times(figures: list[dict[str, Any]]) -> str:
    head = ["people", "events", "method", "treated", "pool", *(f"{part}, s" for part in PARTS), "in all, s", "CPU s"]
    head += ["peak MB", "spilt MB"]
    rows = []
    for one in figures:
        for method in [m for m in ("toolkit", "pandas") if m in one]:
            got = one[method]
            parts = [_figure(got["parts"][part]["wall"]) if part in got["parts"] else "" for part in PARTS]
            row = [f"{one['n_people']:,}", f"{one['n_events']:,}", method, f"{got['n_treated']:,}"]
            row += [f"{got['n_pool']:,}", *parts, _figure(got["wall"]), _figure(got["cpu"]), _figure(got["peak_mb"])]
            rows.append([*row, _figure(got["spilt_mb"]) if "spilt_mb" in got else ""])
    return _table(head, rows)


def _growth(figures: list[dict[str, Any]]) -> str:
    """Exponent b of cost = a · people^b between neighbouring sizes."""
    rows = []
    for small, large in zip(figures, figures[1:], strict=False):
        size = math.log(large["n_people"] / small["n_people"])

        def exponent(key: str, small=small, large=large, size=size) -> str:
            return f"{math.log(large['toolkit'][key] / small['toolkit'][key]) / size:.2f}"

        between = f"{small['n_people']:,} to {large['n_people']:,}"
        rows.append([between, exponent("n_pool"), exponent("wall"), exponent("cpu"), exponent("peak_mb")])
    return _table(["people", "pool", "wall seconds", "CPU seconds", "peak memory"], rows)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    text = ("method", "people")
    rule = ["---" if name in text else "---:" for name in head]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])
