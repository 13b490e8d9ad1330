"""The study as a whole: parts are run, stopped and taken up again; what they found is told in full, and can fail."""

import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest
import validation_page
from browser import assert_accessible
from click.testing import CliRunner

from jdl_toolkit.cli import main
from jdl_toolkit.document import Figure, Table
from jdl_toolkit.errors import JDLError, UnderWay
from jdl_toolkit.render import lint_html
from jdl_toolkit.validation import parts as the_parts
from jdl_toolkit.validation.page import write_page
from jdl_toolkit.validation.part import RESULTS, Answer, Check, Effort, Part
from jdl_toolkit.validation.whole import Validation, run_parts

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 454 60"><rect x="4" y="4" width="90" height="50"/></svg>'
HELD = Check("Coverage, 257 people, no effect", "94.6%", "93.2 to 96.8%", True)
MISSED = Check("Coverage, 30 people, no effect", "81.0%", "93.2 to 96.8%", False, "Too few people for the interval.")
UNTRIED = Check("On real dates", "", "as published", None, "No folder of real histories was named.")


def made_up(key: str, *checks: Check, fault: BaseException | None = None) -> Part:
    """A part that writes what it is told and answers from it; it counts how often it was run."""

    def run(folder: Path, effort: Effort) -> None:
        if fault is not None:
            raise fault
        (folder / "results").mkdir(parents=True, exist_ok=True)
        before = folder / "results" / "about.json"
        n = json.loads(before.read_text())["n_repetitions"] if before.exists() else 0
        about = {"seed": effort.seed, "short": effort.short, "toolkit_version": "9.9.9", "toolkit_commit": "abc"}
        before.write_text(json.dumps(about | {"n_repetitions": n + 1000}))

    def answer(results: Path) -> Answer:
        n = json.loads((results / "about.json").read_text())["n_repetitions"]
        table = Table("bias", "Bias by cell", ("Cell", "Bias"), (("257 v 33,000", "0.1"),), "lr")
        figure = Figure("coverage", "Coverage by cell", "A bar shows the coverage of a cell.", SVG, ({"cell": 1},))
        text = f"It was tried {n:,} times.\n\n- **Bias** is small"
        return Answer(key, f"Does {key} hold?", text, checks, (table,), (figure,))

    return Part(key, f"Does {key} hold?", run, answer, "a second")


