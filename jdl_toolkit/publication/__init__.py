"""Findings as tidy, typed tables for spreadsheets and CSV files, with a cover and a data dictionary.

All is made from the findings, so that nothing about a person can reach it, with the digits that the report prints.
What a page needs is here; the tables are in `collect`, which needs all that the report's tables and figures need.
"""

from .figures import field_names, figure_cells, figure_file
from .table import MEANINGS, Column, DataTable, Symbol, plain, printed

__all__ = [
    "MEANINGS",
    "Column",
    "DataTable",
    "Symbol",
    "field_names",
    "figure_cells",
    "figure_file",
    "plain",
    "printed",
]
