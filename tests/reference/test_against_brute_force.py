"""The library's numbers are those of an independent count, on clean and dirty records, to the last child."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from incare import sample
from incare.measure import Catalogue
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import read
from incare.series import calculate
from tests.reference import brute_force, brute_local

ROOT = Path(__file__).resolve().parents[2]
BREAKDOWNS = ("age_band", "sex", "uasc", "category_of_need", "legal_status", "placement", "ethnicity")
MEASURES = catalogue().only([m.id for m in catalogue() if m.id in brute_force.MEASURES])
# Folder, last month, months compared, the step between months that are also compared by breakdown.
RECORDS = {
    "westmere": ("2025-03-31", 71, 12, {}),
    "cs_demand_model_combined": ("2022-03-31", 48, 12, {"year_offset": 1}),
    "lac_validator_fake": ("2018-03-31", 1, 1, {"year": 2018}),
}


def ours(series: pd.DataFrame) -> dict[tuple, tuple[float, float]]:
    """Numerator and denominator of every figure the library gives, by measure, breakdown, month and category."""
    known = series[(series["status"] == "ok") | (series["denominator"] == 0)]
    keys = zip(known["measure"], known["breakdown"], known["period_end"], known["category"], strict=True)
    return dict(zip(keys, zip(known["numerator"], known["denominator"].fillna(-1), strict=True), strict=True))


def theirs(data, months: Periods, places: list[int], by: tuple[str, ...], wanted: set) -> dict:
    """The same figures counted one month at a time; only of measures and months that the library can answer."""
    answers = {}
    for place in places:
        start, end = pd.Timestamp(months.starts[place]), pd.Timestamp(months.ends[place])
        # Who was in care on a day is asked once for the day, not once for every measure.
        asked = data | {"kept": {}}
        for measure in MEASURES:
            if (measure.id, end) not in wanted:
                continue
            rows = brute_force.picked(asked, measure.id, start, end)
            for name in (None, *by):
                breakdown = " / ".join(filter(None, (name, measure.parts))) or "total"
                for category, numerator, denominator in brute_force.tally(rows, data, measure.id, end, name):
                    answers[measure.id, breakdown, end, category] = (
                        numerator,
                        -1 if denominator is None else denominator,
                    )
    return answers


def differing(mine: dict, other: dict) -> tuple[dict, int]:
    """Figures in which the two counts differ, and how many were compared."""
    both = {key: value for key, value in other.items() if key in mine}
    wrong = {
        key: (mine[key], value)
        for key, value in both.items()
        if abs(mine[key][0] - value[0]) > 1e-6 or abs(mine[key][1] - value[1]) > 1e-6
    }
    return wrong, len(both)


def differences(folder, ending: str, count: int, step: int, **how) -> tuple[dict, int]:
    """Every month in total, and every `step`th month by every breakdown."""
    data = brute_force.clean(brute_force.load(folder, **how))
    months = Periods.months(ending, count)
    mine = ours(calculate(MEASURES, read(folder, area="A"), months, by=BREAKDOWNS))
    wanted = {(measure, end) for measure, _, end, _ in mine}
    chosen = list(range(count - 1, -1, -step))
    other = theirs(data, months, [n for n in range(count) if n not in chosen], (), wanted)
    return differing(mine, other | theirs(data, months, chosen, BREAKDOWNS, wanted))


@pytest.mark.parametrize("name", RECORDS)
def test_every_figure_of_a_supplied_record_is_counted_alike(shared, tmp_path, name):
    ending, count, step, how = RECORDS[name]
    # The CSV files only: one folder also holds another return as XML.
    source = shared / "data" / "ssda903" / name
    copied = shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("*.xml", "*.xlsx"))
    different, compared = differences(copied, ending, count, step, **how)
    assert compared > 900
    assert different == {}


def test_every_figure_of_stacked_returns_is_counted_alike_after_their_copies_are_set_aside(shared, tmp_path):
    """The regional sample stacks its returns by a column YEAR; each year becomes a folder for the other count."""
    source = shared / "data" / "ssda903" / "cs_demand_model_regional_v1"
    for path in source.glob("*.csv"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for year, rows in table.groupby("YEAR"):
            place = tmp_path / str(year)
            place.mkdir(exist_ok=True)
            rows.drop(columns="YEAR").to_csv(place / path.name, index=False)
    record = read(source, area="A")
    ending = str(np.datetime64(record.covers[1], "D"))
    offset = record.covers[1].astype("datetime64[Y]").astype(int) + 1970 - max(int(p.name) for p in tmp_path.iterdir())
    different, compared = differences(tmp_path, ending, 24, 12, year_offset=offset)
    assert compared > 900
    assert different == {}


def test_every_figure_of_an_invented_authority_is_counted_alike(tmp_path):
    (folder,) = sample.write(tmp_path, seed=3, children=120, years=4, areas=1)
    different, compared = differences(folder / "ssda903", "2025-03-31", 24, 6)
    assert compared > 1000
    assert different == {}


# Dirty records


@pytest.mark.parametrize("chance", range(4))
def test_every_figure_of_fifty_drawn_records_with_dirt_is_counted_alike(chance):
    """Four times fifty records, so that several processes can share them.

    Hypothesis also draws numbers that stand in the modules that are loaded; a process of its own loads the same ones
    every time, so that the records are the same on every machine.
    """
    command = [sys.executable, "-m", "tests.reference.dirty_count", str(chance)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-8000:] + told.stderr[-8000:]
    assert told.stdout.startswith("50 records, ")


# Local tables


SNAPSHOT = {"basis": "snapshot"}
DATES = {"form": "dates"}
CHOICES = {
    **{name: DATES for name in ("health_assessment_pct", "dental_check_pct", "immunisations_pct", "offending_pct")},
    **{name: DATES for name in ("development_check_pct", "sdq_completed_pct", "sdq_average", "sdq_band_pct")},
    **{name: SNAPSHOT for name in ("cl_in_touch_pct", "cl_eet_pct", "cl_neet_pct", "cl_suitable_accommodation_pct")},
    "cl_accommodation_types": SNAPSHOT,
    "cl_count": SNAPSHOT | {"ages": (17, 18, 19, 20, 21, 22, 23, 24, 25)},
    "cl_bed_and_breakfast_count": {"form": "ever"},
}


# The other count names the parts of these by their codes.
LABELS = {
    "cl_accommodation_types": {
        "B": "With parents or relatives",
        "C": "Residential or health setting",
        "D": "Semi-independent, with support",
        "E": "Supported lodgings",
        "G": "Gone abroad",
        "H": "Deported",
        "K": "Ordinary lodgings",
        "R": "Residence not known",
        "S": "No fixed abode or homeless",
        "T": "Foyer or similar",
        "U": "Independent living",
        "V": "Emergency accommodation",
        "W": "Bed and breakfast",
        "X": "In custody",
        "Y": "Other",
        "Z": "With former foster carers",
        "Not recorded": "No information",
    },
    "cl_neet_detail": {
        "HOUSING_COST": "Cost of housing",
        "MENTAL_HEALTH": "Mental health",
        "BENEFITS": "Benefits",
        "CARING": "Caring for someone",
        "CUSTODY": "In custody",
        "WAITING_START": "Waiting to start",
        "OTHER": "Other",
    },
}


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """An invented authority with every local table, read by both."""
    (folder,) = sample.write(tmp_path_factory.mktemp("council"), seed=3, children=120, years=4, areas=1)
    local = brute_local.load_local(folder)
    data = brute_local.with_known_starts(brute_force.clean(brute_force.load(folder / "ssda903")), local)
    return read(folder, area="A"), data, local


@pytest.mark.parametrize("name", brute_local.MEASURES)
def test_every_figure_of_local_tables_is_counted_alike(council, name):
    record, data, local = council
    quarters = Periods.quarters("2025-03-31", 7)
    measure = catalogue()[name].choose(**CHOICES.get(name, {}))
    series = calculate(Catalogue((measure,)), record, quarters)
    compared = 0
    for place in range(len(quarters)):
        end = pd.Timestamp(quarters.ends[place])
        mine = series[(series["period_end"] == end) & (series["status"] != "x")]
        if mine.empty:
            continue
        other = brute_local.answer(data, local, name, quarters.starts[place], quarters.ends[place])
        if measure.parts:
            parts = mine[mine["breakdown"] == measure.parts]
            found = {row.category: int(row.numerator) for row in parts.itertuples() if row.numerator}
            names = LABELS.get(name, {})
            assert found == {names.get(part, part): number for part, number in other.items()}, end
        else:
            row = mine[mine["breakdown"] == "total"].iloc[0]
            top, bottom = other
            assert row["numerator"] == pytest.approx(top), end
            assert bottom is None or row["denominator"] == pytest.approx(bottom), end
        compared += 1
    assert compared


def test_the_series_command_keeps_stock_and_flow_and_agrees_with_the_count(shared, tmp_path):
    """stock(t) = stock(t-1) + starts - ends in every month of the six returns."""
    folder = shared / "data" / "ssda903" / "westmere"
    params = tmp_path / "params" / "westmere.yaml"
    params.parent.mkdir()
    extract = json.dumps(os.fspath(folder))
    params.write_text(f"area: Westmere\nquarter: 2024-25 Q4\nas_at: 2025-03-31\nextract: {extract}\n")
    names = ["cla_count", "cla_started_count", "cla_ceased_count"]
    asked = ["--measures", ",".join(names), "--grain", "month", "--periods", "72", "-o", str(tmp_path / "s.csv")]
    subprocess.run([sys.executable, "-m", "incare", "series", str(params), *asked], check=True, capture_output=True)
    series = pd.read_csv(tmp_path / "s.csv", parse_dates=["period_start", "period_end"])
    total = series[series["breakdown"] == "total"]
    wide = total.pivot(index="period_end", columns="measure", values="numerator")
    flow = wide["cla_count"].shift() + wide["cla_started_count"] - wide["cla_ceased_count"]
    np.testing.assert_array_equal(wide["cla_count"].iloc[1:], flow.iloc[1:])
    assert len(wide) == 72

    data = brute_force.clean(brute_force.load(folder))
    for row in total.itertuples():
        counted = brute_force.answer(data, row.measure, row.period_start, row.period_end)
        assert counted == [("All", row.numerator, None)], (row.measure, row.period_end)
