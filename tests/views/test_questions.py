"""The register of questions on a page, and the page that answers one: group, rest, difference and its interval."""

from __future__ import annotations

import pandas as pd
import pytest

from incare.views import questions
from tests.views.reading import text


def row(value: float, whole: float, better: str = "higher", status: str = "ok") -> pd.Series:
    shown = {"value": value, "denominator": whole, "numerator": value * whole / 100}
    hidden = dict.fromkeys(shown, float("nan"))
    return pd.Series({"unit": "%", "status": status, "better": better} | (shown if status == "ok" else hidden))


def test_open_questions_are_printed_with_who_asked_and_how_to_answer_and_answers_with_their_page():
    given = [
        {"question": "What about UASC?", "who": "Panel", "asked": "2025-01-20", "measures": ["a", "b"],
         "cohort": "uasc"},
        {"question": "Teams?", "asked": "2025-01-20", "answered": "2025-03-01", "answer": "See the funnel.",
         "answered_by": "80_ask"},
    ]  # fmt: skip
    said = text(questions.report(given, "2024-25 Q4", "2025-03-31"))
    assert (
        'What about UASC? (Panel, 20 January 2025) To answer it: incare ask PARAMS.yaml --measures a,b --cohort "uasc"'
        in said
    )
    assert "Teams? (Asked, 20 January 2025) See the funnel. See 80_ask." in said
    assert "No question was handed in" in text(questions.report([], "2024-25 Q4", "2025-03-31"))


@pytest.mark.parametrize(
    ("here", "rest", "better", "words"),
    [
        # Newcombe: 60 % of 165 less 73 % of 545.
        (row(60, 165), row(73, 545), "higher", "−13 points, 95% interval −21 to −5: clearly lower, which is worse."),
        (row(60, 165, "lower"), row(73, 545, "lower"), "lower", "clearly lower, which is better."),
        (row(62, 35), row(74, 600), "higher", "no clear difference."),
    ],
)
def test_a_difference_is_said_with_its_interval_and_judged_only_beyond_chance(here, rest, better, words):
    assert questions.difference_words(here, rest).endswith(words)


def test_a_hidden_side_has_no_difference():
    assert questions.difference(row(60, 165), row(0, 0, status="c")) is None
    assert (
        questions.difference_words(row(60, 165), row(0, 0, status="c"))
        == "No interval is given for this kind of figure."
    )
