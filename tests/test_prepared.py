"""`jdl match`: R's results through the command's JSON; the same in any order of rows; no table that breaks it."""

import json
import math
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from reference_tables import GOLDEN, TABLES, cohort, people, r_units, reference

from jdl_toolkit.cli import main
from jdl_toolkit.errors import JDLError
from jdl_toolkit.prepared import Asked, read_table, table_spec

ROOT = Path(__file__).resolve().parent.parent

#: Block of the reference -> options; {exact} is what R matched exactly on.
RUNS = {
    "radius_logit_02sd": "",
    "radius_logit_005sd": "--caliper 0.05",
    "radius_odds_01": "--score odds --caliper 0.01 --caliper-unit raw",
    "radius_ps_01": "--score ps --caliper 0.01 --caliper-unit raw",
    "radius_ps_001": "--score ps --caliper 0.001 --caliper-unit raw",
    "radius_logit_02sd_exact": "--exact {exact}",
    "ipw_att": "--method ipw",
    "ebal_att": "--method ebal",
    "matchit_nn11": "--method nearest",
    "matchit_nn11_replace": "--method nearest --replace",
    "matchit_nn11_cal02": "--method nearest --caliper 0.2",
    "matchit_nn11_cal02_replace": "--method nearest --caliper 0.2 --replace",
    "matchit_nn13": "--method nearest --ratio 3",
    "matchit_nn15_cal02_replace": "--method nearest --ratio 5 --caliper 0.2 --replace",
    "matchit_nn11_exact": "--method nearest --exact {exact}",
    "matchit_nn11_closest": "--method nearest --order closest",
}
EXACT = {"lalonde": "race", "syn_small": "sex"}
#: Where scores are tied, whom R takes as the nearest is arbitrary (lalonde: 573 different scores of 614).
TIED = {("lalonde", block) for block in RUNS if block.startswith("matchit_nn")}
CASES = [(table, block) for table in TABLES for block in RUNS if (table, block) not in TIED]

T_TESTS = ("t_classic_student", "t_classic_welch", "t_ess_student", "t_ess_welch")
OF_T = {"se": "se", "lo": "ci_low", "hi": "ci_high", "p": "p_value", "df": "df"}
STATISTICS = ("smd_sd_treated", "smd_sd_pooled", "var_ratio", "ecdf_mean", "ecdf_max")
FIXED_KEYS = ("n_treated", "n_control", "n_treated_matched", "n_treated_unmatched", "n_control_used", "caliper_raw")
FIXED_KEYS += ("ess_control", "att", "estimates", "balance", "dropped", "messages")


def call(*arguments: str | Path, status: int = 0) -> dict:
    """The command's JSON, read strictly; no traceback, nothing but JSON on standard output."""
    told = CliRunner().invoke(main, ["match", *map(str, arguments), "--json"])
    assert told.exit_code == status, told.output
    assert "Traceback" not in told.output

    def refuse(name: str):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(told.stdout, parse_constant=refuse)


def asked(table: str, options: str = "") -> list[str]:
    info = reference(table)["info"]
    columns = ["--treatment", "treat", "--covariates", ",".join(info["covariates"]), "--outcome", info["outcome"]]
    return [str(GOLDEN / f"{table}.csv"), *columns, *options.format(exact=EXACT[table]).split()]


def compared(answer: dict, block: dict, before: dict) -> dict[str, tuple[float | None, float | None]]:
    """Every scalar that R's block and the answer both have: name -> ours, R's."""
    r, found = block["estimates"], answer["estimates"]
    pairs = {"att": (answer["att"], r["att"]), "ess_control": (answer["ess_control"], r["ess_control"])}
    pairs |= {"n_treated": (answer["n_treated_matched"], r["n_treated"])}
    pairs |= {"n_control": (answer["n_control_used"], r["n_control"])}
    for test in T_TESTS:
        pairs |= {f"{test} {k}": (found[test][ours], r[test][k]) for k, ours in OF_T.items()}
        pairs[f"{test} estimate"] = (found[test]["estimate"], r["att"])
    for kind in ("HC1", "HC3"):
        pairs[f"lm_{kind}"] = (found[f"lm_{kind}"]["se"], r[f"lm_se_{kind}"])
    if "gcomp_logit_att" in r:
        pairs["gcomp"] = (found["gcomp"]["estimate"], r["gcomp_logit_att"])
        pairs["gcomp se"] = (found["gcomp"]["se"], r["gcomp_logit_se_HC0"])
        pairs["gcomp_HC3 se"] = (found["gcomp_HC3"]["se"], r["gcomp_logit_se_HC3"])
        pairs["gcomp_ratio"] = (found["gcomp_ratio"]["estimate"], r["gcomp_logit_rr"])
    if block.get("caliper") is not None:
        pairs["caliper"] = (answer["caliper_raw"], block["caliper"])
    for name, row in block["balance"].items():
        for statistic in STATISTICS:
            pairs[f"{name} {statistic} after"] = (answer["balance"][name]["after"][statistic], row[statistic])
            pairs[f"{name} {statistic} before"] = (
                answer["balance"][name]["before"][statistic],
                before[name][statistic],
            )
    return pairs


