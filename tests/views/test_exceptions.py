"""What missed its target: exactly those, by how much, for how long, and 'unexplained' where nobody explained it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from incare.kinds import Mean
from incare.measure import Catalogue
from incare.views import exceptions
from tests.views.reading import text

TARGETS = {
    "plans_pct": {"target": 90, "tolerance": 5},
    "moves_pct": {"target": 10, "tolerance": 3},
    "eet_pct": {"target": 50, "tolerance": 5},
}


@pytest.fixture(scope="module")
def shown(small):
    """Plans red for sixteen quarters, moves amber, work and study green; plans by two groups of changed sizes."""
    groups = [
        small.rows(small.plans_pct, [80] * 16, 200, "sex", "Male"),
        small.rows(small.plans_pct, [*[70] * 12, *[60] * 4], 200, "sex", "Female"),
    ]
    return small.judged(
        small.rows(small.plans_pct, small.around(74)),
        small.rows(small.moves_pct, small.around(12)),
        small.rows(small.eet_pct, small.around(60)),
        *groups,
        targets=TARGETS,
    )


def test_the_measures_off_target_are_exactly_the_planted_ones_red_first(small, shown):
    assert [m.id for m in exceptions.missed(shown, small.MEASURES.only([*TARGETS]))] == ["plans_pct", "moves_pct"]


def test_the_opening_counts_them(small, shown):
    said = text(exceptions.summary(shown, small.MEASURES.only([*TARGETS])))
    assert "2 of 3 measures with a target missed it: 1 outside the agreed margin (red), 1 within it (amber)." in said


def test_each_row_says_by_how_much_for_how_long_and_whether_it_is_explained(small, shown):
    html = exceptions.summary(shown, small.MEASURES.only([*TARGETS]), {"moves_pct": "Homes closed."}).text
    plans, moves = (
        re.search(rf">{t}</th>(.*?)</tr>", html).group(1) for t in ("Plans up to date", "Moves in the year")
    )
    assert "16 points" in plans
    assert ">16<" in plans
    assert "unexplained" in plans
    assert "given below" in moves


def test_how_many_more_would_have_met_the_target(small, shown):
    # 16 points of 400 are 64; counts are rounded to fives, upwards so that they are enough.
    assert "about 65 more of the 400 children would have met it" in exceptions.short_of(shown, small.plans_pct)
    assert "about 10 fewer of the 400 children" in exceptions.short_of(shown, small.moves_pct)


def test_no_comment_is_a_state_of_its_own_and_usual_variation_asks_for_none(small, shown):
    said = text(exceptions.panels(shown, small.only("plans_pct"), TARGETS))
    assert "Why: Unexplained: no service comment was supplied." in said
    assert "this quarter by itself calls for no explanation" in said


def test_a_comment_is_printed_without_the_marks_of_a_word_processor(small, shown):
    said = text(
        exceptions.panels(shown, small.only("plans_pct"), TARGETS, {"plans_pct": "Two posts[Op147] are vacant."})
    )
    assert "Why: Two posts are vacant." in said


def test_what_changed_is_shown_by_group_with_the_part_of_each(small, shown):
    html = exceptions.panels(shown, small.only("plans_pct"), TARGETS, by=["sex"])
    said = text(html)
    # Half of the children fell by ten points: five points of the whole, all of it within the group.
    assert re.search(r"Female 70% 60% ✕ worse −5.0 points", said)
    assert "0.0 points from the mix, −5.0 points within the groups" in said


def test_a_hidden_group_leaves_mix_and_rate_untold(small):
    groups = [
        small.rows(small.plans_pct, [74] * 16, 285, "age_band", "10 to 15"),
        small.rows(small.plans_pct, [80] * 16, 100, "age_band", "5 to 9"),
        small.rows(small.plans_pct, [40] * 16, 15, "age_band", "1 to 4"),
    ]
    hidden = small.judged(small.rows(small.plans_pct, small.around(74)), *groups, targets=TARGETS)
    said = text(exceptions.panels(hidden, small.only("plans_pct"), TARGETS, by=["age_band"]))
    assert "from the mix" not in said
    assert "Mix and rate are not told apart: a group is hidden in one of the two years." in said


def test_of_an_average_mix_and_rate_are_not_told_apart_and_no_group_is_called_hidden(small):
    score, targets = replace(small.plans_pct, kind=Mean(unit="points"), better="lower"), {"plans_pct": {"target": 12}}
    rows = [small.rows(score, [14.0] * 16, 200, *of) for of in ((), ("sex", "Male"), ("sex", "Female"))]
    judged = small.judged(*(part.assign(denominator=200.0) for part in rows), targets=targets)
    said = text(exceptions.panels(judged, Catalogue((score,)), targets, by=["sex"]))
    assert "Mix and rate are not told apart: that is done for shares only." in said
    assert "hidden" not in said


def test_all_targets_met_is_said_without_a_table(small):
    met = small.judged(small.rows(small.plans_pct, small.around(95)), targets=TARGETS)
    page = exceptions.summary(met, small.only("plans_pct"))
    assert "0 of 1 measures with a target missed it" in text(page)
    assert "<table" not in page.text


def test_joiners_and_leavers_stand_beside_earlier_figures(small):
    shown = small.judged(small.rows(small.cla_count, [400 + 5 * s for s in small.CHANCE]))
    said = text(exceptions.flows(shown, small.only("cla_count")))
    assert "Children in care 400 405" in said
