"""Fans of a projection: drawn of what is shown, told in words, apart on grey paper, nothing clipped."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from drawn_care import NAT, ORIGIN, care, steady
from incare.disclosure import projections
from incare.forecast import cohort
from incare.views import cohort_chart

FANS = [cohort_chart.total, lambda shown: cohort_chart.group(shown, "age_band")]


@pytest.fixture(scope="module")
def found():
    """An authority whose children are of two ages, so that there are groups to draw."""
    born = np.where(np.arange(len(steady().start)) % 2, np.datetime64("2015-06-01"), np.datetime64("2021-01-01"))
    return cohort.project(replace(steady(), born=born), 24, sims=120)


@pytest.fixture(scope="module")
def shown(found):
    return projections.protect_projection(found)


def words(html) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.text).split())


def alternative(html) -> str:
    return re.search(r' alt="([^"]*)"', html.text).group(1)


def picture(html) -> np.ndarray:
    """The picture in shades of grey."""
    data = re.search(r"base64,([^\"]+)", html.text).group(1)
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("L"), float)


@pytest.mark.parametrize("view", FANS)
def test_only_a_protected_projection_is_drawn(found, view):
    with pytest.raises(TypeError, match="only what disclosure has protected"):
        view(found)


@pytest.mark.parametrize("view", FANS)
def test_a_projection_that_was_refused_is_said_and_not_drawn(view):
    html = view(projections.refused(ORIGIN, "Nobody is in care on 2025-03-31; there is nobody to project."))
    assert "Nobody is in care" in words(html)
    assert "<img" not in html.text


def test_numbers_too_small_to_show_are_said_and_not_drawn():
    starts = ORIGIN - np.arange(5) * 30 - 40
    few = cohort.project(care("2015-06-01", starts, [NAT] * 5), 3, sims=60)
    html = cohort_chart.total(projections.protect_projection(few))
    assert "too small to show" in words(html)
    assert "<img" not in html.text


def test_the_alternative_text_says_today_and_what_is_expected(shown):
    today = shown.history("total", "All")["value"].iloc[-1]
    last = shown.rows("total").iloc[-1]
    said = alternative(cohort_chart.total(shown))
    assert f"31 March 2025: {int(today)} children in care" in said
    assert f"in two years about {int(last['mean'])}, likely from {int(last['lo95'])} to {int(last['hi95'])}" in said


def test_the_alternative_text_of_small_fans_names_every_group(shown):
    said = alternative(cohort_chart.parts(shown, "age_band"))
    assert len(shown.categories("age_band")) >= 2
    assert all(group in said for group in shown.categories("age_band"))


def test_the_past_error_stands_beside_the_fan(shown):
    row = {"mae": 17.0, "mae_last_value": 12.0, "cover80": 80.0, "cover95": 95.0}
    told = replace(shown, tested=pd.DataFrame([{"breakdown": "total", "horizon": 12, "origins": 5, **row}]))
    assert "missed by about 17 children on average; repeating that day’s number missed by about 12" in words(
        cohort_chart.total(told)
    )


def test_the_bands_and_the_paper_are_apart_in_grey(shown):
    def grey(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    levels = [grey(c) for c in ("#ffffff", cohort_chart.OUTER, cohort_chart.INNER, cohort_chart.house.FORECAST)]
    assert all(light - dark > 25 for light, dark in pairwise(levels))
    drawn = picture(cohort_chart.total(shown))
    for level in levels[1:3]:
        assert (np.abs(drawn - level) < 4).mean() > 0.005


@pytest.mark.parametrize("view", FANS)
def test_nothing_touches_the_edge_of_the_picture(shown, view):
    drawn = picture(view(shown))
    edge = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
    assert (edge > 250).all()


def test_the_fan_opens_from_todays_number(shown):
    past, ahead = shown.history("total", "All"), shown.rows("total")
    fan = cohort_chart._from_today(past, ahead)
    assert len(fan) == len(ahead) + 1
    assert (fan[projections.AHEAD].iloc[0] == past["value"].iloc[-1]).all()


def test_the_forecast_without_a_shocking_quarter_is_drawn_and_named(shown):
    without = shown.rows("total").assign(breakdown="without")
    shocked = replace(shown, ahead=pd.concat([shown.ahead, without], ignore_index=True))
    assert "Dotted: the same without the last quarter" in words(cohort_chart.total(shocked))
    assert "Dotted" not in words(cohort_chart.total(shown))
