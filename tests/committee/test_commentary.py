"""Commentary: the newest words stand, say from which quarter they are, and may say that a reason is not known."""

from __future__ import annotations

import pytest

from incare.committee import commentary
from incare.committee.entries import EntryError

HISTORY = [
    {"about": "eet", "quarter": "2024-25 Q2", "text": "Old."},
    {"about": "eet", "quarter": "2024-25 Q3", "text": "Newer.", "by": "Service manager"},
    {"about": "eet", "quarter": "2025-26 Q1", "text": "Not yet said."},
    {"about": "plans", "quarter": "2024-25 Q3", "unexplained": True},
    {"about": "homes", "quarter": "2024-25 Q1", "text": "Settled.", "closed": "2024-25 Q4"},
]


def test_the_newest_comment_up_to_the_quarter_stands_and_says_where_it_comes_from():
    read = commentary.read(HISTORY)
    assert commentary.said(read, "2024-25 Q3")["eet"] == "Newer. (Service manager)"
    assert commentary.said(read, "2024-25 Q4")["eet"] == "From 2024-25 Q3: Newer. (Service manager)"
    assert commentary.said(read, "2025-26 Q1")["eet"] == "Not yet said."


def test_unexplained_is_a_legal_answer_and_is_carried():
    read = commentary.read(HISTORY)
    assert commentary.said(read, "2024-25 Q3")["plans"] == "Unexplained: the reason is not known yet."
    assert commentary.said(read, "2024-25 Q4")["plans"] == "Unexplained since 2024-25 Q3: the reason is not known yet."


def test_a_closed_comment_is_carried_up_to_the_quarter_before():
    read = commentary.read(HISTORY)
    assert "homes" in commentary.said(read, "2024-25 Q3")
    assert "homes" not in commentary.said(read, "2024-25 Q4")


def test_plain_words_by_measure_belong_to_the_run_at_hand():
    assert commentary.said(commentary.read({"eet": "Text[Op1] here."}), "2024-25 Q4") == {"eet": "Text here."}


def test_a_mandatory_section_without_words_is_named():
    read = commentary.read(HISTORY)
    assert commentary.lacking(read, ["eet", "health"], "2024-25 Q4") == ["health"]
    # Words of a later quarter are no words yet.
    assert commentary.lacking(read, ["eet"], "2024-25 Q1") == ["eet"]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"about": "eet"}, "needs `text`, or `unexplained: true`"),
        ({"text": "x"}, "a comment needs `about`"),
        ({"about": "eet", "text": "x", "quarter": "2024-25 Q5"}, "`quarter`: A quarter is written like"),
    ],
)
def test_a_comment_that_cannot_be_used_is_told(entry, why):
    with pytest.raises(EntryError) as refused:
        commentary.read([entry], {(0,): 7}, "said.yaml")
    assert why in str(refused.value)
    assert str(refused.value).startswith("said.yaml, line 7")
