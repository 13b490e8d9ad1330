"""Small findings for tests: invented, but for the flow and group sizes of the published worked example (Foundation).

Source of those: "Justice Data Lab: the pilot year" (Ministry of Justice, 2014), worked example and Table 1.
"""

import datetime as dt
from typing import Any

from jdl_toolkit.attrition import REASONS
from jdl_toolkit.findings import (
    Analysis,
    BalanceRow,
    BalanceSummary,
    Detail,
    Estimate,
    Findings,
    FlowStep,
    FollowUpRow,
    Heterogeneity,
    LinkageSummary,
    MatchingSummary,
    Measure,
    OverlapBin,
    PowerRow,
    PowerSummary,
    ProfileRow,
    Provenance,
    Status,
    SubgroupRow,
    SubgroupSummary,
    SurvivalCurve,
    SurvivalPoint,
    Verdict,
)
from jdl_toolkit.spec import RequestSpec, lab_resources, merge, read_yaml, validate

T = 1.9693  # t quantile, 256 degrees of freedom, 95 per cent


def spec(**changes: Any) -> RequestSpec:
    """The demonstration request over the shipped defaults, with changes."""
    base = read_yaml(lab_resources() / "parameters" / "defaults.yml")
    asked = {
        "request": "foundation-2013",
        "organisation": {"name": "Foundation", "sector": "voluntary"},
        "service": {"name": "Supported housing", "need": "accommodation", "setting": "community"},
        "received": dt.date(2013, 8, 12),
        "submission": "foundation-2013.xlsx",
        "register": "main",
        "cohort": {"sexual_offence": "index"},
    }
    return validate(merge(merge(base, asked), changes), "test")


def estimate(value: float, se: float | None = None, p: float | None = None) -> Estimate:
    """An estimate with its symmetric interval; the p-value is 0.01 or 0.46 by whether that crosses zero."""
    se = 0.0293 if se is None else se
    low, high = value - T * se, value + T * se
    p = p if p is not None else (0.01 if low * high > 0 else 0.46)
    return Estimate(estimate=value, se=se, ci_low=low, ci_high=high, p_value=p, df=256)


def ranged(low: float, high: float) -> Estimate:
    """The estimate whose interval has these limits."""
    return estimate((low + high) / 2, (high - low) / 2 / T)


def verdict_of(e: Estimate | None) -> Verdict | None:
    if e is None:
        return None
    return Verdict.reduction if e.ci_high < 0 else Verdict.increase if e.ci_low > 0 else Verdict.inconclusive


def measure(headline: Estimate | None = None, **changes: Any) -> Measure:
    """The one-year proven reoffending rate of 257 people, 84 of whom reoffended; changes replace fields."""
    headline = headline or estimate(-0.0218)
    treated = changes.pop("treatment_value", 84 / 257)
    values: dict[str, Any] = {
        "key": "reoffending_rate",
        "label": "One-year proven reoffending rate",
        "unit": "share",
        "base": "everyone",
        "n_treatment": 257,
        "n_control": 33_111,
        "treatment_value": treated,
        "control_value": treated - headline.estimate + 0.0002,
        "control_value_adjusted": treated - headline.estimate,
        "headline": headline,
        "classic": headline,
        "check": headline,
        "holm_p": headline.p_value,
        "verdict": verdict_of(headline),
        "classic_verdict": verdict_of(changes.get("classic", headline)),
        "why_not": None,
    }
    return Measure(**(values | changes))


def frequency(headline: Estimate | None = None, **changes: Any) -> Measure:
    """Reoffences per person."""
    values = {"key": "frequency", "label": "Proven reoffences per person", "unit": "count", "treatment_value": 0.91}
    return measure(headline or estimate(-0.11, 0.1), **(values | changes))


def days(headline: Estimate | None = None, **changes: Any) -> Measure:
    """Days to the first reoffence, among the 84 reoffenders."""
    values: dict[str, Any] = {"key": "days_to_first", "label": "Days to the first proven reoffence", "unit": "days"}
    values |= {"base": "reoffenders", "n_treatment": 84, "n_control": 11_543, "treatment_value": 122.4}
    return measure(headline or estimate(14.2, 12.0), **(values | changes))


