"""Publishing a report: nothing without every condition, all or nothing, never overwritten; a correction that says so.

Conditions, order and interruption are tried on invented findings with a report of two small files; one request is
released as it is, from its notebook to its sealed files.
"""

import datetime as dt
import json
import os
import re
import shutil

import nbformat
import pytest
from click.testing import CliRunner
from examples import findings, spec, unanswered

from jdl_toolkit import cli, release, run
from jdl_toolkit.errors import GateClosed, JDLError
from jdl_toolkit.findings import Findings, Version
from jdl_toolkit.lifecycle import all_requests, results_digest
from jdl_toolkit.manifest import Manifest, alone
from jdl_toolkit.narrative import published_words, version_words
from jdl_toolkit.release import release_request
from jdl_toolkit.releases import check_releases, read_releases, released_findings, version_folder
from jdl_toolkit.stage import RequestFolder

REQUEST = "foundation-2013"
TODAY = dt.date(2014, 3, 31)
SENT = {"date": "2014-02-03", "respond_by": "2014-03-03"}
#: The same figures; a word that the organisation wrote about itself is another.
CORRECTED = findings().model_copy(update={"answers": findings().answers | {"purpose": "support"}})


class InventedLab:
    def __init__(self, root):
        self.root = root

    def spec(self, request):
        return spec()

    def short(self, path):
        return str(path)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A request that is ready to be released; its report is two small files."""
    monkeypatch.setattr(release, "open_folder", lambda *_: None)
    monkeypatch.setattr(release, "out_of_date", lambda *_: "")
    monkeypatch.setattr(release, "findings_with_events", lambda lab, spec, folder, more: on_disk(folder))
    monkeypatch.setattr(release, "with_what_was_done", lambda found, *_: found)
    monkeypatch.setattr(release, "make_report", drawn)
    monkeypatch.setattr(release, "refresh_index", lambda *_: None)
    put(tmp_path, findings())
    return InventedLab(tmp_path)


def on_disk(folder):
    return Findings.read(folder.findings_file)


def drawn(lab, request, spec, folder, found, making, engine="", tell=None):
    """As `run.make_report`, with the words of the version in place of a report."""
    found.write(making / request / "findings.json")
    (making / request / "report" / "report.html").write_text(published_words(found) + version_words(found))
    (making / request / "report" / "data").mkdir()
    (making / request / "report" / "data" / "a.csv").write_text("a\n")
    return []


def put(root, found, events=("sign-off", "draft sent"), created="2014-02-01T00:00:00+00:00", stages=()):
    """The request's folder with these findings, and what people recorded of them."""
    folder = root / "outputs" / REQUEST
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "report").mkdir(parents=True)
    (folder / "report" / "report.html").write_text("DRAFT")
    found.write(folder / "findings.json")
    manifest = Manifest.new(folder / "manifest.json", REQUEST, "digest", [], 1)
    manifest.values |= {
        "created": created,
        "status": "reported",
        "reported": results_digest(found),
        "stages": {name: {"status": "done"} | said for name, said in dict(stages).items()},
    }
    manifest.write()
    for name in events:
        add(root, name)


def add(root, name, by="B. Second", **more):
    manifest = Manifest.read(root / "outputs" / REQUEST / "manifest.json")
    digest = results_digest(Findings.read(root / "outputs" / REQUEST / "findings.json"))
    held = {"sign-off": {"of": digest}, "warnings looked at": {"of": digest}, "draft sent": SENT}.get(name, {})
    manifest.record_event(name, by, "because", **({"date": "2014-02-02"} | held | more))


def publish(lab, **options):
    return release_request(lab, REQUEST, lab.root / "outputs", **({"by": "R. Releaser", "today": TODAY} | options))


def refused(lab, *said, kind=GateClosed, **options):
    before = sorted(lab.root.rglob("*"))
    with pytest.raises(kind) as raised:
        publish(lab, **options)
    for words in said:
        assert words in str(raised.value), str(raised.value)
    released = [path for path in lab.root.rglob("*") if path not in before and path.suffix != ".lock"]
    assert [path for path in released if path.is_file()] == []
    return str(raised.value)


