"""Power: the group that a difference takes, the difference that a group detects, and the power in hand."""

from .measures import power_for_measure, power_for_rate
from .spread import common_sd, sd_of_count
from .t_test import (
    cohen_h,
    detectable_difference,
    detectable_share,
    needed_for_shares,
    needed_treatment,
    power_of_shares,
    power_of_t_test,
)
from .table import PowerTable

__all__ = [
    "PowerTable",
    "cohen_h",
    "common_sd",
    "detectable_difference",
    "detectable_share",
    "needed_for_shares",
    "needed_treatment",
    "power_for_measure",
    "power_for_rate",
    "power_of_shares",
    "power_of_t_test",
    "sd_of_count",
]
