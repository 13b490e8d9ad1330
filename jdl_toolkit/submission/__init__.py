"""Read and check what the organisation sent; its template; the workbook it gets back with the faults marked."""

from .intake import Blocker, Submission, read_submission
from .marked_up import marked_up_copy
from .repeats import count_groups
from .template import write_template

__all__ = ["Blocker", "Submission", "count_groups", "marked_up_copy", "read_submission", "write_template"]
