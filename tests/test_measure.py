"""What a measure is: a function with facts pinned to it, collected without a registry."""

from __future__ import annotations

import types

import pytest

from incare.kinds import Share
from incare.measure import UnknownMeasureError, catalogue, measure
from incare.measures import catalogue as all_measures


@measure(title="Boys", kind=Share(), better="neither")
def boys_pct(in_care, *, from_age=0):
    """Share of children in care who are boys.

    Population: children in care
    at the end of the last day.
    Counted: boys.
    Choices: from_age=0.
    Source: invented.
    """


def test_the_name_is_the_id_the_arguments_are_the_tables_and_the_rest_are_choices():
    assert (boys_pct.id, boys_pct.sources, boys_pct.choices) == ("boys_pct", ("in_care",), {"from_age": 0})


def test_the_docstring_is_the_definition_card():
    assert boys_pct.definition["summary"] == "Share of children in care who are boys."
    assert boys_pct.definition["Population"] == "children in care at the end of the last day."


def test_a_choice_makes_another_measure_and_leaves_this_one():
    assert boys_pct.choose(from_age=10).choices == {"from_age": 10}
    assert boys_pct.choices == {"from_age": 0}


def test_a_choice_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UnknownMeasureError, match="boys_pct has no choice called age; its choices are: from_age"):
        boys_pct.choose(age=3)


def test_a_mistyped_id_gets_the_nearest():
    with pytest.raises(UnknownMeasureError, match="Did you mean cla_count"):
        all_measures()["cla_cuont"]


def test_two_measures_of_one_name_are_refused():
    one, two = types.ModuleType("one"), types.ModuleType("two")
    one.boys_pct = two.boys_pct = boys_pct
    with pytest.raises(ValueError, match="Two measures are called boys_pct"):
        catalogue(one, two)


def test_the_first_set_is_there_and_three_that_the_minutes_quote():
    first = [
        "cla_count",
        "cla_rate",
        "cla_started_count",
        "cla_ceased_count",
        "cla_uasc_count",
        "placement_type_pct",
        "placement_kinship_pct",
        "placement_residential_pct",
        "foster_or_adoption_10_16_pct",
        "stability_3plus_pct",
        "stability_long_term_pct",
        "cla_reentry_pct",
        "ceased_adopted_pct",
        "ceased_sgo_pct",
        "ceased_returned_home_pct",
        "cl_count",
        "cl_eet_pct",
        "cl_neet_reasons",
        "cl_suitable_accommodation_pct",
        "cl_in_touch_pct",
        "cl_staying_put_pct",
        "missing_now_count",
        "missing_children_pct",
        "cla_reviews_in_time_pct",
    ]
    quoted = ["care_plan_up_to_date_pct", "pathway_plan_up_to_date_pct", "cl_visits_in_time_pct"]
    assert {m.id for m in all_measures()} == {*first, *quoted}
