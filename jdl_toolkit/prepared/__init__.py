"""Matching and estimates on an analysis-ready table, outside a lab's register, by the same code as the notebooks."""

from .analysis import PreparedEstimates, PreparedMatch, estimate_outcomes, match_table
from .settings import TableSpec, table_spec
from .table import Asked, Missing, PreparedTable, read_table

__all__ = [
    "Asked",
    "Missing",
    "PreparedEstimates",
    "PreparedMatch",
    "PreparedTable",
    "TableSpec",
    "estimate_outcomes",
    "match_table",
    "read_table",
    "table_spec",
]
