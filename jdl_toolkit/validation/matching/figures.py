"""The matching part in pictures."""

from __future__ import annotations

import pandas as pd

from ...document import Figure
from ...numbers import number
from ...plots.canvas import DARK, HEAVY, INK, NAVY, ORANGE, WIDTH, finish, panel, sheet, styled, write
from ..chance import FALSE_ALARM, share_bounds
from ..picture import rows_of_cells
from .cells import MEASURED
from .flip import Series
from .results import of_effect
from .tables import by_cell, labels, shares

_TOP, _LEFT, _BOTTOM = 26.0, 52.0, 216.0


def figures_of(estimates: pd.DataFrame, series: dict[str, Series | None]) -> tuple[Figure, ...]:
    """Bias, coverage and power by cell, and the graded series; those alone for which there is something to draw."""
    measured = estimates[estimates["cell"].isin(MEASURED)]
    figures = [bias_figure(measured), coverage_figure(measured), power_figure(measured)] if len(measured) else []
    both = {name: one for name, one in series.items() if one is not None}
    return tuple(f for f in (*figures, hidden_figure(both) if len(both) == len(series) else None) if f is not None)


@styled
def bias_figure(measured: pd.DataFrame) -> Figure:
    wide = by_cell(measured, "bias")
    marks = {name: wide[name].tolist() for name in ("headline", "classic", "check", "crude")}
    drawing, _ = rows_of_cells(labels(wide), marks, "Bias, percentage points", line=0)
    worst, crude = wide["headline"].abs().max(), wide["crude"]
    return finish(
        drawing,
        "matching-bias",
        "How far each estimate is off the truth on average",
        f"Crude comparisons are off by {number(crude.min(), 1)} to {number(crude.max(), 1)} points; the headline by "
        f"{number(worst, 2)} points at most, classic and check close beside it.",
        [{"Setting": label, **wide.loc[cell].to_dict()} for label, cell in zip(labels(wide), wide.index, strict=True)],
    )


@styled
def coverage_figure(measured: pd.DataFrame) -> Figure:
    wide, n = by_cell(measured, "coverage"), by_cell(measured, "n")["headline"]
    bands = [tuple(100 * b for b in share_bounds(int(n[cell]), 0.95, FALSE_ALARM)) for cell in wide.index]
    marks = {name: wide[name].tolist() for name in ("headline", "classic", "check")}
    title = "Coverage of 95% intervals, per cent\n(shaded: where chance may put a true 95)"
    drawing, _ = rows_of_cells(labels(wide), marks, title, bands, 95)
    low, high = (number(f(wide["headline"]), 1) for f in (min, max))
    crude = number(wide["crude"].max(), 1)
    return finish(
        drawing,
        "matching-coverage",
        "How often intervals hold the true effect",
        f"The headline's coverage lies between {low} and {high} per cent. Crude comparisons are not drawn: their "
        f"coverage is {crude} per cent at most.",
        [{"Setting": label, **wide.loc[cell].to_dict()} for label, cell in zip(labels(wide), wide.index, strict=True)],
        "Crude comparisons are left out of the picture, being far below; they are in the table.",
    )


@styled
def power_figure(measured: pd.DataFrame) -> Figure | None:
    with_effect = of_effect(measured, True)
    if with_effect.empty:
        return None
    wide, promised = shares(with_effect, "n_conclusive"), with_effect.drop_duplicates("cell").set_index("cell")
    bands = [(promised.loc[cell, "power_worth"], promised.loc[cell, "power_people"]) for cell in wide.index]
    # a promise of both counts alike is still seen
    bands = [(min(b) - max(0, 0.4 - abs(b[1] - b[0]) / 2), max(b) + max(0, 0.4 - abs(b[1] - b[0]) / 2)) for b in bands]
    marks = {name: wide[name].tolist() for name in ("headline", "classic")}
    title = (
        "Conclusive findings, per cent\n(bar: what the power table promised,\nfrom the safer count to that by people)"
    )
    drawing, axes = rows_of_cells(labels(wide), marks, title, bands, colour=_PROMISED)
    axes.set_xlim(0, 100)
    more = wide["headline"] - promised.loc[wide.index, "power_worth"]
    rows = zip(labels(wide), wide.index, strict=True)
    return finish(
        drawing,
        "matching-power",
        "How often a real effect is found, beside what the power table promised",
        f"The headline's power lies between {number(more.min(), 1)} and {number(more.max(), 1)} points above the safer "
        "promise of the power table.",
        [
            {
                "Setting": label,
                **wide.loc[cell].to_dict(),
                **promised.loc[cell, ["power_people", "power_worth"]].to_dict(),
            }
            for label, cell in rows
        ],
    )


_PROMISED = "#868E92"  # 3.3 to 1 on white

_LINES = (
    ("none", "reduction", NAVY, "D", True),
    ("5", "reduction", ORANGE, "s", False),
    ("5", "increase", DARK, "o", False),
)
_SAID = {
    ("none", "reduction"): "no effect: a reduction is found all the same",
    ("5", "reduction"): "real reduction of 5 points: it is found",
    ("5", "increase"): "real reduction of 5 points: an increase is found",
}


@styled
def hidden_figure(series: dict[str, Series]) -> Figure:
    """Share of conclusive findings over the odds ratio of what nobody recorded."""
    drawing, paper = sheet(_BOTTOM + 40 + 3 * 14)
    axes = panel(drawing, _LEFT, _TOP, WIDTH - 20, _BOTTOM)
    odds = series["none"].odds
    for i, (name, way, colour, shape, is_filled) in enumerate(_LINES):
        values = [100 * share for share in getattr(series[name], way)]
        look = {"color": colour, "mfc": colour if is_filled else "white", "ms": 6, "lw": HEAVY, "clip_on": False}
        axes.plot(odds, values, marker=shape, **look)
        y = _BOTTOM + 42 + 14 * i
        paper.plot([_LEFT, _LEFT + 26], [y + 6, y + 6], color=colour, lw=HEAVY)
        paper.plot([_LEFT + 13], [y + 6], shape, color=colour, mfc=look["mfc"], ms=6)
        write(paper, _LEFT + 34, y, [_SAID[name, way]])
    axes.set(xscale="log", ylim=(0, 100), xlim=(odds[0] * 0.98, odds[-1] * 1.02))
    axes.set_xticks(odds, [f"{o:g}" for o in odds])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("Odds ratio of what nobody recorded, with treatment and with the outcome", color=INK)
    axes.set_ylabel("Conclusive findings, per cent", color=INK)
    last = {key: number(100 * getattr(series[key[0]], key[1])[-1]) for key in _SAID}
    return finish(
        drawing,
        "matching-hidden",
        "How often something that nobody recorded turns a conclusion, by how strong it is",
        f"At an odds ratio of {odds[-1]:g}, {last['none', 'reduction']} per cent of services without any effect are "
        f"found to reduce reoffending, and {last['5', 'reduction']} per cent of those that reduce it by 5 points.",
        [
            {"Odds ratio": o, **{_SAID[name, way]: 100 * getattr(series[name], way)[i] for name, way in _SAID}}
            for i, o in enumerate(odds)
        ],
        "1,000 treated people and 10,000 others.",
    )
