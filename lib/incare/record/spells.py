"""Periods of care and carer spells from clean episodes, all children at once.

Source: CATALOGUE 1.5 (period of care), 1.6 (what is a placement), 1.7 (carer spells); INPUTS 4.18 (unknown starts).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.codes import (
    CATEGORY_OF_NEED,
    LEGAL_STATUS,
    LOCATION,
    NOT_KNOWN,
    PLACEMENT,
    RECODED,
    TEMPORARY,
)
from incare.record.cells import in_groups
from incare.record.findings import Finding, flag

NAT = np.datetime64("NaT", "s")


def _last_true(where: np.ndarray) -> np.ndarray:
    """For each position the latest position up to it where `where` is true; -1 before the first."""
    return np.maximum.accumulate(np.where(where, np.arange(len(where)), -1))


def episodes_with_spells(
    clean: pd.DataFrame,
    findings: list[Finding],
    *,
    poc_start: pd.DataFrame | None = None,
    born: np.ndarray | None = None,
    located: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Episodes with the period of care and the carer spell that each belongs to.

    `clean` holds `child` (number), DECOM, DEC, RNE, LS, CIN, PLACE, PL_POST, URN, PLACE_PROVIDER, REC and
    REASON_PLACE_CHANGE, sorted by child and start; `located` has `location` and `miles` of the same rows; `poc_start`
    the starts of care that the episodes do not show (child, POC_START_DATE, SPELL_START_DATE), which may not lie before
    the birth (`born`, by child number).
    Returns a frame with

    - `child, start, end, rne, cin, ls, reason` as stated, `change_reason` (REASON_PLACE_CHANGE, blank where none) and
      `temporary` (placement T0 to T4);
    - `place, provider, urn, location, miles` with T0 to T4 resolved: those of the last placement before the temporary
      one, so that what happens later cannot change them. `location` is in area, out of area or not known; `miles` from
      home is missing where unknown;
    - the categories `legal_status`, `placement` and `category_of_need` (the first known one of the period of care);
    - the numbers `care`, `spell` (same carer) and `placement_spell` (same-carer changes counted);
    - what measures need at hand: `care_start`, `left_censored` (the start of care is unknown), `spell_start`,
      `spell_start_known` (false: the stay with the carer began on `spell_start` or earlier) and `previous_spell_start`
      (within the period of care).
    """
    child = clean["child"].to_numpy()
    start, end = (clean[c].to_numpy("datetime64[s]") for c in ("DECOM", "DEC"))
    rne, reason, place = (clean[c].to_numpy(object) for c in ("RNE", "REC", "PLACE"))
    first_of_child = np.r_[True, child[1:] != child[:-1]] if len(child) else np.zeros(0, bool)
    opens_care = first_of_child | ~_continues(start, end, rne, reason)
    care = np.cumsum(opens_care) - 1
    care_first = _last_true(opens_care)
    temporary = np.isin(place, list(TEMPORARY))
    settled = _within(_last_true(~temporary), care_first)
    opens = _opens_spell(clean, opens_care, care_first, temporary, settled, rne)
    spell_first = _last_true(opens["spell"])
    previous_first = np.r_[-1, spell_first[:-1]][spell_first] if len(child) else spell_first
    has_previous = (spell_first > care_first) & (previous_first >= 0)

    unknown = first_of_child & (rne != "S")
    began, spell_began, found = _starts(clean, unknown, poc_start, born, findings)
    _flag_care(clean, unknown & ~found, first_of_child, opens_care, end, reason, rne, place, findings)
    flag(clean, unknown & found, "357P", "episodes", "RNE", findings)
    # A first row for a new placement with a new carer (P, B) says itself when the stay began.
    stay_known = ~unknown | ~np.isnat(spell_began) | (np.isin(rne, ["P", "B"]) & ~temporary)
    spell_start = np.where(np.isnat(spell_began), start, spell_began)
    where = settled if len(child) else np.zeros(0, int)

    def resolved(values: np.ndarray, none) -> np.ndarray:
        return np.where(where >= 0, values[np.maximum(where, 0)], none) if len(values) else values

    need = _category_of_need(clean, care, opens_care, findings)
    codes = located["location"].array.codes if located is not None else np.full(len(child), len(LOCATION) - 1)
    miles = located["miles"].to_numpy(float) if located is not None else np.full(len(child), np.nan)
    return pd.DataFrame(
        {
            "child": child,
            "start": start,
            "end": end,
            "rne": pd.Categorical(rne),
            "cin": pd.Categorical(clean["CIN"]),
            "ls": pd.Categorical(clean["LS"]),
            "place": pd.Categorical(resolved(place, "")),
            "reason": pd.Categorical(reason),
            "legal_status": in_groups(clean["LS"], LEGAL_STATUS),
            "placement": in_groups(resolved(place, ""), PLACEMENT),
            "category_of_need": need,
            "change_reason": pd.Categorical(clean["REASON_PLACE_CHANGE"].to_numpy(object)),
            "temporary": temporary,
            "provider": pd.Categorical(resolved(clean["PLACE_PROVIDER"].to_numpy(object), "")),
            "urn": pd.Categorical(resolved(clean["URN"].to_numpy(object), "")),
            "location": pd.Categorical.from_codes(resolved(codes, len(LOCATION) - 1), categories=list(LOCATION)),
            "miles": resolved(miles, np.nan),
            "care": care,
            "spell": np.cumsum(opens["spell"]) - 1,
            "placement_spell": np.cumsum(opens["placement_spell"]) - 1,
            "care_start": np.where(np.isnat(began), start, began)[care_first] if len(child) else start,
            "left_censored": (unknown & ~found)[care_first] if len(child) else temporary,
            "spell_start": spell_start[spell_first] if len(child) else start,
            "spell_start_known": stay_known[spell_first] if len(child) else temporary,
            "previous_spell_start": np.where(has_previous, spell_start[np.maximum(previous_first, 0)], NAT),
        }
    )


