"""The second demonstration: several analyses of one service, whose true effects are known."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from jdl_toolkit.cli import main
from jdl_toolkit.cohort import build_cohorts
from jdl_toolkit.linkage import link
from jdl_toolkit.register import Register
from jdl_toolkit.submission import analyses_of, parts_of, read_submission
from jdl_toolkit.synthetic import synthesise_register
from jdl_toolkit.synthetic.bridges import write_bridges
from jdl_toolkit.synthetic.episodes import assess_services_inside, open_tables
from jdl_toolkit.synthetic.provision import EFFECT_PP, add_parts

PERSONS, SEED = 20_000, 4
CHANGED = ["disposal", "offence", "custody_spell", "needs_assessment"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small register ``before``, and ``after`` the effect was planted; the upload without and with it."""
    folder = tmp_path_factory.mktemp("bridges")
    synthesise_register(folder / "before", PERSONS, SEED)
    shutil.copytree(folder / "before", folder / "after")
    for name, with_effect in (("before", False), ("after", True)):
        truth = write(folder / name, folder, name, with_effect)
        (folder / f"{name}.json").write_text(json.dumps(truth))
    return folder


def write(register, folder, name, with_effect):
    places = (register, folder / f"{name}.xlsx", folder / f"{name}.parquet")
    return write_bridges(*places, SEED, pd.Series(range(1, 5_001)), with_effect)


def truth_of(folder, name):
    return json.loads((folder / f"{name}.json").read_text())["analyses"]


def read_table(folder, name):
    frame = pd.read_parquet(folder / f"{name}.parquet")
    for column in frame.columns[frame.columns.str.contains("date|^start$|^end$")]:
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    return frame


def index_events(folder, route):
    """Person and index date of everybody whom the truth calls analysable, recomputed from workbook and tables."""
    links = pd.read_parquet(folder / "after.parquet")
    rows = pd.read_excel(folder / "after.xlsx", sheet_name="People", dtype=object)
    rows = rows.assign(row=np.arange(2, len(rows) + 2))
    wanted = links[links["route"].eq(route) & links["verdict"].eq("analysable")].merge(rows, on="row")
    wanted["start"] = pd.to_datetime(wanted["Service start"], format="mixed", dayfirst=True).astype("datetime64[s]")
    wanted = wanted.sort_values("start").drop_duplicates("person_id").astype({"person_id": "int64"})
    disposal = read_table(folder / "before", "disposal")
    pairs = wanted.merge(disposal, on="person_id")
    if route == "custody":
        pairs = pairs[(pairs["disposal"] == "custody") & (pairs["disposal_date"] <= pairs["start"])]
        pairs = pairs[pairs["release_date"] >= pairs["start"]]
        return pairs.assign(index_date=pairs["release_date"])
    custody = pairs["disposal"] == "custody"
    pairs["index_date"] = pairs["release_date"].where(custody, pairs["disposal_date"])
    pairs = pairs[pairs["index_date"] < pairs["start"]].sort_values("index_date")
    return pairs.drop_duplicates("person_id", keep="last")


def n_reoffenders(folder, events):
    offence = read_table(folder, "offence")
    pairs = events[["person_id", "index_date"]].merge(offence[~offence["is_breach"]], on="person_id")
    year, until = (pairs["index_date"] + pd.DateOffset(months=m) for m in (12, 18))
    counts = (pairs["offence_date"] > pairs["index_date"]) & (pairs["offence_date"] <= year)
    counts &= (pairs["proven_date"] <= until) & ~pairs["is_penalty_notice"]
    return pairs.loc[counts, "person_id"].nunique()


@pytest.mark.parametrize("route", ["community", "custody"])
def test_the_truth_is_what_the_tables_say(folder, route):
    truth, events = truth_of(folder, "after")[route], index_events(folder, route)
    assert len(events) == events["person_id"].nunique() == truth["n_analysable"] > 60
    assert n_reoffenders(folder / "before", events) == truth["n_reoffenders_without_effect"]
    assert n_reoffenders(folder / "after", events) == truth["n_reoffenders"]


def test_the_effect_is_on_the_released_alone_and_larger_with_more_hours(folder):
    truth = truth_of(folder, "after")
    assert truth["community"]["realised_effect_pp"] == 0
    bands = truth["custody"]["by_intensity"]
    assert sum(band["n_analysable"] for band in bands.values()) == truth["custody"]["n_analysable"]
    for _, band, asked in EFFECT_PP:
        assert bands[band]["realised_effect_pp"] == pytest.approx(asked, abs=50 / bands[band]["n_analysable"])
    assert -12 < truth["custody"]["realised_effect_pp"] < -4