def test_what_is_released_is_whole_sealed_and_on_record(lab):
    done = publish(lab)
    assert (done.release.version, done.release.released, done.release.answered) == (1, TODAY, True)
    folder = version_folder(lab.root / "outputs", REQUEST, 1)
    named = f"{REQUEST}-1-feedback"
    assert done.folder == folder and sorted(done.release.files) == [
        "data/a.csv", "findings.json", f"{named}.txt", f"{named}.xlsx", "report.html",
    ]  # fmt: skip
    published = released_findings(lab.root / "outputs", done.release)
    assert published.draft is None and published.version == Version(number=1, released=TODAY)
    assert (folder / "report.html").read_text() == "Published 31 March 2014."
    assert {oct(path.stat().st_mode)[-3:] for path in folder.rglob("*") if path.is_file()} == {"444"}
    assert list(folder.parent.iterdir()) == [folder]
    event = Manifest.read(lab.root / "outputs" / REQUEST / "manifest.json").values["events"][-1]
    assert (event["event"], event["version"], event["by"], event["date"]) == (
        "released",
        "1",
        "R. Releaser",
        "2014-03-31",
    )
    assert event["recorded"] == TODAY.isoformat()
    assert results_digest(published) == results_digest(findings())
    assert (lab.root / "outputs" / REQUEST / "report" / "report.html").read_text() == "DRAFT"


def test_every_condition_that_is_not_met_is_told_at_once_with_what_mends_it(lab, monkeypatch):
    put(lab.root, findings(exploratory=True), events=())
    monkeypatch.setattr(release, "out_of_date", lambda *_: "outcomes")
    manifest = Manifest.read(lab.root / "outputs" / REQUEST / "manifest.json")
    misplaced = {"status": "done", "misplaced": ["29 in the table"]}
    manifest.values |= {"reported": "of other results", "stages": {"report": misplaced}}
    manifest.write()
    refused(
        lab, "6 problems", "stage outcomes is not up to date", "jdl run foundation-2013",
        "its results are exploratory", "does not show the results as they are",
        "no second analyst has signed it off", "jdl record foundation-2013 sign-off --by NAME",
        "was not sent to the organisation", "jdl record foundation-2013 'draft sent' --by NAME",
        "29 in the table", "jdl record foundation-2013 'warnings looked at' --by NAME --reason TEXT",
    )  # fmt: skip


def test_who_accepted_the_balance_is_no_second_analyst_and_a_sign_off_is_of_these_results(lab):
    put(lab.root, findings(), events=("draft sent",))
    add(lab.root, "balance accepted", by="B.  SECOND")
    add(lab.root, "sign-off")
    refused(lab, "no second analyst has signed it off", "another person than who ran it or accepted its balance")
    add(lab.root, "sign-off", by="C. Third", of="earlier results")
    refused(lab, "the sign-off is of earlier results")
    add(lab.root, "sign-off", by="C. Third")
    assert publish(lab).release.version == 1


@pytest.mark.parametrize(
    ("day", "response", "words", "may"),
    [
        (dt.date(2014, 3, 3), None, "", False),  # the last day for comments
        (dt.date(2014, 3, 4), None, "", True),
        (dt.date(2014, 2, 10), "2014-02-10", "", True),
        (dt.date(2014, 2, 10), "2014-02-02", "", False),  # to an earlier draft
        (dt.date(2014, 2, 10), None, "no comments, by telephone", True),
        (dt.date(2014, 2, 1), "2014-02-02", "x", False),  # before what happened
    ],
)
def test_the_organisation_has_answered_or_has_had_its_weeks(lab, day, response, words, may):
    if response:
        add(lab.root, "response received", date=response)
    if may:
        publish(lab, date=day, without_response=words)
        event = Manifest.read(lab.root / "outputs" / REQUEST / "manifest.json").values["events"][-1]
        assert event.get("without_response", "") == words
    else:
        refused(lab, "of 3 February 2014" if words else "has until 3 March 2014", date=day, without_response=words)


