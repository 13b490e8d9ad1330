"""The flow as published: no small count, none that could be worked out, and the published example whole."""

from types import SimpleNamespace

import pandas as pd

from jdl_toolkit.attrition import Ledger
from jdl_toolkit.findings.flow_counts import Flow, flows_and_linkage

FOUNDATION = [(1, 6), (2, 81), (3, 34), (4, 187), (5, 22), (6, 491), (10, 69), (11, 9), (12, 90)]


def ledger(received, excluded, people=None, details=None):
    """A ledger from (code, records) pairs; people are counted from code 3 on, and equal records from code 4 on."""
    built, details = Ledger.start("submission", "records received", received), details or {}
    after = received
    for code, n in excluded:
        after -= n
        n_people = after if code >= 4 else people if code == 3 else None
        built = built.exclude(code, n, n_people, details=details.get(code))
    return built


def linkage(**by_status):
    status = {"matched": 0, "ambiguous": 0, "no match": 0, "unusable identifiers": 0}
    status |= {k.replace("_", " "): n for k, n in by_status.items()}
    tiers = pd.DataFrame({"tier": ["exact"], "n_records": [status["matched"]]})
    return SimpleNamespace(by_status=lambda: status, by_tier=lambda: tiers, expected_wrong_links=2.5)


def flow_and_linkage(ledger, pool_ledger, linkage, n_matched, minimum_cell):
    """Of the only analysis of a request."""
    found = flows_and_linkage([Flow(ledger, pool_ledger, n_matched)], linkage, minimum_cell)
    return found["flows"][0] | {"linkage": found["linkage"]}


def flow(*args, **kwargs):
    found = flow_and_linkage(*args, **kwargs)
    return [(s["records_excluded"], s["records_after"]) for s in found["flow"]], found


def test_the_published_flow_is_printed_whole():
    """Source: "Justice Data Lab: the pilot year", worked example: 1,246 → 1,125 → 938 → 916 → 347 → 257."""
    kinds = {"custody": 240, "fine": 150, "caution": 101, "of which started within 6 months": 251}
    repeats = {"records of people who appear more than once": 355, "people who appear more than once": 168}
    one = ledger(1246, FOUNDATION, people=938, details={4: repeats, 6: kinds})
    link = linkage(matched=1159, no_match=70, ambiguous=11, unusable_identifiers=6)
    steps, found = flow(one, None, link, 257, 5)
    assert [left for left, _ in steps] == [0, 6, 81, 34, 187, 22, 491, 69, 9, 90, 0]
    assert [after for _, after in steps] == [1246, 1240, 1159, 1125, 938, 916, 425, 356, 347, 257, 257]
    assert [s["secondary"] for s in found["flow"]] == [[]] * 11
    assert [d["records"] for s in found["flow"] for d in s["details"]] == [355, 168, 240, 150, 101, 251]
    assert found["linkage"]["by_status"] == {
        "matched": 1159,
        "ambiguous": 11,
        "no match": 70,
        "unusable identifiers": 6,
    }
    assert found["is_unmatched_hidden"] is False


def test_a_few_without_a_comparable_control_cannot_be_worked_out():
    steps, found = flow(ledger(1246, FOUNDATION, people=938), None, None, 255, 5)
    assert steps[-1] == (None, 255)
    assert found["flow"][-1]["secondary"] == []  # "fewer than 5"
    assert steps[-2] == (None, None)
    withheld = ["records_excluded", "records_after", "people_after", "people_excluded"]
    assert found["flow"][-2]["secondary"] == withheld
    assert found["is_unmatched_hidden"] is True
    assert steps[-3] == (9, 347)


