"""The tables of words in tests/cases: from an estimate, its range, the counts and the gates to rule and sentence."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import examples
import invented
import pytest
from test_cases import read_cases

from jdl_toolkit import narrative, wording
from jdl_toolkit.findings import EffectivePower, Findings, ProfileRow
from jdl_toolkit.narrative.events import POOL_REOFFENDED_FIRST
from jdl_toolkit.narrative.ranges import difference_in_words, interval_in_words, ruled_out
from jdl_toolkit.narrative.rules import RULES

NARRATIVE = Path(narrative.__file__).parent
NAMES = ("finding", "claims", "measures", "power", "flow", "groups")
FACTORS = {"share": 100, "count": 1, "days": 1}


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def estimate(case: dict[str, str], unit: str = "share"):
    """The estimate of a case, whose figures are in percentage points, days or number per person."""
    best, low, high = (number(case[name]) / FACTORS[unit] for name in ("estimate", "low", "high"))
    found = examples.estimate(best, max(high - low, 1e-6) / 4)
    p = number(case["p"].lstrip("<")) if case.get("p", "–") != "–" else found.p_value
    return found.model_copy(update={"ci_low": low, "ci_high": high, "p_value": p})


def cells(text: str, name: str) -> int | None:
    """The number behind a word in the cell `besides`: ``needed 7,594``."""
    found = re.search(rf"\b{name} ([\d,.]+)", text)
    return None if found is None else int(found[1].replace(",", ""))


def findings_of(case: dict[str, str]) -> Findings:
    """Findings of one case: the rate with the estimate given, and what stands in the cell `besides`."""
    besides, headline = case["besides"], estimate(case)
    n = int(case["people"].replace(",", ""))
    rate: dict[str, Any] = {"n_treatment": n, "treatment_value": 0.4}
    if "classic" in besides:
        rate["classic"] = examples.ranged(
            *(number(x) / 100 for x in re.search(r"classic (\S+) to (\S+)", besides).groups())
        )
    if "check" in besides:
        rate["check"] = examples.ranged(
            *(number(x) / 100 for x in re.search(r"check (\S+) to (\S+)", besides).groups())
        )
    measures = [examples.measure(headline, **rate)]
    if "withheld" in besides:
        measures = [examples.withheld()]
    measures += _others(besides)
    changes: dict[str, Any] = {"matching": _matching(besides, n), "power": _power(besides, n), "flow": _flow(besides)}
    changes = {key: value for key, value in changes.items() if value is not ...}
    if "accepted" in besides:
        row = examples.analysis().balance.rows[0].model_copy(update={"smd_after": 0.2, "light": "red"})
        update = {"rows": (row,), "n_red": 1, "passed": False, "worst": 0.2, "accepted_by": "A. Analyst"}
        reason = {"accepted_reason": "too few women to do better"}
        changes["balance"] = examples.analysis().balance.model_copy(update=update | reason)
    changes |= _groups(besides)
    found = examples.findings(*measures, analysis_changes=changes)
    if "not answered" in besides:
        found = examples.unanswered()
    if "analyses" in besides:
        several = cells(besides, "analyses")
        one = found.analyses[0]
        more = tuple(one.model_copy(update={"id": f"a-{i}", "title": f"Part {i + 1}"}) for i in range(several))
        found = found.model_copy(update={"analyses": more})
    if "matched again" in besides:
        again = found.provenance.model_copy(update={"matched_again": ("another caliper",)})
        found = found.model_copy(update={"provenance": again})
    return found


def _groups(besides: str) -> dict[str, Any]:
    """What tells how alike the groups are: ``failed placebo``, ``Wales 15 to 5``, ``reoffended first 26 to 3``."""
    changes: dict[str, Any] = {}
    if "failed placebo" in besides:
        panel = invented.robustness()
        placebo = panel.placebo.model_copy(update={"estimate": examples.ranged(-2.0, -0.02), "holds": False})
        changes["robustness"] = panel.model_copy(update={"placebo": placebo})
    shares = re.search(r"Wales (\d+) to (\d+)", besides)
    if shares is not None:
        treatment, control = (int(x) / 100 for x in shares.groups())
        row = {"characteristic": "Region", "level": "Wales", "pool": control}
        changes["profile"] = (ProfileRow(treatment=treatment, control=control, **row),)
    gap = re.search(r"reoffended first (\d+) to (\d+)", besides)
    if gap is not None:
        changes["flow"], pool = (examples.steps(100, (12, int(n))) for n in gap.groups())
        changes["pool_flow"] = (pool[0], pool[1].model_copy(update={"key": POOL_REOFFENDED_FIRST}))
    hidden = re.search(r"worst withheld ([\d.]+)", besides)
    squares = re.search(r"squares ([\d.]+)", besides)
    balance = examples.analysis().balance
    if hidden is not None:
        changes["balance"] = balance.model_copy(update={"worst": float(hidden[1]) / 100, "n_withheld": 1})
    if squares is not None:
        row = balance.rows[0].model_copy(update={"smd_after": float(squares[1]) / 100, "kind": "square"})
        changes["balance"] = balance.model_copy(update={"squares": (row,)})
    return changes


def _others(besides: str) -> list:
    """Further measures: ``frequency −0.50 to −0.10``, ``days 3 to 40``, each with its Holm-adjusted p-value."""
    found = []
    for name, better in (("frequency", "lower"), ("days", "higher")):
        match = re.search(rf"\b{name} (−?[\d.]+) to (−?[\d.]+)(?: \(Holm ([\d.]+)\))?", besides)
        if match is not None:
            changes: dict[str, Any] = {"better": better} | ({} if match[3] is None else {"holm_p": float(match[3])})
            plain = re.search(r"plain (−?[\d.]+) to (−?[\d.]+)", besides)
            changes |= {} if plain is None else {"classic": examples.ranged(number(plain[1]), number(plain[2]))}
            found.append(getattr(examples, name)(examples.ranged(number(match[1]), number(match[2])), **changes))
    return found


def _matching(besides: str, n: int) -> Any:
    update: dict[str, Any] = {"n_treatment": n, "n_treatment_matched": n}
    if "overlap weights" in besides:
        update |= {"method": "overlap", "caliper_sd": None, "caliper_raw": None, "calipers_tried": ()}
    if "fallback" in besides:
        update |= {"method": "ebal", "is_fallback": True, "caliper_sd": None, "caliper_raw": None}
    if "unmatched" in besides:
        update["n_treatment"] = n + cells(besides, "unmatched")
    if "effective" in besides:
        update["ess_control"] = float(cells(besides, "effective"))
    return examples.analysis().matching.model_copy(update=update)


def _power(besides: str, n: int) -> Any:
    if "no power" in besides:
        return None
    table = examples.power().model_copy(update={"n_treatment": n, "needed_for_observed": cells(besides, "needed")})
    if "out of reach" in besides:
        rows = [
            r.model_copy(update={"n_treatment": None, "infeasible": True} if r.reduction_pp == 2 else {})
            for r in table.rows
        ]
        table = table.model_copy(update={"rows": tuple(rows)})
    said = {"detectable_in_hand_pp": "in hand", "smallest_detectable_pp": "at least"}
    found = {field: re.search(rf"{words} ([\d.]+)", besides) for field, words in said.items()}
    return table.model_copy(update={field: float(match[1]) for field, match in found.items() if match})


def _flow(besides: str) -> Any:
    """``left 1 at step 7``: one step at which so many left; "few" and "withheld" hide the count."""
    match = re.search(r"left (\S+) at step (\d+)", besides)
    if match is None:
        return ...
    first, step = examples.steps(1000, (int(match[2]), 7))
    left = {"few": None, "hidden": None}.get(match[1], 0)
    left = int(match[1]) if left == 0 else None
    secondary = ("records_excluded",) if match[1] == "hidden" else ()
    return (first, step.model_copy(update={"records_excluded": left, "secondary": secondary}))


@pytest.fixture
def told(monkeypatch):
    """What each rule said in the passages made since: rule -> its texts."""
    said: dict[str, list[str]] = {}
    for method in ("say", "item"):
        plain = getattr(wording.Passage, method)

        def listening(self, rule, *sentences, plain=plain, **options):
            said.setdefault(rule, []).append(" ".join(sentences))
            return plain(self, rule, *sentences, **options)

        monkeypatch.setattr(wording.Passage, method, listening)
    return said


PASSAGES = [
    getattr(narrative, name)
    for name in ("finding", "for_every_100", "range_in_words", "can_say", "cannot_say", "what_could_be_detected",
                 "three_estimates", "who_is_in", "what_was_done",
                 "other_analyses", "how_alike", "method_in_short", "caveats")
]  # fmt: skip


@pytest.mark.parametrize("case", [case for name in NAMES for case in read_cases(f"words-{name}")])
def test_words(case, told):
    found = findings_of(case)
    for passage in PASSAGES:
        passage(found)
    assert case["words"] in told.get(case["rule"], []), told.get(case["rule"])
    assert case["rule"] in RULES


@pytest.mark.parametrize("case", read_cases("words-range"))
def test_range(case):
    unit, found = case["unit"], estimate(case, case["unit"])
    assert difference_in_words(found, unit) == case["difference"]
    assert f"The true difference {interval_in_words(found, unit)}." == case["range"]
    if case["rules out"] != "–":
        assert f"This rules out {ruled_out(found, unit)}." == case["rules out"]


# --- the names of rules ----------------------------------------------------------------------------------------------


def names_in_code() -> tuple[set[str], list[re.Pattern[str]]]:
    """Names of rules in the code of the narrative: whole ones, and patterns of those made of parts."""
    whole: set[str] = set()
    made: list[re.Pattern[str]] = []
    for path in NARRATIVE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("say", "item") and node.args):
                continue
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.JoinedStr):
                    texts = [re.escape(v.value) if isinstance(v, ast.Constant) else r"\w+" for v in part.values]
                    made.append(re.compile("".join(texts)))
            if isinstance(node.args[0], ast.Constant):
                whole.add(node.args[0].value)
            elif isinstance(node.args[0], ast.IfExp):
                whole |= {x.value for x in (node.args[0].body, node.args[0].orelse) if isinstance(x, ast.Constant)}
    return whole, made


def test_every_rule_in_the_code_has_a_name_that_is_registered():
    whole, made = names_in_code()
    assert whole and whole <= RULES.keys(), whole - RULES.keys()
    assert all(any(pattern.fullmatch(name) for name in RULES) for pattern in made)


def test_every_registered_rule_stands_in_the_code():
    whole, made = names_in_code()
    texts = "\n".join(path.read_text(encoding="utf-8") for path in NARRATIVE.glob("*.py") if path.name != "rules.py")
    left = {name for name in RULES if name not in whole and not any(p.fullmatch(name) for p in made)}
    assert {name for name in left if f'"{name}"' not in texts} == set()


def _with_settings(found: Findings, **sections: dict[str, Any]) -> Findings:
    settings = {
        name: values | sections.get(name, {})
        for name, values in found.provenance.settings.items()
        if isinstance(values, dict)
    }
    provenance = found.provenance.model_copy(update={"settings": found.provenance.settings | settings})
    return found.model_copy(update={"provenance": provenance})


def variants() -> list[Findings]:
    """Findings that reach the rules of seldom settings and gates."""
    one, matching = examples.findings(), examples.analysis().matching
    answers = dict.fromkeys(
        ("service_description", "where_received", "referral_route", "selection", "date_meaning"), "A."
    )
    few, pool = examples.steps(1000, (12, 300)), examples.steps(9000, (12, 90))
    worth = EffectivePower(
        n_control=8214.6, rows=one.analyses[0].power.rows, smallest_detectable_pp=1.2, detectable_in_hand_pp=11.1,
        needed_for_observed=8_000,
    )  # fmt: skip
    narrowed = matching.model_copy(update={"calipers_tried": (0.2, 0.1), "caliper_sd": 0.1, "messages": ("a.",)})
    again = one.provenance.model_copy(update={"matched_again": ("another caliper",)})
    found = [
        examples.findings(examples.measure(check=None, classic=None), answers=answers),
        examples.findings(analysis_changes={"flow": ()}),
        examples.findings(analysis_changes={"flow": few, "pool_flow": pool}),
        examples.findings(analysis_changes={"power": one.analyses[0].power.model_copy(update={"effective": worth})}),
        examples.findings(analysis_changes={"matching": narrowed}),
        examples.findings(analysis_changes={"matching": narrowed}).model_copy(update={"provenance": again}),
        examples.findings(analysis_changes={"subgroups": invented.subgroups(messages=("Men: a.",))}),
        _with_settings(one, cohort={"route": "custody", "index_disposals": ["custody"]}),
        _with_settings(one, cohort={"equivalent_time_limit": "none"}),
    ]
    unclear = invented.robustness(examples.ranged(-0.1, 0.2), main=examples.estimate(-0.0218))
    no_time = (
        invented.whole_findings().analyses[0].time_to_event[0].model_copy(update={"estimate": None, "why_not": "a"})
    )
    fallback = matching.model_copy(update={"method": "ebal", "is_fallback": True, "caliper_sd": None})
    found += [
        examples.findings(analysis_changes={"robustness": unclear}),
        examples.findings(analysis_changes={"time_to_event": (no_time,)}),
        examples.findings(analysis_changes={"matching": fallback}).model_copy(update={"provenance": again}),
    ]
    for method in ("nearest", "ipw", "overlap"):
        of_method = matching.model_copy(update={"method": method})
        several = invented.whole_findings().analyses[0].model_copy(update={"matching": of_method})
        found.append(_with_settings(one.model_copy(update={"analyses": (several,)}), matching={"exact": ["sex"]}))
    return found


def test_every_registered_rule_is_reached_by_a_case(told):
    """By the tables above, by findings of the examples, or by a test that names it."""
    several = invented.several()
    cases = [invented.whole_findings(), examples.several(), several, several.about("custody"), several.about("women")]
    functions = [f for f in (getattr(narrative, name) for name in narrative.__all__) if callable(f)]
    takes = {f: list(inspect.signature(f).parameters)[:1] for f in functions}
    of_tables = [case.values[0] for name in NAMES for case in read_cases(f"words-{name}")]
    cases += [findings_of(case) for case in of_tables if case["besides"] in ("fallback", "accepted imbalance")]
    for found in (*cases, *variants()):
        for function in functions:
            if takes[function] in (["findings"], []):
                function(*[found][: len(takes[function])])
    tests = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    left = RULES.keys() - told.keys() - {case["rule"] for case in of_tables}
    assert {name for name in left if not re.search(rf"\b{name}\b", tests)} == set()
    assert told.keys() <= RULES.keys()
