"""The names of all rules that choose sentences, and what the sentences of each may speak of.

The list is closed: a passage carries the names of its rules (`wording.Passage`), each of them stands here with its
topics (`topics.TOPICS`), and a number of a sentence must be a figure of one of these.
"""

from __future__ import annotations

from collections.abc import Mapping

#: The rule of what an organisation writes under its report: its numbers are its own.
THEIR_OWN_WORDS = "response"

#: Topics -> the rules whose sentences hold figures of these, and of no other.
_OF: dict[str, str] = {
    # the finding, and what can be said of it
    "headline": "rates conclusive_interval inconclusive ruled_out can_range rate_per_100 cannot_exact",
    "measures": """
        other_measure other_measure_reoffenders others_clear others_clear_named others_lost can_other can_reoffenders
        frequency_per_100 family_per_100 further_per_100 measure_reduction measure_increase measure_inconclusive
        measure_withheld measures_withheld measure_lacking rest_inconclusive many_measures""",
    "headline matching": "either_group",
    "headline estimates": "headline classic check",
    "measures headline": "all_agree classic_differs_elsewhere",
    "power": """
        power_in_hand power_two_counts power_method power_method_effective needed_fixed needed_infeasible floor
        observed_below_floor needed_for_observed can_large can_floor""",
    "analyses": """
        can_one_of_several still_clear_among_analyses no_longer_clear_among_analyses several_analyses by_chance
        other_analysis which_analysis""",
    # who was analysed, and how
    "flow": """
        received left step remaining withheld_counts another_way could_not_be_answered most_left could_bring_back
        could_help needed reoffended_first_gap""",
    "flow linkage": "wrong_links",
    "balance": """
        alike alike_not ruler all_green some_amber some_red before none_left least_alike squares accepted
        not_accepted outside_the_limit cannot_alike""",
    "balance profile": "apart_in_detail alike_but_for_detail",
    "matching": "dropped_few dropped_none dropped_some effective_size effective_size_small",
    "matching settings": """
        caliper caliper_narrowed caliper_blind caliper_not_blind chosen_blind chosen_not_blind
        caliper_best no_match trim window common_support exact exact_weights
        matching_message subgroup_message""",
    "settings": """
        confidence_in_words
        confidence_interval covariates explored interactions proven_reoffence splines stepwise fallback
        equivalent_time_limit""",
    # what else was looked at
    "survival": """
        survival survival_half_way survival_end survival_limits survival_at_risk survival_withheld
        survival_not_shown""",
    "follow_up": "custody_withheld",
    "subgroups": """
        subgroups_tested subgroup_clear subgroups_lost heterogeneity heterogeneity_chance subgroup_not_shown""",
    "robustness": """
        ways ways_direction ways_range ways_clear ways_unclear ways_unlike ways_concern_treated needs_runs
        ways_inconclusive ways_inconclusive_mixed ways_inconclusive_some_clear way_not_possible""",
    "placebo": "placebo placebo_failed placebo_with placebo_holds placebo_fails placebo_none",
    "hidden": """
        hidden hidden_needed hidden_strongest hidden_e_value hidden_pairs hidden_pairs_against hidden_inconclusive""",
    # sentences that are the same whatever was found
    "nothing": """
        already_clear can_placebo cannot_placebo more_adds_little more_pool send_more_narrower
        attrition blind blind_but_for_delay blind_but_for_start can_inconclusive can_increase
        can_matched_again can_more can_nothing can_reduction cannot_all_treated cannot_anything cannot_blind
        cannot_cause cannot_claim cannot_conditional cannot_estimate cannot_everyone cannot_failure cannot_no_effect
        cannot_opposite cannot_pick cannot_subgroup check_differs check_missing classes classic_differs
        classic_missing clock_from_index compared compared_by_weights compared_either_group conclusive_increase
        conclusive_reduction conditional conditional_measures custody_by_courts custody_in_curves custody_in_measures
        custody_limits data_files described described_by_them described_date_meaning described_referral_route
        described_selection described_where_received ebal_matching exploratory for_reviewers glossary how_to_read
        index_period ipw_matching kept_community kept_custody made_again matched_again more_people nearest_matching
        no_balance no_flow no_message no_needs no_outcome no_response no_result not_blind not_in_report
        observed_not_lower only_recorded other_services outcome overlap_matching power_caveats power_either_group
        power_unknown propensity_score proven_only radius_matching register_note response response_awaited
        response_not_asked response_printed response_unchecked rounding searched selection send_more sign_off stopped
        subgroups_declared subgroups_none subgroups_unclear subgroups_warning synthetic three_estimates
        three_estimates_by_weights unrecorded ways_agree ways_agree_direction ways_concern_either_group ways_differ
        ways_none ways_share why_compare why_strict why_three withheld work_on_record you_can_stop""",
}

