"""Execution: real kernels, and every way a notebook can stop short noticed and told without a child's value."""

from __future__ import annotations

import os

import pytest

from house import CHILDREN, SAY, House
from incare.pack import params, plan
from incare.pack.execute import Step, execute, is_our_own

CHILD = CHILDREN[0]
# One pool for all: starting the workers takes longer than the notebooks.
CELLS = {
    "10_whole": ["import os; assert os.environ['OMP_NUM_THREADS'] == '1'", SAY.format("<p>whole</p>")],
    "11_raises": ["1", f"raise ValueError('child {CHILD} is born twice')", "2"],
    "12_ours": ["from incare.periods import Quarter", "Quarter.parse('Q9')"],
    "13_exit": ["1", "import sys; sys.exit(0)", "2"],
    "14_killed": ["1", "import os, signal; os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))", "2"],
    "16_worker": ["import psutil; psutil.Process().parent().kill(); import time; time.sleep(30)"],
    "17_prints": [f"import os; os.write(2, b'{CHILD}'); print('{CHILD}')"],
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("execute") / "council")
    for name, cells in CELLS.items():
        house.notebook(name, *cells)
    work = house.folder / "work"
    work.mkdir()
    jobs = plan.make(params.read(house.params), house.folder / "notebooks", work / "data")
    steps = []
    outcomes = {outcome.name: outcome for outcome in execute(jobs, work, 2, steps.append)}
    return outcomes, steps


def failure(ended, name: str) -> str:
    return ended[0][name].failure


def test_a_notebook_that_runs_through_has_no_failure_and_a_duration(ended):
    outcome = ended[0]["10_whole"]

    assert outcome.failure == ""
    assert outcome.seconds > 0
    assert "<p>whole</p>" in outcome.executed.read_text(encoding="utf-8")


def test_each_cell_is_told_as_it_ends(ended):
    told = [step for step in ended[1] if step.name == "10_whole"]

    # Three code cells: the parameters and two more; papermill's own cell of parameters is not counted.
    assert told[0] == Step("10_whole", 0, 3)
    assert told[-1] == Step("10_whole", 3, 3)
    assert [step.done for step in told] == sorted(step.done for step in told)


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


def test_a_worker_that_dies_fails_its_own_notebook_and_no_other(ended):
    assert "ended from outside" in failure(ended, "16_worker")
    assert failure(ended, "17_prints") == ""


def test_no_failure_holds_a_childs_value_and_the_restricted_log_holds_the_whole_error(ended):
    outcomes, _ = ended

    assert CHILD not in " ".join(outcome.failure for outcome in outcomes.values())
    assert CHILD in outcomes["11_raises"].log.read_text(encoding="utf-8")


def test_what_a_kernel_prints_past_its_cells_goes_to_the_restricted_folder(ended, capfd):
    assert failure(ended, "17_prints") == ""
    logs = ended[0]["17_prints"].log.parent.glob("worker-*.log")

    assert any(CHILD in log.read_text(encoding="utf-8", errors="replace") for log in logs)
    assert CHILD not in "".join(capfd.readouterr())


def test_the_number_of_notebooks_does_not_leave_processes_behind(ended):
    import psutil

    names = [" ".join(child.cmdline()) for child in psutil.Process(os.getpid()).children(recursive=True)]
    assert not [name for name in names if "ipykernel" in name]


@pytest.mark.parametrize(("name", "ours"), [("ExtractError", True), ("KeyError", False), ("x\ny", False)])
def test_an_error_is_our_own_when_this_package_defines_its_class(name, ours):
    assert is_our_own(name) is ours
