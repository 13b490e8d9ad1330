"""What the pages of documentation tell somebody to type does what they say, from the first command to the last."""

from __future__ import annotations

import re
import shlex
import shutil
from collections import Counter
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from pages_of_code import Block, Follower, PageFault, alike, blocks, matches
from registers import make_spec

from jdl_toolkit.cli import main

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
START = DOCS / "getting-started.md"
TUTORIALS = DOCS / "tutorials"

#: Pages that start in the working folder of Getting started, as it is at its end.
IN_THE_LAB = ("first-request", "own-register", "a-new-notebook", "reading-a-report")
#: Pages that start in a copy of the toolkit, beside such a folder.
IN_A_COPY = ("adding-a-covariate", "adding-a-measure")
#: What no test can do, by page: to clone, to install, to open a window, to undo by git. One more needs a reason.
BY_HAND = {"getting-started": 4, "adding-a-covariate": 1, "adding-a-measure": 1}
#: Pages of the other documentation, whose lines of `jdl` are held to the commands as they are.
OTHERS = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


@pytest.fixture(scope="session")
def lab(made_once) -> Path:
    """The working folder at the end of Getting started: a copy for each process."""

    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        Follower(folder).follow(START)

    return made_once("getting-started", make) / "my-lab"


@pytest.fixture
def own(lab, tmp_path) -> Path:
    """A folder of one page's own, with the working folder of Getting started in it."""
    shutil.copytree(lab, tmp_path / "my-lab")
    return tmp_path


@pytest.fixture
def copy(own) -> Path:
    """The toolkit beside that folder, to be changed."""
    for name in ("jdl_toolkit", "notebooks", "parameters", "tests", "docs"):
        shutil.copytree(ROOT / name, own / "jdl_toolkit" / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))
    for name in ("pyproject.toml", "README.md", "GLOSSARY.md"):
        shutil.copy(ROOT / name, own / "jdl_toolkit" / name)
    return own / "jdl_toolkit"


def test_getting_started(lab):
    assert (lab / "outputs" / "foundation-2013" / "report" / "report.html").exists()


@pytest.mark.parametrize("page", IN_THE_LAB)
def test_a_tutorial_in_the_lab(page, own):
    Follower(own / "my-lab", is_quick=True).follow(TUTORIALS / f"{page}.md")


@pytest.mark.parametrize("page", IN_A_COPY)
def test_a_tutorial_that_changes_the_toolkit(page, copy):
    Follower(copy, PYTHONPATH=str(copy)).follow(TUTORIALS / f"{page}.md")


def test_every_tutorial_is_followed_and_little_is_left_to_do_by_hand():
    pages = {page.stem: page for page in TUTORIALS.glob("*.md")}
    code = {name for name, page in pages.items() if any(b.language not in ("{toctree}", "text") for b in blocks(page))}
    assert code == {*IN_THE_LAB, *IN_A_COPY}
    found = Counter({name: sum(b.is_by_hand for b in blocks(page)) for name, page in pages.items()})
    found["getting-started"] = sum(b.is_by_hand for b in blocks(START))
    assert +found == BY_HAND


# --- the other pages -------------------------------------------------------------------------------------------------


def lines_of_jdl(page: Path) -> list[tuple[str, str]]:
    """Where a command of `jdl` stands in a block of code, and the command without its remark."""
    found = []
    for block in blocks(page):
        for n, line in enumerate(block.text.splitlines(), start=block.line + 1 + len(block.options)):
            if re.match(r"(\$ )?jdl [a-z]", line):
                found.append((f"{page.name}:{n}", line.removeprefix("$ ")))
    return found


ALL_LINES = [line for page in [*OTHERS, START, *sorted(TUTORIALS.glob("*.md"))] for line in lines_of_jdl(page)]


@pytest.mark.parametrize(("where", "line"), ALL_LINES, ids=[where for where, _ in ALL_LINES])
def test_every_command_on_a_page_exists_with_the_options_that_it_is_given(where, line):
    words = shlex.split(line, comments=True)[1:]
    command, names = main, []
    while isinstance(command, click.Group):
        names.append(words.pop(0))
        assert names[-1] in command.commands, f"{where}: there is no command {' '.join(names)}"
        command = command.commands[names[-1]]
    context = click.Context(command, info_name=" ".join(["jdl", *names]))
    try:
        command.make_parser(context).parse_args(words)
    except click.UsageError as fault:
        pytest.fail(f"{where}: {fault.format_message()}")


