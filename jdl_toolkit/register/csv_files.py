"""CSV files as they come from other systems: any of four separators, BOM, Windows letters, quotes, compressed or not.

A table's files are turned into one Parquet file of text, in a single pass; the contract then reads its values. Lines
that do not split into the columns of the header are kept apart, none is dropped.
"""

from __future__ import annotations

import codecs
import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb

from ..errors import Problem
from .values import literal, quoted

_SEPARATORS = ",;\t|"
_CHUNK = 1 << 22
#: Beyond it a line is no line, but a quote that was never closed.
_LONGEST_LINE = 8 << 20


@dataclass(frozen=True)
class Header:
    """How a file is written: separator, encoding (Python's name) and the columns of its first line, in lower case."""

    path: Path
    separator: str
    encoding: str
    columns: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is not as usual, for people; empty if nothing is."""
        names = {";": "semicolons", "\t": "tabs", "|": "bars"}
        said = [f"separated by {names[self.separator]}"] if self.separator in names else []
        if self.encoding != "utf-8":
            said.append({"cp1252": "letters of Windows-1252"}.get(self.encoding, f"letters of {self.encoding}"))
        return ", ".join(said)


def read_header(path: Path) -> Header | Problem:
    """Look at a file's encoding (all of it, since the one letter that tells may come late) and at its first line."""
    try:
        encoding = _encoding(path)
        with _opened(path) as file:
            text = codecs.getreader(encoding)(file, errors="replace")
            line = text.readline().lstrip("\ufeff").rstrip("\r\n")
    except (OSError, EOFError):
        return Problem("the file could not be read", path.name, "check that it is whole")
    separator = max(_SEPARATORS, key=lambda s: _outside_quotes(line).count(s))
    names = [name.strip().lower() for name in next(csv.reader([line], delimiter=separator), [])]
    while names and not names[-1]:
        names.pop()
    if not names:
        return Problem("the file has no header", path.name, "name the columns in its first line")
    named = [name or f"unnamed_{number}" for number, name in enumerate(names, start=1)]
    if len(set(named)) < len(named):
        return Problem("two columns have the same name", path.name, "give every column a name of its own")
    return Header(path, separator, encoding, tuple(named))


def csv_to_parquet(con: duckdb.DuckDBPyConnection, headers: list[Header], target: Path, lines: Path) -> dict[str, Any]:
    """Write the files of one table to `target`, all columns as text, blanks as missing.

    Parameters
    ----------
    lines : Path
        Parquet file for the lines that could not be split; written only if there are any. A folder beside it holds
        copies in UTF-8 while they are read.

    Returns
    -------
    dict
        ``n_lines``: lines kept apart; ``files``: file name -> how it is written, if unusual.
    """
    lines.parent.mkdir(mode=0o700, exist_ok=True)
    lines.unlink(missing_ok=True)
    con.execute("DROP TABLE IF EXISTS csv_faults; DROP TABLE IF EXISTS csv_scans")
    copies, reads = [], []
    for number, header in enumerate(headers):
        path = header.path
        if header.encoding != "utf-8":
            path = target.with_suffix(f".{number}.utf8")
            copies.append(path)
            _copy_as_utf8(header, path)
        reads.append(f"SELECT * FROM {_reader(path, header)}")
    try:
        con.execute(f"COPY ({' UNION ALL BY NAME '.join(reads)}) TO {literal(str(target))} (FORMAT parquet)")
    finally:
        for path in copies:
            path.unlink()
    # A quote that is never closed swallows the lines below: each of them counts
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE unsplit AS
        SELECT parse_filename(file_path) AS file, line, any_value(error_type::VARCHAR) AS fault,
            any_value(ltrim(csv_line, chr(10))) AS text
        FROM csv_faults JOIN csv_scans USING (scan_id, file_id) GROUP BY ALL
        """
    )
    count = "coalesce(sum(1 + length(rtrim(text, chr(10))) - length(replace(rtrim(text, chr(10)), chr(10), ''))), 0)"
    n = con.execute(f"SELECT {count}::BIGINT FROM unsplit").fetchone()[0]
    if n:
        con.execute(f"COPY unsplit TO {literal(str(lines))} (FORMAT parquet)")
    con.execute("DROP TABLE unsplit")
    return {"n_lines": n, "files": {header.path.name: header.words for header in headers if header.words}}


def numbers_among(con: duckdb.DuckDBPyConnection, source: str, columns: list[str]) -> dict[str, str]:
    """Columns whose every value is a number, and their type; a leading zero makes a code of it."""
    if not columns:
        return {}
    asked = []
    for name in map(quoted, columns):
        number = f"TRY_CAST({name} AS DOUBLE) IS NOT NULL AND NOT regexp_matches({name}, '^\\s*[+-]?0\\d')"
        asked.append(f"coalesce(bool_and({number}) FILTER (WHERE {name} IS NOT NULL), false)")
        asked.append(f"bool_and(regexp_full_match({name}, '\\s*[+-]?\\d{{1,18}}\\s*'))")
    found = con.execute(f"SELECT {', '.join(asked)} FROM {source}").fetchone()
    pairs = zip(columns, found[::2], found[1::2], strict=True)
    return {name: "BIGINT" if whole else "DOUBLE" for name, number, whole in pairs if number}


def _reader(path: Path, header: Header) -> str:
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header.columns)
    zipped = "gzip" if header.path.suffix.lower() == ".gz" and path == header.path else "none"
    return f"""read_csv({literal(str(path))}, auto_detect = false, header = true, delim = {literal(header.separator)},
        quote = '"', escape = '"', nullstr = '', columns = {{{columns}}}, compression = '{zipped}',
        max_line_size = {_LONGEST_LINE}, buffer_size = {4 * _LONGEST_LINE},
        store_rejects = true, rejects_table = 'csv_faults', rejects_scan = 'csv_scans', rejects_limit = 0)"""


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _encoding(path: Path) -> str:
    with _opened(path) as file:
        start = file.read(4)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while start:
                decoder.decode(start)
                start = file.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _copy_as_utf8(header: Header, target: Path) -> None:
    # Five bytes have no letter in Windows-1252; they are no text in any encoding that a lab would use
    decoder = codecs.getincrementaldecoder(header.encoding)(errors="replace")
    with _opened(header.path) as file, target.open("w", encoding="utf-8", newline="") as copy:
        while chunk := file.read(_CHUNK):
            copy.write(decoder.decode(chunk))
        copy.write(decoder.decode(b"", final=True))


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])
