"""Foundation's request on a synthetic register: the published flow, recomputed here in pandas from workbook and tables.

Nothing of the toolkit's own stages, nor of the code that chose the people, is used for the recomputation.
"""

import datetime as dt
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from jdl_toolkit.errors import JDLError
from jdl_toolkit.synthetic import synthesise_register
from jdl_toolkit.synthetic.episodes import assess_episodes, measure_reoffending, open_tables
from jdl_toolkit.synthetic.foundation import write_foundation
from jdl_toolkit.synthetic.published_flow import LONGEST_HISTORY

PERSONS, SEED, EFFECT_PP = 20_000, 1, -4.0
ELIGIBLE = ["community_order", "suspended_sentence_order"]
CHANGED = ["disposal", "offence", "custody_spell", "needs_assessment"]
TABLES = [*CHANGED, "person"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """``before``: the register as synthesised; ``after``: with the request written, and the effect planted."""
    folder = tmp_path_factory.mktemp("foundation")
    synthesise_register(folder / "before", PERSONS, SEED)
    shutil.copytree(folder / "before", folder / "after")
    write_foundation(folder / "after", folder / "upload.xlsx", folder / "truth.json", SEED, EFFECT_PP)
    return folder


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "truth.json").read_text())


@pytest.fixture(scope="module")
def upload(folder):
    """The workbook's rows, with the true person of each."""
    rows = pd.read_excel(folder / "upload.xlsx", sheet_name="People", dtype=object, engine="openpyxl")
    rows["row"] = np.arange(2, len(rows) + 2)
    rows["start"] = rows["Service start"].map(as_day)
    return rows.merge(pd.read_parquet(folder / "truth_links.parquet"), on="row", validate="one_to_one")


@pytest.fixture(scope="module")
def tables(folder):
    return read_tables(folder / "after")


@pytest.fixture(scope="module")
def episodes(upload, tables):
    """Every record of somebody who can be found and is convicted: index disposal, and what speaks against it."""
    convicted = set(tables["disposal"]["person_id"]) | set(tables["offence"]["person_id"])
    usable = upload["verdict"] != "bad date of birth"
    return assess(upload[upload["person_id"].isin(convicted) & usable], tables)


def read_tables(folder):
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    for frame in tables.values():
        for column in frame.columns[frame.columns.str.contains("date|until|^dob$|^start$|^end$|assessed_on")]:
            frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    return tables


def as_day(cell):
    """A cell read as a day: true dates, and day-first texts; NaT where it is none."""
    if isinstance(cell, dt.date):
        return pd.Timestamp(cell)
    days = [pd.to_datetime(str(cell), format=form, errors="coerce") for form in ("%d/%m/%Y", "%d.%m.%Y", "%d %B %Y")]
    return next((day for day in days if not pd.isna(day)), pd.NaT)


def months_after(days, months):
    return days + pd.DateOffset(months=months)


def counted(offences):
    return offences[~offences["is_breach"].astype(bool) & ~offences["is_penalty_notice"].astype(bool)]


def reoffended(events, offences):
    """Whether somebody offended in the year after `index_date`, proven within 18 months; shape of `events`."""
    pairs = events.reset_index(names="event").merge(counted(offences), on="person_id")
    in_time = (pairs["offence_date"] > pairs["index_date"]) & (
        pairs["offence_date"] <= months_after(pairs["index_date"], 12)
    )
    in_time &= pairs["proven_date"] <= months_after(pairs["index_date"], 18)
    return events.index.isin(pairs.loc[in_time, "event"])