@pytest.mark.parametrize("end", ["withdrawn", "could not be answered"])
def test_a_request_that_was_ended_by_a_person_is_not_published(lab, end):
    add(lab.root, end, criterion="service")
    refused(lab, "2 February 2014", "--fresh")


def test_warnings_are_looked_at_for_these_results(lab):
    manifest = Manifest.read(lab.root / "outputs" / REQUEST / "manifest.json")
    manifest.values["stages"] = {"report": {"status": "done", "misplaced": ["29 in the table"]}}
    manifest.write()
    add(lab.root, "warnings looked at", of="earlier results")
    refused(lab, "29 in the table")
    add(lab.root, "warnings looked at")
    publish(lab)


def test_options_that_cannot_be(lab):
    refused(lab, "3 problems", "1 April 2014 is still to come", "replaces nothing", "at most 400", kind=JDLError,
            date=dt.date(2014, 4, 1), reason="x" * 401)  # fmt: skip
    publish(lab)
    put(lab.root, CORRECTED, created="2014-04-01T00:00:00+00:00")
    refused(lab, "version 1 is published; what replaces it needs a reason", kind=JDLError)
    refused(lab, "was published later, on 31 March 2014", kind=JDLError, reason="a", date=dt.date(2014, 3, 30))


def test_options_and_conditions_are_told_at_once(lab):
    put(lab.root, findings(), events=())
    refused(lab, "4 problems", "nobody is named", "replaces nothing", "no second analyst",
            "another person than who ran it", "was not sent", by="", reason="a")  # fmt: skip
    shutil.rmtree(lab.root / "outputs" / REQUEST / "report")
    refused(lab, "4 problems", "nobody is named", "there is no report yet", "no second analyst", "was not sent", by="")


def test_a_request_whose_input_is_at_fault_is_told_that_fault(lab, monkeypatch):
    stages = {"intake": {"status": "failed", "error": "JDLError"}}
    put(lab.root, findings(), stages=stages)
    folder = RequestFolder(lab.root / "outputs" / REQUEST)
    shutil.rmtree(folder.report)
    output = nbformat.v4.new_output("error", ename="JDLError", evalue="a.xlsx: it is damaged\n  What to do: save it")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    folder.executed("intake").parent.mkdir(parents=True)
    nbformat.write(notebook, folder.executed("intake"))
    said = refused(
        lab, "something in its input is wrong (stage intake):\n  a.xlsx: it is damaged", "mend that, and run"
    )
    assert "no report yet" not in said
    output["ename"], output["evalue"] = (
        "ValueError",
        "rows about people",
    )  # a fault of the toolkit: nothing of it is told
    nbformat.write(notebook, folder.executed("intake"))
    assert "rows" not in refused(lab, "there is no report yet")


def test_nothing_is_released_before_there_were_results(lab):
    stages = {"outcomes": {"ended": "2014-02-20T12:00:00+00:00"}, "report": {"ended": "2014-03-20T12:00:00+00:00"}}
    put(lab.root, findings(), stages=stages)
    said = "--date: 19 February 2014 is before these results were made, on 20 February 2014"
    refused(lab, said, kind=JDLError, date=dt.date(2014, 2, 19), without_response="none was to come")
    publish(lab, date=dt.date(2014, 2, 20), without_response="none was to come")


def test_what_corrects_nothing_is_no_correction(lab, monkeypatch):
    publish(lab)
    refused(lab, "nothing but the version's number would change: version 1 of 31 March 2014 stands", "have it signed",
            reason="drawn anew")  # fmt: skip
    put(lab.root, findings(), created="2014-04-01T00:00:00+00:00")  # nor do the same results, made again
    refused(lab, "nothing but the version's number would change", reason="drawn anew")
    page = version_folder(lab.root / "outputs", REQUEST, 1) / "report.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Reoffendign")]), page)
    (lab.root / "05.ipynb").write_text(page.read_text())
    lab.notebook = lambda name: lab.root / "05.ipynb"
    refused(lab, "nothing but the version's number would change", "not part of the release", reason="drawn anew")
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Reoffending")]), lab.root / "05.ipynb"
    )
    refused(lab, "not part of the release: report.ipynb", reason="a word")
    page.unlink()
    monkeypatch.setattr(release, "__version__", "9.9")  # another toolkit may have other words
    done = publish(lab, reason="a word was wrong", today=dt.date(2014, 4, 2))
    assert released_findings(lab.root / "outputs", done.release).version.same_figures


