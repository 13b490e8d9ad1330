"""One damaged workbook, given to `jdl check` in a process of its own with bounded time and memory; what came of it.

A workbook *survived* if none of `limits.FAULTS` was found. Whether the file could be read in the end is
another matter: a refusal in plain words is as good as a page, and a page on people who were not sent is worse than
either.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import resource
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import pandas as pd

from ...execution import server
from ...precheck.page import write_page
from ...render.lint import lint_html
from ...spec import intake_spec, lab_resources
from ...submission import Submission, marked_up_copy
from ...submission.fields import PEOPLE
from .kinds import Made
from .limits import MOST_MEMORY, MOST_SECONDS, MOST_WAITING
from .sent import NEEDLES, TRUTH, WHO, xlsx


@dataclass(frozen=True)
class Outcome:
    """What became of one damaged workbook.

    Parameters
    ----------
    end : str
        ``read`` (all people as they were sent), ``remarked`` (others or fewer, with remarks), ``refused``, ``failed``.
    faults : tuple of str
        Keys of `limits.FAULTS`; empty: it survived.
    status : int or None
        Exit status; None if the process was killed.
    seconds : float
    memory_mb : float
        The most that was in use, the toolkit's own included.
    message : str
        First lines of what was shown, for whoever mends the toolkit; never part of the results.
    """

    end: str
    faults: tuple[str, ...]
    status: int | None
    seconds: float
    memory_mb: float
    message: str = field(default="", compare=False)


class Checker:
    """A process that has imported everything and forks itself for each file, whose own process may come to any end.

    Use it in a ``with`` block; ``check(...)`` gives an `Outcome`.
    """

    def __enter__(self) -> Self:
        context = server.context()
        self._pipe, theirs = context.Pipe()
        self._process = server.start(context.Process(target=_serve, args=(theirs,)))
        theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(10)
        self._process.kill()
        self._process.join()

    def check(self, made: Made, folder: Path, undetectable: bool = False) -> Outcome:
        """Check one file.

        Parameters
        ----------
        made : (str, bytes) or (str, bytes, dict of str to bytes)
            Name under which it is sent, content, other files in its folder.
        folder : Path
            To work in; it must not be there yet.
        undetectable : bool
            The damage makes another workbook that is as good: nobody could tell.
        """
        name, content, *beside = made
        place = folder / "sent"
        place.mkdir(parents=True)
        sent = {name: content} | (beside[0] if beside else {})
        for file, text in sent.items():
            (place / file).write_bytes(text)
        self._pipe.send((str(place / name), str(folder)))
        status = self._pipe.recv()
        told_file = folder / "told.json"
        told = json.loads(told_file.read_text("utf-8")) if told_file.is_file() else {}
        return _judged(told, status, folder, sent, name, undetectable)


def _judged(
    told: dict[str, Any], status: int | None, folder: Path, sent: dict[str, bytes], name: str, undetectable: bool
) -> Outcome:
    place, shown = folder / "sent", _shown(folder)
    faults = ["hung"] if status is None else ["died"] if "status" not in told else []
    if "status" in told:
        faults += _of_words(told["status"], shown, place, name)
    faults += [] if _is_untouched(place, sent, name, folder) else ["changed"]
    end = "failed"
    if told.get("status") in (0, 2, 3):
        end = _end(told) if "people" in told else "refused"
    if end == "misread":
        faults += [] if undetectable else ["misread"]
        end = "remarked"
    first = "\n".join(shown.splitlines()[:6])[:800]
    seconds = told.get("seconds", float(MOST_SECONDS))
    return Outcome(end, tuple(faults), told.get("status", status), seconds, told.get("memory_mb", 0.0), first)


def _serve(pipe: Connection) -> None:
    """In the process that forks: one child for each file, ended when its time is over; None is then its status."""
    from ... import precheck  # noqa: F401
    from ...cli import main  # noqa: F401

    server.end_with_parent()
    with tempfile.TemporaryDirectory(prefix="jdl-warm.") as folder:  # what the first check imports, all others have
        path = Path(folder) / "sent" / "upload.xlsx"
        path.parent.mkdir()
        path.write_bytes(xlsx())
        spec = intake_spec(lab_resources() / "parameters" / "defaults.yml")
        warm = precheck.check_upload(path, spec)
        marked_up_copy(path, warm.submission, Path(folder) / "marked.xlsx")
        write_page(warm, Path(folder) / "page.html", dt.date(2013, 8, 12))
    while True:
        try:
            path_, folder_ = pipe.recv()
        except (EOFError, OSError):
            return
        child = os.fork()
        if child == 0:
            try:
                _check(path_, folder_)
            finally:
                os._exit(0)
        pipe.send(_wait(child))


def _wait(child: int) -> int | None:
    until = time.monotonic() + MOST_WAITING
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return None if code == -signal.SIGXCPU else code
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _check(path: str, folder: str) -> None:
    """In the child: `jdl check`, with its output in files and its memory bounded."""
    from ... import precheck
    from ...cli import main

    place = Path(folder)
    for number, name in ((1, "out.txt"), (2, "err.txt")):
        handle = os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", 0), "utf-8")
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", 0), "utf-8", "backslashreplace")
    kept: list[Any] = []
    whole = precheck.check_upload

    def watched(*given: Any) -> Any:
        kept.append(whole(*given))
        return kept[-1]

    precheck.check_upload = watched
    _bound()
    os.chdir(Path(path).parent)
    status, started = 1, time.process_time()
    try:
        main(["check", "--", Path(path).name], standalone_mode=True)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    told: dict[str, Any] = {"status": status, "seconds": round(time.process_time() - started, 3)}
    told["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    if kept:
        told |= _read(kept[0].submission)
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    (place / "told.part").write_text(json.dumps(told), "utf-8")
    os.replace(place / "told.part", place / "told.json")


def _bound() -> None:
    """No more than `MOST_SECONDS`, nor than `MOST_MEMORY` beyond what is in use, where the system says what that is."""
    used_up = int(time.process_time()) + MOST_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (used_up, used_up + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    size = Path("/proc/self/statm")
    if size.is_file():
        used = int(size.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, used + MOST_MEMORY))


def _read(submission: Submission) -> dict[str, Any]:
    """Who was read, and which rows have remarks."""
    people = submission.people[["row", *WHO]].astype(object)
    days = {key: people[key].map(lambda day: str(day)[:10]) for key in ("dob", "service_start", "service_end")}
    of_people = submission.issues[submission.issues["sheet"] == PEOPLE]
    rows = [None if pd.isna(row) else int(row) for row in of_people["row"]]
    return {
        "people": [[str(cell) for cell in row] for row in people.assign(**days).itertuples(index=False)],
        "issues": list(zip(rows, of_people["code"], strict=True)),
    }


def _shown(folder: Path) -> str:
    files = [folder / name for name in ("out.txt", "err.txt")]
    return "\n".join(file.read_text("utf-8", "replace") for file in files if file.is_file())


def _of_words(status: Any, shown: str, place: Path, name: str) -> list[str]:
    stem = Path(name).stem
    page, copy = place / f"{stem}-check.html", place / f"{stem}-marked.xlsx"
    faults = [] if status in (0, 2, 3) else ["fault"]
    faults += ["traceback"] if "Traceback (most recent call last)" in shown else []
    written = [file for file in (page, copy) if file.exists()]
    if len(shown.strip()) < 20 or (status in (2, 3) and not written and "What to do" not in shown):
        faults.append("silent")
    text = page.read_text("utf-8") if page.is_file() else ""
    faults += ["personal"] if any(needle in shown or needle in text for needle in NEEDLES) else []
    whole = len(written) == 2 and not lint_html(text) and _is_workbook(copy)
    faults += ["half-written"] if written and not whole else []
    return faults


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None and "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def _is_untouched(place: Path, sent: dict[str, bytes], name: str, folder: Path) -> bool:
    """Whether what was sent is as it was, and nothing was written but the copy and the page."""
    stem = Path(name).stem
    allowed = {*sent, f"{stem}-check.html", f"{stem}-marked.xlsx"}
    outside = {file.name for file in folder.iterdir()} - {"sent", "told.json", "out.txt", "err.txt"}
    same = all((place / file).is_file() and (place / file).read_bytes() == text for file, text in sent.items())
    return same and {file.name for file in place.iterdir()} <= allowed and not outside


def _end(told: dict[str, Any]) -> str:
    """Whether all who were sent were read, and if not, whether each difference has a remark."""
    people = [(int(row), tuple(map(_folded, cells))) for row, *cells in told["people"]]
    left, odd = Counter(tuple(map(_folded, who)) for who in TRUTH), []
    for row, who in people:
        if left[who] > 0:
            left[who] -= 1
        else:
            odd.append(row)
    n_lost = sum(left.values()) - len(odd)
    if not odd and not n_lost:
        return "read"
    of_rows = {row for row, _ in told["issues"]}
    first = min((row for row, _ in people), default=0)
    of_sheet = any(row is None or row < first for row, _ in told["issues"])
    unsaid = [row for row in odd if row not in of_rows]
    lost_unsaid = n_lost > 0 and not told["issues"]
    return "misread" if (unsaid and not of_sheet) or lost_unsaid else "remarked"


def _folded(cell: str) -> str:
    """A cell as linkage takes it: capitals make no difference, and there is one word for nothing."""
    return "none" if cell in ("nan", "NaT", "<NA>") else str(cell).casefold()
