"""A real browser for tests of pages: Chromium, found on the path or where Playwright keeps its own.

A file of tests gets it by the fixture `browser` (conftest), which starts it once and skips where there is none.
`assert_accessible(browser, html)` is the check that every page of the toolkit has to pass.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: WCAG 2.0, 2.1 and 2.2, A and AA, and what axe's authors recommend besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
#: Three quarters of axe's time; may be left out where another page has the same colours.
COLOURS = ("color-contrast",)
#: Where a page is put; nothing else exists.
HOME = "https://page.test/"
#: Light on a screen and dark on a phone: every colour and both layouts in two looks.
LOOKS: tuple[dict[str, Any], ...] = (
    {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
)
#: WCAG 1.4.12, as a reader's own style.
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
SPACED += " p { margin-bottom: 2em !important }"


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser, started; None where Playwright or a Chromium is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        yield None
        return
    with sync_playwright() as playwright:
        places = [*filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path]
        place = next((place for place in places if Path(place).exists()), None)
        if place is None:
            yield None
            return
        browser = playwright.chromium.launch(executable_path=place, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, html: str, **look: Any) -> Iterator[Any]:
    """The page in a window of its own; whatever it asks for besides itself is refused and listed in `page.asked`.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    html : str
    **look
        As Playwright's `new_context` takes them: viewport, color_scheme, forced_colors ...
    """
    context = browser.new_context(**({"reduced_motion": "reduce"} | look))
    page = context.new_page()
    page.asked = []

    def answer(route: Any) -> None:
        if route.request.url == HOME:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            page.asked.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    page.goto(HOME)
    try:
        yield page
    finally:
        context.close()


def violations(page: Any, without: tuple[str, ...] = ()) -> list[str]:
    """What axe finds by all rules but some, one line each: the rule, and the first element that breaks it."""
    from axe_playwright_python.sync_playwright import Axe

    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    options |= {"rules": {rule: {"enabled": False} for rule in without}}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:200]}" for one in found]


def sideways(page: Any) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def assert_accessible(
    browser: Any, html: str, looks: tuple[dict[str, Any], ...] = LOOKS, without: tuple[str, ...] = ()
) -> None:
    """No violation of axe, nothing asked of a network and no scrolling sideways, light and dark, wide and narrow."""
    for look in looks:
        with opened(browser, html, **look) as page:
            assert violations(page, without) == []
            assert sideways(page) <= 0
            assert page.asked == []
