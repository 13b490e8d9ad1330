"""The bulletin's data: what is counted, what is new, who is named, and how it comes to its place on disk."""

import datetime as dt
import json
import shutil
from types import SimpleNamespace

import pandas as pd
import pytest
from bulletins import NOWHERE, pilot_bulletin, pilot_reports, pilot_requests, pilot_settings
from click.testing import CliRunner
from examples import estimate, findings, frequency, measure, ranged, several, unanswered

from jdl_toolkit.bulletin import leaks
from jdl_toolkit.cli import main
from jdl_toolkit.errors import GateClosed, JDLError
from jdl_toolkit.lab import Lab, lay_out
from jdl_toolkit.manifest import alone
from jdl_toolkit.portfolio import (
    BULLETIN_FILE,
    Bulletin,
    Period,
    PublicationDay,
    RequestCounts,
    bulletin_settings,
    gather,
    results,
)
from jdl_toolkit.releases import Release, version_folder

JANUARY, FEBRUARY = dt.date(2014, 1, 31), dt.date(2014, 2, 28)


def counts_of(counts):
    return (counts.received, counts.published, counts.could_not_be_answered, counts.withdrawn, counts.in_progress)


def verdicts_of(counts):
    return (counts.n_reports, counts.reductions, counts.increases, counts.inconclusive, counts.without_result)


def test_the_pilot_year_as_published():
    """Source: "Justice Data Lab: the pilot year": 80 = 57 + 12 + 1 + 10; 57 = 19 + 3 + 35; three on frequency alone."""
    bulletin = pilot_bulletin()
    assert counts_of(bulletin.counts) == (80, 57, 12, 1, 10)
    assert verdicts_of(bulletin.counts) == (57, 19, 3, 35, 0)
    assert bulletin.counts.balanced() == RequestCounts(80, 57, 12, 1, 10, 19, 3, 35)
    assert len(bulletin.requests) == 80 and len(bulletin.results) == len(bulletin.of_this_lab) == 57
    conclusive = bulletin.conclusive
    assert len(conclusive) == 22 and sum(r.n_treatment > 200 for r in conclusive) == 15
    smallest = conclusive[0]
    assert (smallest.n_treatment, smallest.difference_pp, smallest.ci_low_pp, smallest.ci_high_pp) == (30, -20, -38, -1)
    assert [r.request for r in bulletin.frequency_only] == ["pilot-02", "pilot-12", "pilot-58"]
    assert [(c.criterion, c.n) for c in bulletin.criteria] == [("fewer than 60 people were submitted", 12)]
    assert bulletin.synthetic


def test_october_2013_as_published():
    """Source: "Justice Data Lab statistics: November 2013": 58 = 30 + 9 + 19; published on 14 November 2013."""
    bulletin = pilot_bulletin("2013-10", dt.date(2013, 9, 30))
    assert counts_of(bulletin.counts) == (58, 30, 9, 0, 19)
    assert bulletin.published == dt.date(2013, 11, 14) and bulletin.next_publication == dt.date(2013, 12, 12)
    assert len(bulletin.results) == 30 and max(r.published for r in bulletin.results) <= dt.date(2013, 10, 31)
    assert {r.status for r in bulletin.requests} == {"published", "could not be answered", "in progress"}
    assert bulletin.pre_release.hours == 24 and "Permanent Secretary" in bulletin.pre_release.people


def test_what_is_new_is_new_since_the_bulletin_before():
    """Of the 57, seven were published in February 2014: counted in the file by hand (24, 47, 51, 62, 64, 65, 69)."""
    bulletin = pilot_bulletin()
    expected = [f"pilot-{n}" for n in (24, 47, 51, 62, 64, 65, 69)]
    assert sorted(r.request for r in bulletin.new_results) == expected
    assert counts_of(bulletin.earlier_counts) == counts_of(pilot_bulletin("2014-01", None).counts)
    assert bulletin.counts.n_reports - bulletin.earlier_counts.n_reports == 7
    assert sum(r.is_new for r in bulletin.requests) == 7 + 3  # and three that could not be answered: 52, 55, 70
    first = pilot_bulletin(earlier_until=None)
    assert len(first.new_results) == 57 and first.earlier_counts.received == 0 and first.earlier_until is None


