"""The figures of one register as Markdown, and whether the aims are met."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

#: Aims at the realistic level, whatever the register.
LEAST_PRECISION, LEAST_RECALL = 0.995, 0.97
#: People on the register -> most wall seconds for a request on a prepared register.
MOST_SECONDS = {1_000_000: 15, 10_000_000: 60}


def as_markdown(figures: dict[str, Any]) -> str:
    """All tables of one register, one below the other."""
    n, size, uploads = figures["n_people"], figures["n_records"], figures["n_uploads"]
    head = f"## {n:,} people on the register; {uploads} uploads of {size:,} records at each level"
    parts = [
        head,
        _quality(figures["quality"]),
        "### Expected and actual wrong candidates, by posterior: all records; without people who resemble somebody",
        _calibration(figures["calibration"]),
        "### Recall by group, all levels together",
        _recall(figures["by_group"], "group"),
        "### Recall where exactly one thing is wrong, by kind",
        _recall(figures["by_fault"], "fault"),
        "### Wrong links by whom they concern",
        _table(figures["by_likeness"], {}),
        "### Links of the tiers",
        _table(figures["by_tier"], {}),
    ]
    if figures["time"]:
        parts += ["### Time and memory", _time(figures["time"])]
    parts += ["### Aims", "\n".join(f"- {line}" for line in check_aims(figures))]
    return "\n\n".join(parts) + "\n"


def check_aims(figures: dict[str, Any]) -> list[str]:
    """One line per aim: what was measured, and met or not met."""
    quality = figures["quality"]
    ours = quality[(quality["level"] == "realistic") & (quality["method"] == "linkage")]
    lines = []
    for name, least in (("precision", LEAST_PRECISION), ("recall", LEAST_RECALL)):
        for value in ours[name]:
            lines.append(f"{name} at the realistic level at least {least}: {value:.4f}, {_met(value >= least)}")
    most = MOST_SECONDS.get(figures["n_people"])
    if most and figures["time"]:
        wall = figures["time"]["linkage"]["wall"]
        lines.append(f"{figures['n_records']:,} people in under {most} s: {wall:.1f} s, {_met(wall < most)}")
    return lines


def _met(is_met: bool) -> str:
    return "met" if is_met else "not met"


def _quality(table: pd.DataFrame) -> str:
    shown = table[["level", "method"]].copy()
    for name in ("precision", "recall", "f1"):
        shown[name] = [
            f"{value:.4f} ({low:.4f}–{high:.4f})"
            for value, low, high in table[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)
        ]
    shown["wrong"] = table["wrong"].astype(str) + " of " + table["n_links"].astype(str)
    shown["expected wrong"] = table["expected_wrong"].map(_number(1))
    shown["ambiguous"] = table["ambiguous"].map(_percent)
    return _table(shown.rename(columns={"f1": "F1"}), {})


def _calibration(table: pd.DataFrame) -> str:
    shown = pd.DataFrame({"posterior": sorted(table["posterior"].unique())})
    for people, words in (("all", ""), ("ordinary", ", nobody alike")):
        part = table[table["people"] == people].set_index("posterior")
        interval = [
            f"{value:.3f} ({low:.3f}–{high:.3f})"
            for value, low, high in part[["share_right", "low", "high"]].itertuples(index=False)
        ]
        columns = {
            f"candidates{words}": part["n"].map(_number(0)),
            f"share right{words}": pd.Series(interval, index=part.index),
            f"expected wrong{words}": part["expected_wrong"].map(_number(1)),
            f"wrong{words}": part["wrong"].map(_number(0)),
        }
        shown = shown.join(pd.DataFrame(columns), on="posterior")
    shown["posterior"] = [f"{edge:g} and over" for edge in shown["posterior"]]
    return _table(shown.fillna(""), {})


def _recall(table: pd.DataFrame, group: str) -> str:
    interval = [f"{low:.3f}–{high:.3f}" for low, high in table[["low", "high"]].itertuples(index=False)]
    columns = [group, "n", "linkage", "exact matching", "tiers"]
    shown = table[columns].copy()
    shown.insert(3, "95 %", interval)
    if "without_identifier" in table:
        shown["linkage, no identifier"] = table["without_identifier"]
    shares = [c for c in ("linkage", "exact matching", "tiers", "linkage, no identifier") if c in shown]
    return _table(shown, {c: _number(3) for c in shares})


def _time(measured: dict[str, dict[str, Any]]) -> str:
    floor = measured["floor"]["wall"]
    rows = [
        {
            "method": {"floor": "one hash join on the name (the floor)"}.get(method, method),
            "wall s": f"{values['wall']:.3g}",
            "CPU s": f"{values['cpu']:.3g}",
            "times the floor": f"{values['wall'] / floor:.1f}",
            "whole process, s": f"{values['process_wall']:.1f}",
            "peak memory, MB": f"{values['peak_mb']:,.0f}",
        }
        for method, values in measured.items()
    ]
    shares = ", ".join(f"{part} {_percent(share)}" for part, share in measured["linkage"]["shares"].items())
    return _table(pd.DataFrame(rows), {}) + f"\n\nOf the linkage: {shares}."


def _number(digits: int) -> Callable[[float], str]:
    return lambda value: "" if math.isnan(value) else f"{value:,.{digits}f}"


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.1f} %"


def _table(frame: pd.DataFrame, forms: dict[str, Callable[[float], str]]) -> str:
    """A Markdown table; numbers are right-aligned."""
    frame = frame.rename(columns=lambda name: name)
    is_number = [pd.api.types.is_numeric_dtype(frame[c]) for c in frame]
    for column in frame:
        form = forms.get(column, lambda value: f"{value:,}" if isinstance(value, int) else str(value))
        frame[column] = frame[column].map(form)
    head = "| " + " | ".join(name.replace("_", " ") for name in frame) + " |"
    rule = "| " + " | ".join("---:" if number else "---" for number in is_number) + " |"
    body = ["| " + " | ".join(row) + " |" for row in frame.astype(str).itertuples(index=False)]
    return "\n".join([head, rule, *body])
