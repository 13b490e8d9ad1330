"""What is done with a lab before everything in it is searched: runs that end well, that are refused, that fail."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import yaml

from ...lab import STAGES, lay_out
from ...spec import lab_resources
from ...submission.fields import PEOPLE
from . import uploads
from .people import uploaded

#: Longest that one command may take, in seconds.
LONGEST = 600
COHORT = {
    "index_disposals": ["community_order", "suspended_sentence_order"],
    "start_within_months": 6,
    "sexual_offence": "index",
}
#: As little as gives a report.
CHEAP: dict[str, Any] = {
    "cohort": COHORT,
    "covariates": {"use": ["age", "sex", "copas_rate", "previous_offences", "index_disposal"]},
    "balance": {"green_up_to": 0.9, "amber_up_to": 1.0},
    "matching": {"calipers": [0.2]},
    "outcomes": {"measures": ["rate"], "survival_steps": 4},
    "robustness": {
        "calipers": [],
        "nearest_ratios": [],
        "methods": [],
        "leave_one_out": False,
        "placebo": None,
        "gammas": [],
    },
}
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
#: Put into a notebook: people in an error, in what is printed, warned, logged, and left behind for the end.
_SAID = """said = open("people.txt").read()
import atexit, logging, sys, warnings; warnings.warn(said); logging.getLogger("jdl_toolkit").error(said)
print(said); print(said, file=sys.stderr)
"""
_AT_THE_END = "atexit.register(lambda: {}[said])\n"


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
        asked: dict[str, Any] = {
            "request": name,
            "organisation": {"name": "Foundation", "sector": "voluntary"},
            "service": {"name": "Supported housing", "need": "accommodation", "setting": "community"},
            "received": dt.date(2013, 8, 12),
            "register": "own" if submission else "demo",
            "submission": submission or "foundation-2013.xlsx",
        }
        asked |= CHEAP if cheap else {"cohort": COHORT}
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


# --- what ends well --------------------------------------------------------------------------------------------------


def reported(at: Place) -> None:
    """A request with all its stages and subgroups, signed off, answered, released; questionnaires; a bulletin."""
    one = at.request("foundation-2013", cheap=False, subgroups=["sex", "age_band"])
    (at.lab.root / "response.txt").write_text("We are glad of this report, and will say so to those who work with us.")
    last = (dt.date.today().replace(day=1) - dt.timedelta(days=1)).strftime("%Y-%m")
    record = ("record", one)
    at.jdl(
        ("run", one),
        (*record, "sign-off", "--by", "B. Second"),
        (*record, "draft sent", "--by", "A. First"),
        (*record, "response received", "--by", "A. First", "--text-file", "response.txt"),
        ("run", one, "--with-code"),
        ("release", one, "--by", "R. Releaser"),
        ("release", "--check"),
        ("feedback", "--write"),
        ("bulletin", last),
        ("status", "--long", "--json"),
    )


def several(at: Place) -> None:
    """A request of several analyses, with parts of a service and subgroups, executed in Jupyter kernels."""
    name = "bridges-2013.yml"
    shutil.copy(lab_resources() / "parameters" / "requests" / name, at.lab.root / "parameters" / "requests" / name)
    at.jdl(("run", "bridges-2013", "--engine", "kernel"), ("status", "--long"))


def batch(at: Place) -> None:
    """Many at once: one that is answered, one of too few people, two whose workbook is damaged; one run anew."""
    at.request("cheap", subgroups=["sex"])
    _few(at, "too-few")
    for name, how in (("half.xlsx", "cut in half"), ("commas.xlsx", "commas")):
        uploads.broken(at.invented / "foundation-2013.xlsx", at.data(name), how)
        at.request(name.partition(".")[0], name)
    at.jdl(("batch", "--workers", "2"), ("run", "cheap", "--fresh"), ("diff", "cheap"), ("status", "--json"))


def unanswered(at: Place) -> None:
    """Forty people: it ends with the short report of a request that could not be answered."""
    _few(at, "too-few")
    at.jdl(("run", "too-few"), ("run", "too-few", "--json"))


def _few(at: Place, name: str) -> None:
    book = openpyxl.load_workbook(at.invented / "foundation-2013.xlsx")
    book[PEOPLE].delete_rows(42, book[PEOPLE].max_row)
    book.save(at.data(f"{name}.xlsx"))
    at.request(name, f"{name}.xlsx")


def explored(at: Place) -> None:
    """The notebook to explore with, executed at a request's matched sample."""
    at.jdl(("run", at.request("cheap")))
    code = "from pathlib import Path\nfrom jdl_toolkit.lab import Lab\n"
    code += "from jdl_toolkit.execution.notebooks import execute\n"
    code += "lab = Lab(Path('.').resolve())\nhere = lab.root / 'outputs'\n"
    code += "execute(lab, '20_explore', 'cheap', here, here / 'cheap/restricted/notebooks/20_explore.ipynb')\n"
    at.run(("-c", code))


