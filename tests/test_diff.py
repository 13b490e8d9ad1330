"""What changed between two runs of a request, from folders such as `jdl run` leaves."""

import html
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from examples import analysis, findings, measure, ranged, spec

from jdl_toolkit import narrative, tables
from jdl_toolkit.cli import main
from jdl_toolkit.diff import (
    Run,
    differences_between,
    kinds_of_small_differences,
    open_run,
    page_of_differences,
    summary,
    two_runs,
)
from jdl_toolkit.diff.cells import ABSENT, changes_of
from jdl_toolkit.diff.page import RESTRICTED, marked
from jdl_toolkit.diff.sentences import _SENTENCE_END, paired
from jdl_toolkit.document import MIME, Table
from jdl_toolkit.errors import JDLError
from jdl_toolkit.findings import SmallDifference
from jdl_toolkit.manifest import Manifest
from jdl_toolkit.render import lint_html


def write_run(folder: Path, found=None, settings=None, status="reported", register="a" * 64) -> Path:
    """A run's folder: manifest, specification and, if it has findings, these with the report's notebook."""
    chosen = settings or spec()
    inputs = [{"name": "foundation-2013.xlsx", "sha256": "b" * 64}, {"name": "register", "sha256": register}]
    manifest = Manifest.new(folder / "manifest.json", chosen.request, chosen.digest, inputs, chosen.seed)
    manifest.values["status"] = status
    folder.mkdir(parents=True)
    manifest.write()
    (folder / "spec.yml").write_text(yaml.safe_dump(chosen.to_dict(), allow_unicode=True), encoding="utf-8")
    if found is not None:
        found.write(folder / "findings.json")
        for place, one in enumerate(found.analyses):
            report = folder / "report" / (one.id if place else "")
            report.mkdir(parents=True, exist_ok=True)
            (report / "report.ipynb").write_text(json.dumps(notebook(found.about(one.id))), encoding="utf-8")
    return folder


def notebook(found) -> dict:
    this = found.analyses[0]
    shown = {
        "The finding": [narrative.finding(found)],
        "Who is in the analysis?": [narrative.who_is_in(found), tables.flow_table(this.flow)],
        "Every result in tables": [tables.measures_table(this)],
    }
    cells = []
    for title, blocks in shown.items():
        outputs = [{"output_type": "display_data", "data": {MIME: block.to_json()}} for block in blocks if block]
        cells += [{"cell_type": "markdown", "source": f"## {title}"}, {"cell_type": "code", "outputs": outputs}]
    return {"cells": cells, "metadata": {}}


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """An empty lab, in its folder."""
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "defaults.yml").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def both(tmp_path, before, after, **of_after):
    return differences_between(
        open_run(write_run(tmp_path / "before", before)), open_run(write_run(tmp_path / "after", after, **of_after))
    )


def test_two_runs_alike_have_no_differences(tmp_path):
    found = both(tmp_path, findings(), findings())
    assert found.n_changes == 0 and found.is_empty and found.n_same > 10
    assert {said for _, said in summary(found)} == {"no change"}


def test_a_changed_setting_input_count_result_and_sentence_are_each_told_once(tmp_path):
    before = findings(measure(ranged(-0.08, 0.03)))
    changed = analysis(measure(ranged(-0.12, -0.02)))
    left = [
        step.model_copy(update={"records_after": 251}) if step.records_after == 257 else step for step in changed.flow
    ]
    changed = changed.model_copy(update={"flow": tuple(left)})
    settings = spec(matching={"calipers": [0.1]})
    found = both(tmp_path, before, findings(analyses=(changed,)), settings=settings, register="c" * 64)
    assert [(c.what, c.after) for c in found.settings] == [
        ("Calipers that may be tried, standard deviations of the score", "0.1")
    ]
    assert [(c.where, c.what, c.before[:15], c.after[:15]) for c in found.made] == [
        ("Input", "register", "SHA-256 aaaaaaa", "SHA-256 ccccccc")
    ]
    remained = [(c.before, c.after) for c in found.counts if c.what.endswith(": Records that remained")]
    assert remained == [("257", "251")]
    interval = next(c for c in found.results if c.what.endswith("95% interval"))
    assert (interval.before, interval.after) == ("−8 to 3", "−12 to −2")
    titles = [(s.before, s.after) for s in found.sentences if "inconclusive" in s.before]
    assert titles and all("inconclusive" not in after for _, after in titles)
    assert found.n_values > 0


