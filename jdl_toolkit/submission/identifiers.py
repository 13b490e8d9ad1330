"""PNC ids and prison numbers as organisations write them, read into their normal form."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ..identifiers import is_pnc_id, is_prison_number, normalise_pnc_id, normalise_prison_number
from .faults import issues_at
from .names import read_known
from .sheets import is_blank

#: Letters typed for the digits they resemble, anywhere but where a letter belongs.
_LIKE_DIGITS = str.maketrans("OIL", "011")
PNC_WITH_LETTERS = r"^[\dOIL]{2}(?:[\dOIL]{2})?/?[\dOIL]{1,7}[A-Z]$"
PRISON_WITH_LETTERS = r"^[A-Z][\dOIL]{4}[A-Z]{2}$"
CRIMINAL_RECORD_NUMBER = r"^(?:S?\d{1,6}/\d{2}[A-Z]|CRO.*)$"


def read_identifiers(pnc_cells: pd.Series, prison_cells: pd.Series) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Read both columns of identifiers: each can stand in the other's.

    Parameters
    ----------
    pnc_cells, prison_cells : Series of object
        The index holds row numbers.

    Returns
    -------
    identifiers : DataFrame of str
        ``pnc_id``, ``prison_number``, in their normal form; missing where malformed.
    issues : list of DataFrame
    """
    changed = ~pnc_cells.map(lambda cell: isinstance(cell, str) or is_blank(cell)).astype(bool) & pnc_cells.notna()
    pnc, prison = _text(pnc_cells.where(~changed)), _text(prison_cells)
    prison_in_pnc, pnc_in_prison = is_prison_number(pnc), is_pnc_id(prison)
    swapped = (prison_in_pnc & (pnc_in_prison | prison.isna())) | (pnc_in_prison & pnc.isna())
    pnc, prison = pnc.mask(swapped, prison), prison.mask(swapped, pnc)
    pnc, pnc_mended = _mend(pnc, PNC_WITH_LETTERS, 0, -1, is_pnc_id)
    prison, prison_mended = _mend(prison, PRISON_WITH_LETTERS, 1, -2, is_prison_number)

    long, right = normalise_pnc_id(pnc).astype("str"), is_pnc_id(pnc)
    number = normalise_prison_number(prison).astype("str")
    malformed = pnc.notna() & long.isna()
    other = malformed & pnc.str.match(CRIMINAL_RECORD_NUMBER, na=False)
    issues = [
        issues_at("pnc_id_changed", changed, "pnc_id"),
        issues_at("pnc_id_is_cro", other, "pnc_id"),
        issues_at("pnc_id_malformed", malformed & ~other, "pnc_id"),
        issues_at("pnc_id_check_letter", long.notna() & ~right, "pnc_id"),
        issues_at("prison_number_malformed", prison.notna() & number.isna(), "prison_number"),
        issues_at("identifiers_exchanged", swapped, "pnc_id"),
        issues_at("identifier_letters", pnc_mended, "pnc_id"),
        issues_at("identifier_letters", prison_mended, "prison_number"),
    ]
    return pd.DataFrame({"pnc_id": long.where(right), "prison_number": number}), issues


def _text(cells: pd.Series) -> pd.Series:
    text = read_known(cells).str.upper().str.replace(r"[\s\u200b']+", "", regex=True)
    text = text.str.replace(r"^(?:PNC|NOMS)(?:ID|NO)?[:.]*|[.,;]+$", "", regex=True)
    return text.str.replace(r"(?<=\d)[\\\-\u2010-\u2015](?=\d)", "/", regex=True)


def _mend(
    text: pd.Series, pattern: str, begin: int, end: int, is_right: Callable[[pd.Series], pd.Series]
) -> tuple[pd.Series, pd.Series]:
    """Put digits where letters were typed for them, from character `begin` to `end`; and say where that was done."""
    body = text.str[begin:end].map(lambda part: part.translate(_LIKE_DIGITS), na_action="ignore").astype("str")
    mended = text.str[:begin] + body + text.str[end:]
    better = text.str.match(pattern, na=False) & (mended != text) & is_right(mended)
    return text.mask(better, mended), better
