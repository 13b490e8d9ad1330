"""What changes under a run's feet: the register, the upload, settings, the clock, the surroundings, another run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb
import openpyxl
import yaml

from .bench import LONGEST, REQUEST, Told, stage_begun
from .killed import before
from .trial import Case, Trial

STAGES = ("intake", "linkage", "matching", "outcomes")


def registers(stages: tuple[str, ...] = STAGES[1:]) -> Iterator[Trial]:
    """A register that is another than at the start: between stages, in mid-run, with all marks of being the same."""
    for stage in stages:
        for name, change in REGISTERS.items():
            act = partial(_between, change=change, place="data/demo/register.duckdb")
            yield Trial("register changes", f"{name}, before stage {stage}", act, before(stage))
        act = partial(_within, change=_updated, place="data/demo/register.duckdb", stage=before(stage))
        yield Trial(
            "register changes", f"a row changed, in the middle of stage {before(stage)}", act, before(before(stage))
        )


def inputs(stages: tuple[str, ...] = STAGES[1:]) -> Iterator[Trial]:
    """Upload and parameter files that change between stages and in mid-run."""
    changes: dict[str, tuple[str, Callable[[Path], None]]] = {
        "the upload, a cell": ("data/demo/foundation-2013.xlsx", _another_cell),
        "the request, a caliper": (f"parameters/requests/{REQUEST}.yml", partial(_replaced, "[0.2]", "[0.19]")),
        "the defaults, the fewest people": ("parameters/defaults.yml", _another_default),
    }
    for stage in stages:
        for name, (place, change) in changes.items():
            act = partial(_between, change=change, place=place)
            yield Trial("input changes", f"{name}, before stage {stage}", act, before(stage))
            act = partial(_within, change=change, place=place, stage=before(stage))
            yield Trial("input changes", f"{name}, in the middle of stage {before(stage)}", act, before(before(stage)))


def two_at_once() -> Iterator[Trial]:
    """Runs of one request beside each other, and other commands beside a run."""
    yield Trial("two at once", "two runs", partial(_together, others=[()]))
    yield Trial("two at once", "four runs", partial(_together, others=[(), (), ()]))
    yield Trial("two at once", "a run and a fresh one", partial(_together, others=[("--fresh",)]))
    yield Trial("two at once", "two runs with different settings", _two_settings)
    record = ("record", REQUEST, "balance accepted", "--by", "A", "--reason", "a trial")
    for command in (("status",), record, ("diff", REQUEST)):
        yield Trial("two at once", f"a run and jdl {command[0]}", partial(_beside, command=command), "linkage")


def clocks() -> Iterator[Trial]:
    """Another clock: set back or forward between stages and in mid-run, another zone, a leap day, the end of time."""
    for name, seconds in (("two days back", -172800), ("a year on", 31_536_000), ("to 1971", None)):
        for stage in STAGES:
            yield Trial("clock", f"{name} before stage {stage}", partial(_clock, seconds=seconds), before(stage))
    leap = 1_835_395_200  # 29 February 2028
    yield Trial("clock", "29 February", partial(_clock, seconds=0, at=leap), "linkage")
    yield Trial("clock", "beyond 2038", partial(_clock, seconds=0, at=2_200_000_000), "linkage")
    yield Trial("clock", "back by an hour in mid-run", partial(_clock, seconds=-3600, after=4), "")
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu", "Nowhere/Invented"):
        yield Trial("clock", f"time zone {zone}", partial(_surroundings, environment={"TZ": zone}), "linkage")
    yield Trial("clock", "all files from the future", _from_the_future, "linkage")


def surroundings() -> Iterator[Trial]:
    """What a scheduler, a service or a container does not give a process."""
    bare: dict[str, dict[str, str | None]] = {
        "no HOME": {"HOME": None, "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None},
        "a HOME that is not there": {"HOME": "/nowhere/at/all"},
        "LANG=C": {"LANG": "C", "LC_ALL": "C"},
        "ASCII and nothing else": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        "a folder for temporary files that is not there": {"TMPDIR": "/nowhere/at/all"},
        "no PATH": {"PATH": ""},
        "TERM=dumb, no colours": {"TERM": "dumb", "NO_COLOR": "1"},
        "warnings as errors": {"PYTHONWARNINGS": "default"},
        "optimised, without assertions": {"PYTHONOPTIMIZE": "2"},
        "a limit that is no number": {"JDL_THREADS": "many"},
        "a limit that is no memory": {"JDL_MEMORY": "lots"},
        "an engine that is none": {"JDL_ENGINE": "steam"},
    }
    for name, environment in bare.items():
        yield Trial("surroundings", name, partial(_surroundings, environment=environment), "linkage")
    for name, redirect in (
        ("standard input closed", "<&-"),
        ("standard output closed", ">&-"),
        ("standard error closed", "2>&-"),
        ("all three closed", "<&- >&- 2>&-"),
        ("output to a full device", ">/dev/full"),
        ("output to a pipe that nobody reads", "| true"),
        ("errors to a pipe that nobody reads", "2>&1 >/dev/null | true"),
    ):
        yield Trial("surroundings", name, partial(_redirected, redirect=redirect), "linkage")
    for mask in (0o077, 0o000, 0o027):
        yield Trial("surroundings", f"umask {mask:03o}", partial(_surroundings, environment={}, umask=mask), "")
    yield Trial("surroundings", "a folder for temporary files that disappears", _tmp_disappears, "")
    yield Trial("surroundings", "a folder for temporary files with a long name", _long_tmp, "linkage")
    yield Trial("surroundings", "a lock left by a dead process", _old_lock, "linkage")
    yield Trial("surroundings", "the current folder is removed", _no_folder, "linkage")


# --- the register ----------------------------------------------------------------------------------------------------


def _updated(place: Path) -> None:
    """Somebody writes into the prepared file: one sentence date is moved. Its own digest still says what it said.

    While a run reads it, the system lets nobody write into it by the database: then a changed copy takes its place.
    """
    change = "UPDATE offence SET offence_date = offence_date - 1 WHERE rowid % 1000 = 7"
    try:
        with duckdb.connect(str(place)) as con:
            con.execute(change)
    except duckdb.IOException:
        copy = shutil.copy(place, place.with_name("made.duckdb"))
        with duckdb.connect(str(copy)) as con:
            con.execute(change)
        os.replace(copy, place)


def _with_old_times(place: Path) -> None:
    """The same, and the file looks as old as it was."""
    was = place.stat()
    _updated(place)
    os.utime(place, ns=(was.st_atime_ns, was.st_mtime_ns))


def _rewritten(place: Path) -> None:
    """All tables copied into a new file, with a tenth of the offences gone; digest and times as they were."""
    was, made = place.stat(), place.with_name("made.duckdb")
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{place}' AS a (READ_ONLY); ATTACH '{made}' AS b; COPY FROM DATABASE a TO b")
        con.execute("DELETE FROM b.offence WHERE rowid % 10 = 3")
    os.replace(made, place)
    os.utime(place, ns=(was.st_atime_ns, was.st_mtime_ns))


def _left_in_the_log(place: Path) -> None:
    """Changed by a process that was killed: the change lies in DuckDB's log beside the file."""
    script = (
        "import duckdb, os, sys; con = duckdb.connect(sys.argv[1]);"
        "con.execute(\"SET checkpoint_threshold='1GB'\");"
        "con.execute('UPDATE offence SET offence_date = offence_date - 1 WHERE rowid % 1000 = 7');"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(place)], check=True)


