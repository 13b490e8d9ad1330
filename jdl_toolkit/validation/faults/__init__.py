"""Faults of machine and files, really done to runs in a temporary lab: what was tried, and what was survived."""

from ..part import Part
from .answer import KEY, QUESTION, answer
from .suite import run

PART = Part(KEY, QUESTION, run, answer, "a quarter of an hour on 2 processors")

__all__ = ["PART", "answer", "run"]
