"""Charts draw the protected frame, say in words what they show, and leave nothing of the machine behind."""

import base64
import io
import re
import subprocess
import sys

import pandas as pd
import pytest
from PIL import Image

from incare.views import charts, shown


def picture(html):
    data = re.search(r'src="data:image/png;base64,([^"]+)"', html.text).group(1)
    return base64.b64decode(data)


def alternative(html):
    return re.search(r' alt="([^"]*)"', html.text).group(1)


def caption(html):
    return re.sub(r"<[^>]+>", "", re.search(r"<figcaption>(.*)</figcaption>", html.text).group(1))


def test_only_a_protected_series_is_drawn(drawn):
    with pytest.raises(TypeError, match="only what disclosure has protected, and were given a DataFrame"):
        charts.trend(drawn.series(), drawn.cla_count)


def test_importing_the_views_does_not_load_matplotlib():
    code = "import sys, incare.views.panels; print('matplotlib' in sys.modules, 'seaborn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == ["False"] * 2


def test_a_picture_has_twice_the_pixels_it_is_shown_with_and_no_metadata(public, drawn):
    html = charts.trend(public, drawn.cla_count)
    image = Image.open(io.BytesIO(picture(html)))
    assert image.size == (2 * 480, 2 * 270)
    assert 'width="480" height="270"' in html.text
    assert image.info.keys() <= {"dpi"}


def test_the_same_series_gives_the_same_bytes(public, drawn):
    assert charts.trend(public, drawn.cl_eet_pct) == charts.trend(public, drawn.cl_eet_pct)


def test_the_alternative_text_gives_value_interval_target_and_change(public, drawn):
    said = alternative(charts.trend(public, drawn.care_plan_up_to_date_pct))
    # 475 of 640 is 74.2 %, printed 74%.
    assert "Latest 74%, 95% interval 70% to 77%." in said
    assert "Target 90%." in said
    assert "Improved on the previous quarter (70%); no clear change since the same time last year (71%)." in said


def test_the_alternative_text_claims_no_direction_without_a_statistic(drawn):
    from incare.disclosure.protect import protect

    plain = protect(drawn.series())
    said = alternative(charts.trend(plain, drawn.care_plan_up_to_date_pct))
    assert not re.search(r"improv|worse|better|rise|rose|fell|higher|lower|change", said)


def test_hidden_periods_are_named_in_caption_and_alternative_text(public, drawn):
    html = charts.trend(public, drawn.cl_eet_pct)
    assert "c: hidden to protect children and young people." in caption(html)
    assert "Hidden to protect children and young people: 1 of the points." in alternative(html)


def test_a_chart_that_would_be_empty_is_words(public, drawn):
    html = charts.trend(public, drawn.cla_reviews_in_time_pct)
    assert "<img" not in html.text
    assert "No chart: not available: the table reviews is missing." in html.text


def test_an_axis_that_leaves_out_zero_is_owned_up_to(public, drawn):
    assert "The vertical axis starts at 60%, not at 0." in caption(charts.trend(public, drawn.care_plan_up_to_date_pct))
    assert "not at 0" not in caption(charts.trend(public, drawn.stability_3plus_pct))


def test_actions_of_this_measure_are_lettered_in_the_order_of_their_dates(public, drawn):
    actions = [
        {"measure": "care_plan_up_to_date_pct", "date": "2025-01-15", "text": "Weekly <meetings>"},
        {"measure": "care_plan_up_to_date_pct", "date": "2024-01-15", "text": "New form[Op147]"},
        {"measure": "cl_eet_pct", "date": "2024-06-01", "text": "Not ours"},
        {"measure": "care_plan_up_to_date_pct", "date": "2031-01-01", "text": "Not yet"},
    ]
    said = caption(charts.trend(public, drawn.care_plan_up_to_date_pct, actions=actions))
    assert "A: New form (15 January 2024). B: Weekly &lt;meetings&gt; (15 January 2025)." in said
    assert "Not ours" not in said
    assert "Not yet" not in said


def test_a_line_is_broken_where_a_period_is_hidden_or_the_definition_changed(public, drawn):
    # Quarter 7 of 12 is hidden; definition version 2 begins with quarter 6.
    hidden = charts.runs(shown.rows(public, drawn.cl_eet_pct))
    changed = charts.runs(shown.rows(public, drawn.stability_3plus_pct))
    assert [len(run) for run in hidden] == [6, 5]
    assert [len(run) for run in changed] == [5, 7]


def test_a_benchmark_is_drawn_from_the_published_table(public, drawn):
    areas = shown.benchmark_of(shown.rows(public, drawn.cl_eet_pct), drawn.benchmark())
    assert areas["period_end"].tolist() == [pd.Timestamp(f"{year}-03-31") for year in (2024, 2025, 2025)]
    assert charts.trend(public, drawn.cl_eet_pct, benchmark=drawn.benchmark()) != charts.trend(public, drawn.cl_eet_pct)


def test_the_alternative_text_of_a_breakdown_lists_every_category(public, drawn):
    said = alternative(charts.breakdown(public, drawn.care_plan_up_to_date_pct, "uasc"))
    # 52 of 90 is 57.8 %; the others 423 of 550, 76.9 %.
    assert said.endswith("(UASC): UASC 58%, Not UASC 77%.")


def test_the_alternative_text_of_a_mix_lists_every_part(public, drawn):
    said = alternative(charts.mix(public, drawn.placement_type_pct))
    assert "Foster placements with relatives or friends 18%" in said
    assert "Residential schools hidden to protect children and young people" in said


def test_a_forecast_says_its_date_and_interval(public, drawn):
    said = alternative(charts.forecast(public, drawn.forecasts(), drawn.cla_count))
    # 640 + 8 × 2.4 = 659.2; 1.96 × 9 × √8 = 49.9.
    assert said.endswith("with a forecast to 30 September 2027: 659 children, 95% interval 609 to 709.")


def test_a_frame_that_is_no_forecast_is_refused(public, drawn):
    with pytest.raises(TypeError, match="columns ds, mean, lo80"):
        charts.forecast(public, drawn.series(), drawn.cla_count)


def test_labels_beside_lines_are_moved_apart():
    from incare.views.house import _apart

    places = _apart([100, 102, 180], [20, 20, 20])
    assert places[1] - places[0] >= 19.9
    assert places[2] == 180


def test_every_colour_that_carries_meaning_differs_in_grey():
    from incare.views import house

    def grey(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    # The line against its band and the paper; the fan against the paper. Other lines differ by their dashes.
    assert grey(house.BAND) - grey(house.MEASURE) > 80
    assert grey(house.PAPER) - grey(house.BAND) > 30


def test_a_measure_that_the_series_does_not_hold_is_named(public):
    with pytest.raises(shown.NoRowsError, match="no rows of cla_rate by total"):
        shown.rows(public, "cla_rate")
