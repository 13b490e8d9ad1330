"""What becomes of a request: what people do with it and its report, and where every request of a lab stands."""

from .conditions import differences_from_published, unchanged_since, unmet_before_results, unmet_conditions
from .criteria import Criterion, criterion_words
from .events import draft_standing, read_response, record_event, recorded_in_words
from .held import NOT_OF_A_RUN, faults_of_findings, is_unproved, record_results
from .kinds import (
    ACCEPTED,
    EVENTS,
    LONGEST_RESPONSE,
    OPENED,
    RELEASED,
    REMINDED,
    REPORTED,
    RESPONSE,
    SENT,
    SIGNED,
    UNANSWERABLE,
    WARNINGS,
    WITHDRAWN,
)
from .naming import kinds_named
from .over_findings import free_texts, has_same_figures, report_key, results_digest, shown_events, with_events
from .standing import COLUMNS, all_requests

__all__ = [
    "ACCEPTED",
    "COLUMNS",
    "Criterion",
    "EVENTS",
    "LONGEST_RESPONSE",
    "NOT_OF_A_RUN",
    "OPENED",
    "RELEASED",
    "REMINDED",
    "REPORTED",
    "RESPONSE",
    "SENT",
    "SIGNED",
    "UNANSWERABLE",
    "WARNINGS",
    "WITHDRAWN",
    "all_requests",
    "criterion_words",
    "differences_from_published",
    "draft_standing",
    "faults_of_findings",
    "free_texts",
    "has_same_figures",
    "is_unproved",
    "kinds_named",
    "read_response",
    "record_event",
    "record_results",
    "recorded_in_words",
    "report_key",
    "results_digest",
    "shown_events",
    "unchanged_since",
    "unmet_before_results",
    "unmet_conditions",
    "with_events",
]
