"""A template executed for a request by papermill, whose word is not taken for success."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.reader import NotJSONError
from papermill.exceptions import PapermillExecutionError

from .. import __version__, errors, laid_out
from ..errors import JDLError, KernelDied, StageFailed, disk_full, is_disk_full
from ..lab import Lab
from ..result import write_atomically
from . import engines, environment, server

log = logging.getLogger("jdl_toolkit")

#: Lines of a fault that are told again.
_MOST_LINES = 12


def execute(
    lab: Lab, template: str, request: str, outputs: Path, target: Path, engine: str = "", **parameters: str
) -> None:
    """Execute a template for a request; see `execute_template`.

    `parameters` go beside request and outputs: the analysis, for templates that are executed for each of them.
    """
    place = outputs.relative_to(lab.root) if outputs.is_relative_to(lab.root) else outputs
    execute_template(lab, template, {"request": request, "outputs": str(place)} | parameters, target, engine)


def execute_template(lab: Lab, template: str, parameters: dict[str, str], target: Path, engine: str = "") -> None:
    """Execute a template by papermill and keep the executed notebook, also when it fails.

    Papermill's own word is not taken for success: every code cell must have run, and none may hold an error.

    Parameters
    ----------
    parameters : dict of str to str
        What is injected after the cell tagged `parameters`: literals only.
    target : Path
        Where the executed notebook is kept.
    engine : str
        What executes it, see `environment.chosen_engine`.

    Raises
    ------
    JDLError
        The fault that a cell raised for the user.
    KernelDied
        The process that executed it died.
    StageFailed
        Any other failure, named by error class and cell number only: its text may hold rows about people.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _tell_if_shipped_instead(lab, template)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".executing.") as making:
        executed = Path(making) / "executed.ipynb"
        try:
            papermill.execute_notebook(
                str(lab.notebook(template)),
                str(executed),
                parameters=parameters,
                kernel_name="python3",
                engine_name=engines.NAMES[environment.chosen_engine(engine)],
                progress_bar=False,
                log_output=False,
                autosave_cell_every=0,
                execution_timeout=environment.CELL_TIMEOUT,
                folder=lab.root,
            )
        except PapermillExecutionError as fault:
            raise _as_ours(fault, lab, template, target.parent) from None
        except DeadKernelError as fault:
            if not os.path.isdir(tempfile.gettempdir()):
                fix = "put it back, or name another with TMPDIR, and run the same again"
                raise JDLError("the folder for temporary files has gone", tempfile.gettempdir(), fix) from None
            what, fix = server.why_it_died(getattr(fault, "exit_code", None))
            raise KernelDied(f"the process of notebook {template} {what}", fix) from None
        except (CellTimeoutError, CellExecutionError) as fault:
            raise StageFailed(f"notebook {template}: {type(fault).__name__}") from None
        except OSError as fault:
            raise (disk_full(target.parent) if is_disk_full(fault) else fault) from None
        finally:
            _keep(executed, target)
    notebook = nbformat.read(target, as_version=4)
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and cell.source.strip() and not cell.execution_count:
            raise StageFailed(f"notebook {template}: cell {number} did not run")


def fault_shown(executed: Path) -> str:
    """The fault for the user at which an executed notebook ended, in its own words, cut to a few lines; "" if none."""
    if not executed.exists():
        return ""
    cells = nbformat.read(executed, as_version=4).cells
    for output in (o for cell in cells for o in cell.get("outputs", []) if o.output_type == "error"):
        kind = getattr(errors, output.ename, None)
        if isinstance(kind, type) and issubclass(kind, JDLError):
            lines = output.evalue.splitlines()
            more = [f"… and {len(lines) - _MOST_LINES} lines more"] if len(lines) > _MOST_LINES else []
            return "\n  ".join([*lines[:_MOST_LINES], *more])
    return ""


def _tell_if_shipped_instead(lab: Lab, template: str) -> None:
    """Log that the lab's own copy of a template is an old one that nobody changed, so that the shipped one is taken."""
    own = lab.own_notebook(template)
    if own.is_file() and lab.notebook(template) != own:
        by = laid_out.laid_out_by(own)
        log.warning(
            "notebook %s: the lab's own copy was laid out by version %s and never changed; that of %s is executed",
            template,
            by,
            __version__,
        )


def _as_ours(fault: PapermillExecutionError, lab: Lab, template: str, folder: Path) -> Exception:
    if is_disk_full(fault.evalue):
        return disk_full(folder)
    kind = getattr(errors, fault.ename, None)
    if isinstance(kind, type) and issubclass(kind, JDLError):
        return kind(fault.evalue)
    refused = errors.refused_in_words(fault.ename, fault.evalue)
    if refused is not None:
        return refused
    what = f"notebook {template}, cell {fault.cell_index + 1}: {fault.ename}"
    own, shipped = lab.own_notebook(template), lab.shipped_notebook(template)
    if lab.notebook(template) != own or not laid_out.is_suspect(own, shipped, fault.ename):
        return StageFailed(what)
    by = laid_out.laid_out_by(own)
    since = f"laid out by version {by} and changed since" if by else "and differs from the one of this version"
    return StageFailed(
        f"{what}. This notebook is the lab's own, {since}; the toolkit is version {__version__}",
        f"compare {lab.short(own)} with {shipped} and take over what is new there; or move it away, and the one of"
        f" version {__version__} is executed",
    )


def _keep(executed: Path, target: Path) -> None:
    """Keep an executed notebook. On a full disk there is none, or half of one; what is raised then is told already."""
    try:
        write_atomically(target, _without_papermill_metadata(executed))
    except (FileNotFoundError, NotJSONError):
        return
    except OSError as fault:
        if is_disk_full(fault):
            raise disk_full(target.parent) from None
        raise


def _without_papermill_metadata(path: Path) -> str:
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
    return nbformat.writes(notebook)
