"""Processes that are ended, paused or crowded: at every stage, and at a moment drawn at random."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import psutil

from ...lab import STAGES
from .bench import REQUEST, Running, kernels_of, manifest_of, stage_begun
from .trial import Case, Trial, require_whole

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

#: About how long a stage lasts, in seconds: kills are spread over it.
LASTS = {"intake": 1.5, "linkage": 1.2, "matching": 0.8, "outcomes": 1.0, "report": 4.0}


def before(stage: str) -> str:
    """The stage before it; "" before the first."""
    names = list(STAGES)
    return names[names.index(stage) - 1] if stage != names[0] else ""


def trials(n_moments: int, stages: tuple[str, ...] = tuple(STAGES)) -> Iterator[Trial]:
    """Each signal at each stage, so many times; the process of a notebook; a pause; a barrage of signals."""
    for stage in stages:
        until = "report" if stage == "report" else "outcomes"
        for number in range(n_moments):
            for sent in SIGNALS:
                act = partial(_end_run, stage=stage, sent=sent)
                yield Trial("killed", f"{sent.name} in stage {stage} ({number + 1})", act, before(stage), until)
            act = partial(_end_notebook, stage=stage)
            yield Trial("killed", f"the notebook's process, stage {stage} ({number + 1})", act, before(stage), until)
        for name, act in (("paused for a second", _pause), ("two hundred signals", _barrage)):
            yield Trial("paused", f"{name}, stage {stage}", partial(act, stage=stage), before(stage), until)


def _begun(case: Case, stage: str) -> Running:
    """A run, up to a moment within the stage."""
    run = case.bench.start(case.root, "run", REQUEST, "--until", case.until)
    until = time.monotonic() + 90
    while run.is_alive() and not stage_begun(case.root, stage) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(case.luck.uniform(0, LASTS[stage]))
    return run


def _end_run(case: Case, stage: str, sent: signal.Signals) -> None:
    """Send the signal to `jdl`; all that it started must be gone within two seconds."""
    run = _begun(case, stage)
    if run.is_alive():
        os.kill(run.pid, sent)
    told = run.wait()
    until = time.monotonic() + 2
    while kernels_of(case.root) and time.monotonic() < until:
        time.sleep(0.02)
    if kernels_of(case.root):
        case.fault("a process outlived it")
    if sent == signal.SIGKILL:
        case.statuses = (*case.statuses, -signal.SIGKILL)
    else:
        case.statuses = (*case.statuses, 128 + sent)
    case.told.append(told)
    _require_kept(case, stage)


def _end_notebook(case: Case, stage: str) -> None:
    """Kill the process that executes the stage's notebook: `jdl` itself goes on, and says so."""
    run = _begun(case, stage)
    for process in kernels_of(case.root):
        if process.pid != run.pid:
            try:
                process.kill()
            except psutil.Error:
                continue
    case.may_blame, case.statuses = True, (*case.statuses, 1)
    case.told.append(run.wait())
    _require_kept(case, stage)


def _require_kept(case: Case, stage: str) -> None:
    """Stages that had been done are done still, and whole; where a run was broken off, its record can be read."""
    if not case.folder.manifest_file.exists():
        return
    stages = manifest_of(case.root)["stages"]
    earlier = list(STAGES)[: list(STAGES).index(stage)]
    lost = [name for name in earlier if stages.get(name, {}).get("status") != "done"]
    if lost:
        case.fault(f"lost: {', '.join(lost)}")
    case.faults.extend(require_whole(case.folder))


def _pause(case: Case, stage: str) -> None:
    """Stop all of it, as a machine does that is put to sleep, and let it go on."""
    run = _begun(case, stage)
    stopped = _process_of(run)
    stopped += [process for process in kernels_of(case.root) if process.pid != run.pid]
    _each(stopped, psutil.Process.suspend)
    time.sleep(1)
    _each(stopped, psutil.Process.resume)
    case.told.append(run.wait())
    case.statuses = (0,)


def _barrage(case: Case, stage: str) -> None:
    """Signals that should be nothing to it, while it reads and writes: system calls are broken off by them."""
    run = _begun(case, stage)
    for _ in range(200):
        _each(_process_of(run), lambda one: one.send_signal(signal.SIGWINCH))
        _each(_process_of(run), lambda one: one.send_signal(signal.SIGCHLD))
        time.sleep(0.005)
    case.told.append(run.wait())
    case.statuses = (0,)


def _process_of(run: Running) -> list[psutil.Process]:
    """The process of a run; none if it has ended."""
    try:
        return [psutil.Process(run.pid)] if run.is_alive() else []
    except psutil.NoSuchProcess:
        return []


def _each(processes: list[psutil.Process], do: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        try:
            do(process)
        except psutil.Error:
            continue