def table(at: Place) -> None:
    """`jdl match` on a table that holds names and identifiers beside what is compared, and names for numbers."""
    people = at.people
    n = np.arange(len(people))
    people["treated"], people["age"], people["outcome"] = (
        (n % 3 == 0).astype(int),
        20 + n * 7 % 40,
        (n % 4 == 0).astype(int),
    )
    people.to_csv(at.data("table.csv"), index=False)
    odd = people.astype({"age": object, "treated": object})
    odd.loc[5, ["age", "treated"]] = at.name
    odd.to_csv(at.data("odd.csv"), index=False)
    asked = ("--treatment", "treated", "--outcome", "outcome", "--covariates")
    at.jdl(
        ("match", "data/table.csv", *asked, "age,sex", "--html", "match.html", "--weights-out", "w.csv"),
        ("match", "data/table.csv", *asked, "age,surname", "--json"),
        ("match", "data/odd.csv", *asked, "age"),
        ("match", "data/odd.csv", *asked, "age", "--json"),
        ("match", "data/odd.csv", "--treatment", "surname", "--outcome", "dob", "--covariates", "pnc_id"),
    )


# --- what is refused -------------------------------------------------------------------------------------------------


def checked(at: Place) -> None:
    """Uploads in which people stand where nobody expects them, checked before anything is sent, and taken in."""
    source = at.invented / "foundation-2013.xlsx"
    files = []
    for i, damage in enumerate(uploads.DAMAGES):
        files.append(at.data(f"damage-{i}.xlsx"))
        uploads.damaged(source, damage, files[-1])
    for name, how in (("half.xlsx", "cut in half"), ("commas.csv", "commas"), ("uneven.csv", "uneven")):
        files.append(at.data(name))
        uploads.broken(source, files[-1], how)
    for file in files:
        at.request(file.stem, file.name)
    at.jdl(*(("check", f"data/{file.name}") for file in files), ("check", f"data/{files[2].name}", "--json"))
    at.jdl(
        ("batch", "--workers", "1", "--until", "intake"),
        ("run", files[0].stem),
        ("run", files[2].stem, "--until", "intake"),
    )


def parted(at: Place) -> None:
    """An upload whose parts of the service are called like people, analysed by them: they would be in every heading."""
    uploads.damaged(at.invented / "foundation-2013.xlsx", "people as parts of the service", at.data("parts.xlsx"))
    parts = at.request("parts", "parts.xlsx", subgroups=["provider", "intervention_type", "region"])
    each = at.request("each", "parts.xlsx", analyses={"all": {"title": "All", "each": "provider"}})
    at.jdl(("run", parts), ("run", each, "--until", "matching"))


def named(at: Place) -> None:
    """People in a request's settings, the name of its file, its response, reasons, feedback and results imported."""
    file = f"List {at.name}.xlsx"
    shutil.copy(at.invented / "foundation-2013.xlsx", at.data(file))
    service = {"name": f"Help for {at.name}", "need": "accommodation", "setting": "community"}
    at.request("file-named", file)
    at.request("service-named", service=service)
    one = at.request("cheap")
    (at.lab.root / "response.txt").write_text(f"{at.name}, born on {at.people.loc[0, 'dob']:%d %B %Y}, was helped.")
    at.data("results.csv").write_text(f"request,organisation,difference\n{at.name},{at.name},{at.name}\n")
    at.data("answers.txt").write_text(f"1: {at.name}\n2: yes\nDear lab, {at.name}\n")
    record = ("record", one)
    at.jdl(
        ("run", "file-named"),
        ("run", "service-named"),
        ("run", one),
        (*record, "sign-off", "--by", "B. Second"),
        (*record, "draft sent", "--by", "A. First"),
        (*record, "response received", "--by", "A. First", "--text-file", "response.txt"),
        ("run", one),
        (*record, "withdrawn", "--by", "A. First", "--reason", f"{at.name} was in it twice"),
        ("import-results", "data/results.csv"),
        ("feedback", "data/answers.txt"),
        ("status",),
    )


def register(at: Place) -> None:
    """A register built from tables in which people stand in columns of dates, numbers and codes."""
    source = at.lab.root / "extract"
    source.mkdir()
    for path in (at.invented / "register").glob("*.parquet"):
        rows = pd.read_parquet(path).astype(object)
        if path.stem in ("person", "offence", "disposal"):
            for i in range(len(rows.columns)):
                rows.iloc[20 * i : 20 * i + 3, i] = at.name
        rows.to_csv(source / f"{path.stem}.csv", index=False)
    build = ("register", "build", "extract", "--out")
    at.jdl(
        (*build, "data/built.duckdb", "--most-set-aside", "0.5"), (*build, "data/strict.duckdb", "--strict", "--json")
    )


