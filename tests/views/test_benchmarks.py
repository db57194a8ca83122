"""How an area compares: words only by the intervals, and a page that says what it lacks."""

from __future__ import annotations

import pandas as pd

from incare.published import files
from incare.published.files import PublishedFiles
from incare.views import benchmarks
from tests.views.reading import text


def england(**values) -> pd.DataFrame:
    return pd.DataFrame(
        [(m, 2025, "England", v, "DfE") for m, v in values.items()],
        columns=["MEASURE_ID", "YEAR", "AREA", "VALUE", "SOURCE"],
    )


def test_better_and_worse_need_england_outside_the_interval_here(small):
    # 80 % of 400: the interval is 76 to 84.
    shown = small.judged(small.rows(small.plans_pct, small.around(80)), small.rows(small.moves_pct, small.around(20)))
    found = text(benchmarks.summary(shown, small.only("plans_pct", "moves_pct"), england(plans_pct=70, moves_pct=21)))
    assert "Better than England Plans up to date" in found
    assert "Similar to England Moves in the year" in found
    found = text(benchmarks.summary(shown, small.only("plans_pct", "moves_pct"), england(plans_pct=90, moves_pct=12)))
    assert "Worse than England Plans up to date Moves in the year" in found


def test_a_measure_without_a_published_figure_is_named_not_applicable(small):
    shown = small.judged(small.rows(small.plans_pct, small.around(80)), small.rows(small.moves_pct, small.around(20)))
    said = text(benchmarks.england(shown, small.only("plans_pct", "moves_pct"), england(plans_pct=70)))
    assert "Plans up to date 80% 320 of 400 76% to 84%" in said
    assert "Not applicable, no comparable published figure: Moves in the year." in said


def test_a_count_has_a_figure_beside_it_and_no_word(small):
    shown = small.judged(small.rows(small.cla_count, [400] * 16))
    said = text(benchmarks.england(shown, small.only("cla_count"), england(cla_count=81_000)))
    assert "81,000 2025 not comparable" in said


def test_without_files_the_page_says_what_to_give_and_what_it_would_add():
    said = text(benchmarks.region_and_neighbours(files.read(None), "Testshire"))
    assert "name the folder under the key benchmarks" in said
    assert "hidden ones counted" in said


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_used(tmp_path):
    (tmp_path / "broken.csv").write_text("a,b\n1,2\n")
    found = files.read(tmp_path)
    assert found.tables == {}
    assert "broken.csv" in found.problems[0]
    assert "broken.csv" in text(benchmarks.region_and_neighbours(found, "Testshire"))


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    assert "holds no CSV file" in files.read(tmp_path).problems[0]


def table(*areas) -> PublishedFiles:
    """A table of one line as it is read: code, area, percent (None is hidden), of how many."""
    common = {"year": 2025, "period": "2025", "line": "In touch", "figure": "percent", "unit": "%", "better": "higher",
              "area_status": "current", "per": 100.0, "region_code": "E12", "region_name": "North"}  # fmt: skip
    rows = [
        {"level": "area", "la_code": code, "ons_code": f"E{code}", "area": name, "value": value, "denominator": whole,
         "numerator": None if value is None else value * whole / 100, "status": "c" if value is None else "ok"}
        for code, name, value, whole in areas
    ]  # fmt: skip
    rows += [
        {"level": level, "la_code": "", "ons_code": "", "area": name, "value": 80.0, "denominator": 10_000,
         "numerator": 8_000, "status": "ok"}
        for level, name in (("country", "England"), ("region", "North"))
    ]  # fmt: skip
    near = pd.DataFrame({"la_code": "301", "rank": [1, 2, 3], "neighbour_code": ["302", "303", "304"], "closeness": ""})
    frame = pd.DataFrame(rows).assign(**common).astype({n: float for n in ("value", "numerator", "denominator")})
    return PublishedFiles({"la_care_leavers_in_touch": frame}, near)


AREAS = [
    ("301", "Testshire", 60, 400),
    ("302", "Aford", 90, 300),
    ("303", "Bford", 70, 200),
    ("304", "Cford", None, 50),
    ("305", "Dford", 75, 100),
]


def test_neighbours_are_named_hidden_ones_counted_and_the_best_is_pointed_out():
    said = text(benchmarks.region_and_neighbours(table(*AREAS), "Testshire"))
    assert "Statistical neighbours, the closest first: Aford, Bford, Cford." in said
    # The median of 90 and 70; the third is hidden and counted.
    assert "80% 2 of 3" in said
    assert "In 1 of 1 lines some neighbours' figures are hidden" in said
    assert "In touch Aford 90% 2 of 3" in said
    assert "4 of 4" in said


def test_an_area_that_differs_from_england_stands_in_a_funnel():
    html = benchmarks.region_and_neighbours(table(*AREAS), "Testshire").text
    assert "Funnel chart of in touch" in html


def test_areas_named_in_the_params_take_the_place_of_the_neighbours():
    said = text(benchmarks.region_and_neighbours(table(*AREAS), "Testshire", ["Dford"]))
    assert "Neighbours: the areas named in the params file (Dford)." in said
    assert "75% 1 of 1" in said


def test_an_area_that_the_files_do_not_hold_is_said_with_the_nearest():
    said = text(benchmarks.region_and_neighbours(table(*AREAS), "Testshir"))
    assert "No area Testshir" in said
    assert "301 Testshire" in said
