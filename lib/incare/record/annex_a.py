"""Annex A, the lists an Ofsted inspection asks for: children in care (8), leaving care (9) and adoption (10).

A list holds one line per child with latest dates only. Its columns are known by their names, loosely compared; its free
text becomes codes by the code that leads a cell, else by the words of its label, for that column only.
Source: INPUTS sections 3 and 7; CATALOGUE sections 4.2 to 4.10.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from incare import periods as p
from incare.record.annex_a_labels import codes_of
from incare.record.cells import read_dates
from incare.record.files import ExtractError, Sheet, TextTable, even, text_table, tidied
from incare.record.tables import SSDA903, TABLES


@dataclass(frozen=True)
class Form:
    """One list: its number, what it is about, its columns, those it must have, and the dates that tell its day.

    `columns` maps our name of a column to its official heading and other headings it goes by; one that ends in `*`
    is compared by its beginning.
    """

    number: int
    about: str
    columns: dict[str, tuple[str, ...]] = field(repr=False)
    must: tuple[str, ...]
    dates: tuple[str, ...]

    def __str__(self) -> str:
        return f"Annex A list {self.number} ({self.about})"


def _form(number: int, about: str, columns: str, *, must: str, dates: str) -> Form:
    lines = (line.split("=") for line in columns.splitlines() if line)
    headings = {ours.strip(): tuple(name.strip() for name in names.split("|")) for ours, names in lines}
    return Form(number, about, headings, tuple(must.split()), tuple(dates.split()))


_EVERY_LIST = """
CHILD = Child Unique ID | Child ID | Unique ID | Person ID
SEX = Gender | Sex
ETHNIC = Ethnicity | Ethnic origin
DOB = Date of Birth | DOB
"""
_ASYLUM_AND_STAFF = """
UASC = Unaccompanied Asylum Seeking Child* | UASC*
TEAM = Allocated Team
WORKER = Allocated Worker | Allocated Social Worker
"""
FORMS = (
    _form(
        8,
        "children in care",
        _EVERY_LIST
        + _ASYLUM_AND_STAFF
        + """
STARTED = Date Started to be Looked After
CIN = Child's Category of Need | Category of Need
LS = Child's Legal Status | Legal Status | Current Legal Status
REVIEW = Date of Latest Statutory Review
VISIT = Date of Last Social Work Visit | Date of Last Social Worker Visit | Date of Last Statutory Visit
HEALTH = Date of Last Health Assessment
DENTAL = Date of Last Dental Check
CEASED = Date Ceased to be Looked After
REC = Reason Ceased to be Looked After
PLACED = Start Date of Most Recent Placement
PLACE = Placement Type | Type of Placement
PLACE_PROVIDER = Placement Provider
PL_POST = Placement postcode
URN = URN of Placement | Placement URN
PL_LOCATION = Placement Location
PL_LA = LA of Placement | Placement LA
""",
        must="CHILD DOB STARTED LS CEASED PLACE",
        dates="STARTED REVIEW VISIT HEALTH DENTAL CEASED PLACED",
    ),
    _form(
        9,
        "leaving care",
        _EVERY_LIST
        + _ASYLUM_AND_STAFF
        + """
PERSONAL_ADVISER = Allocated Personal Advisor | Personal Advisor
ELIGIBILITY = Eligibility Category | Eligibility
PLAN = Latest Pathway Plan Review Date | Latest Pathway Plan Date | Date of Latest Pathway Plan Review
IN_TOUCH = LA in Touch
LATEST_CONTACT = Latest Date of Contact | Date of Latest Contact | Latest Contact Date
ACCOM_TYPE = Type of Accommodation | Accommodation Type
SUITABLE = Suitability of Accommodation | Accommodation Suitability
ACTIV = Activity Status | Activity
""",
        must="CHILD DOB ELIGIBILITY IN_TOUCH ACTIV",
        dates="PLAN LATEST_CONTACT",
    ),
    _form(
        10,
        "adoption",
        _EVERY_LIST
        + """
