"""The index page: its rows and figures, what it keeps between two writings, its script in a real browser."""

import datetime as dt
import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browser import COLOURS, assert_accessible, opened, sideways, violations
from examples import estimate, findings, measure, several, spec, unanswered, withheld
from hypothesis import given, settings
from hypothesis import strategies as st

from jdl_toolkit.errors import JDLError
from jdl_toolkit.portfolio import read_requests
from jdl_toolkit.releases import Release
from jdl_toolkit.render import lint_html, refresh_index, write_index
from jdl_toolkit.render.index import headlines, index_page, words
from jdl_toolkit.render.index.entries import DRAFT, IMPORTED, PUBLISHED, Entry, Shown, counts
from jdl_toolkit.render.index.links import Links
from jdl_toolkit.render.index.picture import Scale, strip
from jdl_toolkit.render.index.products import Products, products

TODAY = dt.date(2014, 3, 10)
PILOT = Path(__file__).parent / "golden" / "portfolio_pilot_year.csv"
#: A stage at which a request was found not to be answerable.
ENDED = {"status": "done", "gate": "could not be answered", "reason": "21 people", "ended": "2014-02-03T10:00:00+00:00"}
SCRIPT = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'


def shown(estimate_pp: float = -2.0, low: float = -8.0, high: float = 4.0, **changes: Any) -> Shown:
    verdict = "reduction" if high < 0 else "increase" if low > 0 else "inconclusive"
    values = {"title": "", "standing": PUBLISHED, "verdict": verdict, "n": 257, "treatment": 0.33, "control": 0.35}
    return Shown(**(values | {"estimate": estimate_pp, "low": low, "high": high} | changes))


def entry(request: str = "a", *results: Shown, **changes: Any) -> Entry:
    values = {"organisation": "Foundation", "service": "Supported housing", "status": "published"}
    values |= {"need": "accommodation", "setting": "community", "sector": "voluntary"}
    return Entry(request, **(values | {"received": dt.date(2013, 8, 12), "results": results} | changes))


def pilot() -> list[Entry]:
    """The pilot year's requests, invented; the first is of an organisation with accents, one is a draft."""
    listed = []
    for row in read_requests(PILOT).to_dict("records"):
        is_published = row["status"] == "published"
        figures = [row[name] for name in ("difference_pp", "ci_low_pp", "ci_high_pp")]
        report = f"released/{row['request']}/1/report.html"
        result = (
            [shown(*figures, verdict=row["verdict"], n=int(row["n_treatment"]), report=report)] if is_published else []
        )
        links = (Links("Version 1, 3 Mar 2014", (("HTML", report),)),) if is_published else ()
        kinds = {name: row[name] for name in ("status", "need", "setting", "sector", "organisation")}
        late = {"is_overdue": row["request"].endswith("7"), "due": TODAY} if row["status"] == "in progress" else {}
        listed.append(
            entry(row["request"], *result, **kinds, **late, received=row["received"].date(), links=links, service="")
        )
    listed.sort(key=lambda e: (-e.received.toordinal(), e.request))
    draft = entry("draft", shown(-30, -45, -15, standing=DRAFT, n=41), organisation="Élan Ærø", status="in progress")
    elsewhere = entry("import:1", shown(3, 1, 5, standing=IMPORTED), status=words.ELSEWHERE, received=None, sector="")
    return [draft, *listed, elsewhere]


def page_of(*listed: Entry, made: Products | None = None) -> str:
    return index_page(listed, made or Products(), TODAY)