def _within(position: np.ndarray, care_first: np.ndarray) -> np.ndarray:
    """Positions that lie in the same period of care; -1 for others."""
    return np.where(position >= care_first, position, -1)


def _opens_spell(clean, opens_care, care_first, temporary, settled, rne) -> dict[str, np.ndarray]:
    """Where a carer spell opens: a new carer (P, B), but not a temporary placement or the return from one.

    `placement_spell` opens at same-carer changes (T, U) too.
    """
    if not len(rne):
        return {"spell": opens_care, "placement_spell": opens_care}
    before = _within(np.r_[-1, settled[:-1]], care_first)
    after_temporary = np.r_[False, temporary[:-1]] & ~opens_care
    returned = after_temporary & ~temporary & (before >= 0) & _same_placement(clean, np.maximum(before, 0))
    moved = ~temporary & ~returned
    return {
        "spell": opens_care | (np.isin(rne, ["P", "B"]) & moved),
        "placement_spell": opens_care | (np.isin(rne, ["P", "B", "T", "U"]) & moved),
    }


def _continues(start: np.ndarray, end: np.ndarray, rne: np.ndarray, reason: np.ndarray) -> np.ndarray:
    """Where an episode carries on the period of care of the one before it."""
    if not len(start):
        return np.zeros(0, bool)
    touches = np.r_[False, start[1:] == end[:-1]]
    return touches & (np.r_[False, reason[:-1] == "X1"] | (rne != "S"))


