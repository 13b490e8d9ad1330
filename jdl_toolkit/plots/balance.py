"""Are the groups alike? Standardised differences before and after matching, and the overlap of their scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .. import document
from ..numbers import number, plural
from .canvas import DARK, NAVY, ORANGE, RULE, WIDTH, finish, key_above, panel, records, rows_sheet, sheet, styled

_SMD = {"Before": "smd_before", "After": "smd_after"}


@styled
def love_plot(
    rows: Iterable[Any],
    *,
    top: int = 20,
    green_up_to: float = 0.05,
    amber_up_to: float = 0.10,
    signed: bool = False,
    order: str = "after",
    denominator: str = "pooled",
    step: str = "matching",
    key: str = "love_plot",
    caption: str = "",
) -> document.Figure:
    """Standardised mean differences before and after matching, in per cent, the worst covariates first.

    Parameters
    ----------
    rows : records
        ``covariate``, ``level``, ``smd_before``, ``smd_after`` (in standard deviations) and, optionally, ``label``,
        ``kind`` (square, product) and ``gates``: rows that do not decide about balance are drawn as squares.
    top : int
        How many levels are drawn, the largest differences after matching; the others share one row, which shows the
        largest of them, and the note says how many they are.
    green_up_to, amber_up_to : float
        Gates, in standard deviations; drawn as lines.
    signed : bool
        Draw signed differences; otherwise their absolute values.
    order : {"after", "before", "covariate"}
        By the difference after or before matching, or the levels of each covariate together.
    denominator : {"pooled", "treated"}
        Whose standard deviation the differences are measured by.
    step : str
        What lies between before and after: matching, or weighting.
    """
    ranked = sorted(records(rows), key=lambda r: (-abs(r["smd_after"]), -abs(r["smd_before"]), covariate_label(r)))
    shown, headings = _in_order(ranked[:top], order)
    drawn = shown + _the_rest(ranked[top:])
    sign = (lambda x: 100 * x) if signed else (lambda x: 100 * abs(x))
    before, after = ([sign(r[c]) for r in drawn] for c in ("smd_before", "smd_after"))
    labels = [_short(r) if h in (None, REST) else r["level"] for r, h in zip(drawn, headings, strict=False)]
    over = [heading or "" for heading in headings[: len(drawn)]]
    drawing, axes, y = rows_sheet(labels, headings=over if any(over) else None)
    axes.hlines(y, before, after, color=RULE, lw=0.8, zorder=1)
    axes.plot(before, y, "o", mfc="white", mec=DARK, ms=5.5, label="before", zorder=2)
    decides = np.array([r.get("gates") is not False and r.get("kind") not in ("square", "product") for r in drawn])
    for which, look in ((decides, _AFTER), (~decides, _AFTER_BESIDE)):
        if which.any():
            axes.plot(np.array(after)[which], np.array(y)[which], zorder=3, **look)
    for gate, dashes in ((green_up_to, (0, (1, 2))), (amber_up_to, (0, (4, 2)))):
        for x in (-100 * gate, 100 * gate) if signed else (100 * gate,):
            axes.axvline(x, color=ORANGE if gate == amber_up_to else DARK, ls=dashes, lw=1.1, zorder=0)
    reach = max([abs(x) for x in before + after] + [110 * amber_up_to]) * 1.06
    axes.set_xlim(-reach if signed else 0, reach)
    axes.set_xlabel("Difference, per cent of a standard deviation" + ("" if signed else " (without sign)"))
    if signed:
        axes.axvline(0, color=RULE, lw=0.8, zorder=0)
    key_above(axes)
    return finish(
        drawing,
        key,
        caption or f"How alike the groups are before and after {step}",
        _love_words(ranked, len(shown), amber_up_to, step),
        [
            {"Label": covariate_label(r)}
            | {f"{when} {step} (per cent)": round(100 * r[c], 1) for when, c in _SMD.items()}
            for r in shown
        ],
        _love_note(len(ranked) - len(shown), green_up_to, amber_up_to, denominator, not decides.all(), step),
    )


#: Heading of the row for those that are not drawn, where rows have headings.
REST = "All others"
_AFTER = {"marker": "D", "ls": "", "color": NAVY, "ms": 5, "label": "after"}
_AFTER_BESIDE = {"marker": "s", "ls": "", "mfc": "white", "mec": NAVY, "ms": 5, "label": "after, a square"}


def _in_order(shown: list[dict[str, Any]], order: str) -> tuple[list[dict[str, Any]], list[str | None]]:
    """Rows in the order of drawing, and for each its heading: "" below another's, None where it stands alone."""
    if order == "before":
        shown = sorted(shown, key=lambda r: -abs(r["smd_before"]))
    if order != "covariate":
        return shown, [None] * (len(shown) + 1)
    of_level: dict[str, list[dict[str, Any]]] = {}
    for row in shown:
        if row["level"]:
            of_level.setdefault(row["covariate"], []).append(row)
    together = [rows for rows in of_level.values() if len(rows) > 1]
    alone = [row for row in shown if not row["level"] or len(of_level[row["covariate"]]) == 1]
    headings: list[str | None] = [None] * len(alone)
    for rows in together:
        headings += [_name(rows[0]), *[""] * (len(rows) - 1)]
    return [*alone, *(row for rows in together for row in rows)], [*headings, REST]


