"""An extract's fingerprint is known from its files, before any of them is read."""

from __future__ import annotations

import shutil

import pytest

from incare.record import ExtractError, fingerprint, read
from incare.sample import embedded


@pytest.fixture(scope="module")
def extract():
    return embedded(0)


def test_it_is_that_of_the_record_wherever_the_files_lie(extract, tmp_path):
    moved = shutil.copytree(extract, tmp_path / "elsewhere")
    assert fingerprint("sample") == fingerprint(extract) == fingerprint(moved) == read(moved, area="A").fingerprint


def test_a_changed_byte_or_a_changed_name_changes_it(extract, tmp_path):
    moved = shutil.copytree(extract, tmp_path / "elsewhere")
    file = next(moved.rglob("*.csv"))
    before = fingerprint(moved)
    file.write_bytes(file.read_bytes() + b"\n")
    changed = fingerprint(moved)
    file.rename(file.with_name(f"a_{file.name}"))
    assert len({before, changed, fingerprint(moved)}) == 3


def test_only_reading_tells_what_a_database_holds():
    assert fingerprint("postgresql://nowhere/extract") == fingerprint("extract.duckdb") == ""


def test_an_extract_that_is_not_there_is_refused_as_in_reading(tmp_path):
    with pytest.raises(ExtractError) as here:
        fingerprint(tmp_path / "none")
    with pytest.raises(ExtractError) as there:
        read(tmp_path / "none", area="A")
    assert str(here.value) == str(there.value)