def embedded(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def kept(folder: Path, request: str, found: Any, stages: Any = None, events: tuple[str, ...] = ()) -> Path:
    """A request's folder with findings and report."""
    found.write(folder / request / "findings.json")
    values = {"request": request, "status": "reported", "created": "2014-02-01T10:00:00"}
    values |= {"spec_digest": "", "inputs": [], "toolkit_version": "0.7.0", "packages": {}}
    values["stages"] = {name: {"status": "done"} | said for name, said in (stages or {}).items()}
    values["events"] = [{"event": event, "by": "A", "date": "2014-02-03", "reason": "x"} for event in events]
    asked = spec().to_dict() | {"request": request, "received": str(found.received)}
    (folder / request / "spec.yml").write_text(json.dumps(asked, default=str))
    (folder / request / "manifest.json").write_text(json.dumps(values))
    (folder / request / "report").mkdir()
    for name in ("report.html", "report.pdf", "data-tables.xlsx"):
        (folder / request / "report" / name).write_text("x")
    return folder / request


def text_of(page: str, tag: str = "body") -> str:
    inside = re.sub(r"<(style|script)\b.*?</\1>", "", page.split(f"<{tag}", 1)[1], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


# --- words -----------------------------------------------------------------------------------------------------------


def test_a_result_in_words():
    assert shown(0.0, -6.4, 5.4, treatment=0.281, control=0.28).size_in_words == "28 v 28 per 100; −6 to +5"
    assert shown().figures == ("−2", "−8 to +4")
    assert shown(-6.6, -13.0, -0.2).figures == ("−6.6", "−13.0 to −0.2")  # a limit never prints as zero
    assert shown(100 * 0.285, 10, 50).figures[0] == "+29"  # 28.499999999999996, by arithmetic alone
    assert shown(treatment=None).size_in_words == "−2 points; −8 to +4"
    none = Shown("", DRAFT, None, why_not="fewer than 5 people reoffended")
    assert none.size_in_words == "fewer than 5 people reoffended" and not none.is_drawn


def test_counts_balance_and_are_those_of_the_pilot_year():
    requests, reports = counts([e for e in pilot() if e.request.startswith("pilot")])
    assert [(name, n) for name, n, _ in requests] == [
        ("received", 80),
        ("published", 57),
        ("could not be answered", 12),
        ("withdrawn", 1),
        ("under way", 10),
    ]
    assert reports == [("published results", 57), ("reductions", 19), ("increases", 3), ("inconclusive", 35)]
    mixed = [entry("a", shown(), shown(-9, -15, -3)), entry("b", shown(verdict=None)), entry("c", status="received")]
    requests, reports = counts([*mixed, entry("d", shown(), status=words.ELSEWHERE)])
    for rows in (requests, reports):
        assert rows[0][1] == sum(row[1] for row in rows[1:]) == 3
    assert requests[4][2] == "1 received" and ("without a result", 1) in reports and ("reduction", 1) in reports


# --- rows from disk --------------------------------------------------------------------------------------------------


def test_rows_are_those_of_the_folder(tmp_path):
    kept(tmp_path, "plain", findings(request="plain", received=dt.date(2014, 1, 2)))
    kept(tmp_path, "several", several().model_copy(update={"request": "several"}))
    for kind in ("html", "pdf"):
        place = tmp_path / "several" / "report" / "custody"
        place.mkdir(exist_ok=True)
        (place / f"report.{kind}").write_text("x")
    kept(tmp_path, "tiny", unanswered().model_copy(update={"request": "tiny"}), {"intake": ENDED})
    kept(tmp_path, "gone", findings(request="gone"), events=("withdrawn",))
    kept(tmp_path, "held", findings(withheld(), request="held"))
    (tmp_path / "spoilt").mkdir()
    (tmp_path / "spoilt" / "manifest.json").write_text("{")
    page = write_index(None, tmp_path, TODAY).read_text(encoding="utf-8")
    assert lint_html(page, with_script=True) == [] and lint_html(page) != []
    said = text_of(page)
    assert "33 v 35 per 100; −8 to +4 not yet published ◇ inconclusive HTML of plain, Draft" in said.replace(
        "Draft ", "", 1
    )
    assert "The North: 37 v" in said and "Released from custody: 21 people could be included" in said
    assert "fewer than 5 people reoffended" in said and "at least 30 are needed" in said
    assert "manifest unreadable" in said
    links = dict(re.findall(r'<a href="([^"#]*)">(\w+)<span', page))
    assert links["plain/report/report.html"] == "HTML" and links["plain/report/data-tables.xlsx"] == "XLSX"
    assert {"several/report/report.pdf", "several/report/custody/report.html"} <= set(links)
    data = embedded(page)
    is_ = {one["text"].split()[-1]: one["is"] for one in data["requests"]}
    assert {name: one["status"] for name, one in is_.items()} == {
        "plain": ["received"],
        "several": ["received", "overdue"],
        "tiny": ["could not be answered"],
        "gone": ["withdrawn"],
        "held": ["received", "overdue"],
        "spoilt": ["in progress"],
    }
    assert is_["several"]["verdict"] == ["inconclusive", "no result"] and is_["gone"]["verdict"] == ["no result"]
    assert len(data["results"]) == 3  # of "plain", and two of "several"


def released(folder: Path, request: str, version: int, found: Any, reason: str = "") -> None:
    place = folder / "released" / request / str(version)
    found.write(place / "findings.json")
    files = {"report.html": "0", "report.pdf": "0", "data-tables.xlsx": "0", "findings.json": "0"}
    for name in ("report.html", "report.pdf", "data-tables.xlsx"):
        (place / name).write_text("x")
    day = dt.date(2014, 2, version)
    record = Release(
        request=request, version=version, released=day, by="A", reason=reason, files=files, toolkit_version="1"
    )
    (place / "release.json").write_text(record.model_dump_json())


def test_a_released_report_is_told_by_what_was_published_last(tmp_path, caplog):
    kept(tmp_path, "a", findings(measure(estimate(-0.20, 0.02)), request="a"))  # a draft of something else
    released(tmp_path, "a", 1, findings(measure(estimate(-0.08, 0.02)), request="a"))
    released(tmp_path, "a", 2, findings(measure(estimate(0.09, 0.02)), request="a"), "two records were of one person")
    page = write_index(None, tmp_path, TODAY).read_text(encoding="utf-8")
    (result,) = embedded(page)["results"]
    assert result["verdict"] == "increase" and result["standing"] == "a: published, version 2."
    assert result["estimate"] == pytest.approx(9)
    said = text_of(page)
    assert "version 2: two records were of one person" in said
    assert said.index("Version 2, 2 Feb 2014") < said.index("Version 1, 1 Feb 2014") < said.index("Latest run")
    assert "1 published result: 0 reductions, 1 increase, 0 inconclusive." in said
    assert 'href="released/a/2/report.html"><span class="who">' in page.replace('<a class="line" ', "<a ")
    (tmp_path / "released" / "a" / "2" / "release.json").write_text("{")
    with pytest.raises(JDLError, match="cannot be read"):  # what was published must be known
        write_index(None, tmp_path, TODAY)
    refresh_index(None, tmp_path)  # after a run, which is not to fail of it
    assert "the index page could not be drawn: a/2: the record of a release cannot be read" in caplog.text
    assert page == (tmp_path / "index.html").read_text(encoding="utf-8")


def test_findings_are_read_anew_only_where_they_changed(tmp_path, monkeypatch):
    files = [kept(tmp_path, name, findings(request=name)) / "findings.json" for name in "abc"]
    read: list[str] = []
    whole = headlines.Findings.read
    monkeypatch.setattr(headlines.Findings, "read", lambda path: (read.append(path.parent.name), whole(path))[1])
    first = headlines.headlines(tmp_path, files)
    assert read == ["a", "b", "c"]
    assert headlines.headlines(tmp_path, files) == first and len(read) == 3
    findings(measure(estimate(-0.2, 0.02)), request="b").write(files[1])
    again = headlines.headlines(tmp_path, [*files, tmp_path / "none.json"])
    assert read[3:] == ["b"] and again[files[1]]["results"][0]["verdict"] == "reduction"
    (tmp_path / headlines.KEPT).write_text('{"made_by": [0], "files": 3}')  # of another toolkit, or spoilt
    assert headlines.headlines(tmp_path, files) == again
    files[2].write_text("{")
    assert set(headlines.headlines(tmp_path, files)) == set(files[:2])


def test_requests_that_did_not_change_take_no_time(tmp_path):
    """A hundred in less than a second."""
    found = findings()
    for i in range(30):
        kept(tmp_path, f"r{i}", found.model_copy(update={"request": f"r{i}"}))
    write_index(None, tmp_path, TODAY)
    started = time.process_time()
    page = write_index(None, tmp_path, TODAY)
    assert time.process_time() - started < 0.3
    assert len(embedded(page.read_text())["results"]) == 30


def test_bulletins_batches_and_imports_are_linked_on_top(tmp_path):
    for period, title in (("2013-09", "September"), ("2013-10", "October")):
        place = tmp_path / "bulletins" / period
        place.mkdir(parents=True)
        (place / "bulletin.json").write_text(json.dumps({"title": f"{title} 2013", "published": "2013-11-14"}))
        (place / "bulletin.html").write_text("x")
    (tmp_path / "bulletins" / "2013-09" / "bulletin.json").write_text("{")
    (tmp_path / "batches").mkdir()
    for name in ("2014-01-01.json", "2014-02-01.json"):
        (tmp_path / "batches" / name).write_text("{}")
    assert products(tmp_path).batch.of == "Last batch: 2014-02-01"
    came_to = {"finished": "2014-02-01T10:00:00+00:00", "n_requests": 20, "counts": {"failed": 2, "reported": 18}}
    (tmp_path / "batches" / "2014-02-01.json").write_text(json.dumps(came_to))
    made = products(tmp_path)
    assert made.batch.of == "Last batch, 1 Feb 2014: 20 requests: 2 failed, 18 reported"
    assert [b.of for b in made.bulletins] == ["October 2013, 14 November 2013", "Bulletin 2013-09"]
    assert made.bulletins[0].links == (("HTML", "bulletins/2013-10/bulletin.html"),)
    assert made.batch.links[0][1] == "batches/2014-02-01.json" and made.elsewhere is None
    said = text_of(page_of(entry(), made=made))
    assert said.index("October 2013, 14 November 2013") < said.index("Bulletin 2013-09") < said.index("Last batch")


def test_results_published_elsewhere_are_marked(tmp_path):
    from jdl_toolkit.imported.store import import_results, keep

    rows = [
        "id,programme,outcome,unit,source_title,n_treatment,treatment_value,control_value,effect_t_minus_c,ci95_low,ci95_high"
    ]
    rows += ["x1,Housing,one-year proven reoffending rate,percent,A bulletin,257,33,35,-2,-8,4"]
    rows += ["x2,Mentoring,one-year proven reoffending rate,percent,A bulletin,,,,-2,,"]
    (tmp_path / "past.csv").write_text("\n".join(rows))
    made, _ = import_results(tmp_path / "past.csv", tmp_path, TODAY)
    keep(made, tmp_path)
    page = write_index(None, tmp_path, TODAY).read_text(encoding="utf-8")
    (result,) = embedded(page)["results"]
    assert result["standing"] == "past:x1: published elsewhere." and result["verdict"] == "inconclusive"
    assert "Besides, 1 published elsewhere." in text_of(page) and "Mentoring" not in text_of(page)


# --- the picture -----------------------------------------------------------------------------------------------------


def test_places_across_are_those_of_the_scale():
    results = [shown(-20, -38, -1), shown(5, -2, 12), shown()]
    scale = Scale(results)
    assert scale.ticks == [-30, -20, -10, 0, 10]
    at = {x: float(scale.at(x)[:-1]) for x in (-38, -20, -1, 0, 12)}
    assert at[-38] == pytest.approx(100 * 1.5 / 53, abs=0.01) and at[12] == pytest.approx(100 - at[-38], abs=0.011)
    assert at[0] == pytest.approx(at[-38] + (at[12] - at[-38]) * 38 / 50, abs=0.01)
    drawn = strip(results[0], scale)
    assert f'x1="{scale.at(-38)}" x2="{scale.at(-1)}"' in drawn and f'href="#clear" x="{scale.at(-20)}"' in drawn
    assert 'href="#unclear"' in strip(results[1], scale)  # told by form, too
    assert "draft" in strip(shown(standing=DRAFT), scale) and "imported" in strip(shown(standing=IMPORTED), scale)


@pytest.mark.parametrize(
    "limits", [(0, 0, 0), (-0.001, -0.002, 0.001), (-99, -100, 100), (3, 2, 4), (-5000, -9000, -1)]
)
def test_any_range_has_a_scale_that_holds_zero_and_all_of_it(limits):
    scale = Scale([shown(*limits)])
    assert all(0 <= float(scale.at(x)[:-1]) <= 100 for x in (*limits, 0))
    assert 0 in scale.ticks and scale.ticks == sorted(set(scale.ticks))


# --- texts from outside ----------------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


HOSTILE = [
    SCRIPT, "<!--", "]]>", "<script>", "</style>", "' onfocus='alert(1)", '" autofocus onfocus="x', "\u2028\u2029",
    "{{ 7*7 }}", "\u202egnp.exe", "\x00\x1b[31m", "&lt;b&gt;&amp;", "policy-of-this-page", "javascript:alert(1)",
    "بيت", "a" * 3000, "\ud800",
]  # fmt: skip


def page_named(text: str) -> str:
    result = shown(title=text, sentence=text, report="x/report.html")
    links = (Links(text, (("HTML", "x/report.html"),)),)
    named = entry(text, result, organisation=text, service=text, where=text, remarks=(text,), links=links)
    return page_of(named, made=Products((Links(text, (("PDF", "b.pdf"),)),)))


@given(st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1)))
@settings(max_examples=40, deadline=None)
def test_no_text_alters_the_page(text):
    page = page_named(f"x{text}")
    assert _Tags(page).tags == _Tags(page_named("Plain")).tags
    page.encode()
    data = embedded(page)
    assert data["requests"][0]["text"].count("x") >= 3 and len(data["results"]) == 1
    assert "\u2028" not in page and page.count("<script") == 2


