"""Publishing: a pack is whole or not there, one run at a time, and no trace of a child in any file."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from house import AT, CHILDREN, POSTCODE
from incare.pack import gate, publish, run
from incare.pack.publish import LockedError, PublishError, held, place, verify, write_manifest

QUARTER = "2025-26 Q2"


@pytest.fixture
def reports(tmp_path):
    return tmp_path / "reports"


def stage(at, text: str) -> None:
    at.pack.mkdir(parents=True)
    (at.pack / "index.html").write_text(text, encoding="utf-8")
    write_manifest(at.pack, {"area": at.area})


def published(reports, text: str):
    at = place(reports, "Testshire", QUARTER, AT - timedelta(seconds=len(text)))
    with held(at, AT):
        stage(at, text)
        return publish.publish(at)


def dead_process() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


# Long paths


def test_windows_limit_is_counted_before_anything_is_written(tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    at = place(deep, "Testshire", QUARTER, AT)
    names = ("10_scorecard", "20_performance_report")
    longest = publish.longest_path(at, names)

    # The longest of all that a run writes: a data file of 64 letters of the longest notebook, while it is kept.
    assert longest == at.kept / f".20_performance_report-{'0' * 16}.part" / "data" / f"{'x' * 60}.csv"
    publish._check_length(at, names, len(str(longest)) + 1)
    with pytest.raises(
        PublishError, match=f"up to {len(str(longest))} characters long, more than the 259 that Windows"
    ):
        publish._check_length(at, names, publish.LONGEST_ON_WINDOWS)
    publish._check_length(at, names, None)  # elsewhere the system itself is asked
    assert not deep.exists()


def test_a_pack_with_a_long_name_is_counted_by_its_own_place(tmp_path):
    at = place(tmp_path, "a" * 200, QUARTER, AT)

    assert publish.longest_path(at, ("10_first",)).is_relative_to(at.kept)


# One rename


def test_a_pack_goes_to_the_folder_of_its_area_and_quarter(reports):
    pack = published(reports, "first")

    assert pack == reports / "testshire" / "2025-26-q2"
    assert (pack / "index.html").read_text() == "first"
    assert list((reports / ".staging").glob("*")) == [reports / ".staging" / ".gitignore"]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_second_pack_takes_the_place_of_the_first_whole(reports, monkeypatch, exchange):
    if not exchange:  # as on Windows and macOS
        monkeypatch.setattr(publish, "_exchange", lambda one, other: False)
    published(reports, "first")
    (reports / "testshire" / "2025-26-q2" / "left-over.html").write_text("of the first")

    pack = published(reports, "second")

    assert sorted(file.name for file in pack.iterdir()) == ["index.html", "manifest.json"]
    assert (pack / "index.html").read_text() == "second"
    assert not (reports / ".staging").joinpath("replaced").exists()


def test_a_run_killed_between_two_renames_is_mended_by_the_next(reports):
    published(reports, "first")
    at = place(reports, "Testshire", QUARTER, AT)
    stage(at, "second")
    owner = publish._owner(at, AT) | {"pid": dead_process()}
    (at.staging / "owner.json").write_text(json.dumps(owner))
    at.target.rename(at.staging / "replaced")  # and here it was killed

    again = place(reports, "Testshire", QUARTER, AT + timedelta(minutes=5))
    with held(again, AT + timedelta(minutes=5)):
        assert (again.target / "index.html").read_text() == "first"
        assert verify(again.target) == []
    assert not at.staging.exists()


def test_a_pack_changed_after_its_manifest_was_written_is_not_published(reports):
    published(reports, "first")
    at = place(reports, "Testshire", QUARTER, AT)

    with held(at, AT):
        stage(at, "second")
        (at.pack / "index.html").write_text("torn")
        with pytest.raises(PublishError, match=r"index\.html was changed"):
            publish.publish(at)

    assert (at.target / "index.html").read_text() == "first"


def test_a_run_that_lost_its_lock_does_not_publish(reports):
    at = place(reports, "Testshire", QUARTER, AT)

    with held(at, AT):
        stage(at, "second")
        at.lock.unlink()
        with pytest.raises(PublishError, match="took over the lock"):
            publish.publish(at)

    assert not at.target.exists()


# The manifest


def test_a_manifest_tells_what_was_changed_added_or_lost(reports):
    pack = published(reports, "first")
    assert verify(pack) == []

    (pack / "index.html").write_text("other")
    (pack / "extra.html").write_text("more")
    assert verify(pack) == ["extra.html does not belong to the pack.", "index.html was changed after it was published."]

    (pack / "index.html").unlink()
    assert "index.html is missing." in verify(pack)


def test_a_torn_manifest_is_told_and_the_next_run_replaces_it(reports):
    pack = published(reports, "first")
    manifest = pack / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:20])

    assert verify(pack) == ["manifest.json is missing or torn; run the quarter again."]
    assert verify(published(reports, "second")) == []


# The lock


def test_a_second_run_is_refused_naming_the_time_of_the_first(reports):
    first = place(reports, "Testshire", QUARTER, AT)
    second = place(reports, "Testshire", QUARTER, AT + timedelta(seconds=1))

    with held(first, AT):
        with pytest.raises(LockedError, match="began at 09:30 on 15 October 2025 is still at work"), held(second, AT):
            pass
        assert first.lock.exists()
    assert not first.lock.exists()


def test_another_quarter_can_run_at_the_same_time(reports):
    first = place(reports, "Testshire", QUARTER, AT)
    other = place(reports, "Testshire", "2025-26 Q1", AT + timedelta(seconds=1))

    with held(first, AT), held(other, AT):
        assert first.staging.exists()


@pytest.mark.parametrize(
    ("owner", "hours", "stale"),
    [
        ({}, 0, False),  # this process, alive
        ({"pid": "dead"}, 0, True),
        ({"process_began": 0.0}, 0, True),  # another process was given the same number
        ({"host": "another"}, 12, False),
        ({"host": "another"}, 13, True),
    ],
)
def test_a_lock_is_stale_when_its_process_is_gone_or_unheard_of_for_half_a_day(reports, owner, hours, stale):
    before = place(reports, "Testshire", QUARTER, AT - timedelta(hours=hours))
    before.lock.parent.mkdir(parents=True)
    owner = {key: dead_process() if value == "dead" else value for key, value in owner.items()}
    before.lock.write_text(json.dumps(publish._owner(before, AT - timedelta(hours=hours)) | owner))
    at = place(reports, "Testshire", QUARTER, AT)

    if stale:
        with held(at, AT):
            assert json.loads(at.lock.read_text())["host"] == socket.gethostname()
    else:
        with pytest.raises(LockedError), held(at, AT):
            pass


def test_a_torn_lock_is_stale_after_a_minute(reports):
    at = place(reports, "Testshire", QUARTER, AT)
    at.lock.parent.mkdir(parents=True)
    at.lock.write_text('{"pid": 1')
    os.utime(at.lock, (AT.timestamp() - 30, AT.timestamp() - 30))
    with pytest.raises(LockedError, match="has just begun"), held(at, AT):
        pass

    os.utime(at.lock, (AT.timestamp() - 90, AT.timestamp() - 90))
    with held(at, AT):
        pass


def test_what_dead_runs_left_is_removed_and_what_live_runs_have_is_not(reports):
    dead = place(reports, "Testshire", QUARTER, AT - timedelta(hours=1))
    for folder in (dead.staging, dead.work):
        folder.mkdir(parents=True)
        owner = publish._owner(dead, AT) | {"pid": dead_process()}
        (folder / "owner.json").write_text(json.dumps(owner))
    live = place(reports, "Westmere", QUARTER, AT + timedelta(seconds=2))

    at = place(reports, "Testshire", QUARTER, AT)
    with held(live, AT), held(at, AT):
        assert not dead.staging.exists()
        assert not dead.work.exists()
        assert live.staging.exists()
        assert live.work.exists()


def test_a_name_without_a_letter_or_digit_names_no_folder():
    assert publish.slug("St. Helens & Wirral") == "st-helens-wirral"
    with pytest.raises(PublishError, match="a letter or digit is needed"):
        publish.slug("!!")


# The gate


@pytest.fixture
def pack(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "index.html").write_text("<p>A pack</p>")
    return tmp_path


def record_of(children=(), postcodes=()):
    return SimpleNamespace(
        tables={
            "header": pd.DataFrame({"CHILD": list(children), "child": range(len(children))}),
            "episodes": pd.DataFrame({"HOME_POST": list(postcodes)}),
        }
    )


def problems(pack, sources=(), record=None, pages=("index.html",)) -> list[str]:
    return [problem for found in gate.inspect(pack, pages, sources, record).values() for problem in found]


def png(text: bytes) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + b"\0\0\0\0"

    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", text) + chunk(b"IDAT", b"10234")).decode()


def test_a_clean_pack_passes(pack):
    assert problems(pack, record=record_of(CHILDREN, [POSTCODE])) == []


def test_a_missing_and_an_empty_page_are_named(pack):
    (pack / "10_first.html").write_text(" ")

    assert problems(pack, pages=["index.html", "10_first.html", "20_second.html"]) == [
        "20_second.html is missing",
        "10_first.html is empty",
    ]


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://cdn.example/x.js"></script>',
        "<link rel=stylesheet href=//cdn.example/x.css>",
        "<img alt='' src='http://example/x.png'>",
        "<style>@import 'x.css'</style>",
        "<div style='background:url(https://example/x.png)'></div>",
    ],
)
def test_a_page_that_fetches_something_is_refused(pack, markup):
    (pack / "index.html").write_text(markup)

    assert problems(pack) == ["index.html loads something from elsewhere"]


def test_a_link_for_a_reader_is_no_fetching(pack):
    (pack / "index.html").write_text('<a href="https://www.gov.uk/">source</a>')

    assert problems(pack) == []


def test_a_line_of_code_on_a_page_is_refused(pack):
    (pack / "index.html").write_text("<pre>series = calculate(<span>catalogue()</span>, record)</pre>")

    assert problems(pack, ["x = 1\nseries = calculate(catalogue(), record)"]) == ["index.html shows a line of code"]


@pytest.mark.parametrize("name", ["10_first.ipynb", "worker.log", "data/rows.parquet"])
def test_a_file_of_another_kind_is_refused(pack, name):
    (pack / name).write_text("x")

    assert problems(pack) == [f"{name} may not be published"]


def test_a_childs_id_in_a_picture_s_compressed_note_is_found(pack):
    import base64
    import zlib

    def picture(kind: bytes, note: bytes) -> str:
        chunk = len(note).to_bytes(4, "big") + kind + note + bytes(4)
        return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk).decode()

    hidden = zlib.compress(b"of CANARY0001 alone")
    for kind, note in ((b"zTXt", b"Title\0\0" + hidden), (b"iTXt", b"Title\0\1\0en\0Titel\0" + hidden)):
        (pack / "index.html").write_text(f'<img alt="" src="data:image/png;base64,{picture(kind, note)}">')
        assert problems(pack, record=record_of(CHILDREN)) == ["index.html holds 1 identifier of children"]


def test_a_data_file_with_a_childs_column_is_refused(pack):
    (pack / "data" / "list.csv").write_text('"CHILD",value\nx,1\n')

    assert problems(pack) == ["data/list.csv has a column about a child"]


@pytest.mark.parametrize(
    "markup",
    [
        "<td>CANARY0001</td>",
        "<!-- CANARY0001 -->",
        '<img alt="CANARY0001" src="">',
        "<td>&#67;ANARY0001</td>",
        "<p>child_CANARY0001_plan</p>",
        f'<img alt="" src="data:image/png;base64,{png(b"Title CANARY0001")}">',
        "<p>lives at ZZ99ZX</p>",
        "<p>lives at zz9 9zx</p>",
    ],
)
def test_a_childs_id_or_postcode_anywhere_in_a_page_is_refused_without_repeating_it(pack, markup):
    (pack / "index.html").write_text(markup)

    assert problems(pack, record=record_of(CHILDREN, [POSTCODE])) == ["index.html holds 1 identifier of children"]


def test_a_childs_id_in_a_data_file_the_manifest_or_a_file_name_is_refused(pack):
    (pack / "data" / "series.csv").write_text("category,value\nCANARY0001,5\n")
    (pack / "data" / "CANARY0002.csv").write_text("category,value\nAll,5\n")
    (pack / "manifest.json").write_text('{"params": {"commentary": {"overall": "CANARY0003 and CANARY0004"}}}')

    assert problems(pack, record=record_of(CHILDREN)) == [
        "data/CANARY0002.csv holds 1 identifier of children",
        "data/series.csv holds 1 identifier of children",
        "manifest.json holds 2 identifiers of children",
    ]


def test_an_id_with_marks_inside_is_found(pack):
    (pack / "index.html").write_text("<td>AB-123/4</td>")

    assert problems(pack, record=record_of(["AB-123/4"])) == ["index.html holds 1 identifier of children"]


def test_a_released_figure_a_hash_a_colour_and_pixels_are_not_ids(pack):
    # Each of these ids stands in the pack as something else.
    (pack / "data" / "series.csv").write_text("category,denominator\nAll,10230\n")
    (pack / "index.html").write_text(
        "<style>p { color: #102310 }</style><p>of 10230 residents</p>"
        f'<img alt="" src="data:image/png;base64,{png(b"Title")}"><p>{"a" * 59}10232 and 7.10233</p>'
    )

    assert problems(pack, record=record_of(["10230", "102310", "10234", "10232", "10233", "1"])) == []
    (pack / "index.html").write_text("<p>child 10234</p>")
    assert problems(pack, record=record_of(["10234"])) == ["index.html holds 1 identifier of children"]


# What notebooks wrote


def test_data_files_of_all_notebooks_are_brought_together(tmp_path):
    for notebook, file, text in (("10", "a.csv", "1"), ("20", "a.csv", "1"), ("20", "b.csv", "2")):
        (tmp_path / "data" / notebook).mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / notebook / file).write_text(text)

    run._collect(tmp_path / "data", tmp_path / "pack")

    assert {path.name: path.read_text() for path in (tmp_path / "pack").iterdir()} == {"a.csv": "1", "b.csv": "2"}


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("a.csv", "2", "Two notebooks wrote different figures as a.csv"),
        ("rows.pickle", "1", "20 wrote rows.pickle into its output folder; only CSV files are published"),
    ],
)
def test_a_data_file_of_two_minds_or_of_another_kind_is_refused(tmp_path, file, text, why):
    for notebook, name, content in (("10", "a.csv", "1"), ("20", file, text)):
        (tmp_path / "data" / notebook).mkdir(parents=True)
        (tmp_path / "data" / notebook / name).write_text(content)

    with pytest.raises(run.RunError, match=why):
        run._collect(tmp_path / "data", tmp_path / "pack")
