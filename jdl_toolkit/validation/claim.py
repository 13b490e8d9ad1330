"""The folder of a part's run belongs to one seed, extent and code: what was made with others is never added to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import JDLError
from ..result import write_atomically
from .part import Effort
from .study import code_digest


def claim(folder: Path, effort: Effort, rests_on: Iterable[str]) -> dict[str, Any]:
    """Note what a folder is made with, and return it; refuse a folder that was made otherwise.

    Parameters
    ----------
    folder : Path
    effort : Effort
    rests_on : iterable of str
        Source files and folders of the package that what is found depends on, as for `code_digest`.

    Returns
    -------
    dict
        Keys ``seed``, ``short``, ``code``.

    Raises
    ------
    JDLError
        With what differs, or if what it was made with cannot be read.
    """
    mine, path = {"seed": effort.seed, "short": effort.short, "code": code_digest(rests_on)}, folder / "settings.json"
    if not path.exists():
        write_atomically(path, json.dumps(mine, indent=1) + "\n")
        return mine
    try:
        before = dict(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError):
        raise JDLError("what the folder was made with cannot be read", str(path), "name another folder") from None
    if differs := [key for key in mine if before.get(key) != mine[key]]:
        what = f"the folder was made otherwise ({', '.join(differs)})"
        raise JDLError(what, str(folder), "name another folder, or ask for the same as before")
    return mine