#: Key of a table or figure -> its topics, the same way; a further one of the same key has a number behind it.
_SHOWN: dict[str, str] = {
    "headline": "people_picture",
    "measures": "measures measure_differences measure_differences_per_person measure_differences_in_days",
    "measures estimates": "estimates",
    "power": "power power_curve",
    "flow": "flow_chart flow flow_parts",
    "pool_flow": "pool_flow",
    "linkage": "linkage",
    "profile": "profile",
    "balance": "balance",
    "balance n_differences": "love_plot",
    "subgroup_balance": "subgroup_balance",
    "overlap": "overlap",
    "survival": "survival survival_at_risk",
    "follow_up": "follow_up",
    "subgroups measures": "subgroups subgroup_differences",
    "robustness": "robustness",
    "hidden": "hidden_bias hidden_bias_bounds",
    "estimators": "estimators time_to_event",
    "settings": "settings provenance sign_offs",
}


def _by_name(groups: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for topics, names in groups.items():
        for name in names.split():
            found[name] = (*found.get(name, ()), *topics.split())
    return found


#: Every rule -> its topics.
RULES: dict[str, tuple[str, ...]] = _by_name(_OF)
#: Every table and figure that numbers are checked in by topic -> its topics.
SHOWN: dict[str, tuple[str, ...]] = _by_name(_SHOWN)
#: What a text without a rule, or a table that is not named above, may speak of.
EVERYTHING: tuple[str, ...] = tuple(dict.fromkeys(t for topics in (*RULES.values(), *SHOWN.values()) for t in topics))


def topics_shown(key: str, shown: Mapping[str, tuple[str, ...]] = SHOWN) -> tuple[str, ...]:
    """The topics of a table or figure, by its key; everything for one that is not named."""
    if key in shown:
        return shown[key]
    return shown.get(key.rstrip("0123456789").removesuffix("-"), EVERYTHING)


#: The same of a bulletin: topics (`bulletin.facts`) -> the rules whose sentences hold figures of these.
_OF_BULLETIN: dict[str, str] = {
    "bulletin_counts": """
        none_received received verdicts why_unanswered criterion first_bulletin since_the_last imported""",
    "bulletin_new": "nothing_new new_reports corrections correction",
    "bulletin_results": """
        result_reduction result_increase result_inconclusive result_withheld corrected listed_reduction listed_increase
        named_inconclusive frequency_of_one""",
    "bulletin_counts bulletin_results": "list_reduction list_increase list_inconclusive frequency_only",
    "bulletin_by_need": "one_need most_need most_reduction_need most_increase_need largest_share_need mixed_need",
    "bulletin_by_sector": """
        one_sector most_sector most_reduction_sector most_increase_sector largest_share_sector mixed_sector""",
    "bulletin_sizes": "below_500 large_conclusive imported_conclusive",
    "bulletin_sizes bulletin_results": "one_conclusive smallest_conclusive",
    "bulletin_pooled": """
        too_few_to_pool pooled_together heterogeneity_of_all prediction_of_all pooled_clear pooled_unclear
        pooled_too_few left_out_of_pool""",
    "bulletin_chance": """
        one_test expected_by_chance none_to_correct found_against_chance left_after_holm left_after_fdr
        left_when_judged_together one_when_judged_together""",
    "bulletin_feedback": "not_asked asked none_due answered answers_withheld some_withheld",
    "bulletin_release": "reissued next_publication no_pre_release pre_release pre_release_to contact remark",
    "bulletin_nothing": """
        what_this_is inconclusive_is_not_none every_request no_results no_reduction no_increase no_inconclusive
        no_frequency_only diamond narrower none_conclusive small_can_be_clear what_pooling_is what_the_average_is
        average_of_the_willing
        what_heterogeneity_is what_prediction_is each_report_stands not_a_sample no_comparison_of_needs
        inconclusive_is_open not_on_record only_proven made_of_reports made_rounding made_verdicts made_pooled
        made_adjusted glossary""",
}
_SHOWN_IN_BULLETIN: dict[str, str] = {
    "bulletin_counts": "counts",
    "bulletin_by_need": "results_by_need",
    "bulletin_by_sector": "results_by_sector",
    "bulletin_results bulletin_sizes": "effects_by_size effects_conclusive",
    "bulletin_pooled": "pooled_effects pooled",
    "bulletin_results bulletin_counts": "requests imported",
    "bulletin_new bulletin_results": "versions",
    "bulletin_feedback": "feedback",
}
BULLETIN_RULES: dict[str, tuple[str, ...]] = _by_name(_OF_BULLETIN)
BULLETIN_SHOWN: dict[str, tuple[str, ...]] = _by_name(_SHOWN_IN_BULLETIN)
