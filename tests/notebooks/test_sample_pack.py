"""The sample's pack, as a reader opens it: every report is there and says what the minutes' own figures are."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from incare.disclosure import half_up
from incare.measures import agreed, catalogue
from incare.pack import export, params
from incare.pack.params import NOTEBOOKS
from incare.periods import Periods
from incare.record import read
from incare.series import calculate

REPORTS = NOTEBOOKS
SAMPLE = Path(__file__).resolve().parents[2] / "params" / "sample.yaml"


def test_the_pack_has_a_cover_every_report_data_and_a_manifest(pack):
    assert sorted(p.name for p in pack.iterdir()) == sorted(
        [
            *("index.html", "manifest.json", "data", "report.pdf", "report.docx", "appendix.xlsx"),
            *(f"{name}.html" for name in REPORTS),
        ]
    )
    data = {p.name for p in (pack / "data").iterdir()}
    assert {"figures.csv", "forecast.csv", "forecast_measures.csv"} <= data
    assert {"voice.csv", "work_due.csv", "care_leavers_beside.csv"} <= data


@pytest.mark.parametrize(
    ("measure", "figure"),
    [
        ("Children in care with an up-to-date care plan", "74%"),
        ("Young people with an up-to-date pathway plan", "70%"),
        ("Care leavers in education, employment or training", "58%"),
    ],
)
def test_the_scorecard_reproduces_the_first_minutes_figures(text, measure, figure):
    assert f"{measure}: {figure}" in text("10_scorecard")
    assert figure in text("index")


@pytest.mark.parametrize(
    ("area", "measure", "figure"),
    [
        (0, "care_plan_up_to_date_pct", 74),
        (0, "pathway_plan_up_to_date_pct", 70),
        (0, "cl_eet_pct", 58),
        (1, "pathway_plan_up_to_date_pct", 79),
        (1, "cl_eet_pct", 61),
        (1, "cl_visits_in_time_pct", 50),
    ],
)
def test_both_areas_reproduce_the_minutes_figures(area, measure, figure):
    record = read(f"sample:{area}", area="Sample")
    series = calculate(catalogue().only([measure]), record, Periods.quarters("2025-03-31", 1))
    assert half_up(series["value"].iloc[0]) == figure


def test_every_measure_of_the_agreed_set_and_with_a_target_is_in_the_report_once(pack):
    page = (pack / "20_performance_report.html").read_text(encoding="utf-8")
    shown = re.findall(r'<h3[^>]*id="measure-([a-z0-9_]+)"', page)
    targets = params.read(SAMPLE).targets
    assert shown == [m.id for m in agreed(also=targets)]


@pytest.mark.parametrize("name", ["index", *REPORTS])
def test_a_page_has_one_main_heading_a_language_and_pictures_with_words(pack, name):
    page = (pack / f"{name}.html").read_text(encoding="utf-8")
    assert page.count("<h1") == 1
    assert '<html lang="en-GB"' in page
    alternatives = re.findall(r'<img[^>]*\balt="([^"]*)"', page)
    assert len(alternatives) == page.count("<img")
    assert all(len(words) > 20 for words in alternatives)


@pytest.mark.parametrize("name", ["index", *REPORTS])
def test_a_page_shows_no_code_and_asks_nothing_of_the_network(pack, name):
    page = (pack / f"{name}.html").read_text(encoding="utf-8")
    assert "from incare" not in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_every_count_in_the_data_is_rounded_and_none_is_small(pack):
    with (pack / "data" / "figures.csv").open(encoding="utf-8", newline="") as file:
        counts = [row[name] for row in csv.DictReader(file) for name in ("numerator", "denominator")]
    numbers = {float(text) for text in counts if re.fullmatch(r"[\d.]+", text)}
    populations = {n for n in numbers if n > 90_000}
    assert {n % 5 for n in numbers - populations} == {0}
    assert not {n for n in numbers if 0 < n < 8}


def test_the_forecast_prints_its_past_error_beside_that_of_repeating_the_number(text):
    said = text("50_cohort_forecast")
    assert re.search(
        r"In the past .* missed by about \d+ children on average; repeating that day’s number missed by about \d+", said
    )


def test_the_forecast_of_the_sample_says_that_repeating_did_better_and_uses_it(text):
    said = text("50_cohort_forecast")
    assert "repeating today’s number did better in the past than carrying every child forward" in said
    today, in_a_year = re.search(r"31 March 2025: (\d+) children in care; in a year about (\d+)", said).groups()
    assert today == in_a_year


def test_the_care_leavers_report_has_advisers_at_the_ceiling_and_the_range_of_take_up(text):
    said = text("40_care_leavers")
    assert re.search(r"Advisers needed until 21 [\d.]+ [\d.]+ [\d.]+", said)
    fewest, most = (
        float(re.search(rf"Advisers needed until 25 \({word} want it\) ([\d.]+)", said).group(1))
        for word in ("fewest", "most")
    )
    assert fewest < most


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        (
            "60_outcomes_workshop",
            (
                "Homes: diverge.",
                "Goals, and how far off they are",
                "Actions: 1 overdue, 2 due, 3 open, 1 closed. Carried forward from earlier quarters: 2.",
                "Which teams did better than others?",
            ),
        ),
        (
            "20_performance_report",
            (
                "Figures are as at 31 March 2025, the end of 2024-25 Q4",
                "What is going well",
                "What to do better",
                "Red, and without a comment:",
            ),
        ),
        ("90_strategy_evidence", ("What we do not know", "Figures say what changed, not why")),
    ],
)
def test_a_report_says_what_its_committee_asked_for(text, name, sentences):
    assert [sentence for sentence in sentences if sentence not in text(name)] == []


def test_what_a_page_holds_can_be_searched_from_the_cover(pack):
    found = export.sections((pack / "20_performance_report.html").read_text(encoding="utf-8"))
    assert {"id": "measure-cl_eet_pct", "text": "Care leavers in education, employment or training"} in found
    assert len(found) > 25
    assert export.sections((pack / "index.html").read_text(encoding="utf-8")) == []


def test_the_manifest_names_every_file_with_its_hash(pack):
    facts = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    files = {p.relative_to(pack).as_posix() for p in pack.rglob("*") if p.is_file()} - {"manifest.json"}
    assert set(facts["files"]) == files
    assert (facts["area"], facts["quarter"], facts["profile"]) == ("Northmere", "2024-25 Q4", "public")