def share(key: str, label: str, family: str, value: float, difference: float, **changes: Any) -> Measure:
    """A share of people, or of reoffenders, with its difference from the control group."""
    values: dict[str, Any] = {"key": key, "label": label, "family": family, "treatment_value": value}
    if changes.get("base") == "reoffenders":
        values |= {"n_treatment": 84, "n_control": 11_543}
    return measure(estimate(difference), **(values | changes))


def every_family() -> tuple[Measure, ...]:
    """A measure of every family, those among reoffenders beside those of everyone; two are withheld."""
    of_reoffenders: dict[str, Any] = {"base": "reoffenders"}
    counts: dict[str, Any] = {"unit": "count"}
    first = "whose first reoffence was indictable"
    custody = "given custody for their first reoffence"
    few = "fewer than 10 people are expected on either side of it"
    return (
        measure(family="rate"),
        frequency(family="frequency"),
        days(family="days", better="higher"),
        share("first_indictable", f"People {first}", "first_class", 30 / 257, -0.01),
        share("first_indictable_reoffenders", f"Reoffenders {first}", "first_class", 30 / 84, -0.02, **of_reoffenders),
        withheld(key="first_either_way", label="People whose first reoffence was triable either way", why_not=few),
        measure(
            estimate(-0.05, 0.03),
            key="n_summary",
            label="Summary reoffences per person",
            family="count_by_class",
            treatment_value=0.41,
            **counts,
        ),
        share("first_custody", f"People {custody}", "first_custody", 21 / 257, -0.03),
        share("first_custody_reoffenders", f"Reoffenders {custody}", "first_custody", 21 / 84, -0.06, **of_reoffenders),
        measure(
            estimate(-0.06, 0.025),
            key="custodial_sentences",
            label="Custodial sentences for reoffences per person",
            family="custodial_sentences",
            treatment_value=0.19,
            **counts,
        ),
        measure(
            estimate(-2.1, 2.9),
            key="days_in_custody",
            label="Days in custody within a year, per person",
            family="days_in_custody",
            unit="days",
            treatment_value=11.3,
        ),
        share("employed_any", "People in work at any time within a year", "employment", 0.41, 0.07, better="higher"),
        share("benefit_end", "People on out-of-work benefit a year after the sentence", "benefits", 0.52, 0.01),
        withheld(key="benefit_any", label="People on out-of-work benefit at any time within a year", family="benefits"),
    )


def follow_up() -> tuple[FollowUpRow, ...]:
    """What is told of the follow-up without a test; one row is withheld."""
    days_free = "Days in the follow-up not spent in custody, per person"
    return (
        FollowUpRow(key="days_at_risk", label=days_free, unit="days", treatment=352.1, control=349.8),
        FollowUpRow(key="returned", label="Returned to custody", unit="share", treatment=0.14, control=0.17),
        FollowUpRow(key="on_recall", label="Recalled", unit="share", treatment=None, control=None),
    )


def survival() -> tuple[SurvivalCurve, ...]:
    """Share without a proven reoffence on both clocks, in four steps."""
    steps = ((0, 1.0, 1.0), (90, 0.88, 0.87), (180, 0.80, 0.78), (270, 0.73, 0.71), (365, 0.67, 0.65))
    points = tuple(
        SurvivalPoint(
            day=day,
            treatment=t,
            treatment_low=t if t == 1 else t - 0.05,
            treatment_high=t if t == 1 else t + 0.05,
            control=c,
            control_low=c if c == 1 else c - 0.01,
            control_high=c if c == 1 else c + 0.01,
        )
        for day, t, c in steps
    )
    return (SurvivalCurve(clock="calendar", points=points), SurvivalCurve(clock="at_risk", points=points[:-1]))


def subgroup(by: str, level: str, n: int, rate: float, headline: Estimate, **changes: Any) -> SubgroupRow:
    """The rate in a subgroup."""
    values: dict[str, Any] = {"by": by, "level": level, "n_treatment": n, "n_control": 100 * n, "holm_p": 0.9}
    values |= {"treatment_value": rate, "control_value": rate - headline.estimate, "headline": headline}
    return SubgroupRow(**(values | {"verdict": verdict_of(headline), "worst": 0.04, "why_not": None} | changes))


