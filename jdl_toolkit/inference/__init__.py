"""Did it differ, and how sure can we be: headline, classic and check estimates of every measure, and others beside."""

from .comparison import Outcomes, compare_measures, holm, verdict
from .estimation import Kind, estimate
from .estimators import ESTIMATORS, Estimator, estimate_all
from .time_to_event import compare_times

__all__ = [
    "ESTIMATORS", "Estimator", "Kind", "Outcomes", "compare_measures", "compare_times", "estimate", "estimate_all",
    "holm", "verdict",
]  # fmt: skip
