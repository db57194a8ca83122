"""The params file: what it may say, and how a mistake in it is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from incare.pack import params
from incare.pack.params import AgreementError, ParamsError

GOOD = """
area: Testshire
quarter: 2025-26 Q2
as_at: 2025-10-15
extract: sample
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str):
        path = tmp_path / "q2.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(path, **changes) -> str:
    with pytest.raises(ParamsError) as refused:
        params.read(path, **changes)
    return str(refused.value)


def test_four_keys_are_enough_and_the_rest_have_defaults(written):
    found = params.read(written(GOOD))

    assert (found.grain, found.periods, found.profile, found.lag_days_allowed) == ("quarter", 12, "public", 31)
    assert found.notebooks == list(params.NOTEBOOKS)
    assert {"00_data_check", "40_care_leavers", "50_cohort_forecast", "90_strategy_evidence"} <= set(found.notebooks)
    assert found.span.end == dt.date(2025, 9, 30)


def test_months_look_back_three_years_unless_the_file_says_otherwise(written):
    assert params.read(written(GOOD + "grain: month\n")).periods == 36
    assert params.read(written(GOOD + "grain: month\nperiods: 6\n")).periods == 6


def test_a_misspelt_key_is_told_with_its_line_and_the_nearest_key(written):
    said = refusal(written(GOOD.replace("quarter:", "quater:")))

    assert "q2.yaml, line 3: `quater` is not a key of a params file; did you mean `quarter`?" in said
    assert "`quarter` is missing." in said


def test_every_problem_is_told_at_once_in_the_order_of_the_file(written):
    said = refusal(written(GOOD + "grain: week\nperiods: three\nsigned_by: A. Person\nlag_days_allowed: -1\n"))

    assert said.startswith("4 problems:")
    assert [line.split(":")[0][-7:].strip() for line in said.splitlines()[1:]] == [
        "line 6",
        "line 7",
        "line 8",
        "line 9",
    ]
    assert "`grain` should be 'month' or 'quarter'; found `week`." in said
    assert "`periods` should be a whole number; found `three`." in said
    assert "`signed_by` should be a list; found `A. Person`." in said


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("2025-26 Q5", 'written like "2025-26 Q2", with Q1 to Q4; found "2025-26 Q5"'),
        ("2025-27 Q2", 'The years of "2025-27 Q2" do not follow each other; 2025 goes with 26'),
        ("Q2 2025", 'found "Q2 2025"'),
    ],
)
def test_a_quarter_that_is_none_is_refused_with_the_reason(written, label, why):
    assert why in refusal(written(GOOD.replace("2025-26 Q2", label)))


def test_a_key_given_twice_is_refused_with_the_line_of_the_second(written):
    assert refusal(written(GOOD + "area: Westmere\n")) == "q2.yaml, line 6: `area` is given twice; keep one."


def test_a_key_left_empty_is_a_key_not_given(written):
    found = params.read(written(GOOD + "commentary:\ntargets:\nbenchmarks:\n"))

    assert (found.commentary, found.targets, found.benchmarks) == ({}, {}, None)
    assert "`extract` is missing." in refusal(written(GOOD.replace("extract: sample", "extract:")))


def test_a_target_is_a_number_or_a_number_with_a_tolerance(written):
    found = params.read(
        written(GOOD + "targets:\n  cla_count: 400\n  cla_reviews_in_time_pct: {target: 95, tolerance: 2.5}\n")
    )

    assert found.targets["cla_count"] == params.Target(target=400)
    assert found.values()["targets"]["cla_reviews_in_time_pct"] == {"target": 95.0, "tolerance": 2.5}


def test_a_mistake_inside_a_target_is_told_with_the_place(written):
    said = refusal(written(GOOD + "targets:\n  cla_count: {target: 80, tolerence: 5}\n  cla_rate: much\n"))

    assert "line 7: `tolerence` is not a key of `targets.cla_count`; did you mean `tolerance`?" in said
    assert "line 8: `targets.cla_rate` should be a number, or `target:` and `tolerance:`; found `much`." in said


@pytest.mark.parametrize("key", ["targets", "commentary", "choices"])
def test_a_measure_that_does_not_exist_is_told_with_the_nearest_one(written, key):
    value = {"targets": "1", "commentary": "text", "choices": "{by: 1}"}[key]

    said = refusal(written(GOOD + f"{key}:\n  cla_cuont: {value}\n"))

    assert said == "q2.yaml, line 7: no measure is called `cla_cuont`; did you mean `cla_count`?"


