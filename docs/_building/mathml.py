"""Formulas as MathML, which browsers draw by themselves: no script, no font, no picture.

docutils converts the LaTeX. What it cannot convert is a warning, and warnings fail the build.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def to_mathml(formula: str, as_block: bool) -> str:
    """The formula as one `math` element that carries its LaTeX as alternative text.

    Raises
    ------
    MathError
        If a command of the formula is not known to docutils.
    """
    formula = formula.strip()
    mathml = tex2mathml(formula, as_block=as_block)
    return re.sub(r">\s*\n\s*<", "><", mathml)


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
