"""What a bulletin is gathered from on disk: released reports of every version, and the bulletin before."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from ..portfolio import BULLETIN_FILE, OF_VERSION, RESULT_COLUMNS, Bulletin, Period, results
from ..releases import read_releases, released_findings

#: Folder of all bulletins below the outputs folder, and of versions that another took the place of below that.
BULLETINS, EARLIER = "bulletins", "earlier"


def reports_released(outputs: Path, until: dt.date) -> pd.DataFrame:
    """A row for each analysis of every version released by the end of a day.

    Returns
    -------
    DataFrame
        As `portfolio.results`, with version, released and reason. A request that was released as one that could not be
        answered has one row, without an analysis.

    Raises
    ------
    JDLError
        If the record or the findings of a release cannot be read.
    """
    parts = [pd.DataFrame(columns=[*RESULT_COLUMNS, *OF_VERSION])]
    for release in read_releases(outputs):
        if release.released <= until:
            of = {"version": release.version, "released": release.released, "reason": release.reason}
            parts.append(results([released_findings(outputs, release)]).assign(**of))
    return pd.concat([part.astype(object) for part in parts], ignore_index=True)


def last_before(outputs: Path, period: Period) -> Bulletin | None:
    """The last bulletin that was made for an earlier period.

    Raises
    ------
    JDLError
        If it cannot be read: what was new in it must be known.
    """
    found = [path for path in Path(outputs).glob(f"{BULLETINS}/????-??/{BULLETIN_FILE}")]
    earlier = [path for path in found if path.parent.name < str(period)]
    return Bulletin.read(max(earlier)) if earlier else None
