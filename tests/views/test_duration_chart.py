"""Charts of durations: what a public one may show, and what all say in words."""

import re

import numpy as np
import pandas as pd
import pytest

from incare.stats import competing, durations
from incare.views import duration_chart


def drawn(children: int = 300, groups=("North", "South")) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    time = rng.integers(1, 700, children)
    return pd.DataFrame({"time": time, "event": time < 650, "cause": rng.integers(0, 3, children)}).assign(
        team=np.resize(list(groups), children)
    )


def alternative(html) -> str:
    return re.search(r' alt="([^"]*)"', html.text).group(1)


def test_the_alternative_text_says_where_each_curve_ends():
    html = duration_chart.survival(durations.survival(drawn(), "team"), "Time to a placement", 360)
    assert re.search(
        r"^Curves of time to a placement, up to 360 days: North \d+% not yet at 360 days, South", alternative(html)
    )
    assert "numbers to the nearest 5" in html.text


def test_a_public_curve_stops_where_few_are_watched_and_has_no_steps_of_single_children():
    curve = durations.survival(drawn(100))
    read = duration_chart._read(curve, "survival", 700, "public")
    assert (read["at_risk"] % 5 == 0).all()
    assert read["at_risk"].min() >= 20
    assert read["x"].max() < 700
    assert (read["y"] == read["y"].round()).all()
    assert len(duration_chart._read(curve, "survival", 700, "restricted")) > 60


def test_a_group_too_small_is_left_out_and_none_left_is_said():
    both = pd.concat([drawn(200, ["North"]), drawn(12, ["South"])])
    assert "South" not in alternative(duration_chart.survival(durations.survival(both, "team"), "Time", 360))
    with pytest.raises(ValueError, match="fewer than 20 children"):
        duration_chart.survival(durations.survival(drawn(12)), "Time", 360)


def test_causes_have_their_names():
    html = duration_chart.incidence(competing.incidence(drawn()), "Leaving", 360, names={1: "Adopted", 2: "Home"})
    assert re.search(r"Adopted \d+% by then at 360 days, Home \d+%", alternative(html))


def test_what_cannot_be_told_apart_is_refused():
    with pytest.raises(ValueError, match="At most 4 groups"):
        duration_chart.survival(durations.survival(drawn(300, "ABCDE"), "team"), "Time", 360)
    with pytest.raises(ValueError, match="One group"):
        duration_chart.incidence(competing.incidence(drawn(), "team"), "Leaving", 360)
    with pytest.raises(ValueError, match="public or restricted"):
        duration_chart.survival(durations.survival(drawn()), "Time", 360, profile="open")
