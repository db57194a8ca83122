"""No input makes a reader end otherwise than in a precise refusal or a reconciled record.

Some hundred inputs for each reader here; `python tests/bench/fuzz.py` tries 100,000. An input is told by its seed.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import inputs, readers

READERS = readers.readers()
SEEDS = st.integers(0, 10**9)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {reader.title: readers.prepared(reader, tmp_path_factory.mktemp("in") / "puts") for reader in READERS}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.title)
def test_any_input_is_refused_in_words_or_read_without_losing_a_row(reader, folders):
    became = set()

    @settings(max_examples=60 if reader.title.startswith(readers.RECORDS) else 200)
    @given(SEEDS)
    def tried(seed):
        became.add(readers.outcome(reader, reader.make(inputs.chance(seed)), folders[reader.title]))

    tried()
    # Inputs that are all refused, or all read, would try one road only.
    assert became == {readers.READ, readers.REFUSED}


def test_an_error_of_another_library_is_noticed(tmp_path):
    def breaks(folder):
        raise KeyError("CHILD")

    reader = readers.Reader("broken", "a.csv", None, breaks)

    with pytest.raises(readers.CrashError, match="broken: KeyError"):
        readers.outcome(reader, b"", tmp_path)


def test_a_refusal_that_shows_a_childs_id_is_noticed(tmp_path):
    from incare.record import ExtractError

    def tells(folder):
        raise ExtractError(f"row 3: {readers.MARK}001 is born twice")

    with pytest.raises(readers.CrashError, match="a child's id"):
        readers.outcome(readers.Reader("telling", "a.csv", None, tells), b"", tmp_path)


def test_a_row_in_no_line_of_the_reconciliation_is_noticed(tmp_path, monkeypatch):
    reader = READERS[0]
    folder = readers.prepared(reader, tmp_path / "inputs")
    sound = inputs.as_csv(readers.sample()["reviews"])
    assert readers.outcome(reader, sound, folder) == readers.READ

    whole = readers.read_text
    monkeypatch.setattr(readers, "read_text", lambda *args: (whole(*args)[0] + [["one more"]], [], []))

    with pytest.raises(readers.LostError, match="the record accounts for"):
        readers.outcome(reader, sound, folder)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.title)
def test_the_same_seed_is_the_same_input(reader):
    def drawn() -> bytes:
        return reader.make(inputs.chance(7))

    # A workbook holds the time at which it was saved.
    assert "workbook" in reader.title or drawn() == drawn()
