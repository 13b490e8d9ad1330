"""A batch: its plan, its order, what it shows, how it ends. The workers here are told what to say."""

import io
import json
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from batches import add_request, add_too_few, cheap_lab
from click.testing import CliRunner
from rich.console import Console

from jdl_toolkit import batch
from jdl_toolkit.batch import Ended, Settings, Summary, Task, Workers, run_batch
from jdl_toolkit.batch.board import Board
from jdl_toolkit.batch.limits import limits_of_workers
from jdl_toolkit.batch.pace import FIRST_GUESS, Pace
from jdl_toolkit.batch.plan import Plan, make_plan
from jdl_toolkit.batch.progress import LONGEST, LiveView, PlainView, about, duration, shown
from jdl_toolkit.batch.stop import Stop
from jdl_toolkit.batch.task import (
    DIED,
    FAILED,
    INTERRUPTED,
    LEFT,
    LOST,
    NOT_STARTED,
    REPORTED,
    UNANSWERED,
    UNDER_WAY,
    WRONG,
    Step,
)
from jdl_toolkit.batch.work import first_problem
from jdl_toolkit.cli import main
from jdl_toolkit.errors import JDLError, Problem
from jdl_toolkit.manifest import Manifest, alone
from jdl_toolkit.releases import Release, version_folder

HOSTILE = "[red]x[/red] [link=http://x]l[/link] \N{RIGHT-TO-LEFT OVERRIDE}abc \x1b[31m" + "W" * 80


@pytest.fixture
def lab(tmp_path):
    demonstration = tmp_path / "demo"
    demonstration.mkdir()
    (demonstration / "register.duckdb").touch()
    (demonstration / "foundation-2013.xlsx").write_bytes(b"x" * 1000)
    return cheap_lab(tmp_path / "lab", demonstration)


class Told:
    """Workers that say what they are told to, one request after another."""

    def __init__(self, *says):
        self.says, self.began, self.now = {}, [], []
        for name, outcome in says:
            self.says.setdefault(name, []).append(outcome)
        self.closed = False

    n_free = property(lambda self: 1 - len(self.now))

    def start(self, task):
        self.began.append((task.name, task.attempt))
        self.now.append(task.name)

    def events(self, seconds):
        name = self.now.pop()
        outcome = self.says[name].pop(0)
        if outcome is KeyboardInterrupt:
            self.now.append(name)
            raise KeyboardInterrupt
        steps = [Step(name, "intake", state) for state in ("running", "done")]
        return [*steps, Ended(name, outcome, 1.5, {"intake": 1.0})]

    def stop(self):
        return [Ended(name, INTERRUPTED) for name in self.now]

    def close(self):
        self.closed = True


@pytest.fixture
def run(lab, monkeypatch):
    """Runs a batch of requests with workers that are told what to say."""

    class Here:
        """What another process does, in this one."""

        def __init__(self, function, *arguments):
            self.value = function(*arguments)

        is_done = True

        def result(self):
            return self.value

    monkeypatch.setattr(batch.batch, "Aside", Here)
    monkeypatch.setattr(batch.batch, "draw", lambda *_: drawn.append(1))
    drawn, lines = [], io.StringIO()

    def call(*says, names=()):
        for name in dict(says):
            add_request(lab, name)
        crew = Told(*says)
        workers = Workers(lambda: crew, Settings(str(lab.root), str(lab.root / "outputs")), 1, "here")
        console = Console(file=lines, markup=False, highlight=False)
        return run_batch(lab, lab.root / "outputs", names, workers, lambda board: PlainView(console)), crew

    call.drawn, call.lines = drawn, lines
    return call


# --- how it ends -----------------------------------------------------------------------------------------------------


