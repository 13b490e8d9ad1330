"""What a child does: it executes cells in the shell of a Jupyter kernel, which talks over a pipe, not over sockets."""

from __future__ import annotations

import atexit
import io
import os
import random
import signal
import sys
import threading
import time
import weakref
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from tqdm import tqdm
from traitlets.config import Config

from .server import end_with_parent

#: Draws figures into the notebook; of a kernel the same.
BACKEND = "module://matplotlib_inline.backend_inline"

#: Seconds for which printed text may wait to be sent in one piece; a kernel's own.
_FLUSH_EVERY = 0.2


class Shell(ZMQInteractiveShell):
    """A kernel's shell, without a kernel around it."""

    def enable_gui(self, gui: Any = None) -> None:
        """Nothing: there is no event loop of windows."""


class Messages(Session):
    """Sends what a kernel would publish, as the same JSON, over the pipe to whoever asked for the execution."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__()
        self._pipe, self._lock = pipe, threading.Lock()

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *_: Any, **__: Any) -> None:  # type: ignore[override]
        """Send one message; `stream`, and what else a socket would need, is not used."""
        kind = msg_or_type
        if isinstance(msg_or_type, dict):
            kind, content = msg_or_type["header"]["msg_type"], msg_or_type["content"]
        message = self.pack({"msg_type": kind, "content": content})
        with self._lock:
            self._pipe.send_bytes(message)


class Printed(io.TextIOBase):
    """What is printed: sent in pieces, before anything else that a cell shows."""

    encoding = "UTF-8"

    def __init__(self, name: str, session: Messages) -> None:
        self.name, self._session = name, session
        self._text: list[str] = []
        self._sent = time.monotonic()
        self._lock = threading.RLock()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._lock:
            self._text.append(text)
            if time.monotonic() - self._sent > _FLUSH_EVERY:
                self.flush()
        return len(text)

    def flush(self) -> None:
        with self._lock:
            text, self._text = "".join(self._text), []
            self._sent = time.monotonic()
            if text:
                self._session.send(None, "stream", {"name": self.name, "text": text})


def serve(pipe: Connection, folder: str, environment: dict[str, str]) -> None:
    """Execute cells as they come over the pipe, each answered by what it shows and then by ``execute_reply``.

    The process ends with the pipe, and with the process at its other end.

    Parameters
    ----------
    folder : str
        Where the notebook is executed.
    environment : dict of str to str
        The whole of it.
    """
    _start_afresh(environment)
    os.chdir(folder)
    session = Messages(pipe)
    shell = _shell(session)
    while (code := _received(pipe)) is not None:
        session.send(None, "execute_reply", _execute(shell, code))
    atexit._run_exitfuncs()


def _start_afresh(environment: dict[str, str]) -> None:
    """Leave what the server lent: its screen, its environment, its random numbers, what it clears up."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked, who then ends this process
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    atexit._clear()
    tqdm.set_lock(
        threading.RLock()
    )  # its own is a semaphore of the whole system, left behind by a child that is killed
    weakref.finalize._registry.clear()
    weakref.finalize._registered_with_atexit = False
    duckdb.set_default_connection(duckdb.connect())
    random.seed()
    np.random.seed()
    os.environ.clear()
    os.environ.update(environment)
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = BACKEND


def _shell(session: Messages) -> Shell:
    """A new shell that prints, shows and draws into the session."""
    sys.stdout, sys.stderr = Printed("stdout", session), Printed("stderr", session)
    shell = Shell.instance(
        config=Config({"HistoryManager": {"enabled": False}}),  # no file in the user's home
        kernel=SimpleNamespace(eventloop=None),
        compiler_class=XCachingCompiler,
    )
    for part in (shell.displayhook, shell.display_pub):
        part.session = session
    shell.displayhook.topic = b"execute_result"
    _draw_into(shell)
    return shell


def _draw_into(shell: Shell) -> None:
    """What pyplot does when a kernel first imports it: here it has been imported."""
    import matplotlib
    from matplotlib_inline import backend_inline

    matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].switch_backend(os.environ["MPLBACKEND"])
    backend_inline._enable_matplotlib_integration()


def _received(pipe: Connection) -> str | None:
    try:
        return pipe.recv_bytes().decode()
    except EOFError:
        return None


def _execute(shell: Shell, code: str) -> dict[str, Any]:
    """Run one cell; the reply of a kernel to it."""
    number = shell.execution_count
    shell._last_traceback_during_displayhook = False
    shell.displayhook.session.send(None, "execute_input", {"code": code, "execution_count": number})
    ended = shell.run_cell(code, store_history=True)
    sys.stdout.flush()
    sys.stderr.flush()
    if shell.exit_now:  # `exit` ends a kernel
        os._exit(0)
    if ended.success and not shell._last_traceback_during_displayhook:
        return {"status": "ok", "execution_count": number}
    fault = ended.error_before_exec if ended.error_before_exec is not None else ended.error_in_exec
    said = {"ename": type(fault).__name__, "evalue": str(fault), "traceback": shell._last_traceback or []}
    return {"status": "error", "execution_count": number} | said
