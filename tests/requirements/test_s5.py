"""The fifth minutes: a quarter's appendix, what missed its target and why, and whether a target can be reached."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pandas as pd
import pytest

from incare.committee import commentary, received
from incare.measures import catalogue
from incare.periods import PeriodError, Periods, Quarter
from incare.series import rows_of
from incare.stats import change
from incare.views import exceptions, highlights
from tests.requirements.conftest import END


def test_s5_1_quarter_4_of_2018_19_is_january_to_march_2019_and_other_spellings_are_refused():
    quarter = Quarter.parse("2018-19 Q4")
    assert (str(quarter.start), str(quarter.end)) == ("2019-01-01", "2019-03-31")
    for wrong in ("2018-19 Q5", "2018-20 Q4", "Q4 2018/19", "2018/19 Q4"):
        with pytest.raises(PeriodError):
            Quarter.parse(wrong)
    to_date = catalogue()["cla_started_count"].choose(window="year_to_date")
    assert to_date.window.starts(Periods.quarters("2019-03-31", 1)).astype(str).tolist() == ["2018-04-01"]


def test_s5_2_the_data_files_hold_what_the_pages_print(pack, text):
    data = pd.read_csv(pack / "data" / "figures.csv", dtype=str, keep_default_na=False)
    newest = data[(data["period_end"] == data["period_end"].max()) & (data["breakdown"] == "total")].set_index(
        "measure"
    )
    said = text("20_performance_report")
    for name in ("cla_count", "care_plan_up_to_date_pct", "cl_eet_pct", "stability_3plus_pct"):
        row, title = newest.loc[name], catalogue()[name].title
        figure = f"{float(row['value']):,.0f}" + ("%" if row["unit"] == "%" else "")
        assert re.search(rf"{re.escape(title)}\. {figure}", said), name


def test_s5_3_four_planted_misses_are_exactly_four(small_judged):
    judged, measures = small_judged
    assert [m.id for m in exceptions.missed(judged, measures)] == ["plans_pct", "moves_pct", "eet_pct", "fourth_pct"]


@pytest.fixture(scope="module")
def small_judged():
    """Five measures with a target, four of which miss it."""
    import importlib.util
    from dataclasses import replace
    from pathlib import Path

    from incare.disclosure import protect
    from incare.measure import Catalogue
    from incare.stats import compare
    from incare.views import signals

    place = Path(__file__).parents[1] / "views" / "judged.py"
    spec = importlib.util.spec_from_file_location("requirements_judged", place)
    small = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(small)
    fourth, fifth = (replace(small.MEASURES["plans_pct"], id=f"{n}_pct") for n in ("fourth", "fifth"))
    measures = Catalogue((*small.MEASURES.only(["plans_pct", "moves_pct", "eet_pct"]), fourth, fifth))
    levels = {"plans_pct": 60, "moves_pct": 30, "eet_pct": 50, "fourth_pct": 40, "fifth_pct": 90}
    rows = pd.concat([small.rows(measures[name], small.around(level)) for name, level in levels.items()])
    targets = {name: {"target": 10.0 if name == "moves_pct" else 80.0} for name in levels}
    shown = protect(rows.reset_index(drop=True)).pipe(compare.targets, targets).pipe(compare.change)
    return signals.judge(shown, measures), measures


def test_s5_4_improved_but_under_target_are_two_statements(text):
    for said in (text("20_performance_report"), text("60_outcomes_workshop")):
        listed = re.findall(r"below the target of \d+%[^.]*\. Direction: ([^.]+)\.", said)
        assert len(listed) >= 4
        assert all(re.match("improving|getting worse|no clear change|cannot be told", one) for one in listed)
    rising = pd.Series(
        {"value": 72.0, "unit": "%", "status": "ok", "rag": "red", "better": "higher", "year_ago_word": "improved"}
    )
    assert highlights.direction_words(rising) == "improving, against the same time last year"
    assert highlights.place(rising) == highlights.WELL


def test_s5_5_the_parts_of_a_changed_mix_add_up_to_the_change(figures, text):
    frame = figures.frame
    groups = frame[(frame["measure"] == "care_plan_up_to_date_pct") & (frame["breakdown"] == "age_band")]
    whole = frame[(frame["measure"] == "care_plan_up_to_date_pct") & (frame["breakdown"] == "total")].set_index(
        "period_end"
    )
    now, then = (groups[groups["period_end"] == day] for day in ("2025-03-31", "2024-03-31"))
    counts = ["category", "numerator", "denominator"]
    parts = change.by_groups(then[counts], now[counts])
    share = 100 * whole["numerator"] / whole["denominator"]
    assert parts["mix"].sum() + parts["rate"].sum() == pytest.approx(share["2025-03-31"] - share["2024-03-31"])
    assert re.search(r"Of the change of the whole: [+−]?[\d.]+ points from the mix", text("30_exceptions"))


def test_s5_6_three_placements_are_counted_and_reasons_for_moves_and_the_case_mix_are_there(
    record, latest, text, asked
):
    rows = rows_of(catalogue()["stability_3plus_pct"], record, Periods.quarters(END, 1))
    spells = record.carer_spells
    inside = spells[(spells["start"] <= END) & (spells["end"].isna() | (spells["end"] > "2024-03-31"))]
    many = inside.groupby("child").size().reindex(rows["child"]).fillna(0).ge(3)
    assert latest(record, "stability_3plus_pct")["numerator"] == rows["counted"].sum()
    # A spell that ended on the first day is outside: within a handful of all that overlap at all.
    assert abs(int(many.sum()) - int(rows["counted"].sum())) <= 3
    reasons = asked(record, "placement_change_reasons")
    assert (
        reasons[reasons["breakdown"] != "total"]["numerator"].sum()
        == reasons[reasons["breakdown"] == "total"]["people"].item()
    )
    assert "With today’s mix of groups and the year before’s figure in each" in text("30_exceptions")


def test_s5_7_a_refreshed_definition_has_a_version_and_a_day(record):
    revised = catalogue()["stability_long_term_pct"].revised("2025-01-01", months_in_placement=18)
    assert (revised.version, revised.valid_from) == (2, "2025-01-01")
    assert revised.as_of("2024-12-31").version == 1
    assert revised.as_of("2025-01-01").version == 2
    assert "2025-01-01" in revised.breaks


def test_s5_8_a_small_dip_within_the_limits_asks_for_no_explanation_and_unexplained_is_carried(
    small_judged, text, words
):
    said = text("30_exceptions")
    usual = words(exceptions.panels(*small_judged))
    assert "The latest point lies within its usual variation: this quarter by itself calls for no explanation" in usual
    assert "Why: Unexplained" in said
    assert "Unexplained since 2024-25 Q3: the reason is not known yet." in text("20_performance_report")
    kept = commentary.read([{"about": "cl_eet_pct", "quarter": "2024-25 Q4", "unexplained": True}])
    assert commentary.said(kept, "2025-26 Q1") == {
        "cl_eet_pct": "Unexplained since 2024-25 Q4: the reason is not known yet."
    }


def test_s5_9_the_expected_value_moves_with_the_cohort_and_the_target_has_a_chance(text):
    def side(young: float, old: float) -> pd.DataFrame:
        # The young are at 80 %, the old at 40 %.
        return pd.DataFrame(
            {"numerator": [0.8 * young, 0.4 * old], "denominator": [young, old]}, index=["young", "old"]
        )

    assert exceptions.expected_for(side(100, 100), side(100, 100)) == pytest.approx(60)
    assert exceptions.expected_for(side(100, 100), side(50, 150)) == pytest.approx(50)
    assert np.isnan(exceptions.expected_for(side(100, 100).iloc[:0], side(50, 150)))
    assert re.search(r"Can the targets be reached\? .*Chance of the target", text("90_strategy_evidence"))


def test_s5_10_a_received_pack_is_recorded_by_the_hash_of_its_manifest(pack, words):
    from incare.views import actions as action_views

    digest = hashlib.sha256((pack / "manifest.json").read_bytes()).hexdigest()
    entry = {
        "quarter": "2024-25 Q4",
        "by": "Corporate parenting panel",
        "date": "2025-04-28",
        "pack": pack.name,
        "hash": digest,
    }
    assert received.verdict(received.read([entry])[0], pack.parent) == received.SAME
    said = words(action_views.received([entry], str(pack.parent)))
    assert f"hash {digest[:12]}: the same." in said
    other = received.read([entry | {"hash": "0" * 64}])[0]
    assert received.verdict(other, pack.parent) == received.CHANGED
