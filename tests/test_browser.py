"""Pages in a real browser: no violation of WCAG 2.2 A and AA, nothing loaded, all reachable by keyboard.

Readable small, large, dark, printed, in a system's own colours and with a reader's own spacing.
"""

import datetime as dt
from typing import Any

import pytest
from browser import COLOURS, LOOKS, SPACED, assert_accessible, opened, sideways, violations
from click.testing import CliRunner
from examples import estimate, findings, measure, several, spec, unanswered
from pages import output, report_page
from reference_tables import GOLDEN
from registers import make_spec
from uploads_on_disk import ANSWERS, people_rows, person, write_xlsx

from jdl_toolkit.cli import main
from jdl_toolkit.document import Table, Words
from jdl_toolkit.findings import Draft, Findings
from jdl_toolkit.precheck import check_upload
from jdl_toolkit.precheck.page import check_page

SCRIPT, LATEX = '</title><script>alert(1)</script><img src=x onerror="alert(2)">', r"\input{/etc/passwd} $\alpha$ *b*"
HEBREW, ARABIC, LONG = "בית חם", "بيت الأمل", "Verylongword" * 25


def hostile() -> Findings:
    """Several analyses with every kind of result and banner, and texts from outside that try to be something else."""
    asked = spec()
    organisation = asked.organisation.model_copy(update={"name": f"{ARABIC} & {SCRIPT} {LATEX} {LONG[:50]}"})
    service = asked.service.model_copy(update={"name": f"{HEBREW} 12"})
    found = several()
    analysis = found.analyses[0].model_copy(update={"title": f"{LONG[:99]} {ARABIC}"})
    rows = [row.model_copy(update={"level": f"{HEBREW} {LONG}"}) for row in analysis.subgroups.rows[:1]]
    subgroups = analysis.subgroups.model_copy(update={"rows": (*rows, *analysis.subgroups.rows[1:])})
    values = {
        "organisation": organisation,
        "service": service,
        "analyses": (analysis.model_copy(update={"subgroups": subgroups}), *found.analyses[1:]),
        "organisation_response": f"{LONG} {SCRIPT} {HEBREW} {LATEX}",
        "draft": Draft(sent=dt.date(2026, 11, 1), respond_by=dt.date(2026, 11, 29)),
        "exploratory": True,
        "synthetic": True,
    }
    return found.model_copy(update=values)


@pytest.fixture(scope="module")
def page() -> str:
    """The report of the hostile findings, with a table and a paragraph that are worse still."""
    wide = Table("wide", LONG, tuple("abcdefg"), ((LONG, *[f"{HEBREW} 12"] * 6),), "lrrrrrr", LONG)
    cell = {"cell_type": "code", "metadata": {}, "outputs": [output(wide), output(Words(f"Of {HEBREW} 12 people."))]}
    return report_page(hostile(), first=(cell,))


def page_of_check(folder) -> str:
    faulty: list[dict[str, Any]] = [{"Gender": None}, {"Date of birth": "soon"}, {}, {"Forename": SCRIPT}]
    people = [person(i, **(faulty[i] if i < len(faulty) else {})) for i in range(80)]
    people += [person(9, Record=900), person(9, Record=901)]
    sent = check_upload(
        write_xlsx(folder / "u.xlsx", people_rows(people), [*ANSWERS, ["Organisation", ARABIC]]), make_spec()
    )
    return check_page(sent, dt.date(2026, 11, 22))


def page_of_match(folder) -> str:
    command = ["match", GOLDEN / "lalonde.csv", "--treatment", "treat", "--covariates", "age,educ,race,re74"]
    told = CliRunner().invoke(main, [*map(str, command), "--outcome", "re78", "--html", str(folder / "m.html")])
    assert told.exit_code == 0, told.output
    return (folder / "m.html").read_text(encoding="utf-8")


# --- every page ------------------------------------------------------------------------------------------------------


def test_a_report_of_everything_is_accessible(browser, page):
    assert_accessible(browser, page)


@pytest.mark.parametrize(
    ("found", "looks"),
    [(findings(measure(estimate(-0.08))), LOOKS[:1]), (findings(), LOOKS[1:]), (unanswered(), LOOKS)],
    ids=["reported", "inconclusive", "rejected"],
)
def test_every_kind_of_report_is_accessible(browser, found, looks):
    """Its colours are those of the report of everything."""
    assert_accessible(browser, report_page(found), looks, without=COLOURS)


