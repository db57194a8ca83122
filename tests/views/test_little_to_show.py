"""Where almost nothing may be shown, a page says so in words and never prints an empty chart."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from extract import record_of
from incare.measures import catalogue
from incare.pack.figures import figures
from incare.views import charts, panels, tables

CHILDREN = 40


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Forty children in foster care, half of them boys, thirty aged 10 and ten aged 16; one in a children's home."""
    ids = [f"c{number:02d}" for number in range(CHILDREN)]
    episodes = pd.DataFrame(
        {"CHILD": ids, "DECOM": "01/05/2024", "RNE": "S", "DEC": "", "REC": "", "PLACE": ["K2", *["U4"] * 39]}
    )
    born = ["01/01/2015"] * 30 + ["01/01/2009"] * 10
    header = pd.DataFrame({"CHILD": ids, "SEX": ["M", "F"] * 20, "DOB": born, "ETHNIC": "WBRI"})
    # One had been unaccompanied and is not any more, so that the list is there and counts nobody.
    uasc = pd.DataFrame({"CHILD": ids[:1], "SEX": "M", "DOB": born[:1], "DUC": "01/06/2024"})
    record = record_of(tmp_path_factory.mktemp("extract"), 2025, episodes=episodes, header=header, uasc=uasc)
    return figures(record, catalogue(), quarter="2024-25 Q4", periods=4, by=["age_band", "sex"])


def test_a_breakdown_whose_groups_are_all_nought_or_hidden_has_no_chart(shown):
    html = charts.breakdown(shown, "cla_uasc_count", "sex").text
    assert "<img" not in html
    assert "no group has a figure above 0" in html


def test_two_periods_make_no_line(shown):
    few = shown.pipe(lambda frame: frame[frame["period_end"] >= "2024-12-31"])
    html = charts.trend(few, "cla_count").text
    assert "<img" not in html
    assert "too few periods" in html


def test_the_parts_of_a_mix_by_group_add_across_not_to_a_hundred_each_time(shown):
    html = tables.parts_by(shown, "placement_type_pct", "sex").text
    assert 'scope="col" class="n">Female</th>' in html
    # One boy of twenty is in a home: his cell, and that of the nineteen others, are hidden; all twenty girls are shown.
    row = re.search(r">Foster: other carers</th>(.*?)</tr>", html).group(1)
    assert re.sub(r"<[^>]+>", " ", row).split() == ["c", "100%", "z", "c"]


def test_a_panel_of_a_mix_shows_its_parts_by_group(shown):
    html = panels.measure(shown, catalogue()["placement_type_pct"], by=["age_band"]).text
    assert "Placements of children in care by age" in html
    assert "10 to 15" in html


def test_a_breakdown_that_does_not_apply_is_left_out(shown):
    html = panels.measure(shown, catalogue()["cla_rate"], by=["sex"]).text
    assert "By sex" not in html


def test_a_figure_published_for_a_later_year_is_no_benchmark(shown):
    table = pd.DataFrame(
        {"MEASURE_ID": "placement_kinship_pct", "YEAR": [2024, 2025, 2026], "AREA": "England", "VALUE": [1, 2, 3],
         "SOURCE": "invented"}
    )  # fmt: skip
    html = tables.benchmark(shown, catalogue()["placement_kinship_pct"], table).text
    assert "31 March 2025" in html
    assert "2026" not in html


def test_a_mix_of_which_nothing_can_be_shown_is_words_and_no_empty_picture(tmp_path):
    episodes = """
        CHILD | DECOM      | RNE
        ------+------------+----
        a     | 01/05/2024 | S
    """
    leaver = """
        CHILD | DOB        | IN_TOUCH | ACTIV | ACCOM
        ------+------------+----------+-------+------
        b     | 01/06/1999 | YES      | F2    | U1
    """
    record = record_of(tmp_path, 2025, episodes=episodes, oc3=leaver)
    nobody = figures(record, catalogue(), quarter="2024-25 Q4", periods=1)
    html = panels.measure(nobody, catalogue()["cl_neet_reasons"]).text
    assert "<img" not in html
    assert "No part can be shown" in html


def test_numbers_of_rules_are_names_and_stand_on_the_left():
    html = tables.plain(pd.DataFrame({"table": ["episodes"], "rule": ["501"], "rows": [40]}), "Rows repaired").text
    assert html.count('<td class="n">') == 1