def test_a_correction_is_the_next_version_and_the_first_stays_as_it_is(lab):
    publish(lab)
    first = version_folder(lab.root / "outputs", REQUEST, 1)
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    put(lab.root, CORRECTED, created="2014-04-01T00:00:00+00:00")
    done = publish(lab, reason="a **sentence** was wrong", today=dt.date(2014, 4, 7))
    assert (done.release.version, done.replaced.version) == (2, 1)
    assert {path: path.read_bytes() for path in first.rglob("*") if path.is_file()} == before
    words = (done.folder / "report.html").read_text().replace("\u2060", "")
    assert words == (
        "Published 7 April 2014.Version 2: published on 7 April 2014, in place of version 1 of 31 March 2014. No figure"
        " of version 1 has changed. Reason: a **sentence** was wrong."
    )
    assert [(one.release.version, one.standing, one.problems) for one in check_releases(lab.root / "outputs")] == [
        (1, "superseded", []), (2, "stands", []),
    ]  # fmt: skip


def test_a_correction_that_tells_of_a_few_people_is_never_published(lab):
    publish(lab)
    flow = list(findings().analyses[0].flow)
    step = next(i for i, one in enumerate(flow) if (one.records_excluded or 0) >= 10)
    flow[step] = flow[step].model_copy(update={"records_excluded": flow[step].records_excluded - 2})
    put(lab.root, findings(analysis_changes={"flow": tuple(flow)}), created="2014-03-31T00:00:00+00:00")
    said = refused(
        lab, "beside version 1, which is published, it would tell of a few people", reason="one was left out"
    )
    add(lab.root, "warnings looked at")  # nobody can allow it
    assert refused(lab, reason="one was left out") == said


def test_what_an_archived_run_would_tell_must_be_looked_at(lab):
    archived = lab.root / "outputs" / "archive" / f"{REQUEST}-20140301T000000000000"
    archived.mkdir(parents=True)
    flow = list(findings().analyses[0].flow)
    step = next(i for i, one in enumerate(flow) if (one.records_excluded or 0) >= 10)
    flow[step] = flow[step].model_copy(update={"records_excluded": flow[step].records_excluded - 2})
    findings(analysis_changes={"flow": tuple(flow)}).write(archived / "findings.json")
    refused(lab, f"beside the archived run {archived.name}", "warnings looked at")
    add(lab.root, "warnings looked at")
    publish(lab)
    assert archived.is_dir()


def test_a_release_that_was_killed_before_its_place_has_published_nothing(lab, monkeypatch):
    for name, fake in (("make_report", killed), ("_seal", killed)):
        with monkeypatch.context() as patch:
            patch.setattr(release, name, fake)
            patch.setattr(release.shutil, "rmtree", lambda *_, **__: None)  # nothing tidies up behind a kill
            with pytest.raises(KeyboardInterrupt):
                publish(lab)
        assert read_releases(lab.root / "outputs") == [] and len(
            list((lab.root / "outputs/released").rglob(".making*"))
        )
    assert publish(lab).release.version == 1
    assert [path.name for path in (lab.root / "outputs/released" / REQUEST).iterdir()] == ["1"]


