"""Hostile texts: does one, in any field, run, break or leak anything?

`texts` are the texts. `fields` tries one in one field; `findings` holds one in every field, and `published` follows
those to report, bulletin and index page; `line` goes the whole way from register and upload. `files` sees whether a
text took effect. `running` does it all, `answer` tells what came of it.
"""

from __future__ import annotations

from ..part import Part
from .answer import KEY, QUESTION, answer
from .running import run

PART = Part(KEY, QUESTION, run, answer, "15 minutes on 1 processor")

__all__ = ["PART"]
