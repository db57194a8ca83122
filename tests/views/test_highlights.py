"""The assessment by rule: the right list, level and direction apart, and no claim that the figures do not bear."""

from __future__ import annotations

import pandas as pd
import pytest

from incare.views import highlights
from tests.views.reading import text

TARGET = {"plans_pct": {"target": 80.0, "tolerance": 2.0}}
SLOPE = [40 + 2.5 * n for n in range(16)]


def lists(small, values, targets=TARGET, name="plans_pct"):
    known = small.MEASURES[name]
    shown = small.judged(small.rows(known, values), targets=targets)
    trends = highlights.signals.trends(shown, small.only(name))
    found = highlights.lists(shown, small.only(name), trends)
    return next(place for place, ids in found.items() if ids)


def test_a_planted_rise_goes_well_even_below_its_target_and_a_planted_fall_does_not(small):
    assert lists(small, SLOPE) == highlights.WELL  # 40 % to 77.5 %
    assert lists(small, SLOPE[::-1]) == highlights.BETTER


def test_a_fall_that_is_still_on_target_is_to_do_better(small):
    assert lists(small, SLOPE[::-1], {"plans_pct": {"target": 30.0}}) == highlights.BETTER  # 77.5 % to 40 %


def test_where_lower_is_better_the_same_rise_is_to_do_better(small):
    target = {"moves_pct": {"target": 80.0}}
    assert lists(small, SLOPE, target, "moves_pct") == highlights.BETTER
    assert lists(small, SLOPE[::-1], target, "moves_pct") == highlights.WELL


@pytest.mark.parametrize(
    ("level", "place"),
    [(84, highlights.WELL), (79, highlights.STEADY), (70, highlights.BETTER)],
)
def test_without_a_clear_direction_the_level_alone_decides(small, level, place):
    assert lists(small, small.around(level, level)) == place


def test_without_a_target_or_a_direction_a_measure_is_in_neither_list(small):
    assert lists(small, small.around(60, 60), {}) == highlights.STEADY


def test_level_and_direction_are_two_statements(small):
    shown = small.judged(small.rows(small.plans_pct, SLOPE), targets=TARGET)
    trends = highlights.signals.trends(shown, small.only("plans_pct"))
    said = text(highlights.assessment(shown, small.only("plans_pct"), trends, TARGET))
    assert "78%, below the target of 80% (within the agreed margin), for 16 quarters in a row." in said
    assert "Direction: improving, by the trend of the whole record." in said


def test_a_flat_noisy_series_is_never_called_rising_or_falling(small):
    shown = small.judged(small.rows(small.cla_count, [600 + 9 * step for step in small.CHANCE]))
    trends = highlights.signals.trends(shown, small.only("cla_count"))
    said = text(highlights.assessment(shown, small.only("cla_count"), trends))
    assert "Direction: no clear change" in said
    assert "falling," not in said


def test_nine_quarters_below_the_target_are_counted_as_nine(small):
    # Seven at 90 %, then nine at 60 %.
    shown = small.judged(small.rows(small.plans_pct, [90] * 7 + [60] * 9), targets=TARGET)
    assert "for 9 quarters in a row" in text(
        highlights.assessment(shown, small.MEASURES.only(["plans_pct"]), None, TARGET)
    )


@pytest.mark.parametrize(
    ("then", "now", "word"),
    [(58, 61, "no clear change"), (58, 75, "improved"), (75, 58, "worse")],
)
def test_three_points_of_156_young_people_are_no_clear_change_since_the_baseline(small, then, now, word):
    shown = small.judged(small.rows(small.eet_pct, [then] * 8 + [now] * 8, whole=156))
    said = text(highlights.baseline(shown, small.only("eet_pct"), "2023-03-31"))
    assert f"{then}% {now}%" in said
    assert said.count(word) >= 1
    # The other words do not stand in the row.
    assert [w for w in ("improved", "worse") if f"to +{w}" in said] == []


def test_without_a_baseline_or_a_figure_there_nothing_is_claimed(small):
    shown = small.judged(small.rows(small.eet_pct, [None] * 15 + [60]))
    assert "no improvement is claimed" in text(highlights.baseline(shown, small.only("eet_pct"), None))
    assert "no improvement is claimed" in text(highlights.baseline(shown, small.only("eet_pct"), "2023-03-31"))


def test_a_late_figure_has_its_own_day_nought_is_printed_and_few_children_are_hidden():
    given = [
        {"figure": "Children missing", "value": 0, "as_at": "2025-04-07"},
        {"figure": "Children in a hotel", "value": 2, "as_at": "2025-04-07"},
        {"figure": "Children waiting", "value": 12, "as_at": "2025-04-07"},
        {"figure": "Trainees", "value": 2, "as_at": "2025-04-07", "of": "posts"},
    ]
    public, own = (text(highlights.supplementary(given, profile)) for profile in ("public", "restricted"))
    assert "Children missing: 0 as at 7 April 2025" in public
    assert "Children in a hotel: c as at" in public
    assert "Children waiting: 10 as at" in public
    assert "Trainees: 2 as at" in public
    assert "Children in a hotel: 2 as at" in own


@pytest.mark.parametrize(
    ("quarter", "printed"),
    [("2024-25 Q3", False), ("2024-25 Q4", True), ("2025-26 Q1", True), ("2025-26 Q2", False)],
)
def test_a_late_figure_is_in_the_packs_of_its_own_quarter_and_of_the_one_before(quarter, printed):
    given = [{"figure": "Children missing", "value": 0, "as_at": "2025-04-07"}]
    assert ("Children missing" in text(highlights.supplementary(given, "public", quarter))) == printed


def test_the_chance_of_a_target_is_read_from_the_forecasts_own_range():
    # A range of 50 to 70 round 60: the target of 60 is a coin toss, 65 a one-sided standard deviation (5.1) away.
    last = pd.Series({"mean": 60.0, "lo95": 50.0, "hi95": 70.0})
    assert highlights.chance(last, 60, "higher") == pytest.approx(0.5)
    assert highlights.chance(last, 65.102, "higher") == pytest.approx(0.1587, abs=1e-3)
    assert highlights.chance(last, 65.102, "lower") == pytest.approx(0.8413, abs=1e-3)
    assert [highlights.chance_words(p) for p in (0.01, 0.16, 0.5, 0.97)] == ["under 5%", "15%", "50%", "over 95%"]


def test_a_red_measure_without_a_comment_is_listed_and_an_unexplained_one_is_not(small):
    shown = small.judged(small.rows(small.plans_pct, [60] * 16), targets=TARGET)
    measures = small.only("plans_pct")
    assert "Red, and without a comment: Plans up to date." in text(highlights.without_comment(shown, measures, {}))
    unknown = {"plans_pct": "Unexplained: the reason is not known yet."}
    assert "Every red measure has a comment" in text(highlights.without_comment(shown, measures, unknown))
