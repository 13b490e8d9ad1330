"""Propensity score, common support, matching and its weights. No outcome is ever seen here."""

from .radius import match, radius_weights
from .sample import DROPPED, MatchedSample

__all__ = ["DROPPED", "MatchedSample", "match", "radius_weights"]
