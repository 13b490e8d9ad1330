"""Every field of the findings, and the rule by which it may leave: one without a rule fails."""

import typing

import pytest
from pydantic import BaseModel

from jdl_toolkit.findings import Findings

#: Rule -> fields, by model. What a rule asks is tested where `tests` says.
RULES = {
    # What the lab or the organisation chose or wrote; about nobody. Free text and names are read by the leak check.
    "chosen": """
        Findings: schema_version request received organisation service answers exploratory synthetic status linkage
            analyses provenance sign_offs organisation_response draft version disclosure
        Organisation: name sector
        Service: name need setting
        Analysis: id title status records settings route release_types index_disposals start_within_months
            follow_up_months proving_months sexual_offence covariates own_covariates flow pool_flow profile balance
            overlap matching measures power follow_up survival subgroups robustness estimators time_to_event
        Provenance: spec_digest inputs toolkit_version toolkit_commit packages seed data_start data_end extract
            synthetic settings register_note matched_again
        Draft: sent respond_by
        Version: number released replaced reason same_figures
        BalanceSummary: rows squares denominator passed accepted_by accepted_reason
        MatchingSummary: method is_fallback caliper_sd calipers_tried
        PowerSummary: alpha power rows effective
        PowerRow: reduction_pp
        EffectivePower: rows
        SubgroupSummary: declared rows heterogeneity balance
        SubgroupBalance: by rows
        Robustness: rows placebo hidden
        HiddenBias: pairs weights confounder e_values
        PairBounds: rows
        PairBound: gamma
        WeightBounds: rows
        WeightBound: lambda_
        SurvivalCurve: clock points
        """,
    # The toolkit's own words: no count, no value; levels of few people are joined or unnamed.
    "own words": """
        Detail: label secondary
        FlowStep: code key label details could secondary
        LinkageSummary: by_tier secondary
        ProfileRow: characteristic level
        BalanceRow: covariate level light kind
        Measure: key family label better unit base headline classic check why_not
        FollowUpRow: key label unit
        SubgroupRow: by level headline why_not
        SubgroupDifference: covariate level light
        SubgroupBalance: level
        Heterogeneity: by
        RobustnessRow: group key label estimate why_not
        Placebo: covariate label left_out unit estimate why_not
        PairBounds: direction why_not
        WeightBounds: why_not
        Confounder: strongest why_not
        EValues: why_not
        EstimatorRow: name label scale estimate why_not
        TimeRow: measure clock label scale estimate why_not
        """,
    # Words that may hold a count: `mask_small_counts`.
    "masked": "Findings: reason\nAnalysis: reason\nMatchingSummary: messages\nSubgroupSummary: messages",
    # Whole quarters or years, never the first or last date of anybody.
    "whole periods": "Analysis: index_from index_to",
    # One suppression problem over all flows and the linkage of a request: tests/test_attacks.py.
    "flow": """
        FlowStep: records_excluded records_after people_excluded people_after
        Detail: records
        LinkageSummary: records by_status
        MatchingSummary: n_treatment n_treatment_matched
        """,
    # Of a group that reaches the minimum; analyses that differ by a few people are not answered.
    "size of a group": """
        Measure: n_treatment n_control
        MatchingSummary: n_pool n_control
        PowerSummary: n_treatment n_control
        SubgroupRow: n_treatment n_control
        RobustnessRow: n_treatment
        """,
    # Numerator and complement reach the minimum, alone, beside other analyses, and in what is left of them.
    "numerator and complement": """
        Measure: treatment_value control_value control_value_adjusted
        FollowUpRow: treatment control
        SubgroupRow: treatment_value control_value
        ProfileRow: treatment
        PowerSummary: sd
        """,
    # In whole per cent, of levels, bins or steps that reach the minimum in each group.
    "whole per cent": """
        ProfileRow: control pool
        OverlapBin: lower upper treatment pool control
        SurvivalPoint: day treatment treatment_low treatment_high control control_low control_high
        """,
    # Three decimals, or two, and only of levels that reach the minimum.
    "rounded difference": """
        BalanceRow: smd_before smd_after
        BalanceSummary: worst
        SubgroupDifference: smd_after
        SubgroupRow: worst
        RobustnessRow: worst
        MatchingSummary: caliper_raw
        """,
    # How many rows there are, not how many people.
    "number of rows": """
        BalanceSummary: n_withheld n_red n_amber
        SubgroupSummary: n_tests
        SubgroupBalance: n_withheld
        Heterogeneity: df
        """,
    # Follows from a measure that is shown, and goes with it; of hidden numbers, three decimals and no df: `coarse`.
    "of a shown measure": """
        Estimate: estimate se ci_low ci_high p_value df
        Measure: holm_p verdict classic_verdict
        SubgroupRow: holm_p verdict
        Heterogeneity: q p_value
        PowerSummary: smallest_detectable_pp detectable_in_hand_pp curve needed_for_observed
        PowerRow: n_treatment infeasible
        EffectivePower: n_control smallest_detectable_pp detectable_in_hand_pp needed_for_observed
        Placebo: holds
        """,
    # Sums of weights or of chances, from which no number of people follows.
    "of weights": "MatchingSummary: ess_control\nLinkageSummary: expected_wrong_links",
    # Three decimals: `robustness_rows`.
    "bounds": """
        PairBound: p_value
        PairBounds: tipping_gamma
        WeightBound: low high ci_low ci_high
        WeightBounds: tipping_estimate tipping_interval
        Confounder: to_zero to_include_zero strongest_bias
        EValues: ratio ratio_low ratio_high point limit
        """,
}


def fields_of(model: type[BaseModel], found: dict[str, object]) -> dict[str, object]:
    """Every field of a model and of the models within it, by name of model and field."""
    for name, field in model.model_fields.items():
        if found.setdefault(f"{model.__name__}.{name}", field.annotation) is not field.annotation:
            continue
        left = [field.annotation]
        while left:
            kind = left.pop()
            left += typing.get_args(kind)
            if isinstance(kind, type) and issubclass(kind, BaseModel) and f"{kind.__name__}." not in " ".join(found):
                fields_of(kind, found)
    return found


def ruled() -> dict[str, str]:
    found: dict[str, str] = {}
    for rule, text in RULES.items():
        model = ""
        for word in text.split():
            if word.endswith(":"):
                model = word[:-1]
            else:
                assert f"{model}.{word}" not in found, f"{model}.{word} has two rules"
                found[f"{model}.{word}"] = rule
    return found


def test_every_field_of_the_findings_has_a_rule():
    published, rules = fields_of(Findings, {}), ruled()
    assert sorted(published.keys() - rules.keys()) == [], "say in RULES how it is protected"
    assert sorted(rules.keys() - published.keys()) == []


@pytest.mark.parametrize("rule", ["chosen", "own words", "masked"])
def test_no_number_passes_as_a_word(rule):
    """Numbers among what was chosen are those of settings, and the number of a publication."""
    settings = {"start_within_months", "follow_up_months", "proving_months", "seed", "caliper_sd", "calipers_tried"}
    settings |= {"alpha", "power", "reduction_pp", "gamma", "lambda_", "disclosure", "code", "number"}
    numbers = {name for name, kind in fields_of(Findings, {}).items() if {int, float} & {kind, *typing.get_args(kind)}}
    assert {n for n in numbers if ruled()[n] == rule and n.split(".")[1] not in settings} == set()
