"""What a batch is to do: which requests, in which order, which are left alone, and which cannot be run as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import JDLError, cut
from ..lab import Lab
from ..manifest import Manifest
from ..spec import RequestSpec
from .pace import Pace
from .task import LEFT, WRONG, Ended, Task
from .work import first_problem


@dataclass(frozen=True)
class Plan:
    """What a batch is to do.

    Parameters
    ----------
    tasks : tuple of Task
        The longest expected first, so that all workers end at about the same time.
    ended : tuple of Ended
        Requests that are not run: left alone, or at fault before they begin.
    pace : Pace
        How long stages took so far in these outputs.
    """

    tasks: tuple[Task, ...]
    ended: tuple[Ended, ...]
    pace: Pace = field(default_factory=Pace)


def make_plan(root: str, outputs: str, names: Sequence[str] = (), until: str = "report") -> Plan:
    """Plan a batch.

    Parameters
    ----------
    root, outputs : str
        The lab's folder and that of all outputs.
    names : sequence of str
        Ids or YAML paths. Without any, every request of ``parameters/requests`` but those that were released or
        withdrawn. A request that is named is run whatever became of it.
    until : str
        Last stage to run.
    """
    lab, folder = Lab(Path(root)), Path(outputs)
    left = {} if names else _left_alone(lab, folder)
    asked = list(names) or [path.stem for path in sorted((lab.root / "parameters" / "requests").glob("*.yml"))]
    tasks: dict[str, Task] = {}
    ended = [Ended(name, LEFT, fault=why) for name, why in left.items()]
    for name in dict.fromkeys(asked):
        if name in left:
            continue
        try:
            task = _task(lab, folder, name)
            tasks[task.name] = task
        except JDLError as fault:
            ended.append(Ended(Path(name).stem, WRONG, **first_problem(fault, lab)))
    pace = Pace.of(_known(folder, tasks.values()), until)
    longest = sorted(tasks.values(), key=lambda task: (-pace.remaining(task), task.name))
    return Plan(tuple(longest), tuple(ended), pace)


def _left_alone(lab: Lab, outputs: Path) -> dict[str, str]:
    """Requests that nothing is to be done about, and why."""
    from ..lifecycle import all_requests
    from ..portfolio import RequestStatus

    left = {}
    for row in all_requests(lab, outputs, dt.date.today()).itertuples():
        if row.version:
            left[row.folder] = f"released, version {row.version}"
        elif row.status == RequestStatus.withdrawn:
            left[row.folder] = "withdrawn"
        elif row.status == RequestStatus.could_not_be_answered and not row.where.startswith("ended at"):
            left[row.folder] = "could not be answered, as was recorded"
    return left


def _task(lab: Lab, outputs: Path, name: str) -> Task:
    """One request to run.

    Raises
    ------
    JDLError
        If it cannot be: no such file, a fault in it, no upload, no register.
    """
    path = lab.request_file(name)
    if not path.is_file():
        known = sorted(one.stem for one in (lab.root / "parameters" / "requests").glob("*.yml"))
        fix = f"there are: {', '.join(known)}" if known else "put its YAML into parameters/requests"
        raise JDLError("there is no such request", cut(name), fix)
    spec = lab.spec(name)
    _, upload = lab.source(spec)
    stages = _stages(outputs, spec.request)
    return Task(
        request=name if path == lab.request_file(spec.request) and path.stem == name else str(path.resolve()),
        name=spec.request,
        n_bytes=upload.stat().st_size,
        n_analyses=_n_analyses(spec),
        earlier={stage: said["seconds"] for stage, said in stages.items() if said.get("seconds")},
        done=tuple(stage for stage, said in stages.items() if said.get("status") == "done"),
    )


def _n_analyses(spec: RequestSpec) -> int:
    return max(len(spec.analyses), 1)


def _stages(outputs: Path, name: str) -> dict[str, dict]:
    """The stages of a request as its manifest records them; none if there is no manifest, or it is spoilt."""
    try:
        return dict(Manifest.read(outputs / name / "manifest.json").values["stages"])
    except (JDLError, KeyError, TypeError, ValueError):
        return {}


def _known(outputs: Path, tasks: Iterable[Task]) -> list[Task]:
    """Requests of these outputs with the times of their stages: what the expected time of others is judged by."""
    known = [task for task in tasks if task.earlier]
    seen = {task.name for task in known}
    for path in outputs.glob("*/manifest.json"):
        if path.parent.name not in seen:
            stages = _stages(outputs, path.parent.name)
            earlier = {stage: said["seconds"] for stage, said in stages.items() if said.get("seconds")}
            n_analyses = sum(stage.startswith("matching") for stage in earlier) or 1
            known.append(Task(path.parent.name, path.parent.name, n_analyses=n_analyses, earlier=earlier))
    return known
