"""Questions, events, goals, voices, supplementary figures and received packs, read from plain entries and files."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from incare.committee import entries, events, goals, questions, received, supplementary, voice
from incare.committee.entries import EntryError

ON = date(2025, 3, 31)


def test_a_question_stays_until_it_is_answered_and_is_shown_once_more_then():
    given = questions.read(
        [
            {"question": "UASC?", "asked": "2025-01-20", "measures": ["p"], "cohort": "uasc"},
            {"question": "Teams?", "asked": "2024-10-01", "answered": "2025-02-01", "answered_by": "80_ask"},
            {"question": "Later?", "asked": "2025-05-01"},
        ]
    )
    waiting, answered = questions.standing(given, date(2025, 1, 1), ON)
    assert [q.question for q in waiting] == ["UASC?"]
    assert [q.question for q in answered] == ["Teams?"]
    # Before it was answered it was open, and the quarter after nobody need see it again.
    before, _ = questions.standing(given, date(2024, 10, 1), date(2024, 12, 31))
    assert [q.question for q in before] == ["Teams?"]
    assert questions.standing(given, date(2025, 4, 1), date(2025, 4, 30))[1] == ()


def test_a_page_answers_the_questions_about_its_measures_and_children():
    given = questions.read([{"question": "UASC?", "measures": ["p", "q"], "cohort": "uasc"}, {"question": "x"}])
    assert [q.question for q in questions.answers(given, ["q"], " UASC ")] == ["UASC?"]
    assert questions.answers(given, ["q"], "") == ()
    assert questions.answers(given, ["other"], "uasc") == ()


def test_an_event_without_measures_marks_them_all():
    given = events.read(
        [{"date": "2024-09-02", "text": "Closure", "measures": ["eet"]}, {"date": "2020-03-23", "text": "Lockdown"}]
    )
    assert [(m["measure"], m["text"]) for m in events.marks(given, ["a", "b"])] == [
        ("a", "Lockdown"), ("b", "Lockdown"), ("eet", "Closure")]  # fmt: skip


def test_goals_without_a_measure_and_targets_without_a_goal_are_found():
    given = goals.read([{"goal": "Homes", "measure": "homes"}, {"goal": "Networks"}])
    loose, without = goals.unmatched(given, ["homes", "eet"])
    assert ([g.goal for g in loose], without) == (["Networks"], ["eet"])


SAID = {"source": "Survey", "date": "2025-02-28"}


def test_a_quote_is_kept_only_with_consent_and_the_others_are_counted():
    quotes = [
        {"text": "yes", "consent": True, **SAID},
        {"text": "no", "consent": False, **SAID},
        {"text": "no", **SAID},
        {"text": "no", "consent": "true", **SAID},
    ]
    found = voice.read({"quotes": quotes})
    assert [q.text for q in found.quotes] == ["yes"]
    assert found.withheld == 3


def test_what_was_said_after_the_extract_is_not_known_yet():
    later = {"source": "Survey", "date": "2025-04-01", "theme": "Homes", "text": "x"}
    found = voice.read({"themes": [later], "waits": [{"what": "Flat", "asked": "2025-01-01", "ended": "2025-05-01"}]})
    kept = found.until(ON)
    assert kept.themes == ()
    assert kept.waits[0].ended is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"survey": [{"question": "q", "agree": 5, "answered": 4, **SAID}]}, "they do not fit"),
        ({"survey": [{"question": "q", "agree": 5, "answered": 9, "asked": 8, **SAID}]}, "they do not fit"),
        ({"themes": [{"theme": "t", "text": "x", "date": "2025-01-01"}]}, "needs `source`"),
        ({"themes": [{"theme": "t", "text": "x", "n": -1, **SAID}]}, "`n` is a whole number, 0 or more"),
        ({"poems": []}, "`poems` is no kind of voice"),
        ({"inspections": [{"visited": 3, "good": 4, **SAID}]}, "do not fit"),
    ],
)
def test_a_voice_that_does_not_add_up_or_has_no_source_is_refused(given, why):
    with pytest.raises(EntryError) as refused:
        voice.read(given)
    assert why in str(refused.value)


def test_a_csv_file_is_a_list_with_the_line_of_each_entry(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("question,agree,date\nSafe?,12,2025-02-28\n\nHeard?,,2025-02-28\n", encoding="utf-8")
    found, lines = entries.load(path)
    assert found == [{"question": "Safe?", "agree": 12, "date": date(2025, 2, 28)},
                     {"question": "Heard?", "date": date(2025, 2, 28)}]  # fmt: skip
    assert lines == {(0,): 2, (1,): 4}


def test_a_ragged_line_and_a_missing_file_are_named(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("a,b\n1\n", encoding="utf-8")
    with pytest.raises(EntryError, match=r"survey\.csv, line 2: 2 cells were needed"):
        entries.load(path)
    with pytest.raises(EntryError, match=r"other\.yaml is not there"):
        entries.load(tmp_path / "other.yaml")


def test_a_received_pack_is_the_same_while_its_manifest_is(tmp_path):
    (tmp_path / "q3").mkdir()
    (tmp_path / "q3" / "manifest.json").write_text("{}", encoding="utf-8")
    digest = hashlib.sha256(b"{}").hexdigest()
    one = received.read([{"quarter": "2024-25 Q3", "by": "Board", "pack": "q3", "hash": digest}])[0]
    assert received.verdict(one, tmp_path) == received.SAME
    (tmp_path / "q3" / "manifest.json").write_text("{ }", encoding="utf-8")
    assert received.verdict(one, tmp_path) == received.CHANGED
    assert received.verdict(one, tmp_path / "elsewhere") == received.MISSING


def test_a_supplementary_figure_has_a_number_and_a_day_of_its_own():
    found = supplementary.read([{"figure": "Missing", "value": 0, "as_at": "2025-04-07"}])[0]
    assert (found.value, found.as_at, found.of) == (0, date(2025, 4, 7), "children")
    with pytest.raises(EntryError, match="`value` is a number, 0 or more"):
        supplementary.read([{"figure": "Missing", "value": "few", "as_at": "2025-04-07"}])


@pytest.mark.parametrize("reader", [voice.read, events.read, supplementary.read, received.read])
@pytest.mark.parametrize("entry", [None, "Home", 7, []])
def test_an_entry_without_keys_is_refused(reader, entry):
    with pytest.raises(EntryError):
        reader({"themes": [entry]} if reader is voice.read else [entry])
