"""The command line: `jdl init`, `synth`, `register build`, `check`, `run`, `record`, `diff`, `status`, `match` …

Every command has `--help` with an example, and `--json` for one JSON object on standard output; messages and progress
go to standard error. Exit status: 0 done; 2 the input is wrong; 3 the request could not be answered; 4 a gate is
closed; 1 a fault of the toolkit.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import __version__
from .errors import JDLError, StageFailed

if TYPE_CHECKING:  # at run time, each command imports what it needs: a check starts at once
    from .spec import RequestSpec

DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])


#: A run that is under way, and one that was killed: its manifest says the former still.
IN_PROGRESS, INTERRUPTED = "in progress", "interrupted"

SPOILT = "manifest unreadable: run with --fresh"


class Command(click.Command):
    """A command with `--json`, an example in its help, and failures told without a traceback."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output.")
        )

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        """Parse the options; whoever asked for JSON is told of a mistake in JSON, too."""
        asked = "--json" in args
        try:
            return super().make_context(info_name, args, *more, **extra)
        except click.UsageError as fault:
            if asked:
                click.echo(json.dumps({"error": fault.format_message(), "exit_status": fault.exit_code}))
            raise

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.epilog:
            with formatter.section("Example"):
                formatter.write_text(self.epilog)


def command(group: click.Group, name: str, example: str) -> Callable[[Callable[..., tuple[dict, str]]], click.Command]:
    """Register a function that returns ``(values, words)`` as a command."""

    def register(function: Callable[..., tuple[dict, str]]) -> click.Command:
        @group.command(name, cls=Command, epilog=example, help=function.__doc__)
        @wraps(function)
        def call(as_json: bool, **options: Any) -> None:
            try:
                values, words = function(**options)
            except KeyboardInterrupt:
                click.echo("Interrupted. What was finished is kept; run the same command again to go on.", err=True)
                sys.exit(130)
            except Exception as fault:  # every failure ends with a message and a status, never with a traceback
                sys.exit(_tell(fault, as_json))
            click.echo(json.dumps(values, default=str) if as_json else words)
            sys.exit(values.get("exit_status", 0))

        return call

    return register


def _tell(fault: Exception, as_json: bool) -> int:
    status = fault.exit_status if isinstance(fault, JDLError) else 1
    if isinstance(fault, JDLError):
        message = str(fault)
    elif isinstance(fault, StageFailed):
        fix = "The executed notebook, in the request's restricted folder, shows it as far as it came."
        message = f"A fault of the toolkit: {fault}.\n{fix}"
    elif os.environ.get("JDL_DEBUG"):
        raise fault
    else:  # the text of an unforeseen error may hold data: its class is all that is printed
        message = f"A fault of the toolkit ({type(fault).__name__}). JDL_DEBUG=1 shows where; that may hold data."
    click.echo("\n".join([message, *getattr(fault, "__notes__", ())]), err=True)
    if as_json:
        click.echo(json.dumps({"error": message, "exit_status": status}))
    return status


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="jdl")
def main() -> None:
    """Matched-cohort evaluation for a Justice Data Lab: from an organisation's workbook to its published report."""


@main.group("register")
def register_group() -> None:
    """Build and check a lab's register of records."""


@command(main, "init", "jdl init my-lab")
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> tuple[dict, str]:
    """Lay out a working folder: parameters, notebooks, an example request."""
    from .lab import lay_out

    lab = lay_out(folder)
    steps = f"cd {folder}\njdl synth --persons 100000 --seed 2013 --out data/demo\njdl run foundation-2013"
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
    from .synthetic.demonstration import synthesise

    made = synthesise(out, persons, seed, effect, progress=_bar())
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
    from .register import build_register
    from .register.summary import in_words

    with _step_bar() as progress:
        made = build_register(source, out, progress=progress, **options)
    return made, in_words(made)


