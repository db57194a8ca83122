import pytest

from drawn import table


def test_a_drawn_table_is_a_frame_of_text_with_blank_cells_as_empty_strings():
    drawn = table("""
        child | received   | days
        ------+------------+-----
        amy   | 2024-05-01 |
        ben   | 2024-11-21 | 0366
              |            | 10
    """)

    assert list(drawn) == ["child", "received", "days"]
    assert drawn.to_dict("list") == {
        "child": ["amy", "ben", ""],
        "received": ["2024-05-01", "2024-11-21", ""],
        "days": ["", "0366", "10"],
    }


def test_a_drawn_table_may_have_no_rows():
    assert table("a | b\n--+--").shape == (0, 2)


def test_a_row_with_a_missing_cell_is_named():
    with pytest.raises(ValueError, match=r"Row 2 .* 1 cells; its heading has 2"):
        table("a | b\n--+--\n1 | 2\n3")


def test_a_table_without_a_rule_is_refused():
    with pytest.raises(ValueError, match="a rule such as"):
        table("a | b\n1 | 2")
