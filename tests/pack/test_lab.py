"""The desk for deep dives: JupyterLab on a tutorial whose every cell runs on the invented authority."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

from incare.pack.lab import TUTORIAL, LabError, command, prepare


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The tutorial as a reader runs it, from its first cell to its last."""
    from nbclient import NotebookClient

    notebook = nbformat.read(prepare(tmp_path_factory.mktemp("desk")), as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return notebook


def shown(notebook, words: str) -> str:
    """What the cell that holds some words displayed, as HTML or text."""
    (cell,) = [c for c in notebook.cells if c.cell_type == "code" and words in c.source]
    return "".join("".join(o.data.get("text/html", o.data.get("text/plain", ""))) for o in cell.outputs if "data" in o)


def test_every_cell_of_the_tutorial_runs_and_shows_something(executed):
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert len(code) == 11
    assert [cell.source for cell in code if not any("data" in output for output in cell.outputs)] == []


def test_a_record_a_measure_and_protected_figures_show_themselves_in_a_notebook(executed):
    assert re.search(r"Northmere: [\d,]+ people, \d{4}-\d\d-\d\d to", shown(executed, "record = read("))
    assert "<th>Counted</th>" in shown(executed, "measures = catalogue()")
    assert re.search(r"public: [\d,]+ figures, [\d,]+ hidden", shown(executed, "shown = protect("))
    assert 'data-incare="view"' in shown(executed, "charts.trend(")


def test_the_measure_written_in_the_tutorial_gives_a_share(executed):
    assert re.search(r"<td>\d+\.\d+</td>", shown(executed, "quarters = Periods.quarters("))


def test_the_tutorial_is_stored_without_outputs():
    assert all(not cell.get("outputs") for cell in nbformat.read(TUTORIAL, as_version=4).cells)


def test_a_copy_that_was_worked_on_is_not_replaced(tmp_path):
    place = prepare(tmp_path)
    place.write_text("mine", encoding="utf-8")
    assert prepare(tmp_path).read_text(encoding="utf-8") == "mine"


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match="name another folder"):
        prepare(tmp_path / "file" / "desk")


def test_jupyterlab_answers_on_this_machine_with_the_tutorial(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Jupyter asks for leave to run as root, as which CI runs.
    (tmp_path / "jupyter_server_config.py").write_text("c.ServerApp.allow_root = True\n", encoding="utf-8")
    started = [sys.executable, "-m", "incare", "lab", str(tmp_path / "desk"), "--no-browser", "--port", str(port)]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(started, env=os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path)}, **piped) as process:
        try:
            said = ""
            for line in process.stdout:
                said += line
                if match := re.search(rf"http://127\.0\.0\.1:{port}/lab\S*\?token=(\w+)", said):
                    break
            assert match, said
            address = f"http://127.0.0.1:{port}/api/contents/tutorial.ipynb?content=0&token={match.group(1)}"
            for _ in range(60):
                try:
                    answer = urllib.request.urlopen(address, timeout=10).read()
                    break
                except OSError:
                    time.sleep(0.5)
            assert b'"tutorial.ipynb"' in answer
        finally:
            process.terminate()


def test_the_command_listens_to_this_machine_only(tmp_path):
    assert "--ServerApp.ip=127.0.0.1" in command(tmp_path / "tutorial.ipynb")