ENTERED_CARE = Date the Child Entered Care
DECISION = Date of Decision that Child Should be Placed for Adoption
PLACEMENT_ORDER = Date of Placement Order
MATCHED = Date of Matching Child and Prospective Adopters
PLACED = Date Placed for Adoption
ADOPTION_ORDER = Date of Adoption Order
DECISION_REVERSED = Date of Decision that Child Should No Longer be Placed for Adoption
REASON_REVERSED = Reason Why Child No Longer Placed for Adoption
FFA_PLACED = Date the child was placed for fostering in FFA or concurrent planning placement
""",
        must="CHILD ENTERED_CARE DECISION MATCHED PLACED",
        dates="ENTERED_CARE DECISION PLACEMENT_ORDER MATCHED PLACED ADOPTION_ORDER DECISION_REVERSED FFA_PLACED",
    ),
)
# Words of headings that mean the same, or nothing.
_SAME = (
    (r"\(?\by\s*/\s*n\b\)?", " "),
    (r"['’‘`]", ""),
    (r"[^a-z0-9*]+", " "),
    (r"\b(last|most recent)\b", "latest"),
    (r"\blocal authority\b", "la"),
    (r"\badvisor\b", "adviser"),
    (r"\bidentifier\b", "id"),
    (r"\b(the|unique)\b", ""),
    (r"\s+", ""),
)
_OF_THE_HEADER = ("CHILD", "SEX", "DOB", "ETHNIC")
# Until the return of 2024 the sexes were written as numbers.
_SEX_NUMBERS = {"M": "1", "F": "2"}
_SEX_LETTERS_FROM = 2025


@lru_cache(maxsize=4096)
def _plain(heading: str) -> str:
    """A heading as it is compared: in lower case, without punctuation and (Y/N), with one word for each thing."""
    text = heading.lower()
    for pattern, word in _SAME:
        text = re.sub(pattern, word, text)
    return text


@cache
def _called(headings: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """What a column of a list may be called, and how its name may begin."""
    called = sorted({_plain(name) for name in headings})
    return frozenset(c for c in called if c[-1] != "*"), tuple(c[:-1] for c in called if c[-1] == "*")


def _places(columns: tuple[str, ...], form: Form) -> dict[str, list[int]]:
    """Where each column of the list stands in a heading; several places when two headings say the same."""
    plain = [_plain(column) for column in columns]
    places = {}
    for ours, headings in form.columns.items():
        whole, begins = _called(headings)
        at = [n for n, name in enumerate(plain) if name in whole or (begins and name.startswith(begins))]
        if at:
            places[ours] = at
    return places


def which(columns: tuple[str, ...]) -> Form | None:
    """The list that a heading belongs to: 8, 9 or 10; None for other lists and other tables."""
    return next((form for form in FORMS if set(form.must) <= set(_places(columns, form))), None)


def refuse_near_miss(name: str, columns: tuple[str, ...]) -> None:
    """Raise `ExtractError` for a heading that lacks one of the columns that a list must have."""
    for form in FORMS:
        places = _places(columns, form)
        missing = [form.columns[ours][0] for ours in form.must if ours not in places]
        if len(missing) != 1:
            continue
        taken = {at for spots in places.values() for at in spots}
        spare = [column for n, column in enumerate(columns) if column and n not in taken]
        near = difflib.get_close_matches(missing[0].upper(), spare, 1, 0.6)
        hint = f" (nearest: {near[0]})" if near else ""
        raise ExtractError(f"{name} looks like {form} but lacks the column “{missing[0]}”{hint}. Rename or add it.")


@dataclass(frozen=True)
class _List:
    """A list as read: `cells` has our columns as text, dates untouched, `_row`; `days` are its dates, by column."""

    form: Form
    sheet: Sheet
    cells: pd.DataFrame = field(repr=False)
    ragged: tuple[int, ...]
    blanked: int
    days: dict[str, np.ndarray] = field(repr=False)
    used: int

    def latest(self, until: np.datetime64 | None) -> np.datetime64:
        """The latest date in the list up to the day it was saved and the day it is read as of; NaT without one."""
        found = np.concatenate(list(self.days.values()))
        for bound in (until, self.sheet.saved):
            found = found if bound is None else found[found <= bound]
        found = found[~np.isnat(found)]
        return found.max() if len(found) else np.datetime64("NaT", "D")


def lists_as_tables(
    sheets: list[Sheet], *, as_at=None, present: frozenset[str] = frozenset(), keep: tuple[str, ...] = ()
) -> tuple[list[TextTable], list[str], np.datetime64 | None]:
    """The tables that Annex A lists fill, notices, and the day they are read as of (None when nothing is used).

    `sheets` are those for which `which` knows a list. The day is `as_at`, or else the latest date in the lists that is
    not after the day they were saved. `present` names the tables that the extract has from elsewhere: those stay as
    they are, and with episodes of its own an extract takes no SSDA903 table from a list. All tables are marked
    `latest_only`. `keep` names local header columns; TEAM and WORKER stand for the allocated ones.
    Raises `ExtractError` when two columns of a list have the same meaning, or nothing tells the day.
    """
    if not sheets:
        return [], [], None
    local = frozenset(name.upper() for name in keep)
    until = None if as_at is None else p.day(as_at)
    chosen, said = _latest_of_each([_read(sheet, local) for sheet in sheets], until)
    day = until if until is not None else _latest_day(chosen, said)
    parts = []
    for one in chosen:
        filled, words = _TABLES[one.form.number](one, day, local)
        own = {name for name in filled if name in present or ("episodes" in present and name in SSDA903)}
        mine = [name for name in filled if name not in own]
        parts += [_part(one, name, filled[name], day, first=name == mine[0]) for name in mine]
        said += [*_told(one, day, mine, sorted(own)), *words]
    return parts, said, day if parts else None


def _read(sheet: Sheet, keep: frozenset[str]) -> _List:
    form = which(sheet.columns)
    places = _places(sheet.columns, form)
    doubled = next((at for at in places.values() if len(at) > 1), None)
    if doubled:
        names = " and ".join(f"“{sheet.columns[n]}”" for n in doubled)
        raise ExtractError(f"{sheet.name}: the columns {names} mean the same. Remove or rename one.")
    whole, lines, ragged = even(sheet)
    at = {ours: spots[0] for ours, spots in places.items()}
    at |= {name: n for n, name in enumerate(sheet.columns) if name in keep}
    cells, blanked = tidied(whole.iloc[:, list(at.values())].set_axis(list(at), axis=1))
    cells = cells.reindex(columns=[*dict.fromkeys([*form.columns, *at])], fill_value="").assign(_row=lines)
    days = {column: read_dates(cells[column]).days.astype("datetime64[D]") for column in form.dates}
    return _List(form, sheet, cells, ragged, blanked, days, len(places))


def _latest_of_each(lists: list[_List], until: np.datetime64 | None) -> tuple[list[_List], list[str]]:
    """Of each list the one with the latest date, and a notice about the others.

    Two snapshots of one list are not read together: who is missing from the later one would seem to be still in care.
    """
    chosen, said = [], []
    for form in FORMS:
        mine = [one for one in lists if one.form == form]
        if not mine:
            continue
        # NaT sorts last, so it is turned into the earliest day; of equal ones the last by name stands.
        days = [np.datetime64("0001-01-01") if np.isnat(day := one.latest(until)) else day for one in mine]
        best = max(range(len(mine)), key=lambda n: (days[n], n))
        chosen.append(mine[best])
        said += [
            f"{one.sheet.name} was left out: {mine[best].sheet.name} holds the same list with dates as late or later."
            for n, one in enumerate(mine)
            if n != best
        ]
    return chosen, said


def _latest_day(lists: list[_List], said: list[str]) -> np.datetime64:
    found = np.array([one.latest(None) for one in lists])
    found = found[~np.isnat(found)]
    if not len(found):
        names = ", ".join(one.sheet.name for one in lists)
        raise ExtractError(f"{names}: no date tells of which day the list is. Give the day as as_at.")
    said.append(
        f"No as-at date was given: the Annex A lists are read as of {_written(found.max())}, their latest date."
    )
    return found.max()


def _part(one: _List, table: str, frame: pd.DataFrame, day: np.datetime64, *, first: bool) -> TextTable:
    """A table filled from a list; what was blanked or set aside while the list was read is told once."""
    year = _return_year(day)
    made = text_table(
        TABLES[table],
        one.sheet.name,
        (one.sheet.name, str(year)),
        frame.drop(columns="_row").reset_index(drop=True),
        frame["_row"],
        ragged=one.ragged if first else (),
    )
    return replace(made, blanked=one.blanked if first else 0, latest_only=True)


def _told(one: _List, day: np.datetime64, used: list[str], left: list[str]) -> list[str]:
    said = []
    if used:
        said.append(
            f"{one.sheet.name}: {one.form}, as at {_written(day)}. It holds latest dates only, so it answers for that "
            f"day and not for earlier ones. {one.used} of {len(one.sheet.columns)} columns were read."
        )
    if left:
        said.append(
            f"{one.sheet.name}: nothing was taken for {', '.join(left)}, because the extract has these records in full."
        )
    return said


def _written(day: np.datetime64) -> str:
    date = pd.Timestamp(day)
    return f"{date.day} {date.month_name()} {date.year}"


def _return_year(day: np.datetime64) -> int:
    """The closing year of the return that a day belongs to."""
    month = day.astype("datetime64[M]").astype(int)
    return 1970 + int(month) // 12 + (int(month) % 12 >= 3)


# What each list fills


class _Reader:
    """The cells of a list as codes, with a count of those that no code or label explains."""

    def __init__(self, one: _List):
        self.cells, self.name, self.unknown = one.cells, one.sheet.name, {}
        self.headings = {ours: names[0].rstrip("*") for ours, names in one.form.columns.items()}

    def __call__(self, column: str) -> np.ndarray:
        codes, unknown = codes_of(self.cells[column], column)
        if unknown.any():
            self.unknown[column] = int(unknown.sum())
        return codes

    def said(self) -> list[str]:
        return [
            f"{self.name}: {count:,} cells of the column “{self.headings[column]}” hold no code or label that is known "
            "for it; they stay as they are."
            for column, count in self.unknown.items()
        ]


def _header(cells: pd.DataFrame, code: _Reader, day: np.datetime64, keep: frozenset[str]) -> pd.DataFrame:
    sex = pd.Series(code("SEX"), dtype="str")
    if _return_year(day) < _SEX_LETTERS_FROM:
        sex = sex.replace(_SEX_NUMBERS)
    frame = cells[["CHILD", "DOB", "_row", *(name for name in sorted(keep - set(_OF_THE_HEADER)) if name in cells)]]
    return frame.assign(SEX=sex.to_numpy(object), ETHNIC=code("ETHNIC"))


def _children_in_care(
    one: _List, day: np.datetime64, keep: frozenset[str]
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    cells, code = one.cells, _Reader(one)
    who = cells[["CHILD", "DOB", "_row"]]
    header = _header(cells, code, day, keep)
    started, placed = one.days["STARTED"], one.days["PLACED"]
    # A placement without a date, or from before care began, is taken to have begun with it.
    from_start = (cells["PLACED"] == "").to_numpy() | (placed < started)
    begins = np.where(from_start, cells["STARTED"], cells["PLACED"])
    councils, location, said = _placed_where(one, code("PL_LOCATION"))
    episodes = cells[["CHILD", "PL_POST", "URN", "_row"]].assign(
        DECOM=begins,
        DEC=cells["CEASED"],
        RNE=np.where(from_start | (placed == started), "S", "P"),
        PL_LA=councils,
        PL_LOCATION=location,
        **{column: code(column) for column in ("LS", "CIN", "PLACE", "PLACE_PROVIDER", "REC")},
    )
    asylum = code("UASC") == "Y"
    checks = [_dated(cells, column, "CHECK_DATE").assign(CHECK_TYPE=kind) for column, kind in _CHECKS.items()]
    tables = {
        "header": header,
        "episodes": episodes,
        "uasc": who[asylum].assign(SEX=header["SEX"][asylum], DUC=""),
        "poc_start": _dated(cells, "STARTED", "POC_START_DATE").assign(SPELL_START_DATE=begins[cells["STARTED"] != ""]),
        "reviews": _dated(cells, "REVIEW", "REVIEW", "DOB").assign(REVIEW_CODE=""),
        "visits": _dated(cells, "VISIT", "VISIT_DATE").assign(SEEN="Y", WORKER_ROLE="SW"),
        "health": pd.concat(checks, ignore_index=True).assign(STATUS="COMPLETED"),
    }
    return _filled(tables), [*said, *code.said()]


_CHECKS = {"HEALTH": "RHA", "DENTAL": "DENTAL"}
_COUNCIL = re.compile(r"[ENSW]\d{8}|\d{3}")
# The list's own words for placements outside England, as the codes of those countries.
_ABROAD = {"NIR": "N92000002", "SCO": "S92000003", "WAL": "W92000004", "NUK": ""}


def _placed_where(one: _List, location: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Council codes and IN or OUT of each placement; a council's name cannot be compared, so it is left blank."""
    text = one.cells["PL_LA"].str.upper()
    word = text.str.extract(r"^(NIR|SCO|WAL|NUK|CON)\b")[0]
    coded = text.str.fullmatch(_COUNCIL).to_numpy(bool)
    named = ~coded & (text != "").to_numpy() & word.isna().to_numpy()
    councils = np.where(coded, text.to_numpy(object), word.map(_ABROAD).fillna("").to_numpy(object))
    location = np.where((location == "") & word.isin(list(_ABROAD)).to_numpy(), "OUT", location)
    if not named.any():
        return councils, location, []
    said = (
        f"{one.sheet.name}: {named.sum():,} cells of the column “LA of Placement” hold a council's name, not its code; "
        "whether those children are placed in the area is told by “Placement Location” alone."
    )
    return councils, location, [said]


