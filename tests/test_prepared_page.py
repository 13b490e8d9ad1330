"""The page of `jdl match`: words for readers, one way of printing, whom it concerns, warnings, accessibility."""

import json
import re
from html import unescape

import pytest
from click.testing import CliRunner
from reference_tables import GOLDEN

from jdl_toolkit import numbers
from jdl_toolkit.cli import main
from jdl_toolkit.plots import forest_plot, love_plot
from jdl_toolkit.prepared.figures import Figures
from jdl_toolkit.render import lint_html

LALONDE = (GOLDEN / "lalonde.csv", "--treatment", "treat", "--covariates", "age,educ,race,married,nodegree,re74,re75")
LALONDE += ("--outcome", "re78")
SMALL = (GOLDEN / "syn_small.csv", "--treatment", "treat", "--covariates", "age,sex", "--outcome")


def page(tmp_path, *arguments) -> tuple[str, str, dict]:
    """The page, its words without markup, and the answer."""
    out = tmp_path / "p.html"
    told = CliRunner().invoke(main, ["match", *map(str, arguments), "--html", str(out), "--force", "--json"])
    assert told.exit_code == 0, told.output
    html = out.read_text()
    body = re.sub(r"<style.*?</style>", "", html, flags=re.S)
    return html, re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))), json.loads(told.stdout)


