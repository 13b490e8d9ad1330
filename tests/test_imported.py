"""Results published elsewhere: read as they come, kept as they are, used where they can be."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from reference_tables import GOLDEN
from scipy import stats

from jdl_toolkit.cli import main
from jdl_toolkit.errors import JDLError
from jdl_toolkit.imported import import_results, read_imported, usable_figures
from jdl_toolkit.imported.printed import read_printed
from jdl_toolkit.imported.reading import read_results, read_row
from jdl_toolkit.imported.schema import COLUMNS
from jdl_toolkit.imported.store import keep
from jdl_toolkit.imported.words import Direction, read_direction, read_period, read_significance
from jdl_toolkit.portfolio import RESULT_COLUMNS
from jdl_toolkit.render.lint import lint_html

PUBLISHED = GOLDEN / "published_results.csv"
TODAY = dt.date(2026, 11, 22)
RATE = "one-year proven reoffending rate"


def result(**cells: str) -> dict[str, str]:
    given = {"id": "1", "programme": "A service", "outcome": RATE, "unit": "percent", "source_title": "A report"}
    return given | cells


def write(path: Path, *rows: dict[str, str], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def imported(path: Path, outputs: Path, reason: str = ""):
    made, is_new = import_results(path, outputs, TODAY, reason)
    keep(made, outputs)
    return made, is_new


@pytest.mark.parametrize(
    ("text", "value", "half", "relation"),
    [
        ("33", 33, 0.5, "="), ("-0.2", -0.2, 0.05, "="), ("−38", -38, 0.5, "="), ("1,246", 1246, 0.5, "="),
        ("<=0.05", 0.05, 0.005, "<"), ("p < 0.01", 0.01, 0.005, "<"), ("76500 (approx)", 76500, 50, "="),
        ("about 1200", 1200, 50, "="), ("26%", 26, 0.5, "="), ("12 points", 12, 0.5, "="), ("+3", 3, 0.5, "="),
    ],
)  # fmt: skip
def test_printed_figures(text, value, half, relation):
    found = read_printed(text)
    assert (found.value, round(found.half, 9), found.relation) == (value, half, relation)


@pytest.mark.parametrize(
    "text", ["", "lower", "lower/lower/later", "33 to 35", "12 of 30", "=1+1", "1e5", "33,5", "-", "."]
)
def test_what_is_no_figure(text):
    assert read_printed(text) is None


def test_decimal_commas_belong_to_semicolons():
    assert read_printed("-0,2", decimal_comma=True).value == -0.2
    assert read_printed("1,246", decimal_comma=True).value == 1246


def test_words():
    assert [read_significance(t) for t in ("yes (lower)", "no", "not stated", "see report", "reported same")] == [
        True, False, None, None, None,
    ]  # fmt: skip
    assert read_significance("rate no / frequency yes") is None
    assert read_direction("yes (increase)") is Direction.higher and read_direction("lower; longer") is None
    assert read_period("Dec 2013") == (dt.date(2013, 12, 1), dt.date(2013, 12, 31))
    assert read_period("reported 2 Jun 2015") == (dt.date(2015, 6, 2),) * 2
    assert read_period("27 July (2023 inferred)") == (dt.date(2023, 7, 27),) * 2
    assert read_period("2013-14") == (dt.date(2013, 1, 1), dt.date(2014, 12, 31))
    assert read_period("12/07/2018") == (dt.date(2018, 7, 12),) * 2
    assert read_period("not dated in source") is None and read_period("2018-13-01") is None
    assert read_period("0000") is None and read_period("31 Feb 2013") is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path, encoding, delimiter):
    path = write(
        tmp_path / "a.csv",
        result(programme="Café, West", effect_t_minus_c="-6.5"),
        encoding=encoding,
        delimiter=delimiter,
    )
    (row,) = read_results(path)
    assert row.programme == "Café, West" and row.effect.value == -6.5


def test_all_faults_at_once(tmp_path):
    wrong = [
        result(id="7"), result(id="7"), result(id="8", programme=""), result(id="9", need="acommodation"),
        result(id="10", sector="church", published="soon"),
    ]  # fmt: skip
    with pytest.raises(JDLError) as caught:
        read_results(write(tmp_path / "a.csv", *wrong))
    said = str(caught.value)
    assert len(caught.value.problems) == 5
    for words in (
        "row 3: the id `7` is that of row 2", "row 4: `programme` is empty", "row 5: `need` is `acommodation`",
        "did you mean `accommodation`?", "row 6: `sector` is `church`", "row 6: `published` is `soon`",
    ):  # fmt: skip
        assert words in said, words


def test_unknown_columns_have_their_nearest_name(tmp_path):
    row = {"ci_95_low": "", "weather": "", **result()}
    row["outcomes"] = row.pop("outcome")
    with pytest.raises(JDLError) as caught:
        read_results(write(tmp_path / "a.csv", row))
    said = str(caught.value)
    assert "did you mean `ci95_low`?" in said and "did you mean `outcome`?" in said and "`weather`" in said
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("content", [b"", b"\n\n", b"id,programme\n", b"\x00\x01\x02", b"\xff\xfe\x00"])
def test_files_that_are_none(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(JDLError) as caught:
        read_results(tmp_path / "a.csv")
    assert ".xlsx" not in str(caught.value)


def test_nobody_is_no_group():
    assert read_row(result(n_treatment="0", n_control="-5")).unreadable == ("n_treatment", "n_control")


def test_published_words_are_kept_and_what_is_no_number_is_told():
    row = read_row(result(n_submitted="many", effect_t_minus_c="lower", p_value="0.02"))
    assert row.unreadable == ("n_submitted", "effect_t_minus_c") and row.direction is Direction.lower
    assert row.as_published["effect_t_minus_c"] == "lower" and row.p_value.value == 0.02


@pytest.mark.parametrize(
    ("cells", "figures", "words"),
    [
        ({"effect_t_minus_c": "-20", "ci95_low": "-38", "ci95_high": "-1"}, (-20, -38, -1), ""),
        (
            {"treatment_value": "19", "control_value": "26", "ci95_low": "-8", "ci95_high": "-5"},
            (-7, -8, -5),
            "two rates",
        ),
        ({"ci95_low": "-13", "ci95_high": "-0.2"}, (-6.6, -13, -0.2), "middle"),
    ],
)
def test_figures_as_published(cells, figures, words):
    found = usable_figures(read_row(result(**cells)))
    assert (found.difference, found.low, found.high) == pytest.approx(figures)
    assert words in found.derived and bool(found.derived) == bool(words) and not found.why_not


def test_figures_that_follow_from_a_p_value():
    found = usable_figures(read_row(result(effect_t_minus_c="-6", p_value="0.03")))
    assert found.difference - found.low == pytest.approx(6 * stats.norm.ppf(0.975) / stats.norm.ppf(0.985))
    bound = usable_figures(read_row(result(effect_t_minus_c="-6", p_value="<0.05")))
    assert bound.why_not.startswith("listed only: no interval is published")


def test_figures_that_follow_from_rates_and_sizes():
    """By hand: 33 of 100 among 257 and 35 among 33,111: a standard error of 2.95 points, times 1.969 (t, 256)."""
    found = usable_figures(
        read_row(result(treatment_value="33", control_value="35", n_treatment="257", n_control="33111"))
    )
    assert found.difference == -2 and found.high + 2 == pytest.approx(5.81, abs=0.005)


def test_the_portfolios_table(tmp_path):
    made, _ = imported(PUBLISHED, tmp_path)
    table = read_imported(tmp_path).set_index("request")
    assert [c for c in RESULT_COLUMNS if c not in table] == ["request"] and len(table) == 52
    used = table[table["why_not"].isna()]
    assert [key.split(":")[1] for key in used.index] == ["1", "2", "5", "7", "8", "9"]
    lewes = table.loc["published-results:2"]
    assert (lewes["difference_pp"], lewes["ci_low_pp"], lewes["ci_high_pp"]) == (-20, -38, -1)
    assert lewes["verdict"] == "reduction" and lewes["n_treatment"] == 30 and not lewes["derived"]
    assert lewes["se_pp"] == pytest.approx(18.5 / stats.t.ppf(0.975, 29)) and lewes["source"] == "imported"
    foundation = table.loc["published-results:1"]
    assert (
        foundation["derived"]
        and foundation["verdict"] == "inconclusive"
        and foundation["published"] == dt.date(2013, 12, 1)
    )
    assert "Derived: " in foundation["remarks"][0] and foundation["treatment_value"] == 0.33
    other = table.loc["published-results:57"]
    assert other["remarks"] == ("This is not an analysis of a Justice Data Lab.",) and pd.isna(other["verdict"])
    assert not other["service"].startswith("NON-JDL")
    assert made.to_values()["n_used"] == 6


def test_no_imports_is_an_empty_table(tmp_path):
    table = read_imported(tmp_path)
    assert table.empty and set(RESULT_COLUMNS) < set(table)


def test_a_row_whose_own_figures_contradict_each_other_is_listed_only(tmp_path):
    row = result(effect_t_minus_c="-2", ci95_low="-9", ci95_high="-4")
    imported(write(tmp_path / "odd.csv", row), tmp_path)
    (found,) = read_imported(tmp_path).to_dict("records")
    assert found["why_not"] == "listed only: the interval does not hold the difference"
    assert found["remarks"] == ("The difference is −2, above the limit of −4.",)


def test_never_replaced_silently(tmp_path):
    first = result(effect_t_minus_c="-5", ci95_low="-9", ci95_high="-1")
    path = write(tmp_path / "Results 2014.csv", first)
    made, is_new = imported(path, tmp_path)
    assert is_new and made.name == "results-2014"
    assert import_results(path, tmp_path, TODAY)[1] is False  # the very same file
    write(path, first | {"ci95_high": "-2", "ci95_low": "-8"})
    with pytest.raises(JDLError, match="imported under the name `results-2014`"):
        import_results(path, tmp_path, TODAY)
    made, _ = imported(path, tmp_path, "a limit was misprinted")
    assert (made.version, made.reason) == (2, "a limit was misprinted")
    assert (tmp_path / "imported" / "earlier" / "results-2014-1.json").exists()
    assert read_imported(tmp_path)["ci_high_pp"].tolist() == [-2]


def test_one_result_in_two_imports_counts_once(tmp_path):
    row = result(effect_t_minus_c="-5", ci95_low="-9", ci95_high="-1", publication="Dec 2013")
    imported(write(tmp_path / "a.csv", row), tmp_path)
    imported(write(tmp_path / "b.csv", row), tmp_path)
    assert read_imported(tmp_path)["why_not"].tolist()[1] == "listed only: it is in the import `a` already"
    other = write(tmp_path / "c.csv", row | {"effect_t_minus_c": "-4", "ci95_low": "-8", "ci95_high": "0"})
    remarks = import_results(other, tmp_path, TODAY)[0].remarks
    assert {remark.rule for remark in remarks} == {"published_differently"} and "row a:1" in remarks[0].what


HOSTILE = '=cmd|"/C calc"!A1 <script>alert(1)</script> [x](javascript:y) **b** \u202e{{7*7}}'


def test_command_page_and_file_are_harmless(tmp_path):
    row = result(
        programme=HOSTILE,
        notes=HOSTILE,
        effect_t_minus_c="-5",
        ci95_low="-9",
        ci95_high="1",
        significant_as_published="yes",
    )
    path = write(tmp_path / "h.csv", row, result(id="2", programme="NON-JDL: =2+3", effect_t_minus_c="lower"))
    call = lambda *words: CliRunner().invoke(main, ["import-results", str(path), "--outputs", str(tmp_path), *words])  # noqa: E731
    assert call("--check-only").exit_code == 0 and not (tmp_path / "imported").exists()
    strict = call("--strict")
    assert strict.exit_code == 2 and "interval_v_significance" in strict.output and not (tmp_path / "imported").exists()
    said = call("--json")
    assert said.exit_code == 0, said.output
    values = json.loads(said.stdout)
    assert (values["n_rows"], values["n_used"]) == (2, 0) and len(values["files"]) == 3
    page = (tmp_path / "imported" / "h.html").read_text()
    assert lint_html(page) == [] and "<script>alert" not in page and "&lt;script&gt;" in page and "\u202e" not in page
    cells = list(csv.reader(io.StringIO((tmp_path / "imported" / "h-checked.csv").read_text())))
    assert set(cells[0]) >= {"programme", "used", "contradictions"}
    text = [cell for line in cells[1:] for cell in line if cell[:1] in "=+-@" and cell]
    assert text == ["-5", "-9"]  # numbers alone
    assert call().exit_code == 0 and call().output.startswith("It was imported before; nothing was changed.\n\n")


def test_an_import_is_on_the_index_page_at_once_wherever_the_outputs_lie(tmp_path, monkeypatch):
    lab, outputs = tmp_path / "lab", tmp_path / "elsewhere"
    (lab / "parameters" / "requests").mkdir(parents=True)
    (lab / "parameters" / "defaults.yml").touch()
    outputs.mkdir()
    path = write(tmp_path / "a.csv", result(effect_t_minus_c="-4", ci95_low="-8", ci95_high="-1"))
    monkeypatch.chdir(lab)
    said = CliRunner().invoke(main, ["import-results", str(path), "--outputs", str(outputs)])
    assert said.exit_code == 0, said.output
    assert "A service" in (outputs / "index.html").read_text(encoding="utf-8")


def test_the_document_has_every_column_and_rule():
    from jdl_toolkit.imported import RULES

    text = (Path(__file__).parents[1] / "docs" / "imported-results.md").read_text(encoding="utf-8")
    assert [name for name in [*COLUMNS, *RULES] if f"`{name}`" not in text] == []


def test_the_documents_example_is_read(tmp_path):
    text = (Path(__file__).parents[1] / "docs" / "imported-results.md").read_text(encoding="utf-8")
    (tmp_path / "example.csv").write_text(text.split("```csv\n")[1].split("```")[0])
    rows = read_results(tmp_path / "example.csv")
    assert [usable_figures(row).why_not for row in rows][:1] == [""] and len(rows) >= 3
