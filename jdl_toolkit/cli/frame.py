"""What all commands share: the group, `--json`, examples in the help, failures without a traceback, progress."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..errors import JDLError, StageFailed, disk_full, is_disk_full, refused_by_system, refused_in_words

DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])


class Command(click.Command):
    """A command with `--json`, an example in its help, and failures told without a traceback."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output.")
        )

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        """Parse the options; whoever asked for JSON is told of a mistake in JSON, too."""
        asked = "--json" in args
        try:
            return super().make_context(info_name, args, *more, **extra)
        except click.UsageError as fault:
            if asked:
                click.echo(json.dumps({"error": fault.format_message(), "exit_status": fault.exit_code}))
            raise

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.epilog:
            with formatter.section("Example"):
                formatter.write_text(self.epilog)


def command(group: click.Group, name: str, example: str) -> Callable[[Callable[..., tuple]], click.Command]:
    """Register a function that returns ``(values, words)`` as a command.

    A third part is work that starts once that is told, and lasts until the user interrupts it.
    """

    def register(function: Callable[..., tuple]) -> click.Command:
        @group.command(name, cls=Command, epilog=example, help=function.__doc__)
        @wraps(function)
        def call(as_json: bool, **options: Any) -> None:
            try:
                with _stopped_in_order():
                    values, words, *lasting = function(**options)
            except KeyboardInterrupt as stopped:
                click.echo("Interrupted. What was finished is kept; run the same command again to go on.", err=True)
                sys.exit(128 + getattr(stopped, "number", signal.SIGINT))
            except Exception as fault:  # every failure ends with a message and a status, never with a traceback
                sys.exit(_tell(fault, as_json))
            try:
                click.echo(json.dumps(values, default=str) if as_json else words)
            except BrokenPipeError:  # whoever read has gone; click ends it without a word
                raise
            except OSError as fault:
                sys.exit(_tell(fault, as_json=False))
            for work in lasting:
                work()
            sys.exit(values.get("exit_status", 0))

        return call

    return register


class _Stopped(KeyboardInterrupt):
    """A scheduler, or the terminal as it is closed, asks for an end: `number` is its signal."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def _stopped_in_order() -> Iterator[None]:
    """End on SIGTERM and SIGHUP as on Ctrl-C, unless they are dealt with already; what they meet is on record then."""

    def stop(number: int, _: Any) -> None:
        raise _Stopped(number)

    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = threading.current_thread() is threading.main_thread()
    free = [one for one in known if ours and signal.getsignal(one) is signal.SIG_DFL]
    for one in free:
        signal.signal(one, stop)
    try:
        yield
    finally:
        for one in free:
            signal.signal(one, signal.SIG_DFL)


def _tell(fault: Exception, as_json: bool) -> int:
    if isinstance(fault, OSError) and not os.environ.get("JDL_DEBUG"):
        fault = disk_full(Path.cwd()) if is_disk_full(fault) else refused_by_system(fault) or fault
    elif not os.environ.get("JDL_DEBUG"):
        fault = refused_in_words(type(fault).__name__, str(fault)) or fault
    status = fault.exit_status if isinstance(fault, JDLError) else 1
    if isinstance(fault, JDLError):
        message = str(fault)
    elif isinstance(fault, StageFailed) and fault.fix:
        message = f"{fault}\n  What to do: {fault.fix}"
    elif isinstance(fault, StageFailed):
        fix = "The executed notebook, in the request's restricted folder, shows it as far as it came."
        message = f"A fault of the toolkit: {fault}.\n{fix}"
    elif os.environ.get("JDL_DEBUG"):
        raise fault
    else:  # the text of an unforeseen error may hold data: its class is all that is printed
        message = f"A fault of the toolkit ({type(fault).__name__}). JDL_DEBUG=1 shows where; that may hold data."
    click.echo("\n".join([message, *getattr(fault, "__notes__", ())]), err=True)
    if as_json:
        click.echo(json.dumps({"error": message, "exit_status": status}))
    return status


class Commands(click.Group):
    """All commands. What a terminal has no characters for, a page or a name, is told as well as it can be."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command that was typed."""
        with suppress(AttributeError, ValueError):  # closed, or not a text stream of Python's own
            sys.stdout.reconfigure(errors="replace")
        try:
            return super().main(*args, **kwargs)
        except OSError as fault:  # of printing the help
            sys.exit(_tell(fault, as_json=False))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="jdl")
def main() -> None:
    """Matched-cohort evaluation for a Justice Data Lab: from an organisation's workbook to its published report."""


@main.group("register")
def register_group() -> None:
    """Build and check a lab's register of records."""


def bar() -> Callable[[str], None]:
    """Progress of long work, a line a step, on standard error when a person is watching."""
    started = time.perf_counter()

    def tell(step: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"  {time.perf_counter() - started:6.1f} s  {step}", err=True)

    return tell


@contextmanager
def step_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar over steps of unequal length, on standard error when a person is watching."""
    from tqdm import tqdm

    layout = "{l_bar}{bar}| {n}/{total} [{elapsed}]"
    with tqdm(total=1, file=sys.stderr, disable=None, bar_format=layout, leave=False) as bar:

        def tell(step: str, done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.set_description(f"{step:<22}")

        yield tell


def stage_progress(until: str = "report") -> tuple[Callable[[str, str, float], None], Callable[[str], None]]:
    """A progress bar over the stages of a request up to one, on standard error, and what to tell a step of a stage."""
    from tqdm import tqdm

    from ..lab import STAGES

    layout = "{l_bar}{bar}| {n:.0f}/{total} [{elapsed}]"
    total = [*STAGES, until].index(until) + 1
    bar = tqdm(total=total, file=sys.stderr, disable=None, bar_format=layout)

    def tell(stage: str, state: str, share: float) -> None:
        if state == "running":
            bar.set_description(f"{stage:<9}")
        else:
            bar.update(share)
        if state == "failed" or bar.n >= total - 1e-9:
            bar.close()

    def tell_step(step: str) -> None:
        bar.set_description(step)

    return tell, tell_step
