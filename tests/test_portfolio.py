"""Counts over all requests balance, and are those that were published."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from examples import estimate, findings, measure, ranged, several, unanswered, withheld

from jdl_toolkit.errors import JDLError
from jdl_toolkit.portfolio import RequestCounts, as_of, check_requests, conclusive, read_requests, results

PILOT = Path(__file__).parent / "golden" / "portfolio_pilot_year.csv"


@pytest.fixture(scope="module")
def pilot():
    """Invented requests that honour every published count of the pilot year; see the remarks in the file."""
    return read_requests(PILOT)


def test_the_published_counts_of_october_2013(pilot):
    """Source: "Justice Data Lab statistics: November 2013": 58 received to 31 October = 30 + 9 + 19 in progress."""
    counts = RequestCounts.of(pilot, until=dt.date(2013, 10, 31))
    assert (counts.received, counts.published, counts.could_not_be_answered, counts.in_progress) == (58, 30, 9, 19)
    assert counts.withdrawn == 0


def test_the_published_counts_of_the_pilot_year(pilot):
    """Source: "Justice Data Lab: the pilot year": 80 = 57 + 12 + 1 + 10; 57 = 19 reductions + 3 increases + 35."""
    counts = RequestCounts.of(pilot)
    assert counts == RequestCounts(80, 57, 12, 1, 10, 19, 3, 35)
    assert RequestCounts.of(pilot, until=dt.date(2014, 2, 28)) == counts
    assert counts.summary() == (
        "80 requests were received: 57 were completed and published, 12 could not be answered as the minimum criteria"
        " were not met, 1 was withdrawn and 10 are in progress. Of those published, 19 showed a reduction in"
        " reoffending,"
        " three showed an increase and 35 were inconclusive."
    )
    assert counts.to_frame()["requests"].tolist() == [80, 57, 12, 1, 10, 19, 3, 35]


def test_the_published_facts_about_conclusive_results(pilot):
    """15 of the 22 have more than 200 people; the smallest has 30: −20 points (−38 to −1)."""
    found = conclusive(pilot)
    assert len(found) == 22
    assert (found["n_treatment"] > 200).sum() == 15
    smallest = found.iloc[0]
    assert smallest[["n_treatment", "difference_pp", "ci_low_pp", "ci_high_pp"]].tolist() == [30, -20, -38, -1]
    published = pilot[pilot["status"] == "published"]
    below, above = published["ci_high_pp"] < 0, published["ci_low_pp"] > 0
    assert ((published["verdict"] == "reduction") == below).all() and (
        (published["verdict"] == "increase") == above
    ).all()


def requests(*rows):
    return pd.DataFrame([(f"r{i}", *row) for i, row in enumerate(rows)], columns=["request", "status", "verdict"])


def test_every_fault_of_a_table_is_named_at_once():
    table = requests(
        ("published", "reduction"),
        ("finished", None),
        ("published", None),
        ("withdrawn", "increase"),
        ("published", "lower"),
    )
    table = pd.concat([table, table.iloc[[0]]], ignore_index=True)
    with pytest.raises(JDLError) as fault:
        check_requests(table)
    said = str(fault.value)
    for words in (
        "5 problems",
        "request r0: the request is listed more than once",
        "request r1: unknown status",
        "use one of: received, in progress, with the organisation, published, could not be answered, withdrawn",
        "request r2: published without a verdict",
        "request r3: a verdict, but not published",
        "request r4: unknown verdict",
        "use one of: reduction, increase, inconclusive",
    ):
        assert words in said
    with pytest.raises(JDLError, match="columns are missing: verdict"):
        check_requests(table[["request", "status"]])
    with pytest.raises(JDLError, match="columns are missing: received, ended"):
        as_of(requests(("published", "reduction")), dt.date(2014, 1, 1))


def test_counts_that_do_not_balance_are_refused():
    with pytest.raises(JDLError, match=r"58 received are not 30 \+ 9 \+ 0 \+ 18"):
        RequestCounts(58, 30, 9, 0, 18, 10, 0, 20)
    with pytest.raises(JDLError, match=r"57 published are not 19 \+ 3 \+ 34"):
        RequestCounts(80, 57, 12, 1, 10, 19, 3, 34)
    with pytest.raises(JDLError, match="negative"):
        RequestCounts(0, 0, 0, -1, 1, 0, 0, 0)


def test_no_request_one_request():
    assert RequestCounts.of(requests()).summary() == "0 requests were received."
    one = RequestCounts.of(requests(("published", "inconclusive")))
    assert one.summary() == (
        "1 request was received: 1 was completed and published. Of those published, one was inconclusive."
    )


def test_a_file_that_cannot_be_read_is_refused_in_words(tmp_path):
    with pytest.raises(JDLError, match="cannot be read"):
        read_requests(tmp_path / "none.csv")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    with pytest.raises(JDLError, match="cannot be read"):
        read_requests(tmp_path / "odd.csv")


def test_results_of_many_findings():
    many = [
        findings(measure(ranged(-0.38, -0.01)), request="a"),
        findings(measure(estimate(-0.0218)), request="b"),
        findings(withheld(), request="c"),
        unanswered().model_copy(update={"request": "d"}),
    ]
    table = results(many).set_index("request")
    assert table["verdict"].tolist()[:2] == ["reduction", "inconclusive"]
    assert table["verdict"].isna().tolist() == [False, False, True, True]
    assert table.loc["a", ["ci_low_pp", "ci_high_pp"]].tolist() == pytest.approx([-38, -1])
    assert table.loc["b", "difference_pp"] == pytest.approx(-2.18)
    assert "fewer than 5 people" in table.loc["c", "why_not"]
    assert "at least 30 are needed" in table.loc["d", "why_not"]
    assert table.loc["a", ["need", "sector", "setting"]].tolist() == ["accommodation", "voluntary", "community"]


def test_every_analysis_of_a_request_has_a_row_and_the_request_counts_once():
    rows = results([several()])
    assert rows["analysis"].tolist() == ["national", "region-north", "custody"]
    assert rows["title"].tolist() == ["Everyone", "The North", "Released from custody"]
    assert rows["n_treatment"].tolist()[:2] == [257, 120]
    assert rows["why_not"].iloc[2] == "21 people could be included in the analysis; at least 30 are needed"
    assert rows["verdict"].isna().tolist() == [False, False, True]
    assert rows["request"].nunique() == 1
