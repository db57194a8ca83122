"""Care leavers: the 13-week test, the birthday cohort of OC3 and the latest snapshot of every young person.

Source: CATALOGUE 1.9 and J; Care Leavers (England) Regulations 2010; Care Planning Regulations 2010, regulation 40.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import ACTIVITY, EXITS_TO_OTHERS, NEET_REASON, grouped

UASC = ("UASC", "Not UASC")
NAT_DAY = np.datetime64("NaT", "D")
FIRST_AGE, LAST_AGE = 17, 21
NOT_RECORDED = "Not known"


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
    spans = pd.DataFrame({"child": episodes["child"], "start": p.days(episodes["start"]).astype("datetime64[s]")})
    end = p.days(episodes["end"])
    child = spans["child"].to_numpy()
    fourteenth, sixteenth = p.birthday(born, 14)[child], p.birthday(born, 16)[child]
    since = np.maximum(p.days(episodes["start"]), fourteenth)
    far = np.datetime64("2999-12-31", "D")
    end = np.where(np.isnat(end), far, end)
    length = np.where(np.isnat(since), 0, np.maximum((end - since).astype(int), 0))
    total = pd.Series(length).groupby(child).cumsum().to_numpy()
    reached = np.where((total >= 91) & (total - length < 91), end - (total - 91), NAT_DAY)
    sixteen = np.maximum(p.days(episodes["start"]), sixteenth)
    sixteen = np.where(sixteen < end, sixteen, NAT_DAY)
    out = np.full(len(born), NAT_DAY)
    day91 = pd.Series(reached.astype("datetime64[s]")).groupby(child).min()
    day16 = pd.Series(sixteen.astype("datetime64[s]")).groupby(child).min()
    both = pd.concat([day91, day16], axis=1).dropna().max(axis=1)
    out[both.index.to_numpy()] = p.days(both)
    return out


def _status(rows: pd.DataFrame) -> pd.DataFrame:
    """Groups that care-leaver measures read from the codes: activity, reasons, suitability, exclusions."""
    activity = rows["ACTIV"].map(grouped(ACTIVITY)).fillna(NOT_RECORDED)
    reason = rows["ACTIV"].map(grouped(NEET_REASON)).fillna(NOT_RECORDED)
    letter, digit = rows["ACCOM"].str[:1], rows["ACCOM"].str[1:2]
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
    """Young people whose 17th to 21st birthday falls in the year of their OC3 row, with the status recorded then.

    Returns `child, start` (the birthday), `age`, the status columns, and: `excluded` (died, returned home for six
    months, or last left care by transfer), `in_care` (still in care on the birthday), `left_foster_at_18` (left care
    from foster care on the 18th birthday).
    """
    rows = _status(oc3).reset_index(drop=True)
    child = rows["child"].to_numpy()
    born = p.days(people["born"])[child]
    closes = np.array([f"{year}-03-31" for year in rows["_year"]], dtype="datetime64[D]")
    age = p.age(born, closes)
    birthday = np.full(len(rows), NAT_DAY)
    for years in range(FIRST_AGE, LAST_AGE + 1):
        birthday = np.where(age == years, p.birthday(born, years), birthday)
    rows["start"], rows["age"] = birthday.astype("datetime64[s]"), age
    rows = rows[~np.isnat(birthday)].reset_index(drop=True)
    ages = [str(years) for years in range(FIRST_AGE, LAST_AGE + 1)]
    rows["age_band"] = pd.Categorical(rows["age"].astype(int).astype(str), categories=ages)
    rows["uasc"] = _ever_uasc(people["ever_uasc"].to_numpy(bool)[rows["child"]])
    birthday = p.days(rows["start"])
    last = _last_exit(care, rows["child"].to_numpy(), birthday, len(people))
    rows["in_care"] = last["in_care"]
    rows["excluded"] = rows["in_touch"].isin(["DIED", "RHOM"]) | np.isin(last["reason"], list(EXITS_TO_OTHERS))
    rows["left_foster_at_18"] = _left_foster_at_18(episodes, care, people)[rows["child"].to_numpy()]
    return rows


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


def _left_foster_at_18(episodes: pd.DataFrame, care: pd.DataFrame, people: pd.DataFrame) -> np.ndarray:
    eighteenth = p.birthday(p.days(people["born"]), 18)
    left = (p.days(care["end"]) == eighteenth[care["child"]]) & (care["reason"] != "").to_numpy()
    place = episodes["place"].astype(str).to_numpy()[care["last_episode"]]
    out = np.zeros(len(people), bool)
    out[care["child"].to_numpy()[left & np.isin(place, ["U1", "U2", "U3", "U4", "U5", "U6"])]] = True
    return out


def snapshots(table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Care leavers at each snapshot date of the local table, with status columns and exclusions.

    Returns `child, start` (the snapshot date), `eligibility`, `support`, the status columns and `excluded`.
    """
    accom = table["ACCOM"].where(table["ACCOM"] != "", table["ACCOM_TYPE"] + table["SUITABLE"])
    rows = _status(table.assign(ACCOM=accom)).reset_index(drop=True)
    rows["start"] = rows["SNAPSHOT_DATE"]
    rows["eligibility"], rows["support"] = rows["ELIGIBILITY"], rows["SUPPORT_STATUS"]
    rows["excluded"] = rows["in_touch"].isin(["DIED", "RHOM"]) | (rows["RESP_LA_TRANSFERRED"] == "Y")
    rows["uasc"] = _ever_uasc((rows["UASC"] == "Y") | people["ever_uasc"].to_numpy(bool)[rows["child"]])
    for flag_column in ("EHCP", "IS_PARENT"):
        rows[flag_column.lower()] = pd.Categorical(
            rows[flag_column].map({"Y": "Yes", "N": "No"}).fillna("Not recorded"), ["Yes", "No", "Not recorded"]
        )
    return rows
