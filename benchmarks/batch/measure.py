"""One batch as a whole: wall and processor seconds, memory of all its processes together, and what became of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

#: Seconds between two looks at the memory.
EVERY = 0.5
COMMAND = [sys.executable, "-c", "from jdl_toolkit.cli import main; main()", "batch"]


@dataclass(frozen=True)
class BatchRun:
    """What one batch cost.

    Parameters
    ----------
    n_workers, n_requests : int
    wall, cpu : float
        Seconds; `cpu` of all its processes together.
    memory_mb : float
        Most memory of all its processes together (proportional set size: what they share counts once), but for the
        process that was started.
    outcomes : dict of str to int
    stage_seconds : dict of str to float
        By stage, summed over the requests.
    exit_status : int
    """

    n_workers: int
    n_requests: int
    wall: float
    cpu: float
    memory_mb: float
    outcomes: dict[str, int]
    stage_seconds: dict[str, float]
    exit_status: int

    @property
    def per_request(self) -> float:
        """Wall seconds of the batch for each of its requests."""
        return self.wall / self.n_requests

    @property
    def memory_per_worker_mb(self) -> float:
        return self.memory_mb / self.n_workers


def run_batch(lab: Path, outputs: Path, n_workers: int, requests: Sequence[str] = ()) -> BatchRun:
    """Run all requests of a lab anew, or those named, into an outputs folder of its own."""
    shutil.rmtree(outputs, ignore_errors=True)
    started = time.perf_counter()
    command = [*COMMAND, *requests, "--workers", str(n_workers), "--outputs", str(outputs), "--json"]
    process = subprocess.Popen(command, cwd=lab, stdout=subprocess.PIPE, text=True, env=os.environ | _SELF)
    watched = _Watched()
    watch = threading.Thread(target=watched.until_ended, args=(process.pid,), daemon=True)
    watch.start()
    said = json.loads(process.communicate()[0])
    watch.join()
    wall = time.perf_counter() - started
    return BatchRun(
        n_workers=n_workers,
        n_requests=said["n_requests"],
        wall=wall,
        cpu=watched.cpu,
        memory_mb=watched.memory / 2**20,
        outcomes=said["counts"],
        stage_seconds=_stage_seconds(outputs),
        exit_status=process.returncode,
    )


#: The toolkit of this checkout, wherever the lab lies.
_SELF = {"PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))}


class _Watched:
    """Most memory that the processes of a batch held at once, and all their processor seconds."""

    def __init__(self) -> None:
        self.memory = self.cpu = 0.0

    def until_ended(self, pid: int) -> None:
        """Look at a process and all its descendants until it ends."""
        with suppress(psutil.NoSuchProcess):
            batch = psutil.Process(pid)
            while batch.status() != psutil.STATUS_ZOMBIE:
                below = batch.children(recursive=True)
                self.memory = max(self.memory, sum(map(_held, below)))
                self.cpu = max(self.cpu, sum(map(_used, (batch, *below))))
                time.sleep(EVERY)


def _used(process: psutil.Process) -> float:
    """Processor seconds of a process and of those of its children that have ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system


def _held(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().pss
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0


def _stage_seconds(outputs: Path) -> dict[str, float]:
    seconds: dict[str, Any] = {}
    for path in sorted(outputs.glob("*/manifest.json")):
        for stage, said in json.loads(path.read_text(encoding="utf-8"))["stages"].items():
            seconds[stage] = seconds.get(stage, 0.0) + said.get("seconds", 0.0)
    return {stage: round(total, 1) for stage, total in seconds.items()}
