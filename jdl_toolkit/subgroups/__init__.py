"""Subgroups that the request declared: formed, matched anew within themselves, compared with care for their number."""

from .characteristics import LABELS
from .comparing import Subgroups, cochran_q, compare_subgroups
from .matching import SubgroupSamples, match_subgroups

__all__ = ["LABELS", "SubgroupSamples", "Subgroups", "cochran_q", "compare_subgroups", "match_subgroups"]
