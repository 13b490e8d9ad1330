"""What a reviewer of linkage is told: identifiers, mistakes, who is missed more often, pictures. Nobody is shown."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from linkage_register import KNOWN, as_submitted, draw_upload, link_records, linked, pnc

from jdl_toolkit import plots
from jdl_toolkit.errors import JDLError
from jdl_toolkit.linkage import link, review
from jdl_toolkit.linkage.assignment import decide, row_posteriors
from jdl_toolkit.linkage.characteristics import characteristics
from jdl_toolkit.linkage.hidden import estimate_recall
from jdl_toolkit.linkage.pictures import weight_needed
from jdl_toolkit.linkage.result import expected, rates
from jdl_toolkit.register.comparisons import COMPARISONS


@pytest.fixture(scope="module")
def dirty(known_register):
    """A dirty upload and its linkage."""
    people = draw_upload(known_register, "dirty", seed=31, n=1500)
    return people, linked(people, known_register)


# --- settings ---------------------------------------------------------------------------------------------------------


def candidates(*weights: float) -> pd.DataFrame:
    """Candidates of one record, of these weights, in a register of a thousand."""
    n = len(weights)
    posterior, _ = row_posteriors(np.zeros(n, dtype=int), np.array(weights), 1, 1000, share=0.9)
    frame = pd.DataFrame({"row": 2, "person_id": range(n), "entry_id": range(n), "match_weight": weights})
    levels = dict.fromkeys(["forename", "surname", "dob", "sex"], "exact") | {"pnc": "no evidence", "prison": "other"}
    return frame.assign(posterior=posterior, is_doubtful=False, is_conflicting=False, is_alias=False, **levels)


ENTRIES = pd.DataFrame({"entry_id": [0, 1], "canonical": "ann", "surname": "lee", "dob": pd.Timestamp("1980-01-02")})
ENTRIES = ENTRIES.assign(sex="F", pnc_id=["1999/1", "1999/2"])


@pytest.mark.parametrize(
    ("second", "margin", "status"),
    [(27.5, 3, "ambiguous"), (27.5, 2, "matched"), (26.9, 3, "matched"), (20, 3, "matched"), (20, 11, "ambiguous")],
)
def test_the_best_person_must_exceed_the_next_by_the_margin(second, margin, status):
    choice = SimpleNamespace(match_probability=0.8, ambiguous_probability=0.5, margin=margin)
    found = decide(candidates(30.0, float(second)), pd.Series([2]), ENTRIES, choice).iloc[0]
    assert found["status"] == status
    assert found["doubt"] == ("two people on the register fit almost alike" if status == "ambiguous" else "")


@pytest.mark.parametrize(
    ("change", "is_one"),
    [
        ({}, False),  # another PNC id
        ({"pnc_id": ["1999/1", None]}, True),
        ({"pnc_id": None, "sex": ["F", None]}, True),
        ({"pnc_id": None, "sex": ["F", "M"]}, False),
        ({"pnc_id": None, "surname": ["lee", "leigh"]}, False),
        ({"pnc_id": None, "dob": [pd.Timestamp("1980-01-02"), pd.NaT]}, False),
    ],
)
def test_two_entries_are_one_person_only_if_nothing_speaks_against_it(change, is_one):
    choice = SimpleNamespace(match_probability=0.9, ambiguous_probability=0.5, margin=3)
    found = decide(candidates(30.0, 30.0), pd.Series([2]), ENTRIES.assign(**change), choice).iloc[0]
    assert (found["status"], found["doubt"] == "on the register twice") == ("ambiguous", is_one)


@pytest.mark.parametrize("margin", [-1, "wide"])
def test_a_margin_that_is_none_is_refused(margin, company, known_register):
    with pytest.raises(JDLError, match="margin"):
        linked(company, known_register, linkage={"margin": margin})


# --- identifiers ------------------------------------------------------------------------------------------------------


def test_identifiers_are_counted_by_what_became_of_them(known_register, company):
    wrong = pnc(11)[:-1] + ("A" if pnc(11)[-1] != "A" else "B")
    somebody = {"forename": "Zebedee", "surname": "Ormskirkham", "dob": pd.Timestamp("1999-02-08")}
    plain = company.assign(pnc_id=None, prison_number=None)
    result = link_records(
        known_register,
        plain,
        {"of": 900_001, "pnc_id": wrong},
        {"of": 900_002, "pnc_id": pnc(12)},
        {"of": 900_003, "pnc_id": pnc(777_777)},
        {"of": 900_004, "pnc_id": pnc(777_778)},
        {"of": 900_005, "pnc_id": pnc(16)} | somebody,
        {"of": 900_010, "pnc_id": pnc(20)},
    )
    assert result.links["identifier"].tail(6).tolist() == [
        "malformed",
        "agrees",
        "another than the register's",
        "not found on the register",
        "in conflict",
        "in conflict",
    ]
    assert result.links["status"].tail(6).tolist() == ["matched"] * 4 + ["ambiguous", "matched"]
    counts = result.by_identifier().set_index("identifier")
    assert counts.loc["in conflict"].tolist() == [2, 1] and counts.loc["not given", "n_records"] == len(company)
    assert result.n_identifiers_not_trusted == 2
    # The owner of an identifier in conflict cannot serve as a control
    row = result.links["row"].iloc[-2]
    assert 900_012 in result.candidates.loc[result.candidates["row"] == row, "person_id"].tolist()


def test_what_the_intake_remarked_counts_as_a_characteristic():
    people = KNOWN.head(4).assign(row=[2, 3, 4, 5], usable=True, pnc_id=[pnc(1), None, None, None], prison_number=None)
    people["dob"] = pd.to_datetime(["1980-01-01", "1981-02-03", None, "1982-01-02"])
    issues = pd.DataFrame({"row": [3, 4], "column": ["PNC id", "Surname"], "severity": "warns"})
    levels = characteristics(SimpleNamespace(people=people, issues=issues))
    assert levels["identifier"].tolist() == ["given and verified", "malformed", "not given", "not given"]
    assert levels["remark"].tolist() == ["none", "none", "on a name or the date of birth", "none"]
    assert levels["birthday"].tolist() == ["1 January", "another day", "not given", "another day"]
    assert levels["middle_name"].tolist() == ["given", "not given", "not given", "not given"]
    assert levels["ethnicity"].tolist() == ["not given"] * 4


# --- the check by hidden identifiers ----------------------------------------------------------------------------------


def test_recall_with_wilsons_interval_by_hand():
    check = pd.DataFrame({"outcome": ["found"] * 90 + ["missed"] * 6 + ["ambiguous"] * 3 + ["somebody else"]})
    found = estimate_recall(check, 180)
    # Wilson (1927): (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), p = .9, n = 100, z = 1.959964
    assert (found.recall, found.low, found.high) == pytest.approx((0.9, 0.825634, 0.944771), abs=1e-6)
    assert (found.n_known, found.n_found, found.n_wrong) == (100, 90, 1)
    assert found.n_missed == pytest.approx(20)  # 180 of 200
    assert (found.n_missed_low, found.n_missed_high) == pytest.approx(
        (180 / 0.944771 - 180, 180 / 0.825634 - 180), abs=1e-3
    )
    nobody = estimate_recall(check.head(0), 180)
    assert nobody.n_known == 0 and np.isnan(nobody.recall)


def test_hidden_identifiers_estimate_what_is_missed(dirty):
    """Within five points of the truth, three standard errors of both."""
    people, result = dirty
    truth = people["truth"].astype("Int64")
    is_right = (result.links["person_id"] == truth).fillna(False).to_numpy(dtype=bool)
    others = ~result.links["row"].isin(result.check["row"]).to_numpy() & truth.notna().to_numpy()
    recall = result.recall()
    assert recall.n_known == len(result.check) > 450
    assert recall.recall == pytest.approx(is_right[others].mean(), abs=0.05)
    assert recall.n_missed_low < (others & ~is_right).sum() < recall.n_missed_high
    assert recall.n_wrong <= 1
    assert result.expected_wrong_links < 3 and 0 < result.expected_missed_links < (truth.notna() & ~is_right).sum()


def test_the_check_forgets_identifiers_altogether(known_register, company):
    """A record that only its identifier finds is missed by the check; one that its names find, too, is found."""
    names = {"forename": "Ferdinand", "surname": "Xylander", "middle_name": None, "pnc_id": pnc(11)}
    result = link_records(known_register, company, {"of": 900_001} | names, {"of": 900_002, "pnc_id": pnc(12)})
    assert result.links["status"].tail(2).tolist() == ["matched", "matched"]
    check = result.check.set_index("row")["outcome"]
    assert check.loc[result.links["row"].tail(2)].tolist() == ["missed", "found"]


def test_the_check_leaves_links_as_they_are(known_register, company):
    without = company.assign(pnc_id=None, prison_number=None)
    result = linked(without, known_register)
    assert result.check.empty and np.isnan(result.recall().recall)
    assert "No record has an identifier" in review.mistakes(result).text


# --- words and tables -------------------------------------------------------------------------------------------------


def test_the_mistakes_are_told_in_words_with_their_numbers(dirty):
    _, result = dirty
    text, recall = review.mistakes(result).text, result.recall()
    assert f"{recall.n_known} records lead to one person" in text
    assert f"{recall.n_found} of them were found, {recall.n_wrong} linked to somebody else" in text
    assert f"{100 * recall.recall:.1f} of 100 found (95 % interval {100 * recall.low:.1f}" in text


def test_unequal_links_are_told_with_their_chance():
    groups = pd.Series(["men"] * 500 + ["women"] * 400 + ["not given"] * 50, name="sex")
    found = pd.Series([True] * 460 + [False] * 40 + [True] * 300 + [False] * 100 + [True] * 44 + [False] * 6)
    frame = rates(groups.to_frame(), found)
    women, unknown = review.unequal_links(frame, 5).text.split("\n")
    assert women == (
        "- Women are found less often than men: 75 of 100 against 92; a difference of this size is hardly chance "
        "(95 % interval −22 to −12 points)."
    )
    assert unknown.startswith("- People whose sex is not given are found less often than men: 88 of 100 against 92;")
    assert "could be chance" in unknown
    shown = review.rates_table(frame, 5).rows
    assert ("Sex: men", "500", "460", "92", "89 to 94") in shown


def test_nothing_is_said_of_a_handful_of_records():
    groups = pd.Series(["White"] * 300 + ["Black"] * 40 + ["Other"] * 4, name="ethnicity")
    found = pd.Series([True] * 285 + [False] * 15 + [True] * 36 + [False] * 4 + [True] * 4)
    rows = {row[0]: row[1:] for row in review.rates_table(rates(groups.to_frame(), found), 5).rows}
    assert rows["Ethnicity: Other"] == ("[c]",) * 4
    assert rows["Ethnicity: Black"] == ("40", "36", "90", "77 to 96")  # few were missed: that is what the lab must see
    text = review.unequal_links(rates(groups.to_frame(), found), 5).text
    assert text.startswith("- People recorded as Black are found less often than people recorded as White: 90 of 100 ")
    assert "Other" not in text


def test_a_small_expectation_is_not_none():
    assert [expected(n) for n in (0.0, 0.04, 0.1, 1.25)] == ["fewer than 0.1", "fewer than 0.1", "0.1", "1.3"]


def test_the_model_is_a_table_of_words(dirty):
    table = review.model_table(dirty[1])
    assert len(table.rows) == sum(len(c.levels) for c in COMPARISONS)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["PNC id: the same"] == ("97.0%", "1 in 10,000,000", "+23.2")
    assert rows["surname: the same"][2] == "by its frequency"
    # As the comparisons say, m adds up to one
    sums = dirty[1].parameters.groupby("comparison")["m"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_typical_pairs_add_up_and_show_nobody(dirty):
    people, result = dirty
    steps = result.typical_pairs
    assert steps["pair"].drop_duplicates().tolist() == [
        "a sure link",
        "the weakest link",
        "an ambiguous pair",
        "a rejected twin",
    ]
    totals = steps.groupby("pair")["weight"].sum()
    assert totals["a sure link"] > 10 and totals["the weakest link"] >= 1
    assert totals["an ambiguous pair"] < totals["the weakest link"] + 2
    assert (steps["weight"] == steps["weight"].round()).all()
    words = {level.words for comparison in COMPARISONS for level in comparison.levels}
    assert set(steps["level"]) <= words | {"one person among all on the register", "they fit, too"}


def test_the_weight_that_a_link_needs():
    # Alone among a million, with nine of ten on the register: 2^w / N · 9 = 9 -> w = log2(1,000,000)
    assert weight_needed(0.9, 1_000_000, 0.9) == pytest.approx(np.log2(1_000_000))
    posterior, _ = row_posteriors(np.array([0]), np.array([weight_needed(0.7, 5000, 0.9)]), 1, 5000, share=0.7)
    assert posterior[0] == pytest.approx(0.9)
    assert np.isnan(weight_needed(0.0, 10, 0.9))


def test_the_pictures_say_what_they_show(dirty):
    _, result = dirty
    weights = plots.weights_plot(result.weights_histogram, result.weight_needed)
    n_matched = result.weights_histogram.query("outcome == 'matched'")["n_pairs"].sum()
    assert f"{n_matched:,} matched" in weights.alt and "weight that a link needs" in weights.svg
    assert len(weights.data) == len(result.weights_histogram)
    fall = plots.waterfall(result.typical_pairs)
    assert fall.alt.startswith("Waterfall of match weights for 4 kinds of pairs. a sure link: +")
    assert fall.svg.count("together") == 4 and [*fall.data[0]] == ["Pair", "Compared", "Level", "Weight (bits)"]
    assert plots.waterfall(result.typical_pairs.head(0)) is None
    assert plots.weights_plot(result.weights_histogram, float("nan")).alt.endswith("Nobody was found.")


def test_a_submission_with_issues_and_ethnicity_is_read(known_register, company):
    people = as_submitted(company).assign(ethnicity="White")
    issues = pd.DataFrame({"row": people["row"].head(8), "column": "Surname", "severity": "warns"})
    from registers import make_spec

    result = link(SimpleNamespace(people=people, issues=issues), known_register, make_spec())
    shown = result.by_characteristic().set_index(["characteristic", "level"])["n_records"]
    assert shown["remark", "on a name or the date of birth"] == 8
    assert shown["ethnicity", "White"] == len(company)
