"""Executing notebooks by papermill: each in a forked child, or in a Jupyter kernel.

`notebooks.execute` is what a run calls. `preload` and `context` are for whoever starts processes of its own: a child
forked from the preloaded server has everything imported. Nothing heavy is imported here, so that the server starts
before its caller imports what a run needs.
"""

from .environment import CELL_TIMEOUT, ENGINE, ENGINES, FORK, KERNEL, can_fork, chosen_engine
from .server import SERVER_DIED, context, end_with_parent, is_running, preload, start, why_it_died

__all__ = [
    "CELL_TIMEOUT",
    "ENGINE",
    "ENGINES",
    "FORK",
    "KERNEL",
    "SERVER_DIED",
    "can_fork",
    "chosen_engine",
    "context",
    "end_with_parent",
    "is_running",
    "preload",
    "start",
    "why_it_died",
]
