"""Adoptions: for each, the days from coming into care to the order, and whether the foster carer adopted.

Source: CATALOGUE I (adoption timeliness); INPUTS 2.3 (AD1, PlacedAdoption) and 3 (Annex A list 10).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import LEGAL_STATUS, NOT_KNOWN, PLACEMENT, labels

NAT = np.datetime64("NaT", "s")
ADOPTED = ("E11", "E12")
PLACED = ("A3", "A4", "A5", "A6")
WITH_CURRENT_CARER = ("A3", "A5")
FOSTERING_FOR_ADOPTION = ("U2", "U5")
ORDERS = ("E1", "D1")
# Columns of Annex A list 10 under the names used here.
_LISTED = {
    "ENTERED_CARE": "care_start",
    "PLACED": "placed",
    "PLACEMENT_ORDER": "placement_order",
    "MATCHED": "matched",
    "DECISION": "decision",
}


def adoptions(record) -> pd.DataFrame | None:
    """One row for each adoption, on the day of the order; None when a list of latest dates is all there is of care.

    Columns: `child, start` (the order, the day care ended), `care_start`, `left_censored` (its start is unknown),
    `placed` (the move for adoption: the first A3 to A6 of the last unbroken run of them), `carer_since` (when the
    child came to the carer of that run), `fostered_since` (the same run, fostering for adoption (U2, U5) before it
    included), `placement_order` (the first E1 or D1), `matched`, `decision` (that the child
    should be placed), `by_foster_carer` (AD1, or A3 and A5 where AD1 does not say), `carer_known`, `last_place`,
    `legal_status` and `placement` (the last ones). Dates are missing where the record does not say.
    Annex A list 10 fills what is missing, and adds the adoptions that the episodes do not hold.
    """
    listed = record.tables.get("adoption_list")
    if listed is None and "episodes" in record.latest_only:
        return None
    rows = _from_episodes(record.care_periods, record.tables["episodes"])
    rows = _with_decisions(rows, record.tables.get("ad1"), record.tables.get("placed_for_adoption"))
    return rows if listed is None else _with_list(rows, listed)


def _from_episodes(care: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    ended = care[care["reason"].isin(ADOPTED) & care["end"].notna()]
    first, last = ended["first_episode"].to_numpy(), ended["last_episode"].to_numpy()
    start = episodes["start"].to_numpy("datetime64[s]")
    place, rne = episodes["place"].astype(str).to_numpy(object), episodes["rne"].astype(str).to_numpy(object)
    care_number, placed = episodes["care"].to_numpy(), np.isin(place, PLACED)
    # The last adoptive placement of the period of care, whether or not it lasted to the order.
    latest = np.maximum.accumulate(np.where(placed, np.arange(len(placed)), -1))[last] if len(placed) else last
    in_run = latest >= first
    latest = np.where(in_run, latest, last)
    opens = _run_starts(placed, care_number)[latest]
    fostered = _run_starts(np.isin(place, PLACED + FOSTERING_FOR_ADOPTION), care_number)[latest]

    unknown = ended["left_censored"].to_numpy(bool)

    def begun(at):
        # In care before the record begins, a first row that changed the legal status only is no move.
        return np.where(in_run & ~(unknown & (at == first) & (rne[at] == "L")), start[at], NAT)

    return pd.DataFrame(
        {
            "child": ended["child"].to_numpy(),
            "start": ended["end"].to_numpy("datetime64[s]"),
            "care_start": ended["start"].to_numpy("datetime64[s]"),
            "left_censored": ended["left_censored"].to_numpy(bool),
            "placed": begun(opens),
            "fostered_since": begun(fostered),
            "carer_since": np.where(in_run, _with_carer(episodes, opens, place), NAT),
            "placement_order": _first_order(episodes, ended),
            "last_place": place[last],
            "legal_status": episodes["legal_status"].array.take(last),
            "placement": episodes["placement"].array.take(last),
        }
    ).reset_index(drop=True)


def _run_starts(inside: np.ndarray, care: np.ndarray) -> np.ndarray:
    """For each episode the position at which its unbroken run, inside or outside, began in the period of care."""
    if not len(inside):
        return np.zeros(0, int)
    changes = np.r_[True, (inside[1:] != inside[:-1]) | (care[1:] != care[:-1])]
    return np.maximum.accumulate(np.where(changes, np.arange(len(inside)), 0))


def _with_carer(episodes: pd.DataFrame, opens: np.ndarray, place: np.ndarray) -> np.ndarray:
    """When the child came to the carer of the run that begins at `opens`; missing where the record does not say.

    A3 and A5 are adoption by the present carer: where such a row opens a spell, the carer is that of the spell before.
    """
    since = episodes["spell_start"].to_numpy("datetime64[s]")[opens]
    before = episodes["previous_spell_start"].to_numpy("datetime64[s]")[opens]
    opens_spell = since == episodes["start"].to_numpy("datetime64[s]")[opens]
    earlier = np.isin(place[opens], WITH_CURRENT_CARER) & opens_spell & ~np.isnat(before)
    known = episodes["spell_start_known"].to_numpy(bool)[np.where(earlier, opens - 1, opens)]
    return np.where(known, np.where(earlier, before, since), NAT)


def _first_order(episodes: pd.DataFrame, ended: pd.DataFrame) -> np.ndarray:
    """The day of each period's first placement or freeing order; missing when none, or from before the record."""
    care, start = episodes["care"].to_numpy(), episodes["start"].to_numpy("datetime64[s]")
    found = np.flatnonzero(episodes["ls"].isin(ORDERS).to_numpy())
    mine, at = np.unique(care[found], return_index=True)
    position = pd.Series(found[at], index=mine).reindex(care[ended["first_episode"]]).to_numpy(float)
    there = ~np.isnan(position)
    at = np.where(there, position, 0).astype(int)
    # A first known row that changed the placement only was under the order already.
    moved_only = episodes["rne"].isin(["P", "T"]).to_numpy()[at] if len(episodes) else there
    day = start[at] if len(start) else np.full(len(at), NAT)
    in_care_before = ended["left_censored"].to_numpy(bool) | (ended["start"].to_numpy("datetime64[s]") < day)
    begun_before = (at == ended["first_episode"].to_numpy()) & moved_only & in_care_before
    return np.where(there & ~begun_before, day, NAT)


