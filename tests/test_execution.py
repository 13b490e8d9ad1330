"""Notebooks executed in forked children: what they show, how they end, and whom they end with."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from importlib.metadata import EntryPoint
from multiprocessing import connection, forkserver
from pathlib import Path

import click
import examples
import nbformat
import papermill  # noqa: F401  (first: while it is imported, it loads the engines by their entry points)
import pytest
from click.testing import CliRunner
from nbclient.exceptions import DeadKernelError
from nbformat import v4

from jdl_toolkit import __version__, execution, laid_out
from jdl_toolkit.cli.frame import command
from jdl_toolkit.errors import CouldNotBeAnswered, JDLError, KernelDied, StageFailed
from jdl_toolkit.execution import engines, environment, notebooks, server
from jdl_toolkit.execution.notebooks import execute
from jdl_toolkit.lab import Lab

ROOT = Path(__file__).parent.parent

#: One cell for everything that a cell can show.
SHOWN = [
    "x = 1\nx + 1",
    "import sys\nprint('said')\nprint('warned', file=sys.stderr)\nprint('said again')",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "%matplotlib inline\nfig, axes = plt.subplots(facecolor='none')\naxes.bar([1, 2], [3, 4])\nNone",
    "import pandas as pd\ndisplay(pd.DataFrame({'a': [1.5, None]}))\npd.Series([1, 2], name='n')",
    "from jdl_toolkit.document import Words\nWords('**One** block of the report.')",
    "from IPython.display import clear_output, display\nfirst = display('one', display_id='it')\n"
    "print('gone')\nclear_output()\nprint('left')",
    "shown = display('two', display_id='that')\nshown.update('three')",
    "!echo from a shell",
    "import asyncio\nawait asyncio.sleep(0)\n5",
    "import datetime as dt\nodd = {'day': dt.date(2014, 1, 2), 'pair': (1, 2)}\n"
    "display({'application/json': odd}, raw=True)",
    "import os\nos.environ['JDL_RUNNING'], os.environ['OPENBLAS_NUM_THREADS'], os.path.basename(os.getcwd())",
    "def deeper(n):\n    return 1 / n\n\n\nprint('before')\ndeeper(0)",
    "'never reached'",
]


def notebook(folder, cells, name="given"):
    path = folder / f"{name}.ipynb"
    made = v4.new_notebook(cells=[v4.new_code_cell(source) for source in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, path)
    return path


@pytest.fixture
def template(tmp_path):
    """Execute cells as a run executes a template; gives the notebook that was kept, and what was raised."""
    lab = Lab(tmp_path)
    (tmp_path / "notebooks").mkdir()

    def run(*cells, engine="fork"):
        notebook(tmp_path / "notebooks", ["request = outputs = ''", *cells], "asked")
        target, fault = tmp_path / "kept.ipynb", None
        try:
            execute(lab, "asked", "some-request", tmp_path / "outputs", target, engine)
        except Exception as raised:
            fault = raised
        assert os.listdir(tmp_path / "notebooks") == ["asked.ipynb"]
        assert not list(tmp_path.glob(".executing*"))
        return [c for c in nbformat.read(target, 4).cells if c.cell_type == "code"], fault

    return run


def as_read(cell):
    """A cell's outputs; a stream is one, into however many pieces a slow moment broke it."""
    outputs = []
    for output in cell.get("outputs", []):
        if outputs and output.output_type == "stream" and outputs[-1].get("name") == output.name:
            outputs[-1] = outputs[-1] | {"text": outputs[-1]["text"] + output.text}
        else:
            outputs.append(dict(output))
    return outputs


def executed(lab, template, findings, engine):
    """A notebook of a report, executed by an engine up to its last cell but one, which divides by zero."""
    target = lab.root / f"{engine}.ipynb"
    with pytest.raises(StageFailed, match=f"notebook {template}, cell .*: ZeroDivisionError"):
        execute(lab, template, findings.request, lab.root / "outputs", target, engine, analysis="main")
    return nbformat.read(target, 4)


# --- what a notebook shows -------------------------------------------------------------------------------------------


