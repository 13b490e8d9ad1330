"""Findings rich enough to fill every table and figure: invented, but for what `examples` takes from the sources."""

from __future__ import annotations

import examples
import numpy as np

from jdl_toolkit import findings as f
from jdl_toolkit.attrition import REASONS

_EXCLUDED = {1: 6, 2: 81, 3: 34, 4: 187, 5: 22, 6: 491, 7: 0, 8: 0, 9: 0, 10: 69, 11: 9, 12: 90, 13: 0, 14: 0}

_LEVELS = {
    "Age": ("18 to 20", "21 to 24", "25 to 29", "30 to 34", "35 to 39", "40 and over"),
    "Sex": ("women",),
    "Ethnicity": ("Asian", "Black", "Mixed", "Other", "not recorded"),
    "Previous offences": ("",),
    "Age at first offence": ("",),
    "Region": ("North East", "North West", "Yorkshire and the Humber", "East Midlands", "London", "Wales"),
    "Index offence group": ("violence", "taking a vehicle or driving without the owner’s consent", "theft"),
    "Employed in the month before the sentence": ("",),
}


def flow(excluded: dict[int, int | None] | None = None, received: int = 1246) -> tuple[f.FlowStep, ...]:
    """The published flow, or another; None withholds a count, and what remains after it lest it follow from that."""
    (first,) = examples.steps(received)
    steps, remaining = [first], received
    for code, n in (_EXCLUDED if excluded is None else excluded).items():
        remaining -= n or 0
        key, label = REASONS[code]
        values = {"details": (), "could": "", "people_after": remaining if code >= 4 else None}
        values |= {"records_excluded": n, "records_after": remaining}
        if n is None:
            values |= {"records_after": None, "secondary": ("records_after",)}
        if code == 6:
            kinds = (("fines", 301), ("custody", 120), ("other sentences", None))
            values["details"] = tuple(f.Detail(label=label, records=k) for label, k in kinds)
            values["could"] = "A further analysis of fines and custody could include them."
        steps.append(f.FlowStep(code=code, key=key, label=label, **values))
    return tuple(steps)


def balance() -> f.BalanceSummary:
    draw = np.random.default_rng(1)
    rows = []
    for covariate, level in ((name, level) for name, levels in _LEVELS.items() for level in levels):
        before, after = float(draw.normal(0, 0.2)), float(draw.normal(0, 0.025))
        light = "green" if abs(after) <= 0.05 else "amber"
        row = {"covariate": covariate, "level": level, "smd_before": before, "smd_after": after, "light": light}
        rows.append(f.BalanceRow(**row))
    n_amber, worst = sum(r.light == "amber" for r in rows), max(abs(r.smd_after) for r in rows)
    return f.BalanceSummary(rows=tuple(rows), n_red=0, n_amber=n_amber, worst=worst, passed=True)


def overlap() -> tuple[f.OverlapBin, ...]:
    edges = np.linspace(-8, -1, 29)
    middle = (edges[1:] + edges[:-1]) / 2

    def shares(mean: float, sd: float, least: float = 0.0) -> list[float | None]:
        height = np.exp(-(((middle - mean) / sd) ** 2) / 2)
        return [None if x < least else float(x) for x in height / height.sum()]

    groups = zip(shares(-3.6, 0.8, 0.008), shares(-5, 1.1), shares(-3.63, 0.82, 0.004), strict=True)
    return tuple(
        f.OverlapBin(lower=float(low), upper=float(high), treatment=t, pool=p, control=c)
        for low, high, (t, p, c) in zip(edges[:-1], edges[1:], groups, strict=True)
    )


def _measure(key: str, label: str, treatment_value: float, effect: float, se: float, **changes: str) -> f.Measure:
    parts = {
        "headline": examples.estimate(effect, se),
        "classic": examples.estimate(0.93 * effect, 1.08 * se),
        "check": examples.estimate(1.04 * effect, 1.02 * se),
    }
    return examples.measure(**parts, key=key, label=label, treatment_value=treatment_value, **changes)


def measures() -> tuple[f.Measure, ...]:
    among = {"base": "reoffenders"}
    return (
        _measure("rate", "One-year proven reoffending rate", 84 / 257, -0.0612, 0.0295),
        _measure("frequency", "Proven reoffences per person", 0.91, -0.26, 0.12, unit="count"),
        _measure("days", "Days to first proven reoffence", 131.2, 13.3, 11, unit="days", **among),
        _measure("first_indictable", "First reoffence indictable only", 0.031, -0.006, 0.011),
        _measure("custody", "Custody for the first reoffence", 0.101, -0.041, 0.0207),
        examples.withheld(key="custody_reoffenders", label="Custody for the first reoffence", **among),
    )


def power() -> f.PowerSummary:
    sizes = (30, 50, 100, 200, 257, 400, 1000, 2000, 5000, 10000)
    known = examples.power()
    out_of_reach = f.PowerRow(reduction_pp=0.5, n_treatment=None, infeasible=True)
    curve = tuple((n, 360.5 * known.sd * (1 / n + 1 / known.n_control) ** 0.5) for n in sizes)
    return known.model_copy(update={"rows": (out_of_reach, *known.rows), "curve": curve})


def profile() -> tuple[f.ProfileRow, ...]:
    rows = {
        "Sex": {"men": (0.84, 0.841, 0.86), "women": (0.16, 0.159, 0.14)},
        "Age at the sentence": {"18 to 24": (0.31, 0.32, 0.29), "25 and over": (0.69, 0.68, 0.71)},
        "Ethnicity": {"White": (0.81, 0.80, 0.84), "Black": (0.12, 0.12, 0.06), "Mixed or other": (None, None, None)},
    }
    return tuple(
        f.ProfileRow(characteristic=name, level=level, treatment=t, control=c, pool=p)
        for name, levels in rows.items()
        for level, (t, c, p) in levels.items()
    )


def findings() -> f.Findings:
    parts = {"flow": flow(), "profile": profile(), "balance": balance(), "overlap": overlap(), "power": power()}
    ways = (("same identifier", 640), ("same name and date of birth", 455), ("day and month of birth swapped", None))
    by_tier = tuple(f.Detail(label=label, records=n) for label, n in ways)
    found = examples.findings(*measures(), analysis_changes=parts, synthetic=True)
    linkage = found.linkage.model_copy(update={"by_tier": by_tier, "expected_wrong_links": 1.84})
    signed = ({"event": "second analyst", "by": "A. Analyst", "date": "2013-10-01"},)
    return found.model_copy(update={"linkage": linkage, "sign_offs": signed})
