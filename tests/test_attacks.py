"""Attacks on published counts by integer programming: no count of a few people may have one value only."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from cohorts_at_random import findings_of
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from reader import Reader
from reader_of_findings import given_away
from requests_at_random import CODES, request

from jdl_toolkit.disclosure import Suppressed, may_be_shown
from jdl_toolkit.findings import aggregates, flow_counts, follow_up_rows, outcome_rows, subgroup_rows
from jdl_toolkit.findings import overlaps as in_findings
from jdl_toolkit.findings.flow_counts import flows_and_linkage
from jdl_toolkit.findings.outcome_rows import ESTIMATE_PARTS, measure_rows
from jdl_toolkit.findings.overlaps import Overlaps, Shown, members

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


# --- figures of several analyses of the same people ------------------------------------------------------------------

#: Key of a measure -> whether somebody of a kind (region, reoffended, given custody, employed) has it.
WITH = {"rate": lambda k: k[1], "first_custody": lambda k: k[2], "employed_any": lambda k: k[3]}
FAMILIES = {"rate": "rate", "first_custody": "first_custody", "employed_any": "employment"}
KINDS_OF_PEOPLE = [
    (region, *how, employed)
    for region in (-1, 0, 1)
    for how in ((False, False), (True, False), (True, True))
    for employed in (False, True)
]
ESTIMATES = {f"{e}_{p}": 0.1 for e in ("headline", "classic", "check") for p in ESTIMATE_PARTS}


def measured(people, takes):
    """The measures of an analysis as inference hands them over; the controls are of no concern here."""
    n = sum(people[kind] for kind in KINDS_OF_PEOPLE if takes(kind))
    rows = []
    for key, has in WITH.items():
        k = sum(people[kind] for kind in KINDS_OF_PEOPLE if takes(kind) and has(kind))
        values = {"key": key, "family": FAMILIES[key], "label": key, "unit": "share", "base": "everyone"}
        values |= {"n_treatment": n, "n_treatment_with": k, "treatment_value": k / n, "why_not": None}
        values |= {"n_control": 5000, "n_control_with": 1500, "control_value": 0.3, "control_value_adjusted": 0.3}
        rows.append(values | {"holm_p": 0.5, "verdict": "inconclusive", "classic_verdict": "inconclusive"} | ESTIMATES)
    return SimpleNamespace(measures=pd.DataFrame(rows))


def attacked(people, analyses, shown):
    """Counts of few people, zero and all but a few included, that follow for a group, or for those left of it."""
    reader = Reader(KINDS_OF_PEOPLE)
    for place, takes in enumerate(analyses):
        reader.told(f"{place}", takes, sum(people[k] for k in KINDS_OF_PEOPLE if takes(k)), 0, 0)
        for row in measure_rows(measured(people, takes), 30, 5, shown, place):
            if row["treatment_value"] is not None:
                n_with = round(row["treatment_value"] * row["n_treatment"])
                reader.told("", lambda k, t=takes, has=WITH[row["key"]]: t(k) and has(k), n_with, 0, 0)
    few, truth = {}, {}
    for regions in ((-1,), (0,), (1,), (-1, 0), (-1, 1), (0, 1), (-1, 0, 1)):
        n = sum(people[k] for k in KINDS_OF_PEOPLE if k[0] in regions)
        for key, has in WITH.items():
            count = reader.row(lambda k, has=has, regions=regions: k[0] in regions and has(k))
            n_with = sum(people[k] for k, is_in in zip(KINDS_OF_PEOPLE, count, strict=True) if is_in)
            if n and not may_be_shown(n_with, n, 5):
                few[f"{regions} {key}"], truth[f"{regions} {key}"] = count, n_with
    found = reader.certain_of(few)
    assert found == {what: truth[what] for what in found}
    return found


ANALYSES = [lambda k: True, lambda k: k[0] == 0, lambda k: k[0] == 1]


def shown_of(people):
    """Whom each analysis is of, as the findings see it."""
    everyone = [(kind, i) for kind in KINDS_OF_PEOPLE for i in range(people[kind])]
    return Shown(Overlaps.of(members([{one for one in everyone if takes(one[0])} for takes in ANALYSES]), 5), 5)


def at_random(seed):
    """Regions of 40 to 140 people, and nobody or at least five without a region; few have what is measured."""
    rng, people = np.random.default_rng(seed), {}
    for region in (-1, 0, 1):
        n = int(rng.choice([0, 5, 9, 40])) if region < 0 else int(rng.integers(40, 140))
        share = rng.dirichlet([6, 1, 3, 0.6, 0.6, 0.3])
        people |= dict(zip([k for k in KINDS_OF_PEOPLE if k[0] == region], rng.multinomial(n, share), strict=True))
    return {kind: int(n) for kind, n in people.items()}


@settings(max_examples=6, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 100_000))
def test_no_few_people_follow_from_the_figures_of_a_nation_and_its_regions(seed):
    people = at_random(seed)
    assert attacked(people, ANALYSES, shown_of(people)) == {}


def test_where_each_analysis_is_protected_for_itself_alone_few_people_follow():
    assert sum(bool(attacked(at_random(seed), ANALYSES, None)) for seed in range(3)) >= 1


# --- findings, as they are published, and nothing else ---------------------------------------------------------------

#: Seeds with which few people followed before: from differences beside joined levels of the profile (0), from curves
#: of two analyses (3), from subgroups by region beside regions (9, 15), from a subgroup that was left out (25).
HARD = (0, 3, 9, 15, 25)


@pytest.mark.parametrize("seed", HARD)
def test_no_few_people_follow_from_the_findings_of_a_nation_and_its_regions(seed):
    assert given_away(*findings_of(seed)) == {}


@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(st.integers(1_000, 100_000))
def test_no_few_people_follow_from_the_findings_of_two_follow_ups(seed):
    assert given_away(*findings_of(seed, 120, 0, longer=True)) == {}


def test_where_the_figures_of_findings_are_not_protected_few_people_follow(monkeypatch):
    """Groups below the minimum are withheld still; that is no help."""
    for module in (aggregates, follow_up_rows, outcome_rows, subgroup_rows, in_findings):
        monkeypatch.setattr(module, "may_be_shown", lambda *_: True)
    monkeypatch.setattr(in_findings, "is_small", lambda *_: False)
    monkeypatch.setattr(subgroup_rows, "is_small", lambda *_: False)
    monkeypatch.setattr(aggregates, "merge_levels", lambda counts, _: [[label] for label in counts.index])
    found = given_away(*findings_of(0))
    assert len(found) >= 3 and any("age" in what for what in found) and any("less 2" in what for what in found)
