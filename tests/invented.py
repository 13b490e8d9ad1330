"""Findings rich enough to fill every table and figure: invented, but for what `examples` takes from the sources."""

from __future__ import annotations

import examples
import numpy as np

from jdl_toolkit import findings as f
from jdl_toolkit.attrition import REASONS
from jdl_toolkit.inference import measures as inference

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


#: Key of a measure -> value of the treatment group, effect, standard error; among reoffenders: three times everyone's.
_FOUND = {
    "rate": (84 / 257, -0.0612, 0.0345),
    "frequency": (0.91, -0.26, 0.14),
    "days": (131.2, 13.3, 11),
    "first_indictable": (0.031, -0.006, 0.02),
    "first_either_way": (0.196, -0.03, 0.02),
    "first_summary": (0.101, -0.024, 0.02),
    "n_indictable": (0.05, -0.012, 0.08),
    "n_either_way": (0.52, -0.16, 0.08),
    "n_summary": (0.34, -0.09, 0.08),
    "first_custody": (0.101, -0.041, 0.0207),
    "custodial_sentences": (0.16, -0.05, 0.04),
    "days_in_custody": (14.2, -3.1, 2.4),
    "employed_any": (0.44, 0.13, 0.03),
    "employed_1_month": (0.24, 0.02, 0.03),
    "employed_end": (0.31, 0.03, 0.03),
}
_WITHHELD = {
    "first_indictable_reoffenders": "fewer than 10 people would be expected on one side of it",
    "benefit_any": "it would tell something of fewer than 5 people",
    "benefit_end": "it would tell something of fewer than 5 people",
}
_HOLM = {"first_custody": 0.9, "n_either_way": 0.04, "employed_any": 0.001}


def all_measures() -> tuple[f.Measure, ...]:
    """Every measure of the method. Three are clear, one of them only by itself; three are withheld, for two reasons."""
    found = []
    for known in inference.MEASURES:
        label = known.label.format(length="One-year", period="one year", event="sentence")
        values = {"family": known.family, "base": known.base, "better": known.better, "unit": known.kind}
        values |= {"n_treatment": 84, "n_control": 11_543} if known.base == "reoffenders" else {}
        if known.key in _WITHHELD:
            found.append(
                examples.withheld(**values | {"key": known.key, "label": label, "why_not": _WITHHELD[known.key]})
            )
            continue
        value, effect, se = _FOUND.get(known.key) or [3 * x for x in _FOUND[known.key.removesuffix("_reoffenders")]]
        holm = {"holm_p": _HOLM[known.key]} if known.key in _HOLM else {}
        found.append(_measure(known.key, label, value, effect, se, **values | holm))
    return tuple(found)


def follow_up() -> tuple[f.FollowUpRow, ...]:
    rows = {
        "days_in_custody": ("Days in custody, on average", "days", 14.2, 17.4),
        "returned_to_custody": ("In custody on at least one day", "share", 0.121, 0.148),
        "recalled": ("Recalled to custody", "share", None, 0.031),
        "days_at_risk": ("Days not in custody, on average", "days", 350.8, 347.6),
        "reoffences_per_year_at_risk": ("Reoffences per person and year not in custody", "count", 0.95, 1.23),
    }
    return tuple(
        f.FollowUpRow(key=key, label=label, unit=unit, treatment=t, control=c)
        for key, (label, unit, t, c) in rows.items()
    )


def survival() -> tuple[f.SurvivalCurve, ...]:
    """Two curves on a grid of 16 days, falling to the rates of both groups; a little lower by the clock at risk."""

    def point(day: int, drop: float) -> f.SurvivalPoint:
        shares = {
            g: 1 - drop * rate * (1 - (1 - day / 365) ** 1.6) for g, rate in (("treatment", 0.327), ("control", 0.388))
        }
        half = {"treatment": 0.057 * (day / 365) ** 0.5, "control": 0.006}
        limits = {f"{g}_{end}": shares[g] + sign * half[g] for g in shares for end, sign in (("low", -1), ("high", 1))}
        return f.SurvivalPoint(day=day, **shares, **limits)

    days = [*range(16, 365, 16), 365]
    return tuple(
        f.SurvivalCurve(clock=clock, points=tuple(point(day, drop) for day in days))
        for clock, drop in (("calendar", 1), ("at_risk", 1.04))
    )


