"""Pages of documentation as their reader follows them: every block of code is typed in, in order, and compared.

What a block is, the reader sees as well as the test:

- ``console``: lines that start with ``$`` are typed; the lines below are what comes of it. A command that ends with a
  status other than 0 is followed by ``$ echo $?``, which shows it.
- ``python``: run in one session a page; with ``>>>`` as a doctest, its output compared.
- any block after a sentence that ends in a file's name and a colon (```in `a.yml`:```) is written to that file.
- ``diff``: each hunk's old lines stand exactly once in the file that it names, and are replaced by the new ones.
- ``text``: for the eye alone.
- ``{code-block} console`` with ``:class: by-hand``: what a test cannot do (ask a network, open a window).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jdl_toolkit.cli import main
from jdl_toolkit.execution import server

BY_HAND = "by-hand"
RUN, SHOWN = ("console", "python", "diff"), ("text",)
_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
_FILE = re.compile(r"`([\w.-]+(?:/[\w.-]+)*\.\w+)`:$")
#: What differs between machines, days and releases -> what stands for it.
_MASKS = (
    (re.compile(r"\b\d{4}-\d\d-\d\d([T ]\d\d:?\d\d(:?\d\d)?(\.?\d+)?)?"), "<day>"),
    (re.compile(r"\b\d{1,2} (?:January|February|March|April|May|June|July|August"
                r"|September|October|November|December) \d{4}"), "<day>"),
    (re.compile(r"\b\d+(\.\d+)? ?(s|seconds|minutes|MB|GB)\b"), "<size>"),
    (re.compile(r"\b\d+\.\d+\.\d+\S*"), "<version>"),
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "<hash>"),
    (re.compile(r"[─━═-]{3,}"), "---"),
    (re.compile(r"\s+"), " "),
)  # fmt: skip


class PageFault(AssertionError):
    """A mistake on a page: where it stands, and what came instead."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and options, the line of its fence, its text, and the file it is written to."""

    page: Path
    line: int
    language: str
    options: tuple[str, ...]
    text: str
    file: str | None

    @property
    def is_by_hand(self) -> bool:
        return f":class: {BY_HAND}" in self.options

    def fault(self, message: str, offset: int = 0) -> PageFault:
        return PageFault(f"{self.page}:{self.line + 1 + len(self.options) + offset}: {message}")


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if not opened:
            number += 1
            continue
        end = next(n for n in range(number + 1, len(lines)) if lines[n].rstrip() == opened["fence"])
        inside = lines[number + 1 : end]
        info = opened["info"].strip()
        is_directive = info.startswith("{code-block}")
        options = tuple(line for line in inside if line.startswith(":")) if is_directive else ()
        before = next((line for line in reversed(lines[:number]) if line.strip()), "")
        yield Block(
            page,
            number + 1,
            info.removeprefix("{code-block}").strip(),
            options,
            "\n".join(inside[len(options) :]) + "\n",
            found[1] if (found := _FILE.search(before)) else None,
        )
        number = end + 1


