"""Entries: counted by age band with unaccompanied children apart, with a season where there is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drawn_care import ORIGIN, care, closed
from incare.forecast import entries
from incare.forecast.entries import ENTRANTS
from incare.forecast.exposure import exposure, month_ends
from incare.forecast.simulate import Levers, simulate


def arriving(by_month: np.ndarray, years: float = 12, asylum: bool = False):
    """Children of an age who entered on the 10th of each month up to the origin, as many as given; all stay."""
    begin = month_ends(ORIGIN, np.arange(-len(by_month), 0)) + 10
    start = np.repeat(begin, by_month)
    found = care(start - int(years * 365.25), start, first=str(begin[0] - 9), way=-1)
    return replace(found, asylum=np.full(len(start), asylum))


def fitted(found, horizon=12, **settings):
    return entries.fit(exposure(found), found.born, found.start, horizon, entries.Settings(**settings))


def test_entries_are_counted_in_their_month_age_band_and_kind():
    seen = entries.history(exposure(arriving(np.array([0] * 12 + [3, 0, 2]), years=12)))

    band = ENTRANTS.index("10 to 15")
    assert seen[-3:, band].tolist() == [3, 0, 2]
    assert seen.sum() == 5


def test_unaccompanied_children_are_a_kind_of_their_own():
    seen = entries.history(exposure(arriving(np.array([0] * 12 + [3]), years=16, asylum=True)))

    assert seen[-1, ENTRANTS.index("UASC")] == 3
    assert seen.sum() == 3


def test_a_steady_number_of_entries_is_expected_to_stay():
    expected = fitted(arriving(np.full(48, 8))).expected()

    assert expected.sum(axis=0) == pytest.approx(np.full(12, 8), abs=0.4)
    assert expected[ENTRANTS.index("10 to 15")].sum() / expected.sum() > 0.95


def test_a_step_up_is_followed():
    expected = fitted(arriving(np.r_[np.full(36, 8), np.full(18, 14)])).expected()

    assert expected.sum(axis=0)[0] == pytest.approx(14, abs=1)


def test_a_season_is_expected_again():
    season = np.round(12 + 6 * np.cos(2 * np.pi * np.arange(60) / 12)).astype(int)

    expected = fitted(arriving(season)).expected().sum(axis=0)

    assert expected == pytest.approx(season[:12], abs=1.5)


def test_the_months_left_out_are_not_looked_at():
    usual = arriving(np.full(48, 8))
    wave = arriving(np.r_[np.full(45, 8), 40, 40, 40])
    seen = exposure(wave)

    expected = entries.fit(seen, wave.born, wave.start, 6, until=45).expected().sum(axis=0)

    assert expected == pytest.approx(fitted(usual, 6).expected().sum(axis=0), rel=0.1)


def test_simulated_entries_vary_by_more_than_chance_alone():
    found = fitted(arriving(np.random.default_rng(1).poisson(10, 48)))

    drawn = found.draw(np.random.default_rng(2), 4000, 1.0).sum(axis=2)

    assert drawn.mean() == pytest.approx(found.expected().sum() / 12, rel=0.03)
    assert drawn[:, -1].var() > drawn[:, -1].mean()


def test_entrants_of_a_closed_world_come_as_often_as_is_expected():
    empty = care("2015-01-01", ["2024-01-10"], first="2023-04-01")

    paths = simulate(empty, closed(0, 0, 0, enter=(0, 0, 0, 5)), 6, 500, np.random.default_rng(1), Levers.none(6))

    assert paths.entered[:, :, 3].mean(axis=0) == pytest.approx(np.full(6, 5), rel=0.08)
    assert (paths.total == 1 + np.cumsum(paths.entered.sum(axis=2), axis=1)).all()