def test_a_change_beyond_the_printed_digits_is_counted_and_not_printed(tmp_path):
    one, other = (findings(measure(ranged(low, 0.03))) for low in (-0.08, -0.0800001))
    found = both(tmp_path, one, other)
    assert found.n_changes == 0 and found.n_values > 0 and not found.is_empty


def test_a_table_that_one_run_lacks_is_one_change(tmp_path):
    kept = findings()
    before, after = (open_run(write_run(tmp_path / name, kept)) for name in ("before", "after"))
    notebook_file = tmp_path / "after" / "report" / "report.ipynb"
    content = json.loads(notebook_file.read_text())
    content["cells"] = content["cells"][:-2]
    notebook_file.write_text(json.dumps(content))
    found = differences_between(before, open_run(tmp_path / "after"))
    table = tables.measures_table(kept.analyses[0])
    n_cells = len(table.rows) * (len(table.columns) - 1)
    assert [vars(c) for c in found.results] == [
        {"where": table.caption, "what": "The table is gone", "before": f"{n_cells} cells", "after": ABSENT}
    ]
    assert after.findings == kept


def test_columns_and_rows_with_another_name_are_one_change_and_those_added_one_each():
    def made(columns, *rows):
        return Table("t", "A table", ("Measure", *columns), rows, align=("l",) + ("r",) * len(columns))

    old = made(("Treatment", "p-value"), ("Rate", "33%", "0.46"), ("Count", "2", "0.10"), ("Gone", "7", "0.2"))
    new = made(
        ("Treatment", "p", "Unadjusted"),
        ("Rate", "34%", "0.46", "30%"),
        ("Number", "2", "0.10", "1"),
        ("New", "", "", "8"),
    )
    assert list(changes_of(old, new)) == [
        ("Heading of a column", "p-value", "p"),
        ("Column “Unadjusted”", ABSENT, "3 cells"),
        ("Name of a row", "Count", "Number"),
        ("Gone", "7; 0.2", ABSENT),
        ("New", ABSENT, "8"),
        ("Rate: Treatment", "33%", "34%"),
    ]
    assert list(changes_of(old, old)) == [] and list(changes_of(None, old)) == [("The table is new", ABSENT, "6 cells")]


def test_an_item_of_a_list_is_one_sentence_and_is_set_beside_what_it_became():
    old, new = ["Sex: 13 (15).", "Region: 4 (5)."], ["Region: 6 (7).", "Age: 1 (2)."]
    assert [_SENTENCE_END.split(one) for one in (*old, "It fell. 28% reoffended.")] == [
        [old[0]], [old[1]], ["It fell.", "28% reoffended."]
    ]  # fmt: skip
    assert list(paired(old, new)) == [(old[0], ""), (old[1], new[0]), ("", new[1])]


@pytest.mark.parametrize(
    ("name", "begun", "called"),
    [
        ("r", "2014-03-13T09:30:00+00:00", "begun on 13 March 2014 at 09:30"),
        ("r-20140501T100001000000", "2014-03-13T09:30:00+00:00",
         "begun on 13 March 2014 at 09:30, archived on 1 May 2014 at 10:00"),
        ("r", "", "at a time that is not recorded"),
    ],
)  # fmt: skip
def test_a_run_is_called_by_its_dates(name, begun, called):
    assert Run(name, Path(name), "r", "reported", {}, {}, None, {}, begun).called == called


def test_counts_that_tell_of_a_few_are_told_by_kind():
    few, shown = "the two releases differ by fewer than 5", "it is withheld in one release and shown in the other"
    found = [SmallDifference("main", "Housing", what, why) for what, why in [
        ("flow, a: records after", few), ("flow, b: records after", few), ("flow, c: people after", shown),
        ("flow of the control pool, a: people after", few), ("Proven reoffending: people with it", few)]]  # fmt: skip
    assert [one.words for one in kinds_of_small_differences(found)] == [
        f"Housing: counts of the flow, 2: {few}.",
        f"Housing: counts of the flow, 1: {shown}.",
        f"Housing: counts of the flow of the control pool, 1: {few}.",
        f"Housing: counts of outcome measures, 1: {few}.",
    ]


def test_a_run_without_findings_is_compared_by_settings_and_inputs(tmp_path):
    before = open_run(write_run(tmp_path / "before", findings()))
    after = open_run(write_run(tmp_path / "after", None, status="gate closed"))
    found = differences_between(before, after)
    assert ("Status", "reported", "gate closed") in [(c.what, c.before, c.after) for c in found.made]
    assert "after has no report" in page_of_differences(found)


