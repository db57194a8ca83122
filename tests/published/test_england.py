"""England's figures go with one definition and carry their source."""

from __future__ import annotations

from incare.measures import catalogue
from incare.published import england


def test_a_published_figure_is_given_with_its_year_and_source():
    found = england(catalogue()).query("MEASURE_ID == 'cl_eet_pct' and YEAR == 2025").iloc[0]
    assert (found["VALUE"], found["AREA"]) == (54, "England")
    assert "DfE" in found["SOURCE"]


def test_a_figure_of_another_definition_is_not_given():
    wide, homes = catalogue(), catalogue().choose({"placement_residential_pct": {"scope": "homes"}})
    of = "MEASURE_ID == 'placement_residential_pct' and YEAR == 2025"
    assert england(wide).query(of).empty
    assert england(homes).query(of)["VALUE"].tolist() == [12]


def test_every_published_figure_belongs_to_a_measure():
    from importlib import resources

    with resources.files("incare.published").joinpath("england.csv").open(encoding="utf-8") as file:
        names = {line.split(",")[0].split(":")[0] for line in file.read().splitlines()[1:]}
    assert names <= {m.id for m in catalogue()}
