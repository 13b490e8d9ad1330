"""Balance: whether the compared groups resemble each other, covariate by covariate, and the gate that depends on it."""

from .assessment import Balance, assess_balance
from .ladder import choose_caliper
from .measures import ecdf_distances, measure_balance, smd
from .proposals import Proposals, propose

__all__ = [
    "Balance",
    "Proposals",
    "assess_balance",
    "choose_caliper",
    "ecdf_distances",
    "measure_balance",
    "propose",
    "smd",
]