def test_the_page_of_a_check_is_accessible(browser, tmp_path):
    assert_accessible(browser, page_of_check(tmp_path))


def test_the_page_of_a_match_is_accessible(browser, tmp_path):
    assert_accessible(browser, page_of_match(tmp_path), LOOKS[1:], without=COLOURS)


def test_what_is_folded_is_accessible_too(browser, page):
    with opened(browser, page, viewport={"width": 320, "height": 640}) as shown:
        shown.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        shown.locator(".term").first.click()
        assert violations(shown, without=COLOURS) == []  # its colours are those of the rest
        assert sideways(shown) <= 0


def test_the_check_finds_faults(browser):
    """A page of faults is not let pass: axe runs, the network is watched, the width is measured."""
    bad = "<!doctype html><html><head><title>x</title></head><body><img src='x.png'>"
    bad += "<p style='width: 400px; color: #ddd'>Pale text"
    with opened(browser, bad, viewport={"width": 320, "height": 640}) as shown:
        found = {line.split(" ")[0] for line in violations(shown)}
        assert {"html-has-lang", "image-alt", "color-contrast", "landmark-one-main"} <= found
        assert sideways(shown) > 0 and shown.asked == ["https://page.test/x.png"]


# --- keyboard, touch ------------------------------------------------------------------------------------------------

FOCUSED = """() => {
    const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
    const banner = document.querySelector('.banner');
    const covered = banner && !e.matches('.skip') && getComputedStyle(banner).position == 'sticky'
        ? banner.getBoundingClientRect().bottom : 0;
    const all = window.all ??= [...document.querySelectorAll('*')];
    return {place: all.indexOf(e), tag: e.tagName, outline: s.outlineStyle != 'none' && parseFloat(s.outlineWidth) >= 2,
            seen: r.bottom > covered && r.top < innerHeight && r.right > 0 && r.left < innerWidth};
}"""


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(browser, page):
    with opened(browser, page, viewport={"width": 1280, "height": 900}) as shown:
        reachable = shown.locator("a, button, summary, [tabindex='0']").evaluate_all(
            "found => found.filter(e => e.checkVisibility()).length"
        )
        stops = []
        for _ in range(reachable):
            shown.keyboard.press("Tab")
            stops.append(shown.evaluate(FOCUSED))
        places = [stop["place"] for stop in stops]
        assert reachable > 80 and places == sorted(set(places))
        assert [stop for stop in stops if not (stop["outline"] and stop["seen"])] == []


def test_the_skip_link_leads_past_the_masthead(browser, page):
    with opened(browser, page) as shown:
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.textContent") == "Skip to the report"
        shown.keyboard.press("Enter")
        assert shown.evaluate("document.activeElement.id") == "main"


OPEN = "[...document.querySelectorAll(':popover-open')].map(e => e.querySelector('b').textContent)"


def test_a_definition_opens_and_closes_by_keyboard(browser, page):
    with opened(browser, page) as shown:
        term = shown.locator(".term", has_text="proven reoffence").first
        term.focus()
        assert shown.evaluate(OPEN) == []  # to come by opens nothing
        shown.keyboard.press("Enter")
        assert shown.evaluate(OPEN) == ["Proven reoffence"]
        focused = shown.locator(":focus")  # so that a screen reader says it
        assert focused.get_attribute("role") == "dialog" and "conviction, caution" in focused.inner_text()
        shown.keyboard.press("Escape")
        assert shown.evaluate(OPEN) == [] and term.evaluate("e => e === document.activeElement")
        shown.keyboard.press("Space")
        assert shown.evaluate(OPEN) == ["Proven reoffence"]
        shown.keyboard.press("Tab")  # on with the text
        assert term.evaluate("e => !!(e.compareDocumentPosition(document.activeElement) & 4)")


@pytest.mark.parametrize("look", [{"has_touch": True, "viewport": {"width": 320, "height": 640}}, {}])
def test_a_definition_opens_by_touch_and_mouse_and_stays_in_the_window(browser, page, look):
    with opened(browser, page, **look) as shown:
        for term in shown.locator(".term").all()[:8]:
            term.tap() if look else term.click()
            (name,) = shown.evaluate(OPEN)
            box = shown.locator(":popover-open").bounding_box()
            window = shown.viewport_size
            assert box["x"] >= 0 and box["y"] >= 0, name
            assert box["x"] + box["width"] <= window["width"] and box["y"] + box["height"] <= window["height"], name
            shown.keyboard.press("Escape")
        term.click()
        shown.mouse.click(2, 2)
        assert shown.evaluate(OPEN) == []


