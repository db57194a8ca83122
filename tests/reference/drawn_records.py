"""Hypothesis draws small authorities with everything wrong that INPUTS section 7 warns of, as four stacked returns.

`dirty_records()` gives `{(year, table): frame of text}`; `year` is the closing year of the return. `stacked` makes the
raw tables that `brute_force.clean` takes, `write` the files a council would send. Nothing here comes from `incare`.
"""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pandas as pd
from hypothesis import strategies as st

YEARS = (2022, 2023, 2024, 2025)
FIRST, LAST = dt.date(2021, 4, 1), dt.date(2025, 3, 31)
# The days on which definitions turn: first and last days of windows and returns, a month's end in February.
TURNS = [
    dt.date(2022, 10, 1),
    dt.date(2023, 4, 1),
    dt.date(2024, 2, 29),
    dt.date(2024, 3, 31),
    dt.date(2024, 4, 1),
    dt.date(2025, 2, 28),
    dt.date(2025, 3, 31),
]
COLUMNS = {
    "header": "CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB",
    "episodes": "CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE HOME_POST PL_POST URN",
    "reviews": "CHILD DOB REVIEW REVIEW_CODE",
    "uasc": "CHILD SEX DOB DUC",
    "oc2": "CHILD DOB SDQ_SCORE SDQ_REASON CONVICTED HEALTH_CHECK IMMUNISATIONS TEETH_CHECK HEALTH_ASSESSMENT"
    " SUBSTANCE_MISUSE INTERVENTION_RECEIVED INTERVENTION_OFFERED",
    "oc3": "CHILD DOB IN_TOUCH ACTIV ACCOM",
    "ad1": "CHILD DOB DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR SEX_ADOPTR LS_ADOPTR",
    "placed_for_adoption": "CHILD DOB DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED",
    "missing": "CHILD DOB MISSING MIS_START MIS_END",
    "sw_episodes": "CHILD DOB SW_ID SW_DECOM SW_DEC SW_REASON",
}
CODES = {
    "LS": ["C1", "C2", "C2", "V2", "V2", "E1", "D1", "L1", "J1", "V3", "V4", "X9", ""],
    "PLACE": ["U1", "U3", "U4", "U6", "U6", "K2", "P1", "A3", "A5", "A6", "S1", "R1", "H5", "Z1", "R4", ""],
    "PLACE_PROVIDER": ["PR1", "PR4", ""],
    "PL_POST": ["ZZ1 1AA", "ZZ11AA", "zz2 2bb", ""],
    "URN": ["SC123456", "7654321", "", ""],
    "REASON_PLACE_CHANGE": ["CARPL", "CREQB", "CHILD", "PLACE", "OTHER", "LIIAF", "", ""],
    "PL_LOCATION": ["IN", "OUT", "OUT", ""],
    "PL_DISTANCE": ["0.0", "20.0", "20.04", "20.1", "75.3", "999.9", "-1", ""],
}
TEMPORARY = ["T0", "T1", "T2", "T3", "T4"]
EXITS = ["E4A", "E4B", "E13", "E11", "E12", "E41", "E45", "E3", "E2", "E5", "E17", "E8", "E99"]
# How one row of a child leads to the next. Most are as they should be.
LINKS = [
    *["goes on"] * 8,
    *["goes on in adoption"] * 3,
    *["comes back"] * 2,
    "gap after X1",
    "gap after X1, then S",
    "overlap",
    "overlap",
    "overlap of an exit",
    "left open",
    "left open, then S",
    "reason without end",
    "end without reason",
    "same-day row",
    "same-day row",
    "ends before it starts",
    "back the same day",
    "exit, then not S",
]
LEAVER_CODES = {
    "IN_TOUCH": ["YES", "YES", "yes", "NO", "REFU", "NREQ", "DIED", "RHOM", "RHOM", ""],
    "ACTIV": ["F1", "P1", "F2", "F3", "P3", "F4", "P5", "G4", "G5", "G6", "0", "0.0", ""],
    "ACCOM": [
        "B1",
        "D2",
        "G1",
        "H1",
        "R2",
        "S1",
        "W1",
        "w2",
        "X1",
        "Z1",
        "Z2",
        "U1",
        "0",
        "00",
        "0.0",
        "-",
        "01",
        "Q1",
    ],
}
REVIEW_CODES = ["PN0", "PN1", "pn2", "PN4", "PN6", "PN7", "PN9", ""]
COPIES = [*["as it should be"] * 8, "ends differ", "never closed", "open and closed at once", "other codes before"]
SPOILT = [
    *[""] * 12,
    "lower",
    "spaces",
    "hard space",
    "iso",
    "iso with time",
    "no end date",
    "no start date",
    "null words",
]
BORN = {
    "baby": (dt.date(2020, 6, 1), dt.date(2024, 9, 1)),
    "child": (dt.date(2009, 1, 1), dt.date(2018, 12, 31)),
    "teenager": (dt.date(2006, 1, 1), dt.date(2009, 12, 31)),
    "leaver": (dt.date(2003, 1, 1), dt.date(2005, 12, 31)),
}


