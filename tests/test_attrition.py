"""The ledger starts at the records received and adds up, whatever happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdl_toolkit.attrition import REASONS, Ledger
from jdl_toolkit.errors import JDLError


@given(st.integers(0, 5000), st.lists(st.integers(0, 500), max_size=13))
def test_received_is_excluded_by_reason_plus_remaining(received, excluded):
    ledger = Ledger.start("submission", "records received", received)
    taken = {}
    for code, wanted in enumerate(excluded, 1):
        taken[code] = min(wanted, ledger.remaining)
        ledger = ledger.exclude(code, taken[code])
    assert ledger.received == sum(ledger.excluded(code) for code in REASONS) + ledger.remaining
    assert {code: ledger.excluded(code) for code in taken} == taken


def test_more_cannot_leave_than_are_there():
    with pytest.raises(JDLError, match="more records leave than there are"):
        Ledger.start("submission", "records received", 10).exclude(1, 11)


def test_a_row_that_does_not_follow_is_refused():
    ledger = Ledger.start("submission", "records received", 10).exclude(1, 4)
    with pytest.raises(JDLError, match="does not add up"):
        Ledger("submission", (ledger.steps[0], ledger.steps[1] | {"records_after": 7})).check()


def test_people_are_counted_before_and_after_and_never_exceed_their_records():
    ledger = Ledger.start("pool", "everybody", 10, people=8).exclude(None, 3, 6, key="a", label="b")
    step = ledger.steps[1]
    assert (step["people_before"], step["people_excluded"], step["people_after"]) == (8, 2, 6)
    with pytest.raises(JDLError, match="people of the ledger do not add up"):
        ledger.exclude(None, 2, 6, key="c", label="d")
    nobody = Ledger.start("pool", "nobody", 0, people=0).steps[0]
    assert (nobody["people_before"], nobody["people_excluded"], nobody["people_after"]) == (0, 0, 0)


def test_the_published_example_adds_up():
    ledger = Ledger.start("submission", "records received", 1246)
    for code, records in {1: 6, 2: 81, 3: 34, 4: 187, 5: 22, 6: 491, 10: 69, 11: 9, 12: 90}.items():
        ledger = ledger.exclude(code, records)
    assert [step["records_after"] for step in ledger.steps] == [1246, 1240, 1159, 1125, 938, 916, 425, 356, 347, 257]


def test_a_ledger_comes_back_as_it_was_saved(tmp_path):
    ledger = Ledger.start("submission", "records received", 10, people=9).exclude(
        6, 4, 5, details={"fine": 4}, could="x"
    )
    ledger.save(tmp_path / "ledger")
    assert Ledger.load(tmp_path / "ledger") == ledger
