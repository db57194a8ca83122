"""Sums that must hold among the measures of one record (CATALOGUE section 5), to the last child."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.measures import catalogue
from incare.periods import Periods
from incare.record import read
from incare.series import calculate, rows_of

QUARTERS = Periods.quarters("2025-03-31", 8)


@pytest.fixture(scope="module")
def record():
    return read("sample", area="Northmere", as_at="2025-03-31")


def numbers(record, *names: str, by=(), **choices) -> dict[str, np.ndarray]:
    """Numerators of measures by quarter, and of the first one's denominator as `of`."""
    series = calculate(catalogue().choose(choices).only(names), record, QUARTERS, by=by)
    total = series[series["breakdown"] == "total"]
    found = {name: total.loc[total["measure"] == name, "numerator"].to_numpy() for name in names}
    return found | {"of": total.loc[total["measure"] == names[0], "denominator"].to_numpy()}


def parts(record, name: str, breakdown: str, by=()) -> pd.DataFrame:
    """Numerators of a breakdown or mix by quarter and category."""
    series = calculate(catalogue().only([name]), record, QUARTERS, by=by)
    return series[series["breakdown"] == breakdown].pivot(index="period_end", columns="category", values="numerator")


def test_eet_neet_and_not_known_are_all_care_leavers(record):
    n = numbers(record, "cl_eet_pct", "cl_neet_pct")
    unknown = parts(record, "cl_neet_reasons", "neet_reason")["Not known"].to_numpy()
    np.testing.assert_array_equal(n["cl_eet_pct"] + n["cl_neet_pct"] + unknown, n["of"])


def test_the_kinds_of_activity_add_up_to_eet(record):
    names = [
        f"cl_{kind}_pct" for kind in ("higher_education", "other_education", "apprenticeship", "employment_training")
    ]
    n = numbers(record, "cl_eet_pct", *names)
    np.testing.assert_array_equal(sum(n[name] for name in names), n["cl_eet_pct"])


def test_suitable_unsuitable_and_no_information_are_all_but_those_without_an_address(record):
    rows = rows_of(catalogue()["cl_suitable_accommodation_pct"], record, QUARTERS)
    used = rows[rows["aside"].astype(str) == ""]
    groups = used.groupby(["period", used["suitable"].astype(str)]).size().unstack(fill_value=0)
    n = numbers(record, "cl_suitable_accommodation_pct")
    assert set(groups.columns) <= {"Suitable", "Unsuitable", "No information"}
    np.testing.assert_array_equal(groups.sum(axis=1), n["of"])
    np.testing.assert_array_equal(groups["Suitable"], n["cl_suitable_accommodation_pct"])


def test_placement_groups_add_up_to_the_children_in_care(record):
    n = numbers(record, "cla_count")
    np.testing.assert_array_equal(parts(record, "placement_type_pct", "placement_type").sum(axis=1), n["cla_count"])


@pytest.mark.parametrize("by", ["age_band", "sex", "ethnicity", "uasc", "category_of_need", "legal_status", "team"])
def test_groups_of_children_add_up_to_the_children_in_care(record, by):
    n = numbers(record, "cla_count")
    np.testing.assert_array_equal(parts(record, "cla_count", by, by=(by,)).sum(axis=1), n["cla_count"])


def test_the_placement_shares_are_groups_of_the_mix(record):
    mix = parts(record, "placement_type_pct", "placement_type")
    n = numbers(record, "placement_foster_pct", "placement_kinship_pct", "placement_with_parents_pct")
    foster = mix["Foster: relatives or friends"] + mix["Foster: other carers"]
    np.testing.assert_array_equal(foster, n["placement_foster_pct"])
    np.testing.assert_array_equal(mix["Foster: relatives or friends"], n["placement_kinship_pct"])
    np.testing.assert_array_equal(mix["With parents"], n["placement_with_parents_pct"])


def test_leaving_by_reason_adds_up_to_those_who_left(record):
    """Adopted, special guardianship, child arrangements and home are parts of permanence with home; none overlaps."""
    whole = catalogue().choose({"ceased_permanence_pct": {"include_home": True}})
    series = calculate(whole.only(["ceased_permanence_pct"]), record, QUARTERS)
    permanence = series["numerator"].to_numpy()
    n = numbers(
        record,
        *("ceased_adopted_pct", "ceased_sgo_pct", "ceased_cao_pct", "ceased_returned_home_pct"),
        ceased_returned_home_pct={"how": "planned"},
    )
    np.testing.assert_array_equal(sum(n[name] for name in n if name != "of"), permanence)


def test_planned_and_unplanned_returns_home_are_all_returns_home(record):
    both, planned, unplanned = (
        numbers(record, "ceased_returned_home_pct", ceased_returned_home_pct={"how": how})["ceased_returned_home_pct"]
        for how in ("both", "planned", "unplanned")
    )
    np.testing.assert_array_equal(planned + unplanned, both)


def test_stock_is_the_earlier_stock_plus_starts_less_ends(record):
    chosen = {"cla_started_count": {"count": "starts"}, "cla_ceased_count": {"count": "ends"}}
    n = numbers(record, "cla_count", "cla_started_count", "cla_ceased_count", **chosen)
    np.testing.assert_array_equal(np.diff(n["cla_count"]), (n["cla_started_count"] - n["cla_ceased_count"])[1:])


def test_children_with_sdq_scores_are_those_whose_sdq_is_complete(record):
    march = Periods.quarters("2025-03-31", 1)
    series = calculate(catalogue().only(["sdq_completed_pct", "sdq_average", "sdq_band_pct"]), record, march)
    done = series.query("measure == 'sdq_completed_pct'")["numerator"].item()
    assert series.query("measure == 'sdq_average'")["denominator"].item() == done
    assert series.query("breakdown == 'sdq_band'")["numerator"].sum() == done


def test_the_profile_adds_up_to_the_children_in_care(record):
    n = numbers(record, "cla_count")
    np.testing.assert_array_equal(parts(record, "cla_breakdown", "profile").sum(axis=1), n["cla_count"])


def test_persistent_absence_is_part_of_those_with_sessions_and_severe_part_of_it(record):
    n = numbers(record, "absence_persistent_pct", "absence_severe_pct")
    assert (n["absence_severe_pct"] <= n["absence_persistent_pct"]).all()
    assert (n["absence_persistent_pct"] <= n["of"]).all()
