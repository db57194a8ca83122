"""Attacks D3 and D4 over several packs: differences between quarters, months, and figures that were revised."""

from unittest import mock

import pandas as pd
import pytest

from incare.disclosure import protect
from incare.disclosure.audit import protect_and_attack
from incare.disclosure.relations import weave
from incare.disclosure.released import Facts, released
from incare.measures import catalogue
from incare.periods import Periods, Quarter
from incare.series import calculate

from ..disclosure.drawn import counts
from . import quarters
from .policies import EXACT, OPEN, attacked, release

ENDS = ["2024-06-30", "2024-09-30", "2024-12-31", "2025-03-31", "2025-06-30", "2025-09-30"]
TO_DATE = {"started_to_date": Facts("count", "year to date")}


def to_date(totals, rules=None):
    """One pack a quarter, each with the year to date so far."""
    packs = []
    for end, total in zip(ENDS, totals, strict=False):
        table = counts({}, end, "started_to_date", total=total)
        table["period_start"] = pd.Timestamp("2024-04-01")
        packs.append(release(table, rules=rules, name=end).assign(window="year to date"))
        packs[-1]["period_start"] = pd.Timestamp(end) + pd.Timedelta(days=1) - pd.DateOffset(months=3)
    return packs


def test_d3_year_to_date_less_the_quarter_before():
    totals = [12, 15, 31, 52]  # 3 children in the second quarter

    assert attacked(*to_date(totals), facts=TO_DATE).safe
    unsafe = attacked(*to_date(totals, EXACT), facts=TO_DATE).unsafe
    assert set(unsafe["what"]) == {"what was added since the period before"}
    assert pd.Timestamp("2024-09-30") in set(unsafe["period_end"])


def rolling(totals, rules=None):
    frames = [counts({}, end, "started_12m", total=n) for end, n in zip(ENDS, totals, strict=False)]
    return [release(f, rules=rules, name=str(n)).assign(window="12 months") for n, f in enumerate(frames)]


def test_d3_rolling_years_and_the_quarters_behind_them():
    """New less dropped: with quarter figures once printed, the newest quarter follows from two rolling years."""
    years = [40, 43, 47, 41, 44, 39]

    def quarter(rules=None):
        frame = counts({}, "2023-06-30", "started_12m", total=9)  # dropped from the year to June 2024 on
        return release(frame, rules=rules, name="earlier").assign(window="period")

    assert attacked(quarter(), *rolling(years)).safe
    ties = [40, 33]  # 9 dropped, so 2 new: 33 - 40 + 9
    weak = attacked(quarter(EXACT).assign(period_end=pd.Timestamp("2023-09-30")), *rolling(ties, EXACT))
    assert pd.Timestamp("2024-09-30") in set(weak.unsafe["period_end"])


def test_d3_months_of_a_quarter():
    ends = ["2025-07-31", "2025-08-31", "2025-09-30"]
    months = [
        counts({}, end, "cla_started_count", total=n, grain="month") for end, n in zip(ends, [14, 3, 11], strict=True)
    ]
    quarter = counts({}, ends[-1], "cla_started_count", total=28)

    assert attacked(release(*months, quarter)).safe
    assert not attacked(release(*months, quarter, rules=EXACT, complementary=False)).safe


def test_d3_a_pack_by_month_is_attacked_together_with_its_quarters():
    """A small authority's children by month: three months of entries make the quarter that stands beside them."""
    record = quarters.small(quarters.westmere(), late=True)
    few = catalogue().only(["cla_started_count", "cla_count"])
    spans = [
        Periods.of(grain, Quarter.parse("2024-25 Q4").end, count) for grain, count in (("quarter", 2), ("month", 6))
    ]
    series = pd.concat([calculate(few, record, span, ("age_band",)) for span in spans], ignore_index=True)
    shown, verdict = protect_and_attack(series)

    assert "months" in set(weave(released(shown, "pack")).system.family)
    assert verdict.safe, verdict.told()
    assert set(shown.frame.loc[shown.frame["status"] == "ok", "grain"]) == {"month", "quarter"}
    weak = attacked(release(series, rules=EXACT, complementary=False)).unsafe
    assert {"month", "quarter"} <= set(weak["grain"])


def test_d4_a_figure_of_an_earlier_pack_revised_in_a_later_one():
    before, after = counts({}, total=58), counts({}, total=59)

    assert attacked(release(before, name="first"), release(after, name="second")).safe
    weak = attacked(release(before, rules=EXACT, name="first"), release(after, rules=EXACT, name="second"))
    assert weak.unsafe["what"].tolist() == ["the change when it was revised"]


def test_a_cell_hidden_in_one_pack_and_its_neighbour_in_the_next():
    """Each pack is safe by itself; together the two hide nothing."""
    table = counts({"a": 3, "b": 9, "c": 14, "d": 40})

    def by_hand(name, *hidden):
        pack = release(table, rules=OPEN, name=name)
        out = pack["category"].isin(hidden)
        return pack.assign(status=pack["status"].mask(out, "c"), numerator=pack["numerator"].mask(out))

    first, second = by_hand("first", "a", "b"), by_hand("second", "a", "c")
    assert attacked(first).safe
    assert attacked(second).safe
    assert not attacked(first, second).safe
    assert attacked(release(table, name="first"), release(table, name="second")).safe


def test_children_in_care_before_started_and_now_give_those_who_ceased():
    stock = [counts({"M": m, "F": f}, end, breakdown="sex") for end, m, f in [(ENDS[0], 60, 33), (ENDS[1], 62, 40)]]
    started = counts({"M": 11, "F": 9}, ENDS[1], "cla_started_count", "sex")
    ceased = counts({"M": 9, "F": 2}, ENDS[1], "cla_ceased_count", "sex")

    assert attacked(release(*stock, started, ceased)).safe
    with mock.patch("incare.disclosure.protect.beside_flows", lambda frame, hidden: hidden & False):
        assert not attacked(release(*stock, started, ceased, rules=EXACT)).safe


@pytest.fixture(scope="module")
def invented():
    """The agreed measures of the invented authority over 17 quarters, by three breakdowns; true figures."""
    from incare.measures import agreed
    from incare.record import read

    record = read("sample", area="Northmere", as_at="2025-03-31")
    quarters = Periods.quarters(Quarter.parse("2024-25 Q4").end, 17)
    return calculate(agreed({}), record, quarters, ("age_band", "sex", "uasc"))


def six_packs(series, length=12):
    ends = sorted(series["period_end"].unique())
    for number in range(6):
        window = series[series["period_end"].isin(ends[number : number + length])]
        yield released(protect(window), f"pack {number}")


def test_nothing_can_be_worked_out_from_six_packs_of_consecutive_quarters(invented):
    verdict = attacked(*six_packs(invented))

    assert verdict.releases == 6
    assert verdict.hidden > 1_000
    assert verdict.safe, verdict.told()


def test_the_same_packs_without_complementary_hiding_give_cells_away(invented):
    few = invented[invented["measure"].isin(["cla_count", "cla_started_count", "cla_ceased_count", "cla_uasc_count"])]

    assert not attacked(release(few, rules=EXACT, complementary=False)).safe
