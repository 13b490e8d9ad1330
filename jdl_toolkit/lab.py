"""Where things lie: the working folder of a lab, its requests, registers, uploads and outputs."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from . import laid_out
from .errors import JDLError
from .scratch import scratch
from .spec import Model, RequestSpec, lab_resources, load_spec, read_yaml, validate

#: The stages of a request in order, and the notebook that is each one's template.
STAGES: dict[str, str] = {
    "intake": "01_intake",
    "linkage": "02_linkage",
    "matching": "03_matching",
    "outcomes": "04_outcomes",
    "report": "05_report",
}

#: The stages that each analysis of a request has of its own.
OF_ANALYSIS = ("matching", "outcomes")

#: The analysis of a request that lists none.
MAIN = "main"

#: Set while `jdl run` executes a notebook. Without it a notebook is somebody exploring, and saves apart.
RUNNING = "JDL_RUNNING"

#: In a folder of notebooks that lies elsewhere than its lab: where the lab is.
LAB_FILE = ".jdl-lab"


class Engine(StrEnum):
    duckdb = "duckdb"
    spark = "spark"


class LinkageEngine(Model):
    """Where linkage finds and compares candidates: on this machine (DuckDB) or on Spark.

    Parameters
    ----------
    engine : Engine
    master : str
        Spark's address; the default is this machine with all its cores.
    index : str, optional
        Where the copy of the register's linkage index goes that Spark reads; beside the register if not said.
    """

    engine: Engine = Engine.duckdb
    master: str = Field("local[*]", min_length=1)
    index: str | None = None


class DataSource(Model):
    """One entry of `parameters/data_sources.yml`; paths are relative to the lab.

    Of a source marked as an `example` nobody waits for an answer: what is asked of it is never overdue.
    """

    register_file: str = Field(alias="register")
    submissions: str
    example: bool = False
    linkage: LinkageEngine = LinkageEngine()


@dataclass(frozen=True)
class Lab:
    """A working folder: it holds `parameters/`, and usually `notebooks/`, `data/` and `outputs/`.

    Parameters
    ----------
    root : Path
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Lab:
        """The nearest folder, upwards from `start`, that holds `parameters/defaults.yml`, or says where the lab is.

        Raises
        ------
        JDLError
            If there is none.
        """
        start = Path(start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if (folder / "parameters" / "defaults.yml").is_file():
                return cls(folder)
            if (folder / LAB_FILE).is_file():
                told = Path((folder / LAB_FILE).read_text(encoding="utf-8").strip())
                if (told / "parameters" / "defaults.yml").is_file():
                    return cls(told)
        raise JDLError(
            "this is no working folder of a lab: parameters/defaults.yml was not found here or above",
            where=str(start),
            fix="change into one, or lay one out with `jdl init my-lab`",
        )

    def notebook(self, name: str) -> Path:
        """Template of that name: the lab's own, or else the one shipped with the toolkit.

        A copy that the lab never changed gives way to the shipped one, where another version of the toolkit changed it.
        """
        own, shipped = self.own_notebook(name), self.shipped_notebook(name)
        if not own.is_file():
            return shipped
        gives_way = shipped.is_file() and laid_out.is_as_laid_out(own) and not laid_out.has_same_cells(own, shipped)
        return shipped if gives_way else own

    def own_notebook(self, name: str) -> Path:
        """Where the lab's own template of that name lies, if it has one."""
        return self.root / "notebooks" / f"{name}.ipynb"

    @staticmethod
    def shipped_notebook(name: str) -> Path:
        """Where this version of the toolkit has its template of that name, if it ships one."""
        return lab_resources() / "notebooks" / f"{name}.ipynb"

    def request_file(self, request: str) -> Path:
        """YAML file of a request, given by its id or by a path."""
        if request.endswith((".yml", ".yaml")):
            return Path(request)
        return self.root / "parameters" / "requests" / f"{request}.yml"

    def spec(self, request: str) -> RequestSpec:
        """The request's validated specification, on this lab's defaults.

        Raises
        ------
        JDLError
            With all faults of the file, or if its name and the id it states differ.
        """
        path = self.request_file(request)
        spec = load_spec(path, self.root / "parameters" / "defaults.yml")
        if path.stem != spec.request:
            fix = f"rename the file to {spec.request}.yml, or write `request: {path.stem}`"
            raise JDLError(f"the file's name and the request's id ({spec.request}) differ", path.name, fix)
        return spec

    def data_source(self, spec: RequestSpec) -> DataSource:
        """The request's entry of `parameters/data_sources.yml`.

        Raises
        ------
        JDLError
            If the source is not listed, or with all faults of its entry.
        """
        sources = read_yaml(self.root / "parameters" / "data_sources.yml")
        place = sources.get(spec.register_name)
        if not isinstance(place, dict) or not {"register", "submissions"} <= place.keys():
            fix = f"add it with its `register:` and `submissions:`; there are: {', '.join(sources)}"
            raise JDLError(f"no data source `{spec.register_name}`", "parameters/data_sources.yml", fix)
        return validate(place, f"data_sources.yml, {spec.register_name}", DataSource)

    def source(self, spec: RequestSpec) -> tuple[Path, Path]:
        """Register file and uploaded file of a request.

        Raises
        ------
        JDLError
            If the source is not listed, or a file is not there.
        """
        register = self.register_file(spec)
        submission = self.root / self.data_source(spec).submissions / spec.submission
        if not submission.is_file():
            fix = f"put the file that `submission:` names into {self.short(submission.parent)}, or correct the setting"
            raise JDLError("the upload is not there", f"request {spec.request}, submission", fix)
        return register, submission

    def register_file(self, spec: RequestSpec) -> Path:
        """Register file of a request, whose upload need not be there yet.

        Raises
        ------
        JDLError
            If the source is not listed, or the file is not there.
        """
        register = self.root / self.data_source(spec).register_file
        if not register.is_file():
            fix = "build it with `jdl register build`, or, for the demonstration, `jdl synth --out data/demo`"
            raise JDLError("the register is not there", self.short(register), fix)
        return register

    def short(self, path: Path) -> str:
        """A path as a person would say it: relative to the lab where it lies inside."""
        path = Path(os.path.realpath(path))  # unlike `resolve`, also of a link that leads to itself
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


@dataclass(frozen=True)
class RequestFolder:
    """The folder of one request below the outputs folder.

    Parameters
    ----------
    root : Path
        ``outputs/<request>``.
    """

    root: Path

    @property
    def manifest_file(self) -> Path:
        return self.root / "manifest.json"

    @property
    def findings_file(self) -> Path:
        return self.root / "findings.json"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def restricted(self) -> Path:
        return self.root / "restricted"

    @property
    def review(self) -> Path:
        """The executed notebooks as pages, for sign-off."""
        return self.restricted / "review"

    @property
    def exploratory(self) -> Path:
        """What notebooks save that were not executed by `jdl run`: never part of what is published."""
        return self.restricted / "exploratory"

    def by_hand(self, analysis: str = MAIN) -> Path:
        """The notebooks that somebody explores with: copies, those of each analysis in a folder of its own."""
        place = self.exploratory / "notebooks"
        return place if analysis == MAIN else place / analysis

    def of_analysis(self, analysis: str, exploring: bool = False) -> Path:
        """Where the results of one analysis lie: beside those of the request if it is the only one."""
        place = self.exploratory if exploring else self.restricted
        return place if analysis == MAIN else place / "analyses" / analysis

    def executed(self, stage: str, analysis: str = MAIN) -> Path:
        """The executed notebook of a stage: a restricted record, but for the report's."""
        return self.of_analysis(analysis) / "notebooks" / f"{STAGES[stage]}.ipynb"

    def explored(self, stage: str, analysis: str = MAIN) -> Path:
        """What is on record of a stage that somebody saved by hand."""
        return self.of_analysis(analysis, exploring=True) / f"{stage}.explored.json"

    def closing(self, stage: str, analysis: str = MAIN) -> Path:
        """What the stage said when it closed; its presence is the proof that the notebook came to its end."""
        return self.of_analysis(analysis) / f"{stage}.closed.json"


def lay_out(folder: Path) -> Lab:
    """Lay out a new working folder with parameters, notebooks, an example request and places for data and outputs.

    Raises
    ------
    JDLError
        If the folder exists and is not empty: nothing in it is touched.
    """
    folder = Path(folder).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise JDLError("the folder is not empty", str(folder), "name a new folder; nothing was changed")
    shipped = lab_resources()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch(folder.parent, f".{folder.name}.") as place:
        made = place / "lab"
        for part in ("notebooks", "parameters"):
            shutil.copytree(shipped / part, made / part, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        for part in ("data/submissions", "outputs"):
            (made / part).mkdir(parents=True)
        laid_out.note_notebooks(made / "notebooks")
        (made / ".gitignore").write_text("# records about people stay out of version control\n/data/\n/outputs/\n")
        if folder.exists():  # it stays the one it is: somebody may stand in it
            for entry in sorted(made.iterdir()):
                os.replace(entry, folder / entry.name)
        else:
            os.replace(made, folder)
    return Lab(folder)
