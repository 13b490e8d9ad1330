"""A lab with many invented requests on one register: people of the register, written down as organisations do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from jdl_toolkit.lab import Lab, lay_out
from jdl_toolkit.register import Register
from jdl_toolkit.spec import Need, Sector
from jdl_toolkit.synthetic.foundation import ANSWERS
from jdl_toolkit.synthetic.uploads import IDENTITY, corrupt
from jdl_toolkit.synthetic.workbook import write_upload

from ..cohort.requests import make_spec, sample_records

SEED = 57
#: Records of a request: like the published ones of the pilot year, most below 500 after exclusions, a few large.
FEWEST, MEDIAN, SPREAD, MOST = 80, 420, 0.9, 4_000
#: Each request of so many has too few people, and so is not answered.
TOO_FEW_EVERY, TOO_FEW = 8, 40


def sizes(n_requests: int, seed: int = SEED) -> list[int]:
    """Records of each request, drawn from a log-normal distribution between `FEWEST` and `MOST`."""
    drawn = np.random.default_rng(seed).lognormal(np.log(MEDIAN), SPREAD, n_requests)
    found = np.clip(drawn, FEWEST, MOST).round().astype(int).tolist()
    return [TOO_FEW if (i + 1) % TOO_FEW_EVERY == 0 else n for i, n in enumerate(found)]


def make_lab(folder: Path, register: Path, n_requests: int, seed: int = SEED) -> Lab:
    """Lay out a working folder with `n_requests` requests, and a link to the register.

    Parameters
    ----------
    folder : Path
        Replaced if it is there.
    register : Path
    """
    shutil.rmtree(folder, ignore_errors=True)
    lab = lay_out(folder)
    shutil.rmtree(lab.root / "parameters" / "requests")
    (lab.root / "parameters" / "requests").mkdir()
    (lab.root / "data" / "register.duckdb").symlink_to(Path(register).resolve())
    with Register.open(register) as opened:
        for i, n in enumerate(sizes(n_requests, seed)):
            _add_request(lab, opened, f"request-{i + 1:02d}", n, seed + i)
    return lab


def _add_request(lab: Lab, register: Register, name: str, n_records: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    records = sample_records(register, make_spec(), n_records, seed)
    write_upload(lab.root / "data" / "submissions" / f"{name}.xlsx", _written(register, records, rng), ANSWERS)
    request = {
        "request": name,
        "organisation": {"name": f"Invented organisation {name[-2:]}", "sector": _one(rng, Sector)},
        "service": {"name": f"Invented service {name[-2:]}", "need": _one(rng, Need), "setting": "community"},
        "received": "2013-08-12",
        "register": "main",
        "submission": f"{name}.xlsx",
    }
    file = lab.root / "parameters" / "requests" / f"{name}.yml"
    file.write_text(yaml.safe_dump(request, sort_keys=False), encoding="utf-8")


def _written(register: Register, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The records with names, as an organisation writes them; who is not on the register has somebody's mixed up."""
    asked = f"SELECT person_id, {', '.join(IDENTITY)} FROM person"
    people = register.sql(f"{asked} USING SAMPLE 20000 ROWS (reservoir, 7)")
    wanted = pd.DataFrame({"person_id": records["person_id"].dropna().unique()})
    known = register.sql(
        f"SELECT person_id, {', '.join(IDENTITY)} FROM person SEMI JOIN wanted USING (person_id)", wanted=wanted
    )
    found = records[["row", "person_id", "service_start", "service_end"]].merge(known, on="person_id", how="left")
    is_off = found["person_id"].isna().to_numpy()
    for column in IDENTITY:  # each from another person: nobody is called so and born then, but by chance
        found.loc[is_off, column] = people[column].sample(is_off.sum(), random_state=rng).to_numpy()
    return corrupt(rng, found.set_index("row", drop=False), "realistic")


def _one(rng: np.random.Generator, kind: type) -> str:
    return list(kind)[rng.integers(0, len(kind))].value