def subgroups(**changes) -> f.SubgroupSummary:
    def row(by: str, level: str, n: int, value: float, effect: float, se: float, holm_p: float = 1.0) -> f.SubgroupRow:
        head = examples.estimate(effect, se)
        numbers = {
            "n_treatment": n,
            "n_control": 40 * n,
            "treatment_value": value,
            "control_value": value - effect + 0.003,
        }
        return f.SubgroupRow(
            by=by,
            level=level,
            headline=head,
            holm_p=holm_p,
            verdict=examples.verdict_of(head),
            worst=0.041,
            why_not=None,
            **numbers,
        )

    nothing = dict.fromkeys(
        ("n_treatment", "n_control", "treatment_value", "control_value", "headline", "holm_p", "verdict", "worst")
    )
    few = "fewer than 30 people in it or outside it could be analysed"
    values = {
        "declared": ("sex", "age_band", "provider"),
        "n_tests": 5,
        "rows": (
            row("sex", "men", 209, 0.35, -0.07, 0.034, 0.2),
            row("sex", "women", 48, 0.23, -0.02, 0.061),
            row("age_band", "18 to 24", 80, 0.41, 0.03, 0.057),
            row("age_band", "25 to 34", 101, 0.33, -0.16, 0.047, 0.004),
            row("age_band", "35 and over", 76, 0.24, -0.03, 0.049),
            *(f.SubgroupRow(by="provider", level=x, why_not=few, **nothing) for x in ("North Trust", "South Trust")),
        ),
        "heterogeneity": (
            f.Heterogeneity(by="sex", q=0.51, df=1, p_value=0.475),
            f.Heterogeneity(by="age_band", q=7.4, df=2, p_value=0.024),
        ),
    }
    return f.SubgroupSummary(**(values | changes))


def with_subgroup_balance(analysis: f.Analysis, spread: float = 0.02, **levels: tuple[str, ...]) -> f.Analysis:
    """The analysis with differences within its subgroups, or within those of the levels given; some are withheld."""
    draw = np.random.default_rng(3)
    levels = levels or {"sex": ("men", "women"), "age_band": ("18 to 24", "25 to 34", "35 and over")}

    def row(covariate: str, level: str) -> f.SubgroupDifference:
        smd = round(float(draw.normal(0, spread)), 3)
        light = "green" if abs(smd) <= 0.05 else "amber" if abs(smd) <= 0.1 else "red"
        return f.SubgroupDifference(covariate=covariate, level=level, smd_after=smd, light=light)

    found = []
    for by, names in levels.items():
        for name in names:
            rows = [row(c, level) for c, all_levels in _LEVELS.items() for level in all_levels if draw.random() > 0.1]
            found.append(f.SubgroupBalance(by=by, level=name, rows=tuple(rows), n_withheld=24 - len(rows)))
    known = analysis.subgroups or subgroups()
    return analysis.model_copy(update={"subgroups": known.model_copy(update={"balance": tuple(found)})})