def _with_decisions(rows: pd.DataFrame, ad1: pd.DataFrame | None, decisions: pd.DataFrame | None) -> pd.DataFrame:
    """The dates that the adoption modules add: matched, decided, and whether the foster carer adopted."""
    said = _of_child(rows, ad1, ("DATE_INT", "DATE_MATCH"))
    carer = np.full(len(rows), "", object)
    if ad1 is not None:
        codes = ad1.drop_duplicates("child", keep="last").set_index("child")["FOSTER_CARE"].astype(object)
        carer = codes.reindex(rows["child"]).fillna("").to_numpy(object)
    by_place = np.isin(rows["last_place"].to_numpy(object), WITH_CURRENT_CARER)
    told = np.isin(carer, ["0", "1"])
    decided = np.where(np.isnat(said["DATE_INT"]), _latest_decision(rows, decisions), said["DATE_INT"])
    return rows.assign(
        matched=said["DATE_MATCH"],
        decision=decided,
        by_foster_carer=np.where(told, carer == "1", by_place),
        carer_known=told | np.isin(rows["last_place"].to_numpy(object), PLACED),
    )


def _of_child(rows: pd.DataFrame, table: pd.DataFrame | None, columns: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Date columns of a table with a row per child, for each row; missing where the table has none."""
    if table is None:
        return {column: np.full(len(rows), NAT) for column in columns}
    by_child = table.drop_duplicates("child", keep="last").set_index("child")
    return {column: by_child[column].reindex(rows["child"]).to_numpy("datetime64[s]") for column in columns}


def _latest_decision(rows: pd.DataFrame, decisions: pd.DataFrame | None) -> np.ndarray:
    """The latest decision to place each child that was not reversed and is no later than the order."""
    if decisions is None or not len(rows):
        return np.full(len(rows), NAT)
    order = rows.groupby("child")["start"].max()
    stands = decisions[decisions["DATE_PLACED_CEASED"].isna() & decisions["DATE_PLACED"].notna()]
    stands = stands[p.days(stands["DATE_PLACED"]) <= p.days(order.reindex(stands["child"]))]
    latest = stands.groupby("child")["DATE_PLACED"].max()
    return latest.reindex(rows["child"]).to_numpy("datetime64[s]")


def _with_list(rows: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The adoptions with what Annex A list 10 knows of them, and those that only the list knows."""
    listed = listed.assign(DECISION=listed["DECISION"].mask(listed["DECISION_REVERSED"].notna()))
    found = _of_child(rows, listed, tuple(_LISTED))
    filled = rows["left_censored"].to_numpy() & ~np.isnat(found["ENTERED_CARE"])
    began = np.where(filled, found["ENTERED_CARE"], rows["care_start"])
    facts = {
        ours: np.where(rows[ours].isna(), found[theirs], rows[ours])
        for theirs, ours in _LISTED.items()
        if ours != "care_start"
    }
    rows = rows.assign(care_start=began, left_censored=rows["left_censored"].to_numpy() & ~filled, **facts)
    fostered = _of_child(rows, listed, ("FFA_PLACED",))["FFA_PLACED"]
    rows = rows.assign(fostered_since=_earlier(rows["fostered_since"].fillna(rows["placed"]), fostered))
    more = listed[listed["ADOPTION_ORDER"].notna() & ~listed["child"].isin(rows["child"])]
    more = more.drop_duplicates("child", keep="last")
    return pd.concat([rows, _from_list(more)], ignore_index=True) if len(more) else rows


def _from_list(more: pd.DataFrame) -> pd.DataFrame:
    dates = {ours: more[theirs].to_numpy("datetime64[s]") for theirs, ours in _LISTED.items()}
    unknown = np.zeros(len(more), bool)
    return pd.DataFrame(
        {
            "child": more["child"].to_numpy(),
            "start": more["ADOPTION_ORDER"].to_numpy("datetime64[s]"),
            "left_censored": np.isnat(dates["care_start"]),
            **dates,
            "carer_since": dates["placed"],
            "fostered_since": _earlier(dates["placed"], more["FFA_PLACED"]),
            "by_foster_carer": unknown,
            "carer_known": unknown,
            "last_place": "",
            "legal_status": _not_known(len(more), LEGAL_STATUS),
            "placement": _not_known(len(more), PLACEMENT),
        }
    )


def _earlier(days, others) -> np.ndarray:
    """The earlier of two dates; the other where one is missing."""
    return np.fmin(np.asarray(days, "datetime64[s]"), np.asarray(others, "datetime64[s]"))


def _not_known(length: int, groups: dict[str, str]) -> pd.Categorical:
    return pd.Categorical([NOT_KNOWN] * length, categories=labels(groups))