def test_links_stay_within_the_folder(tmp_path):
    kept(tmp_path, "javascript:alert(1)", findings(request="javascript:alert(1)"))
    page = write_index(None, tmp_path, TODAY).read_text(encoding="utf-8")
    found = re.findall(r'href="([^"#]+)"', page)
    assert found and all(not re.match(r"[a-z]+:|/", link, re.I) for link in found)


def test_a_page_may_have_no_script_but_its_own():
    page = page_of(entry("a", shown()))
    assert lint_html(page.replace("use strict", "use  strict"), with_script=True) == [
        "the policy does not name a script of the page"
    ]
    assert lint_html(page.replace("margin: 0", "margin: 1px", 1), with_script=True) == [
        "the policy does not name a style of the page"
    ]
    loose = page.replace("script-src 'sha256", "script-src 'unsafe-inline' 'sha256")
    assert lint_html(loose, with_script=True) == ["the policy allows more than the page's own script"]
    assert not re.search(r"\b(fetch|XMLHttpRequest|import|WebSocket|innerHTML|eval|Function|localStorage)\b", page)


def test_a_lab_without_requests_has_a_page(tmp_path):
    page = write_index(None, tmp_path, TODAY).read_text(encoding="utf-8")
    assert "No request yet" in page and "<figure" not in page


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page() -> str:
    hostile = entry("hostile", shown(6, 1, 11), organisation=SCRIPT, service="בית 12", where=SCRIPT, need="family")
    bulletin = Products((Links("October 2013, 14 November 2013", (("HTML", "b.html"), ("PDF", "b.pdf"))),))
    return index_page([hostile, *pilot()], bulletin, TODAY)


