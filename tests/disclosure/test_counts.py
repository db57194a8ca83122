"""Row counts of an extract are treated as numbers of children."""

from __future__ import annotations

import pandas as pd
import pytest

from incare.disclosure import protect_rows

ROWS = pd.DataFrame({"table": ["episodes", "uasc", "ad1", "oc3"], "rows_in": [9785, 7, 0, 12], "used": [6460, 1, 0, 8]})


def test_counts_are_rounded_and_small_ones_hidden():
    shown = protect_rows(ROWS)
    assert shown["rows_in"].tolist() == ["9,785", "c", "0", "10"]
    assert shown["used"].tolist() == ["6,460", "c", "0", "10"]
    assert shown["table"].tolist() == ROWS["table"].tolist()


def test_the_restricted_profile_shows_true_counts():
    pd.testing.assert_frame_equal(protect_rows(ROWS, "restricted"), ROWS)


@pytest.mark.parametrize(("count", "printed"), [(1, "c"), (7, "c"), (8, "10"), (12, "10"), (13, "15")])
def test_the_edges_of_hiding_and_rounding(count, printed):
    assert protect_rows(pd.DataFrame({"rows": [count]}))["rows"].tolist() == [printed]
