"""The documentation as pages: what Sphinx builds, and with what. `docs/build.py` lays out the folder it reads.

Nothing here or in the pages asks a network for anything: formulas are MathML, fonts are those of the reader's machine,
search works from disk.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from jdl_toolkit import __version__  # noqa: E402

project = "jdl_toolkit"
version = release = __version__
language = "en-GB"
html_show_copyright = False

extensions = [
    "myst_nb",  # Markdown and notebooks
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",  # numpydoc sections of docstrings
    "_building.mathml",
    "_building.names",
    "_building.docstrings",
]
exclude_patterns = []
nitpicky = False
default_role = "code"  # docstrings write `names` as Markdown does

# Markdown
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

# Notebooks are shown as they were executed by `jdl run`; nothing is executed here.
nb_execution_mode = "off"
nb_ipywidgets_js = {}

# Docstrings
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # attributes that are properties are described as such
autodoc_typehints = "none"  # numpydoc names the types; twice would be once too often
toc_object_entries = False  # the names stand at the top of each page; in the side bars they would make every page heavy
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "jdl_toolkit"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#12436D",
        "color-brand-content": "#12436D",
        "color-brand-visited": "#12436D",
        "color-api-name": "#12436D",
        "color-api-pre-name": "#12436D",
        "color-api-keyword": "#3D3D3D",
    },
    "dark_css_variables": {
        "color-brand-primary": "#8FBCE6",
        "color-brand-content": "#8FBCE6",
        "color-brand-visited": "#8FBCE6",
        "color-api-name": "#8FBCE6",
        "color-api-pre-name": "#8FBCE6",
        "color-api-keyword": "#C9D1D9",
    },
}
html_static_path = ["_static"]
html_css_files = ["house.css"]
html_js_files = ["house.js"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_search_summary = False  # a summary would be fetched from the page it is of, which browsers refuse from disk
html_show_sourcelink = False
html_show_sphinx = False


def setup(app):
    from pygments.lexers.special import TextLexer

    def level_headings(app, name, template, context, tree):
        """The captions of the side bar are headings; of which level, the theme leaves open."""
        if "furo_navigation_tree" in context:
            marked = context["furo_navigation_tree"].replace('role="heading"', 'role="heading" aria-level="2"')
            context["furo_navigation_tree"] = marked

    app.add_lexer("csv", TextLexer)  # Pygments has none
    app.connect("html-page-context", level_headings, priority=900)