def test_several_analyses_are_compared_each_with_its_own(tmp_path):
    def made(value):
        second = analysis(measure(ranged(-value, 0.01)), id="custody", title="Released from custody")
        return findings(analyses=(analysis(title="Community"), second))

    found = both(tmp_path, made(0.05), made(0.09))
    assert found.results and all("(Released from custody)" in c.where for c in found.results)


def test_counts_that_tell_of_a_few_people_when_laid_side_by_side_are_named_without_them(tmp_path):
    left = [s.model_copy(update={"records_after": 255}) if s.records_after == 257 else s for s in analysis().flow]
    after = findings(analysis_changes={"flow": tuple(left)})
    found = both(tmp_path, findings(), after)
    assert found.telling and any("fewer than 5" in one.why for one in found.telling)
    assert kinds_of_small_differences(found.telling)[0].words in html.unescape(page_of_differences(found))
    assert differences_between(found.before, found.before).telling == ()


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        ("It fell by 5 points.", "It fell by 6 points.", ["5"], ["6"]),
        ("", "New.", [], ["New."]),
        ("Gone.", "", ["Gone."], []),
        ("The same.", "The same.", [], []),
    ],
)
def test_the_words_that_changed_are_marked(before, after, old, new):
    said, now = marked(before, after)
    assert ["".join(t for _, t in part) for part in (said, now)] == [before, after]
    assert [[t for is_changed, t in part if is_changed] for part in (said, now)] == [old, new]


def test_sentences_that_moved_apart_are_set_beside_what_they_became(tmp_path):
    old = ["Of 254 people, 28% reoffended.", "The best estimate is 1 point higher."]
    new = ["Of 257 people, 28% reoffended.", "Each figure is rounded.", "The best estimate is 1 point lower."]
    assert list(paired(old, new)) == [(old[0], new[0]), ("", new[1]), (old[1], new[2])]


def test_the_page_is_restricted_sound_and_shows_hostile_text_as_text(tmp_path):
    hostile = "<script>alert(1)</script> & $x$ **b** =1+1"
    before = findings(service=findings().service.model_copy(update={"name": hostile}))
    page = page_of_differences(both(tmp_path, before, findings()))
    assert lint_html(page) == []
    assert page.count(RESTRICTED) == 2 and "<script" not in page and "&lt;script&gt;" in page
    assert "<del>" in page and "<ins>" in page


def test_a_request_alone_is_compared_with_its_latest_archived_run(lab):
    outputs = lab / "outputs"
    write_run(outputs / "foundation-2013", findings(), settings=spec(matching={"calipers": [0.1]}))
    stamps = ("20140101T000000000000", "20140201T000000000000")
    for stamp, caliper in zip(stamps, (0.05, 0.2), strict=True):
        folder = outputs / "archive" / f"foundation-2013-{stamp}"
        write_run(folder, findings(), settings=spec(matching={"calipers": [caliper]}))
    done = CliRunner().invoke(main, ["diff", "foundation-2013", "--json"])
    said = json.loads(done.stdout)
    assert done.exit_code == 0 and said["before"].endswith(stamps[1])
    assert [(c["before"], c["after"]) for c in said["settings"]] == [("0.2", "0.1")]
    assert Path(said["html"]).parent == outputs / "foundation-2013" / "restricted" / "changes"
    named = CliRunner().invoke(main, ["diff", f"foundation-2013-{stamps[0]}", "foundation-2013", "--html", "x.html"])
    assert named.exit_code == 0 and "Settings: 1 change" in named.stderr + named.stdout
    assert "0.05" in (lab / "x.html").read_text()


def test_faults_of_both_names_are_told_at_once(lab):
    outputs = lab / "outputs"
    write_run(outputs / "archive" / "foundation-2013-20140101T000000000000", findings())
    done = CliRunner().invoke(main, ["diff", "foundation-2013", "elsewhere"])
    assert done.exit_code == 2 and done.stderr.count("there is no run here") == 2
    assert "archived runs: foundation-2013-20140101T000000000000" in done.stderr


def test_runs_of_two_requests_or_the_same_folder_are_refused(lab):
    outputs = lab / "outputs"
    write_run(outputs / "foundation-2013", findings())
    write_run(outputs / "other", findings(), settings=spec(request="other"))
    with pytest.raises(JDLError, match="two requests"):
        two_runs("foundation-2013", "other", outputs)
    with pytest.raises(JDLError, match="the same run"):
        two_runs("foundation-2013", "foundation-2013", outputs)
    with pytest.raises(JDLError, match="no archived run"):
        two_runs("foundation-2013", None, outputs)
