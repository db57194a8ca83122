"""When reviews of children in care fall due, and whether they were held by then.

Source: Care Planning, Placement and Case Review (England) Regulations 2010, regulation 33: the first within 20 working
days of the start of care, the second within three months of the first, then at most six months apart.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.record.findings import split
from incare.record.missing import care_of

NAT_DAY = np.datetime64("NaT", "D")


def within_care(rows: pd.DataFrame, care: pd.DataFrame, findings: list[pd.DataFrame]) -> pd.DataFrame:
    """Reviews held inside a period of care: `child, care` (its position), `held`, `code`; others are set aside."""
    held = p.days(rows["REVIEW"])
    at = care_of(rows["child"].to_numpy(), held, care)
    end = p.days(care["end"])[at] if len(care) else np.full(len(rows), NAT_DAY)
    outside = (at < 0) | (~np.isnat(end) & (held > end))
    rows = split(rows, outside, "399", "reviews", "REVIEW", findings)
    return pd.DataFrame(
        {
            "child": rows["child"].to_numpy(),
            "care": at[~outside],
            "held": held[~outside].astype("datetime64[s]"),
            "code": rows["REVIEW_CODE"].to_numpy(object),
        }
    )


def due_reviews(held: pd.DataFrame, care: pd.DataFrame, record_from: np.datetime64) -> pd.DataFrame:
    """Every review that falls due: `child, care, start` (the due day), `held` (blank when not held yet), `number`.

    The clock runs from the day the earlier review was held. For a period of care that began before the record of
    reviews (`record_from`), or whose start is unknown, the clock starts at its first recorded review and steps are six
    months; that first review itself is not judged. A review due after care ended was never due.
    """
    rows = held[["child", "care", "held"]].drop_duplicates().sort_values(["care", "held"], kind="stable")
    began = p.days(care["start"])
    whole = (began >= record_from) & ~care["left_censored"].to_numpy()
    number = rows.groupby("care").cumcount().to_numpy() + 1
    at, day = rows["care"].to_numpy(), p.days(rows["held"])
    months = np.where(whole[at] & (number == 1), 3, 6)
    following = pd.DataFrame({"care": at, "due": p.add_months(day, months), "number": number + 1})
    next_held = np.r_[day[1:], [NAT_DAY]] if len(day) else day
    same = np.r_[at[1:] == at[:-1], [False]] if len(at) else np.zeros(0, bool)
    following["held"] = np.where(same, next_held, NAT_DAY)
    firsts = _first_reviews(care, whole, rows)
    due = pd.concat([firsts, following], ignore_index=True)
    end = p.days(care["end"])[due["care"].to_numpy()]
    due_day = p.days(due["due"])
    due = due[np.isnat(end) | (due_day < end)]
    return pd.DataFrame(
        {
            "child": care["child"].to_numpy()[due["care"].to_numpy()],
            "care": due["care"].to_numpy(),
            "start": p.days(due["due"]).astype("datetime64[s]"),
            "held": p.days(due["held"]).astype("datetime64[s]"),
            "number": due["number"].to_numpy(),
        }
    )


def _first_reviews(care: pd.DataFrame, whole: np.ndarray, rows: pd.DataFrame) -> pd.DataFrame:
    at = np.flatnonzero(whole)
    first = rows.groupby("care")["held"].first().reindex(at)
    return pd.DataFrame(
        {
            "care": at,
            "due": p.add_working_days(p.days(care["start"])[at], 20),
            "number": 1,
            "held": p.days(first.to_numpy()),
        }
    )
