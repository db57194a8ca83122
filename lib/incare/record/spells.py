"""Periods of care and carer spells from clean episodes, all children at once.

Source: CATALOGUE 1.5 (period of care), 1.6 (what is a placement), 1.7 (carer spells).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.codes import LEGAL_STATUS, NOT_KNOWN, PLACEMENT, TEMPORARY, grouped, labels
from incare.record.findings import flag

NAT = np.datetime64("NaT", "s")


def _last_true(where: np.ndarray) -> np.ndarray:
    """For each position the latest position up to it where `where` is true; -1 before the first."""
    return np.maximum.accumulate(np.where(where, np.arange(len(where)), -1))


def _category(codes: pd.Series, groups: dict[str, str]) -> pd.Categorical:
    return pd.Categorical(codes.map(grouped(groups)).fillna(NOT_KNOWN), categories=labels(groups))


def episodes_with_spells(
    clean: pd.DataFrame,
    findings: list[pd.DataFrame],
    *,
    count_same_carer_changes: bool = False,
) -> pd.DataFrame:
    """Episodes with the period of care and the carer spell that each belongs to.

    `clean` holds `child` (number), DECOM, DEC, RNE, LS, CIN, PLACE, PL_POST, URN, PLACE_PROVIDER, REC sorted by child
    and start. Returns a frame with `child, start, end, rne, cin, ls, place, reason`, the categories `legal_status` and
    `placement`, numbers `care` and `spell`, and what measures need at hand: `care_start`, `left_censored`,
    `spell_start`, `previous_spell_start` (within the period of care). `place` is the placement with T0 to T4 resolved:
    the last one before the temporary placement, so that what happens later cannot change it.
    """
    child = clean["child"].to_numpy()
    start, end = (clean[c].to_numpy("datetime64[s]") for c in ("DECOM", "DEC"))
    rne, reason, place = (clean[c].to_numpy(object) for c in ("RNE", "REC", "PLACE"))
    first_of_child = np.r_[True, child[1:] != child[:-1]] if len(child) else np.zeros(0, bool)
    opens_care = first_of_child | ~_continues(start, end, rne, reason)
    care = np.cumsum(opens_care) - 1
    care_first = _last_true(opens_care)
    _flag_care(clean, first_of_child, opens_care, care, end, reason, rne, place, findings)

    temporary = np.isin(place, list(TEMPORARY))
    settled = _last_true(~temporary)
    settled = np.where(settled >= care_first, settled, -1)
    before = np.r_[-1, settled[:-1]] if len(settled) else settled
    before = np.where(before >= care_first, before, -1)
    after_temporary = np.r_[False, temporary[:-1]] & ~opens_care if len(child) else temporary
    returned = after_temporary & ~temporary & (before >= 0) & _same_placement(clean, np.maximum(before, 0))
    moves = np.isin(rne, ["P", "B", "T", "U"] if count_same_carer_changes else ["P", "B"])
    opens_spell = opens_care | (moves & ~temporary & ~returned)
    spell = np.cumsum(opens_spell) - 1
    spell_first = _last_true(opens_spell)
    previous_first = np.r_[-1, spell_first[:-1]][spell_first] if len(child) else spell_first
    has_previous = (spell_first > care_first) & (previous_first >= 0)

    resolved = np.where(temporary, np.where(settled >= 0, place[np.maximum(settled, 0)], ""), place)
    left_censored = (first_of_child & (rne != "S"))[care_first] if len(child) else temporary
    return pd.DataFrame(
        {
            "child": child,
            "start": start,
            "end": end,
            "rne": pd.Categorical(rne),
            "cin": pd.Categorical(clean["CIN"]),
            "ls": pd.Categorical(clean["LS"]),
            "place": pd.Categorical(resolved),
            "reason": pd.Categorical(reason),
            "legal_status": _category(clean["LS"], LEGAL_STATUS),
            "placement": _category(pd.Series(resolved), PLACEMENT),
            "care": care,
            "spell": spell,
            "care_start": start[care_first],
            "left_censored": left_censored,
            "spell_start": start[spell_first],
            "previous_spell_start": np.where(has_previous, start[np.maximum(previous_first, 0)], NAT),
        }
    )


def _continues(start: np.ndarray, end: np.ndarray, rne: np.ndarray, reason: np.ndarray) -> np.ndarray:
    """Where an episode carries on the period of care of the one before it."""
    if not len(start):
        return np.zeros(0, bool)
    touches = np.r_[False, start[1:] == end[:-1]]
    return touches & (np.r_[False, reason[:-1] == "X1"] | (rne != "S"))


def _flag_care(clean, first_of_child, opens_care, care, end, reason, rne, place, findings) -> None:
    if not len(care):
        return
    again = opens_care & ~first_of_child
    touches = np.r_[False, clean["DECOM"].to_numpy("datetime64[s]")[1:] == end[:-1]]
    last = np.r_[opens_care[1:], True]
    flag(clean, first_of_child & (rne != "S"), "357", "episodes", "RNE", findings)
    flag(clean, again & touches, "431", "episodes", "RNE", findings)
    flag(clean, again & ~touches & (rne != "S"), "433", "episodes", "RNE", findings)
    flag(clean, last & (reason == "X1") & ~np.isnat(end), "388E", "episodes", "REC", findings)
    flag(clean, opens_care & np.isin(place, list(TEMPORARY)), "380", "episodes", "PLACE", findings)


def _same_placement(clean: pd.DataFrame, other: np.ndarray) -> np.ndarray:
    """Whether each row's placement is that of the row `other`: same code and postcode (else URN, else provider)."""
    place = clean["PLACE"].to_numpy(object)
    post = clean["PL_POST"].str.upper().str.replace(" ", "").to_numpy(object)
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
    first = np.flatnonzero(np.r_[True, np.diff(episodes["care"]) > 0]) if len(episodes) else np.zeros(0, int)
    last = np.r_[first[1:] - 1, len(episodes) - 1] if len(first) else first
    out = pd.DataFrame(
        {
            "child": episodes["child"].to_numpy()[first],
            "start": episodes["start"].to_numpy()[first],
            "end": episodes["end"].to_numpy()[last],
            "reason": episodes["reason"].astype(object).to_numpy()[last],
            "left_censored": episodes["left_censored"].to_numpy()[first],
            "first_episode": first,
            "last_episode": last,
        }
    )
    out.loc[out["reason"] == "X1", "reason"] = ""
    out["previous_end"] = _previous_end(out)
    return out


