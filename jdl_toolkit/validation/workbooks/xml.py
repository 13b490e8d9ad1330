"""Damage to the XML inside a workbook: what a program may write that no specification allows, or that exhausts."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from .files import NAME, SHEET, _replaced
from .kinds import Draw, Made, kind
from .sent import parts, zipped
from .text import with_entities

STRINGS, BOOK, LINKS = "xl/sharedStrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_XML = st.sampled_from(
    (SHEET, STRINGS, BOOK, LINKS, "xl/styles.xml", "[Content_Types].xml", "xl/worksheets/sheet2.xml")
)


def _text(name: str = SHEET) -> str:
    return parts()[name].decode()


def _with(name: str, text: str | bytes) -> Made:
    return NAME, _replaced(name, text.encode() if isinstance(text, str) else text)


def _in_sheet(before: str, new: str) -> Made:
    """New elements put before one of the sheet's own."""
    text = _text()
    assert before in text, before
    return _with(SHEET, text.replace(before, new + before, 1))


def _last_row(cells: str, row: int = 68) -> Made:
    return _in_sheet("</sheetData>", f'<row r="{row}">{cells}</row>')


@kind("xml", "a tag lost")
def _tag(draw: Draw) -> Made:
    name = draw(_XML)
    tags = list(re.finditer("<[^>]+>", _text(name)))
    lost = draw(st.sampled_from(tags))
    return _with(name, _text(name)[: lost.start()] + _text(name)[lost.end() :])


@kind("xml", "an attribute lost")
def _attribute(draw: Draw) -> Made:
    name = draw(_XML)
    lost = draw(st.sampled_from(list(re.finditer(r'\s[\w:]+="[^"]*"', _text(name)))))
    return _with(name, _text(name)[: lost.start()] + _text(name)[lost.end() :])


@kind("xml", "an attribute of another value")
def _value(draw: Draw) -> Made:
    name = draw(_XML)
    at = draw(st.sampled_from(list(re.finditer(r'(\s[\w:]+=")([^"]*)"', _text(name)))))
    new = draw(st.sampled_from(("", "-1", "99999999999999999999", "NaN", "x", "A", "&lt;", "../../x", "٣", "1 2")))
    return _with(name, f'{_text(name)[: at.start()]}{at[1]}{new}"{_text(name)[at.end() :]}')


@kind("xml", "cut off inside")
def _cut(draw: Draw) -> Made:
    name = draw(_XML)
    return _with(name, _text(name)[: draw(st.integers(0, len(_text(name)) - 1))])


@kind("xml", "entities that multiply")
def _entities(draw: Draw) -> Made:
    name = draw(st.sampled_from((STRINGS, SHEET, BOOK)))
    return _with(name, with_entities(_text(name), draw(st.integers(2, 40))))


@kind("xml", "an entity that names a file of this machine or another's")
def _external(draw: Draw) -> Made:
    target = draw(st.sampled_from(("file:///etc/passwd", "http://127.0.0.1:9/x", "upload.xlsx")))
    name = draw(st.sampled_from((STRINGS, SHEET, BOOK)))
    doctype = f'<!DOCTYPE x [<!ENTITY secret SYSTEM "{target}">]>'
    text = _text(name).replace("Forename", "&secret;", 1)
    head, sign, rest = text.partition("?>")
    return _with(name, f"{head}{sign}{doctype}{rest}" if sign else doctype + text)


@kind("xml", "in another encoding")
def _encoding(draw: Draw) -> Made:
    name, encoding = draw(_XML), draw(st.sampled_from(("utf-16", "utf-16-le", "utf-8-sig", "cp1252", "utf-32")))
    said = f'<?xml version="1.0" encoding="{draw(st.sampled_from(("UTF-8", "UTF-16", "windows-1252", "x")))}"?>'
    bare = re.sub(r"^<\?xml[^>]*\?>", "", _text(name))
    return _with(name, (said + bare).encode(encoding, "replace"))


@kind("xml", "with a prefix before every name")
def _prefixed(draw: Draw) -> Made:
    text = re.sub(r"<(/?)(\w)", r"<\1x:\2", _text()).replace("xmlns=", "xmlns:x=", 1)
    return _with(SHEET, text)


@kind("xml", "in the strict form, or under another name space")
def _strict(draw: Draw) -> Made:
    old = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    new = draw(st.sampled_from(("http://purl.oclc.org/ooxml/spreadsheetml/main", "urn:x", "")))
    return NAME, zipped({name: text.replace(old.encode(), new.encode()) for name, text in parts().items()})


