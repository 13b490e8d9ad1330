"""The whole line: registers as if prepared anew, the truth person by person, and claims that fail when they should."""

import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jdl_toolkit.register import Register, build_register
from jdl_toolkit.register.schema import TABLES
from jdl_toolkit.synthetic.episodes import ask
from jdl_toolkit.synthetic.histories import remove_reoffending
from jdl_toolkit.validation.part import Effort
from jdl_toolkit.validation.parts import PARTS
from jdl_toolkit.validation.study import random_stream, read_replications
from jdl_toolkit.validation.whole_line import CELLS, LARGE, PART, SMALL, line_study, replication
from jdl_toolkit.validation.whole_line.checks import hidden_bias
from jdl_toolkit.validation.whole_line.register import draw_register, plant
from jdl_toolkit.validation.whole_line.replication import Analysed, analysed_row, replicate
from jdl_toolkit.validation.whole_line.results import expected_coverage, write_results
from jdl_toolkit.validation.whole_line.service import Line, hidden_weight, is_helped, outcomes_of

N = 200


# -- registers ------------------------------------------------------------------------------------------------------


def test_a_drawn_register_with_an_effect_is_what_preparing_its_tables_gives(short, tmp_path):
    path = SMALL.path(short / "registers", 0)
    folder = tmp_path / "tables"
    folder.mkdir()
    with draw_register(path, 1_500, 20, np.random.default_rng(1)) as drawn:
        con = drawn.connection
        here = ask(con, "SELECT person_id FROM person")["person_id"]
        assert len(here) == 1_500 and 0 < len(drawn.absent) <= 20 and not drawn.absent["person_id"].isin(here).any()
        tables = {name: ask(con, f'SELECT * FROM "{name}"') for name in TABLES}
        helped = ask(
            con,
            """SELECT person_id, min(disposal_date)::TIMESTAMP_S AS index_date,
                (min(disposal_date) + INTERVAL 40 DAY)::TIMESTAMP_S AS service_start
            FROM disposal GROUP BY person_id ORDER BY person_id LIMIT 400""",
        )
        events = helped.assign(disposal_id=np.arange(len(helped)))
        plant(con, helped)
        n_before, n_after = (len(t) for t in (tables["offence"], ask(con, "SELECT offence_id FROM offence")))
        assert n_after < n_before - 20
        until = events["index_date"] + pd.DateOffset(months=18)
        left = remove_reoffending(tables, helped["person_id"], helped["service_start"] - pd.Timedelta(days=1), until)
        for name, frame in left.items():
            if name == "meta":
                counts = {f"n_{t}s": len(left[t]) for t in ("person", "disposal", "offence")}
                frame = frame[["data_start", "data_end", "extract", "synthetic"]].assign(**counts)
            if len(frame):
                frame.to_parquet(folder / f"{name}.parquet", index=False)
        build_register(folder, tmp_path / "anew.duckdb")
        with Register.open(tmp_path / "anew.duckdb") as anew:
            for name in [*(t for t in TABLES if t != "meta"), "linkage_index", "forename_frequency"]:
                ours, theirs = (f(f'SELECT * FROM "{name}" ORDER BY ALL') for f in (drawn.register.sql, anew.sql))
                pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)


# -- the service ----------------------------------------------------------------------------------------------------


def test_the_hidden_trait_has_the_odds_ratios_that_are_stated():
    again = np.repeat([True, False], 200_000)
    weight = hidden_weight(again, 3.0, np.random.default_rng(1))
    has_it = weight == 3.0
    odds = [has_it[who].mean() / (1 - has_it[who].mean()) for who in (~again, again)]
    assert odds[0] / odds[1] == pytest.approx(3.0, rel=0.03) and set(weight) == {1.0, 3.0}
    assert (hidden_weight(again, 1.0, np.random.default_rng(1)) == 1).all()
    # a rare group chosen by it reoffends as the formula says
    rate = 100 * np.average(again, weights=weight)
    assert rate - 50 == pytest.approx(hidden_bias(50.0, 3.0), abs=0.2)
    assert hidden_bias(27.0, 1.0) == pytest.approx(0, abs=1e-9)


