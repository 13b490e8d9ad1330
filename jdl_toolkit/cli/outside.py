"""Commands that need no lab: match on any table, and the power table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click

from .frame import bar, command, main


def _names(_context: Any, parameter: click.Parameter, value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Names of columns separated by commas; in quotation marks those that hold one."""
    given = [value] if isinstance(value, str) else list(value or ())
    try:
        found = [name.strip() for text in given for name in next(csv.reader([text], skipinitialspace=True), [])]
    except csv.Error:
        raise click.BadParameter("write names of columns, separated by commas", param=parameter) from None
    return tuple(name for name in found if name)


@command(
    main,
    "match",
    "jdl match trial.csv --treatment fin --covariates age,race,wexp,mar,paro,prio --outcome arrest --json",
)
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--treatment", required=True, metavar="COL", help="Who was treated: 0/1, true/false or yes/no.")
@click.option("--covariates", required=True, multiple=True, callback=_names, metavar="A,B,…", help="What to match on.")
@click.option(
    "--outcome", multiple=True, callback=_names, metavar="COL", help="What to compare; without, balance alone."
)
@click.option(
    "--method",
    type=click.Choice(["radius", "nearest", "ipw", "overlap", "ebal"]),
    default=None,
    help="Radius, nearest neighbours; or weights: inverse odds, overlap, entropy balancing. Default: radius.",
)
@click.option(
    "--score", type=click.Choice(["logit", "ps", "odds"]), help="Scale of the score that is matched on. Default: logit."
)
@click.option(
    "--caliper",
    type=click.FloatRange(0, min_open=True),
    help="Default: 0.2 standard deviations for radius, none for nearest.",
)
@click.option(
    "--caliper-unit", type=click.Choice(["sd", "raw"]), help="Standard deviations of the score, or its own scale."
)
@click.option(
    "--ratio", type=click.IntRange(1), metavar="K", help="Nearest: controls for each treated person. Default: 1."
)
@click.option("--replace", is_flag=True, help="Nearest: a control may serve more than one treated person.")
@click.option("--order", type=click.Choice(["largest", "smallest", "closest"]), help="Nearest: who chooses first.")
@click.option("--exact", multiple=True, callback=_names, metavar="A,B", help="Covariates that must be equal.")
@click.option("--common-support", is_flag=True, help="Only people within the other group's range of scores.")
@click.option("--trim", type=click.FloatRange(0, 0.5, max_open=True), help="Only probabilities in [trim, 1 - trim].")
@click.option("--categorical", multiple=True, callback=_names, metavar="A,B", help="Numbers that stand for categories.")
@click.option(
    "--splines",
    multiple=True,
    callback=_names,
    metavar="A,B",
    help="Numbers that enter the score and the outcome models as curves.",
)
@click.option(
    "--interactions",
    multiple=True,
    callback=_names,
    metavar="A:B,…",
    help="Pairs whose products enter the score and the outcome models, too.",
)
@click.option("--outcome-type", type=click.Choice(["share", "count", "mean"]), help="Default: as its values say.")
@click.option(
    "--missing",
    type=click.Choice(["indicator", "complete-cases", "refuse"]),
    default="indicator",
    show_default=True,
    help="Covariates that are not known: a column of their own says so; their rows are left out; an error.",
)
@click.option("--decimal", type=click.Choice([".", ","]), default=".", help="Decimal mark of a CSV file.")
@click.option("--seed", type=click.IntRange(0), help="Of whatever is drawn.")
@click.option(
    "--bootstrap", type=click.IntRange(0), metavar="N", help="Draws of a bootstrap that refits score and match."
)
@click.option("--panel", is_flag=True, help="Repeat the analysis with other calipers, methods and covariates.")
@click.option("--settings", type=click.Path(path_type=Path), help="YAML with further settings, as in defaults.yml.")
@click.option("--weights-out", type=click.Path(path_type=Path), help="CSV to write: row, score, logit, weight.")
@click.option("--html", type=click.Path(path_type=Path), help="Page to write: overlap, balance, estimates, power.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def match(table: Path, weights_out: Path | None, html: Path | None, force: bool, **options: Any) -> tuple[dict, str]:
    """Match and compare on any analysis-ready table, outside a register.

    One row per person, in CSV or Parquet. The score is a logistic regression on all covariates, categories by their
    levels. Prints who is compared, the balance of every covariate, and each estimate with its interval.
    """
    from ..prepared.answer import in_words, write_weights
    from ..prepared.command import compare_table
    from ..prepared.files import refuse_to_overwrite, writing

    asked = {"--weights-out": weights_out, "--html": html}
    written = {option: path for option, path in asked.items() if path is not None}
    refuse_to_overwrite(written, [table], force)
    done = compare_table(table, options, bar())
    if html is not None:
        with writing("--html", html):
            _write_match_page(done, table.name, html)
    if weights_out is not None:
        with writing("--weights-out", weights_out):
            write_weights(done.table, done.found, weights_out)
    return done.values, in_words(done.values, list(written.values()))


def _write_match_page(done: Any, name: str, out: Path) -> None:
    from ..matching import overlap_bins
    from ..prepared.page import as_notebook
    from ..render import to_html

    bins = overlap_bins(done.found.matched, done.spec.disclosure.minimum_cell)
    to_html(as_notebook(done.sections(bins)), "Match on a prepared table", name, out)


@command(main, "power", "jdl power --n-control 33111 --sd 0.4732691826 --reductions 1:10")
@click.option("--n-control", type=int, help="People in the control group; needed unless --page is all that is asked.")
@click.option("--n-treatment", type=int, help="People in the treatment group: what they detect, and their power.")
@click.option("--ess", type=float, help="What the controls are worth after weighting: the effective control size.")
@click.option(
    "--measure", type=click.Choice(["share", "count", "days"]), default="share", show_default=True, help="The outcome."
)
@click.option("--sd", type=float, help="Common standard deviation of the outcome.")
@click.option("--rate-control", type=float, help="Of a share: the control group's rate, a fraction, in place of --sd.")
@click.option("--rate-treatment", type=float, help="The treatment group's rate.  [default: the control group's]")
@click.option("--mean", type=float, help="Of a count: per person, in place of --sd.")
@click.option("--overdispersion", type=float, help="Of a count: its variance over its mean.  [default: 1]")
@click.option(
    "--reductions",
    help="from:to, or a list 1,2.5,5: percentage points of a share, else on the scale of the outcome.  "
    "[default: 1 to 10 points; 1 to 10 per cent of --mean; 5 to 50 days]",
)
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Two-sided level.")
@click.option("--power", "wanted", type=float, default=0.95, show_default=True, help="Wanted.")
@click.option("--html", type=click.Path(path_type=Path), help="Page to write: the table, and the effect detectable.")
@click.option(
    "--page", type=click.Path(path_type=Path), help="Page with sliders to write, for organisations; no network."
)
@click.option("--force", is_flag=True, help="Replace a page that is there.")
def power(html: Path | None, page: Path | None, force: bool, **given: Any) -> tuple[dict, str]:
    """How many people would be needed to detect a reduction of a given size.

    With --n-treatment also the smallest reduction that so many people detect, and their power for each. The example is
    the published table ("Justice Data Lab: the pilot year", Table 1).
    """
    from ..errors import JDLError
    from ..power.asked import answer, asked_on_command_line
    from ..prepared.files import refuse_to_overwrite, writing

    asked = {option: path for option, path in (("--html", html), ("--page", page)) if path is not None}
    refuse_to_overwrite(asked, [], force)
    if page is not None and given["n_control"] is None and html is None:
        with writing("--page", page):
            _write_sliders(page)
        return {"written": [str(page)]}, f"Written: {page}"
    if given["n_control"] is None:
        fix = "say how many people the control group has; or write the page with sliders alone, --page FILE"
        raise JDLError("Missing option '--n-control'", "jdl power", fix)
    table = asked_on_command_line(**given)
    writers = {"--html": lambda path: _write_power_page(table, path), "--page": _write_sliders}
    for option, path in asked.items():
        with writing(option, path):
            writers[option](path)
    written = "".join(f"\n\nWritten: {path}" for path in asked.values())
    return answer(table), f"{table}{written}"


def _write_sliders(out: Path) -> None:
    """The page for organisations, with this lab's settings, or outside a lab those shipped with the toolkit."""
    from ..errors import JDLError
    from ..lab import Lab
    from ..render.power import write_power_page
    from ..spec import intake_spec, lab_resources

    try:
        root = Lab.find().root
    except JDLError:
        root = lab_resources()
    write_power_page(intake_spec(root / "parameters" / "defaults.yml"), out)


def _write_power_page(table: Any, out: Path) -> None:
    from ..prepared.page import as_notebook
    from ..render import to_html

    words, needed, *curve = table.blocks()
    sections = [("What could be found", [words, *curve]), ("Group needed", [needed])]
    to_html(as_notebook(sections), "Statistical power", "Group needed and effect detectable", out)
