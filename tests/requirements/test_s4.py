"""The fourth minutes: care leavers' plans, work, visits and homes; 6.5 advisers at 24; 249 more; and what was asked."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
import yaml

from incare.committee import actions, questions, supplementary, voice
from incare.disclosure import half_up
from incare.forecast.capacity import CapacityError, Staffing, take_up
from incare.pack import beside
from incare.pack import params as params_file
from incare.periods import birthday
from incare.views import highlights
from incare.views import voice as voices
from tests.requirements.conftest import END, QUARTER, ROOT, published, written

SINCE = [{"date": "2023-01-01", "text": "The inspection", "since": True}]
PERFORMANCE = ("20_performance_report",)
SHORT = {"grain": "quarter", "periods": 4, "horizon": 4, "events": SINCE}


@pytest.fixture(scope="module")
def officers(ran, page):
    """What officers of Southmere read of its care leavers."""
    return page(ran("sample_second", "40_care_leavers", profile="restricted", **SHORT), "40_care_leavers")


@pytest.fixture(scope="module")
def everybody(ran, page):
    """What everybody may read of Southmere's care leavers, beside the performance report."""
    return page(ran("sample_second", "20_performance_report", "40_care_leavers", **SHORT), "40_care_leavers")


def test_s4_1_six_and_a_half_advisers_hold_156_and_those_above_24_are_counted(second, latest, officers):
    assert Staffing(6.5, 24).places == 156
    row = latest(second, "pa_caseload")
    assert (row["numerator"], row["denominator"], row["value"]) == (156, 6.5, 24)
    assert "Neither higher nor lower is better. 24.0 young people per full-time worker" in officers
    # Seven people share the 6.5 posts; none holds more than 24, some more than 23.
    assert "Advisers who hold more than 24 each: 0 of 7." in officers
    assert beside.over_ceiling(second, QUARTER, 23)[0] >= 2


@pytest.mark.parametrize(
    ("measure", "figure", "title"),
    [
        ("pathway_plan_up_to_date_pct", 79, "Young people with an up-to-date pathway plan"),
        ("cl_eet_pct", 61, "Care leavers in education, employment or training"),
        ("cl_visits_in_time_pct", 50, "Care leavers visited in time"),
    ],
)
def test_s4_2_plans_are_79_work_or_learning_61_and_visits_50(
    second, latest, officers, everybody, measure, figure, title
):
    assert half_up(latest(second, measure)["value"]) == figure
    for said in (officers, everybody):
        assert f"{title}: {figure}% (" in said


def test_s4_3_three_points_more_of_156_since_august_are_no_clear_change(text):
    def row(percent: float, day: str) -> pd.Series:
        return pd.Series({"value": percent, "denominator": 156.0, "numerator": percent * 1.56, "unit": "%",
                          "better": "higher", "definition_version": 1, "period_end": pd.Timestamp(day)})  # fmt: skip

    gap, low, high, word = highlights.baseline_change(row(58, "2017-08-31"), row(61, "2017-10-31"))
    assert (gap, word) == (3, "no clear change")
    # Newcombe: about eleven points either way.
    assert -8.5 < low < -7.5
    assert 13.5 < high < 14.5
    assert highlights.baseline_change(row(58, "2017-08-31"), row(75, "2018-03-31"))[3] == "improved"
    # The report says of each measure where it stood, where it stands, and what that allows to be said.
    said = text("20_performance_report")
    line = r"Care leavers in education, employment or training 63% 58% −5 −1\d\.\d to \+[23]\.\d no clear change"
    assert re.search(rf"Since the baseline of 31 March 2023 .*{line}", said)
    assert "A change is called improved or worse only when its 95% interval leaves out 0." in said


def test_s4_4_posts_are_counted_as_they_are_in_public_too(values, text):
    found = {f.figure: f for f in supplementary.read(values["supplementary"])}
    assert found["Peer mentor trainees in post"].of == "posts"
    assert "Peer mentor trainees in post: 2 as at 7 April 2025" in text("20_performance_report")


