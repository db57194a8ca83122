"""Every row of the requirements has a test named by it, and a table says how each fared when it was last made."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parent
TABLE = HERE / "REQUIREMENTS.md"
ROW = re.compile(r"^\| (S\d\.\d+) \| (.+?) \|", re.MULTILINE)
TEST = re.compile(r"^def (test_(s\d)_(\d+)_\w+)\(", re.MULTILINE)
WORKS = "works"
# How many sentences of each minutes ask for something.
ROWS = {"S1": 19, "S2": 16, "S3": 15, "S4": 17, "S5": 10}


def found_tests() -> list[tuple[str, str, str]]:
    """Row, file and test."""
    found = []
    for path in sorted(HERE.glob("test_s*.py")):
        for name, minutes, number in TEST.findall(path.read_text(encoding="utf-8")):
            found.append((f"{minutes.upper()}.{number}", path.name, name))
    return sorted(found, key=lambda row: (row[0][:2], int(row[0].split(".")[1])))


def rows() -> list[str]:
    """The ids of all rows."""
    return [f"{minutes}.{number}" for minutes, count in ROWS.items() for number in range(1, count + 1)]


def sentence(name: str) -> str:
    """A test's name as a sentence."""
    words = re.sub(r"^test_s\d_\d+_", "", name).replace("_", " ")
    return f"{words[0].upper()}{words[1:]}."


def made(outcomes: dict[str, str]) -> str:
    """The table as text; `outcomes` says by test how it ended."""
    lines = [
        "# What the five minutes ask, and the test that shows it",
        "",
        "Made by `python -m tests.requirements.test_table`, which runs the tests first; do not edit.",
        "",
        "| row | outcome | what is shown on the sample | test |",
        "|---|---|---|---|",
    ]
    lines += [f"| {row} | {outcomes[name]} | {sentence(name)} | `{file}` |" for row, file, name in found_tests()]
    return "\n".join(lines) + "\n"


def tried() -> dict[str, str]:
    """How each test of the rows ended when it was run just now; one with several cases works when all do."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        files = map(str, sorted(HERE.glob("test_s*.py")))
        subprocess.run([sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *files], check=False)
        return outcomes_of(ElementTree.parse(report).getroot())


def outcomes_of(report: ElementTree.Element) -> dict[str, str]:
    """The outcome of each test in a report of pytest: `works`, `skipped`, or `does not work`."""
    found: dict[str, str] = {}
    for case in report.iter("testcase"):
        name = case.get("name", "").partition("[")[0]
        ended = {part.tag for part in case}
        outcome = "does not work" if ended & {"failure", "error"} else "skipped" if "skipped" in ended else WORKS
        found[name] = outcome if found.get(name, WORKS) == WORKS else found[name]
    return found


def test_every_row_has_a_test_named_by_it_and_none_is_skipped():
    assert sorted({row for row, *_ in found_tests()} ^ set(rows())) == []
    for path in HERE.glob("test_s*.py"):
        text = path.read_text(encoding="utf-8")
        assert [word for word in ("pytest.skip", "mark.skip", "mark.xfail", "importorskip") if word in text] == []


def test_the_rows_are_those_of_the_requirements(shared):
    text = (shared / "mission" / "REQUIREMENTS.md").read_text(encoding="utf-8")
    assert [row for row, _ in ROW.findall(text)] == rows()


def test_the_table_names_every_test_of_every_row_and_all_of_them_work():
    """Run `python -m tests.requirements.test_table` to write it anew."""
    assert TABLE.read_text(encoding="utf-8") == made({name: WORKS for *_, name in found_tests()})


def test_an_outcome_is_read_from_what_pytest_reports_of_all_cases_of_a_test():
    report = """<testsuites><testsuite>
      <testcase name="test_s1_1_a"/>
      <testcase name="test_s1_2_b[one]"><failure message="no"/></testcase>
      <testcase name="test_s1_2_b[two]"/>
      <testcase name="test_s1_3_c"><skipped message="no data"/></testcase>
    </testsuite></testsuites>"""
    assert outcomes_of(ElementTree.fromstring(report)) == {
        "test_s1_1_a": "works",
        "test_s1_2_b": "does not work",
        "test_s1_3_c": "skipped",
    }


if __name__ == "__main__":
    outcomes = tried()
    TABLE.write_text(made({name: outcomes.get(name, "not run") for *_, name in found_tests()}), encoding="utf-8")
    print(f"Written: {TABLE}")
    sys.exit(int(set(outcomes.values()) != {WORKS}))
