"""The choices behind each analysis and where the figures come from, as tidy tables."""

from __future__ import annotations

from .. import tables
from ..findings import Findings
from . import columns as of
from .table import DataTable, text


def settings_table(findings: Findings) -> DataTable:
    columns = (of.ANALYSIS, text("setting", "Setting", "A choice"), text("value", "Value", "What was chosen"))
    rows = tuple((a.id, *row) for a in findings.analyses for row in tables.settings_table(findings.about(a.id)).rows)
    return DataTable("settings", "The settings of each analysis", columns, rows)


def provenance_table(findings: Findings) -> DataTable:
    columns = (text("item", "Item", "What is told"), text("value", "Value", "Source, version, date or digest"))
    return DataTable("provenance", "Where these figures come from", columns, tables.provenance_table(findings).rows)
