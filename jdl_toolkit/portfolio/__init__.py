"""All requests together: how many there are, what became of them, and what their published results say."""

from .answers import FeedbackQuestion, FeedbackSummary
from .bulletin import BULLETIN_FILE, Bulletin, PreRelease
from .counts import ENDED, UNDER_WAY, RequestCounts, RequestStatus, as_of, check_requests, read_requests
from .gathering import OF_VERSION, gather
from .multiplicity import multiplicity, with_adjusted
from .period import Period, PublicationDay, Weekday
from .pooling import left_out, pool, pooled_effects
from .published import Correction, PublishedResult, Source
from .received import Counts, Criterion, RequestRow
from .results import RESULT_COLUMNS, conclusive, results
from .settings import BulletinSettings, bulletin_settings
from .together import Multiplicity, PooledEffect

__all__ = [
    "BULLETIN_FILE",
    "Bulletin",
    "BulletinSettings",
    "Correction",
    "Counts",
    "Criterion",
    "ENDED",
    "OF_VERSION",
    "FeedbackQuestion",
    "FeedbackSummary",
    "Multiplicity",
    "Period",
    "PooledEffect",
    "PreRelease",
    "PublicationDay",
    "PublishedResult",
    "RESULT_COLUMNS",
    "RequestCounts",
    "RequestRow",
    "RequestStatus",
    "Source",
    "UNDER_WAY",
    "Weekday",
    "as_of",
    "bulletin_settings",
    "check_requests",
    "conclusive",
    "gather",
    "left_out",
    "multiplicity",
    "pool",
    "pooled_effects",
    "read_requests",
    "results",
    "with_adjusted",
]
