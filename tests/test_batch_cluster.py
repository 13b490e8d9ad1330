"""A batch on a Dask cluster: a worker is killed in mid-request, and nothing is lost."""

import os
import signal
import sys
import threading
import time

import pytest
from batches import add_request, add_too_few, cheap_lab, require_whole

from jdl_toolkit import batch
from jdl_toolkit.batch import choose_workers, run_batch
from jdl_toolkit.batch.cluster import cluster_workers, look
from jdl_toolkit.batch.task import Settings
from jdl_toolkit.errors import JDLError

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def lab(made_lab, tmp_path_factory):
    made = cheap_lab(tmp_path_factory.mktemp("cluster") / "lab", made_lab.root / "data" / "demo")
    add_request(made, "first")
    add_too_few(made, "too-few")
    return made


@pytest.fixture(scope="module")
def cluster():
    """Two workers on this machine, each a process with one thread."""
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=50) as started:
        yield started


def test_a_worker_is_killed_and_nothing_is_lost(lab, cluster):
    outputs = lab.root / "outputs"
    killed = []

    def kill_who_runs_it() -> None:
        """Wait until the request is in its second stage, and kill the worker that has it."""
        log = outputs / "first" / "run.log"
        until = time.monotonic() + 120
        while time.monotonic() < until and not (log.exists() and "stage linkage started" in log.read_text()):
            time.sleep(0.02)
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            processing = client.run_on_scheduler(_who_has, "first")
            pids = client.run(os.getpid)
        killed.append(processing)
        os.kill(pids[processing], signal.SIGKILL)

    killer = threading.Thread(target=kill_who_runs_it)
    killer.start()
    summary = run_batch(lab, outputs, (), choose_workers(lab, outputs, scheduler=cluster.scheduler_address))
    killer.join()
    assert len(killed) == 1
    assert {one.request: one.outcome for one in summary.ended} == {
        "first": "reported",
        "too-few": "could not be answered",
    }
    assert summary.exit_status == 0 and summary.where == cluster.scheduler_address
    assert {one.request for one in summary.ended if one.retried} == {"first"}
    require_whole(lab, outputs)
    log = (outputs / "first" / "run.log").read_text()
    assert log.count("stage intake started") == 1, "what had been done was done again"
    assert log.count("stage linkage started") == 2


def _who_has(part: str, dask_scheduler=None) -> str:
    """Address of the worker that has a task of which the key holds that part."""
    return next(task.processing_on.address for key, task in dask_scheduler.tasks.items() if part in key)


def test_a_cluster_that_cannot_run_the_lab_is_told_of_at_once(lab, cluster, monkeypatch, tmp_path):
    with pytest.raises(JDLError, match="no address of a scheduler"):
        cluster_workers(lab, lab.root / "outputs", "report", None, "nonsense::")
    with pytest.raises(JDLError, match="no scheduler answers"):
        monkeypatch.setattr(batch.cluster, "TIMEOUT", 0.5)
        cluster_workers(lab, lab.root / "outputs", "report", None, "tcp://127.0.0.1:1")
    monkeypatch.setattr(batch.cluster, "TIMEOUT", 10)
    monkeypatch.setattr(batch.cluster, "__version__", "99.0")
    with pytest.raises(JDLError, match="the batch has 99.0") as raised:
        cluster_workers(lab, lab.root / "outputs", "report", None, cluster.scheduler_address)
    assert "install jdl-toolkit 99.0" in str(raised.value)
    assert not list((lab.root / "outputs").glob(".batch-*"))


def test_a_folder_that_a_worker_does_not_see(lab, tmp_path):
    from jdl_toolkit import __version__

    here = Settings(str(lab.root), str(tmp_path))
    assert look(here, __version__) == ""
    assert "does not see the same outputs folder" in look(here, __version__, token="unknown")
    assert "does not see the lab's folder" in look(Settings(str(tmp_path), str(tmp_path)), __version__)


def test_without_the_extra_it_is_said_what_to_install(lab, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(JDLError, match=r"jdl-toolkit\[dask\]"):
        choose_workers(lab, lab.root / "outputs", scheduler="tcp://127.0.0.1:8786")
