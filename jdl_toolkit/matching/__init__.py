"""Propensity score, common support, matching and its weights. No outcome is ever seen here."""

from .match import WITH_CALIPER, exact_strata, match
from .nearest import nearest_pairs, nearest_weights
from .radius import radius_weights
from .sample import DROPPED, MatchedSample
from .score_bins import overlap_bins
from .weighting import entropy_weights, odds_weights, overlap_weights

__all__ = [
    "DROPPED",
    "WITH_CALIPER",
    "MatchedSample",
    "entropy_weights",
    "exact_strata",
    "match",
    "nearest_pairs",
    "nearest_weights",
    "odds_weights",
    "overlap_bins",
    "overlap_weights",
    "radius_weights",
]
