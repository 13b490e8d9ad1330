"""Linkage: who is found, who is not, why, and how often that is right."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from linkage_register import IDENTITY, KNOWN, as_submitted, draw_upload, link_one, linked, pnc

from jdl_toolkit.linkage import STATUSES, Linkage
from jdl_toolkit.linkage.assignment import row_posteriors


# Measured over many uploads: precision .999, recall .996, .993 and .986 (benchmarks/linkage); 1,000 records are few
@pytest.mark.parametrize(("level", "recall"), [("clean", 0.98), ("realistic", 0.97), ("dirty", 0.95)])
def test_precision_and_recall_on_synthetic_uploads(known_register, level, recall):
    people = draw_upload(known_register, level, seed=5)
    links = linked(people, known_register).links
    truth = people["truth"].astype("Int64")
    is_matched = (links["status"] == "matched").to_numpy()
    is_right = is_matched & (links["person_id"] == truth).fillna(False).to_numpy(dtype=bool)
    assert is_right.sum() / is_matched.sum() >= 0.995
    assert is_right.sum() / truth.notna().sum() >= recall
    assert (links.loc[people["likeness"].isin(["twin", "namesake"]).to_numpy(), "status"] == "matched").sum() <= 1


@pytest.mark.parametrize(
    ("record", "tier"),
    [
        ({}, "same name, same date of birth"),
        ({"forename": "WILLIAM ", "surname": "Oaken-Thorpe"}, "same name, same date of birth"),
        ({"forename": "Billy"}, "short form of the forename, same date of birth"),
        ({"forename": "W", "middle_name": None}, "same surname, forename not given in full, same date of birth"),
        ({"forename": "Henry", "middle_name": None}, "forename is the middle name, same date of birth"),
        ({"forename": "Oakenthorpe", "surname": "William"}, "forename and surname swapped, same date of birth"),
        ({"surname": "Oakentorpe"}, "similar name, same date of birth"),
        ({"dob": dt.date(1980, 4, 3)}, "same name, day and month swapped"),
        ({"dob": dt.date(1980, 3, 14)}, "same name, one digit of the date of birth differs"),
        ({"dob": dt.date(1908, 3, 4)}, "same name, one digit of the date of birth differs"),
        ({"sex": "F"}, "same name, same date of birth"),
        ({"sex": None, "middle_name": None}, "same name, same date of birth"),
        ({"pnc_id": pnc(11)}, "PNC id and name"),
        ({"pnc_id": pnc(11), "dob": dt.date(1961, 7, 30)}, "PNC id and name"),
        ({"pnc_id": pnc(11), "forename": "Ferdinand", "surname": "Xylander"}, "PNC id and date of birth"),
        ({"prison_number": "A1234BC"}, "prison number and name"),
        ({"of": 900_005, "surname": "Quillfeathers"}, "same name (an alias on the register), same date of birth"),
        ({"of": 900_006, "forename": "Mohammed"}, "short form of the forename, same date of birth"),
    ],
)
def test_a_known_person_is_found_and_the_reason_is_readable(known_register, company, record, tier):
    found = link_one(known_register, company, record).iloc[0]
    assert (found["status"], found["person_id"], found["tier"]) == ("matched", record.get("of", 900_001), tier)
    assert found["posterior"] >= 0.9


@pytest.mark.parametrize(
    "record",
    [
        {"of": 900_001, "forename": "Rupert", "middle_name": None},  # a twin who is not on the register
        {"of": 900_001, "forename": "Rupert", "middle_name": None, "dob": dt.date(1980, 4, 3)},
        {"of": 900_004, "dob": dt.date(1981, 9, 15)},  # a son of the same name
        {"of": 900_006, "forename": "Bartholomew", "surname": "Xanthopoulis"},
    ],
)
def test_relatives_and_strangers_are_not_linked(known_register, company, record):
    found = link_one(known_register, company, record).iloc[0]
    assert found["status"] == "no match"
    assert pd.isna(found["person_id"]) and pd.isna(found["posterior"]) and found["tier"] == ""


def test_twins_on_the_register_are_told_apart(known_register, company):
    found = link_one(known_register, company, {"of": 900_002}, {"of": 900_003}, {"of": 900_003, "pnc_id": pnc(13)})
    assert found["status"].eq("matched").all()
    assert found["person_id"].tolist() == [900_002, 900_003, 900_003]


def test_a_person_recorded_twice_is_ambiguous_not_absent(known_register, company):
    found = link_one(known_register, company, {"of": 900_007}).iloc[0]
    assert found["status"] == "ambiguous" and pd.isna(found["person_id"])
    assert found["posterior"] == pytest.approx(0.5, abs=0.01)


def test_an_identifier_of_somebody_else_is_not_trusted(known_register, company):
    row = pd.DataFrame([KNOWN.iloc[0].to_dict() | {"pnc_id": pnc(12), "prison_number": None}])
    result = linked(as_submitted(pd.concat([company[IDENTITY], row[IDENTITY]])), known_register)
    assert result.n_identifiers_not_trusted == 1
    last = result.links.iloc[-1]
    assert (last["status"], last["person_id"]) == ("matched", 900_001)
    assert last["tier"] == "same name, same date of birth"
    # A twin's id on the record of the other twin
    row = pd.DataFrame([KNOWN.iloc[1].to_dict() | {"pnc_id": pnc(13), "prison_number": None}])
    result = linked(as_submitted(pd.concat([company[IDENTITY], row[IDENTITY]])), known_register)
    assert (result.n_identifiers_not_trusted, result.links.iloc[-1]["person_id"]) == (1, 900_002)


def test_an_identifier_with_a_wrong_check_letter_counts_as_not_given(known_register, company):
    right = pnc(12)
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")
    found = link_one(known_register, company, {"of": 900_002, "pnc_id": wrong}).iloc[0]
    assert (found["person_id"], found["tier"]) == (900_002, "same name, same date of birth")


def test_repeat_records_stay_matched_dissimilar_ones_become_ambiguous(known_register, company):
    found = link_one(
        known_register,
        company,
        {"pnc_id": pnc(11)},
        {"forename": "Will"},
        {"dob": dt.date(1980, 4, 3)},
        {"pnc_id": pnc(11), "forename": "Ferdinand", "surname": "Xylander", "dob": dt.date(1980, 3, 4)},
    )
    assert found["status"].tolist() == ["matched"] * 4  # the last has the same PNC id
    either = link_one(known_register, company, {"of": 900_012}, {"of": 900_012, "forename": "Pat", "middle_name": None})
    assert either["status"].tolist() == ["matched"] * 2  # Pat is short for Patricia, too
    dissimilar = {"prison_number": "A1234BC", "forename": "Ferdinand", "surname": "Xylander"}
    found = link_one(known_register, company, {}, dissimilar)
    assert found["status"].tolist() == ["matched", "ambiguous"]
    assert found["person_id"].tolist()[0] == 900_001 and pd.isna(found["person_id"].tolist()[1])


def test_unusable_records_are_kept_and_counted(known_register, company):
    people = company.copy()
    people.loc[people.index[:7], "usable"] = False
    people.loc[people.index[:3], ["forename", "dob"]] = None
    result = linked(people, known_register)
    assert result.by_status()["unusable identifiers"] == 7
    assert sum(result.by_status().values()) == len(people) and tuple(result.by_status()) == STATUSES
    assert result.links["row"].tolist() == people["row"].tolist()


def test_an_upload_without_any_usable_record(known_register, company):
    result = linked(company.assign(usable=False), known_register)
    assert result.by_status() == {"matched": 0, "ambiguous": 0, "no match": 0, "unusable identifiers": len(company)}
    assert (result.expected_wrong_links, result.n_candidates) == (0.0, 0)
    assert result.by_tier().empty


def test_the_thresholds_are_the_requests(known_register, company):
    people = draw_upload(known_register, "dirty", seed=8, n=300)
    strict = linked(people, known_register, linkage={"match_probability": 0.9999, "ambiguous_probability": 0.01})
    usual = linked(people, known_register)
    assert strict.by_status()["matched"] < usual.by_status()["matched"]
    assert strict.by_status()["ambiguous"] > usual.by_status()["ambiguous"]
    assert (usual.links.loc[usual.links["status"] == "matched", "posterior"] >= 0.9).all()
    assert (strict.links.loc[strict.links["status"] == "matched", "posterior"] >= 0.9999).all()


def test_the_same_inputs_give_the_same_result_byte_for_byte(known_register, tmp_path):
    people = draw_upload(known_register, "dirty", seed=9, n=300)
    for name, rows in (("one", people), ("two", people), ("shuffled", people.sample(frac=1, random_state=4))):
        linked(rows, known_register).save(tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert files == [
        "candidates.parquet",
        "check.parquet",
        "levels.parquet",
        "links.parquet",
        "parameters.parquet",
        "result.json",
        "typical_pairs.parquet",
        "weights_histogram.parquet",
    ]
    for file in files:
        content = (tmp_path / "one" / file).read_bytes()
        assert (tmp_path / "two" / file).read_bytes() == content, file
        assert (tmp_path / "shuffled" / file).read_bytes() == content, file
    pd.testing.assert_frame_equal(Linkage.load(tmp_path / "one").links, linked(people, known_register).links)


def test_the_summary_counts_and_shows_nobody(known_register, company, capfd):
    result = linked(company, known_register)
    counts = result.by_status()
    assert result.summary().startswith(f"{counts['matched']} of 400 records matched ({counts['ambiguous']} ambiguous, ")
    assert result.by_tier()["n_records"].sum() == counts["matched"]
    assert result.by_identifier()["n_records"].sum() == 400
    assert result.by_doubt()["n_records"].sum() == counts["ambiguous"]
    shown = result.by_characteristic()
    assert shown.groupby("characteristic")["n_records"].sum().tolist() == [400] * 6
    assert shown.groupby("characteristic")["n_matched"].sum().tolist() == [counts["matched"]] * 6
    assert shown["match_rate"].between(0, 1).all()
    assert result.weights_histogram["n_pairs"].sum() == result.n_candidates
    assert list(result.parameters) == ["comparison", "level", "m", "u"]
    people = set(company["surname"].str.lower()) | set(company["pnc_id"].dropna())
    shown_of_it = (repr(result) + result._repr_html_()).lower()  # once: it draws a figure
    assert not any(word in shown_of_it for word in people if len(word) > 4)
    assert capfd.readouterr() == ("", "")


def test_expected_wrong_links_and_candidates_agree_with_the_posteriors(known_register):
    people = draw_upload(known_register, "dirty", seed=11, n=500)
    result = linked(people, known_register)
    matched = result.links[result.links["status"] == "matched"]
    assert result.expected_wrong_links == pytest.approx((1 - matched["posterior"]).sum())
    assert (result.candidates.groupby("row")["posterior"].sum() <= 1).all()
    pairs = set(zip(result.candidates["row"], result.candidates["person_id"], strict=True))
    assert set(zip(matched["row"], matched["person_id"], strict=True)) <= pairs
    assert 0.8 < result.share_on_register < 0.95


def test_row_posteriors_share_one_probability():
    row, weight = np.array([0, 1, 1, 2]), np.array([40.0, 40.0, 40.0, -10.0])
    posterior, share = row_posteriors(row, weight, n_rows=4, n_people=1000)
    assert posterior[0] == pytest.approx(1) and posterior[1:3] == pytest.approx([0.5, 0.5]) and posterior[3] < 1e-6
    assert share == pytest.approx(0.5, abs=1e-4)
    # By hand: s = .5, BF/N = 1 -> p = .5 / (.5 + .5)
    posterior, share = row_posteriors(np.array([0, 1]), np.log2([1e9, 1e3]), n_rows=4, n_people=1000)
    assert posterior[1] == pytest.approx(share)
    assert posterior.sum() / 4 == pytest.approx(share, abs=1e-8)
    assert row_posteriors(np.array([], dtype=int), np.array([]), 3, 10)[1] == 0.0
