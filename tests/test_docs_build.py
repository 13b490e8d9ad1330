"""The documentation as pages: it builds without a warning, is whole, and asks nothing of a network.

Built once for the file, without the notebooks: they are the product of a run, which other tests look at.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
import yaml
from browser import sideways, violations

pytest.importorskip("sphinx")

from docutils.utils.math import MathError  # noqa: E402
from sphinx.util.inventory import InventoryFile  # noqa: E402

from jdl_toolkit.cli import main  # noqa: E402

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))

from _building import glossary, layout, mathml, reference, settings, worked  # noqa: E402

#: What loads by itself when a page is opened, by tag.
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data", "link": "href"}


class Page(HTMLParser):
    """Links, anchors, what is loaded, and the text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.loaded: list[str] = []
        self.words: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if given.get(LOADED.get(tag, "")):
            self.loaded.append(given[LOADED[tag]])
        self.loaded += [part.split()[0] for part in (given.get("srcset") or "").split(",") if part.strip()]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> Path:
    """The folder of built pages; a warning of Sphinx fails every test."""
    place = tmp_path_factory.mktemp("docs")
    command = [sys.executable, str(ROOT / "docs" / "build.py"), "--without-notebooks", "--out", str(place)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(place / "html" / "index.html")
    return place / "html"


@pytest.fixture(scope="module")
def pages(html) -> dict[str, Page]:
    return {path.relative_to(html).as_posix(): Page(path) for path in sorted(html.rglob("*.html"))}


def test_every_link_within_the_pages_leads_somewhere(html, pages):
    broken = []
    for name, page in pages.items():
        for link in page.links:
            to = urlsplit(link)
            if to.scheme or to.netloc:
                continue
            target = (html / name).parent / unquote(to.path) if to.path else html / name
            if not target.resolve().is_file():
                broken.append(f"{name}: {link}")
            elif to.fragment and target.suffix == ".html":
                place = target.resolve().relative_to(html.resolve()).as_posix()
                if unquote(to.fragment) not in pages[place].ids and to.fragment not in pages[place].ids:
                    broken.append(f"{name}: {link}")
    assert broken == []
    assert sum(len(page.links) for page in pages.values()) > 5000


def test_nothing_is_loaded_from_elsewhere(html, pages):
    remote = [f"{name}: {one}" for name, page in pages.items() for one in page.loaded if re.match(r"\w+:|//", one)]
    for path in html.rglob("*.css"):
        remote += [
            f"{path.name}: {one}"
            for one in re.findall(r"(?:url\(|@import)\s*['\"]?(\w+:(?!image)[^)]+|//[^)]+)", path.read_text("utf-8"))
        ]
    assert remote == []
    assert any("house.css" in one for one in pages["index.html"].loaded)


def test_every_public_name_is_in_the_reference(html, pages):
    described = names_described(html)
    wanted = {f"jdl_toolkit.{module}.{name}" for module, name in public_names()}
    assert sorted(wanted - described) == []
    assert {"jdl_toolkit.matching.match", "jdl_toolkit.power.PowerTable", "jdl_toolkit.register.Register"} <= wanted
    listed = pages["reference/index.html"].links
    assert all(f"{module}.html" in listed for module in reference.modules(ROOT))


def names_described(html: Path) -> set[str]:
    inventory = InventoryFile.loads((html / "objects.inv").read_bytes(), uri="")
    return {name for kind, entries in inventory.data.items() if kind.startswith("py:") for name in entries}


def public_names() -> Iterator[tuple[str, str]]:
    """As the files state them, read without importing everything: `__all__`, else what a module itself defines."""
    for module in reference.modules(ROOT):
        place = ROOT / "jdl_toolkit" / module
        tree = ast.parse((place / "__init__.py" if place.is_dir() else place.with_suffix(".py")).read_text("utf-8"))
        stated = [node.value for node in tree.body if isinstance(node, ast.Assign) and _name(node) == "__all__"]
        defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        names = ast.literal_eval(stated[0]) if stated else [name for name in defined if not name.startswith("_")]
        yield from ((module, name) for name in names)


def _name(assigned: ast.Assign) -> str:
    return getattr(assigned.targets[0], "id", "")


def commands(group: click.Group, name: str) -> Iterator[str]:
    for one, command in group.commands.items():
        yield from commands(command, f"{name} {one}") if isinstance(command, click.Group) else [f"{name} {one}"]


def test_every_command_is_described_with_its_options(pages):
    page = pages["commands.html"]
    assert {name.replace(" ", "-") for name in commands(main, "jdl")} <= page.ids
    assert "--reductions" in page.text and "jdl register build" in page.text


def test_every_decision_is_listed_with_its_title(pages):
    page = pages["decisions/index.html"]
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert all(f"{path.stem}.html" in page.links for path in records)
    assert "50. The fits take a third of the time, and say the same" in page.text
    assert len(records) > 50


def leaves(settings_: dict, above: str = "") -> Iterator[str]:
    for name, value in settings_.items():
        yield from leaves(value, f"{above}{name}.") if isinstance(value, dict) and value else [f"{above}{name}"]


def test_every_setting_is_listed_with_its_default_and_comment():
    text = (ROOT / "parameters" / "defaults.yml").read_text("utf-8")
    listed = {name: (value, comment) for name, value, comment in settings.entries(text)}
    assert set(leaves(yaml.safe_load(text))) <= set(listed)
    for name, (value, _) in listed.items():
        if value:  # what is read off the lines is what YAML reads
            given = yaml.safe_load(text)
            for part in name.split("."):
                given = given[part]
            assert yaml.safe_load(value) == given
    assert listed["inference.confidence"] == ("0.95", "[S4]: 95 per cent intervals")
    assert listed["linkage.margin"][1].endswith("below it is what keeps them ambiguous")


def test_every_word_of_the_glossary_can_be_linked_to(pages):
    words = [word for words, _, _ in glossary.rows((ROOT / "GLOSSARY.md").read_text("utf-8")) for word in words]
    assert {"caliper", "Γ (gamma)"} <= set(words)
    terms = [one for one in pages["glossary.html"].ids if one.startswith("term-")]
    assert len(terms) == len(words)
    assert "glossary.html#term-caliper" in [link.removeprefix("../") for link in pages["method/matching.html"].links]


def test_a_formula_that_cannot_be_converted_is_refused():
    with pytest.raises(MathError):
        mathml.to_mathml(r"\undefinedcommand{x}", False)
    assert mathml.to_mathml(r"\bar{r}_T", False).endswith(
        '<msub><mover accent="true"><mi>r</mi><mo stretchy="false">ˉ</mo></mover><mi>T</mi></msub></math>'
    )


def test_pages_of_the_method_hold_formulas_and_name_what_computes_them(html, pages):
    for path in sorted((ROOT / "docs" / "method").glob("*.md")):
        page = pages[f"method/{path.stem}.html"]
        assert any("/reference/" in link for link in page.links), path
        assert "$" not in page.text
    assert (html / "method" / "estimates.html").read_text("utf-8").count('display="block"') >= 8


def test_links_of_the_repository_become_links_of_the_pages(tmp_path):
    made = layout.Made(tmp_path)
    page = ROOT / "docs" / "method" / "matching.md"
    assert made.link("it", "../../GLOSSARY.md", "#caliper", page, "") == "{term}`it <caliper>`"
    assert made.link("it", "../cases.md", "#a", page, "") == "[it](/cases.md#a)"
    assert made.link("it", "../../parameters/defaults.yml", "", page, "") == "[it](/settings.md)"
    assert made.link("it", "../../benchmarks/cohort/peer.py", "", page, "") == "[it](/files/benchmarks/cohort/peer.py)"
    assert (tmp_path / "files" / "benchmarks" / "cohort" / "peer.py").is_file()


def test_a_notebook_becomes_a_page_of_what_a_reader_sees(tmp_path):
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    bundle = {"application/vnd.jdl-toolkit.v1+json": {}, "text/html": "<p>257</p>"}
    controls = {worked.WIDGET: {}, "text/plain": "Panel()"}
    cells = [
        new_markdown_cell("# Matching\n\nWho is compared with whom?"),
        new_code_cell('request = "x"', metadata={"tags": ["parameters"]}),
        new_code_cell('request = "foundation-2013"', metadata={"tags": ["injected-parameters"]}),
        new_code_cell("matched", outputs=[new_output("display_data", bundle), new_output("stream", text="noise")]),
        new_code_cell("panel", outputs=[new_output("display_data", controls)]),
    ]
    path = tmp_path / "03_matching.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    page = nbformat.reads(worked.page(path, "A sentence."), as_version=4)
    sources = ["# 03 Matching", "*A sentence.*", "Who is compared with whom?", 'request = "foundation-2013"', "matched"]
    assert [cell.source for cell in page.cells] == [*sources, "panel"]
    assert [dict(output.data) for output in page.cells[4].outputs] == [{"text/html": "<p>257</p>"}]
    assert page.cells[5].outputs[0].data == {"text/html": worked.NOT_HERE}


READ = ("index.html", "method/estimates.html", "glossary.html", "reference/matching.html", "decisions/index.html")
LOOKS = (
    {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look["color_scheme"])
def test_pages_are_accessible_narrow_and_wide_and_load_from_disk_alone(html, browser, look):
    context = browser.new_context(**look, reduced_motion="reduce")
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    for name in READ:
        page.goto((html / name).as_uri())
        assert violations(page) == [], name
        assert sideways(page) <= 0, name
    assert [url for url in asked if not url.startswith("file:")] == []
    context.close()


def test_search_works_from_disk(html, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto((html / "search.html").as_uri() + "?q=caliper")
    page.wait_for_selector("ul.search li a")
    found = [link.get_attribute("href") for link in page.query_selector_all("ul.search li a")]
    assert any("method/matching.html" in link for link in found)
    context.close()
