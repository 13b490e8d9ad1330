"""What changed between two runs of a request: its settings and inputs, counts, results and sentences.

Runs are compared as their readers see them: table by table and sentence by sentence, from the reports that each run
made. What was never printed is compared in the findings, and only counted.
"""

from .changes import Change, Differences, SentenceChange, differences_between
from .page import page_of_differences, summary
from .runs import Run, open_run, two_runs
from .telling import SmallDifferences, kinds_of_small_differences

__all__ = [
    "Change",
    "Differences",
    "Run",
    "SentenceChange",
    "SmallDifferences",
    "differences_between",
    "kinds_of_small_differences",
    "open_run",
    "page_of_differences",
    "summary",
    "two_runs",
]
