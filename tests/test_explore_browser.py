"""The panel in JupyterLab: controls moved by key and by mouse in a real browser, and what comes of it."""

import re
import shutil

from test_lab_server import page_at, served, wait_for

REQUEST = "foundation-2013"
#: Tests share two processors: what takes a second by itself may take twenty.
PATIENCE = 90_000


def test_the_panel_answers_in_jupyterlab(browser, demo, tmp_path):
    lab = tmp_path / "lab"  # a copy, as outcomes are opened in it
    shutil.copytree(demo[0].root, lab, ignore=shutil.ignore_patterns("archive"))
    with served(lab, REQUEST) as (told, _), page_at(browser, told["url"].replace("03_matching", "20_explore")) as page:
        _explore(page)


def _explore(page):
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    page.set_default_timeout(PATIENCE)
    wait_for(page, "Python 3 (ipykernel) | Idle", 90)
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    panel = page.locator(".jdl-explore")
    said, mark = panel.locator(".jdl-results"), panel.locator(".jdl-mark")
    expect(said).to_contain_text("As requested. ")
    expect(panel.locator(".jdl-paper svg").first).to_be_visible()
    expect(mark).to_contain_text("EXPLORATORY")

    panel.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("Caliper 0.16")
    panel.get_by_label("Method").select_option("Nearest neighbours")
    expect(said).to_contain_text("Nearest, 1 each; caliper 0.16")
    panel.get_by_label("Method").select_option("Radius matching")
    panel.get_by_role("button", name="Covariates").press("Enter")
    panel.get_by_label("Nationality").first.uncheck()
    panel.get_by_role("button", name="Fit again").click()
    expect(said).to_contain_text("Caliper 0.16; without nationality")
    panel.get_by_role("button", name="Keep this look").click()

    panel.get_by_role("tab", name="Effects").click()
    expect(said).to_contain_text("Effects are not shown yet")
    panel.get_by_label("Your name").fill("A. Statistician")
    panel.get_by_label("Reason").fill("to see how much hangs on the caliper")
    page.keyboard.press("Tab")
    panel.get_by_role("button", name="Open the outcomes").click()
    expect(said).to_contain_text("One-year proven reoffending rate:")
    expect(mark).to_contain_text("outcomes open")
    expect(panel.get_by_role("img", name=re.compile("As requested"))).to_be_visible()

    panel.get_by_role("button", name="Make this a variant").click()
    expect(said).to_contain_text("not declared ahead")
    assert "calipers: [0.16]" in panel.locator(".jdl-yaml textarea").first.input_value()
    panel.get_by_role("button", name="Back to what was requested").click()
    expect(said).to_contain_text("As requested. ")
    assert page.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0
    inside = (
        "e => [...e.querySelectorAll('.jdl-results, .jdl-controls')].every(c => c.scrollWidth <= c.clientWidth + 1)"
    )
    assert panel.evaluate(inside)
