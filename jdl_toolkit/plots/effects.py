"""Differences with their intervals: measures of one analysis, estimates of one measure, any panel of alternatives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from .. import document
from ..numbers import UNITS, decimals_for, difference, interval, number, plural
from ..typeface import width, wrap
from .canvas import (
    DARK,
    DENSE,
    DOTTED,
    HEAVY,
    LINE,
    NAVY,
    PALE,
    RULE,
    SIZE,
    THIN,
    WIDTH,
    block_height,
    few_ticks,
    finish,
    records,
    rows_sheet,
    styled,
    write,
)
from .families import AMONG, Placed, arranged

UNIT_WORDS = {
    "share": "percentage points",
    "count": "number per person",
    "days": "days",
    "mean": "units of the outcome",
}
#: Decimals of the data below a figure: one more than are printed, as small differences are printed more finely.
_DATA_DECIMALS = {"share": 1, "count": 2, "days": 1, "mean": 3}


@styled
def forest_plot(
    rows: Iterable[Any],
    *,
    unit: str = "share",
    unit_words: str = "",
    reference: float | None = None,
    band: tuple[float, float] | None = None,
    is_dense: bool = False,
    decimals: int | None = None,
    confidence: float = 0.95,
    key: str = "forest_plot",
    caption: str = "",
    note: str = "",
    directions: tuple[str, str] = ("fewer in the treatment group", "more"),
) -> document.Figure:
    """One row for each estimate: a marker, its interval as a line, and both in figures.

    Parameters
    ----------
    rows : records
        ``label``, ``estimate``, ``ci_low``, ``ci_high`` (unrounded; treatment minus control) and, optionally,
        ``is_headline``: drawn larger and dark; ``is_below``: drawn as a part of the row above; ``heading``: printed
        above the first row that has it; ``name``: in the data and the alternative text instead of the label.
    unit : {"share", "count", "days", "mean"}
    unit_words : str
        What the axis counts, where more is known than the unit says: "dollars".
    reference : float, optional
        Estimate against which the others are laid; drawn as a dotted line.
    band : (float, float), optional
        Its interval; shaded.
    is_dense : bool
        Rows stand closer, with one decimal more: for a picture of many estimates of one difference.
    decimals : int, optional
        At which all figures are printed; without it each as finely as its interval needs.
    confidence : float
        Of the intervals; named above them.
    directions : tuple of str
        What an estimate left and right of zero means, in few words.
    """
    shown = [r for r in records(rows) if r["estimate"] is not None]
    factor, _ = UNITS[unit]
    words = unit_words or UNIT_WORDS[unit]
    in_data = _DATA_DECIMALS[unit] if decimals is None else decimals + 1
    decimals = finer(unit) if is_dense and decimals is None else decimals
    level = f"{100 * confidence:g}"
    texts = [estimate_words(r["estimate"], r["ci_low"], r["ci_high"], unit, decimals) for r in shown]
    names = [r.get("name") or r["label"] for r in shown]
    sides = _sides(directions)
    drawing, axes, middles = rows_sheet(
        [r["label"] for r in shown],
        texts,
        right_title=f"Difference\n({level}% interval)",
        headings=_first_of_each([r.get("heading") or "" for r in shown]),
        below=37 + max(block_height(lines) for lines in sides),
        **({"gap": 1.5, "size": DENSE, "leading": 1.15} if is_dense else {}),
    )
    if band is not None:
        axes.axvspan(factor * band[0], factor * band[1], color=PALE, lw=0, zorder=-1)
    for row, y in zip(shown, middles, strict=True):
        low, mid, high = (factor * row[k] for k in ("ci_low", "estimate", "ci_high"))
        head, part = row.get("is_headline", False), row.get("is_below", False)
        colour, heavy = NAVY if head else DARK, HEAVY if head else THIN if part else LINE
        dashes = (0, (3, 1.5)) if part else "-"
        axes.plot([low, high], [y, y], color=colour, lw=heavy, ls=dashes, solid_capstyle="butt")
        shape, size = ("D", 7) if head else ("s", 4) if part else ("o", 5.5)
        axes.plot(mid, y, shape, color=colour, mfc=NAVY if head else "white", ms=size)
    axes.axvline(0, color=RULE, lw=1, zorder=0)
    if reference is not None:
        axes.axvline(factor * reference, color=NAVY, lw=LINE, ls=DOTTED, zorder=0)
    axes.margins(x=0.06)
    if max(abs(x) for x in axes.get_xlim()) >= 1000:
        axes.xaxis.set_major_formatter(lambda x, _: number(x))
    few_ticks(axes)
    axes.set_xlabel(f"Difference in {words}")
    _name_sides(drawing, axes, sides)
    heads = {f"Estimate ({words})": "estimate", "Lower limit": "ci_low", "Upper limit": "ci_high"}
    data = [
        {"Label": name} | {head: round(factor * r[k], in_data) for head, k in heads.items()}
        for name, r in zip(names, shown, strict=True)
    ]
    alt = _words(shown, names, texts, f"{words}, with", level)
    return finish(drawing, key, caption or "Differences and their intervals", alt, data, note)


#: Rows up to which the alternative text tells each of them; of more it tells the ends, as somebody has to listen.
_TOLD = 16


def _words(shown: list[dict[str, Any]], names: list[str], texts: list[str], what: str, level: str) -> str:
    said = [f"{name}: {text}" for name, text in zip(names, texts, strict=True)]
    if len(shown) == 1:
        return f"Difference in {what} its {level} per cent interval. {said[0]}."
    begin = f"{plural(len(shown), 'difference', 'differences')} in {what} {level} per cent intervals. "
    if len(shown) <= _TOLD:
        return f"{begin}{'; '.join(said)}."
    heads = [i for i, row in enumerate(shown) if row.get("is_headline")]
    others = sorted((i for i in range(len(shown)) if i not in heads), key=lambda i: shown[i]["estimate"])
    ends = (
        f"The others lie between {names[others[0]]}: {texts[others[0]]}, and {names[others[-1]]}: {texts[others[-1]]}."
    )
    return begin + "".join(f"{said[i]}. " for i in heads) + (ends if heads else ends.replace("The others", "They", 1))


def _sides(directions: tuple[str, str]) -> list[list[str]]:
    """What is said on either side of zero, each in lines of at most half the sheet."""
    left, right = directions
    texts = f"\N{LEFTWARDS ARROW} {left}", f"{right} \N{RIGHTWARDS ARROW}"
    return [wrap(text, WIDTH / 2 - 9, SIZE) for text in texts]


def _name_sides(drawing: Sheet, axes: Axes, sides: list[list[str]]) -> None:
    """Say at the lower edge, on either side of zero, what an estimate there means."""
    paper = drawing.axes[0]
    zero = paper.transData.inverted().transform(axes.transData.transform((0, 0)))[0]
    left, right = (max(width(line, SIZE) for line in lines) for lines in sides)
    middle = min(max(zero, left + 9), WIDTH - right - 9)
    y = paper.get_ylim()[0] - max(block_height(lines) for lines in sides) - 3
    write(paper, middle - 6, y, sides[0], ha="right")
    write(paper, middle + 6, y, sides[1])


def estimates_plot(measure: Any, *, key: str = "estimates", caption: str = "") -> document.Figure | None:
    """The headline, classic and check estimates of one measure of the findings; None where it is withheld."""
    names = {"headline": "Headline: matching with an outcome model", "classic": "Classic: difference of weighted means"}
    names |= {"check": "Check: doubly robust weighting"}
    rows = [
        {"label": name, "is_headline": kind == "headline", **vars(getattr(measure, kind))}
        for kind, name in names.items()
        if getattr(measure, kind) is not None
    ]
    caption = caption or f"{measure.label}: the three estimates side by side"
    return forest_plot(rows, unit=measure.unit, key=key, caption=caption) if rows else None


def measures_plot(
    measures: Iterable[Any],
    *,
    unit: str = "share",
    fewest: int = 1,
    key: str = "measure_differences",
    caption: str = "",
) -> document.Figure | None:
    """The headline estimates of all measures in one unit, under the headings of their families; None without any.

    A measure among people who reoffended is drawn lighter, below the same over everyone. With fewer measures than
    `fewest` there is no figure: a table says the same.
    """
    shown = [p for p in arranged(measures) if p.measure.headline is not None and p.measure.unit == unit]
    names = [p.name for p in shown]
    headings = [p.heading if len({p.heading for p in shown}) > 1 else "" for p in shown]
    rows = [
        {"label": p.label, "name": name, "heading": heading, "is_headline": p.measure.key == _first(shown, unit)}
        | {"is_below": p.is_below}
        | vars(p.measure.headline)
        for p, name, heading in zip(shown, names, headings, strict=True)
    ]
    if len(rows) == 1:
        label = shown[0].measure.label
        caption = caption or f"Difference in the {label[:1].lower()}{label[1:]}"
    caption = caption or f"Differences between the groups in {UNIT_WORDS[unit]}, measure by measure"
    note = f"Dashed: {AMONG}, which compares only part of each group." if any(p.is_below for p in shown) else ""
    return forest_plot(rows, unit=unit, key=key, caption=caption, note=note) if len(rows) >= max(1, fewest) else None


def _first(shown: list[Placed], unit: str) -> str:
    """Key of the measure that decides the verdict, if it is among those shown: a share of everyone."""
    return next((p.measure.key for p in shown if unit == "share" and p.measure.base == "everyone"), "")


def subgroups_plot(analysis: Any, *, key: str = "subgroup_differences", caption: str = "") -> document.Figure | None:
    """The headline difference in each subgroup, below that of everyone if it is given; None if no subgroup is shown."""
    found, measure = analysis.subgroups, analysis.headline_measure
    shown = [r for r in found.rows if r.headline is not None] if found is not None else []
    if not shown or measure is None:
        return None
    whole = measure.headline
    rows = [{"label": "Everyone", "heading": "", "is_headline": True, **vars(whole)}] if whole is not None else []
    rows += [
        {"label": level, "name": f"{subgroup_words(row.by)}: {level}", "heading": subgroup_words(row.by)}
        | vars(row.headline)
        for row, level in ((row, level_words(row.by, row.level)) for row in shown)
    ]
    label = measure.label[:1].lower() + measure.label[1:]
    caption = caption or f"Difference in the {label} in each subgroup{', and in the whole group' if whole else ''}"
    note = "Dotted line: the difference in the whole group." if whole else ""
    return forest_plot(rows, reference=whole.estimate if whole else None, key=key, caption=caption, note=note)


#: A subgroup of the settings (`spec.Subgroup`) in words.
SUBGROUPS = {
    "sex": "Sex",
    "age_band": "Age",
    "ethnicity": "Ethnicity",
    "region": "Region",
    "establishment": "Establishment",
    "provider": "Provider",
    "intervention_type": "Type of intervention",
    "intensity": "Amount of the service",
}


def subgroup_words(by: str) -> str:
    return SUBGROUPS.get(by, by.replace("_", " ").capitalize())


def level_words(by: str, level: str) -> str:
    """A subgroup's name; the amount of a service is in whatever the organisation counts."""
    return f"{level} hours or sessions" if by == "intensity" else level


def _first_of_each(headings: list[str]) -> list[str]:
    """Each heading where it begins, and an empty text on the rows that follow under it."""
    return [text if i == 0 or text != headings[i - 1] else "" for i, text in enumerate(headings)]


def estimate_words(estimate: float, low: float, high: float, unit: str, decimals: int | None = None) -> str:
    """``−6 (−12 to −1)``, the estimate as finely as its interval; all of it to `decimals`, if they are given."""
    if decimals is not None:
        value, first, last = (difference(x, unit, decimals) for x in (estimate, low, high))
        return f"{value} ({first} to {last})"
    return f"{difference(estimate, unit, decimals_for(unit, low, high))} ({interval(low, high, unit)})"


def finer(unit: str) -> int:
    """One decimal more than is usual: for estimates of one difference that are laid beside each other."""
    return UNITS[unit][1] + 1