def _other_extract(place: Path) -> None:
    """Another extract, prepared as it should be: its digest says so."""
    with duckdb.connect(str(place)) as con:
        con.execute("DELETE FROM offence WHERE rowid % 10 = 3")
        con.execute("UPDATE meta SET digest = md5(digest)")


REGISTERS = {
    "another extract": _other_extract,
    "a row changed": _updated,
    "a row changed, its time put back": _with_old_times,
    "written anew, with the old digest": _rewritten,
    "a change in the database's log": _left_in_the_log,
}


# --- changes of inputs -----------------------------------------------------------------------------------------------


def _another_cell(place: Path) -> None:
    book = openpyxl.load_workbook(place)
    sheet = book["People"]
    sheet.cell(row=5, column=1).value = "Changed"
    book.save(place)


def _replaced(old: str, new: str, place: Path) -> None:
    values = yaml.safe_load(place.read_text("utf-8"))
    values["matching"] = {"calipers": [0.19]}
    place.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def _another_default(place: Path) -> None:
    text = place.read_text("utf-8")
    changed = text.replace("minimum_analysed: 30", "minimum_analysed: 31", 1)
    place.write_text(changed, encoding="utf-8")


def _kept(place: Path) -> Callable[[], None]:
    aside = place.with_name(f"{place.name}.kept-of-trial")
    shutil.copy2(place, aside)

    def back() -> None:
        Path(f"{place}.wal").unlink(missing_ok=True)
        os.replace(aside, place)

    return back


