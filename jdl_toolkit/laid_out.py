"""Which version of the toolkit laid out a lab's notebooks, and whether the lab changed them since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import __version__

#: Beside the notebooks of a lab: the version that laid them out, and the digest of each one's cells at that time.
RECORD = ".laid-out.json"

#: What a notebook of another version fails with: a name that moved, or something that takes other arguments.
OF_ANOTHER_VERSION = ("ImportError", "ModuleNotFoundError", "AttributeError", "TypeError")


def note_notebooks(folder: Path) -> None:
    """Write down the version, and the notebooks as they are now laid out."""
    held = {path.stem: _digest(path) for path in sorted(folder.glob("*.ipynb"))}
    record = {"version": __version__, "notebooks": held}
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def is_as_laid_out(notebook: Path) -> bool:
    """Whether a lab's notebook has the cells that it was laid out with; False if that is not on record."""
    held = _record(notebook.parent).get("notebooks")
    return isinstance(held, Mapping) and held.get(notebook.stem) == _digest(notebook)


def has_same_cells(one: Path, other: Path) -> bool:
    """Whether two notebooks are the same but for outputs and metadata, which saving one in JupyterLab changes."""
    return _digest(one) == _digest(other) != ""


def laid_out_by(notebook: Path) -> str:
    """The version that laid out a lab's notebook; "" if that is not on record."""
    record = _record(notebook.parent)
    held = record.get("notebooks")
    return str(record.get("version", "")) if isinstance(held, Mapping) and notebook.stem in held else ""


def is_suspect(own: Path, shipped: Path, error: str) -> bool:
    """Whether a failure of the lab's own notebook may come of its being made for another version of the toolkit.

    Parameters
    ----------
    own, shipped : Path
        The notebook that failed, and the one of its name that this version ships.
    error : str
        Class of the error. Of a lab that was laid out before that was put on record, `OF_ANOTHER_VERSION` alone count.
    """
    if not shipped.is_file() or has_same_cells(own, shipped):
        return False
    version = laid_out_by(own)
    return version != __version__ if version else error in OF_ANOTHER_VERSION


def _digest(notebook: Path) -> str:
    """Of kind and source of its cells; "" if it cannot be read."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        held = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return hashlib.sha256(json.dumps([cell for cell in held if cell[1].strip()]).encode()).hexdigest()


def _record(folder: Path) -> Mapping[str, Any]:
    try:
        held = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, Mapping) else {}
