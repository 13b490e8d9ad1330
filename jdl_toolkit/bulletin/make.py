"""Make the bulletin of a period in a temporary folder, check it, and put it in place whole."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from .. import render
from ..errors import JDLError, UnderWay
from ..execution.notebooks import execute_template
from ..feedback import feedback_summary
from ..imported import read_imported
from ..lab import Lab
from ..lifecycle import all_requests
from ..manifest import alone
from ..narrative.bulletin import check_bulletin as check_blocks
from ..numbers import date
from ..portfolio import BULLETIN_FILE, Bulletin, BulletinSettings, Period, bulletin_settings, gather
from ..render.bulletin import write_bulletin
from ..result import write_atomically
from ..run import none_wrong, shown_blocks
from .leaks import check_bulletin
from .tables import BULLETINS, EARLIER, last_before, reports_released

#: Template of the bulletin.
NOTEBOOK = "10_bulletin"


@dataclass(frozen=True)
class MadeBulletin:
    """What was made.

    Parameters
    ----------
    bulletin : Bulletin
    folder : Path
    files : tuple of str
        Names of the files, sorted.
    leak_check : str
        What the files were held against.
    warnings : tuple of str
        What somebody should look at: requests that could not be counted, numbers that were not seen in the pages.
    """

    bulletin: Bulletin
    folder: Path
    files: tuple[str, ...]
    leak_check: str
    warnings: tuple[str, ...] = ()


def bulletin_folder(outputs: Path, period: Period) -> Path:
    """Where the bulletin of a period lies."""
    return Path(outputs) / BULLETINS / str(period)


def make_bulletin(
    lab: Lab,
    outputs: Path,
    period: str,
    today: dt.date,
    reissue: str = "",
    engine: str = "",
    progress: Callable[[str], None] = lambda step: None,
) -> MadeBulletin:
    """Gather a period's bulletin from every request, draw it, check it for leaks, and put it in place.

    Until its day of publication it may be made again. Afterwards only with a reason, as a further version; the earlier
    one is kept below ``bulletins/earlier``.

    Parameters
    ----------
    lab : Lab
    outputs : Path
        Folder of all outputs.
    period : str
        ``YYYY-MM``.
    today : date
    reissue : str
        Why a published bulletin is made again.
    engine : str
        What executes the notebook.
    progress : callable
        Told of each step.

    Raises
    ------
    JDLError
        If the period is no month or not over, nothing was received by then, the settings or counts are at fault, or
        the bulletin was published already.
    GateClosed
        If a file holds a name, date of birth or identifier; nothing is put in place then.
    StageFailed
        If the notebook failed, or a page holds a number that the data do not.
    """
    asked = Period.parse(period)
    if asked.until >= today:
        fix = f"make it from {date(asked.until + dt.timedelta(days=1))} on, or name an earlier period"
        raise JDLError(f"the period is not over before {date(asked.until)} has passed", f"period {asked}", fix)
    settings = bulletin_settings(lab.root / "parameters" / "bulletins", asked)
    folder = bulletin_folder(outputs, asked)
    try:
        with alone(outputs, BULLETINS):
            version = _next_version(folder, asked, today, reissue)
            progress("gathering")
            bulletin = gather_bulletin(lab, outputs, asked, settings, today, version, reissue)
            made = _make(lab, outputs, bulletin, folder, today, engine, progress)
    except UnderWay:
        raise UnderWay("another bulletin is being made", lab.short(folder), "wait until it has ended") from None
    render.refresh_index(lab, outputs)
    return replace(made, warnings=(*_uncounted(lab, outputs, today), *made.warnings))


def _make(
    lab: Lab,
    outputs: Path,
    bulletin: Bulletin,
    folder: Path,
    today: dt.date,
    engine: str,
    progress: Callable[[str], None],
) -> MadeBulletin:
    """Draw a bulletin in a temporary folder, check it, and rename the folder; what a killed run left is swept away."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(".????-??.*"):
        shutil.rmtree(left, ignore_errors=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{bulletin.period}."))
    try:
        made = bulletin_folder(making, Period.parse(bulletin.period))
        missing = _draw(lab, bulletin, made, engine, progress)
        progress("leak check")
        files = sorted(path for path in made.rglob("*") if path.is_file())
        checked = check_bulletin(lab, outputs, files, bulletin)
        names = tuple(str(path.relative_to(made)) for path in files)
        _put_in_place(made, folder, making, today)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return MadeBulletin(bulletin, folder, names, checked, missing)


def gather_bulletin(
    lab: Lab, outputs: Path, period: Period, settings: BulletinSettings, today: dt.date, version: int, reissue: str
) -> Bulletin:
    """What the bulletin says: requests, releases, imported results and feedback as they stood when the period ended."""
    requests = all_requests(lab, outputs, today, until=period.until)
    if requests.empty:
        fix = "name a later period, or another folder with --outputs"
        raise JDLError(f"no request was received by {date(period.until)}", f"period {period}", fix)
    before = last_before(outputs, period)
    since = settings.since or (before.until if before else None)
    return gather(
        period,
        settings,
        requests,
        reports_released(outputs, period.until),
        imported=read_imported(outputs),
        earlier_until=since,
        earlier_requests=all_requests(lab, outputs, today, until=since) if since else None,
        feedback=feedback_summary(outputs, period.until),
        version=version,
        reissue_reason=reissue if version > 1 else "",
    )


def _uncounted(lab: Lab, outputs: Path, today: dt.date) -> list[str]:
    """Requests of which nobody can say when they were received, so that no count has them."""
    requests = all_requests(lab, outputs, today)
    unknown = requests[requests["received"].isna()]
    pairs = zip(unknown["request"], unknown["where"], strict=True)
    return [
        f"request {request} is not counted, as its settings do not say when it was received ({where})"
        for request, where in pairs
    ]


def _next_version(folder: Path, period: Period, today: dt.date, reissue: str) -> int:
    kept = [int(path.name) for path in (folder.parent / EARLIER / str(period)).glob("*") if path.name.isdigit()]
    path = folder / BULLETIN_FILE
    if not path.exists():
        if reissue and not kept:
            what = f"there is no bulletin of {period.words} to make again"
            raise JDLError(what, f"period {period}", "take --reissue out")
        if kept and not reissue:
            what = f"version {max(kept)} of the bulletin of {period.words} was published"
            raise JDLError(what, f"period {period}", "say why it is made again with --reissue REASON")
        return max(kept, default=0) + 1
    standing = Bulletin.read(path)
    is_published = standing.published <= today
    if is_published and not reissue:
        what = f"the bulletin of {period.words} was published on {date(standing.published)}"
        fix = "say why it is made again with --reissue REASON; the published version is kept"
        raise JDLError(what, f"period {period}", fix)
    if reissue and not is_published:
        what = f"the bulletin of {period.words} is not published before {date(standing.published)}"
        raise JDLError(what, f"period {period}", "take --reissue out: until then it is simply made again")
    return standing.version + is_published


def _draw(lab: Lab, bulletin: Bulletin, made: Path, engine: str, progress: Callable[[str], None]) -> tuple[str, ...]:
    """Write the data, execute the notebook on them, draw the pages and spreadsheets, and check their numbers.

    Returns
    -------
    tuple of str
        Numbers that were not seen in the pages.

    Raises
    ------
    StageFailed
        If a page holds a number that the data do not.
    """
    bulletin.write(made / BULLETIN_FILE)
    notebook = made / "bulletin.ipynb"
    progress("executing the notebook")
    outputs = made.parent.parent
    execute_template(lab, NOTEBOOK, {"period": bulletin.period, "outputs": str(outputs)}, notebook, engine)
    _without_machine_path(notebook, bulletin.period)
    blocks = shown_blocks(notebook)
    none_wrong(check_blocks(blocks, bulletin).foreign)
    progress("drawing")
    write_bulletin(notebook, bulletin, made)
    read = render.misprints(blocks, bulletin, made / "bulletin.html", made / "bulletin.pdf")
    none_wrong(read.foreign)
    return read.missing


def _without_machine_path(path: Path, period: str) -> None:
    """The published notebook says `outputs = "outputs"`, wherever it was made."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = f'# Parameters\nperiod = "{period}"\noutputs = "outputs"\n'
    write_atomically(path, nbformat.writes(notebook))


def _put_in_place(made: Path, folder: Path, making: Path, today: dt.date) -> None:
    """Rename the new folder to where it belongs; a published one that stood there is kept, any other goes."""
    os.chmod(made, 0o755)
    if folder.exists():
        standing = Bulletin.read(folder / BULLETIN_FILE)
        old = making / "old"
        if standing.published <= today:
            old = folder.parent / EARLIER / standing.period / str(standing.version)
            old.parent.mkdir(parents=True, exist_ok=True)
        os.replace(folder, old)
    os.replace(made, folder)