def test_nobody_is_helped_who_would_not_reoffend_or_reoffends_first():
    kinds = [("analysable", True, 2), ("analysable", True, 20), ("analysable", False, 2), ("reoffended first", True, 2)]
    people = pd.DataFrame(kinds * 5_000, columns=["verdict", "would_reoffend", "n_previous_offences"])
    helped = is_helped(people, Line("clean", 1, 0.1, 0.6), np.random.default_rng(2)).reshape(-1, 4).mean(axis=0)
    assert helped == pytest.approx([0.1, 0.6, 0, 0], abs=0.025) and (helped[2:] == 0).all()


def test_the_truth_is_that_of_the_matched_who_took_part(monkeypatch):
    """Sentences 1 to 4 are analysed: 1 helped, 2 not, 3 helped but unmatched, 4 never took part; 5 was missed."""
    both = pd.DataFrame({"without": [1.0, 1, 1, 1], "with": [0.0, 1, 0, 0]}, index=[1, 2, 3, 5])
    service = SimpleNamespace(taking_part=pd.DataFrame({"person_id": [11, 12, 13, 15], "verdict": "analysable"}))
    units = pd.DataFrame({"unit_id": [1, 2, 3, 4, 5, 6], "is_treated": [True] * 4 + [False] * 2})
    units["weight"] = [1.0, 1, 0, 1, 1, 2]
    people = pd.DataFrame({"unit_id": units["unit_id"], "person_id": units["unit_id"] + 10})
    records = pd.DataFrame({"person_id": people["person_id"][:4], "reason": pd.array([pd.NA] * 4, "Int64")})
    cohort = SimpleNamespace(treated=people[:4], pool=people[4:], records=records, ledger=SimpleNamespace(received=4))
    matched = SimpleNamespace(
        units=units, design=None, n_treatment_matched=3, n_control=2, ess_control=1.8, caliper_sd=0.2
    )
    measured = pd.DataFrame({"unit_id": units["unit_id"], "reoffended": [0.0, 1, 1, 0, 0, 1]})
    told = dict.fromkeys(replication.KEPT, 0.0)
    asked = []
    monkeypatch.setattr(replication, "estimate", lambda y, *rest: asked.append(y) or {"headline": told})
    estimates = dict.fromkeys(("headline", "classic", "check"), told)
    row = analysed_row(Analysed(cohort, matched, 0, measured, estimates), both, service, None)
    assert row["truth"] == -0.5  # of 1 and 2: not of 3, who found no control, nor of 4, who never took part
    assert row["share_not_served"] == pytest.approx(1 / 3)
    assert (row["n_not_served"], row["n_served_in_pool"], row["adds_up"]) == (1, 1, 1)
    assert row["n_differ"] == 1  # sentence 3 reoffends by the toolkit, not by the register with the effect
    assert asked[0].tolist() == [1, 1, 1, 0, 1, 1]  # undone for all who took part, the one in the pool too


# -- a short run ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def short(short_part):
    return short_part(PART)


def test_a_finished_run_has_nothing_left_to_do(short):
    before = {path: path.stat().st_mtime_ns for path in short.rglob("*.parquet")}
    PART.run(short, Effort(short=True, workers=1))
    assert before and before == {path: path.stat().st_mtime_ns for path in short.rglob("*.parquet")}


def test_a_short_run_ends_in_an_answer(short):
    said = PART.answer(short / "results")
    assert not said.failed
    by_claim = {check.claim: check for check in said.checks}
    for claim in ("The flow of records", "Who can be analysed", "Who reoffended", "Links to the wrong"):
        assert next(check for name, check in by_claim.items() if name.startswith(claim)).holds is True
    assert "a first look with wide bounds, not a proof" in said.text
    assert said.not_tried and all("too few" in check.why for check in said.not_tried)
    assert sum(path.stat().st_size for path in (short / "results").iterdir()) < 60_000


