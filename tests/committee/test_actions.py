"""Actions: open, due, overdue and closed to the day, with parts, carried forward until they are closed."""

from __future__ import annotations

from datetime import date

import pytest

from incare.committee import actions
from incare.committee.entries import EntryError, Place

START, ON = date(2025, 1, 1), date(2025, 3, 31)  # the quarter's first day, the day of the extract


def one(**keys):
    return actions.read([{"text": "Recruit", **keys}])[0]


@pytest.mark.parametrize(
    ("due", "standing"),
    [
        ("2025-03-30", actions.OVERDUE),
        ("2025-03-31", actions.DUE),
        ("2025-07-01", actions.DUE),  # 92 days later
        ("2025-07-02", actions.OPEN),
        (None, actions.OPEN),
    ],
)
def test_an_action_is_due_on_its_day_and_overdue_on_the_next(due, standing):
    assert one(date="2025-01-20", due=due).standing(ON) == standing


def test_an_action_of_the_first_quarter_is_in_the_second_until_it_is_closed_and_then_once_as_closed():
    given = actions.read([{"text": "Protocol", "date": "2024-11-04", "due": "2025-06-30", "closed": "2025-05-12"}])
    quarters = [(date(2024, 10, 1), date(2024, 12, 31)), (START, ON), (date(2025, 4, 1), date(2025, 6, 30)),
                (date(2025, 7, 1), date(2025, 9, 30))]  # fmt: skip
    told = [[(f.standing, f.carried) for f in actions.standing(given, *quarter)] for quarter in quarters]
    assert told == [[("open", False)], [("due", True)], [("closed", True)], []]


def test_an_action_agreed_after_the_extract_is_not_in_the_pack():
    assert actions.standing([one(date="2025-04-01")], START, ON) == ()


def test_an_open_part_that_is_late_makes_the_action_overdue():
    parts = [{"text": "a", "due": "2025-02-01", "closed": "2025-03-01"}, {"text": "b", "due": "2025-03-01"}, "c"]
    late = one(due="2025-06-01", parts=parts)
    assert (late.standing(ON), late.parts_done(ON), len(late.parts)) == (actions.OVERDUE, 1, 3)
    # The part closed later than the day counts as open on it.
    assert late.parts_done(date(2025, 2, 1)) == 0


def test_the_most_urgent_come_first_and_days_overdue_are_counted():
    given = actions.read(
        [{"text": "late", "due": "2025-03-14"}, {"text": "open"}, {"text": "due", "due": "2025-04-28"}]
    )
    found = actions.standing(given, START, ON)
    # 14 to 31 March.
    assert [(f.action.text, f.days_overdue) for f in found] == [("late", 17), ("due", 0), ("open", 0)]


def test_a_dated_action_is_a_mark_on_each_of_its_measures():
    given = actions.read([{"text": "Meetings", "measures": ["a_pct", "b_pct"], "date": "2025-01-20"}, {"text": "x"}])
    assert actions.marks(given) == [
        {"measure": "a_pct", "date": "2025-01-20", "text": "Meetings"},
        {"measure": "b_pct", "date": "2025-01-20", "text": "Meetings"},
    ]


def test_actions_can_be_asked_for_by_the_body_they_go_to():
    given = actions.read([{"text": "Staying Put", "route": "SEN Strategy Board"}, {"text": "other"}])
    assert [a.text for a in actions.routed(given, "sen strategy board")] == ["Staying Put"]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"txet": "x"}, "actions.yaml, line 4: `txet` is not a key of an action; did you mean `text`?"),
        ({"owner": "x"}, "actions.yaml, line 4: an action needs `text`"),
        ({"text": "x", "due": "31/03/2025"}, "`due` is a day as yyyy-mm-dd; found `31/03/2025`"),
        ({"text": "x", "date": "2025-03-01", "closed": "2025-02-01"}, "closed before it began"),
        (5, "an action is a text, or keys such as `text`"),
        ({"text": "[Op147] "}, "needs `text` in words; only marks or markup were found"),
        ({"text": "x", "parts": [3]}, "a part of an action is a text, or keys"),
    ],
)
def test_an_entry_that_cannot_be_used_is_told_with_file_and_line(entry, why):
    with pytest.raises(EntryError) as refused:
        actions.read([entry], [Place("actions.yaml", 4)])
    assert why in str(refused.value)
