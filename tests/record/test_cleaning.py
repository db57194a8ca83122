"""Dirty rows: each is set aside, repaired or flagged under a numbered rule, and the rows always add up."""

from __future__ import annotations

import pytest

from extract import answer, record_of, write
from incare.record import read

EPISODES = """
    CHILD | DECOM      | RNE | LS | PLACE | DEC        | REC
    ------+------------+-----+----+-------+------------+----
"""


def episodes(*rows: str) -> str:
    return EPISODES.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


def rules(record) -> dict[str, str]:
    return dict(zip(record.issues["rule"], record.issues["action"], strict=True))


def spans(record) -> list[tuple[str, str]]:
    frame = record.tables["episodes"]
    return [
        (str(s.date()), "" if e is None or e != e else str(e.date()))
        for s, e in zip(frame.start, frame.end, strict=True)
    ]


@pytest.fixture
def of(tmp_path):
    return lambda *rows, **tables: record_of(tmp_path, 2025, episodes=episodes(*rows), **tables)


def test_an_episode_that_overlaps_the_next_ends_where_the_next_starts(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | 10/08/2024 | X1",
        "a | 01/08/2024 | P | C2 | K2 |            |",
    )
    assert spans(record) == [("2024-05-01", "2024-08-01"), ("2024-08-01", "")]
    assert rules(record) == {"501": "repaired"}


def test_an_open_episode_with_a_later_one_ends_where_that_starts(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 |            |",
        "a | 01/08/2024 | P | C2 | K2 |            |",
    )
    assert spans(record) == [("2024-05-01", "2024-08-01"), ("2024-08-01", "")]
    assert "142" in rules(record)
    assert len(record.care_periods) == 1


def test_a_gap_after_x1_before_a_continuation_is_closed(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | 20/07/2024 | X1",
        "a | 01/08/2024 | P | C2 | K2 |            |",
    )
    assert spans(record)[0] == ("2024-05-01", "2024-08-01")
    assert rules(record) == {"388": "repaired"}


def test_short_breaks_go_before_the_repair_so_they_cannot_cut_a_placement(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | 01/10/2024 | X1",
        "a | 01/08/2024 | S | V3 | K2 | 05/08/2024 | E4A",
        "a | 01/10/2024 | P | C2 | K2 |            |",
    )
    assert spans(record) == [("2024-05-01", "2024-10-01"), ("2024-10-01", "")]
    assert rules(record) == {"RESPITE": "set aside", "501R": "kept, flagged"}


def test_an_episode_that_ends_on_its_first_day_is_set_aside(of):
    record = of("a | 01/05/2024 | S | C2 | U6 | 01/05/2024 | E4A", "b | 01/05/2024 | S | C2 | U6 | |")
    assert rules(record) == {"355": "set aside"}
    assert record.reconciliation.set_index("table").loc["episodes", ["rows_in", "used", "set_aside"]].tolist() == [
        2,
        1,
        1,
    ]


def test_a_reason_for_ceasing_without_an_end_date_leaves_the_episode_open(of):
    record = of("a | 01/05/2024 | S | C2 | U6 | | E4A")
    assert rules(record) == {"148": "kept, flagged"}
    assert answer(record, "cla_count", "2025-03-31")[0] == 1


def test_x1_with_nothing_after_it_ends_care_that_day(of):
    record = of("a | 01/05/2024 | S | C2 | U6 | 01/09/2024 | X1")
    assert rules(record) == {"388E": "kept, flagged"}
    assert answer(record, "cla_ceased_count", "2024-09-30")[0] == 1
    assert answer(record, "cla_count", "2024-09-30")[0] == 0


def test_starting_again_on_the_day_care_ended_is_a_new_period_of_care_and_no_re_entry(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | 01/09/2024 | E4A",
        "a | 01/09/2024 | S | C2 | U6 |            |",
    )
    assert "431" in rules(record)
    assert len(record.care_periods) == 2
    assert answer(record, "cla_reentry_pct", "2025-03-31") == (0, 1)


def test_a_first_row_that_is_no_start_leaves_the_start_of_care_unknown(of):
    record = of("a | 01/05/2024 | P | C2 | U6 | |", "b | 01/05/2024 | S | C2 | U6 | |")
    assert rules(record) == {"357": "kept, flagged"}
    assert answer(record, "cla_started_count", "2024-05-31")[0] == 1
    assert answer(record, "cla_count", "2024-05-31")[0] == 2