def shown_in(place: str, value: str) -> str:
    """A script that lists a value of each element that is shown."""
    return f"() => [...document.querySelectorAll('{place}:not([hidden])')].map(e => {value})"


ROWS = shown_in("#table tbody tr", "e.querySelector('small').textContent")
LINES = shown_in("#lines-of-results li", "e.id || e.textContent")
NAMES = shown_in("#lines-of-results li", "e.querySelector('.who').textContent")
PEOPLE = shown_in("#lines-of-results li", "parseInt(e.querySelector('.n').textContent.replace(',', ''))")


def test_it_is_accessible(browser):
    """Of every kind of row there is one; axe's time grows with the rows."""
    (draft, *listed, elsewhere) = pilot()
    hostile = entry("hostile", shown(6, 1, 11), organisation=SCRIPT, is_invented=True)  # with the banner that says so
    page = page_of(hostile, draft, *{(e.status, e.is_overdue, *e.verdicts): e for e in listed}.values(), elsewhere)
    assert_accessible(browser, page)
    with opened(browser, page, viewport={"width": 640, "height": 450}) as seen:
        seen.select_option("#by-need", "accommodation")
        seen.locator("th[data-key=result] button").click()
        seen.locator("#lines-of-results a").first.focus()
        assert violations(seen, without=COLOURS) == [] and sideways(seen) <= 0


