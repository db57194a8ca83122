"""The plan: which notebooks run, with exactly which parameters."""

from __future__ import annotations

import pytest

from house import House
from incare.pack import params, plan
from incare.pack.plan import PlanError


@pytest.fixture
def house(tmp_path):
    return House(tmp_path / "council")


def planned(house: House, **more):
    found = params.read(house.params)
    return plan.make(found, house.folder / "notebooks", house.folder / "out", **more)


def refusal(house: House, **more) -> str:
    with pytest.raises(PlanError) as refused:
        planned(house, **more)
    return str(refused.value)


def test_a_notebook_gets_what_it_declares_and_nothing_else(house):
    house.notebook("10_first", "1", parameters='area: str = ""\ngrain = "quarter"\noutput: str = ""')

    (job,) = planned(house)

    assert job.parameters == {
        "area": "Testshire",
        "grain": "quarter",
        "output": str(house.folder / "out" / "10_first"),
    }
    assert (job.title, job.question) == ("Report first", "What does first say?")


def test_a_parameter_annotated_with_a_choice_of_types_is_seen(house):
    # papermill's own inspection passes over this line, and its default would stay without a word.
    house.notebook("10_first", "1", parameters='benchmarks: str | None = "old.csv"\nperiods: int = 3  # how many')

    assert planned(house)[0].parameters == {"benchmarks": None, "periods": 12}


def test_a_misspelt_parameter_is_refused_with_the_nearest_key(house):
    house.notebook("10_first", "1", parameters='area: str = ""\nquater: str = "2020-21 Q4"')

    assert refusal(house) == (
        "10_first.ipynb declares a parameter that no params file has: `quater`; did you mean `quarter`?"
    )


def test_all_notebooks_that_cannot_run_are_named_at_once(house):
    house.notebook("10_first", "1", parameters="quater = 1")
    house.notebook("20_second", "1", parameters="# nothing is assigned here")
    house.says("30_third", "fine")

    said = refusal(house)

    assert "10_first.ipynb declares" in said
    assert "20_second.ipynb has no cell tagged `parameters`" in said
    assert "30_third" not in said


def test_a_notebook_that_is_not_there_is_named_with_the_nearest(house):
    house.says("10_first", "fine")
    house.write_params(notebooks=["10_frist"])

    assert "There is no notebook 10_frist" in refusal(house)
    assert "did you mean `10_first`?" in refusal(house)


def test_a_torn_notebook_is_named(house):
    house.says("10_first", "fine")
    file = house.folder / "notebooks" / "10_first.ipynb"
    file.write_text(file.read_text()[:100])

    assert refusal(house) == "10_first.ipynb is not a notebook that can be read (NotJSONError)."


def test_only_the_named_notebooks_are_planned_in_the_order_of_the_file(house):
    for name in ("10_first", "20_second", "30_third"):
        house.says(name, "fine")

    assert [job.name for job in planned(house, only=["30_third", "10_first"])] == ["10_first", "30_third"]
    assert (
        refusal(house, only=["30_thrid"]) == "`30_thrid` is not one of this run's notebooks; did you mean `30_third`?"
    )


def test_the_hash_of_a_notebooks_inputs_changes_with_each_of_them_and_with_nothing_else(house):
    house.notebook("10_first", "1 + 1")

    def inputs(**more):
        return planned(house, **more)[0].inputs

    first = inputs(extract="a", code="b")
    assert inputs(extract="a", code="b") == first
    assert inputs(extract="c", code="b") != first
    assert inputs(extract="a", code="c") != first

    house.write_params(lag_days_allowed=10)  # the notebook does not ask for it
    assert inputs(extract="a", code="b") == first
    house.write_params(area="Westmere")
    assert inputs(extract="a", code="b") != first

    house.notebook("10_first", "1 + 2")
    assert inputs(extract="a", code="b") != first