@kind("xml", "nested without end")
def _nested(draw: Draw) -> Made:
    n = draw(st.sampled_from((300, 5_000, 200_000)))
    name = draw(st.sampled_from((SHEET, STRINGS)))
    return _with(name, re.sub(r"(</\w+>)$", "<a>" * n + "</a>" * n + r"\1", _text(name)))


@kind("xml", "comments, instructions and CDATA in between")
def _between(draw: Draw) -> Made:
    extra = draw(st.sampled_from(("<!-- x -->", "<?x y?>", "<![CDATA[x]]>", "<!-- <c r='A1'> -->")))
    at = draw(st.sampled_from([m.end() for m in re.finditer("</row>|</c>", _text())]))
    return _with(SHEET, _text()[:at] + extra + _text()[at:])


@kind("xml", "characters that XML does not know")
def _characters(draw: Draw) -> Made:
    odd = draw(
        st.sampled_from(("&#0;", "&#x1F;", "\x0b", "&#xFFFF;", "&nope;", "&", "_x0000_", "&#99999999;", "\ufffe"))
    )
    names = [m.end() for m in re.finditer(r"<t[^>]*>", _text(STRINGS))]
    at = draw(st.sampled_from(names))
    return _with(STRINGS, _text(STRINGS)[:at] + odd + _text(STRINGS)[at:])


@kind("xml", "cells and rows without their place")
def _placeless(draw: Draw) -> Made:
    pattern = draw(st.sampled_from((r'(<c) r="\w+"', r'(<row) r="\d+"', r'(<c|<row) r="\w+"')))
    return _with(SHEET, re.sub(pattern, r"\1", _text()))


@kind("xml", "places in small letters")
def _small(draw: Draw) -> Made:
    return _with(SHEET, re.sub(r'<c r="(\w+)"', lambda m: f'<c r="{m[1].lower()}"', _text()))


@kind("xml", "places that are none, or far outside")
def _misplaced(draw: Draw) -> Made:
    odd = draw(
        st.sampled_from(
            ("A0", "0", "A", "1A", "AAAA1", "A-1", "$A$2", "A1048577", "A99999999999", "ZZZZZZZZ9", "Ä1", "R1C1")
        )
    )
    at = draw(st.sampled_from(list(re.finditer(r'<c r="(\w+)"', _text()))))
    return _with(SHEET, f'{_text()[: at.start()]}<c r="{odd}"{_text()[at.end() :]}')


@kind("xml", "rows out of order, or with one number")
def _order(draw: Draw) -> Made:
    found = re.findall(r"<row .*?</row>", _text())
    if draw(st.booleans()):
        shuffled = [found[0], *draw(st.permutations(found[1:8])), *found[8:]]
        new = "".join(shuffled)
    else:
        new = "".join([*found, found[draw(st.integers(1, 60))]])
    return _with(SHEET, _text().replace("".join(found), new))


@kind("xml", "strings that are not in the list")
def _strings(draw: Draw) -> Made:
    new = draw(st.sampled_from(("99999", "-1", "", "x", "18446744073709551616", "1.5")))
    at = draw(st.sampled_from(list(re.finditer(r't="s"><v>\d+</v>', _text()))))
    return _with(SHEET, f'{_text()[: at.start()]}t="s"><v>{new}</v>{_text()[at.end() :]}')


@kind("xml", "a wrong size of the sheet")
def _dimension(draw: Draw) -> Made:
    new = draw(st.sampled_from(("A1", "A1:XFD1048576", "XFD1048576:A1", "x", "", "A1:B2:C3", "A1:ZZZZ99999999")))
    return _with(SHEET, re.sub('<dimension ref="[^"]*"', f'<dimension ref="{new}"', _text()))


@kind("xml", "relations that lead nowhere or outside")
def _relations(draw: Draw) -> Made:
    new = draw(
        st.sampled_from(
            (
                "worksheets/none.xml",
                "../../../etc/passwd",
                "http://127.0.0.1:9/x.xml",
                "",
                "/xl/workbook.xml",
                "file:///etc/passwd",
            )
        )
    )
    return _with(LINKS, re.sub(r'Target="[^"]*sheet1\.xml"', f'Target="{new}"', _text(LINKS)))


