"""Reading a protected series: its newest periods, and the name of its data file."""

from __future__ import annotations

import pandas as pd

from incare.views import shown


def test_the_last_periods_keep_what_they_were_compared_with(public):
    whole = shown.rows(public, "cla_count")
    last = shown.rows(shown.last_periods(public, 3), "cla_count")
    pd.testing.assert_frame_equal(last.reset_index(drop=True), whole.tail(3).reset_index(drop=True))
    assert len(shown.last_periods(public, 1000).frame) == len(public.frame)


def test_quarters_beside_months_have_a_file_of_their_own():
    assert shown.data_name("quarter") == "figures"
    assert shown.data_name("month") == "figures_by_quarter"
