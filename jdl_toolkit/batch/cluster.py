"""A batch on the workers of a Dask cluster: each request one task that may be run again, on folders that all see.

Each worker runs a request as this machine would, in a process of its own that ends with the worker. When a worker dies,
the scheduler gives its requests to another, which goes on at the first unfinished stage.
"""

from __future__ import annotations

import logging
import queue
import re
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from .. import __version__
from ..errors import JDLError, Problem
from ..lab import Lab
from .crew import GRACE, LocalCrew, why_died
from .limits import limits_of_workers
from .task import DIED, FAILED, INTERRUPTED, RUN_AGAIN, Ended, Said, Settings, Step, Task
from .workers import Workers

#: Seconds to wait for a scheduler's answer, and for its first worker.
TIMEOUT = 10

#: Seconds between two questions how many workers there are.
ASK_EVERY = 1.0

WHERE = "--scheduler"

#: A host's name or number and a port, with or without how to speak to it.
_ADDRESS = re.compile(r"((tcp|tls|ws|wss|ucx|ucxx)://)?(\[[0-9a-fA-F:.%]+\]|[\w.-]+):\d{1,5}/?|inproc://\S+")


def cluster_workers(lab: Lab, outputs: Path, until: str, n_workers: int | None, address: str) -> Workers:
    """The workers of a cluster, once they are known to have this toolkit and to see this lab.

    Parameters
    ----------
    lab : Lab
    outputs : Path
    until : str
    n_workers : int or None
        The most requests that run at once.
    address : str
        Of the scheduler, as ``tcp://host:8786``.

    Raises
    ------
    JDLError
        If Dask is not installed, nobody answers at the address, there is no worker, or a worker has another version
        of the toolkit or does not see the lab's folder; all such workers at once.
    """
    client = _client(address)
    settings, token = Settings(str(lab.root), str(outputs), until), uuid4().hex
    try:
        client.wait_for_workers(1, timeout=TIMEOUT)
        _require_same(client, settings, token)
    except TimeoutError:
        client.close()
        raise JDLError("the cluster has no worker", WHERE, f"start one: dask worker {address}") from None
    except BaseException:
        client.close()
        raise
    n = min(sum(client.nthreads().values()), n_workers or 10**6)
    return Workers(lambda: DaskCrew(client, settings, token, n_workers), settings, n, address, is_here=False)


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        fix = "install it here and on every worker: pip install 'jdl-toolkit[dask]'"
        raise JDLError("a batch on a cluster needs Dask, which is not installed", WHERE, fix) from None
    if not _ADDRESS.fullmatch(address):
        raise JDLError("this is no address of a scheduler", f"{WHERE} {address}", "give it as tcp://host:8786")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what is wrong is told in our own words
    try:
        return Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TypeError):
        fix = "start one with `dask scheduler`, and give its address as tcp://host:8786"
        raise JDLError("no scheduler answers", f"{WHERE} {address}", fix) from None


def _require_same(client: Any, settings: Settings, token: str) -> None:
    """Every worker must have this version of the toolkit, and see what is written into the outputs here.

    Raises
    ------
    JDLError
    """
    probe = _probe(settings, token)
    probe.parent.mkdir(parents=True, exist_ok=True)
    probe.touch()
    try:
        seen = client.run(look, settings, __version__, token, on_error="return")
    finally:
        probe.unlink(missing_ok=True)
    problems = []
    for worker, said in sorted(seen.items()):
        if isinstance(said, BaseException):
            said = f"it has no toolkit that can be loaded ({type(said).__name__})"
        if said:
            fix = f"install jdl-toolkit {__version__} there, and mount the lab's folder at the same path"
            problems.append(Problem(said, f"worker {worker}", fix))
    if problems:
        raise JDLError(problems)


def _probe(settings: Settings, token: str) -> Path:
    return Path(settings.outputs) / f".batch-{token}"


def look(settings: Settings, version: str, token: str = "") -> str:
    """What keeps this worker from running requests of the lab; empty if nothing does.

    `version`: of the toolkit that the batch has; `token`: of a file that was written into the outputs for this.
    """
    if version != __version__:
        return f"it has version {__version__} of the toolkit, the batch has {version}"
    if not (Path(settings.lab) / "parameters" / "defaults.yml").is_file():
        return f"it does not see the lab's folder {settings.lab}"
    if token and not _probe(settings, token).exists():
        return f"it does not see the same outputs folder {settings.outputs}"
    return ""