@command(main, "template", "jdl template upload.xlsx")
@click.argument("file", type=click.Path(path_type=Path))
def template(file: Path) -> tuple[dict, str]:
    """Write the empty workbook that organisations fill in."""
    from .submission import write_template

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
    from .precheck import check_upload
    from .precheck.page import write_page
    from .precheck.terminal import check_values, terminal_words
    from .submission import marked_up_copy

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
    from .lab import Lab
    from .spec import intake_spec, lab_resources

    if request is None:
        try:
            root = Lab.find().root
        except JDLError:
            root = lab_resources()
        return intake_spec(root / "parameters" / "defaults.yml"), None
    from .register import Register

    lab = Lab.find()
    spec = lab.spec(request)
    with Register.open(lab.register_file(spec)) as register:
        return spec, (register.meta.data_start, register.meta.data_end)


def _own_files(upload: Path, *written: Path | None) -> None:
    """Refuse to write over the upload, or two files into one."""
    places = [path.resolve() for path in (upload, *written) if path is not None]
    if len(set(places)) < len(places):
        raise JDLError("the same file is named twice", "jdl check", "give each a file of its own")


@command(main, "run", "jdl run foundation-2013")
@click.argument("request")
@click.option(
    "--until",
    default="report",
    show_default=True,
    help="Last stage to run: intake, linkage, matching, outcomes or report.",
)
@click.option("--fresh", is_flag=True, help="Archive the request's earlier outputs and start anew.")
@click.option("--with-code", is_flag=True, help="Put the code of the report's notebook into its HTML, folded.")
@click.option(
    "--outputs", type=click.Path(path_type=Path), help="Folder of all outputs. Default: outputs/ in the lab's folder."
)
def run(request: str, until: str, fresh: bool, with_code: bool, outputs: Path | None) -> tuple[dict, str]:
    """Run one request: every stage that is not yet up to date, up to the report."""
    # A grammar of web addresses that jsonschema loads if it can: a second and a half, for what no notebook holds.
    sys.modules.setdefault("rfc3987_syntax", None)
    from .lab import Lab
    from .run import run_request

    lab = Lab.find()
    outputs = (outputs or lab.root / "outputs").resolve()
    outcome = run_request(lab, request, outputs, until, fresh, _stage_progress(), with_code)
    review = lab.short(outcome.review)
    values = {
        "request": outcome.request,
        "status": outcome.status,
        "headline": outcome.headline,
        "seconds": outcome.seconds,
        "warning": outcome.warning,
        "review": review,
    }
    if outcome.report is None:
        return values, f"{outcome.request}: done up to stage {until}.\n\nFor review: {review}"
    report = {name: lab.short(outcome.report / f"report.{name}") for name in ("html", "pdf")}
    words = f"{outcome.headline}\n\nReport: {report['html']}\n        {report['pdf']}\n\nFor review: {review}"
    words += f"\n\n{outcome.warning}" if outcome.warning else ""
    return values | {"report": report}, words


@command(
    main,
    "record",
    "jdl record foundation-2013 'balance accepted' --by 'A. Statistician' --reason 'the worst covariate is ...'\n\n"
    "jdl record foundation-2013 'draft sent' --by 'A. Statistician' --date 2014-02-03",
)
@click.argument("request")
@click.argument(
    "event", type=click.Choice(["balance accepted", "sign-off", "draft sent", "response received", "withdrawn"])
)
@click.option("--analysis", default="main", help="Whose balance, where the request holds several analyses.")
@click.option("--by", required=True, help="Who did it.")
@click.option("--reason", default="", help="Why; the report prints it. An accepted balance and a withdrawal need one.")
@click.option("--date", type=DAY, help="The day of the event. Default: today.")
@click.option(
    "--text-file", type=click.Path(path_type=Path), help="The organisation's response: plain text in UTF-8, no names."
)
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def record(request: str, outputs: Path | None, date: dt.datetime | None, **options: Any) -> tuple[dict, str]:
    """Record what people do with a request: accept its balance, sign its report off, send its draft, answer, withdraw.

    A report is a draft until it is released; once its draft is sent, each page says until when comments are due. The
    report alone is made anew when the request is next run.
    """
    from .lab import Lab
    from .lifecycle import record_event, recorded_in_words

    lab = Lab.find()
    day = None if date is None else date.date()
    said = record_event(lab, request, outputs or lab.root / "outputs", date=day, today=dt.date.today(), **options)
    return {"request": request} | said, recorded_in_words(request, said)


