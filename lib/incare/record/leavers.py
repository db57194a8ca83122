"""Care leavers: the 13-week test, the birthday cohort of OC3 and the latest snapshot of every young person.

Source: CATALOGUE 1.9 and J; Care Leavers (England) Regulations 2010; Care Planning Regulations 2010, regulation 40.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import ACTIVITY, NEET_REASON, VALID, grouped

UASC = ("UASC", "Not UASC")
NAT_DAY = np.datetime64("NaT", "D")
FAR = np.datetime64("2999-12-31", "D")
# Returns hold young people of 17 to 21; rows for 22 to 25 are kept for those who choose these ages.
FIRST_AGE, LAST_AGE = 17, 25
NOT_RECORDED = "Not known"
FOSTER = ("U1", "U2", "U3", "U4", "U5", "U6")
# Why a young person is in no figure about care leavers, in the order in which a reason stands before another.
LEFT_OUT = ("", "died", "returned home for six months", "care transferred to another council")


def days_in_care(episodes: pd.DataFrame, born: np.ndarray, on: np.ndarray) -> pd.DataFrame:
    """Days in care since the 14th and since the 16th birthday, up to a day, per child.

    `episodes` has child (number), start, end; `born` and `on` are indexed by child number. An end day is not counted;
    an open episode counts up to `on`. Returns `total14` and `total16`, indexed by child number.
    """
    child = episodes["child"].to_numpy()
    start, end = p.days(episodes["start"]), p.days(episodes["end"])
    until = on[child]
    end = np.where(np.isnat(end) | (end > until), until, end)
    totals = {}
    for name, years in (("total14", 14), ("total16", 16)):
        since = np.maximum(start, p.birthday(born, years)[child])
        length = (end - since).astype("timedelta64[D]").astype(float)
        length = np.where(np.isnan(length) | (length < 0) | np.isnat(since), 0, length)
        totals[name] = np.bincount(child, weights=length, minlength=len(born))
    return pd.DataFrame(totals)


def passes_thirteen_weeks(totals: pd.DataFrame) -> pd.Series:
    """Whether the history makes a young person eligible: 91 days since 14, at least one of them after 16."""
    return (totals["total14"] >= 91) & (totals["total16"] >= 1)


def became_eligible(episodes: pd.DataFrame, born: np.ndarray) -> np.ndarray:
    """The day each child first met the 13-week test: the later of the 91st day since 14 and the first day after 16.

    Indexed by child number; missing when never met by the record.
    """
    child, start, end = episodes["child"].to_numpy(), p.days(episodes["start"]), p.days(episodes["end"])
    fourteenth, sixteenth = p.birthday(born, 14)[child], p.birthday(born, 16)[child]
    since = np.maximum(start, fourteenth)
    end = np.where(np.isnat(end), FAR, end)
    length = np.where(np.isnat(since), 0, np.maximum((end - since).astype(int), 0))
    total = pd.Series(length).groupby(child).cumsum().to_numpy()
    reached = np.where((total >= 91) & (total - length < 91), end - (total - 91), NAT_DAY)
    sixteen = np.maximum(start, sixteenth)
    sixteen = np.where(sixteen < end, sixteen, NAT_DAY)
    # The later of the two days; not a day where either is not.
    return np.maximum(_earliest(child, reached, len(born)), _earliest(child, sixteen, len(born)))


def _earliest(child: np.ndarray, days: np.ndarray, people: int) -> np.ndarray:
    """The earliest day of each person, by number; missing where none is given."""
    out = np.full(people, NAT_DAY)
    np.fmin.at(out, child, days)
    return out


def _status(rows: pd.DataFrame, year: np.ndarray) -> pd.DataFrame:
    """Groups that care-leaver measures read from the codes: activity, reasons, suitability.

    `year` is the closing year of each row's return: training or employment with apprenticeships in it (F3, P3) is a
    code of returns up to 2020-21 only.
    """
    code = rows["ACTIV"].mask(rows["ACTIV"].isin(["F3", "P3"]) & (year > 2021), "")
    activity = code.map(grouped(ACTIVITY)).fillna(NOT_RECORDED)
    reason = code.map(grouped(NEET_REASON)).fillna(NOT_RECORDED)
    # A code that is in no list says nothing: neither where someone lives, nor that it suits.
    told = rows["ACCOM"].where(rows["ACCOM"].isin([*VALID["oc3", "ACCOM"], "S1", "X1"]), "")
    letter, digit = told.str[:1], told.str[1:2]
    # S1 and X1 are not valid: no fixed abode and custody are never suitable (VAL 133).
    digit = digit.mask(letter.isin(["S", "X"]), "2")
    return rows.assign(
        activity=pd.Categorical(activity, categories=(*ACTIVITY, NOT_RECORDED)),
        neet_reason=pd.Categorical(reason, categories=(*NEET_REASON, NOT_RECORDED)),
        accommodation=letter.where(letter != "0", ""),
        suitable=digit.map({"1": "Suitable", "2": "Unsuitable"}).fillna("No information"),
        in_touch=rows["IN_TOUCH"],
    )


def birthday_cohort(
    oc3: pd.DataFrame, people: pd.DataFrame, care: pd.DataFrame, episodes: pd.DataFrame
) -> pd.DataFrame:
    """Young people whose 17th to 25th birthday falls in the year of their OC3 row, with the status recorded then.

    Returns `child, start` (the birthday), `age`, the status columns, and: `left_out` (one of `LEFT_OUT`: died, returned
    home for six months, or last left care by transfer), `in_care` (still in care on the birthday), `left_foster_at_18`
    (left care from foster care on the 18th birthday). Where the date of birth is not known, `age` is missing and
    `start` the 31 March that closes the return, so that the person can be set aside and counted.
    """
    rows = oc3[["child", "_year", "IN_TOUCH", "ACTIV", "ACCOM"]]
    rows = _status(rows, rows["_year"].to_numpy(int)).reset_index(drop=True)
    born = p.days(people["born"])[rows["child"].to_numpy()]
    closes = np.array([f"{year}-03-31" for year in rows["_year"]], dtype="datetime64[D]")
    age = p.age(born, closes)
    birthday = np.where(np.isnan(age), closes, NAT_DAY)
    for years in range(FIRST_AGE, LAST_AGE + 1):
        birthday = np.where(age == years, p.birthday(born, years), birthday)
    rows["start"], rows["age"] = birthday.astype("datetime64[s]"), age
    rows = rows[~np.isnat(birthday)].reset_index(drop=True)
    child, birthday = rows["child"].to_numpy(), p.days(rows["start"])
    rows["uasc"] = _ever_uasc(people["ever_uasc"].to_numpy(bool)[child])
    last = _last_exit(care, child, birthday, len(people))
    rows["in_care"] = last["in_care"]
    rows["left_out"] = _left_out(
        (rows["in_touch"] == "DIED") | (last["reason"] == "E2"), rows["in_touch"] == "RHOM", last["reason"] == "E3"
    )
    last_place = episodes["place"].astype(str).to_numpy()[care["last_episode"]]
    rows["left_foster_at_18"] = left_foster_at_18(care, last_place, people)[child]
    return rows


def _left_out(died, returned_home, transferred) -> pd.Categorical:
    """The first reason of `LEFT_OUT` that holds for each row; "" where none does."""
    codes = np.select(
        [np.asarray(died, bool), np.asarray(returned_home, bool), np.asarray(transferred, bool)], [1, 2, 3]
    )
    return pd.Categorical.from_codes(codes, categories=list(LEFT_OUT))


def _ever_uasc(ever: np.ndarray) -> pd.Categorical:
    """A care leaver counts as UASC who ever had that status."""
    return pd.Categorical.from_codes(np.where(ever, 0, 1), categories=list(UASC))


def _last_exit(care: pd.DataFrame, child: np.ndarray, on: np.ndarray, people: int) -> dict[str, np.ndarray]:
    """The reason of the last exit up to a day, and whether the young person is in care on that day."""
    starts, ends = p.days(care["start"]), p.days(care["end"])
    owner = care["child"].to_numpy()
    origin = np.datetime64("1900-01-01", "D")
    key = owner * 100_000 + (starts - origin).astype(int)
    found = np.searchsorted(key, child * 100_000 + (on - origin).astype(int), side="right") - 1
    mine = (found >= 0) & (owner[np.maximum(found, 0)] == child) if len(owner) else np.zeros(len(child), bool)
    at = np.maximum(found, 0)
    ended = mine & ~np.isnat(ends[at]) & (ends[at] <= on) if len(owner) else mine
    reason = care["reason"].to_numpy(object)[at] if len(owner) else np.full(len(child), "")
    return {"in_care": mine & ~ended, "reason": np.where(ended, reason, "")}


def left_foster_at_18(care: pd.DataFrame, last_place: np.ndarray, people: pd.DataFrame) -> np.ndarray:
    """Whether each person left care from a foster placement on the 18th birthday, by person number.

    `care` are periods of care, `last_place` the placement code with which each ended. Source: CATALOGUE J (staying
    put).
    """
    eighteenth = p.birthday(p.days(people["born"]), 18)
    left = (p.days(care["end"]) == eighteenth[care["child"]]) & (care["reason"] != "").to_numpy()
    out = np.zeros(len(people), bool)
    out[care["child"].to_numpy()[left & np.isin(last_place, FOSTER)]] = True
    return out


def snapshots(table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Care leavers at each snapshot date of the local table, with status columns and exclusions.

    Returns `child, start` (the snapshot date), `eligibility`, `support`, the status columns and `left_out` (one of
    `LEFT_OUT`). Columns of the table that measures read besides are kept under their names.
    """
    accom = table["ACCOM"].where(table["ACCOM"] != "", table["ACCOM_TYPE"] + table["SUITABLE"])
    # The year to 31 March that holds the day, as that of a return.
    year = (p.days(table["SNAPSHOT_DATE"]).astype("datetime64[M]") - 3).astype("datetime64[Y]").astype(int) + 1971
    rows = table.drop(columns=[c for c in ("CHILD", "DOB", "_row", "_file", "_year") if c in table])
    rows = _status(rows.assign(ACCOM=accom), year).reset_index(drop=True)
    # Whether it suits can be known where what it is has been left blank.
    alone = (accom == table["SUITABLE"]).to_numpy()
    words = rows["SUITABLE"].map({"1": "Suitable", "2": "Unsuitable"}).fillna("No information")
    rows["suitable"] = rows["suitable"].mask(alone, words)
    rows["start"] = rows["SNAPSHOT_DATE"]
    rows["eligibility"], rows["support"] = rows["ELIGIBILITY"], rows["SUPPORT_STATUS"]
    rows["left_out"] = _left_out(
        rows["in_touch"] == "DIED", rows["in_touch"] == "RHOM", rows["RESP_LA_TRANSFERRED"] == "Y"
    )
    rows["uasc"] = _ever_uasc((rows["UASC"] == "Y") | people["ever_uasc"].to_numpy(bool)[rows["child"]])
    for flag_column in ("EHCP", "IS_PARENT"):
        rows[flag_column.lower()] = pd.Categorical(
            rows[flag_column].map({"Y": "Yes", "N": "No"}).fillna("Not recorded"), ["Yes", "No", "Not recorded"]
        )
    return rows
