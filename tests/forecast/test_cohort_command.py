"""The command `incare forecast`: its file, its sentences and its refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """
name: One more a month
entries:
  - {add: 1}
staffing: {advisers: 6.5, add: 4}
extension: {to: 25}
targets:
  - {children: 600, by: 2025-06-30}
"""


def incare(*words) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "incare", "forecast", str(ROOT / "params" / "sample.yaml"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_the_command_writes_the_rows_of_the_contract_and_says_the_past_error(tmp_path):
    scenario, out = tmp_path / "more.yaml", tmp_path / "forecast.csv"
    scenario.write_text(SCENARIO, encoding="utf-8")

    done = incare("--origin", "2025-03-31", "--horizon", 3, "--sims", 100, "--scenario", scenario, "-o", out)

    assert done.returncode == 0, done.stderr
    rows = pd.read_csv(out)
    assert list(rows) == ["origin", "target", "breakdown", "category", "mean", "lo80", "hi80", "lo95", "hi95"]
    more = rows.query("breakdown == 'difference: entries' and category == 'All'")
    assert more[["mean", "lo95", "hi95"]].to_numpy().tolist() == [[1, 1, 1]] * 3
    assert {"total", "age_band", "placement", "uasc", "care_leavers", "baseline"} <= set(rows["breakdown"])
    assert "earlier projections missed the number in care by" in done.stdout
    assert "The chance of at most 600 children in care on 2025-06-30" in done.stdout
    assert "advisers needed" in done.stdout


@pytest.mark.slow
def test_an_origin_after_the_record_is_refused_with_its_dates(tmp_path):
    done = incare("--origin", "2026-03-31", "--horizon", 3, "-o", tmp_path / "x.csv")

    assert done.returncode == 1
    assert "lies outside the record, which runs from" in done.stderr
    assert not (tmp_path / "x.csv").exists()