@command(main, "diff", "jdl diff foundation-2013-20140114T093000000000 foundation-2013")
@click.argument("first", metavar="A")
@click.argument("second", metavar="[B]", required=False)
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
@click.option("--html", type=click.Path(path_type=Path), help="Page to write. Default: in the later run's folder.")
def diff(first: str, second: str | None, outputs: Path | None, html: Path | None) -> tuple[dict, str]:
    """Show what changed between two runs of a request: settings, counts, results, sentences.

    A and B are a request (its current run), an archived folder, or the path of a run's folder. With A alone, the
    latest archived run of that request is compared with the current one. The page is for the lab alone.
    """
    from .diff import differences_between, kinds_of_small_differences, page_of_differences, summary, two_runs
    from .lab import Lab
    from .result import write_atomically

    lab = Lab.find()
    found = differences_between(*two_runs(first, second, outputs or lab.root / "outputs"))
    path = html or found.after.folder / "restricted" / "changes" / f"{found.before.name}.html"
    write_atomically(path, page_of_differences(found))
    words = [f"{name}: {run.name}, {run.called}" for name, run in (("Before", found.before), ("After", found.after))]
    words += [f"{name}: {said}" for name, said in summary(found)]
    told = kinds_of_small_differences(found.telling)
    words += [f"Together they tell of a few people. {kind.words}" for kind in told]
    return found.to_json() | {"html": str(path)}, "\n".join([*words, f"Page: {lab.short(path)}"])


@command(main, "status", "jdl status")
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def status(outputs: Path | None) -> tuple[dict, str]:
    """List every request with its status, its draft, and whether it was matched before outcomes were opened."""
    from .blinding import TRIED, MatchingLog, order_of_stages
    from .lab import Lab
    from .lifecycle import draft_standing
    from .manifest import Manifest, is_under_way
    from .stage import RequestFolder

    if outputs is not None and not outputs.is_dir():
        raise JDLError("there is no such folder", str(outputs), "name the folder of all outputs with --outputs")
    outputs, listed = outputs or Lab.find().root / "outputs", []
    for path in sorted(outputs.glob("*/manifest.json")):
        try:
            of = Manifest.read(path).values
            stages = {name: stage["status"] for name, stage in of["stages"].items()}
            match = order_of_stages(Manifest.read(path))
            by_hand = sum(entry["by"] == "by hand" for entry in MatchingLog(path.parent / "restricted").entries(TRIED))
            review = RequestFolder(path.parent).review / "index.html"
            found = {"request": of["request"], "status": of["status"], "stages": stages}
            if of["status"] == IN_PROGRESS and not is_under_way(outputs, path.parent.name):
                stages = {name: INTERRUPTED if state == "running" else state for name, state in stages.items()}
                found |= {"status": INTERRUPTED, "stages": stages}
            found["review"] = str(review) if review.exists() else None
            draft = draft_standing(of.get("events", []), dt.date.today())
            listed.append(found | {"draft": draft, "matching": match, "matchings_tried_by_hand": by_hand})
        except (JDLError, KeyError, TypeError, AttributeError):  # one spoilt manifest hides no other request
            listed.append({"request": path.parent.name, "status": SPOILT, "stages": {}})
    words = "\n".join(map(_status_line, listed)) or "No request has been run yet."
    if any(one.get("review") for one in listed):
        words += f"\n\nFor review: {outputs}/<request>/restricted/review/index.html"
    return {"requests": listed}, words


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
    from .prepared.answer import in_words, write_weights
    from .prepared.command import compare_table
    from .prepared.files import refuse_to_overwrite, writing

    asked = {"--weights-out": weights_out, "--html": html}
    written = {option: path for option, path in asked.items() if path is not None}
    refuse_to_overwrite(written, [table], force)
    done = compare_table(table, options, _bar())
    if html is not None:
        with writing("--html", html):
            _write_match_page(done, table.name, html)
    if weights_out is not None:
        with writing("--weights-out", weights_out):
            write_weights(done.table, done.found, weights_out)
    return done.values, in_words(done.values, list(written.values()))


