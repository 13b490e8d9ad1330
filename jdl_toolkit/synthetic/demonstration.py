"""The demonstration in one folder: an invented register, prepared, and two uploads whose true effects are known."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import JDLError
from ..register import build_register
from ..result import write_atomically
from ..scratch import scratch
from .bridges import write_bridges
from .foundation import write_foundation
from .register import synthesise_register

#: What the folder holds; a folder with anything else in it is not replaced.
CONTENT = {"register", "register.duckdb", "foundation-2013.xlsx", "truth.json", "truth_links.parquet"}
CONTENT |= {"bridges-2013.xlsx", "bridges_links.parquet"}


def synthesise(
    out: Path,
    persons: int = 100_000,
    seed: int = 1,
    effect_pp: float = -2.0,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Make the demonstration: tables, prepared register, uploads and truth.

    Parameters
    ----------
    out : Path
        Folder to write: ``register/`` (Parquet tables), ``register.duckdb`` (prepared), ``foundation-2013.xlsx`` (the
        upload), ``truth.json`` and ``truth_links.parquet`` (who is who; for tests); a second upload with several
        analyses, ``bridges-2013.xlsx``, with ``bridges_links.parquet``. Written whole or not at all; an earlier
        demonstration there is replaced.
    persons : int
        People on the register, 20,000 or more.
    seed : int
    effect_pp : float
        True effect of the first service, in percentage points; negative is a reduction. That of the second is fixed
        (`provision.EFFECT_PP`), but for 0, which plants no effect in either.
    progress : callable, optional
        Told each step.

    Returns
    -------
    dict
        ``folder``, ``persons``, ``offences``, ``records`` (of the first upload) and ``truth`` (of the second under
        ``bridges``).

    Raises
    ------
    JDLError
        If `out` holds something else than a demonstration, or there are too few people to make the upload from.
    """
    out = Path(out).resolve()
    if out.exists() and (not out.is_dir() or {p.name for p in out.iterdir()} - CONTENT):
        raise JDLError("the folder holds something else than a demonstration", str(out), "name another folder")
    say = progress or (lambda step: None)
    out.parent.mkdir(parents=True, exist_ok=True)
    with scratch(out.parent, f".{out.name}.") as folder:
        making = folder / "demo"
        making.mkdir()
        made = synthesise_register(making / "register", persons, seed, say)
        say("choosing the people of the upload, and planting the effect")
        upload = making / "foundation-2013.xlsx"
        truth = write_foundation(making / "register", upload, making / "truth.json", seed, effect_pp)
        say("choosing the people of the second upload")
        truth["bridges"] = _second_upload(making, seed, effect_pp != 0)
        build_register(making / "register", making / "register.duckdb", progress=lambda step, *_: say(step))
        if out.exists():
            os.replace(out, folder / "earlier")
        os.replace(making, out)
    counts = {"persons": made["rows"]["person"], "offences": made["rows"]["offence"]}
    return {"folder": str(out), **counts, "records": truth["flow"]["records"], "truth": truth}


def _second_upload(folder: Path, seed: int, with_effect: bool) -> dict[str, Any]:
    """Write the second upload beside the first, of other people, and its truth into the same file."""
    known = pd.read_parquet(folder / "truth_links.parquet")["person_id"].dropna()
    places = (folder / "register", folder / "bridges-2013.xlsx", folder / "bridges_links.parquet")
    truth = write_bridges(*places, seed, known, with_effect)
    both = json.loads((folder / "truth.json").read_text(encoding="utf-8")) | {"bridges": truth}
    write_atomically(folder / "truth.json", json.dumps(both, indent=1) + "\n")
    return truth
