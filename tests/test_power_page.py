"""The page on how many people an organisation would need says what Python says, to every printed digit."""

import json
import re
import statistics
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from browser import assert_accessible, opened
from click.testing import CliRunner

from jdl_toolkit.cli import main
from jdl_toolkit.power import detectable_difference, needed_treatment, power_of_t_test
from jdl_toolkit.render.power import MEASURES, POWERS, Asked, answer, power_page
from jdl_toolkit.spec import intake_spec

ROOT = Path(__file__).resolve().parent.parent
SPEC = intake_spec(ROOT / "parameters" / "defaults.yml")
SHARE = statistics.median(SPEC.forecast.analysed_shares)


@pytest.fixture(scope="module")
def html() -> str:
    return power_page(SPEC)


@pytest.fixture(scope="module")
def page(browser, html):
    with opened(browser, html, viewport={"width": 1280, "height": 900}) as page:
        page.failed = []
        page.on("pageerror", lambda fault: page.failed.append(fault))
        yield page
        assert page.failed == [] and page.asked == []


def choices(n: int) -> list[Asked]:
    """Choices all over what can be chosen, and at its ends."""
    rng = np.random.default_rng(7)

    def whole(low: float, high: float) -> int:
        return int(np.exp(rng.uniform(np.log(low), np.log(high))))

    drawn = [
        Asked(
            measure=list(MEASURES)[i % 3],
            n=whole(2, 20_000),
            control=whole(2, 1_000_000),
            rate=round(rng.uniform(0.1, 99.9), 1),
            mean=round(rng.uniform(0.01, 6), 2),
            uneven=round(rng.uniform(0.1, 30), 1),
            days_sd=whole(1, 300),
            hoped_rate=round(rng.uniform(0.1, 30), 1),
            hoped_frequency=round(rng.uniform(0.01, 2), 2),
            hoped_days=whole(1, 200),
            power=POWERS[i % len(POWERS)],
        )
        for i in range(n)
    ]
    ends = [
        Asked(measure=m, n=n, control=c) for m in MEASURES for n, c in ((2, 2), (1_000_000, 10_000_000), (2, 10**7))
    ]
    return [Asked(), *ends, *drawn]


def test_every_answer_is_python_s(page):
    asked = choices(45)
    said = page.evaluate("all => all.map(window.answerOf)", [asdict(one) for one in asked])
    for one, found in zip(asked, said, strict=True):
        expected = answer(one, SHARE)
        assert found["slots"] == expected.slots, one
        assert set(found["flags"]) == set(expected.flags), one
        assert [tuple(row) for row in found["rows"]] == expected.rows, one


def test_the_formulas_agree_beyond_what_is_printed(page):
    rng = np.random.default_rng(11)
    cases = [
        [
            float(int(10 ** rng.uniform(0.5, 6))),
            float(int(10 ** rng.uniform(0.5, 6))),
            *rng.uniform([0.05, 0.01], [3, 0.6]),
        ]
        for _ in range(40)
    ]
    script = """all => all.map(([n, c, sd, d]) => [power.powerOf(n, c, d / sd, 0.05),
        power.detectable(n, c, sd, 0.05, 0.95), power.needed(d, sd, c, 0.05, 0.95)])"""
    for (n, c, sd, d), found in zip(cases, page.evaluate(script, cases), strict=True):
        expected = [
            power_of_t_test(n, c, d / sd, 0.05),
            detectable_difference(n, c, sd, 0.05, 0.95),
            needed_treatment(d, sd, c, 0.05, 0.95),
        ]
        assert (found[2] is None) == (expected[2] is None)
        # both sum the same terms in doubles; roots are found to 1e-14 of their size
        assert [x or 0 for x in found] == pytest.approx([x or 0 for x in expected], rel=1e-11)


def test_it_gives_the_published_table(page):
    rows = (ROOT / "jdl_toolkit/validation/data/power_table.csv").read_text().splitlines()[1:]
    published = [line.split(",") for line in rows]
    script = "points => points.map(d => Math.floor(power.needed(d / 100, 0.4732691826, 33111, 0.05, 0.95) + 0.5))"
    assert len(published) == 10
    assert page.evaluate(script, [float(row[0]) for row in published]) == [int(float(row[1])) for row in published]


def test_it_says_the_same_with_and_without_its_script(browser, html, page):
    def shown(page) -> list[str]:
        page.wait_for_timeout(50)
        return [text for text in page.locator("#answers .box, #answers table").all_inner_texts() if text]

    with opened(browser, html, java_script_enabled=False) as still:
        assert shown(still) == shown(page)
        assert still.locator("figure.curve").is_hidden() and still.locator("input[type=range]:visible").count() == 0
        assert "10.8 percentage points or more" in still.locator("#answers").inner_text()


def test_sliders_boxes_and_keys_move_the_answers(page):
    def answers() -> str:
        page.wait_for_timeout(50)
        page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")
        return page.locator("#answers").inner_text()

    before = answers()
    page.locator("#n-slider").focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    moved = int(page.input_value("#n"))
    page.locator("#answers", has_text=f"What could your {moved:,} people show?").wait_for()
    assert moved > 257 and f"your {moved:,}" in page.locator("#curve").text_content() and answers() != before
    page.check("input[value=frequency]")
    assert "reoffences per person" in answers() and page.locator("#rate").is_hidden()
    page.check("input[value=rate]")
    page.fill("#control", "40")
    assert "No number of people is enough" in answers()
    page.fill("#rate", "400")  # not a rate: the last answers stand, and the box says that it is wrong
    page.locator("#unusable").wait_for(state="visible")
    assert "No number of people is enough" in answers()
    page.click("button[type=reset]")
    assert answers() == before


def test_it_is_accessible_and_asks_for_nothing(browser, html):
    assert_accessible(browser, html)


def test_it_holds_its_settings_and_nothing_of_elsewhere(html):
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)
    settings = json.loads(re.search(r'<script id="settings"[^>]*>(.*?)</script>', html, re.S)[1])
    assert settings["median_share"] == SHARE and set(settings["measures"]) == set(MEASURES)


def test_the_command_writes_it_whole_and_replaces_nothing_unasked(html, tmp_path):
    def asked(*words: str):
        return CliRunner().invoke(main, ["power", "--page", str(tmp_path / "power.html"), *words])

    assert asked().exit_code == 0
    assert (tmp_path / "power.html").read_text(encoding="utf-8") == html  # outside a lab: as shipped
    (tmp_path / "power.html").write_text("another page")
    assert asked().exit_code == 2 and (tmp_path / "power.html").read_text() == "another page"
    assert asked("--force").exit_code == 0
    assert (tmp_path / "power.html").read_text(encoding="utf-8") == html
