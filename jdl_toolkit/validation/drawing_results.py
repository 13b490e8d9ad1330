"""What came of the services that do nothing, for a reader."""

from pathlib import Path

KEY = "drawing-rules"
QUESTION = "Do the rules about time keep a service that does nothing from looking good?"


def answer(results: Path):
    raise NotImplementedError