def test_without_an_effect_nothing_is_changed_and_the_upload_is_the_same(folder, tmp_path):
    truth = truth_of(folder, "before")
    assert all(part["realised_effect_pp"] == 0 for part in truth.values())
    assert (folder / "before.xlsx").read_bytes() == (folder / "after.xlsx").read_bytes()
    synthesise_register(tmp_path / "register", PERSONS, SEED)
    for path in (tmp_path / "register").iterdir():
        assert path.read_bytes() == (folder / "before" / path.name).read_bytes()


def test_only_the_helped_are_touched(folder):
    before, after = ({name: read_table(folder / when, name) for name in CHANGED} for when in ("before", "after"))
    gone = before["offence"][~before["offence"]["offence_id"].isin(after["offence"]["offence_id"])]
    released = truth_of(folder, "after")["custody"]
    assert gone["person_id"].nunique() == released["n_reoffenders_without_effect"] - released["n_reoffenders"]
    for name in CHANGED:
        others = [t[name][~t[name]["person_id"].isin(gone["person_id"])] for t in (before, after)]
        pd.testing.assert_frame_equal(*(frame.sort_values(list(frame)).reset_index(drop=True) for frame in others))


def test_the_same_seed_gives_the_same_files_and_nobody_of_another_upload(folder, tmp_path):
    shutil.copytree(folder / "before", tmp_path / "register")
    assert write(tmp_path / "register", tmp_path, "again", True) == json.loads((folder / "after.json").read_text())
    for end in ("xlsx", "parquet"):
        assert (tmp_path / f"again.{end}").read_bytes() == (folder / f"after.{end}").read_bytes()
    people = pd.read_parquet(folder / "after.parquet")["person_id"].dropna()
    served = pd.read_parquet(folder / "after.parquet").query("verdict != 'no conviction'")["person_id"].dropna()
    assert served.min() > 5_000 and people.size > served.size


def test_parts_do_not_depend_on_what_followed_and_are_the_same_on_all_records_of_a_person():
    rng = np.random.default_rng(1)
    served = pd.DataFrame(
        {"person_id": np.repeat(np.arange(4_000), 2), "route": np.repeat(["community", "custody"], 4_000)}
    )
    served["verdict"] = np.tile(["analysable"] * 6 + ["started late"] * 2, 1_000)
    found = add_parts(rng, served)
    assert found.groupby("person_id")[["provider", "intervention_type"]].nunique().to_numpy().max() == 1
    assert set(found.loc[found["route"] == "custody", "intervention_type"]) == {"Through the gate", "Prison workshop"}
    late = found[found["verdict"] == "started late"]
    assert late["provider"].eq("Lantern House").mean() == pytest.approx(0.8, abs=0.03)
    without = found["intensity"].isna().groupby(found["route"]).mean()
    assert without["custody"] == 0 and without["community"] == pytest.approx(0.05, abs=0.015), "prisons keep attendance"
    assert (found["band"].eq("high") == found["intensity"].ge(20)).all()


# ---------------------------------------------------------------- services in prison, case by case

SENTENCE = ("custody", "2008-01-10", "2008-06-10")
INSIDE = [
    ([SENTENCE], "analysable"),
    ([SENTENCE, ("custody", "2008-05-01", "2008-08-01")], "doubtful"),
    ([SENTENCE, ("custody", "2007-05-01", "2008-05-20")], "doubtful"),
    ([SENTENCE, ("custody", "2007-05-01", "2008-04-30")], "analysable"),
    ([SENTENCE, ("spell", "2008-06-01", "2008-06-11", "remand")], "doubtful"),
    ([SENTENCE, ("spell", "2008-05-01", "2008-06-10", "remand")], "analysable"),
    ([SENTENCE, ("spell", "2008-07-01", None, "recall")], "analysable"),
    ([SENTENCE, ("sexual",)], "sexual index offence"),
    ([SENTENCE, ("leaves", "2009-12-09")], "not observed"),
    ([SENTENCE, ("leaves", "2009-12-10")], "analysable"),
    ([("custody", "2008-01-10", None)], "doubtful"),
]


@pytest.mark.parametrize(("record", "verdict"), INSIDE)
def test_verdicts_on_services_inside(tmp_path, record, verdict):
    disposals = [(i, 1, *item) for i, item in enumerate((r for r in record if r[0] == "custody"), start=1)]
    spells = [(1, *item[1:]) for item in record if item[0] == "spell"]
    group = "sexual_adult" if ("sexual",) in record else "theft"
    leaves = next((item[1] for item in record if item[0] == "leaves"), None)
    frames = {
        "person": pd.DataFrame({"person_id": [1], "observed_until": [leaves]}),
        "disposal": pd.DataFrame(
            disposals, columns=["disposal_id", "person_id", "disposal", "disposal_date", "release_date"]
        ),
        "offence": pd.DataFrame({"person_id": [1], "disposal_id": [1], "offence_group": [group]}),
        "custody_spell": pd.DataFrame(spells, columns=["person_id", "start", "end", "kind"]),
        "meta": pd.DataFrame({"data_end": ["2012-06-30"]}),
    }
    frames |= {name: pd.DataFrame({"person_id": [0]}) for name in ("person_alias", "needs_assessment")}
    for name, frame in frames.items():
        for column in frame.columns[frame.columns.str.contains("date|until|data_end|^start$|^end$")]:
            frame[column] = pd.to_datetime(frame[column]).dt.date
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    service = pd.DataFrame({"person_id": [1], "disposal_id": [1]}, index=["it"])
    service["service_start"], service["service_end"] = pd.Timestamp(2008, 5, 10), pd.Timestamp(2008, 6, 5)
    assert assess_services_inside(open_tables(tmp_path), service).to_dict() == {"it": verdict}


