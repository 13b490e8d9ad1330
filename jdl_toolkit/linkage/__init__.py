"""Find each person of a submission in the register: exact identifiers, then probabilistic linkage by Splink."""

from .linking import link
from .result import STATUSES, Linkage
from .scoring import Engine, compare_in_duckdb

__all__ = ["STATUSES", "Engine", "Linkage", "compare_in_duckdb", "link"]
