"""Who runs the requests of a batch: processes on this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..lab import Lab
from .crew import Crew, LocalCrew
from .limits import limits_of_workers
from .task import Settings


@dataclass(frozen=True)
class Workers:
    """Who runs the requests of a batch.

    Parameters
    ----------
    crew : callable
        Makes them, when there is something to do.
    settings : Settings
        What all requests share.
    n : int
        How many requests run at once, at first.
    where : str
        In words.
    is_here : bool
        Whether they are processes of this machine.
    """

    crew: Callable[[], Crew]
    settings: Settings
    n: int
    where: str
    is_here: bool = True


def choose_workers(
    lab: Lab, outputs: Path, until: str = "report", n_workers: int | None = None, scheduler: str | None = None
) -> Workers:
    """Workers of a cluster if one is named, else of this machine.

    Parameters
    ----------
    lab : Lab
    outputs : Path
    until : str
        Last stage to run.
    n_workers : int, optional
        Requests that run at once. Default: a worker for each core that this process may use; on a cluster, as many as
        its workers have threads.
    scheduler : str, optional
        Address of a Dask cluster.

    Raises
    ------
    JDLError
        If the extra that a cluster needs is not installed, nobody answers there, or a worker does not see this lab.
    """
    if scheduler is not None:
        from .cluster import cluster_workers  # needs an extra

        return cluster_workers(lab, outputs, until, n_workers, scheduler)
    n = n_workers or n_cores()
    threads, memory = limits_of_workers(n, n_cores())
    settings = Settings(str(lab.root), str(outputs), until, threads, memory)
    return Workers(lambda: LocalCrew(n, settings), settings, n, "this machine")


def n_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
