"""Every measure of the catalogue is there: written, tested, counted a second time, with its choices and its source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from incare.measures import TOPICS, catalogue
from tests.reference import brute_force, brute_local

TESTS = Path(__file__).parents[1]
TABLE = TESTS.parent / "lib" / "MEASURES.md"
# Names of the catalogue that stand for the parts of another measure or for a column, not for a measure.
ID = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")


def ids_of(text: str) -> set[str]:
    """The ids in the catalogue's index (section 7), after its topics."""
    index = text[text.index("## 7. Index of ids") :]
    rows = [line.split("|") for line in index.splitlines() if line.startswith("|")][2:]
    return {name for row in rows for name in ID.findall(row[2])}


def files_naming(name: str) -> list[str]:
    """The test files that name a measure."""
    files = [*sorted((TESTS / "measures").glob("test_*.py")), *sorted((TESTS / "sample").glob("test_*.py"))]
    return [path.stem for path in files if re.search(rf'"{name}"', path.read_text(encoding="utf-8"))]


def made() -> str:
    """The table of all measures as text."""
    twice = {*brute_force.MEASURES, *brute_local.MEASURES}
    lines = [
        "# Measures",
        "",
        "Made by `tests/reference/test_catalogue_ids.py`; do not edit. Counted twice: an independent count in",
        "`tests/reference` agrees.",
        "",
        "| id | title | kind | choices | tested in | counted twice | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for topic, title in TOPICS.items():
        lines.append(f"| **{title}** | | | | | | |")
        for m in catalogue().topic(topic):
            choices = ", ".join(f"`{name}={value!r}`" for name, value in m.choices.items()) or "none"
            source = m.definition.get("Source", "").replace("|", "/")
            tested = ", ".join(name.removeprefix("test_") for name in files_naming(m.id))
            again = "yes" if m.id in twice else "no"
            lines.append(
                f"| `{m.id}` | {m.title} | {type(m.kind).__name__} | {choices} | {tested} | {again} | {source} |"
            )
    return "\n".join(lines) + "\n"


def test_no_measure_of_the_catalogue_is_missing(shared):
    wanted = ids_of((shared / "domain" / "CATALOGUE.md").read_text(encoding="utf-8"))
    assert len(wanted) > 90
    assert sorted(wanted - {m.id for m in catalogue()}) == []


@pytest.mark.parametrize("measure", tuple(catalogue()), ids=lambda m: m.id)
def test_every_measure_has_a_source_a_test_and_a_second_count(measure):
    assert measure.definition.get("Source")
    assert files_naming(measure.id)
    assert measure.id in {*brute_force.MEASURES, *brute_local.MEASURES} or measure.id in NOT_COUNTED_TWICE


# Variants that share their rows with a measure that is counted twice.
NOT_COUNTED_TWICE: dict[str, str] = {
    "pupil_premium_purposes": "the rows of pupil_premium_used_pct by purpose",
    "permanent_exclusions_count": "the table and school year of suspensions_pct, the other type",
}


def test_the_table_of_measures_is_up_to_date():
    """Run `python -m tests.reference.test_catalogue_ids` to write it anew."""
    assert TABLE.read_text(encoding="utf-8") == made()


if __name__ == "__main__":
    TABLE.write_text(made(), encoding="utf-8")
    print(f"Written: {TABLE}")
