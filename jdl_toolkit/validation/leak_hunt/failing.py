"""Scenes that fail: in a notebook, in a function of the toolkit, killed, with people in the text of the error."""

from __future__ import annotations

import time

from ...lab import STAGES
from .place import Place

#: For a notebook: an error with people in its text, raised when its process ends.
_AT_THE_END = "atexit.register(lambda: {}[said])\n"


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
