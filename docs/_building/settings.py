"""Every key of `parameters/defaults.yml` with its default and the comment that gives its meaning and source."""

from __future__ import annotations

import re

KEY = re.compile(r"^(?P<indent> *)(?P<key>[\w]+):(?P<value>[^#]*?)(?:\s*#\s*(?P<comment>.*))?$")
#: A comment that goes on, on a line of its own.
MORE = re.compile(r"^\s*#\s*(?P<comment>.*)$")
#: A value that goes on, with or without a comment of its own.
REST = re.compile(r"^(?P<value>[^#]*?)(?:\s*#\s*(?P<comment>.*))?$")


def entries(text: str) -> list[tuple[str, str, str]]:
    """Full name, default and comment of every key, in the order of the file; a group has no default."""
    found: list[list[str]] = []
    above: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        if key := KEY.match(line):
            depth = len(key["indent"]) // 2
            above = [*above[:depth], key["key"]]
            found.append([".".join(above), key["value"].strip(), key["comment"] or ""])
        elif more := MORE.match(line):
            if found:
                found[-1][2] = f"{found[-1][2]} {more['comment']}".strip()
        elif (rest := REST.match(line)) and found:
            found[-1][1] += f" {rest['value'].strip()}"
            found[-1][2] = f"{found[-1][2]} {rest['comment'] or ''}".strip()
    return [(name, value, comment) for name, value, comment in found]


def page(text: str) -> str:
    """The page, in Markdown: a table for each group of settings."""
    listed = entries(text)
    groups = {name.split(".")[0] for name, _, _ in listed if "." in name}
    lines = [
        "# Settings",
        "",
        "Every choice of the toolkit, as `parameters/defaults.yml` states it. A request states only",
    ]
    lines += ["what differs. [S4] is *Justice Data Lab: the pilot year* (Ministry of Justice, 2014).", ""]
    head = ["", "| setting | default | what it is |", "| --- | --- | --- |"]
    for name, value, comment in listed:
        top, _, rest = name.partition(".")
        if not rest and top in groups:
            lines += [
                "",
                f"## `{top}`",
                "",
                *([f"{comment[0].upper()}{comment[1:]}.", ""] if comment else []),
                *head[1:],
            ]
            continue
        if not rest:
            lines += ["", f"## `{top}`", *head]
        lines.append(f"| `{rest or top}` | {_code(value)} | {_words(comment)} |")
    return "\n".join([*lines, ""])


def _code(value: str) -> str:
    return f"`{value}`" if value else ""


def _words(comment: str) -> str:
    return comment.replace("|", "\\|").replace("[[", "\\[\\[").replace("$", "\\$")
