"""An invented register with known truth: OGRS3 is its risk engine, published statistics its mirror."""

from __future__ import annotations

from typing import Any

__all__ = ["synthesise_register"]


def __getattr__(name: str) -> Any:
    """Load a public function on first use, so that importing one part does not import them all."""
    if name == "synthesise_register":
        from .register import synthesise_register

        return synthesise_register
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
