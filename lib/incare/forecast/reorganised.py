"""Areas whose children came or went on one day: a council that was made, split or merged has no past to learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from incare.forecast.exposure import EXITS, Care

# A family, a wave of arrivals or a home that closes stays below both.
SHARE, FEWEST = 0.25, 15


def since(care: Care) -> tuple[Care, str]:
    """The record from the day after the last on which children came or went together, and a sentence about it.

    Such a day has at least 15 children, and a quarter of those in care, whose care begins or ends on it (18th birthdays
    and starts that are not known apart). What came before was another area: its entries and exits say nothing of this
    one's, and children who came over have a start of care that is not known. Without such a day the record stays as it
    is and the sentence is empty.

    **Source** local government reorganisation: duties towards looked-after children pass on one vesting day (Local
    Government and Public Involvement in Health Act 2007, Part 1); returns of the new council begin there.
    """
    came = _days_of_many(care.start[~care.censored & (care.start > care.first)], care)
    went = _days_of_many(care.end[~np.isnat(care.end) & (care.way != EXITS.index("Reached 18"))], care)
    days = np.concatenate([came, went])
    if not len(days):
        return care, ""
    day = days.max()
    said = (
        f"On {day} a quarter or more of the children in care came or went, as when councils are reorganised. What "
        "happened up to then is not used: rates, entries and the test on the past begin on the next day."
    )
    found = replace(care, first=day + 1, censored=care.censored | (care.start == day))
    return found, said


def _days_of_many(days: np.ndarray, care: Care) -> np.ndarray:
    found, counts = np.unique(days, return_counts=True)
    many = counts >= FEWEST
    found, counts = found[many], counts[many]
    inside = np.array([max(care.inside(day - 1).sum(), care.inside(day).sum()) for day in found], dtype=float)
    return found[counts >= SHARE * inside]
