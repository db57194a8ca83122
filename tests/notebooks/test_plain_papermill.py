"""A notebook under papermill alone, as the operators of Airflow and Dagster run it."""

from __future__ import annotations

from pathlib import Path

import papermill
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PARAMETERS = {"area": "Northmere", "quarter": "2024-25 Q4", "as_at": "2025-03-31", "extract": "sample"}


@pytest.mark.parametrize("name", ["00_data_check", "catalogue"])
def test_a_notebook_runs_under_papermill_alone_with_the_parameters_of_the_readme(name, tmp_path):
    executed = papermill.execute_notebook(
        NOTEBOOKS / f"{name}.ipynb", tmp_path / "out.ipynb", PARAMETERS, kernel_name="python3", progress_bar=False
    )

    assert not [cell for cell in executed.cells if cell.get("outputs") and cell.outputs[0].output_type == "error"]
    assert any(cell.get("outputs") for cell in executed.cells)
