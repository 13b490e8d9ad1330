"""Columns of a table on disk, CSV or Parquet, as they stand there: text as text, numbers as numbers.

Only the columns that are asked for are read. Nothing of a cell's content stands in a message.
"""

from __future__ import annotations

import codecs
import csv
import difflib
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

from ..errors import JDLError, Problem
from ..wording import listed, plain
from .files import is_there, shown

#: Cells that stand for a value that is not known.
MISSING = ("", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", ".")
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
_SEPARATORS = ",;\t|"
_CHUNK = 1 << 22
_OTHER_KIND = "save it as CSV or Parquet"


def read_columns(path: Path, names: dict[str, str]) -> pa.Table:
    """Read columns of a table.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv`` or ``.txt`` (separated by commas, semicolons, tabs or bars; UTF-8, UTF-16 or Windows-1252),
        any of them gzipped (``.gz``), or ``.parquet``.
    names : dict
        Column -> the option that names it, for messages.

    Returns
    -------
    pyarrow.Table
        The columns in the order asked for; of a CSV file all as text, cells that stand for nothing (`MISSING`) as null.

    Raises
    ------
    JDLError
        If the file cannot be read, or lacks columns; all that it lacks at once, with the nearest name that it has.
    """
    path = Path(path)
    if not is_there(path):
        raise JDLError("there is no such file", shown(path), _nearest_file(path))
    kind = "".join(s for s in path.suffixes if s.lower() != ".gz")[-9:].lower()
    kind = next((s for s in SUFFIXES if kind.endswith(s)), "")
    if not kind:
        raise JDLError("this kind of file cannot be read", path.name, _OTHER_KIND)
    if path.stat().st_size == 0:
        raise JDLError("the file is empty", path.name, "name the file that holds the table")
    try:
        return _read_parquet(path, names) if kind == ".parquet" else _read_csv(path, names)
    except (OSError, EOFError, pa.ArrowException, UnicodeError) as fault:
        fix = "check that it is whole, that every quotation mark is closed, and that its ending says what it is"
        raise JDLError(f"the file could not be read ({type(fault).__name__})", path.name, fix) from None


def nearest(name: str, known: list[str]) -> str:
    """Words on the name that is most likely meant."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    near = near or [k for k in known if k.casefold() == name.casefold()][:1]
    if near:
        return f"did you mean `{plain(near[0])}`?"
    shown = ", ".join(f"`{plain(k)}`" for k in known[:12])
    return f"the table has {shown}{f' and {len(known) - 12:,} more' if len(known) > 12 else ''}"


def _places(path: Path, found: list[str], names: dict[str, str]) -> list[int]:
    """Where the columns asked for stand among those found."""
    n_of, problems = Counter(found), []
    for name, option in names.items():
        if n_of[name] == 0:
            known = list(dict.fromkeys(k for k in found if k))
            problems.append(
                Problem(f"there is no column `{plain(name)}`", f"{path.name}, {option}", nearest(name, known))
            )
        elif n_of[name] > 1:
            what = f"{n_of[name]} columns are named `{plain(name)}`"
            problems.append(Problem(what, f"{path.name}, {option}", "give every column a name of its own"))
    if problems:
        raise JDLError(problems)
    return [found.index(name) for name in names]


def _read_parquet(path: Path, names: dict[str, str]) -> pa.Table:
    with parquet.ParquetFile(path) as file:
        _places(path, file.schema_arrow.names, names)
        return file.read(columns=list(names)).select(list(names))


def _read_csv(path: Path, names: dict[str, str]) -> pa.Table:
    encoding = _encoding(path)
    separator, found = _header(path, encoding)
    places = _places(path, found, names)
    columns = [f"c{i}" for i in range(len(found))]  # a name may be empty, or stand twice
    wanted = [columns[i] for i in places]
    uneven: list[int | None] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        uneven.append(row.number)
        return "skip"

    def read(use_threads: bool) -> pa.Table:
        with pa.input_stream(path, compression="detect") as file:
            return arrow_csv.read_csv(
                file,
                arrow_csv.ReadOptions(column_names=columns, skip_rows=1, encoding=encoding, use_threads=use_threads),
                arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=note),
                arrow_csv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(wanted, pa.string()),
                    null_values=list(MISSING),
                    strings_can_be_null=True,
                ),
            )

    try:
        table = read(use_threads=True)
    except pa.ArrowInvalid as fault:
        if "Empty CSV" not in str(fault):
            raise
        table = pa.table({name: pa.array([], pa.string()) for name in wanted})
    if uneven:
        uneven.clear()
        read(use_threads=False)  # only then does a row know its number
        first = listed([f"{n:,}" for n in uneven[:5] if n is not None]) or "not known"
        n, fix = len(uneven), "quote cells that hold a separator, and close every quotation mark"
        what = f"{n:,} row{' has' if n == 1 else 's have'} more or fewer cells than the header has columns"
        raise JDLError(what, f"{path.name}, row {first} (the header is row 1)", fix)
    return table.rename_columns(list(names))


def _header(path: Path, encoding: str) -> tuple[str, list[str]]:
    """Separator, and the column names of the first line."""
    with pa.input_stream(path, compression="detect") as file:
        start = codecs.getincrementaldecoder(encoding)().decode(file.read(_CHUNK))
    line = start.lstrip("\ufeff").splitlines()[0] if start.strip() else ""
    outside = "".join(line.split('"')[::2])
    separator = max(_SEPARATORS, key=outside.count)
    names = [name.strip() for name in next(csv.reader([line], delimiter=separator), [])]
    if not any(names):
        raise JDLError("the file has no header", path.name, "name the columns in its first line")
    return separator, names


def _encoding(path: Path) -> str:
    """UTF-8 unless some letter is none; all of the file is looked at, since the one that tells may come late."""
    decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")(), True
    with pa.input_stream(path, compression="detect") as file:
        chunk = file.read(_CHUNK)
        if chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        while chunk:
            if b"\0" in chunk:
                fix = "save it anew, as UTF-8; a text of two bytes a letter needs its mark (BOM) in front"
                raise JDLError("the file holds NUL bytes, which no text has", path.name, fix)
            is_utf8 = is_utf8 and _decodes(decoder, chunk)
            chunk = file.read(_CHUNK)
    return "utf-8" if is_utf8 and _decodes(decoder, b"", final=True) else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _nearest_file(path: Path) -> str:
    folder = path.parent
    names = [p.name for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    return f"did you mean “{near[0]}”?" if near else "check the name and the folder"
