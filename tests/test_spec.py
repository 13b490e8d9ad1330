"""A request and the defaults become one validated, frozen, hashed specification."""

import pytest
import yaml
from pydantic import ValidationError

from jdl_toolkit.errors import JDLError
from jdl_toolkit.spec import Analysis, differences, lab_resources, load_spec, read_yaml

REQUEST = {
    "request": "example",
    "organisation": {"name": "Example", "sector": "voluntary"},
    "service": {"name": "Support", "need": "employment", "setting": "community"},
    "received": "2013-08-12",
    "submission": "example.xlsx",
}


def write(tmp_path, **changes):
    path = tmp_path / "example.yml"
    path.write_text(yaml.safe_dump(REQUEST | changes))
    return path


def test_defaults_hold_unless_the_request_says_otherwise(tmp_path):
    spec = load_spec(write(tmp_path, matching={"calipers": [0.05]}))
    assert spec.matching.calipers == (0.05,)
    assert spec.matching.scale == "logit"
    assert spec.cohort.start_within_months == 6
    assert spec.register_name == "main"


def test_every_default_is_used_and_every_setting_has_a_default(tmp_path):
    defaults = yaml.safe_load((lab_resources() / "parameters/defaults.yml").read_text())
    spec = load_spec(write(tmp_path)).to_dict()
    for section, values in defaults.items():
        assert spec[section] == (values if not isinstance(values, dict) else spec[section])
        if isinstance(values, dict):
            assert values.keys() == spec[section].keys()
    assert spec.keys() - defaults.keys() == {*REQUEST, "register", "analysis", "exploratory"}


def test_all_faults_are_reported_at_once_with_the_nearest_name(tmp_path):
    path = write(tmp_path, matching={"calliper": 2, "scale": "logi"}, cohrt={}, received="soon")
    with pytest.raises(JDLError) as caught:
        load_spec(path)
    text = str(caught.value)
    assert len(caught.value.problems) == 4
    assert "example.yml, matching.calliper: unknown key" in text
    assert "did you mean `calipers`?" in text
    assert "did you mean `cohort`?" in text
    assert "use 'logit', 'probability' or 'odds'" in text
    assert "example.yml, received" in text


def test_a_fault_of_the_defaults_is_told_as_one_of_theirs(tmp_path):
    values = yaml.safe_load((lab_resources() / "parameters/defaults.yml").read_text())
    values["matching"] |= {"calliper": 2, "scale": "logi"}
    defaults = tmp_path / "defaults.yml"
    defaults.write_text(yaml.safe_dump(values))
    with pytest.raises(JDLError) as caught:
        load_spec(write(tmp_path, matching={"scale": "logit"}, cohort={"rout": 1}), defaults)
    places = [problem.where for problem in caught.value.problems]
    assert places == ["example.yml, cohort.rout", "defaults.yml, matching.calliper"]


def test_what_an_older_lab_does_not_state_has_a_default_or_is_named_where_it_belongs(tmp_path):
    values = yaml.safe_load((lab_resources() / "parameters/defaults.yml").read_text())
    defaults = tmp_path / "defaults.yml"
    defaults.write_text(yaml.safe_dump({k: v for k, v in values.items() if k != "report"}))
    assert load_spec(write(tmp_path), defaults) == load_spec(write(tmp_path))
    defaults.write_text(yaml.safe_dump({k: v for k, v in values.items() if k != "power"}))
    with pytest.raises(JDLError, match=r"defaults.yml, power: this setting is missing\n.*parameters/defaults.yml"):
        load_spec(write(tmp_path), defaults)


def test_the_section_of_the_report_is_no_part_of_the_hash(tmp_path):
    first, other = load_spec(write(tmp_path)), load_spec(write(tmp_path, report={"draft_weeks": 6}))
    assert first.digest == other.digest and first != other


def test_long_settings_are_cut_in_messages():
    (said,) = differences({"service": {"name": "a" * 200}}, {"service": {"name": "b" * 200}})
    assert said == f"service.name ({'a' * 79}… → {'b' * 79}…)"


def test_missing_keys_are_named(tmp_path):
    path = tmp_path / "example.yml"
    path.write_text("request: example\n")
    with pytest.raises(JDLError, match="organisation: this setting is missing"):
        load_spec(path)


