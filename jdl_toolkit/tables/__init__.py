"""Parts of the findings to tables for readers. A count that disclosure control withholds is printed "fewer than 5".

Each function takes a part of `findings.Findings` and returns a `document.Table`: one header for each column, one for
each row, no merged and no empty cell. Numbers are printed by `numbers`, differences rounded from unrounded values.
"""

from .balance import differences_table, ladder_table, proposals_table
from .choices import (
    changed_choices_table,
    choices_table,
    provenance_table,
    setting_rows,
    settings_table,
    sign_offs_table,
)
from .estimators import estimators_table, time_to_event_table
from .matching import compared_table, scores_table
from .outcomes import estimates_table, follow_up_table, measures_table, power_table, subgroups_table
from .people import balance_table, flow_parts_table, flow_table, linkage_table, profile_table
from .plain import plain_table, show_frames_as_tables
from .portfolio import (
    counts_table,
    feedback_table,
    imported_table,
    pooled_table,
    requests_table,
    versions_table,
)
from .robustness import bounds_table, hidden_bias_table, robustness_table

__all__ = [
    "bounds_table",
    "changed_choices_table",
    "choices_table",
    "compared_table",
    "scores_table",
    "counts_table",
    "feedback_table",
    "imported_table",
    "pooled_table",
    "requests_table",
    "versions_table",
    "estimators_table",
    "hidden_bias_table",
    "robustness_table",
    "time_to_event_table",
    "balance_table",
    "differences_table",
    "ladder_table",
    "proposals_table",
    "estimates_table",
    "flow_parts_table",
    "flow_table",
    "follow_up_table",
    "linkage_table",
    "measures_table",
    "plain_table",
    "show_frames_as_tables",
    "power_table",
    "profile_table",
    "provenance_table",
    "setting_rows",
    "settings_table",
    "sign_offs_table",
    "subgroups_table",
]