def test_a_request_that_fails_stops_no_other(run, lab):
    summary, crew = run(("a", FAILED), ("b", "a gate is closed"), ("c", REPORTED), ("d", UNANSWERED))
    assert sorted(name for name, _ in crew.began) == ["a", "b", "c", "d"] and crew.closed
    assert summary.exit_status == 1
    assert summary.counts == {"a gate is closed": 1, "could not be answered": 1, "failed": 1, "reported": 1}
    assert run.drawn == [1], "once, at the end"
    record = json.loads((lab.root / summary.record).read_text())
    assert record["exit_status"] == 1 and [one["request"] for one in record["requests"]] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([REPORTED, UNANSWERED, LEFT, "done up to stage matching"], 0),
        ([REPORTED, "something in the input is wrong"], 2),
        (["something in the input is wrong", "a gate is closed", UNANSWERED], 4),
        (["something in the input is wrong", "a gate is closed", FAILED], 1),
        ([FAILED, INTERRUPTED], 130),
        ([], 0),
    ],
)
def test_it_ends_with_the_worst_status(outcomes, status):
    ended = tuple(Ended(str(i), outcome) for i, outcome in enumerate(outcomes))
    assert Summary(ended, "", "", 1.0, 1, "here").exit_status == status


def test_what_died_is_tried_once_more_and_the_summary_says_so(run):
    summary, crew = run(("a", DIED), ("a", REPORTED), ("b", REPORTED))
    assert [one for one in crew.began if one[0] == "a"] == [("a", 1), ("a", 2)]
    assert {one.request: (one.outcome, one.retried) for one in summary.ended} == {
        "a": (REPORTED, True),
        "b": (REPORTED, False),
    }
    assert summary.exit_status == 0
    assert "The process of 1 died and was started again, once." in summary.in_words(100)
    assert "reported, second attempt" in summary.in_words(100)


def test_what_died_twice_has_failed(run):
    summary, crew = run(("a", DIED), ("a", DIED))
    assert len(crew.began) == 2 and summary.ended[0].outcome == FAILED and summary.exit_status == 1


def test_what_was_lost_with_its_server_is_run_again_and_does_not_count(run):
    summary, crew = run(("a", LOST), ("a", LOST), ("a", DIED), ("a", REPORTED))
    assert crew.began == [("a", 1), ("a", 1), ("a", 1), ("a", 2)]
    assert summary.ended[0].outcome == REPORTED and summary.exit_status == 0
    summary, crew = run(*[("b", LOST)] * 9, names=("b",))
    assert [n for name, n in crew.began if name == "b"] == [1, 1, 1, 1, 2] and summary.exit_status == 1