def test_s4_5_two_in_bed_and_breakfast_since_the_inspection_are_2_for_officers_and_c_in_public(
    second, officers, everybody
):
    stays = second.tables["cl_accommodation"]
    there = stays[(stays["ACCOM_TYPE"] == "W") & (stays["END"].isna() | (stays["END"] > "2023-01-01"))]
    assert there["child"].nunique() == 2
    assert "The inspection (1 January 2023): 2 young people in bed and breakfast on any day since." in officers
    assert "The inspection (1 January 2023): hidden to protect children and young people" in everybody
    assert "Whether the council knew at the time is not recorded" in everybody


def test_s4_6_an_action_for_the_next_meeting_is_due(values, text):
    found = actions.standing(actions.read(values["actions"]), date(2025, 1, 1), date(2025, 3, 31))
    assert [f.action.due for f in found if f.standing == actions.DUE] == [date(2025, 4, 28), date(2025, 6, 16)]
    assert "Actions: 1 overdue, 2 due, 3 open, 1 closed." in text("60_outcomes_workshop")


def test_s4_7_the_districts_of_a_local_column_add_up_to_the_whole(tmp_path, page):
    import shutil

    from incare.measures import catalogue as every
    from incare.periods import Periods
    from incare.record import read
    from incare.sample import embedded
    from incare.series import calculate

    folder = tmp_path / "extract"
    shutil.copytree(embedded(0), folder)
    towns = ("Northtown", "Southtown", "Westtown")
    for path in folder.rglob("header.csv"):
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        number = rows["CHILD"].str.extract(r"(\d+)")[0].astype(int)
        rows.assign(DISTRICT=[towns[n % 3] for n in number]).to_csv(path, index=False)
    record = read(folder, area="Northmere", as_at=END, keep=("DISTRICT",))
    name = next(n for n in ("district", "DISTRICT") if n in record.people)
    found = calculate(every().only(["care_plan_up_to_date_pct"]), record, Periods.quarters(END, 1), (name,))
    parts, whole = found[found["breakdown"] == name], found[found["breakdown"] == "total"].iloc[0]
    assert set(towns) <= set(parts["category"])
    assert (parts["numerator"].sum(), parts["denominator"].sum()) == (whole["numerator"], whole["denominator"])
    # On the page of the report, when the params file names the column.
    asked = {"extract": str(folder), "local_columns": ["DISTRICT"], "breakdowns": [name], "periods": 4}
    pack = published(written(tmp_path, "sample", profile="restricted", **asked), tmp_path / "reports", PERFORMANCE)
    said = page(pack, *PERFORMANCE)
    cells = {row["category"]: f"{row['numerator']:.0f} of {row['denominator']:.0f}" for _, row in parts.iterrows()}
    title = "Children in care with an up-to-date care plan by district, quarter ending 31 March 2025"
    table = said[said.rindex(title) :][:600]
    assert all(re.search(rf"{town} \d+% {cells[town]}", table) for town in towns)


def test_s4_8_support_to_25_is_forecast_with_a_range_and_the_error_of_earlier_forecasts(second, officers, text):
    letters = second.tables["entitlement_survey"]
    assert len(letters) == 249
    for said in (officers, text("40_care_leavers")):
        assert re.search(r"Added by support until 25, if all want it [\d,]+", said)
        assert re.search(r"Advisers needed until 25 \(fewest want it\) [\d.]+", said)
    assert "missed by about" in text("50_cohort_forecast")
    assert re.search(r"Held by 8-in-10 range Held by 19-in-20 range .*a year ahead the total \d+ \d+ \d+ \d+ of 100",
                     text("50_cohort_forecast"))  # fmt: skip