def _write_match_page(done: Any, name: str, out: Path) -> None:
    from .findings.aggregates import overlap_bins
    from .prepared.page import as_notebook
    from .render import to_html

    bins = overlap_bins(done.found.matched, done.spec.disclosure.minimum_cell)
    to_html(as_notebook(done.sections(bins)), "Match on a prepared table", name, out)


def _status_line(listed: dict[str, Any]) -> str:
    by_hand = listed.get("matchings_tried_by_hand", 0)
    draft = listed.get("draft")
    told = [listed["status"], *([draft["words"]] if draft else []), *dict.fromkeys(listed.get("matching", {}).values())]
    told += [f"matching tried by hand {by_hand} {'time' if by_hand == 1 else 'times'}"] if by_hand else []
    return f"{listed['request']:<40} {'; '.join(told)}"


@command(main, "power", "jdl power --n-control 33111 --sd 0.4732691826 --reductions 1:10")
@click.option("--n-control", type=int, required=True, help="People in the control group.")
@click.option("--ess", type=float, help="What the controls are worth after weighting: the effective control size.")
@click.option(
    "--measure", type=click.Choice(["share", "count", "days"]), default="share", show_default=True, help="The outcome."
)
@click.option("--sd", type=float, help="Common standard deviation of the outcome.")
@click.option("--rate-treatment", type=float, help="Reoffending rate of the treatment group, as a fraction.")
@click.option("--rate-control", type=float, help="Reoffending rate of the control group, as a fraction.")
@click.option("--n-treatment", type=int, help="People in the treatment group.")
@click.option("--mean", type=float, help="Of a count: per person, in place of --sd.")
@click.option("--overdispersion", type=float, help="Of a count: its variance over its mean.  [default: 1]")
@click.option(
    "--reductions",
    help="from:to, or a list 1,2.5,5: percentage points of a share, else on the scale of the outcome.  "
    "[default of a share: 1:10]",
)
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Two-sided level.")
@click.option("--power", "wanted", type=float, default=0.95, show_default=True, help="Wanted.")
def power(**given) -> tuple[dict, str]:
    """How many people would be needed to detect a reduction of a given size."""
    from .power.asked import asked_on_command_line

    return asked_on_command_line(**given)


def _bar() -> Callable[[str], None]:
    """Progress of long work, a line a step, on standard error when a person is watching."""
    started = time.perf_counter()

    def tell(step: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"  {time.perf_counter() - started:6.1f} s  {step}", err=True)

    return tell


@contextmanager
def _step_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar over steps of unequal length, on standard error when a person is watching."""
    from tqdm import tqdm

    layout = "{l_bar}{bar}| {n}/{total} [{elapsed}]"
    with tqdm(total=1, file=sys.stderr, disable=None, bar_format=layout, leave=False) as bar:

        def tell(step: str, done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.set_description(f"{step:<22}")

        yield tell


def _stage_progress() -> Callable[[str, str, float], None]:
    """A progress bar over the stages of a request, on standard error."""
    from tqdm import tqdm

    from .lab import STAGES

    layout = "{l_bar}{bar}| {n:.0f}/{total} [{elapsed}]"
    bar = tqdm(total=len(STAGES), file=sys.stderr, disable=None, bar_format=layout)

    def tell(stage: str, state: str, share: float) -> None:
        if state == "running":
            bar.set_description(f"{stage:<9}")
        else:
            bar.update(share)
        if state == "failed" or bar.n >= len(STAGES) - 1e-9:
            bar.close()

    return tell
