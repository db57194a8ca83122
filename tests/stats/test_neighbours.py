"""An area beside England, its region and its neighbours: against a table worked by hand, and what is never done."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from drawn import table as draw
from incare.__main__ import app
from incare.published import ees
from incare.published import neighbours as lists
from incare.stats import neighbours

# Worked by hand from the files of the 2023 release and the neighbours of 2025: the ten neighbours' percentages in the
# order of the list, c where hidden.
BY_HAND = {
    # Aged 19 to 21 in education, employment or training: 67 58 53 59 47 39 45 47 45 68 sum to 528; the two in the
    # middle are 47 and 53; 1,428 of 2,608 young people; 67 of 150 areas are higher.
    "330": {
        "file": "la_care_leavers_activity.csv",
        "line": "19 to 21 years · Total in education, employment or training",
        "figures": {"value": 56, "england": 56, "region": 55, "neighbours_mean": 52.8, "neighbours_median": 50},
        "pooled": 100 * 1428 / 2608,
        "counts": (10, 10, 0, 0),
        "rank": (68, 150, 2, "B"),
    },
    # Three or more placements in the year (lower is better): 9 13 9 14 11 4 12 15 13 3 sum to 103; 11 and 12 in the
    # middle; 373 neighbouring children (32 38 40 55 36 19 51 48 43 11); 66 of 149 areas are lower.
    "309": {
        "file": "la_cla_placement_stability.csv",
        "line": "CLA on 31 March · With 3 or more placements during the year",
        "figures": {"value": 10, "england": 10, "region": 11, "neighbours_mean": 10.3, "neighbours_median": 11.5},
        "counts": (10, 10, 0, 0),
        "rank": (67, 149, 2, "B"),
    },
    # Aged 18 and still with former foster carers: 64 47 80 39 c c 62 65 57 43 sum to 457 over eight; 57 and 62 in the
    # middle; 106 of 120 areas are higher.
    "803": {
        "file": "la_care_leavers_stayput.csv",
        "line": "18 years · Total living with former foster carers in the current year",
        "figures": {"value": 47, "england": 61, "region": 63, "neighbours_mean": 57.125, "neighbours_median": 59.5},
        "counts": (10, 8, 2, 0),
        "rank": (107, 120, 4, "D"),
    },
}


@pytest.mark.parametrize("area", BY_HAND)
def test_three_areas_are_as_worked_by_hand_from_the_published_files(shared, area):
    published, wanted = shared / "data" / "published", BY_HAND[area]
    table = ees.read(published / "raw_ees_release_2023" / wanted["file"])
    listed = lists.read(published / "reference" / "sn_may_2025.xlsx")
    found = neighbours.compare(table, area, listed)
    row = found[(found["line"] == wanted["line"]) & (found["year"] == 2023) & (found["figure"] == "percent")].iloc[0]

    assert {name: row[name] for name in wanted["figures"]} == pytest.approx(wanted["figures"])
    kinds = ("total", "used", "suppressed", "not_published")
    assert tuple(row[f"neighbours_{kind}"] for kind in kinds) == wanted["counts"]
    assert tuple(row[name] for name in ("rank", "ranked", "quartile", "quartile_band")) == wanted["rank"]
    assert row["neighbours_pooled"] == pytest.approx(wanted.get("pooled", row["neighbours_pooled"]))


# A country of six


def country(text: str = "", **changes) -> pd.DataFrame:
    """Areas with the counts in care leavers in touch drawn below, of 100 each, for 2023 and one before."""
    drawn = draw(
        text
        or """
        code | region | value | status
        -----+--------+-------+-------
        101  | R1     | 50    | ok
        102  | R1     | 70    | ok
        103  | R1     |       | c
        104  | R2     | 60    | ok
        105  | R2     |       | z
        106  | R2     | 90    | ok
        """
    )
    value = pd.to_numeric(drawn["value"].replace("", np.nan))
    rows = pd.DataFrame({"la_code": drawn["code"], "ons_code": "E0" + drawn["code"], "area": "Area " + drawn["code"]})
    rows = rows.assign(level="area", region_code=drawn["region"], value=value, status=drawn["status"])
    above = [("country", "", "England", 66.0), *(("region", r, f"Region {r}", 60.0) for r in ("R1", "R2"))]
    for level, region, name, figure in above:
        rows.loc[len(rows)] = ["", "", name, level, region, figure, "ok"]
    rows = rows.assign(
        year=2023,
        period="2023",
        region_name="",
        line="In touch",
        figure="percent",
        unit="%",
        better="higher",
        per=100.0,
    )
    rows = rows.assign(area_status="current", numerator=rows["value"], denominator=100.0)
    return rows.assign(**changes)


LISTED = pd.DataFrame({"la_code": "101", "rank": range(1, 6), "neighbour_code": ["102", "103", "104", "105", "199"]})


def compared(table=None, listed=LISTED, **options) -> pd.Series:
    return neighbours.compare(country() if table is None else table, "101", listed, **options).iloc[0]


def test_hidden_and_unpublished_neighbours_are_counted_and_nothing_is_put_in_their_place():
    row = compared()

    # 102 and 104 have figures; 103 is hidden; 105 not applicable; 199 not in the file.
    kinds = ("total", "used", "suppressed", "not_published")
    assert [row[f"neighbours_{kind}"] for kind in kinds] == [5, 2, 1, 2]
    assert (row["neighbours_mean"], row["neighbours_median"], row["neighbours_pooled"]) == (65, 65, 65)


def test_fewer_than_half_of_the_neighbours_give_no_category_and_say_why():
    row = compared()

    assert (row["neighbours_category"], row["neighbours_status"]) == ("not comparable", neighbours.FEW_SHOWN)
    assert compared(listed=LISTED[:4])["neighbours_category"] == "worse"


@pytest.mark.parametrize(
    ("better", "england", "rank", "band"),
    [("higher", "worse", 4, "D"), ("lower", "better", 1, "A"), ("neutral", "lower", 4, "")],
)
def test_better_and_worse_rank_and_band_follow_the_direction_that_is_better(better, england, rank, band):
    # 50 of 100 has the interval 40 to 60; England is at 66. Four areas have a figure: 50, 70, 60 and 90.
    row = compared(better=better)

    assert (row["england_category"], row["rank"], row["ranked"], row["quartile_band"]) == (england, rank, 4, band)
    # The region's 60 is inside 40.4 to 59.6? No: just outside.
    assert row["upper"] < 60


def test_a_figure_inside_the_areas_own_interval_is_similar():
    assert compared(country(denominator=40.0, numerator=country()["value"] * 0.4))["england_category"] == "worse"
    assert compared(country(denominator=20.0, numerator=country()["value"] * 0.2))["england_category"] == "similar"


def test_where_most_areas_are_hidden_there_is_a_rank_but_no_band():
    hidden = country().assign(status=lambda t: t["status"].mask(t["la_code"].isin(["102", "104"]), "c"))
    row = compared(hidden)

    assert (row["rank"], row["ranked"], row["quartile_band"]) == (2, 2, "")


def test_an_area_whose_own_figure_is_hidden_has_a_row_and_no_comparison():
    row = neighbours.compare(
        country(), "103", LISTED.assign(la_code="103", neighbour_code=LISTED["neighbour_code"])
    ).iloc[0]

    assert (row["status"], row["england_category"], row["direction"]) == ("c", "not comparable", "not comparable")
    assert pd.isna(row["rank"])


def test_counts_have_no_category_and_no_rank():
    row = compared(country(figure="count", unit="children", denominator=np.nan, per=1.0))

    assert (row["england_category"], pd.isna(row["rank"]), row["neighbours_median"]) == ("not comparable", True, 65)


def test_a_year_is_compared_with_the_one_next_to_it_only():
    low = country(year=2022, period="2022").assign(value=lambda t: t["value"] - 25, numerator=lambda t: t["value"])
    two = neighbours.compare(pd.concat([country(), low], ignore_index=True), "101")
    assert two.sort_values("year")["direction"].tolist() == ["not comparable", "better"]
    assert two.sort_values("year")["change"].tolist()[1] == 25

    gap = pd.concat([country(), low.assign(year=2021, period="2021")], ignore_index=True)
    assert neighbours.compare(gap, "101")["direction"].unique().tolist() == ["not comparable"]


def test_without_a_list_the_columns_are_there_and_say_why():
    row = compared(listed=None)
    assert row["neighbours_status"] == "no list of neighbours given"
    assert pd.isna(row["neighbours_used"])
    assert compared(listed=LISTED.assign(la_code="102"))["neighbours_status"].endswith("does not hold this area")


def test_an_unknown_area_is_refused_with_the_nearest_and_two_of_one_name_with_their_codes():
    with pytest.raises(neighbours.NeighboursError, match=r"No area 107 in this table; the nearest: .*10\d Area 10\d"):
        neighbours.find_area(country(), "107")
    two = country().assign(area=lambda t: t["area"].replace({"Area 102": "Area 101"}))
    with pytest.raises(neighbours.NeighboursError, match="is the name of 2 areas; give a code: 101, 102"):
        neighbours.find_area(two, "area 101")
    assert neighbours.find_area(country(), "e0104") == "104"


def test_an_area_twice_is_refused():
    with pytest.raises(neighbours.NeighboursError, match="Area 101 has two rows for 2023"):
        compared(pd.concat([country(), country()[:1]]))


def test_another_word_for_better_is_refused():
    with pytest.raises(neighbours.NeighboursError, match='found "up"'):
        compared(better="up")


def test_the_notes_name_an_abolished_area_and_where_it_went():
    gone = country().assign(area_status=lambda t: t["area_status"].mask(t["la_code"] == "101", "abolished"))
    gone["la_code"] = gone["la_code"].replace({"101": "928"})
    said = neighbours.notes(neighbours.compare(gone, "928"))

    assert said[0] == "Area 101 was abolished in 2023 (see 940, 941); those rows have no figures."
    assert said[1] == "No comparison with neighbours: no list of neighbours given."


# The command


def run(*arguments):
    return CliRunner().invoke(app, ["compare", *map(str, arguments)])


def test_the_command_writes_the_comparison_of_a_downloaded_file(shared, tmp_path):
    published = shared / "data" / "published"
    file = published / "raw_ees_release_2023" / "la_care_leavers_stayput.csv"
    book = published / "reference" / "sn_may_2025.xlsx"
    done = run(file, "--area", "803", "--neighbours", book, "-o", tmp_path / "out.csv")
    found = pd.read_csv(tmp_path / "out.csv", dtype={"la_code": str})

    assert done.exit_code == 0, done.output
    assert "South Gloucestershire (803)" in done.stderr
    row = found[(found["line"] == BY_HAND["803"]["line"]) & (found["year"] == 2023) & (found["figure"] == "percent")]
    assert row[["neighbours_mean", "neighbours_suppressed", "rank"]].to_numpy().tolist() == [[57.125, 2, 107]]


def test_the_command_refuses_an_unknown_area_and_writes_nothing(shared, tmp_path):
    file = shared / "data" / "published" / "raw_ees_release_2023" / "la_care_leavers_stayput.csv"
    done = run(file, "--area", "Brimingham", "-o", tmp_path / "out.csv")

    assert done.exit_code == 1
    assert isinstance(done.exception, neighbours.NeighboursError)
    assert "the nearest: 330 Birmingham" in str(done.exception)
    assert not (tmp_path / "out.csv").exists()
