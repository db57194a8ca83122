"""Capacity: places, advisers, take-up from a survey and weekly cost, with the figures of a council's minutes."""

from __future__ import annotations

import numpy as np
import pytest

from incare.forecast import capacity
from incare.forecast.capacity import Staffing, take_up
from incare.forecast.exposure import GROUPS


def test_six_and_a_half_advisers_with_24_each_hold_156():
    assert Staffing(6.5, 24).places == 156


def test_152_more_young_people_need_6_3_more_advisers_and_249_need_10_4():
    assert Staffing(6.5, 24).needed([152, 249]).round(1).tolist() == [6.3, 10.4]


def test_young_people_who_are_work_for_1_2_each_leave_fewer_places_and_need_more_advisers():
    # 6.5 × 24 ÷ 1.2 = 130 places; 156 young people × 1.2 ÷ 24 = 7.8 advisers. Added advisers meet the same work.
    harder = Staffing(6.5, 24, 1.2)
    assert harder.places == pytest.approx(130)
    assert float(harder.needed(156)) == pytest.approx(7.8)
    assert harder.add(4) == Staffing(10.5, 24, 1.2)
    with pytest.raises(capacity.CapacityError, match="complexity are above 0"):
        Staffing(6.5, 24, 0)


def test_four_more_advisers_lower_the_caseload_of_252_from_38_8_to_24():
    now = Staffing(6.5)

    assert round(float(now.caseload(252)), 1) == 38.8
    assert now.add(4).caseload(252) == 24


def test_without_a_response_rate_249_people_of_whom_61_percent_of_respondents_want_a_service_are_61_to_210():
    found = take_up(249, 0.61)

    assert (found.low, found.mid, found.high) == (61, 152, 210)
    assert found.assumed


def test_a_known_response_rate_narrows_the_range():
    found = take_up(249, 0.61, 0.8)

    assert (found.low, found.high) == (121, 171)
    assert not found.assumed


@pytest.mark.parametrize(("share", "response"), [(1.2, None), (-0.1, 0.5), (0.5, 1.5)])
def test_a_share_outside_0_to_1_is_refused(share, response):
    with pytest.raises(capacity.CapacityError, match="lies from 0 to 1"):
        take_up(249, share, response)


def test_weekly_cost_is_children_times_the_price_range():
    # Two simulations, one month: 10 and 20 children with other carers, 2 in homes.
    children = np.zeros((2, 1, len(GROUPS)))
    children[:, 0, GROUPS.index("Foster: other carers")] = 10, 20
    children[:, 0, GROUPS.index("Children's homes and secure")] = 2
    prices = {"Foster: other carers": (500, 900), "Children's homes and secure": (4000, 6000)}

    cost = capacity.weekly_cost(children, prices)

    assert cost["low"].tolist() == [15 * 500 + 2 * 4000]
    assert cost["high"].tolist() == [15 * 900 + 2 * 6000]
    assert "With parents" in capacity.unpriced(prices)


@pytest.mark.parametrize("prices", [{"Fostering": (1, 2)}, {"With parents": (2, 1)}, {"With parents": (-1, 1)}])
def test_a_price_that_cannot_be_used_is_refused(prices):
    with pytest.raises(capacity.CapacityError, match=r"Fostering|lowest and a highest price"):
        capacity.weekly_cost(np.zeros((2, 1, len(GROUPS))), prices)


def test_a_caseload_ceiling_of_nothing_is_refused():
    with pytest.raises(capacity.CapacityError, match="ceiling and the complexity are above 0"):
        Staffing(6.5, 0)
