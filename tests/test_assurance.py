"""The log of assumptions says what the toolkit does: its values are the defaults, and each part of them has a line."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "assurance.md"
DEFAULTS = yaml.safe_load((ROOT / "parameters" / "defaults.yml").read_text("utf-8"))
MARKS = ("Green", "Amber", "Red")
#: Sections about the conduct of a lab, or about one request alone: nothing in them alters a number.
NO_ASSUMPTION = {"report", "analyses", "subgroups", "intensity_bands", "robustness"}


def log(text: str) -> list[list[str]]:
    """Cells of the lines of the log."""
    lines = re.findall(r"^\| [A-E]\d+ .*$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def settings(text: str) -> list[tuple[str, str | None]]:
    """Settings that the log names, each with its value if one is given."""
    named = re.findall(r"`(\w+\.\w+)(?:: ([^`]+))?`", "\n".join(" | ".join(cells) for cells in log(text)))
    return [(name, value or None) for name, value in named if name.split(".")[0] in DEFAULTS]


def differing(text: str) -> list[str]:
    """Settings that the log states otherwise than the defaults."""
    wrong = []
    for name, value in settings(text):
        section, key = name.split(".")
        held = DEFAULTS[section].get(key, "no such setting")
        if held == "no such setting" or (value is not None and yaml.safe_load(value) != held):
            wrong.append(name)
    return wrong


def test_values_are_the_defaults():
    text = PAGE.read_text("utf-8")
    assert len(settings(text)) >= 25 and not differing(text)
    assert differing(text.replace("`balance.amber_up_to: 0.1`", "`balance.amber_up_to: 0.2`")) == [
        "balance.amber_up_to"
    ]


def test_every_section_of_the_defaults_has_a_line():
    named = {name.split(".")[0] for name, _ in settings(PAGE.read_text("utf-8"))}
    sections = {name for name, value in DEFAULTS.items() if isinstance(value, dict | list)}
    assert sections - named == NO_ASSUMPTION


def test_lines_are_numbered_without_a_gap_and_marked_twice():
    lines = log(PAGE.read_text("utf-8"))
    for letter in "ABCDE":
        numbers = [int(cells[0][1:]) for cells in lines if cells[0].startswith(letter)]
        assert numbers == list(range(1, len(numbers) + 1)) and numbers
    for number, choice, quality, impact, ground in lines:
        assert quality in MARKS and impact in MARKS, number
        assert len(choice) > 20 and len(ground) > 10, number


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)", PAGE.read_text("utf-8")))))
def test_what_it_refers_to_exists(target):
    assert (PAGE.parent / target).resolve().exists()


def test_lines_that_a_lab_must_judge_exist():
    text = PAGE.read_text("utf-8")
    last = text.split("## Who keeps this page")[1]
    numbers = {cells[0] for cells in log(text)}
    asked = set(re.findall(r"\b[A-E]\d+\b", last))
    assert asked and asked <= numbers
    reds = {cells[0] for cells in log(text) if cells[2] == "Red" and cells[3] == "Red"}
    assert reds <= asked