@pytest.mark.parametrize("text", ["a: [1", "- just\n- a list\n", ""])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text):
    path = tmp_path / "example.yml"
    path.write_text(text)
    with pytest.raises(JDLError, match="example.yml"):
        load_spec(path)


def test_a_request_that_is_not_there_lists_those_that_are(tmp_path):
    write(tmp_path)
    with pytest.raises(JDLError, match=r"there are: example\.yml"):
        load_spec(tmp_path / "exmple.yml")


@pytest.mark.parametrize("name", ["../../etc/passwd.xlsx", "a/b.xlsx", "upload.exe", ""])
def test_the_upload_is_a_file_name_and_no_path(tmp_path, name):
    with pytest.raises(JDLError, match="submission"):
        load_spec(write(tmp_path, submission=name))


def test_the_hash_follows_the_choices_and_not_the_layout(tmp_path):
    one = load_spec(write(tmp_path, matching={"calipers": [0.05]}))
    path = tmp_path / "example.yml"
    path.write_text(
        "# a comment\n"
        + yaml.safe_dump(dict(reversed((REQUEST | {"matching": {"calipers": [0.05]}}).items())), sort_keys=False)
    )
    assert load_spec(path).digest == one.digest
    assert load_spec(write(tmp_path)).digest != one.digest


def test_keys_that_are_stated_twice_are_refused_with_their_lines(tmp_path):
    """YAML would take the last of them without a word: a section pasted below would undo the one above."""
    path = write(tmp_path)
    n = len(path.read_text().splitlines())
    more = ["matching:", "  calipers: [0.05]", "  exact: [sex]", "matching: {exact: [sex]}"]
    more += ["analyses:", "  a: {records: {provider: [A]}, balance: {squares: true, squares: false}}"]
    path.write_text(path.read_text() + "\n".join(more) + "\n")
    with pytest.raises(JDLError) as fault:
        load_spec(path)
    first, second = fault.value.problems
    assert (
        first.what == f"`matching` stands here and in line {n + 1} already" and first.where == f"{path}, line {n + 4}"
    )
    assert second.what == f"`squares` stands here and in line {n + 6} already"
    path.write_text(path.read_text().replace("matching: {exact: [sex]}\n", "").replace("squares: true, ", ""))
    assert load_spec(path).matching.exact == ("sex",)
    path.write_text("a: &a [1]\nb: *a\nc: {d: *a, e: *a}\n")
    assert read_yaml(path) == {"a": [1], "b": [1], "c": {"d": [1], "e": [1]}}, "an alias repeats no key"
    path.write_text("a: &a {b: *a, c: 1, c: 2}\n")
    with pytest.raises(JDLError, match="`c` stands here and in line 1 already"):
        read_yaml(path)


def test_a_specification_is_frozen_and_another_choice_is_exploratory(tmp_path):
    spec = load_spec(write(tmp_path))
    with pytest.raises(ValidationError):
        spec.seed = 1
    other = spec.with_(matching={"calipers": [0.01]})
    assert other.exploratory and not spec.exploratory
    assert other.matching.calipers == (0.01,) and other.matching.scale == spec.matching.scale
    assert other.digest != spec.digest


def test_a_request_cannot_call_itself_final_or_exploratory(tmp_path):
    with pytest.raises(JDLError, match="exploratory"):
        load_spec(write(tmp_path, exploratory=False))


# --- several analyses in one request ----------------------------------------------------------------------------------

TWO = {
    "community": {"title": "On a community order"},
    "custody": {"cohort": {"route": "custody", "index_disposals": ["custody"]}, "subgroups": ["sex"]},
}


def test_an_analysis_is_the_request_with_what_it_sets_otherwise(tmp_path):
    spec = load_spec(write(tmp_path, analyses=TWO, subgroups=["region"], cohort={"start_within_months": 3}))
    custody = spec.for_analysis(Analysis(id="custody", title="Custody"), spec.analyses["custody"])
    assert (custody.cohort.route, custody.cohort.index_disposals) == ("custody", ("custody",))
    assert custody.cohort.start_within_months == 3, "what it does not set is the request's"
    assert (custody.subgroups, spec.subgroups) == (("sex",), ("region",))
    assert (custody.analysis.id, spec.analysis.id) == ("custody", "main")
    assert not custody.exploratory and custody.digest != spec.digest
    assert spec.analyses["community"].changes() == {}


