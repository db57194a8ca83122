"""Every row of the requirements has a test named by it, and a table says how each fared when it was last made."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE / "REQUIREMENTS.md"
ROW = re.compile(r"^\| (S\d\.\d+) \| (.+?) \|", re.MULTILINE)
TEST = re.compile(r"^(?:@pytest\.mark\.xfail\(.*reason=\"([^\"]+)\".*\)\n)?def (test_(s\d)_(\d+)_\w+)\(", re.MULTILINE)
# How many sentences of each minutes ask for something.
ROWS = {"S1": 19, "S2": 16, "S3": 15, "S4": 17, "S5": 10}


def found_tests() -> list[tuple[str, str, str, str]]:
    """Row, file, test and, for one that does not work yet, why."""
    found = []
    for path in sorted(HERE.glob("test_s*.py")):
        for reason, name, minutes, number in TEST.findall(path.read_text(encoding="utf-8")):
            found.append((f"{minutes.upper()}.{number}", path.name, name, reason))
    return sorted(found, key=lambda row: (row[0][:2], int(row[0].split(".")[1])))


def rows() -> list[str]:
    """The ids of all rows."""
    return [f"{minutes}.{number}" for minutes, count in ROWS.items() for number in range(1, count + 1)]


def sentence(name: str) -> str:
    """A test's name as a sentence."""
    words = re.sub(r"^test_s\d_\d+_", "", name).replace("_", " ")
    return f"{words[0].upper()}{words[1:]}."


def made() -> str:
    """The table as text; whether a test passes is for the test run to say, and the table is made only when all do."""
    lines = [
        "# What the five minutes ask, and the test that shows it",
        "",
        "Made by `python -m tests.requirements.test_table`, which runs the tests first; do not edit.",
        "",
        "| row | outcome | what is shown on the sample | test |",
        "|---|---|---|---|",
    ]
    for row, file, name, reason in found_tests():
        outcome = f"open: {reason}" if reason else "works"
        lines.append(f"| {row} | {outcome} | {sentence(name)} | `{file}` |")
    return "\n".join(lines) + "\n"


def test_every_row_has_a_test_named_by_it_and_none_is_skipped():
    assert sorted({row for row, *_ in found_tests()} ^ set(rows())) == []
    for path in HERE.glob("test_s*.py"):
        assert "pytest.skip" not in path.read_text(encoding="utf-8")
        assert "mark.skip" not in path.read_text(encoding="utf-8")


def test_the_rows_are_those_of_the_requirements(shared):
    text = (shared / "mission" / "REQUIREMENTS.md").read_text(encoding="utf-8")
    assert [row for row, _ in ROW.findall(text)] == rows()


def test_the_table_of_rows_is_up_to_date():
    """Run `python -m tests.requirements.test_table` to write it anew."""
    assert TABLE.read_text(encoding="utf-8") == made()


if __name__ == "__main__":
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *map(str, sorted(HERE.glob("test_s*.py")))], check=False
    )
    if done.returncode:
        raise SystemExit("Some rows do not work, so no table was written.")
    TABLE.write_text(made(), encoding="utf-8")
    print(f"Written: {TABLE}")
