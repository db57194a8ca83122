"""Actions and events on a page: standings, parts, routes, and the difference from other areas year by year."""

from __future__ import annotations

import pandas as pd

from incare.views import actions
from tests.views.reading import text

GIVEN = [
    {"text": "Report on housing", "date": "2024-09-23", "due": "2025-06-16", "owner": "Housing lead",
     "parts": [{"text": "Finding homes", "closed": "2025-02-10"}, "Better homes", "Associations", "Parents"]},
    {"text": "Review Staying Put", "date": "2025-01-20", "route": "SEN Strategy Board"},
    {"text": "Recruit <b>four</b>[Op3]", "date": "2024-10-07", "due": "2025-03-14", "measures": ["cl_eet_pct"]},
]  # fmt: skip


def test_the_page_counts_and_shows_what_is_overdue_first_with_parts_and_carried_actions():
    said = text(actions.report(GIVEN, "2024-25 Q4", "2025-03-31"))
    assert "Actions: 1 overdue, 1 due, 1 open. Carried forward from earlier quarters: 2." in said
    assert said.index("Recruit four") < said.index("Report on housing") < said.index("Review Staying Put ")
    assert "Overdue , 17 days late carried forward" in said
    assert "1 of its 4 parts done: Finding homes: done 10 February 2025 Better homes: open" in said
    assert "Care leavers in education, employment or training" in said


def test_markup_and_comment_marks_of_an_action_never_reach_the_page():
    page = actions.report([{"text": "Do <script>alert(1)</script>this[Op147] & that"}], "2024-25 Q4", "2025-03-31").text
    assert "Do this &amp; that" in page
    assert "script" not in page
    assert "Op147" not in page


def test_without_actions_the_page_says_what_would_be_here():
    assert "No action was handed in" in text(actions.report(None, "2024-25 Q4", "2025-03-31"))


def test_actions_that_go_to_another_body_are_under_its_name():
    assert "SEN Strategy Board: Review Staying Put." in text(actions.by_route(GIVEN, "2024-25 Q4", "2025-03-31"))


def test_an_action_and_an_event_are_letters_on_the_chart_with_their_days(drawn, public):
    from incare.views import charts

    marks = actions.marks(
        [{"text": "Meetings", "measures": ["care_plan_up_to_date_pct"], "date": "2025-01-15"}],
        [{"text": "Inspection", "date": "2024-06-01"}],
        drawn.MEASURES,
    )
    page = text(charts.trend(public, drawn.MEASURES["care_plan_up_to_date_pct"], actions=marks))
    assert "A: Inspection (1 June 2024). B: Meetings (15 January 2025)." in page


def test_the_report_of_a_quarter_knows_nothing_of_what_began_later():
    meetings = [{"text": "Meetings", "measures": ["cl_eet_pct"], "date": "2025-01-15"}]
    happened = [
        {"text": "Inspection", "date": "2024-06-01", "measures": ["cl_eet_pct"]},
        {"text": "Flood", "date": "2025-02-01", "measures": ["cl_eet_pct"]},
    ]
    drawn = {
        day: [m["text"] for m in actions.marks(meetings, happened, until=day)] for day in ("2025-01-14", "2025-01-15")
    }
    assert drawn == {"2025-01-14": ["Inspection"], "2025-01-15": ["Meetings", "Inspection"]}
    said = text(actions.events(happened, "2024-12-31"))
    assert "Inspection" in said
    assert "Flood" not in said


def test_the_difference_from_others_is_printed_year_by_year_with_the_events_of_the_year(small):
    # 60 % to March 2024, 50 % to March 2025; elsewhere 55 and 54.
    shown = small.judged(small.rows(small.plans_pct, [60] * 12 + [50] * 4))
    others = pd.DataFrame({"area": "England", "value": [55.0, 54.0],
                           "period_end": pd.to_datetime(["2024-03-31", "2025-03-31"])})  # fmt: skip
    events = [{"date": "2024-09-02", "text": "The employer closed"}, {"date": "2020-03-23", "text": "Lockdown"}]
    said = text(actions.beside_others(shown, small.plans_pct, others, events))
    assert "31 March 2024 60% 55% +5 – 31 March 2025 50% 54% −4 The employer closed (2 September 2024)" in said
    assert "Lockdown" not in said


def test_a_pack_received_is_named_with_its_hash():
    given = [{"quarter": "2024-25 Q3", "by": "Corporate parenting panel", "date": "2025-02-03", "hash": "a" * 64}]
    said = text(actions.received(given))
    assert "2024-25 Q3, received by Corporate parenting panel on 3 February 2025, hash aaaaaaaaaaaa." in said
