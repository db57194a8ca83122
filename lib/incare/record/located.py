"""Where a placement lies: inside or outside the council's area, and how far from home.

Stated columns (PL_LOCATION, PL_DISTANCE, PL_LA) are used where they hold something usable; else both are worked out
from a local table of postcodes. Source: CATALOGUE C (`placement_out_of_area_pct`, `placement_over_20_miles_pct`);
INPUTS 2.2 and 4.18; validator datastore (straight line from the home postcode, one decimal).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from incare.codes import LOCATION
from incare.record.spells import compact

METRES_PER_MILE = 1609.3
# 999.9 stands for a distance that cannot be known.
FARTHEST = 350.0
IN, OUT, UNKNOWN = range(len(LOCATION))
# Northern Ireland, Scotland, Wales.
_ABROAD = re.compile(r"[NSW]\d")


def located(
    clean: pd.DataFrame, postcodes: pd.DataFrame | None, uasc: np.ndarray, la_code: str = ""
) -> tuple[pd.DataFrame, str]:
    """`location` and `miles` of every episode, and the council's own code as used (blank where none was needed).

    `clean` has HOME_POST, PL_POST and the derived columns PL_LA, PL_LOCATION and PL_DISTANCE (blank where the extract
    lacks them); `postcodes` POSTCODE, LA_CODE, EASTING and NORTHING (metres); `uasc` says for each episode whether the
    child is or was an unaccompanied asylum-seeking child: then the distance is not known (rule 406). Without `la_code`
    the council's own is the most common one of home postcodes. `location` is a category (in area, out of area, not
    known), `miles` a number, missing where unknown: blank, 999.9, negative or from a home outside England.
    """
    home, place = _looked_up(clean["HOME_POST"], postcodes), _looked_up(clean["PL_POST"], postcodes)
    own = la_code.strip().upper() or _most_common(home["code"])
    location = _stated_location(clean["PL_LOCATION"])
    for code in (_each(clean["PL_LA"], _upper), place["code"]):
        location = np.where(location == UNKNOWN, _compared(code, own), location)
    miles = clean["PL_DISTANCE"].to_numpy(float).copy()
    unusable = ~usable(miles)
    miles[unusable] = _straight_line(home, place)[unusable]
    miles[uasc] = np.nan
    # To one decimal, as the return asks for it; 20.04 miles are 20.0.
    miles = np.floor(miles * 10 + 0.5) / 10
    frame = pd.DataFrame({"location": pd.Categorical.from_codes(location, list(LOCATION)), "miles": miles})
    return frame, own if postcodes is not None else ""


def usable(miles: np.ndarray) -> np.ndarray:
    """Whether a stated distance can be used: neither blank, nor negative, nor unlikely far, as the mark 999.9 is."""
    return (miles >= 0) & (miles <= FARTHEST)


def _each(text, work: Callable[[str], object]) -> np.ndarray:
    """What a function says of each text; each distinct text is asked once."""
    place, unique = pd.factorize(np.asarray(text, dtype=object), use_na_sentinel=False)
    said = np.empty(len(unique), dtype=object)
    said[:] = [work(value) for value in unique]
    return said[place]


def _upper(text: str) -> str:
    return text.strip().upper()


def _looked_up(text: pd.Series, postcodes: pd.DataFrame | None) -> dict[str, np.ndarray]:
    """Council code, easting and northing of each postcode; blank and missing where it is not in the table."""
    if postcodes is None:
        nowhere = np.full(len(text), np.nan)
        return {"code": np.full(len(text), "", object), "east": nowhere, "north": nowhere}
    known = pd.DataFrame(
        {
            "code": postcodes["LA_CODE"].str.strip().str.upper().to_numpy(object),
            "east": postcodes["EASTING"].to_numpy(float),
            "north": postcodes["NORTHING"].to_numpy(float),
        },
        index=pd.Index(compact(postcodes["POSTCODE"])),
    )
    known = known[~known.index.duplicated() & (known.index != "")]
    found = known.reindex(pd.Index(compact(text)))
    return {"code": found["code"].fillna("").to_numpy(object)} | {
        c: found[c].to_numpy(float) for c in ("east", "north")
    }


def _most_common(codes: np.ndarray) -> str:
    """The most common code; of several the first in the alphabet, so that the order of rows does not matter."""
    counted = pd.Series(codes[codes != ""]).value_counts()
    return "" if counted.empty else str(min(counted.index[counted == counted.iloc[0]]))


def _stated_location(text: pd.Series) -> np.ndarray:
    return _each(text, lambda cell: {"IN": IN, "OUT": OUT}.get(_upper(cell), UNKNOWN)).astype(int)


def _compared(codes: np.ndarray, own: str) -> np.ndarray:
    """In or out by the council of the placement; codes of another scheme than the council's own tell nothing."""
    place, unique = pd.factorize(codes, use_na_sentinel=False)
    verdict = np.array([_verdict(str(code), own) for code in unique], dtype=int)
    return verdict[place] if len(unique) else np.zeros(0, int)


def _verdict(code: str, own: str) -> int:
    if not code:
        return UNKNOWN
    if code == own:
        return IN
    if _ABROAD.match(code) or (own and len(code) == len(own) and code[:1].isalpha() == own[:1].isalpha()):
        return OUT
    return UNKNOWN


def _straight_line(home: dict[str, np.ndarray], place: dict[str, np.ndarray]) -> np.ndarray:
    """Miles between two postcodes, one decimal; missing where either is unknown or home is outside England."""
    metres = np.hypot(home["east"] - place["east"], home["north"] - place["north"])
    abroad = _each(home["code"], lambda code: bool(_ABROAD.match(code))).astype(bool)
    return np.where(abroad, np.nan, np.round(metres / METRES_PER_MILE, 1))