def test_readers_find_choose_sort_and_keep_their_view(browser, page):
    with opened(browser, page) as seen:
        told = []
        seen.on("console", lambda message: told.append(message.text))
        seen.on("pageerror", lambda fault: told.append(str(fault)))
        seen.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        seen.reload()
        assert len(seen.evaluate(ROWS)) == 83
        assert seen.locator("#told").inner_text() == "83 of 83 rows shown. 60 of 60 results in the picture."
        seen.fill("#q", "  ELAN aero")
        assert seen.evaluate(ROWS) == ["draft"] and seen.evaluate(LINES) == ["p0"]
        seen.fill("#q", "foundation")
        assert "Chosen by search “foundation”." in seen.locator("#told").inner_text()
        seen.fill("#q", "")
        seen.select_option("#by-need", "employment")
        seen.select_option("#by-verdict", "reduction")
        rows = seen.evaluate(ROWS)
        expected = [e for e in pilot() if e.need == "employment" and "reduction" in e.verdicts]
        assert rows == [e.request for e in expected] and len(seen.evaluate(LINES)) == len(rows) > 3
        seen.locator("th[data-key=people] button").focus()
        seen.keyboard.press("Enter")
        by_size = sorted(expected, key=lambda e: e.first.n)
        assert seen.evaluate(ROWS) == [e.request for e in by_size]
        names = (
            "() => [...document.querySelectorAll('#lines-of-results li:not([hidden]) .who')].map(e => e.textContent)"
        )
        assert seen.evaluate(names) == [e.organisation for e in by_size]  # the picture follows
        seen.keyboard.press("Enter")
        assert seen.evaluate(ROWS) == [e.request for e in by_size[::-1]]
        sorts = seen.locator("th[aria-sort]").evaluate_all("all => all.map(e => [e.dataset.key, e.ariaSort])")
        assert sorts == [["people", "descending"]]
        view = seen.evaluate("location.hash")
        assert view == "#sort=-people&order=table&need=employment&verdict=reduction"
        seen.reload()
        assert seen.evaluate(ROWS) == [e.request for e in by_size[::-1]]
        seen.click("#clear-all")
        assert len(seen.evaluate(ROWS)) == 83 and seen.evaluate("location.hash") == ""
        seen.select_option("#by-status", "overdue")
        assert seen.evaluate(ROWS) == [e.request for e in pilot() if e.is_overdue] != []
        seen.goto(seen.url.split("#")[0] + "#need=nonsense&sort=%3Cb%3E&order=x&constructor=1&verdict=increase")
        assert len(seen.evaluate(LINES)) == 5 and seen.locator("#by-need").input_value() == ""
        assert told == [] and seen.asked == []


