"""Damaged workbooks: can one break the check, or mislead it?

`sent` is the upload as it should be; `files`, `xml`, `sheets`, `cells` and `text` damage it, each kind written into the
register `kinds`. `trial` gives one to `jdl check` and looks for what `limits` names, `running` does so with all of
them, `answer` tells what came of it.
"""

from __future__ import annotations

from ..part import Part
from .answer import KEY, QUESTION, answer
from .running import run

PART = Part(KEY, QUESTION, run, answer, "10 minutes on 1 processor")

__all__ = ["PART"]