def assess(records, tables):
    """The method's section 4, in pandas: index disposal and the first of reasons 5 to 13 that applies (0: none)."""
    known = records[["row", "person_id", "start"]].merge(
        tables["disposal"].rename(columns={"disposal_id": "index_id"}), on="person_id"
    )
    custody = known["disposal"] == "custody"
    known["index_date"] = known["release_date"].where(custody, known["disposal_date"])
    known = known[(known["disposal_date"] < known["start"])]
    inside = (known["disposal"] == "custody") & ~(known["index_date"] < known["start"])
    assert not inside.any(), "nobody in custody when the service starts is wanted in the request"
    held = records[["row", "person_id", "start"]].merge(
        tables["custody_spell"].rename(columns={"start": "from"}), on="person_id"
    )
    held = held[(held["from"] <= held["start"]) & ~(held["end"] < held["start"])]
    assert held.empty, "nor on remand or recall"
    latest = known.sort_values(["index_date", "index_id"]).drop_duplicates("row", keep="last")
    e = records.merge(latest[["row", "index_id", "disposal", "index_date"]], on="row", how="left")
    e = e.merge(tables["person"][["person_id", "observed_until", "dob"]], on="person_id", how="left").set_index("row")
    pairs = e.reset_index()[["row", "person_id", "index_id", "index_date", "start"]].merge(
        tables["offence"], on="person_id"
    )
    sexual = pairs["offence_group"].isin(["sexual_adult", "sexual_child"]) & (pairs["disposal_id"] == pairs["index_id"])
    between = counted(pairs[(pairs["offence_date"] > pairs["index_date"]) & (pairs["offence_date"] < pairs["start"])])
    between = between[between["proven_date"] <= months_after(between["index_date"], 18)]
    rules = {
        5: e["index_id"].isna(),
        6: ~e["disposal"].isin(ELIGIBLE),
        9: months_after(e["index_date"], 18) > pd.Timestamp(2012, 6, 30),
        10: e["start"] >= months_after(e["index_date"], 6),
        11: e.index.isin(pairs.loc[sexual, "row"]),
        12: e.index.isin(between["row"]),
        13: e["observed_until"] < months_after(e["index_date"], 18),
    }
    reason, until_ten = pd.Series(0, index=e.index), pd.Series(11, index=e.index)
    for code, applies in reversed(rules.items()):
        reason = reason.mask(applies, code)
        until_ten = until_ten.mask(applies, code) if code <= 10 else until_ten
    return e.assign(reason=reason, first_failure=until_ten).reset_index()


def one_record_each(episodes):
    """Of several records of a person: passes reasons 5 to 10, or fails at the latest; ties: the earliest start."""
    best_first = episodes.sort_values(["first_failure", "start", "row"], ascending=[False, True, True])
    return best_first.drop_duplicates("person_id")


# ---------------------------------------------------------------- the flow


def test_the_published_flow(upload, tables, episodes):
    assert len(upload) == 1_246
    dob = upload["Date of birth"].map(as_day)
    age = (upload["start"] - dob).dt.days / 365.25
    unusable = ~age.between(10, 100)
    assert unusable.sum() == 6
    found = upload[~unusable & upload["person_id"].notna()]
    assert len(upload) - 6 - len(found) == 81
    convicted = found["person_id"].isin(set(tables["disposal"]["person_id"]) | set(tables["offence"]["person_id"]))
    assert (~convicted).sum() == 34
    assert convicted.sum() == len(episodes.query("row in @found.row")) == 1_125

    episodes = episodes.query("row in @found.row")
    several = episodes["person_id"].duplicated(keep=False)
    assert several.sum() == 355
    assert episodes.loc[several, "person_id"].nunique() == 168
    kept = one_record_each(episodes)
    assert len(kept) == 938
    assert kept["reason"].value_counts().to_dict() == {6: 491, 0: 257, 12: 90, 10: 69, 5: 22, 11: 9}


def test_the_other_disposals(episodes):
    others = one_record_each(episodes).query("reason == 6")
    in_time = others["start"] < months_after(others["index_date"], 6)
    assert in_time.sum() == 251
    kinds = {
        "caution",
        "fine",
        "absolute_discharge",
        "conditional_discharge",
        "positive_drug_test",
        "custody",
        "youth_sentence",
    }
    assert set(others["disposal"]) == kinds
    assert others["disposal"].value_counts().min() >= 5


def test_the_record_meant_to_be_kept_is_the_one_the_rule_keeps(episodes, upload):
    designed = upload[upload["is_kept"] & upload["row"].isin(episodes["row"])]
    assert set(one_record_each(episodes)["row"]) == set(designed["row"])


def test_the_period(upload, episodes):
    assert upload["start"].between("2004-01-01", "2010-12-31").all()
    left = upload["Service end"].map(as_day)
    assert left.between("2009-01-01", "2010-12-31").all()
    assert (left >= upload["start"]).all()
    in_scope = one_record_each(episodes).query("reason in (0, 12)")
    assert in_scope["index_date"].between("2004-01-01", "2010-12-31").all()
    true_age = (episodes["start"] - episodes["dob"]).dt.days / 365.25
    assert true_age.min() >= 10


