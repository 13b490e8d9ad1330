"""Two pictures side by side: whether posteriors are right, and who is found by kind of fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

#: Method -> colour and size of its mark; the largest is drawn first, so that none hides another.
MARKS = {"exact matching": ("#aab7b8", 10), "tiers": ("#ca6f1e", 7), "linkage": ("#1b4f72", 4)}
FEWEST = 15  # people of a kind below which its recall says nothing


def draw(figures: dict[str, Any], path: Path) -> None:
    """Write the picture of one register."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(12, 8.5), width_ratios=[1, 1.25], layout="constrained")
    _draw_calibration(left, figures["calibration"])
    _draw_recall(right, figures["by_fault"][lambda t: t["n"] >= FEWEST])
    fig.suptitle(
        f"{figures['n_people']:,} people on the register; uploads of {figures['n_records']:,} records",
        x=0.01,
        ha="left",
    )
    fig.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(fig)


def _draw_calibration(ax, table) -> None:
    ax.plot([0, 1], [0, 1], color="0.7", lw=1, zorder=0)
    for people, colour, words in (
        ("all", MARKS["tiers"][0], "all records"),
        ("ordinary", MARKS["linkage"][0], "without people who resemble somebody"),
    ):
        part = table[table["people"] == people]
        x, y = part["mean_posterior"], part["share_right"]
        # Wilson's interval holds the share itself up to rounding
        reach = [np.maximum(y - part["low"], 0), np.maximum(part["high"] - y, 0)]
        ax.errorbar(x, y, reach, fmt="o", color=colour, capsize=3, label=words)
    ax.set(xlabel="posterior of the candidate, mean of the group", ylabel="share that is right (95 % interval)")
    ax.set_title("Is a candidate of posterior p right in a share p of cases?", loc="left", fontsize=10)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.03), ncols=2, frameon=False)


def _draw_recall(ax, table) -> None:
    place = np.arange(len(table))[::-1]
    ax.hlines(place, table["low"], table["high"], color=MARKS["linkage"][0], lw=1)
    for method, (colour, size) in MARKS.items():
        ax.plot(table[method], place, "o", color=colour, label=method, ms=size)
    ax.set_yticks(place, [f"{fault} ({n:,})" for fault, n in zip(table["fault"], table["n"], strict=True)], fontsize=8)
    ax.set(xlabel="recall (95 % interval of the linkage)", xlim=(-0.02, 1.02))
    ax.set_title("Who is found where exactly one thing is wrong (people)", loc="left", fontsize=10)
    ax.grid(axis="y", color="0.92")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.03), ncols=3, frameon=False)
