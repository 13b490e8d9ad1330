"""Pictures of services that do nothing: what each rule makes of them, and what matching leaves."""

from __future__ import annotations

import pandas as pd

from ... import document
from ...numbers import number
from ...plots.canvas import DARK, INK, LINE, NAVY, RULE, finish, key_above, name_axis, rows_sheet, styled
from .dates import KINDS, REAL
from .rules import RULES

_PLACES = {kind: words[:1].upper() + words[1:] for kind, words in KINDS.items()} | {REAL: "Real dates of one county"}


@styled
def rules_picture(draws: pd.DataFrame) -> document.Figure | None:
    """Bias of each rule on each set of dates, with the middle 95 per cent of single services."""
    lot = draws[(draws["chosen"] == "chance") & (draws["waits"] == "alike")]
    rows = [row for dates in lot["dates"].unique() for _, row in lot[lot["dates"] == dates].iterrows()]
    labels = [RULES[row["rule"]] for row in rows]
    heads = [_PLACES[row["dates"]] if row["rule"] == "none" else "" for row in rows]
    return _drawn(
        rows,
        labels,
        heads,
        "bias_by_rule",
        "What four rules about time make of a service that does nothing",
        "Difference found, percentage points: marks are means, lines the middle 95 per cent of draws",
    )


@styled
def placebo_picture(draws: pd.DataFrame) -> document.Figure | None:
    """What matching leaves of the difference between people chosen by what they are, and what the alarm says."""
    placebo = draws[(draws["chosen"] != "chance") & (draws["rule"] == "drawn")]
    if placebo.empty:
        return None
    chosen = {"known": "chosen by age and sex", "record": "chosen by their record as well"}
    steps = {"crude": "unmatched", "matched": "matched", "matched with record": "matched, record in the model"}
    rows, labels, heads = [], [], []
    for dates in placebo["dates"].unique():
        for how, words in chosen.items():
            group = placebo[(placebo["dates"] == dates) & (placebo["chosen"] == how)]
            group = group.sort_values("outcome", ascending=False, kind="stable")
            for i, (_, row) in enumerate(group.iterrows()):
                rows.append(row)
                what = "Reoffending" if row["outcome"] == "reoffended" else "Negative control"
                labels.append(f"{what}, {steps[row['analysis']]}")
                heads.append(f"{_PLACES[dates]}, {words}" if i == 0 else "")
    caption = "A treatment that is none: differences before and after matching, and the negative control"
    axis = "Difference found, percentage points: marks are means, lines the middle 95 per cent of draws"
    return _drawn(rows, labels, heads, "placebo_treatments", caption, axis)


def _drawn(
    rows: list[pd.Series], labels: list[str], heads: list[str], key: str, caption: str, axis: str
) -> document.Figure:
    texts = [f"{number(row['bias'], 2)}; {number(row['rejected'])}%" for row in rows]
    title = "Mean; found conclusive"
    drawing, axes, middles = rows_sheet(labels, texts, right_title=title, headings=heads, top=24, below=58)
    for row, y in zip(rows, middles, strict=True):
        half = 1.96 * row["sd"]
        colour = NAVY if _is_ours(row) else DARK
        axes.plot([row["bias"] - half, row["bias"] + half], [y, y], color=colour, lw=LINE, solid_capstyle="butt")
        axes.plot(row["bias"], y, "D" if _is_ours(row) else "o", color=colour, mfc=colour if _is_ours(row) else "white")
    axes.axvline(0, color=RULE, lw=1, zorder=0)
    axes.plot([], [], "D", color=NAVY, ls="none", label="as the toolkit does it")
    axes.plot([], [], "o", color=DARK, mfc="white", ls="none", label="otherwise")
    axes.tick_params(axis="x", colors=INK)
    axes.margins(x=0.04)
    name_axis(axes, axis)
    key_above(axes)
    heading, named = "", []
    for label, head in zip(labels, heads, strict=True):
        heading = head or heading
        named.append(f"{heading}: {label[:1].lower()}{label[1:]}")
    data = [
        {"Dates and analysis": name, "Mean difference (points)": round(row["bias"], 3)}
        | {"SD of draws": round(row["sd"], 3), "False findings (per cent)": round(row["rejected"], 2)}
        for name, row in zip(named, rows, strict=True)
    ]
    alt = "Mean difference in points and share of false findings. " + "; ".join(
        f"{name}: {text}" for name, text in zip(named, texts, strict=True)
    )
    return finish(drawing, key, caption, alt + ".", data)


def _is_ours(row: pd.Series) -> bool:
    """Whether this line is an analysis of the toolkit's own."""
    if row["chosen"] == "chance":
        return row["rule"] == "drawn"
    return row["analysis"] != "crude"
