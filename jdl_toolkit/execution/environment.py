"""Which engine executes notebooks, and the environment that it executes them in."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

from ..errors import JDLError

#: Seconds after which one cell of a notebook counts as hanging.
CELL_TIMEOUT = 3600

#: Environment variable that names the engine where no option does.
ENGINE = "JDL_ENGINE"

#: In a child forked from a server that has imported everything; or in a Jupyter kernel.
FORK, KERNEL = "fork", "kernel"
ENGINES = (FORK, KERNEL)

#: Linear algebra on one thread, unless the user says otherwise: on a busy machine the threads of many small fits wait
#: for each other, which took ten times as long.
PINNED = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


#: What may stand before the name of a socket and its folder: the name of all may have 107 bytes, on macOS 103.
_LONGEST_PLACE = 64

#: Where sockets go if the folder for temporary files has a longer name.
_SHORT_PLACES = ("/tmp", "/var/tmp", "/dev/shm")


def place_of_sockets() -> str:
    """Folder for temporary files in which a socket can be bound: the usual one, unless its name is too long for that.

    Raises
    ------
    JDLError
        If there is none.
    """
    usual = tempfile.gettempdir()
    for place in (usual, *_SHORT_PLACES):
        if len(os.fsencode(place)) <= _LONGEST_PLACE and Path(place).is_dir() and os.access(place, os.W_OK | os.X_OK):
            return place
    fix = f"name one of at most {_LONGEST_PLACE} characters with TMPDIR"
    raise JDLError("the name of the folder for temporary files is too long", usual, fix)


def can_fork() -> bool:
    """Whether children can be forked here: not on Windows, and not on macOS, whose own libraries do not survive it."""
    return "forkserver" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"


def chosen_engine(engine: str = "") -> str:
    """The engine that is asked for, else the environment's, else `fork`; a kernel where nothing can be forked.

    Raises
    ------
    JDLError
        If there is no such engine.
    """
    asked = engine or os.environ.get(ENGINE, "") or FORK
    if asked not in ENGINES:
        raise JDLError(
            f"there is no engine `{asked}`", "--engine" if engine else ENGINE, f"use: {' or '.join(ENGINES)}"
        )
    return asked if can_fork() else KERNEL


def environment_of_notebooks() -> dict[str, str]:
    """The environment of a notebook that `jdl run` executes: this process's, with that said and threads pinned."""
    from ..stage import RUNNING

    return PINNED | dict(os.environ) | {RUNNING: "1"}
