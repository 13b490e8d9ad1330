"""Papermill's engines: notebooks executed in a forked child, or in a Jupyter kernel."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.log import logger
from traitlets.config import Config

from . import server
from .environment import FORK, KERNEL, environment_of_notebooks, place_of_sockets

#: Seconds that a child is given to clear up after its last cell.
_CLEARING_UP = 10


class _WrittenAtTheEnd(Engine):
    """An engine that writes the notebook when it ends, however it ends; stock ones write it twice for every cell."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        folder: str | Path = "",
        execution_timeout: float | None = None,
        **options: Any,
    ) -> None:
        """Execute in `folder`, or else where this process is; papermill then writes the notebook as far as it came."""
        place, nb_man.output_path = nb_man.output_path, None
        options = {name: options[name] for name in ("log_output", "stdout_file", "stderr_file") if name in options}
        options |= {"kernel_name": kernel_name, "timeout": execution_timeout, "log": logger, "record_timing": False}
        try:
            cls._execute(nb_man, str(folder or Path.cwd()), options)
        finally:
            nb_man.output_path = place

    @classmethod
    def _execute(cls, nb_man: NotebookExecutionManager, folder: str, options: dict[str, Any]) -> None:
        raise NotImplementedError


class KernelEngine(_WrittenAtTheEnd):
    """Papermill's stock way: every notebook in a Jupyter kernel of its own, over IPC sockets, not TCP."""

    @classmethod
    def _execute(cls, nb_man: NotebookExecutionManager, folder: str, options: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory(prefix="jdl-kernel-", dir=place_of_sockets()) as sockets:
            options["config"] = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/ipc"}})
            client = PapermillNotebookClient(nb_man, **options)
            # what a kernel says while it ends is not for the user's screen
            client.execute(cwd=folder, env=environment_of_notebooks(), stderr=subprocess.DEVNULL)


class ForkEngine(_WrittenAtTheEnd):
    """Every notebook in a child of its own, forked from a server that has imported everything."""

    @classmethod
    def _execute(cls, nb_man: NotebookExecutionManager, folder: str, options: dict[str, Any]) -> None:
        _Client(nb_man, **options).execute(folder)


#: A child that imports the script which started it, and so comes to start a child itself, ends with status 1.
_MAIN_GUARD = '. If a script started it: what it does must stand below `if __name__ == "__main__":`'


class ChildDied(DeadKernelError):
    """The child that executed a notebook died; its exit status, if it is known."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__("Kernel died" + _MAIN_GUARD * (exit_code == 1))
        self.exit_code = exit_code


class _Client(PapermillNotebookClient):
    """Papermill's client, to which a child takes the place of a kernel."""

    def execute(self, folder: str) -> NotebookNode:
        """Execute all cells, up to the first that fails."""
        from ipykernel.ipkernel import IPythonKernel

        self.reset_execution_trackers()
        with _child(folder) as (self._process, self._pipe):
            self.papermill_execute_cells()
        self.nb.metadata["language_info"] = dict(IPythonKernel.language_info)
        return self.nb

    def execute_cell(self, cell: NotebookNode, cell_index: int, **_: Any) -> NotebookNode:
        """Execute one cell, with all that it shows put into it as it comes.

        Raises
        ------
        CellExecutionError
            If the cell failed.
        CellTimeoutError
            If it took longer than it may. The child is then ended, as it is whatever is raised here.
        ChildDied
        """
        if cell.cell_type != "code" or not cell.source.strip():
            return cell
        self.code_cells_executed += 1
        cell.outputs, self.clear_before_next_output = [], False
        for message in self._said(cell):
            kind, content = message["msg_type"], message["content"]
            if kind == "execute_reply":
                if content["status"] == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                    raise CellExecutionError.from_cell_and_msg(cell, content)
                break
            self.process_message(message | {"header": {"msg_type": kind}, "parent_header": {}}, cell, cell_index)
        return cell

    def _said(self, cell: NotebookNode) -> Iterator[dict[str, Any]]:
        """What the child sends while it executes the cell."""
        seconds = self.timeout or None
        until = time.monotonic() + seconds if seconds else None
        tells = [self._pipe, self._process.sentinel]
        try:
            self._pipe.send_bytes(cell.source.encode())
            while True:
                left = max(until - time.monotonic(), 0) if until else None
                if not connection.wait(tells, left):
                    break
                if self._pipe.poll():
                    yield json.loads(self._pipe.recv_bytes())
                elif self._process.exitcode == server.SERVER_DIED:  # which kills no child: its pipe tells when it ends
                    tells = [self._pipe]
                else:
                    raise EOFError
        except (EOFError, OSError):
            self._process.join(_CLEARING_UP)
            raise ChildDied(self._process.exitcode) from None
        raise CellTimeoutError.error_from_timeout_and_cell("Cell timed out", seconds, cell)


@contextmanager
def _child(folder: str) -> Iterator[tuple[BaseProcess, Connection]]:
    """A child that executes cells in `folder`; ended when the block ends, at once where it fails."""
    from .child import serve

    made_by = server.context()
    ours, theirs = made_by.Pipe()
    process = made_by.Process(target=serve, args=(theirs, folder, environment_of_notebooks()))
    try:
        server.start(process)
    except (EOFError, OSError):  # a second server was killed, too
        ours.close()
        raise ChildDied(None) from None
    finally:
        theirs.close()
    try:
        yield process, ours
        ours.close()
        process.join(_CLEARING_UP)
    finally:
        ours.close()
        process.kill()
        if process.exitcode == server.SERVER_DIED:  # `kill` takes it for dead
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        process.join()
        process.close()


#: What papermill calls them: pyproject.toml declares the same, for whoever runs papermill by itself.
NAMES = {FORK: "jdl-fork", KERNEL: "jdl-kernel"}

papermill_engines.register(NAMES[FORK], ForkEngine)
papermill_engines.register(NAMES[KERNEL], KernelEngine)
