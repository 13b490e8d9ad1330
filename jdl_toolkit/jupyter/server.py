"""JupyterLab of this environment, for one person on this machine: no news, no updates, nothing asked of a network.

It runs in this process, so that it ends with it. What the user has set for JupyterLab applies, but for what is set
here; nothing of it is written over.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from ..errors import JDLError
from ..lab import RUNNING
from .serving import SERVED, note_serving

HOST = "127.0.0.1"
#: Jupyter's own; the next free one is taken if nobody asked for it.
PORT = 8888
#: Characters of a folder: a socket's name has 107 at most, and what follows it takes 60.
LONGEST_FOR_SOCKETS = 45


@dataclass(frozen=True)
class Server:
    """JupyterLab, listening.

    Parameters
    ----------
    url : str
        With the token, so that it opens as it is.
    folder : Path
        What it opens at.
    token : str
    serve : callable
        Serves until it is interrupted, then ends kernels and server.
    """

    url: str
    folder: Path
    token: str
    serve: Callable[[], None]


def start_server(
    root: Path,
    folder: Path,
    first: Path | None = None,
    port: int | None = None,
    with_browser: bool = True,
    is_noted: bool = False,
) -> Server:
    """Start JupyterLab of this very environment on this machine alone; `Server.serve` then goes on until interrupted.

    Parameters
    ----------
    root : Path
        What its file browser shows.
    folder, first : Path
        What it opens at, below `root`: a folder, and a notebook in it.
    port : int, optional
        Default: 8888, or the next free one.
    with_browser : bool
        Whether to open a browser.
    is_noted : bool
        Whether to put on record in `folder` that it is open there, see `serving_of`.

    Raises
    ------
    JDLError
        If JupyterLab is not installed, or the port is taken.
    """
    if find_spec("jupyterlab") is None:
        raise JDLError("JupyterLab is not installed here", "jdl lab", "pip install jupyterlab")
    if port is not None and not _is_free(port):
        raise JDLError(f"port {port} is taken", "--port", "name another, or leave it out for one that is free")
    token, state = secrets.token_hex(24), tempfile.TemporaryDirectory(prefix="jdl-lab.")
    opened = quote((first or folder).relative_to(root).as_posix())
    os.environ.pop(RUNNING, None)  # kernels explore
    os.environ |= {"JUPYTER_PREFER_ENV_PATH": "1", "JUPYTERLAB_WORKSPACES_DIR": f"{state.name}/workspaces"}
    os.environ["JUPYTER_RUNTIME_DIR"] = f"{state.name}/run"  # of this user alone; connections to kernels lie there
    os.environ["JUPYTER_PATH"] = os.pathsep.join(
        filter(None, [_kernel(Path(state.name)), os.environ.get("JUPYTER_PATH")])
    )
    from jupyterlab.labapp import LabApp

    settings = {
        "ServerApp.ip": HOST,
        "ServerApp.port": port or PORT,
        "ServerApp.port_retries": 0 if port else 50,
        "ServerApp.root_dir": str(root),
        "ServerApp.allow_root": True,
        "ServerApp.allow_remote_access": False,
        "ServerApp.open_browser": with_browser,
        "ServerApp.answer_yes": True,  # whoever interrupts it means it
        "ServerApp.jpserver_extensions": "nbclassic=False",  # it greets at length, and opens nothing here
        "ServerApp.log_level": "CRITICAL",
        "IdentityProvider.token": token,
        "LabApp.app_settings_dir": _settings_of_application(Path(state.name)),
        "LabApp.default_url": f"/lab/tree/{opened}",
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "LabApp.log_level": "CRITICAL",
    }
    if os.name == "posix" and len(state.name) < LONGEST_FOR_SOCKETS:
        settings["KernelManager.transport"] = "ipc"  # no port that another user of this machine could listen to
    app = LabApp.initialize_server(argv=[f"--{name}={value}" for name, value in settings.items()])
    address = f"http://{HOST}:{app.port}"
    url = f"{address}/lab/tree/{opened}?token={token}"
    if is_noted:
        note_serving(folder, address, root, Path(app.info_file))

    def serve() -> None:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # all end it in order, its kernels first
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: app.stop(from_signal=True))
        try:
            app.start()
        finally:
            state.cleanup()
            if is_noted:
                (folder / SERVED).unlink(missing_ok=True)

    return Server(url, folder, token, serve)


def _kernel(state: Path) -> str:
    """This environment's kernel. It completes names by looking at what there is: jedi's first answer takes seconds."""
    from ipykernel.kernelspec import write_kernel_spec

    write_kernel_spec(str(state / "jupyter" / "kernels" / "python3"), extra_arguments=["--IPCompleter.use_jedi=False"])
    return str(state / "jupyter")


def _settings_of_application(state: Path) -> str:
    """A copy of JupyterLab's settings for everybody here, in which it never asks whether it may fetch news."""
    from jupyterlab.commands import get_app_dir

    held, own = Path(get_app_dir()) / "settings", state / "settings"
    shutil.copytree(held, own) if held.is_dir() else own.mkdir()
    page = own / "page_config.json"
    values = json.loads(page.read_text(encoding="utf-8")) if page.is_file() else {}
    disabled = values.get("disabledExtensions", {})
    disabled = disabled if isinstance(disabled, dict) else dict.fromkeys(disabled, True)
    values["disabledExtensions"] = disabled | {"@jupyterlab/apputils-extension:announcements": True}
    page.write_text(json.dumps(values), encoding="utf-8")
    return str(own)


def _is_free(port: int) -> bool:
    with socket.socket() as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind((HOST, port))
        except OSError:
            return False
    return True
