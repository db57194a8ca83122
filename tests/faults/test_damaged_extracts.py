"""Damage that a naive reader passes over without a word: what incare says of it, and what stays right."""

from __future__ import annotations

import pandas as pd
import pytest

import extract
from incare.record import ExtractError, read

EPISODES = """
    CHILD            | DECOM      | RNE | DEC | REC
    -----------------+------------+-----+-----+----
    00123            | 01/04/2024 | S   |     |
    9007199254740993 | 05/06/2024 | S   |     |
    9007199254740992 | 13/06/2024 | S   |     |
"""


@pytest.fixture
def folder(tmp_path):
    return extract.write(tmp_path, 2025, episodes=EPISODES)


def changed(folder, name: str, old: bytes, new: bytes):
    path = folder / "2025" / f"{name}.csv"
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return folder


def record_of(folder):
    return read(folder, area="Testshire", as_at="2025-03-31")


def test_ids_keep_their_zeros_and_long_ids_stay_apart(folder):
    ids = set(record_of(folder).people["id"])

    assert ids == {"00123", "9007199254740993", "9007199254740992"}


def test_the_first_of_april_is_in_april(folder):
    starts = record_of(folder).tables["episodes"]["start"]

    assert [day.strftime("%d %b") for day in sorted(pd.to_datetime(starts))] == ["01 Apr", "05 Jun", "13 Jun"]


@pytest.mark.parametrize("half", [0.5, 0.7, 0.9])
def test_a_file_cut_off_inside_a_row_is_refused_with_the_row(folder, half):
    path = folder / "2025" / "episodes.csv"
    data = path.read_bytes()
    cut = data[: int(len(data) * half)]
    assert not cut.endswith(b"\n")
    path.write_bytes(cut)

    with pytest.raises(ExtractError, match=r"episodes\.csv.*(cut off: its last row \(row \d\)|lacks the column)"):
        record_of(folder)


def test_letters_saved_twice_are_told(folder):
    record = record_of(changed(folder, "header", b"WBRI", "WBRIZoÃ«".encode()))

    assert any("header.csv holds letters that look mis-saved" in said for said in record.notices)


def test_a_byte_order_mark_that_was_read_as_letters_is_no_column_name(folder):
    path = folder / "2025" / "episodes.csv"
    path.write_bytes("ï»¿".encode() + path.read_bytes())

    assert len(record_of(folder).tables["episodes"]) == 3


def test_a_word_for_missing_is_blank_and_counted(folder):
    record = record_of(changed(folder, "header", b",WBRI", b",NA"))

    assert any(
        "3 cells holding a word for missing (such as NULL or N/A) were read as blank" in n for n in record.notices
    )


def test_a_day_that_does_not_exist_sets_its_row_aside_and_is_in_no_message(folder):
    record = record_of(changed(folder, "episodes", b"05/06/2024", b"31/06/2024"))

    (line,) = record.issues[record.issues["action"] == "set aside"].to_dict("records")
    assert (line["file"], line["row"], line["column"]) == ("2025/episodes.csv", 3, "DECOM")
    assert "31/06/2024" not in record.issues.to_csv() + " ".join(record.notices)
    counted = record.reconciliation.set_index("table").loc["episodes"]
    assert counted[["rows_in", "used", "set_aside"]].tolist() == [3, 2, 1]


def test_cells_of_a_child_that_stand_in_a_damaged_heading_are_in_no_message(folder):
    path = folder / "2025" / "header.csv"
    heading, first, *others = path.read_bytes().strip().split(b"\n")
    more = b"," * (first.count(b",") + 1)
    path.write_bytes(b"\n".join([heading + b"," + first, *(row + more for row in others)]))

    said = " ".join(record_of(folder).notices)

    assert "were left unread: (no name of a column)." in said
    assert not [cell for cell in ("00123", "01/01/2015", "WBRI") if cell in said]