def dated(day):
    """A day as returns write it; nothing for None."""
    return "" if day is None else day.strftime("%d/%m/%Y")


def after(day, days):
    """The day so many days later."""
    return day + dt.timedelta(days=days)


def year_of(day):
    """The closing year of the return that a day lies in."""
    return day.year + (day.month > 3)


def aged(born, years):
    """The day of an age."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return dt.date(born.year + years, 3, 1)


# ---------------------------------------------------------------------------------------------------------------------
# Episodes


@st.composite
def chains(draw, child, born):
    """A child's episodes as they happened and as they were written down, wrongly or not."""
    earliest = max(born, dt.date(2019, 6, 1))
    day = draw(st.sampled_from([*[None] * 3, *TURNS])) or draw(st.dates(earliest, after(LAST, -1)))
    day = max(day, earliest)
    rne, rows, settled = draw(st.sampled_from(["S", "S", "S", "S", "P", "L", ""])), [], None
    need = draw(st.sampled_from(["N1", "N1", "N4", "N5", "N8", "N9", ""]))
    for _ in range(draw(st.integers(2, 7))):
        row = {name: draw(st.sampled_from(codes)) for name, codes in CODES.items()}
        row |= {"CHILD": child, "RNE": rne, "DECOM": day, "CIN": draw(st.sampled_from([need, need, need, "N2"]))}
        link = draw(st.sampled_from(LINKS))
        came_back = settled is not None and link == "comes back"
        if came_back:
            # Away for some days, then where the child was, or somewhere else.
            rows.append(row | {"PLACE": draw(st.sampled_from(TEMPORARY)), "DEC": after(day, 9), "REC": "X1"})
            same = {name: settled[name] for name in ("PLACE", "PL_POST", "URN", "PLACE_PROVIDER")}
            row = row | {"DECOM": after(day, 9), "RNE": "P"} | (same if draw(st.booleans()) else {})
            day = row["DECOM"]
        elif link == "goes on in adoption":
            row |= {"LS": "E1", "PLACE": draw(st.sampled_from(["A3", "A5", "A5", "A6"]))}
        elif draw(st.integers(0, 9)) == 0:
            row["PLACE"] = draw(st.sampled_from(TEMPORARY))
        turn = draw(st.sampled_from([*[None] * 4, *TURNS, aged(born, 18)]))
        end = turn if turn and turn > day else after(day, draw(st.integers(1, 400)))
        exit_code = draw(st.sampled_from(["E11", "E12"] if link == "goes on in adoption" else EXITS))
        row["DEC"], row["REC"], day, rne = linked(draw, link, day, end, exit_code)
        rows.append(row)
        settled = row if row["PLACE"] not in TEMPORARY else settled
        if day is None or day > LAST:
            break
    return rows


