"""An invented countryside of postcodes: inside the authority, near it and far away."""

from __future__ import annotations

import numpy as np
import pandas as pd

INSIDE, NEAR, FAR = 0, 1, 2
HOMES = 150  # the first rows are inside the authority; children's homes are drawn from them
SIZES = (HOMES, 130, 120)
METRES_PER_MILE = 1609.3


def countryside(rng: np.random.Generator) -> pd.DataFrame:
    """Postcodes with council and place: postcode, la_code, easting, northing, zone.

    Postcodes begin ZZ and council codes E99, which no real ones do.
    """
    zone = np.repeat([INSIDE, NEAR, FAR], SIZES)
    n = len(zone)
    low, high = np.array([0.0, 11.5, 22.0])[zone], np.array([10.5, 20.0, 75.0])[zone]
    # Square root: as many per square mile at the edge as in the middle.
    miles = np.sqrt(rng.uniform(low**2, high**2))
    angle = rng.uniform(0, 2 * np.pi, n)
    council = np.where(zone == INSIDE, 1, np.where(zone == NEAR, rng.integers(2, 6, n), rng.integers(6, 20, n)))
    return pd.DataFrame(
        {
            "postcode": _postcodes(rng, n),
            "la_code": [f"E990000{number:02d}" for number in council],
            "easting": (450_000 + miles * np.cos(angle) * METRES_PER_MILE).astype(int),
            "northing": (300_000 + miles * np.sin(angle) * METRES_PER_MILE).astype(int),
            "zone": zone,
        }
    )


def _postcodes(rng: np.random.Generator, count: int) -> np.ndarray:
    letters = list("ABDEFGHJLNPQRSTUWXYZ")
    numbers = rng.choice(90 * 9 * 400, count, replace=False)
    district, rest = np.divmod(numbers, 9 * 400)
    sector, pair = np.divmod(rest, 400)
    return np.array(
        [
            f"ZZ{d + 1} {s + 1}{letters[p // 20]}{letters[p % 20]}"
            for d, s, p in zip(district.tolist(), sector.tolist(), pair.tolist(), strict=True)
        ],
        dtype=object,
    )


def drawn(rng: np.random.Generator, zone: np.ndarray) -> np.ndarray:
    """A postcode's row number for each wanted zone."""
    first = np.concatenate(([0], np.cumsum(SIZES)[:-1]))
    return first[zone] + (rng.random(len(zone)) * np.array(SIZES)[zone]).astype(np.int64)


def another(place: np.ndarray) -> np.ndarray:
    """The next postcode of the same zone."""
    first = np.concatenate(([0], np.cumsum(SIZES)))
    zone = np.searchsorted(first, place, side="right") - 1
    return first[zone] + (place - first[zone] + 1) % np.array(SIZES)[zone]
