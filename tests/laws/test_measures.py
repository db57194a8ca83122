"""Laws that are true of every measure, whatever the record."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import table
from extract import filled
from incare.breakdowns import STANDARD
from incare.measures import catalogue
from incare.periods import Periods
from incare.record.rules import RULES
from incare.series import NotComputableError, calculate, rows_of
from laws.extracts import authorities, record_of

# Each example asks every measure; the drawn authorities are small, but a dozen a law is enough to have found faults.
few = settings(max_examples=12)
MONTHS = Periods.months("2025-03-31", 6)
MEASURES = catalogue()
EPISODE = table("""
    CHILD | DECOM      | RNE
    ------+------------+----
    a     | 01/06/2024 | S
""")
MISSING = table("""
    CHILD | MISSING | MIS_START  | MIS_END
    ------+---------+------------+-----------
    000   | M       | 01/06/2024 | 02/06/2024
""")
REVIEW = table("""
    CHILD | REVIEW     | REVIEW_CODE
    ------+------------+------------
    000   | 01/06/2024 | PN1
""")
ALSO = {"missing": filled("missing", MISSING), "reviews": filled("reviews", REVIEW)}
KEY = ["measure", "breakdown", "category", "period_end"]
NUMBERS = ["numerator", "denominator", "value", "lower", "upper"]


def series_of(tables, **settings) -> pd.DataFrame:
    return calculate(MEASURES, record_of(tables), MONTHS, **settings)


def until(series: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return series[series["period_end"] <= day].reset_index(drop=True)


@few
@given(authorities(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(tables, chance):
    def shuffled(frame):
        order = list(range(len(frame)))
        chance.shuffle(order)
        return frame.iloc[order].reset_index(drop=True)

    mixed = {name: shuffled(frame) for name, frame in tables.items()}
    pd.testing.assert_frame_equal(series_of(tables), series_of(mixed))


@few
@given(authorities())
def test_categories_add_up_to_the_total(tables):
    series = series_of(tables, by=STANDARD)
    simple = series[~series["breakdown"].str.contains("/") & series["status"].ne("x")]
    applies = simple[
        ~((simple["breakdown"] != "total") & (simple["reason"] == "this breakdown does not apply to the measure"))
    ]
    sums = applies.groupby(["measure", "breakdown", "period_end"])["numerator"].sum().unstack("breakdown")
    for name in sums.columns:
        there = sums[name].notna()
        pd.testing.assert_series_equal(sums.loc[there, name], sums.loc[there, "total"], check_names=False)


@few
@given(authorities())
def test_a_share_lies_inside_its_interval_and_between_0_and_100(tables):
    shares = series_of(tables, by=("sex",)).query("unit == '%' and status == 'ok'")
    assert (shares["numerator"] <= shares["denominator"]).all()
    assert shares["value"].between(0, 100).all()
    assert (shares["lower"] <= shares["value"] + 1e-9).all()
    assert (shares["value"] <= shares["upper"] + 1e-9).all()


@few
@given(authorities())
def test_what_is_not_available_has_no_number_and_a_reason(tables):
    series = series_of(tables)
    absent = series[series["status"] != "ok"]
    assert absent["value"].isna().all()
    assert (absent["reason"] != "").all()
    assert series.loc[series["status"] == "ok", "value"].notna().all()


@few
@given(authorities())
def test_stock_is_the_earlier_stock_plus_starts_less_ends(tables):
    record = record_of(tables)
    chosen = MEASURES.only(["cla_count", "cla_started_count", "cla_ceased_count"])
    chosen = chosen.choose({"cla_started_count": {"count": "starts"}, "cla_ceased_count": {"count": "ends"}})
    wide = calculate(chosen, record, Periods.months("2025-03-31", 30)).pivot(
        index="period_end", columns="measure", values="numerator"
    )
    unknown_starts = record.care_periods.query("left_censored")["start"].dt.to_period("M").value_counts()
    arrived = unknown_starts.reindex(wide.index.to_period("M"), fill_value=0).to_numpy()
    flow = wide["cla_started_count"] - wide["cla_ceased_count"] + arrived
    np.testing.assert_array_equal(wide["cla_count"].diff().iloc[1:], flow.iloc[1:])


@few
@given(authorities())
def test_what_happens_after_a_period_ends_cannot_change_it(tables):
    """Rows that start later are added for a child of their own and for one whose care had ended."""
    cut = pd.Timestamp("2024-12-31")
    ended = pd.to_datetime(tables["episodes"]["DEC"], dayfirst=True)
    gone = (
        tables["episodes"]
        .assign(end=ended)
        .groupby("CHILD")["end"]
        .agg(lambda ends: ends.isna().any() or ends.max() >= cut)
    )
    later = tables["episodes"].iloc[[0]].assign(DECOM="05/01/2025", RNE="S", LS="C2", DEC="", REC="")
    more = [later.assign(CHILD="new"), *(later.assign(CHILD=child) for child in gone.index[~gone.to_numpy(bool)])]
    grown = tables | {
        "episodes": pd.concat([tables["episodes"], *more], ignore_index=True),
        "header": pd.concat([tables["header"], tables["header"].iloc[[0]].assign(CHILD="new")], ignore_index=True),
    }
    before, after = (until(series_of(t), cut) for t in (tables, grown))
    # In touch, EET and the rest read OC3 rows that did not change; staying put and stability read spells that did not.
    pd.testing.assert_frame_equal(before[KEY + NUMBERS], after[KEY + NUMBERS])


@few
@given(authorities())
def test_months_asked_together_are_the_months_asked_alone(tables):
    record = record_of(tables)
    together = calculate(MEASURES, record, MONTHS)
    alone = pd.concat(calculate(MEASURES, record, Periods.months(end, 1)) for end in MONTHS.ends)
    left, right = (frame.sort_values(KEY).reset_index(drop=True)[KEY + NUMBERS] for frame in (together, alone))
    pd.testing.assert_frame_equal(left, right)


@few
@given(authorities())
def test_rows_in_are_rows_used_plus_rows_set_aside(tables):
    record = record_of(tables)
    lines = record.reconciliation
    assert (lines["used"] >= 0).all()
    assert (lines["rows_in"] == lines["used"] + lines["set_aside"]).all()
    used = lines.groupby("table")["used"].sum()
    for name in ("episodes", "missing", "reviews", "oc3", "header"):
        if name in record.tables:
            assert len(record.tables[name]) == used[name], name


@pytest.mark.parametrize("measure", tuple(MEASURES), ids=lambda m: m.id)
def test_every_definition_says_who_what_and_where_from(measure):
    assert measure.definition["summary"].endswith(".")
    for section in ("Population", "Counted", "Set aside", "Source"):
        assert section in measure.definition or section == "Set aside", section
    for choice in measure.choices:
        assert choice in measure.definition["Choices"], choice


@pytest.mark.parametrize("measure", tuple(MEASURES), ids=lambda m: m.id)
def test_every_measure_has_a_polarity_and_a_title_of_its_own(measure):
    assert measure.better in ("higher", "lower", "neither")
    assert sum(m.title == measure.title for m in MEASURES) == 1


# Their rows are events, of which a child may have several.
EVENTS = (
    *("placement_change_reasons", "cla_review_participation_pct", "missing_incidents_count"),
    *("return_interview_offered_pct", "return_interview_accepted_pct", "sw_changes_reasons"),
)
LOCAL = ("care_plans", "pathway_plans", "cl_contacts", "care_leaver_snapshots", "population")
FROM_RETURNS = [m for m in MEASURES if not set(m.sources) & set(LOCAL)]


@few
@given(authorities())
def test_rows_of_a_measure_are_one_per_period_and_child(tables):
    record = record_of(ALSO | tables)
    for measure in FROM_RETURNS:
        try:
            rows = rows_of(measure, record, MONTHS)
        except NotComputableError:
            continue
        key = ["period", "child", *(["start"] if measure.id in EVENTS else [])]
        assert not rows.duplicated(key).any(), measure.id


def test_rows_of_a_measure_whose_table_is_absent_are_refused():
    record = record_of({"episodes": filled("episodes", EPISODE)})
    with pytest.raises(NotComputableError, match="reads the table care_plans"):
        rows_of(MEASURES["care_plan_up_to_date_pct"], record, MONTHS)


def test_every_rule_says_what_is_done_and_why():
    assert all(rule.reason and rule.action for rule in RULES.values())
