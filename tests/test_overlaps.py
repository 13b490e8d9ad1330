"""Several analyses of one upload: no count withheld in one can be worked out from the others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests_at_random import request

from jdl_toolkit.disclosure import may_be_shown, suppression
from jdl_toolkit.errors import JDLError
from jdl_toolkit.findings.flow_counts import flows_and_linkage
from jdl_toolkit.findings.overlaps import Overlaps, Shown, left_over, members, too_alike
from jdl_toolkit.findings.shared_counts import Flow, _cells_of_flow


def published(flows, link):
    """Every count of the flows as a set of records, with what is shown of it; (owner, step, what) -> (set, shown)."""
    found = flows_and_linkage(flows, link, 5)
    rows = {}
    for i, (one, shown) in enumerate(zip(flows, found["flows"], strict=True)):
        names = {"after": "records_after", "left": "records_excluded", "people": "people_after"}
        for meaning, cell in _cells_of_flow(i, one):
            step = shown["flow"][int(cell.key.split()[2])]
            if meaning[0] == "detail":
                value = next(d["records"] for d in step["details"] if d["label"] == meaning[2])
            else:
                value = step["records_after" if meaning[0] == "received" else names[meaning[0]]]
            rows[cell.key] = (cell.held, value)
    for word, value in found["linkage"]["by_status"].items():
        rows[f"status {word}"] = ((link.links["status"] == word).to_numpy(), value)
    return rows, found


def recoverable(rows):
    """Small counts that are a linear combination of those that are shown, of whatever sizes the groups are."""
    groups = np.unique(np.array([held for held, _ in rows.values()]), axis=1).astype(float)
    is_shown = np.array([value is not None for _, value in rows.values()])
    basis = np.linalg.svd(groups[is_shown], full_matrices=False)
    span = basis.Vh[basis.S > 1e-8 * basis.S.max()]
    left = groups - groups @ span.T @ span
    lost = (np.abs(left).max(axis=1) < 1e-6) & ~is_shown
    return [key for (key, (held, _)), is_lost in zip(rows.items(), lost, strict=True) if is_lost and 0 < held.sum() < 5]


#: A seed with which a region's withheld counts follow from the nation's and the other region's.
LEAVES_OPEN = 18


def test_the_audit_finds_what_is_left_open():
    """Each flow protected for itself alone: a nation less its regions gives away what the regions withhold."""
    flows, link = request(np.random.default_rng(LEAVES_OPEN), 90, 2)
    alone = {}
    for i, one in enumerate(flows):
        rows, _ = published([one], link)
        alone |= {f"{i}{key[1:]}": row for key, row in rows.items() if not key.startswith("status")}
    assert recoverable(alone)
    assert recoverable(published(flows, link)[0]) == []


def test_a_region_and_the_rest_of_the_nation():
    """Of those who left for reason 6, all but three of the nation are of the region."""
    rng = np.random.default_rng(0)
    flows, link = request(rng, 300, 1)
    whole, part = flows
    records = whole.records
    few = records.index[(records["reason"] == 6) & (part.records["reason"] == 0)][:3]
    others = records.index[(records["reason"] == 6) & (part.records["reason"] == 0)].difference(few)
    assert len(few) == 3 and len(others)  # the region of the others is set to be that of the part
    changed = part.records.assign(reason=part.records["reason"].mask(records.index.isin(others), 6))
    changed["detail"] = records["detail"].where(changed["reason"] == 6)
    part = rebuilt(changed)
    rows, found = published([whole, part], link)
    step = {i: next(s for s in found["flows"][i]["flow"] if s["code"] == 6) for i in (0, 1)}
    assert None in (step[0]["records_excluded"], step[1]["records_excluded"])
    assert recoverable(rows) == []


def rebuilt(records):
    """A flow from its records."""
    from jdl_toolkit.attrition import Ledger

    ledger = Ledger.start("submission", "records received", len(records))
    for code in range(14):
        gone, stay = records["reason"] == code, (records["reason"] > code) | records["reason"].isna()
        details = {k: int(n) for k, n in records.loc[gone, "detail"].value_counts().items()} if code == 6 else {}
        ledger = ledger.exclude(
            code, int(gone.sum()), records.loc[stay, "person_id"].nunique() if code > 2 else None, details=details
        )
    return Flow(ledger, records=records, n_matched=int(records["reason"].isna().sum()))


def test_analyses_of_the_same_records_have_their_counts_in_common():
    """By other rules: what is withheld for the one is withheld for the other wherever they agree."""
    flows, link = request(np.random.default_rng(5), 250, 0, other_rules=True)
    _, found = published(flows, link)
    for code in (1, 2, 3, 4, 5):
        one, other = (next(s for s in f["flow"] if s["code"] == code) for f in found["flows"])
        assert one["records_excluded"] == other["records_excluded"]
        assert one["records_after"] == other["records_after"]


def test_records_that_do_not_agree_with_the_flow_are_refused():
    flows, link = request(np.random.default_rng(5), 250, 2)
    wrong = flows[1].records.assign(reason=flows[1].records["reason"].mask(flows[1].records["reason"] == 5, 9))
    flows[1] = Flow(flows[1].ledger, records=wrong, n_matched=flows[1].n_matched)
    with pytest.raises(JDLError, match="do not agree with its flow"):
        flows_and_linkage(flows, link, 5)


def test_a_request_of_many_analyses_is_protected_with_few_questions(monkeypatch):
    """A whole, two regions, three providers and other rules: seven flows over 82 records. It took 7,300 questions."""
    asked = []
    milp = suppression.milp
    monkeypatch.setattr(suppression, "milp", lambda *args, **kwargs: asked.append(1) or milp(*args, **kwargs))
    flows, link = request(np.random.default_rng(1), 82, 2, by_provider=True, other_rules=True)
    rows, found = published(flows, link)
    assert len(asked) < 500
    assert recoverable(rows) == []
    told = [step["records_after"] for one in found["flows"] for step in one["flow"]]
    assert sum(n is not None for n in told) >= 24


def test_after_many_questions_counts_are_withheld_many_at_once(monkeypatch):
    flows, link = request(np.random.default_rng(5), 120, 1)
    in_turn, _ = published(flows, link)
    monkeypatch.setattr(suppression, "MOST_ASKED", 0)
    at_once, _ = published(flows, link)
    n_shown = [sum(value is not None for _, value in rows.values()) for rows in (in_turn, at_once)]
    assert 0 < n_shown[1] < n_shown[0]
    assert recoverable(in_turn) == recoverable(at_once) == []


# --- which groups lie within which -----------------------------------------------------------------------------------


def test_what_remains_when_parts_are_taken_from_a_whole():
    nation, north, south, city = range(100), range(40), range(40, 95), range(10, 30)
    overlaps = Overlaps.of(members([nation, north, south, city]), 5)
    assert overlaps.within.tolist() == [
        [False, False, False, False],
        [True, False, False, False],
        [True, False, False, False],
        [True, True, False, False],
    ]
    assert overlaps.remainders(2, [0, 1]) == [(0, (2,)), (0, (1, 2))]
    assert overlaps.remainders(3, [0, 1, 2]) == [(0, (3,)), (0, (2, 3)), (1, (3,))]
    assert overlaps.remainders(0, []) == []
    assert left_over({0: 30, 1: 12, 2: 15}, (0, (1, 2))) == 3


def test_a_part_all_but_a_few_of_whom_are_in_the_whole_is_a_part():
    assert Overlaps.of(members([range(100), range(60, 103)]), 5).within.tolist() == [[False, False], [True, False]]
    assert not Overlaps.of(members([range(100), range(60, 105)]), 5).within.any()
    assert not Overlaps.of(members([range(100), range(2, 102)]), 5).within.any()  # neither gives the other away
    assert not Overlaps.of(members([range(100), range(100), None]), 5).within.any()


def test_the_later_of_two_groups_that_differ_by_a_few_people_is_held_back():
    nation, north, south = range(100), range(40), range(40, 98)
    assert too_alike([nation, north, south], 5) == {2: (0, 1)}  # two people are of neither
    assert too_alike([nation, north, range(40, 95)], 5) == {}
    assert too_alike([nation, range(3, 100)], 5) == {1: (0,)}
    assert too_alike([range(3, 100), nation], 5) == {1: (0,)}
    assert too_alike([nation, None, nation], 5) == {}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(30, 80))
def test_no_few_people_are_left_between_groups_that_are_shown(seed, n_groups, n_people):
    """By trying every whole and every set of parts that have nobody in common."""
    rng = np.random.default_rng(seed)
    region = rng.integers(0, n_groups, n_people)
    groups = [set(range(n_people)), *({i for i in range(n_people) if region[i] == g} for g in range(n_groups - 1))]
    groups.append({i for i in range(n_people) if rng.random() < 0.95})
    held_back = too_alike(groups, 5)
    shown = [group for i, group in enumerate(groups) if i not in held_back and group]
    for whole in shown:
        inside = [g for g in shown if g < whole]
        for chosen in range(1, 2 ** len(inside)):
            parts = [g for i, g in enumerate(inside) if chosen >> i & 1]
            if sum(map(len, parts)) == len(set().union(*parts)):
                assert not 0 < len(whole - set().union(*parts)) < 5


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0.05, 0.9))
def test_no_few_reoffenders_are_left_between_rates_that_are_shown(seed, n_regions, rate):
    """A nation, its regions and parts of these in any order; by trying every whole and every set of parts."""
    rng = np.random.default_rng(seed)
    n_people = 40 * n_regions + 20
    region, half = rng.integers(0, n_regions + 1, n_people), rng.random(n_people) < 0.5
    reoffended = rng.random(n_people) < rate
    groups = [
        np.ones(n_people, bool),
        *(region == r for r in range(n_regions)),
        *((region == 0) & h for h in (half, ~half)),
    ]
    groups = [groups[i] for i in rng.permutation(len(groups))]
    shown, visible = Shown(Overlaps.of(np.array(groups), 5), 5), []
    for i, group in enumerate(groups):
        k, n = int((reoffended & group).sum()), int(group.sum())
        if may_be_shown(k, n, 5) and shown.allows(i, "rate", k, n):
            visible.append(group)
    for whole in visible:
        inside = [g for g in visible if (whole | ~g).all() and g.sum() < whole.sum()]
        for chosen in range(1, 2 ** len(inside)):
            parts = np.array([g for i, g in enumerate(inside) if chosen >> i & 1])
            if parts.sum(axis=0).max() == 1:
                left = whole & ~parts.any(axis=0)
                assert not left.any() or may_be_shown((reoffended & left).sum(), left.sum(), 5)
