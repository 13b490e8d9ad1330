"""Links to the reference: from pages that name a function in full, and between docstrings.

`jdl_toolkit.matching.match` in a page of the method becomes a link to where the reference describes it. A name that the
reference does not have is a warning, so that no page speaks of a function that is gone.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

NAME = re.compile(r"jdl_toolkit((?:\.\w+)+)")
#: Results that share their name with a group of settings, and the package of each.
RESULTS = {
    "Analysis": "findings",
    "Balance": "balance",
    "Cohort": "cohort",
    "Covariates": "covariates",
    "Criterion": "lifecycle",
    "Forecast": "precheck",
    "Linkage": "linkage",
    "Outcomes": "inference",
    "Robustness": "robustness",
    "Suitability": "precheck",
}


class LinkNames(SphinxTransform):
    """Replace code spans that are full names; the text of the link is the name without the package's."""

    default_priority = 400

    def apply(self) -> None:
        if not self.env.docname.startswith("method"):
            return
        for literal in list(self.document.findall(nodes.literal)):
            if found := NAME.fullmatch(literal.astext()):
                options = {"refdomain": "py", "reftype": "obj", "reftarget": found[0], "refwarn": True}
                link = addnodes.pending_xref("", refdoc=self.env.docname, refexplicit=True, **options)
                link += nodes.literal("", found[1][1:])
                literal.replace_self(link)


class PreferResults(SphinxTransform):
    """`Covariates` in a docstring means the result of that name, not the settings of that name."""

    default_priority = 400

    def apply(self) -> None:
        for link in self.document.findall(addnodes.pending_xref):
            if link.get("refdomain") == "py" and (package := RESULTS.get(link["reftarget"])):
                link["reftarget"] = f"jdl_toolkit.{package}.{link['reftarget']}"


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(LinkNames)
    app.add_transform(PreferResults)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
