"""Studies of the methods on invented people: `python -m jdl_toolkit.validation headline --out DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import JDLError
from ..inference.estimation import ESTIMATES
from ..result import write_atomically
from .bootstrap import BOOTSTRAP
from .headline import FALLBACK, HEADLINE
from .picture import coverage_picture
from .study import BLOCK, Study, read_replications, run_study
from .summary import as_table, summarise

STUDIES = {"headline": (HEADLINE, ESTIMATES), "bootstrap": (BOOTSTRAP, ("headline", "bootstrap", "percentile"))}
STUDIES |= {"fallback": (FALLBACK, ESTIMATES)}


@click.group(help=__doc__)
def main() -> None:
    pass


def _command(study: Study, about: str) -> None:
    example = f"Example: python -m jdl_toolkit.validation {study.name} --out runs --cells {next(iter(study.cells))}"

    @main.command(study.name, help=f"{about}\n\nRun again, it goes on where it stopped.\n\n{example}")
    @click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the replications.")
    @click.option("--cells", default=",".join(study.cells), show_default=True, help="Names, with commas between.")
    @click.option("--replications", type=click.IntRange(1), help="Of each cell. Default: the study's own numbers.")
    @click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
    @click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
    @click.option("--block", default=BLOCK, show_default=True, type=click.IntRange(1), help="Replications in a file.")
    def command(out: Path, cells: str, **settings: int) -> None:
        run_study(study, out, [name.strip() for name in cells.split(",")], **settings)


_command(HEADLINE, "Bias, coverage, type I error and power of headline, classic and check.")
_command(FALLBACK, "The same with entropy balancing where no caliper balances, in cells where that happens.")
_command(BOOTSTRAP, "The headline beside a bootstrap that refits score and match.")


@main.command("summary")
@click.argument("study", type=click.Choice(list(STUDIES)))
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--table", type=click.Path(path_type=Path), help="Write the table as CSV.")
@click.option("--picture", type=click.Path(path_type=Path), help="Write the picture of coverage as PNG.")
def summary(study: str, out: Path, table: Path | None, picture: Path | None) -> None:
    """Sum up the replications in OUT, finished or not.

    Example: python -m jdl_toolkit.validation summary headline runs --table headline.csv --picture headline.png
    """
    found, estimators = STUDIES[study]
    summed = summarise(read_replications(out), found.cells, estimators)
    rules = ("fallback", "ladder", "widest")
    rule = next(rule for rule in rules if (summed["caliper_rule"] == rule).any())
    shown = summed[summed["caliper_rule"] == rule]
    print(as_table(shown, found.cells))
    if table:
        write_atomically(table, summed.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    if picture:
        write_atomically(picture, coverage_picture(shown, found.cells))


if __name__ == "__main__":
    try:
        main()
    except JDLError as fault:
        print(f"Error: {fault}", file=sys.stderr)
        sys.exit(fault.exit_status)