@pytest.fixture
def study(monkeypatch, tmp_path):
    """Runs `jdl validate` on made-up parts, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(parts: list[Part], *arguments: str):
        monkeypatch.setattr(the_parts, "PARTS", tuple(parts))
        return CliRunner().invoke(main, ["validate", "--workers", "1", *arguments])

    return call


def test_all_hold(study, tmp_path):
    done = study([made_up("one", HELD), made_up("two", HELD, HELD)])
    assert done.exit_code == 0, done.output
    assert "All 3 checks hold." in done.output and "Green: all 2 checks hold" in done.output
    page = (tmp_path / "validation" / "validation.html").read_text()
    assert lint_html(page) == []
    assert "All 3 checks hold" in page and "Does two hold?" in page and "It was tried 1,000 times." in page
    assert "9.9.9, commit abc" in page and "1,000 repetitions" in page


def test_in_the_background_it_goes_on_by_itself_and_status_tells_what_became_of_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ask = ["validate", "published", "--short", "--workers", "1", "--background", "--json"]
    started = CliRunner().invoke(main, ask)
    assert started.exit_code == 0 and json.loads(started.stdout)["pid"] != os.getpid()
    other = CliRunner().invoke(main, [*ask, "--seed", "2"])
    assert other.exit_code == 2 and ("--seed 1" in other.output or "under way" in other.output)
    deadline, part = time.monotonic() + 240, {}
    while part.get("state") != "finished" and time.monotonic() < deadline:
        time.sleep(0.5)
        told = CliRunner().invoke(main, ["validate", "--short", "--status", "--json"])
        part = json.loads(told.stdout)["parts"]["published"]
    assert part["held"] > 0 and (tmp_path / "validation-short" / "validation.log").exists()


def test_a_check_that_does_not_hold_ends_with_4_and_is_told_first(study, tmp_path):
    done = study([made_up("one", HELD, MISSED), made_up("two", HELD)])
    assert done.exit_code == 4
    assert "Red: 1 of 2 checks does not hold" in done.output and "Too few people for the interval." in done.output
    page = (tmp_path / "validation" / "validation.html").read_text()
    finding = page.index("1 of 3 checks does not hold")
    assert finding < page.index(MISSED.claim) < page.index("How is this to be read?")
    rows = (tmp_path / "validation" / "checks.csv").read_text().splitlines()
    assert rows[0] == "part,claim,found,allowed,holds,why" and rows[2].split(",")[-2:] == ["no", MISSED.why]


def test_what_was_not_tried_is_amber_and_no_failure(study):
    done = study([made_up("one", HELD, UNTRIED)], "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["parts"]["one"]["light"] == "amber"
    assert [check["claim"] for check in told["not_tried"]] == [UNTRIED.claim] and told["failed"] == []


def test_a_short_run_is_no_proof(study, tmp_path):
    done = study([made_up("one", HELD)], "--short")
    assert done.exit_code == 0 and "Amber: its one check holds, in a short run" in done.output
    assert "It is no proof" in (tmp_path / "validation-short" / "validation.html").read_text()


@pytest.mark.parametrize(
    ("fault", "status", "why"),
    [
        (JDLError("an extra is not installed", "workbooks", "install it"), 2, "an extra is not installed"),
        (RuntimeError("Jane Smith, 1980-01-02"), 1, "a fault of the toolkit (RuntimeError)"),
    ],
)
def test_a_part_that_fails_is_red_and_keeps_no_other_from_being_run(study, fault, status, why, tmp_path):
    done = study([made_up("one", HELD, fault=fault), made_up("two", MISSED)])
    assert done.exit_code == status and why in done.output and "Red: 1 of 1 checks does not hold" in done.output
    assert "Jane" not in done.output + (tmp_path / "validation" / "validation.html").read_text()


def test_interrupted_it_keeps_what_is_finished_and_goes_on(study):
    parts = [made_up("one", HELD), made_up("two", HELD, fault=KeyboardInterrupt())]
    assert study(parts).exit_code == 130
    held = study(parts, "--status")
    assert (
        held.exit_code == 0
        and "Amber: stopped before its end" in held.output
        and "Amber: its one check holds" not in held.output
        and "Green: its one check holds" in held.output
    )
    again = study([parts[0], made_up("two", HELD)], "two")
    assert again.exit_code == 0 and "All 2 checks hold." in again.output


def test_parts_are_named(study, tmp_path):
    parts = [made_up("one", HELD), made_up("two", MISSED)]
    assert study(parts, "one").exit_code == 0
    page = (tmp_path / "validation" / "validation.html").read_text("utf-8")
    assert "1 of 2 questions has an answer; the one check tried holds" in page
    assert "no answer yet of two" in study(parts, "--status").output
    done = study(parts, "three")
    assert done.exit_code == 2 and "choose among one, two" in done.output


def test_one_folder_holds_one_study(study):
    assert study([made_up("one", HELD)], "--out", "here").exit_code == 0
    other = study([made_up("one", HELD)], "--out", "here", "--seed", "7")
    assert other.exit_code == 2 and "--seed 1" in other.output
    assert study([made_up("one", HELD)], "--out", "here", "--short").exit_code == 2
    assert study([made_up("one", HELD)], "--out", "nowhere", "--status").exit_code == 2


def test_two_runs_at_once_are_refused(tmp_path):
    def at_once(folder: Path, effort: Effort) -> None:
        (state,) = (run.state for run in Validation.read(tmp_path, [part]).runs)
        assert state == "running"
        with pytest.raises(UnderWay):
            run_parts([part], tmp_path, effort)
        (folder / "results").mkdir()
        (folder / "results" / "about.json").write_text('{"seed": 1, "n_repetitions": 1}')

    part = made_up("one", HELD)
    part = Part(part.key, part.question, at_once, part.answer, part.takes)
    run_parts([part], tmp_path, Effort(workers=1))
    assert Validation.read(tmp_path, [part]).runs[0].state == "finished"


def test_a_run_that_was_killed_is_told_as_stopped(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "run.json").write_text('{"state": "running", "seconds": 12.0}')
    (run,) = Validation.read(tmp_path, [made_up("one", HELD)]).runs
    assert (run.state, run.seconds, run.answer) == ("stopped", 12.0, None)


def test_results_alone_are_read_and_damaged_ones_are_red(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "about.json").write_text('{"seed": 3, "n_repetitions": 5000}')
    found = Validation.read(tmp_path, [made_up("one", HELD)])
    assert found.part("one").answer.text.startswith("It was tried 5,000 times") and found.runs[0].light == "green"
    (tmp_path / "one" / "about.json").write_text('{"seed": 3}')
    (run,) = Validation.read(tmp_path, [made_up("one", HELD)]).runs
    assert (run.state, run.light, run.why) == ("failed", "red", "its results cannot be read (KeyError)")


def test_the_page_is_accessible(tmp_path, browser):
    parts = [made_up("one", HELD, MISSED, UNTRIED), made_up("two", *[HELD] * 12), made_up("three", HELD)]
    run_parts(parts[:2], tmp_path, Effort(workers=1))
    page = write_page(Validation.read(tmp_path, parts), tmp_path / "page.html").read_text()
    assert_accessible(browser, page)
    assert len(re.findall(r'<th scope="row" class="l">Coverage, 257 people', page)) == 13


# --- the real study --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", the_parts.PARTS, ids=lambda part: part.key)
def test_a_short_run_of_each_part_holds(part, short_part, tmp_path):
    shutil.copytree(short_part(part) / RESULTS, tmp_path / part.key)
    run = Validation.read(tmp_path, the_parts.PARTS).part(part.key)
    assert run.state == "finished" and run.is_short, run.why
    assert run.answer.checks and [check for check in run.answer.checks if check.holds is False] == []
    assert lint_html(write_page(Validation((run,)), tmp_path / "page.html").read_text()) == []


def test_the_page_of_the_documentation_is_what_the_results_make():
    held = {path: path.read_text("utf-8") for path in (validation_page.STUDY / "pictures").glob("*")}
    held |= {path: path.read_text("utf-8") for path in (validation_page.PAGE, validation_page.STUDY / "checks.csv")}
    assert held == validation_page.files(), "renew it with `python tests/validation_page.py`"
    assert "\\`" not in held[validation_page.PAGE], (
        "answers are plain words: their marks for code are shown as they are"
    )


def test_the_notebook_asks_what_the_study_asks_and_runs_from_its_results():
    cells = json.loads((validation_page.ROOT / "notebooks" / "30_validation.ipynb").read_text())["cells"]
    headings = [line[3:].strip() for cell in cells for line in cell["source"] if line.startswith("## ")]
    assert [heading for heading in headings if heading in {part.question for part in the_parts.PARTS}] == [
        part.question for part in the_parts.PARTS
    ]
    space: dict = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), space)
    assert [run.part for run in space["found"].runs] == list(the_parts.PARTS)
    assert all(run.blocks() for run in space["found"].runs)
