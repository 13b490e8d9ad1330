"""Every estimator of one sample, and the comparisons of times to the first reoffence, as tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..document import Table
from ..numbers import difference, number, p_value
from ..plots.effects import UNIT_WORDS, finer
from .robustness import NONE, figures

if TYPE_CHECKING:  # findings stands above this module in the order of imports
    from collections.abc import Sequence

    from ..findings import Analysis, Estimate, EstimatorRow

_SCALES = {"difference": "Differences", "ratio": "Ratios"}
_CLOCKS = {"calendar": "Every day counts", "at_risk": "Days in custody do not count"}
#: A calculation and, in brackets, how its standard error was worked out.
_BRACKETED = re.compile(r"(.+) \((.+)\)")


def estimators_table(analysis: Analysis, *, key: str = "estimators", caption: str = "") -> Table | None:
    """Every estimator of the first measure in the main sample; None without any."""
    measure = analysis.headline_measure
    if not analysis.estimators or measure is None:
        return None
    rows, groups = [], []
    for scale in _SCALES:
        same = _alike([row for row in analysis.estimators if row.scale == scale], measure.unit)
        rows += [(_named_together(alike), _errors(alike, measure.unit), *figures) for figures, alike in same.items()]
        groups += [_SCALES[scale]] * len(same)
    note = (
        f"{measure.label}, in {UNIT_WORDS[measure.unit]}; a ratio is treatment divided by comparison group, and 1 is "
        "no difference, and its standard error is that of its logarithm. Estimators whose figures are the same as "
        f"printed share a row; brackets name ways of working out the standard error.{_of_whole_pool(analysis)}"
    )
    note += _failed(analysis)
    caption = caption or "All estimators of the first measure"
    columns = ("Estimator", "Standard error", "Estimate (95% interval)", "p-value")
    return Table(key, caption, columns, tuple(rows), "lrrr", note, tuple(groups) if len(set(groups)) > 1 else ())


def _alike(rows: Sequence[EstimatorRow], unit: str) -> dict[tuple[str, str], list[EstimatorRow]]:
    """Estimators by their figures as printed, in the order of the first of each."""
    found: dict[tuple[str, str], list[EstimatorRow]] = {}
    for row in rows:
        found.setdefault(_scaled(row.estimate, row.scale, unit), []).append(row)
    return found


def _named_together(rows: Sequence[EstimatorRow]) -> str:
    """Names in a row; of the same calculation only what is in brackets differs: ``Ratio of shares (HC0; HC3)``."""
    ways: dict[str, list[str]] = {}
    for row in rows:
        bracketed = _BRACKETED.fullmatch(row.label)
        ways.setdefault(bracketed[1] if bracketed else row.label, []).extend([bracketed[2]] if bracketed else [])
    named = [f"{name} ({'; '.join(of_it)})" if of_it else name for name, of_it in ways.items()]
    return "; ".join([named[0], *(name[:1].lower() + name[1:] for name in named[1:])])


def _errors(rows: Sequence[EstimatorRow], unit: str) -> str:
    """The standard error, or the smallest and the largest; a ratio's is of its logarithm and stands in no unit."""
    errors = sorted(row.estimate.se for row in rows if row.estimate is not None)
    if not errors:
        return NONE
    printed = [number(x, 2) if rows[0].scale == "ratio" else difference(x, unit, finer(unit)) for x in errors]
    return printed[0] if printed[0] == printed[-1] else f"{printed[0]} to {printed[-1]}"


#: Starts of the names of estimators that go back to the control pool -> how they are called.
_OF_POOL = {"check": "the check", "aipw": "the doubly robust estimates", "abadie_imbens": "nearest neighbours"}


def _failed(analysis: Analysis) -> str:
    """Estimators without an estimate, each reason once."""
    reasons: dict[str, list[str]] = {}
    for row in analysis.estimators:
        if row.estimate is None and row.why_not:
            reasons.setdefault(row.why_not.rstrip("."), []).append(row.label)
    said = " ".join(f"{'; '.join(labels)}: {reason}." for reason, labels in reasons.items())
    return f" {NONE}: not estimated. {said}" if said else ""


def _of_whole_pool(analysis: Analysis) -> str:
    """Which estimators do not rest on this report's comparison group and its weights."""
    names = [row.name for row in analysis.estimators if row.estimate is not None]
    others = [words for start, words in _OF_POOL.items() if any(name.startswith(start) for name in names)]
    if not others:
        return " All rest on the people and weights of this report."
    said = others[0] if len(others) == 1 else f"{', '.join(others[:-1])} and {others[-1]}"
    compare = "compares" if others == [_OF_POOL["check"]] else "compare"
    return (
        f" All rest on the people and weights of this report, but for {said}, which {compare} with the whole control"
        " pool, weighted or matched anew."
    )


def time_to_event_table(analysis: Analysis, *, key: str = "time_to_event", caption: str = "") -> Table | None:
    """Comparisons of the times to the first reoffence; None where none can be shown."""
    if all(row.estimate is None for row in analysis.time_to_event):
        return None
    clocks = [row.clock for row in analysis.time_to_event]
    rows = tuple((row.label, *_scaled(row.estimate, row.scale, "days")) for row in analysis.time_to_event)
    note = "A difference is in days, treatment less comparison group; of a ratio, 1 is no difference."
    if set(clocks) == set(_CLOCKS):
        note += (
            " Means are taken over the days on which everybody can be followed, by the calendar, or, where days in"
            " custody do not count, to the last day on which enough people are still followed; so the number of days"
            " need not be the same."
        )
    caption = caption or "Time to the first reoffence, compared"
    groups = tuple(_CLOCKS[clock] for clock in clocks)
    return Table(key, caption, ("Comparison", "Estimate (95% interval)", "p-value"), rows, "lrr", note, groups)


def _scaled(estimate: Estimate | None, scale: str, unit: str) -> tuple[str, str]:
    if estimate is None:
        return NONE, NONE
    if scale == "difference":
        return figures(estimate, unit)
    value, low, high = (number(x, 2) for x in (estimate.estimate, estimate.ci_low, estimate.ci_high))
    return f"{value} ({low} to {high})", p_value(estimate.p_value)
