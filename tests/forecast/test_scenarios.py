"""Scenarios: exactly what was asked, against the same chances; and files that cannot be used."""

from __future__ import annotations

import numpy as np
import pytest

from drawn_care import ORIGIN, steady
from incare.forecast import cohort, scenarios

KIN, OTHER = 0, 1


@pytest.fixture(scope="module")
def baseline():
    return cohort.project(steady(), 12, sims=120)


def compared(baseline, **changes):
    return scenarios.compare(baseline, scenarios.of({"name": "What if", **changes}))


def entered(found, projection) -> np.ndarray:
    return getattr(found, projection).paths.entered.sum(axis=2)


@pytest.mark.parametrize("who", [None, "10 to 15", "UASC"])
def test_one_more_child_a_month_is_exactly_one_more_entry_every_month(baseline, who):
    found = compared(baseline, entries=[{"add": 1} | ({"who": who} if who else {})])

    assert (entered(found, "changed") - entered(found, "baseline") == 1).all()


def test_the_children_added_are_the_only_difference(baseline):
    found = compared(baseline, entries=[{"add": 1}])

    total = found.difference["age_band"].sum(axis=2)
    assert (total >= 0).all()
    assert (total <= np.arange(1, 13)).all()


def test_half_a_child_a_month_is_one_every_second_month(baseline):
    found = compared(baseline, entries=[{"add": 0.5}])

    assert (entered(found, "changed") - entered(found, "baseline")).mean(axis=0).tolist() == [0, 1] * 6


def test_one_fewer_a_month_never_leaves_fewer_than_none(baseline):
    found = compared(baseline, entries=[{"add": -1}])

    change = entered(found, "changed") - entered(found, "baseline")
    assert set(np.unique(change)) <= {-1, 0}
    assert change.mean() < -0.9
    assert (found.changed.paths.entered >= 0).all()


def test_a_policy_changes_nothing_before_its_date(baseline):
    found = compared(baseline, exits=[{"way": "Home", "percent": 50, "from": "2025-07-01"}])

    total = found.difference["age_band"].sum(axis=2)
    assert (total[:, :3] == 0).all()
    assert total[:, -1].mean() < 0


def test_a_policy_of_no_change_is_the_baseline(baseline):
    found = compared(baseline, exits=[{"way": "Home", "percent": 0}], entries=[{"percent": 0}])

    assert all((change == 0).all() for change in found.difference.values())


def test_fewer_entries_in_percent_lower_the_entries_by_about_that(baseline):
    found = compared(baseline, entries=[{"percent": -25}])

    assert entered(found, "changed").mean() == pytest.approx(0.75 * entered(found, "baseline").mean(), rel=0.05)


def test_more_kinship_moves_children_between_groups(baseline):
    found = compared(baseline, kinship=[{"percent": 60}])

    group = found.difference["placement"].mean(axis=0)[-1]
    assert group[KIN] > 2
    assert group[OTHER] < -2


def test_the_difference_is_that_of_the_two_projections_and_adds_up(baseline):
    found = compared(baseline, entries=[{"add": 2}])

    total = found.difference["age_band"].sum(axis=2)
    assert found.changed.total - found.baseline.total == pytest.approx(total)
    assert found.difference["placement"].sum(axis=2) == pytest.approx(total)


def test_the_rows_of_a_difference_name_it(baseline):
    table = scenarios.table(compared(baseline, entries=[{"add": 1}]))

    entries = table.query("breakdown == 'difference: entries' and category == 'All'")
    assert entries[["mean", "lo95", "hi95"]].to_numpy().tolist() == [[1, 1, 1]] * 12
    assert str(ORIGIN) == table["origin"].iloc[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "x", "entry": []}, "entry: unknown key; did you mean entries"),
        ({"name": "x", "exits": [{"way": "Homeward", "percent": 1}]}, "exits.0.way: Input should be 'Home'"),
        ({"name": "x", "entries": [{"add": 1, "percent": 2}]}, "give either add or percent"),
        ({"name": "x", "entries": [{"percent": -150}]}, "entries.0.percent"),
        ({"name": "x", "costs": {"Hotels": [1, 2]}}, "no placement group Hotels"),
        ({"entries": []}, "name: Field required"),
        ([], "keys and values were needed"),
    ],
)
def test_a_scenario_that_cannot_be_used_is_refused_with_the_key(given, said):
    with pytest.raises(scenarios.ScenarioError, match=said):
        scenarios.of(given)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(scenarios.ScenarioError, match="There is no file"):
        scenarios.read(tmp_path / "none.yaml")


def test_a_scenario_is_read_from_yaml(tmp_path):
    place = tmp_path / "edge.yaml"
    place.write_text("name: Edge of care\nentries:\n  - {percent: -10, from: 2025-10-01}\n", encoding="utf-8")

    found = scenarios.read(place)

    assert found.levers(ORIGIN, 12).entries[:, 0].round(2).tolist() == [1.0] * 6 + [0.9] * 6