def test_both_engines_write_the_same_notebook(tmp_path):
    """A report of everything, and after it the cells that show what else a cell can."""
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters/defaults.yml").touch()
    (tmp_path / "notebooks").mkdir()
    lab, findings = Lab(tmp_path), examples.findings(analyses=(examples.rich(),))
    findings.write(tmp_path / "outputs" / findings.request / "findings.json")
    report = nbformat.read(lab.notebook("05_report"), 4)
    report.cells += [v4.new_code_cell(source) for source in SHOWN]
    nbformat.write(report, tmp_path / "notebooks/report_and_more.ipynb")
    forked, kernel = (executed(lab, "report_and_more", findings, engine) for engine in ("fork", "kernel"))
    codes = [c for c in forked.cells if c.cell_type == "code" and c.source.strip()]
    before, cells = codes[: -len(SHOWN)], codes[-len(SHOWN) :]
    assert sum(bool(c.outputs) for c in before) > 20
    assert [c.execution_count for c in codes] == [*range(1, len(codes)), None]
    kinds = [[o["output_type"] for o in as_read(c)] for c in cells]
    assert kinds[:4] == [["execute_result"], ["stream", "stream"], ["display_data"], ["display_data"]]
    assert kinds[-2:] == [["stream", "error"], []]
    assert "application/vnd.jdl-toolkit.v1+json" in cells[5].outputs[0].data
    assert cells[11].outputs[0].data["text/plain"] == f"('1', '1', '{tmp_path.name}')"
    for ours, stock in zip(forked.cells, kernel.cells, strict=True):
        assert as_read(ours) == as_read(stock), ours.source
        assert ours.get("execution_count") == stock.get("execution_count")
        assert ours.metadata.get("tags") == stock.metadata.get("tags") and ours.source == stock.source
    assert {k: forked.metadata[k] for k in ("kernelspec", "language_info")} == {
        k: kernel.metadata[k] for k in ("kernelspec", "language_info")
    }


def test_a_child_begins_afresh(template):
    """Nothing of another notebook reaches it; random numbers are not those of the last child."""
    cells = ["import numpy as np\n'x' in globals(), np.random.random()", "import builtins\nx = builtins.left = 1"]
    cells += ["import duckdb\nduckdb.sql('select 42').fetchone()", "hasattr(builtins, 'left')"]
    first, fault = template(*cells, "import tempfile\nkept = tempfile.TemporaryDirectory()\nkept.name")
    second, _ = template(*cells)
    assert fault is None
    said = [[c.outputs[0].data["text/plain"] for c in cells[2:] if c.outputs] for cells in (first, second)]
    assert said[0][0].startswith("(False, ") and said[1][0].startswith("(False, ") and said[0][0] != said[1][0]
    assert said[0][1] == "(42,)"
    assert not os.path.exists(said[0][-1].strip("'")), "what it made for the time being is cleared up"


# --- how it ends -----------------------------------------------------------------------------------------------------


def test_a_fault_meant_for_the_user_is_raised_as_such(template):
    cells, fault = template("from jdl_toolkit.errors import CouldNotBeAnswered\nraise CouldNotBeAnswered('too few')")
    assert type(fault) is CouldNotBeAnswered and "too few" in str(fault)
    assert cells[2].outputs[0].traceback == ["CouldNotBeAnswered: too few"]


@pytest.mark.parametrize("by", ["", "0.1.0"])
def test_an_old_notebook_of_the_labs_own_says_that_it_is_one(tmp_path, by, caplog):
    """By an earlier version, or by one that did not put on record what it laid out."""
    lab, old = Lab(tmp_path), tmp_path / "notebooks/03_matching.ipynb"
    old.parent.mkdir()
    notebook(old.parent, ["request = ''"], old.stem)
    if by:
        laid_out.note_notebooks(old.parent)
        record = old.parent / laid_out.RECORD
        record.write_text(record.read_text().replace(f'"{__version__}"', f'"{by}"'))
        assert lab.notebook(old.stem) == lab.shipped_notebook(old.stem)
        with pytest.raises(JDLError):  # of the shipped one: there is no such request
            execute(lab, old.stem, "some-request", tmp_path / "outputs", tmp_path / "kept.ipynb")
        assert "own copy was laid out by version 0.1.0 and never changed" in caplog.text
    notebook(old.parent, ["request = outputs = ''", "from jdl_toolkit import moved_elsewhere"], old.stem)
    with pytest.raises(StageFailed) as failed:
        execute(lab, old.stem, "some-request", tmp_path / "outputs", tmp_path / "kept.ipynb")
    said = str(failed.value)
    assert said.startswith("notebook 03_matching, cell 3: ImportError. This notebook is the lab's own,")
    assert said.endswith(f"the toolkit is version {__version__}")
    assert ("laid out by version 0.1.0 and changed since" in said) == bool(by)
    assert failed.value.fix.startswith("compare notebooks/03_matching.ipynb with ")
    assert str(lab.shipped_notebook(old.stem)) in failed.value.fix and "move it away" in failed.value.fix
    told = CliRunner().invoke(raising(failed.value), [])
    assert told.exit_code == 1 and "A fault of the toolkit" not in told.stderr
    assert told.stderr == f"{said}\n  What to do: {failed.value.fix}\n"