@pytest.mark.parametrize("outcome", [DIED, LOST])
def test_a_worker_that_dies_of_what_stops_the_batch_is_interrupted(run, outcome, monkeypatch):
    def dies_first(crew, seconds):
        name = crew.now.pop()
        threading.Timer(0.1, signal.raise_signal, [signal.SIGTERM]).start()
        return [Ended(name, outcome, 1.5)]

    monkeypatch.setattr(Told, "events", dies_first)
    summary, crew = run(("a", outcome), ("b", REPORTED))
    assert {one.request: one.outcome for one in summary.ended} == {"a": INTERRUPTED, "b": NOT_STARTED}
    assert len(crew.began) == 1 and summary.exit_status == 130
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.fixture
def heard():
    """SIGHUP is heard, though whoever started the tests had it ignored (`nohup`): what is ignored stays so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_the_first_signal_is_noted_and_the_second_interrupts(heard):
    with Stop() as stop:
        stop.note_the_first()
        signal.raise_signal(signal.SIGHUP)
        assert stop.is_asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        stop.note_all()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            pytest.fail("nothing is begun after a signal")
    with pytest.raises(KeyboardInterrupt), Stop():
        signal.raise_signal(signal.SIGTERM)


def test_what_another_process_holds_comes_last(run):
    summary, crew = run(("a", UNDER_WAY), ("b", REPORTED), ("a", REPORTED))
    assert [name for name, _ in crew.began] == ["a", "b", "a"]
    assert summary.counts == {REPORTED: 2}
    assert "a: under way elsewhere: its turn comes last" in run.lines.getvalue()


def test_ctrl_c_says_what_was_interrupted_and_what_not_begun(run):
    summary, crew = run(("a", REPORTED), ("b", KeyboardInterrupt), ("c", REPORTED))
    assert {one.request: one.outcome for one in summary.ended} == {"a": REPORTED, "b": INTERRUPTED, "c": NOT_STARTED}
    assert summary.exit_status == 130 and crew.closed
    assert "run the same command again to go on" in summary.in_words(100)


def test_without_a_terminal_there_is_a_line_for_each_event(run):
    run(("a", REPORTED))
    assert [line.partition(" ")[2] for line in run.lines.getvalue().splitlines()] == [
        "a: started",
        "a: reported, 1.5 s",
    ]


def test_an_unknown_stage(run, lab):
    workers = Workers(lambda: Told(), Settings(str(lab.root), str(lab.root / "outputs"), until="nowhere"), 1, "here")
    with pytest.raises(JDLError, match="there is no stage `nowhere`"):
        run_batch(lab, lab.root / "outputs", (), workers)


# --- what is to be done ----------------------------------------------------------------------------------------------


def planned(lab, *names) -> Plan:
    return make_plan(str(lab.root), str(lab.root / "outputs"), names)


def test_bad_names_and_bad_files_stop_no_other(lab):
    add_request(lab, "good")
    requests = lab.root / "parameters" / "requests"
    (requests / "bad-yaml.yml").write_text("request: bad-yaml\norganisation: {name: [unclosed\n")
    add_request(lab, "unknown-key", matchnig={}, cohrt={})
    add_request(lab, "no-upload", submission="nowhere.xlsx")
    plan = planned(lab, "good", "nosuch", "bad-yaml", "unknown-key", "no-upload", str(requests / "good.yml"))
    assert [task.name for task in plan.tasks] == ["good"], "named twice, run once"
    wrong = {one.request: one for one in plan.ended}
    assert set(wrong) == {"nosuch", "bad-yaml", "unknown-key", "no-upload"}
    assert {one.exit_status for one in plan.ended} == {2}
    assert wrong["unknown-key"].fault.endswith("unknown key (and 1 more)") and "matchnig" in wrong["unknown-key"].fault
    assert "put the file that `submission:` names into" in wrong["no-upload"].fix
    assert (
        "parameters/requests/bad-yaml.yml" in wrong["bad-yaml"].fault and str(lab.root) not in wrong["bad-yaml"].fault
    )


def test_only_requests_are_offered_to_choose_from(lab):
    add_request(lab, "good")
    (wrong,) = planned(lab, "../etc").ended
    assert (wrong.exit_status, wrong.fix) == (2, "there are: good") and "no such request" in wrong.fault


def test_released_and_withdrawn_requests_are_left_alone_unless_they_are_named(lab):
    outputs = lab.root / "outputs"
    for name in ("gone", "withdrawn", "open"):
        add_request(lab, name)
    for name in ("gone", "withdrawn"):
        manifest = Manifest.new(outputs / name / "manifest.json", name, "digest", [], 1)
        manifest.write()
        (outputs / name / "spec.yml").write_text((lab.root / f"parameters/requests/{name}.yml").read_text())
    manifest.record_event("withdrawn", "A. Analyst", "no longer wanted", "2014-01-01")
    release = Release(
        request="gone", version=1, released="2014-01-09", by="A", files={}, toolkit_version="1", reason=""
    )
    place = version_folder(outputs, "gone", 1)
    place.mkdir(parents=True)
    (place / "release.json").write_text(release.model_dump_json())
    plan = planned(lab)
    assert [task.name for task in plan.tasks] == ["open"]
    assert {one.request: (one.outcome, one.fault) for one in plan.ended} == {
        "gone": (LEFT, "released, version 1"),
        "withdrawn": (LEFT, "withdrawn"),
    }
    assert {task.name for task in planned(lab, "gone", "withdrawn").tasks} == {"gone", "withdrawn"}


def test_the_longest_come_first(lab):
    for name, n_bytes in (("small", 1_000), ("large", 900_000), ("middle", 200_000)):
        (lab.root / "data/submissions" / f"{name}.xlsx").write_bytes(b"x" * n_bytes)
        add_request(lab, name, register="own", submission=f"{name}.xlsx")
    several = {one: {"title": one, "records": {"region": ["North"]}} for one in ("north", "south", "east", "west")}
    add_request(lab, "several", analyses=several)
    assert [task.name for task in planned(lab).tasks] == ["large", "several", "middle", "small"]
    for name, seconds in (("small", 100.0), ("large", 10.0)):
        manifest = Manifest.new(lab.root / "outputs" / name / "manifest.json", name, "digest", [], 1)
        for stage in FIRST_GUESS:
            manifest.record_stage(stage, status="failed", seconds=seconds)
    assert [task.name for task in planned(lab, "large", "small").tasks] == ["small", "large"], "as long as they took"


def test_what_is_left_follows_from_what_stages_took():
    pace = Pace()
    task, double = Task("a", "a"), Task("b", "b", n_bytes=400_000)
    assert pace.remaining(task) == sum(FIRST_GUESS.values())
    for stage, seconds in {"intake": 2, "linkage": 4, "matching": 6, "outcomes": 20, "report": 8}.items():
        pace.learn(task, stage, seconds)
    assert pace.remaining(task) == 40 and pace.remaining(double) == 80
    assert pace.remaining(replace(task, n_analyses=3)) == 40 + 2 * 26
    assert pace.remaining(task, {"intake": 2, "linkage": 4}, "matching", 5) == 29
    assert pace.remaining(task, {"intake": 2, "linkage": 4}, "matching", 60) == 28, "longer than expected: not less"
    assert pace.remaining(replace(task, done=("intake", "linkage", "matching"))) == 28
    assert pace.remaining(replace(task, earlier={"outcomes": 100})) == 120


def learned() -> Pace:
    """Times of one request that came to its end; 22 s in all."""
    pace = Pace()
    for stage, seconds in FIRST_GUESS.items():
        pace.learn(Task("a", "a"), stage, seconds)
    return pace


def test_the_batch_is_expected_to_take_as_long_as_its_longest_request():
    tasks = [Task(name, name) for name in "abc"]
    board = Board(tasks, [Ended("x", LEFT)], learned(), n_workers=2)
    each = sum(FIRST_GUESS.values())
    assert board.remaining_in_all() == pytest.approx(1.5 * each)
    board = Board(tasks[:1], [], learned(), n_workers=2)
    assert board.remaining_in_all() == pytest.approx(each)
    assert board.n_requests == 1


def test_nothing_is_said_of_what_is_left_before_a_request_has_come_to_its_end():
    board = Board([Task("a", "a")], [], Pace(), n_workers=1)
    assert board.remaining_in_all() is None
    board.pace.learn(Task("b", "b"), "outcomes", 5.0)
    assert board.remaining_in_all() is None
    board.pace.learn(Task("b", "b"), "report", 8.0)
    assert board.remaining_in_all() == 19.0
    assert not Pace("matching").is_known and Pace("matching").remaining(Task("a", "a")) == 6.0


def test_of_those_that_wait_as_many_end_early_as_have_so_far():
    board = Board([Task(name, name) for name in "abcd"], [], learned(), n_workers=1)
    for name, outcome, seconds in (("x", REPORTED, 22.0), ("y", UNANSWERED, 2.0), ("z", WRONG, 1.0), ("w", LEFT, 0.0)):
        board.end(Ended(name, outcome, seconds))
    assert board.remaining_in_all() == pytest.approx(4 * (22 / 3 + 1.5 * 2 / 3))


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_the_live_view_shows_requests_and_totals_and_takes_no_name_for_markup():
    board = Board([Task("waits", "waits")], [Ended("x", FAILED)], Pace(), 2)
    board.start(Task("one", "one"))
    board.start(Task(HOSTILE, HOSTILE))
    board.step(Step("one", "matching/custody", "running"))
    board.step(Step(HOSTILE, "intake", "running"))
    screen = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    view = LiveView(board, screen)
    screen.print(view.draw())
    view.ended(Ended(HOSTILE, REPORTED, 3.0))
    text = screen.file.getvalue()
    assert "one" in text and "matching/custody" in text and "[red]x[/red]" in text
    assert "1 of 4 done (1 needs attention), 2 running, 1 waiting\n0 s elapsed, time remaining not yet known" in text
    assert "\x1b[31m" not in text and "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_names_and_times_for_a_terminal():
    assert len(shown(HOSTILE)) == LONGEST and shown("a\nb\tc") == "a b c"
    assert [duration(s) for s in (0.4, 59.4, 60, 3725)] == ["0 s", "59 s", "1:00", "1:02:05"]
    assert [about(s) for s in (7.2, 43, 200)] == ["about 7 s", "about 45 s", "about 3:15"]
    assert about(0) == "soon"


def test_the_table_says_what_to_do():
    ended = (
        Ended(
            "a", "something in the input is wrong", 1.0, fault="a.xlsx: no column", fix="add it", message="all of it"
        ),
        Ended("b", REPORTED, 2.0),
        Ended("c", LEFT, fault="withdrawn"),
        Ended(HOSTILE, REPORTED, 2.0, stages={"intake": 1.0}),
    )
    summary = Summary(ended, "", "", 61.0, 2, "here", "outputs/batches/x.json")
    words = summary.in_words(110)
    assert "a.xlsx: no column" in words and "→ add it" in words and "left alone: withdrawn" in words
    assert "reported (nothing to do)" in words and "\x1b" not in words and "[red]x[/red]" in words
    assert words.splitlines()[-2].startswith("4 requests in 1:01: 1 left alone, 2 reported, 1 something in the input")
    assert max(map(len, words.splitlines())) <= 110


def test_the_first_problem_is_read_from_what_a_notebook_raised(lab):
    one = JDLError(str(Problem("the workbook is damaged", "x.xlsx", "save it again")))
    assert first_problem(one, lab) == {
        "fault": "x.xlsx: the workbook is damaged",
        "fix": "save it again",
        "message": "x.xlsx: the workbook is damaged\n  What to do: save it again",
    }
    two = JDLError([Problem("one", "here", "do this"), Problem("two", "there", "do that")])
    assert first_problem(two, lab)["fault"] == "here: one (and 1 more)" and first_problem(two, lab)["fix"] == "do this"


def test_workers_stay_within_the_machine():
    assert limits_of_workers(2, 2, 16 * 2**30) == (1, "2048MiB")
    assert limits_of_workers(4, 2, 4 * 2**30) == (1, "256MiB")
    assert limits_of_workers(1, 8, 3 * 2**30) == (8, "1857MiB")


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_runs_what_it_can_and_tells_of_the_rest(made_lab, tmp_path, monkeypatch):
    lab = cheap_lab(tmp_path / "lab", made_lab.root / "data" / "demo")
    add_too_few(lab, "too-few")
    (lab.root / "parameters/requests/bad-yaml.yml").write_text("a: [")
    monkeypatch.chdir(lab.root)
    with alone(lab.root / "outputs", "nobody"):
        said = CliRunner().invoke(main, ["batch", "--workers", "1", "--until", "intake", "--json"])
    values = json.loads(said.stdout)
    assert said.exit_code == values["exit_status"] == 2
    assert {one["request"]: one["outcome"] for one in values["requests"]} == {
        "bad-yaml": "something in the input is wrong",
        "too-few": UNANSWERED,
    }
    assert "too-few: started" in said.stderr and Path(values["record"]).exists()


def test_an_empty_lab(lab, monkeypatch, run):
    summary, crew = run()
    assert summary.ended == () and summary.exit_status == 0 and not crew.began
    assert summary.in_words(100) == "There is no request in parameters/requests."