def test_only_what_was_published_is_named_unless_the_settings_say_so():
    bulletin = pilot_bulletin()
    unpublished = [r for r in bulletin.requests if r.status != "published"]
    assert len(unpublished) == 23 and {(r.organisation, r.service) for r in unpublished} == {(None, None)}
    assert unpublished[0].request == "not-published-01" and len({r.request for r in bulletin.requests}) == 80
    text = bulletin.model_dump_json()
    hidden = pilot_requests().query("status != 'published'")
    assert not [name for name in (*hidden["request"], *hidden["organisation"]) if f'"{name}"' in text]
    named = pilot_bulletin(settings=pilot_settings(name_unpublished=True))
    assert {r.organisation for r in named.requests} == set(pilot_requests()["organisation"])
    requests = pilot_requests()
    requests.loc[requests["request"] == "pilot-03", "version"] = 1  # its short report was released
    released = pilot_bulletin(requests=requests)
    assert [r.organisation for r in released.requests if r.request == "pilot-03"] == ["Invented organisation 03"]


def corrected(request, version, day, reason, **changes):
    """The reports of the pilot year, one of them with a further version."""
    reports = pilot_reports()
    further = reports[reports["request"] == request].assign(version=version, released=day, reason=reason, **changes)
    return pd.concat([reports, further], ignore_index=True)


def test_a_correction_takes_the_place_of_the_earlier_version_from_its_own_day_on():
    day = dt.date(2014, 2, 10)
    changes = {"difference_pp": -1.0, "ci_low_pp": -4.0, "ci_high_pp": 2.0, "verdict": "inconclusive"}
    reports = corrected("pilot-01", 2, day, "an upload was read twice", **changes)
    bulletin = pilot_bulletin(reports=reports)
    (result,) = [r for r in bulletin.results if r.request == "pilot-01"]
    assert (result.version, result.difference_pp, result.published) == (2, -1, day)
    assert result.first_published == dt.date(2013, 9, 27) and result.is_correction and not result.is_new
    assert verdicts_of(bulletin.counts) == (57, 18, 3, 36, 0)
    (correction,) = bulletin.corrections
    assert (correction.version, correction.reason, correction.is_new) == (2, "an upload was read twice", True)
    before = pilot_bulletin("2014-01", dt.date(2013, 12, 31), reports=reports)
    (result,) = [r for r in before.results if r.request == "pilot-01"]
    assert (result.version, result.difference_pp, before.corrections) == (1, -5.4, ())
    assert before.counts == bulletin.earlier_counts
    (row,) = [r for r in bulletin.requests if r.request == "pilot-01"]
    assert (row.version, row.ended, row.is_new) == (2, dt.date(2013, 9, 27), False)


def test_a_request_has_one_status_and_each_of_its_reports_a_verdict():
    """Three analyses of one request, one of which could not be answered: 57 requests, 59 reports."""
    requests, reports = pilot_requests(), pilot_reports()
    three = results([several()]).assign(request="pilot-43", version=1, released=dt.date(2013, 12, 12), reason="")
    reports = pd.concat([reports[reports["request"] != "pilot-43"], three], ignore_index=True)
    bulletin = pilot_bulletin(requests=requests, reports=reports)
    assert counts_of(bulletin.counts) == (80, 57, 12, 1, 10)
    n, reductions, increases, inconclusive, without = verdicts_of(bulletin.counts)
    assert (n, without) == (59, 1) and n == reductions + increases + inconclusive + without
    assert "Of the 59 reports published, " in bulletin.counts.balanced().summary()
    of = [r for r in bulletin.results if r.request == "pilot-43"]
    assert [r.analysis for r in of] == ["national", "region-north", "custody"]
    assert [bool(r.left_out) for r in of] == [False, True, False] and of[2].why_not
    assert bulletin.pooling["n_left_out"] == 1 and bulletin.pooling["n_pooled"] == 57
    assert bulletin.remarks[0].startswith("1 result is not part of the pooled effects: another analysis")
    assert [r.n_reports for r in bulletin.requests if r.request == "pilot-43"] == [3]


def test_counts_that_do_not_balance_stop_it():
    reports = pilot_reports()
    with pytest.raises(JDLError, match="pilot-01: published, but no report of it is there"):
        pilot_bulletin(reports=reports[reports["request"] != "pilot-01"])
    extra = reports.iloc[[0]].assign(request="pilot-80")
    with pytest.raises(JDLError, match="pilot-80: a report of it is there, but it is not published"):
        pilot_bulletin(reports=pd.concat([reports, extra], ignore_index=True))