def raising(fault):
    """A command that ends with this fault."""

    def end():
        raise fault

    return command(click.Group(), "end", "")(end)


@pytest.mark.parametrize(
    ("end", "what"),
    [
        ("os.kill(os.getpid(), 9)", "was killed (SIGKILL)"),
        ("os._exit(0)", "ended by itself (status 0)"),
        ("ctypes.string_at(0)", "was killed (SIGSEGV)"),
        ("exit()", "ended by itself (status 0)"),
    ],
)
def test_a_child_that_dies_is_found_dead_at_once(template, end, what):
    started = time.monotonic()
    cells, fault = template("1 + 1", f"import ctypes, os, time\nprint('so far', flush=True)\n{end}", "'not this'")
    assert type(fault) is KernelDied and isinstance(fault, StageFailed)
    assert str(fault).startswith("the process of notebook ") and str(fault).endswith(what)
    assert ("ran out of memory" in fault.fix) == ("SIGKILL" in what)
    assert time.monotonic() - started < 120, "not at the time-out of an hour"
    assert cells[2].outputs[0].data["text/plain"] == "2" and cells[3].outputs[0].text == "so far\n"
    assert cells[4].execution_count is None and not cells[4].outputs


def test_a_progress_bar_leaves_nothing_behind_when_its_child_is_killed(template):
    """A semaphore that nobody removes is told of on the user's screen, at the end of all."""
    held = "from multiprocessing import util\n[f for f in util._finalizer_registry.values() if 'SemLock' in repr(f)]"
    cells, fault = template("from tqdm.auto import tqdm\nfor _ in tqdm([1]):\n    pass", held, "import os\nos._exit(1)")
    assert type(fault) is KernelDied
    assert cells[3].outputs[0].data["text/plain"] == "[]"


def test_a_cell_that_hangs_is_ended_at_its_deadline(template, monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "CELL_TIMEOUT", 1)
    mark = tmp_path / "pid"
    hang = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\nwhile True:\n    time.sleep(0.01)"
    cells, fault = template("print('first')", hang)
    assert type(fault) is StageFailed and "CellTimeoutError" in str(fault)
    assert cells[2].outputs[0].text == "first\n" and not is_alive(int(mark.read_text()))


def test_leaving_by_sys_exit_is_no_success(template):
    cells, fault = template("import sys\nsys.exit(0)", "'not this'")
    assert isinstance(fault, StageFailed) and "cell 4 did not run" in str(fault)


# --- whom it ends with -----------------------------------------------------------------------------------------------


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return found


