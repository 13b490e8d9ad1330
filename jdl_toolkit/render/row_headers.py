"""Headers of a PDF's tables: the first cell of each row is tagged as its header, and each cell names its own headers.

Typst tags the headers of columns; those of rows it leaves to a switch that its Python package does not offer, and in a
table of groups it names the headers of all columns for each cell. A screen reader says the headers of a cell when it
comes to it, so they are set in the finished file: of the column, of the group, of the row.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, NameObject, TextStringObject


def with_row_headers(pdf: bytes) -> bytes:
    """The same PDF with the headers of each cell set; the same bytes for the same PDF."""
    reader = PdfReader(io.BytesIO(pdf))
    writer = PdfWriter(clone_from=reader)
    writer.pdf_header = reader.pdf_header
    root = writer.root_object["/StructTreeRoot"]
    names: dict[str, Any] = {}
    for number, table in enumerate(_of_kind(root, "/Table"), start=1):
        names |= _set_headers(table, number)
    if names:
        tree = root["/IDTree"]["/Names"]
        names |= {str(tree[i]): list.__getitem__(tree, i + 1) for i in range(0, len(tree), 2)}
        ordered = [one for name in sorted(names) for one in (TextStringObject(name), names[name])]
        root["/IDTree"][NameObject("/Names")] = ArrayObject(ordered)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _set_headers(table: Any, number: int) -> dict[str, Any]:
    """Set the headers of one table's cells; the rows' headers by their new ids."""
    columns: list[str] = []
    group: list[str] = []
    made: dict[str, Any] = {}
    for y, row in enumerate(_of_kind(table, "/TR")):
        cells = _below(row)
        if not columns:
            columns = [cell.get("/ID", "") for cell in cells]
        elif len(cells) == 1 and cells[0]["/S"] == "/TH":
            group = [cells[0]["/ID"]]
            _note(cells[0], "/Headers", ArrayObject())
        elif len(cells) > 1 and cells[0]["/S"] == "/TD":
            name = f"R{number}y{y}"
            made[name] = cells[0].indirect_reference
            cells[0][NameObject("/S")], cells[0][NameObject("/ID")] = NameObject("/TH"), TextStringObject(name)
            _note(cells[0], "/Scope", NameObject("/Row"))
            for x, cell in enumerate(cells):
                said = [columns[x], *group, *([name] if x else [])]
                _note(cell, "/Headers", ArrayObject(map(TextStringObject, filter(None, said))))
    return made


def _note(cell: Any, name: str, value: Any) -> None:
    """Set an attribute that a cell of a table has."""
    for attributes in cell["/A"]:
        if attributes.get_object().get("/O") == "/Table":
            attributes.get_object()[NameObject(name)] = value


def _of_kind(element: Any, kind: str) -> Iterator[Any]:
    """Elements of one kind below another, in order."""
    for inner in _below(element):
        if inner["/S"] == kind:
            yield inner
        else:
            yield from _of_kind(inner, kind)


def _below(element: Any) -> list[Any]:
    """The elements directly below another, without the marks of its content."""
    held = element.get("/K", [])
    held = held.get_object() if hasattr(held, "get_object") else held
    inner = [one.get_object() for one in (held if isinstance(held, list) else [held])]
    return [one for one in inner if isinstance(one, dict) and "/S" in one]