def test_linkage_finds_nearly_all_and_is_judged_by_true_links(short):
    rows = read_replications(short / "replications").set_index("cell")
    assert (rows["n_right"] > 0.93 * (rows["n_records"] - rows["n_strangers"])).all()
    assert rows.loc["dirty-10", "n_missed"] > rows.loc["clean-2", "n_missed"]
    assert rows.loc["dirty-10", "found_n_served_in_pool"] > rows.loc["dirty-10", "true_n_served_in_pool"]
    assert (rows["true_n_analysed"] >= rows["found_n_analysed"]).all()
    assert rows.loc["dirty-10", "true_truth"] == pytest.approx(-0.1, abs=0.05)
    assert (rows[["found_n_judged_otherwise", "true_n_judged_otherwise", "true_n_differ"]] == 0).all(axis=None)


def test_a_repetition_is_the_one_with_its_number(short):
    rows = read_replications(short / "replications")
    stream = random_stream(Effort().seed, "clean-2", 0)
    again = pd.DataFrame(replicate(CELLS["clean-2"], stream, folder=short / "registers", registers=SMALL))
    expected = rows[rows["cell"] == "clean-2"][again.columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, expected, rtol=1e-9)


def test_the_part_is_in_the_study_and_names_its_code():
    assert PART in PARTS and PART.key == "whole-line"
    study = line_study(None, LARGE)
    assert len(study.cells) == 6 and set(study.replications.values()) == {200}
    assert {one.faults for one in CELLS.values()} == {"clean", "realistic", "dirty"}
    assert study.settings()["registers"] == dataclasses.asdict(LARGE)


# -- what the results say -------------------------------------------------------------------------------------------


def drawn(n: int = N) -> pd.DataFrame:
    """What replications would look like of a toolkit that is all it should be, from normal draws."""
    frames = [_of_cell(cell, CELLS[cell], np.random.default_rng(i), n) for i, cell in enumerate(CELLS)]
    return pd.concat(frames, ignore_index=True)


def _of_cell(cell, of, rng, n):
    rate, n_treated, ess = 0.27, 300, 1_100
    helped = (of.kept_from_it + of.kept_from_it_many) / 2
    hidden = hidden_bias(100 * rate, of.hidden_odds) / 100
    row = {"cell": cell, "replication": np.arange(n), "n_records": 525.0, "n_right": 450.0, "n_strangers": 60.0}
    row |= {"n_wrong": 0.0, "n_strangers_linked": 0.0, "n_missed": 15.0, "n_unusable": 0.0, "n_ambiguous": 2.0}
    row |= {"expected_wrong": 0.1}
    groups = [name for name in replication._groups(*_PEOPLE)]
    row |= {f"n_{name}": 100.0 for name in groups} | {f"missed_{name}": 3.0 for name in groups}
    y0 = (rng.random((n, n_treated)) < rate + hidden).astype(float)
    y1 = y0 * (rng.random((n, n_treated)) > helped)
    control = rate + rng.standard_normal(n) * np.sqrt(rate * (1 - rate) / ess)
    for links, moved in (("true", 0.0), ("found", 0.0005 * rng.standard_normal(n))):
        row |= {f"{links}_truth": (y1 - y0).mean(axis=1), f"{links}_rate_treated": y1.mean(axis=1)}
        for name, y in (*((e, y1) for e in ("headline", "classic", "check")), ("undone", y0)):
            p, value = y.mean(axis=1), y.mean(axis=1) - control + moved
            se = np.sqrt(p * (1 - p) / n_treated + rate * (1 - rate) / ess)
            row |= {f"{links}_{name}_estimate": value, f"{links}_{name}_se": se}
            row |= {f"{links}_{name}_ci_low": value - 1.96 * se, f"{links}_{name}_ci_high": value + 1.96 * se}
            row |= {f"{links}_{name}_p_value": 2 * stats.norm.sf(np.abs(value) / se)}
        row |= {f"{links}_crude_estimate": row[f"{links}_headline_estimate"] + 0.06, f"{links}_ess": float(ess)}
        row |= {f"{links}_n_matched": float(n_treated), f"{links}_adds_up": 1.0, f"{links}_n_analysed": 300.0}
        zeros = ("n_red", "is_weighted", "n_differ", "n_judged_otherwise", "n_not_served", "n_served_in_pool")
        row |= {f"{links}_{name}": 0.0 for name in zeros} | {f"{links}_n_pool": 2_400.0}
    return pd.DataFrame(row)


