"""The ledger: what was released stays written down, and a change to it shows."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pandas as pd
import pytest

from incare.disclosure import ledger, protect
from incare.disclosure.ledger import LedgerError
from incare.disclosure.released import released
from incare.disclosure.turns import in_turn

from .drawn import counts, shares

AT = datetime(2025, 4, 20, 9, 30)


def cells(name, total=44, area="Westmere"):
    table = pd.concat([counts({"a": 3, "b": total - 3}), shares({"c": (20, 60)})])
    return released(protect(table.assign(area=area)), name)


@pytest.fixture
def path(tmp_path):
    """A ledger of three releases."""
    path = tmp_path / "ledger.jsonl"
    for name in ("one", "two", "three"):
        ledger.append(path, cells(name), AT)
    return path


def test_a_ledger_gives_back_what_was_released(path):
    entries = ledger.read(path)
    back = entries[1].cells()
    given = cells("two")

    assert [entry.release for entry in entries] == ["one", "two", "three"]
    pd.testing.assert_frame_equal(
        back, given[given["status"].isin(["ok", "c"])].reset_index(drop=True), check_dtype=False
    )


def test_hidden_cells_are_recorded_as_hidden_and_no_true_count_is_written(path):
    assert (ledger.read(path)[0].cells()["status"] == "c").sum() == 2
    assert '"a", "2025-07-01", "children", null, null, null, "c"' in path.read_text()


def test_each_entry_holds_the_hash_of_the_one_before(path):
    entries = ledger.read(path)

    assert entries[0].previous == ledger.START
    assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]


def test_an_entry_of_the_same_cells_is_not_written_twice(path):
    ledger.append(path, cells("two"), AT)

    assert len(ledger.read(path)) == 3


@pytest.mark.parametrize("change", ["a figure", "a name", "a line removed", "a line moved", "a new hash"])
def test_any_change_is_found_and_its_line_named(path, change):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    if change == "a figure":
        lines[1]["rows"][0][9] = 50
    elif change == "a name":
        lines[1]["release"] = "another"
    elif change == "a line removed":
        del lines[1]
    elif change == "a line moved":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        lines[1]["hash"] = "0" * 64
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    with pytest.raises(LedgerError, match="line 2"):
        ledger.read(path)
    with pytest.raises(LedgerError, match="line 2"):
        ledger.append(path, cells("four"), AT)


def test_a_torn_last_line_is_found(path):
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(LedgerError, match="line 3"):
        ledger.read(path)


def test_a_line_that_another_process_is_writing_is_waited_for(path):
    before = path.read_bytes()
    ledger.append(path, cells("four"), AT)
    line = path.read_bytes().removeprefix(before)
    path.write_bytes(before + line[:100])

    with ThreadPoolExecutor(1) as reader:
        with in_turn(path):  # as another area's run has it while it records its own pack
            read = reader.submit(ledger.read, path)
            with pytest.raises(TimeoutError):
                read.result(timeout=0.5)
            with path.open("ab") as file:
                file.write(line[100:])
        assert [entry.release for entry in read.result(timeout=30)] == ["one", "two", "three", "four"]


def test_a_line_that_was_given_up_while_it_was_waited_for_is_not_there(path):
    before = path.read_bytes()
    path.write_bytes(before + b'{"area": ')

    with ThreadPoolExecutor(1) as reader:
        with in_turn(path):
            read = reader.submit(ledger.read, path)
            with pytest.raises(TimeoutError):
                read.result(timeout=0.5)
            os.truncate(path, len(before))
        assert [entry.release for entry in read.result(timeout=30)] == ["one", "two", "three"]


def test_a_digest_does_not_depend_on_the_order_of_cells():
    given = cells("one")

    assert ledger.digest(given) == ledger.digest(given.iloc[::-1])
    assert ledger.digest(given) != ledger.digest(cells("one", total=60))


def test_cells_of_an_area_leave_out_other_areas_and_one_release(path):
    ledger.append(path, cells("elsewhere", area="Eastmere"), AT)
    found = ledger.cells_of(ledger.read(path), "Westmere", without="three")

    assert found["release"].unique().tolist() == ["one", "two"]
    assert len(ledger.cells_of([], "Westmere")) == 0


def test_one_areas_entries_are_read_without_going_through_the_cells_of_others(path, monkeypatch):
    ledger.append(path, cells("four", area="Eastmere"), AT)
    whole = ledger.read(path)
    held = []
    monkeypatch.setattr(ledger, "_digest", lambda rows, digest=ledger._digest: held.append(len(rows)) or digest(rows))

    (mine,) = ledger.read(path, "Eastmere")
    assert (mine.release, mine.number, mine.rows) == ("four", 4, whole[3].rows)
    assert len(held) == 1
    found = ledger.releases(path)
    assert [entry.release for entry in found] == ["one", "two", "three", "four"]
    assert len(held) == 1
    with pytest.raises(ValueError, match="without its cells"):
        ledger.cells_of(found, "Eastmere")


def test_cells_changed_under_another_area_stop_nobody_else_and_a_changed_chain_everybody(path):
    ledger.append(path, cells("four", area="Eastmere"), AT)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[1].replace('"children", 45', '"children", 50'), *lines[2:]]))

    assert len(ledger.read(path, "Eastmere")) == 1
    for read in (ledger.read, lambda place: ledger.read(place, "Westmere")):
        with pytest.raises(LedgerError, match="line 2: the cells were changed"):
            read(path)
    path.write_text("".join([lines[0], lines[1].replace('"number": 2', '"number": 3'), *lines[2:]]))
    with pytest.raises(LedgerError, match="line 2: the ledger was changed"):
        ledger.read(path, "Eastmere")


def test_a_fact_put_in_after_the_cells_is_found(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[1].replace("]]}", ']], "rows": [], "area": "Eastmere"}'), *lines[2:]]))

    with pytest.raises(LedgerError, match="line 2 cannot be read"):
        ledger.read(path, "Westmere")


def test_two_areas_are_not_recorded_as_one_release(tmp_path):
    both = pd.concat([cells("one"), cells("one", area="Eastmere")])

    with pytest.raises(LedgerError, match="found 2"):
        ledger.append(tmp_path / "ledger.jsonl", both, AT)
