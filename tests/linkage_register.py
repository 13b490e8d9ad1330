"""A register with people put in by hand among invented ones, and records as organisations write them, for linkage."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from registers import make_spec

from jdl_toolkit.identifiers import format_pnc_id, normalise_pnc_id
from jdl_toolkit.linkage import Linkage, link
from jdl_toolkit.register import Register, build_register
from jdl_toolkit.synthetic import synthesise_register
from jdl_toolkit.synthetic.uploads import apply_faults, keep_identifiers, off_register_people

PERSONS = 20_000
IDENTITY = ["forename", "middle_name", "surname", "dob", "sex", "pnc_id", "prison_number"]


def pnc(serial: int) -> str:
    return str(format_pnc_id(np.array([1999]), np.array([serial]))[0])


#: People put into the register by hand; their names are too rare for chance to interfere.
KNOWN = pd.DataFrame(
    [
        (900_001, "William", "Henry", "Oakenthorpe", "1980-03-04", "M", pnc(11), "A1234BC"),
        (900_002, "Karl", None, "Pemberleigh", "1985-06-07", "M", pnc(12), None),
        (900_003, "Duncan", None, "Pemberleigh", "1985-06-07", "M", pnc(13), None),
        (900_004, "Trevor", None, "Stanwickham", "1950-01-02", "M", None, None),
        (900_005, "Janet", None, "Barnthorpley", "1977-08-09", "F", pnc(14), None),
        (900_006, "Muhammad", None, "Quereshipour", "1988-11-25", "M", None, None),
        (900_007, "Edith", None, "Twicefordham", "1990-10-11", "F", None, None),
        (900_008, "Edith", None, "Twicefordham", "1990-10-11", "F", None, None),
        (900_009, "Harpreet", "Kaur", "Dhanoalwal", "1991-02-23", "F", None, None),
        (900_010, "Ian", None, "Thistlewoodby", "1983-05-17", "M", pnc(15), None),
        (900_011, "Amy", "Louise", "Harlington-Fosbrooke", "1995-12-03", "F", None, None),
        (900_012, "Patrick", "Joseph", "O'Shaughnessan", "1979-09-21", "M", pnc(16), None),
        (900_013, "Angus", None, "McCorquindale", "1968-07-30", "M", None, None),
        (900_014, "Pieter", None, "van der Merwesteyn", "1972-04-14", "M", None, None),
        (900_015, "Yusuf", None, "al-Khwarizmanid", "1987-10-05", "M", None, None),
        (900_016, "Krzysztof", None, "Wiśniewskowski", "1984-01-19", "M", None, None),
        (900_017, "Alexander", None, "Petroshenkov", "1981-06-24", "M", None, None),
        (900_018, "Sean", "Liam", "Ballantrystone", "1992-08-13", "M", pnc(17), None),
        (900_019, "John", "Paul", "Quenningborough", "1975-11-08", "M", None, None),
        (900_020, "Danielle", None, "Westerhoughley", "1993-03-27", "F", None, None),
        (900_021, "Gareth", None, "Twicefordham", "1990-12-11", "M", pnc(18), None),
        (900_022, "Gareth", None, "Twicefordham", "1990-12-11", "M", pnc(19), None),
        (900_023, "Peter", "James", "Inglethorpeson", "1988-02-16", "M", None, None),
        (900_024, "Paul", "James", "Inglethorpeson", "1988-02-16", "M", None, None),
        (900_025, "Ahmet", None, "Işıkoğluzade", "1986-05-28", "M", None, None),
        (900_026, "Abdul", None, "Rahmanzaiwal", "1990-09-15", "M", None, None),
        (900_027, "Claire", None, "Overbrooksley", "1989-04-26", "F", None, None),
        (900_028, "Mary-Jane", None, "Underwithell", "1970-10-29", "F", None, None),
        (900_029, "Nicholas", None, "Featherstoneby", "1948-05-12", "M", pnc(20), None),
        (900_030, "Nicholas", None, "Featherstoneby", "1974-12-23", "M", pnc(21), None),
        (900_031, "Jürgen", None, "Weißmüllerich", "1966-02-27", "M", None, None),
        (900_032, "Li", None, "Zhangweiler", "1994-07-18", "M", None, None),
    ],
    columns=["person_id", *IDENTITY],
).assign(dob=lambda p: pd.to_datetime(p["dob"]))
ALIASES = pd.DataFrame(
    [
        (900_005, "maiden", None, "Quillfeathers", None),
        (900_018, "alias", "Dermot", "Kilbrackenby", "1990-01-30"),
        (900_027, "alias", None, None, "1987-04-26"),
    ],
    columns=["person_id", "kind", "forename", "surname", "dob"],
).assign(dob=lambda a: pd.to_datetime(a["dob"]))


def build_known_register(folder: Path) -> Path:
    """An invented register with the known people in it."""
    src = folder / "src"
    synthesise_register(src, PERSONS, seed=3)
    KNOWN.to_parquet(src / "person-known.parquet")
    ALIASES.to_parquet(src / "person_alias-known.parquet")
    meta = pd.read_parquet(src / "meta.parquet").drop(columns=["n_persons", "n_disposals", "n_offences"])
    meta.to_parquet(src / "meta.parquet")
    build_register(src, folder / "r.duckdb")
    return folder / "r.duckdb"


def draw_upload(register: Register, level: str, seed: int, n: int = 1000) -> pd.DataFrame:
    """Nine of ten people are on the register, as `truth` says; half of the others look like somebody who is."""
    rng = np.random.default_rng(seed)
    people = register.sql("SELECT * FROM person WHERE person_id < 900000 ORDER BY person_id")
    people["dob"] = people["dob"].astype("datetime64[s]")
    people = people.astype({c: object for c in IDENTITY if c != "dob"})
    aliases = register.sql("SELECT person_id, surname AS maiden_surname FROM person_alias WHERE kind = 'maiden'")
    on = people.sample(n * 9 // 10, random_state=rng).merge(aliases, how="left", on="person_id")
    off = off_register_people(rng, people, n - len(on))
    drawn = pd.concat([on.assign(likeness="on the register"), off], ignore_index=True)
    written = keep_identifiers(
        rng, apply_faults(rng, drawn.sample(frac=1, random_state=rng).reset_index(drop=True), level)
    )
    written["pnc_id"] = normalise_pnc_id(written["pnc_id"])
    return as_submitted(written.rename(columns={"person_id": "truth"}))


def as_submitted(people: pd.DataFrame) -> pd.DataFrame:
    """Records as `submission.people` holds them."""
    text = [c for c in IDENTITY if c != "dob"]
    people = people.reset_index(drop=True).astype({c: object for c in text})
    people[text] = people[text].where(people[text].notna(), None)
    people["dob"] = pd.to_datetime(people["dob"])
    return people.assign(row=np.arange(2, len(people) + 2), usable=people.get("usable", True), why_unusable=None)


def linked(people: pd.DataFrame, register: Register, **changes) -> Linkage:
    return link(SimpleNamespace(people=people), register, make_spec(**changes))


def link_records(register: Register, company: pd.DataFrame, *records: dict, **changes) -> Linkage:
    """Linkage of some records given as changes to a known person (``of``), amid ordinary company; they come last."""
    known = KNOWN.set_index("person_id").assign(pnc_id=None, prison_number=None)
    rows = [known.loc[record.get("of", 900_001)].to_dict() | record for record in records]
    people = pd.concat([company[IDENTITY], pd.DataFrame(rows)[IDENTITY]])
    return linked(as_submitted(people), register, **changes)


def link_one(register: Register, company: pd.DataFrame, *records: dict) -> pd.DataFrame:
    """Links of such records."""
    return link_records(register, company, *records).links.tail(len(records))