README = [block for block in blocks(ROOT / "README.md") if block.language == "yaml"]


@pytest.mark.parametrize("block", README, ids=lambda block: f"README.md:{block.line}")
def test_settings_that_the_readme_shows_are_settings(block):
    assert make_spec(**yaml.safe_load(block.text)).request


def test_the_readmes_table_is_matched(tmp_path, monkeypatch):
    """The one command of the README that needs nothing but a table; the others are typed in the tutorials."""
    monkeypatch.chdir(tmp_path)
    drawn = np.random.default_rng(1)
    table = pd.DataFrame({"age": drawn.integers(18, 60, 400), "sex": drawn.choice(["F", "M"], 400)})
    table["prior"], table["rearrested"] = drawn.poisson(2, 400), drawn.integers(0, 2, 400)
    table.assign(helped=drawn.integers(0, 4, 400) == 0).to_csv("trial.csv", index=False)
    ((_, line),) = [found for found in lines_of_jdl(ROOT / "README.md") if "trial.csv" in found[1]]
    done = CliRunner().invoke(main, shlex.split(line)[1:])
    assert done.exit_code == 0 and "treated people" in done.output
    assert (tmp_path / "trial.html").stat().st_size > 5_000


# --- the runner itself -----------------------------------------------------------------------------------------------


def followed(tmp_path: Path, text: str) -> str:
    """The fault of a page, or nothing."""
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    try:
        Follower(tmp_path).follow(page)
    except PageFault as fault:
        return str(fault)
    return ""


CONSOLE = """# A page

```console
$ cd ..; mkdir -p sub; cd sub
$ echo one; echo; echo two
one
two
$ pwd | sed 's/.*\\///'
sub
$ exit 4
$ echo $?
4
```

Write this into `deep/a.yml`:

```yaml
b: 1
c: 2
```

```diff
--- deep/a.yml
+++ deep/a.yml
@@
 b: 1
-c: 2
+c: 3
```

```console
$ cat deep/a.yml
b: 1
c: 3
```

```python
>>> from pathlib import Path
>>> Path("deep/a.yml").read_text()
'b: 1...'
```

```python
said = Path.cwd().name
```

```python
>>> said
'sub'
```
"""


def test_a_page_is_followed_from_block_to_block(tmp_path):
    (tmp_path / "inner").mkdir()
    page = tmp_path / "page.md"
    page.write_text(CONSOLE, encoding="utf-8")
    Follower(tmp_path / "inner").follow(page)
    assert (tmp_path / "sub" / "deep" / "a.yml").read_text() == "b: 1\nc: 3\n"


@pytest.mark.parametrize(
    ("changed", "line", "why"),
    [
        (("two\n$", "three\n$"), 5, "but this comes"),
        (("$ echo $?\n4", "$ echo $?\n3"), 11, "the page shows"),
        (("$ echo $?\n4\n", "$ ls\n"), 10, "ended with 4"),
        (("-c: 2", "-c: 9"), 23, "stand 0 times in deep/a.yml"),
        (("'b: 1...'", "'x: 1...'"), 38, "Expected"),
        (("said = Path", "said = Pth"), 44, "NameError"),
        (("Write this into `deep/a.yml`:", "Write this."), 18, "neither run nor written"),
    ],
)
def test_a_mistake_is_told_with_its_page_and_line(changed, line, why, tmp_path):
    assert CONSOLE.count(changed[0]) == 1
    (tmp_path / "inner").mkdir()
    fault = followed(tmp_path / "inner", CONSOLE.replace(*changed))
    assert fault.startswith(f"{tmp_path / 'inner' / 'page.md'}:{line}:") and why in fault


def test_days_versions_and_times_are_masked_and_counts_are_not():
    assert alike("run of 2026-11-22, 1.2.3, in 4.1 s") == alike("run of 2031-01-02, 0.9.12, in 77 s")
    assert alike("22 November 2026") == alike("3 May 2031")
    assert alike("278 people") != alike("279 people") and alike("0.05") != alike("0.06")
    assert matches(["a", "...", "d e... g"], ["a", "b", "c", "d e f g"])
    assert not matches(["a", "..."], ["b"]) and not matches(["a"], ["a", "b"]) and matches([], [])


def test_a_block_by_hand_is_known_by_its_class(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```{code-block} console\n:class: by-hand\n$ git clone x\n```\n", encoding="utf-8")
    (found,) = blocks(page)
    assert isinstance(found, Block) and found.is_by_hand and found.language == "console"
    assert followed(tmp_path, page.read_text()) == ""
