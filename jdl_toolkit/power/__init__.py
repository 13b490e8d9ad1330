"""Power: the group that a difference takes, the difference that a group detects, and the power in hand."""

from .limits import power_faults
from .measures import common_sd, power_for_measure, power_for_rate, sd_of_count
from .t_test import (
    cohen_h,
    detectable_difference,
    detectable_share,
    needed_for_shares,
    needed_treatment,
    power_of_shares,
    power_of_t_test,
)
from .table import UNIT_WORDS, PowerTable, power_table

__all__ = [
    "UNIT_WORDS",
    "PowerTable",
    "cohen_h",
    "common_sd",
    "detectable_difference",
    "detectable_share",
    "needed_for_shares",
    "needed_treatment",
    "power_faults",
    "power_for_measure",
    "power_for_rate",
    "power_of_shares",
    "power_of_t_test",
    "power_table",
    "sd_of_count",
]