def _between(case: Case, change: Callable[[Path], None], place: str) -> None:
    """Changed between two runs: the second is refused, with the name of what changed."""
    case.mend.append(_kept(case.root / place))
    change(case.root / place)
    case.must_fail = True
    told = case.run()
    if told.status != 2 or not any(word in told.said for word in ("changed", "content of", "register")):
        case.fault("it did not say what changed")


def _within(case: Case, change: Callable[[Path], None], place: str, stage: str) -> None:
    """Changed while a stage runs: no finding is made of both."""
    case.mend.append(_kept(case.root / place))
    run = case.bench.start(case.root, "run", REQUEST, "--until", case.until)
    until = time.monotonic() + 60
    while run.is_alive() and not stage_begun(case.root, stage) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(case.luck.uniform(0, 0.3))
    change(case.root / place)
    case.must_fail = True
    case.told.append(run.wait())


# --- two at once -----------------------------------------------------------------------------------------------------


def _together(case: Case, others: list[tuple[str, ...]]) -> None:
    """Start them at once; those that are told to wait are right, and what is made is one run's."""
    arguments = ("run", REQUEST, "--until", case.until)
    runs = [case.bench.start(case.root, *arguments, *more) for more in ((), *others)]
    case.told.extend(run.wait() for run in runs)
    if not any(told.status == 0 for told in case.told):
        case.fault("none of them came to its end")


def _two_settings(case: Case) -> None:
    """One request in two files: whoever comes second is told to wait, or that the settings are others."""
    place = case.root / f"parameters/requests/{REQUEST}.yml"
    other = case.root / "elsewhere" / f"{REQUEST}.yml"
    other.parent.mkdir()
    shutil.copy(place, other)
    _replaced("", "", other)
    first = case.bench.start(case.root, "run", REQUEST, "--until", case.until)
    time.sleep(case.luck.uniform(0.3, 2.5))
    second = case.bench.start(case.root, "run", str(other), "--until", case.until)
    case.told.extend([second.wait(), first.wait()])
    if case.told[0].status != 2:
        case.fault(f"the run with other settings ended with {case.told[0].status}")


def _beside(case: Case, command: tuple[str, ...]) -> None:
    """Another command while a run is under way: neither loses what the other writes."""
    run = case.bench.start(case.root, "run", REQUEST, "--until", case.until)
    for _ in range(3):
        time.sleep(case.luck.uniform(0.1, 0.8))
        case.told.append(case.bench.jdl(case.root, *command))
    case.told.append(run.wait())
    if case.told[-1].status:
        case.fault("the run did not come to its end")


# --- clock and surroundings ------------------------------------------------------------------------------------------

_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static int (*real)(clockid_t, struct timespec *);
static long long shift(void) {
    struct timespec up;
    const char *by = getenv("TRIAL_SHIFT"), *after = getenv("TRIAL_AFTER"), *from = getenv("TRIAL_FROM");
    if (!by) return 0;
    if (after) {
        real(CLOCK_MONOTONIC, &up);
        if (up.tv_sec < atoll(from) + atoll(after)) return 0;
    }
    return atoll(by);
}
int clock_gettime(clockid_t id, struct timespec *t) {
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int said = real(id, t);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) t->tv_sec += shift();
    return said;
}
int gettimeofday(struct timeval *t, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec; t->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
"""


def can_shift_clock() -> bool:
    """Whether a clock of one's own can be put before that of the system: a C compiler is needed."""
    return shutil.which("cc") is not None


def _clock_library(folder: Path) -> Path:
    made = folder / "clock.so"
    if not made.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "clock.c").write_text(_CLOCK)
        making = folder / f"clock-{os.getpid()}.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", making, folder / "clock.c", "-ldl"], check=True)
        os.replace(making, made)
    return made


def _clock(case: Case, seconds: int | None, at: int | None = None, after: int | None = None) -> None:
    """Run with a clock that is off by so many seconds (None: it says 1971), or stands at a time of day."""
    now, is_impossible = int(time.time()), seconds is None
    shift = (at - now) if at is not None else (40_000_000 - now) if seconds is None else seconds
    environment = {"LD_PRELOAD": str(_clock_library(case.bench.folder / "base")), "TRIAL_SHIFT": str(shift)}
    if after is not None:
        environment |= {"TRIAL_AFTER": str(after), "TRIAL_FROM": str(int(time.monotonic()))}
    _surroundings(case, environment)
    if case.told[-1].status != (2 if is_impossible else 0):  # a clock that cannot be right is refused
        case.fault("it did not come to its end")


