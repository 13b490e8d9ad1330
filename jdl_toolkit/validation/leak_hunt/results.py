"""From what each scene left to small tables: places, hits with their reasons, and what a run has to hold."""

from __future__ import annotations

import fnmatch
import json
from pathlib import Path

import pandas as pd

from .people import KINDS
from .places import CHECKS, NOTEBOOKS, RESTRICTED, REVIEW, SCREEN, SEARCHED
from .scenes import SCENES

_ANSWERED = "what an organisation wrote in its answers, shown to itself and to the lab's analysts"
_KEPT = "the executed notebook keeps what failed or was printed, among the restricted files; nothing was published"
#: Scene, place and kind of file of hits that are no leak, and why. Each reason was looked for in the texts found.
REASONS: tuple[tuple[str, str, str, str], ...] = (
    ("odd uploads", CHECKS, "*/damage-8-check.html", _ANSWERED),
    ("odd uploads", NOTEBOOKS, "*/damage-8/*", _ANSWERED),
    ("odd uploads", REVIEW, "*/damage-8/*", _ANSWERED),
    ("failing notebooks", NOTEBOOKS, "*", _KEPT),
    ("printed in the report", NOTEBOOKS, "*/05_report.ipynb", _KEPT),
    ("debugging", NOTEBOOKS, "*", _KEPT),
    ("debugging", SCREEN, "*", "JDL_DEBUG=1 was set, which says that what it shows may hold data"),
)
#: Scenes that take in the whole of the first upload, so that everybody in it must be among their rows.
WHOLE = frozenset({"failing functions", "reported and released", "debugging", "explored", "killed", "batch"})
PLACES = ["scene", "place", "files", "bytes", "unread", *KINDS, *(f"decoy {kind}" for kind in KINDS)]


def read_scenes(folder: Path) -> list[dict]:
    """Records of the scenes that were played, in their order."""
    paths = {
        path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json") if ".hits." not in path.name
    }
    found = {record["scene"]: record for record in paths.values()}
    return [found[name] for name in SCENES if name in found]


def place_rows(scenes: list[dict]) -> pd.DataFrame:
    """Scene, place; files, bytes, unread; hits of each kind, of people and of decoys: one row for each place of a scene."""  # noqa: E501
    rows = []
    for scene in scenes:
        for place in SEARCHED:
            files = [file for file in scene["files"] if file["place"] == place]
            row: dict = {"scene": scene["scene"], "place": place, "files": len(files)}
            row |= {"bytes": sum(file["bytes"] for file in files), "unread": sum("unread" in file for file in files)}
            row |= {kind: sum(file.get("hits", {}).get(kind, 0) for file in files) for kind in KINDS}
            row |= {f"decoy {kind}": sum(file.get("decoys", {}).get(kind, 0) for file in files) for kind in KINDS}
            rows.append(row)
    return pd.DataFrame(rows, columns=PLACES)


def hit_rows(scenes: list[dict]) -> pd.DataFrame:
    """Scene, place, file (its name alone), kind, of (people, decoys), n, reason ("" if it is a leak)."""
    rows = []
    for scene in scenes:
        for file in scene["files"]:
            for of, key in (("people", "hits"), ("decoys", "decoys")):
                for kind, n in file.get(key, {}).items():
                    row = {"scene": scene["scene"], "place": file["place"], "file": Path(file["file"]).name}
                    reason = reason_of(scene["scene"], file["place"], file["file"], kind)
                    rows.append(row | {"kind": kind, "of": of, "n": n, "reason": reason})
    return pd.DataFrame(rows, columns=["scene", "place", "file", "kind", "of", "n", "reason"])


def reason_of(scene: str, place: str, file: str, kind: str) -> str:
    """Why a hit is no leak; "" if it is one."""
    for of_scene, of_place, of_file, reason in REASONS:
        if scene == of_scene and place == of_place and fnmatch.fnmatch(file, of_file):
            return reason
    return ""


def held_rows(scenes: list[dict], sent: dict[str, int]) -> pd.DataFrame:
    """What was sought is right: kind; sent (of the first upload); held (found among the rows that runs of it keep).

    ``whole`` says whether a scene was played that takes in all of it.
    """
    whole = any(scene["scene"] in WHOLE for scene in scenes)  # noqa: E501
    held: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for scene in scenes:
        for file in scene["files"]:
            for one in file.get("held", ()) if file["place"] == RESTRICTED else ():
                kind = next(kind for kind in KINDS if one.startswith(f"{kind} "))
                held[kind].add(one)
    return pd.DataFrame([{"kind": kind, "sent": sent[kind], "held": len(held[kind]), "whole": whole} for kind in KINDS])


def scene_rows(scenes: list[dict]) -> pd.DataFrame:
    """Scene, commands, statuses as "0: 3, 2: 1", commit of the toolkit that played it (missing for a wheel)."""
    rows = []
    for scene in scenes:
        said = ", ".join(f"{status}: {n}" for status, n in sorted(scene["statuses"].items()))
        rows.append(
            {"scene": scene["scene"], "commands": scene["commands"], "statuses": said, "commit": scene["commit"]}
        )
    return pd.DataFrame(rows, columns=["scene", "commands", "statuses", "commit"])
