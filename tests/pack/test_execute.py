"""Execution: real kernels, and every way a notebook can stop short noticed and told without a child's value."""

from __future__ import annotations

import os
import sys

import pytest

from house import CHILDREN, SAY, House
from incare.pack import params, plan
from incare.pack.execute import NEW, WARM, Step, execute, is_our_own

CHILD = CHILDREN[0]
# Sockets in a folder that only this user can open, except on Windows, which has none.
IPC = """import sys
from ipykernel.kernelapp import IPKernelApp
assert sys.platform == 'win32' or IPKernelApp.instance().transport == 'ipc'"""
# One pool for all: starting the workers takes longer than the notebooks.
CELLS = {
    # Whatever a notebook does to its own process, the next starts as if it had not been there.
    "01_breaks": [
        "import os, sys, pandas as pd, numpy as np; pd.DataFrame.sum = None; np.random.seed(1); sys.path.clear()",
        "os.environ['LEFT'] = 'behind'; os.chdir('/'); held = bytearray(300_000_000); sys.modules['json'] = None",
    ],
    "02_after": [
        "import json, os, sys, pandas as pd, psutil; from pathlib import Path",
        "assert pd.DataFrame({'a': [1, 2]}).sum()['a'] == 3 and 'LEFT' not in os.environ and sys.path",
        "assert Path.cwd() == Path(output).parents[1] and psutil.Process().memory_info().rss < 600_000_000",
        "Path(output).mkdir(parents=True); started = 'warm' if 'seaborn' in sys.modules else 'new'",
        "(Path(output) / f'{started}.csv').touch()",
    ],
    "10_whole": ["import os; assert os.environ['OMP_NUM_THREADS'] == '1'", IPC, SAY.format("<p>whole</p>")],
    "11_raises": ["1", f"raise ValueError('child {CHILD} is born twice')", "2"],
    "12_ours": ["from incare.periods import Quarter", "Quarter.parse('Q9')"],
    "13_exit": ["1", "import sys; sys.exit(0)", "2"],
    "14_killed": ["1", "import os, signal; os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))", "2"],
    "15_once": [
        "from pathlib import Path; Path(output).mkdir(parents=True); begun = Path(output).parents[1] / 'begun'",
        "(Path(output) / f'{begun.exists()}.csv').write_text('1')",
        "import os, signal; again = begun.exists(); begun.touch()",
        "again or os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM));",
    ],
    "16_worker": ["import psutil; psutil.Process().parent().kill(); import time; time.sleep(30)"],
    "17_prints": [f"import os; os.write(2, b'{CHILD}'); print('{CHILD}')"],
}


@pytest.fixture(scope="module", params=[WARM, NEW])
def ended(request, tmp_path_factory):
    house = House(tmp_path_factory.mktemp("execute") / "council")
    for name, cells in CELLS.items():
        house.notebook(name, *cells)
    work = house.folder / "work"
    work.mkdir()
    jobs = plan.make(params.read(house.params), house.folder / "notebooks", work / "data")
    steps, finished = [], []
    outcomes = execute(jobs, work, 2, steps.append, lambda outcome: finished.append(outcome.name), request.param)
    return {outcome.name: outcome for outcome in outcomes}, steps, finished


def failure(ended, name: str) -> str:
    return ended[0][name].failure


def test_a_notebook_that_runs_through_has_no_failure_and_a_duration(ended):
    outcome = ended[0]["10_whole"]

    assert outcome.failure == ""
    assert outcome.seconds > 0
    assert "<p>whole</p>" in outcome.executed.read_text(encoding="utf-8")


def test_each_cell_is_told_as_it_ends(ended):
    told = [step for step in ended[1] if step.name == "10_whole"]

    # Four code cells: the parameters and three more; papermill's own cell of parameters is not counted.
    assert told[0] == Step("10_whole", 0, 4)
    assert told[-1] == Step("10_whole", 4, 4)
    assert [step.done for step in told] == sorted(step.done for step in told)


