"""The mark on whatever somebody makes by hand: EXPLORATORY, in every print, and never released.

Opening a stage by hand marks the process, that is the notebook's kernel: from then on each result, table and figure
that it shows says so. What `jdl run` makes is not marked.
"""

from __future__ import annotations

#: As it stands on whatever is marked.
MARK = "EXPLORATORY: made by hand, to look at other choices. Not for release."

_marked = False


def mark(is_exploring: bool = True) -> None:
    """Mark whatever this process shows from now on, or (a test that is done) no longer."""
    global _marked
    _marked = is_exploring


def is_marked() -> bool:
    """Whether what this process shows is exploratory."""
    return _marked