@pytest.mark.parametrize(
    "options", [[*LALONDE, "--panel"], [*LALONDE, "--method", "overlap"], [*SMALL, "reoff"], [*SMALL, "nreoff"]]
)
def test_the_page_is_accessible_and_prints_as_readers_read(options, tmp_path):
    html, words, _ = page(tmp_path, *options)
    assert not lint_html(html)
    assert html.count("<h1") == 1 and html.count("<caption") == html.count("<table")
    assert not re.search(r"\b(lm_HC|t_classic|abadie_imbens|gcomp_|matching\.[a-z]|aipw_)", words)
    cells = [unescape(cell) for cell in re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", html)]
    assert not [cell for cell in cells if re.match(r"-[0-9.]", cell)]  # a minus is a minus sign
    assert not [cell for cell in cells if re.match(r"−0(\.0*)?$", cell)]
    assert not [cell for cell in cells if re.match(r"[0-9]{4,}(\.|$)", cell) and cell != "20140313"]
    assert "the service" not in words


def test_the_figures_of_a_table_are_printed_alike(tmp_path):
    _, words, answer = page(tmp_path, *LALONDE)
    assert "re78: 6,350 in the treatment group, 5,066 in the comparison group." in words
    assert "1,349 (−205 to 2,903) 788" in words and "1,969 (−172 to 4,109) 1,085" in words
    assert "in units of the outcome." in words and "percentage points" not in words
    assert "it is unclear already" in words and answer["hidden_bias"]["e_values"]["limit"] == 1
    _, words, answer = page(tmp_path, *SMALL, "reoff")
    head = answer["estimates"]["headline"]
    shown = [numbers.number(head[k], 1, factor=100) for k in ("estimate", "ci_low", "ci_high", "se")]
    assert "Headline {} ({} to {}) {} ".format(*shown) in words
    assert f"reoff: {numbers.number(answer['mean_treated'], 1, factor=100)}% in the treatment group" in words


def test_the_e_value_of_the_limit_is_shown_where_there_is_one(tmp_path):
    options = [GOLDEN / "syn_small.csv", "--treatment", "treat", "--covariates", "age", "--outcome", "reoff"]
    (tmp_path / "s.yml").write_text("inference: {confidence: 0.2}\n")
    _, words, answer = page(tmp_path, *options, "--settings", tmp_path / "s.yml")
    found = answer["hidden_bias"]["e_values"]
    assert found["limit"] > 1
    both = f"(E-value) {numbers.number(found['point'], 2)} {numbers.number(found['limit'], 2)} "
    assert both in words and "20% interval" in words and "95%" not in words


def test_it_says_whom_the_result_concerns(tmp_path):
    _, words, answer = page(tmp_path, *LALONDE, "--method", "overlap")
    whom = "The result concerns people who might have been in either group"
    assert whom in words and any(whom in message for message in answer["messages"])
    assert whom not in page(tmp_path, *LALONDE)[1]
    assert "The result concerns all treated people of the table." in page(tmp_path, *LALONDE, "--method", "ipw")[1]


@pytest.mark.parametrize("method", ["ipw", "ebal", "overlap"])
def test_weighting_is_not_called_matching(method, tmp_path):
    _, words, _ = page(tmp_path, *LALONDE, "--method", method)
    words = words.replace("Match on a prepared table", "").replace("psmatch2", "")
    assert re.findall(r".{50}(?:match|aliper).{20}", words) == []


def test_power_is_told_with_effective_sizes(tmp_path):
    _, words, answer = page(tmp_path, *LALONDE)
    found = answer["power"]["effective"]
    assert found["n_control"] == pytest.approx(answer["ess_control"], rel=1e-12) and found["n_treated"] == 184
    assert found["detectable_in_hand"] > answer["power"]["detectable_in_hand"]
    assert f"one of {numbers.number(found['detectable_in_hand'])}. No number" in words


def test_a_caliper_that_leaves_the_groups_unlike_is_warned_of(tmp_path):
    options = [*LALONDE, "--caliper", "0.001"]
    _, words, answer = page(tmp_path, *options)
    red, few = answer["warnings"]
    n_red = sum(abs(row["after"]["smd_sd_pooled"]) > 0.1 for row in answer["balance"].values())
    assert not answer["balance_passed"] and red.startswith(f"Balance is not reached: {n_red} of 9 differences are red")
    assert "the worst is age, 21.5 per cent" in red and "--method ebal" in red and "by hand" in red
    assert few.startswith("Only 44 of 185 treated people (24 per cent) are compared")
    assert {red, few} <= set(answer["messages"]) and red in words and few in words
    told = CliRunner().invoke(main, ["match", *map(str, options)])
    assert told.exit_code == 0 and told.stdout.count("WARNING: ") == 2 and told.stdout.count(red) == 1
    assert page(tmp_path, *LALONDE)[2]["warnings"] == []


def test_several_calipers_and_a_fallback_are_said_to_have_no_use(tmp_path):
    (tmp_path / "s.yml").write_text("matching: {calipers: [0.2, 0.1], fallback: ebal}\n")
    answer = page(tmp_path, *LALONDE, "--settings", tmp_path / "s.yml")[2]
    assert answer["caliper_sd"] == 0.2
    assert any("the widest alone was used, 0.2" in message for message in answer["messages"])
    assert any("fallback has no use here" in message for message in answer["messages"])


def test_figures_fit_the_size_of_an_outcome():
    row = {"estimate": -0.108072, "ci_low": -0.195697, "ci_high": -0.0204473}
    assert Figures("share", 0.0445).interval(row) == "−10.8 (−19.6 to −2.0)"
    assert Figures("mean", 788.0).difference(-0.2) == "0"
    assert Figures("mean", 4e-5).value(0.00123456) == "0.0012346"
    assert Figures("mean", None).difference(float("nan")) == "–"
    assert numbers.number(-2.5e40, 2) == "−2.5e+40"


def test_figures_can_name_their_interval_and_their_step():
    rows = [{"label": "a", "estimate": 1500.0, "ci_low": -0.001, "ci_high": 3000.0}]
    drawn = forest_plot(rows, unit="mean", decimals=0, confidence=0.9)
    assert "90 per cent interval" in drawn.alt and "1,500 (0 to 3,000)" in drawn.alt and "2,000" in drawn.svg
    assert str(drawn.data[0]["Lower limit"]) == "0.0"
    smd = [{"covariate": "a", "level": "", "smd_before": 0.2, "smd_after": -0.0001}]
    plot = love_plot(smd, step="weighting")
    assert str(plot.data[0]["After weighting (per cent)"]) == "0.0" and "matching" not in plot.alt + plot.caption
