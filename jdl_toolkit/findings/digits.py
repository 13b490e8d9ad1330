"""How many digits of an estimate are told where more of them would fit one number of people only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

#: Decimals of what is told of people whose number is withheld.
DECIMALS = 3


def coarse(estimate: Mapping[str, Any]) -> dict[str, float | None]:
    """An estimate that does not tell how many people it is of.

    The degrees of freedom are that number less one. They are also the only ones that fit an unrounded interval and its
    standard error, or a p-value; so these are rounded, and keep the side of zero, or of a limit, that they are on.
    """
    parts = {part: rounded(estimate[part]) for part in ("estimate", "se", "ci_low", "ci_high")}
    return parts | {"p_value": floored(estimate["p_value"]), "df": None}


def rounded(value: float) -> float:
    """To three decimals; what would be zero is a little less than half of one, on its own side."""
    return round(float(value), DECIMALS) or math.copysign(0.4 * 10**-DECIMALS, value) * bool(value)


def floored(p_value: float) -> float:
    """Down to three decimals: what is below a limit such as 0.05 stays below it, what is not does not come there."""
    return math.floor(p_value * 10**DECIMALS) / 10**DECIMALS
