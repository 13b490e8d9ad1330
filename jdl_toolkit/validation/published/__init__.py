"""Published numbers: every figure of the sources that can be recomputed is, and the others say why not."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from tqdm import tqdm

from ... import __version__
from ...errors import JDLError
from ...manifest import toolkit_commit
from ...result import write_atomically
from ..part import RESULTS, Effort, Part
from .answering import ABOUT, FIGURES, KEY, QUESTION, answer
from .documents import document_lines
from .line import Line, to_frame
from .power import power_lines
from .reference import reference_lines
from .results import result_lines

__all__ = ["PART", "Line", "answer", "run"]


def run(folder: Path, effort: Effort) -> None:
    """Recompute everything; a folder in which that was done with the same code and effort is left as it is.

    Parameters
    ----------
    folder : Path
    effort : Effort
        short: no invented register, and four blocks of R's results for one table. Nothing is drawn at random but the
        invented register of the worked example, which has a seed of its own: the study's makes no difference.

    Raises
    ------
    JDLError
        If the folder holds results of another version, commit, seed or effort.
    """
    results = Path(folder) / RESULTS
    made = {"seed": effort.seed, "short": effort.short, "version": __version__, "commit": toolkit_commit()}
    if (results / ABOUT).is_file():
        before = json.loads((results / ABOUT).read_text(encoding="utf-8"))
        changed = [name for name, value in made.items() if before.get(name) != value]
        if changed:
            what = f"the results there were made with another {', '.join(changed)}"
            raise JDLError(what, str(folder), "name another folder, or remove this one")
        return
    with tqdm(desc="published numbers", unit=" figures") as bar:
        lines = []
        parts = (
            document_lines(effort.short, bar.set_postfix_str), power_lines(), result_lines(),
            reference_lines(effort.short, bar.set_postfix_str),
        )  # fmt: skip
        for line in chain(*parts):
            lines.append(line)
            bar.update(line.n)
    frame = to_frame(lines)
    frame["verdict"] = [asdict(line)["verdict"].value for line in lines]
    results.mkdir(parents=True, exist_ok=True)
    write_atomically(results / FIGURES, frame.to_csv(index=False, lineterminator="\n").encode())
    counts = {"n_lines": len(lines), "n_figures": int(frame["n"].sum())}
    write_atomically(results / ABOUT, (json.dumps(made | counts, indent=1) + "\n").encode())


PART = Part(KEY, QUESTION, run, answer, "half a minute")
