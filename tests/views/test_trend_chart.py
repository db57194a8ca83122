"""Charts of trends draw what is shown, say the word and its rule, and refuse a trend of other figures."""

import re

import pytest

from incare.stats import interrupted, trend
from incare.views import trend_chart

DAY = "2024-04-01"
QUESTION = interrupted.Question(fewest=4)


def words(html) -> str:
    return re.sub(r"<[^>]+>", "", html.text)


def alternative(html) -> str:
    return re.search(r' alt="([^"]*)"', html.text).group(1)


def test_only_a_protected_series_is_drawn(drawn):
    frame = drawn.series()
    with pytest.raises(TypeError, match="only what disclosure has protected"):
        trend_chart.trend(frame, drawn.cla_count, trend.of_series(frame))


def test_the_caption_and_the_alternative_text_say_the_word_and_the_rule(public, drawn):
    html = trend_chart.trend(public, drawn.cla_count, trend.of_series(public.frame))
    for text in (words(html), alternative(html)):
        assert "Trend: rising, +11 a year (95% interval +0.7 to +21)." in text
        assert "Rule: slope with AR(1) errors, averaged over the autocorrelation" in text


def test_without_a_test_there_is_no_word(public, drawn):
    html = trend_chart.trend(public, drawn.cl_eet_pct, trend.of_series(public.frame))
    assert "Trend not tested: too few points." in words(html)
    assert not re.search("rising|falling|no clear change", html.text)


def test_a_trend_of_figures_that_are_not_shown_is_refused(public, drawn):
    with pytest.raises(ValueError, match="other figures than those shown"):
        trend_chart.trend(public, drawn.cl_eet_pct, trend.of_series(drawn.series()))
    with pytest.raises(LookupError, match="no answer for cla_count"):
        trend_chart.trend(public, drawn.cla_count, trend.of_series(public.frame).iloc[:0])


def test_a_measure_without_figures_has_no_chart(public, drawn):
    html = trend_chart.trend(public, drawn.cla_reviews_in_time_pct, trend.of_series(public.frame))
    assert "<img" not in html.text


def test_a_policy_chart_says_the_effect_its_limits_and_that_it_may_miss(public, drawn):
    answers = interrupted.of_series(public.frame, DAY, question=QUESTION)
    lines = interrupted.lines(public.frame, DAY, question=QUESTION)
    html = trend_chart.interrupted(public, drawn.cla_count, answers, lines, DAY, "Edge of care team")
    assert "Edge of care team (1 April 2024): no clear effect. Jump +5.2" in words(html)
    assert "A real change of ordinary size is often missed." in words(html)
    assert "how it would have gone on without it" in alternative(html)


def test_lines_of_figures_that_are_not_shown_are_refused(public, drawn):
    true = drawn.series()
    answers, lines = (make(true, DAY, question=QUESTION) for make in (interrupted.of_series, interrupted.lines))
    with pytest.raises(ValueError, match="other figures than those shown"):
        trend_chart.interrupted(public, drawn.cla_count, answers, lines, DAY, "Edge of care team")


def test_an_effect_that_was_not_tested_has_words_and_no_chart(public, drawn):
    answers = interrupted.of_series(public.frame, DAY, question=QUESTION)
    lines = interrupted.lines(public.frame, DAY, question=QUESTION)
    html = trend_chart.interrupted(public, drawn.stability_3plus_pct, answers, lines, DAY, "Edge of care team")
    assert "not tested, too few points before" in words(html)
    assert "<img" not in html.text
