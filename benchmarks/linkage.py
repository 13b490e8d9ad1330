"""How often linkage is right, and how long it takes as a multiple of one pass over the register, by fault level.

Precision: links that are right, of all links. Recall: people who were found, of those submitted who are on the
register. Beside them what an exact match of forename, surname and date of birth would have found. The floor is one
hash join of the upload with the register's index on the date of birth. Ratios carry over from machine to machine,
seconds do not.

    python benchmarks/linkage.py REGISTER.duckdb [--records 1246] [--uploads 4]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from jdl_toolkit.identifiers import normalise_pnc_id
from jdl_toolkit.linkage import link
from jdl_toolkit.linkage.candidates import normalise_records, prepare_records
from jdl_toolkit.register import Register
from jdl_toolkit.spec import Linkage as Thresholds
from jdl_toolkit.synthetic.uploads import IDENTITY, LEVELS, apply_faults, keep_identifiers, off_register_people

SPEC = SimpleNamespace(linkage=Thresholds(match_probability=0.9, ambiguous_probability=0.5))


def draw_upload(register: Register, level: str, seed: int, n: int) -> pd.DataFrame:
    """Records of which nine in ten are on the register (`truth`), the others half of them like somebody who is."""
    rng = np.random.default_rng(seed)
    people = register.sql("SELECT * FROM person ORDER BY person_id")
    people = people.astype({c: object for c in IDENTITY if c != "dob"}).astype({"dob": "datetime64[s]"})
    on = people.sample(n * 9 // 10, random_state=rng)
    off = off_register_people(rng, people, n - len(on))
    drawn = pd.concat([on, off], ignore_index=True).sample(frac=1, random_state=rng).reset_index(drop=True)
    written = keep_identifiers(rng, apply_faults(rng, drawn, level))
    text = [c for c in IDENTITY if c != "dob"]
    written[text] = written[text].astype(object).where(written[text].notna(), None)
    written["pnc_id"] = normalise_pnc_id(written["pnc_id"])
    return written.rename(columns={"person_id": "truth"}).assign(row=np.arange(2, n + 2), usable=True)


def count_right(truth: pd.Series, found: pd.Series) -> np.ndarray:
    """Right links, links, people who are on the register."""
    truth, found = truth.astype("Int64").reset_index(drop=True), found.astype("Int64").reset_index(drop=True)
    return np.array([int((truth == found).fillna(False).sum()), int(found.notna().sum()), int(truth.notna().sum())])


def match_exactly(asked: pd.DataFrame, register: Register) -> pd.Series:
    """The only person of a record's forename, surname and date of birth."""
    found = register.sql(
        """SELECT row, any_value(person_id) AS person_id FROM asked a JOIN linkage_index e
        ON a.forename = e.forename AND a.surname = e.surname AND a.dob::DATE = e.dob WHERE NOT is_alias
        GROUP BY row HAVING count(*) = 1""",
        asked=asked,
    )
    return asked[["row"]].merge(found, how="left", on="row")["person_id"]


def measure(register: Register, level: str, n_records: int, n_uploads: int) -> dict[str, float]:
    """Figures of one fault level over several uploads; times are the fastest."""
    right, exact, seconds, floor, expected = np.zeros(3), np.zeros(3), [], [], 0.0
    for seed in range(n_uploads):
        people = draw_upload(register, level, seed, n_records)
        start = time.process_time()
        result = link(SimpleNamespace(people=people), register, SPEC)
        seconds.append(time.process_time() - start)
        asked = normalise_records(prepare_records(people), register)
        start = time.process_time()
        register.sql("SELECT count(*) FROM asked a JOIN linkage_index e ON a.dob::DATE = e.dob", asked=asked)
        floor.append(time.process_time() - start)
        right += count_right(people["truth"], result.links["person_id"])
        exact += count_right(people["truth"], match_exactly(asked, register))
        expected += result.expected_wrong_links
    return {
        "precision": right[0] / right[1],
        "recall": right[0] / right[2],
        "wrong": right[1] - right[0],
        "expected wrong": expected,
        "precision, exact": exact[0] / exact[1],
        "recall, exact": exact[0] / exact[2],
        "CPU seconds": min(seconds),
        "times the floor": min(seconds) / min(floor),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("register", type=Path)
    parser.add_argument("--records", type=int, default=1246)
    parser.add_argument("--uploads", type=int, default=4)
    asked = parser.parse_args()
    with Register.open(asked.register) as register:
        figures = {level: measure(register, level, asked.records, asked.uploads) for level in LEVELS}
    print(f"{asked.uploads} uploads of {asked.records:,} records for each level")
    print(pd.DataFrame(figures).round(4).to_string())


if __name__ == "__main__":
    main()
