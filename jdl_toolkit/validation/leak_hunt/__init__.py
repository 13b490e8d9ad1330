"""The leak hunt: thousands of invented people sought in everything that a lab leaves, whatever became of its runs."""

from __future__ import annotations

from ..part import Part
from .answer import KEY, QUESTION, answer
from .running import run

PART = Part(KEY, QUESTION, run, answer, "15 minutes on 2 processors")

__all__ = ["PART"]
