"""A batch that is killed at any moment goes on where it stopped, and ends with the same bytes.

Kills of one run, stage by stage, are of the validation study (`jdl_toolkit.validation.faults`); here those of a batch.
"""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from batches import add_request, add_too_few, cheap_lab, executions, kill, require_whole, result_of, start_batch

#: Most kills of one batch, batches that are killed, and requests that are reported; the environment may ask for more.
N_KILLS, N_ROUNDS, N_REPORTED = (
    int(os.environ.get(name, usual)) for name, usual in (("JDL_KILLS", 2), ("JDL_ROUNDS", 1), ("JDL_REPORTED", 1))
)

ANSWERED, UNANSWERED = tuple(f"cheap-{i}" for i in range(N_REPORTED)), ("forty", "too-few")
REQUESTS = (*ANSWERED, *UNANSWERED)
COUNTS = {"could not be answered": 2, "reported": N_REPORTED}


@pytest.fixture(scope="module")
def lab(made_lab, tmp_path_factory):
    made = cheap_lab(tmp_path_factory.mktemp("kills") / "lab", made_lab.root / "data" / "demo")
    for name in ANSWERED:
        add_request(made, name)
    for name in UNANSWERED:
        add_too_few(made, name)
    return made


@pytest.fixture(scope="module")
def undisturbed(lab):
    """The folder of two batches at once that nobody killed, and what each came to."""
    outputs = lab.root / "undisturbed"
    both = [start_batch(lab, outputs, n_workers=1, result=f"{i}.json") for i in range(2)]
    return outputs, [result_of(process) for process in both]


def published(outputs: Path) -> dict[str, bytes]:
    """Every published file but the executed notebook, which tells when each cell ran."""
    files = [path for name in REQUESTS for path in (outputs / name / "report").rglob("*") if path.suffix != ".ipynb"]
    files += [outputs / name / "findings.json" for name in REQUESTS]
    return {str(path.relative_to(outputs)): path.read_bytes() for path in files if path.is_file()}


def require_outcomes(result, outputs: Path) -> None:
    """Every request ended in a stated way, and the record of the batch says so."""
    outcomes = dict.fromkeys(ANSWERED, "reported") | dict.fromkeys(UNANSWERED, "could not be answered")
    assert {one["request"]: one["outcome"] for one in result["requests"]} == outcomes
    assert result["exit_status"] == 0 and result["counts"] == COUNTS
    assert json.loads((outputs.parent / result["record"]).read_text()) == result
    assert (outputs / "index.html").exists()


def test_two_batches_of_one_folder_share_the_work(undisturbed):
    """Neither fails, nothing is done twice, and both tell the same in the end."""
    outputs, results = undisturbed
    ran = []
    for result in results:
        require_outcomes(result, outputs)
        assert result["n_workers"] == 1 and not any(one["retried"] for one in result["requests"])
        ran.append({one["request"]: one["seconds"] for one in result["requests"] if one["stages"]})
    assert not set(ran[0]) & set(ran[1]) and set(ran[0]) | set(ran[1]) == set(REQUESTS)
    assert all(seconds > 0 for one in ran for seconds in one.values())
    for name in REQUESTS:
        started, ended = executions(outputs, name)
        assert started == ended and set(started.values()) == {1}


@pytest.mark.parametrize("seed", range(2013, 2013 + N_ROUNDS))
def test_killed_at_random_it_goes_on_where_it_stopped(lab, undisturbed, seed):
    """Invariants after every kill; the same bytes at the end; no stage that had ended is executed again."""
    expected, results = undisturbed
    longest = max(s for result in results for one in result["requests"] for s in one["stages"].values())
    outputs, luck = lab.root / f"killed-{seed}", random.Random(seed)
    n_kills, n_done = 0, 0
    while n_kills < N_KILLS:
        process = start_batch(lab, outputs)
        process.join(luck.uniform(0.1, 1.0) * longest)
        if process.exitcode is not None:
            break
        kill(process, outputs)
        n_kills += 1
        before, n_done = n_done, require_whole(lab, outputs)
        assert n_done >= before, "what had been done was lost"
    last = result_of(start_batch(lab, outputs))
    assert n_kills > 0 and last["n_workers"] == 2
    require_outcomes(last, outputs)
    assert require_whole(lab, outputs) == require_whole(lab, expected)
    assert published(outputs) == published(expected)
    for name in REQUESTS:
        started, ended = executions(outputs, name)
        assert set(started) == set(executions(expected, name)[0])
        assert max(ended.values()) == 1, "a stage that had ended was executed again"
        assert sum(started.values()) <= len(started) + n_kills
    again = result_of(start_batch(lab, outputs))
    assert all(one["up_to_date"] for one in again["requests"]) and again["exit_status"] == 0
    print(f"{n_kills} kills, {sum(sum(executions(outputs, name)[0].values()) for name in REQUESTS)} stages begun")


def test_ctrl_c_ends_the_workers_and_says_what_was_interrupted(lab):
    outputs = lab.root / "interrupted"
    process = start_batch(lab, outputs, n_workers=1)
    until = time.monotonic() + 60
    while not any("started" in path.read_text() for path in outputs.glob("*/run.log")):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    result = result_of(process)
    assert result["exit_status"] == 130
    assert result["counts"] == {"interrupted": 1, "not started": len(REQUESTS) - 1}
    (name,) = [one["request"] for one in result["requests"] if one["outcome"] == "interrupted"]
    assert json.loads((outputs / name / "manifest.json").read_text())["status"] == "interrupted"


def test_a_worker_that_is_killed_is_started_again_once(lab):
    """SIGKILL of a worker in mid-request: its request is run again, and the summary says so."""
    import psutil

    outputs = lab.root / "worker-killed"
    process = start_batch(lab, outputs, UNANSWERED[:1], n_workers=1)
    until = time.monotonic() + 60
    while not (outputs / UNANSWERED[0] / "run.log").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    holders = [
        one
        for one in psutil.process_iter()
        if any("run.log" in f.path and UNANSWERED[0] in f.path for f in files_of(one))
    ]
    for holder in holders:
        holder.kill()
    result = result_of(process)
    assert len(holders) == 1 and result["exit_status"] == 0
    assert result["requests"][0]["retried"] and result["requests"][0]["outcome"] == "could not be answered"


def files_of(process) -> list:
    import psutil

    try:
        return process.open_files()
    except psutil.Error:
        return []
