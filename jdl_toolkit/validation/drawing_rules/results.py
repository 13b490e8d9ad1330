"""What came of the services that do nothing, for a reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ...document import Table
from ...numbers import number
from ..chance import level_of, share_bounds, z_of
from ..part import Answer, Check
from .dates import KINDS, REAL
from .figures import placebo_picture, rules_picture
from .rules import RULES
from .words import told

KEY = "drawing-rules"
QUESTION = "Do the rules about time keep a service that does nothing from looking good?"

#: Most that the rule may be off where it is not exact, percentage points: a twentieth of an effect of 5 points.
TOLERANCE = 0.25
#: Kinds of dates on which nothing but the rule's own reason takes people out, so that it is exact.
EXACT = ("constant", "uneven", "two sentences")
#: The share of draws in which the alarm must ring where people are chosen by what the model does not know.
RINGS = 0.80


def answer(results: Path) -> Answer:
    """The part's answer, from its folder of small tables."""
    about = json.loads((results / "about.json").read_text("utf-8"))
    draws = pd.read_csv(results / "draws.csv")
    place = {name: i for i, name in enumerate(about["cells"])}
    draws = draws.sort_values("cell", key=lambda cells: cells.map(place), kind="stable", ignore_index=True)
    draws = draws.assign(
        **{k: draws["cell"].map(lambda c, k=k: about["cells"][c][k]) for k in ("dates", "chosen", "waits")}
    )
    checks = tuple(_checks(about, draws))
    tables = (_rules_table(draws), _placebo_table(draws), _dates_table(about))
    figures = tuple(f for f in (rules_picture(draws), placebo_picture(draws)) if f is not None)
    return Answer(KEY, QUESTION, told(about, draws, checks), checks, tables, figures)


def named(dates: str) -> str:
    """Dates in words: ``Invented: one constant risk for everybody``."""
    return "Real dates of one county" if dates == REAL else f"Invented: {KINDS[dates]}"


def by_lot(draws: pd.DataFrame, waits: str = "alike") -> pd.DataFrame:
    """Services whose people are drawn by lot, crude."""
    return draws[(draws["chosen"] == "chance") & (draws["waits"] == waits) & (draws["analysis"] == "crude")]


def _checks(about: dict, draws: pd.DataFrame) -> Iterator[Check]:
    lot, placebo = by_lot(draws), draws[draws["chosen"] != "chance"]
    n_checks = 2 * lot["cell"].nunique() + 2 + 6 * placebo["dates"].nunique()
    for _, row in lot[lot["rule"] == "drawn"].iterrows():
        yield _bias(row, f"{named(row['dates'])}: the rule's bias, points", n_checks, row["dates"] in EXACT)
        yield _false(row, f"{named(row['dates'])}: false findings under the rule", n_checks)
    constant = lot[lot["dates"] == "constant"].set_index("rule")
    for rule, expected in about["expected"].items():
        row = constant.loc[rule]  # its people are drawn, too, once for all services
        most = z_of(n_checks) * float(np.hypot(row["bias_mcse"], about["expected_error"][rule]))
        holds = bool(abs(row["bias"] - expected) <= most)
        claim = f"Constant risk, {RULES[rule][:1].lower()}{RULES[rule][1:]}: the bias that theory gives, points"
        why = "" if holds else "The study does not measure what it says."
        yield Check(claim, number(row["bias"], 2), f"{number(expected, 2)} ± {number(most, 2)}", holds, why)
    for dates, group in placebo.groupby("dates", sort=False):
        yield from _of_placebo(named(dates), group.set_index(["chosen", "outcome", "analysis"]), n_checks)
    if not about["with_histories"]:
        why = "No folder of real histories was given (--histories): the rule is tried on invented dates alone."
        yield Check("Real dates: the rule's bias and its false findings", "not tried", "as above", None, why)


def _of_placebo(where: str, group: pd.DataFrame, n_checks: int) -> Iterator[Check]:
    group = group[group["rule"] == "drawn"]
    known = group.loc[("known", "reoffended", "matched")]
    yield _bias(known, f"{where}, chosen by what the model knows: bias left after matching, points", n_checks, False)
    yield _false(known, f"{where}, chosen by what the model knows: false findings", n_checks)
    quiet = group.loc[("known", "before", "matched")]
    yield _false(quiet, f"{where}, chosen by what the model knows: false alarms of the negative control", n_checks)
    loud = group.loc[("record", "before", "matched")]
    rings = bool(loud["rejected"] >= 100 * RINGS)
    claim = f"{where}, chosen by the record, which the model does not know: the negative control rings"
    why = "" if rings else "The alarm is silent where it should ring."
    yield Check(claim, f"{number(loud['rejected'], 1)}%", f"at least {number(RINGS, factor=100)}%", rings, why)
    told_of = group.loc[("record", "reoffended", "matched with record")]
    yield _bias(
        told_of, f"{where}, chosen by the record, in the model: bias left after matching, points", n_checks, False
    )
    yield _false(told_of, f"{where}, chosen by the record, in the model: false findings", n_checks)