def linked(draw, link, start, end, exit_code):
    """End and reason of a row as written, and start and reason of the row after it."""
    moves = draw(st.sampled_from(["P", "P", "L", "T", "B", "U", "Q"]))
    days = draw(st.integers(1, 20))
    if link == "gap after X1":
        return end, "X1", after(end, days), moves
    if link == "gap after X1, then S":
        return end, "X1", after(end, days), "S"
    if link == "overlap":
        return end, "X1", max(after(start, 1), after(end, -days)), moves
    if link == "overlap of an exit":
        return end, exit_code, max(after(start, 1), after(end, -days)), draw(st.sampled_from(["S", "P"]))
    if link == "left open":
        return None, "", end, moves
    if link == "left open, then S":
        return None, "", end, "S"
    if link == "reason without end":
        return None, exit_code, end, moves
    if link == "end without reason":
        return end, "", draw(st.sampled_from([end, after(end, days)])), draw(st.sampled_from(["S", "P"]))
    if link == "same-day row":
        return start, "X1", draw(st.sampled_from([start, after(start, 1)])), moves
    if link == "ends before it starts":
        return after(start, -days), "X1", after(start, days), moves
    if link == "back the same day":
        return end, exit_code, end, "S"
    if link == "exit, then not S":
        return end, exit_code, draw(st.sampled_from([end, after(end, days)])), moves
    if draw(st.integers(0, 2)) == 0:
        # Care ends; some come back.
        return end, exit_code, after(end, draw(st.sampled_from([40, 365, 366, 500]))), "S"
    return end, "X1", end, moves


def returned_in(row, beyond=False):
    """The returns a row belongs in: `(year, row)`, open in a return that closed before it ended.

    An episode from before the first return is in the first one. With `beyond` the last return tells an end after it.
    """
    copies, end = [], row["DEC"]
    for year in YEARS:
        opens, closes = dt.date(year - 1, 4, 1), dt.date(year, 3, 31)
        over = end is not None and end < opens and year != max(YEARS[0], year_of(row["DECOM"]))
        if row["DECOM"] > closes or over:
            continue
        still = end is not None and end > closes and not (beyond and year == YEARS[-1])
        copies.append((year, row | {"DEC": None, "REC": "", "REASON_PLACE_CHANGE": ""} if still else row))
    return copies


@st.composite
def returned(draw, row, unreadable=""):
    """The copies of one row in the returns, not always as they should be; `unreadable` names a date to spoil."""
    end, how = row["DEC"], draw(st.sampled_from(COPIES))
    copies = returned_in(row, beyond=how == "ends differ")
    if not copies:
        return []
    if how == "ends differ" and end is not None and copies[-1][0] < YEARS[-1]:
        copies.append((copies[-1][0] + 1, row | {"DEC": after(end, draw(st.sampled_from([-5, 3, 40])))}))
    if how == "never closed":
        year, last = copies[-1]
        copies[-1] = (year, last | {"DEC": None, "REC": ""})
    if how == "open and closed at once":
        copies.append((copies[-1][0], copies[-1][1] | {"DEC": None, "REC": ""}))
    if how == "other codes before":
        codes = {"LS": draw(st.sampled_from(["V3", "C2"])), "PLACE": "K2", "RNE": "P", "CIN": "N3"}
        copies = [(year, copy | codes if year < copies[-1][0] else copy) for year, copy in copies]
    spoil = unreadable or draw(st.sampled_from(SPOILT))
    return [(year, spoilt(copy, spoil)) for year, copy in copies]


def spoilt(row, how):
    """The row as text, with one thing wrong in the writing."""
    text = {name: dated(cell) if name in ("DECOM", "DEC") else cell for name, cell in row.items()}
    if how == "lower":
        text |= {name: cell.lower() for name, cell in text.items() if name != "CHILD"}
    if how == "spaces":
        text = {name: f" {cell} " for name, cell in text.items()}
    if how == "hard space":
        text = {name: f"{cell}\u00a0" for name, cell in text.items()}
    if how.startswith("iso"):
        time = " 00:00:00" if how == "iso with time" else ""
        text["DECOM"] = row["DECOM"].isoformat() + time
        text["DEC"] = "" if row["DEC"] is None else row["DEC"].isoformat() + time
    if how == "no end date":
        text["DEC"] = "31/02/2024"
    if how == "no start date":
        text["DECOM"] = "unknown"
    if how == "null words":
        text = {name: cell or "NULL" for name, cell in text.items()}
    return text


# ---------------------------------------------------------------------------------------------------------------------
# The other tables


