"""Names as organisations write them, made plain: one kind of apostrophe, no titles, no nicknames in brackets."""

from __future__ import annotations

import re

import pandas as pd

from .faults import issues_at
from .fields import PLACEHOLDERS
from .sheets import is_blank

#: Every word of the name is one letter: "J", "J.", "J. P.", "J-P".
INITIALS = r"^(?:[^\W\d_][\W_]+)*[^\W\d_][\W_]*$"
#: What stands in no name: signs, pictures, and characters that a typeface of its own shows (private use); other names.
SIGNS = (
    r"[\d@_#&<>{}\[\]()=*+\\|~^;:!?\",/\u2190-\u2bff\U0001f000-\U0001faff\ue000-\uf8ff\U000f0000-\U0010fffd]"
    r"|(?i:\b(?:a\.?k\.?a|n\u00e9e|formerly)\b)"
)
#: Letters of other scripts than the register's; between them stand the extensions of the Latin alphabet.
OTHER_SCRIPTS = r"[\u0370-\u1cff\u1f00-\u1fff\u2c80-\ud7ff\uf900-\ufaff\ufb1d-\ufdff\ufe70-\ufefc]"
#: What is left of an accented letter whose bytes were read in the wrong encoding.
GARBLED = r"[\u00c2-\u00c5][\u0080-\u00bf\u0152-\u0178\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|\u00e2\u20ac|\ufffd"

#: Characters. What is longer is read, but with a remark: a note, or a cell that holds several people.
LONGEST_NAME = 60

TITLES = r"(?i)^(?:mr|mrs|ms|miss|mx|master|dr|sir|rev|revd|prof)\b\.?\s*(?=\S|$)"
SUFFIXES = r"(?i)[\s,]+\(?(?:jnr|jr|snr|sr|esq|ii|iii)\.?\)?$"
ASIDES = r"\s*(?:(?<=\s)'[^']+'(?=\s|$)|\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"|\u201c[^\u201c\u201d]*\u201d)\s*"

_PLAIN = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u02bb\u02bc\u00b4`\u2032\uff07", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-")
)


def read_text(cells: pd.Series) -> pd.Series:
    """Cells as text: spaces of any kind made one, compatibility characters made plain; missing where blank."""
    filled = cells.where(~cells.map(is_blank).astype(bool))
    written = filled.map(_written, na_action="ignore").astype("str")
    clean = written.str.replace("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]", "", regex=True).str.normalize(
        "NFKC"
    )
    clean = clean.str.replace(r"[\s\x00-\x1f]+", " ", regex=True).str.strip()
    return clean.where(clean != "")


def read_known(cells: pd.Series) -> pd.Series:
    """Cells as text; missing also where somebody wrote that it is not known."""
    text = read_text(cells)
    return text.where(~text.str.casefold().str.strip(" .").isin(PLACEHOLDERS | {"-", "?", "none", "na", "no", "nil"}))


def read_names(cells: pd.Series, key: str, allow_initials: bool) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Read a column of names.

    Parameters
    ----------
    cells : Series of object
        The index holds row numbers.
    key : str
        Key of the column in `fields.COLUMNS`.
    allow_initials : bool
        Whether an initial is a name, if a poor one.

    Returns
    -------
    names : Series of str
        Missing where there is no name: blank, a placeholder, no letter, a title alone.
    issues : list of DataFrame
    """
    garbled = cells.map(lambda cell: isinstance(cell, str) and re.search(GARBLED, cell) is not None).astype(bool)
    as_sent = read_text(cells.mask(garbled, cells.map(_ungarbled)).map(_plain_signs))
    nothing = as_sent.str.casefold().str.strip(" .").isin(PLACEHOLDERS) | as_sent.str.startswith("#", na=False)
    nothing |= cells.map(lambda cell: isinstance(cell, bool)).astype(bool)
    as_sent = as_sent.where(~nothing & as_sent.str.contains(r"[^\W\d_]", na=False))
    core = as_sent.str.replace(ASIDES, " ", regex=True).str.strip()
    core = core.where(core.str.contains(r"[^\W\d_]", na=False), as_sent)
    core = core.str.replace(TITLES, "", regex=True).str.replace(SUFFIXES, "", regex=True)
    core = core.str.replace(r"\s+", " ", regex=True).str.strip(" ,")
    names = core.where(core.str.contains(r"[^\W\d_]", na=False))
    other_script = names.str.contains(OTHER_SCRIPTS, na=False)
    found = {
        "name_trimmed": names.notna() & (names != as_sent),
        "name_garbled": garbled & names.notna(),
        "name_other_script": other_script,
        "name_long": names.str.len() > LONGEST_NAME,
        "name_characters": ~garbled & names.str.contains(SIGNS, na=False),
    }
    if key in ("forename", "surname"):
        initials = names.str.fullmatch(INITIALS, na=False) & ~other_script
        found |= {f"{key}_missing": names.isna(), f"{key}_initials{'_kept' * allow_initials}": initials}
    return names, [issues_at(code, at, key) for code, at in found.items()]


def _written(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _ungarbled(cell: object) -> object:
    """Text in UTF-8 that was taken for Windows text, put right where that is possible."""
    try:
        return cell.encode("cp1252").decode("utf-8") if isinstance(cell, str) else cell
    except UnicodeError:
        return cell


def _plain_signs(cell: object) -> object:
    """Apostrophes and dashes of one kind, before anything else makes an accent of them."""
    return cell.translate(_PLAIN) if isinstance(cell, str) else cell
