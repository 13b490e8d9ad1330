"""Propensity score, common support, radius matching and its weights. No outcome is ever seen here."""

from .radius import MatchedSample, match, radius_weights

__all__ = ["MatchedSample", "match", "radius_weights"]
