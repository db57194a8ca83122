"""Laws of every measure, over councils with all their tables."""

from __future__ import annotations

import datetime as dt
import random

import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from incare.breakdowns import STANDARD
from incare.kinds import Count, Mix, Rate, Share
from incare.measures import catalogue
from incare.periods import Periods
from incare.series import calculate
from laws.councils import councils, known_by, record_of

# Each example reads a whole council several times and asks all measures; a failing one is small enough as it is.
few = settings(max_examples=6, phases=(Phase.explicit, Phase.reuse, Phase.generate), deadline=None)
MEASURES = catalogue()
KEY = ["measure", "breakdown", "category", "period_end"]
NUMBERS = ["numerator", "denominator", "value", "lower", "upper", "people", "set_aside", "recorded", "status"]
MONTHS = Periods.months("2025-03-31", 6)


def figures(tables, periods=MONTHS, **settings) -> pd.DataFrame:
    series = calculate(MEASURES, record_of(tables), periods, **settings)
    return series.sort_values(KEY).reset_index(drop=True)[KEY + NUMBERS]


@few
@given(councils(), st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter_in_any_table(council, chance):
    def mixed(table):
        order = list(range(len(table)))
        random.Random(chance).shuffle(order)
        return table.iloc[order]

    pd.testing.assert_frame_equal(
        figures(council.tables), figures({key: mixed(table) for key, table in council.tables.items()})
    )


@few
@given(councils(), st.sampled_from([2024, 2025]))
def test_duplicates_of_a_return_change_nothing(council, year):
    twice = {
        key: pd.concat([table, table]) if key[0] in (year, None) else table for key, table in council.tables.items()
    }
    pd.testing.assert_frame_equal(figures(council.tables), figures(twice))


@few
@given(councils(), st.sampled_from(["2024-10-31", "2024-12-31", "2025-01-31"]))
def test_what_happens_after_a_period_ends_cannot_change_it_by_any_date_of_any_table(council, last):
    cut = dt.date.fromisoformat(last)
    past = Periods.months(last, 3)
    pd.testing.assert_frame_equal(figures(council.tables, past), figures(known_by(council.tables, cut), past))


@few
@given(councils())
def test_categories_add_up_to_the_total_for_every_measure(council):
    series = calculate(MEASURES, record_of(council.tables), MONTHS, by=(*STANDARD, "team", "ehcp"))
    asked = (series["status"] != "x") & (series["reason"] != "this breakdown does not apply to the measure")
    series = series[asked & ~series["breakdown"].str.contains("/")]
    columns = ["numerator", "people", "set_aside"]
    whole = series[series["breakdown"] == "total"].set_index(["measure", "period_end"])[columns]
    sums = series.groupby(["measure", "breakdown", "period_end"])[columns].sum()
    assert sums.index.droplevel("breakdown").isin(whole.index).all()
    both = sums.join(whole.add_suffix(" of all")).reset_index()

    part = [(m.id, m.parts) for m in MEASURES if isinstance(m.kind, Mix)]
    parts = pd.MultiIndex.from_frame(both[["measure", "breakdown"]]).isin(part)
    assert parts.any()
    assert (both[parts]["numerator"] == both[parts]["people of all"]).all()
    rates = both["measure"].isin([m.id for m in MEASURES if isinstance(m.kind, Rate)])
    for column in columns:
        told = both[~parts & both[f"{column} of all"].notna() & ~(rates & (column == "numerator"))]
        differ = (told[column] - told[f"{column} of all"]).abs() >= 1e-6
        assert len(told)
        assert not differ.any(), told[differ]


@few
@given(councils())
def test_the_numerator_is_part_of_the_denominator(council):
    series = calculate(MEASURES, record_of(council.tables), MONTHS, by=("sex",))
    shares = [m.id for m in MEASURES if isinstance(m.kind, Share)]
    known = series[series["measure"].isin(shares) & (series["status"] == "ok")]
    assert (known["numerator"] <= known["denominator"]).all()
    assert known["value"].between(0, 100).all()
    counts = series[series["measure"].isin([m.id for m in MEASURES if isinstance(m.kind, Count)])]
    assert (counts["numerator"].dropna() <= counts["people"].dropna()).all()


@few
@given(councils())
def test_a_cohort_and_its_complement_are_everyone(council):
    record = record_of(council.tables)
    counts = MEASURES.only([m.id for m in MEASURES if isinstance(m.kind, Count | Share)])
    every, uasc, others = (calculate(counts, record, MONTHS, cohort=c) for c in ("", "uasc", "not uasc"))
    known = (every["status"] != "x").to_numpy()
    whole = (uasc["numerator"] + others["numerator"])[known]
    pd.testing.assert_series_equal(whole, every.loc[known, "numerator"], check_names=False)


@few
@given(councils())
def test_what_is_not_available_has_a_reason_and_no_number(council):
    series = figures(council.tables)
    absent = series[series["status"] == "x"]
    assert absent[["numerator", "denominator", "value"]].isna().all(axis=None)
