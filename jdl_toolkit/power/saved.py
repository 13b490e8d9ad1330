"""Power tables as version 0.6.0 saved them: the answers, from which the question is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd


def saved_by_0_6(folder: Path) -> dict[str, Any] | None:
    """The question of a table that version 0.6.0 saved; None if it did not, or if that cannot be read."""
    try:
        reductions = pd.read_parquet(folder / "rows.parquet")["reduction"]
        asked = json.loads((folder / "result.json").read_text())
        question = {name: asked[name] for name in ("unit", "sd", "alpha", "power", "n_control", "n_treatment")}
        if (folder / "effective").is_dir():
            worth = json.loads((folder / "effective" / "result.json").read_text())
            question |= {"ess_control": worth["n_control"], "ess_treatment": worth["n_treatment"]}
    except (OSError, ValueError, KeyError):
        return None
    return question | {"reductions": reductions}
