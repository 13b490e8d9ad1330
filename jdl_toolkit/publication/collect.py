"""Every table of a request's findings."""

from __future__ import annotations

from ..findings import Findings
from . import people, record, results, robustness, subgroups
from .table import DataTable

#: What makes each table, in the order of the report.
MAKERS = (
    results.analyses_table,
    results.measures_table,
    results.differences_table,
    results.estimates_table,
    results.power_table,
    results.power_in_hand_table,
    results.follow_up_table,
    results.survival_table,
    subgroups.subgroups_table,
    subgroups.subgroup_tests_table,
    subgroups.subgroup_balance_table,
    people.flow_table,
    people.flow_parts_table,
    people.linkage_table,
    people.profile_table,
    people.matching_table,
    people.balance_table,
    people.overlap_table,
    robustness.robustness_table,
    robustness.placebo_table,
    robustness.hidden_bias_table,
    robustness.bounds_table,
    robustness.estimators_table,
    robustness.time_to_event_table,
    record.settings_table,
    record.provenance_table,
)


def data_tables(findings: Findings) -> list[DataTable]:
    """Every table that has any row, in the order of the report; each holds all analyses of the request."""
    return [table for table in (make(findings) for make in MAKERS) if table.rows]
