"""One notebook as a copy to explore with: what it says first, its parameters, and where a setting is changed."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping

import nbformat
from nbformat import NotebookNode

from ..exploratory import MARK
from ..lab import STAGES

#: The kernel of the environment that opens it, whatever else is installed; what editors want to know of the language.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": platform.python_version(),  # else JupyterLab adds it, and has a change to save as soon as it opens
    },
}

#: The notebook of live controls.
EXPLORE = "20_explore"

#: By stage, an example of what may be set otherwise.
EXAMPLES = {
    "intake": 'intake={"allow_initials": True}',
    "linkage": 'cohort={"start_within_months": 12}',
    "matching": 'matching={"calipers": [0.05]}',
    "outcomes": 'outcomes={"follow_up_months": 6}',
}

_OPENED = re.compile(r'^(stage = open_stage\("(\w+)".*\))$', re.M)
_WHAT = """**{mark}**

This is a copy of `{name}`, to explore with. What `jdl run` made and what is published stay as they are: all that you
run here is marked EXPLORATORY and saved apart.

{ways}
- **To publish a change,** write it into `parameters/requests/{request}.yml` and run `jdl run {request} --fresh`.
- **For a new copy of this notebook,** delete this one or give it another name, and start `jdl lab {request}` again.
"""
_SETTING = """
- **To change a setting,** take the `#` away before `stage = stage.explore(…)` below, say there what you want, and run
  all cells. What is saved carries it: run the notebooks after this one, and they go on from there.
- **To get back,** put the `#` there again; `stage.forget()` drops everything of this request that was saved by hand.
""".strip()
_LIVE = f"""
- **For live controls** (caliper, method, covariates, subgroup), open [{EXPLORE}]({EXPLORE}.ipynb) and run all cells.
""".strip()
_CONTROLS = "- **To look at other choices,** run all cells (the two triangles above), and move the controls."
_REPORT = """
- **To see here what you explored,** run 04_outcomes by hand first: its findings are then shown in place of those of
  `jdl run`.
""".strip()


def copy_of(notebook: NotebookNode, name: str, parameters: Mapping[str, str]) -> str:
    """A notebook, executed or not, as the text of a copy to explore with; the same for the same notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Format 4; stays as it is.
    name : str
        Of its template, for the words that come first.
    parameters : mapping of str to str
        What the cell tagged `parameters` says in the copy; names that it does not have are left out.
    """
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    copy.metadata = nbformat.from_dict(METADATA)
    copy.cells = [cell for cell in copy.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    has_setting, n_executed = False, 0
    for cell in copy.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in ("tags", "jupyter")})
        if cell.cell_type == "code":
            if cell.execution_count is not None:  # without the number of the cell that was left out
                n_executed += 1
                _number(cell, n_executed)
            if "parameters" in cell.metadata.get("tags", []):
                cell.source = _with_parameters(cell.source, parameters)
            if name != EXPLORE:
                cell.source, n_found = _OPENED.subn(_with_example, cell.source)
                has_setting = has_setting or bool(n_found)
    ways = _SETTING if has_setting else _REPORT if name.startswith("05") else _CONTROLS if name == EXPLORE else ""
    ways += f"\n{_LIVE}" if name == STAGES["matching"] else ""
    words = _WHAT.format(mark=MARK, name=name, ways=ways, request=parameters["request"]).replace("\n\n\n", "\n\n")
    first = nbformat.v4.new_markdown_cell(words.strip(), id="exploring", metadata={"tags": ["not-in-report"]})
    copy.cells.insert(0, first)
    copy.nbformat, copy.nbformat_minor = 4, 5
    nbformat.validate(copy)
    return nbformat.writes(copy) + "\n"


def _with_parameters(source: str, parameters: Mapping[str, str]) -> str:
    """The cell's assignments with the values of this request."""
    names = re.findall(r"^(\w+) = ", source, re.M)
    return "\n".join(f"{name} = {json.dumps(parameters[name])}" for name in names if name in parameters)


def _number(cell: NotebookNode, number: int) -> None:
    """Give an executed cell, and what it showed as its value, its number in the order of the notebook."""
    cell.execution_count = number
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = number


def _with_example(found: re.Match[str]) -> str:
    example = EXAMPLES.get(found[2], EXAMPLES["matching"])
    return f"{found[1]}\n# stage = stage.explore({example})  # another setting"
