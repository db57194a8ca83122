"""Files without any peculiarity are read column by column: what comes out is what reading cell by cell gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incare.record.files import ExtractError, read_csv, tables_of
from incare.record.plain import plain_sheets

HEADING = "CHILD,MIS_START,MIS_END,MISSING"
CELLS = st.sampled_from(
    ["1", " 007 ", "A,B", "", " ", "null", "N/A", "TRUE", "false", "M", "01/04/2024", "\t2", "1.23E+11x"]
)
LINES = st.lists(st.lists(CELLS, min_size=4, max_size=4).map(",".join), max_size=6)


def files(tmp_path, *texts: str):
    """The texts as files, the place they lie in, and which of them are read column by column."""
    paths = [tmp_path / f"missing{2020 + number}.csv" for number, _ in enumerate(texts)]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode())
    return paths, plain_sheets(paths, tmp_path)


def by_cells(path, root):
    """The tables of a file read cell by cell."""
    sheets, _ = read_csv(path, root)
    return [part for sheet in sheets for part in tables_of(sheet)]


def same(one, other) -> bool:
    facts = [(t.table, t.path, t.group, t.ragged, t.blanked, t.extra) for t in (one, other)]
    return facts[0] == facts[1] and one.rows.astype({"_row": int}).equals(other.rows)


@settings(deadline=None)
@given(several=st.lists(LINES, min_size=1, max_size=3), last=st.booleans())
def test_files_of_one_heading_read_together_are_each_what_reading_cell_by_cell_gives(tmp_path_factory, several, last):
    folder = tmp_path_factory.mktemp("files")
    paths, plain = files(folder, *("\n".join([HEADING, *lines]) + "\n" * last for lines in several))
    for path in paths:
        if path not in plain:
            continue
        found = tables_of(plain[path])
        assert [t.table.name for t in found] == ["missing"]
        assert same(found[0], by_cells(path, folder)[0])


def test_rows_keep_the_lines_they_stood_on_when_empty_rows_are_left_out(tmp_path):
    paths, plain = files(tmp_path, f"{HEADING}\n1,01/04/2024,,M\n,,,\n2,02/04/2024,,M\n")
    (part,) = tables_of(plain[paths[0]])
    assert part.rows["CHILD"].tolist() == ["1", "2"]
    assert part.rows["_row"].tolist() == [2, 4]


@pytest.mark.parametrize(
    "text",
    [
        f'{HEADING}\n"1",01/04/2024,,M\n',
        f"{HEADING}\n1,01/04/2024,,M\n\n",
        f"{HEADING}\n1,01/04/2024,\xa0,M\n",
        f"{HEADING}\n1,01/04/2024,\x1f,M\n",
        f"{HEADING}\n1,01/04/2024,,M\r",
        f"{HEADING}\n1,01/04/2024,M\n",
        f"{HEADING}\n1,01/04/2024,,M,more\n",
        "who,what\n1,2\n",
        HEADING,
    ],
    ids=[
        "quoted",
        "empty line",
        "a letter beyond ASCII",
        "separator",
        "lone return",
        "short",
        "long",
        "unknown",
        "cut",
    ],
)
def test_a_file_with_any_peculiarity_is_left_to_be_read_cell_by_cell(tmp_path, text):
    assert files(tmp_path, text)[1] == {}


def test_one_uneven_file_does_not_keep_the_others_of_its_heading_from_being_read_together(tmp_path):
    good = f"{HEADING}\n1,01/04/2024,,M\n"
    paths, plain = files(tmp_path, good, f"{HEADING}\n1,01/04/2024\n", good)
    assert list(plain) == [paths[0], paths[2]]


def test_ids_in_scientific_notation_are_refused_with_the_file_that_has_them(tmp_path):
    paths, plain = files(tmp_path, f"{HEADING}\n1,01/04/2024,,M\n", f"{HEADING}\n1.23E+11,01/04/2024,,M\n")
    tables_of(plain[paths[0]])
    with pytest.raises(ExtractError, match=r"missing2021\.csv: the column CHILD holds numbers in scientific notation"):
        tables_of(plain[paths[1]])