def test_a_child_in_episodes_but_not_in_the_header_stays_in_the_count(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | |",
        "b | 01/05/2024 | S | C2 | U6 | |",
        header="""
            CHILD | DOB
            ------+-----------
            a     | 01/01/2015
        """,
    )
    assert rules(record)["INT03"] == "kept, flagged"
    assert answer(record, "cla_count", "2025-03-31")[0] == 2
    assert answer(record, "foster_or_adoption_10_16_pct", "2025-03-31") == (1, 1)


def test_an_unknown_code_is_a_group_of_its_own_in_the_denominator(of):
    record = of("a | 01/05/2024 | S | C2 | R4 | |", "b | 01/05/2024 | S | C2 | u6 | |")
    assert rules(record) == {"146": "kept, flagged"}
    assert answer(record, "placement_residential_pct", "2025-03-31") == (0, 2)
    assert list(record.tables["episodes"]["placement"]) == ["Not known", "Foster: other carers"]


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("45444", "141S"),
        ("01/06/24", "141Y"),
        ("31/02/2024", "141"),
        ("June", "141"),
        ("", "F2"),
        ("01/01/1900", "141"),
    ],
)
def test_a_start_that_is_no_date_sets_the_row_aside_with_the_reason(of, cell, rule):
    good = [f"g{n} | {n:02d}/05/2024 | S | C2 | U6 | |" for n in range(13, 20)]
    record = of(f"a | {cell} | S | C2 | U6 | |", *good)
    assert rules(record)[rule] == "set aside"
    found = record.issues[record.issues["rule"] == rule].iloc[0]
    assert (found["file"], found["row"], found["column"]) == ("2025/episodes.csv", 2, "DECOM")
    assert answer(record, "cla_count", "2025-03-31")[0] == 7


def test_a_row_that_starts_after_the_as_at_date_is_set_aside(tmp_path):
    record = record_of(
        tmp_path,
        2025,
        as_at="2024-12-31",
        episodes=episodes("a | 01/05/2024 | S | C2 | U6 | |", "b | 05/01/2025 | S | C2 | U6 | |"),
    )
    assert rules(record) == {"S4": "set aside"}


def test_an_episode_restated_by_a_later_return_is_counted_once(tmp_path):
    write(tmp_path, 2024, episodes=episodes("a | 01/05/2023 | S | C2 | U6 | |"))
    write(tmp_path, 2025, episodes=episodes("a | 01/05/2023 | S | C2 | U6 | 01/06/2024 | E4A"))
    record = read(tmp_path, area="Testshire")
    assert spans(record) == [("2023-05-01", "2024-06-01")]
    aside = record.issues[record.issues["table"] == "episodes"]
    assert list(zip(aside["rule"], aside["file"], strict=True)) == [("S2", "2024/episodes.csv")]


def test_a_child_whom_the_next_return_forgets_stays_open_and_is_reported(tmp_path):
    write(tmp_path, 2024, episodes=episodes("a | 01/05/2023 | S | C2 | U6 | |"))
    write(tmp_path, 2025, episodes=episodes("b | 01/05/2024 | S | C2 | U6 | |"))
    record = read(tmp_path, area="Testshire")
    assert rules(record)["502"] == "kept, flagged"
    assert answer(record, "cla_count", "2025-03-31")[0] == 2


def test_missing_incidents_end_with_care_and_impossible_ones_are_set_aside(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | 01/09/2024 | E4A",
        missing="""
            CHILD | MISSING | MIS_START  | MIS_END
            ------+---------+------------+-----------
            a     | M       | 30/08/2024 |
            a     | M       | 10/07/2024 | 09/07/2024
            a     | M       | 01/12/2024 | 02/12/2024
            a     | M       | 05/06/2024 | 05/06/2024
        """,
    )
    assert rules(record) == {"577": "repaired", "580": "kept, flagged", "567": "set aside", "578": "set aside"}
    assert answer(record, "missing_children_pct", "2025-03-31") == (1, 1)