def _starts(
    clean: pd.DataFrame,
    unknown: np.ndarray,
    poc_start: pd.DataFrame | None,
    born: np.ndarray | None,
    findings: list[Finding],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts of care and of the stay with the first carer that POC_START gives, and where it gives one.

    A row is used for a child whose first row is not a start, if it does not lie after that row (of several the latest);
    the stay's start if it lies between the two. Other rows are noted: 357N where the child has no unknown start, 357D
    where the dates contradict. A row that repeats a start which the episodes show needs no note.
    """
    began, spell_began = np.full(len(clean), NAT), np.full(len(clean), NAT)
    found = np.zeros(len(clean), bool)
    if poc_start is None or not len(poc_start):
        return began, spell_began, found
    given = poc_start.sort_values(["child", "POC_START_DATE"], kind="stable", ignore_index=True)
    child = given["child"].to_numpy()
    day, stay = (given[c].to_numpy("datetime64[s]") for c in ("POC_START_DATE", "SPELL_START_DATE"))
    people = int(max(child.max(), clean["child"].max() if len(clean) else 0)) + 1
    at = np.full(people, -1)
    at[clean["child"].to_numpy()[unknown]] = np.flatnonzero(unknown)
    row = at[child]
    first_day = clean["DECOM"].to_numpy("datetime64[s]")[np.maximum(row, 0)] if len(clean) else day
    unborn = day < born[child].astype("datetime64[s]") if born is not None else np.zeros(len(given), bool)
    fits = (row >= 0) & (day <= first_day) & ~unborn
    last = fits & ~pd.Series(np.where(fits, row, -1 - np.arange(len(row)))).duplicated(keep="last").to_numpy()
    stay_fits = last & (stay >= day) & (stay <= first_day)
    began[row[last]], found[row[last]] = day[last], True
    spell_began[row[stay_fits]] = stay[stay_fits]
    keys = pd.MultiIndex.from_arrays([clean["child"], clean["DECOM"].to_numpy("datetime64[s]")])
    stated = pd.MultiIndex.from_arrays([child, day]).isin(keys)
    flag(given, (row < 0) & ~stated, "357N", "poc_start", "POC_START_DATE", findings)
    flag(given, (row >= 0) & ~last & ~stated, "357D", "poc_start", "POC_START_DATE", findings)
    flag(given, last & ~np.isnat(stay) & ~stay_fits, "357D", "poc_start", "SPELL_START_DATE", findings)
    return began, spell_began, found


def _category_of_need(clean: pd.DataFrame, care: np.ndarray, opens_care: np.ndarray, findings) -> pd.Categorical:
    """The first known category of need of each period of care; rows that state another are noted (rule 504)."""
    groups = list(CATEGORY_OF_NEED)
    codes = in_groups(clean["CIN"], CATEGORY_OF_NEED).codes.astype(int)
    known = codes < len(groups)
    first = np.full(int(opens_care.sum()), len(groups))
    place = np.flatnonzero(known)[::-1]
    first[care[place]] = codes[place]
    flag(clean, known & (codes != first[care]), "504", "episodes", "CIN", findings)
    return pd.Categorical.from_codes(first[care], categories=[*groups, NOT_KNOWN])


def _flag_care(clean, unknown, first_of_child, opens_care, end, reason, rne, place, findings) -> None:
    if not len(end):
        return
    again = opens_care & ~first_of_child
    same_day = np.r_[False, clean["DECOM"].to_numpy("datetime64[s]")[1:] == end[:-1]] & ~first_of_child
    went_on = np.r_[False, reason[:-1] == "X1"]
    last = np.r_[opens_care[1:], True]
    temporary = np.isin(place, list(TEMPORARY))
    flag(clean, unknown, "357", "episodes", "RNE", findings)
    flag(clean, again & same_day, "431", "episodes", "RNE", findings)
    flag(clean, ~opens_care & went_on & (rne == "S"), "431X", "episodes", "RNE", findings)
    flag(clean, ~opens_care & ~went_on & np.r_[False, reason[:-1] != ""], "432", "episodes", "RNE", findings)
    flag(clean, again & ~same_day & (rne != "S"), "433", "episodes", "RNE", findings)
    flag(clean, last & (reason == "X1") & ~np.isnat(end), "388E", "episodes", "REC", findings)
    flag(clean, opens_care & temporary, "380", "episodes", "PLACE", findings)
    flag(clean, last & temporary & ~np.isnat(end), "381", "episodes", "PLACE", findings)


def compact(postcodes: pd.Series) -> np.ndarray:
    """Postcodes in upper case without spaces, so that one written two ways is one; each distinct text once."""
    codes, unique = pd.factorize(postcodes.to_numpy(), use_na_sentinel=False)
    tidy = np.array(["".join(str(text).upper().split()) for text in unique], dtype=object)
    return tidy[codes] if len(codes) else np.zeros(0, dtype=object)


def same_place(place: np.ndarray) -> np.ndarray:
    """Placement codes with those of a yearly re-coding made one (H5 and K3, Z1 and Z11 to Z14)."""
    codes, unique = pd.factorize(place, use_na_sentinel=False)
    return np.array([RECODED.get(code, code) for code in unique], dtype=object)[codes] if len(codes) else place


def _same_placement(clean: pd.DataFrame, other: np.ndarray) -> np.ndarray:
    """Whether each row's placement is that of the row `other`: same code and postcode (else URN, else provider)."""
    place = same_place(clean["PLACE"].to_numpy(object))
    post = compact(clean["PL_POST"])
    urn, provider = clean["URN"].to_numpy(object), clean["PLACE_PROVIDER"].to_numpy(object)
    no_post = (post == "") | (post[other] == "")
    no_urn = (urn == "") | (urn[other] == "")
    by_provider = (provider == provider[other]) & (provider != "")
    same = np.where(no_post, np.where(no_urn, by_provider, urn == urn[other]), post == post[other])
    return (place == place[other]) & same.astype(bool)


def care_periods(episodes: pd.DataFrame) -> pd.DataFrame:
    """Periods of care: `child, start, end, reason, left_censored, first_episode, last_episode, previous_end`.

    `end` is blank while care goes on. A period whose last episode ended X1 with nothing after it ended that day with
    the reason not recorded. `previous_end` is the end of the child's earlier period of care, for re-entries: not
    transfers out (E3) or deaths (E2), and not an end on the day this period starts.
    """
    first, last = _runs(episodes["care"])
    child, start = (episodes[column].to_numpy()[first] for column in ("child", "care_start"))
    end, reason = episodes["end"].to_numpy()[last], episodes["reason"].to_numpy(object)[last]
    reason[reason == "X1"] = ""
    return pd.DataFrame(
        {
            "child": child,
            "start": start,
            "end": end,
            "reason": reason,
            "left_censored": episodes["left_censored"].to_numpy()[first],
            "first_episode": first,
            "last_episode": last,
            "previous_end": _previous_end(child, start, end, reason),
        }
    )


def _runs(numbers: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The first and last position of each run of equal numbers."""
    if not len(numbers):
        return np.zeros(0, int), np.zeros(0, int)
    first = np.flatnonzero(np.r_[True, np.diff(numbers) > 0])
    return first, np.r_[first[1:] - 1, len(numbers) - 1]


def _previous_end(child: np.ndarray, start: np.ndarray, end: np.ndarray, reason: np.ndarray) -> np.ndarray:
    if not len(end):
        return end
    ends = np.where((reason == "E2") | (reason == "E3"), NAT, end)
    # The latest earlier period that has such an end, if it is the same child's.
    told = np.r_[-1, _last_true(~np.isnat(ends))[:-1]]
    first = _last_true(np.r_[True, child[1:] != child[:-1]])
    earlier = np.where(told >= first, ends[np.maximum(told, 0)], NAT)
    # An end on the very day of the new start is a recording error (rule 431), not a return to care.
    return np.where(earlier == start, NAT, earlier)


def carer_spells(episodes: pd.DataFrame, *, count_same_carer_changes: bool = False) -> pd.DataFrame:
    """Carer spells: `child, start, end, care, start_known, first_episode, last_episode`; no end while it goes on.

    With `count_same_carer_changes` a change of placement with the same carer (T, U) opens a spell too.
    Where the start of the first stay is given by POC_START it is used; `start_known` is false where the stay began on
    `start` or earlier.
    """
    column = "placement_spell" if count_same_carer_changes else "spell"
    first, last = _runs(episodes[column])
    carer_first = np.zeros(len(first), bool)
    if len(first):
        opens_carer = np.r_[True, np.diff(episodes["spell"]) > 0]
        carer_first = opens_carer[first]
    start, stay = (episodes[c].to_numpy("datetime64[s]")[first] for c in ("start", "spell_start"))
    return pd.DataFrame(
        {
            "child": episodes["child"].to_numpy()[first],
            "start": np.where(carer_first, stay, start),
            "end": episodes["end"].to_numpy()[last],
            "care": episodes["care"].to_numpy()[first],
            "start_known": ~carer_first | episodes["spell_start_known"].to_numpy()[first],
            "first_episode": first,
            "last_episode": last,
        }
    )
