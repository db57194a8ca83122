"""Tenancy workshops of the invented authority: who went, and on which day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p

SEED = 175
BY_THEN, LATER = 0.68, 0.14  # the rest have not been yet


def attended(record) -> pd.DataFrame:
    """Who went to a workshop on which day: `child` (number), `day`; at most one each, none after the extract's day.

    About two in three go in the half year before they are seventeen and a half, some in the half year after.
    """
    rng = np.random.default_rng(SEED)
    born = p.days(record.people["born"])
    half = p.add_months(p.birthday(born, 17), 6)
    drawn, away = rng.random(len(born)), rng.integers(0, 180, len(born))
    early = drawn < BY_THEN
    day = np.where(early, half - away, half + 1 + away)
    went = (early | (drawn < BY_THEN + LATER)) & ~np.isnat(half) & (day <= np.datetime64(record.as_at, "D"))
    return pd.DataFrame({"child": np.flatnonzero(went), "day": day[went].astype("datetime64[s]")})
