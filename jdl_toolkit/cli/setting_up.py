"""Commands before a request: lay out a lab, make or build a register, write the template, check an upload."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import JDLError
from .frame import DAY, bar, command, main, register_group, step_bar

if TYPE_CHECKING:  # at run time, each command imports what it needs: a check starts at once
    from ..spec import RequestSpec


@command(main, "init", "jdl init my-lab")
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> tuple[dict, str]:
    """Lay out a working folder: parameters, notebooks, an example request."""
    from ..lab import lay_out

    lab = lay_out(folder)
    steps = f"cd {folder}\njdl synth --persons 20000 --seed 2013 --out data/demo\njdl run foundation-2013"
    return {"folder": str(lab.root)}, f"Laid out {folder}. Next, for a request on invented people:\n\n{steps}"


@command(main, "synth", "jdl synth --persons 100000 --seed 2013 --out data/demo")
@click.option(
    "--persons",
    type=click.IntRange(20_000, 20_000_000),
    default=100_000,
    show_default=True,
    help="People on the register.",
)
@click.option("--seed", type=click.IntRange(0), default=2013, show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to write; replaced if it was made by this command.",
)
@click.option(
    "--effect",
    type=click.FloatRange(-30, 0),
    default=-2.0,
    show_default=True,
    help="True effect of the first service, in percentage points; with 0, the second has none either.",
)
def synth(persons: int, seed: int, out: Path, effect: float) -> tuple[dict, str]:
    """Make an invented register and two example uploads whose true effects are known."""
    from ..synthetic.demonstration import synthesise

    made = synthesise(out, persons, seed, effect, progress=bar())
    sizes = f"{made['persons']:,} invented people, {made['offences']:,} offences"
    sizes += f", and two uploads: {made['records']:,} records for foundation-2013"
    sizes += f", {made['truth']['bridges']['records']:,} for bridges-2013"
    return made, f"Made {out}: {sizes}.\nThe true effects are in {out}/truth.json."


@command(register_group, "build", "jdl register build extract/ --adapter my_tables.sql --out data/register.duckdb")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Register file to write.")
@click.option("--adapter", type=click.Path(path_type=Path), help="SQL that maps your own tables to the register's.")
@click.option("--strict", is_flag=True, help="Refuse if a single row would be set aside or a value left out.")
@click.option(
    "--most-set-aside",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Refuse if a larger share of a table, or of a column's values, is wrong.",
)
@click.option("--memory", default="4GB", show_default=True, help="What the database may use; the rest goes to disk.")
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True, help="Processor cores to use.")
def register_build(source: Path, out: Path, **options: Any) -> tuple[dict, str]:
    """Prepare a register from a folder of tables; broken rows are set aside. Run again, it goes on where it stopped."""
    from ..register import build_register
    from ..register.summary import in_words

    with step_bar() as progress:
        made = build_register(source, out, progress=progress, **options)
    return made, in_words(made)


@command(main, "template", "jdl template upload.xlsx")
@click.argument("file", type=click.Path(path_type=Path))
def template(file: Path) -> tuple[dict, str]:
    """Write the empty workbook that organisations fill in."""
    from ..submission import write_template

    if file.suffix != ".xlsx":
        raise JDLError("the template is a workbook", str(file), "name a file that ends in .xlsx")
    if file.exists():
        raise JDLError("the file is there already", str(file), "name another; nothing was changed")
    write_template(file)
    return {"file": str(file)}, f"Wrote {file}."


@command(main, "check", "jdl check upload.xlsx --data-from 2000-01-01 --data-to 2012-12-31")
@click.argument("upload", type=click.Path(path_type=Path))
@click.option("--request", help="Check by the settings, and the register's period, of this request of the lab.")
@click.option(
    "--marked", type=click.Path(path_type=Path), help="Where to write the marked-up copy. Default: beside the upload."
)
@click.option("--page", type=click.Path(path_type=Path), help="Where to write the summary. Default: beside the upload.")
@click.option("--data-from", type=DAY, help="First day for which reoffending data exist.")
@click.option("--data-to", type=DAY, help="Last day for which reoffending data exist.")
def check(
    upload: Path,
    request: str | None,
    marked: Path | None,
    page: Path | None,
    data_from: dt.datetime | None,
    data_to: dt.datetime | None,
) -> tuple[dict, str]:
    """Check an upload before anything is sent: what to correct, what to expect, whether the method suits.

    Needs no lab and no register, and sends nothing. Writes a summary of one page, and a copy of the upload with every
    problem marked in place.
    """
    from ..precheck import check_upload
    from ..precheck.page import write_page
    from ..precheck.terminal import check_values, terminal_words
    from ..submission import marked_up_copy

    _own_files(upload, marked, page)
    spec, known = _check_settings(request)
    limits = {"data_from": data_from, "data_to": data_to}
    given = {name: day.date() for name, day in limits.items() if day is not None}
    spec = spec.with_(intake=given) if given else spec
    checked = check_upload(upload, spec, spec.intake.data_period(known))
    marked = marked or upload.with_name(f"{upload.stem}-marked.xlsx")
    page = page or upload.with_name(f"{upload.stem}-check.html")
    try:
        marked_up_copy(upload, checked.submission, marked)
        write_page(checked, page, dt.date.today())
    except OSError:
        fix = "name places that you may write to, with --marked and --page"
        raise JDLError("the copy or the summary cannot be written", f"{marked}, {page}", fix) from None
    return check_values(checked, marked, page), terminal_words(checked, marked, page)


def _check_settings(request: str | None) -> tuple[RequestSpec, tuple[dt.date, dt.date] | None]:
    """Settings of a check, and the register's period where a request names its register."""
    from ..lab import Lab
    from ..spec import intake_spec, lab_resources

    if request is None:
        try:
            root = Lab.find().root
        except JDLError:
            root = lab_resources()
        return intake_spec(root / "parameters" / "defaults.yml"), None
    from ..register import Register

    lab = Lab.find()
    spec = lab.spec(request)
    with Register.open(lab.register_file(spec)) as register:
        return spec, (register.meta.data_start, register.meta.data_end)


def _own_files(upload: Path, *written: Path | None) -> None:
    """Refuse to write over the upload, or two files into one."""
    places = [path.resolve() for path in (upload, *written) if path is not None]
    if len(set(places)) < len(places):
        raise JDLError("the same file is named twice", "jdl check", "give each a file of its own")
