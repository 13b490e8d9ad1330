"""Tables for readers, cell by cell."""

import invented
import pytest

from jdl_toolkit import tables
from jdl_toolkit.attrition import Ledger

FINDINGS = invented.findings()
ANALYSIS = FINDINGS.analyses[0]

ALL = {
    "power": lambda: tables.power_table(ANALYSIS),
    "measures": lambda: tables.measures_table(ANALYSIS),
    "estimates": lambda: tables.estimates_table(ANALYSIS),
    "profile": lambda: tables.profile_table(ANALYSIS),
    "balance": lambda: tables.balance_table(ANALYSIS),
    "flow": lambda: tables.flow_table(ANALYSIS.flow),
    "linkage": lambda: tables.linkage_table(FINDINGS),
    "settings": lambda: tables.settings_table(FINDINGS),
    "provenance": lambda: tables.provenance_table(FINDINGS),
    "sign_offs": lambda: tables.sign_offs_table(FINDINGS),
}


@pytest.mark.parametrize("key", ALL)
def test_every_table_is_whole(key):
    table = ALL[key]()
    assert table.key == key and table.caption
    assert len(table.align) == len(table.columns)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert all(isinstance(cell, str) and cell.strip() for row in table.rows for cell in row)
    assert len({row[0] for row in table.rows}) == len(table.rows)  # each row has a header of its own


def test_the_power_table_prints_the_published_sizes_and_what_is_out_of_reach():
    table = tables.power_table(ANALYSIS)
    assert table.rows[:3] == (("0.5", "no number of people is enough"), ("1", "240,648"), ("2", "9,327"))
    assert "standard deviation of 0.473" in table.note
    assert (
        "below 0.9 percentage points" in table.note
        and "257 people in this analysis could show 10.7 points" in table.note
    )


def test_measures_are_printed_in_their_units():
    table = tables.measures_table(ANALYSIS)
    assert table.rows[0] == ("One-year proven reoffending rate", "33%", "39%", "−6.1", "−11.9 to −0.3", "0.01", "0.01")
    assert table.rows[1][1:5] == ("0.91", "1.17", "−0.26", "−0.50 to −0.02")
    assert table.rows[2][0] == "Days to first proven reoffence (among those who reoffended)"
    assert table.rows[2][1:5] == ("131", "118", "13", "−8 to 35")


def test_a_withheld_measure_is_named_with_its_reason():
    table = tables.measures_table(ANALYSIS)
    assert table.rows[5][1:] == ("[c]",) * 6
    assert table.note.endswith(
        " [c]: not shown. Custody for the first reoffence (among those who reoffended): "
        "fewer than 5 people reoffended, so the result could point to individuals."
    )
    assert [row[0] for row in tables.measures_table(ANALYSIS, base="everyone").rows] == [
        m.label for m in ANALYSIS.measures if m.base == "everyone"
    ]


def test_three_estimates_stand_side_by_side():
    table = tables.estimates_table(ANALYSIS)
    assert table.rows[0] == (
        "One-year proven reoffending rate", "−6.1 (−11.9 to −0.3)", "−6 (−12 to 1)", "−6.4 (−12.3 to −0.4)"
    )  # fmt: skip
    assert table.rows[5][1:] == ("[c]",) * 3


def test_withheld_shares_are_not_zero():
    table = tables.profile_table(ANALYSIS)
    assert table.rows[0] == ("Sex: men", "84%", "84%", "86%")
    assert table.rows[-1] == ("Ethnicity: Mixed or other", "withheld", "withheld", "withheld")
    assert table.note


def test_balance_is_worst_first():
    table = tables.balance_table(ANALYSIS, top=5)
    after = [abs(float(row[2].replace("−", "-"))) for row in table.rows]
    assert len(after) == 5 and after == sorted(after, reverse=True)
    worst = max(ANALYSIS.balance.rows, key=lambda r: abs(r.smd_after))
    assert table.rows[0][0].startswith(worst.covariate) and table.rows[0][3] == worst.light
    assert f"The largest 5 of {len(ANALYSIS.balance.rows)} are shown" in table.note