def subgroups() -> SubgroupSummary:
    """By sex and age: one level too few, and one shown without its figures, from which another could be worked out."""
    nothing = dict.fromkeys(
        ("n_treatment", "n_control", "treatment_value", "control_value", "headline", "holm_p", "verdict", "worst")
    )
    few = "fewer than 30 people could be matched"
    figures = dict.fromkeys(("n_treatment", "n_control", "treatment_value", "control_value"))
    no_number = estimate(0.02, 0.037).model_copy(update={"df": None})
    rows = (
        subgroup("sex", "Male", 208, 72 / 208, estimate(-0.03, 0.032)),
        SubgroupRow(by="sex", level="Female", why_not=few, **nothing),
        subgroup("age_band", "under 25", 96, 40 / 96, estimate(-0.11, 0.05)),
        subgroup("age_band", "25 and over", 158, 43 / 158, no_number, **figures),
    )
    differ = (Heterogeneity(by="age_band", q=4.37, df=1, p_value=0.0366),)
    return SubgroupSummary(declared=("sex", "age_band"), n_tests=3, rows=rows, heterogeneity=differ)


def rich(**changes: Any) -> Analysis:
    """The worked example's analysis with measures of every family, follow-up, survival curves and subgroups."""
    more = {"follow_up": follow_up(), "survival": survival(), "subgroups": subgroups()}
    return analysis(*every_family(), **(more | changes))


def several() -> Findings:
    """Findings of three analyses: a national one with everything, one of a region, one that could not be answered."""
    region = analysis(
        measure(n_treatment=120, treatment_value=44 / 120),
        id="region-north",
        title="The North",
        records={"region": ("North",)},
    )
    nothing = {"power": None, "matching": None, "balance": None, "profile": (), "overlap": ()}
    custody = analysis(
        id="custody",
        title="Released from custody",
        route="custody",
        release_types=("licence", "hdc"),
        index_disposals=("custody",),
        settings={"cohort": {"route": "custody", "index_disposals": ["custody"]}},
        status=Status.could_not_be_answered,
        reason="21 people could be included in the analysis; at least 30 are needed",
        flow=steps(80, (2, 20), (5, 39)),
        **nothing,
    ).model_copy(update={"measures": ()})
    return findings().model_copy(update={"analyses": (rich(id="national", title="Everyone"), region, custody)})


def withheld(**changes: Any) -> Measure:
    """A measure that may not be shown."""
    nothing = dict.fromkeys(
        [
            "n_treatment",
            "n_control",
            "treatment_value",
            "control_value",
            "control_value_adjusted",
            "headline",
            "classic",
        ]
        + ["check", "holm_p", "verdict", "classic_verdict"]
    )
    why = {"why_not": "fewer than 5 people reoffended, so the result could point to individuals"}
    return Measure(**(measure().model_dump() | nothing | why | changes))


def steps(received: int, *excluded: tuple[int, int]) -> tuple[FlowStep, ...]:
    """A flow from records received and (reason code, records) pairs."""
    nothing: dict[str, Any] = {"details": (), "could": "", "people_after": None}
    flow = [
        FlowStep(
            code=None, key="received", label="records received", records_excluded=0, records_after=received, **nothing
        )
    ]
    for code, n in excluded:
        key, label = REASONS[code]
        after = flow[-1].records_after - n
        flow.append(FlowStep(code=code, key=key, label=label, records_excluded=n, records_after=after, **nothing))
    return tuple(flow)


def foundation_flow() -> tuple[FlowStep, ...]:
    """The published attrition of the worked example, 1,246 records to 257."""
    published = [(1, 6), (2, 81), (3, 34), (4, 187), (5, 22), (6, 491), (10, 69), (11, 9), (12, 90), (14, 0)]
    flow = []
    for step in steps(1246, *published):
        if step.code == 6:
            details = (Detail(label="the service started within 6 months of that sentence", records=251),)
            step = step.model_copy(update={"details": details, "could": "an analysis of these kinds of sentence"})
        flow.append(step)
    return tuple(flow)


def power() -> PowerSummary:
    """Table 1 of the pilot-year document."""
    table = {1: 240_648, 2: 9_327, 3: 3_584, 4: 1_925, 5: 1_207, 6: 829, 7: 605, 8: 461, 9: 363, 10: 294}
    return PowerSummary(
        sd=0.4732691826,
        alpha=0.05,
        power=0.95,
        n_control=33_111,
        n_treatment=257,
        rows=tuple(PowerRow(reduction_pp=d, n_treatment=n, infeasible=False) for d, n in table.items()),
        smallest_detectable_pp=0.9377,
        detectable_in_hand_pp=10.69,
        curve=((30, 31.6), (257, 10.69), (1000, 5.5)),
        needed_for_observed=7_594,
    )


