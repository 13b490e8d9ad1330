"""Which JupyterLab is open at a request: noted in the folder of its notebooks, so that a run and a second one know."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from ..result import write_atomically

#: In the folder of the notebooks, with which it moves.
SERVED = ".jupyterlab.json"


@dataclass(frozen=True)
class Serving:
    """A JupyterLab that is open at a request, in another process.

    Parameters
    ----------
    address : str
        Of the server, without its token.
    root : str
        What its file browser shows.
    secrets : str
        File that holds its token, which the same user alone can read.
    host, pid, started
        Which process it is, of which machine, and when that started: numbers of processes are given again.
    """

    address: str
    root: str
    secrets: str
    host: str
    pid: int
    started: float

    def url(self, notebook: Path) -> str:
        """Where a notebook opens: with the token for the same user, for others without."""
        url = f"{self.address}/lab/tree/{quote(notebook.relative_to(self.root).as_posix())}"
        try:
            return f"{url}?token={json.loads(Path(self.secrets).read_text(encoding='utf-8'))['token']}"
        except (OSError, ValueError, KeyError):
            return url


def note_serving(folder: Path, address: str, root: Path, secrets: Path) -> None:
    """Put on record that this process serves the notebooks of a folder."""
    started = psutil.Process().create_time()
    said = Serving(address, str(root), str(secrets), socket.gethostname(), os.getpid(), started)
    write_atomically(folder / SERVED, json.dumps(asdict(said), indent=1))


def serving_of(folder: Path) -> Serving | None:
    """The JupyterLab that is open at the notebooks of a folder, on this machine; None if none is."""
    try:
        said = Serving(**json.loads((folder / SERVED).read_text(encoding="utf-8")))
        is_alive = said.host == socket.gethostname() and psutil.Process(said.pid).create_time() == said.started
    except (OSError, ValueError, TypeError, psutil.Error):
        return None
    return said if is_alive else None
