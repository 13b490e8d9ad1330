"""A lab of its own for one scene, in which `jdl` is called as at a terminal and all that it says is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import yaml

from ...lab import STAGES, lay_out
from ..cheap import CHEAP, FOUNDATION
from .people import uploaded

#: Longest that one command may take, in seconds.
LONGEST = 600
#: Commands one after another in one process, as each begins anew; before some, a function of the toolkit is replaced by
#: one that fails, with people in the text of its error.
_COMMANDS = """
import importlib, json, os, sys
from jdl_toolkit.cli import main
said = open("people.txt").read()
def failing(error):
    def fail(*_, **__):
        raise error(said) from ValueError("because of " + said)
    return fail
for arguments, spoilt in json.loads(sys.argv[1]):
    if spoilt:
        module, function, error = spoilt
        holder = importlib.import_module(module)
        *within, function = function.split(".")
        holder = getattr(holder, within[0]) if within else holder
        kept = getattr(holder, function)
        setattr(holder, function, failing(__builtins__.__dict__[error]))
    sys.argv[1:] = arguments
    status = 1
    try:
        main()
    except SystemExit as end:
        status = end.code or 0
    finally:
        if spoilt:
            setattr(holder, function, kept)
        with open("../statuses.txt", "a") as file:
            file.write(f"{status}\\n")
        sys.stdout.flush()
"""
#: Put into a notebook: people in an error, in what is printed, warned, logged.
_SAID = """said = open("people.txt").read()
import atexit, logging, sys, warnings; warnings.warn(said); logging.getLogger("jdl_toolkit").error(said)
print(said); print(said, file=sys.stderr)
"""


@dataclass
class Place:
    """A lab of its own for one scene, in which `jdl` is called as at a terminal.

    Parameters
    ----------
    root : Path
        Holds ``lab/``, ``terminal/`` (what each command said) and ``tmp/`` (where temporary files go).
    invented : Path
        What `people.invent` made.
    """

    root: Path
    invented: Path

    def __post_init__(self) -> None:
        for name in ("terminal", "tmp"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.lab = lay_out(self.root / "lab")
        for path in (self.lab.root / "parameters" / "requests").glob("*.yml"):
            path.unlink()
        places = {"register": str(self.invented / "register.duckdb")}
        sources = {"demo": places | {"submissions": str(self.invented)}, "own": places | {"submissions": "data"}}
        (self.lab.root / "parameters" / "data_sources.yml").write_text(yaml.safe_dump(sources))
        (self.lab.root / "data").mkdir(exist_ok=True)
        said = "\n".join(" ".join(map(str, row)) for row in self.people.head(20).astype(str).itertuples(index=False))
        (self.lab.root / "people.txt").write_text(said)
        self.n_commands = self.n_processes = 0

    @property
    def people(self) -> pd.DataFrame:
        """Of the first upload, who have both names."""
        people = uploaded(self.invented / "foundation-2013.xlsx")
        return people.dropna(subset=["forename", "surname", "dob"]).reset_index(drop=True)

    @property
    def name(self) -> str:
        """Somebody of the upload."""
        return " ".join(str(part).strip() for part in self.people.loc[0, ["forename", "surname"]])

    def request(self, name: str, submission: str = "", cheap: bool = True, **changes: Any) -> str:
        """Write a request: of the first upload, or of a file of the lab's own."""
        asked = {"request": name} | FOUNDATION
        asked |= {"register": "own", "submission": submission} if submission else {}
        asked |= CHEAP if cheap else {"cohort": CHEAP["cohort"]}
        text = yaml.safe_dump(asked | changes, sort_keys=False, allow_unicode=True)
        (self.lab.root / "parameters" / "requests" / f"{name}.yml").write_text(text)
        return name

    def data(self, name: str) -> Path:
        return self.lab.root / "data" / name

    def jdl(
        self, *commands: Sequence[str], kill_after: float = 0, spoilt: Sequence | None = None, **environment: str
    ) -> None:
        """Call `jdl` with each of these commands, in one process of its own, and keep all that it says.

        `spoilt`: for each command, what is spoilt before it: module, function, error; `kill_after`: seconds.
        """
        asked = json.dumps(list(zip(commands, spoilt or [None] * len(commands), strict=True)))
        self.run(("-c", _COMMANDS, asked), kill_after, **environment)
        self.n_commands += len(commands)

    def run(self, arguments: Sequence[str], kill_after: float = 0, **environment: str) -> None:
        """Call Python in the lab's folder, and keep all that it says."""
        self.n_processes += 1
        around = {k: v for k, v in os.environ.items() if k != "JDL_DEBUG"} | {"TMPDIR": str(self.root / "tmp")}
        said = self.root / "terminal" / f"{self.n_processes:02d}.txt"
        with said.open("wb") as screen:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=self.lab.root, stdin=subprocess.DEVNULL, stdout=screen,
                stderr=subprocess.STDOUT, env=around | environment, start_new_session=True,
            )  # fmt: skip
            try:
                process.wait(kill_after or LONGEST)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @property
    def statuses(self) -> list[str]:
        """Exit status of each command that ended."""
        file = self.root / "statuses.txt"
        return file.read_text().split() if file.exists() else []

    def in_notebook(self, stage: str, more: str) -> None:
        """Put code into the lab's own copy of a stage's notebook, before its last cell."""
        path = self.lab.own_notebook(STAGES[stage])
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(len(notebook.cells) - 1, nbformat.v4.new_code_cell(_SAID + more))
        nbformat.write(notebook, path)