def apart(ours: float | None, theirs: float | None) -> float:
    """Relative difference, by the larger of the value and 1e-3; infinite where only one of them is a number."""
    if ours is None or theirs is None:
        return 0.0 if ours is theirs else math.inf
    return abs(ours - theirs) / max(abs(theirs), 1e-3)


def tolerance(block: str) -> float:
    """Relative; WeightIt's entropy balancing stops at its own tolerance, short of the last digits."""
    return 5e-4 if block == "ebal_att" else 1e-8


@pytest.mark.parametrize(("table", "block"), CASES)
def test_the_answer_agrees_with_r(table, block):
    answer, r = call(*asked(table, RUNS[block])), reference(table)
    assert set(FIXED_KEYS) <= set(answer)
    pairs = compared(answer, r[block], r["unadjusted"]["balance"])
    far = {name: pair for name, pair in pairs.items() if not apart(*pair) < tolerance(block)}
    assert not far
    assert len(pairs) > 100 and set(answer["balance"]) == set(r[block]["balance"])


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("options", ["", "--method ipw", "--method nearest --ratio 2"])
def test_the_doubly_robust_estimate_is_that_of_all_treated_however_matched(table, options):
    found, r = call(*asked(table, options))["estimates"]["aipw"], reference(table)["aipw_att"]
    assert found["estimate"] == pytest.approx(r["att_hajek"], rel=1e-8)
    assert found["se"] == pytest.approx(r["se_if_hajek"], rel=1e-8)


WEIGHTED = ("radius_logit_02sd", "radius_ps_01", "ipw_att", "matchit_nn13")


@pytest.mark.parametrize(("table", "block"), [case for case in CASES if case[1] in WEIGHTED])
def test_the_file_of_weights_holds_r_scores_and_weights(table, block, tmp_path):
    call(*asked(table, RUNS[block]), "--weights-out", tmp_path / "w.csv")
    ours, r = pd.read_csv(tmp_path / "w.csv"), r_units(table)
    assert list(ours) == ["row", "score", "logit", "weight"]
    assert ours["row"].tolist() == list(range(1, len(r) + 1))
    np.testing.assert_allclose(ours["score"], r["ps"], rtol=1e-9)
    np.testing.assert_allclose(ours["logit"], r["logit_ps"], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours["weight"], r[block], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    ["", "--score ps --exact {exact}", "--method ipw", "--method overlap", "--method ebal", "--method nearest"],
)
@pytest.mark.parametrize("table", TABLES)
def test_the_order_of_rows_changes_nothing(table, options, tmp_path):
    people(table).sample(frac=1, random_state=5).to_csv(tmp_path / "shuffled.csv", index=False)
    arguments = asked(table, options)
    before, after = call(*arguments), call(tmp_path / "shuffled.csv", *arguments[1:])
    assert list(_leaves(before)) == list(_leaves(after))
    far = {k: (v, _leaves(after)[k]) for k, v in _leaves(before).items() if not _same(v, _leaves(after)[k])}
    assert not far


def _leaves(value, path="") -> dict:
    if isinstance(value, dict):
        return {k: v for name, part in value.items() for k, v in _leaves(part, f"{path}/{name}").items()}
    if isinstance(value, list):
        return {k: v for i, part in enumerate(value) for k, v in _leaves(part, f"{path}/{i}").items()}
    return {path: value}


def _same(a, b) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-11 * max(abs(a), abs(b)) + 1e-12
    return a == b


def test_without_an_outcome_there_is_balance_alone():
    answer = call(*asked("lalonde")[:5])
    assert not {"att", "estimates", "outcome", "power", "hidden_bias"} & set(answer)
    assert answer["balance"]["age"]["after"]["smd_sd_pooled"] == pytest.approx(0.0908155870821373, rel=1e-8)
    assert answer["n_treated_matched"] == 184 and answer["balance_passed"] is True


def test_several_outcomes_share_one_match():
    arguments = asked("syn_small")
    both = call(*arguments[:-1], "reoff,nreoff")
    alone = call(*arguments)
    assert both["att"] == alone["att"] and both["estimates"] == alone["estimates"]
    assert list(both["outcomes"]) == ["reoff", "nreoff"]
    assert both["outcomes"]["nreoff"]["outcome_type"] == "count"
    assert both["outcomes"]["nreoff"]["mean_treated"] == pytest.approx(2.4)


