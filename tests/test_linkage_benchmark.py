"""The linkage benchmark: its tiers and metrics on cases made by hand, its slips, and the aims on a small register."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdl_toolkit.identifiers import format_pnc_id, is_pnc_id, normalise_pnc_id
from jdl_toolkit.register import Register, build_register
from jdl_toolkit.synthetic import synthesise_register
from jdl_toolkit.synthetic.uploads import IDENTITY

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last, so that nothing else is found there first

from benchmarks.linkage import measure, report, slips, timing  # noqa: E402
from benchmarks.linkage.baselines import match_by_tiers, match_exactly  # noqa: E402
from benchmarks.linkage.metrics import Quality, assess, calibration, recall_by, wilson  # noqa: E402
from benchmarks.linkage.unseen import FAULTS, apply_unseen_faults, mistake_identifiers  # noqa: E402
from benchmarks.linkage.uploads import ALL_LEVELS, LIKENESSES, draw_upload, invent_strangers  # noqa: E402

PERSONS = 12_000


def pnc(serial: int) -> str:
    return str(format_pnc_id(np.array([1999]), np.array([serial]))[0])


#: People put into the register by hand; their names are too rare for chance to interfere.
KNOWN = pd.DataFrame(
    [
        (900_001, "William", "Henry", "Oakenthorpe", "1980-03-04", "M", pnc(11), "A1234BC"),
        (900_002, "Florence", None, "Pemberleigh", "1985-06-07", "F", pnc(12), None),
        (900_003, "Edith", None, "Twicefordham", "1990-10-11", "F", None, None),
        (900_004, "Edith", None, "Twicefordham", "1990-10-11", "F", None, None),
        (900_005, "Janet", None, "Barnthorpley", "1977-08-09", "F", None, None),
    ],
    columns=["person_id", *IDENTITY],
).assign(dob=lambda p: pd.to_datetime(p["dob"]))
ALIAS = pd.DataFrame({"person_id": [900_005], "kind": ["maiden"], "surname": ["Quillfeathers"]})


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    folder = tmp_path_factory.mktemp("linkage-benchmark")
    synthesise_register(folder / "src", PERSONS, seed=3)
    KNOWN.to_parquet(folder / "src" / "person-known.parquet")
    ALIAS.to_parquet(folder / "src" / "person_alias-known.parquet")
    meta = pd.read_parquet(folder / "src" / "meta.parquet").drop(columns=["n_persons", "n_disposals", "n_offences"])
    meta.to_parquet(folder / "src" / "meta.parquet")
    build_register(folder / "src", folder / "r.duckdb")
    with Register.open(folder / "r.duckdb") as opened:
        yield opened


def records(*changes: dict) -> pd.DataFrame:
    """Records as changes to a known person (``of``), without identifiers unless given."""
    known = KNOWN.set_index("person_id").assign(pnc_id=None, prison_number=None, middle_name=None)
    rows = [known.loc[change.get("of", 900_001)].to_dict() | change for change in changes]
    people = pd.DataFrame(rows)[list(IDENTITY)].astype({c: object for c in IDENTITY})
    return people.assign(dob=pd.to_datetime(people["dob"]), row=np.arange(2, len(rows) + 2), usable=True)


# ---------------------------------------------------------------- the methods compared with


@pytest.mark.parametrize(
    ("record", "tier"),
    [
        ({"pnc_id": pnc(11), "forename": "Rupert", "surname": "Other"}, 1),
        ({"prison_number": "A1234BC", "surname": "Other", "dob": "1961-01-01"}, 1),
        ({}, 2),
        ({"of": 900_005, "surname": "Quillfeathers"}, 2),
        ({"forename": "Billy"}, 3),
        ({"surname": "Oakentorpe"}, 4),
        ({"forename": "Oakenthorpe", "surname": "William"}, 5),
        ({"dob": "1980-04-03"}, 6),
        ({"forename": "Wrupert"}, 7),
        ({"of": 900_002, "surname": "Pell"}, 8),
        ({"dob": "1980-03-29"}, 9),
        ({"dob": "1987-03-04"}, 9),
        ({"surname": "Other", "middle_name": "Hal"}, 10),
    ],
)
def test_each_tier_finds_what_it_says(register, record, tier):
    found = match_by_tiers(records(record), register)
    assert found[["row", "person_id", "tier"]].to_numpy().tolist() == [[2, record.get("of", 900_001), tier]]


@pytest.mark.parametrize(
    "record",
    [
        {"of": 900_003},  # two of that name and date of birth
        {"forename": "Rupert", "dob": "1980-04-03"},
        {"dob": "1981-09-15"},
        {"surname": "Other", "middle_name": "Rupert"},
        {"forename": "Rupert", "surname": "Other", "middle_name": "Henry"},
        {"pnc_id": pnc(11), "forename": "Rupert", "surname": "Other", "dob": "1961-01-01"},  # an id and nothing else
        {"pnc_id": pnc(11)[:-1] + ("A" if pnc(11)[-1] != "A" else "B"), "forename": "Rupert", "surname": "Other"},
    ],
)
def test_no_tier_finds_two_people_or_none(register, record):
    assert match_by_tiers(records(record), register).empty


def test_a_person_takes_the_record_of_the_earliest_tier(register):
    found = match_by_tiers(records({"forename": "Billy"}, {}, {"dob": "1980-04-03"}), register)
    assert found[["row", "tier"]].to_numpy().tolist() == [[3, 2]]


def test_exact_matching_takes_the_only_person_of_the_name_on_record(register):
    asked = records(
        {}, {"of": 900_003}, {"of": 900_005, "surname": "Quillfeathers"}, {"forename": "WILLIAM "}, {"sex": "F"}
    )
    found = match_exactly(asked.assign(middle_name="Xavier"), register)
    assert found[["row", "person_id"]].to_numpy().tolist() == [[2, 900_001], [5, 900_001], [6, 900_001]]


# ---------------------------------------------------------------- metrics


def test_precision_recall_and_f1_by_hand():
    truth = pd.Series([1, 2, 3, 4, None, None], dtype="Int64")
    found = pd.Series([1, 2, 9, None, 5, None], dtype="Int64")
    quality = assess(truth, found)
    assert quality == Quality(n_records=6, n_on_register=4, n_links=4, n_right=2)
    assert (quality.n_wrong, quality.precision.value, quality.recall.value) == (2, 0.5, 0.5)
    assert quality.f1.value == pytest.approx(0.5)
    # J = 2 / (2 + 2 + 2); 2 J / (1 + J) of Wilson's interval of 2 in 6
    low, high = wilson(2, 6).low, wilson(2, 6).high
    assert (quality.f1.low, quality.f1.high) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    uneven = assess(pd.Series([1, 2, 3, 4], dtype="Int64"), pd.Series([1, None, None, None], dtype="Int64"))
    assert (uneven.precision.value, uneven.recall.value, uneven.f1.value) == pytest.approx((1, 0.25, 0.4))
    nothing = assess(truth, pd.Series([None] * 6, dtype="Int64"))
    assert np.isnan(nothing.precision.value) and nothing.recall.value == 0


def test_wilson_interval_as_published():
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (k, n), (low, high) in published.items():
        share = wilson(k, n)
        assert (share.value, share.low, share.high) == pytest.approx((k / n, low, high), abs=5e-5)


def test_recall_within_groups_leaves_out_who_is_not_on_the_register():
    people = pd.DataFrame(
        {"truth": [1, 2, 3, None], "sex": ["M", "M", None, "M"], "ours": [1, 9, 3, 4], "theirs": [1, 2, None, None]}
    )
    table = recall_by(people.astype({c: "Int64" for c in ("truth", "ours", "theirs")}), "sex", ["ours", "theirs"])
    assert table[["sex", "n", "ours", "theirs"]].to_numpy().tolist() == [
        ["M", 2, 0.5, 1.0],
        ["not recorded", 1, 1.0, 0.0],
    ]
    assert table["low"].tolist() == pytest.approx([wilson(1, 2).low, wilson(1, 1).low])


def test_calibration_counts_expected_and_actual_wrong():
    truth = pd.Series([1, 2, None], index=pd.Index([2, 3, 4], name="row"), dtype="Int64")
    likely = pd.DataFrame({"row": [2, 3, 3, 4], "person_id": [1, 7, 2, 8], "posterior": [0.9995, 0.6, 0.35, 0.62]})
    table = calibration(likely, truth).set_index("posterior")
    assert table.loc[0.999, ["n", "wrong", "share_right"]].tolist() == [1, 0, 1]
    assert table.loc[0.5, ["n", "wrong"]].tolist() == [2, 2]
    assert table.loc[0.5, "expected_wrong"] == pytest.approx(0.4 + 0.38)
    assert table.loc[0.3, ["n", "wrong"]].tolist() == [1, 0]
    assert table.index.tolist() == [0.3, 0.5, 0.999]


def test_aims_are_said_to_be_met_or_not():
    quality = pd.DataFrame(
        [("realistic", "linkage", 0.9951, 0.9699), ("realistic", "tiers", 1.0, 1.0), ("dirty", "linkage", 0.9, 0.9)],
        columns=["level", "method", "precision", "recall"],
    )
    figures = {"quality": quality, "n_people": 1_000_000, "n_records": 1246, "time": {"linkage": {"wall": 14.96}}}
    said = report.check_aims(figures)
    assert [line.rsplit(", ", 1)[1] for line in said] == ["met", "not met", "met"]
    assert report.check_aims(figures | {"n_people": 100_000}) == said[:2]
    assert report.check_aims(figures | {"time": {"linkage": {"wall": 15.0}}})[2].endswith("not met")


# ---------------------------------------------------------------- slips from outside


def test_slips_follow_their_rules():
    rng = np.random.default_rng(1)
    many = [slips.neighbouring_key(rng, "Smith") for _ in range(300)]
    assert {"Smuth", "Dmith"} <= set(many) and "Smith" not in many
    assert {len(name) for name in many} == {5, 6}
    assert {slips.spelt_by_ear(rng, "Stephen") for _ in range(99)} == {"Stefen"}
    assert {slips.misread(rng, "Barr") for _ in range(99)} == {"Borr"}
    assert {slips.cut_off(rng, "Featherstonehaugh") for _ in range(99)} == {"Feathers", "Featherst"} | {
        "Featherstonehaugh"[:10]
    }
    assert slips.cut_off(rng, "Anderson") == "Anderson"
    assert {slips.short_form(rng, "Darren") for _ in range(99)} == {"Dar", "Dary", "Darie", "Daro", "Dars", "Darz"}
    assert slips.short_form(rng, "Bo") == "Bo"


@pytest.fixture(scope="module")
def people(register) -> pd.DataFrame:
    known = register.sql("SELECT * FROM person WHERE person_id < 900000 ORDER BY person_id")
    return known.astype({c: object for c in IDENTITY if c != "dob"} | {"dob": "datetime64[s]"})


def test_unseen_faults_change_what_they_say(people):
    written = apply_unseen_faults(np.random.default_rng(2), people)
    assert abs((written["faults"] != "").mean() - 0.18) < 0.01
    differs = pd.DataFrame({c: written[c].fillna("").astype(str) != people[c].fillna("").astype(str) for c in IDENTITY})
    assert not differs[written["faults"] == ""].any(axis=None)
    # A second fault may undo the first, and some short names have no key to slip from
    assert differs[written["faults"] != ""].any(axis=1).mean() > 0.995
    names = written["faults"].str.startswith(("surname:", "forename:")) & ~written["faults"].str.contains(";")
    assert not differs.loc[names, ["dob", "sex", "pnc_id"]].any(axis=None)
    assert set(written["faults"].str.split("; ").explode()) == {"", *FAULTS}
    for fault, difference in (("a day off", {1}), ("three to five years off", {3, 4, 5})):
        rows = written["faults"] == f"date of birth: {fault}"
        apart = (written.loc[rows, "dob"] - people.loc[rows, "dob"]).dt.days.abs()
        assert set(apart if fault == "a day off" else round(apart / 365.25).astype(int)) == difference
    year = written["faults"] == "date of birth: digits of the year exchanged"
    pairs = zip(written.loc[year, "dob"].dt.year, people.loc[year, "dob"].dt.year, strict=True)
    assert all(str(now)[:2] == "19" and str(now)[2:] == str(was)[:1:-1] for now, was in pairs)


def test_identifiers_are_copied_from_above_or_mistyped(people):
    given = people.assign(faults="", prison_number=None)
    wrong = mistake_identifiers(np.random.default_rng(3), given)
    copied, mistyped = wrong["faults"] == "PNC id of another row", wrong["faults"] == "PNC id mistyped"
    assert abs(copied.mean() - 0.02) < 0.004 and abs(mistyped.mean() - 0.02) < 0.004
    assert (wrong.loc[copied, "pnc_id"] == given["pnc_id"].shift()[copied]).all()
    # The check letter shows every slip in one digit but those of the century, which shows by itself
    assert mistyped.any() and not is_pnc_id(wrong.loc[mistyped, "pnc_id"]).any()
    assert (wrong.loc[~copied & ~mistyped, "pnc_id"] == given.loc[~copied & ~mistyped, "pnc_id"]).all()
    assert wrong["prison_number"].isna().all()


def test_strangers_resemble_as_they_say(people):
    models = people.sample(4000, random_state=1).reset_index(drop=True)
    made = invent_strangers(np.random.default_rng(4), models)
    shares = made["likeness"].value_counts(normalize=True)
    assert all(abs(shares[kind] - share) < 0.03 for kind, share in LIKENESSES.items())
    assert made["truth"].isna().all() and made["pnc_id"].isna().all()
    same = {c: (made[c] == models[c]).groupby(made["likeness"]).mean() for c in ("forename", "surname", "dob")}
    apart = (made["dob"] - models["dob"]).dt.days.abs() / 365.25
    for kind in ("twin", "sibling", "namesake", "parent or child"):
        assert same["surname"][kind] == 1
        assert same["forename"][kind] == (kind in ("namesake", "parent or child"))
        assert same["dob"][kind] == (kind == "twin")
    assert same["surname"]["unrelated"] < 0.01
    assert 18 < apart[made["likeness"] == "parent or child"].min()
    assert apart[made["likeness"] == "sibling"].between(0.9, 7.2).all()


@pytest.mark.parametrize("level", ALL_LEVELS)
def test_uploads_know_the_truth(register, people, level):
    upload = draw_upload(register, level, 5, 500)
    pd.testing.assert_frame_equal(upload, draw_upload(register, level, 5, 500))
    assert upload["truth"].notna().sum() == 450 and upload["truth"].dropna().is_unique
    assert (upload["likeness"] == "").eq(upload["truth"].notna()).all()
    untouched = upload[(upload["faults"] == "") & upload["truth"].notna()]
    known = pd.concat([people, KNOWN]).set_index("person_id").loc[untouched["truth"].astype(int)]
    for column in ("forename", "surname", "dob", "sex"):
        assert (untouched[column].to_numpy() == known[column].to_numpy()).all()
    assert (upload["pnc_id"].notna().sum(), upload["prison_number"].notna().sum()) >= (170, 20)
    assert (normalise_pnc_id(upload["pnc_id"]).dropna() == upload["pnc_id"].dropna()).all()


# ---------------------------------------------------------------- the aims, small


@pytest.fixture(scope="module")
def measured(register) -> dict[str, measure.Measured]:
    return {level: measure.measure_level(register, level, 1246, [0, 1]) for level in ("realistic", "unseen")}


def test_the_aims_are_met_on_a_small_register(measured):
    """2,492 records at each level, of which 2,242 are on the register.

    The aims are precision .995 and recall .97. Over many uploads against 100,000 people precision is .999 and recall
    .988 at the realistic level, with standard errors here of .0007 and .0023: the aims lie five of them below or more.
    Slips from outside (.999, .983) have no aim; the bounds lie as far below.
    """
    table = measure.quality_table(measured).set_index(["level", "method"])
    for level, precision, recall in (("realistic", 0.995, 0.97), ("unseen", 0.993, 0.965)):
        ours, tiers = table.loc[(level, "linkage")], table.loc[(level, "tiers")]
        assert ours["precision"] >= precision and ours["recall"] >= recall
        assert ours["f1"] > tiers["f1"] > table.loc[(level, "exact matching"), "f1"]
        assert 0.7 < table.loc[(level, "exact matching"), "recall"] < 0.87
        assert ours["ambiguous"] < 0.03


def test_the_tables_add_up(measured):
    pooled = measure.pool_levels(measured)
    assert pooled.records["row"].is_unique and len(pooled.records) == 2 * 2 * 1246
    quality, n_on = measure.quality_table(measured), int(pooled.records["truth"].notna().sum())
    wrong = quality.groupby("method")["wrong"].sum()
    likeness = measure.wrong_by_likeness(pooled)
    assert likeness["n"].sum() == len(pooled.records)
    assert (likeness[measure.METHODS].sum() == wrong[measure.METHODS]).all()
    tiers = measure.by_tier(pooled)
    assert (tiers["wrong"].sum(), tiers["n_links"].sum()) == (
        wrong["tiers"], quality.loc[quality["method"] == "tiers", "n_links"].sum()
    )  # fmt: skip
    groups = measure.recall_by_characteristic(pooled)
    assert groups["n"].sum() == 2 * n_on
    faults = measure.recall_by_fault(pooled).set_index("fault")
    assert faults.loc["nothing wrong", "linkage"] > 0.99
    assert faults.loc["surname: neighbouring key", "exact matching"] == 0
    calibrated = measure.calibration_table(pooled).groupby("people")[["n", "wrong"]].sum()
    assert calibrated.loc["all", "n"] == len(pooled.candidates) > calibrated.loc["ordinary", "n"]
    assert calibrated.loc["all", "wrong"] > calibrated.loc["ordinary", "wrong"]


def test_the_report_and_the_picture(register, measured, tmp_path):
    from benchmarks.linkage.picture import draw

    pooled = measure.pool_levels(measured)
    upload, people = tmp_path / "upload.parquet", draw_upload(register, "realistic", 9, 200)
    people.to_parquet(upload)
    timed = timing.time_method(register.path, upload, "floor", repeats=1)
    assert timed["process_wall"] > timed["wall"] > 0 and timed["peak_mb"] > 100
    shares = timing.divide(people, register)
    assert sum(shares.values()) == pytest.approx(1) and min(shares.values()) > 0
    time = {"floor": timed, "linkage": timed | {"wall": timed["wall"] * 4, "shares": shares}}
    figures = {
        "n_people": PERSONS, "n_records": 1246, "n_uploads": 2, "time": time,
        "quality": measure.quality_table(measured), "calibration": measure.calibration_table(pooled),
        "by_fault": measure.recall_by_fault(pooled), "by_group": measure.recall_by_characteristic(pooled),
        "by_likeness": measure.wrong_by_likeness(pooled), "by_tier": measure.by_tier(pooled),
    }  # fmt: skip
    text = report.as_markdown(figures)
    assert "12,000 people on the register" in text and "| 4.0 |" in text
    rows = [line for line in text.splitlines() if line.startswith("| realistic | linkage |")]
    assert len(rows) == 1 and f"| {figures['quality']['precision'][0]:.4f} (" in rows[0]
    draw(figures, tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 10_000
    assert json.loads(json.dumps(time)) == time
