"""Files of Explore Education Statistics as downloaded, in every layout, and what is refused in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from incare.published import ees, neighbours

HEAD = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,"
    "old_la_code,la_name,new_la_code"
)
PLACES = {
    "England": "National,E92000001,England,,,,,",
    "North West": "Regional,E92000001,England,E12000002,North West,,,",
    "Oldham": "Local authority,E92000001,England,E12000002,North West,353,Oldham,E08000004",
    "Bury": "Local authority,E92000001,England,E12000002,North West,351,Bury,E08000002",
    "Cumbria": "Local authority,E92000001,England,E12000002,North West,909,Cumbria,E10000006",
    "Cumberland": "Local authority,E92000001,England,E12000002,North West,942,Cumberland,E06000063",
    "N Yorkshire old": "Local authority,E92000001,England,E12000003,Yorks,815,North Yorkshire,E10000023",
    "N Yorkshire new": "Local authority,E92000001,England,E12000003,Yorks,815,North Yorkshire,E06000065",
}


def line(place: str, *cells, year="2023") -> str:
    level, rest = PLACES[place].split(",", 1)
    return ",".join([year, "Reporting year", level, rest, *map(str, cells)])


def written(folder: Path, lines: list[str], columns="age,in_touch,number,percentage", ends="\n", bom=False) -> Path:
    path = folder / "table.csv"
    text = ends.join([f"{HEAD},{columns}", *lines]) + ends
    path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))
    return path


SMALL = [
    line("England", "Aged 18", "In touch", 90, 75),
    line("England", "Aged 18", "Total", 120, 100),
    line("Oldham", "Aged 18", "In touch", 6, 60),
    line("Oldham", "Aged 18", "Total", 10, 100),
    line("Bury", "Aged 18", "In touch", "c", "c"),
    line("Bury", "Aged 18", "Total", 12, 100),
]


def test_a_table_becomes_a_row_for_each_figure_with_its_base(tmp_path):
    table = ees.read(written(tmp_path, SMALL))
    oldham = table[(table["area"] == "Oldham") & (table["line"] == "18 years · In touch")].set_index("figure")

    assert oldham.loc["percent", ["value", "numerator", "denominator", "unit"]].tolist() == [60, 6, 10, "%"]
    assert oldham.loc["count", ["value", "la_code", "level", "year"]].tolist() == [6, "353", "area", 2023]


def test_a_symbol_stays_a_symbol_and_is_never_a_number(tmp_path):
    rows = [*SMALL[:4], *(line("Bury", "Aged 18", f"Reason {s}", s, s) for s in ees.SYMBOLS)]
    table = ees.read(written(tmp_path, rows))
    bury = table[table["area"] == "Bury"]

    assert sorted(bury["status"].unique()) == sorted(ees.SYMBOLS)
    assert bury["value"].isna().all()
    assert bury["numerator"].isna().all()


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    plain = ees.read(written(tmp_path, SMALL))
    pd.testing.assert_frame_equal(plain, ees.read(written(tmp_path, SMALL, ends="\r\n", bom=True)))


def test_the_layout_of_2025_gives_the_table_of_2023(tmp_path):
    of_2023 = ees.read(written(tmp_path, SMALL))
    later = [text.replace("Aged 18", "18 years") for text in SMALL]
    columns = "care_leaver_age,breakdown,care_leaver_count,care_leaver_percent"
    pd.testing.assert_frame_equal(of_2023, ees.read(written(tmp_path, later, columns)))


@pytest.mark.parametrize(
    ("folder", "name", "lines"),
    [
        ("raw_ees_release_2022", "la_care_leavers_accommodation_suitability.csv", 8),
        ("raw_ees_release_2023", "la_care_leavers_accommodation_suitability.csv", 8),
        ("raw_ees_layout_2025_cut", "la_care_leavers_accommodation_suitability.csv", 8),
        ("raw_ees_layout_2024_cut", "la_cla_placement_stability.csv", 6),
        ("raw_ees_layout_2025_cut", "cla_number_and_rate_per_10k_children.csv", 3),
    ],
)
def test_every_layout_is_read_whole_and_no_figure_is_lost(shared, folder, name, lines):
    path = shared / "data" / "published" / folder / name
    raw = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    table = ees.read(path)
    # Counts and the other figure; the population stands beside its rate.
    figures = [name for name in raw if name in ees.FIGURES and name != "population_estimate"]
    numbers = sum(pd.to_numeric(raw[name], errors="coerce").notna().sum() for name in figures)

    assert len(table) == len(figures) * len(raw)
    assert table["value"].notna().sum() == numbers
    assert table["line"].nunique() == lines
    assert (table["value"].notna() == (table["status"] == "ok")).all()


def test_lines_of_three_releases_are_spelt_alike(shared):
    name = "la_care_leavers_accommodation_suitability.csv"
    folders = ("raw_ees_release_2022", "raw_ees_release_2023", "raw_ees_layout_2025_cut")
    found = [set(ees.read(shared / "data" / "published" / folder / name)["line"]) for folder in folders]

    assert found[0] == found[1] == found[2]


def test_published_rates_and_shares_are_their_numerator_over_their_denominator(shared):
    folder = shared / "data" / "published" / "raw_ees_release_2023"
    for name, figure in (
        ("cla_number_and_rate_per_10k_children.csv", "rate"),
        ("la_care_leavers_intouch.csv", "percent"),
    ):
        table = ees.read(folder / name)
        rows = table[(table["figure"] == figure) & (table["level"] == "area") & (table["status"] == "ok")]
        rows = rows[rows["numerator"].notna() & rows["denominator"].notna()]
        gap = (rows["per"] * rows["numerator"] / rows["denominator"] - rows["value"]).abs()
        assert len(rows) > 1000
        assert (gap <= 0.51).mean() > 0.99


def test_averages_and_percentages_in_a_column_of_counts_are_told_apart(shared):
    name = "la_children_who_were_missing_or_away_from_placement_without_authorisation.csv"
    table = ees.read(shared / "data" / "published" / "raw_ees_release_2023" / name)
    share = table[(table["figure"] == "percent") & table["denominator"].notna() & (table["status"] == "ok")]

    assert set(table["figure"]) == {"count", "percent", "average"}
    assert len(share) > 1000
    assert ((100 * share["numerator"] / share["denominator"] - share["value"]).abs() <= 0.51).mean() > 0.98


# Reorganised areas


def test_an_area_that_is_no_more_or_not_yet_says_so(shared):
    table = ees.read(shared / "data" / "published" / "raw_ees_release_2023" / "la_care_leavers_stayput.csv")
    standing = table[table["level"] == "area"].groupby(["la_code", "year"])["area_status"].first()

    assert standing[("928", 2021)] == "current"
    assert standing[("928", 2022)] == "abolished"
    assert standing[("940", 2021)] == "not yet created"
    assert standing[("835", 2019)] == "current"
    assert (table.loc[table["area_status"] != "current", "status"] == "z").all()


def test_two_national_codes_of_one_area_are_one_area(tmp_path):
    rows = [
        *SMALL,
        line("N Yorkshire old", "Aged 18", "Total", "z", "z"),
        line("N Yorkshire new", "Aged 18", "Total", 9, 100),
    ]
    found = ees.read(written(tmp_path, rows))
    found = found[(found["la_code"] == "815") & (found["figure"] == "count")]

    assert found[["value", "ons_code"]].to_numpy().tolist() == [[9, "E06000065"]]


def test_an_old_area_and_its_successor_in_one_year_would_count_twice_and_are_refused(tmp_path):
    rows = [*SMALL, line("Cumbria", "Aged 18", "Total", 90, 100, year="2024")]
    assert len(ees.read(written(tmp_path, rows))) == 14  # alone, and marked as abolished

    rows.append(line("Cumberland", "Aged 18", "Total", 50, 100, year="2024"))
    with pytest.raises(ees.EesError, match=r"row 8: Cumbria \(909\) has a figure for 2024, and so have 942, 943"):
        ees.read(written(tmp_path, rows))


# What is refused

NORTH_YORKSHIRE_TWICE = [line(f"N Yorkshire {age}", "Aged 18", "Total", 9, 100) for age in ("old", "new")]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([*SMALL, line("Bury", "Aged 19", "Total", "n/a", 100)], r'table.csv, row 8, column number: .* found "n/a"'),
        ([*SMALL, line("Bury", "Aged 19", "Total", "C", 100)], 'row 8, column number.*found "C"'),
        ([*SMALL, line("Bury", "Aged 19", "Total", "", 100)], "row 8, column number"),
        ([*SMALL, line("Bury", "Aged 19", "Total", "inf", 100)], "row 8, column number"),
        ([*SMALL, SMALL[3]], r"rows 5 and 8: both are Oldham in 2023 for 18 years · Total"),
        ([*SMALL, *NORTH_YORKSHIRE_TWICE], "rows 8 and 9: both are North Yorkshire"),
        ([*SMALL, line("Bury", "Aged 18", "Other", 1, 8, year="23")], "row 8, column time_period"),
        ([*SMALL, SMALL[4].replace("Local authority", "Ward")], "row 8, column geographic_level"),
        ([], "no rows"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_file_row_and_column(tmp_path, lines, message):
    with pytest.raises(ees.EesError, match=message):
        ees.read(written(tmp_path, lines))


def test_a_file_of_another_kind_is_refused_with_what_is_missing(tmp_path):
    (tmp_path / "other.csv").write_text("CHILD,DOB\n1,2\n")
    with pytest.raises(ees.EesError, match=r"missing: time_period.*found: CHILD, DOB"):
        ees.read(tmp_path / "other.csv")
    with pytest.raises(ees.EesError, match="There is no file"):
        ees.read(tmp_path / "absent.csv")
    (tmp_path / "old.csv").write_bytes(HEAD.encode() + b",age,number\n\xff\xfe,1\n")
    with pytest.raises(ees.EesError, match="UTF-8"):
        ees.read(tmp_path / "old.csv")


# Neighbours


def test_the_workbook_of_neighbours_is_the_tidy_list(shared):
    folder = shared / "data" / "published" / "reference"
    book, listed = (
        neighbours.read(folder / "sn_may_2025.xlsx"),
        neighbours.read(folder / "statistical_neighbours_2025.csv"),
    )

    pd.testing.assert_frame_equal(book, listed)
    assert book.groupby("la_code").size().unique().tolist() == [10]


def workbook(path: Path, *rows) -> Path:
    book = openpyxl.Workbook()
    for row in (("A", "B"), ("LA num", "LA Name", "SN1", "SNP", "SN2", "SNP"), *rows):
        book.active.append(row)
    book.save(path)
    return path


def test_a_small_workbook_gives_rank_and_closeness(tmp_path):
    found = neighbours.read(
        workbook(tmp_path / "sn.xlsx", (353, "Oldham", 351, "Close", 350, "Very close"), (None,) * 6)
    )

    assert found.to_numpy().tolist() == [["353", 1, "351", "Close"], ["353", 2, "350", "Very close"]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((353, "Oldham", 353, "", 350, ""), "row 3: area 353 stands twice, is its own neighbour"),
        ((353, "Oldham", 350, "", 350, ""), "row 3: area 353"),
        ((353, "Oldham", "Bury", "", 350, ""), 'row 3, column neighbour_code: .* found "Bury"'),
        ((353, "Oldham", None, "", 350, ""), "row 3, column neighbour_code"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused(tmp_path, row, message):
    with pytest.raises(neighbours.NeighbourListError, match=message):
        neighbours.read(workbook(tmp_path / "sn.xlsx", row))


def test_a_workbook_of_something_else_is_refused(tmp_path):
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(neighbours.NeighbourListError, match='"LA num" and "SN1"'):
        neighbours.read(tmp_path / "other.xlsx")
    assert np.issubdtype(
        neighbours.read(workbook(tmp_path / "sn.xlsx", (1.0 * 353, "O", 351, "", 350, "")))["rank"], int
    )
