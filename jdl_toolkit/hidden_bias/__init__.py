"""How strong something that is not recorded would have to be to account for a finding."""

from .confounder import TippingPoint, measured_confounders, tipping_point, with_confounder
from .e_values import (
    EValue,
    e_value,
    e_value_for_difference,
    e_value_hr,
    e_value_md,
    e_value_or,
    e_value_rd,
    e_value_rr,
)
from .rosenbaum import RosenbaumBounds, discordant_pairs, rosenbaum_mcnemar, rosenbaum_signed_rank
from .weights import MarginalSensitivity, marginal_sensitivity

__all__ = [
    "EValue",
    "MarginalSensitivity",
    "RosenbaumBounds",
    "TippingPoint",
    "discordant_pairs",
    "e_value",
    "e_value_for_difference",
    "e_value_hr",
    "e_value_md",
    "e_value_or",
    "e_value_rd",
    "e_value_rr",
    "marginal_sensitivity",
    "measured_confounders",
    "rosenbaum_mcnemar",
    "rosenbaum_signed_rank",
    "tipping_point",
    "with_confounder",
]