def execute_in(here):
    """What a request's process does, up to what `jdl run` makes of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        execute(Lab(here), "asked", "r", here / "outputs", here / "kept.ipynb")
    except KeyboardInterrupt:
        sys.exit(130)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_a_child_ends_with_whoever_asked_for_it(tmp_path, by):
    """Killed, or interrupted as by Ctrl-C in a terminal, which reaches every process there."""
    (tmp_path / "notebooks").mkdir()
    pid = "import os, time\nPath('pid.part').write_text(str(os.getpid()))\nos.rename('pid.part', 'pid')\ntime.sleep(99)"
    cells = ["request = outputs = ''\nfrom pathlib import Path", "print('kept')", pid]
    notebook(tmp_path / "notebooks", cells, "asked")
    asking = execution.start(execution.context().Process(target=execute_in, args=(tmp_path,)))
    wait_for((tmp_path / "pid").exists)
    child = int((tmp_path / "pid").read_text())
    assert is_alive(child)
    if by == signal.SIGINT:
        os.kill(child, by)
    os.kill(asking.pid, by)
    wait_for(lambda: not is_alive(child), 3)
    asking.join(10)
    assert asking.exitcode == (130 if by == signal.SIGINT else -signal.SIGKILL)
    if by == signal.SIGINT:
        kept = nbformat.read(tmp_path / "kept.ipynb", 4)
        assert any(o.get("text") == "kept\n" for c in kept.cells for o in c.get("outputs", []))


def ask_for_another(pipe):
    execution.end_with_parent()
    process = execution.start(execution.context().Process(target=say_who, args=(pipe,)))
    process.join()


def say_who(pipe):
    here = Path("/proc/self/task").iterdir()
    pipe.send((os.getppid(), len(list(here)), "jdl_toolkit.run" in sys.modules))


@pytest.mark.parametrize("daemon", [False, True])
def test_children_of_children_come_from_the_same_server(daemon):
    ours, theirs = execution.context().Pipe()
    process = execution.start(execution.context().Process(target=ask_for_another, args=(theirs,), daemon=daemon))
    assert ours.poll(30)
    server, n_threads, has_imported = ours.recv()
    process.join()
    assert (process.exitcode, server, n_threads, has_imported) == (0, forkserver._forkserver._forkserver_pid, 1, True)


def test_the_server_forks_with_neither_a_database_nor_threads_of_ours():
    execution.context().Process(target=print)
    execution.preload()
    pid = forkserver._forkserver._forkserver_pid
    execution.start(process := execution.context().Process(target=print))
    process.join()  # it has imported everything by now
    names = [(t / "comm").read_text().strip() for t in Path(f"/proc/{pid}/task").iterdir()]
    assert len([name for name in names if name != "jemalloc_bg_thd"]) == 1, names
    opened = [os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [f for f in opened if "duckdb" in f or f.endswith(".sqlite")]


# --- which engine ----------------------------------------------------------------------------------------------------


def test_the_engine_is_an_option_then_the_environment_then_fork(monkeypatch):
    monkeypatch.delenv(execution.ENGINE, raising=False)
    assert execution.chosen_engine() == "fork"
    monkeypatch.setenv(execution.ENGINE, "kernel")
    assert (execution.chosen_engine(), execution.chosen_engine("fork")) == ("kernel", "fork")
    with pytest.raises(JDLError, match="there is no engine `dask`"):
        execution.chosen_engine("dask")
    monkeypatch.setattr(environment.sys, "platform", "darwin")
    assert execution.chosen_engine("fork") == "kernel"
    assert execution.context().get_start_method() == "spawn"


def test_sockets_are_bound_elsewhere_if_the_folder_for_temporary_files_has_a_long_name(template, monkeypatch, tmp_path):
    usual, deep = environment.place_of_sockets(), tmp_path / ("deep" * 25)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    settings = {name: value for name, value in multiprocessing.current_process()._config.items() if name != "tempdir"}
    monkeypatch.setattr(multiprocessing.current_process(), "_config", settings)
    server._choose_place_of_sockets()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(connection.arbitrary_address("AF_UNIX"))
    assert not list(deep.iterdir()) and Path(settings["tempdir"]).parent == Path(environment.place_of_sockets())
    cells, fault = template("1 + 1", engine="kernel")
    assert fault is None and cells[-1].outputs[0].data["text/plain"] == "2"
    assert len(usual) < 64


def test_where_no_name_is_short_enough_for_sockets_it_is_said(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/" + "deep" * 25)
    monkeypatch.setattr(environment, "_SHORT_PLACES", ())
    with pytest.raises(JDLError, match="too long") as told:
        environment.place_of_sockets()
    assert "TMPDIR" in str(told.value)


def test_a_server_that_imports_for_ever_is_ended_by_the_system():
    """A library that is refused memory may ask for it in a loop, of which no Python ever hears."""
    script = (
        "import signal, time\n"
        "signal.alarm = lambda seconds, alarm=signal.alarm: alarm(1 if seconds else 0)\n"
        "from multiprocessing import forkserver\n"
        "from jdl_toolkit.execution import environment\n"
        "import importlib; importlib.import_module = lambda name: time.sleep(30)\n"
        "import jdl_toolkit.execution.preload"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=20).returncode == -signal.SIGALRM


def test_papermill_finds_the_engines_by_their_entry_points():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["papermill.engine"]
    assert sorted(declared) == sorted(engines.NAMES.values())
    for name, where in declared.items():
        assert EntryPoint(name, where, "papermill.engine").load() is engines.papermill_engines.get_engine(name)


def test_a_folder_for_temporary_files_that_has_gone_shows_no_traceback_at_the_end(tmp_path):
    place = tmp_path / "temporary"
    place.mkdir()
    gone = "import os, shutil; from jdl_toolkit.execution import server; server._choose_place_of_sockets();"
    gone += "shutil.rmtree(os.environ['TMPDIR'])"
    told = subprocess.run(
        [sys.executable, "-c", gone], env=os.environ | {"TMPDIR": str(place)}, capture_output=True, text=True
    )
    assert (told.returncode, told.stderr) == (0, "")


def test_a_child_that_dies_with_the_folder_for_temporary_files_is_told_by_that(tmp_path, monkeypatch):
    def dies(*_, **__):
        raise DeadKernelError("Kernel died")

    monkeypatch.setattr(notebooks.papermill, "execute_notebook", dies)
    monkeypatch.setattr(notebooks.tempfile, "gettempdir", lambda: str(tmp_path / "gone"))
    with pytest.raises(JDLError, match="folder for temporary files has gone"):
        notebooks.execute_template(Lab(tmp_path), "01_intake", {}, tmp_path / "made.ipynb")
