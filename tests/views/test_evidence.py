"""Evidence for a strategy: trends in words, breaks named, policies asked about, gaps admitted."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from incare.disclosure.forecasts import protect_forecasts
from incare.forecast.measured import Forecasts
from incare.views import evidence


@pytest.fixture(scope="module")
def main(drawn):
    return drawn.MEASURES.only(["cla_count", "stability_3plus_pct", "cl_eet_pct", "cla_reviews_in_time_pct"])


@pytest.fixture(scope="module")
def trends(public, main):
    return evidence.trends(public, main)


def words(html) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.text).split())


def test_only_a_protected_series_is_evidence(drawn, main):
    with pytest.raises(TypeError, match="only what disclosure has protected"):
        evidence.trends(drawn.series(), main)


def test_five_years_have_first_and_newest_figures_and_the_word_of_the_trend(public, main, trends):
    said = words(evidence.five_years(public, main, trends))
    assert "The main measures, Dec 2022 to Sep 2025" in said
    assert "Children in care 610 Dec 2022 640 rising none known" in said
    assert "In education, employment or training 56% Dec 2022 61% not tested: too few periods for a trend" in said


def test_a_new_definition_is_named_as_a_break_with_its_day(public, main, trends):
    said = words(evidence.five_years(public, main, trends))
    assert "1 January 2024: new definition" in said
    assert "Breaks: 1 January 2024: new definition." in words(evidence.pictures(public, main, trends))


def test_without_a_policy_the_page_says_what_to_give(public, main):
    for actions in (None, [], ["Weekly meetings"], [{"measure": "cla_count", "text": "no date"}]):
        said = words(evidence.policies(public, main, actions))
        assert "give the params file a line under actions with the measure" in said


def test_a_policy_with_too_few_figures_after_it_cannot_be_told_yet(public, main):
    action = {"measure": "cla_count", "date": "2025-07-01", "text": "Edge of care team"}
    said = words(evidence.policies(public, main, [action]))
    assert "Children in care: Edge of care team" in said
    assert "8 figures on each side are needed, and there are 11 before it and 1 after." in said


def test_a_policy_on_a_measure_without_any_figure_cannot_be_told_yet(public, main):
    """As in a first quarter, whose extract lacks the measure's table."""
    frame = public.frame
    gone = frame["measure"] == "cla_count"
    bare = replace(public, frame=frame.assign(status=frame["status"].mask(gone, "x"), value=frame["value"].mask(gone)))
    said = words(evidence.policies(bare, main, [{"measure": "cla_count", "date": "2025-07-01", "text": "Team"}]))
    assert "there are 0 before it and 0 after." in said


def test_a_policy_with_figures_on_both_sides_is_drawn_with_its_effect(public, main):
    # Twelve quarters are too few for the usual question, so the same quarters are drawn twice, years apart.
    early = public.frame.assign(
        period_start=public.frame["period_start"] - pd.DateOffset(years=3),
        period_end=public.frame["period_end"] - pd.DateOffset(years=3) + pd.offsets.MonthEnd(0),
    )
    longer = public.pipe(lambda frame: pd.concat([early, frame], ignore_index=True))
    action = {"measure": "cla_count", "date": "2022-10-01", "text": "Edge of care team"}
    html = evidence.policies(longer, main, [action])
    assert "Edge of care team (1 October 2022):" in words(html)
    assert html.text.count("<img") == 1


def test_an_action_on_another_measure_is_not_asked_about(public, main):
    action = {"measure": "pa_caseload", "date": "2024-07-01", "text": "More advisers"}
    assert "No policy was named" in words(evidence.policies(public, main, [action]))


def test_what_may_come_has_the_past_error_beside_that_of_repeating(drawn, main):
    ahead = drawn.forecasts().assign(unit="children")
    tested = drawn.backtest().assign(unit="children")
    found = protect_forecasts(Forecasts(ahead, tested))
    said = words(evidence.ahead(found, main))
    last = tested.iloc[-1]
    assert f"Children in care Sep 2027 660 610 to 710 {last['mae']} {last['mae_last_value']}" in said
    assert "Not forecast, as too few periods or numbers too small: Three or more placements in the year" in said


def test_children_in_care_are_not_forecast_twice(main):
    assert "cla_count" not in [known.id for known in evidence.by_itself(main)]


def test_what_is_not_known_names_gaps_and_trends_without_a_test(public, main, trends):
    said = words(evidence.unknown(public, main, trends))
    assert (
        "Reviews held on time: 12 of 12 periods have no figure (not available: the table reviews is missing)." in said
    )
    assert "In education, employment or training: 1 of 12 periods have no figure (hidden to protect" in said
    assert "Three or more placements in the year: figures on the two sides of a break are not alike" in said
    assert "“no clear change” is not “no change”" in said