def test_a_ragged_row_is_set_aside_and_the_rest_is_used(tmp_path):
    folder = write(
        tmp_path, 2025, episodes=episodes("a | 01/05/2024 | S | C2 | U6 | |", "b | 01/05/2024 | S | C2 | U6 | |")
    )
    path = folder / "2025" / "episodes.csv"
    heading, first, last = path.read_text().splitlines()
    path.write_text("\n".join([heading, first + ",surplus", last]) + "\n")
    record = read(folder, area="Testshire")
    assert rules(record) == {"F1": "set aside"}
    assert (
        record.reconciliation["rows_in"] == record.reconciliation["used"] + record.reconciliation["set_aside"]
    ).all()


def test_the_thirteen_week_test_adds_up_spells_that_fail_alone(tmp_path):
    from incare import periods as p
    from incare.record.leavers import became_eligible, days_in_care, passes_thirteen_weeks

    record = record_of(
        tmp_path,
        2023,
        episodes=episodes(
            "a | 01/07/2020 | S | C2 | U6 | 01/10/2020 | E4A",
            "a | 15/07/2022 | S | C2 | U6 | 25/09/2022 | E4A",
        ),
        header="""
            CHILD | DOB
            ------+-----------
            a     | 20/08/2006
        """,
    )
    born, on = p.days(record.people["born"]), p.days(["2023-03-31"])
    totals = days_in_care(record.tables["episodes"], born, on)
    assert totals.iloc[0].tolist() == [42 + 72, 36]
    assert passes_thirteen_weeks(totals).tolist() == [True]
    # The 91st day is 49 days into the second spell, and by then she is 16.
    assert str(became_eligible(record.tables["episodes"], born)[0]) == "2022-09-02"


def test_no_message_or_finding_holds_a_child_s_value(of):
    record = of(
        "SECRET01 | 99/99/2024 | S | C2 | U6 | |",
        "b | 13/05/2024 | S | C2 | U6 | |",
        "c | 14/05/2024 | S | C2 | U6 | |",
    )
    assert "SECRET01" not in record.issues.to_string()
    assert "SECRET01" not in repr(record)


def test_a_birth_after_the_first_episode_leaves_the_child_out_of_ages_but_in_the_count(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | |",
        "b | 01/05/2024 | S | C2 | U6 | |",
        header="""
            CHILD | DOB
            ------+-----------
            a     | 02/05/2024
            b     | 01/05/2012
        """,
    )
    assert rules(record) == {"302": "kept, flagged"}
    assert answer(record, "cla_count", "2025-03-31")[0] == 2
    assert answer(record, "foster_or_adoption_10_16_pct", "2025-03-31") == (1, 1)


def test_a_date_of_birth_that_differs_between_tables_is_the_header_s(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | |",
        header="""
            CHILD | DOB
            ------+-----------
            a     | 01/05/2012
        """,
        reviews="""
            CHILD | DOB        | REVIEW
            ------+------------+-----------
            a     | 01/05/2002 | 01/06/2024
        """,
    )
    assert rules(record) == {"INT17": "kept, flagged"}
    assert str(record.people["born"].iloc[0].date()) == "2012-05-01"


def test_a_row_copied_twice_is_used_once_and_a_second_row_for_the_same_start_is_set_aside(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | 01/09/2024 | E4A",
        "a | 01/05/2024 | S | C2 | U6 | 01/09/2024 | E4A",
        "b | 01/05/2024 | S | C2 | U6 |            |",
        "b | 01/05/2024 | S | C2 | U6 | 01/09/2024 | E4A",
    )
    assert rules(record) == {"S1": "set aside", "S3": "set aside"}
    assert spans(record) == [("2024-05-01", "2024-09-01")] * 2


def test_a_continuation_after_care_had_ended_with_a_gap_is_a_known_start(of):
    record = of(
        "a | 01/05/2024 | S | C2 | U6 | 01/07/2024 | E4A",
        "a | 01/09/2024 | P | C2 | U6 |            |",
    )
    assert rules(record) == {"433": "kept, flagged"}
    assert answer(record, "cla_started_count", "2024-09-30")[0] == 1


def test_a_code_of_another_year_is_flagged_and_used(of):
    record = of("a | 01/05/2024 | S | C2 | H5 | |", header="CHILD | DOB\n---\na | 01/05/2007")
    assert rules(record) == {"C7": "kept, flagged"}
    assert list(record.tables["episodes"]["placement"]) == ["Supported accommodation"]
