"""Funnels: who lies outside the limits of chance, and what is made of groups that differ beyond it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incare.kinds import wilson
from incare.stats import funnel
from incare.stats.funnel import Settings


def teams(*counts, **changes) -> pd.DataFrame:
    """A team for each (counted, of)."""
    numerator, denominator = zip(*counts, strict=True)
    table = {"group": [f"team {i}" for i in range(len(counts))], "numerator": numerator, "denominator": denominator}
    return pd.DataFrame(table | changes)


def test_a_share_lies_on_a_limit_where_chance_would_put_it_1_96_errors_off():
    # 50 ± 1.96 × √(50 × 50 / 100) = 50 ± 9.8
    lower, upper = funnel.share_limits(100, 50)

    assert (round(float(lower), 2), round(float(upper), 2)) == (40.2, 59.8)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(5, 95))
def test_a_share_is_outside_just_when_its_own_wilson_interval_leaves_the_centre_out(pair, centre):
    x, n = pair
    low, high = wilson(x, n)
    lower, upper = funnel.share_limits(n, centre)
    gap = min(abs(100 * x / n - lower), abs(100 * x / n - upper))

    if gap > 1e-6:
        assert (100 * x / n < lower or 100 * x / n > upper) == (high < centre or low > centre)


def test_the_team_far_from_the_rest_is_named_and_the_small_one_is_not():
    #           50 %      50 %      20 %, far    20 %, of five only
    made = funnel.funnel(teams((50, 100), (50, 100), (20, 100), (1, 5)), centre=50)

    assert made.points["position"].tolist() == [funnel.WITHIN, funnel.WITHIN, "below 99.8%", funnel.WITHIN]


def test_the_centre_is_all_counted_over_all_there_are():
    assert funnel.funnel(teams((30, 100), (10, 20))).centre == pytest.approx(100 * 40 / 120)


def test_the_levels_are_settings_and_the_words_follow():
    made = funnel.funnel(teams((60, 100), (50, 100)), Settings(inner=0.9, outer=0.99), centre=50)

    assert made.points["position"].tolist() == ["above 90%", funnel.WITHIN]


def test_a_hidden_team_and_an_empty_one_keep_their_row_and_have_no_position():
    rows = teams((50, 100), (3, 8), (0, 0), (np.nan, 10), status=["ok", "c", "ok", "ok"])
    made = funnel.funnel(rows)

    assert made.points["status"].tolist() == ["ok", "c", "z", "x"]
    assert made.points["position"].isna().tolist() == [False, True, True, True]
    assert made.centre == 50


def test_a_rate_has_exact_poisson_limits_round_the_whole():
    made = funnel.funnel(teams((20, 10_000), (20, 10_000)), Settings("rate"))
    low, high = funnel.ratio_limits(20)

    assert made.points[["lower_inner", "upper_inner"]].iloc[0].tolist() == pytest.approx([20 * low, 20 * high])


def test_groups_that_differ_by_chance_alone_keep_the_limits_of_chance():
    random = np.random.default_rng(5)
    n = np.full(60, 200)
    made = funnel.funnel(teams(*zip(random.binomial(n, 0.4), n, strict=True)), Settings(spread="winsorised"))

    assert made.phi == pytest.approx(1, abs=0.5)
    assert made.tau2 < 0.0005


def test_groups_that_differ_beyond_chance_widen_the_limits():
    random = np.random.default_rng(6)
    n = np.full(60, 400)
    rows = teams(*zip(random.binomial(n, random.uniform(0.2, 0.6, 60)), n, strict=True))
    plain, wide = funnel.funnel(rows), funnel.funnel(rows, Settings(spread="winsorised"))
    outside = [(made.points["position"] != funnel.WITHIN).sum() for made in (plain, wide)]

    assert wide.phi > 5
    assert outside[1] <= 6 < 30 < outside[0]


def test_of_too_few_groups_no_spread_is_estimated():
    made = funnel.funnel(teams((50, 100), (20, 100)), Settings(spread="trimmed"))

    assert (made.used, made.tau2) == (0, 0)


def test_chance_alone_puts_about_5_in_100_outside_the_inner_limits_of_every_kind():
    random = np.random.default_rng(7)
    n = random.integers(100, 800, 4000)
    share = teams(*zip(random.binomial(n, 0.3), n, strict=True))
    ratio = teams(*zip(random.poisson(n), n, strict=True))

    for rows, settings in ((share, Settings()), (ratio, Settings("ratio"))):
        outside = (funnel.funnel(rows, settings).points["position"] != funnel.WITHIN).mean()
        assert 0.03 <= outside <= 0.06


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (teams((1, 2)).drop(columns="denominator"), "missing: denominator"),
        (teams((1, 2), (1, 2), group=["a", "a"]), "Row 1: a group stands twice"),
        (teams((3, 2), (1, 2)), "Row 0"),
        (teams((-1, 2), (1, 2)), "Row 0"),
        (teams((1, 2), status=["c"]), "No group has"),
        (teams((0, 5), (0, 9)), "no width"),
        (teams((5, 5), (9, 9)), "no width"),
    ],
)
def test_a_table_without_a_funnel_in_it_is_refused(rows, message):
    with pytest.raises(funnel.FunnelError, match=message):
        funnel.funnel(rows)


def test_a_misspelt_setting_is_refused():
    with pytest.raises(funnel.FunnelError, match='found "shares"'):
        Settings("shares")
    with pytest.raises(funnel.FunnelError, match="the inner below the outer"):
        Settings(inner=0.998, outer=0.95)