#: Group -> key and label of its variants, in the order in which a report shows them.
_WAYS = {
    "caliper": [(f"caliper_{c}", f"Within {c} standard deviations") for c in ("0.01", "0.05", "0.1", "0.5")],
    "nearest": [("nearest_1", "The nearest person"), ("nearest_5", "The 5 nearest people")],
    "weights": [("ipw", "Inverse-odds weights"), ("overlap", "Overlap weights"), ("ebal", "Entropy balancing")],
    "estimator": [("classic", "Plain difference (classic)"), ("check", "Doubly robust weighting (check)")],
    "needs": [
        ("needs_everyone_without", "Everyone, without the assessment"),
        ("needs_assessed_without", "People assessed, without it"),
        ("needs_assessed_with", "The same people, with it"),
    ],
    "left_out": [
        (f"left_out_{i}", label)
        for i, label in enumerate(
            ["Age", "Sex", "Ethnicity", "Nationality", "Copas rate", "Previous offences", "Previous convictions"]
            + ["Previous sentences of custody", "Previous offences by kind", "Years since the last previous offence"]
            + [
                "Previous offences committed in the two years before",
                "Index offence",
                "Seriousness of the index offence",
            ]
            + ["Index disposal", "Length of the sentence", "Year of the index date", "Quarter of the index date"]
            + ["Region", "Employed in the month before the sentence", "Age at first offence", "Needs assessment"]
            + ["On out-of-work benefit in the month before the sentence", "Stable family ties", "Literacy", "Health"]
        )
    ],
}


def robustness(*estimates: f.Estimate, main: f.Estimate | None = None, **changes) -> f.Robustness:
    """A panel around the headline of `measures`; with `estimates`, of as many calipers and no other way."""
    head, draw = main or examples.estimate(-0.061), np.random.default_rng(4)

    def row(group: str, key: str, label: str, estimate: f.Estimate | None, **more) -> f.RobustnessRow:
        return f.RobustnessRow(group=group, key=key, label=label, estimate=estimate, **more)

    if estimates:
        rows = [
            row("caliper", f"caliper_{i}", f"Within {i / 100} of it", e, worst=0.04) for i, e in enumerate(estimates)
        ]
    else:
        rows = [
            row(group, key, label, examples.estimate(round(-0.06 + draw.normal(0, 0.012), 3), 0.03), worst=0.04)
            for group, ways in _WAYS.items()
            for key, label in ways
        ]
        rows[4] = rows[4].model_copy(update={"worst": 0.21})
        none = {
            "estimate": None,
            "why_not": "fewer than 30 people in the treatment group could be compared in this way",
        }
        rows[0] = rows[0].model_copy(update=none)
    placebo = f.Placebo(
        covariate="offences_last_two_years",
        label="Previous offences committed in the two years before",
        left_out=("Previous offences committed in the two years before", "Years since the last previous offence"),
        unit="count",
        estimate=examples.estimate(0.052, 0.071),
        holds=True,
        why_not=None,
    )
    values = {
        "rows": (row("main", "headline", "This report", head, n_treatment=257, worst=0.03), *rows),
        "placebo": placebo,
        "hidden": f.HiddenBias(
            pairs=f.PairBounds(
                direction="decrease",
                rows=(f.PairBound(gamma=1, p_value=0.011), f.PairBound(gamma=1.25, p_value=0.19)),
                tipping_gamma=1.083,
                why_not=None,
            ),
            weights=f.WeightBounds(
                rows=(
                    f.WeightBound(lambda_=1, low=-0.061, high=-0.061, ci_low=-0.119, ci_high=-0.003),
                    f.WeightBound(lambda_=1.25, low=-0.15, high=0.018, ci_low=-0.208, ci_high=0.076),
                ),
                tipping_estimate=1.173,
                tipping_interval=1.008,
                why_not=None,
            ),
            confounder=f.Confounder(
                to_zero=-0.061, to_include_zero=-0.003, strongest="Previous offences", strongest_bias=0.0572
            ),
            e_values=f.EValues(ratio=0.843, ratio_low=0.69, ratio_high=0.99, point=1.654, limit=1.112),
        ),
    }
    return f.Robustness(**(values | changes))


