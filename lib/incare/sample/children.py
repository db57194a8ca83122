"""Who comes into care, when, why, and how each period of care ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.sample import dates, draws
from incare.sample.areas import Area
from incare.sample.dates import NEVER

YEAR = 365.25
# Age in years at the start of care, and how many in a hundred start at it. Bands: under 1, 1-4, 5-9, 10-15, 16-17.
AGES = {0: 20.5, 1: 5.2, 2: 4.6, 3: 4.0, 4: 3.6, 5: 3.6, 6: 3.7, 7: 3.7, 8: 3.8, 9: 4.0}
AGES |= {10: 4.2, 11: 4.5, 12: 5.2, 13: 6.0, 14: 6.9, 15: 7.1, 16: 6.2, 17: 3.2}
UASC_AGES = {14: 5, 15: 16, 16: 36, 17: 43}
EXITS = ("adopted", "sgo", "cao", "home", "relatives", "transfer", "other", "eighteen")
# Rows: under 1, 1-4, 5-9, 10-15, 16-17, UASC. Columns: EXITS. Shares of the ways a period of care ends.
EXIT_WEIGHTS = np.array(
    [
        [38, 25, 3, 23, 2, 3, 1, 5],
        [27, 25, 4, 26, 3, 3, 1, 11],
        [3, 18, 5, 36, 3, 3, 3, 29],
        [0, 6, 3, 33, 4, 4, 5, 45],
        [0, 0, 1, 15, 3, 3, 5, 73],
        [0, 0, 0, 1, 1, 27, 2, 69],
    ],
    float,
)
WHITE = {"WBRI": 70, "WOTH": 4, "WIRI": 0.6, "WIRT": 0.6, "WROM": 0.9}
MIXED = {"MWBC": 4, "MWBA": 1.3, "MWAS": 1.6, "MOTH": 3.5}
OTHER = {"AIND": 0.7, "APKN": 1.7, "ABAN": 0.9, "AOTH": 1.3, "CHNE": 0.1, "BCRB": 2.4, "BAFR": 3.4, "BOTH": 1.2}
ETHNIC = WHITE | MIXED | OTHER | {"OOTH": 1.2, "NOBT": 0.5, "REFU": 0.3}
UASC_ETHNIC = {"BAFR": 38, "OOTH": 30, "AOTH": 22, "WOTH": 6, "BOTH": 4}
NEED = {"N1": 70, "N2": 3, "N3": 4, "N4": 8, "N5": 13, "N6": 1.5, "N7": 0.1, "N8": 1.5}


@dataclass(frozen=True)
class Population:
    """`people`, one row each (index = person number), and `care`, one row per period of care, in order of start."""

    people: pd.DataFrame
    care: pd.DataFrame


def population(rng: np.random.Generator, area: Area) -> Population:
    """Everyone who is or was in care, from long enough ago that today's old placements and care leavers exist.

    `people`: child (six digits as text), born, sex, ethnic, uasc, upn, need, steady. `care`: person, start, end,
    exit, decision, order, match, placed (days; the last four are adoption's stages).
    The number of starts is set so that the mean number in care over the returned years is exactly `area.children`.
    """
    start = _starting_days(rng, area)
    born, uasc = _born(rng, start)
    care = _period(rng, np.arange(len(start)), born, uasc, start)
    care = pd.concat([care, _returning(rng, care, born, uasc, area)], ignore_index=True)
    kept = _enough(care, len(start), area)
    people = _people(rng, born[kept], uasc[kept])
    renumbered = np.full(len(start), -1)
    renumbered[kept] = np.arange(len(kept))
    care["person"] = renumbered[care["person"]]
    care = care[care["person"] >= 0].sort_values(["person", "start"], kind="stable", ignore_index=True)
    return Population(people, care)


def _starting_days(rng: np.random.Generator, area: Area) -> np.ndarray:
    """More starts than are needed, evenly spread but for the seasons and a slow rise."""
    begin = int(min(area.first - 22 * YEAR, area.last - 28.5 * YEAR))
    days = np.arange(begin, area.last + 1)
    busy = 1 + 0.12 * np.cos(2 * np.pi * (days - dates.number("2019-10-05")) / YEAR)
    busy *= 1 + 0.004 * (days - area.last) / YEAR
    chance = np.cumsum(busy) / busy.sum()
    count = int(area.children * 0.6 * len(days) / YEAR)
    slots = (np.arange(count) + rng.random(count)) / count
    return days[np.searchsorted(chance, slots)]


def _uasc_share(start: np.ndarray) -> np.ndarray:
    """The national share of starts: about a tenth until 2020-21, then above a fifth (CATALOGUE section 5)."""
    return np.interp(start, [dates.number("2021-01-01"), dates.number("2022-04-01")], [0.11, 0.215])


def _born(rng: np.random.Generator, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    uasc = rng.random(len(start)) < _uasc_share(start)
    years = np.where(uasc, draws.pick(rng, UASC_AGES, len(start)), draws.pick(rng, AGES, len(start))).astype(float)
    part = rng.random(len(start))
    newborn = (years == 0) & (rng.random(len(start)) < 0.55)
    days = np.where(newborn, part * 12, (years + part) * YEAR).astype(np.int64)
    return start - np.minimum(days, int(17.93 * YEAR)), uasc


def band(years: np.ndarray) -> np.ndarray:
    """Published age bands as numbers: under 1, 1-4, 5-9, 10-15, 16 and over."""
    return np.searchsorted([1, 5, 10, 16], years, side="right")


def _period(rng, person, born, uasc, start) -> pd.DataFrame:
    """One period of care for each start: how it ends and when, never later than the 18th birthday."""
    group = np.where(uasc, 5, band(dates.age(born, start)))
    way = np.array(EXITS, dtype=object)[draws.pick_by(rng, group, EXIT_WEIGHTS)]
    stages = _adoption_stages(rng, start, way == "adopted")
    grown = dates.birthday(born, 18)
    end = np.where(way == "adopted", stages["adopted"], start + _stay(rng, way, uasc))
    end = np.where((way == "eighteen") | (end >= grown - 3), grown, end)
    way = np.where(end == grown, "eighteen", way)
    care = pd.DataFrame({"person": person, "start": start, "end": end, "exit": way})
    for stage in ("decision", "order", "match", "placed"):
        care[stage] = np.where(way == "adopted", stages[stage], NEVER)
    return care


def _stay(rng: np.random.Generator, way: np.ndarray, uasc: np.ndarray) -> np.ndarray:
    """Days in care by the way out; a third of the returns home come within weeks."""
    n = len(way)
    quick = rng.random(n) < 0.36
    stays = {
        "sgo": 90 + draws.spread(rng, 2.4, 480, n),
        "cao": 60 + draws.spread(rng, 2.0, 380, n),
        "home": np.where(quick, 3 + draws.wait(rng, 45, n), 50 + draws.spread(rng, 1.3, 520, n)),
        "relatives": 15 + draws.wait(rng, 230, n),
        "transfer": np.where(uasc, 6 + draws.wait(rng, 35, n), 30 + draws.wait(rng, 420, n)),
        "other": 20 + draws.wait(rng, 380, n),
    }
    days = np.zeros(n, np.int64)
    for name, stay in stays.items():
        days = np.where(way == name, stay, days)
    return days


def _adoption_stages(rng: np.random.Generator, start: np.ndarray, adopted: np.ndarray) -> dict[str, np.ndarray]:
    """Decision, placement order, match, move and adoption order, with the national mean lengths of the stages."""
    n = len(start)
    decision = start + 75 + draws.spread(rng, 3, 195, n)
    order = decision + draws.between(rng, np.full(n, 5), 70)
    match = decision + 25 + draws.spread(rng, 1.6, 275, n)
    placed = np.maximum(match, order) + draws.between(rng, np.full(n, 8), 45)
    return {
        "decision": decision,
        "order": order,
        "match": match,
        "placed": placed,
        "adopted": placed + 75 + draws.spread(rng, 2.2, 195, n),
    }


def _returning(rng, care, born, uasc, area: Area) -> pd.DataFrame:
    """Second periods of care: some who went home before 16 come back, half of them within the year."""
    went = care["exit"].isin(("home", "relatives")).to_numpy() & (care["end"].to_numpy() < area.last - 20)
    went &= dates.age(born, care["end"].to_numpy()) < 16
    went &= rng.random(len(care)) < 0.36
    first = care[went]
    person = first["person"].to_numpy()
    soon = rng.random(len(person)) < 0.62
    gap = np.where(soon, draws.between(rng, np.full(len(person), 20), 350), 366 + draws.wait(rng, 500, len(person)))
    start = first["end"].to_numpy() + gap
    in_time = (start < area.last) & (start < dates.birthday(born[person], 18) - 40)
    person, start = person[in_time], start[in_time]
    again = _period(rng, person, born[person], uasc[person], start)
    # A child adopted at the second try would need a new id; the sample keeps to the simple case.
    adopted = (again["exit"] == "adopted").to_numpy()
    again.loc[adopted, ["decision", "order", "match", "placed"]] = NEVER
    again.loc[adopted, "exit"] = "sgo"
    return again


def _enough(care: pd.DataFrame, people: int, area: Area) -> np.ndarray:
    """The people to keep so that the mean number in care over the returned years is the number asked for.

    Taken by a low-discrepancy order, so the rest stay evenly spread over the years.
    """
    inside = np.minimum(care["end"], area.last + 1) - np.maximum(care["start"], area.first)
    share = np.bincount(care["person"], weights=np.maximum(inside, 0), minlength=people) / (area.last + 1 - area.first)
    order = np.argsort(np.arange(people) * 0.618033988749895 % 1, kind="stable")
    needed = np.searchsorted(np.cumsum(share[order]), area.children) + 1
    return np.sort(order[:needed])


def _people(rng: np.random.Generator, born: np.ndarray, uasc: np.ndarray) -> pd.DataFrame:
    n = len(born)
    male = rng.random(n) < np.where(uasc, 0.95, 0.535)
    need = np.where(uasc, "N8", draws.pick(rng, NEED, n))
    return pd.DataFrame(
        {
            "child": identifiers(rng, n),
            "born": born,
            "sex": np.where(male, "M", "F"),
            "ethnic": np.where(uasc, draws.pick(rng, UASC_ETHNIC, n), draws.pick(rng, ETHNIC, n)),
            "uasc": uasc,
            "need": need,
            "upn": _pupil_numbers(rng, n, uasc),
            "steady": draws.pick(rng, {0: 69, 1: 20, 2: 11}, n).astype(np.int64),
        }
    )


def identifiers(rng: np.random.Generator, count: int) -> np.ndarray:
    """Different six-digit texts, about a tenth of them with a leading zero."""
    return np.array([f"{value:06d}" for value in rng.choice(999_999, count, replace=False) + 1], dtype=object)


def _pupil_numbers(rng: np.random.Generator, count: int, uasc: np.ndarray) -> np.ndarray:
    letters = np.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"), dtype=object)[rng.integers(0, 23, count)]
    digits = rng.integers(10**11, 10**12, count).astype(str).astype(object)
    unknown = rng.random(count) < np.where(uasc, 0.6, 0.03)
    return np.where(unknown, np.where(uasc, "UN3", "UN2"), letters + digits)


def respite(rng: np.random.Generator, area: Area, taken: np.ndarray) -> Population:
    """Children with short breaks only: V3 with every break a row, V4 with the agreement a row.

    `people` as in `population`; `care`: person, start, end, legal (V3 or V4). A child is V3 or V4, never both.
    """
    count = max(2, int(area.scaled(40)))
    free = np.setdiff1d(identifiers(rng, 4 * count), taken)
    people = _people(rng, area.first - draws.between(rng, np.full(count, 700), 3800), np.zeros(count, bool))
    people["child"] = rng.permutation(free)[:count]
    people["need"] = "N2"
    every_break = np.arange(count) < count // 2
    rows = [_breaks(rng, person, area) for person in np.flatnonzero(every_break)]
    agreed = np.flatnonzero(~every_break)
    start = draws.between(rng, np.full(len(agreed), area.first + 30), area.last - 200)
    end = start + draws.between(rng, np.full(len(agreed), 200), 1100)
    rows.append(pd.DataFrame({"person": agreed, "start": start, "end": end, "legal": "V4"}))
    return Population(people, pd.concat(rows, ignore_index=True))


def _breaks(rng: np.random.Generator, person: int, area: Area) -> pd.DataFrame:
    """Breaks of a weekend to a fortnight, some five a year, for one to three years."""
    begin = rng.integers(area.first, max(area.last - 300, area.first + 1))
    gaps = rng.integers(40, 110, rng.integers(5, 16))
    start = begin + np.cumsum(gaps)
    start = start[start < area.last - 20]
    return pd.DataFrame(
        {"person": person, "start": start, "end": start + rng.integers(2, 12, len(start)), "legal": "V3"}
    )