def test_results_of_this_lab_bring_their_own_standard_error_and_p_value():
    found = findings(measure(estimate(-0.04, 0.05)), frequency(estimate(-0.3, 0.1)), request="pilot-43")
    own = results([found]).assign(version=1, released=dt.date(2013, 12, 12), reason="")
    reports = pd.concat([pilot_reports().query("request != 'pilot-43'"), own], ignore_index=True)
    bulletin = pilot_bulletin(reports=reports)
    (result,) = [r for r in bulletin.results if r.request == "pilot-43"]
    assert (result.se_pp, result.df, result.p_value) == pytest.approx((5, 256, 0.46))
    assert not result.se_from_interval and not result.p_from_interval
    assert result in bulletin.frequency_only and result.frequency_difference == -0.3
    assert bulletin.multiplicity.n_from_interval == 56


def test_imported_results_stand_beside_the_counts():
    about = {"organisation": "Elsewhere", "service": "A programme", "need": "employment", "sector": None}
    about |= {
        "setting": None,
        "analysis": "main",
        "title": "A programme",
        "source": "imported",
        "source_title": "A page",
    }
    rows = [
        {"request": "page:1", "published": dt.date(2014, 2, 3), "difference_pp": -3.0, "ci_low_pp": -5.0},
        {"request": "page:2", "published": None, "why_not": "listed only: no interval"},
        {"request": "page:3", "published": dt.date(2014, 3, 3), "difference_pp": 1.0, "ci_low_pp": -5.0},
    ]
    imported = pd.DataFrame([about | row for row in rows]).assign(remarks=[("It contradicts itself.",), (), ()])
    imported["ci_high_pp"] = imported["difference_pp"] + 2
    bulletin = pilot_bulletin(imported=imported.astype(object))
    assert counts_of(bulletin.counts) == (80, 57, 12, 1, 10) and bulletin.n_imported == 2
    one, two = (r for r in bulletin.results if r.source == "imported")
    assert (one.verdict, one.is_new, one.remarks, one.sector) == ("reduction", True, ("It contradicts itself.",), None)
    assert (two.verdict, two.is_new, two.published, two.why_not) == (None, False, None, "listed only: no interval")
    pooled = {(p.by, p.level): p for p in bulletin.pooled}
    assert (pooled["all", "all"].k, pooled["all", "all"].n_imported) == (58, 1)
    assert pooled["need", "employment"].n_imported == 1
    assert (bulletin.multiplicity.n_tests, bulletin.multiplicity.n_imported) == (58, 1)


def test_it_is_written_and_read_back(tmp_path):
    bulletin, path = pilot_bulletin(), tmp_path / BULLETIN_FILE
    bulletin.write(path)
    assert Bulletin.read(path) == bulletin and path.read_text() == bulletin.model_dump_json(indent=1) + "\n"
    values = json.loads(path.read_text())
    for change, words in (
        ({"schema_version": "0.9"}, "schema version 0.9; this toolkit reads 1.0"),
        ({"schema_version": "7"}, "schema version 7"),
        ({"counts": 3}, r"not a valid bulletin \(at counts\)"),
        ({"person": "x"}, r"at person"),
    ):
        path.write_text(json.dumps(values | change))
        with pytest.raises(JDLError, match=words):
            Bulletin.read(path)
    path.write_text("[1")
    with pytest.raises(JDLError, match="cannot be read"):
        Bulletin.read(path)
    with pytest.raises(JDLError, match="no such bulletin yet"):
        Bulletin.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("period", "day"),
    [("2013-10", (2013, 11, 14)), ("2013-12", (2014, 1, 9)), ("2014-02", (2014, 3, 13)), ("2024-01", (2024, 2, 8))],
)
def test_the_second_thursday_of_the_next_month(period, day):
    assert Period.parse(period).published(PublicationDay()) == dt.date(*day)
    assert dt.date(*day).weekday() == 3 and 8 <= day[2] <= 14


def test_other_days_and_periods():
    assert Period.parse("2024-02").until == dt.date(2024, 2, 29)
    assert str(Period.parse("2013-12").after(1)) == "2014-01" and str(Period.parse("2014-01").after(-1)) == "2013-12"
    assert Period.parse("2013-10").published(PublicationDay(weekday="monday", which=1)) == dt.date(2013, 11, 4)
    for wrong in ("2013-13", "2013-00", "October", "2013-1", "13-10", "2013-10-01", "", "0000-01"):
        with pytest.raises(JDLError, match="this is no month"):
            Period.parse(wrong)


