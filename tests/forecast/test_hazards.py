"""Hazards: known rates give exact expectations, thin data are shrunk, and moves lead where children went."""

from __future__ import annotations

import numpy as np
import pytest

from drawn_care import FOSTER, HOMES, care, closed
from incare.forecast import hazards
from incare.forecast.exposure import GROUPS, exposure
from incare.forecast.levels import level
from incare.forecast.simulate import simulate


def test_a_closed_population_with_known_rates_gives_the_expected_numbers():
    # 400 children, 3 % a month home, 2 % to permanence, 1 % otherwise: e^(−0.06·12) of them are left after a year.
    found = care("2015-01-01", ["2023-01-10"] * 400, first="2022-04-01")

    paths = simulate(found, closed(0.03, 0.02, 0.01), 12, 400, np.random.default_rng(3))

    months = np.arange(1, 13)
    assert paths.total.mean(axis=0) == pytest.approx(400 * np.exp(-0.06 * months), rel=0.005)
    gone = 400 * (1 - np.exp(-0.72))
    assert paths.left.sum(axis=1).mean(axis=0) == pytest.approx([gone / 2, gone / 3, gone / 6, 0], rel=0.03)


def test_the_spread_of_a_closed_population_is_that_of_independent_children():
    found = care("2015-01-01", ["2023-01-10"] * 400, first="2022-04-01")

    paths = simulate(found, closed(0.03, 0.02, 0.01), 12, 800, np.random.default_rng(3))

    left = np.exp(-0.72)
    assert paths.total[:, -1].std() == pytest.approx(np.sqrt(400 * left * (1 - left)), rel=0.1)


def test_moves_lead_to_the_groups_that_are_known_and_keep_the_total():
    found = care("2015-01-01", ["2023-01-10"] * 300, first="2022-04-01")

    paths = simulate(found, closed(0, 0, 0, moves=0.05, to=HOMES), 6, 200, np.random.default_rng(3))

    stayed = 300 * np.exp(-0.05 * 6)
    assert (paths.total == 300).all()
    assert paths.group[:, -1, FOSTER].mean() == pytest.approx(stayed, rel=0.01)
    assert paths.group[:, -1, HOMES].mean() == pytest.approx(300 - stayed, rel=0.03)


def test_a_fitted_rate_is_near_the_share_that_left():
    # Of 600 children in care through 2024, 60 left in its months at random: about 10 % a year.
    rng = np.random.default_rng(4)
    ends = np.full(600, "NaT", "datetime64[D]")
    ends[:60] = np.datetime64("2024-04-01") + rng.integers(0, 365, 60)
    found = care("2015-01-01", ["2020-01-10"] * 600, ends, first="2024-03-31", way=0)

    fitted = hazards.fit(exposure(found), hazards.Settings(half_life=np.inf))

    seen = exposure(found)
    assert fitted.rates()[0][seen.cell].sum() == pytest.approx(60, rel=0.02)


def two_in_a_home():
    """Two children in a home, both gone in a month, among 300 of whom one in fifty leaves a month."""
    rng = np.random.default_rng(4)
    ends = np.datetime64("2024-04-01") + rng.exponential(50 * 30, 302).astype(int)
    ends = np.where(ends > np.datetime64("2025-03-31"), np.datetime64("NaT"), ends)
    ends[300:] = np.datetime64("2024-04-20")
    group = np.r_[np.full(300, FOSTER), HOMES, HOMES]
    return exposure(care("2015-01-01", ["2020-01-10"] * 302, ends, first="2024-03-31", way=2, group=group))


def test_a_class_with_little_data_stays_near_the_rest():
    seen = two_in_a_home()

    rates = hazards.fit(seen).rates()[2].reshape(-1, len(GROUPS))

    row = np.bincount(seen.cell // len(GROUPS)).argmax()
    assert rates[row, FOSTER] < rates[row, HOMES] < 12 * rates[row, FOSTER]


def test_draws_of_uncertain_rates_keep_their_mean():
    seen = two_in_a_home()
    fitted = hazards.fit(seen)

    drawn = fitted.rates(np.random.default_rng(2).standard_normal((4, fitted.beta.shape[1], 1500)))

    used = np.unique(seen.cell)
    assert drawn[2, used].mean(axis=1) == pytest.approx(fitted.rates()[2, used], rel=0.1)


def test_a_level_follows_a_lasting_change_and_not_a_single_month():
    expected = np.full(60, 20.0)
    changed = np.r_[np.full(36, 20.0), np.full(24, 30.0)]
    single = np.r_[np.full(59, 20.0), 30.0]

    assert level(changed, expected).mean == pytest.approx(1.5, abs=0.06)
    assert level(single, expected).mean == pytest.approx(1.0, abs=0.1)


def test_drifting_levels_spread_out_and_keep_their_mean():
    known = level(np.random.default_rng(1).poisson(20, 60).astype(float), np.full(60, 20.0))

    drawn = known.draw(np.random.default_rng(2), 20_000, 24)

    assert drawn.mean(axis=0) == pytest.approx(np.full(24, known.mean), rel=0.02)
    assert drawn[:, -1].std() > drawn[:, 0].std()


def test_months_left_out_do_not_move_the_level():
    expected = np.r_[np.full(48, 20.0), np.zeros(3)]

    assert level(np.r_[np.full(48, 20.0), 90, 90, 90], expected).mean == pytest.approx(1, abs=0.02)
