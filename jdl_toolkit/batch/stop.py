"""Being asked to stop: Ctrl-C, a scheduler's SIGTERM, or a terminal that was closed (SIGHUP)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: What asks a batch to stop, where the system knows it.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stop:
    """Hears signals while its block runs.

    Before work has begun the first one interrupts at once. Then the first is only noted, so that it breaks nothing off
    in the middle; the second interrupts; and while the record is written none does. A signal that whoever started this
    has it ignore (`nohup`) stays ignored.
    """

    def __init__(self) -> None:
        self.n_heard = 0
        self._raise_at = 1
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._hear) for number in heard}
        return self

    def __exit__(self, *exc: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.n_heard += 1
        if self.n_heard == self._raise_at:
            raise KeyboardInterrupt

    @property
    def is_asked(self) -> bool:
        """Whether a signal has come."""
        return self.n_heard > 0

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """While the block runs, which may have to wait long, the first signal interrupts."""
        before, self._raise_at = self._raise_at, 1
        try:
            if self.is_asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._raise_at = before

    def note_the_first(self) -> None:
        """From here on the first signal is noted, and the second interrupts."""
        self._raise_at = 2

    def note_all(self) -> None:
        """From here on no signal interrupts."""
        self._raise_at = 0

    def wait(self, seconds: float) -> bool:
        """Wait so long for a signal; whether one has come."""
        until = time.monotonic() + seconds
        while not self.is_asked and time.monotonic() < until:
            time.sleep(0.02)
        return self.is_asked
