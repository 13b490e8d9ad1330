"""Disclosure control: small counts withheld so that none can be worked out, and the leak check of published files."""

from .leaks import find_leaks
from .suppression import (
    Suppressed,
    coarse_edges,
    enough,
    is_small,
    mask_small_counts,
    may_be_shown,
    merge_levels,
    possible_values,
    suppress_counts,
)

__all__ = [
    "Suppressed",
    "coarse_edges",
    "enough",
    "find_leaks",
    "is_small",
    "mask_small_counts",
    "may_be_shown",
    "merge_levels",
    "possible_values",
    "suppress_counts",
]
