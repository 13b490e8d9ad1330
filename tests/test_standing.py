"""Where every request stands: from hand-written manifests, events and releases, to one table and its words."""

import datetime as dt
import json

import pytest
import yaml
from click.testing import CliRunner

from jdl_toolkit.cli import main
from jdl_toolkit.lab import Lab, lay_out
from jdl_toolkit.lifecycle import COLUMNS, all_requests
from jdl_toolkit.lifecycle.overview import counts_in_words, needs_first, overview
from jdl_toolkit.manifest import alone
from jdl_toolkit.releases import Release, version_folder
from jdl_toolkit.spec import lab_resources

TODAY = dt.date(2014, 3, 31)
ORGANISATION = {"name": "Example Trust", "sector": "voluntary"}
SERVICE = {"name": "Support", "need": "employment", "setting": "community"}
PASSED = {"status": "done", "gate": "passed"}


@pytest.fixture
def lab(tmp_path):
    """A lab whose requests are put in by hand."""
    (tmp_path / "parameters" / "requests").mkdir(parents=True)
    (tmp_path / "outputs").mkdir()
    defaults = lab_resources() / "parameters" / "defaults.yml"
    (tmp_path / "parameters" / "defaults.yml").write_text(defaults.read_text())
    (tmp_path / "parameters" / "data_sources.yml").write_text("main: {register: r.duckdb, submissions: .}\n")
    (tmp_path / "r.duckdb").touch()
    return Lab(tmp_path)


def ask(lab, name, received=dt.date(2014, 3, 1), **changes):
    asked = {"request": name, "organisation": ORGANISATION, "service": SERVICE, "received": received}
    asked |= {"submission": "a.xlsx"} | changes
    (lab.root / "parameters" / "requests" / f"{name}.yml").write_text(yaml.safe_dump(asked))


def run(lab, name, stages, *events, received=dt.date(2014, 3, 1), status="in progress", **more):
    folder = lab.root / "outputs" / name
    folder.mkdir()
    spec = {"request": name, "organisation": ORGANISATION, "service": SERVICE, "received": str(received)}
    (folder / "spec.yml").write_text(yaml.safe_dump(spec))
    stages = {key: {"status": "done", "ended": "2014-03-05T10:00:00+00:00"} | said for key, said in stages.items()}
    values = {"request": name, "status": status, "created": "2014-03-05T09:00:00+00:00", "stages": stages}
    values |= {"spec_digest": "", "inputs": [], "toolkit_version": "0.7.0", "packages": {}}
    (folder / "manifest.json").write_text(json.dumps(values | {"events": list(events)} | more))


def event(name, day, **more):
    return {"event": name, "analysis": "main", "by": "A", "reason": "", "date": day} | more


def publish(lab, name, *days, answered=True):
    for version, day in enumerate(days, 1):
        place = version_folder(lab.root / "outputs", name, version)
        place.mkdir(parents=True)
        reason = "corrected" if version > 1 else ""
        said = Release(
            request=name, version=version, released=day, by="R", reason=reason, files={}, toolkit_version="1",
            answered=answered,
        )  # fmt: skip
        (place / "release.json").write_text(said.model_dump_json())


def stands(lab, name, today=TODAY, until=None):
    found = all_requests(lab, lab.root / "outputs", today, until)
    assert list(found.columns) == COLUMNS
    rows = [row for row in found.to_dict("records") if row["request"] == name]
    return rows[0] if rows else None


def held(row, **wanted):
    assert {name: row[name] for name in wanted} == wanted


REPORTED = {name: PASSED for name in ("intake", "linkage", "matching", "outcomes", "report")}
SENT = event("draft sent", "2014-03-10", respond_by="2014-04-07")


def test_a_request_that_is_not_run_is_received_and_a_spoilt_file_says_what_is_wrong(lab):
    ask(lab, "a")
    ask(lab, "b", matching={"calipes": [0.1]})
    held(stands(lab, "a"), status="received", where="not run", received=dt.date(2014, 3, 1), since=dt.date(2014, 3, 1),
         organisation="Example Trust", service="Support", need="employment", sector="voluntary", setting="community",
         due=dt.date(2014, 5, 24), overdue=False, reminder_due=False, criterion="", ended=None, version=0,
         invented=False, folder="a")  # fmt: skip
    row = stands(lab, "b")
    assert row["status"] == "received" and row["organisation"] == "Example Trust"
    assert row["where"].startswith("its settings are at fault: b.yml, matching.calipes: unknown key")
    (lab.root / "parameters" / "requests" / "b.yml").write_text("request: b\n- no YAML")
    assert "not readable as YAML" in stands(lab, "b")["where"] and stands(lab, "b")["received"] is None


