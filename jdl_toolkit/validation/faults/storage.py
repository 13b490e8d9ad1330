"""Disks and folders that do not do as they are told: full, limited, closed, gone, replaced by something else."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from .bench import LONGEST, REQUEST, Told
from .killed import before
from .trial import Case, Trial

#: What a run reads or writes, by the stage that does: places relative to the lab.
READ = {
    "the upload": "data/demo/foundation-2013.xlsx",
    "the register": "data/demo/register.duckdb",
    "the request": f"parameters/requests/{REQUEST}.yml",
    "the defaults": "parameters/defaults.yml",
    "the data sources": "parameters/data_sources.yml",
    "the template of the matching": "notebooks/03_matching.ipynb",
    "the record of the run": f"outputs/{REQUEST}/manifest.json",
    "the specification kept": f"outputs/{REQUEST}/spec.yml",
    "what linkage saved": f"outputs/{REQUEST}/restricted/cohort",
    "what linkage said": f"outputs/{REQUEST}/restricted/linkage.closed.json",
    "the log": f"outputs/{REQUEST}/run.log",
    "the matching log": f"outputs/{REQUEST}/restricted/matching_log.jsonl",
    "the lock": f"outputs/.{REQUEST}.lock",
    "the index page": "outputs/index.html",
    "an executed notebook": f"outputs/{REQUEST}/restricted/notebooks/02_linkage.ipynb",
    "the pages for review": f"outputs/{REQUEST}/restricted/review",
    "the restricted folder": f"outputs/{REQUEST}/restricted",
    "the request's outputs": f"outputs/{REQUEST}",
    "all outputs": "outputs",
}

#: Kilobytes left on the disk when the run begins.
ROOM = (0, 8, 64, 200, 500, 900, 1500, 2500, 4000)

#: Kilobytes that a file may have (`ulimit -f`), and files that may be open at once (`ulimit -n`).
LARGEST, MOST_OPEN = (0, 4, 32, 128, 512), (24, 40, 64)


def full_disk(rooms: tuple[int, ...] = ROOM, stages: tuple[str, ...] = ("intake", "matching")) -> Iterator[Trial]:
    """A disk of its own with so much room: for the outputs, for temporary files, for both."""
    for stage in stages:
        for room in rooms:
            act = partial(_full, room=room)
            yield Trial("full disk", f"{room} kB for outputs, from stage {stage}", act, before(stage))
    for room in (64, 2500, 5000):
        yield Trial("full disk", f"{room} kB for outputs, the report", partial(_full, room=room), "outcomes", "report")
    yield Trial("full disk", "none for temporary files", partial(_full, room=0, place="TMPDIR"))


def limits() -> Iterator[Trial]:
    """What a system administrator sets for a process: the size of files, and how many may be open."""
    for size in LARGEST:
        act = partial(_limited, limit=resource.RLIMIT_FSIZE, value=size * 1024)
        yield Trial("limits of the system", f"files of {size} kB at most", act)
    for n in MOST_OPEN:
        act = partial(_limited, limit=resource.RLIMIT_NOFILE, value=n)
        yield Trial("limits of the system", f"{n} open files at most", act)


def places(
    names: tuple[str, ...] = tuple(READ), ways: tuple[str, ...] | None = None, after: str = "linkage"
) -> Iterator[Trial]:
    """Each place that a run reads or writes: unreadable, gone, a folder, a dangling link, a loop, a pipe."""
    for name in names:
        for way in ways or tuple(WAYS):
            kind = "unreadable" if way in CLOSED else "vanished" if way == "gone" else "replaced"
            yield Trial(kind, f"{name}: {way}", partial(_at, name=name, way=way), after)


def can_mount() -> bool:
    """Whether this process may mount a disk in memory; asked by doing it."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


def can_obey_modes() -> bool:
    """Whether what is closed to a process by its mode can be closed to this one: root first gives up its privilege."""
    return os.geteuid() != 0 or _drop_capabilities(only_look=True)


