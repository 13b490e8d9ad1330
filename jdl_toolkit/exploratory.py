"""The mark on whatever somebody makes by hand: EXPLORATORY, in every print, and never released.

Opening a stage by hand marks the process, that is the notebook's kernel: from then on each result, table and figure
that it shows says so, and each cell that prints something. What `jdl run` makes is not marked.
"""

from __future__ import annotations

import re
import sys
from typing import Any

#: As it stands on whatever is marked.
MARK = "EXPLORATORY: made by hand, to look at other choices. Not for release."

#: At the caption of a table, which may be copied out of its page.
SHORT_MARK = MARK.partition(":")[0]

#: In a drawing: points of its type at most, the room it takes, and a letter's width as a part of its size.
_SIZE, _ROOM, _LETTER = 9.0, 16.0, 0.62
_BOX = re.compile(r'viewBox="([-\d.]+) ([-\d.]+) ([\d.]+) ([\d.]+)"')

_marked = False


def mark(is_exploring: bool = True) -> None:
    """Mark whatever this process shows from now on, or (a test that is done) no longer."""
    global _marked
    _marked = is_exploring
    ipython = sys.modules.get("IPython") if is_exploring else None
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and not hasattr(shell, "jdl_marks_prints"):
        shell.jdl_marks_prints = True
        _mark_prints(shell)


def is_marked() -> bool:
    """Whether what this process shows is exploratory."""
    return _marked


def marked(text: str) -> str:
    """A text, below the mark where what this process shows is exploratory."""
    return f"{MARK}\n{text}" if _marked else text


def marked_drawing(svg: str) -> str:
    """A drawing with the mark below it, so that it stays on one that is saved; one that has it stays as it is."""
    box = _BOX.search(svg)
    if box is None or MARK in svg:
        return svg
    x, y, width, height = map(float, box.groups())
    size, bottom = min(_SIZE, width / (_LETTER * len(MARK))), y + height
    svg = svg.replace(box[0], f'viewBox="{box[1]} {box[2]} {box[3]} {height + _ROOM:g}"', 1)
    svg = re.sub(r'(<svg\b[^>]*?\sheight=")[\d.]+(pt|px)?"', rf'\g<1>{height + _ROOM:g}\g<2>"', svg, count=1)
    ground = f'<rect x="{x:g}" y="{bottom:g}" width="{width:g}" height="{_ROOM:g}" fill="#ffffff" />'
    words = f'<text x="{x + 4:g}" y="{bottom + 11:g}" font-size="{size:.3g}" fill="#801650">{MARK}</text>'
    return svg.replace("</svg>", f"{ground}{words}</svg>")


def _mark_prints(shell: Any) -> None:
    """Put the mark before what a cell prints, and after a value that has no way of its own to show itself."""
    said = [False]

    def before(_: Any) -> None:
        said[0], printed = False, sys.stdout.write
        if hasattr(printed, "marks"):  # else anew: IPython puts its own back after a cell
            return

        def write(text: str) -> int:
            if _marked and not said[0] and text.strip():
                said[0] = True
                if MARK not in text:
                    printed(f"{MARK}\n")
            return printed(text)

        write.marks = True
        sys.stdout.write = write

    def after(ran: Any) -> None:
        value = ran.result
        shows_itself = any(hasattr(value, name) for name in ("_repr_mimebundle_", "_ipython_display_", "_repr_html_"))
        if _marked and value is not None and not shows_itself and not said[0]:
            sys.stdout.write(f"{MARK}\n")

    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", after)
