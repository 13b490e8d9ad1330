"""A lab with the demonstration request, made once for all tests that need one."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

# Before numpy is loaded: several processes test at once, and threads of small fits would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from filelock import FileLock

from jdl_toolkit import exploratory
from jdl_toolkit.lab import Lab, lay_out

#: Fewer people than the demonstration, so that the tests stay quick; the flow is the same.
PERSONS = 60_000


#: Files of more than ten seconds or so. They come first, so that no processor is left with one of them at the end. The
#: second needs no lab, which the first is still making.
LONGEST = (
    "test_run.py",
    "test_documentation.py",
    "test_run_analyses.py",
    "test_batch_kills.py",
    "test_docs_build.py",
    "test_lab_server.py",
    "test_validate.py",
    "test_validation_whole_line.py",
    "test_validation_matching.py",
    "test_validation_faults.py",
    "test_validation_workbooks.py",
    "test_validation_hostile.py",
    "test_validation_leaks.py",
    "test_validation.py",
    "test_explore_browser.py",
    "test_workbench.py",
    "test_explore_panel.py",
    "test_exploring.py",
    "test_examples.py",
    "test_precheck.py",
    "test_release.py",
    "test_batch_cluster.py",
    "test_register_files.py",
    "test_synthetic_bridges.py",
    "test_linkage_cases.py",
    "test_index.py",
    "test_browser.py",
    "test_execution.py",
    "test_bulletin.py",
    "test_bulletin_pages.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; all else stays in its order."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def pytest_collection_finish() -> None:
    """Let the collector pass over all that is imported: else it costs a third of a second each time it is called."""
    gc.collect()
    gc.freeze()


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what it runs beside itself
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def unmarked():
    """Whoever opens a stage by hand marks the process: no test finds the mark of another."""
    yield
    exploratory.mark(False)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, worker_id) -> Callable[[str, Callable[[Path], None]], Path]:
    """``made_once(name, make)``: a folder that the first process to ask for it makes, and all others copy."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def folder(name: str, make: Callable[[Path], None]) -> Path:
        first = shared / f"first-{name}"
        with FileLock(f"{first}.lock"):
            if not (first / "made").exists():
                shutil.rmtree(first, ignore_errors=True)  # of a process that failed
                make(first / name)
                (first / "made").touch()
        return shutil.copytree(first / name, tmp_path_factory.mktemp(name) / name)

    return folder


@pytest.fixture(scope="session")
def short_part(made_once) -> Callable[..., Path]:
    """``short_part(PART)``: the folder of a short run of that part of the validation study, run once for all."""
    from jdl_toolkit.validation.part import Effort

    def folder(part) -> Path:
        def make(kept: Path) -> None:
            # Not below the long path of this process: the names of sockets below it would be too long for the system.
            with tempfile.TemporaryDirectory(prefix="jdl.") as work:
                part.run(Path(work), Effort(short=True, workers=1))
                shutil.copytree(work, kept, ignore=shutil.ignore_patterns("labs"))

        return made_once(f"validation-{part.key}", make)

    return folder


@pytest.fixture(scope="session")
def made_lab(made_once) -> Lab:
    """A working folder with the demonstration register and upload, no request run yet."""
    from jdl_toolkit.synthetic.demonstration import synthesise

    def make(root: Path) -> None:
        synthesise(lay_out(root).root / "data" / "demo", PERSONS, seed=1, effect_pp=-2.0)

    return Lab(made_once("lab", make))


@pytest.fixture(scope="session")
def demo(made_lab, made_once):
    """The demonstration request, run to its report: the lab and what a run of it gives back."""
    from jdl_toolkit.run import run_request

    outputs = made_lab.root / "outputs"

    def make(kept: Path) -> None:
        run_request(made_lab, "foundation-2013", outputs)
        shutil.copytree(outputs / "foundation-2013", kept)

    kept = made_once("foundation-2013", make)
    if not (outputs / "foundation-2013").exists():  # another process was the first
        shutil.copytree(kept, outputs / "foundation-2013")
    return made_lab, run_request(made_lab, "foundation-2013", outputs)


@pytest.fixture
def in_lab(made_lab):
    """The demonstration lab as the current folder."""
    before = os.getcwd()
    os.chdir(made_lab.root)
    yield made_lab
    os.chdir(before)


@pytest.fixture(scope="session")
def known_register(made_once):
    """An invented register with people put in by hand, for linkage."""
    from linkage_register import build_known_register

    from jdl_toolkit.register import Register

    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        build_known_register(folder)

    with Register.open(made_once("linkage", make) / "r.duckdb") as opened:
        yield opened


@pytest.fixture(scope="session")
def company(known_register):
    """Four hundred ordinary records, so that the share on the register is not judged from one."""
    from linkage_register import draw_upload

    return draw_upload(known_register, "clean", seed=17, n=400)


@pytest.fixture(scope="module")
def browser():
    """A browser for the tests of one file, see `browser.py`."""
    from browser import chromium

    with chromium() as started:
        if started is None:
            pytest.skip("no Chromium, or no Playwright to drive it, is installed here")
        yield started
