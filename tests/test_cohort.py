"""Cohort expressions: what they hold, and everything else that is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.cohort import Cohort, CohortError

AGE = np.array([15.0, 16.0, 17.0, 18.0, np.nan])
COLUMNS = {
    "age": AGE,
    "uasc": pd.Categorical(["UASC", "Not UASC", "UASC", "Not UASC", "UASC"], ["UASC", "Not UASC"]),
    "ehcp": pd.Categorical(["Yes", "No", "Unallocated", "Yes", "No"], ["No", "Yes", "Unallocated"]),
    "team": pd.Categorical(["North", "South", "Unallocated", "North", "South"], ["North", "South", "Unallocated"]),
    "age_band": pd.Categorical(["10 to 15", "16 and over", "16 and over", "16 and over", "Not known"]),
}


def held(text: str) -> list[int]:
    return np.flatnonzero(Cohort.parse(text, list(COLUMNS)).holds(5, COLUMNS.get)).tolist()


@pytest.mark.parametrize(("text", "rows"), [
    ("uasc", [0, 2, 4]),
    ("not uasc", [1, 3]),
    ("ehcp", [0, 3]),
    ("uasc and age >= 16", [2]),
    ("uasc or team == 'South'", [0, 1, 2, 4]),
    ("team in ['North', 'Unallocated']", [0, 2, 3]),
    ("team not in ['North']", [1, 2, 4]),
    ("team != 'north'", [1, 2, 4]),
    ("age == 16", [1]),
    ("age < 18 and not (team == 'South')", [0, 2]),
    ('age_band == "16-17"', [1, 2]),
    ('age_band == "16 and over"', [1, 2, 3]),
    ('age_band == "18+"', [3]),
    ('age_band == "under 16"', [0]),
    ("uasc == 'UASC'", [0, 2, 4]),
])  # fmt: skip
def test_a_cohort_holds_the_rows_that_people_would_expect(text, rows):
    assert held(text) == rows


@pytest.mark.parametrize(("text", "why"), [
    ("uacs", "Did you mean uasc"),
    ("born == '2008-01-01'", "cannot ask for born"),
    ("team == 'Nort'", "Did you mean 'North'"),
    ("age", "Say which age"),
    ("team", "Say which team"),
    ("team > 'A'", "team is a group|number only"),
    ("age >= '16'", "to a number only"),
    ("uasc and", "cannot be read"),
    ("__import__('os').remove('x')", "something else than names"),
    ("age.real == 1", "something else than names"),
    ("uasc if age else team", "something else than names"),
    ("[x for x in team]", "something else than names"),
    ("16 <= age <= 17", "name on its left"),
    ("age == age", "name on its left"),
    ("uasc " * 200, "at most 500 characters"),
    ("(" * 400 + "uasc" + ")" * 90, "cannot be read"),
])  # fmt: skip
def test_anything_else_is_refused_and_never_run(text, why):
    with pytest.raises(CohortError, match=why):
        held(text)


def test_a_name_that_does_not_apply_to_the_rows_is_said():
    with pytest.raises(CohortError, match="rows have no team"):
        Cohort.parse("team == 'North'", ["team"]).holds(5, lambda name: None)
