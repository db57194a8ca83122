"""Statutory reviews: held after 20 working days, 3 months and every 6 months, now and then late."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample import dates, draws
from incare.sample.areas import Area

PART = {"PN1": 55, "PN2": 9, "PN3": 2, "PN4": 3, "PN5": 5, "PN6": 16, "PN7": 10}


def reviews(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """Every review from a year before the first return: care, due, day, code, in date order.

    Source of the timetable: Care Planning Regulations 2010, regulation 33.
    """
    begin = area.first - 400
    seen = care[(care["end"] > begin) & (care["start"] <= area.last)]
    row, start, end = seen.index.to_numpy(), seen["start"].to_numpy(), seen["end"].to_numpy()
    known = start > begin
    due = np.where(
        known, dates.working_days_later(np.maximum(start, begin), 20), begin + rng.integers(0, 180, len(row))
    )
    step, rounds = np.where(known, 0, 2), []
    while len(row):
        held = _held(rng, area, due)
        inside = (held < end) & (held <= area.last)
        row, due, held, end, step = (part[inside] for part in (row, due, held, end, step))
        rounds.append(pd.DataFrame({"care": row, "due": due, "day": held}))
        due = dates.months_later(held, np.where(step == 0, 3, 6))
        step = step + 1
    frame = pd.concat(rounds, ignore_index=True).sort_values(["care", "day"], ignore_index=True)
    small = dates.age(care["born"].to_numpy()[frame["care"]], frame["day"].to_numpy()) < 4
    return frame.assign(code=np.where(small, "PN0", draws.pick(rng, PART, len(frame))))


def _held(rng: np.random.Generator, area: Area, due: np.ndarray) -> np.ndarray:
    """Nineteen in twenty on the due day or up to three weeks before; a little more of them in later years."""
    n = len(due)
    late = rng.random(n) < np.interp(due, [area.first, area.last], [0.075, 0.060])
    early = draws.between(rng, np.zeros(n, int), np.full(n, 18))
    return due + np.where(late, draws.between(rng, np.full(n, 2), 35), -early)


def cancelled(rng: np.random.Generator, held: pd.DataFrame) -> pd.DataFrame:
    """A few reviews that were called off and held on another day: care, due, day, code (blank)."""
    chosen = held[rng.random(len(held)) < 0.015]
    return chosen.assign(day=chosen["day"] - draws.between(rng, np.full(len(chosen), 3), 9), code="")
