"""Children forked from one server that has imported everything, and their end with whoever asked for them."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from multiprocessing import connection, forkserver, resource_tracker, util
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from .environment import FORK, can_fork, chosen_engine, place_of_sockets

_PRELOADED = f"{__package__}.preload"

#: What `multiprocessing` takes for the exit status of a child whose server has died: nobody is left who knows it.
SERVER_DIED = 255


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
    _choose_place_of_sockets()
    resource_tracker.ensure_running()  # the server asks for it, and it would let Ctrl-C through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver._forkserver.ensure_running()  # by this name: `preload` replaces it
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _choose_place_of_sockets() -> None:
    """Have `multiprocessing` bind its sockets where names are not too long, in a folder that may disappear."""
    settings = multiprocessing.current_process()._config
    if "tempdir" not in settings:
        settings["tempdir"] = made = tempfile.mkdtemp(prefix="pymp-", dir=place_of_sockets())
        util.Finalize(None, shutil.rmtree, args=(made, True), exitpriority=-100)  # its own would show a traceback


def is_running() -> bool:
    """Whether there is a server that children can be asked of without starting one."""
    server = forkserver._forkserver
    if server._forkserver_pid is None:  # none, or one that is not ours to wait for
        return server._forkserver_address is not None
    try:
        return os.waitid(os.P_PID, server._forkserver_pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False


def why_it_died(exit_code: int | None) -> tuple[str, str]:
    """What became of a process that ended without a last word, and what to do about it."""
    again = "run the same again: it goes on where it stopped"
    if exit_code is None or exit_code == SERVER_DIED:
        return "died", again
    if exit_code >= 0:
        return f"ended by itself (status {exit_code})", again
    known = -exit_code in set(signal.Signals)
    what = f"was killed ({signal.Signals(-exit_code).name if known else f'signal {-exit_code}'})"
    if exit_code != -signal.SIGKILL:
        return what, again
    return what, "look whether the machine ran out of memory; with fewer --workers each has more"


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
    of `end_with_parent` do not. A server that was killed is replaced, also by a child of its own.
    """
    if can_fork():
        _ensure_running()
    settings = multiprocessing.current_process()._config
    is_daemon = settings.pop("daemon", None)
    try:
        try:
            process.start()
        except (OSError, EOFError):
            if not can_fork():
                raise
            vars(forkserver._forkserver).pop("ensure_running", None)  # see `preload.share_with_grandchildren`
            _ensure_running()
            process.start()
    finally:
        if is_daemon is not None:
            settings["daemon"] = is_daemon
    return process
