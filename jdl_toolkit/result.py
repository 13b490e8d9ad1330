"""What all stage results share: frozen, shown as counts only, saved whole or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd

from . import exploratory
from .document import Block, Figure, Shown, Table, Words
from .errors import JDLError, refused_by_system
from .numbers import MINUS


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: to a temporary name beside it, flushed to disk, then renamed.

    Others may read it as far as the umask lets them, and never write it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name[:200]}.{secrets.token_hex(6)}"
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


#: In ``result.json``: digests of each file beside it, of the ``result.json`` of each result within, of its values.
_DIGESTS = "sha256"


def _digests(folder: Path, values: dict[str, Any]) -> dict[str, str]:
    """SHA-256 of the files of a saved result, by name, and under "" of the values of its ``result.json``.

    Of a result within it, its ``result.json`` stands for all: that holds the digests of what lies beside it.
    """
    own = (path for path in folder.iterdir() if path.is_file() and path.name != "result.json")
    within = (path for pattern in ("*/result.json", "*/*/result.json") for path in folder.glob(pattern))
    found = {path.relative_to(folder).as_posix(): _digest(path) for path in (*own, *within)}
    return found | {"": hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()}


def _digest(path: Path) -> str:
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _require_as_saved(folder: Path, values: dict[str, Any]) -> None:
    """Hold a folder to its digests, which are taken out of `values`; one of an earlier release has none."""
    saved = values.pop(_DIGESTS, None)
    if saved is not None and saved != _digests(folder, values):
        raise ValueError("a file is damaged, missing, or another than was saved")


@dataclass(frozen=True)
class Result(Shown):
    """Base of all stage results.

    A sub-class is a frozen dataclass whose fields are data frames, other results (or `None`), results by name (a dict),
    or values that JSON can hold. Saved as one folder: a Parquet file per frame, a folder per result and one
    ``result.json``.
    """

    def summary(self) -> str:
        """The result in one sentence. Sub-classes say more."""
        return type(self).__name__

    def to_frame(self) -> pd.DataFrame:
        """What the result found, as numbers: never a row about a person. Sub-classes say what the columns are."""
        raise TypeError(f"{type(self).__name__} has no table of its own; see its attributes")

    def table(self) -> Table | None:
        """What the result found, as a reader sees it; None if there is nothing to put in a table."""
        return None

    def plot(self) -> Figure | None:
        """The result as a picture; None if there is nothing to draw."""
        return None

    def blocks(self) -> tuple[Block, ...]:
        """What the result shows of itself in a notebook: its summary, then its table and its picture, if it has them.

        Counts, shares and differences alone: never a row about a person.
        """
        return tuple(block for block in (self.words(), self.table(), self.plot()) if block is not None)

    def __str__(self) -> str:
        """Summary and table as text, as `print` shows them."""
        table = self.table()
        return repr(self) if table is None else f"{self!r}\n\n{table}"

    def __repr__(self) -> str:
        """The summary, under the mark of what is exploratory."""
        return exploratory.marked(self.summary())

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep `dataclass` from giving each sub-class a repr that would print the rows it holds."""
        super().__init_subclass__(**kwargs)
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Result.__repr__

    def words(self) -> Words:
        """The summary as a block, for a cell that shows nothing more of the result."""
        return Words(re.sub(r"(?<![\w-])-(?=\d)", MINUS, self.summary()).replace("\n", "\n\n"))

    def save(self, folder: Path) -> None:
        """Write the result to `folder`, replacing an earlier one in a single rename."""
        folder = Path(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            self._write(temporary)
            if folder.exists():
                old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.old."))
                os.replace(folder, old / "was")
                os.replace(temporary, folder)
                shutil.rmtree(old)
            else:
                os.replace(temporary, folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    def _write(self, folder: Path) -> None:
        values: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, pd.DataFrame):
                value.to_parquet(folder / f"{field.name}.parquet", index=False)
            elif isinstance(value, Result):
                (folder / field.name).mkdir()
                value._write(folder / field.name)
            elif isinstance(value, dict) and any(isinstance(part, Result) for part in value.values()):
                for number, part in enumerate(value.values()):  # names may hold what a file system does not like
                    (folder / field.name / str(number)).mkdir(parents=True)
                    part._write(folder / field.name / str(number))
                values[field.name] = list(value)
            else:
                values[field.name] = value
        written = json.loads(json.dumps(values, default=str))
        written[_DIGESTS] = _digests(folder, written)
        (folder / "result.json").write_text(json.dumps(written, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        JDLError
            If the folder, or a part of it, is not there, cannot be read, or is not what was saved.
        """
        folder = Path(folder)
        try:
            values = json.loads((folder / "result.json").read_text(encoding="utf-8"))
            _require_as_saved(folder, values)
            hints = typing.get_type_hints(cls)
            for field in dataclasses.fields(cls):
                kinds = [hints[field.name]]
                if isinstance(kinds[0], types.UnionType):
                    kinds = [k for k in typing.get_args(kinds[0]) if k is not type(None)]
                if (folder / f"{field.name}.parquet").exists():
                    values[field.name] = pd.read_parquet(folder / f"{field.name}.parquet")
                elif (folder / field.name).is_dir() and typing.get_origin(kinds[0]) is dict:
                    kind, names = typing.get_args(kinds[0])[1], values[field.name]
                    values[field.name] = {n: kind.load(folder / field.name / str(i)) for i, n in enumerate(names)}
                elif (folder / field.name).is_dir():
                    values[field.name] = next(k for k in kinds if issubclass(k, Result)).load(folder / field.name)
                elif typing.get_origin(kinds[0]) is tuple and isinstance(values.get(field.name), list):
                    values[field.name] = tuple(values[field.name])
            return cls(**values)
        except JDLError:  # of a result within it
            raise
        except Exception as fault:  # what a damaged file makes of its reader is no list that could be complete
            if isinstance(fault, PermissionError) and (refused := refused_by_system(fault)):
                raise refused from None
            kind = type(fault).__name__
            raise JDLError(
                f"the saved result {cls.__name__} is missing or unreadable, or not as it was saved ({kind})",
                where=f"{folder.parent.name}/{folder.name}",
                fix="run the request again with --fresh",
            ) from None
