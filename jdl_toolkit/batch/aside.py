"""Work that a batch has done by another process: what it needs is imported there already, and the view stays live."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from .. import execution
from ..errors import JDLError
from .work import be_quiet


class Aside:
    """A function called in a process of its own, which ends with this one.

    Parameters
    ----------
    function : callable
        Of a module.
    *arguments
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        context = execution.context()
        self._tells, tell = context.Pipe(duplex=False)
        self._process = context.Process(target=_call, args=(tell, function, arguments))
        execution.start(self._process)
        tell.close()

    @property
    def is_done(self) -> bool:
        return self._tells.poll()

    def result(self) -> Any:
        """What the function gave back; waits for it.

        Raises
        ------
        JDLError
            As the function raised it.
        ChildProcessError
            If it raised anything else, or its process died.
        """
        try:
            value = self._tells.recv()
        except EOFError:
            value = ChildProcessError("the process died")
        self._process.join()
        self._tells.close()
        if isinstance(value, BaseException):
            raise value
        return value

    def stop(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.join()
        self._tells.close()


def _call(tell: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    execution.end_with_parent()
    be_quiet()
    try:
        tell.send(function(*arguments))
    except JDLError as fault:
        tell.send(fault)
    except Exception as fault:  # its text may hold data
        tell.send(ChildProcessError(type(fault).__name__))