@kind("xml", "sheets in another folder than usual")
def _folder(draw: Draw) -> Made:
    new = draw(
        st.sampled_from(("xl/x/one.xml", "one.xml", "xl/worksheets/deep/er/sheet.xml", "xl/worksheets/sheet 1.xml"))
    )
    files = {name if name != SHEET else new: text for name, text in parts().items()}
    files[LINKS] = re.sub(r'Target="[^"]*sheet1\.xml"', f'Target="/{new}"', _text(LINKS)).encode()
    types = files["[Content_Types].xml"].decode().replace(f"/{SHEET}", f"/{new}")
    far = draw(st.booleans())
    if far:  # what would exhaust must be found there, too
        cell = '<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
        files[new] = files[new].replace(b"</sheetData>", cell.encode())
    return NAME, zipped(files | {"[Content_Types].xml": types.encode()})


@kind("xml", "styles and formats that are none")
def _styles(draw: Draw) -> Made:
    if draw(st.booleans()):
        return _with(
            SHEET,
            re.sub(r'(<c r="E\d+") s="\d+"', rf'\1 s="{draw(st.sampled_from(("9999", "-1", "x", "")))}"', _text()),
        )
    code = draw(st.sampled_from(("", "[", "yyyy" * 5000, "\\", "[$-F800]dddd", "0;;;;;;", '"', "General;@;@")))
    formats = (
        f'<numFmts count="1"><numFmt numFmtId="14" formatCode="{code.replace(chr(34), "&quot;")}"/></numFmts><fonts'
    )
    return _with("xl/styles.xml", _text("xl/styles.xml").replace("<fonts", formats, 1))


@kind("xml", "days counted from 1904, in the workbook's own settings", undetectable=True)
def _days_1904(draw: Draw) -> Made:
    return _with(BOOK, re.sub(r"<workbookPr[^>]*/>", '<workbookPr date1904="1"/>', _text(BOOK)))


@kind("xml", "a bomb: a filled cell in the last row and column")
def _far(draw: Draw) -> Made:
    place = draw(st.sampled_from(("XFD1048576", "xfd1048576", "ZZ1048576", "XFD50000")))
    quote = draw(st.sampled_from("\"'"))
    return _last_row(f'<c r={quote}{place}{quote} t="n"><v>1</v></c>', int(place.strip("XFDZxfd")))


@kind("xml", "a bomb: a coloured cell in the last row and column")
def _far_style(draw: Draw) -> Made:
    place = draw(st.sampled_from(("XFD1048576", "Z1048576", "XFD20000")))
    return _last_row(
        draw(st.sampled_from((f'<c r="{place}" s="0"/>', f'<c r="{place}" s="0"></c>'))), int(place.strip("XFDZ"))
    )


@kind("xml", "a bomb: one merged cell as large as the sheet")
def _merged(draw: Draw) -> Made:
    ref = draw(st.sampled_from(("A1:XFD1048576", "A70:XFD1048576", "A1:A1048576", "XFD1048576:A1")))
    return _in_sheet("<pageMargins", f'<mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells>')


@kind("xml", "a bomb: a link, a rule or a list over the whole sheet")
def _ranges(draw: Draw) -> Made:
    ref = draw(st.sampled_from(("A1:XFD1048576", "A1:Z1048576")))
    rule = '<cfRule type="expression" priority="1"><formula>1=1</formula></cfRule>'
    choice = f'<dataValidation type="list" sqref="{ref}"><formula1>"a,b"</formula1></dataValidation>'
    more = draw(st.sampled_from((
        f'<hyperlinks><hyperlink ref="{ref}" location="x"/></hyperlinks>',
        f'<dataValidations count="1">{choice}</dataValidations>',
        f'<conditionalFormatting sqref="{ref}">{rule}</conditionalFormatting>',
        f'<protectedRanges><protectedRange name="x" sqref="{ref}"/></protectedRanges>',
    )))  # fmt: skip
    return _in_sheet("<pageMargins", more)


@kind("xml", "a bomb: a formula over the whole sheet")
def _formulas(draw: Draw) -> Made:
    way = draw(st.sampled_from(('t="array"', 't="shared" si="0"', 't="dataTable" r1="A1"')))
    return _last_row(f'<c r="A68"><f {way} ref="A1:XFD1048576">1</f><v>1</v></c>')