def test_the_flow_table_prints_counts_reasons_and_remarks():
    table = tables.flow_table(ANALYSIS.flow)
    assert table.columns == ("Step", "Records that left", "Records that remained", "People that remained", "Remarks")
    assert table.rows[0] == ("records received", "–", "1,246", "–", "–")
    assert table.rows[6] == (
        "the most recent sentence was of a kind outside this analysis", "491", "425", "425",
        "fines: 301; custody: 120; other sentences: fewer than 5\n"
        "A further analysis of fines and custody could include them.",
    )  # fmt: skip
    hidden = tables.flow_table(invented.flow({1: None, 2: 10}, 60))
    assert hidden.rows[1][1:3] == ("fewer than 5", "withheld")  # what remains is withheld, but is not small


def test_steps_at_which_nobody_left_are_said_together():
    table = tables.flow_table(invented.flow({1: 0, 2: 10}, 60))
    assert [row[1] for row in table.rows] == ["–", "10"]
    assert table.note == "Nobody left at the other steps."
    everyone_left = Ledger.start("pool", "sentences", 9).exclude(None, 2, key="a", label="b")
    assert tables.flow_table(everyone_left.steps).note == ""


def test_a_setting_without_words_is_printed_by_its_name():
    settings = {"matching": {"new_choice": "some_way"}, "seed": 1}
    made = FINDINGS.provenance.model_copy(update={"settings": settings})
    table = tables.settings_table(FINDINGS.model_copy(update={"provenance": made}))
    assert table.rows == (("Matching: new choice", "some way"),)


def test_every_setting_of_the_defaults_has_readers_words():
    assert not [row for row in tables.settings_table(FINDINGS).rows if ": " in row[0] or "_" in "".join(row)]


def test_hardly_any_wrong_links_are_not_none():
    def note(wrong):
        linkage = FINDINGS.linkage.model_copy(update={"expected_wrong_links": wrong})
        return tables.linkage_table(FINDINGS.model_copy(update={"linkage": linkage})).note

    assert ": fewer than 0.1. People who" in note(0.003) and ": 0. People" in note(0.0) and ": 2. People" in note(2.04)


def test_the_flow_table_reads_a_ledger():
    ledger = Ledger.start("submission", "records received", 100, 90).exclude(6, 40, 55, details={"fine": 40})
    assert tables.flow_table(ledger.steps).rows[1][1:] == ("40", "60", "55", "fine: 40")
    plain = tables.flow_table(Ledger.start("pool", "sentences", 9).exclude(None, 2, key="a", label="b").steps)
    assert plain.columns == ("Step", "Records that left", "Records that remained")


def test_a_flow_that_was_not_recorded_is_said_to_be_none():
    assert tables.flow_table(()).rows == (("No steps are recorded", "–", "–"),)


def test_linkage_lists_ways_and_failures():
    table = tables.linkage_table(FINDINGS)
    assert table.rows == (
        ("Records received", "1,246"),
        ("Found (matched)", "1,159"),
        ("Found by: same identifier", "640"),
        ("Found by: same name and date of birth", "455"),
        ("Found by: day and month of birth swapped", "fewer than 5"),
        ("Ambiguous", "12"),
        ("No match", "69"),
        ("Unusable identifiers", "6"),
    )
    assert table.note == (
        "Links that are expected to be wrong by chance: 1.8. People who resemble each other, such as relatives, "
        "can add to that."
    )


def test_settings_and_provenance_are_readable():
    settings = dict(tables.settings_table(FINDINGS).rows)
    assert settings["Calipers that may be tried, standard deviations of the score"] == "0.2, 0.1, 0.05, 0.01"
    assert settings["Characteristics that are matched exactly"] == "none"
    assert settings["Initials are accepted as forenames"] == "no"
    assert settings["Sentences that are analysed"] == "community order, suspended sentence order"
    assert not {"Seed", "Submission", "Request", "Received", "Organisation: name", "Service: need"} & set(settings)
    used = settings["Characteristics in the matching model"]
    assert "rate of convictions over the criminal career (Copas rate)" in used and "copas rate" not in used
    rows = dict(tables.provenance_table(FINDINGS).rows)
    assert rows["Register covers"] == "1 January 2000 to 30 June 2012"
    assert rows["Toolkit"] == "0.1.0, commit c0ffee1"
    assert rows["Input: foundation-2013.xlsx"] == "a1" * 32
    assert rows["Packages"] == "numpy 2.4.6, pandas 3.1.1"
    assert tables.sign_offs_table(FINDINGS).rows == (("Second analyst", "A. Analyst", "2013-10-01"),)
    nobody = FINDINGS.model_copy(update={"sign_offs": ()})
    assert tables.sign_offs_table(nobody).rows == (("none yet",),)