def test_settings_and_registers_at_fault_come_first_by_the_day_their_answer_is_due(lab):
    ask(lab, "settings", dt.date(2014, 3, 2), matching={"calipes": [0.1]})
    ask(lab, "register", dt.date(2014, 3, 1))
    ask(lab, "other", dt.date(2013, 3, 1), register="nowhere")
    (lab.root / "r.duckdb").unlink()
    found = needs_first(all_requests(lab, lab.root / "outputs", TODAY))
    assert list(found["request"]) == ["other", "register", "settings"]
    assert list(found["due"]) == [dt.date(2013, 5, 24), dt.date(2014, 5, 24), dt.date(2014, 5, 25)]
    assert list(found["overdue"]) == [True, False, False]
    assert found["where"][0].startswith(
        "its register is at fault: parameters/data_sources.yml: no data source `nowhere"
    )
    assert found["where"][1] == "its register is at fault: r.duckdb: the register is not there"


@pytest.mark.parametrize(
    ("stages", "status", "where"),
    [
        ({"intake": {"status": "running"}}, "in progress", "intake: interrupted"),
        (
            {"intake": {"status": "failed"}},
            "something in the input is wrong",
            "intake: something in the input is wrong",
        ),
        ({"intake": PASSED, "linkage": {"status": "failed"}}, "failed", "linkage: failed"),
        ({"intake": PASSED, "linkage": PASSED}, "in progress", "linkage: done"),
        ({"matching/custody": {"status": "done", "gate": "closed"}}, "x", "matching of custody: a gate is closed"),
        (REPORTED, "reported", "report made; to be signed off"),
    ],
)
def test_where_a_request_in_progress_is(lab, stages, status, where):
    run(lab, "a", stages, status=status)
    held(stands(lab, "a"), status="in progress", where=where, since=dt.date(2014, 3, 5))


def test_a_folder_without_a_stage_is_received_and_one_under_way_is_running(lab):
    run(lab, "a", {}, status="received")
    held(stands(lab, "a"), status="received", where="not run")
    with alone(lab.root / "outputs", "a"):
        held(stands(lab, "a"), status="in progress", where="running")


@pytest.mark.parametrize(
    ("today", "reminded", "overdue", "reminder_due"),
    [
        ("2014-03-30", "", False, False),
        ("2014-03-31", "", False, True),  # a week before the last day, 7 April
        ("2014-04-01", "2014-03-31", False, False),
        ("2014-04-07", "2014-03-31", False, True),  # once more, after a further week
        ("2014-04-08", "", True, True),
    ],
)
def test_comments_are_waited_for_reminded_of_and_overdue(lab, today, reminded, overdue, reminder_due):
    more = [event("reminder sent", reminded)] if reminded else []
    run(lab, "a", REPORTED, SENT, *more)
    row = stands(lab, "a", dt.date.fromisoformat(today))
    held(row, status="with the organisation", due=dt.date(2014, 4, 7), since=dt.date(2014, 3, 10), overdue=overdue)
    assert row["reminder_due"] == reminder_due
    assert ("comments overdue since" if overdue else "comments due by 7 April 2014") in row["where"]


def test_after_the_response_it_is_the_laboratorys_turn(lab):
    response = event("response received", "2014-03-20")
    run(lab, "a", REPORTED, SENT, response, reported="d")
    held(stands(lab, "a"), status="in progress", since=dt.date(2014, 3, 20), due=dt.date(2014, 5, 24),
         where="response received 20 March 2014; to be signed off and released")  # fmt: skip
    run(lab, "b", REPORTED, event("sign-off", "2014-03-09", of="d"), SENT, response, reported="d")
    assert stands(lab, "b")["where"] == "response received 20 March 2014; to be released"
    run(lab, "c", REPORTED, event("sign-off", "2014-03-09", of="earlier"), reported="d")
    assert stands(lab, "c")["where"] == "report made; to be signed off"
    run(lab, "d", REPORTED, SENT, response, event("draft sent", "2014-03-25", respond_by="2014-04-22"))
    held(stands(lab, "d"), status="with the organisation", due=dt.date(2014, 4, 22))


def test_a_request_without_an_end_is_late_after_the_weeks_of_the_settings(lab):
    ask(lab, "a", dt.date(2014, 1, 6))
    held(stands(lab, "a", dt.date(2014, 3, 31)), due=dt.date(2014, 3, 31), overdue=False)
    assert stands(lab, "a", dt.date(2014, 4, 1))["overdue"]
    ask(lab, "a", dt.date(2014, 1, 6), report={"answer_within_weeks": None})
    held(stands(lab, "a", dt.date(2015, 4, 1)), due=None, overdue=False)