def invented(**columns) -> pd.DataFrame:
    frame = cohort(3, 40, 400).drop(columns="unit_id").rename(columns={"is_treated": "treat"})
    frame["y"] = (np.arange(len(frame)) % 3 == 0).astype(int)
    return frame.assign(treat=frame["treat"].astype(int)).assign(**columns)


def written(tmp_path: Path, frame: pd.DataFrame, **how) -> Path:
    frame.to_csv(tmp_path / "t.csv", index=False, **how)
    return tmp_path / "t.csv"


BASE = ("--treatment", "treat", "--covariates", "age,copas_rate,employed,region", "--outcome", "y")


def error(file: Path, *arguments, status: int = 2) -> str:
    return call(file, *(arguments or BASE), status=status)["error"]


def test_every_fault_of_a_table_is_told_at_once(tmp_path):
    frame = invented()
    frame["age"] = frame["age"].astype(str).mask(np.arange(len(frame)) == 7, "Jane Roe")
    frame.loc[3, "copas_rate"] = np.inf
    frame.loc[[4, 5], "y"] = np.nan
    frame["treat"] = frame["treat"].map({1: "A", 0: "B"})
    told = error(written(tmp_path, frame))
    assert "4 problems" in told and "Jane" not in told
    assert "column `age`: 1 cell is no number" in told and "--categorical" in told
    assert "column `copas_rate`: 1 cell is infinite" in told
    assert "column `y`: 2 cells are empty" in told and "complete-cases" in told
    assert "column `treat`: holds 2 different values where 0 and 1 are expected (A and B)" in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--caliper", "inf"), "a caliper is a number above 0"),
        (("--caliper", "nan"), "a caliper is a number above 0"),
        (("--caliper", "0"), "not in the range"),
        (("--interactions", "age"), "not a list of pairs"),
        (("--splines", "hair"), "`hair` is none of the covariates"),
        (("--trim", "0.6"), "not in the range"),
        (("--settings", "nowhere.yml"), "no such file"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(options, words, tmp_path):
    assert words in error(written(tmp_path, invented()), *BASE, *options)


def test_every_choice_of_a_request_can_be_made(tmp_path):
    options = ("--interactions", "age:region", "--splines", "copas_rate", "--common-support", "--trim", "0.01")
    answer = call(written(tmp_path, invented()), *BASE, *options, "--exact", "employed", "--bootstrap", "10")
    terms = list(answer["coefficients"])
    assert "copas_rate spline 1" in terms and "age × region=North" in terms and not any("⟦" in term for term in terms)
    assert list(answer["balance"]) == ["age", "copas_rate", "employed", "region=Mid", "region=North", "region=South"]
    assert answer["estimates"]["bootstrap"]["se"] > 0


def test_a_file_as_r_or_an_old_computer_writes_it_is_the_same_table(tmp_path):
    frame = invented()
    wanted = call(written(tmp_path, frame), *BASE)
    text = (tmp_path / "t.csv").read_text()
    frame.to_csv(tmp_path / "r.csv", quoting=2)
    forms = {
        "cr.csv": text.replace("\n", "\r"),
        "crlf.csv": text.replace("\n", "\r\n"),
        "gaps.csv": text.replace(",", " , "),
    }
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content.encode())
    for name in ("r.csv", *forms):
        assert call(tmp_path / name, *BASE) == wanted, name


def test_names_are_checked_before_anything_is_read(tmp_path):
    file = written(tmp_path, invented())
    told = error(file, "--treatment", "treated", "--covariates", "age,Region,y", "--outcome", "y")
    assert "`y` is an outcome" in told
    told = error(file, "--treatment", "treated", "--covariates", "age,Region", "--outcome", "y")
    assert "no column `treated`" in told and "did you mean `treat`?" in told and "did you mean `region`?" in told
    told = error(file, "--treatment", "treat", "--covariates", "age,age,treat", "--outcome", "y", "--exact", "regoin")
    assert "named more than once" in told and "`treat` is the treatment" in told and "`regoin` is none" in told


def test_values_of_a_wrong_treatment_column_are_not_shown(tmp_path):
    frame = invented(treat=[f"Person {i}" for i in range(440)])
    told = error(written(tmp_path, frame))
    assert "holds 440 different values" in told and "Person" not in told


