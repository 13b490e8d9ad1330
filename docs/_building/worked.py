"""The demonstration request, worked through: its executed notebooks as pages. Everybody in them is invented."""

from __future__ import annotations

from pathlib import Path


def executed(cache: Path) -> dict[str, Path]:
    return {}


def pages(notebooks: dict[str, Path]) -> dict[str, str]:
    return {"worked/index.md": "# A request, worked through\n\nLeft out of this build.\n"}
