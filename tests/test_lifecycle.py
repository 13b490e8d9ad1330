"""What people record of a request: which events can be, in what order, and what they change in the findings."""

import datetime as dt
import json
from contextlib import nullcontext
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml
from examples import findings, spec
from registers import tiny_register

from jdl_toolkit import cli, lifecycle, run
from jdl_toolkit.errors import CouldNotBeAnswered, GateClosed, JDLError
from jdl_toolkit.findings import Draft, Findings, Version
from jdl_toolkit.lifecycle import (
    EVENTS,
    LONGEST_RESPONSE,
    Criterion,
    all_requests,
    draft_standing,
    has_same_figures,
    read_response,
    record_event,
    recorded_in_words,
    report_key,
    results_digest,
    with_events,
)
from jdl_toolkit.manifest import Manifest, alone
from jdl_toolkit.narrative import (
    check_numbers,
    draft_mark,
    draft_words,
    provenance,
    published_words,
    version_words,
)
from jdl_toolkit.stage import RequestFolder

TODAY = dt.date(2014, 3, 31)
REQUEST = "foundation-2013"


class InventedLab:
    """As much of a lab as an event needs: the request's specification, received on 12 August 2013."""

    def spec(self, request):
        return spec(report={"draft_weeks": 4})

    def register_file(self, spec):
        return "register.duckdb"


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Records an event of a request whose report is made."""
    folder = tmp_path / REQUEST
    monkeypatch.setattr(lifecycle.events, "open_folder", lambda *_: RequestFolder(folder))
    known = tiny_register(person=[{"person_id": 1, "forename": "Ada", "surname": "Example"}])
    monkeypatch.setattr(lifecycle.naming, "Register", SimpleNamespace(open=lambda file: nullcontext(known)))
    (folder / "report").mkdir(parents=True)
    manifest = Manifest.new(folder / "manifest.json", REQUEST, "digest", [], 1)
    manifest.values["stages"]["report"] = {"status": "done"}
    manifest.write()
    findings().write(folder / "findings.json")

    def call(event, by="A. Analyst", **options):
        options = {"today": TODAY} | options
        return record_event(InventedLab(), REQUEST, tmp_path, event, by, **options)

    call.folder = folder
    call.manifest = lambda: Manifest.read(folder / "manifest.json")
    return call


@pytest.fixture
def response(tmp_path):
    def write(content="We are proud of it.\n"):
        file = tmp_path / "answer.txt"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


def refused(call, *said):
    with pytest.raises(JDLError) as raised:
        call()
    for words in said:
        assert words in str(raised.value)


def test_what_a_draft_says_of_itself():
    said = {
        None: ("", ""),
        Draft(): ("DRAFT: comments are due four weeks after it is sent. Not for release.", "DRAFT"),
        Draft(sent=dt.date(2026, 11, 22), respond_by=dt.date(2026, 12, 20)): (
            "DRAFT for comments by 20 December 2026. Not for release.",
            "DRAFT",
        ),
    }
    for draft, words in said.items():
        found = findings(draft=draft)
        assert (draft_words(found), draft_mark(found)) == words
    withdrawn = findings(draft=Draft(), sign_offs=({"event": "withdrawn", "by": "A", "date": "2014-01-07"},))
    assert draft_mark(withdrawn) == "WITHDRAWN" and draft_words(withdrawn).startswith("WITHDRAWN: the request")


@pytest.mark.parametrize(
    ("weeks", "time"), [(1, "1 week"), (2, "two weeks"), (12, "12 weeks")], ids=["one", "two", "twelve"]
)
def test_the_weeks_of_a_draft_are_those_of_the_settings(weeks, time):
    found = findings(draft=Draft())
    found.provenance.settings["report"] = {"draft_weeks": weeks}
    assert draft_words(found).startswith(f"DRAFT: comments are due {time} after it is sent.")


def test_a_draft_that_is_sent_is_due_four_weeks_later(record):
    said = record("draft sent", date=dt.date(2014, 2, 3))
    assert (said["date"], said["respond_by"]) == ("2014-02-03", "2014-03-03")
    assert recorded_in_words(REQUEST, said) == (
        "Recorded for foundation-2013: draft sent on 3 February 2014, by A. Analyst. Comments are due by 3 March 2014."
        " Run the request again: only its report is made anew."
    )


def test_events_are_laid_over_the_findings_the_same_each_time(record, response):
    record("sign-off", by="B.  Second ")
    record("draft sent", date=dt.date(2014, 2, 3))
    record(
        "response received", text_file=response("“Proud”\r\n\r\n<b>=1+1</b>\u2067 اسم\u2069"), date=dt.date(2014, 2, 9)
    )
    made = [with_events(findings(), record.manifest(), record.folder / "restricted") for _ in range(2)]
    made.append(with_events(made[0], record.manifest(), record.folder / "restricted"))
    assert made[0].sign_offs == (
        {"event": "sign-off", "by": "B. Second", "date": "2014-03-31"},
        {"event": "draft sent", "by": "A. Analyst", "date": "2014-02-03"},
        {"event": "response received", "by": "A. Analyst", "date": "2014-02-09"},
    )
    assert made[0].draft == Draft(sent=dt.date(2014, 2, 3), respond_by=dt.date(2014, 3, 3))
    assert made[0].organisation_response == "“Proud”\n\n<b>=1+1</b> اسم"
    assert len({one.model_dump_json() for one in made}) == 1


def test_a_request_without_events_has_a_draft_that_is_not_sent(record):
    found = with_events(findings(), record.manifest(), record.folder / "restricted")
    assert (found.draft, found.sign_offs, found.organisation_response) == (Draft(), (), None)


def test_only_events_of_the_report_make_it_out_of_date(record):
    keys = [report_key(record.manifest())]
    manifest = record.manifest()
    manifest.record_event("looked at", "A. Analyst", "b")
    keys.append(report_key(manifest))
    for event in ("balance accepted", "draft sent"):
        manifest.record_event(event, "A. Analyst", "b")
        keys.append(report_key(manifest))
    assert keys[0] == keys[1] and len(set(keys)) == 3


def test_a_sign_off_is_of_the_results_that_were_seen(record):
    record("sign-off", by="B. Second")
    others = findings(organisation_response="x", draft=Draft())
    assert results_digest(others) == results_digest(findings())
    assert with_events(others, record.manifest(), record.folder).sign_offs
    changed = findings(exploratory=True)
    assert with_events(changed, record.manifest(), record.folder).sign_offs == ()


def test_the_latest_response_and_the_latest_draft_count(record, response):
    record("draft sent", date=dt.date(2014, 1, 6))
    for text in ("first", "second"):
        record("response received", text_file=response(text), date=dt.date(2014, 1, 20))
    record("draft sent", date=dt.date(2014, 2, 3))
    found = with_events(findings(), record.manifest(), record.folder / "restricted")
    assert found.organisation_response == "second" and found.draft.respond_by == dt.date(2014, 3, 3)
    assert [entry["event"] for entry in found.sign_offs] == ["response received", "draft sent"]


def test_who_accepted_the_balance_does_not_sign_off(record):
    manifest = record.manifest()
    manifest.record_event("balance accepted", "A. Analyst", "small")
    refused(lambda: record("sign-off", by=" a.  ANALYST"), "cannot sign it off", "second analyst")
    assert record("sign-off", by="B. Second")["by"] == "B. Second"


def test_nothing_is_done_with_results_before_they_were_made(record, response):
    manifest = record.manifest()
    stages = {"outcomes": "2014-02-20T12:00:00+00:00", "outcomes/b": "2014-02-21T12:00:00+00:00"}
    manifest.values["stages"] |= {name: {"status": "done", "ended": ended} for name, ended in stages.items()}
    manifest.values["stages"]["report"]["ended"] = "2014-03-20T12:00:00+00:00"  # drawn again, from the same results
    manifest.write()
    before, on = dt.date(2014, 2, 20), dt.date(2014, 2, 21)
    said = "--date: 20 February 2014 is before these results were made, on 21 February 2014"
    for event in ("sign-off", "draft sent", "warnings looked at"):
        refused(lambda event=event: record(event, by="B. Second", reason="b", date=before), said, "correct the day")
        held = record(event, by="B. Second", reason="b", date=on)
        assert (held["date"], held["recorded"]) == ("2014-02-21", "2014-03-31")
    refused(lambda: record("response received", text_file=response(), date=before), said)
    record("withdrawn", reason="in time", date=before)  # an end needs no results


def test_faults_of_an_event_are_told_all_at_once(record, response):
    refused(
        lambda: record("withdrawn", by=" \u2066", date=dt.date(2014, 4, 1), text_file=response()),
        "4 problems", "nobody is named", "withdrawn needs a reason", "1 April 2014 is still to come", "--text-file",
    )  # fmt: skip
    assert record.manifest().values["events"] == []


@pytest.mark.parametrize(
    ("event", "options", "said"),
    [
        ("draft sent", {"date": dt.date(2013, 8, 11)}, "before the request was received, on 12 August 2013"),
        ("draft sent", {"analysis": "custody"}, "of no single analysis"),
        ("response received", {}, "the response is missing"),
        ("balance accepted", {}, "balance accepted needs a reason"),
        ("sign-off", {"by": "x" * 121}, "the name is too long"),
        ("sign-off", {"by": "A. Analyst 1/5/85"}, "the name holds a number"),
        ("withdrawn", {"reason": "x" * 2001}, "the reason is too long"),
    ],
)
def test_an_event_that_cannot_be(record, event, options, said):
    refused(lambda: record(event, **options), said)


def test_a_response_follows_a_draft(record, response):
    refused(lambda: record("response received", text_file=response()), "no draft was sent yet", "'draft sent'")
    record("draft sent", date=dt.date(2014, 2, 3))
    early = {"text_file": response(), "date": dt.date(2014, 2, 2)}
    refused(lambda: record("response received", **early), "before the draft was sent, on 3 February 2014")


def test_nothing_is_sent_or_signed_before_there_is_a_report(record):
    (record.folder / "report").rmdir()
    for event in ("draft sent", "sign-off"):
        refused(lambda event=event: record(event), "there is no report yet", "jdl run foundation-2013")


def test_a_request_that_is_withdrawn_stays_so(record):
    record("withdrawn", reason="asked for by the organisation")
    assert record.manifest().values["status"] == "withdrawn"
    refused(lambda: record("draft sent"), "was withdrawn on 31 March 2014", "--fresh")
    refused(lambda: record("withdrawn", by="B. Second", reason="again"), "was withdrawn on 31 March 2014")
    found = with_events(findings(), record.manifest(), record.folder / "restricted")
    assert found.sign_offs[0]["reason"] == "asked for by the organisation" and draft_mark(found) == "WITHDRAWN"


def test_a_reminder_follows_a_draft_and_changes_no_report(record):
    refused(lambda: record("reminder sent"), "no draft was sent yet")
    record("draft sent", date=dt.date(2014, 2, 3))
    refused(
        lambda: record("reminder sent", date=dt.date(2014, 2, 2)), "the reminder went out before the draft was sent"
    )
    key = report_key(record.manifest())
    said = record("reminder sent", date=dt.date(2014, 2, 24))
    assert recorded_in_words(REQUEST, said).endswith("reminder sent on 24 February 2014, by A. Analyst.")
    assert report_key(record.manifest()) == key


def test_warnings_are_looked_at_for_the_results_that_the_report_shows(record):
    refused(lambda: record("warnings looked at"), "warnings looked at needs a reason")
    assert record("warnings looked at", reason="29 stands twice")["of"] == results_digest(findings())


def test_what_could_not_be_answered_has_a_criterion_of_the_list_and_is_not_run_again(record):
    refused(
        lambda: record("could not be answered"),
        "2 problems",
        "needs a reason",
        "the criterion is missing",
        "few-matched",
    )
    refused(lambda: record("could not be answered", reason="b", criterion="few"), "there is no criterion `few`")
    refused(lambda: record("draft sent", criterion="service"), "draft sent has no criterion")
    said = record("could not be answered", reason="it began in 2016", criterion="data-period", date=dt.date(2014, 3, 1))
    assert "Criterion: its people lie outside the period of the data." in recorded_in_words(REQUEST, said)
    manifest = record.manifest()
    assert (
        manifest.values["status"] == "could not be answered" and draft_standing(manifest.values["events"], TODAY) == {}
    )
    refused(
        lambda: record("sign-off", by="B. Second"), "could not be answered, as was recorded on 1 March 2014", "--fresh"
    )
    with pytest.raises(CouldNotBeAnswered, match="its people lie outside the period of the data"):
        run._run_stages(SimpleNamespace(manifest=manifest, spec=spec()), "report")


def test_what_is_published_is_not_ended_otherwise(record):
    released = record.folder.parent / "released" / REQUEST / "1"
    released.mkdir(parents=True)
    values = {
        "request": REQUEST,
        "version": 1,
        "released": "2014-03-01",
        "by": "R",
        "files": {},
        "toolkit_version": "1",
    }
    (released / "release.json").write_text(json.dumps(values))
    refused(lambda: record("withdrawn", reason="b"), "its report was published on 1 March 2014", "jdl release --reason")
    record("draft sent")  # of a correction


def test_a_correction_says_what_it_replaces_and_its_numbers_are_its_own():
    first = findings(version=Version(number=1, released=dt.date(2014, 3, 1)))
    assert (published_words(first), version_words(first)) == ("Published 1 March 2014.", "")
    assert (published_words(findings()), version_words(findings())) == ("", "")
    second = Version(
        number=2, released=dt.date(2014, 4, 1), replaced=dt.date(2014, 3, 1), reason="31 people were twice"
    )
    found = findings(version=second)
    words = version_words(found)
    assert words == (
        "Version 2: published on 1 April 2014, in place of version 1 of 1 March 2014. Reason: 31 people were twice."
    )
    assert check_numbers(words, found) == [] and check_numbers(words.replace("Version 2", "Version 987"), found) == [
        "987"
    ]
    alike = findings(version=second.model_copy(update={"same_figures": True}))
    said = version_words(alike)
    assert said == words.replace("Reason", "No figure of version 1 has changed. Reason")
    assert check_numbers(said, alike) == []
    assert results_digest(found) == results_digest(findings())
    assert {dt.date(2014, 4, 1), dt.date(2014, 3, 1)} <= set(found.public_dates())


def test_the_lists_of_the_command_line_are_those_of_the_package():
    assert tuple(cli.requests.EVENTS) == EVENTS and cli.requests.CRITERIA == list(Criterion)


def test_a_request_that_was_never_run_has_no_events(tmp_path):
    def call():
        record_event(InventedLab(), REQUEST, tmp_path / "none", "draft sent", "A", today=TODAY)

    refused(call, "there is no manifest", "jdl run")


def test_an_event_waits_for_a_run_under_way(record, tmp_path):
    with alone(tmp_path, REQUEST):
        refused(lambda: record("draft sent"), "another run of this request is under way")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no text"),
        (b" \n\xc2\xa0 ... 12", "no text"),
        (b"\xff\xfea\x00b\x00", "no plain text in UTF-8"),
        (b"a\x00b", "no plain text in UTF-8"),
        (b"PK\x03\x04\x80", "no plain text in UTF-8"),
        ("é" * (LONGEST_RESPONSE + 1), "longer than 20,000 characters"),
        (b"x" * 10 * LONGEST_RESPONSE, "longer than 20,000 characters"),
    ],
    ids=["empty", "no words", "UTF-16", "a NUL", "a zip", "long", "very long"],
)
def test_a_file_that_is_no_response(response, content, said):
    refused(lambda: read_response(response(content)), said)


def test_a_response_is_read_as_plain_text(response, tmp_path):
    assert read_response(response("\ufeffWe\r\nthank\tyou\u202e\u2067 <i>\r")) == "We\nthank you <i>"
    assert len(read_response(response("é" * LONGEST_RESPONSE))) == LONGEST_RESPONSE
    refused(lambda: read_response(tmp_path / "none.txt"), "cannot be read")


def test_a_response_whose_text_is_gone_is_to_be_recorded_again(record, response):
    record("draft sent")
    said = record("response received", text_file=response())
    (record.folder / "restricted" / said["text"]).unlink()
    refused(lambda: with_events(findings(), record.manifest(), record.folder / "restricted"), "is gone", "again")


@pytest.mark.parametrize(
    ("today", "words"),
    [((2014, 3, 3), "comments due by 3 March 2014"), ((2014, 3, 4), "comments overdue since 3 March 2014")],
)
def test_how_a_draft_stands(record, response, today, words):
    assert draft_standing(record.manifest().values["events"], TODAY) == {}
    record("draft sent", date=dt.date(2014, 2, 3))
    standing = draft_standing(record.manifest().values["events"], dt.date(*today))
    assert (standing["words"], standing["overdue"]) == (words, "overdue" in words)
    record("response received", text_file=response(), date=dt.date(2014, 2, 20))
    answered = draft_standing(record.manifest().values["events"], dt.date(2015, 1, 1))
    assert (answered["words"], answered["overdue"]) == ("response received 20 February 2014", False)
    assert json.dumps(answered)


def test_a_response_that_names_somebody_stops_publication_and_leaves_the_findings(record, response):
    record("draft sent")
    record("response received", text_file=response("Thank you, Ada Example."))
    folder = RequestFolder(record.folder)
    before = folder.findings_file.read_bytes()
    with pytest.raises(GateClosed, match=r"the organisation's response names somebody \(full name\)"):
        run.findings_with_events(InventedLab(), spec(), folder)
    assert folder.findings_file.read_bytes() == before
    assert not list(folder.restricted.glob(".*"))
    record("response received", text_file=response("Thank you."))
    found = run.findings_with_events(InventedLab(), spec(), folder)
    assert found.organisation_response == "Thank you." and found.draft.sent == TODAY
    assert folder.findings_file.read_bytes() == before


@pytest.mark.parametrize(
    ("event", "options"),
    [
        ("sign-off", {"by": "B. Second"}),
        ("draft sent", {}),
        ("warnings looked at", {}),
        ("withdrawn", {}),
        ("could not be answered", {"criterion": Criterion.service}),
    ],
)
def test_a_reason_that_names_somebody_is_not_recorded(record, event, options):
    before = record.manifest().values
    with pytest.raises(JDLError) as raised:
        record(event, reason="Example, Ada was in it twice", **options)
    assert "the reason names somebody (full name); nothing was recorded" in str(raised.value)
    assert "Ada" not in str(raised.value) and record.manifest().values == before
    assert record(event, reason="somebody was in it twice", **options)["reason"] == "somebody was in it twice"


def test_a_reason_is_held_against_the_upload_where_it_was_taken_in(record, monkeypatch):
    upload = pd.DataFrame({"forename": ["Zebedee"], "surname": ["Crabtree"], "dob": [pd.Timestamp("1985-05-16")]})
    monkeypatch.setattr(lifecycle.naming, "Submission", SimpleNamespace(load=lambda _: SimpleNamespace(people=upload)))
    record("draft sent", reason="to Zebedee Crabtree, born on 16 May 1985")  # no upload was taken in
    (record.folder / "restricted" / "submission").mkdir(parents=True)
    with pytest.raises(JDLError, match=r"names somebody \(date of birth, full name, rare surname\)"):
        record("draft sent", reason="to Zebedee Crabtree, born on 16 May 1985")


def test_a_service_called_like_somebody_of_its_upload_stops_and_is_shown_in_no_list(tmp_path, monkeypatch):
    upload = pd.DataFrame({"forename": ["Zebedee", "Anna"], "surname": ["Crabtree", None]})
    monkeypatch.setattr(run, "Submission", SimpleNamespace(load=lambda _: SimpleNamespace(people=upload)))
    folder = RequestFolder(tmp_path / REQUEST)
    service = {"name": "Help for Zebedee Crabtree", "need": "accommodation", "setting": "community"}
    analyses = {"one": {"title": "Zebedee  CRABTREE’s group", "records": {"region": ["Crabtree, Zebedee", "North"]}}}
    asked = spec(service=service, analyses=analyses)
    manifest = Manifest.new(folder.manifest_file, REQUEST, asked.digest, [], 1)
    folder.root.mkdir()
    manifest.write()
    (folder.root / "spec.yml").write_text(yaml.safe_dump(asked.on_record()))
    walk = SimpleNamespace(spec=asked, folder=folder, manifest=manifest)
    with pytest.raises(GateClosed, match="holds the full name of somebody of its upload") as raised:
        run._require_names_of_nobody(walk)
    assert "zebedee" not in str(raised.value).lower() and "run again with --fresh" in str(raised.value)
    places = ["service.name", "analyses.one.title", "analyses.one.records.region.0"]
    assert [one.where for one in raised.value.problems] == [f"request {REQUEST}, {place}" for place in places]
    kept = "".join(path.read_text() for path in folder.root.iterdir()).lower()
    assert "zebedee" not in kept and "crabtree" not in kept and "north" in kept
    (row,) = all_requests(None, tmp_path, TODAY).to_dict("records")
    assert (row["service"], row["organisation"]) == ("(name not shown)", asked.organisation.name)
    walk.spec = spec(service=service | {"name": "Help for Anna, and Crabtree House"})
    run._require_names_of_nobody(walk)
    upload["provider"] = ["Zebedee Crabtree", "North Trust"]
    run._require_names_of_nobody(walk)  # nobody is divided by it
    for asked in ({"subgroups": ["provider"]}, {"analyses": {"all": {"each": "provider"}}}):
        walk.spec = spec(**asked)
        with pytest.raises(GateClosed, match=f"upload of {REQUEST}, provider: parts of the service hold") as raised:
            run._require_names_of_nobody(walk)
        assert "Zebedee" not in str(raised.value)


def test_a_reason_that_was_recorded_and_names_somebody_is_told_with_its_event_and_recorded_again(record):
    def made():
        return run.findings_with_events(InventedLab(), spec(), RequestFolder(record.folder))

    manifest = record.manifest()
    manifest.record_event("sign-off", "B. Second", "Ada Example read it", of=results_digest(findings()))
    manifest.record_event("draft sent", "A. Analyst", "to Ada Example", "2014-03-31", respond_by="2014-04-28")
    manifest.record_event("withdrawn", "A. Analyst", "Ada Example left", "2014-03-31")
    (record.folder / "restricted").mkdir(exist_ok=True)
    with pytest.raises(GateClosed) as raised:
        made()
    for event, by in (("draft sent", "A. Analyst"), ("withdrawn", "A. Analyst")):
        assert f"the reason of the event '{event}' of 31 March 2014 names somebody (full name)" in str(raised.value)
        assert f"record it again with another --reason: jdl record {REQUEST} '{event}' --by '{by}'" in str(raised.value)
    assert "event 'sign-off'" in str(raised.value) and "Ada" not in str(raised.value)
    record("withdrawn", by="a.  analyst", reason="its manager left")
    manifest = record.manifest()
    manifest.record_event("sign-off", "b. second", "read", of=results_digest(findings()))
    manifest.record_event("draft sent", "A. Analyst", "", "2014-03-31", respond_by="2014-04-28")
    assert [entry.get("reason") for entry in made().sign_offs] == ["its manager left", "read", None]
    assert sum("Ada" in event["reason"] for event in record.manifest().values["events"]) == 3


def test_who_accepted_a_balance_can_say_it_again_in_other_words(record):
    found = findings()
    balance = found.analyses[0].balance.model_copy(update={"accepted_by": "A", "accepted_reason": "Ada Example"})
    accepted = found.model_copy(update={"analyses": (found.analyses[0].model_copy(update={"balance": balance}),)})
    manifest = record.manifest()
    manifest.record_event("balance accepted", "A. Analyst", "small", analysis=accepted.analyses[0].id)
    said = with_events(accepted, manifest, record.folder).analyses[0].balance
    assert (said.accepted_by, said.accepted_reason) == ("A. Analyst", "small")
    assert results_digest(with_events(accepted, manifest, record.folder)) == results_digest(accepted)
    ((name, fix, text),) = lifecycle.free_texts(accepted, manifest, record.folder)
    assert "the reason of the event 'balance accepted'" in name and "--by 'A. Analyst'" in fix and text == "small"
    assert with_events(findings(), manifest, record.folder).analyses[0].balance.accepted_by is None


def test_a_run_that_ended_otherwise_leaves_the_report_to_be_signed(record):
    manifest = record.manifest()
    manifest.values["stages"]["report"] = {"status": "failed"}
    manifest.values |= {"status": "a gate is closed", "reported": results_digest(findings())}
    manifest.write()
    assert record("sign-off", by="B. Second")["of"] == results_digest(findings())
    manifest.values["reported"] = "of other results"
    manifest.write()
    refused(lambda: record("sign-off", by="B. Second"), "the report is of earlier results", f"jdl run {REQUEST}")


def test_an_event_is_refused_where_a_run_would_be(record, monkeypatch):
    def other(*_):
        raise JDLError("this folder was made under another specification")

    monkeypatch.setattr(lifecycle.events, "open_folder", other)
    refused(lambda: record("draft sent"), "made under another specification")
    assert record.manifest().values["events"] == []


def test_findings_and_report_are_put_in_place_together_or_not_at_all(record, monkeypatch):
    folder, seen = RequestFolder(record.folder), []
    folder.restricted.mkdir(exist_ok=True)
    (folder.report / "report.html").write_text("old")
    record("draft sent")
    before = folder.findings_file.read_bytes()

    def draw(lab, request, outputs, found, place, with_code, *_):
        seen.append(Findings.read(RequestFolder(outputs / request).findings_file).draft.sent)
        assert folder.findings_file.read_bytes() == before
        (place / "report.html").write_text("new")
        return []

    monkeypatch.setattr(run, "_draw_report", draw)
    monkeypatch.setattr(run, "_leaks", lambda lab, spec, folder, files, findings: [(files[0], "full name")])
    with pytest.raises(GateClosed, match="(?s)leak check found personal data.*What to do"):
        run.build_report(InventedLab(), REQUEST, spec(), folder)
    assert folder.findings_file.read_bytes() == before and (folder.report / "report.html").read_text() == "old"
    monkeypatch.setattr(run, "_leaks", lambda *_: [])
    run.build_report(InventedLab(), REQUEST, spec(), folder)
    assert Findings.read(folder.findings_file).draft.sent == TODAY and seen == [TODAY, TODAY]
    assert (folder.report / "report.html").read_text() == "new" and not list(folder.root.glob(".*"))


def test_a_reason_may_not_name_anybody_but_who_signed_may():
    signed = ({"event": "sign-off", "by": "B. Second", "date": "2014-03-31", "reason": "Ada Example asked"},)
    found = findings(sign_offs=signed, draft=Draft(respond_by=dt.date(2014, 4, 28)))
    assert "B. Second" in found.public_texts() and "Ada Example asked" not in found.public_texts()
    assert dt.date(2014, 4, 28) in found.public_dates()


def test_the_report_says_what_was_done_with_it_in_sentences():
    signed = (
        {"event": "draft sent", "by": "A. *Analyst*", "date": "2014-02-03"},
        {"event": "withdrawn", "by": "B", "date": "2014-03-01", "reason": "the service ended; <b>all</b> left."},
    )
    said = provenance(findings(sign_offs=signed)).text.replace("\u2060", "")
    assert said.split("\n")[-2:] == [
        "- Draft sent on 3 February 2014, by A. *Analyst*.",
        "- Withdrawn on 1 March 2014, by B: the service ended; <b>all</b> left.",
    ]


def test_the_command_offers_every_event():
    (event,) = (p for p in cli.requests.record.params if p.name == "event")
    assert tuple(event.type.choices) == EVENTS


def test_words_of_the_organisation_are_no_figures_and_the_numbers_in_them_are():
    one, service = findings(), findings().service
    assert has_same_figures(
        one, findings(draft=Draft(), organisation_response="We", sign_offs=({"event": "sign-off"},))
    )
    made = one.provenance.model_copy(update={"toolkit_commit": "f00", "spec_digest": "x"})
    assert has_same_figures(one, one.model_copy(update={"provenance": made}))
    for name, same in (("Mended name", True), ("Mended name, 12 people", False)):
        assert has_same_figures(one, findings(service=service.model_copy(update={"name": name}))) is same
    assert not has_same_figures(one, findings(exploratory=True))
    assert not has_same_figures(one, findings(analysis_changes={"flow": one.analyses[0].flow[:-1]}))