@pytest.mark.parametrize(
    ("values", "n"), [(("yes", "no"), 40), (("TRUE", "FALSE"), 40), (("True", "False"), 40), ((1.0, 0.0), 40)]
)
def test_a_treatment_may_be_written_in_words(values, n, tmp_path):
    frame = invented()
    frame["treat"] = frame["treat"].map({1: values[0], 0: values[1]})
    assert call(written(tmp_path, frame), *BASE)["n_treated"] == n


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n", "no header"),
        (b"treat,age,copas_rate,employed,region,y\n", "a header and no rows"),
        (b"treat\n1\n0\n", "no column `age`"),
        (b"treat,age,age,copas_rate,employed,region,y\n1,2,3,4,5,6,0\n", "2 columns are named `age`"),
        (
            b"treat,age,copas_rate,employed,region,y\n1,2,3,4,A,0\n0,2,3\n",
            "row 3 (the header is row 1): 1 row has more or fewer cells",
        ),
        (b"treat,age,copas_rate,employed,region,y\n1,2,3,4,A,0\n1,2,3,4,A,0\n", "everybody was treated"),
        (b"treat,age,copas_rate,employed,region,y\n0,2,3,4,A,0\n0,2,3,4,A,0\n", "nobody was treated"),
        (b"treat,age,copas_rate,employed,region,y\n1,,3,4,A,0\n0,,3,4,A,0\n", "every cell is empty"),
        (b"treat,age,copas_rate,employed,region,y\n,2,3,4,A,0\n0,2,3,4,A,0\n1,2,3,4,A,0\n", "1 cell is empty"),
        (b"treat,age,copas_rate,employed,region,y\n1,1e300,3,4,A,0\n0,1,3,4,A,0\n", "beyond 1e+60"),
        (b"treat,age,copas_rate,employed,region,y\n1,2,3,4,A,never\n0,1,3,4,A,0\n", "column `y`: 1 cell is no number"),
        (b"\x00\x01\x02\xff\xfe" * 50, "NUL bytes"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_words(content, words, tmp_path):
    (tmp_path / "t.csv").write_bytes(content)
    assert words in error(tmp_path / "t.csv")


def test_other_files_are_refused_in_words(tmp_path):
    assert "no such file" in error(tmp_path / "none.csv")
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    assert "cannot be read" in error(tmp_path / "t.xlsx")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no parquet")
    assert "could not be read" in error(tmp_path / "t.parquet")
    (tmp_path / "t.csv.gz").write_bytes(b"no gzip")
    assert "could not be read" in error(tmp_path / "t.csv.gz")


def test_the_same_table_in_any_form_gives_the_same_answer(tmp_path):
    frame = invented()
    wanted = call(written(tmp_path, frame), *BASE)
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv.gz", index=False)
    frame.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    frame.to_csv(tmp_path / "bom.csv", index=False, encoding="utf-8-sig", sep=";")
    frame.to_csv(tmp_path / "u16.csv", index=False, encoding="utf-16")
    for name in ("t.parquet", "t.csv.gz", "t.tsv", "bom.csv", "u16.csv"):
        assert call(tmp_path / name, *BASE) == wanted, name
    frame.to_csv(tmp_path / "comma.csv", index=False, sep=";", decimal=",")
    assert call(tmp_path / "comma.csv", *BASE, "--decimal", ",") == wanted
    assert "written with a decimal comma" in error(tmp_path / "comma.csv")


def test_columns_may_have_any_name(tmp_path):
    names = [
        "unit_id",
        "weight",
        "score",
        "prior_reoffences",
        "=cmd|' /C calc'!A0",
        "Größe, früher",
        "⟦x1⟧",
        "is_treated",
    ]
    rng = np.random.default_rng(8)
    frame = invented(**{name: rng.normal(size=440).round(3) for name in names})
    listed = ",".join([f'"{name}"' for name in names])
    for encoding in ("utf-8", "cp1252"):
        kept = [n for n in names if "⟦" not in n] if encoding == "cp1252" else names
        frame[[*kept, "treat", "y"]].to_csv(tmp_path / "t.csv", index=False, encoding=encoding)
        chosen = ",".join(f'"{name}"' for name in kept) if encoding == "cp1252" else listed
        answer = call(tmp_path / "t.csv", "--treatment", "treat", "--covariates", chosen, "--outcome", "y")
        assert list(answer["balance"]) == kept and len(answer["coefficients"]) == len(kept) + 1


def test_missing_values_are_kept_by_an_indicator_or_left_out_or_refused(tmp_path):
    frame = invented()
    frame.loc[::10, "age"], frame.loc[5, "region"], frame.loc[:2, "y"] = np.nan, np.nan, np.nan
    file = written(tmp_path, frame)
    assert "3 cells are empty" in error(file)
    answer = call(file, *BASE, "--missing", "complete-cases")
    n = int(frame.notna().all(axis=1).sum())
    assert answer["n_treated"] + answer["n_control"] == n
    assert {"group": "all", "reason": "incomplete", "n": 440 - n} == {
        k: answer["dropped"][0][k] for k in ("group", "reason", "n")
    }
    whole = call(written(tmp_path, frame.dropna()), *BASE)
    assert {k: v for k, v in whole.items() if k not in ("dropped", "messages")} == {
        k: v for k, v in answer.items() if k not in ("dropped", "messages")
    }
    file = written(tmp_path, frame.assign(y=1 - frame["treat"]))
    answer = call(file, *BASE)
    assert answer["n_treated"] + answer["n_control"] == 440 and "age=not known" in answer["balance"]
    assert any("age" in said and "mean" in said for said in answer["messages"])
    told = error(file, *BASE, "--missing", "refuse")
    assert "44 values are missing" in told and "1 values are missing" in told


def test_rows_left_out_have_no_weight_in_the_file(tmp_path):
    frame = invented()
    frame.loc[[0, 100], "age"] = np.nan
    out = tmp_path / "w.csv"
    call(written(tmp_path, frame), *BASE, "--missing", "complete-cases", "--weights-out", out)
    weights = pd.read_csv(out)
    assert len(weights) == 440 and weights.loc[[0, 100], "weight"].tolist() == [0, 0]
    assert weights.loc[[0, 100], "score"].isna().all() and weights["score"].isna().sum() == 2


def test_numbers_may_be_categories(tmp_path):
    frame = invented(code=np.arange(440) % 3 + 9)
    arguments = ("--treatment", "treat", "--covariates", "age,code", "--outcome", "y")
    assert list(call(written(tmp_path, frame), *arguments)["balance"]) == ["age", "code"]
    answer = call(written(tmp_path, frame), *arguments, "--categorical", "code")
    assert list(answer["balance"]) == ["age", "code=10", "code=11", "code=9"]
    assert list(answer["coefficients"]) == ["(Intercept)", "age", "code=11", "code=9"]


def test_the_type_of_an_outcome_follows_its_values(tmp_path):
    rng = np.random.default_rng(4)
    frame = invented(n=rng.poisson(2, 440), money=rng.normal(0, 5, 440).round(2), truth=rng.choice(["yes", "no"], 440))
    file = written(tmp_path, frame)
    for outcome, kind in (("y", "share"), ("n", "count"), ("money", "mean"), ("truth", "share")):
        assert call(file, *BASE[:-1], outcome)["outcome_type"] == kind
    assert call(file, *BASE[:-1], "n", "--outcome-type", "mean")["outcome_type"] == "mean"
    assert "a share needs 0 and 1" in error(file, *BASE[:-1], "n", "--outcome-type", "share")
    assert "a count needs numbers from 0 up" in error(file, *BASE[:-1], "money", "--outcome-type", "count")


def test_a_match_without_anybody_ends_as_not_answered(tmp_path):
    file = written(tmp_path, invented(age=np.random.default_rng(2).normal(30, 5, 440)))
    arguments = (*BASE, "--caliper", "1e-12", "--caliper-unit", "raw")
    told = call(file, *arguments, "--weights-out", tmp_path / "w.csv", status=3)
    assert "no treated person has a comparable control" in told["error"]
    assert not (tmp_path / "w.csv").exists()


def test_groups_that_a_covariate_tells_apart_are_refused_by_its_name(tmp_path):
    frame = invented()
    frame["marker"] = frame["treat"]
    told = error(written(tmp_path, frame), "--treatment", "treat", "--covariates", "age,marker", "--outcome", "y")
    assert "marker" in told and "⟦" not in told


@pytest.mark.parametrize("method", ["radius", "nearest", "ipw", "overlap", "ebal"])
@pytest.mark.parametrize("n_treated", [1, 2, 3])
def test_very_few_treated_people_give_a_stated_result(method, n_treated, tmp_path):
    frame = invented()
    frame = pd.concat([frame[frame["treat"] == 1].head(n_treated), frame[frame["treat"] == 0]])
    told = CliRunner().invoke(main, ["match", str(written(tmp_path, frame)), *BASE, "--method", method, "--json"])
    assert told.exit_code in (0, 2, 3) and "Traceback" not in told.output
    answer = json.loads(told.stdout)
    if told.exit_code == 0:
        for name, estimate in answer["estimates"].items():
            if estimate["se"] is None:
                assert any(name in said for said in answer["messages"])
    else:
        assert answer["error"] and "⟦" not in answer["error"]


@pytest.mark.parametrize("value", [0, 1, 3.5])
def test_an_outcome_that_never_varies_has_a_stated_answer(value, tmp_path):
    answer = call(written(tmp_path, invented(y=value)), *BASE)
    assert answer["att"] == 0
    assert all(
        e["estimate"] in (0, None) or abs(e["estimate"]) < 1e-9 or "ratio" in e.values()
        for e in answer["estimates"].values()
    )


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path):
    file, out, page = written(tmp_path, invented()), tmp_path / "w.csv", tmp_path / "p.html"
    call(file, *BASE, "--weights-out", out, "--html", page)
    first = out.read_bytes()
    assert "is there already" in error(file, *BASE, "--weights-out", out, "--caliper", "0.5")
    assert out.read_bytes() == first
    call(file, *BASE, "--weights-out", out, "--caliper", "0.5", "--force")
    assert out.read_bytes() != first
    assert "named twice" in error(file, *BASE, "--weights-out", file)
    assert "named twice" in error(file, *BASE, "--weights-out", out, "--html", out)
    assert "no such folder" in error(file, *BASE, "--weights-out", tmp_path / "none" / "w.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.html", "t.csv", "w.csv"]


