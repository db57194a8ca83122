"""A run does again only what has changed, trusts nothing it did not make from the same inputs, and keeps no child."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from house import AT, CHILDREN, SAY, House
from incare.pack import publish, resume, run

# What an executed notebook holds and a page does not: a frame, text on standard error, a variable in the code.
WORKS_WITH_CHILDREN = (
    "import sys, pandas as pd",
    f"rows = pd.DataFrame({{'CHILD': {CHILDREN[:2]}}}); print(rows, file=sys.stderr)",
    SAY.format("<p>two children</p>"),
)


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """A council with a published pack of two notebooks, one of which writes a data file."""
    house = House(tmp_path_factory.mktemp("run") / "council")
    house.notebook("10_first", *WORKS_WITH_CHILDREN)
    writes = (
        "from pathlib import Path; Path(output).mkdir(parents=True); (Path(output) / 'a.csv').write_text('n\\n5\\n');"
    )
    house.notebook("20_second", writes, SAY.format("<p>second</p>"))
    return house.published()


@pytest.fixture
def house(council, tmp_path):
    return council.copied(tmp_path / "council")


def plan_of(ended) -> dict[str, str]:
    """What the plan says of each notebook: its name, then "run" or "take over" and why."""
    lines = ended.stdout.split("Plan:\n")[1].split("Notebooks:")[0].splitlines()[1:]
    rows = [line.split() for line in lines if " cells" not in line or "its cells" in line]
    return {row[0]: " ".join(row[1:]) for row in rows}


def files(house: House) -> dict[str, bytes]:
    """Every page and data file of the pack."""
    return {p.name: p.read_bytes() for p in house.pack.rglob("*") if p.is_file() and p.name != "manifest.json"}


def test_a_pack_of_which_nothing_has_changed_stands(council):
    manifest = (council.pack / "manifest.json").read_bytes()

    ended = council.run()

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == (
        f"Nothing that decides this pack has changed since it was published: {council.pack} stands."
    )
    # Its files tell that before any of them is read.
    assert "Rows:" not in ended.stdout
    assert (council.pack / "manifest.json").read_bytes() == manifest


def test_only_the_changed_notebook_runs_and_the_pack_is_that_of_a_fresh_run(house, tmp_path):
    house.says("10_first", "changed")

    ended = house.run()

    assert ended.returncode == 0, ended.stderr
    # The copied council lies in another folder; its extract and notebooks are the same.
    assert plan_of(ended)["10_first"].startswith("run changed: its cells")
    fresh = house.copied(tmp_path / "fresh")
    assert fresh.run("--fresh").returncode == 0
    assert files(fresh) == files(house)
    assert "second" in (house.pack / "20_second.html").read_text()
    assert (house.pack / "data" / "a.csv").read_text() == "n\n5\n"


def test_resume_takes_over_what_a_failed_run_finished_and_a_run_without_it_does_not(house):
    house.says("10_first", "good and new")
    house.notebook("30_third", "raise ValueError('no')")
    failed = house.run()
    assert failed.returncode == 1
    assert "The others are kept: when the cause is mended, run again with --resume." in failed.stderr
    mark = json.loads(next(house.folder.glob("reports/.kept/*/incomplete.json")).read_text())
    assert mark["done"] == ["10_first", "20_second"]
    # A published result and an unpublished one.
    assert plan_of(failed)["20_second"].startswith("take over nothing that decides it has changed")

    house.says("30_third", "mended")
    resumed = house.run("--resume")

    assert resumed.returncode == 0, resumed.stderr
    assert "is incomplete: 1 of 3 notebooks failed, so nothing was published." in resumed.stdout
    assert {name: said.split(" ")[0] for name, said in plan_of(resumed).items()} == {
        "10_first": "take",
        "20_second": "take",
        "30_third": "run",
    }
    assert "good and new" in (house.pack / "10_first.html").read_text()
    assert not list(house.folder.glob("reports/.kept/*/incomplete.json"))


def test_what_is_kept_holds_what_the_page_shows_and_nothing_of_the_children_behind_it(council):
    kept = [path for path in council.folder.glob("reports/.kept/**/*") if path.is_file()]

    assert {path.name for path in kept} >= {"page.json", "page.html", "result.json", "a.csv"}
    text = b"".join(path.read_bytes() for path in kept)
    assert b"two children" in text
    assert not [child for child in CHILDREN if child.encode() in text]
    assert b"import sys" not in text


def test_a_page_with_a_childs_id_is_not_kept_even_when_another_notebook_ends_the_run(house):
    house.says("10_first", f"worst case: {CHILDREN[0]}")
    house.notebook("30_third", "raise ValueError('no')")

    assert house.run().returncode == 1

    names = [path.name for path in house.folder.glob("reports/.kept/*/*") if path.is_dir()]
    assert len([name for name in names if name.startswith("10_first")]) == 1  # the published one, without the id
    assert not [p for p in house.folder.glob("reports/.kept/**/*.*") if CHILDREN[0].encode() in p.read_bytes()]


def at_of(house: House) -> publish.Place:
    return publish.place(house.folder / "reports", "Testshire", "2025-26 Q2", AT)


def test_a_kept_result_that_is_torn_changed_or_thirty_days_old_is_not_taken_over(house):
    at = at_of(house)
    first, second = resume.known(at, AT)
    now = first.at
    assert len(resume.known(at, now + timedelta(days=29))) == 2
    assert resume.known(at, now + timedelta(days=31)) == ()

    (first.folder / "page.html").write_text("changed")
    note = second.folder / "result.json"
    note.write_text(note.read_text()[:-40])
    assert resume.known(at, now) == ()

    (first.folder / "extra.csv").write_text("added")
    assert resume.known(at, now) == ()


def test_results_are_deleted_when_they_are_thirty_days_old(house):
    at = at_of(house)
    import os

    result = resume.known(at, AT)[0].folder / "result.json"
    os.utime(result, (AT.timestamp() - 31 * 86_400,) * 2)

    resume.tidy(at.reports, AT)

    assert len(resume.known(at, AT)) == 1
    assert not result.parent.exists()


def test_a_page_whose_footer_changed_is_made_again_from_what_was_kept(house):
    house.write_params(signed_by=["A. Analyst"])

    ended = house.run()

    assert ended.returncode == 0, ended.stderr
    assert "A. Analyst" in (house.pack / "20_second.html").read_text()


def test_an_extract_that_changes_while_notebooks_read_it_is_refused(house):
    more = house.folder / "extracts" / "2026" / "episodes.csv"
    house.notebook("10_first", f"file = open({str(more)!r}, 'a'); file.write('\\n'); file.close()")

    ended = house.run()

    assert ended.returncode == 1
    assert "The extract changed while notebooks were reading it, so nothing was published. Run again." in ended.stderr


def test_resume_and_fresh_contradict_each_other(council):
    ended = council.run("--resume", "--fresh")

    assert (ended.returncode, ended.stderr) == (1, "incare: Give --resume or --fresh, not both.\n")


def test_notebooks_that_need_no_figures_begin_while_the_first_makes_them(monkeypatch):
    #          asks   seconds when last published
    notebooks = {"a": (True, 4), "b": (False, 2), "c": (True, 9), "d": (False, 7), "e": (True, 5)}
    monkeypatch.setattr(resume, "seconds_of", lambda pack: {name: seconds for name, (_, seconds) in notebooks.items()})
    asks = {True: "from incare.pack.figures import figures", False: "from incare.pack import forecasts"}
    jobs = [SimpleNamespace(name=name, sources=("1 + 1", asks[does])) for name, (does, _) in notebooks.items()]
    # The longest that asks; those that do not, longest first; then the others that ask, longest first.
    assert [job.name for job in run._in_turn(jobs, SimpleNamespace(target="pack"))] == ["c", "d", "b", "e", "a"]