@kind("xml", "a bomb: one long text, referred to from very many cells")
def _amplified(draw: Draw) -> Made:
    length, n = draw(st.sampled_from(((32_000, 400_000), (1_000_000, 20_000), (30_000_000, 300))))
    files = parts()
    count = len(re.findall("<si>", _text(STRINGS)))
    files[STRINGS] = files[STRINGS].replace(b"</sst>", f"<si><t>{'x' * length}</t></si></sst>".encode())
    lines = []
    for row in range(100, 100 + n // 12):
        line = "".join(f'<c r="{letter}{row}" t="s"><v>{count}</v></c>' for letter in "ABCDEFGHIJKL")
        lines.append(f'<row r="{row}">{line}</row>')
    cells = "".join(lines)
    files[SHEET] = files[SHEET].replace(b"</sheetData>", f"{cells}</sheetData>".encode())
    return NAME, zipped(files)


@kind("xml", "a bomb: a million columns widths, styles or names")
def _definitions(draw: Draw) -> Made:
    n = draw(st.sampled_from((20_000, 200_000)))
    if draw(st.booleans()):
        return _with(
            "xl/styles.xml",
            _text("xl/styles.xml").replace("</cellXfs>", '<xf numFmtId="0" fontId="0"/>' * n + "</cellXfs>", 1),
        )
    names = "".join(f'<definedName name="n{i}">People!$A$1</definedName>' for i in range(n))
    return _with(BOOK, _text(BOOK).replace("<calcPr", f"<definedNames>{names}</definedNames><calcPr", 1))


@kind("xml", "names and print areas that refer to nothing")
def _names(draw: Draw) -> Made:
    said = draw(st.sampled_from(("#REF!", "Nowhere!$A$1", "", "'", "People!$A$1:$XFD$1048576", "[1]People!A1")))
    name = draw(st.sampled_from(("x", "_xlnm.Print_Area", "_xlnm.Print_Titles", "_xlnm._FilterDatabase", "", "A1")))
    place = draw(st.sampled_from(("", ' localSheetId="0"', ' localSheetId="77"')))
    new = f'<definedNames><definedName name="{name}"{place}>{said}</definedName></definedNames><calcPr'
    return _with(BOOK, _text(BOOK).replace("<calcPr", new, 1))


@kind("xml", "parts that the sheet refers to and that are not there")
def _lost_parts(draw: Draw) -> Made:
    what = draw(st.sampled_from(("legacyDrawing", "drawing", "picture", "tablePart", "oleObject")))
    relations = "http://schemas.openxmlformats.org/{}/2006/relationships"
    tag = f'<{what} xmlns:r="{relations.format("officeDocument")}" r:id="rId9"/>'
    text = _text().replace("</worksheet>", f"{tag}</worksheet>")
    files = parts() | {SHEET: text.encode()}
    if draw(st.booleans()):
        kind_of = f"{relations.format('officeDocument')}/{what}"
        link = f'<Relationship Id="rId9" Type="{kind_of}" Target="../none.xml"/>'
        link = f'<Relationships xmlns="{relations.format("package")}">{link}</Relationships>'
        files["xl/worksheets/_rels/sheet1.xml.rels"] = link.encode()
    return NAME, zipped(files)


@kind("xml", "cells of every type, true or not")
def _types(draw: Draw) -> Made:
    what = draw(st.sampled_from(("n", "b", "e", "str", "inlineStr", "d", "s", "z", "")))
    value = draw(
        st.sampled_from(("1", "x", "#N/A", "#SPILL!", "1985-05-16", "1e400", "-0", "NaN", "TRUE", "", "1" * 400))
    )
    column, row = draw(st.sampled_from("BDEFGHIJ")), draw(st.integers(2, 60))
    inside = f"<is><t>{value}</t></is>" if what == "inlineStr" else f"<v>{value}</v>"
    return _with(
        SHEET,
        re.sub(
            rf'<c r="{column}{row}"[^>]*?(/>|>.*?</c>)',
            f'<c r="{column}{row}" t="{what}">{inside}</c>',
            _text(),
            count=1,
        ),
    )


@kind("xml", "properties of the document that are none")
def _properties(draw: Draw) -> Made:
    odd = draw(st.sampled_from(("2013-99-99T00:00:00Z", "x", "", "9999-12-31T23:59:59Z")))
    return _with("docProps/core.xml", re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", odd, _text("docProps/core.xml")))


@kind("xml", "sheets hidden, or of another kind")
def _states(draw: Draw) -> Made:
    state = draw(st.sampled_from(("hidden", "veryHidden", "x")))
    return _with(BOOK, _text(BOOK).replace('state="visible"', f'state="{state}"'))
