"""When reviews of children in care fall due, and whether they were held by then.

Source: Care Planning, Placement and Case Review (England) Regulations 2010, regulation 33: the first within 20 working
days of the start of care, the second within three months of the first, then at most six months apart. A local table
(INPUTS 4.3) with the due days that the council set goes before the Reviews of the return.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.record.findings import Finding, split
from incare.record.missing import care_of

NAT_DAY = np.datetime64("NaT", "D")


def within_care(rows: pd.DataFrame, care: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Reviews held inside a period of care: `child, care` (its position), `held`, `code`; others are set aside."""
    held = p.days(rows["REVIEW"])
    at, outside = _placed(rows["child"].to_numpy(), held, care)
    rows = split(rows, outside, "399", "reviews", "REVIEW", findings)
    return pd.DataFrame(
        {
            "child": rows["child"].to_numpy(),
            "care": at[~outside],
            "held": held[~outside].astype("datetime64[s]"),
            "code": rows["REVIEW_CODE"].to_numpy(object),
        }
    )


def local_within_care(rows: pd.DataFrame, care: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Rows of the local table of reviews inside a period of care: `child, care, due, held, code`.

    `due` is blank where the council gave none, `held` where the review has not been held. Cancelled reviews (399C),
    rows without either day (399B) and reviews held, or due, outside every period of care (399) are set aside; a review
    that falls due after care ended stays: it was never due.
    """
    rows = split(rows, rows["CANCELLED"] == "Y", "399C", "reviews_local", "CANCELLED", findings)
    neither = rows["DUE_DATE"].isna() & rows["REVIEW_DATE"].isna()
    rows = split(rows, neither, "399B", "reviews_local", "REVIEW_DATE", findings)
    held, due = p.days(rows["REVIEW_DATE"]), p.days(rows["DUE_DATE"])
    on = np.where(np.isnat(held), due, held)
    at, outside = _placed(rows["child"].to_numpy(), on, care)
    outside &= (at < 0) | ~np.isnat(held)
    column = np.where(np.isnat(held), "DUE_DATE", "REVIEW_DATE")
    for name in ("REVIEW_DATE", "DUE_DATE"):
        split(rows, outside & (column == name), "399", "reviews_local", name, findings)
    rows = rows[~outside]
    return pd.DataFrame(
        {
            "child": rows["child"].to_numpy(),
            "care": at[~outside],
            "due": due[~outside].astype("datetime64[s]"),
            "held": held[~outside].astype("datetime64[s]"),
            "code": rows["REVIEW_CODE"].to_numpy(object),
        }
    )


def _placed(child: np.ndarray, on: np.ndarray, care: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The period of care that holds each day, and where none does; the day care ended is inside."""
    at = care_of(child, on, care)
    end = p.days(care["end"])[at] if len(care) else np.full(len(child), NAT_DAY)
    return at, (at < 0) | (~np.isnat(end) & (on > end))


def held_reviews(returned: pd.DataFrame | None, local: pd.DataFrame | None) -> pd.DataFrame | None:
    """Reviews held in care, each day of a child once: `child, care, start` (the day held), `code` (participation).

    The local table is used where it has participation codes, filled from the return where one is blank; else the
    Reviews of the return, and without those the local table as it is. None without either.
    """
    returned = None if returned is None else _each_day_once(returned)
    if local is None:
        return returned
    local = _each_day_once(local)
    if (local["code"] == "").all() and returned is not None:
        return returned
    if returned is None:
        return local
    known = returned.set_index(["child", "start"])["code"]
    here = pd.MultiIndex.from_frame(local[["child", "start"]])
    return local.assign(code=local["code"].where(local["code"] != "", known.reindex(here).fillna("").to_numpy()))


def _each_day_once(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[rows["held"].notna()]
    order = np.lexsort([rows["code"] == "", p.days(rows["held"]), rows["care"]])
    out = rows.iloc[order][["child", "care", "held", "code"]].drop_duplicates(["care", "held"])
    return out.rename(columns={"held": "start"}).reset_index(drop=True)


def due_reviews(held: pd.DataFrame, care: pd.DataFrame, record_from: np.datetime64) -> pd.DataFrame:
    """Every review that falls due: `child, care, start` (the due day), `held` (blank when not held yet), `number`.

    `held` is the reviews of a return or of the local table; due days that the latter gives are used, others derived.
    The clock runs from the day the earlier review was held. For a period of care that began before the record of
    reviews (`record_from`), or whose start is unknown, the clock starts at its first recorded review and steps are six
    months; that first review itself is judged only where its due day is given. A review due after care ended was never
    due.
    """
    rows = held if "due" in held else held.assign(due=pd.NaT)
    began = p.days(care["start"])
    whole = (began >= record_from) & ~care["left_censored"].to_numpy()
    done = _held_with_due(rows, began, whole)
    waiting = _waiting(rows, done)
    due = pd.concat([done, waiting, _next(done, waiting, began, whole)], ignore_index=True)
    day = p.days(due["due"])
    end = p.days(care["end"])[due["care"].to_numpy(int)] if len(care) else day
    due = due[~np.isnat(day) & (np.isnat(end) | (day < end))]
    due = due.sort_values(["care", "number", "due"], kind="stable")
    return pd.DataFrame(
        {
            "child": care["child"].to_numpy()[due["care"].to_numpy(int)],
            "care": due["care"].to_numpy(int),
            "start": p.days(due["due"]).astype("datetime64[s]"),
            "held": p.days(due["held"]).astype("datetime64[s]"),
            "number": due["number"].to_numpy(int),
        }
    )


def _held_with_due(rows: pd.DataFrame, began: np.ndarray, whole: np.ndarray) -> pd.DataFrame:
    """Reviews held, each day of a period of care once, with the day they were due; blank where that is unknown."""
    rows = rows[rows["held"].notna()][["care", "held", "due"]]
    rows = rows.sort_values(["care", "held", "due"], kind="stable").drop_duplicates(["care", "held"])
    at, day, given = rows["care"].to_numpy(int), p.days(rows["held"]), p.days(rows["due"])
    number = rows.groupby("care").cumcount().to_numpy() + 1
    before = np.where(number > 1, np.r_[[NAT_DAY], day[:-1]], NAT_DAY) if len(day) else day
    derived = np.where(number > 1, p.add_months(before, _step(number - 1, whole[at])), _first_due(began, whole)[at])
    return pd.DataFrame({"care": at, "due": np.where(np.isnat(given), derived, given), "held": day, "number": number})


def _step(number: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Months from the review of that number to the next: three after the first of a known start, else six."""
    return np.where(whole & (number == 1), 3, 6)


def _first_due(began: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """When the first review of each period of care is due; blank where care began before the record."""
    due = np.full(len(began), NAT_DAY)
    due[whole] = p.add_working_days(began[whole], 20)
    return due


def _waiting(rows: pd.DataFrame, done: pd.DataFrame) -> pd.DataFrame:
    """Reviews that the local table plans and nobody has held: those whose due day no held review has."""
    rows = rows[rows["held"].isna()][["care", "due"]].drop_duplicates()
    key = [done["care"].to_numpy(int), p.days(done["due"])]
    met = pd.MultiIndex.from_arrays([rows["care"].to_numpy(int), p.days(rows["due"])]).isin(
        pd.MultiIndex.from_arrays(key)
    )
    rows = rows[~met]
    count = done.groupby("care")["number"].max().reindex(rows["care"]).fillna(0).to_numpy(int)
    return pd.DataFrame(
        {"care": rows["care"].to_numpy(int), "due": p.days(rows["due"]), "held": NAT_DAY, "number": count + 1}
    )


def _next(done: pd.DataFrame, waiting: pd.DataFrame, began: np.ndarray, whole: np.ndarray) -> pd.DataFrame:
    """The review after the last one held, or the first of all, where none is planned."""
    last = done.drop_duplicates("care", keep="last")
    planned = np.zeros(len(began), bool)
    latest = np.full(len(began), NAT_DAY)
    latest[last["care"].to_numpy(int)] = p.days(last["held"])
    at = waiting["care"].to_numpy(int)
    later = np.isnat(latest[at]) | (p.days(waiting["due"]) > latest[at])
    planned[at[later]] = True
    number = np.zeros(len(began), int)
    number[last["care"].to_numpy(int)] = last["number"].to_numpy(int)
    due = np.where(number > 0, p.add_months(latest, _step(number, whole)), _first_due(began, whole))
    care = np.flatnonzero(~planned & ~np.isnat(due))
    return pd.DataFrame({"care": care, "due": due[care], "held": NAT_DAY, "number": number[care] + 1})