def _previous_end(care: pd.DataFrame) -> np.ndarray:
    ends = care["end"].to_numpy("datetime64[s]").copy()
    ends[care["reason"].isin(["E2", "E3"]).to_numpy()] = NAT
    if not len(ends):
        return ends
    earlier = pd.Series(np.r_[[NAT], ends[:-1]])
    same = np.r_[False, care["child"].to_numpy()[1:] == care["child"].to_numpy()[:-1]]
    earlier[~same] = NAT
    earlier = earlier.groupby(care["child"].to_numpy()).ffill()
    # An end on the very day of the new start is a recording error (rule 431), not a return to care.
    on_the_day = earlier.to_numpy("datetime64[s]") == care["start"].to_numpy("datetime64[s]")
    return np.where(on_the_day, NAT, earlier.to_numpy("datetime64[s]"))


def carer_spells(episodes: pd.DataFrame) -> pd.DataFrame:
    """Carer spells: `child, start, end, care, first_episode, last_episode`; the end is blank while it goes on."""
    first = np.flatnonzero(np.r_[True, np.diff(episodes["spell"]) > 0]) if len(episodes) else np.zeros(0, int)
    last = np.r_[first[1:] - 1, len(episodes) - 1] if len(first) else first
    return pd.DataFrame(
        {
            "child": episodes["child"].to_numpy()[first],
            "start": episodes["start"].to_numpy()[first],
            "end": episodes["end"].to_numpy()[last],
            "care": episodes["care"].to_numpy()[first],
            "first_episode": first,
            "last_episode": last,
        }
    )
