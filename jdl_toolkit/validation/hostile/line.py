"""The whole line with hostile texts in every field at once: from register and upload to a released report and bulletin.

The register's text columns, a covariate of the lab's own and its codebook, the upload with a column of its own, the
request, every record with its reason, the organisation's response and results published elsewhere hold them. Each
command is typed as at a terminal; then all that it said, and all that lies below the outputs, is read.
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import cycle
from pathlib import Path

import openpyxl
import pandas as pd
import yaml

from ...register import build_register
from ...submission.fields import PEOPLE, SERVICE
from ...synthetic.foundation import write_foundation
from ...synthetic.register import synthesise_register
from ..cheap import CHEAP
from ..leak_hunt.place import Place
from .published import read_all
from .texts import CANARY, TEXTS

PERSONS, EFFECT = 20_000, -12.0
#: In place of the canary in somebody's name: wherever it is found, it has leaked.
NAME = "vqxzwtname"
#: Every text that a workbook and a YAML file can hold, short enough for a name.
_STORED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
SHORT = tuple(text for texts in TEXTS.values() for text in texts if len(text) < 120)
STORED = tuple(text for text in SHORT if not _STORED.search(text))


def play(folder: Path, seed: int) -> tuple[list[dict], list[dict]]:
    """A row for each command that was typed, and one for each file that was read.

    Parameters
    ----------
    folder : Path
        Empty; all that is made lies there.
    seed : int
        Of the register, and which text stands where.
    """
    texts = cycle(STORED[seed % len(STORED) :] + STORED[: seed % len(STORED)])
    _invent(folder / "invented", seed)
    at = Place(folder / "place", folder / "invented")
    commands = _commands(at, [next(texts) for _ in range(12)])
    at.jdl(*commands)
    ended = at.statuses + ["never ended"] * (len(commands) - len(at.statuses))
    rows = [_row(command, status) for command, status in zip(commands, ended, strict=True)]
    files = read_all({"whole line": at.lab.root / "outputs", "terminal": at.root / "terminal"})
    faults = sorted({f"{one['file']}: {one['faults']}" for one in files if one["faults"]})
    open_to_all = [path for path in at.lab.root.glob("outputs/**/*") if "restricted" not in path.parts]
    open_to_all += [*at.root.glob("terminal/*")]
    if any(NAME.encode() in path.read_bytes() for path in open_to_all if path.is_file()):
        faults.append("somebody's name stands in what may be shown")
    if any(path.name == CANARY for path in folder.rglob("*")):
        faults.append("a command within a text was carried out")
    rows[0]["faults"] += faults
    return rows, files


def _row(command: tuple[str, ...], status: str) -> dict:
    name = " ".join(("jdl", command[0], *([command[2]] if command[0] == "record" else [])))
    faults = [] if status == "0" else [f"it ended with status {status}"]
    end = "failed" if faults else "taken as text"
    return {"field": f"whole line, {name}", "kind": "all at once", "text": 0, "end": end, "faults": faults}


def _invent(folder: Path, seed: int) -> None:
    """A register with hostile texts wherever it holds text about sentences, and an upload with them."""
    synthesise_register(folder / "register", PERSONS, seed)
    write_foundation(folder / "register", folder / "foundation-2013.xlsx", folder / "truth.json", seed, EFFECT)
    disposal = pd.read_parquet(folder / "register" / "disposal.parquet")
    for column in ("establishment", "court"):
        some = disposal.index[:: 3 if column == "court" else 4]
        disposal[column] = disposal[column].astype(object) if column in disposal else None
        disposal.loc[some, column] = [text for text, _ in zip(cycle(SHORT), some, strict=False)]
    person = pd.read_parquet(folder / "register" / "person.parquet")
    disposal.to_parquet(folder / "register" / "disposal.parquet", index=False)
    own = pd.DataFrame({"person_id": person["person_id"], "as_of": dt.date(2000, 1, 1)})
    own["tenure"] = [text for text, _ in zip(cycle(SHORT[seed % 7 :: 9]), own.index, strict=False)]
    own.to_parquet(folder / "register" / "extra_covariates.parquet", index=False)
    build_register(folder / "register", folder / "register.duckdb")
    _write_upload(folder / "foundation-2013.xlsx", seed)


def _write_upload(path: Path, seed: int) -> None:
    texts, book = cycle(STORED[seed % 11 :]), openpyxl.load_workbook(path)
    people = book[PEOPLE]
    columns = {cell.value: cell.column for cell in people[1]}
    places = [columns[name] for name in ("Region", "Establishment", "Middle name") if name in columns]
    new = people.max_column + 1
    people.cell(1, new).value = f'Area <script>{CANARY}()</script> "='
    for row in range(2, people.max_row + 1):
        cells = [people.cell(row, new), *([people.cell(row, place) for place in places] if row % 3 == 0 else [])]
        for cell in cells:
            text = next(texts)  # a name that stands in the report, too, would be a leak, and stop it
            is_name = cell.column == columns.get("Middle name")
            cell.value, cell.data_type = text.replace(CANARY, NAME) if is_name else text, "s"
    for row in book[SERVICE].iter_rows(min_row=2):
        if len(row) > 1 and isinstance(row[1].value, str) and len(row[1].value) > 20:
            row[1].value, row[1].data_type = next(texts), "s"
    book.save(path)


def _commands(at: Place, texts: list[str]) -> list[tuple[str, ...]]:
    one = at.request(
        "hostile", organisation={"name": texts[0], "sector": "voluntary"},
        service={"name": texts[1], "need": "other", "setting": "both"}, subgroups=["sex"],
        covariates={"use": [*CHEAP["covariates"]["use"], "extra"]}, analyses={"main": {"title": texts[2]}},
    )  # fmt: skip
    own = {"extra": {"tenure": {"label": texts[3][:60], "meaning": texts[4], "values": texts[5]}}}
    codebook = at.lab.root / "parameters" / "codebook" / "covariates.yml"
    codebook.parent.mkdir(exist_ok=True)
    codebook.write_text(yaml.safe_dump(own, allow_unicode=True), "utf-8")
    (at.lab.root / "response.txt").write_text("\n\n".join(SHORT).replace("\x00", ""), "utf-8")
    row = {"id": "1", "programme": texts[6], "outcome": "one-year proven reoffending rate", "unit": "percent"}
    row |= {"source_title": texts[7], "notes": texts[8], "organisation": texts[9], "treatment_value": "30"}
    row |= {"control_value": "35", "effect_t_minus_c": "-5", "ci95_low": "-9", "ci95_high": "-1"}
    pd.DataFrame([row]).to_csv(at.lab.root / "elsewhere.csv", index=False)
    last = (dt.date.today().replace(day=1) - dt.timedelta(days=1)).strftime("%Y-%m")
    record, by = ("record", one), ("--by", re.sub(r"\d", "", texts[10])[:100])
    return [
        ("run", one),
        (*record, "sign-off", *by, "--reason", texts[11]),
        (*record, "draft sent", "--by", "A. First", "--reason", texts[8]),
        (*record, "response received", "--by", "A. First", "--text-file", "response.txt"),
        ("run", one),
        ("release", one, "--by", "R. Releaser"),
        ("release", "--check"),
        ("import-results", "elsewhere.csv"),
        ("bulletin", last),
        ("status", "--long"),
        ("status", "--json"),
    ]