@st.composite
def headers(draw, child, born, first_day):
    """A child's header rows by year: missing, without, with a late or an older other date of birth, or twice."""
    how = draw(st.sampled_from([*["usual"] * 6, "absent", "no date of birth", "born later", "corrected", "twice"]))
    if how == "absent":
        return []
    sex = draw(st.sampled_from(["1", "2", "M", "F", "f", "U", "X", ""]))
    ethnic = draw(st.sampled_from(["WBRI", "wbri", "MWBA", "AIND", "BAFR", "OOTH", "REFU", "NOBT", "ZZZZ", ""]))
    day = {"no date of birth": None, "born later": after(first_day, 30)}.get(how, born)
    row = {"CHILD": child, "SEX": sex, "DOB": dated(day), "ETHNIC": ethnic, "UPN": "UN1"}
    rows = [(2024, row), (2025, row)]
    if how == "corrected":
        rows[0] = (2024, row | {"DOB": dated(after(born, -700)), "SEX": "1"})
    if how == "twice":
        rows.append((2025, row | {"DOB": "", "SEX": ""}))
    return rows


@st.composite
def uasc_rows(draw, child, born):
    """UASC status that goes on, ended, ends at 18, or is said to end after it; none for most children."""
    adult = aged(born, 18)
    ends = [None, adult, after(adult, -1), after(adult, 200), *TURNS[3:]]
    if draw(st.integers(0, 2)):
        return []
    row = {"CHILD": child, "SEX": "1", "DOB": dated(born)}
    rows = [(2025, row | {"DUC": dated(draw(st.sampled_from(ends)))})]
    if draw(st.booleans()):
        rows.append((2024, row | {"DUC": dated(draw(st.sampled_from(ends)))}))
    return rows


@st.composite
def oc2_rows(draw, child, born):
    """Annual health rows, also of children without twelve months in care; blanks, 1.0, words and impossible scores."""
    rows = []
    flags = st.sampled_from(["0", "1", "1", "1.0", "0.0", "", "Y"])
    for year in (2024, 2025):
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
            row = {name: draw(flags) for name in COLUMNS["oc2"].split()[4:]}
            row["SDQ_SCORE"] = draw(st.sampled_from(["0", "13", "14", "16.0", "17", "40", "41", "-1", "x", "12.5", ""]))
            row["SDQ_REASON"] = draw(st.sampled_from(["", "SDQ2"]))
            rows.append((year, row | {"CHILD": child, "DOB": dated(born)}))
    return rows


@st.composite
def oc3_rows(draw, child, born):
    """Care-leaver rows, mostly in the years of the 17th to 21st birthday; sometimes twice, sometimes a child's."""
    rows = []
    for year in YEARS[-2:]:
        if not 17 <= year - year_of(born) <= 21 and draw(st.integers(0, 5)):
            continue
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2]))):
            row = {
                "IN_TOUCH": draw(
                    st.sampled_from(["YES", "YES", "yes", "NO", "REFU", "NREQ", "DIED", "RHOM", "RHOM", ""])
                ),
                "ACTIV": draw(
                    st.sampled_from(["F1", "P1", "F2", "F3", "P3", "F4", "P5", "G4", "G5", "G6", "0", "0.0", ""])
                ),
                "ACCOM": draw(st.sampled_from(["B1", "D2", "G1", "H1", "R2", "S1", "S2", "W1", "w2", "X1", "Z1", "Z2"]))
                if draw(st.integers(0, 2))
                else draw(st.sampled_from(["0", "00", "0.0", "", "01", "Q1", "U3", "U1"])),
            }
            rows.append((year, row | {"CHILD": child, "DOB": dated(born)}))
    return rows


def days_about(rows):
    """Days in and about a child's care."""
    first = min(row["DECOM"] for row in rows)
    ends = [row["DEC"] for row in rows if row["DEC"] is not None]
    known = [day for day in (*ends, *(row["DECOM"] for row in rows), *TURNS) if FIRST <= day <= LAST]
    earliest = min(max(FIRST, after(first, -10)), after(LAST, -1))
    return st.one_of(
        st.sampled_from(known), st.dates(earliest, LAST), st.dates(max(earliest, dt.date(2024, 3, 20)), LAST)
    )