def test_the_page_needs_nothing_else_and_passes_the_checks(tmp_path):
    from jdl_toolkit.render import lint_html

    frame = invented().rename(columns={"age": "<script>alert(1)</script>"})
    names = "<script>alert(1)</script>,copas_rate,employed,region"
    page = tmp_path / "p.html"
    call(
        written(tmp_path, frame),
        "--treatment",
        "treat",
        "--covariates",
        names,
        "--outcome",
        "y",
        "--html",
        page,
        "--panel",
    )
    html = page.read_text()
    assert not lint_html(html) and "<script" not in html
    for words in (
        "Who is compared",
        "How alike the groups are",
        "Difference: y",
        "Other ways of analysing",
        "hidden bias",
    ):
        assert words in html


def test_the_panel_repeats_the_analysis_in_other_ways():
    answer = call(*asked("lalonde", "--panel"))
    rows = {row["label"]: row for row in answer["robustness"]}
    assert rows["Within 0.05 standard deviations"]["n_treated"] == 180
    other = call(*asked("lalonde", "--caliper 0.05"))["estimates"]["headline"]
    assert rows["Within 0.05 standard deviations"]["estimate"] == pytest.approx(other["estimate"], rel=1e-10)
    assert "Without race" in rows and rows["Without race"]["estimate"] is not None


