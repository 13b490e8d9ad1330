"""The demonstration request, worked through: its executed notebooks as pages. Everybody in them is invented.

Sphinx executes nothing. The toolkit's own commands run the request in a temporary lab, and what they executed is kept
until the toolkit, a notebook or a setting changes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REQUEST, PERSONS, SEED = "foundation-2013", "20000", "2013"
#: Published results, for a bulletin that has something to tell.
ELSEWHERE = ROOT / "tests" / "golden" / "published_results.csv"
#: What is executed, in the order of reading, and what a reader should know first.
NOTEBOOKS = {
    "00_tour": "The whole of it in memory, step by step.",
    "01_intake": "Stage 1 reads what the organisation sent, and counts what cannot be used.",
    "02_linkage": "Stage 2 finds people on the register, and says who is analysed and who left, and why.",
    "03_matching": "Stage 3 finds similar people, and shows how alike the groups are. No outcome is known here.",
    "04_outcomes": "Stage 4 opens the outcomes, once the groups are alike, and puts into words how sure the answer is.",
    "05_report": "Stage 5 is the report: made of the findings alone, and published without the code.",
    "10_bulletin": "The bulletin gathers all requests. Here its results are real ones, published elsewhere.",
    "20_explore": "The bench: what if the choices had been others? Its controls are alive in JupyterLab (`jdl lab`).",
}
INVENTED = "The people of the request are invented."
WIDGET = "application/vnd.jupyter.widget-view+json"
NOT_HERE = "<p><em>Controls, alive in JupyterLab.</em></p>"


def executed(cache: Path) -> dict[str, Path]:
    """The executed notebooks by name, from the cache or run now; one without a template yet is left out."""
    folder = cache / digest()
    if not folder.exists():
        shutil.rmtree(cache, ignore_errors=True)
        with tempfile.TemporaryDirectory() as place:
            lab, made = Path(place) / "lab", Path(place) / "made"
            made.mkdir()
            work_through(lab, made)
            shutil.copytree(made, folder)
    return {name: path for name in NOTEBOOKS if (path := folder / f"{name}.ipynb").exists()}


def digest() -> str:
    """Of everything that the notebooks come from."""
    found = hashlib.sha256()
    for folder, ending in (("jdl_toolkit", ".py"), ("notebooks", ".ipynb"), ("parameters", ".yml")):
        for path in sorted((ROOT / folder).rglob(f"*{ending}")):
            found.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:16]


def work_through(lab: Path, made: Path) -> None:
    """Run the demonstration in a new lab, and copy what was executed into a folder."""
    month = dt.date.today().replace(day=1) - dt.timedelta(days=1)
    _jdl(lab.parent, "init", str(lab))
    _jdl(lab, "synth", "--persons", PERSONS, "--seed", SEED, "--out", "data/demo")
    _jdl(lab, "run", REQUEST)
    _jdl(lab, "import-results", str(ELSEWHERE))
    _jdl(lab, "bulletin", f"{month:%Y-%m}")
    outputs = lab / "outputs"
    for path in sorted((outputs / REQUEST / "restricted" / "notebooks").glob("*.ipynb")):
        shutil.copyfile(path, made / path.name)
    shutil.copyfile(outputs / REQUEST / "report" / "report.ipynb", made / "05_report.ipynb")
    shutil.copyfile(outputs / "bulletins" / f"{month:%Y-%m}" / "bulletin.ipynb", made / "10_bulletin.ipynb")
    _execute(lab / "notebooks" / "00_tour.ipynb", made)
    _execute(_to_explore(lab), made)


def _jdl(lab: Path, *arguments: str) -> None:
    command = [sys.executable, "-c", "from jdl_toolkit.cli import main; main()", *arguments]
    done = subprocess.run(command, cwd=lab, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"jdl {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _to_explore(lab: Path) -> Path:
    """The copy of 20_explore with the request in its parameters, as `jdl lab` opens it."""
    from jdl_toolkit.jupyter import prepare_notebooks
    from jdl_toolkit.lab import Lab

    return prepare_notebooks(Lab(lab), REQUEST, lab / "outputs").folder / "20_explore.ipynb"


def _execute(path: Path, made: Path) -> None:
    if not path.exists():
        return
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    with tempfile.TemporaryDirectory(prefix="jdl-docs-") as sockets:  # no TCP port, of which the kernel would warn
        config = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/ipc"}})
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources, config=config).execute()
    nbformat.write(notebook, made / path.name)


def pages(notebooks: dict[str, Path]) -> dict[str, str]:
    """The notebooks as pages, and the page that lists them, by file name."""
    lines = ["# A request, worked through", ""]
    if not notebooks:
        lines += ["The notebooks are left out of this build; `make docs` puts them in.", ""]
        return {"worked/index.md": "\n".join(lines)}
    lines += [
        "The notebooks of the demonstration request as they were executed, for 20,000 invented people. An organisation",
        "sent 1,246 records; 257 people can be analysed. Nobody in them exists.",
        "",
    ]
    lines += [f"- [{name}]({name}.ipynb): {NOTEBOOKS[name]}" for name in notebooks]
    lines += ["", "```{toctree}", ":hidden:", *(f"{name}" for name in notebooks), "```", ""]
    made = {f"worked/{name}.ipynb": page(path, f"{NOTEBOOKS[name]} {INVENTED}") for name, path in notebooks.items()}
    return made | {"worked/index.md": "\n".join(lines)}


def page(path: Path, sentence: str) -> str:
    """A notebook as Sphinx reads it: the sentence below its title, and of each output what a reader sees."""
    notebook = json.loads(path.read_text("utf-8"))
    said = {"cell_type": "markdown", "metadata": {}, "source": f"*{sentence}*"}
    tags = [cell["metadata"].get("tags", ()) for cell in notebook["cells"]]
    given = "parameters" if any("injected-parameters" in one for one in tags) else None
    cells = [_as_read(cell) for cell, one in zip(notebook["cells"], tags, strict=True) if given not in one]
    title, cells = _title(cells, path.stem)
    notebook["cells"] = [title, said, *cells]
    notebook["metadata"].pop("widgets", None)
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
    return json.dumps(notebook, indent=1, ensure_ascii=False)


def _title(cells: list[dict[str, Any]], name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The notebook's title with its number, and the cells without it; a note for explorers may stand before it."""
    words, rest = name.split("_")[1].capitalize(), []
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and text.startswith("# "):
            words, _, text = text.removeprefix("# ").partition("\n")
        rest += [cell | {"source": text.strip()}] if text.strip() else []
    return {"cell_type": "markdown", "metadata": {}, "source": f"# {name[:2]} {words}"}, rest


def _as_read(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell without what only other programs read: bundles for reports, states of controls, times."""
    kept = {"cell_type": cell["cell_type"], "metadata": {}, "source": cell["source"]}
    if cell["cell_type"] != "code":
        return kept
    outputs = [_output(output) for output in cell["outputs"] if output["output_type"] != "stream"]
    return kept | {"execution_count": None, "outputs": outputs}


def _output(output: dict[str, Any]) -> dict[str, Any]:
    data = output.get("data", {})
    shown = {"text/html": NOT_HERE} if WIDGET in data else {k: v for k, v in data.items() if k.startswith("text/")}
    return {"output_type": "display_data", "metadata": {}, "data": shown}