def test_penalty_notices_and_breaches_are_no_reason(folder, episodes, tables):
    """The request holds people whom a careless reading would take for reoffenders."""
    analysed = one_record_each(episodes).query("reason == 0")
    pairs = analysed.merge(tables["offence"], on="person_id")
    between = pairs[(pairs["offence_date"] > pairs["index_date"]) & (pairs["offence_date"] < pairs["start"])]
    assert len(counted(between)) == 0
    assert len(between) > 0


def test_nobody_off_the_register_can_be_mistaken(upload, tables):
    strangers = upload[upload["verdict"] == "not found"]
    assert strangers["person_id"].isna().all() and strangers["PNC id"].isna().all()
    written = pd.DataFrame(
        {"surname": strangers["Surname"].str.strip().str.casefold(), "dob": strangers["Date of birth"].map(as_day)}
    )
    forename = strangers["Forename"].str.strip().str.casefold()
    people = tables["person"].assign(
        surname=tables["person"]["surname"].str.casefold(), given=tables["person"]["forename"].str.casefold()
    )
    alike = written.assign(forename=forename).merge(people[["surname", "dob", "given"]], on=["surname", "dob"])
    assert len(alike) == 81 // 5, "the twins of somebody"
    assert (alike["forename"].str[0] != alike["given"].str[0]).all()


def test_whoever_is_written_down_wrongly_can_be_recognised(upload, tables):
    people = tables["person"].set_index("person_id")
    found = upload[upload["person_id"].notna() & (upload["verdict"] != "bad date of birth")]
    known = people.loc[found["person_id"]]
    wrong = found["Date of birth"].map(as_day).to_numpy() != known["dob"].to_numpy()
    wrong |= found["Surname"].str.strip().str.casefold().to_numpy() != known["surname"].str.casefold().to_numpy()
    assert 0.05 < wrong.mean() < 0.2
    assert found.loc[wrong, "PNC id"].notna().all()
    assert abs(upload["PNC id"].notna().mean() - 0.35) < 0.05
    several = found[found["person_id"].duplicated(keep=False)]
    assert several.groupby("person_id")["PNC id"].nunique(dropna=False).max() == 1


# ---------------------------------------------------------------- the effect


def test_the_realised_effect_is_exact(folder, episodes, truth):
    analysed = one_record_each(episodes).query("reason == 0").reset_index(drop=True)
    was = reoffended(analysed, read_tables(folder / "before")["offence"])
    now = reoffended(analysed, read_tables(folder / "after")["offence"])
    assert was.sum() - now.sum() == round(0.04 * 257) == 10
    assert not (now & ~was).any()
    assert truth["realised_effect_pp"] == pytest.approx(100 * (now.mean() - was.mean())) == pytest.approx(-1000 / 257)
    assert (truth["n_reoffenders_without_effect"], truth["n_reoffenders"]) == (was.sum(), now.sum())
    assert truth["n_helped"] == 10


def test_only_the_helped_are_touched(folder, episodes):
    before, after = read_tables(folder / "before"), read_tables(folder / "after")
    analysed = one_record_each(episodes).query("reason == 0").set_index("person_id")
    gone = before["offence"][~before["offence"]["offence_id"].isin(after["offence"]["offence_id"])]
    assert gone["person_id"].nunique() == 10
    start = analysed.loc[gone["person_id"], "start"].to_numpy()
    assert (gone["offence_date"].to_numpy() >= start).all()
    for name in CHANGED:
        others = [t[name][~t[name]["person_id"].isin(gone["person_id"])] for t in (before, after)]
        pd.testing.assert_frame_equal(*(frame.sort_values(list(frame)).reset_index(drop=True) for frame in others))
        assert list(before[name].dtypes) == list(after[name].dtypes)
    assert not after["offence"]["disposal_id"].dropna().isin(after["disposal"]["disposal_id"]).eq(False).any()


