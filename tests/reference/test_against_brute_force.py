"""The library's numbers are those of an independent count, on clean and dirty records, to the last child."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from incare import sample
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import read
from incare.series import calculate
from tests.reference import brute_force

BREAKDOWNS = ("age_band", "sex", "uasc", "legal_status", "placement", "ethnicity")
MEASURES = [m for m in catalogue() if m.id in brute_force.MEASURES]
RECORDS = {
    "westmere": ("2025-03-31", 60, 9, {}),
    "cs_demand_model_combined": ("2022-03-31", 48, 7, {"year_offset": 1}),
    "lac_validator_fake": ("2018-03-31", 1, 1, {"year": 2018}),
}


def ours(series: pd.DataFrame) -> dict[tuple, tuple[float, float]]:
    """Numerator and denominator of every figure the library gives, by measure, breakdown, month and category."""
    known = series[(series["status"] == "ok") | (series["denominator"] == 0)]
    keys = zip(known["measure"], known["breakdown"], known["period_end"], known["category"], strict=True)
    return dict(zip(keys, zip(known["numerator"], known["denominator"].fillna(-1), strict=True), strict=True))


def theirs(data, months: Periods, chosen: list[int]) -> dict[tuple, tuple[float, float]]:
    """The same figures counted one month at a time."""
    answers = {}
    for measure in MEASURES:
        for place in chosen:
            start, end = pd.Timestamp(months.starts[place]), pd.Timestamp(months.ends[place])
            rows = brute_force.picked(data, measure.id, start, end)
            for by in (None, *BREAKDOWNS):
                name = " / ".join(filter(None, (by, measure.parts))) or "total"
                for category, numerator, denominator in brute_force.tally(rows, data, measure.id, end, by):
                    whole = -1 if denominator is None else denominator
                    answers[measure.id, name, end, category] = (numerator, whole)
    return answers


def differences(folder, ending: str, count: int, step: int, **how) -> tuple[dict, int]:
    """Figures in which the two counts differ, and how many were compared."""
    data = brute_force.clean(brute_force.load(folder, **how))
    months = Periods.months(ending, count)
    series = calculate(catalogue().only([m.id for m in MEASURES]), read(folder, area="A"), months, by=BREAKDOWNS)
    mine, chosen = ours(series), list(range(count - 1, -1, -step))
    other = {key: value for key, value in theirs(data, months, chosen).items() if key in mine}
    return {key: (mine[key], value) for key, value in other.items() if mine[key] != value}, len(other)


@pytest.mark.parametrize("name", RECORDS)
def test_every_figure_of_a_supplied_record_is_counted_alike(shared, name):
    ending, count, step, how = RECORDS[name]
    different, compared = differences(shared / "data" / "ssda903" / name, ending, count, step, **how)
    assert compared > 900
    assert different == {}


def test_every_figure_of_an_invented_authority_is_counted_alike(tmp_path):
    (folder,) = sample.write(tmp_path, seed=3, children=120, years=4, areas=1)
    different, compared = differences(folder / "ssda903", "2025-03-31", 24, 6)
    assert compared > 1000
    assert different == {}


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