def _full(case: Case, room: int, place: str = "outputs") -> None:
    """Run on a small disk, then give it room; what lies there already is taken over."""
    inside = place == "outputs"
    at = case.root / "outputs" if inside else case.root.parent / f"{case.root.name}-tmp"
    at.mkdir(exist_ok=True)
    held = case.root.parent / f"{case.root.name}-held"
    shutil.rmtree(held, ignore_errors=True)
    shutil.copytree(at, held)
    used = sum(-(-p.stat().st_size // 4096) * 4 for p in held.rglob("*") if p.is_file())
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={used + room + 4}k", "tmpfs", str(at)], check=True)
    try:
        shutil.copytree(held, at, dirs_exist_ok=True)
        if inside:
            case.run()
        else:
            surroundings = dict(os.environ) | {"TMPDIR": str(at)}
            run = case.bench.spawn(case.root, "run", REQUEST, "--until", case.until, env=surroundings)
            case.told.append(run.wait())
        if inside:
            shutil.rmtree(held)
            shutil.copytree(at, held)
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)
    if inside:  # what was on the small disk, as it was left, on one that has room
        shutil.rmtree(at)
        os.replace(held, at)
    shutil.rmtree(held, ignore_errors=True)


def _limited(case: Case, limit: int, value: int) -> None:
    def set_limit() -> None:
        resource.setrlimit(limit, (value, value))

    arguments = ("run", REQUEST, "--until", case.until)
    told = case.bench.spawn(case.root, *arguments, preexec_fn=set_limit, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = told.process.communicate(timeout=LONGEST)
    case.told.append(Told(told.process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")))


def _drop_capabilities(only_look: bool = False) -> bool:
    """Give up what lets root pass over file modes (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH), for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24
    if only_look:
        return libc.prctl(PR_CAPBSET_READ, 1, 0, 0, 0) == 1 and libc.prctl(PR_CAPBSET_READ, 8, 0, 0, 0) == 1
    return all(libc.prctl(PR_CAPBSET_DROP, one, 0, 0, 0) == 0 for one in (1, 2))


def _as_anybody() -> None:
    if os.geteuid() == 0:
        _drop_capabilities()


def _closed(place: Path, mode: int) -> Callable[[], None]:
    was = place.stat().st_mode
    os.chmod(place, mode)
    return lambda: os.chmod(place, was)


def _moved(place: Path, put: Callable[[Path], object]) -> Callable[[], None]:
    aside = place.with_name(f"{place.name}.aside-of-trial")
    if place.exists() or place.is_symlink():
        os.replace(place, aside)
    put(place)

    def back() -> None:
        if place.is_symlink() or place.is_file() or place.is_fifo():
            place.unlink()
        elif place.is_dir() and aside.exists():
            shutil.rmtree(place)
        if aside.exists():
            os.replace(aside, place)

    return back


#: What is done to a place, and the function that undoes it.
WAYS: dict[str, Callable[[Path], Callable[[], None]]] = {
    "not to be read": lambda place: _closed(place, 0),
    "not to be written": lambda place: _closed(place, 0o555 if place.is_dir() else 0o444),
    "gone": lambda place: _moved(place, lambda _: None),
    "a folder in its place": lambda place: _moved(place, lambda p: p.mkdir()),
    "a file in its place": lambda place: _moved(place, lambda p: p.write_text("mine")),
    "a link to nowhere": lambda place: _moved(place, lambda p: p.symlink_to(p.parent / "nowhere")),
    "a link to itself": lambda place: _moved(place, lambda p: p.symlink_to(p.name)),
    "a pipe": lambda place: _moved(place, lambda p: os.mkfifo(p)),
}
CLOSED = ("not to be read", "not to be written")


def _at(case: Case, name: str, way: str) -> None:
    """Do it to one place, and run as somebody to whom modes apply."""
    place = case.root / READ[name]
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    case.mend.append(WAYS[way](place))
    arguments = ("run", REQUEST, "--until", case.until)
    if way in CLOSED:
        told = case.bench.spawn(case.root, *arguments, preexec_fn=_as_anybody).wait()
    else:
        told = case.bench.start(case.root, *arguments).wait()
    case.told.append(told)
