"""Children forked from one server that has imported everything, and their end with whoever asked for them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from .environment import FORK, can_fork, chosen_engine

_PRELOADED = f"{__package__}.preload"


def context() -> BaseContext:
    """What processes are made by: forked from the server that has imported everything, where that is possible.

    A process made so may ask for processes of its own: they come from the same server.
    """
    if not can_fork():
        return multiprocessing.get_context("spawn")
    forkserver.set_forkserver_preload([_PRELOADED])
    return multiprocessing.get_context("forkserver")


def preload(engine: str = "") -> None:
    """Start the server if it is not yet running, and return at once: it imports while the caller does other things.

    Nothing is done where notebooks are executed by kernels.

    Parameters
    ----------
    engine : str
        The one that is asked for, if any.

    Raises
    ------
    JDLError
        If there is no such engine.
    """
    if chosen_engine(engine) == FORK:
        context()
        _ensure_running()


def _ensure_running() -> None:
    """Start the server with Ctrl-C kept from it, which is for its users; it hears of none until it has imported all."""
    resource_tracker.ensure_running()  # the server asks for it, and it would let Ctrl-C through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver._forkserver.ensure_running()  # by this name: `preload` replaces it
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """End this process as soon as the one that asked for it has died, by whatever signal. A thread waits for that."""
    asked_by = multiprocessing.parent_process()

    def wait() -> None:
        connection.wait([asked_by.sentinel])
        os._exit(1)

    if asked_by is not None:
        threading.Thread(target=wait, name="end with parent", daemon=True).start()


def start(process: BaseProcess) -> BaseProcess:
    """Start a process of `context`, from a daemonic one as well.

    `multiprocessing` refuses daemonic processes (the workers of a Dask cluster) children, lest they outlive them. Those
    of `end_with_parent` do not.
    """
    if can_fork():
        _ensure_running()
    settings = multiprocessing.current_process()._config
    is_daemon = settings.pop("daemon", None)
    try:
        process.start()
    finally:
        if is_daemon is not None:
            settings["daemon"] = is_daemon
    return process