def test_the_faults_of_every_analysis_are_told_with_their_places(tmp_path):
    analyses = {"one": {"cohort": {"rout": "custody"}}, "two": {"matching": {"scale": "logi"}}, "three": {}}
    with pytest.raises(JDLError) as caught:
        load_spec(write(tmp_path, analyses=analyses))
    text = str(caught.value)
    assert len(caught.value.problems) == 2
    assert "example.yml, analyses.one, cohort.rout: unknown key" in text and "did you mean `route`?" in text
    assert "example.yml, analyses.two, matching.scale: not one of the allowed values" in text


@pytest.mark.parametrize(
    ("analyses", "words"),
    [
        ({"one": {"cohrt": {}}}, "did you mean `cohort`?"),
        ({"One analysis": {}}, "small letters, digits and hyphens"),
        ({"one": {"each": "sex"}}, "use 'region', 'establishment', 'provider' or 'intervention_type'"),
        ({"one": {"records": {"surname": ["Smith"]}}}, "use 'region', 'establishment', 'provider'"),
        ({"one": {"records": {"region": []}}}, "analyses.one.records.region"),
        ({"one": {"intake": {"minimum_people": 2}}}, "unknown key"),
    ],
)
def test_an_analysis_that_cannot_be(tmp_path, analyses, words):
    with pytest.raises(JDLError) as caught:
        load_spec(write(tmp_path, analyses=analyses))
    assert words in str(caught.value), str(caught.value)


def test_which_analysis_a_specification_is_for_is_not_for_a_request_to_say(tmp_path):
    with pytest.raises(JDLError, match="list analyses under `analyses:`"):
        load_spec(write(tmp_path, analysis={"id": "main"}))


def test_rules_that_contradict_each_other(tmp_path):
    with pytest.raises(JDLError, match="index_from must not lie after index_to"):
        load_spec(write(tmp_path, cohort={"index_from": "2011-01-01", "index_to": "2010-12-31"}))
    with pytest.raises(JDLError, match="index_disposals must hold custody"):
        load_spec(write(tmp_path, cohort={"release_types": ["hdc"]}))
    with pytest.raises(JDLError, match="rate must come first"):
        load_spec(write(tmp_path, outcomes={"measures": ["frequency", "rate"]}))


def test_how_long_a_person_must_be_observed_follows_the_follow_up(tmp_path):
    assert load_spec(write(tmp_path)).cohort.must_be_observed_months == 12 + 6
    assert load_spec(write(tmp_path, cohort={"follow_up_months": 24})).cohort.must_be_observed_months == 24 + 6
    assert load_spec(write(tmp_path, cohort={"observed_months": 12})).cohort.must_be_observed_months == 12


def test_a_service_must_be_able_to_start_within_what_is_followed_and_seen(tmp_path):
    with pytest.raises(JDLError, match="example.yml, cohort: start_within_months must not exceed follow_up_months"):
        load_spec(write(tmp_path, cohort={"follow_up_months": 3}))
    custody = {"route": "custody", "index_disposals": ["custody"], "follow_up_months": 3}
    assert load_spec(write(tmp_path, cohort=custody)).cohort.must_be_observed_months == 3 + 6
    with pytest.raises(JDLError, match="observed_months must not be less than follow_up_months"):
        load_spec(write(tmp_path, cohort={"observed_months": 11}))
    with pytest.raises(JDLError, match="write its values in square brackets"):
        load_spec(write(tmp_path, subgroups="sex"))


@pytest.mark.parametrize("name", ["released", "bulletins", "archive", "batches", "imported", "feedback"])
def test_a_request_is_not_named_like_a_folder_of_the_outputs(tmp_path, name):
    with pytest.raises(JDLError, match=f"`{name}` is a folder of the outputs; give the request another name"):
        load_spec(write(tmp_path, request=name))


def test_the_diary_of_the_lab_is_no_part_of_what_results_or_reports_are_made_from(tmp_path):
    usual, other = (load_spec(write(tmp_path, **more)) for more in ({}, {"report": {"reminder_days_before": 3}}))
    assert usual.digest == other.digest and usual.report.printed() == other.report.printed() == {"draft_weeks": 4}
