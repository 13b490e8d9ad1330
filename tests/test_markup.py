"""Words for readers: the little Markdown, and the characters that may be printed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jdl_toolkit.markup import literal, parse, to_html, words
from jdl_toolkit.typeface import REPLACEMENT, clean, printable, width, wrap


def test_paragraphs_lists_and_emphasis_are_read():
    tree = parse("One **bold** and *soft*.\n\n- first\n- second\n  1. deep\n\nLast\nline")
    assert to_html(tree) == (
        "<p>One <strong>bold</strong> and <em>soft</em>.</p>"
        "<ul><li>first</li><li>second<ol><li>deep</li></ol></li></ul><p>Last line</p>"
    )


def test_headings_are_read_only_where_they_are_allowed():
    assert parse("## How *sure*?", headings=True) == [{"type": "heading", "level": 2, "text": "How sure?"}]
    assert to_html(parse("## How sure?")) == "<p>## How sure?</p>"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[a](http://x.y)",
        "![a](http://x.y/z.png)",
        "`code`",
        "> quote",
        "<http://x.y>",
        "&lt;b&gt;",
    ],
)
def test_everything_else_is_shown_as_typed(text):
    (node,) = parse(text)
    assert node == {"type": "paragraph", "inline": [{"type": "text", "text": text}]}


@given(st.text(max_size=60))
@example("*A* _b_ **c** \\* 1. x")
@example("# x")
@example("1. x")
@example("- x")
@example("12) x")
@example("+ 1\n- 2")
@example("\\")
def test_literal_text_comes_back_as_it_was(text):
    plain = " ".join(clean(text).split())
    tree = parse(literal(text))
    assert tree == ([{"type": "paragraph", "inline": [{"type": "text", "text": plain}]}] if plain else [])
    (sentence,) = parse(f"Run by {literal(text)} for years.")
    assert words(sentence["inline"]) == f"Run by {plain} for years."
    assert all(node["type"] == "text" for node in sentence["inline"])


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
