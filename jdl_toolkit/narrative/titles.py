"""How an analysis is called, where a report must say which one it is about."""

from __future__ import annotations

from ..findings import Analysis, Findings
from ..wording import listed, plain

#: Columns of an upload by which records are divided into analyses, in words.
COLUMNS = {
    "region": "region",
    "establishment": "establishment",
    "provider": "provider",
    "intervention_type": "type of intervention",
}


def is_named(findings: Findings, analysis: Analysis) -> bool:
    """Whether a report must say which analysis it is about: the request has several, or takes only some records."""
    return len(findings.analyses) > 1 or bool(analysis.records)


def title_in_words(analysis: Analysis) -> str:
    """The title as part of a sentence, without a mark that would end it."""
    return plain(analysis.title).rstrip(". ")


def records_in_words(analysis: Analysis) -> str:
    """Which records an analysis takes: ``records with the region Wales or London``; empty if it takes all."""
    parts = [
        f"the {COLUMNS.get(column, plain(column.replace('_', ' ')))} {listed([plain(v) for v in values], 'or')}"
        for column, values in analysis.records.items()
    ]
    return f"records with {', and with '.join(parts)}" if parts else ""
