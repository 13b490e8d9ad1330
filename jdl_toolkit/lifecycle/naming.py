"""Whether what somebody writes about a request names anybody: of its upload, or of the register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..disclosure import kinds_in_texts
from ..errors import JDLError, Problem
from ..findings import Findings
from ..lab import Lab
from ..register import Register
from ..spec import RequestSpec
from ..stage import RequestFolder
from ..submission import Submission


def kinds_named(
    lab: Lab, spec: RequestSpec, folder: RequestFolder, texts: Sequence[str], findings: Any
) -> list[list[str]]:
    """Kinds of personal data in each text, held against the upload, if it was taken in, and the register.

    Parameters
    ----------
    lab : Lab
    spec : RequestSpec
    folder : RequestFolder
    texts : sequence of str
    findings : Findings or the like
        Whose public texts may stand in them, see `disclosure.find_leaks`.
    """
    taken_in = folder.restricted / "submission"
    people = Submission.load(taken_in).people if taken_in.is_dir() else None
    with Register.open(lab.register_file(spec)) as register:
        return kinds_in_texts(texts, register, people, findings)


def faults_of_reason(
    lab: Lab, spec: RequestSpec, folder: RequestFolder, reason: str, place: str = "--reason"
) -> list[Problem]:
    """What is wrong with a reason that names somebody: it stays on record, and no later page can take it back."""
    if not reason:
        return []
    try:
        known: Any = Findings.read(folder.findings_file)
    except JDLError:
        known = _Asked(spec)
    (kinds,) = kinds_named(lab, spec, folder, [reason], known)
    what = f"the reason names somebody ({', '.join(kinds)}); nothing was recorded"
    return [Problem(what, place, "say it without a name, date of birth or number of a person")] if kinds else []


@dataclass(frozen=True)
class _Asked:
    """What may stand in a text about a request that has no findings yet."""

    spec: RequestSpec

    def given_names(self) -> list[str]:
        return [self.spec.organisation.name, self.spec.service.name]

    public_names = given_names

    def public_texts(self) -> list[str]:
        return [self.spec.request, *self.given_names()]

    def labels(self) -> list[str]:
        return []

    def public_dates(self) -> list[dt.date]:
        return [self.spec.received]