def _bias(row: pd.Series, claim: str, n_checks: int, is_exact: bool) -> Check:
    most = z_of(n_checks) * row["bias_mcse"] + (0 if is_exact else TOLERANCE)
    holds = bool(abs(row["bias"]) <= most)
    why = "" if holds else "A service that does nothing is made to look as if it did something."
    return Check(claim, number(row["bias"], 2), f"within ±{number(most, 2)}", holds, why)


def _false(row: pd.Series, claim: str, n_checks: int) -> Check:
    low, high = share_bounds(int(row["n_draws"]), 0.05, level_of(n_checks))
    holds = bool(100 * low - 1e-6 <= row["rejected"] <= 100 * high + 1e-6)
    why = "" if holds else "Five per cent of services that do nothing may be found to do something."
    allowed = f"{number(low, 1, factor=100)}% to {number(high, 1, factor=100)}%"
    return Check(claim, f"{number(row['rejected'], 1)}%", allowed, holds, why)


def _rules_table(draws: pd.DataFrame) -> Table:
    rows, groups = [], []
    for waits in ("alike", "by risk"):
        for _, row in by_lot(draws, waits).iterrows():
            bias = f"{number(row['bias'], 2)} ± {number(row['bias_mcse'], 2)}"
            cells = (bias, f"{number(row['rejected'], 1)}", f"{row['n_draws']:,}")
            rows.append((RULES[row["rule"]], *cells, f"{row['n_treated']:,.0f} / {row['n_control']:,.0f}"))
            groups.append(named(row["dates"]) + ("; who is at risk starts early" if waits == "by risk" else ""))
    columns = ("Rule", "Bias, points ± Monte-Carlo error", "False findings, per cent", "Draws", "Treated / controls")
    note = "Every difference is false: the service does nothing. Five per cent of false findings are right."
    caption = "What four rules about time make of a service that does nothing, its people drawn by lot"
    return Table("drawing_rules", caption, columns, tuple(rows), "lrrrr", note, tuple(groups))


_ANALYSES = {
    ("reoffended", "crude"): "Reoffending, unmatched",
    ("reoffended", "matched"): "Reoffending, matched without the record",
    ("reoffended", "matched with record"): "Reoffending, matched with the record",
    ("before", "crude"): "Negative control, unmatched",
    ("before", "matched"): "Negative control, matched without the record",
}
_CHOSEN = {"known": "chosen by age and sex", "record": "chosen by their record as well"}


def _placebo_table(draws: pd.DataFrame) -> Table:
    rows, groups = [], []
    placebo = draws[(draws["chosen"] != "chance") & (draws["rule"] == "drawn")]
    for (dates, chosen), group in placebo.groupby(["dates", "chosen"], sort=False):
        by = group.set_index(["outcome", "analysis"])
        for key, label in _ANALYSES.items():
            if key in by.index:
                row = by.loc[key]
                bias = f"{number(row['bias'], 2)} ± {number(row['bias_mcse'], 2)}"
                rows.append((label, bias, number(row["rejected"], 1), f"{row['n_draws']:,}"))
                groups.append(f"{named(dates)}, {_CHOSEN[chosen]}")
    columns = ("Analysis", "Difference found, points ± Monte-Carlo error", "Findings, per cent of draws", "Draws")
    note = (
        "Nothing is there to be found. The negative control is offending before the index date, left out of the model."
    )
    caption = "A treatment that is none, for people chosen by what they are; all under the toolkit's rule"
    return Table("placebo_treatments", caption, columns, tuple(rows), "lrrr", note, tuple(groups))


def _dates_table(about: dict) -> Table:
    seen = {cell["dates"]: cell for cell in about["cells"].values()}
    rows = tuple(
        (named(dates), f"{cell['n_people']:,}", f"{cell['n_pool']:,}", f"{number(cell['rate'], 1)}")
        for dates, cell in seen.items()
    )
    columns = ("Dates", "People", "Of whom could be controls", "Reoffended within a year, per cent")
    return Table("drawing_dates", "The dates that services were drawn on", columns, rows, "lrrr")
