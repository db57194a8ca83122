"""Voice beside data: agree, diverge or single source by rule; consent; small numbers; a slot that is never silent."""

from __future__ import annotations

import pytest

from incare.committee import voice
from incare.pack import beside
from incare.views import voice as views
from tests.views.reading import text

SAID = {"source": "Survey of care leavers", "date": "2025-02-28"}
QUARTER = "2024-25 Q4"


def answer(agree: int, answered: int, **keys) -> dict:
    return {"theme": "Homes", "question": "I feel safe", "agree": agree, "answered": answered, "asked": 2 * answered,
            "measure": "plans_pct"} | SAID | keys  # fmt: skip


def told(small, given: dict, values=(90.0,) * 16, profile: str = "public"):
    said = voice.read(given)
    shown = small.judged(small.rows(small.plans_pct, list(values)), profile=profile)
    answers = beside.protected([beside.survey(said, "Testshire", QUARTER)], profile)
    return said, views.sources(said, shown, small.only("plans_pct"), answers), answers


@pytest.mark.parametrize(
    ("recorded", "agree", "answered", "word"),
    [
        (90.0, 60, 100, "diverge"),
        (90.0, 88, 100, "agree"),
        (90.0, 82, 100, "agree"),  # 8 points: clear of chance, but no more than wording explains
        (70.0, 24, 40, "agree"),  # 60 % of 40: 10 points apart, but the interval holds chance
    ],
)
def test_a_planted_divergence_is_told_from_agreement_by_size_and_interval(small, recorded, agree, answered, word):
    _, found, _ = told(small, {"survey": [answer(agree, answered)]}, [recorded] * 16)
    assert views.verdict(found) == word


def test_one_source_alone_is_called_a_single_source(small):
    _, found, _ = told(small, {"survey": [answer(60, 100, measure="")]})
    assert views.verdict(found) == views.SINGLE


def test_a_survey_of_a_few_is_hidden_in_public_and_nothing_can_be_told_from_it(small):
    given = {"survey": [answer(5, 7)]}
    _, found, _ = told(small, given)
    assert views.verdict(found) == views.UNSURE
    assert "71%" not in text(views.triangulation(found))
    _, true, _ = told(small, given, profile="restricted")
    assert "71%" in text(views.triangulation(true))


def test_recorded_and_felt_stand_in_one_table_with_their_numbers_sources_and_days(small):
    _, found, _ = told(small, {"survey": [answer(60, 100)]})
    said = text(views.triangulation(found))
    assert "Recorded The council's records, quarter ending 31 March 2025 Plans up to date 90% 400" in said
    assert "Felt Survey of care leavers, 28 February 2025, 50% of those asked answered I feel safe 60% 100" in said


def test_young_inspectors_stand_beside_the_recorded_rate(small):
    visit = {
        "theme": "Homes",
        "place": "Hostels",
        "visited": 40,
        "good": 20,
        "measure": "plans_pct",
        "findings": "Cold.",
    }
    said, found, answers = told(small, {"inspections": [visit | SAID]})
    assert views.verdict(found) == "diverge"
    assert "Seen by young inspectors" in text(views.triangulation(found))
    assert "Cold. (Hostels, 28 February 2025; 40 homes visited, 20 of them found good)" in text(
        views.themes(said, answers)
    )


def test_a_quote_without_consent_never_prints_and_one_with_it_does(small):
    quotes = [{"theme": "Homes", "text": "Shut the door", "consent": True, **SAID},
              {"theme": "Homes", "text": "In confidence", "consent": False, **SAID}]  # fmt: skip
    said, _, answers = told(small, {"quotes": quotes})
    page = text(views.themes(said, answers))
    assert "“Shut the door”" in page
    assert "In confidence" not in page
    assert "what was said without it is left out" in page


def test_a_theme_said_by_seven_or_fewer_has_its_number_hidden_in_public(small):
    themes = [{"theme": "Money", "text": "Slow", "n": 7, **SAID}, {"theme": "Money", "text": "Hard", "n": 8, **SAID}]
    said, _, answers = told(small, {"themes": themes})
    page = text(views.themes(said, answers))
    assert "Slow (c young people, hidden as so few; Survey of care leavers, 28 February 2025)" in page
    assert "Hard (10 young people;" in page


def test_without_any_voice_the_slot_says_so_in_words(small):
    said, found, answers = told(small, {})
    assert "No qualitative evidence supplied." in text(views.themes(said, answers))
    assert "Name a file under the key voice" in text(views.triangulation(found))
    assert text(views.slot(said, "Homes", answers)) == "Homes: no qualitative evidence supplied."


def test_goals_show_the_gap_and_what_is_not_matched(small):
    shown = small.judged(small.rows(small.plans_pct, [90.0] * 16), targets={"plans_pct": {"target": 95}})
    targets = {"plans_pct": {"target": 95.0}, "moves_pct": {"target": 5.0}}
    given = [{"goal": "Plans that are theirs", "measure": "plans_pct", "owner": "Head", "young_peoples_priority": True},
             {"goal": "Networks"}]  # fmt: skip
    said = text(views.goals(given, shown, small.only("plans_pct", "moves_pct"), targets))
    assert "★ Plans that are theirs Head Plans up to date 90% 95% 5 points below" in said
    assert "Goals without a measure: Networks." in said
    assert "Measures with a target but without a goal: Moves in the year." in said


def test_grades_of_an_audit_are_hidden_where_they_are_few(small):
    grades = [("Good", 31), ("Requires improvement", 18), ("Outstanding", 9), ("Inadequate", 2)]
    given = {"audits": [{"of": "Pathway plans", "grade": g, "number": n, **SAID} for g, n in grades]}
    said, _, answers = told(small, given)
    page = text(views.audits(said, answers))
    assert "Inadequate c –" in page
    assert "Good 30 50%" in page  # 31 of 60, as printed: 30 of 60