_PEOPLE = (
    pd.DataFrame(
        {
            "person_id": [1],
            "index_date": pd.to_datetime(["2008-01-01"]),
            "n_previous_offences": 2,
            "would_reoffend": True,
        }
    ),
    pd.DataFrame({"person_id": [1], "sex": "F", "ethnicity": "White", "dob": pd.to_datetime(["1980-01-01"])}),
    pd.DataFrame({"faults": [""], "pnc_id": [None]}),
)


@pytest.fixture(scope="module")
def good():
    return drawn()


def answer_of(replications, folder, **effort):
    write_results(replications, CELLS, N, LARGE, folder, Effort(**effort))
    return PART.answer(folder)


def test_of_a_toolkit_that_is_all_it_should_be_all_holds(good, tmp_path):
    said = answer_of(good, tmp_path)
    assert not said.failed and not said.not_tried, said.to_frame()
    assert [figure.key for figure in said.figures] == ["line-bias", "line-coverage", "line-linkage-moves"]
    assert len({table.key for table in said.tables}) == 5
    assert "**The whole line finds the effect that was planted.**" in said.text and "1,200 times" in said.text
    covered = pd.read_csv(tmp_path / "estimates.csv").query("cell == 'dirty-10' and estimator == 'headline'")
    row = covered[(covered["links"] == "true") & (covered["outcomes"] == "as it was")].iloc[0]
    assert row["coverage_expected"] == pytest.approx(92, abs=1)  # decision 59
    assert row["n_covered"] / N == pytest.approx(row["coverage_expected"] / 100, abs=0.055)


@pytest.mark.parametrize(
    ("what", "claims"),
    [
        ("intervals half as long", ["Coverage of the average effect of such a service, all", "False findings"]),
        ("off by two points", ["Bias of the headline, from upload", "Bias of the headline with true links"]),
        ("records lost", ["The flow of records"]),
        ("others judged", ["Who can be analysed"]),
        ("other outcomes", ["Who reoffended"]),
        ("wrong links", ["Links to the wrong person"]),
        ("linkage moves it", [f"Linkage moves the estimate by less than {much}" for much in ("a tenth", "half")]),
        ("blind to what is hidden", ["The bias that a hidden trait must bring"]),
        ("no power", ["Power reaches"]),
        ("wrong signs", ["Findings of an increase"]),
    ],
)  # fmt: skip
def test_claims_fail_when_they_should(good, tmp_path, what, claims):
    bad = good.copy()
    kinds = [c.removesuffix("_estimate") for c in bad if re.fullmatch(r"(found|true)_(?!crude).*_estimate", c)]

    def move(by, names=kinds, rows=slice(None)):
        for name in names:
            for key in ("estimate", "ci_low", "ci_high"):
                bad.loc[rows, f"{name}_{key}"] += by

    match what:
        case "intervals half as long":
            for name in kinds:
                half = bad[f"{name}_se"] * 0.98
                bad[f"{name}_ci_low"], bad[f"{name}_ci_high"] = (bad[f"{name}_estimate"] + s * half for s in (-1, 1))
        case "off by two points":
            move(0.02)
        case "records lost":
            bad.loc[3, "found_adds_up"] = 0
        case "others judged":
            bad.loc[3, "true_n_judged_otherwise"] = 1
        case "other outcomes":
            bad.loc[3, "found_n_differ"] = 1
        case "wrong links":
            bad["n_wrong"] = 5.0
        case "linkage moves it":
            move(0.02, [name for name in kinds if name.startswith("found")])
        case "blind to what is hidden":
            move(-hidden_bias(27.0, 3.0) / 100, rows=bad["cell"] == "clean-hidden")
        case "no power":
            bad["found_headline_ci_high"] += 0.1
            bad["found_headline_ci_low"] -= 0.1
        case "wrong signs":
            bad.loc[bad["cell"] == "clean-2", ["found_headline_ci_low", "found_headline_estimate"]] = 0.01
    said = answer_of(bad, tmp_path)
    failed = [check.claim for check in said.failed]
    assert all(any(claim.startswith(start) for claim in failed) for start in claims), failed
    if what == "off by two points":
        assert "**The whole line does not find the effect" in said.text


