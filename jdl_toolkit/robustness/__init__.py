"""Would another analysis have said otherwise? Variants declared ahead, a placebo outcome, and bounds on hidden bias."""

from .panel import Robustness, robustness_panel

__all__ = ["Robustness", "robustness_panel"]