def test_nobody_waits_for_an_example(lab):
    """A lab that was just laid out tells of nothing overdue; its own requests stand as they always did."""
    sources = lab.root / "parameters" / "data_sources.yml"
    sources.write_text(sources.read_text() + "demo: {register: d.duckdb, submissions: ., example: true}\n")
    for name, register in (("example", "demo"), ("real", "main")):
        ask(lab, name, dt.date(2013, 3, 1), register=register)
    found = needs_first(all_requests(lab, lab.root / "outputs", TODAY))
    assert list(found["request"]) == ["real", "example"]
    held(stands(lab, "real"), due=dt.date(2013, 5, 24), overdue=True, where="not run")
    held(stands(lab, "example"), due=None, overdue=False, status="received",
         where="an example without its data: d.duckdb: the register is not there")  # fmt: skip
    (lab.root / "d.duckdb").touch()
    held(stands(lab, "example"), due=None, overdue=False, where="not run")
    for name, register in (("run", "demo"), ("real-run", "main")):
        run(lab, name, REPORTED, received=dt.date(2013, 3, 1))
        spec = lab.root / "outputs" / name / "spec.yml"
        spec.write_text(spec.read_text() + f"register: {register}\n")
    held(stands(lab, "run"), due=None, overdue=False, where="report made; to be signed off")
    held(stands(lab, "real-run"), due=dt.date(2013, 5, 24), overdue=True)
    run(lab, "sent", REPORTED, SENT | {"respond_by": "2014-03-30"})
    assert stands(lab, "sent")["overdue"], "who sends a draft out awaits comments"


def test_a_lab_just_laid_out_has_nothing_overdue(tmp_path):
    lab = lay_out(tmp_path / "lab")
    found = all_requests(lab, lab.root / "outputs", TODAY)
    assert list(found["request"]) == ["bridges-2013", "county-placebo", "foundation-2013"]
    assert not found["overdue"].any() and found["where"].str.startswith("an example without its data").all()


def test_what_could_not_be_answered_says_by_which_criterion(lab):
    ended = {"status": "done", "gate": "could not be answered", "reason": "12 people"}
    run(lab, "intake", {"intake": ended})
    run(lab, "linkage", {"intake": PASSED, "linkage": ended, "report": PASSED})
    both = {"intake": PASSED, "linkage": PASSED | {"analyses": {"c": {"gate": "passed"}, "d": ended}}}
    run(lab, "matching", both | {"matching/c": ended})
    run(lab, "half", both | {"matching/c": PASSED})
    run(lab, "person", REPORTED, event("could not be answered", "2014-03-20", criterion="data-period"))
    wanted = {
        "intake": "fewer than 60 people were submitted",
        "linkage": "fewer than 30 people could be included in the analysis",
        "matching": "fewer than 30 people could be included in the analysis; fewer than 30 people could be matched",
        "person": "its people lie outside the period of the data",
    }
    for name, criterion in wanted.items():
        day = dt.date(2014, 3, 20 if name == "person" else 5)
        held(stands(lab, name), status="could not be answered", criterion=criterion, ended=day, due=None, overdue=False)
    assert stands(lab, "half")["status"] == "in progress"


def test_what_is_published_stays_so(lab):
    run(lab, "a", REPORTED, SENT)
    publish(lab, "a", dt.date(2014, 3, 12), dt.date(2014, 3, 28))
    held(stands(lab, "a"), status="published", where="version 2, corrected", version=2, due=None, overdue=False,
         ended=dt.date(2014, 3, 12), since=dt.date(2014, 3, 28))  # fmt: skip
    publish(lab, "gone", dt.date(2014, 3, 12))  # its own folder was taken away
    held(stands(lab, "gone"), status="published", where="published", version=1, ended=dt.date(2014, 3, 12))
    run(lab, "few", {"intake": {"status": "done", "gate": "could not be answered"}})
    publish(lab, "few", dt.date(2014, 3, 12), answered=False)
    held(stands(lab, "few"), status="could not be answered", version=1, ended=dt.date(2014, 3, 5))


def test_a_withdrawn_request_has_ended(lab):
    run(lab, "a", REPORTED, SENT, event("withdrawn", "2014-03-15"))
    held(stands(lab, "a"), status="withdrawn", ended=dt.date(2014, 3, 15), due=None, reminder_due=False)


