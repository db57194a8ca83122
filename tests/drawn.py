"""Tables drawn in a test's text, so that a reader sees the data."""

from __future__ import annotations

import pandas as pd


def table(text: str) -> pd.DataFrame:
    """A drawn table as a frame of text columns; a blank cell is an empty string.

    The first line names the columns, the second is a rule of `-` and `+`; cells stand between `|`.
    Raises `ValueError` naming the row whose number of cells is not the heading's.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if len(lines) < 2 or set(lines[1]) - set("-+ "):
        raise ValueError("A drawn table starts with a line of names and a rule such as ---+---.")
    names, *rows = [[cell.strip() for cell in line.split("|")] for line in (lines[0], *lines[2:])]
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise ValueError(f"Row {number} of the drawn table has {len(row)} cells; its heading has {len(names)}.")
    return pd.DataFrame(rows, columns=names, dtype="str")
