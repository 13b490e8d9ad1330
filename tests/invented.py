"""Invented findings for the tests of tables, figures and reports: no person, no organisation, no service exists.

The flow is the published worked example (1,246 records to 257 analysed; "Justice Data Lab: the pilot year", 2014).
"""

from __future__ import annotations

import datetime as dt

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
    """A submission's flow; None withholds a count and all that remain after it until the next is known."""
    remaining = received
    nothing = {"details": (), "could": "", "people_after": None}
    steps = [
        f.FlowStep(
            code=None, key="received", label="records received", records_excluded=0, records_after=received, **nothing
        )
    ]
    for code, n in (_EXCLUDED if excluded is None else excluded).items():
        remaining -= n or 0
        more = dict(nothing)
        if code == 6:
            kinds = (("fines", 301), ("custody", 120), ("other sentences", None))
            more["details"] = tuple(f.Detail(label=label, records=k) for label, k in kinds)
            more["could"] = "A further analysis of fines and custody could include them."
        if code >= 4:
            more["people_after"] = remaining
        key, label = REASONS[code]
        steps.append(
            f.FlowStep(
                code=code,
                key=key,
                label=label,
                records_excluded=n,
                records_after=None if n is None else remaining,
                **more,
            )
        )
    return tuple(steps)


def balance() -> f.BalanceSummary:
    draw = np.random.default_rng(1)
    rows = []
    for covariate, levels in _LEVELS.items():
        for level in levels:
            before, after = draw.normal(0, 0.2), draw.normal(0, 0.025)
            light = "green" if abs(after) <= 0.05 else "amber"
            row = f.BalanceRow(
                covariate=covariate, level=level, smd_before=float(before), smd_after=float(after), light=light
            )
            rows.append(row)
    worst = max(abs(r.smd_after) for r in rows)
    return f.BalanceSummary(
        rows=tuple(rows), n_red=0, n_amber=sum(r.light == "amber" for r in rows), worst=worst, passed=True
    )


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


def estimate(value: float, se: float) -> f.Estimate:
    low, high = value - 1.97 * se, value + 1.97 * se
    return f.Estimate(estimate=value, se=se, ci_low=low, ci_high=high, p_value=0.04 if low * high > 0 else 0.31, df=256)


def measure(
    key: str, label: str, unit: str, base: str, values: tuple[float, float], effect: float, se: float
) -> f.Measure:
    headline, classic = estimate(effect, se), estimate(effect * 0.93, se * 1.08)

    def verdict(e: f.Estimate) -> f.Verdict:
        if e.ci_low * e.ci_high <= 0:
            return f.Verdict.inconclusive
        return f.Verdict.reduction if e.estimate < 0 else f.Verdict.increase

    return f.Measure(
        key=key, label=label, unit=unit, base=base, n_treatment=257, n_control=33111,
        treatment_value=values[0], control_value=values[1], headline=headline, classic=classic,
        check=estimate(effect * 1.04, se * 1.02), holm_p=min(1.0, headline.p_value * 3),
        verdict=verdict(headline), classic_verdict=verdict(classic), why_not=None,
    )  # fmt: skip


def withheld(key: str, label: str, why_not: str) -> f.Measure:
    nothing = dict.fromkeys(
        ("n_treatment", "n_control", "treatment_value", "control_value", "headline", "classic", "check", "holm_p",
         "verdict", "classic_verdict")
    )  # fmt: skip
    return f.Measure(key=key, label=label, unit="share", base="reoffenders", why_not=why_not, **nothing)


def measures() -> tuple[f.Measure, ...]:
    return (
        measure("rate", "One-year proven reoffending rate", "share", "everyone", (84 / 257, 0.389), -0.0612, 0.0295),
        measure("frequency", "Proven reoffences per person", "count", "everyone", (0.91, 1.17), -0.26, 0.12),
        measure("days", "Days to first proven reoffence", "days", "reoffenders", (131.2, 117.9), 13.3, 11),
        measure(
            "first_indictable", "First reoffence indictable only", "share", "everyone", (0.031, 0.037), -0.006, 0.011
        ),
        measure("custody", "Custody for the first reoffence", "share", "everyone", (0.101, 0.142), -0.041, 0.0207),
        withheld(
            "custody_reoffenders", "Custody for the first reoffence", "fewer than 10 were expected in one of the groups"
        ),
    )


