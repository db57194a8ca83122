"""On disk: whole or not at all, and safe when two ask at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from incare import sample
from incare.sample import layout

LIB = Path(sample.__file__).parents[2]


def test_each_area_gets_a_folder_with_returns_local_tables_and_a_notice(tmp_path):
    folders = sample.write(tmp_path, seed=3, children=40, years=2, areas=3, ending=2024)

    assert [folder.name for folder in folders] == ["northmere", "southmere", "eastmere"]
    for folder in folders:
        assert sorted(place.name for place in (folder / "ssda903").iterdir()) == ["2023", "2024"]
        assert {file.stem for file in (folder / "local").glob("*.csv")} == set(layout.LOCAL)
        assert "does not exist" in (folder / "README.txt").read_text()
    assert sorted(place.name for place in tmp_path.iterdir()) == ["eastmere", "northmere", "southmere"]


def test_files_read_back_as_the_tables_they_were_written_from(tmp_path):
    (folder,) = sample.write(tmp_path, seed=3, children=40, years=2)
    tables = sample.authority(seed=3, children=40, years=2)

    for (year, name), frame in tables.items():
        file = folder / ("local" if year is None else f"ssda903/{year}") / f"{name}.csv"
        read = pd.read_csv(file, dtype=str, keep_default_na=False)
        assert read.equals(frame.reset_index(drop=True)), name


def test_writing_again_replaces_the_folder_whole(tmp_path):
    sample.write(tmp_path, seed=3, children=40, years=2)
    (tmp_path / "northmere" / "stray.txt").write_text("left over")
    sample.write(tmp_path, seed=4, children=40, years=1)

    assert sorted(place.name for place in tmp_path.iterdir()) == ["northmere"]
    assert not (tmp_path / "northmere" / "stray.txt").exists()
    assert [place.name for place in (tmp_path / "northmere" / "ssda903").iterdir()] == ["2025"]


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(pd.DataFrame, "to_csv", _full_disk)
    with pytest.raises(OSError, match="no space"):
        sample.write(tmp_path, children=40, years=1)
    assert list(tmp_path.iterdir()) == []


def _full_disk(*_, **__):
    raise OSError("no space left on device")


def test_two_processes_that_ask_for_the_embedded_sample_at_once_get_the_same_whole_folder(tmp_path):
    program = "from incare import sample; print(sample.embedded(0))"
    settings = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(LIB)}
    started = [
        subprocess.Popen([sys.executable, "-c", program], env=settings, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    folders = {process.communicate(timeout=60)[0].strip() for process in started}

    assert [process.returncode for process in started] == [0, 0]
    (folder,) = (Path(text) for text in folders)
    assert folder.is_relative_to(tmp_path)
    assert [place.name for place in folder.parent.iterdir()] == [folder.name]
    assert len(list((folder / "ssda903").rglob("*.csv"))) == 6 * 10 + 2
    assert len(list((folder / "local").glob("*.csv"))) == len(layout.LOCAL)
