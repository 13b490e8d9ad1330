"""Imported by the server that children are forked from, before its first fork: everything that takes long to import.

Here nothing may start a thread, open a database or compile a page: what only the forking thread holds is lost to a
child, or locked in it for ever.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import signal
import sys
from multiprocessing import forkserver

from .environment import PINNED

#: What notebooks, the shell that executes them and the run itself import. Of the toolkit the highest modules, which
#: bring the others; by name, as they stand above this one.
MODULES = (
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "duckdb",
    "scipy.stats",
    "scipy.optimize",
    "statsmodels.api",
    "sklearn.linear_model",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "IPython",
    "ipykernel.zmqshell",
    "splink",
    "jinja2",
    "typst",
    "openpyxl",
    "python_calamine",
    "jdl_toolkit.execution.child",
    "jdl_toolkit.stage",
    "jdl_toolkit.precheck",
    "jdl_toolkit.linkage.review",
    "jdl_toolkit.robustness",
    "jdl_toolkit.subgroups",
    "jdl_toolkit.plots",
    "jdl_toolkit.tables",
    "jdl_toolkit.narrative",
    "jdl_toolkit.run",
    "jdl_toolkit.cli",
    "jdl_toolkit.batch.work",
)


#: Seconds after which the server ends if it is importing still: a library that is refused memory may ask for ever.
_LONGEST_IMPORT = 900


def import_everything() -> None:
    """Import `MODULES`, ending early if nobody is left who could ask for a child."""
    os.environ |= PINNED | os.environ
    os.environ["MPLBACKEND"] = "agg"  # a child turns to the one that draws into its notebook
    sys.modules.setdefault("rfc3987_syntax", None)  # a second and a half, for what no notebook holds
    asked_by = os.getppid()
    for name in MODULES:
        if os.getppid() != asked_by:
            os._exit(0)
        try:
            importlib.import_module(name)
        except Exception:  # the child that needs it says so
            continue
    close_what_imports_opened()
    gc.collect()
    gc.freeze()  # what all children share stays shared: no collection touches it


def close_what_imports_opened() -> None:
    """Close the database that DuckDB opens in memory, with a thread, when it is imported; a child opens its own."""
    if "duckdb" in sys.modules:
        sys.modules["duckdb"].default_connection().close()


def share_with_grandchildren() -> None:
    """Let children ask this server for children of their own.

    `multiprocessing` hands them its address, but would start a second one, as the first is not theirs to wait for.
    """
    forkserver._forkserver.ensure_running = lambda: None


def hear_of_ctrl_c() -> None:
    """Let Ctrl-C through again, which `server` kept from the imports; what came meanwhile is forgotten.

    From here on the server ignores it by itself; children hear of it.
    """
    heard_by = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, heard_by)


def stand_apart() -> None:
    """Have a process group of one's own: what is sent to the group of `jdl` (SIGTERM, Ctrl-C) is for `jdl` to hear.

    It ends its children in good order; killed beside it, they would look as if they had died.
    """
    os.setpgid(0, 0)


def leave_at_once() -> None:
    """End the server without taking all of Python down piece by piece: whoever reads what `jdl` prints waits for it."""
    server = os.getpid()
    atexit.register(lambda: os._exit(0) if os.getpid() == server else None)


stand_apart()
signal.alarm(_LONGEST_IMPORT)  # by the system, whatever it is at
import_everything()
signal.alarm(0)
share_with_grandchildren()
leave_at_once()
hear_of_ctrl_c()