def _surroundings(case: Case, environment: dict[str, str | None], umask: int | None = None) -> None:
    given = {k: v for k, v in (dict(os.environ) | environment).items() if v is not None}
    options = {} if umask is None else {"umask": umask}
    arguments = ("run", REQUEST, "--until", case.until)
    case.told.append(case.bench.spawn(case.root, *arguments, env=given, **options).wait())
    if umask is not None:
        files = [p for p in (case.root / "outputs").rglob("*") if p.is_file() and "restricted" in p.parts]
        if umask == 0o077 and any(p.stat().st_mode & 0o077 for p in files):
            case.fault("restricted files are open to others, whom the umask keeps out")
        if any(p.stat().st_mode & 0o022 for p in files if p.suffix != ".lock"):
            case.fault("restricted files can be written by others")


def _redirected(case: Case, redirect: str) -> None:
    """As a shell would, with its standard streams elsewhere."""
    command = "from jdl_toolkit.cli import main; main(prog_name='jdl')"
    script = f'"$0" -c "{command}" run {REQUEST} --until {case.until} {redirect}'
    if "|" in redirect:
        first, _, rest = redirect.partition("|")
        script = f'{{ "$0" -c "{command}" run {REQUEST} --until {case.until} {first}; echo $? > status; }} |{rest}'
    import sys

    done = subprocess.run(
        ["sh", "-c", script, sys.executable], cwd=case.root, capture_output=True, text=True, timeout=LONGEST
    )
    status = done.returncode
    if (case.root / "status").exists():
        status = int((case.root / "status").read_text() or 1)
    case.statuses = (*case.statuses, 1, 141)  # nobody was there to be told
    case.told.append(
        Told(status, done.stdout, done.stderr if done.stderr.strip() or not status else "(nowhere to say it)")
    )


def _from_the_future(case: Case) -> None:
    """A state that a machine left whose clock was ten days ahead."""
    later = time.time() + 864_000
    for path in (case.root / "outputs").rglob("*"):
        os.utime(path, (later, later))
    file = case.folder.manifest_file
    values = json.loads(file.read_text("utf-8"))
    for stage in values["stages"].values():
        stage["ended"] = "2036-01-01T00:00:00+00:00"
    file.write_text(json.dumps(values))
    os.utime(file, (later, later))
    case.run()


def _tmp_disappears(case: Case) -> None:
    """Somebody clears up temporary files while a run uses them."""
    place = case.root.parent / f"{case.root.name}-tmp"
    place.mkdir(exist_ok=True)
    arguments = ("run", REQUEST, "--until", case.until)
    run = case.bench.spawn(case.root, *arguments, env=dict(os.environ) | {"TMPDIR": str(place)})
    until = time.monotonic() + 60
    while run.is_alive() and time.monotonic() < until:
        if stage_begun(case.root, "intake"):
            shutil.rmtree(place, ignore_errors=True)
        time.sleep(0.2)
    case.told.append(run.wait())


def _long_tmp(case: Case) -> None:
    """A place so deep that no socket can be bound in it."""
    place = case.root.parent / f"{case.root.name}-tmp" / ("deep" * 25)
    place.mkdir(parents=True, exist_ok=True)
    _surroundings(case, {"TMPDIR": str(place)})
    if case.told[-1].status:
        case.fault("it did not come to its end")


def _old_lock(case: Case) -> None:
    lock = case.root / "outputs" / f".{REQUEST}.lock"
    lock.write_text("99999\n")
    os.utime(lock, (0, 0))
    case.run()
    if case.told[-1].status:
        case.fault("nobody holds the lock, and the run waited for somebody")


def _no_folder(case: Case) -> None:
    """The folder in which it was typed is removed while it starts."""
    script = 'd=$(mktemp -d); cd "$d"; rmdir "$d"; exec "$0" -c "from jdl_toolkit.cli import main; main()" status'
    done = subprocess.run(["sh", "-c", script, sys.executable], capture_output=True, text=True, timeout=LONGEST)
    case.told.append(Told(done.returncode, done.stdout, done.stderr))