def test_a_release_that_was_killed_before_it_was_on_record_is_put_there_by_the_next(lab, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(release, "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(lab)
    events = [e["event"] for e in Manifest.read(lab.root / "outputs" / REQUEST / "manifest.json").values["events"]]
    assert "released" not in events and len(read_releases(lab.root / "outputs")) == 1
    done = publish(lab)
    assert done.was_there and done.release.version == 1 and "broken off" in done.words
    events = [e["event"] for e in Manifest.read(lab.root / "outputs" / REQUEST / "manifest.json").values["events"]]
    assert events.count("released") == 1 and len(read_releases(lab.root / "outputs")) == 1
    put(lab.root, CORRECTED, created="2014-04-01T00:00:00+00:00")  # `--fresh`: another run, whose next release is new
    assert not publish(lab, reason="drawn anew").was_there


def killed(*_, **__):
    raise KeyboardInterrupt


def test_two_releases_at_once_make_one_version(lab):
    with alone(lab.root / "outputs", REQUEST):
        refused(lab, "another run of this request is under way", kind=JDLError)


def test_a_final_report_with_new_warnings_is_not_published(lab, monkeypatch):
    monkeypatch.setattr(release, "make_report", lambda *a, **k: [*drawn(*a, **k), "31 in the text"])
    refused(lab, "the final report has warnings that its draft had not", "31 in the text")


def test_a_request_that_could_not_be_answered_is_released_as_such(lab):
    put(lab.root, unanswered())
    assert not publish(lab).release.answered
    row = all_requests(None, lab.root / "outputs", TODAY).iloc[0]
    assert (row["status"], row["version"]) == ("could not be answered", 1)


def test_released_files_are_held_to_their_record(lab):
    folder = publish(lab).folder
    for name in ("report.html", "findings.json"):
        os.chmod(folder / name, 0o644)
    (folder / "report.html").write_text("improved")
    (folder / "findings.json").unlink()
    (folder / "note.txt").write_text("added")
    (found,) = check_releases(lab.root / "outputs")
    assert (found.changed, found.missing, found.added) == (("report.html",), ("findings.json",), ("note.txt",))
    outputs = ["--outputs", str(lab.root / "outputs")]
    told = CliRunner().invoke(cli.main, ["release", "--check", *outputs])
    assert told.exit_code == 4
    for words in ("changed: report.html", "missing: findings.json", "not part of the release: note.txt"):
        assert words in told.stderr


def test_a_request_is_released_from_its_notebook_to_its_sealed_files(demo, in_lab, monkeypatch):
    outputs = in_lab.root / "outputs"
    run.run_request(in_lab, REQUEST, outputs)
    kept = shutil.copytree(outputs / REQUEST, in_lab.root / "kept")
    look = (in_lab, REQUEST, in_lab.spec(REQUEST), RequestFolder(outputs / REQUEST))
    assert run.out_of_date(*look) == ""
    try:
        for event, by in (("sign-off", "B. Second"), ("draft sent", "A. Analyst")):
            told = CliRunner().invoke(cli.main, ["record", REQUEST, event, "--by", by])
            assert told.exit_code == 0, told.stderr
        assert run.out_of_date(*look) == "report"
        monkeypatch.setattr(release, "out_of_date", lambda *_: "")  # the draft need not be drawn once more for this
        asked = ["release", REQUEST, "--by", "R. Releaser", "--without-response", "none was to come", "--json"]
        told = CliRunner().invoke(cli.main, asked)
        assert told.exit_code == 0, told.stderr
        folder = version_folder(outputs, REQUEST, 1)
        assert json.loads(told.stdout)["folder"] == str(folder)
        page = (folder / "report.html").read_text()
        assert not re.search(r"\bDRAFT\b|\bdraft of this|Not for release", page) and "Published" in page
        assert {"report.pdf", "data-tables.xlsx", "findings.json", "report.ipynb"} <= read_releases(outputs)[
            0
        ].files.keys()
        row = all_requests(in_lab, outputs, dt.date.today()).set_index("request").loc[REQUEST]
        assert (row["status"], row["version"], row["overdue"]) == ("published", 1, False)
        assert "stands" in CliRunner().invoke(cli.main, ["release", "--check"]).stdout
        kept_draft = RequestFolder(outputs / REQUEST).report / "report.html"
        assert "DRAFT" in kept_draft.read_text()
    finally:  # other tests share this lab
        shutil.rmtree(outputs / "released", ignore_errors=True)
        shutil.rmtree(outputs / REQUEST)
        os.replace(kept, outputs / REQUEST)
