"""Attacks on published counts by integer programming: no count of a few people may have one value only."""

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from reader import Reader
from requests_at_random import CODES, request

from jdl_toolkit.disclosure import Suppressed
from jdl_toolkit.findings import flow_counts
from jdl_toolkit.findings.flow_counts import flows_and_linkage

#: Stands for the reason of those who are still in.
STAY = 99
KINDS = ("fine", "caution", "custody")


def kinds_of_records(n_parts, by_rules):
    """(region, reason in the whole, reason in the region, kind of sentence, reason by other rules).

    A repeat in the whole may be the only record within its region, and leave there for any later reason.
    """
    found = []
    for region in range(-1, n_parts):
        for code in (*CODES, STAY):
            for kind in KINDS if code == 6 else ("",):
                found.append((region, code, code, kind, code))
                found += [(region, 4, code, kind, 4)] if code > 4 else []
        found += [(region, 10, 10, "", STAY)] if by_rules else []
    return found


def read_flows(found, flows, link, *, n_parts, with_whole, other_rules, **_):
    """What the reader is told by the flows and the linkage of a request, and the truth of what is withheld."""
    reader, truth = Reader(kinds_of_records(n_parts, other_rules)), {}
    analyses = [(None, 1)] * with_whole + [(part, 2) for part in range(n_parts)] + [(None, 4)] * other_rules

    def tell(name, holds, value, is_secondary, true):
        """Of the withheld, "fewer than 5" or not is told; a few are withheld without a word of how small they are."""
        least, most = (min(5, true), np.inf) if is_secondary else (1, 4)
        reader.told(name, holds, value, least, most)
        truth.update({name: true} if value is None else {})

    for i, ((part, place), one, shown) in enumerate(zip(analyses, flows, found["flows"], strict=True)):
        for step, true in zip(shown["flow"], one.whole.steps, strict=True):
            code = -1 if step["code"] is None else step["code"]

            def reason(kind, part=part, place=place):
                return kind[place] if part is None or kind[0] == part else 0

            counted = {
                "records_excluded": lambda k, c=code, of=reason: of(k) == c,
                "records_after": lambda k, c=code, of=reason: of(k) > c,
                "people_after": lambda k, c=code, of=reason: of(k) > max(c, 4),
            }
            for count, holds in counted.items():
                if true[count] is not None and not (code < 0 and count == "records_excluded"):
                    tell(f"{i} {code} {count}", holds, step[count], count in step["secondary"], true[count])
            for detail in step["details"]:
                label = detail["label"]
                of_kind = lambda k, c=code, of=reason, name=label: of(k) == c and k[3] == name  # noqa: E731
                tell(f"{i} {label}", of_kind, detail["records"], detail["secondary"], true["details"][label])
    linkage, status = found["linkage"], link.by_status()
    codes = {"unusable identifiers": (1,), "no match": (2,), "matched": (*CODES[2:], STAY), "ambiguous": ()}
    for word, value in linkage["by_status"].items():
        tell(word, lambda k, word=word: k[1] in codes[word], value, word in linkage["secondary"], status[word])
    tell("linkage", lambda k: True, linkage["records"], True, sum(status.values()))
    return reader, truth


def recovered(reader, truth, names=None):
    """Counts of a few people that can have one value only. All others must hold the truth, or the reader errs."""
    small = [name for name in names or reader.withheld if 0 < truth[name] < 5]
    limits = {name: reader.limits(reader.withheld[name]) for name in small}
    assert all(low <= truth[name] <= high for name, (low, high) in limits.items())
    return {name: low for name, (low, high) in limits.items() if low == high}


layouts = st.fixed_dictionaries(
    {
        "n_records": st.integers(90, 200),
        "n_parts": st.integers(0, 2),
        "with_whole": st.booleans(),
        "other_rules": st.booleans(),
        "leaving": st.floats(0.2, 0.6),
    }
).filter(lambda x: x["n_parts"] or x["with_whole"])


@settings(max_examples=3, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 10_000), layouts)
def test_no_small_count_of_the_flows_can_be_worked_out(seed, layout):
    flows, link = request(np.random.default_rng(seed), **layout)
    reader, truth = read_flows(flows_and_linkage(flows, link, 5), flows, link, **layout)
    assert recovered(reader, truth) == {}


def test_where_only_small_counts_are_withheld_the_attack_recovers_them(monkeypatch):
    """What the tests above would find if nothing were withheld for the sake of another."""
    layout = {"n_records": 200, "n_parts": 2, "with_whole": True, "other_rules": False, "leaving": 0.4}
    flows, link = request(np.random.default_rng(3), **layout)

    def primary_only(counts, sums, minimum_cell, *, implied=(), **_):
        small = {key for key, n in counts.items() if 0 < n < minimum_cell} - set(implied)
        return Suppressed(frozenset(small), frozenset())

    assert recovered(*read_flows(flows_and_linkage(flows, link, 5), flows, link, **layout)) == {}
    monkeypatch.setattr(flow_counts, "suppress_counts", primary_only)
    monkeypatch.setattr(flow_counts, "what_gives_away", lambda *_: set())
    reader, truth = read_flows(flows_and_linkage(flows, link, 5), flows, link, **layout)
    found = recovered(reader, truth)
    assert len(found) >= 5 and found == {name: truth[name] for name in found}