def test_intervals_that_are_too_narrow_are_told_and_by_how_much(good, tmp_path):
    assert "too narrow" not in answer_of(good, tmp_path / "good").text
    short = good.copy()
    short[[c for c in short if c.endswith("undone_se")]] /= 1.2
    said = answer_of(short, tmp_path / "short")
    times = pd.read_csv(tmp_path / "short" / "estimates.csv").query("cell == 'all' and links == 'found'")
    row = times[times["outcomes"] == "undone"].iloc[0]
    assert f"{100 * (row['sd'] / row['mean_se'] - 1):.0f} per cent (± " in said.text and "too narrow" in said.text
    assert row["sd"] / row["mean_se"] == pytest.approx(1.2, abs=0.08)


def test_an_unfinished_study_says_so(good, tmp_path):
    said = answer_of(good[good["replication"] < 30], tmp_path)
    assert "The study is not finished: 180 of 1,200 repetitions are in" in said.text
    assert said.checks[0].holds is None and len(said.not_tried) > 10


def test_what_coverage_of_the_people_matched_must_be():
    """Two groups with known variances: the share of intervals for the average that hold the effect on these people."""
    rng, n, m, times = np.random.default_rng(3), 300, 1_100, 40_000
    y0 = rng.binomial(n, 0.27, times)
    y1 = rng.binomial(y0, 0.63)
    control = rng.binomial(m, 0.27, times) / m
    p1 = y1 / n
    se, truth = np.sqrt(p1 * (1 - p1) / n + control * (1 - control) / m), (y1 - y0) / n
    found = {"se": se, "estimate": p1 - control}
    held = np.abs(found["estimate"] - truth) <= stats.norm.isf(0.025) * se
    expected = expected_coverage(found, truth, p1, np.full(times, n))
    assert held.mean() == pytest.approx(expected.mean(), abs=0.006) and 0.90 < held.mean() < 0.93
    assert expected_coverage(found, truth * 0, p1, np.full(times, n)) == pytest.approx(0.95)


def test_outcomes_are_of_eligible_sentences_alone(short):
    path = SMALL.path(short / "registers", 0)
    with draw_register(path, 2_000, 10, np.random.default_rng(4)) as one:
        people = ask(one.connection, "SELECT DISTINCT person_id FROM disposal ORDER BY person_id LIMIT 300")[
            "person_id"
        ]
        found = outcomes_of(one.connection, people)
        kinds = ask(one.connection, "SELECT disposal_id, disposal FROM disposal").set_index("disposal_id")["disposal"]
        assert set(kinds.loc[found.index]) == {"community_order", "suspended_sentence_order"} and 0 < found.mean() < 0.6