def test_the_crude_comparison_is_wrong_by_several_points(folder, episodes, truth):
    before = read_tables(folder / "before")
    kept = one_record_each(episodes)
    analysed = kept.query("reason == 0").reset_index(drop=True)
    orders = before["disposal"].query("disposal in @ELIGIBLE and '2004-01-01' <= disposal_date <= '2010-12-31'")
    others = orders[~orders["person_id"].isin(kept["person_id"])].rename(columns={"disposal_date": "index_date"})
    others = others.sample(frac=1, random_state=1).drop_duplicates("person_id").reset_index(drop=True)
    naive = 100 * (reoffended(analysed, before["offence"]).mean() - reoffended(others, before["offence"]).mean())
    assert truth["naive_difference_pp"] == pytest.approx(naive, abs=1.5)
    assert truth["crude_difference_pp"] > 3
    assert truth["n_others"] > 1_500


def test_the_analysed_differ_from_everybody_else(folder, episodes, truth):
    before = read_tables(folder / "before")
    kept = one_record_each(episodes)
    orders = before["disposal"].query("disposal in @ELIGIBLE and '2004-01-01' <= disposal_date <= '2010-12-31'")

    def mean_previous(events):
        pairs = events.merge(before["offence"], on="person_id", suffixes=("", "_of"))
        is_previous = pairs["proven_date"] < pairs["index_date"]
        n_previous = is_previous.groupby([pairs["person_id"], pairs["index_date"]]).sum()
        n_previous = n_previous[n_previous <= LONGEST_HISTORY]  # nobody in scope has a longer one
        return n_previous.sum() / len(n_previous)

    others = orders.rename(columns={"disposal_date": "index_date"})
    assert mean_previous(kept.query("reason == 0")) > 1.15 * mean_previous(
        others[~others["person_id"].isin(kept["person_id"])]
    )


# ---------------------------------------------------------------- the files


def test_rows_are_shuffled_and_truth_names_nobody(folder, upload, truth):
    assert upload["person_id"].dropna().is_monotonic_increasing is False
    runs = (upload["verdict"] != upload["verdict"].shift()).sum()
    assert runs > 600
    assert list(pd.read_parquet(folder / "truth_links.parquet")) == ["row", "person_id", "verdict", "is_kept"]
    assert set(truth) == {
        "organisation", "seed", "flow", "effect_pp", "crude_difference_pp", "naive_difference_pp", "n_others",
        "realised_effect_pp", "n_helped", "n_reoffenders_without_effect", "n_reoffenders",
    }  # fmt: skip
    assert "person_id" not in upload.columns[:13] and list(upload.columns[:3]) == ["Record", "Forename", "Middle name"]


