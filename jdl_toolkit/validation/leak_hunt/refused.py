"""Scenes in which people stand where nobody expects them: most of them are refused."""

from __future__ import annotations

import shutil

import pandas as pd

from . import uploads
from .place import Place


def checked(at: Place) -> None:
    """Uploads in which people stand where nobody expects them, checked before anything is sent, and taken in."""
    source = at.invented / "foundation-2013.xlsx"
    files = []
    for i, damage in enumerate(uploads.DAMAGES):
        files.append(at.data(f"damage-{i}.xlsx"))
        uploads.damaged(source, damage, files[-1])
    for name, how in (("half.xlsx", "cut in half"), ("commas.csv", "commas"), ("uneven.csv", "uneven")):
        files.append(at.data(name))
        uploads.broken(source, files[-1], how)
    for file in files:
        at.request(file.stem, file.name)
    at.jdl(*(("check", f"data/{file.name}") for file in files), ("check", f"data/{files[2].name}", "--json"))
    at.jdl(
        ("batch", "--workers", "1", "--until", "intake"),
        ("run", files[0].stem),
        ("run", files[2].stem, "--until", "intake"),
    )


def parted(at: Place) -> None:
    """An upload whose parts of the service are called like people, analysed by them: they would be in every heading."""
    uploads.damaged(at.invented / "foundation-2013.xlsx", "people as parts of the service", at.data("parts.xlsx"))
    parts = at.request("parts", "parts.xlsx", subgroups=["provider", "intervention_type", "region"])
    each = at.request("each", "parts.xlsx", analyses={"all": {"title": "All", "each": "provider"}})
    at.jdl(("run", parts), ("run", each, "--until", "matching"))


def named(at: Place) -> None:
    """People in a request's settings, the names of files, its response, reasons, feedback and results imported."""
    source, file = at.invented / "foundation-2013.xlsx", f"List {at.name}.xlsx"
    shutil.copy(source, at.data(file))
    unread = (f"{at.name}.xlsx", "cut in half"), (f"{at.name}.csv", "commas"), (f"No {at.name}.xlsx", "")
    for i, (name, how) in enumerate(unread):
        at.request(f"unread-{i}", name)
        if how:
            uploads.broken(source, at.data(name), how)
    service = {"name": f"Help for {at.name}", "need": "accommodation", "setting": "community"}
    at.request("file-named", file)
    at.request("service-named", service=service)
    at.request("organisation-named", organisation={"name": f"{at.name} Trust", "sector": "voluntary"})
    records = {"region": [at.name, "London"]}
    at.request("analyses-named", analyses={"one": {"title": f"Without {at.name}"}, "two": {"records": records}})
    one = at.request("cheap")
    (at.lab.root / "response.txt").write_text(f"{at.name}, born on {at.people.loc[0, 'dob']:%d %B %Y}, was helped.")
    at.data("results.csv").write_text(f"request,organisation,difference\n{at.name},{at.name},{at.name}\n")
    at.data("answers.txt").write_text(f"1: {at.name}\n2: yes\nDear lab, {at.name}\n")
    record = ("record", one)
    at.jdl(
        ("run", "file-named"),
        ("run", "service-named"),
        ("run", "service-named"),
        ("run", "organisation-named"),
        ("run", "analyses-named"),
        *(("run", f"unread-{i}") for i in range(len(unread))),
        ("run", one),
        (*record, "sign-off", "--by", "B. Second"),
        (*record, "draft sent", "--by", "A. First"),
        (*record, "response received", "--by", "A. First", "--text-file", "response.txt"),
        ("run", one),
        (*record, "warnings looked at", "--by", "B. Second", "--reason", f"{at.name} asked for it"),
        ("release", one, "--by", "R. Releaser", "--without-response", f"{at.name} is in a hurry"),
        (*record, "withdrawn", "--by", "A. First", "--reason", f"{at.name} was in it twice"),
        ("import-results", "data/results.csv"),
        ("feedback", "data/answers.txt"),
        ("batch", "--workers", "1", "--until", "intake"),
        ("status",),
    )


def register(at: Place) -> None:
    """A register built from tables in which people stand in columns of dates, numbers and codes."""
    source = at.lab.root / "extract"
    source.mkdir()
    for path in (at.invented / "register").glob("*.parquet"):
        rows = pd.read_parquet(path).astype(object)
        if path.stem in ("person", "offence", "disposal"):
            for i in range(len(rows.columns)):
                rows.iloc[20 * i : 20 * i + 3, i] = at.name
        rows.to_csv(source / f"{path.stem}.csv", index=False)
    build = ("register", "build", "extract", "--out")
    at.jdl(
        (*build, "data/built.duckdb", "--most-set-aside", "0.5"), (*build, "data/strict.duckdb", "--strict", "--json")
    )
