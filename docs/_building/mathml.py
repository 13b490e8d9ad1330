"""Formulas as MathML, which browsers draw by themselves: no script, no font, no picture.

docutils converts the LaTeX. What it cannot convert is a warning, and warnings fail the build.
"""

from __future__ import annotations

import html
import re
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

ElementTree.register_namespace("", "http://www.w3.org/1998/Math/MathML")
SPACE = "{http://www.w3.org/1998/Math/MathML}"
ACCENTS = "ˉˆ˜~"


def to_mathml(formula: str, as_block: bool) -> str:
    """The formula as one `math` element.

    Raises
    ------
    MathError
        If a command of the formula is not known to docutils.
    """
    mathml = tex2mathml(formula.strip(), as_block=as_block)
    tree = ElementTree.fromstring(re.sub(r"&(?!lt;|gt;|amp;)\w+;", lambda name: html.unescape(name[0]), mathml))
    for element in tree.iter():
        element.text, element.tail = (text and text.strip() for text in (element.text, element.tail))
    for element in tree.iter(f"{SPACE}munderover"):
        _lower_index(element)
    return ElementTree.tostring(tree, encoding="unicode")


def _lower_index(element: ElementTree.Element) -> None:
    """The index of a letter with an accent stands beside it, where docutils puts it below."""
    letter, index, accent = element
    if accent.text in ACCENTS:
        letter_with_accent = ElementTree.Element(f"{SPACE}mover", accent="true")
        letter_with_accent.extend([letter, accent])
        element.tag, element[:] = f"{SPACE}msub", [letter_with_accent, index]


def visit(translator: Any, node: nodes.Element, as_block: bool) -> None:
    try:
        mathml = to_mathml(node.astext(), as_block)
    except MathError as fault:
        logger.warning("formula %r: %s", node.astext(), fault, location=node)
        mathml = translator.encode(node.astext())
    translator.body.append(f'<div class="formula">{mathml}</div>\n' if as_block else mathml)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda translator, node: visit(translator, node, False), None),
        block_renderers=(lambda translator, node: visit(translator, node, True), None),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