def test_commentary_may_be_about_a_topic_or_the_whole_report(written):
    found = params.read(written(GOOD + "commentary:\n  overall: Steady.\n  in_care: Fewer.\n"))

    assert found.commentary == {"overall": "Steady.", "in_care": "Fewer."}


def test_a_choice_that_a_measure_does_not_have_is_told(written):
    said = refusal(written(GOOD + "choices:\n  cla_count: {twice: true}\n"))

    assert "line 7: `cla_count` has no choice called `twice`" in said


def test_the_public_profile_refuses_weaker_rules_of_disclosure(written):
    weaker = written(GOOD + "disclosure: {hide_to: 2}\n")

    assert "line 6: The public profile needs hide_to of 7 or more; found 2." in refusal(weaker)
    assert params.read(weaker, profile="restricted").disclosure == {"hide_to": 2}
    assert "`hide_too` is not a rule of disclosure; did you mean `hide_to`?" in refusal(
        written(GOOD + "disclosure: {hide_too: 9}\n")
    )


def test_paths_start_at_the_params_file_and_must_lead_somewhere(written, tmp_path):
    (tmp_path / "extract").mkdir()

    found = params.read(written(GOOD.replace("sample", "extract")))
    assert found.values()["extract"] == str(tmp_path / "extract")
    assert found.as_written()["extract"] == "extract"

    said = refusal(written(GOOD.replace("sample", "nowhere") + "benchmarks: none.csv\n"))
    assert "line 5: `extract` names nowhere, which is not there." in said
    assert "line 6: `benchmarks` names none.csv" in said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("area: [Testshire\n", "line 2: not YAML"),
        ("just words", "lines of `key: value` were needed"),
        ("", "lines of `key: value` were needed"),
        ("area: !!python/object/apply:os.system ['true']", "not YAML"),
    ],
)
def test_a_file_that_is_not_params_is_refused_in_words(written, text, why):
    assert why in refusal(written(text))


def test_a_missing_file_is_named(tmp_path):
    assert "There is no params file" in refusal(tmp_path / "q9.yaml")


def test_a_notebook_gets_plain_values_only(written):
    values = params.read(written(GOOD + "actions:\n  - {what: Recruit, due: 2025-12-01}\n")).values()

    assert values["as_at"] == "2025-10-15"
    assert values["actions"] == [{"what": "Recruit", "due": "2025-12-01"}]


# Label, extract and as-at date


@dataclass
class Dated:
    """What `agree` asks of a record."""

    reaches: dt.date
    covers: tuple[dt.date, dt.date] = (dt.date(2019, 4, 1), dt.date(2026, 3, 31))


def disagreement(written, quarter: str, as_at: str, record: Dated) -> str:
    text = GOOD.replace("2025-26 Q2", quarter).replace("2025-10-15", as_at)
    with pytest.raises(AgreementError) as refused:
        params.agree(params.read(written(text)), record)
    return str(refused.value)


def test_a_january_label_on_an_august_extract_is_refused_naming_both_dates(written):
    said = disagreement(written, "2020-21 Q4", "2021-04-15", Dated(reaches=dt.date(2020, 8, 31)))

    assert said.startswith(
        "The label says 2020-21 Q4, which ends on 31 March 2021; the extract's latest record is of 31 August 2020."
    )


@pytest.mark.parametrize(("reaches", "agrees"), [("2025-08-30", True), ("2025-08-29", False)])
def test_the_extract_may_end_31_days_before_the_quarter_but_not_32(written, reaches, agrees):
    # 30 September less 31 days is 30 August.
    record = Dated(reaches=dt.date.fromisoformat(reaches))

    if agrees:
        params.agree(params.read(written(GOOD)), record)
    else:
        assert "29 August 2025" in disagreement(written, "2025-26 Q2", "2025-10-15", record)


@pytest.mark.parametrize(("as_at", "agrees"), [("2025-09-30", True), ("2025-09-29", False)])
def test_the_as_at_date_may_not_lie_before_the_quarters_end(written, as_at, agrees):
    record = Dated(reaches=dt.date(2025, 9, 28))

    if agrees:
        params.agree(params.read(written(GOOD.replace("2025-10-15", as_at))), record)
    else:
        assert "the as-at date is 29 September 2025" in disagreement(written, "2025-26 Q2", as_at, record)


def test_returns_that_begin_after_the_quarter_are_refused(written):
    record = Dated(reaches=dt.date(2025, 9, 28), covers=(dt.date(2025, 8, 1), dt.date(2026, 3, 31)))

    assert "the returns cover 1 August 2025 to 31 March 2026" in disagreement(
        written, "2025-26 Q2", "2025-10-15", record
    )