def test_hidden_bias_is_asked_about_in_the_way_that_suits_the_outcome():
    share = call(*asked("syn_small"))["hidden_bias"]
    r = reference("syn_small")["rosenbaum_mcnemar"]
    assert share["pairs"]["rows"][0]["p_value"] == pytest.approx(r["p_upper_increase"][0], rel=1e-10)
    count = call(*asked("syn_small")[:-1], "nreoff")["hidden_bias"]
    assert 0 < count["pairs"]["rows"][0]["p_value"] < 1 and count["pairs"]["rows"] != share["pairs"]["rows"]
    answer = call(*asked("lalonde"))
    mean, head = answer["hidden_bias"], answer["estimates"]["headline"]
    assert "equally near" in mean["pairs"]["why_not"]  # tied scores
    d = head["estimate"] / answer["power"]["sd"]
    assert mean["e_values"]["ratio"] == pytest.approx(math.exp(0.91 * d), rel=1e-10)


def test_settings_from_a_file_and_options_without_a_use(tmp_path):
    (tmp_path / "s.yml").write_text("inference: {confidence: 0.9}\nbalance: {amber_up_to: 0.3}\n")
    usual, wide = call(*asked("lalonde")), call(*asked("lalonde"), "--settings", tmp_path / "s.yml")
    for name in ("headline", "t_classic_welch"):
        assert wide["estimates"][name]["ci_low"] > usual["estimates"][name]["ci_low"]
    (tmp_path / "s.yml").write_text("matching: {calliper: 3}\n")
    assert "unknown key" in call(*asked("lalonde"), "--settings", tmp_path / "s.yml", status=2)["error"]
    answer = call(*asked("lalonde", "--method ipw --caliper 0.2 --ratio 3"))
    assert answer["caliper_raw"] is None
    assert "--caliper has no use with ipw and was ignored." in answer["messages"]
    assert "--ratio has no use with ipw and was ignored." in answer["messages"]


def test_the_words_of_the_terminal_tell_the_difference():
    told = CliRunner().invoke(main, ["match", *asked("lalonde")])
    assert told.exit_code == 0
    assert "184 of 185 treated people compared with 402 of 429 others" in told.stdout
    assert "headline" in told.stdout and "difference 1283.93" in told.stdout