# ---------------------------------------------------------------- in the lab's own stages


@pytest.fixture(scope="module")
def in_stages(made_lab):
    """The request, its submission, the truth of each row, and its cohorts."""
    demo, spec = made_lab.root / "data" / "demo", made_lab.spec("bridges-2013")
    with Register.open(demo / "register.duckdb") as register:
        period = (register.meta.data_start, register.meta.data_end)
        submission = read_submission(demo / spec.submission, spec, spec.intake.data_period(period))
        linkage = link(submission, register, spec)
        cohorts = build_cohorts(submission, linkage, register, spec)
    links = pd.read_parquet(demo / "bridges_links.parquet")
    return spec, submission, links, cohorts, json.loads((demo / "truth.json").read_text())


def test_the_stages_make_of_everybody_what_was_meant(in_stages):
    *_, links, cohorts, truth = in_stages
    for route in ("community", "custody"):
        found = cohorts.by_analysis[route].records.merge(links, on="row", suffixes=("", "_true"))
        analysed = found[found["reason"].isna()]
        assert (analysed["person_id"] == analysed["person_id_true"]).all()
        assert set(analysed["verdict"]) == {"analysable"}
        designed = truth["bridges"]["analyses"][route]["n_analysable"]
        # a few records cannot be used or are ambiguous, as some always are
        assert 0.97 * designed <= len(analysed) <= designed
        by_verdict = found[found["route"] == route].groupby("verdict")["reason"].agg(lambda r: r.mode().tolist())
        expected = {"not found": [2], "no conviction": [3], "sexual index offence": [11]}
        if route == "community":
            expected |= {"other disposal": [6], "started late": [10], "reoffended first": [12]}
        assert {name: by_verdict[name] for name in expected} == expected


def test_the_request_shows_analyses_of_every_size(in_stages):
    spec, submission, _, cohorts, _ = in_stages
    titles = {one.analysis.id: one.analysis.title for one in analyses_of(spec, submission.people)}
    assert list(titles)[:3] == ["community", "custody", "north"] == list(cohorts.by_analysis)[:3]
    assert titles["provider-harbour-trust"] == "On a court order: Harbour Trust"  # whatever the spelling
    n = {name: len(cohort.treated) for name, cohort in cohorts.by_analysis.items()}
    assert min(n["community"], n["custody"], n["north"], n["provider-harbour-trust"]) >= 100
    assert 0 < n["provider-lantern-house"] < 30  # enough people, but few of them can be analysed
    few = {part.analysis.id: part.n_people for part in parts_of(spec, submission.people) if not part.is_held}
    assert list(few) == ["provider-kestrel-works"] and 0 < few["provider-kestrel-works"] < 60


def test_two_uploads_of_different_people(in_stages, made_lab):
    _, submission, links, _, truth = in_stages
    other = pd.read_parquet(made_lab.root / "data" / "demo" / "truth_links.parquet")["person_id"].dropna()
    served = links.loc[links["verdict"] != "no conviction", "person_id"].dropna()
    assert not served.isin(other).any()
    assert len(submission.people) == truth["bridges"]["records"] == len(links)
    assert submission.people["intensity"].isna().mean() < 0.1 and not submission.request_blockers()
    assert truth["flow"]["analysed"] == 257  # what was there before is as it was


def test_a_check_of_the_request_forecasts_its_analyses(in_lab, tmp_path):
    path = shutil.copy(in_lab.root / "data" / "demo" / "bridges-2013.xlsx", tmp_path)
    done = CliRunner().invoke(main, ["check", str(path), "--request", "bridges-2013", "--json"])
    assert done.exit_code == 0, done.output
    told = {one["analysis"]: one for one in json.loads(done.output)["analyses"]}
    assert told["community"]["outlook"] == "likely" and told["provider-kestrel-works"]["outlook"] == "not made"
    assert told["community"]["n_people"] > told["north"]["n_people"] > told["provider-harbour-trust"]["n_people"] > 60
    assert told["provider-lantern-house"]["outlook"] == "not likely"
