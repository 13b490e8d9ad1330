"""`jdl lab`: JupyterLab at a request's notebooks."""

from __future__ import annotations

import difflib
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

import click

from ..errors import JDLError
from .frame import command, main


@command(main, "lab", "jdl lab foundation-2013")
@click.argument("request", required=False)
@click.option("--analysis", help="Open at this analysis, where the request holds several.")
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8888, or the next free one.")
def lab(
    request: str | None, analysis: str | None, outputs: Path | None, no_browser: bool, port: int | None
) -> tuple[dict, str, Callable[[], None]] | tuple[dict, str]:
    """Open JupyterLab at a request's notebooks, to explore; without a request, at the lab's own.

    The notebooks are copies with the request's settings in them: those of its stages as they were executed, and
    20_explore with live controls, once you run its cells. What is made there is marked EXPLORATORY, lies apart and
    cannot be released. Ctrl-C ends it.
    """
    # A grammar of web addresses that jsonschema loads if it can: a second and a half, for what no notebook holds.
    sys.modules.setdefault("rfc3987_syntax", None)
    from ..jupyter import prepare_notebooks, serving_of, start_server
    from ..lab import Lab

    here, told = Lab.find(), []
    if request is None:
        folder = here.root / "notebooks"
        if not folder.is_dir():
            raise JDLError("the lab has no notebooks/ folder", here.short(folder), "name a request: jdl lab REQUEST")
        root, tour = here.root, folder / "00_tour.ipynb"
        first = tour if tour.is_file() else None
    else:
        name = _request_of(here, request)
        prepared = prepare_notebooks(here, name, outputs or here.root / "outputs")
        first, folder = prepared.opened_first(analysis), prepared.folder
        root = here.root if folder.is_relative_to(here.root) else folder
        told = [f"Left as you edited it: {here.short(path)}" for path in prepared.kept]
        told += [f"Of an earlier run, now under another name: {here.short(path)}" for path in prepared.renamed]
        other = serving_of(folder)
        if other is not None:  # two would write over each other's notebooks
            return _open_already(other.url(first), here.short(first), told, not no_browser)
    server = start_server(root, folder, first, port, not no_browser, is_noted=request is not None)
    values = {"url": server.url, "folder": str(folder), "token": server.token}
    values |= {"opened": str(first)} if first else {}
    opened = f"JupyterLab is open at {here.short(first or folder)}:"
    words = [opened, "", f"  {server.url}", "", *told, "Ctrl-C ends it, and every kernel that was started in it."]
    return values, "\n".join(words), server.serve


def _open_already(url: str, notebook: str, told: list[str], with_browser: bool) -> tuple[dict, str]:
    if with_browser:
        webbrowser.open(url)
    words = ["JupyterLab is open at this request already. Two would overwrite each other, so no second one is started:"]
    words += ["", f"  {url}", "", *told, "Reload notebooks that are open there, to see what was made anew."]
    return {"url": url, "opened": notebook, "already": True}, "\n".join(words)


def _request_of(here: object, request: str) -> str:
    """Id of a request of the lab.

    Raises
    ------
    JDLError
        If there is none, with the names that are nearest.
    """
    file = here.request_file(request)
    if not file.is_file():
        known = sorted(path.stem for path in here.request_file("x").parent.glob("*.y*ml"))
        near = difflib.get_close_matches(request, known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(f'`{one}`' for one in near)}?" if near else f"there are: {', '.join(known)}"
        raise JDLError(f"there is no request `{request}`", here.short(file), hint)
    return here.spec(request).request