class DaskCrew:
    """The workers of a cluster.

    Parameters
    ----------
    client : distributed.Client
    settings : Settings
    token : str
        Of this batch, for what it calls its own on the cluster.
    n_most : int or None
        The most requests that run at once.
    """

    def __init__(self, client: Any, settings: Settings, token: str, n_most: int | None) -> None:
        from distributed import Event

        self.client, self.settings, self.n_most = client, settings, n_most
        self.topic = f"jdl-batch-{token}"
        self._stop = Event(self.topic, client=client)
        self._told: queue.SimpleQueue[dict[str, Any] | Any] = queue.SimpleQueue()
        self._running: dict[str, Any] = {}
        self._starts: dict[str, int] = {}
        self._asked, self._n_threads = 0.0, 0
        client.subscribe_topic(self.topic, lambda event: self._told.put(event[1]))

    @property
    def n_free(self) -> int:
        if time.monotonic() - self._asked > ASK_EVERY:
            self._asked, self._n_threads = time.monotonic(), sum(self.client.nthreads().values())
        most = self._n_threads if self.n_most is None else min(self._n_threads, self.n_most)
        return most - len(self._running)

    def start(self, task: Task) -> None:
        self._starts[task.name] = 0
        arguments = (self.settings, task, self.topic, __version__)
        key = f"{self.topic}-{task.name}-{uuid4().hex[:8]}"
        future = self.client.submit(run_on_worker, *arguments, key=key, pure=False)
        self._running[task.name] = future
        future.add_done_callback(lambda done, name=task.name: self._told.put({"ended": name}))

    def events(self, seconds: float) -> list[Step | Said | Ended]:
        told: list[Step | Said | Ended] = []
        try:
            said = self._told.get(timeout=seconds)
            while True:
                told += self._take(said)
                said = self._told.get_nowait()
        except queue.Empty:
            return told

    def _take(self, said: dict[str, Any]) -> list[Step | Said | Ended]:
        if "begun" in said:
            name = said["begun"]
            self._starts[name] = self._starts.get(name, 0) + 1
            is_again = self._starts[name] > 1 and name in self._running
            return [Said(name, "its worker died: tried again on another")] if is_again else []
        if "ended" not in said:
            return [Step(**said["step"])]
        future = self._running.pop(said["ended"], None)
        return [] if future is None else [self._ended(said["ended"], future)]

    def _ended(self, name: str, future: Any) -> Ended:
        from distributed import CancelledError, KilledWorker

        try:
            ended = future.result(timeout=TIMEOUT)
        except KilledWorker:
            ended = Ended(name, FAILED, **why_died(None) | {"fault": "several workers died over it"})
        except CancelledError:
            ended = Ended(name, DIED, **why_died(None) | {"fault": "the scheduler lost it"})
        except Exception as fault:  # its text may hold data
            what = f"a fault of the toolkit ({type(fault).__name__})"
            ended = Ended(name, FAILED, fault=what, fix="see the worker's log", message=type(fault).__name__)
        return replace(ended, retried=self._starts.get(name, 0) > 1)

    def stop(self) -> list[Ended]:
        with suppress(Exception):  # a scheduler that is gone cannot pass it on
            self._stop.set()
        ended: list[Ended] = []
        until = time.monotonic() + 2 * GRACE
        try:
            while self._running and time.monotonic() < until:
                ended += [told for told in self.events(0.1) if isinstance(told, Ended)]
        except KeyboardInterrupt:  # asked a second time: at once
            pass
        return ended + [Ended(name, INTERRUPTED, fix=RUN_AGAIN) for name in self._running]

    def close(self) -> None:
        """Let go of the cluster; what is still asked of it is taken back."""
        running, self._running = self._running, {}
        with suppress(Exception):  # the scheduler may be gone; there is nobody left to tell of it
            for future in running.values():
                future.cancel()
            self.client.close(timeout=GRACE)


def run_on_worker(settings: Settings, task: Task, topic: str, version: str) -> Ended:
    """Run one request on a worker of a cluster, and tell the batch. A second call goes on where the first ended."""
    from distributed import Event, get_worker

    worker = get_worker()
    worker.log_event(topic, {"begun": task.name})
    wrong = look(settings, version)
    if wrong:  # it joined after the batch had begun
        fix = "install the same toolkit there, and mount the lab's folder at the same path"
        return Ended(task.name, FAILED, fault=f"worker {worker.address}: {wrong}", fix=fix, message=wrong)
    threads, memory = limits_of_workers(
        worker.state.nthreads, worker.state.nthreads, worker.memory_manager.memory_limit
    )
    crew, stop = LocalCrew(1, replace(settings, threads=threads, memory=memory)), Event(topic)
    try:
        crew.start(task)
        while True:
            for told in crew.events(0.5):
                if isinstance(told, Ended):
                    return told
                worker.log_event(topic, {"step": asdict(told)})  # Dask adds the worker to what it passes on
            if stop.is_set():
                return crew.stop()[0]
    finally:
        crew.close()
