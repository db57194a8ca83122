"""Text cells become dates, numbers and codes; what cannot be read is listed, never guessed.

Source: INPUTS sections 1 and 7 (declared date formats, codes by return year).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from incare.codes import ALWAYS, NOT_KNOWN, VALID, WORDS, grouped, labels

_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})([T ][\d:.]+Z?)?")
_SERIAL = re.compile(r"\d{5}(\.0+)?")
_SHORT_YEAR = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{2}")
_ZERO = re.compile(r"0+(\.0+)?")
_WHOLE = re.compile(r"(\d+)\.0+")
_WITH_LABEL = re.compile(r"([A-Z]{1,6}\d{0,2}[AB]?|\d)\s*[):–-]\s*\S")
NAT = np.datetime64("NaT", "s")
DUMMY_UNTIL = np.datetime64("1900-01-01", "s")
# Systems write 31/12/9999 for an end that is open; no child of a return lives to see this day.
DUMMY_FROM = np.datetime64("2200-01-01", "s")

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
    return (DUMMY, NAT) if date <= DUMMY_UNTIL or date >= DUMMY_FROM else (DATE, date)


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
    place, unique = pd.factorize(text.to_numpy(object), use_na_sentinel=False)
    blank = unique == ""
    numbers = pd.to_numeric(np.where(blank, np.nan, unique), errors="coerce").astype(float)
    return numbers[place], (np.isnan(numbers) & ~blank)[place]


@dataclass(frozen=True)
class Codes:
    """A column read as codes: the codes in upper case, and what was wrong with each cell.

    `unknown` is in no list, `out_of_year` is valid in other returns only, `labelled` was written with its label (or as
    one) and read as the code.
    """

    codes: np.ndarray
    unknown: np.ndarray
    out_of_year: np.ndarray
    labelled: np.ndarray


def read_codes(text: pd.Series, table: str, column: str, years: np.ndarray) -> Codes:
    """Read a column of text as the codes of a table and column; each distinct text is read once.

    Spreadsheets turn the code 0 into 0.0 or 00; both are read as 0. “U4 - Foster carer” is read as U4, and a whole
    label as its code where it can mean nothing else. `years` are the closing years of the rows' returns (0: none).
    Source: INPUTS sections 1 and 7; CATALOGUE 4.
    """
    place, unique = pd.factorize(text.to_numpy(), use_na_sentinel=False)
    valid = VALID.get((table, column))
    nothing = np.zeros(len(place), dtype=bool)
    if valid is None or not len(unique):
        codes = np.array([value.upper() for value in unique], dtype=object)
        return Codes(codes[place], nothing, nothing, nothing)
    read = [_code(value, valid, WORDS.get((table, column), {})) for value in unique]
    codes = np.array([code for code, _ in read], dtype=object)
    labelled = np.array([as_label for _, as_label in read])[place]
    spans = np.array([valid.get(code, ALWAYS) for code in codes])[place]
    unknown = np.array([bool(code) and code not in valid for code in codes])[place]
    out_of_year = (years > 0) & ((years < spans[:, 0]) | (years > spans[:, 1])) & ~labelled
    return Codes(codes[place], unknown, out_of_year, labelled)


def in_groups(codes, groups: dict[str, str]) -> pd.Categorical:
    """Codes as the groups they belong to (`{group: "code code"}`), those of no group as not known.

    Each distinct code is looked up once.
    """
    place, unique = pd.factorize(np.asarray(codes, dtype=object), use_na_sentinel=False)
    names, group_of = labels(groups), grouped(groups)
    number = np.array([names.index(group_of.get(code, NOT_KNOWN)) for code in unique], dtype=int)
    return pd.Categorical.from_codes(number[place], dtype=_kinds(names))


@lru_cache
def _kinds(names: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(list(names))


def _code(text: str, valid: dict, words: dict[str, str]) -> tuple[str, bool]:
    """The code of a cell, and whether it stood there with its label or as a label."""
    code = text.upper()
    if code in valid or not code:
        return code, False
    if "0" in valid and _ZERO.fullmatch(code):
        return "0", False
    if match := _WHOLE.fullmatch(code):
        return match.group(1), False
    if code in words:
        return words[code], True
    if (match := _WITH_LABEL.match(code)) and match.group(1) in valid:
        return match.group(1), True
    return code, False