def test_a_table_is_read_as_the_stages_want_it():
    asked_of = Asked("treat", ("age", "race"), ("re78",))
    table = read_table(GOLDEN / "lalonde.csv", asked_of, table_spec())
    assert table.covariates.units.columns.tolist() == ["unit_id", "is_treated", "⟦x1⟧", "⟦x2⟧"]
    assert table.covariates.labels == {"⟦x1⟧": "age", "⟦x2⟧": "race"} and table.types == {"⟦y1⟧": "mean"}
    assert table.covariates.units["is_treated"].sum() == 185
    assert repr(table).startswith("614 rows: 185 treated, 429 not") and "black" not in repr(table)
    with pytest.raises(JDLError, match="no covariate is named"):
        read_table(GOLDEN / "lalonde.csv", Asked("treat", ()), table_spec())


def commands_of(page: Path) -> list[list[str]]:
    """The commands that a page of the documentation shows."""
    return [shlex.split(line)[2:] for line in page.read_text().splitlines() if line.startswith("jdl match ")]


def test_the_guide_shows_what_the_command_says(tmp_path, monkeypatch):
    page = ROOT / "docs" / "match.md"
    shown = commands_of(page)
    assert len(shown) == 6
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jdl_toolkit").symlink_to(ROOT / "jdl_toolkit")
    answers = [call(*[a for a in arguments if a != "--json"]) for arguments in shown]
    assert (tmp_path / "page.html").exists() and (tmp_path / "weights.csv").exists()
    first, text = answers[0], page.read_text()
    head, welch = (first["estimates"][name] for name in ("headline", "t_classic_welch"))
    for found, words in (
        ((first["n_treated_matched"], first["n_control_used"]), "184 of 185 treated people with 402 of 429 others"),
        ((round(first["ess_control"]),), "worth 107 equally weighted"),
        (
            (round(head["estimate"]), round(-head["ci_low"]), round(head["ci_high"])),
            "1,349 dollars more (205 less to 2,903",
        ),
        (
            (round(welch["estimate"]), round(-welch["ci_low"]), round(welch["ci_high"])),
            "1,284 dollars more (8 less to 2,576",
        ),
    ):
        assert words in text and all(f"{value:,}" in words for value in found)
    known = {*first["estimates"], *first}
    for name in re.findall(r"^\| `([a-z_0-9A-Z]+)`", text, re.M):
        assert name in known | {"outcomes"}, name


def test_the_help_holds_an_example():
    told = CliRunner().invoke(main, ["match", "--help"])
    assert told.exit_code == 0 and "jdl match trial.csv --treatment fin" in told.output


@pytest.mark.parametrize("support", ["--common-support", "--trim 0.05", "--common-support --trim 0.1"])
def test_overlap_weights_are_those_of_r_and_so_are_the_regressions_of_both_groups(support, tmp_path):
    file, out = written(tmp_path, invented()), tmp_path / "w.csv"
    of = ("--treatment", "treat", "--covariates", "age,copas_rate", "--outcome", "y")
    answer = call(file, *of, "--method", "overlap", *support.split(), "--weights-out", out)
    frame, w = pd.read_csv(file), pd.read_csv(out)
    used = w["weight"] > 0
    assert 100 < used.sum() < len(w)
    e = np.where(frame["treat"] == 1, 1 - w["score"], w["score"])
    np.testing.assert_allclose(w.loc[used, "weight"], e[used], rtol=1e-13)
    x = np.column_stack([np.ones(len(frame)), frame[["treat", "age", "copas_rate"]]])[used]
    root = np.sqrt(e[used])
    by_hand = np.linalg.lstsq(x * root[:, None], frame.loc[used, "y"] * root, rcond=None)[0][1]
    assert answer["estimates"]["lm_adj_HC1"]["estimate"] == pytest.approx(by_hand, rel=1e-10)


def tied() -> pd.DataFrame:
    """Few different scores: every person several times, in values that are seldom apart."""
    frame = invented().round({"age": -1, "copas_rate": 0})
    return pd.concat([frame, frame, frame.iloc[::3]], ignore_index=True)


@pytest.mark.parametrize("options", ["", "--method nearest", "--method nearest --ratio 2 --replace"])
def test_ties_and_repeated_rows_in_any_order_give_the_same_answer(options, tmp_path):
    frame = tied()
    assert frame.duplicated().sum() > len(frame) / 2
    before = _leaves(call(written(tmp_path, frame), *BASE, *options.split()))
    columns = list(frame)[::-1]
    for seed in (1, 2):
        again = frame.sample(frac=1, random_state=seed)[columns]
        after = _leaves(call(written(tmp_path, again), *BASE, *options.split()))
        assert list(before) == list(after)
        far = {k: (v, after[k]) for k, v in before.items() if not _nearly(v, after[k])}
        assert not far


