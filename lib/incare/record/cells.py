"""Text cells become dates, numbers and codes; what cannot be read is listed, never guessed.

Source: INPUTS sections 1 and 7 (declared date formats, codes by return year).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from incare.codes import VALID, invalid

_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})([T ][\d:.]+Z?)?")
_SERIAL = re.compile(r"\d{5}(\.0+)?")
_SHORT_YEAR = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{2}")
_ZERO = re.compile(r"0+(\.0+)?")
_WHOLE = re.compile(r"(\d+)\.0+")
NAT = np.datetime64("NaT", "s")
DUMMY_UNTIL = np.datetime64("1900-01-01", "s")

# What a text cell turned out to be; the first two are usable.
BLANK, DATE, NOT_A_DATE, SERIAL, SHORT_YEAR, MONTH_FIRST, DUMMY = range(7)


# The same few thousand days stand in every file of an extract.
@lru_cache(maxsize=65_536)
def read_date(text: str) -> tuple[int, np.datetime64]:
    """What a cell is, and its day when it is one; dd/mm/yyyy or yyyy-mm-dd, never month first."""
    if not text:
        return BLANK, NAT
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = (int(part) for part in match.groups())
    elif match := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in match.groups()[:3])
    else:
        return (SERIAL if _SERIAL.fullmatch(text) else SHORT_YEAR if _SHORT_YEAR.fullmatch(text) else NOT_A_DATE), NAT
    try:
        date = np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "s")
    except ValueError:
        return (MONTH_FIRST if month > 12 >= day and "/" in text else NOT_A_DATE), NAT
    return (DUMMY, NAT) if date <= DUMMY_UNTIL else (DATE, date)


@dataclass(frozen=True)
class Dates:
    """A column read as dates: the days (`datetime64[s]`), and what each cell turned out to be."""

    days: np.ndarray
    what: np.ndarray


def read_dates(text: pd.Series) -> Dates:
    """Read a column of text as dates; each distinct text is read once."""
    codes, unique = pd.factorize(text.to_numpy(), use_na_sentinel=False)
    read = [read_date(value) for value in unique]
    what = np.array([kind for kind, _ in read], dtype=np.int8)
    days = np.array([day for _, day in read], dtype="datetime64[s]")
    return Dates(days[codes], what[codes]) if len(read) else Dates(days, what)


def read_numbers(text: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Read a column of text as numbers; returns floats and where a filled cell was not a number."""
    numbers = pd.to_numeric(text.where(text != ""), errors="coerce").to_numpy(float)
    return numbers, np.isnan(numbers) & (text != "").to_numpy()


def read_codes(text: pd.Series, table: str, column: str, year: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Upper-case codes, where a code is unknown, and where it is known but not valid in the return year.

    Spreadsheets turn the code 0 into 0.0 or 00; both are read as 0. `year` is the closing return year (0: none). Each
    distinct text is read once.
    """
    place, unique = pd.factorize(text.to_numpy(), use_na_sentinel=False)
    valid = VALID.get((table, column))
    codes = np.array([_code(value, valid) for value in unique], dtype=object)
    if not len(codes) or valid is None:
        nothing = np.zeros(len(place), dtype=bool)
        return (codes[place] if len(codes) else text.to_numpy(object)), nothing, nothing
    verdicts = [False if not code else invalid(table, column, code, year or None) for code in codes]
    unknown = np.array([verdict is True for verdict in verdicts])
    out_of_year = np.array([verdict is None for verdict in verdicts])
    return codes[place], unknown[place], out_of_year[place]


def _code(text: str, valid: dict | None) -> str:
    code = text.upper()
    if valid is not None and "0" in valid and _ZERO.fullmatch(code):
        return "0"
    return _WHOLE.fullmatch(code).group(1) if valid is not None and _WHOLE.fullmatch(code) else code