# --- what fails ------------------------------------------------------------------------------------------------------


def failing_notebooks(at: Place) -> None:
    """Every stage's notebook in turn: people printed, warned of, logged, left for the end, and in an error's text."""
    for stage in STAGES:
        kept = at.lab.own_notebook(STAGES[stage]).read_bytes()
        at.in_notebook(stage, _AT_THE_END + "raise ValueError(said)")
        at.jdl(("run", at.request("fails")))
        at.lab.own_notebook(STAGES[stage]).write_bytes(kept)
    at.in_notebook("report", "raise ValueError(said)")
    at.jdl(("batch", "--workers", "1"), ("status",))


def printed(at: Place) -> None:
    """The report's notebook prints people and goes on: its HTML would not show it, the notebook itself would."""
    at.in_notebook("report", "")
    at.jdl(("run", at.request("printed")))


def failing_functions(at: Place) -> None:
    """Functions of the toolkit outside of notebooks fail, each with people in the text of its error."""
    one = at.request("cheap")
    at.jdl(("run", one), *(part for *_, part in FAILING), spoilt=[None, *(part[:3] for part in FAILING)])


#: Module, function, what is raised, and the command that comes to it.
FAILING: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("jdl_toolkit.lab", "Lab.spec", "KeyError", ("run", "cheap")),
    ("jdl_toolkit.run", "open_folder", "RuntimeError", ("run", "cheap")),
    ("jdl_toolkit.run", "execute", "ValueError", ("run", "cheap", "--fresh")),
    ("jdl_toolkit.run", "read_closing", "KeyError", ("run", "cheap", "--json")),
    ("jdl_toolkit.render", "write_review", "ValueError", ("run", "cheap", "--until", "linkage")),
    ("jdl_toolkit.run", "check_blocks", "TypeError", ("run", "cheap")),
    ("jdl_toolkit.run", "_leaks", "UnicodeError", ("run", "cheap")),
    ("jdl_toolkit.run", "make_report", "LookupError", ("run", "cheap", "--json")),
    ("jdl_toolkit.render", "refresh_index", "ValueError", ("run", "cheap")),
    ("jdl_toolkit.submission", "marked_up_copy", "ValueError", ("check", "people.txt")),
    ("jdl_toolkit.precheck", "check_upload", "IndexError", ("check", "people.txt")),
    ("jdl_toolkit.lifecycle", "record_event", "ValueError", ("record", "cheap", "sign-off", "--by", "B. Second")),
    ("jdl_toolkit.lifecycle", "all_requests", "ValueError", ("status", "--json")),
    ("jdl_toolkit.release", "release_request", "OSError", ("release", "cheap", "--by", "B. Second")),
    ("jdl_toolkit.bulletin", "make_bulletin", "ValueError", ("bulletin", "2013-10")),
    ("jdl_toolkit.diff", "two_runs", "ValueError", ("diff", "cheap")),
    ("jdl_toolkit.batch", "run_batch", "ValueError", ("batch",)),
    ("jdl_toolkit.register", "build_register", "ValueError", ("register", "build", "data", "--out", "x.duckdb")),
)


def killed(at: Place) -> None:
    """Killed without warning at several moments; at last left as it is."""
    one = at.request("killed")
    started = time.monotonic()
    at.jdl(("run", one))
    whole = time.monotonic() - started
    for share in (0.4, 0.6, 0.75, 0.9):
        at.jdl(("run", one, "--fresh"), kill_after=share * whole)
    at.jdl(("status",))


def debugging(at: Place) -> None:
    """JDL_DEBUG=1, which says that what it shows may hold data: on the screen alone."""
    one = at.request("cheap")
    at.in_notebook("linkage", "raise ValueError(said)")
    spoilt = [None, ("jdl_toolkit.run", "open_folder", "KeyError"), None]
    at.jdl(("run", one), ("run", one), ("batch", "--workers", "1"), spoilt=spoilt, JDL_DEBUG="1")


#: The dearest last: a run that is stopped has tried most by then.
SCENES: dict[str, Callable[[Place], None]] = {
    "could not be answered": unanswered,
    "failing functions": failing_functions,
    "odd uploads": checked,
    "people in settings and texts": named,
    "printed in the report": printed,
    "failing notebooks": failing_notebooks,
    "prepared table": table,
    "register with misplaced people": register,
    "debugging": debugging,
    "reported and released": reported,
    "batch": batch,
    "killed": killed,
    "parts called like people": parted,
    "explored": explored,
    "several analyses": several,
}
