"""Every command of `jdl`, from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from jdl_toolkit.cli import main


def commands(group: click.Group, name: str = "jdl") -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups entered, in the order `jdl --help` has."""
    context = click.Context(group, info_name=name)
    for one in group.list_commands(context):
        command = group.get_command(context, one)
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {one}")
        elif not command.hidden:
            yield f"{name} {one}", command


def page() -> str:
    """The page, in Markdown: usage, what the command does, its options, an example."""
    lines = ["# Commands", "", "What `jdl COMMAND --help` prints. A command ends with status 0 (done), 2 (the input is"]
    lines += ["wrong), 3 (the request could not be answered), 4 (a gate is closed) or 1 (a fault of the toolkit).", ""]
    for name, command in commands(main):
        lines += section(name, command)
    return "\n".join(lines)


def section(name: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    lines = [f"## `{name}`", "", "```text", usage, "```", "", *_paragraphs(command.help or "")]
    rows = [row for one in command.get_params(context) if (row := one.get_help_record(context)) and row[1]]
    lines += ["| option | what it does |", "| --- | --- |"]
    lines += [f"| `{option.replace('|', chr(92) + '|')}` | {_cell(words)} |" for option, words in rows]
    if command.epilog:
        examples = [line.strip() for line in command.epilog.replace("\b", "").splitlines() if line.strip()]
        lines += ["", "Example:", "", "```text", *examples, "```"]
    return [*lines, ""]


def _paragraphs(text: str) -> list[str]:
    """Help as click reads it: paragraphs are filled, those after a \\b keep their lines."""
    lines: list[str] = []
    for part in inspect.cleandoc(text).split("\f")[0].split("\n\n"):
        kept = part.startswith("\b")
        lines += ["```text", part.removeprefix("\b").strip("\n"), "```", ""] if kept else [_words(part), ""]
    return lines


def _words(text: str) -> str:
    return text.replace("<", "\\<").replace("$", "\\$").replace("*", "\\*").replace("_", "\\_")


def _cell(text: str) -> str:
    return _words(text).replace("|", "\\|").replace("[", "\\[").replace("\n", " ")
