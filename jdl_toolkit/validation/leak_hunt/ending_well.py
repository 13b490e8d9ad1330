"""Scenes that end as they should: reported, released, many at once, of too few people, explored, a table matched."""

from __future__ import annotations

import datetime as dt
import shutil

import numpy as np
import openpyxl

from ...spec import lab_resources
from ...submission.fields import PEOPLE
from . import uploads
from .place import Place


def reported(at: Place) -> None:
    """A request with all its stages and subgroups, signed off, answered, released; questionnaires; a bulletin."""
    one = at.request("foundation-2013", cheap=False, subgroups=["sex", "age_band"])
    (at.lab.root / "response.txt").write_text("We are glad of this report, and will say so to those who work with us.")
    last = (dt.date.today().replace(day=1) - dt.timedelta(days=1)).strftime("%Y-%m")
    record = ("record", one)
    at.jdl(
        ("run", one),
        (*record, "sign-off", "--by", "B. Second"),
        (*record, "draft sent", "--by", "A. First"),
        (*record, "response received", "--by", "A. First", "--text-file", "response.txt"),
        ("run", one, "--with-code"),
        ("release", one, "--by", "R. Releaser"),
        ("release", "--check"),
        ("feedback", "--write"),
        ("bulletin", last),
        ("status", "--long", "--json"),
    )


def several(at: Place) -> None:
    """A request of several analyses, with parts of a service and subgroups, executed in Jupyter kernels."""
    name = "bridges-2013.yml"
    shutil.copy(lab_resources() / "parameters" / "requests" / name, at.lab.root / "parameters" / "requests" / name)
    at.jdl(("run", "bridges-2013", "--engine", "kernel"), ("status", "--long"))


def batch(at: Place) -> None:
    """Many at once: one that is answered, one of too few people, two whose workbook is damaged; one run anew."""
    at.request("cheap", subgroups=["sex"])
    _few(at, "too-few")
    for name, how in (("half.xlsx", "cut in half"), ("commas.xlsx", "commas")):
        uploads.broken(at.invented / "foundation-2013.xlsx", at.data(name), how)
        at.request(name.partition(".")[0], name)
    at.jdl(("batch", "--workers", "2"), ("run", "cheap", "--fresh"), ("diff", "cheap"), ("status", "--json"))


def unanswered(at: Place) -> None:
    """Forty people: it ends with the short report of a request that could not be answered."""
    _few(at, "too-few")
    at.jdl(("run", "too-few"), ("run", "too-few", "--json"))


def _few(at: Place, name: str) -> None:
    book = openpyxl.load_workbook(at.invented / "foundation-2013.xlsx")
    book[PEOPLE].delete_rows(42, book[PEOPLE].max_row)
    book.save(at.data(f"{name}.xlsx"))
    at.request(name, f"{name}.xlsx")


def explored(at: Place) -> None:
    """The notebook to explore with, executed at a request's matched sample."""
    at.jdl(("run", at.request("cheap")))
    code = "from pathlib import Path\nfrom jdl_toolkit.lab import Lab\n"
    code += "from jdl_toolkit.execution.notebooks import execute\n"
    code += "lab = Lab(Path('.').resolve())\nhere = lab.root / 'outputs'\n"
    code += "execute(lab, '20_explore', 'cheap', here, here / 'cheap/restricted/notebooks/20_explore.ipynb')\n"
    at.run(("-c", code))


def table(at: Place) -> None:
    """`jdl match` on a table that holds names and identifiers beside what is compared, and names for numbers."""
    people = at.people
    n = np.arange(len(people))
    people["treated"], people["age"], people["outcome"] = (
        (n % 3 == 0).astype(int),
        20 + n * 7 % 40,
        (n % 4 == 0).astype(int),
    )
    people.to_csv(at.data("table.csv"), index=False)
    odd = people.astype({"age": object, "treated": object})
    odd.loc[5, ["age", "treated"]] = at.name
    odd.to_csv(at.data("odd.csv"), index=False)
    asked = ("--treatment", "treated", "--outcome", "outcome", "--covariates")
    at.jdl(
        ("match", "data/table.csv", *asked, "age,sex", "--html", "match.html", "--weights-out", "w.csv"),
        ("match", "data/table.csv", *asked, "age,surname", "--json"),
        ("match", "data/odd.csv", *asked, "age"),
        ("match", "data/odd.csv", *asked, "age", "--json"),
        ("match", "data/odd.csv", "--treatment", "surname", "--outcome", "dob", "--covariates", "pnc_id"),
    )