def test_the_same_seed_gives_the_same_request(folder, tmp_path):
    shutil.copytree(folder / "before", tmp_path / "after")
    write_foundation(tmp_path / "after", tmp_path / "upload.xlsx", tmp_path / "truth.json", SEED, EFFECT_PP)
    for name in ("upload.xlsx", "truth.json", "truth_links.parquet"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    again, first = read_tables(tmp_path / "after"), read_tables(folder / "after")
    for name in CHANGED:
        pd.testing.assert_frame_equal(again[name], first[name])


def test_no_effect_leaves_the_register_alone(folder, tmp_path):
    files = {path.name: path.read_bytes() for path in (folder / "before").iterdir()}
    truth = write_foundation(folder / "before", tmp_path / "upload.xlsx", tmp_path / "truth.json", 3, effect_pp=0.0)
    assert {path.name: path.read_bytes() for path in (folder / "before").iterdir()} == files
    assert truth["realised_effect_pp"] == 0 and truth["n_helped"] == 0
    assert truth["flow"]["analysed"] == 257


def test_a_register_that_is_too_small_is_refused(tmp_path):
    synthesise_register(tmp_path / "register", 1_000, 1)
    with pytest.raises(JDLError, match="use a larger register|20,000 persons or more"):
        write_foundation(tmp_path / "register", tmp_path / "upload.xlsx", tmp_path / "truth.json", 1)
    assert not (tmp_path / "upload.xlsx").exists()


# ---------------------------------------------------------------- verdicts on episodes, case by case

CASES = [
    # start         what is on record                                                            verdict
    ("2008-03-01", [], "no sentence"),
    ("2008-03-01", [("community_order", "2008-03-02")], "no sentence"),
    ("2008-03-01", [("community_order", "2008-01-10")], "analysable"),
    ("2008-07-10", [("community_order", "2008-01-10")], "started late"),
    ("2008-07-09", [("community_order", "2008-01-10")], "analysable"),
    ("2008-02-29", [("community_order", "2007-08-31")], "started late"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("fine", "2008-02-01")], "other disposal"),
    ("2008-03-01", [("fine", "2008-01-10"), ("suspended_sentence_order", "2008-02-01")], "analysable"),
    ("2008-03-01", [("custody", "2007-01-10", "2008-02-20")], "other disposal"),
    ("2008-03-01", [("custody", "2007-01-10", "2008-03-01")], "doubtful"),
    ("2008-03-01", [("custody", "2007-01-10", None), ("community_order", "2008-01-10")], "doubtful"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("fine", "2008-01-10")], "doubtful"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("remand", "2008-02-01", "2008-03-01")], "doubtful"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("recall", "2008-03-01", None)], "doubtful"),
    ("2008-03-01", [("remand", "2008-02-01", "2008-03-10")], "doubtful"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("recall", "2008-02-01", "2008-02-29")], "analysable"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("remand", "2008-03-02", "2008-04-01")], "analysable"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("offence", "2008-02-01", "2008-06-01")], "reoffended first"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("offence", "2008-03-01", "2008-06-01")], "analysable"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("breach", "2008-02-01", "2008-06-01")], "analysable"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("notice", "2008-02-01", "2008-02-01")], "analysable"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("offence", "2008-02-01", "2009-07-11")], "doubtful"),
    ("2008-03-01", [("sexual", "2008-01-10")], "sexual index offence"),
    ("2008-03-01", [("sexual", "2006-01-10"), ("community_order", "2008-01-10")], "analysable"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("leaves", "2009-07-09")], "not observed"),
    ("2008-03-01", [("community_order", "2008-01-10"), ("leaves", "2009-07-10")], "analysable"),
]


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """A register with one person for each case."""
    folder = tmp_path_factory.mktemp("cases")
    people, disposals, offences, spells = [], [], [], []
    for person, (_, record, _) in enumerate(CASES, start=1):
        leaves = next((item[1] for item in record if item[0] == "leaves"), None)
        people.append({"person_id": person, "observed_until": leaves})
        for what, day, *more in record:
            if what in ("offence", "breach", "notice"):
                offences.append((person, None, day, more[0], "theft", what == "breach", what == "notice"))
            elif what in ("remand", "recall"):
                spells.append((person, day, *more, what))
            elif what != "leaves":
                kind = "community_order" if what == "sexual" else what
                disposals.append((len(disposals) + 1, person, day, kind, more[0] if more else None))
                group = "sexual_adult" if what == "sexual" else "theft"
                offences.append((person, len(disposals), "2005-01-01", day, group, False, False))
    frames = {
        "person": pd.DataFrame(people),
        "disposal": pd.DataFrame(
            disposals, columns=["disposal_id", "person_id", "disposal_date", "disposal", "release_date"]
        ),
        "offence": pd.DataFrame(
            offences,
            columns=[
                "person_id",
                "disposal_id",
                "offence_date",
                "proven_date",
                "offence_group",
                "is_breach",
                "is_penalty_notice",
            ],
        ),
        "meta": pd.DataFrame({"data_end": ["2012-06-30"]}),
    }
    frames["offence"]["offence_id"] = np.arange(len(offences))
    frames |= {name: pd.DataFrame({"person_id": [0]}) for name in ("person_alias", "needs_assessment")}
    frames["custody_spell"] = pd.DataFrame(spells, columns=["person_id", "start", "end", "kind"])
    for name, frame in frames.items():
        for column in frame.columns[frame.columns.str.contains("date|until|data_end|^start$|^end$")]:
            frame[column] = pd.to_datetime(frame[column]).dt.date
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return open_tables(folder)


@pytest.mark.parametrize("number", range(1, len(CASES) + 1))
def test_verdicts(cases, number):
    start, _, verdict = CASES[number - 1]
    episode = pd.DataFrame({"person_id": [number], "service_start": pd.to_datetime([start])}, index=["it"])
    found = assess_episodes(cases, episode)
    assert found.index.tolist() == ["it"]
    assert found["verdict"].item() == verdict


def test_reoffending_within_the_year(cases):
    first = next(i for i, (*_, verdict) in enumerate(CASES, start=1) if verdict == "reoffended first")
    events = pd.DataFrame({"person_id": [first] * 4})
    events["index_date"] = pd.to_datetime(["2008-01-10", "2008-02-01", "2007-02-01", "2007-01-31"])
    assert measure_reoffending(cases, events).tolist() == [True, False, True, False]
