"""What a measure is: a function with facts pinned to it, collected without a registry."""

from __future__ import annotations

import types

import pytest

from incare.kinds import Share
from incare.measure import ChoiceError, UnknownMeasureError, catalogue, measure
from incare.measures import catalogue as all_measures
from incare.periods import in_period, last_day, rolling, year_to_date


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
    assert {m.id for m in all_measures()} >= {*first, *quoted}


# Choices


@measure(
    title="Girls",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
    sources=("in_care",),
    allowed={"basis": ("returns", "list")},
    by_choice={"basis": {"list": {"sources": ("snapshots",), "window": last_day, "needs_history": 0}}},
)
def girls_pct(in_care, snapshots, *, basis="returns", ages=(16, 17), from_age=0, strict=False):
    """Share of girls.

    Choices: basis="returns" or "list"; ages; from_age; strict.
    """


def test_facts_that_hang_on_a_choice_change_with_it_and_back():
    chosen = girls_pct.choose(basis="list")
    assert (chosen.sources, chosen.window, chosen.needs_history) == (("snapshots",), last_day, 0)
    assert chosen.choose(basis="returns") == girls_pct


@pytest.mark.parametrize(("name", "window"), [("year_to_date", year_to_date), ("period", in_period)])
def test_a_measure_over_months_can_be_asked_of_other_windows(name, window):
    assert girls_pct.choose(window=name).window == window
    assert "year_to_date" in girls_pct.definition["Choices"]


@pytest.mark.parametrize(("chosen", "why"), [
    ({"basis": "lists"}, "basis can be 'returns' or 'list'; found 'lists'"),
    ({"ages": 16}, r"ages is written like \(16, 17\)"),
    ({"from_age": "16"}, "from_age is written like 0"),
    ({"from_age": True}, "from_age is written like 0"),
    ({"strict": 1}, "strict is written like False"),
    ({"window": "monthly"}, "window can be"),
])  # fmt: skip
def test_a_value_that_a_choice_cannot_have_is_refused(chosen, why):
    with pytest.raises(ChoiceError, match=why):
        girls_pct.choose(**chosen)


def test_lists_of_a_params_file_become_tuples():
    assert girls_pct.choose(ages=[17]).choices["ages"] == (17,)


# Versions


def test_a_revised_definition_is_the_next_version_and_draws_a_break():
    new = girls_pct.revised("2024-04-01", from_age=10)
    assert (new.version, new.valid_from, new.choices["from_age"]) == (2, "2024-04-01", 10)
    assert new.breaks == {"2024-04-01": "definition version 2"}
    assert new.earlier == (girls_pct,)


@pytest.mark.parametrize(("day", "version"), [("2019-01-01", 1), ("2026-03-31", 1), ("2026-04-01", 2)])
def test_each_day_has_the_version_that_was_in_force(day, version):
    assert girls_pct.revised("2026-04-01", from_age=10).as_of(day).version == version
