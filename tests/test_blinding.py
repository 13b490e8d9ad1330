"""The digest of a sample, the log that is only added to, and what the manifest proves."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from examples import spec
from reference_tables import cohort, made

from jdl_toolkit.balance import choose_caliper
from jdl_toolkit.blinding import (
    ANOTHER,
    MATCHED,
    MATCHED_AGAIN,
    OPENED,
    OPENED_ELSEWHERE,
    SAME,
    TRIED,
    MatchingLog,
    last_opening,
    matched_again,
    note_match,
    order_of_stages,
    sample_digest,
    saved_digest,
)
from jdl_toolkit.manifest import Manifest


@pytest.fixture(scope="module")
def matched():
    return choose_caliper(made(cohort(51)), spec())[0]


@pytest.fixture
def manifest(tmp_path):
    made_from = [{"name": "upload.xlsx", "sha256": "1"}]
    made_now = Manifest.new(tmp_path / "outputs/request/manifest.json", "request", "digest", made_from, 1)
    made_now.write()
    (made_now.path.parent / "spec.yml").write_text(yaml.safe_dump(spec().to_dict()))
    return made_now


def test_the_digest_knows_people_and_weights_and_nothing_else(matched):
    units = matched.units
    digest = sample_digest(units)
    assert sample_digest(units.sample(frac=1, random_state=3)) == digest
    assert sample_digest(units[units["weight"] > 0]) == digest, "people without a weight are not in the comparison"
    assert sample_digest(units.assign(score=0.5, why="")) == digest
    place = units.index[units["weight"] > 0][0]
    changes = {
        "weight": units["weight"].mask(units.index == place, units["weight"][place] * (1 + 1e-15)),
        "is_treated": units["is_treated"].mask(units.index == place, ~units["is_treated"]),
        "unit_id": units["unit_id"].mask(units.index == place, 1),
    }
    for column, values in changes.items():
        assert sample_digest(units.assign(**{column: values})) != digest, column
    halves = units.iloc[:700], units.iloc[700:]
    assert len({sample_digest(*halves), sample_digest(*halves[::-1]), digest}) == 3


def test_what_is_saved_has_the_digest_of_what_was_matched(matched, tmp_path):
    matched.save(tmp_path / "matchedsample")
    assert saved_digest(tmp_path) == sample_digest(matched.units)
    for i in range(11):  # as subgroups are saved: 10 comes after 9, not after 1
        matched.save(tmp_path / "subgroupsamples/samples" / str(i))
    other = matched.units.assign(weight=matched.units["weight"] * 2)
    other.to_parquet(tmp_path / "subgroupsamples/samples/10/units.parquet")
    assert saved_digest(tmp_path) == sample_digest(*[matched.units] * 11, other)


def test_nothing_is_lost_where_several_write_at_once(tmp_path):
    log = MatchingLog(tmp_path)
    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(lambda i: log.add(TRIED, "main", "by hand", tries=[{"i": i, "long": "x" * 6000}]), range(80)))
    assert sorted(entry["tries"][0]["i"] for entry in log.entries(TRIED)) == list(range(80))
    with open(log.path, "a") as file:
        file.write('{"what": "tried", "cut sh')
    assert len(log.entries()) == 80, "a line that was cut short hides no other"


def test_a_try_is_logged_with_what_it_changed_and_whether_outcomes_were_open(tmp_path):
    log, asked = MatchingLog(tmp_path), spec()
    _, _, tried = choose_caliper(made(cohort(52)), asked.with_(matching={"calipers": [0.03]}))
    log.add_tries(tried, "main", "by hand", asked, asked.with_(matching={"calipers": [0.03]}))
    log.add(OPENED, "main", "jdl run", sample="a")
    log.add_tries(tried, "main", "by hand", asked, asked)
    log.add_tries(tried, "custody", "by hand", asked, asked)
    before, after, of_another = log.entries(TRIED)
    assert before["changed"] == ["matching.calipers ([0.2, 0.1, 0.05, 0.01] → [0.03])"] and after["changed"] == []
    is_open = [entry["outcomes_were_open"] for entry in (before, after, of_another)]
    assert is_open == [False, True, False]
    (rung,) = before["tries"]
    assert rung["caliper"] == 0.03 and rung["n_matched"] == tried["n_matched"][0]
    assert rung["worst_smd"] == pytest.approx(tried["worst_smd"][0], rel=1e-12)


def test_matching_again_in_the_same_folder(manifest):
    root = manifest.path.parent
    note_match(root, manifest, "main", "aaa")
    assert manifest.values["events"] == [] and last_opening(root, "main") is None
    MatchingLog(root / "restricted").add(OPENED, "main", "by hand", sample="aaa")
    note_match(root, manifest, "main", "aaa")
    note_match(root, manifest, "other", "ccc")  # whose outcomes nobody has opened
    assert [event["reason"] for event in manifest.values["events"]] == [f"{SAME} as was opened"]
    assert matched_again(manifest) == []
    note_match(root, manifest, "main", "bbb")
    (event,) = matched_again(Manifest.read(manifest.path))
    assert (event["event"], event["reason"]) == (MATCHED_AGAIN, f"{ANOTHER} than was opened")
    assert matched_again(manifest, ["other"]) == []
    assert [e["sample"] for e in MatchingLog(root / "restricted").entries(MATCHED, "main")] == ["aaa", "aaa", "bbb"]


@pytest.mark.parametrize("is_archived", [False, True])
def test_the_same_upload_under_another_name(manifest, is_archived):
    """Its outcomes were open there: of another upload, or where none was opened, nothing is said."""
    root = manifest.path.parent
    place = root.parent / "archive" if is_archived else root.parent
    for name, sha256, is_open in (("second", "1", True), ("third", "2", True), ("fourth", "1", False)):
        folder = place / (f"{name}-20260101T000000000001" if is_archived else name)
        register = {"name": "register", "sha256": "1"}
        other = Manifest.new(
            folder / "manifest.json", name, "d", [{"name": "copy.xlsx", "sha256": sha256}, register], 1
        )
        other.record_stage("outcomes/main" if is_open else "matching", status="done")
    (place / "spoilt").mkdir()
    (place / "spoilt/manifest.json").write_text('{"request": 3')
    note_match(root, manifest, "main", "aaa")
    (event,) = Manifest.read(manifest.path).values["events"]
    assert event["event"] == f"{OPENED_ELSEWHERE} second" and event["analysis"] == "main"
    manifest.record_stage("matching", sample="a", matched="2026-01-01T10")
    manifest.record_stage("outcomes", sample="a", opened="2026-01-01T11")
    told = f"matched before outcomes were opened; but {OPENED_ELSEWHERE} second"
    assert order_of_stages(manifest) == {"main": told}
    assert matched_again(manifest) == []


@pytest.mark.parametrize("with_log", [True, False])
def test_matching_again_after_the_folder_was_archived(manifest, with_log):
    root = manifest.path.parent
    old = root.parent / "archive" / "request-20260101T000000000001"
    decoy = root.parent / "archive" / "request-two-20270101T000000000001"  # another request's
    for place, name in ((old, "request"), (decoy, "request-two")):
        earlier = Manifest.new(place / "manifest.json", name, "d", [{"name": "upload.xlsx", "sha256": "0"}], 1)
        earlier.record_stage("outcomes", status="failed")
        (place / "spec.yml").write_text(yaml.safe_dump(spec(balance={"amber_up_to": 0.2}).to_dict()))
    if with_log:
        MatchingLog(old / "restricted").add(OPENED, "main", "jdl run", sample="aaa")
    note_match(root, manifest, "main", "aaa")
    (event,) = manifest.values["events"]
    than = f"{SAME} as" if with_log else f"{ANOTHER} than"
    changed = "changed since: balance.amber_up_to, the content of the upload"
    assert event["reason"] == f"{than} was opened in a run that was archived; {changed}"
    assert len(matched_again(manifest)) == (0 if with_log else 1)


@pytest.mark.parametrize(
    ("matching", "outcomes", "words"),
    [
        ({"sample": "a", "matched": "2026-01-01T10"}, {}, None),
        ({"sample": "a", "matched": "2026-01-01T10"}, {"sample": "a", "opened": "2026-01-01T11"}, "matched before"),
        ({"sample": "b", "matched": "2026-01-01T10"}, {"sample": "a", "opened": "2026-01-01T11"}, "not proved"),
        ({"sample": "a", "matched": "2026-01-01T12"}, {"sample": "a", "opened": "2026-01-01T11"}, "not proved"),
        ({}, {"sample": "a", "opened": "2026-01-01T11"}, "not proved"),
    ],
)
def test_what_the_manifest_proves(manifest, matching, outcomes, words):
    manifest.record_stage("matching/custody", **matching)
    manifest.record_stage("outcomes/custody", **outcomes)
    found = order_of_stages(manifest)
    assert found == {} if words is None else found["custody"].startswith(words)
    manifest.record_event(MATCHED_AGAIN, "jdl run", f"{ANOTHER} than was opened", analysis="custody")
    assert order_of_stages(manifest) == ({} if words is None else {"custody": MATCHED_AGAIN})


def test_a_log_holds_nobody(matched, tmp_path):
    tried = choose_caliper(made(cohort(51)), spec())[2]
    MatchingLog(tmp_path).add_tries(tried, "main", "by hand", spec(), spec())
    line = json.loads((tmp_path / "matching_log.jsonl").read_text())
    assert set(line["tries"][0]) == set(tried.columns)
    assert not set(map(str, matched.units["unit_id"])) & {str(v) for rung in line["tries"] for v in rung.values()}
