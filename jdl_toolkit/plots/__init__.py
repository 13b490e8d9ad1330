"""Frames and records to figures: vector drawings with caption, alternative text and the data they were drawn from.

Every function takes records (a data frame, dicts or parts of the findings) and knows no stage. Labels are placed by
code, from measured widths; meaning never rests on colour alone.
"""

from .balance import STEPS, love_plot
from .canvas import DARK, LILAC, NAVY, ORANGE, PLUM, TEAL
from .covariates import groups_plot
from .effect_sizes import effects_by_size
from .effects import estimates_plot, forest_plot, measures_plot, subgroups_plot
from .flow import flow_chart
from .linkage import waterfall, weights_plot
from .overlap import overlap
from .people import people_picture
from .portfolio import pooled_plot, verdicts_plot
from .power import power_curve
from .robustness import robustness_plot
from .strip import balance_strip
from .survival import survival_plot

__all__ = [
    "DARK",
    "LILAC",
    "NAVY",
    "ORANGE",
    "PLUM",
    "STEPS",
    "TEAL",
    "balance_strip",
    "effects_by_size",
    "estimates_plot",
    "flow_chart",
    "forest_plot",
    "groups_plot",
    "love_plot",
    "measures_plot",
    "overlap",
    "people_picture",
    "pooled_plot",
    "power_curve",
    "robustness_plot",
    "subgroups_plot",
    "survival_plot",
    "verdicts_plot",
    "waterfall",
    "weights_plot",
]