@st.composite
def review_rows(draw, child, born, rows):
    """Reviews before, in and after care, some of them twice on a day; each in the return of its day."""
    answers = []
    for day in draw(st.lists(days_about(rows), max_size=5)):
        codes = draw(
            st.lists(st.sampled_from(["PN0", "PN1", "pn2", "PN4", "PN6", "PN7", "PN9", ""]), min_size=1, max_size=2)
        )
        for code in codes:
            row = {"CHILD": child, "DOB": dated(born), "REVIEW": dated(day), "REVIEW_CODE": code}
            answers.append((year_of(day), row))
    return answers


@st.composite
def missing_rows(draw, child, born, rows):
    """Incidents that overlap, touch, stay open, last no day, or end before they start; some in two returns."""
    answers = []
    for day in draw(st.lists(days_about(rows), max_size=4)):
        length = draw(st.sampled_from([0, 1, 2, 5, 40, None, -3]))
        kind = draw(st.sampled_from(["M", "M", "M", "A", "m", "Q"]))
        row = {"CHILD": child, "DOB": dated(born), "MISSING": kind, "MIS_START": dated(day)}
        end = None if length is None else after(day, length)
        answers.append((year_of(day), row | {"MIS_END": dated(end)}))
        if length and length > 1 and draw(st.booleans()):
            # Another while this one lasts, or from the day it ends.
            other = dated(after(day, draw(st.sampled_from([1, length]))))
            answers.append((year_of(day), row | {"MIS_START": other, "MIS_END": dated(after(end, 2))}))
        if length == 40 and year_of(day) < YEARS[-1]:
            answers.append((year_of(day) + 1, row | {"MIS_END": dated(after(end, 7))}))
    return answers


@st.composite
def adoption_rows(draw, child, born, rows):
    """AD1 rows and decisions, mostly of children whose care ended in adoption."""
    adopted = [row for row in rows if row["REC"] in ("E11", "E12") and row["DEC"]]
    if not adopted and draw(st.integers(0, 7)):
        return [], []
    order = adopted[-1]["DEC"] if adopted else LAST
    year = min(max(year_of(order), YEARS[0]), YEARS[-1])
    about = [after(order, -days) for days in (30, 200, 365, 366, 800)]
    about += [row["DECOM"] for row in rows] + [after(row["DECOM"], -365) for row in rows] + [None]
    days = st.sampled_from(about).map(dated)
    ad1, decisions = [], []
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
        row = {"CHILD": child, "DOB": dated(born), "DATE_INT": draw(days), "DATE_MATCH": draw(days)}
        ad1.append((year, row | {"FOSTER_CARE": draw(st.sampled_from(["0", "1", "1.0", ""]))}))
    for _ in range(draw(st.integers(0, 2))):
        row = {"CHILD": child, "DOB": dated(born), "DATE_PLACED": draw(days)}
        ceased = draw(st.sampled_from(["", "", dated(order)]))
        decisions.append((year, row | {"DATE_PLACED_CEASED": ceased}))
    return ad1, decisions


@st.composite
def worker_rows(draw, child, born):
    """Social workers with gaps, overlaps, open rows, placeholders, one of them twice; in returns from 2024 on."""
    day, answers = draw(st.dates(dt.date(2023, 1, 1), dt.date(2024, 12, 1))), []
    for _ in range(draw(st.integers(0, 5))):
        if day > LAST:
            break
        end = after(day, draw(st.integers(0, 120)))
        row = {
            "CHILD": child,
            "DOB": dated(born),
            "SW_ID": draw(st.sampled_from(["SW1", "SW2", "sw3", "XX1", "XX1", "TEAM", ""])),
            "SW_DECOM": dated(day),
            "SW_DEC": draw(st.sampled_from([dated(end), dated(end), "", dated(after(day, -1))])),
            "SW_REASON": draw(st.sampled_from(["MANAGE", "FCONTA", "leftrl", "SWLAZY", ""])),
        }
        year = max(2024, year_of(day))
        answers.append((year, row))
        if year < YEARS[-1] and draw(st.booleans()):
            answers.append((year + 1, row | {"SW_DEC": dated(end)}))
        day = max(day, after(end, draw(st.sampled_from([0, 0, -8, 3, 60]))))
    return answers


