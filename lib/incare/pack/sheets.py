"""Text that a spreadsheet would run as a formula, made plain before a file leaves."""

from __future__ import annotations

import re

import pandas as pd

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*(e[+-]?\d+)?%?", re.IGNORECASE)


def is_formula(text) -> bool:
    """Whether a cell would be run by a spreadsheet: it begins with =, +, -, @, a tab or a return, and is no number."""
    return isinstance(text, str) and text[:1] in set("=+-@\t\r") and not _NUMBER.fullmatch(text)


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every text and heading that a spreadsheet would run begun by an apostrophe; numbers stay.

    **Source** OWASP, CSV Injection.
    """
    frame = frame.rename(columns={name: f"'{name}" for name in frame.columns if is_formula(name)})
    for place, dtype in enumerate(frame.dtypes):
        # Dates and numbers have no text to run.
        if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype):
            continue
        column = frame.iloc[:, place].astype(object)
        found = column.map(is_formula).astype(bool)
        if found.any():
            frame.isetitem(place, column.where(~found, "'" + column.astype(str)))
    return frame