def test_settings_all_faults_at_once(tmp_path):
    lab = lay_out(tmp_path / "lab")
    folder, period = lab.root / "parameters" / "bulletins", Period.parse("2013-10")
    assert bulletin_settings(folder, period) == bulletin_settings(NOWHERE, period) == pilot_settings()
    (folder / "2013-10.yml").write_text("published: 2013-11-20\npre_release:\n  hours: 12\n")
    of = bulletin_settings(folder, period)
    assert of.days(period) == (dt.date(2013, 11, 20), dt.date(2013, 12, 12))
    assert of.pre_release.hours == 12 and len(of.pre_release.people) == 6
    assert bulletin_settings(folder, period.after(1)).published is None
    (folder / "2013-10.yml").write_text("pulished: 2013-11-20\npre_release:\n  hours: 30\nminimum_pooled: 2\n")
    with pytest.raises(JDLError) as fault:
        bulletin_settings(folder, period)
    said = str(fault.value)
    for words in ("3 problems", "pulished", "did you mean `published`", "pre_release.hours", "minimum_pooled"):
        assert words in said
    early = pilot_settings(published=dt.date(2013, 10, 31), next_publication=dt.date(2013, 10, 3))
    with pytest.raises(JDLError) as fault:
        gather(period, early, pilot_requests(), pilot_reports())
    assert "before its period is over" in str(fault.value) and "no later than" in str(fault.value)


# --- on disk: released findings of a lab; the notebook has a test of its own, and is left out here