def test_the_picture_is_used_by_keyboard(browser, page):
    with opened(browser, page, viewport={"width": 1440, "height": 900}) as seen:
        assert seen.locator("#lines-of-results a[tabindex='0']").count() == 1
        seen.locator("#lines-of-results a[tabindex='0']").focus()
        assert seen.locator("#panel-name").inner_text() == "Élan Ærø"
        for key, place in (
            ("ArrowDown", "p1"),
            ("End", "p59"),
            ("ArrowDown", "p59"),
            ("Home", "p0"),
            ("ArrowUp", "p0"),
        ):
            seen.keyboard.press(key)
            assert seen.evaluate("document.activeElement.parentElement.id") == place
        seen.keyboard.press("ArrowDown")
        said = seen.locator("#panel").inner_text()
        assert "difference −20 percentage points; 95% interval −38 to −1; reduction." in said
        at = seen.locator("#table tr.at small")
        assert at.count() == 1 and at.inner_text() == "pilot-62"
        seen.locator("#lines-of-results li:has-text('alert')").hover()
        assert seen.locator("#panel-name").inner_text().startswith("</script><script>alert(1)")
        seen.keyboard.press("Enter")
        seen.wait_for_timeout(50)
        assert seen.asked[-1].endswith("released/pilot-62/1/report.html")


def test_groups_by_need_have_their_number_of_results(browser, page):
    with opened(browser, page) as seen:
        seen.check("input[value=need]")
        groups = seen.locator("#lines-of-results .group").all_inner_texts()
        assert "Accommodation: 14 results" in groups and groups == sorted(groups) and len(groups) == 8
        assert sum(int(group.split(": ")[1].split()[0]) for group in groups) == 60
        seen.check("input[value=people]")
        people = seen.evaluate(PEOPLE)
        assert people == sorted(people, reverse=True) and seen.locator(".group").count() == 0


def test_it_is_whole_without_a_script_and_on_paper(browser, page):
    with opened(browser, page, java_script_enabled=False) as seen:
        assert seen.locator("#controls").is_hidden() and seen.locator("#table tbody tr").count() == 83
        assert seen.locator("#lines-of-results .strip").count() == 60 and seen.locator("th button").count() == 0
    with opened(browser, page, viewport={"width": 986, "height": 700}) as seen:
        seen.select_option("#by-verdict", "increase")
        seen.emulate_media(media="print")
        assert sideways(seen) <= 0 and seen.locator("#controls").is_hidden()
        assert seen.locator("#table tbody tr:visible").count() == 5 and seen.locator("#told").is_visible()
        box = seen.locator(".plot").bounding_box()
        assert seen.locator("#lines-of-results li:visible").last.bounding_box()["y"] < box["y"] + box["height"]
    with opened(browser, page, forced_colors="active", color_scheme="dark") as seen:
        colour = "e => [getComputedStyle(e).stroke, getComputedStyle(document.body).color]"
        assert len(set(seen.locator("#p0 .interval").evaluate(colour))) == 1