def analysis(*measures: Measure, **changes: Any) -> Analysis:
    """The worked example's analysis with the measures given (by default rate, frequency and days)."""
    row = {"covariate": "Age at the index date", "level": "", "smd_before": -0.31, "smd_after": 0.012, "light": "green"}
    values: dict[str, Any] = {
        "id": "main",
        "title": "Supported housing",
        "index_disposals": ("community_order", "suspended_sentence_order"),
        "index_from": dt.date(2008, 6, 1),
        "index_to": dt.date(2010, 12, 31),
        "start_within_months": 6,
        "follow_up_months": 12,
        "proving_months": 6,
        "sexual_offence": "index",
        "covariates": ("age", "age_squared", "sex", "previous_by_group"),
        "own_covariates": ("Days in jail",),
        "flow": foundation_flow(),
        "pool_flow": (),
        "profile": (
            ProfileRow(characteristic="Sex", level="Men", treatment=0.81, control=0.805, pool=0.86),
            ProfileRow(characteristic="Sex", level="Women", treatment=0.19, control=0.195, pool=0.14),
        ),
        "balance": BalanceSummary(rows=(BalanceRow(**row),), n_red=0, n_amber=0, worst=0.012, passed=True),
        "overlap": (
            OverlapBin(lower=-8.0, upper=-5.0, treatment=0.4, pool=0.8, control=0.5),
            OverlapBin(lower=-5.0, upper=-2.0, treatment=0.6, pool=0.2, control=0.5),
        ),
        "matching": MatchingSummary(
            n_treatment=257,
            n_treatment_matched=257,
            n_pool=41_230,
            n_control=33_111,
            ess_control=8_214.6,
            caliper_sd=0.2,
            caliper_raw=0.21,
            calipers_tried=(0.2,),
            messages=(),
        ),
        "measures": measures or (measure(), frequency(), days()),
        "power": power(),
    }
    return Analysis(**(values | changes))


def provenance(**changes: Any) -> Provenance:
    values: dict[str, Any] = {
        "spec_digest": "3f" * 32,
        "inputs": ({"name": "upload", "sha256": "a1" * 32}, {"name": "register", "sha256": "b2" * 32}),
        "toolkit_version": "0.1.0",
        "toolkit_commit": "c0ffee1",
        "packages": {"pandas": "3.1.1", "numpy": "2.4.6"},
        "seed": 20140313,
        "data_start": dt.date(2000, 1, 1),
        "data_end": dt.date(2012, 6, 30),
        "extract": "2012 Q2",
        "settings": spec().to_dict(),
    }
    return Provenance(**(values | changes))


def findings(*measures: Measure, analysis_changes: dict[str, Any] | None = None, **changes: Any) -> Findings:
    """Findings of one analysis; `analysis_changes` replace fields of it, other changes fields of the findings."""
    by_status = {"matched": 1159, "ambiguous": 12, "no match": 69, "unusable identifiers": 6}
    values: dict[str, Any] = {
        "request": "foundation-2013",
        "received": dt.date(2013, 8, 12),
        "organisation": spec().organisation,
        "service": spec().service,
        "answers": {"What does the service consist of?": "Supported housing for people on probation"},
        "exploratory": False,
        "synthetic": False,
        "status": Status.reported,
        "reason": None,
        "linkage": LinkageSummary(records=1246, by_status=by_status, by_tier=(), expected_wrong_links=3.2),
        "analyses": (analysis(*measures, **(analysis_changes or {})),),
        "provenance": provenance(),
        "disclosure": {"minimum_group": 30, "minimum_cell": 5},
    }
    return Findings(**(values | changes))


def unanswered(reason: str = "only 21 people could be included in the analysis; at least 30 are needed") -> Findings:
    """Findings of a request that could not be answered."""
    flow = steps(80, (2, 20), (5, 39))
    nothing = {"measures": (), "power": None, "matching": None, "balance": None, "profile": (), "overlap": ()}
    part = analysis(**(nothing | {"flow": flow}))
    part = part.model_copy(update={"measures": ()})
    changes = {"status": Status.could_not_be_answered, "reason": reason, "linkage": None}
    return findings().model_copy(update=changes | {"analyses": (part,)})