def estimators() -> tuple[f.EstimatorRow, ...]:
    def row(name: str, label: str, scale: str, estimate: f.Estimate | None, why_not: str | None = None):
        return f.EstimatorRow(name=name, label=label, scale=scale, estimate=estimate, why_not=why_not)

    return (
        row("headline", "Headline", "difference", examples.estimate(-0.061)),
        row("risk_ratio", "Ratio of shares", "ratio", examples.estimate(0.843, 0.077)),
        row("gcomp", "Standardised over the treated", "difference", examples.estimate(-0.058)),
        row("lm_HC3", "Difference of weighted means (HC3)", "difference", None, "somebody has a leverage of 1"),
    )


def times() -> tuple[f.TimeRow, ...]:
    def row(measure: str, clock: str, label: str, scale: str, estimate: f.Estimate) -> f.TimeRow:
        return f.TimeRow(measure=measure, clock=clock, label=label, scale=scale, estimate=estimate, why_not=None)

    return tuple(
        row(*of, estimate)
        for clock in ("calendar", "at_risk")
        for of, estimate in (
            (("rmst", clock, "Mean days free of reoffending", "difference"), examples.estimate(12.4, 5.1)),
            (("hazard", clock, "Hazard ratio", "ratio"), examples.estimate(0.81, 0.09)),
        )
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


def findings(**changes) -> f.Findings:
    """Findings of one analysis; changes replace fields of it."""
    parts = {"flow": flow(), "profile": profile(), "balance": balance(), "overlap": overlap(), "power": power()}
    ways = (("same identifier", 640), ("same name and date of birth", 455), ("day and month of birth swapped", None))
    by_tier = tuple(f.Detail(label=label, records=n) for label, n in ways)
    found = examples.findings(*measures(), analysis_changes=parts | changes, synthetic=True)
    linkage = found.linkage.model_copy(update={"by_tier": by_tier, "expected_wrong_links": 1.84})
    signed = ({"event": "second analyst", "by": "A. Analyst", "date": "2013-10-01"},)
    return found.model_copy(update={"linkage": linkage, "sign_offs": signed})


def whole_findings() -> f.Findings:
    """Findings with every measure, follow-up, curves, subgroups, and other ways of analysing."""
    more = {"robustness": robustness(), "estimators": estimators(), "time_to_event": times()}
    known = {"follow_up": follow_up(), "survival": survival(), "subgroups": subgroups()}
    return findings(measures=all_measures(), **known, **more)


def several() -> f.Findings:
    """Findings of a request with three analyses: the second could not be answered, the third is a reduction."""
    found = whole_findings()
    first = found.analyses[0].model_copy(update={"id": "community", "title": "Community sentences"})
    lists = ("measures", "profile", "overlap", "follow_up", "survival", "estimators", "time_to_event")
    empty = dict.fromkeys(lists, ()) | dict.fromkeys(("power", "matching", "balance", "subgroups", "robustness"))
    why = {
        "status": "could_not_be_answered",
        "reason": "only 21 people could be included in the analysis; at least 30 are needed",
    }
    short = flow({0: 1000, 2: 100, 6: 120, 7: 5})
    none = f.Analysis(
        **(first.model_dump() | empty | why | {"id": "women", "title": "Women", "flow": short, "pool_flow": ()})
    )
    lower = (_measure("rate", "One-year proven reoffending rate", 0.4, -0.12, 0.04, family="rate"),)
    custody = {"id": "custody", "title": "Custody: people released from prison", "index_disposals": ("custody",)}
    custody |= {
        "measures": lower,
        "subgroups": None,
        "robustness": None,
        "records": {"region": ("Wales", "London")},
        "flow": flow({0: 600, 2: 80, 3: 34, 4: 60, 5: 22, 6: 120, 7: 12, 12: 61}),
    }
    custody |= {
        "settings": {"cohort": {"index_disposals": ["custody"], "start_within_months": 9}},
        "start_within_months": 9,
    }
    return found.model_copy(update={"analyses": (first, none, first.model_copy(update=custody))})