def release(outputs, found, version, day, reason=""):
    folder = version_folder(outputs, found.request, version)
    folder.mkdir(parents=True)
    found.write(folder / "findings.json")
    record = Release(request=found.request, version=version, released=day, by="A Lead", reason=reason, files={},
                     answered=found.reason is None, toolkit_version="0.6.0")  # fmt: skip
    (folder / "release.json").write_text(record.model_dump_json())


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A lab with two released requests and one that could not be answered, whose short report was released."""
    lab = lay_out(tmp_path_factory.mktemp("bulletin") / "lab")
    shutil.rmtree(lab.root / "parameters" / "requests")
    outputs = lab.root / "outputs"
    release(outputs, findings(measure(ranged(-0.38, -0.01)), request="a"), 1, dt.date(2013, 9, 20))
    release(outputs, findings(measure(estimate(-0.02)), request="b"), 1, dt.date(2013, 10, 20))
    release(outputs, unanswered().model_copy(update={"request": "c"}), 1, dt.date(2013, 10, 21))
    return lab


@pytest.fixture
def lab(released, tmp_path, monkeypatch):
    """A copy of that lab, in which a bulletin is made of its data alone."""
    from jdl_toolkit.bulletin import make

    lab = Lab(shutil.copytree(released.root, tmp_path / "lab"))

    def draw(lab, bulletin, made, engine, progress):
        bulletin.write(made / BULLETIN_FILE)
        return ()

    monkeypatch.setattr(make, "_draw", draw)
    return lab


def made(lab, period, today, **more):
    from jdl_toolkit.bulletin import make_bulletin

    return make_bulletin(lab, lab.root / "outputs", period, today, **more)


def test_the_bulletin_of_a_lab(lab):
    found = made(lab, "2013-10", dt.date(2013, 11, 1))
    bulletin = found.bulletin
    assert counts_of(bulletin.counts) == (3, 2, 1, 0, 0) and verdicts_of(bulletin.counts) == (2, 1, 0, 1, 0)
    assert Bulletin.read(lab.root / "outputs" / "bulletins" / "2013-10" / BULLETIN_FILE) == bulletin
    assert [r.request for r in bulletin.results] == ["a", "b"] and found.files == (BULLETIN_FILE,)
    september = made(lab, "2013-09", dt.date(2013, 11, 1)).bulletin
    assert september.counts.published == 1
    again = made(lab, "2013-10", dt.date(2013, 11, 2)).bulletin  # not published yet: simply made again
    assert again.version == 1 and again.earlier_until == dt.date(2013, 9, 30)
    assert [r.request for r in again.new_results] == ["b"]
    assert not [p for p in (lab.root / "outputs" / "bulletins").iterdir() if p.name.startswith(".2013")]


def test_a_published_bulletin_is_made_again_with_a_reason_alone(lab):
    outputs = lab.root / "outputs"
    with pytest.raises(JDLError, match="no bulletin of October 2013 to make again"):
        made(lab, "2013-10", dt.date(2013, 11, 1), reissue="a reason")
    first = made(lab, "2013-10", dt.date(2013, 11, 1)).bulletin
    with pytest.raises(JDLError, match="not published before 14 November 2013"):
        made(lab, "2013-10", dt.date(2013, 11, 13), reissue="a reason")
    with pytest.raises(JDLError, match="was published on 14 November 2013"):
        made(lab, "2013-10", dt.date(2013, 11, 14))
    release(outputs, findings(measure(estimate(-0.03)), request="b"), 2, dt.date(2013, 10, 30), "a slip")
    second = made(lab, "2013-10", dt.date(2013, 11, 15), reissue="report b was corrected").bulletin
    assert (second.version, second.reissue_reason) == (2, "report b was corrected")
    assert [(c.request, c.reason) for c in second.corrections] == [("b", "a slip")]
    assert Bulletin.read(outputs / "bulletins" / "earlier" / "2013-10" / "1" / BULLETIN_FILE) == first
    assert Bulletin.read(outputs / "bulletins" / "2013-10" / BULLETIN_FILE) == second


def test_a_period_that_is_not_over_and_one_before_every_request(lab):
    for today in (dt.date(2013, 10, 5), dt.date(2013, 10, 31)):
        with pytest.raises(JDLError, match="not over before 31 October 2013 has passed"):
            made(lab, "2013-10", today)
    with pytest.raises(JDLError, match="no request was received by 31 January 2012"):
        made(lab, "2012-01", dt.date(2013, 11, 1))


def test_what_stood_there_stays_if_the_next_one_fails(lab, monkeypatch):
    from jdl_toolkit.bulletin import make

    first = made(lab, "2013-10", dt.date(2013, 11, 1)).bulletin
    folder = lab.root / "outputs" / "bulletins"

    def leaking(lab, bulletin, made, engine, progress):
        bulletin.write(made / BULLETIN_FILE)
        (made / "bulletin.html").write_text("<p>Zebediah Quillfeather came.</p>")

    upload = pd.DataFrame([{"forename": "Zebediah", "middle_name": None, "surname": "Quillfeather", "dob": None}])
    monkeypatch.setattr(make, "_draw", leaking)
    monkeypatch.setattr("jdl_toolkit.bulletin.leaks._uploads", lambda outputs: {"one": upload})
    with pytest.raises(GateClosed, match="bulletin.html: full name") as fault:
        made(lab, "2013-10", dt.date(2013, 11, 2))
    assert "Quillfeather" not in str(fault.value)
    assert Bulletin.read(folder / "2013-10" / BULLETIN_FILE) == first
    assert sorted(p.name for p in folder.iterdir()) == ["2013-10"]


def test_names_and_dates_of_the_bulletin_itself_are_no_leak(lab, monkeypatch):
    """Somebody of the upload is called as an organisation is, and was born on the day of publication."""
    from jdl_toolkit.bulletin import check_bulletin

    outputs = lab.root / "outputs"
    bulletin = pilot_bulletin()
    path = outputs / BULLETIN_FILE
    bulletin.write(path)
    assert check_bulletin(lab, outputs, [path], bulletin).startswith("nothing to hold it against")
    people = {"forename": "Invented", "middle_name": None, "surname": "Organisation", "dob": bulletin.published}
    monkeypatch.setattr("jdl_toolkit.bulletin.leaks._uploads", lambda outputs: {"one": pd.DataFrame([people])})
    assert check_bulletin(lab, outputs, [path], bulletin) == "held against the people of 1 upload and 0 registers"
    path.write_text(path.read_text().replace("2014-03-13", "1985-03-13"))
    people["dob"] = dt.date(1985, 3, 13)
    with pytest.raises(GateClosed, match="date of birth"):
        check_bulletin(lab, outputs, [path], bulletin)


def test_what_a_killed_run_left_is_swept_away_and_its_reason_is_asked_for_again(lab):
    """Killed between the two renames: the published version is kept, and nothing stands in its place."""
    folder = lab.root / "outputs" / "bulletins"
    made(lab, "2013-10", dt.date(2013, 11, 1))
    (folder / ".2013-10.abc").mkdir()
    (folder / "earlier" / "2013-10").mkdir(parents=True)
    (folder / "2013-10").rename(folder / "earlier" / "2013-10" / "1")
    with pytest.raises(JDLError, match="version 1 of the bulletin of October 2013 was published"):
        made(lab, "2013-10", dt.date(2013, 11, 20))
    assert made(lab, "2013-10", dt.date(2013, 11, 20), reissue="a slip").bulletin.version == 2
    assert sorted(p.name for p in folder.iterdir()) == ["2013-10", "earlier"]


def test_the_command(lab, monkeypatch):
    monkeypatch.chdir(lab.root)
    monkeypatch.setenv("JDL_ENGINE", "kernel")  # no server is started that nothing would use
    told = CliRunner().invoke(main, ["bulletin", "2013-10", "--json"])
    answer = json.loads(told.stdout)
    assert told.exit_code == 0 and answer["counts"]["received"] == 3 and answer["n_new"] == 2
    assert (answer["published"], answer["version"], answer["warnings"]) == ("2013-11-14", 1, [])
    for arguments, words in (
        (["bulletin", "2013-10"], "was published on 14 November 2013"),
        (["bulletin", "October"], "this is no month"),
        (["bulletin", "2999-01"], "the period is not over before 31 January 2999 has passed"),
        (["bulletin", "2013-09", "--outputs", "nowhere"], "there is no such folder"),
    ):
        told = CliRunner().invoke(main, arguments)
        assert told.exit_code == 2 and words in told.stderr
    told = CliRunner().invoke(main, ["bulletin", "2013-10", "--reissue", "a slip"])
    assert told.exit_code == 0 and told.stdout.startswith("3 requests were received: 2 were completed and published")
    assert "Leak check: nothing to hold it against" in told.stdout


def test_two_bulletins_at_once(lab):
    with alone(lab.root / "outputs", "bulletins"), pytest.raises(JDLError, match="another bulletin is being made"):
        made(lab, "2013-10", dt.date(2013, 11, 1))


def test_a_request_of_no_known_day_is_told_of(lab):
    (lab.root / "parameters" / "requests").mkdir()
    (lab.root / "parameters" / "requests" / "odd.yml").write_text("request: odd\n")
    found = made(lab, "2013-10", dt.date(2013, 11, 1))
    assert found.bulletin.counts.received == 3
    (warning,) = found.warnings
    assert warning.startswith("request odd is not counted, as its settings do not say when it was received")


def test_a_request_first_found_unanswerable_and_later_answered(lab):
    """Its first release counts as not answered, its second as a published request, each from its own day on."""
    release(lab.root / "outputs", findings(measure(estimate(-0.03)), request="c"), 2, dt.date(2013, 11, 5), "more came")
    october = made(lab, "2013-10", dt.date(2013, 12, 1)).bulletin
    november = made(lab, "2013-11", dt.date(2013, 12, 1)).bulletin
    assert counts_of(october.counts) == counts_of(november.earlier_counts) == (3, 2, 1, 0, 0)
    assert counts_of(november.counts) == (3, 3, 0, 0, 0) and verdicts_of(november.counts) == (3, 1, 0, 2, 0)
    assert [r.request for r in november.new_results] == ["c"]


def test_the_whole_bulletin_is_executed_drawn_checked_and_put_in_place(released, tmp_path):
    """Once for real: the notebook runs, and what is published names no place of this machine."""
    lab = Lab(shutil.copytree(released.root, tmp_path / "lab"))
    found = made(lab, "2013-10", dt.date(2013, 11, 1))
    folder = lab.root / "outputs" / "bulletins" / "2013-10"
    on_disk = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert sorted(found.files) == on_disk and found.warnings == ()
    assert {"bulletin.html", "bulletin.ipynb", "bulletin.json", "bulletin.pdf", "data-tables.xlsx"} <= set(on_disk)
    page, notebook = ((folder / name).read_text() for name in ("bulletin.html", "bulletin.ipynb"))
    assert "14 November 2013" in page and "12 December 2013" in page
    assert 'period = \\"2013-10\\"\\n' in notebook and 'outputs = \\"outputs\\"\\n' in notebook
    assert not [text for text in (page, notebook) if str(tmp_path) in text]


def test_a_name_is_held_against_its_own_upload_alone():
    """A service called like somebody of another service's upload may be named; each upload is held to its own."""
    row = {"organisation": "Trust", "service": "Help for Zebedee Crabtree"}
    of = SimpleNamespace(requests=[SimpleNamespace(request="one", **row)], results=[])
    upload = pd.DataFrame({"forename": ["Zebedee"], "surname": ["Crabtree"]})
    assert leaks._names_of_somebody(of, {"two": upload}) == frozenset()
    assert leaks._names_of_somebody(of, {"one": upload}) == {"Help for Zebedee Crabtree"}