def _nearly(a, b) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-12 * max(abs(a), abs(b), 1.0)
    return a == b


@pytest.mark.parametrize("method", ["radius", "overlap", "nearest"])
def test_weights_stand_in_the_order_of_the_file(method, tmp_path):
    frame, out = invented(), tmp_path / "w.csv"
    frame["age"] = np.random.default_rng(6).normal(30, 8, len(frame))  # no ties: whom nearest takes is settled
    order = np.random.default_rng(7).permutation(len(frame))
    call(written(tmp_path, frame), *BASE, "--method", method, "--weights-out", out)
    before = pd.read_csv(out)
    call(written(tmp_path, frame.iloc[order]), *BASE, "--method", method, "--weights-out", out, "--force")
    after = pd.read_csv(out)
    assert after["row"].tolist() == list(range(1, len(frame) + 1))
    columns = ["score", "logit", "weight"]
    np.testing.assert_allclose(after[columns], before[columns].iloc[order], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("option", ["--weights-out", "--html", "--settings", None])
@pytest.mark.parametrize(
    ("path", "words"),
    [("x" * 5000, "File name too long"), ("", "this is a folder"), ("none/w", "no such"), ("file/w", "o such")],
)
def test_a_path_that_cannot_be_is_refused_and_nothing_is_left(option, path, words, tmp_path):
    file = written(tmp_path, invented())
    (tmp_path / "file").touch()
    place = tmp_path / path
    told = error(file, *BASE, option, place) if option else error(place, *BASE)
    assert words in told and len(told) < 600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "t.csv"]


def test_what_is_no_place_for_a_file_is_refused_before_anything_is_calculated(tmp_path):
    file = written(tmp_path, invented())
    told = error(file, *BASE, "--weights-out", "/proc/w.csv", "--html", tmp_path / "none" / "p.html")
    assert "2 problems" in told and "--weights-out, /proc/w.csv: this cannot be written" in told
    assert "this is no file" in error(file, *BASE, "--weights-out", "/dev/null", "--force")
    (tmp_path / "n.csv").write_bytes(file.read_bytes() + b"\0")
    assert "NUL bytes" in error(tmp_path / "n.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["n.csv", "t.csv"]


def test_a_disk_that_fills_up_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    file = written(tmp_path, invented())
    monkeypatch.setattr("jdl_toolkit.result.os.fsync", full)
    assert "No space left on device" in error(file, *BASE, "--weights-out", tmp_path / "w.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_a_group_of_one_person_is_the_reason_given(tmp_path):
    frame = invented(odd=np.random.default_rng(9).normal(size=440))
    groups = {1: "treatment", 0: "control"}
    for group, name in groups.items():
        for n, words in ((1, "one person"), (2, "2 people")):
            few = pd.concat([frame[frame["treat"] == group].head(n), frame[frame["treat"] != group]])
            few["odd"] = np.where(few["treat"] == group, 50.0, few["odd"])
            told = error(written(tmp_path, few), "--treatment", "treat", "--covariates", "odd", "--outcome", "y")
            assert f"the {name} group is {words}, too few to be compared" in told


def test_of_one_treated_person_the_difference_is_given_and_no_interval(tmp_path):
    frame = invented()
    one = pd.concat([frame[frame["treat"] == 1].head(1), frame[frame["treat"] == 0]])
    answer = call(written(tmp_path, one), "--treatment", "treat", "--covariates", "region", "--outcome", "y")
    alike = one[(one["region"] == one["region"].iloc[0]) & (one["treat"] == 0)]
    assert answer["n_treated_matched"] == 1 and answer["n_control_used"] == len(alike)
    assert answer["att"] == pytest.approx(one["y"].iloc[0] - alike["y"].mean(), rel=1e-12)
    assert answer["estimates"]["headline"]["se"] is None
    assert any("treatment group is one person in the comparison" in said for said in answer["messages"])


def test_a_treatment_of_minus_one_and_one_is_shown_with_its_sign(tmp_path):
    told = error(written(tmp_path, invented(treat=np.where(np.arange(440) < 40, 1, -1))))
    assert "holds 2 different values where 0 and 1 are expected (-1 and 1)" in told


def test_an_option_that_names_the_default_needs_no_message(tmp_path):
    file = written(tmp_path, invented())
    said = call(file, *BASE, "--order", "largest", "--ratio", "1", "--caliper-unit", "sd")["messages"]
    assert not [text for text in said if "no use" in text]
    said = call(file, *BASE, "--order", "closest", "--ratio", "2")["messages"]
    assert [text.partition(" ")[0] for text in said if "no use" in text] == ["--ratio", "--order"]
