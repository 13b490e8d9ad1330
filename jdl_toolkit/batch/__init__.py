"""Many requests at once: what is to be run and in which order, the workers, the progress, and what came of it."""

from .batch import run_batch
from .summary import Summary, terminal_width
from .task import Ended, Settings, Task
from .workers import Workers, choose_workers

__all__ = ["Ended", "Settings", "Summary", "Task", "Workers", "choose_workers", "run_batch", "terminal_width"]
