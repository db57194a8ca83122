"""The plan: which notebooks run, with exactly which parameters."""

from __future__ import annotations

import pytest

from house import House
from incare.pack import params, plan, sign_in
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
    assert inputs(extract="a", code="b", software="pandas 4") != first
    assert inputs(extract="a", code="b", earlier="a pack of last quarter") != first

    house.write_params(lag_days_allowed=10)  # the notebook does not ask for it
    assert inputs(extract="a", code="b") == first
    house.write_params(area="Westmere")
    assert inputs(extract="a", code="b") != first

    house.notebook("10_first", "1 + 2")
    assert inputs(extract="a", code="b") != first


def test_what_all_reports_share_decides_every_notebook(house):
    house.notebook("10_first", "1 + 1")
    first = planned(house)[0].inputs

    house.write_params(breakdowns=["sex"])  # the notebook does not ask for it, but it decides what the pack hides

    assert planned(house)[0].inputs != first


def test_a_file_that_a_parameter_names_counts_with_its_content(house):
    house.notebook("10_first", "1", parameters="benchmarks: str | None = None")
    folder = house.folder / "published"
    folder.mkdir()
    (folder / "rates.csv").write_text("a")
    house.write_params(benchmarks="../published")
    first = planned(house)[0]

    assert planned(house)[0].inputs == first.inputs
    (folder / "rates.csv").write_text("b")
    changed = planned(house)[0]
    assert changed.inputs != first.inputs
    assert {kind for kind in changed.parts if changed.parts[kind] != first.parts[kind]} == {"files"}


def test_a_pack_is_decided_by_its_notebooks_and_by_every_key_of_the_params_file(house):
    house.notebook("10_first", "1")

    def whole() -> str:
        found = params.read(house.params)
        return plan.whole(found, plan.make(found, house.folder / "notebooks", house.folder / "out"))

    first = whole()
    assert whole() == first
    house.write_params(signed_by=["A. Analyst"])  # no notebook asks for it, and every page prints it
    signed = whole()
    house.write_params(signed_by=["A. Analyst"], commentary={"overall": "New words."})
    assert len({first, signed, whole()}) == 3


def test_every_kind_of_input_has_words_for_the_plan(house):
    house.notebook("10_first", "1")

    assert set(planned(house)[0].parts) == set(plan.KINDS)


def test_a_password_in_an_address_reaches_the_kernel_beside_the_parameters(house):
    house.notebook("10_first", "1", parameters='extract: str = ""')
    address = "postgresql+psycopg://reader:hunter%402@server/care?schema=csc&sslpassword=pin+9"
    house.write_params(extract=address)

    (job,) = planned(house)

    assert job.parameters["extract"] == (
        "postgresql+psycopg://reader:${INCARE_EXTRACT_SECRET_1}@server/care?schema=csc"
        "&sslpassword=${INCARE_EXTRACT_SECRET_2}"
    )
    assert job.secrets == {"INCARE_EXTRACT_SECRET_1": "hunter@2", "INCARE_EXTRACT_SECRET_2": "pin 9"}
    assert "hunter" not in repr(job)


@pytest.mark.parametrize(
    "address", ["sqlite:////care.db", "mssql+pyodbc://u:${PASSWORD}@h/d?driver=x", "duckdb:///a.b"]
)
def test_an_address_without_a_secret_stays_as_it_is(address):
    assert sign_in.apart(address) == (address, {})