def test_s4_9_61_percent_of_respondents_is_a_range_and_not_a_number(second, latest, officers):
    row = latest(second, "wanted_service_pct")
    assert half_up(row["value"]) == 61
    bounds = take_up(249, 0.61, 0.4)
    assert (bounds.low, bounds.mid, bounds.high) == (61, 152, 210)
    assert (round(bounds.low / 24, 1), round(bounds.high / 24, 1)) == (2.5, 8.8)
    # Without the response rate the range says that it is assumed; impossible shares are refused.
    assert take_up(249, 0.61).assumed
    with pytest.raises(CapacityError):
        take_up(249, 1.61)
    # On the page: at least those who answered and want it, at most those and all who did not answer.
    replied = second.tables["entitlement_survey"]["RESPONSE_DATE"].notna().mean()
    assert replied == pytest.approx(0.4, abs=0.01)
    rows = ("Added by support until 25, if all want it", "Of these, want it: at least", "… at most")
    everyone, low, high = (int(re.search(rf"{words} (\d+)", officers).group(1)) for words in rows)
    assert low == pytest.approx(everyone * replied * 0.61, abs=1.5)
    assert high == pytest.approx(everyone * (1 - replied * 0.39), abs=1.5)


def test_s4_10_other_areas_can_stand_in_the_place_of_the_neighbours(ran, page):
    near = str(ROOT / "params" / "northmere" / "benchmarks")
    pack = ran("sample", "70_benchmarks", benchmarks=near, comparators=["Port Ansel", "996"])
    said = page(pack, "70_benchmarks")
    assert "Neighbours: the areas named in the params file (Port Ansel, 996)." in said
    # Port Ansel has 55 % and Upper Tarn 50 %: the median is 52.5; those of the list are neighbours no longer.
    line = "Total in education, employment or training"
    assert f"{line} 58% 167 of 288, 52% to 64% 54% ≈ similar 55% ≈ similar 53% 2 of 2" in said
    assert f"{line} Port Ansel 55% 2 of 2" in said


def test_s4_11_how_long_plans_take_has_a_median_and_middle_half_and_audits_have_grades(true_beside, text):
    found = {part: true_beside.select(measure=f"pathway_plan_days_{part}")["value"].item()
             for part in ("lower_quartile", "median", "upper_quartile")}  # fmt: skip
    assert found == {"lower_quartile": 10, "median": 18, "upper_quartile": 24}
    said = text("40_care_leavers")
    assert "half took 18 days or less; the middle half took 10 to 24 days" in said
    assert re.search(r"Outstanding 10 17% Good 30 50%|Good 30 50%", said)
    assert "Inadequate c –" in said


def test_s4_12_who_turns_18_in_each_quarter_and_has_an_adviser_is_counted(record, true_beside, text):
    episodes, people = record.tables["episodes"], record.people
    here = episodes[(episodes["start"] <= END) & (episodes["end"].isna() | (episodes["end"] > END))]["child"].unique()
    day = birthday(people["born"].to_numpy("datetime64[D]")[here], 18)
    quarter = (day >= np.datetime64("2025-04-01")) & (day <= np.datetime64("2025-06-30"))
    held = record.tables["pa_allocations"]
    now = held[(held["WORKER_ROLE"] == "PA") & (held["START"] <= END) & (held["END"].isna() | (held["END"] > END))]
    row = true_beside.select(measure="turning_18_with_adviser_pct", category="2025-26 Q1").iloc[0]
    assert row["denominator"] == quarter.sum() == 26
    assert row["numerator"] == np.isin(here[quarter], now["child"]).sum() == 23
    assert "Turns eighteen in Young people Have a personal adviser 2025-26 Q1" in text("40_care_leavers")


def test_s4_13_one_command_made_the_pack_from_the_extract_of_the_day_within_minutes(pack, record):
    import json
    from datetime import datetime

    facts = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    assert facts["params"]["as_at"] == END
    assert len(facts["notebooks"]) == 10
    assert set(facts["checks"].values()) == {"passed"}
    # A middling authority: 640 children in care and as many care leavers again.
    newest = pd.read_csv(pack / "data" / "figures.csv", dtype=str, keep_default_na=False)
    newest = newest[(newest["measure"] == "cla_count") & (newest["breakdown"] == "total")].iloc[-1]
    assert 500 <= int(newest["value"]) <= 1000
    # From the call to the whole pack, on a machine that may be busy with other things.
    begun = datetime.fromisoformat(facts["started"]).timestamp()
    assert (pack / "manifest.json").stat().st_mtime - begun < 15 * 60


