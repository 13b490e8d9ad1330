"""Did it differ, and how sure can we be: headline, classic and check estimates of every measure."""

from .comparison import Outcomes, compare_measures, holm, verdict
from .estimation import estimate

__all__ = ["Outcomes", "compare_measures", "estimate", "holm", "verdict"]
