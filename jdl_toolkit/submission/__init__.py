"""Read and check what the organisation sent; its template; the workbook it gets back with the faults marked."""

from .analyses import Part, analyses_of, common_values, is_in_analysis, parts_of, plain_values
from .intake import Blocker, Submission, read_submission
from .marked_up import marked_up_copy
from .questions import QUESTIONS
from .repeats import count_groups
from .template import write_template

__all__ = [
    "QUESTIONS",
    "Blocker",
    "Part",
    "Submission",
    "analyses_of",
    "common_values",
    "count_groups",
    "is_in_analysis",
    "marked_up_copy",
    "parts_of",
    "plain_values",
    "read_submission",
    "write_template",
]