# ---------------------------------------------------------------------------------------------------------------------
# The authority


@st.composite
def dirty_records(draw):
    """`{(year, table): frame of text}` of up to four children, and one long in care so that no return is empty."""
    tables = {name: [] for name in COLUMNS}
    add_settled_child(tables)
    for number in range(1, draw(st.integers(1, 4)) + 1):
        add_child(draw, tables, f"{number:03d}")
    located = draw(st.booleans())
    return {(year, name): frame for (year, name), frame in framed(tables, located).items() if len(frame)}


def add_settled_child(tables):
    """A child long in care with reviews and changes of legal status only, so that every return has readable rows."""
    born = {"CHILD": "900", "DOB": "01/01/2012"}
    days = [dt.date(2018, 5, 1), *(dt.date(year - 1, month, 2) for year in YEARS for month in (6, 9, 12)), None]
    for number, (start, end) in enumerate(itertools.pairwise(days)):
        row = {"CHILD": "900", "DECOM": start, "RNE": "L" if number else "S", "LS": "C1" if number % 2 else "C2"}
        row |= {"CIN": "N1", "PLACE": "U4", "PLACE_PROVIDER": "PR1", "PL_POST": "ZZ1 1AA"}
        row |= {"DEC": end, "REC": "X1" if end else ""}
        tables["episodes"] += [(year, spoilt(copy, "")) for year, copy in returned_in(row)]
    for year in YEARS:
        tables["header"].append((year, born | {"SEX": "2", "ETHNIC": "WBRI"}))
        for day in (dt.date(year - 1, 5, 10), dt.date(year - 1, 11, 8)):
            tables["reviews"].append((year, born | {"REVIEW": dated(day), "REVIEW_CODE": "PN1"}))


def add_child(draw, tables, child):
    """One child's rows, added to the tables."""
    born = draw(st.dates(*BORN[draw(st.sampled_from(list(BORN)))]))
    rows = draw(chains(child, born))
    # One row with an unreadable date: a file of them would be refused, and rightly.
    spoil = draw(st.sampled_from(["", "", "", "no end date", "no start date"])) if child == "001" else ""
    for number, row in enumerate(rows):
        tables["episodes"] += draw(returned(row, spoil if number == len(rows) - 1 else ""))
    tables["header"] += draw(headers(child, born, min(row["DECOM"] for row in rows)))
    tables["uasc"] += draw(uasc_rows(child, born))
    tables["oc2"] += draw(oc2_rows(child, born))
    tables["oc3"] += draw(oc3_rows(child, born))
    tables["reviews"] += draw(review_rows(child, born, rows))
    tables["missing"] += draw(missing_rows(child, born, rows))
    ad1, decisions = draw(adoption_rows(child, born, rows))
    tables["ad1"] += ad1
    tables["placed_for_adoption"] += decisions
    tables["sw_episodes"] += draw(worker_rows(child, born))


def framed(tables, located):
    """Each table of each return as a frame of text; `located` keeps the columns of location and distance."""
    frames = {}
    for name, rows in tables.items():
        columns = COLUMNS[name].split() + (["PL_LOCATION", "PL_DISTANCE"] if located and name == "episodes" else [])
        for year in YEARS:
            own = [{column: row.get(column, "") for column in columns} for when, row in rows if when == year]
            frames[year, name] = pd.DataFrame(own, columns=columns, dtype="str")
    return frames


def stacked(drawn):
    """The raw tables that `brute_force.clean` takes: every table's returns below each other, with SOURCE_YEAR."""
    tables = {}
    for (year, name), frame in sorted(drawn.items(), key=lambda item: item[0]):
        tables.setdefault(name, []).append(frame.assign(SOURCE_YEAR=year))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in tables.items()}


def write(drawn, folder):
    """The returns as files `<folder>/<year>/<table>.csv`."""
    for (year, name), frame in drawn.items():
        place = Path(folder) / str(year)
        place.mkdir(parents=True, exist_ok=True)
        frame.to_csv(place / f"{name}.csv", index=False)
    return Path(folder)
