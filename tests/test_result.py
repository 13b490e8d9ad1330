"""Results are saved whole or not at all, and come back as they were."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import yaml

from jdl_toolkit.errors import JDLError
from jdl_toolkit.numbers import MINIMUM_CELL, shown_count
from jdl_toolkit.result import Result, write_atomically

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Inner(Result):
    people: pd.DataFrame
    note: str


@dataclass(frozen=True)
class Outer(Result):
    inner: Inner
    rows: pd.DataFrame
    messages: tuple[str, ...]
    maybe: Inner | None


def example(note="as it was"):
    frame = pd.DataFrame({"unit_id": [1, 2], "index_date": pd.to_datetime(["2009-02-28", None]), "sex": ["F", None]})
    return Outer(Inner(frame, note), frame, ("one", "two"), None)


def test_a_result_comes_back_as_it_was_saved(tmp_path):
    example().save(tmp_path / "outer")
    back = Outer.load(tmp_path / "outer")
    pd.testing.assert_frame_equal(back.inner.people, example().inner.people)
    assert back.messages == ("one", "two") and back.inner.note == "as it was" and back.maybe is None


def test_saving_again_replaces_all_of_it_and_leaves_nothing_beside(tmp_path):
    example("first").save(tmp_path / "outer")
    example("second").save(tmp_path / "outer")
    assert Outer.load(tmp_path / "outer").inner.note == "second"
    assert [p.name for p in tmp_path.iterdir()] == ["outer"]


def test_a_fault_while_saving_keeps_the_earlier_result(tmp_path):
    example("first").save(tmp_path / "outer")
    broken = Outer(example().inner, pd.DataFrame({"x": [object()]}), (), None)
    with pytest.raises(pa.ArrowInvalid):
        broken.save(tmp_path / "outer")
    assert Outer.load(tmp_path / "outer").inner.note == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["outer"]


def test_a_missing_or_damaged_result_says_so_and_what_to_do(tmp_path):
    with pytest.raises(JDLError, match="--fresh"):
        Outer.load(tmp_path / "outer")
    example().save(tmp_path / "outer")
    (tmp_path / "outer" / "rows.parquet").write_bytes(b"no parquet")
    with pytest.raises(JDLError, match="Outer is missing or unreadable"):
        Outer.load(tmp_path / "outer")


def test_results_show_no_rows():
    assert repr(example()) == str(example()) == example().summary() == "Outer"
    assert "2009" not in repr(example()) + example()._repr_html_()


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "manifest.json"
    write_atomically(path, "first")
    with pytest.raises(TypeError):
        write_atomically(path, None)
    assert path.read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]


def test_small_counts_are_those_of_the_defaults():
    defaults = yaml.safe_load((ROOT / "parameters" / "defaults.yml").read_text())
    assert MINIMUM_CELL == defaults["disclosure"]["minimum_cell"]
    assert [shown_count(n) for n in (0, 1, 4, 5)] == ["0", "fewer than 5", "fewer than 5", "5"]
    assert shown_count(9, 10) == "fewer than 10"
