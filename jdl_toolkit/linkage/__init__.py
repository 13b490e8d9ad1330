"""Find each person of a submission in the register: exact identifiers, then probabilistic linkage by Splink."""

from .linking import link
from .result import STATUSES, Linkage

__all__ = ["STATUSES", "Linkage", "link"]
