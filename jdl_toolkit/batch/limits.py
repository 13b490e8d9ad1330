"""What each worker may use of a machine, so that all of them together stay within it."""

from __future__ import annotations

from pathlib import Path

import psutil

#: Bytes that a worker needs besides its database: what it has imported and the people compared.
BESIDE = 600 * 2**20

#: The least and the most that a worker's database is given.
LEAST, MOST = 256 * 2**20, 2 * 2**30


def limits_of_workers(n_workers: int, n_cores: int, n_bytes: int | None = None) -> tuple[int, str]:
    """Threads and memory of each worker's database.

    Parameters
    ----------
    n_workers, n_cores : int
    n_bytes : int, optional
        Memory of all workers together. Default: what is free on this machine now, or in its container.

    Returns
    -------
    (int, str)
        At least one thread; memory as DuckDB reads it. What does not fit goes to disk, and changes no result.
    """
    n_bytes = n_bytes if n_bytes is not None else _free()
    memory = min(max(int(0.8 * n_bytes / n_workers) - BESIDE, LEAST), MOST)
    return max(n_cores // n_workers, 1), f"{memory // 2**20}MiB"


def _free() -> int:
    """Bytes that may be used now: of the machine, or of the container that this runs in."""
    free = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        most, used = ((group / name).read_text().strip() for name in ("memory.max", "memory.current"))
        return min(free, int(most) - int(used)) if most != "max" else free
    except (OSError, ValueError):
        return free
