"""What the solver prints by itself does not come out; what others print does."""

import subprocess
import sys

PRINTS = """
import ctypes, os, sys
from incare.disclosure.quiet import quietly
library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
library.puts(b"before")
{opened}
    library.puts(b"HighsMipSolverData::transformNewIntegerFeasibleSolution tmpSolver.run();")
    os.write(2, b"a warning")
library.puts(b"after")
print("and Python")
"""


def said(opened):
    ended = subprocess.run([sys.executable, "-c", PRINTS.format(opened=opened)], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return sorted(ended.stdout.split("\n")), ended.stderr


def test_a_line_of_the_solver_never_reaches_the_output_of_a_run():
    assert said("with quietly():") == (["", "after", "and Python", "before"], "")
    assert said("if True:")[0] != ["", "after", "and Python", "before"]  # without it the line is there


def test_the_solver_is_only_called_while_that_holds(monkeypatch):
    import numpy as np
    from scipy import optimize

    from incare.disclosure import bounds, quiet

    held, solve = [], optimize.milp
    real = quiet.os.dup2
    monkeypatch.setattr(quiet.os, "dup2", lambda one, two: held.append(two) or real(one, two))
    monkeypatch.setattr(optimize, "milp", lambda *a, **k: held.append("solved") or solve(*a, **k))
    builder = bounds.Builder()
    pair = builder.unknowns([0, 0], [9, 9])
    builder.sums("sum", [0, 0], pair, 1.0, 9.0, 9.0)
    found = bounds.search(builder.system(), bounds.Wanted(pair, np.array([True, True])))

    assert not found.few.any()
    assert "solved" in held
    assert all(held[n - 2 : n] == [1, 2] and held[n + 1 : n + 3] == [1, 2] for n, e in enumerate(held) if e == "solved")


def test_a_process_without_output_streams_solves_as_well():
    code = "import os; os.close(1); os.close(2)\nfrom incare.disclosure.quiet import quietly\nwith quietly(): pass"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
