"""Where answers are kept: the answers alone in one place, who gave them and what they wrote in another.

``outputs/feedback/answers/<number>.json`` holds the choices of one questionnaire under a number drawn at random;
``outputs/feedback/restricted/received.json`` which report each number is of, and ``restricted/words/`` what was written
freely. The former may be shown to anybody in the lab; only the latter tells who answered.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from ..errors import JDLError
from ..manifest import alone
from ..releases import read_releases, released_findings, version_folder
from ..result import write_atomically
from ..spec import Model
from .questions import BY_KEY
from .reading import Answered, read_questionnaire
from .workbook import Asked, write_questionnaire

FEEDBACK = "feedback"
QUESTIONNAIRES, ANSWERS, RESTRICTED = "questionnaires", "answers", "restricted"
LEDGER = "received.json"


class Received(Model):
    """That a questionnaire came back: of which report, when, and the number that its answers are kept under."""

    request: str
    version: int = Field(ge=1)
    received: dt.date
    digest: str
    number: str


class Ledger(Model):
    """Everything that came back, by request."""

    received: dict[str, Received] = {}


def place(outputs: Path, *parts: str) -> Path:
    """A place below the folder of all feedback."""
    return Path(outputs).joinpath(FEEDBACK, *parts)


def read_ledger(outputs: Path) -> Ledger:
    """Who answered.

    Raises
    ------
    JDLError
        If the record cannot be read.
    """
    path = place(outputs, RESTRICTED, LEDGER)
    if not path.exists():
        return Ledger()
    try:
        return Ledger.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as fault:
        what = f"the record of questionnaires cannot be read ({type(fault).__name__})"
        raise JDLError(what, f"{FEEDBACK}/{RESTRICTED}/{LEDGER}", "restore it from a copy") from None


def read_answers(outputs: Path, number: str) -> dict[str, str]:
    """The choices of one questionnaire; questions that are no longer asked are left out.

    Raises
    ------
    JDLError
        If they are gone or cannot be read.
    """
    try:
        answers = json.loads(place(outputs, ANSWERS, f"{number}.json").read_text(encoding="utf-8"))
        return {key: value for key, value in answers.items() if key in BY_KEY and value in BY_KEY[key].choices}
    except (OSError, ValueError, AttributeError):
        fix = "restore it from a copy, or read the questionnaire again"
        raise JDLError("answers cannot be read", f"{FEEDBACK}/{ANSWERS}/{number}.json", fix) from None


def keep_answers(files: Sequence[Path], outputs: Path, today: dt.date) -> list[tuple[str, str]]:
    """Read filled questionnaires and keep them, all or none.

    Returns
    -------
    list of (str, str)
        File name, and what became of it: "read", "read before", "takes the place of an earlier answer".

    Raises
    ------
    JDLError
        With all faults of all files; nothing is kept then.
    """
    versions = {(release.request, release.version) for release in read_releases(outputs)}
    read, problems = [], []
    for file in files:
        try:
            found = read_questionnaire(file)
            if (found.request, found.version) not in versions:
                fix = "check that it is of this lab; `jdl status` lists what was released"
                raise JDLError(
                    f"it is of `{found.request}`, version {found.version}, which was not released", file.name, fix
                )
            read.append((file, found))
        except JDLError as fault:
            problems += fault.problems
    if problems:
        raise JDLError(problems)
    with alone(outputs, FEEDBACK, "the feedback"):
        return [(file.name, _keep(found, outputs, today)) for file, found in read]


def _keep(found: Answered, outputs: Path, today: dt.date) -> str:
    """Keep one: its answers first, then the record, then what it replaces is deleted; a record never points nowhere."""
    ledger = read_ledger(outputs)
    earlier = ledger.received.get(found.request)
    if earlier is not None and earlier.digest == found.digest:
        return "read before"
    number = secrets.token_hex(8)
    write_atomically(
        place(outputs, ANSWERS, f"{number}.json"), json.dumps(found.choices, indent=1, sort_keys=True) + "\n"
    )
    words = place(outputs, RESTRICTED, "words", f"{number}.json")
    if found.words:
        write_atomically(words, json.dumps(found.words, indent=1, ensure_ascii=False) + "\n")
    entry = Received(request=found.request, version=found.version, received=today, digest=found.digest, number=number)
    updated = Ledger(received=dict(sorted((ledger.received | {found.request: entry}).items())))
    write_atomically(place(outputs, RESTRICTED, LEDGER), updated.model_dump_json(indent=1) + "\n")
    if earlier is None:
        return "read"
    for path in (place(outputs, ANSWERS, f"{earlier.number}.json"), words.with_name(f"{earlier.number}.json")):
        path.unlink(missing_ok=True)
    return "takes the place of an earlier answer"


def write_missing(outputs: Path) -> list[Path]:
    """Write the questionnaire on every report's latest version that has results and no questionnaire yet."""
    written = []
    for release in {release.request: release for release in read_releases(outputs)}.values():
        folder = place(outputs, QUESTIONNAIRES)
        there = (folder / f"{release.request}-{release.version}-feedback.xlsx").exists()
        has_findings = (version_folder(outputs, release.request, release.version) / "findings.json").exists()
        if release.answered and has_findings and not there:
            asked = Asked.of(released_findings(outputs, release), release.version)
            written.append(write_questionnaire(asked, release.version, folder))
    return written