def _the_rest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for all that are not drawn: the largest differences among them."""
    if not rows:
        return []
    largest = {c: max((r[c] for r in rows), key=abs) for c in ("smd_before", "smd_after")}
    return [{"covariate": f"{len(rows)} more, the largest of them", "level": ""} | largest]


def covariate_label(row: dict[str, Any]) -> str:
    """A reader's label of a covariate's level: ``age: 18 to 20``."""
    if row.get("label"):
        return row["label"]
    return f"{row['covariate']}: {row['level']}" if row.get("level") else row["covariate"]


def _short(row: dict[str, Any]) -> str:
    """The label without the scale that a number was matched on."""
    return covariate_label(row).replace(" (log of 1 + number)", "").replace(" (years)", "")


def _name(row: dict[str, Any]) -> str:
    """The label without the level."""
    return covariate_label(row).removesuffix(f": {row['level']}") if row["level"] else covariate_label(row)


def _love_words(ordered: list[dict[str, Any]], n_shown: int, gate: float, step: str) -> str:
    worst, now = max(ordered, key=lambda r: abs(r["smd_before"])), ordered[0]
    n_outside = sum(abs(r["smd_after"]) > gate for r in ordered)
    outside = "none lies" if n_outside == 0 else f"{n_outside} {'lies' if n_outside == 1 else 'lie'}"
    return (
        f"Dot plot of {n_shown} of {plural(len(ordered), 'characteristic', 'characteristics')}. "
        f"Before {step} the largest difference was {_per_cent_words(worst['smd_before'])} of a standard deviation "
        f"({covariate_label(worst)}); after {step} it is {_per_cent_words(now['smd_after'])} "
        f"({covariate_label(now)}), and {outside} above {number(gate, factor=100)} per cent."
    )


def _per_cent_words(smd: float) -> str:
    return f"{number(abs(smd), 1, factor=100)} per cent"


def _love_note(more: int, green: float, amber: float, denominator: str, has_beside: bool, step: str) -> str:
    whose = "the treatment group" if denominator == "treated" else "both groups"
    lines = f"The standard deviation is that of {whose} before {step}. "
    lines += f"Dotted line: {number(green, factor=100)} per cent (green up to here). "
    lines += f"Dashed line: {number(amber, factor=100)} per cent (red above)."
    if has_beside:
        lines += " Squares and products are looked at, but do not decide whether the groups are alike enough."
    return f"{lines} The largest differences after {step} are shown; {more:,} more are smaller." if more else lines


@styled
def overlap(
    bins: Iterable[Any],
    *,
    groups: Mapping[str, str] | None = None,
    receive: str = "receive the service",
    key: str = "overlap",
    caption: str = "",
) -> document.Figure:
    """How the propensity score is spread in the treatment group, the matched control group and the whole pool.

    Parameters
    ----------
    bins : records
        ``lower``, ``upper`` (logit of the score) and, as shares of each group, ``treatment``, ``pool``, ``control``;
        None where withheld: there the line breaks off. Drawn as whole per cent, as shares times a group's size are
        counts, and by the width of the bin: it is areas, not heights, that stand for people.
    groups : mapping, optional
        Names of treatment, control and pool, where a report's own do not fit.
    receive : str
        What the score is the probability of.
    """
    names = _GROUPS | dict(groups or {})
    rows = [{k: _whole(v) if k in _GROUPS else v for k, v in row.items()} for row in records(bins)]
    drawing, _ = sheet(202)
    axes = panel(drawing, 52, 26, WIDTH - 10, 168)
    edges = [r["lower"] for r in rows] + [rows[-1]["upper"]]
    for group, look in _LOOKS.items():
        heights = [np.nan if r[group] is None else r[group] / (r["upper"] - r["lower"]) for r in rows]
        axes.stairs(heights, edges, label=names[group], **({} if "fill" in look else {"baseline": None}) | look)
    axes.set(
        xlim=(edges[0], edges[-1]),
        xlabel=f"How likely to {receive} (propensity score, logit scale)",
        ylabel="Per cent of the group\nfor each unit of the score",
    )
    axes.set_ylim(bottom=0)
    key_above(axes)
    withheld = any(r[g] is None for r in rows for g in _GROUPS)
    data = [
        {"Score": f"{number(r['lower'], 2)} to {number(r['upper'], 2)}"}
        | {f"{name[0].upper()}{name[1:]} (per cent)": r[g] for g, name in names.items()}
        for r in rows
    ]
    return finish(
        drawing,
        key,
        caption or f"How likely people in each group were to {receive}",
        _overlap_words(rows, names),
        data,
        "People are areas: equal areas stand for equal shares of a group."
        + (" Where a line breaks off, too few people are counted to be shown." if withheld else ""),
    )


#: The groups of the overlap, in the order of a table; drawn from the back to the front.
_GROUPS = {
    "treatment": "treatment group",
    "control": "matched control group",
    "pool": "all in the control pool",
}
_WHOLE_POOL = "the whole control pool"
_LOOKS: dict[str, dict[str, Any]] = {
    "pool": {"color": DARK, "ls": (0, (2, 2)), "lw": 1.2},
    "treatment": {"color": NAVY, "fill": True, "alpha": 0.35, "lw": 0},
    "control": {"color": ORANGE, "lw": 2},
}


def _whole(share: float | None) -> int | None:
    return None if share is None else int(number(share, factor=100))


def _overlap_words(rows: list[dict[str, Any]], names: Mapping[str, str]) -> str:
    def middle(group: str) -> str:
        shares = np.array([r[group] or 0.0 for r in rows])
        centres = np.array([(r["lower"] + r["upper"]) / 2 for r in rows])
        return number(float(shares @ centres / shares.sum()), 1) if shares.sum() else "withheld"

    return (
        "Histograms of the propensity score (logit). On average it is "
        f"{middle('treatment')} in the {names['treatment']}, {middle('control')} in the {names['control']} and "
        f"{middle('pool')} in {_WHOLE_POOL if names['pool'] == _GROUPS['pool'] else names['pool']}."
    )
