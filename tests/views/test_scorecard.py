"""Signal before story: colour and process control side by side, and a word only where a rule allows it."""

from __future__ import annotations

import re
from html import unescape

import pandas as pd
import pytest

from incare.views import panels, scorecard, signals
from tests.views.reading import text

TARGET_80 = {"plans_pct": {"target": 80, "tolerance": 2}}


def row_of(html, title: str) -> str:
    """The words of the table's row that a title heads."""
    found = re.search(rf"<tr><th[^>]*>{re.escape(title)}</th>(.*?)</tr>", html.text, re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group(1))).split())


# rating, latest point, target against limits -> do they agree, and the words
VERDICTS = [
    ("green", "common cause", "passes", True, "On target, and its limits lie wholly on target"),
    ("green", "common cause", "hit or miss", False, "On target, but by chance"),
    ("green", "concern", "passes", False, "On target, but the latest point is a signal of concern"),
    ("green", "improvement", "fails", False, "expect it to be missed"),
    ("red", "common cause", "hit or miss", False, "Off target, but within its usual variation"),
    ("red", "common cause", "fails", True, "will stay so until something changes"),
    ("red", "concern", "fails", True, "Off target, and the latest point is a signal of concern"),
    ("amber", "improvement", "fails", False, "Off target, but the latest point is a signal of improvement"),
    ("red", "common cause", "passes", False, "out of the ordinary"),
    ("red", "too few points", "too few points", None, "too few points stand apart"),
    ("none", "higher", "", None, "Signal: higher than before"),
    ("none", "common cause", "", None, "Within its usual variation"),
]


@pytest.mark.parametrize(("rag", "variation", "assurance", "agrees", "words"), VERDICTS)
def test_colour_and_signal_side_by_side(rag, variation, assurance, agrees, words):
    found = signals.verdict(pd.Series({"rag": rag, "variation": variation, "assurance": assurance, "better": "higher"}))
    assert found.agrees is agrees
    assert words in found.sentence


@pytest.mark.parametrize(
    ("rag", "better", "trend", "agrees"),
    [
        ("red", "higher", "falling", True),
        ("red", "higher", "rising", False),
        ("green", "higher", "falling", False),
        ("green", "lower", "falling", True),
        ("red", "higher", "no clear change", None),
    ],
)
def test_with_too_few_points_the_long_trend_decides_if_a_rule_named_it(rag, better, trend, agrees):
    row = pd.Series({"rag": rag, "variation": "too few points", "assurance": "too few points", "better": better})
    assert signals.verdict(row, trend).agrees is agrees


def test_a_dip_within_the_limits_is_no_signal_and_is_listed_as_a_disagreement(small):
    shown = small.judged(small.rows(small.plans_pct, small.around(80, last=77)), targets=TARGET_80)
    said = text(scorecard.disagreements(shown, small.only("plans_pct")))
    assert "Plans up to date: Red 77%" in said
    assert "within its usual variation" in said


def test_a_planted_fall_is_a_signal_of_concern_and_an_exception(small):
    shown = small.judged(small.rows(small.plans_pct, small.around(85, last=60)), targets=TARGET_80)
    assert "Signal of concern" in text(scorecard.grid(shown, small.only("plans_pct")))
    page = scorecard.exceptions(shown, small.only("plans_pct"), TARGET_80)
    assert "Control chart of plans up to date" in page.text
    assert "Rules 7/7" in text(page)


def test_a_green_measure_without_a_signal_has_no_chart(small):
    shown = small.judged(small.rows(small.plans_pct, small.around(90)), targets=TARGET_80)
    page = scorecard.exceptions(shown, small.only("plans_pct"), TARGET_80)
    assert "<img" not in page.text
    assert "No measure is red" in text(page)


def test_twelve_points_have_an_empty_icon_and_no_word_of_improvement(small):
    shown = small.judged(small.rows(small.plans_pct, [*small.around(80)[:11], 97]), targets=TARGET_80)
    page = text(scorecard.table(shown, small.only("plans_pct")))
    assert "Too few points to judge" in page
    assert "Signal of improvement" not in page


def test_a_rolling_year_by_quarter_is_not_judged_by_figures_that_share_months(small):
    shown = small.judged(small.rows(small.eet_pct, small.around(60, last=40)), targets={"eet_pct": {"target": 65}})
    assert "Too few points to judge" in row_of(
        scorecard.table(shown, small.only("eet_pct")), "Young people in work or study"
    )
    assert "share months" in text(scorecard.limits_chart(shown, small.eet_pct))


def test_icons_are_decoration_and_their_words_stand_beside_them(small):
    shown = small.judged(small.rows(small.plans_pct, small.around(85, last=60)), targets=TARGET_80)
    html = scorecard.table(shown, small.only("plans_pct")).text
    assert html.count("<svg") == len(re.findall(r'<svg[^>]*aria-hidden="true"', html)) == 3
    assert "Signal of concern</span>" in html


def test_the_grid_has_every_measure_whose_target_is_judged_once_and_lists_the_others(small):
    shown = small.judged(
        small.rows(small.plans_pct, small.around(80)),
        small.rows(small.moves_pct, small.around(20)),
        small.rows(small.cla_count, [400 + 5 * s for s in small.CHANCE]),
        targets=TARGET_80,
    )
    html = scorecard.grid(shown, small.only("plans_pct", "moves_pct", "cla_count"))
    table, others = html.text.split("</table>")
    assert table.count("Plans up to date") == 1
    assert "Moves in the year" not in table
    assert "No signal: usual variation : Moves in the year (20%); Children in care (400)." in " ".join(
        unescape(re.sub(r"<[^>]+>", " ", others)).split()
    )


def test_a_panel_names_the_rule_of_its_trend_and_says_what_is_not_applicable(small):
    falling = [90 - 1.5 * i + 0.5 * step for i, step in enumerate(small.CHANCE)]
    shown = small.judged(small.rows(small.plans_pct, falling))
    found = signals.trends(shown, small.MEASURES)
    said = text(panels.measure(shown, small.plans_pct, trends=found, periods=12))
    assert "Long trend over 16 quarters: falling" in said
    assert "Rule: slope with AR(1) errors" in said
    assert "Target: not applicable, none was set." in said
    assert "Benchmark: not applicable" in said


def test_a_flat_noisy_series_is_not_called_a_trend(small):
    shown = small.judged(small.rows(small.plans_pct, small.around(80)))
    said = signals.trend_sentence(signals.trends(shown, small.MEASURES), small.plans_pct)
    assert "no clear change" in said


def test_a_control_chart_begins_with_the_first_figure(small):
    shown = small.judged(small.rows(small.plans_pct, [None, None, *small.around(80)[:14]]))
    said = text(scorecard.limits_chart(shown, small.plans_pct))
    assert "Figures begin in Dec 2021" in said
    assert "not available" not in said