# --- small, large, spaced, dark, printed -----------------------------------------------------------------------------

#: Elements whose words do not fit in them, apart from regions that scroll.
CUT = """() => [...document.querySelectorAll('body *')].filter(
    e => e.checkVisibility() && !e.closest('svg, .skip, .mark') && !e.matches('.scroll') && e.clientWidth > 0
        && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX != 'visible'
).map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", [320, 640])
def test_text_with_a_readers_own_spacing_is_not_cut(browser, page, width):
    """At 320 pixels, which is 1,280 at 400 per cent, and at 640, which is 1,280 at 200."""
    with opened(browser, page, viewport={"width": width, "height": 450}) as shown:
        assert sideways(shown) <= 0 and shown.evaluate(CUT) == []
        shown.evaluate("css => document.head.appendChild(document.createElement('style')).textContent = css", SPACED)
        assert sideways(shown) <= 0 and shown.evaluate(CUT) == []
        wide = shown.locator(".scroll").evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth + 1)")
        assert wide and shown.locator(".scroll:not([tabindex='0'])").count() == 0  # what scrolls is reached by keyboard


def test_names_and_numbers_stay_in_their_order(browser, page):
    """The name is written from right to left; the number after it still stands to its right."""
    places = """text => {
        const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const at = walk.currentNode.data.replace(/[\\u2066-\\u2069]/g, '').startsWith('Of ' + text + ' 12')
                ? walk.currentNode.data.indexOf(' 12') : -1;
            if (at < 0) continue;
            const box = (from, to) => { const r = new Range(); r.setStart(walk.currentNode, from);
                r.setEnd(walk.currentNode, to); return r.getBoundingClientRect(); };
            return [box(0, 2).right, box(4, at - 1).left, box(4, at - 1).right, box(at + 1, at + 3).left];
        }
    }"""
    with opened(browser, page) as shown:
        found = shown.evaluate(places, HEBREW)
        assert found == sorted(found) and found[2] > found[1]


#: Texts of the page, apart from what is only for a screen, that have no height.
UNSEEN = """() => [...document.querySelectorAll('main :is(p, li, dt, dd, caption, figcaption, td, th, h2, h3)')].filter(
    e => !e.closest('details, nav, .meaning, .back, .sideways') && e.textContent.trim()
        && !e.getBoundingClientRect().height
).map(e => e.textContent)"""


def test_print_shows_all_text_and_nothing_to_click(browser, page):
    with opened(browser, page, viewport={"width": 658, "height": 987}) as shown:  # what margins leave of A4
        shown.emulate_media(media="print")
        assert shown.evaluate(UNSEEN) == [] and sideways(shown) <= 0
        hidden = shown.locator("nav, details, .back, .sideways, .skip").evaluate_all(
            "e => e.filter(x => x.checkVisibility())"
        )
        assert hidden == []
        style = "e => { const s = getComputedStyle(e); return [s.textDecorationLine, s.color, s.borderTopWidth] }"
        (line, colour, border) = shown.locator(".term").first.evaluate(style)
        assert (line, border) == ("none", "0px")
        assert colour == shown.locator("p:has(> .term)").first.evaluate("e => getComputedStyle(e).color")


def test_figures_keep_their_colours_in_the_systems(browser, page):
    with opened(browser, page, forced_colors="active", color_scheme="dark") as shown:
        colours = shown.locator("figure .drawing").first.evaluate(
            "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e.querySelector('text')).fill]"
        )
        assert colours[0] == "rgb(255, 255, 255)" and colours[1] != "rgb(255, 255, 255)"
        assert shown.locator(".box.finding").evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"


def test_hostile_texts_run_nothing(browser, page):
    with opened(browser, page) as shown:
        told = []
        shown.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        shown.reload()
        assert told == [] and shown.locator("script, img").count() == 0
        assert SCRIPT in shown.locator("main").inner_text() and LATEX in shown.locator("main").inner_text()


def test_pages_are_small(page):
    assert len(page.encode()) < 1_000_000