def _leaving_care(one: _List, day: np.datetime64, keep: frozenset[str]) -> tuple[dict[str, pd.DataFrame], list[str]]:
    cells, code = one.cells, _Reader(one)
    leavers = cells[["CHILD", "DOB", "LATEST_CONTACT", "PERSONAL_ADVISER", "_row"]].assign(
        SNAPSHOT_DATE=str(day),
        **{column: code(column) for column in ("ELIGIBILITY", "IN_TOUCH", "ACTIV", "ACCOM_TYPE", "SUITABLE", "UASC")},
    )
    plans = _dated(cells, "PLAN", "PLAN_DATE").assign(KIND="REVIEW", STATUS="AUTHORISED")
    said = code.said()
    if (cells["LATEST_CONTACT"] != "").any():
        said.append(
            f"{one.sheet.name}: latest contacts are kept with the care leavers. The list does not say which of them "
            "were visits, so it does not answer whether care leavers were visited in time."
        )
    tables = {"care_leavers": leavers, "header": _header(cells, code, day, keep), "pathway_plans": plans}
    return _filled(tables), said


def _adoption(one: _List, day: np.datetime64, keep: frozenset[str]) -> tuple[dict[str, pd.DataFrame], list[str]]:
    code = _Reader(one)
    columns = [column for column in TABLES["adoption_list"].columns if column != "REASON_REVERSED"]
    tables = {"adoption_list": one.cells[[*columns, "_row"]].assign(REASON_REVERSED=code("REASON_REVERSED"))}
    return _filled(tables), code.said()


_TABLES = {8: _children_in_care, 9: _leaving_care, 10: _adoption}


def _dated(cells: pd.DataFrame, column: str, called: str, *also: str) -> pd.DataFrame:
    """The rows in which a date column is filled, as a table of child and date."""
    rows = cells.loc[cells[column] != "", ["CHILD", *also, column, "_row"]]
    return rows.rename(columns={column: called})


def _filled(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables that have a row: a list without a date in a column says nothing about it."""
    return {name: frame for name, frame in tables.items() if len(frame)}
