"""Pasted text: cleaned of what word processors leave, and searched for a count that could be a child."""

from __future__ import annotations

import pytest

from incare.committee.text import cleaned, few_people


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("suitable accommodation[Op147] and more", "suitable accommodation and more"),
        ("a <b>bold</b> claim <script>alert(1)</script>here", "a bold claim here"),
        ("5 < 7 and a > b", "5 < 7 and a > b"),
        ('see {HYPERLINK "x"} there<!-- hidden -->', "see there"),
        ("soft\u00adhyphen and\u200b zero", "softhyphen and zero"),
        ("&lt;script&gt;x&lt;/script&gt; left", "left"),
        ("one\r\n\r\n\r\ntwo", "one\n\ntwo"),
        (None, ""),
    ],
)
def test_marks_markup_and_invisible_characters_are_dropped_and_words_stay(pasted, kept):
    assert cleaned(pasted) == kept


@pytest.mark.parametrize(
    "said",
    [
        "A child that had been in long term foster care had been adopted",
        "2 individuals had been in bed and breakfasts",
        "two of our older children moved",
        "One of the young people went to university",
        "a very happy young person",
        "Both siblings came home",
        "7 children",
    ],
)
def test_one_to_seven_children_or_young_people_are_found_in_words_or_digits(said):
    assert few_people(said)


@pytest.mark.parametrize(
    "said",
    [
        "no children were missing",
        "8 children",
        "12 children",
        "each child has a plan",
        "a child’s view counts",
        "one child in four",
        "Two personal advisers were recruited",
        "a good number of children moved in with relatives",
        "2.7 children for each worker",
        "5% of children",
        "seen within 5 days of children leaving",
        "a child-level return",
    ],
)
def test_more_none_shares_and_everybodys_child_are_not_found(said):
    assert few_people(said) == []