def power() -> f.PowerSummary:
    # Group sizes as published in Table 1 of the pilot-year report; 0.5 points lies below what can be detected.
    needed = {0.5: None, 1: 240648, 2: 9352, 3: 3590, 4: 1924, 5: 1204, 10: 294}
    sizes = (30, 50, 100, 200, 257, 400, 1000, 2000, 5000, 10000)
    return f.PowerSummary(
        sd=0.473269, alpha=0.05, power=0.95, n_control=33111, n_treatment=257,
        rows=tuple(f.PowerRow(reduction_pp=pp, n_treatment=n, infeasible=n is None) for pp, n in needed.items()),
        smallest_detectable_pp=0.9377, detectable_in_hand_pp=10.69, needed_for_observed=800,
        curve=tuple((n, 360.5 * 0.473269 * (1 / n + 1 / 33111) ** 0.5) for n in sizes),
    )  # fmt: skip


def profile() -> tuple[f.ProfileRow, ...]:
    rows = {
        "Sex": {"men": (0.84, 0.841, 0.86), "women": (0.16, 0.159, 0.14)},
        "Age at the sentence": {
            "18 to 24": (0.31, 0.32, 0.29),
            "25 to 34": (0.40, 0.39, 0.36),
            "35 and over": (0.29, 0.29, 0.35),
        },
        "Ethnicity": {"White": (0.81, 0.80, 0.84), "Black": (0.12, 0.12, 0.06), "Mixed or other": (None, None, None)},
    }
    return tuple(
        f.ProfileRow(characteristic=name, level=level, treatment=t, control=c, pool=p)
        for name, levels in rows.items()
        for level, (t, c, p) in levels.items()
    )


def analysis() -> f.Analysis:
    matching = f.MatchingSummary(
        n_treatment=257, n_treatment_matched=257, n_pool=181_000, n_control=33_111, ess_control=4120.3,
        caliper_sd=0.2, caliper_raw=0.164, calipers_tried=(0.2,), messages=(),
    )  # fmt: skip
    return f.Analysis(
        id="national", title="People on community sentences",
        index_disposals=("community_order", "suspended_sentence_order"),
        index_from=dt.date(2008, 1, 1), index_to=dt.date(2011, 12, 31), start_within_months=6, follow_up_months=12,
        proving_months=6, sexual_offence="index", flow=flow(), pool_flow=(), profile=profile(), balance=balance(),
        overlap=overlap(), matching=matching, measures=measures(), power=power(),
    )  # fmt: skip


def findings() -> f.Findings:
    by_tier = (("same identifier", 640), ("same name and date of birth", 455), ("day and month of birth swapped", None))
    return f.Findings(
        request="hartwell-2013", received=dt.date(2013, 8, 12),
        organisation=f.Organisation(name="Hartwell Steps (invented)", sector="voluntary"),
        service=f.Service(name="Supported housing", need="accommodation", setting="community"),
        answers={"referral": "At court"}, exploratory=False, synthetic=True, status="reported", reason=None,
        linkage=f.LinkageSummary(
            records=1246, by_status={"matched": 1159, "ambiguous": 12, "no match": 69, "unusable identifiers": 6},
            by_tier=tuple(f.Detail(label=label, records=n) for label, n in by_tier), expected_wrong_links=1.84,
        ),
        analyses=(analysis(),),
        provenance=f.Provenance(
            spec_digest="ab" * 32, inputs=({"name": "hartwell-2013.xlsx", "sha256": "0f" * 32},),
            toolkit_version="0.1.0", toolkit_commit="5609e04",
            packages={"pandas": "3.1.0", "duckdb": "1.5.6"}, seed=20140313,
            data_start=dt.date(2000, 1, 1), data_end=dt.date(2013, 6, 30), extract="invented-1",
            settings={
                "seed": 20140313, "matching": {"calipers": [0.2, 0.1], "exact": []},
                "intake": {"allow_initials": False},
            },
        ),
        sign_offs=({"event": "second analyst", "by": "A. Analyst", "date": "2013-10-01"},),
        disclosure={"minimum_group": 30, "minimum_cell": 5},
    )  # fmt: skip
