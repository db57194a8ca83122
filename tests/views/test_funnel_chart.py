"""Funnel charts and the table of a comparison: what they draw, say and leave out."""

from __future__ import annotations

import re
from html import unescape

import pandas as pd
import pytest

from incare.stats import neighbours
from incare.stats.funnel import Settings
from incare.views import compare_table, funnel_chart
from incare.views.funnel_chart import FunnelChartError

LINE = "19 to 21 years · In touch"


def published(**changes) -> pd.DataFrame:
    """Sixty areas at about 90 %, number 7 far below, number 9 hidden, and England."""
    rows = [("", "England", "country", "", 90.0, "ok", 9000.0, 10_000.0)]
    for i in range(60):
        of = 60 + 9 * i
        counted = round(of * (0.5 if i == 7 else 0.88 + 0.001 * (i % 40)))
        rows.append((f"{300 + i}", f"Area {i}", "area", "R1", 100 * counted / of, "ok", counted, of))
    columns = ["la_code", "area", "level", "region_code", "value", "status", "numerator", "denominator"]
    table = pd.DataFrame(rows, columns=columns)
    table.loc[table["area"] == "Area 9", ["value", "status", "numerator"]] = [float("nan"), "c", float("nan")]
    table = table.assign(
        ons_code=table["la_code"], year=2023, period="2023", region_name="North", line=LINE, figure="percent", unit="%"
    )
    return table.assign(better="higher", area_status="current", per=100.0, **changes)


LISTED = pd.DataFrame({"la_code": "307", "rank": range(1, 5), "neighbour_code": ["300", "309", "310", "311"]})


def alternative(html) -> str:
    return re.search(r' alt="([^"]*)"', html.text).group(1)


def caption(html) -> str:
    return re.sub(r"<[^>]+>", "", re.search(r"<figcaption>(.*)</figcaption>", html.text).group(1))


def test_the_area_far_below_is_said_to_be_so_in_words_and_in_the_alternative_text():
    html = funnel_chart.areas(published(), LINE, "307", LISTED)

    # 62 of 123 is 50.4 %.
    for said in (alternative(html), caption(html)):
        assert "Area 7 50% (below 99.8%, worse)." in said
        assert "1 of 59 lie outside the 95% limits." in said
    assert "England 90%" in alternative(html)


def test_the_caption_explains_lines_marks_and_what_is_not_drawn():
    said = caption(funnel_chart.areas(published(), LINE, "307", LISTED))

    for words in ("Dashed: 95% limits; solid: 99.8%.", "Square: this area. Diamonds:", "Not drawn: 1 c (hidden"):
        assert words in said
    assert "The scale does not start at 0." in said


def test_the_same_table_gives_the_same_picture():
    once, again = (funnel_chart.areas(published(), LINE, "307", LISTED) for _ in range(2))
    assert once == again


def test_a_line_that_is_not_there_or_a_count_has_no_funnel():
    with pytest.raises(FunnelChartError, match="no percent of “Other”"):
        funnel_chart.areas(published(), "Other")
    with pytest.raises(FunnelChartError, match="shares and rates; this figure is in children"):
        funnel_chart.areas(published(unit="children"), LINE)


def test_fewer_than_three_groups_are_a_sentence():
    few = published().head(3)
    assert "No funnel: fewer than three groups" in funnel_chart.areas(few, LINE).text


def test_the_spread_between_areas_is_said_when_it_is_allowed_for():
    said = caption(funnel_chart.areas(published(), LINE, settings=Settings(spread="winsorised")))
    assert "no more than by chance" in said or "differ beyond chance" in said


def test_groups_of_a_measure_are_drawn_from_protected_figures_only(public, drawn):
    with pytest.raises(TypeError, match="only what disclosure has protected"):
        funnel_chart.groups(drawn.series(), drawn.cl_eet_pct, "age_band")


def test_names_in_the_picture_never_touch_a_point_or_one_another(monkeypatch):
    taken = []
    place = funnel_chart._placed

    def spy(axes, renderer, row, spot, boxes, dots):
        done = place(axes, renderer, row, spot, boxes, dots)
        taken[:] = boxes[1:]
        return done

    monkeypatch.setattr(funnel_chart, "_placed", spy)
    teams = pd.DataFrame({"group": [f"A team with a long name {i}" for i in range(9)], "denominator": 60.0})
    teams = teams.assign(numerator=[10, 11, 12, 50, 51, 52, 35, 36, 37], status="ok")
    html = funnel_chart._drawn(teams, Settings(), 60.0, "Plans", "now", "%", "higher", "Everyone", True)

    assert len(taken) >= 4
    assert not any(a.overlaps(b) for i, a in enumerate(taken) for b in taken[i + 1 :])
    # Those without room are named in words instead.
    assert len(taken) == 6 or "Not named in the picture" in caption(html)


# The table


def compared(**options) -> pd.DataFrame:
    return neighbours.compare(published(), "307", LISTED, **options)


def test_the_table_gives_figure_interval_neighbours_rank_and_band():
    text = re.sub(r"<[^>]+>", " ", compare_table.table(compared()).text)

    for words in ("62 of 123, 42% to 59%", "90%", "3 of 4", "59 of 59", "band D", "worse"):
        assert words in re.sub(r"\s+", " ", text)


def test_the_table_explains_symbols_and_says_what_is_hidden():
    own = neighbours.compare(
        published(), "309", LISTED.assign(la_code="309", neighbour_code=["300", "307", "310", "311"])
    )
    text = re.sub(r"<[^>]+>", "", compare_table.table(own).text)

    assert "c: hidden, a small number." in text
    said = unescape(compare_table.table(compared()).text)
    assert "In 1 of 1 lines some neighbours' figures are hidden." in said


def test_a_year_or_line_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="for 2020 holds no shares or rates"):
        compare_table.table(compared(), 2020)
    with pytest.raises(ValueError, match="no “Other”"):
        compare_table.table(compared(), lines=["Other"])