def test_s4_14_health_and_homelessness_have_measures(record, latest):
    assert latest(record, "health_assessment_pct")["status"] == "ok"
    assert latest(record, "sdq_average")["status"] == "ok"
    emergency = latest(record, "cl_bed_and_breakfast_count", types=("V", "S"))
    assert emergency["status"] == "ok"
    assert emergency["numerator"] >= 0


def test_s4_14_health_and_mental_health_stand_in_the_report_with_the_services_comment_before_them(record, latest, text):
    said = text("20_performance_report")
    for name, title in (("health_assessment_pct", "Children in care with an up-to-date health assessment"),
                        ("sdq_average", "Average strengths and difficulties score")):  # fmt: skip
        row = latest(record, name, form="dates")
        figure = f"{half_up(row['value']):.0f}% (" if name.endswith("_pct") else f"{row['value']:.1f} points"
        assert re.search(rf"Service comment: Health assessments .*{title} \w+ is better\. {re.escape(figure)}", said)


def test_s4_15_themes_have_numbers_waits_a_median_and_words_need_consent(said, true_beside, text, pack, words):
    waits = [w for w in said.waits if w.ended]
    assert len(said.waits) == 46
    median = true_beside.select(measure="wait_median_a_flat_of_one_s_own")["value"].item()
    # Those who still wait make the median longer than that of the waits that ended.
    assert median >= np.median([(w.ended - w.asked).days for w in waits])
    assert re.search(
        r"A flat of one's own: half waited \d+ days \(n = 45\) or less, nine in ten \d+ days", text("40_care_leavers")
    )
    confidential = b"said in confidence"
    assert not any(confidential in page.read_bytes() for page in pack.rglob("*") if page.is_file())
    assert "“A safe place is one where you can shut the door and it stays shut.”" in text("60_outcomes_workshop")
    quote = {"theme": "x", "text": "secret words", "source": "s", "date": "2025-01-01"}
    assert "secret" not in words(voices.themes(voice.read({"quotes": [quote]}), true_beside))


def test_s4_16_a_mandatory_section_that_is_missing_stops_the_run_and_is_named(tmp_path, text):
    usual = {
        "area": "Northmere",
        "quarter": QUARTER,
        "as_at": END,
        "extract": "sample",
        "mandatory": ["overall", "health"],
    }
    path = tmp_path / "q4.yaml"
    path.write_text(yaml.safe_dump(usual | {"commentary": {"overall": "Steady."}}), encoding="utf-8")
    with pytest.raises(params_file.ParamsError) as refused:
        params_file.read(path)
    assert "the section `health` is mandatory, and no commentary says anything about it for 2024-25 Q4" in str(
        refused.value
    )
    path.write_text(yaml.safe_dump(usual | {"commentary": {"overall": "Steady.", "health": "Well."}}), encoding="utf-8")
    assert params_file.read(path).mandatory == ["overall", "health"]
    assert "Health Service comment: Health assessments were held in time for most children." in text(
        "20_performance_report"
    )


def test_s4_17_the_managers_question_is_kept_with_the_body_it_was_passed_to(values, text):
    asked = [q for q in questions.read(values["questions"]) if q.route]
    assert [q.who for q in asked] == ["Leaving care team"]
    assert "Passed to: Cabinet member for finance." in text("60_outcomes_workshop")


def test_s4_8_the_leavers_and_homes_ahead_are_rounded_and_hidden_in_public_and_true_for_officers(officers, everybody):
    def told(said: str) -> list[int]:
        """The figures that have a likely range beside them, and the limits of these."""
        start = said.rindex("How many care leavers to come")  # the first is in the list of contents
        tables = said[said.index("Group Today In a year", start) : said.index("How many advisers that needs", start)]
        return [int(number) for found in re.findall(r"(\d+) (\d+) to (\d+)", tables) for number in found]

    public, true = told(everybody), told(officers)
    assert len(public) > 20
    assert {number % 5 for number in public} == {0}
    assert any(number % 5 for number in true)
    # At sixteen there are so few that the public is told of those up to eighteen together.
    assert "16 to 18" in everybody[everybody.rindex("Care leavers by age") :]
    assert min(true) < 5
