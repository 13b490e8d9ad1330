"""The synthetic register: OGRS3 drives it, the published figures are reproduced, the tables hang together."""

from __future__ import annotations

import datetime as dt
import hashlib

import duckdb
import numpy as np
import pandas as pd
import pytest

from jdl_toolkit.errors import JDLError
from jdl_toolkit.identifiers import is_pnc_id, is_prison_number
from jdl_toolkit.register import NEEDS, OFFENCE_GROUPS, Register, build_register
from jdl_toolkit.synthetic import assumptions, circumstances, draws, ogrs, synthesise_register
from jdl_toolkit.synthetic import register as assembly
from jdl_toolkit.synthetic.figures import figures
from jdl_toolkit.synthetic.histories import remove_reoffending

PERSONS = 50_000
DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A register of 50,000 people, as Parquet."""
    out = tmp_path_factory.mktemp("synthetic") / "register"
    synthesise_register(out, PERSONS, seed=2013)
    return out


@pytest.fixture(scope="module")
def tables(folder):
    return {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory):
    """A register of 4,000 people, for what need not be precise."""
    out = tmp_path_factory.mktemp("synthetic") / "small"
    synthesise_register(out, 4_000, seed=3)
    return out


@pytest.fixture(scope="module")
def dated(tables):
    return with_timestamps(tables)


def with_timestamps(tables):
    """The tables that concern offending, with timestamps for dates."""
    frames = {
        name: tables[name].copy() for name in ("person", "disposal", "offence", "custody_spell", "needs_assessment")
    }
    for frame in frames.values():
        for column in frame.columns.intersection(
            [
                "dob",
                "disposal_date",
                "release_date",
                "offence_date",
                "proven_date",
                "start",
                "end",
                "assessed_on",
                "observed_until",
            ]
        ):
            frame[column] = pd.to_datetime(frame[column])
    return frames


# ---------------------------------------------------------------- OGRS3


def test_ogrs3_golden_value():
    """Howard and others (2009): male, 25, first sanction at 15, ten previous sanctions, theft."""
    assert ogrs.ogrs3_one_year(25, 15, True, 10, "theft") == pytest.approx(0.648, abs=5e-4)
    logit = np.log(0.6483864460662895 / (1 - 0.6483864460662895)) + 2.12171 - 1.40256
    assert ogrs.ogrs3_two_year(25, 15, True, 10, "theft") == pytest.approx(1 / (1 + np.exp(-logit)))


@pytest.mark.parametrize(
    ("age", "first", "male", "sanctions", "group", "logit"),
    [
        (17, 17, True, 0, "violence", 1.40256 - 1.25112 * np.log(10) + 0.12614 - 0.0616),
        (17, 17, False, 0, "robbery", 1.40256 - 1.25112 * np.log(10) + 0.12614 - 0.9592 - 0.635),
        (18, 16, True, 1, "soliciting", 1.40256 + 1.25112 * np.log(2 / 12) + 0.46306 - 0.6251 + 0.761),
        (63, 13, False, 40, "drink_driving", 1.40256 + 1.25112 * np.log(41 / 60) + 0.46306 - 2.4498 - 0.121),
        (49, 40, True, 3, "other", 1.40256 + 1.25112 * np.log(4 / 19) + 0.46306 - 1.4997 - 0.061),
    ],
)
def test_ogrs3_by_hand(age, first, male, sanctions, group, logit):
    assert ogrs.ogrs3_one_year(age, first, male, sanctions, group) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_ogrs3_takes_arrays_of_names_or_codes():
    names = np.array(["theft", "violence", "theft"])
    codes = ogrs.group_codes(names)
    by_name = ogrs.ogrs3_one_year([20, 30, 40], [15, 15, 15], [True, False, True], [1, 2, 3], names)
    by_code = ogrs.ogrs3_one_year([20, 30, 40], [15, 15, 15], [True, False, True], [1, 2, 3], codes)
    assert by_name.shape == (3,)
    assert (by_name == by_code).all()
    with pytest.raises(KeyError):
        ogrs.group_codes(["piracy"])


def test_second_year_hazard_agrees_with_the_two_scales():
    who = ([16, 25, 51], [15, 20, 22], [True, False, True], [0, 4, 9], ["theft", "fraud", "other"])
    one, two = ogrs.ogrs3_one_year(*who), ogrs.ogrs3_two_year(*who)
    assert ogrs.second_year_hazard(one) == pytest.approx((two - one) / (1 - one))


def test_codes_are_those_of_the_register():
    assert ogrs.OFFENCE_GROUPS == OFFENCE_GROUPS
    assert tuple(circumstances.NEEDS) == NEEDS
    assert set(assumptions.OFFENCE_NATURE) == set(OFFENCE_GROUPS)
    assert sum(sum(c.values()) for c in assumptions.CAREERS.values()) > 0
    assert np.array(list(assumptions.CAREER_SHARES.values())).sum(axis=0) == pytest.approx(1)


# ---------------------------------------------------------------- draws


def test_zero_truncated_negative_binomial_has_its_moments():
    size, mean, n = 0.7, 1.8, 200_000
    counts = draws.zero_truncated_negative_binomial(np.random.default_rng(1), np.full(n, mean), size)
    zero = (size / (size + mean)) ** size
    expected = mean / (1 - zero)
    second = (mean + mean**2 / size + mean**2) / (1 - zero)
    assert counts.min() == 1
    assert counts.mean() == pytest.approx(expected, abs=4 * np.sqrt((second - expected**2) / n))
    assert (counts == 1).mean() == pytest.approx(zero * size * mean / (mean + size) / (1 - zero), abs=0.005)


def test_truncated_exponential_has_the_mean_asked_for():
    days = draws.truncated_exponential(np.random.default_rng(1), 200_000, 122.0)
    assert days.min() >= 0
    assert days.max() <= 365
    assert days.mean() == pytest.approx(122.0, abs=1.0)


def test_pick_follows_each_rows_chances():
    chosen = draws.pick(np.random.default_rng(1), np.tile([[0.2, 0.0, 0.8]], (50_000, 1)))
    assert np.bincount(chosen, minlength=3) / 50_000 == pytest.approx([0.2, 0.0, 0.8], abs=0.01)


# ---------------------------------------------------------------- published figures, known truth


def test_published_figures_are_reproduced(folder, capsys):
    table = figures(folder)
    with capsys.disabled():
        print("\n" + table.drop(columns="reason").round(2).to_string(index=False))
    assert len(table) == 28
    assert (table["reason"].str.len() > 10).all()
    large = table["published"] >= 2
    assert (table["tolerance"] < 0.6 * table["published"])[large].all()  # else agreement would say nothing
    assert table.loc[~table["agrees"], "fact"].tolist() == []


def events_with_truth(dated):
    """Sanctions of two decades with the OGRS3 that the register itself implies, and what happened next."""
    counts = dated["offence"][~dated["offence"]["is_breach"] & ~dated["offence"]["is_penalty_notice"]]
    principal = counts.sort_values("offence_id").drop_duplicates("disposal_id")[["disposal_id", "offence_group"]]
    s = (
        dated["disposal"]
        .merge(principal, on="disposal_id")
        .merge(dated["person"][["person_id", "dob", "sex", "observed_until"]])
    )
    s = s.sort_values(["person_id", "disposal_date"], ignore_index=True)
    s["event"] = s["release_date"].where(s["disposal"] == "custody", s["disposal_date"])
    s["previous"] = s.groupby("person_id").cumcount()
    s["age_first"] = ((s.groupby("person_id")["disposal_date"].transform("min") - s["dob"]) / DAY / 365.2425).astype(
        int
    )
    s = s[s["event"].notna() & (s["event"] <= pd.Timestamp("2010-12-31")) & s["observed_until"].isna()]
    age = ((s["event"] - s["dob"]) / DAY / 365.2425).astype(int)
    s = s.assign(risk=ogrs.ogrs3_one_year(age, s["age_first"], s["sex"] == "M", s["previous"], s["offence_group"]))
    merged = s[["disposal_id", "person_id", "event"]].merge(
        counts[["person_id", "offence_date", "proven_date"]], on="person_id"
    )
    within = merged["offence_date"].gt(merged["event"]) & (
        merged["offence_date"] <= merged["event"] + pd.DateOffset(months=12)
    )
    within &= merged["proven_date"] <= merged["event"] + pd.DateOffset(months=18)
    return s.assign(reoffended=s["disposal_id"].isin(merged.loc[within, "disposal_id"]))


def test_reoffending_happens_with_the_chance_that_ogrs3_gives(dated):
    s = events_with_truth(dated)
    decile = pd.qcut(s["risk"], 10, labels=False)
    table = s.groupby(decile).agg(n=("risk", "size"), expected=("risk", "mean"), observed=("reoffended", "mean"))
    error = np.sqrt(table["expected"] * (1 - table["expected"]) / table["n"])
    assert (table["n"] > 5_000).all()
    assert ((table["observed"] - table["expected"]).abs() < 4 * error).all(), table
    assert table["expected"].iloc[-1] > 0.5
    assert table["expected"].iloc[0] < 0.08


def test_calibration_holds_by_sex_and_disposal(dated):
    s = events_with_truth(dated)
    for _, rows in s.groupby(["sex", "disposal"]):
        error = np.sqrt((rows["risk"] * (1 - rows["risk"])).sum()) / len(rows)
        assert abs(rows["reoffended"].mean() - rows["risk"].mean()) < 4 * error


# ---------------------------------------------------------------- tables that hang together


def test_a_register_can_be_built_from_it(small_folder, tmp_path):
    summary = build_register(small_folder, tmp_path / "register.duckdb")
    assert summary["rows"]["person"] == 4_000
    with Register.open(tmp_path / "register.duckdb") as register:
        assert register.meta.synthetic is True
        assert (register.meta.data_start, register.meta.data_end) == (dt.date(1995, 1, 1), dt.date(2012, 6, 30))
        assert register.meta.extract == assembly.extract_id(4_000, 3)


def test_identifiers_are_valid_and_unique(tables):
    person, custody = tables["person"], tables["custody_spell"]
    assert person["person_id"].is_unique
    assert person["pnc_id"].is_unique
    assert is_pnc_id(person["pnc_id"]).all()
    has_number = person["prison_number"].notna()
    assert is_prison_number(person.loc[has_number, "prison_number"]).all()
    assert person.loc[has_number, "prison_number"].is_unique
    assert set(person.loc[has_number, "person_id"]) == set(custody["person_id"])


def test_shares_of_people(tables):
    person = tables["person"]
    known = person["person_id"].isin(tables["disposal"]["person_id"]) | person["person_id"].isin(
        tables["offence"]["person_id"]
    )
    assert (~known).mean() == pytest.approx(0.03, abs=0.003)
    assert person["observed_until"].notna().mean() == pytest.approx(0.012, abs=0.002)
    assert person["ethnicity"].isna().mean() == pytest.approx(0.01, abs=0.002)
    assert set(tables["disposal"]["region"]) == set(assumptions.REGIONS)
    assert set(tables["disposal"]["disposal"]) == set(assumptions.DISPOSALS)
    same = person.groupby(["surname", "dob"]).size()
    assert same[same > 1].sum() / len(person) > 0.005  # twins and double records


def test_dates_are_in_order(dated):
    person, disposal, offence = dated["person"], dated["disposal"], dated["offence"]
    start, end = pd.Timestamp("1995-01-01"), pd.Timestamp("2012-06-30")
    assert disposal["disposal_date"].between(start, end).all()
    assert offence["offence_date"].between(start, end).all()
    assert (disposal["release_date"].dropna() <= end).all()
    assert (disposal["release_date"] > disposal["disposal_date"])[disposal["release_date"].notna()].all()
    both = offence.merge(
        disposal[["disposal_id", "person_id", "disposal_date"]], on="disposal_id", suffixes=("", "_of_disposal")
    )
    assert len(both) == offence["disposal_id"].notna().sum()
    assert (both["person_id"] == both["person_id_of_disposal"]).all()
    assert (both["offence_date"] <= both["proven_date"]).all()
    assert (both["proven_date"] <= both["disposal_date"]).all()
    months = (both["disposal_date"] - both["offence_date"]) / DAY
    assert months.max() <= 210  # six months to conviction and four weeks to a report
    aged = offence.merge(person[["person_id", "dob", "observed_until"]])
    assert ((aged["offence_date"] - aged["dob"]) / DAY / 365.25).min() >= 9.99
    left = aged["observed_until"].notna()
    assert (aged["proven_date"] <= aged["observed_until"])[left].all()


def test_only_custody_has_sentence_and_release(tables):
    disposal = tables["disposal"]
    custody = disposal["disposal"] == "custody"
    assert disposal.loc[custody, ["sentence_days", "establishment"]].notna().all(axis=None)
    assert disposal.loc[~custody, ["sentence_days", "release_date", "establishment"]].isna().all(axis=None)
    inside = disposal.loc[custody, "release_date"].isna()
    assert 0 < inside.mean() < 0.2  # some are still inside at the data end


def test_every_disposal_but_a_drug_test_has_an_offence(tables):
    disposal, offence = tables["disposal"], tables["offence"]
    empty = disposal[~disposal["disposal_id"].isin(offence["disposal_id"])]
    assert set(empty["disposal"]) == {"positive_drug_test"}
    without = offence[offence["disposal_id"].isna()]
    assert (without["is_penalty_notice"] | without["proven_date"].isna()).all()


def test_some_cases_are_pending_when_the_data_end(tables):
    """Offences neither proven nor sentenced, committed in the last months by people who are still observed."""
    offence, person = tables["offence"], tables["person"].set_index("person_id")
    pending = offence[offence["proven_date"].isna()]
    assert len(pending) > 20 and pending["person_id"].is_unique
    assert pending["disposal_id"].isna().all() and not pending[["is_breach", "is_penalty_notice"]].any(axis=None)
    assert pd.to_datetime(pending["offence_date"]).between("2011-09-01", "2012-06-30").all()
    assert person.loc[pending["person_id"], "observed_until"].isna().all()
    assert pending["person_id"].isin(tables["disposal"]["person_id"]).all()  # each has a record before


def test_the_most_serious_offences_are_indictable_and_shares_of_classes_are_those_assumed(tables):
    offence = tables["offence"]
    assert set(offence.loc[offence["severity"] == 1, "offence_class"]) == {"indictable"}
    shares = offence[~offence["is_breach"] & ~offence["is_penalty_notice"]]["offence_class"].value_counts(
        normalize=True
    )
    assert shares["either_way"] == pytest.approx(0.63, abs=0.04)
    assert shares["summary"] == pytest.approx(0.31, abs=0.04)
    assert shares["indictable"] == pytest.approx(0.06, abs=0.02)
    assert 0.005 < offence["is_penalty_notice"].mean() < 0.05
    assert 0.005 < offence["is_breach"].mean() < 0.06


def test_nobody_is_inside_twice_and_nobody_offends_inside(folder):
    con = duckdb.connect()
    for name in ("custody_spell", "offence"):
        con.execute(f"CREATE VIEW {name} AS FROM '{folder}/{name}.parquet'")
    # but for remand for another matter during a sentence, which lies inside it
    inside = """SELECT r.* FROM custody_spell r JOIN custody_spell s USING (person_id) WHERE r.kind = 'remand'
        AND s.kind = 'sentenced' AND r.start > s.start AND r."end" < coalesce(s."end", DATE '2100-01-01')"""
    overlaps = f"""SELECT count(*) FROM (
        SELECT start, lag(coalesce("end", DATE '2100-01-01')) OVER (PARTITION BY person_id ORDER BY start, "end")
        AS before FROM (FROM custody_spell EXCEPT ALL ({inside}))) WHERE start < before"""
    offending = """SELECT count(*) FROM custody_spell c JOIN offence o ON o.person_id = c.person_id
        AND o.offence_date >= c.start AND o.offence_date < coalesce(c."end", DATE '2100-01-01')"""
    assert [con.execute(query).fetchone()[0] for query in (overlaps, offending)] == [0, 0]
    assert con.execute(f"SELECT count(*) FROM ({inside})").fetchone()[0] > 10


def test_custody_spells_belong_to_custodial_sentences(tables):
    disposal, spells = tables["disposal"], tables["custody_spell"]
    custody = disposal[disposal["disposal"] == "custody"]
    sentenced = spells[spells["kind"] == "sentenced"]
    both = custody.merge(sentenced, left_on=["person_id", "disposal_date"], right_on=["person_id", "start"])
    assert len(both) == len(custody) == len(sentenced)
    assert (both["end"].fillna(dt.date.max) == both["release_date"].fillna(dt.date.max)).all()
    assert (sentenced["release_type"].notna() == sentenced["end"].notna()).all()
    assert set(spells["kind"]) == {"remand", "sentenced", "recall"}
    assert set(sentenced["release_type"].dropna()) == {"unconditional", "licence", "hdc", "approved_premises"}


def test_nobody_works_or_claims_inside(folder):
    con = duckdb.connect()
    for table in ("employment_spell", "benefit_spell"):
        n = con.execute(f"""SELECT count(*) FROM '{folder}/custody_spell.parquet' c JOIN '{folder}/{table}.parquet' s
            ON s.person_id = c.person_id AND s.start < coalesce(c."end", DATE '2100-01-01')
            AND coalesce(s."end", DATE '2100-01-01') > c.start""").fetchone()[0]
        assert n == 0, table


def test_assessments_were_made_where_a_court_order_or_custody_called_for_them(dated):
    needs, disposal = dated["needs_assessment"], dated["disposal"]
    near = needs.reset_index().merge(disposal, on="person_id")
    custody = near["disposal"] == "custody"
    ends = near["release_date"].fillna(pd.Timestamp("2012-06-30")).where(custody, near["disposal_date"])
    begins = near["disposal_date"].where(custody, near["disposal_date"] - 28 * DAY)
    supervised = near["disposal"].isin(["community_order", "suspended_sentence_order", "custody"])
    made = near[supervised & near["assessed_on"].between(begins, ends)]
    assert set(made["index"]) == set(needs.index)
    assert needs["ogrs3"].between(0, 100).all()


# ---------------------------------------------------------------- one seed, one register


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_same_seed_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(assembly, "CHUNK", 700)  # three chunks, the last of them short
    lines = []
    first = synthesise_register(tmp_path / "a", 1_600, seed=4, progress=lines.append)
    synthesise_register(tmp_path / "b", 1_600, seed=4)
    synthesise_register(tmp_path / "c", 1_600, seed=5)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a")["offence.parquet"] != digests(tmp_path / "c")["offence.parquet"]
    assert lines == ["700 of 1,600 persons", "1,400 of 1,600 persons", "1,600 of 1,600 persons"]
    assert first["extract"].startswith("synthetic-1600-4-")
    for table, key in (
        ("person", "person_id"),
        ("person", "pnc_id"),
        ("disposal", "disposal_id"),
        ("offence", "offence_id"),
    ):
        rows = pd.read_parquet(tmp_path / "a" / f"{table}.parquet")
        assert len(rows) == first["rows"][table]
        assert rows[key].is_unique
    meta = pd.read_parquet(tmp_path / "a" / "meta.parquet").iloc[0]
    assert (meta["n_persons"], meta["n_offences"]) == (1_600, first["rows"]["offence"])


def test_an_earlier_register_is_replaced_and_anything_else_refused(tmp_path):
    out = tmp_path / "register"
    synthesise_register(out, 50, seed=1)
    synthesise_register(out, 60, seed=1)
    assert len(pd.read_parquet(out / "person.parquet")) == 60
    assert [p.name for p in tmp_path.iterdir()] == ["register"]
    (out / "thesis.docx").write_text("years of work")
    with pytest.raises(JDLError, match="more than a register"):
        synthesise_register(out, 50, seed=1)
    assert (out / "thesis.docx").read_text() == "years of work"
    with pytest.raises(JDLError, match="at least one person"):
        synthesise_register(tmp_path / "none", 0)
    with pytest.raises(JDLError, match="table"):
        figures(tmp_path / "none")


@pytest.mark.parametrize("never_convicted", [0.0, 1.0])
def test_one_person_is_enough(tmp_path, monkeypatch, never_convicted):
    monkeypatch.setattr(assumptions, "SHARE_NEVER_CONVICTED", never_convicted)
    rows = synthesise_register(tmp_path / "one", 1, seed=1)["rows"]
    assert rows["person"] == 1
    assert (rows["disposal"] == 0) == (never_convicted == 1)


# ---------------------------------------------------------------- taking reoffending out


def small_history():
    """Person 7: an order in 2009; an offence and a breach in March 2010, with all that followed; another in 2012."""
    date = pd.to_datetime
    disposal = pd.DataFrame(
        [
            (1, 7, "2009-06-01", "community_order", None),
            (2, 7, "2010-03-02", "positive_drug_test", None),
            (3, 7, "2010-06-01", "custody", "2010-08-01"),
            (4, 7, "2012-03-01", "fine", None),
            (5, 8, "2010-03-02", "fine", None),
        ],
        columns=["disposal_id", "person_id", "disposal_date", "disposal", "release_date"],
    )
    offence = pd.DataFrame(
        [
            (1, 1, 7, "2009-04-01", False, False),
            (2, 3, 7, "2010-03-01", False, False),
            (3, 3, 7, "2010-03-05", True, False),
            (4, None, 7, "2010-02-01", False, True),
            (5, 4, 7, "2012-01-01", False, False),
            (6, 5, 8, "2010-03-01", False, False),
        ],
        columns=["offence_id", "disposal_id", "person_id", "offence_date", "is_breach", "is_penalty_notice"],
    )
    custody = pd.DataFrame(
        [
            (7, "2010-03-10", "2010-06-01", "remand"),
            (7, "2010-06-01", "2010-08-01", "sentenced"),
            (7, "2010-06-10", "2010-07-01", "remand"),
            (7, "2010-09-01", "2010-09-20", "recall"),
        ],
        columns=["person_id", "start", "end", "kind"],
    )
    needs = pd.DataFrame({"person_id": [7, 7], "assessed_on": date(["2009-05-20", "2010-06-10"])})
    for frame, columns in (
        (disposal, ["disposal_date", "release_date"]),
        (offence, ["offence_date"]),
        (custody, ["start", "end"]),
    ):
        frame[columns] = frame[columns].apply(date)
    return {
        "disposal": disposal,
        "offence": offence,
        "custody_spell": custody,
        "needs_assessment": needs,
        "meta": pd.DataFrame(),
    }


@pytest.mark.parametrize(
    ("until", "disposals", "offences", "spells", "assessed"),
    [
        ("2010-06-01", [1, 4, 5], [1, 4, 5, 6], ["recall"], 1),
        ("2010-02-28", [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], ["remand", "sentenced", "remand", "recall"], 2),
        ("2012-06-01", [1, 5], [1, 4, 6], ["recall"], 1),
    ],
)
def test_removal_by_hand(until, disposals, offences, spells, assessed):
    tables = small_history()
    before = {name: frame.copy() for name, frame in tables.items()}
    left = remove_reoffending(tables, [7], [pd.Timestamp("2009-06-01")], [pd.Timestamp(until)])
    assert left["disposal"]["disposal_id"].tolist() == disposals
    assert left["offence"]["offence_id"].tolist() == offences
    assert left["custody_spell"]["kind"].tolist() == spells
    assert len(left["needs_assessment"]) == assessed
    assert all(tables[name].equals(before[name]) for name in before)


def test_a_disposal_stays_while_an_offence_outside_the_window_remains():
    tables = small_history()
    tables["offence"].loc[2, "is_breach"] = False  # the offence of 5 March now counts
    left = remove_reoffending(tables, [7], [pd.Timestamp("2009-06-01")], [pd.Timestamp("2010-03-03")])
    assert left["offence"]["offence_id"].tolist() == [1, 3, 4, 5, 6]
    assert 3 in left["disposal"]["disposal_id"].tolist()
    assert len(left["custody_spell"]) == 4


def test_removed_reoffending_leaves_a_valid_register(small_folder, tmp_path):
    """No reoffence is left in the year of those chosen, nobody else changes, and the contract still holds."""
    tables = {path.stem: pd.read_parquet(path) for path in sorted(small_folder.glob("*.parquet"))}
    s = events_with_truth(with_timestamps(tables))
    chosen = s[s["disposal"].isin(["community_order", "custody"]) & s["reoffended"]].drop_duplicates("person_id")
    assert len(chosen) > 300
    until = chosen["event"] + pd.DateOffset(months=12)
    left = remove_reoffending(tables, chosen["person_id"], chosen["event"], until)
    for name in ("offence", "disposal", "custody_spell", "needs_assessment"):
        untouched = ~tables[name]["person_id"].isin(chosen["person_id"])
        same = left[name][~left[name]["person_id"].isin(chosen["person_id"])].reset_index(drop=True)
        assert same.equals(tables[name][untouched].reset_index(drop=True))
        assert len(left[name]) < len(tables[name])
    window = chosen.assign(until=until)[["person_id", "event", "until"]]
    counted = left["offence"][~left["offence"]["is_breach"] & ~left["offence"]["is_penalty_notice"]].merge(
        window, on="person_id"
    )
    assert (
        not pd.to_datetime(counted["offence_date"]).between(counted["event"], counted["until"], inclusive="right").any()
    )
    for check in (
        test_every_disposal_but_a_drug_test_has_an_offence,
        test_custody_spells_belong_to_custodial_sentences,
    ):
        check(left)
    for name, frame in left.items():
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    assert build_register(tmp_path, tmp_path / "out.duckdb")["rows"]["offence"] == len(left["offence"])