def test_how_things_stood_at_the_end_of_a_day(lab):
    response = event("response received", "2014-03-20")
    run(lab, "a", REPORTED, SENT, response)
    publish(lab, "a", dt.date(2014, 3, 25))
    ask(lab, "later", dt.date(2014, 3, 26))
    days = ("2014-02-28", "2014-03-04", "2014-03-05", "2014-03-10", "2014-03-20", "2014-03-25")
    seen = [stands(lab, "a", until=dt.date.fromisoformat(day)) for day in days]
    assert seen[0] is None  # not received yet
    wanted = ["received", "in progress", "with the organisation", "in progress", "published"]
    assert [row["status"] for row in seen[1:]] == wanted
    assert stands(lab, "later", until=dt.date(2014, 3, 25)) is None and stands(lab, "later")["status"] == "received"


def test_a_spoilt_manifest_hides_no_other_request(lab):
    for name, content in (("a", '{"request": "a", "sta'), ("b", "[]"), ("c", '{"request": "c", "status": "x"}')):
        (lab.root / "outputs" / name).mkdir()
        (lab.root / "outputs" / name / "manifest.json").write_text(content)
        held(stands(lab, name), status="in progress", where="manifest unreadable: run with --fresh")


def test_what_needs_somebody_comes_first_and_the_counts_balance(lab):
    run(lab, "published", REPORTED)
    publish(lab, "published", dt.date(2014, 3, 12))
    run(lab, "waits", REPORTED, event("draft sent", "2014-03-20", respond_by="2014-04-17"))
    run(lab, "reminds", REPORTED, SENT)
    run(lab, "late", REPORTED, event("draft sent", "2014-03-01", respond_by="2014-03-29"))
    run(lab, "stuck", {"matching": {"status": "done", "gate": "closed"}})
    run(lab, "turn", REPORTED)
    ask(lab, "new")
    found = needs_first(all_requests(lab, lab.root / "outputs", TODAY))
    assert list(found["request"]) == ["stuck", "late", "reminds", "turn", "new", "waits", "published"]
    assert counts_in_words(found) == (
        "7 requests = 1 received + 2 in progress + 3 with the organisation + 1 published. Overdue: 1. Reminders due: 2."
    )
    for width in (80, 160):
        lines = overview(found, {"turn": ["matching tried by hand 1 time"]}, width).splitlines()
        assert max(map(len, lines)) <= width
        text = " ".join(" ".join(lines).split())
        assert text.count("OVERDUE") == 1 and text.count("reminder due") == 2 and "Example Trust" in text
    assert "matching tried by hand 1 time" in text and "published 2014-03-12" in text


def test_text_from_outside_cannot_command_the_terminal(lab):
    ask(lab, "a", organisation={"name": "A \x1b[31mred\x1b[0m [bold]trust[/bold]", "sector": "voluntary"})
    said = overview(all_requests(lab, lab.root / "outputs", TODAY), width=120)
    assert "\x1b" not in said and "[bold]" in said


def test_status_tells_people_and_machines(lab, monkeypatch):
    monkeypatch.chdir(lab.root)
    opened = {"opened": "2014-03-05T10:00:00+00:00", "sample": "s"}
    matched = PASSED | {"matched": "2014-03-05T09:00:00+00:00", "sample": "s"}
    sent = event("draft sent", "2014-03-10", respond_by="2014-04-07")
    stages = REPORTED | {"matching": matched, "outcomes": PASSED | opened}
    run(lab, "proved", stages, sent, status="reported")
    run(lab, "doubtful", REPORTED | {"outcomes": PASSED | opened}, event("withdrawn", "2014-03-10"), status="withdrawn")
    ask(lab, "new", dt.date.today())

    def told(*options):
        done = CliRunner().invoke(main, ["status", *options])
        assert done.exit_code == 0, done.stderr
        return done.stdout

    words = " ".join(told().split())
    assert "Outcomes are open in 2; 1 of them is proved to be matched before outcomes were opened." in words
    assert words.count("not proved to be matched") == 1 and words.count("matched before") == 2
    assert " ".join(told("--long").split()).count("matched before") == 3
    answer = json.loads(told("--json"))
    assert answer["n_requests"] == sum(answer["counts"].values()) == 3 and answer["n_overdue"] == 1
    assert answer["counts"]["withdrawn"] == answer["counts"]["received"] == 1 and answer["counts"]["published"] == 0
    listed = {one["request"]: one for one in answer["requests"]}
    assert {name: (one["standing"], one["status"]) for name, one in listed.items()} == {
        "proved": ("with the organisation", "reported"), "doubtful": ("withdrawn", "withdrawn"),
        "new": ("received", "received"),
    }  # fmt: skip
    assert listed["proved"]["overdue"] is True and listed["proved"]["due"] == "2014-04-07"
    assert listed["proved"]["matching"] == {"main": "matched before outcomes were opened"}
    assert [one["request"] for one in json.loads(told("--overdue", "--json"))["requests"]] == ["proved"]