def test_a_small_detail_takes_another_with_it_and_so_do_remarks():
    kinds = {"custody": 30, "fine": 20, "caution": 3}
    _, found = flow(ledger(200, [(3, 0), (4, 0), (6, 53)], people=200, details={6: kinds}), None, None, 147, 5)
    details = [(d["records"], d["secondary"]) for s in found["flow"] if s["code"] == 6 for d in s["details"]]
    assert details == [(30, False), (None, True), (None, False)]
    kinds = {"custody": 30, "fine": 23, "of which started within 6 months": 51}  # two did not
    _, found = flow(ledger(200, [(3, 0), (4, 0), (6, 53)], people=200, details={6: kinds}), None, None, 147, 5)
    details = [(d["records"], d["secondary"]) for s in found["flow"] if s["code"] == 6 for d in s["details"]]
    assert details == [(30, False), (23, False), (None, True)]
    kinds = {"custody": 30, "fine": 23, "of which started within 6 months": 40}
    kinds |= {"custody: started within 6 months": 28, "fine: started within 6 months": 12}  # two of custody did not
    _, found = flow(ledger(200, [(3, 0), (4, 0), (6, 53)], people=200, details={6: kinds}), None, None, 147, 5)
    details = [(d["records"], d["secondary"]) for s in found["flow"] if s["code"] == 6 for d in s["details"]]
    assert details[:2] == [(30, False), (23, False)]
    assert details[3] == (None, True)
    assert (details[2][0] is None) or (details[4][0] is None)  # else custody's part follows from the two


def test_parts_of_a_remark_are_protected_whatever_their_order():
    """As in the demonstration: kinds and, of each, those who started in time, sorted by name when read from a file."""
    kinds = {"absolute discharge": 6, "caution": 137, "fine": 348}
    within = {"absolute discharge": 3, "caution": 75, "fine": 173}
    details = kinds | {f"{kind}: started within 6 months": n for kind, n in within.items()}
    details = dict(sorted((details | {"of which started within 6 months": 251}).items()))
    one = ledger(1000, [(3, 0), (4, 0), (6, 491)], people=1000, details={6: details})
    _, found = flow(one, None, None, 509, 5)
    shown = {d["label"]: d["records"] for s in found["flow"] if s["code"] == 6 for d in s["details"]}
    assert list(shown) == [
        "fine",
        "caution",
        "absolute discharge",
        "of which started within 6 months",
        "fine: started within 6 months",
        "caution: started within 6 months",
        "absolute discharge: started within 6 months",
    ]
    assert shown["absolute discharge: started within 6 months"] is None
    parts = [shown[f"{kind}: started within 6 months"] for kind in ("fine", "caution")]
    assert None in [*parts, shown["of which started within 6 months"]]  # else 251 − 173 − 75 = 3
    assert (shown["fine"], shown["caution"]) == (348, 137)


def test_repeat_records_of_a_few_people_are_not_given_away_by_two_remarks():
    repeats = {"records of people who appear more than once": 8, "people who appear more than once": 3}
    one = ledger(200, [(3, 10), (4, 5), (5, 20)], people=185, details={4: repeats})
    steps, found = flow(one, None, None, 165, 5)
    details = [d["records"] for s in found["flow"] for d in s["details"]]
    assert details[1] is None
    assert details[0] is None or steps[2][0] is None


def test_a_few_records_in_the_linkage_are_protected_in_the_flow_too():
    one = ledger(
        200, [(1, 3), (2, 20), (3, 10), (4, 0), (5, 7)], people=167, details={2: {"no match": 14, "ambiguous": 6}}
    )
    link = linkage(matched=177, no_match=14, ambiguous=6, unusable_identifiers=3)
    steps, found = flow(one, None, link, 160, 5)
    shown = found["linkage"]["by_status"]
    assert shown["unusable identifiers"] is None
    assert steps[1][0] is None
    withheld = [k for k, n in shown.items() if n is None and k != "unusable identifiers"]
    assert withheld or found["linkage"]["records"] is None
    assert steps[-1][1] == 160


def test_fewer_than_five_people_left_are_not_counted_out():
    one = ledger(80, [(2, 20), (3, 0), (4, 0), (5, 57)], people=60)
    steps, _ = flow(one, None, None, None, 5)
    assert steps[-1][1] is None
    assert steps[0][1] is None or steps[-1][0] is None


def test_the_pool_has_its_own_flow():
    pool = Ledger.start("pool", "events", 5000, 4000).exclude(None, 1000, 4000, key="one_event", label="further events")
    pool = pool.exclude(None, 3, 3997, key="submitted", label="people who were submitted")
    found = flow_and_linkage(ledger(300, FOUNDATION[:0]), pool, None, None, 5)
    assert [s["records_after"] for s in found["pool_flow"]][-1] == 3997
    assert found["pool_flow"][-1]["records_excluded"] is None
    assert found["pool_flow"][-2]["records_after"] is None
    assert found["pool_flow"][-2]["records_excluded"] is None
