"""Words for readers: the little Markdown, and the characters that may be printed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jdl_toolkit.document import Inset, Words
from jdl_toolkit.markup import (
    REPLACEMENT,
    clean,
    one_line,
    parse_markdown,
    parse_words,
    to_html,
    with_code_spans,
    words,
)
from jdl_toolkit.publication import plain as cell
from jdl_toolkit.typeface import printable, width, wrap
from jdl_toolkit.wording import plain

ODD = [
    "<script>alert(1)</script>",
    "[a](http://x.y)",
    "![a](http://x.y/z.png)",
    "`code`",
    "> quote",
    "<http://x.y>",
    "&lt;b&gt;",
]


def test_a_notebooks_paragraphs_lists_and_emphasis_are_read():
    tree = parse_markdown("One **bold** and *soft*.\n\n- first\n- second\n  1. deep\n\nLast\nline")
    assert to_html(tree) == (
        "<p>One <strong>bold</strong> and <em>soft</em>.</p>"
        "<ul><li>first</li><li>second<ol><li>deep</li></ol></li></ul><p>Last line</p>"
    )
    assert parse_markdown("## How *sure*?") == [{"type": "heading", "level": 2, "text": "How sure?"}]


def test_code_is_marked_only_where_it_is_asked_for():
    tree = parse_markdown("See `a<b` and\n\n- `c`, `d")
    assert to_html(with_code_spans(tree)) == (
        '<p>See <code dir="ltr">a&lt;b</code> and</p><ul><li><code dir="ltr">c</code>, `d</li></ul>'
    )
    assert to_html(tree) == "<p>See `a&lt;b` and</p><ul><li>`c`, `d</li></ul>"


def test_words_have_paragraphs_items_and_strong_text_only():
    tree = parse_words("**33 of 100**\nreoffended.\n\n- one\n- **two**\n\n## no heading\n\n1. *no* list \\*")
    assert to_html(tree) == (
        "<p><strong>33 of 100</strong> reoffended.</p><ul><li>one</li><li><strong>two</strong></li></ul>"
        "<p>## no heading</p><p>1. *no* list \\*</p>"
    )


@pytest.mark.parametrize("parse", [parse_words, parse_markdown])
@pytest.mark.parametrize("text", ODD)
def test_everything_else_is_shown_as_typed(parse, text):
    assert parse(text) == [{"type": "paragraph", "inline": [{"type": "text", "text": text}]}]


@given(st.text(max_size=60))
@example("*A* _b_ \\* 1. x")
@example("# x")
@example("- x")
@example("-5")
@example("7*7")
@example("**bold**")
@example("***")
@example("a\u200bb")
def test_a_name_from_outside_stays_as_it_is_in_words_and_in_cells(name):
    shown = one_line(name)
    if not shown:
        return
    for text in (f"Run by {plain(name)} for **years**.", plain(name), f"**{plain(name)}**", f"- {plain(name)}"):
        (node,) = parse_words(text)
        (node,) = node["items"][0] if "items" in node else (node,)
        told = words(node["inline"])
        assert told in (shown, f"Run by {shown} for years.")
        is_strong = [n["type"] == "strong" for n in node["inline"]]
        assert is_strong == ([False, True, False] if text.startswith("Run") else [text.startswith("**")])
    assert cell(name) == shown


def test_control_and_direction_characters_are_dropped_and_spaces_kept_plain():
    assert clean("a\u202eb\u200bc\u0000d\te\r\nf\u2003g\u00a0h") == "abcd e\nf g\u00a0h"
    assert clean("cafe\u0301") == "café"


def test_characters_the_typeface_lacks_are_replaced():
    assert printable("Cymru − “ŵ” 漢") == f"Cymru − “ŵ” {REPLACEMENT}"


def test_width_is_measured_and_lines_stay_within_it():
    assert width("iii", 10) < width("mmm", 10) < width("mmm", 10, bold=True)
    assert width("mmmm", 20) == pytest.approx(2 * width("mmmm", 10))
    lines = wrap("nobody comparable was found among people " + "x" * 80, 120, 9)
    assert "".join(lines).replace(" ", "").endswith("x" * 80)
    assert all(width(line, 9) <= 120 for line in lines)
    assert wrap("", 100, 9) == [""]


def test_a_block_shows_itself_in_jupyterlab_as_its_reader_will_see_it():
    assert Words("**A**\n\n- <b>").to_html() == "<p><strong>A</strong></p><ul><li>&lt;b&gt;</li></ul>"
    assert "<p>x <strong>y</strong></p>" in Inset("note", "T", "x **y**").to_html()
