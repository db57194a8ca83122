"""Quarter against quarter: a restated figure shows as a revision; only printed figures of the same profile compare."""

from __future__ import annotations

import json

import pytest

from incare.views import revisions
from tests.views.reading import text


@pytest.fixture
def earlier(small, tmp_path):
    """The pack of the quarter before, with one figure that will be restated: 70 % to December, now 72 %."""
    shown = small.judged(small.rows(small.plans_pct, [*[70.0] * 15, 75.0]))
    frame = shown.frame[shown.frame["period_end"] < "2025-03-01"]
    made = shown.pipe(lambda _: frame)
    made.write(tmp_path / "data", "figures")
    facts = {"area": "Testshire", "quarter": "2024-25 Q3", "profile": "public"}
    (tmp_path / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    return tmp_path


def test_a_restated_figure_is_shown_as_a_revision_with_both_values(small, earlier):
    now = small.judged(small.rows(small.plans_pct, [*[70.0] * 14, 72.0, 75.0]))
    said = text(revisions.report(now, small.only("plans_pct"), revisions.read(str(earlier))))
    assert "Compared with the pack of 2024-25 Q3. 1 figures of 1 earlier period were revised." in said
    # 280 of 400, then 288 of 400 rounded to 290.
    assert "Plans up to date Oct–Dec 2024 70% 280 of 400 72% 290 of 400 recorded late or corrected" in said


def test_the_same_figures_are_said_to_stand(small, earlier):
    now = small.judged(small.rows(small.plans_pct, [*[70.0] * 15, 75.0]))
    said = text(revisions.report(now, small.only("plans_pct"), revisions.read(str(earlier))))
    assert said == "Compared with the pack of 2024-25 Q3. No figure of an earlier period was revised."


def test_a_figure_hidden_in_either_pack_is_not_compared(small, earlier):
    few = small.rows(small.plans_pct, [*[70.0] * 14, 99.0, 75.0])  # 396 of 400: the complement of 4 is hidden
    now = small.judged(few)
    assert revisions.compared(now, revisions.read(str(earlier))).empty


def test_a_pack_of_another_profile_or_none_is_not_compared(small, earlier):
    now = small.judged(small.rows(small.plans_pct, [72.0] * 16), profile="restricted")
    other = revisions.read(str(earlier), "restricted")
    assert "is of the public profile, this one of the restricted: not compared" in text(
        revisions.report(now, small.only("plans_pct"), other)
    )
    assert "No earlier pack was found" in revisions.read("").why
    assert "cannot be read" in revisions.read(str(earlier / "nowhere")).why


def test_the_newest_figures_are_called_provisional_with_the_lag():
    assert "12 days before the day of the extract" in text(revisions.provisional(12))