def alike(text: str) -> str:
    """A line without what differs between machines and days."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text.strip()


def matches(expected: list[str], found: list[str]) -> bool:
    """Whether lines are as expected; ``...`` stands for any lines, and within a line for anything."""
    if not expected:
        return not found
    first, rest = expected[0], expected[1:]
    if first.strip() == "...":
        return any(matches(rest, found[n:]) for n in range(len(found) + 1))
    pattern = ".*".join(re.escape(part) for part in alike(first).split("..."))
    return bool(found) and re.fullmatch(pattern, alike(found[0])) is not None and matches(rest, found[1:])


def commands(block: Block) -> Iterator[tuple[int, str, list[str]]]:
    """Line within the block, command, and expected lines of output without empty ones."""
    lines = block.text.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("$ ")]
    if lines and (not starts or starts[0] != 0):
        raise block.fault("a console block begins with a line that starts with `$ `")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        command = [lines[start][2:]]
        n = start + 1
        while command[-1].endswith("\\") and n < end:
            command.append(lines[n].removeprefix("> "))
            n += 1
        yield start, "\n".join(command), [line for line in lines[n:end] if line.strip()]


def plain_words(command: str) -> list[str]:
    """The words of a command; none if it asks anything of the shell."""
    words = shlex.shlex(command, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    found = list(words)
    return [] if any(set(word) <= set("();<>|&") for word in found) or set("$`*?~") & set(command) else found


def run_jdl(words: list[str], folder: str, variables: dict[str, str], output: str) -> None:
    """Run `jdl` in this process, which is its own, as a shell would start it."""
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    for number, path, how in ((0, os.devnull, os.O_RDONLY), (1, output, os.O_WRONLY | os.O_APPEND)):
        os.dup2(os.open(path, how), number)
    os.dup2(1, 2)
    sys.stdin, sys.stdout, sys.stderr = (open(n, "rw"[n > 0], encoding="utf-8") for n in (0, 1, 2))
    sys.argv = ["jdl", *words]
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


class Follower:
    """Somebody who follows a page to the letter, in a folder.

    Parameters
    ----------
    folder : Path
        Where the page starts.
    is_quick : bool
        A plain line of `jdl` is then no program of its own, whose imports take longer than most of what it does, but a
        process forked from the server that has imported everything, as those of a batch are. The same command runs, in
        the same folder, on the same words.
    variables : dict
        Variables of the environment besides those of the test.
    """

    def __init__(self, folder: Path, is_quick: bool = False, **variables: str) -> None:
        self.folder, self.status, self.is_quick = folder, 0, is_quick
        commands = Path(sys.executable).parent
        own = {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120", "LANG": "C.UTF-8"}
        self.variables = os.environ | own | variables
        # A reader's terminal is no build server, on which pytest prints more.
        for name in [n for n in self.variables if n.startswith(("JDL_", "PYTEST_")) or n in ("CI", "BUILD_NUMBER")]:
            del self.variables[name]
        self._python: subprocess.Popen | None = None

    def follow(self, page: Path) -> None:
        """Do what every block says.

        Raises
        ------
        PageFault
            At the first thing that is not as the page says, with page and line.
        """
        try:
            for block in blocks(page):
                self._do(block)
        finally:
            self.close()

    def close(self) -> None:
        if self._python is not None:
            self._python.stdin.close()
            self._python.stdout.close()
            self._python.wait(timeout=30)
            self._python = None

    def _do(self, block: Block) -> None:
        if block.is_by_hand or block.language in SHOWN:
            return
        if block.file is not None:
            file = self.folder / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            self._type(block)
        elif block.language == "python":
            self._run(block)
        elif block.language == "diff":
            self._edit(block)
        else:
            raise block.fault(f"a block of `{block.language}` after no file's name: it is neither run nor written")

    def _type(self, block: Block) -> None:
        typed = list(commands(block))
        for (offset, command, expected), after in zip(typed, [*typed[1:], None], strict=True):
            words = plain_words(command)
            printed = self._fork(words[1:]) if self.is_quick and words[:1] == ["jdl"] else self._shell(command)
            lines = [line for line in printed.splitlines() if line.strip()]
            if not matches(expected, lines):
                raise block.fault(_differing(command, expected, lines), offset)
            if self.status and (after is None or after[1] != "echo $?"):
                told = "\n".join(lines)
                raise block.fault(f"$ {command}\nended with {self.status}, and no `$ echo $?` says so:\n{told}", offset)

    def _shell(self, command: str) -> str:
        """What the shell prints of a command, which goes on from where the last one left it."""
        script = f"(exit {self.status}); {command}\nstatus=$?; pwd >&3; exit $status"
        reads, writes = os.pipe()
        with os.fdopen(reads) as where:
            found = subprocess.run(
                ["bash", "-c", f"exec 3>&{writes}; {script}"],
                cwd=self.folder,
                env=self.variables,
                pass_fds=[writes],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
            os.close(writes)
            self.folder = Path(where.read().strip() or self.folder)
        self.status = found.returncode
        return found.stdout

    def _fork(self, words: list[str]) -> str:
        """What `jdl` prints, run in a process forked from the server."""
        with tempfile.NamedTemporaryFile() as printed:
            asked = (words, str(self.folder), dict(self.variables), printed.name)
            process = server.start(server.context().Process(target=run_jdl, args=asked))
            process.join()
            self.status = process.exitcode
            return printed.read().decode("utf-8")

    def _run(self, block: Block) -> None:
        if self._python is None:
            self._python = subprocess.Popen(
                [sys.executable, "-c", SESSION],
                env=self.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                cwd=self.folder,
            )
        told = {"source": block.text, "folder": str(self.folder), "name": str(block.page), "line": block.line}
        self._python.stdin.write(json.dumps(told) + "\n")
        self._python.stdin.flush()
        answer = self._python.stdout.readline()
        fault = json.loads(answer) if answer else "the session of Python ended"
        if fault:
            raise block.fault(fault)

    def _edit(self, block: Block) -> None:
        name, hunks = None, []
        for line in block.text.splitlines():
            if line.startswith("+++ "):
                name = line[4:].strip().removeprefix("b/")
            elif line.startswith("@@"):
                hunks.append((name, []))
            elif not line.startswith("--- "):
                hunks[-1][1].append(line)
        for name, lines in hunks:
            old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
            new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
            file = self.folder / name
            text = file.read_text(encoding="utf-8")
            if (n := text.count(old)) != 1 or not old:
                raise block.fault(
                    f"the unchanged and removed lines of a hunk stand {n} times in {name}, not once:\n{old}"
                )
            file.write_text(text.replace(old, new), encoding="utf-8")


def _differing(command: str, expected: list[str], found: list[str]) -> str:
    return "\n".join(
        [f"$ {command}", "the page shows", *(f"  {e}" for e in expected), "but this comes", *(f"  {f}" for f in found)]
    )


#: One namespace; a block is run as doctests if it has prompts. Its answer is what is wrong, or nothing.
SESSION = r"""
import contextlib, doctest, io, json, os, sys, traceback
names = {"__name__": "__main__"}
sys.path.insert(0, "")
flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
for told in sys.stdin:
    told, said, fault = json.loads(told), io.StringIO(), ""
    os.chdir(told["folder"])
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            if ">>> " in told["source"]:
                told_where = (told["name"], told["name"], told["line"])
                test = doctest.DocTestParser().get_doctest(told["source"], names, *told_where)
                runner = doctest.DocTestRunner(optionflags=flags)
                runner.run(test, clear_globs=False, out=said.write)
                names.update(test.globs)
                fault = said.getvalue() if runner.failures else ""
            else:
                exec(compile("\n" * told["line"] + told["source"], told["name"], "exec"), names)
        except BaseException:
            fault = traceback.format_exc()
    print(json.dumps(fault), flush=True)
"""
