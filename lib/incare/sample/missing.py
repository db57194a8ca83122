"""Going missing from care, and the talks offered afterwards."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample import dates, draws
from incare.sample.areas import Area
from incare.sample.dates import NEVER


def incidents(rng: np.random.Generator, area: Area, care: pd.DataFrame) -> pd.DataFrame:
    """Missing (M) and away without authorisation (A): care, kind, start, end. Never overlapping, none open at the end.

    About one in nine children a year, most of them teenagers, with some seven incidents each.
    """
    rows = pd.concat([_of_year(rng, year, care) for year in area.returns], ignore_index=True)
    rows = rows.sort_values(["care", "start"], ignore_index=True)
    rows = rows[rows["end"] < care["end"].to_numpy()[rows["care"]]]
    previous = rows.groupby("care")["end"].cummax().groupby(rows["care"]).shift(fill_value=-1)
    return rows[(rows["start"] > previous) & (rows["end"] <= area.last)].reset_index(drop=True)


def _of_year(rng: np.random.Generator, year: int, care: pd.DataFrame) -> pd.DataFrame:
    first, last = dates.year_bounds(year)
    here = care[(care["end"] > first) & (care["start"] <= last)]
    years = dates.age(here["born"].to_numpy(), np.minimum(here["end"].to_numpy(), last))
    chance = np.interp(years, [9, 11, 13, 15, 18], [0.0, 0.02, 0.11, 0.24, 0.24])
    chance = chance * np.array([0.6, 1.3, 2.0])[here["steady"]]
    going = here[rng.random(len(here)) < chance]
    low, high = np.maximum(going["start"].to_numpy(), first), np.minimum(going["end"].to_numpy() - 2, last)
    going, low, high = going[high >= low], low[high >= low], high[high >= low]
    often = np.where(rng.random(len(going)) < 0.45, rng.geometric(0.6, len(going)), rng.geometric(0.08, len(going)))
    often = np.minimum(often, 2 + (high - low) // 9)
    row = np.repeat(np.arange(len(going)), often)
    start = draws.between(rng, low[row], high[row])
    nights = np.where(rng.random(len(row)) < 0.9, rng.integers(0, 3, len(row)), rng.integers(3, 15, len(row)))
    away = np.repeat(rng.random(len(going)) < 0.16, often) & (rng.random(len(row)) < 0.6)
    return pd.DataFrame(
        {
            "care": going.index.to_numpy()[row],
            "kind": np.where(away, "A", "M"),
            "start": start,
            "end": start + nights,
        }
    )


def interviews(rng: np.random.Generator, area: Area, missing: pd.DataFrame) -> pd.DataFrame:
    """RETURN_INTERVIEWS: care, start, offered, accepted, day; about 63 % of those held come within three days."""
    gone = missing[missing["kind"] == "M"]
    n = len(gone)
    offered = rng.random(n) < 0.91
    accepted = offered & (rng.random(n) < 0.62)
    wait = np.where(rng.random(n) < 0.63, rng.integers(0, 4, n), rng.integers(4, 15, n))
    day = np.where(accepted, gone["end"] + wait, NEVER)
    held = accepted & (day <= area.last)
    return pd.DataFrame(
        {
            "care": gone["care"],
            "start": gone["start"],
            "offered": np.where(offered, "Y", "N"),
            "accepted": np.where(held, "Y", np.where(offered, "N", "")),
            "day": np.where(held, day, NEVER),
        }
    ).reset_index(drop=True)
