"""All requests together: how many there are, what became of them, and what their published results say."""

from .counts import ENDED, UNDER_WAY, RequestCounts, RequestStatus, as_of, check_requests, read_requests
from .results import RESULT_COLUMNS, conclusive, results

__all__ = [
    "ENDED",
    "RESULT_COLUMNS",
    "RequestCounts",
    "RequestStatus",
    "UNDER_WAY",
    "as_of",
    "check_requests",
    "conclusive",
    "read_requests",
    "results",
]
