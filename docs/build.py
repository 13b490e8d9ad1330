"""Build the documentation as pages that open from disk: `python docs/build.py`, or `make docs`.

Three steps: the folder that Sphinx reads is laid out (pages of `docs/`, and those made of the toolkit itself: glossary,
settings, commands, reference, decisions); the demonstration request is worked through, unless it lies there from
before; Sphinx builds, and every warning is an error. Nothing asks a network for anything.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))  # `_building`, here and in conf.py

from _building import layout, worked  # noqa: E402


def build(out: Path, source: Path, cache: Path | None) -> int:
    """Build the pages into a folder.

    Parameters
    ----------
    out, source : Path
        Where the pages go, and the folder laid out for Sphinx.
    cache : Path or None
        Where executed notebooks of the demonstration are kept; None leaves them out.

    Returns
    -------
    int
        0, or 1 if Sphinx warned of anything.
    """
    from sphinx.cmd.build import build_main

    from jdl_toolkit.render.power import write_power_page
    from jdl_toolkit.spec import intake_spec
    from jdl_toolkit.validation.page import write_page
    from jdl_toolkit.validation.parts import PARTS
    from jdl_toolkit.validation.whole import Validation

    notebooks = worked.executed(cache) if cache else {}
    layout.lay_out(source, notebooks)
    arguments = ["-b", "html", "-c", DOCS, "-d", out.parent / "doctrees", "-W", "--keep-going", "-q", source, out]
    status = build_main([str(argument) for argument in arguments])
    write_power_page(intake_spec(DOCS.parent / "parameters" / "defaults.yml"), out / "how-many-people.html")
    write_page(Validation.read(DOCS / "validation", PARTS), out / "validation-report.html")
    return status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DOCS / "_build", help="where html/ and what it is made of go")
    parser.add_argument("--without-notebooks", action="store_true", help="leave out the request worked through")
    given = parser.parse_args()
    place = given.out.resolve()
    status = build(place / "html", place / "source", None if given.without_notebooks else place / "cache")
    if not status:
        print(place / "html" / "index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
