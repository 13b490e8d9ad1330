"""`jdl lab`: a real server and a real browser; a setting is changed and a notebook run, as an analyst would."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil
import pytest
from click.testing import CliRunner

from jdl_toolkit import cli
from jdl_toolkit.exploratory import MARK
from jdl_toolkit.lab import RequestFolder

REQUEST = "foundation-2013"
START = "from jdl_toolkit.cli import main; main()"


@contextmanager
def served(root, *arguments):
    """The command, running: what it told, and its process."""
    command = [sys.executable, "-c", START, "lab", *arguments, "--no-browser", "--json"]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        yield json.loads(line), process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def page_at(browser, url):
    """JupyterLab in a window; what its console says is kept, and what it asks of other machines."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    page.on("request", lambda r: page.asked.append(r.url) if re.match(r"\w+://(?!127\.0\.0\.1)", r.url) else None)
    page.goto(url)
    yield page
    context.close()


def wait_for(page, words, seconds=60):
    """Until the page holds these words somewhere; cells out of sight are there, too."""
    page.wait_for_function("words => document.body.textContent.includes(words)", arg=words, timeout=1000 * seconds)


def test_an_analyst_changes_a_setting_and_runs_a_notebook(browser, demo, in_lab):
    folder = RequestFolder(in_lab.root / "outputs" / REQUEST)
    executed = folder.executed("matching").read_bytes()
    try:
        with served(in_lab.root, REQUEST) as (told, process):
            assert told["folder"] == str(folder.by_hand()) and told["token"] in told["url"]
            with pytest.raises(OSError):  # listens on this machine's own address alone, 127.0.0.1
                socket.create_connection(("127.0.0.2", urlsplit(told["url"]).port), timeout=5)
            again = CliRunner().invoke(cli.main, ["lab", REQUEST, "--no-browser"])
            assert again.exit_code == 0 and f"no second one is started:\n\n  {told['url']}\n" in again.stdout
            with page_at(browser, told["url"]) as page:
                page.wait_for_selector(".jp-OutputArea figure svg", state="attached", timeout=60_000)
                assert page.locator(".jp-OutputArea").get_by_text(MARK).count() == 0, "as it was executed"
                wait_for(page, "Python 3 (ipykernel) | Idle")
                page.wait_for_timeout(1500)
                assert page.locator(".lm-TabBar-tab.jp-mod-dirty").count() == 0, "nothing to save as it opens"
                line = page.locator(".cm-line", has_text="# stage = stage.explore(matching").first
                line.click()
                page.keyboard.press("Home")
                page.keyboard.press("Delete")
                page.keyboard.press("Delete")
                page.click('.lm-MenuBar-itemLabel:text-is("Run")')
                page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
                wait_for(page, "What this notebook saved lies apart")
                shown = page.evaluate("[...document.querySelectorAll('.jp-OutputArea-output')].map(o => o.textContent)")
                assert len(shown) > 10 and all(text.startswith(MARK) for text in shown)
                assert any("matching.calipers ([0.2, 0.1, 0.05, 0.01] → [0.05])" in text for text in shown)
                assert page.locator(".jp-OutputArea figure svg text", has_text=MARK).count() > 0
                assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0
                assert page.said == [] and page.asked == []
            kernels = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
            assert process.returncode == 0 and "Traceback" not in said
            assert kernels and not psutil.wait_procs(kernels, timeout=5)[1], "no kernel is left"
        assert (folder.exploratory / "matching.explored.json").is_file()
        assert folder.executed("matching").read_bytes() == executed
    finally:
        shutil.rmtree(folder.exploratory, ignore_errors=True)


def test_templates_open_without_an_error(browser, in_lab):
    with served(in_lab.root) as (told, _), page_at(browser, told["url"]) as page:
        assert told["folder"] == str(in_lab.root / "notebooks")
        for name in ("00_tour.ipynb", "10_bulletin.ipynb", "20_explore.ipynb"):  # each starts a kernel
            page.dblclick(f'.jp-DirListing-item:has-text("{name}")')
            page.wait_for_selector(f'.lm-TabBar-tab.lm-mod-current:has-text("{name[:6]}")', timeout=60_000)
            page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=60_000)
        assert page.locator(".jp-Dialog").count() == 0 and page.said == []


def test_templates_say_what_editors_need(in_lab):
    import nbformat

    for template in (in_lab.root / "notebooks").glob("*.ipynb"):
        values = json.loads(template.read_text(encoding="utf-8"))
        nbformat.validate(values)
        assert (values["nbformat"], values["nbformat_minor"]) == (4, 5)
        assert values["metadata"]["kernelspec"]["name"] == "python3"
        assert values["metadata"]["language_info"]["name"] == "python"
        ids = [cell["id"] for cell in values["cells"]]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["foundaton-2013"], "did you mean `foundation-2013`"),
        ([REQUEST, "--outputs", "elsewhere"], "has not been run yet"),
        ([REQUEST, "--analysis", "custody"], "no analysis `custody`"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(demo, in_lab, arguments, words):
    told = CliRunner().invoke(cli.main, ["lab", *arguments, "--no-browser"])
    assert told.exit_code == 2 and words in told.stderr
    shutil.rmtree(in_lab.root / "outputs" / REQUEST / "restricted/exploratory", ignore_errors=True)


def test_a_port_that_is_taken_and_a_jupyterlab_that_is_missing(in_lab, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        told = CliRunner().invoke(cli.main, ["lab", "--port", port, "--no-browser"])
    assert told.exit_code == 2 and f"port {port} is taken" in told.stderr
    monkeypatch.setattr("jdl_toolkit.jupyter.server.find_spec", lambda name: None)
    told = CliRunner().invoke(cli.main, ["lab", "--no-browser"])
    assert told.exit_code == 2 and "JupyterLab is not installed" in told.stderr
