"""Disclosure control: small counts withheld so that none can be worked out, and the leak check of published files."""

from .leaks import find_leaks, kinds_in_texts, names_of_people
from .levels import coarse_edges, mask_small_counts, merge_levels
from .measures import counts_of, few, is_of_few
from .suppression import Suppressed, enough, is_small, may_be_shown, possible_values, suppress_counts

__all__ = [
    "Suppressed",
    "coarse_edges",
    "counts_of",
    "enough",
    "few",
    "find_leaks",
    "is_of_few",
    "is_small",
    "kinds_in_texts",
    "mask_small_counts",
    "may_be_shown",
    "merge_levels",
    "names_of_people",
    "possible_values",
    "suppress_counts",
]