def test_what_a_notebook_does_to_its_process_no_other_notebook_sees(ended):
    assert (failure(ended, "01_breaks"), failure(ended, "02_after")) == ("", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kernels are forked on Linux only")
def test_a_warm_kernel_has_its_imports_done_when_it_starts_and_a_new_one_has_not(ended, request):
    data = ended[0]["02_after"].executed.parent / "data" / "02_after"
    kernels = request.node.callspec.params["ended"]

    assert [file.stem for file in data.iterdir()] == [kernels]


def test_a_kernel_is_spoken_to_over_sockets_of_this_user_alone(ended):
    assert "transport == 'ipc'" in ended[0]["10_whole"].executed.read_text(encoding="utf-8")
    assert failure(ended, "10_whole") == ""


def test_an_error_of_another_library_is_told_by_cell_and_type_only(ended):
    # Heading, parameters, `1`, then the fourth cell raises.
    assert failure(ended, "11_raises") == "11_raises: cell 4: ValueError."


def test_an_error_of_our_own_is_told_with_its_message(ended):
    assert failure(ended, "12_ours") == (
        '12_ours: cell 4: PeriodError: A quarter is written like "2025-26 Q2", with Q1 to Q4; found "Q9".'
    )


def test_leaving_early_with_a_clean_exit_is_a_failure(ended):
    assert failure(ended, "13_exit") == ("13_exit: cell 4 ended with SystemExit; the cells after it were not executed.")


def test_a_kernel_that_dies_is_a_failure_with_its_last_cell(ended):
    assert failure(ended, "14_killed") == (
        "14_killed: cell 4: its kernel died (killed from outside, or out of memory)."
    )


def test_a_kernel_that_dies_once_is_tried_again_and_only_the_second_try_s_files_stay(ended):
    outcome = ended[0]["15_once"]

    assert (outcome.failure, outcome.tries) == ("", 2)
    assert ended[0]["14_killed"].tries == 2
    assert ended[0]["10_whole"].tries == 1
    data = outcome.executed.parent / "data" / "15_once"
    assert [file.name for file in data.iterdir()] == ["True.csv"]


def test_a_notebook_that_fails_by_itself_is_not_tried_again(ended):
    assert [ended[0][name].tries for name in ("11_raises", "12_ours", "13_exit")] == [1, 1, 1]


def test_each_outcome_is_told_while_others_run(ended):
    assert sorted(ended[2]) == sorted(ended[0])


def test_a_worker_that_dies_fails_its_own_notebook_and_no_other(ended):
    assert "ended from outside" in failure(ended, "16_worker")
    assert failure(ended, "17_prints") == ""


def test_no_failure_holds_a_childs_value_and_the_restricted_log_holds_the_whole_error(ended):
    outcomes = ended[0]

    assert CHILD not in " ".join(outcome.failure for outcome in outcomes.values())
    assert CHILD in outcomes["11_raises"].log.read_text(encoding="utf-8")


def test_what_a_kernel_prints_past_its_cells_goes_to_the_restricted_folder(ended, capfd):
    assert failure(ended, "17_prints") == ""
    folder = ended[0]["17_prints"].log.parent
    logs = [*folder.glob("worker-*.log"), *folder.glob("warm.log")]

    assert any(CHILD in log.read_text(encoding="utf-8", errors="replace") for log in logs)
    assert CHILD not in "".join(capfd.readouterr())


def test_the_number_of_notebooks_does_not_leave_processes_behind(ended):
    import psutil

    names = [" ".join(child.cmdline()) for child in psutil.Process(os.getpid()).children(recursive=True)]
    assert not [name for name in names if "ipykernel" in name or "incare.pack.warm" in name]


@pytest.mark.parametrize(("name", "ours"), [("ExtractError", True), ("KeyError", False), ("x\ny", False)])
def test_an_error_is_our_own_when_this_package_defines_its_class(name, ours):
    assert is_our_own(name) is ours
